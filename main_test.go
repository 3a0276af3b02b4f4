// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience bounds every wait of these tests; none of them depends on its length.
const patience = 60 * time.Second

// world is a context with sockets that are closed, and waited for, when the test
// ends.
type world struct {
	*testing.T
	zc  *zmq.Context
	ctx context.Context
}

func newWorld(t *testing.T, opts ...zmq.ContextOption) *world {
	t.Helper()
	zc, err := zmq.NewContext(opts...)
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

// socket makes a socket that is closed at the end, without lingering.
func (w *world) socket(typ zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
	w.Helper()
	s, err := w.zc.NewSocket(typ, opts...)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		_ = s.Set(zmq.WithLinger(0))
		_ = s.Close()
	})
	return s
}

// bound makes a bound socket and returns it with the endpoint to connect to.
func (w *world) bound(typ zmq.SocketType, endpoint string, opts ...zmq.Option) (*zmq.Socket, string) {
	w.Helper()
	s := w.socket(typ, opts...)
	if err := s.Bind(endpoint); err != nil {
		w.Fatal(err)
	}
	return s, s.LastEndpoint()
}

func (w *world) connected(typ zmq.SocketType, endpoint string, opts ...zmq.Option) *zmq.Socket {
	w.Helper()
	s := w.socket(typ, opts...)
	if err := s.Connect(endpoint); err != nil {
		w.Fatal(err)
	}
	return s
}

func (w *world) send(s *zmq.Socket, frames ...string) {
	w.Helper()
	var fs [][]byte
	for _, f := range frames {
		fs = append(fs, []byte(f))
	}
	if err := s.Send(w.ctx, fs...); err != nil {
		w.Fatalf("%v sends %q: %v", s.Type(), frames, err)
	}
}

func (w *world) recv(s *zmq.Socket) []string {
	w.Helper()
	m, err := s.Recv(w.ctx)
	if err != nil {
		w.Fatalf("%v receives: %v", s.Type(), err)
	}
	var fs []string
	for _, f := range m.Frames() {
		fs = append(fs, string(f))
	}
	return fs
}

// want receives and compares.
func (w *world) want(s *zmq.Socket, frames ...string) {
	w.Helper()
	got := w.recv(s)
	if len(got) != len(frames) {
		w.Fatalf("%v received %q, want %q", s.Type(), got, frames)
	}
	for i := range got {
		if got[i] != frames[i] {
			w.Fatalf("%v received %q, want %q", s.Type(), got, frames)
		}
	}
}

// endpoints are the transports that laws are shown on.
var endpoints = map[string]string{
	"tcp":    "tcp://127.0.0.1:*",
	"ipc":    "ipc://*",
	"inproc": "inproc://test",
}

// onEach runs a test on each transport.
func onEach(t *testing.T, f func(t *testing.T, endpoint string)) {
	for name, ep := range endpoints {
		t.Run(name, func(t *testing.T) { f(t, ep) })
	}
}
