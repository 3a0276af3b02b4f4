// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// answering makes a REP socket that repeats requests until it is closed.
func (w *world) answering(ep string, prefix string) (at string) {
	w.Helper()
	rep, at := w.bound(zmq.REP, ep)
	var served sync.WaitGroup
	served.Go(func() {
		for m, err := range rep.Messages(w.ctx) {
			if err != nil {
				return
			}
			frames := slices.Insert(m.Frames(), 0, []byte(prefix))
			if err := rep.Send(w.ctx, frames...); err != nil {
				w.Errorf("%s answers: %v", prefix, err)
				return
			}
		}
	})
	w.Cleanup(func() {
		_ = rep.Close()
		served.Wait()
	})
	return at
}

// TestDo: many requests at a time on one socket, to two peers, each gets its own
// reply.
func TestDo(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		const callers, requests = 20, 20
		w := newWorld(t)
		second := ep
		if ep == endpoints["inproc"] {
			second += "2"
		}
		req := w.connected(zmq.REQ, w.answering(ep, "a"), zmq.WithSendHWM(2))
		w.ok(req.Connect(w.answering(second, "b")))
		var mu sync.Mutex
		by := make(map[string]int)
		var all sync.WaitGroup
		for c := range callers {
			all.Go(func() {
				for i := range requests {
					ask := [][]byte{fmt.Appendf(nil, "%d/%d", c, i), bytes.Repeat([]byte{byte(c)}, 300*c)}
					m, err := req.Do(w.ctx, ask...)
					if err != nil || m.Len() != 3 || !bytes.Equal(m.Frame(1), ask[0]) || !bytes.Equal(m.Frame(2), ask[1]) {
						t.Errorf("asked %q, got %v, %v", ask[0], m.Frames(), err)
						return
					}
					mu.Lock()
					by[string(m.Frame(0))]++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if by["a"]+by["b"] != callers*requests || by["a"] == 0 || by["b"] == 0 {
			t.Errorf("answered by %v", by)
		}
		w.send(req, "one at a time again")
		if got := w.recv(req); got[1] != "one at a time again" {
			t.Errorf("%q", got)
		}
	})
}

// TestDoInAnyOrder: replies that come in another order, late, twice, or for nobody
// find the right call, or none.
func TestDoInAnyOrder(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) { doInAnyOrder(newWorld(t), ep) })
}

func doInAnyOrder(w *world, ep string) {
	t := w.T
	router, at := w.bound(zmq.ROUTER, ep)
	req := w.connected(zmq.REQ, at)
	ctx, cancel := context.WithCancel(w.ctx)
	type result struct {
		m   zmq.Msg
		err error
	}
	results := make([]chan result, 3)
	var asked [3][]string
	for i := range results {
		results[i] = make(chan result, 1)
		c := w.ctx
		if i == 1 {
			c = ctx
		}
		go func() {
			m, err := req.Do(c, fmt.Append(nil, i))
			results[i] <- result{m, err}
		}()
		asked[i] = w.recv(router)
	}
	is(t, req.TrySend([]byte("x")), zmq.ErrFSM)
	is(t, ignore(req.TryRecv()), zmq.ErrFSM)
	if e, err := req.Ready(); e != 0 || err != nil {
		t.Errorf("ready for %v, %v", e, err)
	}
	cancel()
	r := <-results[1]
	is(t, r.err, context.Canceled)
	answer := func(i int, text string) {
		w.send(router, append(asked[i][:3:3], text)...)
	}
	w.send(router, asked[0][0], "", "no envelope")
	w.send(router, asked[0][0], "1234", "", "not asked")
	if ep == endpoints["inproc"] { // else it would end the connection
		w.send(router, asked[0][0], asked[0][1], "not empty", "x")
		w.send(router, asked[0][0], asked[0][1], "")
	}
	answer(1, "late")
	answer(2, "two")
	answer(2, "two again")
	answer(0, "zero")
	for i, want := range map[int]string{2: "two", 0: "zero"} {
		r := <-results[i]
		if r.err != nil || string(r.m.Bytes()) != want || r.m.Len() != 1 {
			t.Errorf("call %d: %q, %v", i, r.m.Bytes(), r.err)
		}
		if address, _ := r.m.Property("Peer-Address"); ep == endpoints["tcp"] && address != "127.0.0.1" {
			t.Errorf("the reply is from %q", address)
		}
	}
	if e, err := req.Ready(); e != zmq.PollOut || err != nil {
		t.Errorf("ready for %v, %v", e, err)
	}
}

// TestDoRefuses what cannot be: other types, no frames, a request under way.
func TestDoRefuses(t *testing.T) {
	w := newWorld(t)
	is(t, ignore(w.socket(zmq.DEALER).Do(w.ctx, []byte("x"))), zmq.ErrNotSup)
	req := w.connected(zmq.REQ, w.answering("inproc://x", "a"))
	is(t, ignore(req.Do(w.ctx)), zmq.ErrInvalid)
	w.send(req, "x")
	is(t, ignore(req.Do(w.ctx, []byte("y"))), zmq.ErrFSM)
	w.want(req, "a", "x")
	_, err := req.Do(w.ctx, []byte("y"))
	w.ok(err)
	alone := w.socket(zmq.REQ, zmq.WithSendTimeout(0))
	is(t, ignore(alone.Do(w.ctx, []byte("x"))), zmq.ErrTimeout)
	is(t, ignore(w.socket(zmq.REQ).Do(w.soon(), []byte("x"))), context.DeadlineExceeded)
}

// TestDoEndsWithTheSocket: calls that wait for room, and for replies, end with the
// socket and with its context.
func TestDoEndsWithTheSocket(t *testing.T) {
	for _, term := range []bool{false, true} {
		w := newWorld(t)
		want, end := error(zmq.ErrNotSock), (*zmq.Socket).Close
		if term {
			want, end = zmq.ErrTerm, func(*zmq.Socket) error { return w.zc.Shutdown() }
		}
		router, at := w.bound(zmq.ROUTER, "inproc://silent")
		req, alone := w.connected(zmq.REQ, at), w.socket(zmq.REQ)
		done := make(chan error)
		for _, s := range []*zmq.Socket{req, req, alone, alone} {
			go func() { done <- ignore(s.Do(w.ctx, []byte("x"))) }()
		}
		w.recv(router)
		w.recv(router)
		w.ok(errors.Join(end(req), end(alone)))
		for range 4 {
			is(t, <-done, want)
		}
	}
}
