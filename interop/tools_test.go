// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestDoWithLibzmq: many requests at a time on one REQ socket of ours, to two REP
// sockets of libzmq's, which repeat the numbers without knowing of them.
func TestDoWithLibzmq(t *testing.T) {
	const requests = 20
	w := newWorld(t)
	p := newPeer(w)
	req := w.open(zmq.REQ)
	var reps [2]*theirs
	for i := range reps {
		reps[i] = p.open(zmq.REP, nil)
		req.connect(reps[i].bind("tcp://127.0.0.1:*"))
	}
	if err := req.WaitConnected(w.ctx, len(reps)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range requests {
		all.Go(func() {
			question := fmt.Append(nil, "request ", i)
			m, err := req.Do(w.ctx, question)
			if err != nil || m.Len() != 2 || string(m.Frame(1)) != string(question) {
				t.Errorf("%s: %q, %v", question, m.Frames(), err)
			}
		})
	}
	for i := range requests {
		rep := reps[i%len(reps)] // they are asked in turn
		rep.send([]byte("answer to"), rep.recv()[0])
	}
	all.Wait()
}

// TestSteeredByLibzmq: a proxy of ours between sockets of libzmq's, steered by one
// of them.
func TestSteeredByLibzmq(t *testing.T) {
	w := newWorld(t)
	p := newPeer(w)
	frontend, backend, control := w.open(zmq.PULL), w.open(zmq.PUSH), w.open(zmq.REP)
	in, out, steer := p.open(zmq.PUSH, nil), p.open(zmq.PULL, nil), p.open(zmq.REQ, nil)
	in.connect(frontend.bind("tcp://127.0.0.1:*"))
	out.connect(backend.bind("ipc://*"))
	steer.connect(control.bind("tcp://127.0.0.1:*"))
	ended := make(chan error, 1)
	go func() { ended <- zmq.SteerableProxy(w.ctx, frontend.Socket, backend.Socket, nil, control.Socket) }()
	say := func(command string) [][]byte {
		t.Helper()
		steer.send([]byte(command))
		return steer.recv()
	}
	in.send([]byte("one"), []byte("two"))
	want(t, out, []byte("one"), []byte("two"))
	wantFrames(t, say("PAUSE"), nil)
	in.send([]byte("three"))
	var numbers []uint64
	for _, f := range say("STATISTICS") {
		numbers = append(numbers, binary.NativeEndian.Uint64(f))
	}
	if got := fmt.Sprint(numbers); got != "[1 6 0 0 0 0 1 6]" {
		t.Errorf("statistics %s", got)
	}
	wantFrames(t, say("RESUME"), nil)
	want(t, out, []byte("three"))
	wantFrames(t, say("TERMINATE"), nil)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
