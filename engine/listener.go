// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"errors"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

const (
	// acceptsPerTurnMax bounds how many connections one turn takes, so that a
	// storm of them does not starve those that exist.
	acceptsPerTurnMax = 64
	// acceptPause is how long a listener waits after an error that only time can
	// mend, such as no descriptor being left.
	acceptPause = 100 * time.Millisecond
)

// Listener accepts connections on one bound endpoint (libzmq
// stream_listener_base_t). It lives on one loop; the sessions that it makes
// live where the pool chooses.
type Listener struct {
	// immutable
	loop   *reactor.Loop
	pool   *reactor.Pool
	host   Host
	opts   *option.Options
	scheme string // of the endpoint
	ranks  unfinished

	// loop only
	l      *transport.Listener
	handle reactor.Handle
	pause  reactor.Timer
	queued bool // requeued to go on accepting
	ended  bool
}

// NewListener makes a listener of a bound socket, which it owns from now on. It
// does nothing before Start. It keeps opts.
func NewListener(loop *reactor.Loop, pool *reactor.Pool, host Host, opts *option.Options, l *transport.Listener) *Listener {
	made := &Listener{loop: loop, pool: pool, host: host, opts: opts, scheme: schemeOf(l.Endpoint()), l: l}
	made.ranks.init(made)
	return made
}

// Start lets the listener begin on its loop. Any goroutine, once.
func (l *Listener) Start() { l.loop.Send(reactor.Command{Op: opListen, To: l}) }

func (l *Listener) processListen() {
	if l.ended {
		return
	}
	h, err := l.loop.Register(l.l.FD, l)
	if err != nil {
		l.event(EventAcceptFailed, -1, err)
		l.loop.SetTimer(&l.pause, acceptPause, l)
		return
	}
	l.handle = h
}

// Event implements reactor.Handler.
func (l *Listener) Event(poller.Ready) { l.accept() }

// Step implements reactor.Stepper.
func (l *Listener) Step() {
	l.queued = false
	l.accept()
}

// Fire implements reactor.Alarm: try again after an error.
func (l *Listener) Fire(*reactor.Timer) {
	if l.handle == (reactor.Handle{}) {
		l.processListen()
	}
	l.accept()
}

// accept takes what is waiting, up to a bound.
func (l *Listener) accept() {
	for range acceptsPerTurnMax {
		if l.ended {
			return
		}
		if d := l.ranks.wait(); d > 0 {
			l.loop.SetTimer(&l.pause, d, l)
			return
		}
		fd, peer, err := l.l.Accept()
		switch {
		case err == nil && !l.admits(fd, peer):
			l.turnAway(fd, syscall.EACCES)
		case err == nil && l.crowded():
			l.turnAway(fd, syscall.EMFILE)
		case err == nil:
			l.take(fd)
		case errors.Is(err, syscall.EAGAIN):
			return
		case errors.Is(err, syscall.ECONNABORTED), errors.Is(err, syscall.EINTR), errors.Is(err, syscall.EPROTO):
			l.event(EventAcceptFailed, number(err), err)
		default:
			// Out of descriptors or memory: the waiting connection stays in the
			// backlog; spinning on it would help nobody.
			l.event(EventAcceptFailed, number(err), err)
			l.loop.SetTimer(&l.pause, acceptPause, l)
			return
		}
	}
	if !l.queued {
		l.queued = true
		l.loop.Requeue(l)
	}
}

// take makes a session for an accepted descriptor.
func (l *Listener) take(fd int) {
	o := TransportOptions(l.opts)
	if err := transport.Tune(fd, &o); err != nil {
		_ = syscall.Close(fd)
		l.event(EventAcceptFailed, number(err), err)
		return
	}
	loop := l.pool.Choose(l.opts.Affinity)
	if loop == nil {
		loop = l.loop
	}
	endpoint := l.l.Endpoint()
	s := newAccepted(loop, l.host, l.opts, endpoint)
	if !l.host.Adopt(s, endpoint) {
		_ = syscall.Close(fd)
		return
	}
	l.host.Event(Event{Type: EventAccepted, Bound: true, Local: endpoint, Remote: transport.RemoteEndpoint(fd, l.scheme), Value: int64(fd)})
	out := l.ranks.enter(s)
	s.startWith(fd)
	if out != nil {
		out.loop.Send(reactor.Command{Op: opCrowdedOut, To: out})
	}
}

// Term implements Object; a listener has nothing to flush.
func (l *Listener) Term(time.Duration) { l.loop.Send(reactor.Command{Op: opListenTerm, To: l}) }

func (l *Listener) processTerm() {
	if l.ended {
		return
	}
	l.ended = true
	l.loop.CancelTimer(&l.pause)
	l.loop.Unregister(&l.handle)
	fd := l.l.FD
	if err := l.l.Close(); err != nil {
		l.event(EventCloseFailed, number(err), err)
	} else {
		l.event(EventClosed, int64(fd), nil)
	}
	l.host.Left(l)
}

func (l *Listener) event(t EventType, value int64, err error) {
	l.host.Event(Event{Type: t, Bound: true, Local: l.l.Endpoint(), Value: value, Err: Numbered(err)})
}

// TransportOptions picks what the transport wants to know from a socket's
// options.
func TransportOptions(o *option.Options) transport.Options {
	return transport.Options{
		IPv6: o.IPv6, Backlog: o.Backlog, SndBuf: o.SendBuffer, RcvBuf: o.RecvBuffer, TOS: o.TOS,
		Keepalive: o.Keepalive, KeepaliveCount: o.KeepaliveCount, KeepaliveIdle: o.KeepaliveIdle,
		KeepaliveInterval: o.KeepaliveInterval, MaxRT: o.MaxRT, BindToDevice: o.BindToDevice,
		Priority: o.Priority, BusyPoll: o.BusyPoll, UseFD: o.UseFD,
		SocksProxy: o.SocksProxy, SocksUsername: o.SocksUsername, SocksPassword: o.SocksPassword,
		MulticastHops: o.MulticastHops, MulticastLoop: o.MulticastLoop,
		Dial: o.Dial, Listen: o.Listen,
	}
}
