// SPDX-License-Identifier: MPL-2.0

// Previous: waitq.go (a pipe has become readable). Next: the pattern's file,
// then pipe/fq.go.

package socket

import (
	"context"
	"runtime"
	"time"
	"unsafe"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// oneMsg views m as a slice, so that one message takes the way of many.
func oneMsg(m *msg.Msg) []msg.Msg { return unsafe.Slice(m, 1) }

// Recv receives one message into m, waiting for it where block is set. What m
// held before is released.
func (b *Base) Recv(ctx context.Context, m *msg.Msg, block bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	asked := block && b.asked.Load()
	if asked {
		b.awaitAnswer()
	}
	if b.plain && b.fq != nil && (b.recvSmall(m) || b.recvSpared(m)) {
		return nil
	}
	stays := block && b.stays(ctx)
	if e := b.recvOne(m, stays); e != errno.EAGAIN {
		return e.Err()
	}
	if !block {
		b.att.refuse()
		return errno.EAGAIN
	}
	b.lull()
	yields := b.recvYields(stays)
	if asked {
		yields = min(yields, answerYields)
	}
	_, err := b.recvAwaited(ctx, oneMsg(m), stays, yields)
	return err
}

// recvYields returns how many yields the next wait begins with: none for who sleeps at
// the descriptor, for nobody else would bring what is to come.
func (b *Base) recvYields(stays bool) int {
	if stays && b.att.lent.Load() {
		return 0
	}
	return b.recvs.yields()
}

// answerYields is how often who waits for an answer from this process yields before he
// parks, beside the once before his first look: yielding goroutines are spread over the
// processors, and fetch each line of memory from each other; who parks is woken where
// the other one runs.
const answerYields = 1

// awaitAnswer lets the goroutine run that was asked, before the first look for its
// answer: the look would come too early and have the pipe's reader sleep, and the
// other side go the long way of waking it.
func (b *Base) awaitAnswer() {
	b.asked.Store(false)
	runtime.Gosched()
}

// recvSmall receives a small message that is there, from a socket that need not
// look at it, by the shortest way that there is. Where it returns false nothing
// has happened.
func (b *Base) recvSmall(m *msg.Msg) bool {
	b.rown.Lock()
	if b.recvs.filled.Load() {
		b.hearIn()
	}
	if b.state.Load() != 0 {
		b.rown.Unlock()
		return false
	}
	data, p := b.nextSmall()
	if p == nil {
		b.rown.Unlock()
		return false
	}
	m.Copy(data, p.Props)
	if b.inRow++; b.inRow == sparingRun {
		b.spare(p)
	}
	if b.recvs.waiting.Load() > 0 && b.pat.hasIn() {
		b.recvs.wakeOne()
	}
	b.rown.Unlock()
	if b.todo.filled.Load() {
		b.settle()
	}
	return true
}

// nextSmall returns the next message and where it came from, if it is there, small
// and of one part; nil where the pattern has to look itself. Runs under R.
func (b *Base) nextSmall() (data []byte, p *pipe.Pipe) {
	if b.sift != nil && b.sift.heldFrom != nil {
		return nil, nil
	}
	for {
		if p = b.fq.Next(); p == nil {
			return nil, nil
		}
		var ok bool
		if data, ok = p.ReadSmall(); !ok {
			return nil, nil
		}
		b.fq.Pass()
		if b.sift == nil || b.sift.wants(data) {
			return data, p
		}
	}
}

// recvOne is the short way of any message that is there. stays says that the caller
// will go on to recvAwaited otherwise, and may sleep in the poller.
func (b *Base) recvOne(m *msg.Msg, stays bool) (e errno.Errno) {
	if b.kind.traits.eager {
		_, e, _ = b.tryRecv(oneMsg(m), false, stays)
		return e
	}
	b.lockRecv()
	if b.recvs.filled.Load() {
		b.hearIn()
	}
	if e = b.check(); e == 0 {
		b.staying = stays && b.mayAttend()
		e = b.recvParts(m)
		b.staying = false
	}
	if e == errno.EAGAIN && b.streams() {
		b.lulled.Store(true)
	}
	if e == 0 && b.recvs.waiting.Load() > 0 && b.pat.hasIn() {
		b.recvs.wakeOne()
	}
	if !b.plain {
		b.unlockSend() // R is S
		return e
	}
	b.rmu.Unlock()
	if b.todo.filled.Load() {
		b.settle()
	}
	return e
}

// RecvBatch receives at least one message and as many as are there, up to
// len(ms).
func (b *Base) RecvBatch(ctx context.Context, ms []msg.Msg) (int, error) {
	if len(ms) == 0 {
		return 0, nil
	}
	return b.recvSome(ctx, ms)
}

func (b *Base) recvSome(ctx context.Context, ms []msg.Msg) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	stays := b.stays(ctx)
	if n, e, _ := b.tryRecv(ms, false, stays); n > 0 || e != errno.EAGAIN {
		return n, e.Err()
	}
	return b.recvAwaited(ctx, ms, stays, b.recvYields(stays))
}

// recvAwaited receives what is still to come: there was nothing just now. It yields so
// often before it parks. stays says that the caller may sleep in the poller, and has
// said so.
func (b *Base) recvAwaited(ctx context.Context, ms []msg.Msg, stays bool, yields int) (int, error) {
	var limit time.Time
	for {
		yields = b.recvs.yield(yields)
		n, e, w := b.tryRecv(ms, yields == 0, stays)
		if n > 0 || e != errno.EAGAIN {
			return n, e.Err()
		}
		if w == nil {
			continue
		}
		if limit.IsZero() {
			limit = b.recvDeadline()
		}
		if err := b.awaitMessage(ctx, w, limit); err != nil {
			if stays {
				b.att.recall()
			}
			return 0, err
		}
	}
}

// awaitMessage blocks in the poller, or where w was not let in, at w.
func (b *Base) awaitMessage(ctx context.Context, w *waiter, limit time.Time) error {
	if w.at != nil {
		return b.attend(ctx, w, limit)
	}
	return b.recvs.wait(ctx, w, limit)
}

func (b *Base) recvDeadline() time.Time {
	b.rmu.Lock()
	d := b.opts.RecvWait
	b.rmu.Unlock()
	return deadline(d)
}

// tryRecv receives without waiting. Where there is nothing and join is set, it
// returns a waiter that is in the queue. stays is as in recvOne.
func (b *Base) tryRecv(ms []msg.Msg, join, stays bool) (n int, e errno.Errno, w *waiter) {
	if e = b.check(); e != 0 {
		return 0, e, nil
	}
	b.lockRecv()
	b.hearIn()
	for n < len(ms) {
		b.staying = stays && n == 0 && b.mayAttend()
		if e = b.recvParts(&ms[n]); e != 0 {
			break
		}
		n++
	}
	b.staying = false
	switch {
	case n > 0:
		e = 0
		if b.recvs.waiting.Load() > 0 && b.pat.hasIn() {
			b.recvs.wakeOne()
		}
	case e == errno.EAGAIN && join:
		var a *attendance
		if stays && b.mayAttend() {
			a = &b.att
			a.willing.Store(true)
		} else {
			b.att.refuse()
		}
		w, e = b.join(&b.recvs, a)
	}
	b.unlockRecv()
	return n, e, w
}

// lockRecv takes what receiving needs: R, or both for eager patterns.
func (b *Base) lockRecv() {
	if b.kind.traits.eager {
		b.lockBoth()
		return
	}
	b.rmu.Lock()
	b.endSparing()
}

func (b *Base) unlockRecv() {
	switch {
	case b.kind.traits.eager:
		b.unlockBoth()
	case b.rmu == &b.smu:
		b.unlockSend()
	default:
		b.rmu.Unlock()
		b.settle()
	}
}

// recvParts fills m with the next message. Runs under R.
func (b *Base) recvParts(m *msg.Msg) errno.Errno {
	p := &b.receiving
	e := b.pat.recv(p)
	if e != 0 {
		return e
	}
	if p.Flags == 0 && p.Body == nil {
		m.Copy(p.Data, p.Props)
		if b.single {
			m.SetAddress(b.from)
		}
		return errno.OK
	}
	m.Close()
	m.From(p.Props)
	if b.single {
		m.SetAddress(b.from)
	}
	m.AppendPart(p)
	for p.HasMore() {
		if e := b.pat.recv(p); e != 0 {
			// Parts of one message are published together; only a pipe that closed in
			// between can end here, and it took the message with it.
			m.Close()
			return e
		}
		m.AppendPart(p)
	}
	return errno.OK
}
