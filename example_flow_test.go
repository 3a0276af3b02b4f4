// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"fmt"

	zmq "github.com/zeroloop/zmq"
)

// A sender that never waits: who reads slowly gets the newest.
func ExampleWithWhenFull() {
	ctx := context.Background()
	in := must(zmq.NewSocket(zmq.PULL, zmq.WithRecvHWM(2)))
	defer in.Close()
	check(in.Bind("inproc://gauge"))
	out := must(zmq.NewSocket(zmq.PUSH, zmq.WithSendHWM(2), zmq.WithWhenFull(zmq.DropOldest)))
	defer out.Close()
	check(out.Connect("inproc://gauge"))

	for i := range 100 {
		check(out.Send(ctx, fmt.Append(nil, i)))
	}
	var last zmq.Msg
	for {
		m, err := in.TryRecv()
		if err != nil {
			break
		}
		last = m
	}
	fmt.Printf("%s\n", last.Bytes())
	// Output: 99
}

// At most 64 MiB wait for each peer, however large the messages are.
func ExampleWithSendHWMBytes() {
	out := must(zmq.NewSocket(zmq.PUSH, zmq.WithSendHWM(0), zmq.WithSendHWMBytes(64<<20), zmq.WithLinger(0)))
	defer out.Close()
	check(out.Connect("tcp://127.0.0.1:1"))
	n := 0
	for out.TrySend(make([]byte, 8<<20)) == nil {
		n++
	}
	fmt.Println(n, "messages of 8 MiB")
	// Output: 8 messages of 8 MiB
}

// An endpoint for one client at a time.
func ExampleWithMaxConnections() {
	ctx := context.Background()
	server := must(zmq.NewSocket(zmq.REP, zmq.WithMaxConnections(1)))
	defer server.Close()
	check(server.Bind("tcp://127.0.0.1:*"))
	first, second := must(zmq.NewSocket(zmq.REQ)), must(zmq.NewSocket(zmq.REQ))
	defer second.Close()
	check(first.Connect(server.LastEndpoint()))
	check(first.WaitConnected(ctx, 1))

	fmt.Println("one is connected")
	check(first.Close())
	check(second.Connect(server.LastEndpoint()))
	check(second.WaitConnected(ctx, 1))
	fmt.Println("then another")
	// Output:
	// one is connected
	// then another
}
