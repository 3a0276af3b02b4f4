// SPDX-License-Identifier: MPL-2.0

// Many requests at a time on one REQ socket. Previous: the façade's wait.go. Next:
// base_send.go (sendParts), base_recv.go (recvParts), req.go.

package socket

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
)

// callsMax bounds how many requests of one socket wait for their replies.
const callsMax = 1 << 20

// envelopeParts is how many parts stand before the body of a request by Do: its
// id, as REQ_CORRELATE has it, and an empty one.
const envelopeParts = 2

// calls are the requests that wait for their replies.
type calls struct {
	mu sync.Mutex
	// +checklocks:mu
	waiting map[uint32]chan reply // each has room for its reply
	id      uint32
	stop    context.CancelFunc // ends the goroutine that reads replies; nil: there is none
}

// reply is how a request ends: by a message or an error.
type reply struct {
	m   msg.Msg
	err errno.Errno
}

// Do sends a request, whose frames it copies, and returns the reply, in plain
// memory. Any number of goroutines may do so at a time, and the replies may come in
// any order. Errors: ENOTSUP for another type than REQ, EINVAL for no frames, EFSM
// while a message that was sent otherwise waits for its reply, ENOBUFS for too many
// requests, Send's and ctx's.
func (b *Base) Do(ctx context.Context, frames [][]byte) (msg.Msg, error) {
	s, ok := b.pat.(*req)
	if !ok {
		return msg.Msg{}, errno.ENOTSUP
	}
	if len(frames) == 0 {
		return msg.Msg{}, errno.EINVAL
	}
	if e := s.beginCall(); e != errno.OK {
		return msg.Msg{}, e
	}
	defer s.endCall()
	id, answer, e := s.calls.enter(s)
	if e != errno.OK {
		return msg.Msg{}, e
	}
	defer s.calls.leave(id)
	if err := s.ask(ctx, request(id, frames)); err != nil {
		return msg.Msg{}, err
	}
	select {
	case r := <-answer:
		return r.m, r.err.Err()
	case <-ctx.Done():
		return msg.Msg{}, ctx.Err()
	}
}

// request makes the message that goes out.
func request(id uint32, frames [][]byte) *msg.Msg {
	m := &msg.Msg{}
	m.AppendCopy(binary.NativeEndian.AppendUint32(nil, id))
	m.Append(nil)
	for _, f := range frames {
		m.AppendCopy(f)
	}
	return m
}

// beginCall keeps those out who use the socket one request at a time.
func (s *req) beginCall() errno.Errno {
	s.b.smu.Lock()
	defer s.b.smu.Unlock()
	if s.asking || s.waiting {
		return errno.EFSM
	}
	s.doing++
	return errno.OK
}

func (s *req) endCall() {
	s.b.smu.Lock()
	s.doing--
	s.b.smu.Unlock()
	s.b.signal.turned()
}

// enter makes a place for a reply, and sees that somebody reads replies.
func (c *calls) enter(s *req) (id uint32, answer chan reply, e errno.Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) >= callsMax {
		return 0, nil, errno.ENOBUFS
	}
	if c.waiting == nil {
		c.waiting, c.id = make(map[uint32]chan reply), rand.Uint32()
	}
	for c.id++; c.waiting[c.id] != nil; c.id++ {
	}
	answer = make(chan reply, 1)
	c.waiting[c.id] = answer
	if c.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		c.stop = stop
		go s.readReplies(ctx)
	}
	return c.id, answer, errno.OK
}

// leave gives the place up. The last one ends the reading.
func (c *calls) leave(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
	if len(c.waiting) == 0 && c.stop != nil {
		c.stop()
		c.stop = nil
	}
}

// ask sends a request, waiting for room as long as ctx and SNDTIMEO allow.
func (s *req) ask(ctx context.Context, m *msg.Msg) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limit := s.b.sendDeadline()
	for {
		w, e := s.tryAsk(m)
		if e != errno.EAGAIN {
			return e.Err()
		}
		if w == nil {
			continue
		}
		if err := s.b.sends.wait(ctx, w, limit); err != nil {
			return err
		}
	}
}

// tryAsk sends a request if there is room, or else joins those who wait for it.
func (s *req) tryAsk(m *msg.Msg) (w *waiter, e errno.Errno) {
	b := s.b
	b.smu.Lock()
	b.hearOut()
	if e = b.check(); e == errno.OK {
		s.direct = true
		e = b.sendParts(m)
		s.direct = false
	}
	switch {
	case e == errno.EAGAIN:
		w, e = b.join(&b.sends, nil)
	case e == errno.OK && b.sends.waiting.Load() > 0 && s.dealer.hasOut():
		b.sends.wakeOne()
	}
	b.unlockSend()
	return w, e
}

// readReplies hands replies to those who wait for them, until ctx ends or the
// socket does.
func (s *req) readReplies(ctx context.Context) {
	for {
		m := &msg.Msg{}
		w, e := s.tryReply(m)
		switch {
		case e == errno.OK:
			s.calls.deliver(m)
		case e != errno.EAGAIN:
			s.calls.fail(e)
			return
		case w == nil:
		case s.b.recvs.wait(ctx, w, time.Time{}) != nil:
			return // nobody waits for a reply
		}
	}
}

// tryReply receives a message if there is one, or else joins those who wait.
func (s *req) tryReply(m *msg.Msg) (w *waiter, e errno.Errno) {
	b := s.b
	b.lockRecv()
	b.hearIn()
	if e = b.check(); e == errno.OK {
		s.direct = true
		e = b.recvParts(m)
		s.direct = false
	}
	if e == errno.EAGAIN {
		w, e = b.join(&b.recvs, nil)
	}
	b.unlockRecv()
	return w, e
}

// deliver hands a reply over; one that nobody waits for any more, or that is none,
// is dropped.
func (c *calls) deliver(m *msg.Msg) {
	if m.Len() > envelopeParts && len(m.Frame(0)) == requestIDBytes && len(m.Frame(1)) == 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		id := binary.NativeEndian.Uint32(m.Frame(0))
		if answer := c.waiting[id]; answer != nil {
			delete(c.waiting, id) // a second reply is none
			m.Detach()
			answer <- reply{m: msg.Behind(m, envelopeParts)}
			return
		}
	}
	m.Close()
}

// fail ends all requests with the socket.
func (c *calls) fail(e errno.Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, answer := range c.waiting {
		delete(c.waiting, id)
		answer <- reply{err: e}
	}
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
}
