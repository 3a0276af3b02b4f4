// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(audited{m}) }

// patience bounds every wait of these tests; none of them depends on its length.
const patience = 60 * time.Second

// moment is how long a test waits for what must not come.
const moment = 20 * time.Millisecond

// world is a context with sockets that are closed, and waited for, when the test
// ends.
type world struct {
	*testing.T
	zc    *zmq.Context
	ctx   context.Context
	names int    // inproc names that were given out
	wire  string // what peers by hand speak over: tcp, or ipc
	// late: peers by hand listen only after somebody has begun to connect to them.
	late     bool
	listened bool            // somebody did listen
	ends     map[string]bool // endpoints that sockets are bound to
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
		end, done := context.WithTimeout(context.Background(), patience)
		defer done()
		if err := zc.Term(end); err != nil {
			t.Errorf("the context does not end: %v", err)
		}
	})
	return &world{T: t, zc: zc, ctx: ctx, wire: "tcp", ends: make(map[string]bool)}
}

// socket makes a socket that is closed at the end, without lingering.
func (w *world) socket(typ zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
	w.Helper()
	s, err := w.zc.NewSocket(typ, opts...)
	w.must(err)
	w.Cleanup(func() {
		_ = s.Set(zmq.WithLinger(0))
		_ = s.Close()
	})
	return s
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// bound makes a bound socket and returns it with the endpoint to connect to.
func (w *world) bound(typ zmq.SocketType, endpoint string, opts ...zmq.Option) (*zmq.Socket, string) {
	w.Helper()
	s := w.socket(typ, opts...)
	w.must(s.Bind(endpoint))
	w.ends[s.LastEndpoint()] = true
	return s, s.LastEndpoint()
}

// connected makes a socket that connects: to a bound one, to a peer by hand, or to
// nobody so far.
func (w *world) connected(typ zmq.SocketType, endpoint string, opts ...zmq.Option) *zmq.Socket {
	w.Helper()
	s := w.socket(typ, opts...)
	if w.ends[endpoint] {
		w.over(endpoint, true, true)
	}
	if w.late {
		w.connect(s, endpoint)
	} else {
		w.must(s.Connect(endpoint))
	}
	return s
}

func (w *world) send(s *zmq.Socket, frames ...string) {
	w.Helper()
	var fs [][]byte
	for _, f := range frames {
		fs = append(fs, []byte(f))
	}
	w.must(s.Send(w.ctx, fs...))
}

// want receives and compares.
func (w *world) want(s *zmq.Socket, frames ...string) {
	w.Helper()
	m, err := s.Recv(w.ctx)
	w.must(err)
	var got []string
	for _, f := range m.Frames() {
		got = append(got, string(f))
	}
	if !slices.Equal(got, frames) {
		w.Fatalf("%v received %q, want %q", s.Type(), got, frames)
	}
}

// wantError compares errors.
func (w *world) wantError(what string, got, want error) {
	w.Helper()
	if !errors.Is(got, want) {
		w.Errorf("%s: %v, want %v", what, got, want)
	}
}

// peers returns how many queues a socket has.
func (w *world) peers(s *zmq.Socket) int {
	w.Helper()
	st, err := s.Stats(w.ctx)
	w.must(err)
	return len(st.Peers)
}

// transports are those that rules are shown on.
var transports = map[string]string{"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*", "inproc": "inproc://spec"}

// onEach runs a test on each transport.
func onEach(t *testing.T, f func(w *world, endpoint string)) {
	for name, ep := range transports {
		t.Run(name, func(t *testing.T) { f(newWorld(t), ep) })
	}
}

// wires are the transports on which there is a wire.
var wires = []string{"tcp", "ipc"}

// newWorldOn is newWorld where what is said on one of the wires is of matter.
func newWorldOn(t *testing.T, wire string) *world {
	t.Helper()
	w := newWorld(t)
	w.wire = wire
	return w
}

// onEachWire runs a test of what is said on the wire over each transport that has
// one; where a peer by hand listens, also with the socket connecting first.
func onEachWire(t *testing.T, f func(w *world)) {
	for _, wire := range wires {
		listened := false
		t.Run(wire, func(t *testing.T) {
			w := newWorldOn(t, wire)
			f(w)
			listened = w.listened
		})
		if !listened {
			continue
		}
		t.Run(wire+"/connect first", func(t *testing.T) {
			w := newWorldOn(t, wire)
			w.late = true
			f(w)
		})
	}
}

// any is an endpoint to bind on the wire.
func (w *world) any() string { return transports[w.wire] }

const signature = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"

// greeting is a whole one of the mechanism NULL.
func greeting(major, minor byte) string {
	return signature + string([]byte{major, minor}) + "NULL" + strings.Repeat("\x00", 48)
}

// command is a short command frame, property one of its properties.
func command(name, body string) string {
	return "\x04" + string([]byte{byte(1 + len(name) + len(body)), byte(len(name))}) + name + body
}

func property(name, value string) string {
	return string([]byte{byte(len(name))}) + name + "\x00\x00\x00" + string([]byte{byte(len(value))}) + value
}

func ready(typ string) string { return command("READY", property("Socket-Type", typ)) }

// until returns the types of the events up to the first of a type.
func until(events func(func(zmq.Event) bool), last zmq.EventType) (types []zmq.EventType) {
	for e := range events {
		types = append(types, e.Type)
		if e.Type == last {
			return types
		}
	}
	return types
}

// between returns the types of the events from the first of one type up to the next
// of another one.
func between(events func(func(zmq.Event) bool), first, last zmq.EventType) (types []zmq.EventType) {
	for e := range events {
		if types == nil && e.Type != first {
			continue
		}
		types = append(types, e.Type)
		if e.Type == last {
			return types
		}
	}
	return types
}
