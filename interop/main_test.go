// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"context"
	"os"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience bounds every wait of these tests; none of them depends on its length.
const patience = 60 * time.Second

// missing ends a test whose foreign peer is not there.
func missing(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("ZEROLOOP_REQUIRE_PEERS") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// world is a context with sockets that are closed, and waited for, when the test
// ends.
type world struct {
	*testing.T
	zc  *zmq.Context
	ctx context.Context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		defer cancel()
		if err := zc.Term(ctx); err != nil {
			t.Errorf("the context does not end: %v", err)
		}
	})
	return &world{t, zc, ctx}
}

// open makes a socket that is closed at the end, without lingering.
func (w *world) open(typ zmq.SocketType, opts ...zmq.Option) *ours {
	w.Helper()
	s, err := w.zc.NewSocket(typ, opts...)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		_ = s.Set(zmq.WithLinger(0))
		_ = s.Close()
	})
	return &ours{w, s}
}

// end is one end of a conversation, ours or the foreign one. Whatever fails ends
// the test.
type end interface {
	send(frames ...[]byte)
	recv() [][]byte
	// tryRecv waits only a moment and returns nil where nothing came.
	tryRecv() [][]byte
	bind(endpoint string) string
	connect(endpoint string)
	subscribe(topic string)
	unsubscribe(topic string)
}

// moment is how long tryRecv waits. It is used in loops that try again.
const moment = 20 * time.Millisecond

// ours is a socket of this library.
type ours struct {
	w *world
	*zmq.Socket
}

func (o *ours) check(err error) {
	o.w.Helper()
	if err != nil {
		o.w.Fatalf("our %v: %v", o.Type(), err)
	}
}

func (o *ours) send(frames ...[]byte) {
	o.w.Helper()
	o.check(o.Send(o.w.ctx, frames...))
}

func (o *ours) recv() [][]byte {
	o.w.Helper()
	m, err := o.Recv(o.w.ctx)
	o.check(err)
	return m.Frames()
}

func (o *ours) tryRecv() [][]byte {
	o.w.Helper()
	ctx, cancel := context.WithTimeout(o.w.ctx, moment)
	defer cancel()
	m, err := o.Recv(ctx)
	if err != nil && ctx.Err() != nil && o.w.ctx.Err() == nil {
		return nil
	}
	o.check(err)
	return m.Frames()
}

func (o *ours) bind(endpoint string) string {
	o.w.Helper()
	o.check(o.Bind(endpoint))
	return o.LastEndpoint()
}

func (o *ours) connect(endpoint string) {
	o.w.Helper()
	o.check(o.Connect(endpoint))
}

func (o *ours) subscribe(topic string) {
	o.w.Helper()
	if o.Type() == zmq.XSUB {
		o.send(append([]byte{1}, topic...))
		return
	}
	o.check(o.Subscribe(topic))
}

func (o *ours) unsubscribe(topic string) {
	o.w.Helper()
	if o.Type() == zmq.XSUB {
		o.send(append([]byte{0}, topic...))
		return
	}
	o.check(o.Unsubscribe(topic))
}

// events watches a socket until the test ends.
type events struct {
	w    *world
	from chan zmq.Event
}

func (o *ours) events(mask zmq.EventType) *events {
	ctx, cancel := context.WithCancel(o.w.ctx)
	e := &events{o.w, make(chan zmq.Event, 4096)}
	seq := o.Events(ctx, mask)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ev := range seq {
			e.from <- ev
		}
	}()
	o.w.Cleanup(func() { cancel(); <-done })
	return e
}

// wait returns the next event of a type and drops those before it.
func (e *events) wait(typ zmq.EventType) zmq.Event {
	e.w.Helper()
	for {
		select {
		case ev := <-e.from:
			if ev.Type == typ {
				return ev
			}
		case <-e.w.ctx.Done():
			e.w.Fatalf("no event %v came", typ)
		}
	}
}

// none fails the test where an event has come.
func (e *events) none() {
	e.w.Helper()
	select {
	case ev := <-e.from:
		e.w.Errorf("event %v came: %v", ev.Type, ev.Err)
	default:
	}
}

// quick is the reconnect interval of sockets whose peer comes back.
const quick = 5 * time.Millisecond
