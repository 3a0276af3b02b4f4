// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"io"
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
)

// TestLargeBodiesAreLeftToTheLoop: who answers writes by himself what is small, and has
// the loop write what is large, which then expects an answer.
func TestLargeBodiesAreLeftToTheLoop(t *testing.T) {
	o, p, far := connected(t, option.Dealer, "ROUTER")
	e := o.session.stream.Load()
	onLoop(o, func() {}) // behind what has made the connection: it has gone to sleep
	for _, c := range []struct {
		size   int
		inline bool
	}{{1, true}, {inlineBodyBytesMax - 1, true}, {inlineBodyBytesMax, false}, {1 << 20, false}, {1, true}} {
		body := buf.NewBody(c.size)
		part := &msg.Part{Data: body.Bytes(), Body: body}
		if c.size < msg.RefBytesMin {
			part = &msg.Part{Data: make([]byte, c.size)}
		}
		if !p.Write(part) || p.Flush() {
			t.Fatal("the other end is not asleep")
		}
		e.fresh.Store(true) // as if something had just come
		if got := e.writeInline(false); got != c.inline {
			t.Errorf("%d bytes: written by the sender %v", c.size, got)
		} else if !got {
			o.session.loop.Send(reactor.Command{Op: opActivateRead, To: e})
		}
		if _, err := io.CopyN(io.Discard, far, int64(zmtp.HeaderSize(c.size)+c.size)); err != nil {
			t.Fatal(err)
		}
		onLoop(o, func() { // it has gone to sleep again
			if e.out.large != !c.inline || !e.mayAnswer() {
				t.Errorf("%d bytes: an answer to a large body is expected: %v, %v", c.size, e.out.large, e.mayAnswer())
			}
		})
	}
}

// TestAnswersAreExpected: the loop is told that an answer may come to what it has sent
// for somebody, or brought him.
func TestAnswersAreExpected(t *testing.T) {
	sends := func(size int) func(*peer, *pipe.Pipe, *Stream) {
		return func(_ *peer, p *pipe.Pipe, e *Stream) {
			part := &msg.Part{Data: make([]byte, size)}
			if size >= msg.RefBytesMin {
				part.Body = buf.NewBody(size)
				part.Data = part.Body.Bytes()
			}
			if !p.Write(part) {
				t.Error("there is no room")
			}
			p.Flush()
			e.tryOut()
		}
	}
	brings := func(far *peer, _ *pipe.Pipe, e *Stream) {
		far.say(message(nil, []byte("x")))
		e.Event(poller.In)
	}
	for _, c := range []struct {
		name string
		typ  int
		peer string
		does func(*peer, *pipe.Pipe, *Stream)
		want time.Duration
	}{
		{"a request", option.Dealer, "ROUTER", sends(1), answerTime},
		{"a large request", option.Dealer, "ROUTER", sends(inlineBodyBytesMax), largeAnswerTime},
		{"something for who may answer", option.Dealer, "ROUTER", brings, answerTime},
		{"a message to who does not", option.Push, "PULL", sends(1), 0},
		{"a message for who does not", option.Pull, "PUSH", brings, 0},
	} {
		o, p, far := connected(t, c.typ, c.peer)
		onLoop(o, func() {}) // behind what has made the connection
		onLoop(o, func() {
			c.does(far, p, o.session.stream.Load())
			if got := o.session.loop.Expected(); got != c.want {
				t.Errorf("%s: an answer is expected within %v, want %v", c.name, got, c.want)
			}
		})
	}
}

// TestWhoMayAnswer: nobody answers a PUSH, a PUB or a SUB.
func TestWhoMayAnswer(t *testing.T) {
	for typ, want := range map[int]bool{
		option.Req: true, option.Rep: true, option.Dealer: true, option.Router: true, option.Pair: true,
		option.Push: false, option.Pub: false, option.XPub: false, option.Sub: false, option.Stream: false,
	} {
		e := &Stream{opts: &option.Options{Type: typ}}
		if got := e.mayAnswer(); got != want {
			t.Errorf("type %d: %v", typ, got)
		}
	}
}

// TestWhoWritesInline: after a pause the sender writes by himself; without one, where
// messages come thinly, a few more; and nobody who has just written to another
// connection.
func TestWhoWritesInline(t *testing.T) {
	o, _, _ := connected(t, option.Dealer, "ROUTER")
	e := o.session.stream.Load()
	now := func() int64 { return int64(time.Since(processStart)) }
	const long = int64(time.Hour)
	for _, c := range []struct {
		name           string
		last, relieved int64 // from now; what lies ahead is no pause, however late this runs
		sparse         bool
		want           int // of many messages
	}{
		{"after a pause", -long, -long, false, 20},
		{"after a pause, thinly", -long, -long, true, 20},
		{"another connection was written to", -long, +long, true, 0},
		{"a stream", +long, +long, false, 0},
		{"a burst", +long, +long, true, inlineBurstMax},
		{"a burst for many", +long, -long, true, 0},
	} {
		e.burst.Store(0)
		e.sparse.Store(c.sparse)
		got := 0
		onLoop(o, func() { // behind what has made the connection
			for range 20 {
				at := now()
				e.lastOut.Store(at + c.last)
				e.loop.Relieve(at + c.relieved)
				if e.inlineFits() {
					got++
				}
			}
		})
		if got != c.want {
			t.Errorf("%s: %d of 20 messages, want %d", c.name, got, c.want)
		}
	}
}

// TestThin: messages come thinly where there were few since the last pause, and a burst
// is none.
func TestThin(t *testing.T) {
	for _, c := range []struct {
		name         string
		messages     int
		time, inline time.Duration
		burst        int32
		slow         bool
		was, want    bool
	}{
		{"thin", 10, time.Millisecond, 0, 0, false, false, true},
		{"just thin", 1000, 1000 * sparseMean, 0, 0, false, false, true},
		{"dense", 1000, 1000*sparseMean - 1, 0, 0, false, true, false},
		{"slow because it writes", 1000, time.Second, time.Second, 0, false, true, false},
		{"thin, and writes", 1000, time.Second, time.Second / 2, 0, false, false, true},
		{"nothing yet", 0, 0, 0, 0, false, false, true},
		{"in a burst", 1000, 0, 0, 1, false, true, true},
		{"re-framed", 0, time.Hour, 0, 0, true, false, false},
	} {
		e := &Stream{}
		e.out.messages, e.out.paused, e.out.inline, e.out.slow = c.messages, 1000, int64(c.inline), c.slow
		e.lastOut.Store(1000 + int64(c.time))
		e.burst.Store(c.burst)
		e.sparse.Store(c.was)
		e.thin()
		if got := e.sparse.Load(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if fresh := e.out.messages == 0 && e.out.paused == e.lastOut.Load(); fresh != (c.burst == 0 && !c.slow) && c.messages > 0 {
			t.Errorf("%s: counts anew %v", c.name, fresh)
		}
	}
}
