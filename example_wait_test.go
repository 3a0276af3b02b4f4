// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// A publisher that waits for its subscribers loses nothing on them.
func ExampleSocket_WaitSubscribed() {
	ctx := context.Background()
	pub := must(zmq.NewSocket(zmq.PUB))
	defer pub.Close()
	check(pub.Bind("tcp://127.0.0.1:*"))
	sub := must(zmq.NewSocket(zmq.SUB, zmq.WithSubscribe("")))
	defer sub.Close()
	check(sub.Connect(pub.LastEndpoint()))

	check(pub.WaitSubscribed(ctx, 1))
	check(pub.Send(ctx, []byte("the first")))
	m := must(sub.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())
	// Output: the first
}

// Shutdown returns when everything has gone out, or when it takes too long.
func ExampleSocket_Shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	in, out := must(zmq.NewSocket(zmq.PULL)), must(zmq.NewSocket(zmq.PUSH))
	check(in.Bind("tcp://127.0.0.1:*"))
	check(out.Connect(in.LastEndpoint()))
	check(out.WaitConnected(ctx, 1))
	check(out.Send(ctx, []byte("the last")))
	check(out.Shutdown(ctx))

	m := must(in.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())
	check(in.Close())
	// Output: the last
}

// A socket beside other things that a goroutine waits for.
func ExampleSocket_RecvChan() {
	ctx, stop := context.WithCancel(context.Background())
	in, out := must(zmq.NewSocket(zmq.PULL)), must(zmq.NewSocket(zmq.PUSH))
	check(in.Bind("inproc://select"))
	check(out.Connect("inproc://select"))
	messages := in.RecvChan(ctx, 10)
	tasks := out.SendChan(ctx, 10)

	tasks.C <- zmq.NewMsg([]byte("hello"))
	select {
	case m := <-messages.C:
		fmt.Printf("%s\n", m.Bytes())
	case <-time.After(time.Minute):
		fmt.Println("nobody there")
	}

	stop()
	for range messages.C {
	}
	<-tasks.Done
	fmt.Println(messages.Err())
	check(in.Close())
	check(out.Close())
	// Output:
	// hello
	// zmq: receive: context canceled
}

// Many requests at a time on one socket, each with its own context.
func ExampleSocket_Do() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, client := must(zmq.NewSocket(zmq.REP)), must(zmq.NewSocket(zmq.REQ))
	check(server.Bind("inproc://doubling"))
	check(client.Connect("inproc://doubling"))
	go func() {
		for m, err := range server.Messages(ctx) {
			if err != nil {
				return
			}
			check(server.Send(ctx, m.Bytes(), m.Bytes()))
		}
	}()

	var answers [3]zmq.Msg
	var all sync.WaitGroup
	for i, word := range []string{"bye", "hear", "there"} {
		all.Go(func() { answers[i] = must(client.Do(ctx, []byte(word))) })
	}
	all.Wait()
	for _, m := range answers {
		fmt.Printf("%s %s\n", m.Frame(0), m.Frame(1))
	}
	check(client.Close())
	check(server.Close())
	// Output:
	// bye bye
	// hear hear
	// there there
}
