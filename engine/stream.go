// SPDX-License-Identifier: MPL-2.0

// Previous: session.go (plug), poller (Event). Next: handshake.go, then input.go
// and output.go.

package engine

import (
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

// streamState is how far a stream has come.
type streamState uint8

const (
	greeting    streamState = iota // exchanging greetings
	handshaking                    // exchanging the mechanism's commands
	identifying                    // ZMTP 1 and 2: waiting for the identity message
	active                         // exchanging messages
	closed                         // nothing more happens
)

// Stream speaks a protocol on one connected descriptor (libzmq
// stream_engine_base_t, zmtp_engine_t, raw_engine_t).
type Stream struct {
	// immutable
	s      *Session
	loop   *reactor.Loop
	opts   *option.Options
	fd     int
	local  string
	remote string

	// set by the loop before open, then immutable
	pipe  *pipe.Pipe
	codec mechanism.Codec // nil: frames go as they are

	// loop only
	handle      reactor.Handle
	state       streamState
	verdict     Reason
	greet       zmtp.Greeting
	mech        mechanism.Mechanism
	version     zmtp.Version
	early       *bytebufferpool.ByteBuffer // received and not yet consumed, before active
	queued      bool                       // requeued: a budget was used up
	more        more                       // what to go on with
	inByLoop    bool                       // the loop holds inHalf
	fetchDue    bool                       // the receiver is to be looked after
	recalled    bool                       // a lent connection is to come back
	owes        bool                       // to wake the receiver to whom it was lent just now
	left        int                        // halves that application goroutines hold, when closed
	beat        heartbeat
	shake       reactor.Timer // handshake timeout
	gatherTimer reactor.Timer // what has gathered is sent at the latest
	fetchTimer  reactor.Timer // whether the application still fetches
	auth        authentication
	sweptAt     uint64 // messages moved until the last Sweep

	// shared
	ctlMu sync.Mutex
	// +checklocks:ctlMu
	ctl []byte // framed commands that wait for a frame boundary
	// +checklocks:ctlMu
	ctlPlain []byte      // commands that are to be encoded first
	ctlReady atomic.Bool // ctl is not empty
	open     atomic.Bool // the pipe may be read: from active until the verdict; set by the loop
	outHalf  half
	inHalf   half
	watch    watch
	ending   atomic.Bool  // the edge of the stream's end has come, there will be no other
	fresh    atomic.Bool  // something has arrived since the last inline write
	sparse   atomic.Bool  // messages to be sent come thinly
	burst    atomic.Int32 // of them were written inline without a pause in between
	lastOut  atomic.Int64 // when the pipe last woke us, or that was written, in ns since the process began; 0: nobody asked

	out output // whoever holds outHalf
	in  input  // whoever holds inHalf
}

// more says which budgets a requeued stream has used up.
type more uint8

const (
	moreIn more = 1 << iota
	moreOut
)

func newStream(s *Session, fd int) *Stream {
	e := &Stream{s: s, loop: s.loop, opts: s.opts, fd: fd}
	e.out.gather.gapMax = gatherGapMax
	e.inByLoop = e.inHalf.try()
	e.watch.ready = poller.In | poller.Out
	e.local, e.remote = transport.LocalEndpoint(fd, s.scheme), transport.RemoteEndpoint(fd, s.scheme)
	if s.connects {
		e.remote = s.endpoint
	} else {
		e.local = s.endpoint
	}
	return e
}

// start registers the descriptor and says hello.
func (e *Stream) start() {
	h, err := e.loop.Register(e.fd, e)
	if err != nil {
		e.s.failed(e, err)
		return
	}
	e.handle = h
	if e.opts.Raw() {
		e.startRaw()
		return
	}
	e.startGreeting()
}

// Event implements reactor.Handler.
func (e *Stream) Event(r poller.Ready) {
	if r&poller.Out != 0 {
		e.tryOut()
	}
	if r&(poller.HangUp|poller.Error) != 0 {
		e.ending.Store(true)
	}
	if r&(poller.In|poller.HangUp|poller.Error) != 0 && e.state != closed {
		e.inEvent()
	}
}

// inEvent reads what has arrived. Where the receiver fetches, an event is from before
// that; the end of the stream is for the loop.
func (e *Stream) inEvent() {
	switch {
	case e.state != active:
		e.readEarly()
	case !e.pipe.Fetching() || e.ending.Load():
		e.processInput(false)
	}
}

// requeue lets the stream go on next turn.
func (e *Stream) requeue(m more) {
	e.more |= m
	if !e.queued {
		e.queued = true
		e.loop.Requeue(e)
	}
}

// Step implements reactor.Stepper.
func (e *Stream) Step() {
	e.queued = false
	m := e.more
	e.more = 0
	if m&moreOut != 0 {
		e.tryOut()
	}
	if m&moreIn != 0 && e.state == active {
		e.inEvent()
	}
}

// Fire implements reactor.Alarm.
func (e *Stream) Fire(t *reactor.Timer) {
	if t == &e.shake {
		e.s.failed(e, errHandshakeTimeout)
		return
	}
	if t == &e.gatherTimer {
		e.gatherFire()
		return
	}
	if t == &e.fetchTimer {
		e.fetchFire()
		return
	}
	e.beatFire(t)
}

// Fault implements reactor.Faulter: a defect of ours costs this connection.
func (e *Stream) Fault(f *reactor.Fault) {
	if e.out.byLoop {
		e.out.byLoop = false
		e.release()
	}
	e.s.failed(e, f)
	e.releaseInput()
}

// report tells the socket why the stream ends.
func (e *Stream) report(err error) {
	full := &Error{Reason: classify(err), Remote: e.remote, Err: Numbered(err)}
	if e.state < active {
		e.reportHandshake(full)
	}
	e.event(EventDisconnected, int64(e.fd), full)
}

func (e *Stream) event(t EventType, value int64, err error) {
	e.s.host.Event(Event{Type: t, Bound: !e.s.connects, Local: e.local, Remote: e.remote, Value: value, Err: err})
}

// close takes the stream off its loop and closes the descriptor: at once, or,
// where an application goroutine reads or writes on it, when that has finished. The
// session learns of it by streamClosed.
func (e *Stream) close() {
	if e.state == closed {
		return
	}
	e.state = closed
	e.loop.CancelTimer(&e.shake)
	e.loop.CancelTimer(&e.gatherTimer)
	e.loop.CancelTimer(&e.fetchTimer)
	e.stopBeat()
	e.stopAsking()
	e.loop.Unregister(&e.handle)
	if e.early != nil {
		clear(e.early.B[:cap(e.early.B)])
		bytebufferpool.Put(e.early)
		e.early = nil
	}
	if e.inByLoop {
		e.inHalf.quit()
	} else if !e.inHalf.shut() {
		e.left++
	}
	if !e.outHalf.shut() {
		e.left++
	}
	if e.left == 0 {
		e.closeFD()
	}
}

// processHalfLeft goes on with close.
func (e *Stream) processHalfLeft() {
	if e.left--; e.left == 0 {
		e.closeFD()
	}
}

// closeFD ends close: the loop is alone now.
func (e *Stream) closeFD() {
	e.stopFetching()
	e.in.drop()
	e.s.unsent = e.out.bodySent
	e.out.drop()
	e.wipe()
	_ = syscall.Close(e.fd)
	e.s.streamClosed(e)
}
