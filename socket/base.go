// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"sync"
	"sync/atomic"

	"github.com/zeroloop/zmq/internal/biased"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/reactor"
)

// Base is what all socket types share (libzmq socket_base_t). All exported
// methods may be called from any goroutine.
type Base struct {
	// immutable after newBase
	ctx  *Ctx
	kind *kind
	pat  pattern
	// plain says that receiving takes R alone and owes no signal.
	plain bool
	// single says that messages have one part, and an address besides it.
	single bool
	// bare says that who receives is a thread outside of Go, which sleeps at a lent
	// descriptor by itself. Set by GoBare.
	bare bool

	// S guards what the pattern does on the way out, R what it does on the way
	// in; both are needed to change what follows. rmu points to smu for oneLock
	// patterns.
	smu  biased.Mutex
	rmu  *biased.Mutex
	rown biased.Mutex

	opts  option.Options // both to write, either to read
	pipes []*pipe.Pipe   // all that the pattern has; both
	gone  totals

	// The pattern's own, where sending is nothing but balancing and receiving
	// nothing but fair queueing; nil otherwise. Immutable.
	lb *pipe.LoadBalancer // S
	fq *pipe.FairQueue    // R
	// keeper is the pattern where it is one, sift the pattern itself where not all of what fq has is wanted. Immutable.
	sift   *xsub
	keeper keeper

	// S
	hearsFirst bool        // both locks: somebody hears his peers before he sends
	owed       *pipe.Pipe  // the pipe to signal after unlocking
	to         msg.Address // where single: of the message on its way out
	sending    msg.Part    // the part on its way into the pattern; here, as it must not be on the heap anew each time

	// R
	receiving msg.Part    // the same on the way out
	from      msg.Address // where single: of the message on its way in
	inRow     int         // messages since the last time there was none
	sparing   *pipe.Pipe  // whose sender publishes several messages at a time, see spare
	staying   bool        // while a part is received: if there is none, the caller sleeps in att

	// shared; leaves
	state      atomic.Int32 // an errno.Errno: 0 while open, ENOTSOCK, ETERM
	sends      waitq
	recvs      waitq
	todo       todo
	eager      atomic.Bool // opEager has been posted
	lulled     atomic.Bool // the next wait begins with a lull
	asked      atomic.Bool // sent to a socket of this process, and not received since
	own        reactor.Own
	objects    objects
	events     events
	desk       desk
	monitoring monitoring
	att        attendance
	endpoint   atomic.Pointer[string] // LAST_ENDPOINT
	signal     signal
	whenFull   atomic.Int32              // of opts
	far        atomic.Pointer[pipe.Pipe] // whose writer is far ahead of it
	relieved   atomic.Uint32             // counts the turns of fullOnes
	reaped     chan struct{}             // closed when the socket has ended altogether
}

// Type returns the socket type's number.
func (b *Base) Type() int { return b.opts.Type }

func newBase(c *Ctx, k *kind, opts option.Options) *Base {
	b := &Base{ctx: c, kind: k, opts: opts}
	b.rmu = &b.rown
	if k.traits.oneLock {
		b.rmu = &b.smu
	}
	b.plain = !k.traits.oneLock && !k.traits.eager
	b.single = k.traits.single
	b.whenFull.Store(opts.WhenFull)
	b.events.closed, b.reaped = make(chan struct{}), make(chan struct{})
	b.sends.signal, b.recvs.signal = &b.signal, &b.signal
	b.pat = k.new(b)
	b.keeper, _ = b.pat.(keeper)
	return b
}

func (b *Base) lockBoth() {
	b.smu.Lock()
	if b.rmu == &b.smu {
		return
	}
	b.rmu.Lock()
	if b.sparing != nil {
		b.smu.Unlock() // for endSparing takes another socket's
		b.endSparing()
		b.rmu.Unlock()
		b.lockBoth()
	}
}

// withBoth runs f under both locks. A panic of f gives them up, too: whoever contains
// it (reactor, cmd/libzmq) must find the socket unlocked.
func (b *Base) withBoth(f func()) {
	b.lockBoth()
	defer b.unlockBoth()
	f()
}

// unlockBoth also settles what was put off. Nothing else may be locked (S2).
func (b *Base) unlockBoth() {
	if b.rmu != &b.smu {
		b.rmu.Unlock()
	}
	b.unlockSend()
}

// unlockSend releases S and signals the pipe that the send lock's holder owes.
func (b *Base) unlockSend() {
	p := b.owed
	b.owed = nil
	b.smu.Unlock()
	if p != nil {
		p.Signal()
	}
	b.settle()
}

// check returns why the socket can't be used, or OK.
func (b *Base) check() errno.Errno { return errno.Errno(b.state.Load()) }

// publish makes a message visible that has been written to p. alone says that whoever
// sends here has no other peer, whom it would keep waiting by pacing. Runs under S.
func (b *Base) publish(p *pipe.Pipe, alone bool) {
	if !p.Flush() {
		b.owe(p)
	}
	if alone && p.FarAhead() {
		b.far.Store(p)
	}
}

// Pace waits a little where what has just been sent is far in front of the connection
// that it goes to (pipe.Pipe.Pace). For who waits for room, too, after sending. Safe
// from any goroutine.
func (b *Base) Pace() {
	if b.far.Load() == nil {
		return
	}
	if p := b.far.Swap(nil); p != nil {
		p.Pace()
	}
}

// owe notes that p's other end must be signalled once the send lock is
// released. Runs under S.
func (b *Base) owe(p *pipe.Pipe) {
	if b.owed == nil || b.owed == p {
		b.owed = p
		return
	}
	p.Signal()
}

// oweAll signals the pipes that a distributor has found asleep. Runs under S;
// signals are leaf calls (P2).
func (b *Base) oweAll(d *pipe.Distributor) {
	for i, p := range d.Asleep {
		p.Signal()
		d.Asleep[i] = nil
	}
	d.Asleep = d.Asleep[:0]
}

// todo is what must be done with pipes when no lock is held.
type todo struct {
	mu sync.Mutex
	// +checklocks:mu
	ended   []*pipe.Pipe // read to their end
	refused []*pipe.Pipe // to be closed

	filled atomic.Bool
}

// ended notes that p has been read to its end and is to be let go. Any lock may
// be held.
func (b *Base) ended(p *pipe.Pipe) {
	b.todo.mu.Lock()
	b.todo.ended = append(b.todo.ended, p)
	b.todo.filled.Store(true)
	b.todo.mu.Unlock()
}

// refuse notes that p is to be closed; what was flushed into it before still
// goes out. Any lock may be held.
func (b *Base) refuse(p *pipe.Pipe) {
	b.todo.mu.Lock()
	b.todo.refused = append(b.todo.refused, p)
	b.todo.filled.Store(true)
	b.todo.mu.Unlock()
}

// settle does what is noted. Called with no lock held.
func (b *Base) settle() {
	if !b.todo.filled.Load() {
		return
	}
	b.todo.mu.Lock()
	ended, refused := b.todo.ended, b.todo.refused
	b.todo.ended, b.todo.refused = nil, nil
	b.todo.filled.Store(false)
	b.todo.mu.Unlock()
	for _, p := range ended {
		b.letGo(p)
	}
	for _, p := range refused {
		if b.letGo(p) {
			p.NotifyClosed()
		}
	}
}

// letGo takes p from the pattern and closes this end. It returns false where
// that was done before.
func (b *Base) letGo(p *pipe.Pipe) bool {
	b.lockBoth()
	defer b.unlockBoth()
	if !b.forget(p) {
		return false
	}
	b.pat.detachOut(p)
	b.pat.detachIn(p)
	b.settleCounts(p)
	if len(p.Farewell) > 0 {
		p.Inject(p.Farewell)
	}
	p.CloseWrite()
	p.CloseRead()
	return true
}

// forget takes p off the list. Runs under both locks.
func (b *Base) forget(p *pipe.Pipe) bool {
	for i, x := range b.pipes {
		if x == p {
			last := len(b.pipes) - 1
			b.pipes[i] = b.pipes[last]
			b.pipes[last] = nil
			b.pipes = b.pipes[:last]
			return true
		}
	}
	return false
}

// kindOf returns a socket type by its number, or nil.
func kindOf(typ int) *kind {
	if typ < 0 || typ >= len(kinds) || kinds[typ].new == nil {
		return nil
	}
	return &kinds[typ]
}

// TypeName returns a socket type's name as it stands in ZMTP, or "".
func TypeName(typ int) string {
	if k := kindOf(typ); k != nil {
		return k.name
	}
	return ""
}
