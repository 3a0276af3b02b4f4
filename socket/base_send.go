// SPDX-License-Identifier: MPL-2.0

// Previous: the façade's socket.go. Next: the pattern's file, then pipe/lb.go.

package socket

import (
	"context"
	"time"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// Send sends m, waiting for room where block is set. On success m is empty and
// its memory has passed to the pipe; on failure m is as it was.
func (b *Base) Send(ctx context.Context, m *msg.Msg, block bool) error {
	if m.Len() == 0 {
		return errno.EINVAL
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if data, ok := m.Small(); ok && b.lb != nil && b.sendSmall(data) {
		m.SentSmall()
		return nil
	}
	if e := b.sendOne(m); e != errno.EAGAIN {
		if e == 0 && block {
			b.Pace()
		}
		return e.Err()
	}
	if b.whenFull.Load() != option.Block {
		return b.sendWhenFull(ctx, m, block)
	}
	if !block {
		// The first attempt may have made room: what has gathered in a full pipe is
		// sent by whom it stands in the way.
		return b.sendOne(m).Err()
	}
	_, err := b.sendSome(ctx, oneMsg(m))
	return err
}

// sendSmall sends a small message to whichever peer is next, if it has room, by
// the shortest way that there is. Where it returns false nothing has happened.
func (b *Base) sendSmall(data []byte) bool {
	b.smu.Lock()
	if b.sends.filled.Load() {
		b.hearOut()
	}
	if b.state.Load() != 0 {
		b.smu.Unlock()
		return false
	}
	awake, ok := true, false
	p := b.lb.Next()
	if p != nil {
		if awake, ok = p.WriteSmall(data); ok {
			b.lb.Pass()
			b.ask()
		}
	}
	if ok && b.sends.waiting.Load() > 0 && b.pat.hasOut() {
		b.sends.wakeOne()
	}
	b.smu.Unlock()
	if !awake {
		p.Signal()
	}
	if b.todo.filled.Load() {
		b.settle()
	}
	return ok
}

// ask notes that a message went to a socket of this process, which may answer. Runs
// under S.
func (b *Base) ask() {
	if t := &b.kind.traits; !t.deaf && !t.eager && len(b.pipes) > 0 && b.pipes[0].Inproc && !b.asked.Load() {
		b.asked.Store(true)
	}
}

// lockToSend takes S. A subscription that has come counts for what is sent next, as with
// libzmq.
func (b *Base) lockToSend() {
	b.smu.Lock()
	if b.kind.traits.eager && b.recvs.filled.Load() {
		b.hearFirst()
	}
}

// hearFirst hears what the peers have asked for. Whoever is in the midst of that has both
// locks: so it has to be called under S, which is given up meanwhile.
func (b *Base) hearFirst() {
	b.smu.Unlock()
	b.lockBoth()
	b.hearsFirst = true
	b.hearIn()
	b.hearsFirst = false
	b.unlockBoth()
	b.smu.Lock()
}

// sendOne is the short way of any message that has room.
func (b *Base) sendOne(m *msg.Msg) (e errno.Errno) {
	b.lockToSend()
	if b.sends.filled.Load() {
		b.hearOut()
	}
	if e = b.check(); e == 0 {
		e = b.sendShort(m)
	}
	if e == 0 {
		b.ask()
	}
	if e == 0 && b.sends.waiting.Load() > 0 && b.pat.hasOut() {
		b.sends.wakeOne()
	}
	p := b.owed
	if p != nil {
		b.owed = nil
	}
	b.smu.Unlock()
	if p != nil {
		p.Signal()
	}
	if b.todo.filled.Load() {
		b.settle()
	}
	return e
}

// sendShort hands one message to the pattern, a small one without a walk over its
// parts. Runs under S.
func (b *Base) sendShort(m *msg.Msg) errno.Errno {
	data, ok := m.Small()
	if !ok {
		return b.sendParts(m)
	}
	if b.single {
		b.to = m.Address()
	}
	b.sending = msg.Part{Data: data}
	e := b.pat.send(&b.sending)
	if e == 0 {
		m.Sent()
	}
	return e
}

// SendBatch sends as many of ms as there is room for, at least one where it
// returns no error, and waits for room for the first.
func (b *Base) SendBatch(ctx context.Context, ms []msg.Msg) (int, error) {
	for i := range ms {
		if ms[i].Len() == 0 {
			return 0, errno.EINVAL
		}
	}
	if len(ms) == 0 {
		return 0, nil
	}
	if b.whenFull.Load() != option.Block {
		return b.sendEach(ctx, ms)
	}
	return b.sendSome(ctx, ms)
}

// sendSome sends a prefix of ms, and waits for room for the first.
func (b *Base) sendSome(ctx context.Context, ms []msg.Msg) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if n, e, _ := b.trySend(ms, false); n > 0 || e != errno.EAGAIN {
		return n, e.Err()
	}
	return b.sendAwaited(ctx, ms)
}

// sendAwaited sends what there was no room for just now.
func (b *Base) sendAwaited(ctx context.Context, ms []msg.Msg) (int, error) {
	var limit time.Time
	for yields := b.sends.yields(); ; {
		yields = b.sends.yield(yields)
		n, e, w := b.trySend(ms, yields == 0)
		if n > 0 || e != errno.EAGAIN {
			return n, e.Err()
		}
		if w == nil {
			continue
		}
		if limit.IsZero() {
			limit = b.sendDeadline()
		}
		if err := b.sends.wait(ctx, w, limit); err != nil {
			return 0, err
		}
	}
}

func (b *Base) sendDeadline() time.Time {
	b.smu.Lock()
	d := b.opts.SendWait
	b.smu.Unlock()
	return deadline(d)
}

// trySend sends a prefix of ms without waiting. Where nothing could be sent for
// want of room and join is set, it returns a waiter that is in the queue.
func (b *Base) trySend(ms []msg.Msg, join bool) (n int, e errno.Errno, w *waiter) {
	if e = b.check(); e != 0 {
		return 0, e, nil
	}
	b.lockToSend()
	b.hearOut()
	for n < len(ms) {
		if e = b.sendParts(&ms[n]); e != 0 {
			break
		}
		n++
	}
	switch {
	case n > 0:
		e = 0
		if b.sends.waiting.Load() > 0 && b.pat.hasOut() {
			b.sends.wakeOne()
		}
	case e == errno.EAGAIN && join:
		w, e = b.join(&b.sends, nil)
	}
	b.unlockSend()
	return n, e, w
}

// join makes the caller wait at q, or in a where that is possible, unless the socket
// has been closed.
func (b *Base) join(q *waitq, a *attendance) (*waiter, errno.Errno) {
	w := q.join(a)
	if e := b.check(); e != 0 && w != nil {
		// The state was set before everybody was woken; whether that was before or
		// after we joined, we are out now.
		if !q.leave(w) {
			<-w.ch
		}
		if w.at != nil {
			b.left(w)
		} else {
			waiters.Put(w)
		}
		return nil, e
	}
	return w, errno.EAGAIN
}

// sendParts hands one message to the pattern. Runs under S.
func (b *Base) sendParts(m *msg.Msg) errno.Errno {
	if b.single {
		if m.Len() > 1 && !b.kind.traits.mute {
			return errno.EINVAL
		}
		b.to = m.Address()
	}
	for i := range m.Len() {
		p := &b.sending
		*p = m.Part(i)
		if p.Body == nil && len(p.Data) >= msg.RefBytesMin {
			p.Body = buf.WrapBody(p.Data, nil)
		}
		if e := b.pat.send(p); e != 0 {
			return e
		}
		m.Taken(i)
	}
	m.Sent()
	return errno.OK
}
