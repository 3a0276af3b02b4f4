// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"fmt"
	"os"

	zmq "github.com/zeroloop/zmq"
)

// One goroutine serves several sockets. Data says which one it is.
func ExamplePoller() {
	ctx := context.Background()
	var out [2]*zmq.Socket
	p := zmq.NewPoller()
	defer p.Close()
	for i, name := range []string{"orders", "prices"} {
		in := must(zmq.NewSocket(zmq.PULL))
		defer in.Close()
		check(in.Bind("inproc://" + name))
		out[i] = must(zmq.NewSocket(zmq.PUSH))
		defer out[i].Close()
		check(out[i].Connect("inproc://" + name))
		check(p.Add(in, zmq.PollIn, name))
	}
	for _, step := range []struct {
		to   *zmq.Socket
		text string
	}{{out[1], "42"}, {out[0], "two of them"}} {
		check(step.to.Send(ctx, []byte(step.text)))
		e := must(p.Wait(ctx))
		m := must(e.Socket.TryRecv())
		fmt.Printf("%s: %s\n", e.Data, m.Bytes())
	}
	// Output:
	// prices: 42
	// orders: two of them
}

// Sockets and other descriptors, once.
func ExamplePoll() {
	r, w, err := os.Pipe()
	check(err)
	defer r.Close()
	s := must(zmq.NewSocket(zmq.PULL))
	defer s.Close()
	check(s.Bind("inproc://idle"))
	check(w.Close())

	items := []zmq.PollItem{{Socket: s, Events: zmq.PollIn}, {FD: int(r.Fd()), Events: zmq.PollIn | zmq.PollErr}}
	fmt.Println(must(zmq.Poll(context.Background(), items)), "is ready")
	fmt.Println("the socket:", items[0].Ready != 0)
	fmt.Println("the pipe:", items[1].Ready != 0)
	// Output:
	// 1 is ready
	// the socket: false
	// the pipe: true
}
