// SPDX-License-Identifier: MPL-2.0

// Package biased holds a mutex that costs the goroutine that uses it all the time next
// to nothing.
//
// Most sockets are used by one goroutine for sending and by one for receiving. A mutex
// costs each of them two atomic instructions for each message, 20 ns on the machine that
// the numbers of docs/performance.md are from, a third of what a small message costs
// altogether. Here a goroutine that has taken the lock biasAfter times with no other one
// in between gets the bias: from then on it takes the lock by plain loads and stores, 1
// to 3 ns, until another one wants it. That one takes the bias away for 2 µs, once.
//
// # How
//
//	          lock                         unlock
//	plain     mu.Lock                      mu.Unlock
//	biased    owner is mine, busy = 1,     busy = 0
//	          owner is still mine?
//
// Who does not have the bias takes mu, which excludes all others of his kind. Where
// there is an owner he revokes: owner = nil, a barrier on all processors, and then he
// waits until the owner's busy is 0. A bias is a grant, which says to whom and has a
// busy of its own.
//
// # Proof
//
// owner is written by the holder of mu alone, a grant's busy by its goroutine alone. A
// new owner is entered by who holds the lock by way of mu.
//
//	B1: The owner and who has revoked are not both inside. The owner stores busy = 1
//	    and loads owner behind that; who revokes stores owner = nil and loads busy
//	    behind that. The barrier (membarrier(2), private expedited) lies on all threads
//	    of the process between the two accesses on its side and runs on the owner's
//	    processor at some point: if before the owner's store, then his load of owner
//	    comes after the store of nil and he turns back; if after it, then the store is
//	    visible to the load of busy, and he is waited for. A thread that does not run
//	    just then, or a goroutine that changes threads, passes the barrier of the switch.
//	B2: What the owner did inside is visible to who comes after him: stores become
//	    visible in their order on amd64, busy = 0 is the last of them, and the other one
//	    has loaded it. The compiler does not move a store over the store of busy, nor a
//	    load behind it.
//	B3: What others did inside is visible to the owner: he became the owner under mu,
//	    and since then nobody else was inside; who comes in revokes first.
//	B4: Who was the owner once may be held up on his way in, at any instruction, until
//	    another one is. He goes on with busy = 1 and busy = 0 in his own grant, where
//	    nobody looks any more, and turns back. With one busy for all he would take away
//	    what the new owner is inside by. The memory of his grant is not used anew
//	    meanwhile: only assembler looks at it, and no collection ends while a goroutine
//	    is in there. The same goroutine gets the same grant again, for which it has to
//	    have come in by mu.
//	B5: A goroutine that has ended as the owner does no harm: its g may become another
//	    one's, which is the owner then; there is one of it at a time.
//
// TestModel goes through all orders of the steps of two and three goroutines, and finds
// what goes wrong where one of them is left out.
//
// So it takes an ordered memory (amd64), the barrier (Linux) and to know which
// goroutine runs: its g, which the runtime keeps in thread-local storage, compared and
// never looked into. Elsewhere, where the kernel refuses the barrier, and under the race
// detector, which knows nothing of all this, nobody gets the bias and the lock is a
// sync.Mutex.
package biased
