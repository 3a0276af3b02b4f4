// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"encoding/binary"
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

// A program asks a proxy what it has done, and ends it.
func ExampleSteerableProxy() {
	ctx := context.Background()
	open := func(t zmq.SocketType, name string) (bound, connected *zmq.Socket) {
		peer := map[zmq.SocketType]zmq.SocketType{zmq.PULL: zmq.PUSH, zmq.PUSH: zmq.PULL, zmq.REP: zmq.REQ}[t]
		bound, connected = must(zmq.NewSocket(t)), must(zmq.NewSocket(peer))
		check(bound.Bind(name))
		check(connected.Connect(name))
		return bound, connected
	}
	frontend, source := open(zmq.PULL, "inproc://in")
	backend, sink := open(zmq.PUSH, "inproc://out")
	control, steer := open(zmq.REP, "inproc://steer")
	ended := make(chan error)
	go func() { ended <- zmq.SteerableProxy(ctx, frontend, backend, nil, control) }()

	check(source.Send(ctx, []byte("hello")))
	must(sink.Recv(ctx))

	check(steer.Send(ctx, []byte("STATISTICS")))
	m := must(steer.Recv(ctx))
	for i, what := range []string{"messages", "bytes"} {
		fmt.Println(what, "received:", binary.NativeEndian.Uint64(m.Frame(i)))
	}
	check(steer.Send(ctx, []byte("TERMINATE")))
	must(steer.Recv(ctx))
	fmt.Println("ended with:", <-ended)
	for _, s := range []*zmq.Socket{frontend, source, backend, sink, control, steer} {
		check(s.Close())
	}
	// Output:
	// messages received: 1
	// bytes received: 5
	// ended with: <nil>
}

// Timers are called by whoever executes them, here between two looks at a socket.
func ExampleTimers() {
	ts := zmq.NewTimers()
	beat := make(chan string, 1)
	id := must(ts.Add(0, func(int) { beat <- "beat" }))
	for range 2 {
		ts.Execute()
		fmt.Println(<-beat)
	}
	check(ts.Cancel(id))
	fmt.Println("a timer is left:", ts.Timeout() >= 0)
	// Output:
	// beat
	// beat
	// a timer is left: false
}

// Ready asks without waiting; FD is for event loops that know descriptors only.
func ExampleSocket_Ready() {
	s, peer := must(zmq.NewSocket(zmq.PAIR)), must(zmq.NewSocket(zmq.PAIR))
	defer s.Close()
	defer peer.Close()
	check(s.Bind("inproc://ready?"))
	check(peer.Connect("inproc://ready?"))

	fmt.Println("to receive:", must(s.Ready())&zmq.PollIn != 0)
	check(peer.TrySend([]byte("hello")))
	fmt.Println("to receive:", must(s.Ready())&zmq.PollIn != 0)
	fmt.Println("to send:", must(s.Ready())&zmq.PollOut != 0)
	// Output:
	// to receive: false
	// to receive: true
	// to send: true
}
