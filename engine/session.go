// SPDX-License-Identifier: MPL-2.0

// Previous: pipe.go (Signal). Next: output.go; back: input.go to the pipe.

package engine

import (
	"container/list"
	"sync/atomic"
	"time"

	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

// Session ties one connection, or a succession of them, to one pipe (libzmq
// session_base_t). A connecting session outlives its connections; an accepted
// one ends with the first.
type Session struct {
	// immutable after construction
	loop     *reactor.Loop
	host     Host
	opts     *option.Options
	endpoint string // what the application named
	connects bool
	scheme   string      // of endpoint
	ranks    *unfinished // of the listener that accepted; nil where the session connects

	// loop only
	pipe       *pipe.Pipe // the session's end; nil before an accepted handshake
	connecter  *connecter
	backoff    backoff
	linger     reactor.Timer
	closing    bool // Term has come: flush, then end
	lastChance bool // no further connection
	ended      bool
	past       traffic
	unsent     int           // bytes of the next large body that the last stream had sent
	place      *list.Element // in ranks, guarded by its lock
	entered    time.Time     // there, guarded likewise

	// shared: the stream that reads the pipe; written by the loop, read by whoever
	// signals the session. Its nil means that a signal has no one to reach: the
	// next stream looks at the pipe by itself.
	stream atomic.Pointer[Stream]
}

// NewConnecting makes a session that connects to endpoint and keeps connected.
// p, its end of the pipe, may be nil: then the pipe is made when the connection
// is (IMMEDIATE). It does nothing before Start. The session keeps opts.
func NewConnecting(loop *reactor.Loop, host Host, opts *option.Options, endpoint string, p *pipe.Pipe) *Session {
	s := &Session{loop: loop, host: host, opts: opts, endpoint: endpoint, scheme: schemeOf(endpoint), connects: true, pipe: p}
	if p != nil {
		p.SetSink(s)
	}
	return s
}

// newAccepted makes the session of a connection that a listener took.
func newAccepted(loop *reactor.Loop, host Host, opts *option.Options, endpoint string) *Session {
	return &Session{loop: loop, host: host, opts: opts, endpoint: endpoint, scheme: schemeOf(endpoint)}
}

func schemeOf(endpoint string) string {
	scheme, _, _ := transport.Split(endpoint)
	return scheme
}

// Start lets the session begin on its loop. Any goroutine, once.
func (s *Session) Start() { s.loop.Send(reactor.Command{Op: opStart, To: s, N: -1}) }

// startWith begins with a descriptor that was accepted.
func (s *Session) startWith(fd int) {
	s.loop.Send(reactor.Command{Op: opStart, To: s, N: int64(fd)})
}

func (s *Session) processStart(fd int) {
	if fd >= 0 {
		s.plug(fd)
		return
	}
	if !s.ended {
		s.connect(0)
	}
}

// plug gives the session a connected descriptor.
func (s *Session) plug(fd int) {
	e := newStream(s, fd)
	s.past.connections++
	s.stream.Store(e)
	e.start()
}

// Term implements Object.
func (s *Session) Term(linger time.Duration) {
	s.loop.Send(reactor.Command{Op: opTerm, To: s, N: int64(linger)})
}

// Disconnect is Term where the application has disconnected: with
// RECONNECT_STOP_AFTER_DISCONNECT a session that is not connected ends at once
// instead of trying on. Any goroutine.
func (s *Session) Disconnect(linger time.Duration) {
	if s.opts.ReconnectStop&option.StopAfterDisconnect != 0 {
		s.loop.Send(reactor.Command{Op: opLastChance, To: s})
	}
	s.Term(linger)
}

// processLastChance says that the connection which there is, is the last one.
func (s *Session) processLastChance() {
	s.lastChance = true
	if s.stream.Load() == nil {
		s.end()
	}
}

// processTerm begins the end: what the pipe still holds is sent for at most
// linger (libzmq session_base_t::process_term).
func (s *Session) processTerm(linger time.Duration) {
	if s.ended {
		return
	}
	s.closing = true
	switch {
	case linger == 0 || s.pipe == nil || s.drained():
		s.end()
		return
	case linger > 0:
		s.loop.SetTimer(&s.linger, linger, (*lingerAlarm)(s))
	}
	if e := s.stream.Load(); e != nil {
		e.tryOut()
	}
}

// drained reports whether the session holds nothing that is worth waiting for.
// With a stream in place only the stream knows.
func (s *Session) drained() bool {
	if s.stream.Load() != nil {
		return false
	}
	return !s.pipe.CheckRead() && s.pipe.EOF()
}

// lingerAlarm ends a session that could not flush in time.
type lingerAlarm Session

// Fire implements reactor.Alarm.
func (a *lingerAlarm) Fire(*reactor.Timer) { (*Session)(a).end() }

// ReadActivated implements pipe.Sink: the application has written. Called by
// the writing goroutine, which may write to the network itself (output.go).
func (s *Session) ReadActivated(p *pipe.Pipe) {
	e := s.stream.Load()
	if e == nil || e.writeInline(p.Gathering()) {
		return
	}
	s.loop.Send(reactor.Command{Op: opActivateRead, To: e})
}

// WriteActivated implements pipe.Sink: the application has read, there is room.
func (s *Session) WriteActivated(*pipe.Pipe) {
	s.loop.Send(reactor.Command{Op: opActivateIn, To: s})
}

// PeerClosed implements pipe.Sink: the socket has let the pipe go.
func (s *Session) PeerClosed(*pipe.Pipe) {
	s.loop.Send(reactor.Command{Op: opPipeClosed, To: s})
}

// processPipeClosed ends the session when what was sent before is flushed. Without
// a stream that waits for a connection, or for Term with its linger.
func (s *Session) processPipeClosed() {
	if s.ended || s.pipe == nil {
		return
	}
	if e := s.stream.Load(); e != nil {
		e.tryOut()
		return
	}
	if s.drained() {
		s.end()
	}
}

func (s *Session) processActivateWrite() {
	// A receiver that fetches, makes room for itself.
	if e := s.stream.Load(); e != nil && e.state == active && !e.pipe.Fetching() {
		e.processInput(false)
	}
}

// processOutEnded: the stream has sent everything up to the end of the pipe.
func (s *Session) processOutEnded(e *Stream) {
	if s.stream.Load() == e {
		s.end()
	}
}

// ready is called by the stream when its handshake is done. It makes the pipe
// where there is none (libzmq session_base_t::engine_ready).
func (s *Session) ready(routingID []byte, props *msg.Properties) {
	s.ranks.leave(s)
	if s.pipe != nil {
		s.host.Identified(s.pipe.Peer(), routingID, props)
		return
	}
	ours, theirs := NewPipe(s.opts)
	s.pipe = theirs
	theirs.SetSink(s)
	ours.Props = props
	s.host.Attach(ours, s, s.endpoint, routingID)
}

// NewPipe makes the pipe between a socket and a session: the socket's end first.
func NewPipe(o *option.Options) (socket, session *pipe.Pipe) {
	c := o.Conflating()
	return pipe.NewPair(pipe.Options{HWM: o.SendHWM, Bytes: o.SendHWMBytes, Conflate: c},
		pipe.Options{HWM: o.RecvHWM, Bytes: o.RecvHWMBytes, Conflate: c})
}

// failed is the stream's verdict: it has come to its end because of err.
func (s *Session) failed(e *Stream, err error) {
	if s.stream.Load() != e || e.state == closed {
		return
	}
	// Who hears of the end and then sends, does not send into the dead connection.
	e.open.Store(false)
	e.report(err)
	if e.opts.Raw() {
		e.notify()
	}
	e.notifyDown()
	e.verdict = classify(err)
	if e.state < active && s.opts.ReconnectStop&option.StopHandshakeFailed != 0 {
		e.verdict = ProtocolBroken
	}
	e.close()
}

// Fault implements reactor.Faulter: a defect of ours costs the connection.
func (s *Session) Fault(f *reactor.Fault) {
	if e := s.stream.Load(); e != nil {
		s.failed(e, f)
	}
}

// end gives up everything, flushed or not.
func (s *Session) end() {
	if s.ended {
		return
	}
	s.ended = true
	s.loop.CancelTimer(&s.linger)
	s.stopConnecting()
	if e := s.stream.Load(); e != nil {
		e.close()
		return
	}
	s.finish()
}

// streamClosed goes on after the stream's descriptor is closed and nobody reads
// or fills the pipe on its behalf any more (libzmq session_base_t::engine_error).
func (s *Session) streamClosed(e *Stream) {
	if s.stream.Load() != e {
		return
	}
	s.stream.Store(nil)
	e.stopGathering()
	s.past.out += e.out.bytes
	s.past.in += e.in.bytes
	if s.ended {
		s.finish()
		return
	}
	if !s.connects || s.lastChance || e.verdict == ProtocolBroken || s.opts.ReconnectInterval <= 0 {
		s.ended = true
		s.loop.CancelTimer(&s.linger)
		s.finish()
		return
	}
	s.reconnect()
}

// finish closes the pipe: its other end can still read what has arrived.
func (s *Session) finish() {
	s.ranks.ended(s)
	s.closePipe()
	s.host.Left(s)
}

func (s *Session) closePipe() {
	p := s.pipe
	if p == nil {
		return
	}
	s.pipe = nil
	p.CloseWrite()
	p.CloseRead()
	p.NotifyClosed()
}
