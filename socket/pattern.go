// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: the file of each type, then
// pipe/lb.go, pipe/fq.go, pipe/dist.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// pattern is what a socket type adds to Base (the x-functions of libzmq's
// socket_base_t). It works part by part, with MORE, and never blocks. Each
// method says which of the socket's two locks is held: S, the send lock, R, the
// receive lock, or both. A pattern calls no Sink itself: for a pipe whose Flush
// returned false it calls Base.owe, and Base signals after unlocking.
type pattern interface {
	// attach takes a new pipe on, ready to be written and read. For an accepted
	// connection p.RoutingID is the peer's identity (nil if it has none) and known
	// is true. For one that this socket connects, known is false until identified;
	// inproc pipes are always known. Both locks.
	attach(p *pipe.Pipe, known bool)
	// identified says that the peer of a pipe which this socket connected has
	// finished its handshake, for the first time or again after a reconnect; id is
	// its identity. Both locks. Nothing of that connection has been readable yet.
	identified(p *pipe.Pipe, id []byte)
	// hiccuped says that a connecting pipe has lost its peer and what was queued
	// for it: a subscriber sends its subscriptions again. Both locks.
	hiccuped(p *pipe.Pipe)
	// detachOut stops sending to p: the peer is gone. A message half sent to it is
	// given up. Both locks. Afterwards detachIn follows, sooner or later.
	detachOut(p *pipe.Pipe)
	// detachIn lets p go altogether: it has been read to its end, or what is left
	// in it is to be dropped. Both locks. The pattern keeps no reference to p.
	detachIn(p *pipe.Pipe)

	// send takes a part over (errno.OK), or leaves it untouched (any other: EAGAIN
	// for no room, EHOSTUNREACH, EFSM, ENOTSUP, EINVAL). S.
	send(f *msg.Part) errno.Errno
	// hasOut reports whether a first part would be taken. S.
	hasOut() bool
	// writeActivated says that p has room again. S.
	writeActivated(p *pipe.Pipe)

	// recv fills f with the next part, EAGAIN if there is none. What f refers to is
	// valid until R is released or recv is called again. R.
	recv(f *msg.Part) errno.Errno
	// hasIn reports whether recv would return a part. R.
	hasIn() bool
	// readActivated says that p has something to read, possibly its end of stream.
	// R; both locks where the pattern is eager.
	readActivated(p *pipe.Pipe)
}

// traits are the fixed properties of a socket type.
type traits struct {
	// eager patterns (PUB, XPUB) handle what comes in without waiting for a call
	// to recv: Base runs readActivated on a loop, under both locks.
	eager bool
	// oneLock patterns (REQ, REP) have one state for both directions: R is S.
	oneLock bool
	// deaf patterns (PUSH) never read; what comes in is dropped with the pipe and
	// the pipe is let go as soon as the peer is.
	deaf bool
	// mute patterns (PULL, SUB) never send; send gives ENOTSUP.
	mute bool
	// merges: a second connect to the same endpoint does nothing (DEALER, SUB,
	// PUB, REQ; edge case 134).
	merges bool
	// hiccups: on reconnect what was queued is dropped and hiccuped is called (SUB,
	// XSUB).
	hiccups bool
	// single patterns (CLIENT, SERVER and their like) have messages of one part; a
	// longer one is EINVAL on the way out and dropped on the way in (edge case 207).
	single bool
	// attends: a goroutine that waits to receive may sleep at the descriptor of the only
	// connection (attend.go): the patterns whose receiver only receives.
	attends bool
	// picks: each message names its receiver, so that of those who wait for room
	// each waits for room at another peer (ROUTER, SERVER).
	picks bool
}
