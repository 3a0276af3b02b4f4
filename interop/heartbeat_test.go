// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine"
)

// beats are the intervals of heartbeats in these tests. The timeout is long
// beside them so that a busy machine is not taken for a dead peer.
const (
	beat        = 10 * time.Millisecond
	beatTimeout = 200 * time.Millisecond
)

// relay passes one TCP connection on and counts the heartbeats in both
// directions.
type relay struct {
	w        *world
	listener net.Listener
	target   string // endpoint
	seen     chan heard
	tap      *tap   // nil: nobody wants the bytes
	twice    []byte // what has this goes on twice, or nil
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
}

// tap keeps what has passed a relay.
type tap struct {
	mu  sync.Mutex
	all []byte // guarded by mu
}

func (t *tap) note(b []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, b...)
}

func (t *tap) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.all)
}

// heard is one command, or message of CURVE, that went through the relay.
type heard struct {
	fromTarget bool
	command    string
}

// newRelay listens; with no target yet.
func newRelay(w *world) *relay {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	r := &relay{w: w, listener: l, seen: make(chan heard, 1<<16)}
	w.Cleanup(func() {
		_ = l.Close()
		r.mu.Lock()
		for _, c := range r.conns {
			_ = c.Close()
		}
		r.mu.Unlock()
		r.wg.Wait()
	})
	return r
}

func (r *relay) endpoint() string { return "tcp://" + r.listener.Addr().String() }

// run passes connections on to target, an endpoint.
func (r *relay) run(target string) {
	r.wg.Go(func() {
		for {
			in, err := r.listener.Accept()
			if err != nil {
				return
			}
			r.hold(in)
			out, err := net.Dial("tcp", strings.TrimPrefix(target, "tcp://"))
			if err != nil {
				return
			}
			r.hold(out)
			r.wg.Go(func() { r.pass(out, in, false) })
			r.wg.Go(func() { r.pass(in, out, true) })
		}
	})
}

// join brings two ends together with the relay between them.
func (r *relay) join(t *testing.T, d *side, our, their end) {
	t.Helper()
	bound, connecting := their, our
	if d.weBind {
		bound, connecting = our, their
	}
	r.run(bound.bind(d.endpoint(t)))
	connecting.connect(r.endpoint())
}

// drain forgets what has passed so far.
func (r *relay) drain() {
	for len(r.seen) > 0 {
		<-r.seen
	}
}

func (r *relay) hold(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, c)
}

func (r *relay) pass(to, from net.Conn, fromTarget bool) {
	var b [4096]byte
	for {
		n, err := from.Read(b[:])
		r.tap.note(b[:n])
		for _, command := range []string{"PING", "PONG", "MESSAGE"} {
			for range bytes.Count(b[:n], []byte(command)) {
				r.seen <- heard{fromTarget, command}
			}
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
		if r.twice != nil && bytes.Contains(b[:n], r.twice) {
			_, _ = to.Write(b[:n])
		}
		if _, err := to.Write(b[:n]); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return
		}
	}
}

// wait returns when so many of a command have passed.
func (r *relay) wait(h heard, n int) {
	r.w.Helper()
	for n > 0 {
		select {
		case x := <-r.seen:
			if x == h {
				n--
			}
		case <-r.w.ctx.Done():
			r.w.Fatalf("%d more %v should have come", n, h)
		}
	}
}

// TestHeartbeats: PINGs go out at their interval and are answered, in both
// directions, and messages travel in between; nobody is given up.
func TestHeartbeats(t *testing.T) {
	const enough = 20
	ourBeats := []zmq.Option{zmq.WithHeartbeatInterval(beat), zmq.WithHeartbeatTimeout(patience)}
	theirBeats := options{"HEARTBEAT_IVL": beat.Milliseconds(), "HEARTBEAT_TIMEOUT": patience.Milliseconds()}
	for _, d := range sides[:2] {
		for _, c := range []struct {
			name   string
			ours   []zmq.Option
			theirs options
		}{
			{"ours", ourBeats, nil},
			{"theirs", nil, theirBeats},
			{"both", ourBeats, theirBeats},
		} {
			t.Run(d.name+"/"+c.name, func(t *testing.T) {
				w := newWorld(t)
				our, their := w.open(zmq.PAIR, c.ours...), newPeer(w).open(zmq.PAIR, c.theirs)
				events := our.events(zmq.EventDisconnected)
				r := newRelay(w)
				r.join(t, &d, our, their)
				talkBothWays(t, our, their, [][]byte{pattern(10)})
				// The target is the one that is bound.
				if c.ours != nil {
					r.wait(heard{d.weBind, "PING"}, enough)
					r.wait(heard{!d.weBind, "PONG"}, enough)
				}
				if c.theirs != nil {
					r.wait(heard{!d.weBind, "PING"}, enough)
					r.wait(heard{d.weBind, "PONG"}, enough)
				}
				talkBothWays(t, our, their, [][]byte{pattern(10), pattern(20000)})
				events.none()
			})
		}
	}
}

// TestStoppedPeer: a peer that is stopped, so that its kernel still accepts
// everything, is given up by our heartbeats. When it goes on, it is there again.
func TestStoppedPeer(t *testing.T) {
	for i := range sides {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			p := newPeer(w)
			our := w.open(zmq.DEALER, zmq.WithReconnectInterval(quick),
				zmq.WithHeartbeatInterval(beat), zmq.WithHeartbeatTimeout(beatTimeout))
			their := p.open(zmq.DEALER, nil)
			events := our.events(zmq.EventDisconnected | zmq.EventHandshakeSucceeded)
			bring(t, d, our, their)
			stop(t, p, our, their, events)
		})
	}
}

// TestTimeToLive: a peer that announced how long its silence may last at most,
// and then is stopped, is given up although we send no heartbeats.
func TestTimeToLive(t *testing.T) {
	for i := range sides[:2] {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			p := newPeer(w)
			our := w.open(zmq.DEALER, zmq.WithReconnectInterval(quick))
			their := p.open(zmq.DEALER, options{
				"HEARTBEAT_IVL": beat.Milliseconds(), "HEARTBEAT_TIMEOUT": patience.Milliseconds(),
				"HEARTBEAT_TTL": beatTimeout.Milliseconds(),
			})
			events := our.events(zmq.EventDisconnected | zmq.EventHandshakeSucceeded)
			r := newRelay(w)
			r.join(t, d, our, their)
			talkBothWays(t, our, their, [][]byte{pattern(10)})
			// A message stops the clock that a PING sets. Of two answers from now on at
			// least one is to a PING behind the message.
			r.drain()
			r.wait(heard{d.weBind, "PONG"}, 2)
			stop(t, p, our, their, events)
		})
	}
}

// stop stops a peer until we give it up, and lets it go on. Both ends are
// connected or about to be.
func stop(t *testing.T, p *peer, our, their end, e *events) {
	t.Helper()
	e.wait(zmq.EventHandshakeSucceeded)
	p.signal(syscall.SIGSTOP)
	ev := e.wait(zmq.EventDisconnected)
	var err *engine.Error
	if !errors.As(ev.Err, &err) || !err.Timeout() {
		t.Errorf("disconnected because of %v", ev.Err)
	}
	p.signal(syscall.SIGCONT)
	e.wait(zmq.EventHandshakeSucceeded)
	talkBothWays(t, our, their, [][]byte{pattern(10)})
}
