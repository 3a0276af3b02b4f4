// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

// connecter makes one connection for a session: it resolves, tries each address
// in turn, and waits between rounds (libzmq stream_connecter_base_t). It lives
// from connect until the descriptor is handed to the session.
//
//	waiting ─timer─▶ resolving ─▶ connecting ─writable─▶ handed over
//	   ▲                 │             │
//	   └────── retry ────┴─────────────┘
type connecter struct {
	s       *Session
	targets []transport.Target
	next    int  // target to try next
	refused bool // the last one refused
	fd      int  // descriptor that is connecting, or -1
	handle  reactor.Handle
	timer   reactor.Timer // the pause, or the connect timeout
	cancel  context.CancelFunc
}

// resolved is the answer of a lookup; for registered transports, of their Dial.
type resolved struct {
	targets []transport.Target
	dialled bool // by a proxy or a function of the application's
	err     error
}

// connect begins to connect after a pause.
func (s *Session) connect(pause time.Duration) {
	c := &connecter{s: s, fd: -1}
	s.connecter = c
	if pause <= 0 {
		c.resolve()
		return
	}
	s.event(EventConnectRetried, "", pause.Milliseconds(), nil)
	s.loop.SetTimer(&c.timer, pause, c)
}

// Fire implements reactor.Alarm: the pause is over, or connecting took too long.
func (c *connecter) Fire(*reactor.Timer) {
	if c.fd >= 0 {
		c.drop(syscall.ETIMEDOUT)
		c.try()
		return
	}
	c.resolve()
}

// resolve finds the addresses; where that may block, on a goroutine.
func (c *connecter) resolve() {
	o := TransportOptions(c.s.opts)
	if transport.ResolveNow(c.s.endpoint, &o) {
		targets, err := transport.Resolve(context.Background(), c.s.endpoint, &o)
		c.found(targets, err)
		return
	}
	ctx, dials := context.Background(), o.Dials(c.s.endpoint)
	if d := c.s.opts.ConnectTimeout; d > 0 && dials {
		ctx, c.cancel = context.WithTimeout(ctx, d)
	} else {
		ctx, c.cancel = context.WithCancel(ctx)
	}
	if dials {
		c.s.event(EventConnectDelayed, "", int64(syscall.EINPROGRESS), nil)
	}
	go c.lookUp(ctx, &o, &resolved{dialled: dials})
}

// lookUp tells the loop where to connect to, or that this failed: a panic of it, or
// of an application's transport, costs the attempt.
func (c *connecter) lookUp(ctx context.Context, o *transport.Options, r *resolved) {
	defer func() {
		if v := recover(); v != nil {
			r.err = c.s.loop.Caught(v)
		}
		c.s.loop.Send(reactor.Command{Op: opResolved, To: c, Arg: r})
	}()
	r.targets, r.err = transport.Resolve(ctx, c.s.endpoint, o)
}

// processResolved goes on with the answer, unless nobody wants it any more.
func (c *connecter) processResolved(r *resolved) {
	if c.cancel != nil {
		c.cancel()
		c.cancel = nil
	}
	if c.s.connecter != c {
		for i := range r.targets {
			_ = r.targets[i].Close()
		}
		return
	}
	if r.err != nil && r.dialled {
		c.s.event(EventClosed, "", -1, r.err)
	}
	c.found(r.targets, r.err)
}

func (c *connecter) found(targets []transport.Target, err error) {
	if err != nil {
		c.retry()
		return
	}
	c.targets, c.next = targets, 0
	c.try()
}

// try starts to connect to the next address.
func (c *connecter) try() {
	o := TransportOptions(c.s.opts)
	for c.next < len(c.targets) {
		t := &c.targets[c.next]
		c.next++
		fd, inProgress, err := transport.Connect(t, &o)
		if err != nil {
			c.refused = errors.Is(err, syscall.ECONNREFUSED)
			c.s.event(EventClosed, "", -1, err)
			continue
		}
		if !inProgress {
			c.done(fd)
			return
		}
		if c.wait(fd) {
			return
		}
	}
	c.retry()
}

// wait puts a connecting descriptor on the loop.
func (c *connecter) wait(fd int) bool {
	h, err := c.s.loop.Register(fd, c)
	if err != nil {
		_ = syscall.Close(fd)
		return false
	}
	c.fd, c.handle = fd, h
	c.s.event(EventConnectDelayed, "", int64(syscall.EINPROGRESS), nil)
	if d := c.s.opts.ConnectTimeout; d > 0 {
		c.s.loop.SetTimer(&c.timer, d, c)
	}
	return true
}

// Event implements reactor.Handler: the attempt has come to an end.
func (c *connecter) Event(r poller.Ready) {
	if c.fd < 0 || r&(poller.Out|poller.HangUp|poller.Error) == 0 {
		return
	}
	err := transport.ConnectResult(c.fd)
	if err == syscall.EINPROGRESS {
		return
	}
	if err != nil {
		c.drop(err)
		c.try()
		return
	}
	fd := c.fd
	c.release()
	c.done(fd)
}

// release takes the descriptor off the loop and out of the connecter's hands.
func (c *connecter) release() {
	c.s.loop.CancelTimer(&c.timer)
	c.s.loop.Unregister(&c.handle)
	c.fd = -1
}

// drop closes a descriptor that did not connect.
func (c *connecter) drop(err error) {
	fd := c.fd
	c.release()
	_ = syscall.Close(fd)
	c.refused = errors.Is(err, syscall.ECONNREFUSED)
	c.s.event(EventClosed, "", int64(fd), err)
}

// retry waits before the next round.
func (c *connecter) retry() {
	s := c.s
	if c.refused && s.opts.ReconnectStop&option.StopConnRefused != 0 {
		s.end() // the endpoint is gone, as after a disconnect (libzmq session_base_t::process_conn_failed)
		return
	}
	if s.opts.ReconnectInterval <= 0 {
		return
	}
	pause := s.backoff.next(s.opts)
	s.event(EventConnectRetried, "", pause.Milliseconds(), nil)
	s.loop.SetTimer(&c.timer, pause, c)
}

// done hands a connected descriptor to the session.
func (c *connecter) done(fd int) {
	s := c.s
	o := TransportOptions(s.opts)
	s.connecter = nil
	s.backoff.reset()
	if err := transport.Tune(fd, &o); err != nil {
		// A connection that the peer has closed already refuses options; the stream
		// will notice.
		s.event(EventConnectDelayed, "", number(err), err)
	}
	s.event(EventConnected, transport.LocalEndpoint(fd, s.scheme), int64(fd), nil)
	s.plug(fd)
}

// stopConnecting gives up an attempt.
func (s *Session) stopConnecting() {
	c := s.connecter
	if c == nil {
		return
	}
	s.connecter = nil
	s.loop.CancelTimer(&c.timer)
	if c.cancel != nil {
		c.cancel()
	}
	if c.fd >= 0 {
		c.drop(nil)
	}
}

// event reports something about the session's endpoint.
func (s *Session) event(t EventType, local string, value int64, err error) {
	s.host.Event(Event{Type: t, Local: local, Remote: s.endpoint, Value: value, Err: Numbered(err)})
}
