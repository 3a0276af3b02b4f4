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
// of them, and one of libzmq's between sockets of ours.
func TestSteeredByLibzmq(t *testing.T) {
	for _, weSteer := range []bool{false, true} {
		t.Run(fmt.Sprint("we steer ", weSteer), func(t *testing.T) {
			w := newWorld(t)
			p := newPeer(w)
			c := &contest{world: w, p: p, d: &sides[0], weLead: !weSteer}
			frontend, backend, control := c.centre(zmq.PULL), c.centre(zmq.PUSH), c.centre(zmq.REP)
			in, out, steer := c.other(zmq.PUSH), c.other(zmq.PULL), c.other(zmq.REQ)
			if weSteer { // libzmq 4.3.4 has no answer to most commands
				control, steer = c.centre(zmq.PAIR), c.other(zmq.PAIR)
			}
			in.connect(frontend.bind("tcp://127.0.0.1:*"))
			out.connect(backend.bind("ipc://*"))
			steer.connect(control.bind("tcp://127.0.0.1:*"))
			ends := runProxy(c, frontend, backend, control)
			say := func(command string) {
				t.Helper()
				c.say(steer, command)
				switch {
				case !weSteer:
					c.want(steer, "")
				case command != "TERMINATE": // what has an answer comes behind it
					c.say(steer, "STATISTICS")
					steer.recv()
				}
			}
			c.say(in, "one", "two")
			c.want(out, "one", "two")
			say("PAUSE")
			c.say(in, "three")
			var numbers []uint64
			c.say(steer, "STATISTICS")
			for _, f := range steer.recv() {
				numbers = append(numbers, binary.NativeEndian.Uint64(f))
			}
			if got := fmt.Sprint(numbers); got != "[1 6 0 0 0 0 1 6]" {
				t.Errorf("statistics %s", got)
			}
			say("RESUME")
			c.want(out, "three")
			say("TERMINATE")
			ends()
		})
	}
}

// runProxy runs a steerable proxy and returns what waits for its end.
func runProxy(c *contest, frontend, backend, control subject) (ends func()) {
	if f, ok := frontend.(*theirs); ok {
		f.ask(request{Op: "proxy", Frames: []any{backend.(*theirs).id, control.(*theirs).id}})
		return func() { f.ask(request{Op: "proxy_ends"}) }
	}
	ended := make(chan error, 1)
	go func() {
		ended <- zmq.SteerableProxy(c.ctx, frontend.(*ours).Socket, backend.(*ours).Socket, nil, control.(*ours).Socket)
	}()
	return func() {
		if err := <-ended; err != nil {
			c.Error(err)
		}
	}
}
