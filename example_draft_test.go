// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"fmt"
	"strings"

	zmq "github.com/zeroloop/zmq"
)

// A SERVER answers any of its clients at any time, by the number that came with the
// request. Both may be used by many goroutines.
func Example_clientServer() {
	ctx := context.Background()
	server := must(zmq.NewSocket(zmq.SERVER))
	defer server.Close()
	check(server.Bind("tcp://127.0.0.1:*"))
	client := must(zmq.NewSocket(zmq.CLIENT))
	defer client.Close()
	check(client.Connect(server.LastEndpoint()))

	check(client.Send(ctx, []byte("Hello")))
	request := must(server.Recv(ctx))
	reply := zmq.NewMsg(fmt.Appendf(nil, "%s, world", request.Bytes()))
	check(reply.SetRoutingID(request.RoutingID()))
	check(server.SendMsg(ctx, &reply))
	m := must(client.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())
	// Output: Hello, world
}

// SCATTER and GATHER are a pipeline, as PUSH and PULL, for messages of one part.
func Example_scatterGather() {
	ctx := context.Background()
	in := must(zmq.NewSocket(zmq.GATHER))
	defer in.Close()
	check(in.Bind("tcp://127.0.0.1:*"))
	out := must(zmq.NewSocket(zmq.SCATTER))
	defer out.Close()
	check(out.Connect(in.LastEndpoint()))

	for i := range 3 {
		check(out.Send(ctx, fmt.Appendf(nil, "task %d", i)))
	}
	for range 3 {
		m := must(in.Recv(ctx))
		fmt.Printf("%s\n", m.Bytes())
	}
	// Output:
	// task 0
	// task 1
	// task 2
}

// A CHANNEL is one end of a line between two, as PAIR, for messages of one part.
func Example_channel() {
	ctx := context.Background()
	a := must(zmq.NewSocket(zmq.CHANNEL))
	defer a.Close()
	check(a.Bind("inproc://line"))
	b := must(zmq.NewSocket(zmq.CHANNEL))
	defer b.Close()
	check(b.Connect("inproc://line"))

	check(a.Send(ctx, []byte("tick")))
	m := must(b.Recv(ctx))
	check(b.Send(ctx, fmt.Appendf(nil, "%s, tock", m.Bytes())))
	m = must(a.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())
	// Output: tick, tock
}

// A PEER talks to its equals. Whom it connects to has a number at once, so that it
// can speak first.
func Example_peer() {
	ctx := context.Background()
	a, b := must(zmq.NewSocket(zmq.PEER)), must(zmq.NewSocket(zmq.PEER))
	defer a.Close()
	defer b.Close()
	check(b.Bind("tcp://127.0.0.1:*"))

	m := zmq.NewMsg([]byte("Hello"))
	check(m.SetRoutingID(must(a.ConnectPeer(b.LastEndpoint()))))
	check(a.SendMsg(ctx, &m))
	m = must(b.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())
	// Output: Hello
}

// A DGRAM socket sends and receives UDP packets: a message is an address and a body.
func Example_dgram() {
	ctx := context.Background()
	a, b := must(zmq.NewSocket(zmq.DGRAM)), must(zmq.NewSocket(zmq.DGRAM))
	defer a.Close()
	defer b.Close()
	check(a.Bind("udp://127.0.0.1:*"))
	check(b.Bind("udp://127.0.0.1:*"))

	check(a.Send(ctx, []byte(strings.TrimPrefix(b.LastEndpoint(), "udp://")), []byte("ping")))
	m := must(b.Recv(ctx))
	check(b.Send(ctx, m.Frame(0), []byte("pong")))
	m = must(a.Recv(ctx))
	fmt.Printf("%s\n", m.Frame(1))
	// Output: pong
}

// A RADIO sends to groups, a DISH receives those that it has joined. What is sent
// before the DISH has joined, it misses.
func Example_radioDish() {
	ctx := context.Background()
	radio, dish := must(zmq.NewSocket(zmq.RADIO)), must(zmq.NewSocket(zmq.DISH))
	defer radio.Close()
	defer dish.Close()
	check(dish.Join("weather"))
	check(radio.Bind("inproc://studio"))
	check(dish.Connect("inproc://studio"))

	for _, group := range []string{"traffic", "weather"} {
		m := zmq.NewMsg([]byte("news of " + group))
		check(m.SetGroup(group))
		check(radio.SendMsg(ctx, &m))
	}
	m := must(dish.Recv(ctx))
	fmt.Printf("%s: %s\n", m.Group(), m.Bytes())
	// Output: weather: news of weather
}
