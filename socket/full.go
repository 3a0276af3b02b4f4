// SPDX-License-Identifier: MPL-2.0

// What to do with a message for which there is no room. Previous: base_send.go.
// Next: pipe/oldest.go, engine/oldest.go.

package socket

import (
	"context"
	"time"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// sendEach sends a batch one by one.
func (b *Base) sendEach(ctx context.Context, ms []msg.Msg) (int, error) {
	for i := range ms {
		if err := b.Send(ctx, &ms[i], true); err != nil {
			if i > 0 {
				err = nil
			}
			return i, err
		}
	}
	return len(ms), nil
}

// sendWhenFull goes on with a message that has found no room, where the option says
// that something is to be dropped then. Only where there is nobody to drop it for
// does it wait, as block says.
func (b *Base) sendWhenFull(ctx context.Context, m *msg.Msg, block bool) error {
	// The first attempt may have made room: see Send.
	if e := b.sendOne(m); e != errno.EAGAIN {
		return e.Err()
	}
	if b.whenFull.Load() == option.DropOldest {
		if done, err := b.sendForOldest(ctx, m); done {
			return err
		}
	}
	if b.dropNewest(m) {
		m.Close()
		return nil
	}
	if !block {
		return errno.EAGAIN
	}
	_, err := b.sendSome(ctx, oneMsg(m))
	return err
}

// dropNewest counts a message that is not sent, and reports whether there is a peer
// that has no room for it. A publisher sends it to the others.
func (b *Base) dropNewest(m *msg.Msg) bool {
	if b.kind.traits.eager {
		b.lockBoth()
		defer b.unlockBoth()
		wait := b.opts.XPubNoDrop
		b.opts.XPubNoDrop = false
		e := b.sendParts(m)
		b.opts.XPubNoDrop = wait
		return e == errno.OK
	}
	b.smu.Lock()
	defer b.smu.Unlock()
	for _, p := range b.pipes {
		if !p.WriteClosed() && p.Full() {
			p.Dropped++
			return true
		}
	}
	return false
}

// sendForOldest sends m in place of the oldest that wait. It waits for no more than
// that these are dropped, and returns false where nobody can do that.
func (b *Base) sendForOldest(ctx context.Context, m *msg.Msg) (done bool, err error) {
	for {
		_, e, w := b.trySend(oneMsg(m), true)
		if e != errno.EAGAIN {
			return true, e.Err()
		}
		if w == nil {
			continue
		}
		full, room := b.fullOnes()
		asked := false
		for _, p := range full {
			asked = askForRoom(p) || asked
		}
		if room || !asked {
			b.sends.giveUp(w)
			if room || b.hasRoom() {
				continue // it has come by itself
			}
			return false, nil
		}
		if err := b.sends.wait(ctx, w, time.Time{}); err != nil {
			return true, err
		}
	}
}

func (b *Base) hasRoom() bool {
	b.smu.Lock()
	defer b.smu.Unlock()
	b.hearOut()
	return b.pat.hasOut()
}

// giveUp takes a waiter out that will not wait.
func (q *waitq) giveUp(w *waiter) {
	if !q.leave(w) {
		<-w.ch
		q.wakeOne() // S3
	}
	waiters.Put(w)
}

// fullOnes returns the pipes that stand in the way: all that are full where each
// message goes to all, or else one of them, in turn. It returns room where the
// message needs none of them dropped for: another pipe has room, and the pattern
// knows. Who looks takes the reader's signal away, or is faster than it.
func (b *Base) fullOnes() (full []*pipe.Pipe, room bool) {
	b.smu.Lock()
	defer b.smu.Unlock()
	for _, p := range b.pipes {
		switch {
		case p.CheckWrite():
			b.pat.writeActivated(p)
			room = true
		case p.Full() && (p.Owner != nil || p.Inproc): // not where nobody is yet
			full = append(full, p)
		}
	}
	if b.kind.traits.eager {
		return full, false
	}
	if room = room && b.pat.hasOut(); room || len(full) < 2 {
		return full, room
	}
	return full[int(b.relieved.Add(1)%uint32(len(full))):][:1], false
}

// askForRoom makes the reader of p drop the oldest of what waits there, now or
// soon. It returns false where the reader cannot. No lock is held.
func askForRoom(p *pipe.Pipe) bool {
	if s, ok := p.Owner.(*engine.Session); ok {
		return s.DropOldest()
	}
	peer, ok := p.PeerSink().(*Base)
	if !ok {
		return false
	}
	peer.lockRecv()
	defer peer.unlockRecv()
	return p.Peer().DropOldest()
}
