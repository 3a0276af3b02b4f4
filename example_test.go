// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// The default context is never terminated. It starts here, before TestMain takes
// stock, so that its loop is no leak.
func init() { check(must(zmq.NewSocket(zmq.PAIR)).Close()) }

// check and must stand for the error handling of a real program.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

// greet answers one request, as a server on another machine would.
func greet(endpoint string) {
	ctx := context.Background()
	s := must(zmq.NewSocket(zmq.REP))
	check(s.Bind(endpoint))
	m := must(s.Recv(ctx))
	check(s.Send(ctx, fmt.Appendf(nil, "%s, world", m.Bytes())))
	check(s.Close())
}

// A client in five lines. Which end comes first does not matter.
func Example() {
	ctx := context.Background()
	go greet("inproc://greeter")

	s := must(zmq.NewSocket(zmq.REQ))
	check(s.Connect("inproc://greeter"))
	check(s.Send(ctx, []byte("Hello")))
	m := must(s.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())

	check(s.Close())
	// Output: Hello, world
}

// A REP socket answers its clients one after the other; a REQ socket waits for
// its answer. The port is any free one.
func Example_requestReply() {
	ctx := context.Background()
	server := must(zmq.NewSocket(zmq.REP))
	defer server.Close()
	check(server.Bind("tcp://127.0.0.1:*"))
	go func() {
		for m, err := range server.Messages(ctx) {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			check(server.Send(ctx, []byte(strings.ToUpper(string(m.Bytes())))))
		}
	}()

	client := must(zmq.NewSocket(zmq.REQ))
	defer client.Close()
	check(client.Connect(server.LastEndpoint()))
	for _, word := range []string{"one", "two"} {
		check(client.Send(ctx, []byte(word)))
		answer := must(client.Recv(ctx))
		fmt.Printf("%s\n", answer.Bytes())
	}
	// Output:
	// ONE
	// TWO
}

// A SUB socket receives the messages that begin with what it subscribed to.
// Nobody waits for subscribers: what is published before they are there, or
// while their queue is full, they miss.
func Example_publishSubscribe() {
	ctx := context.Background()
	pub := must(zmq.NewSocket(zmq.PUB))
	defer pub.Close()
	check(pub.Bind("inproc://news"))

	sub := must(zmq.NewSocket(zmq.SUB, zmq.WithSubscribe("weather")))
	defer sub.Close()
	check(sub.Connect("inproc://news"))

	check(pub.Send(ctx, []byte("sport"), []byte("1:0")))
	check(pub.Send(ctx, []byte("weather"), []byte("sunny")))

	m := must(sub.Recv(ctx))
	fmt.Printf("%s: %s\n", m.Frame(0), m.Frame(1))
	// Output: weather: sunny
}

// A PUSH socket shares its messages among all that pull, in turn; a PULL socket
// takes from all that push.
func Example_pipeline() {
	ctx := context.Background()
	source := must(zmq.NewSocket(zmq.PUSH))
	defer source.Close()
	check(source.Bind("inproc://tasks"))
	sink := must(zmq.NewSocket(zmq.PULL))
	defer sink.Close()
	check(sink.Bind("inproc://results"))

	for i := range 2 {
		in, out := must(zmq.NewSocket(zmq.PULL)), must(zmq.NewSocket(zmq.PUSH))
		check(in.Connect("inproc://tasks"))
		check(out.Connect("inproc://results"))
		go func() {
			defer in.Close()
			defer out.Close()
			for range 2 {
				m := must(in.Recv(ctx))
				check(out.Send(ctx, fmt.Appendf(nil, "%s by worker %d", m.Bytes(), i+1)))
			}
		}()
	}
	for _, task := range []string{"wash", "dry", "iron", "fold"} {
		check(source.Send(ctx, []byte(task)))
	}
	var done []string
	for range 4 {
		m := must(sink.Recv(ctx))
		done = append(done, string(m.Bytes()))
	}
	slices.Sort(done)
	fmt.Println(strings.Join(done, "\n"))
	// Output:
	// dry by worker 2
	// fold by worker 2
	// iron by worker 1
	// wash by worker 1
}

// Two PAIR sockets talk to each other only, and both may speak at any time.
func Example_pair() {
	ctx := context.Background()
	a, b := must(zmq.NewSocket(zmq.PAIR)), must(zmq.NewSocket(zmq.PAIR))
	defer a.Close()
	defer b.Close()
	check(a.Bind("inproc://pair"))
	check(b.Connect("inproc://pair"))

	check(a.Send(ctx, []byte("ping")))
	check(b.Send(ctx, []byte("pong")))
	atA, atB := must(a.Recv(ctx)), must(b.Recv(ctx))
	fmt.Printf("a got %s, b got %s\n", atA.Bytes(), atB.Bytes())
	// Output: a got pong, b got ping
}

// A ROUTER socket puts the sender's identity in front of what it receives and
// takes it off to know the receiver of what it sends. So it can answer whom it
// likes, in any order; and a DEALER socket can ask many times without waiting.
func Example_dealerRouter() {
	ctx := context.Background()
	router := must(zmq.NewSocket(zmq.ROUTER))
	defer router.Close()
	check(router.Bind("inproc://office"))

	var dealers []*zmq.Socket
	for _, name := range []string{"Ann", "Bob"} {
		d := must(zmq.NewSocket(zmq.DEALER, zmq.WithRoutingID([]byte(name))))
		defer d.Close()
		check(d.Connect("inproc://office"))
		check(d.Send(ctx, []byte("hello")))
		dealers = append(dealers, d)
	}

	first, second := must(router.Recv(ctx)), must(router.Recv(ctx))
	for _, m := range []zmq.Msg{second, first} {
		id, text := m.Frame(0), m.Frame(1)
		check(router.Send(ctx, id, fmt.Appendf(nil, "%s to you, %s", text, id)))
	}
	for _, d := range dealers {
		m := must(d.Recv(ctx))
		fmt.Printf("%s\n", m.Bytes())
	}
	// Output:
	// hello to you, Ann
	// hello to you, Bob
}

// Publishers and subscribers that do not know each other meet at a proxy. An
// XSUB socket passes subscriptions on, an XPUB socket receives them: here the
// publisher is one too, so that it knows when to begin.
func ExampleProxy() {
	ctx, stop := context.WithCancel(context.Background())
	open := func(t zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
		return must(zmq.NewSocket(t, opts...))
	}
	frontend, backend := open(zmq.XSUB), open(zmq.XPUB)
	check(frontend.Bind("tcp://127.0.0.1:*"))
	check(backend.Bind("tcp://127.0.0.1:*"))
	ended := make(chan error)
	go func() { ended <- zmq.Proxy(ctx, frontend, backend, nil) }()

	publisher, subscriber := open(zmq.XPUB), open(zmq.SUB, zmq.WithSubscribe("a"))
	check(publisher.Connect(frontend.LastEndpoint()))
	check(subscriber.Connect(backend.LastEndpoint()))

	subscription := must(publisher.Recv(ctx))
	fmt.Printf("the publisher heard of %q\n", subscription.Bytes())
	for _, text := range []string{"apple", "pear", "apricot"} {
		check(publisher.Send(ctx, []byte(text)))
	}
	for range 2 {
		m := must(subscriber.Recv(ctx))
		fmt.Printf("the subscriber got %s\n", m.Bytes())
	}

	stop()
	fmt.Println("the proxy ended:", errors.Is(<-ended, context.Canceled))
	for _, s := range []*zmq.Socket{frontend, backend, publisher, subscriber} {
		check(s.Close())
	}
	// Output:
	// the publisher heard of "\x01a"
	// the subscriber got apple
	// the subscriber got apricot
	// the proxy ended: true
}

// A STREAM socket talks to programs that know nothing of ZeroMQ. Every message
// is the name of a connection and some bytes; no bytes mean that the connection
// has come or gone, or, sent, that it should go.
func Example_stream() {
	ctx := context.Background()
	server := must(zmq.NewSocket(zmq.STREAM))
	defer server.Close()
	check(server.Bind("tcp://127.0.0.1:*"))
	go func() {
		joined := must(server.Recv(ctx))
		name := joined.Frame(0)
		var line []byte
		for !slices.Contains(line, '\n') {
			m := must(server.Recv(ctx))
			line = append(line, m.Frame(1)...)
		}
		check(server.Send(ctx, name, append([]byte("you said: "), line...)))
		check(server.Send(ctx, name, nil))
	}()

	_, address, _ := strings.Cut(server.LastEndpoint(), "://")
	conn := must(net.Dial("tcp", address))
	defer conn.Close()
	must(fmt.Fprintln(conn, "anybody there?"))
	fmt.Printf("%s", must(io.ReadAll(conn)))
	// Output: you said: anybody there?
}

// There is no zmq_poll here: goroutines wait for the sockets, and select waits
// for the goroutines, for time, for anything.
func ExampleSocket_Messages() {
	ctx, stop := context.WithCancel(context.Background())
	open := func(t zmq.SocketType, call func(*zmq.Socket) error) *zmq.Socket {
		s := must(zmq.NewSocket(t))
		check(call(s))
		return s
	}
	orders := open(zmq.PULL, func(s *zmq.Socket) error { return s.Bind("inproc://orders") })
	alarms := open(zmq.PULL, func(s *zmq.Socket) error { return s.Bind("inproc://alarms") })

	inbox := make(chan string)
	var readers sync.WaitGroup
	for label, s := range map[string]*zmq.Socket{"order": orders, "alarm": alarms} {
		readers.Go(func() {
			for m, err := range s.Messages(ctx) {
				if err != nil {
					return // ctx has ended
				}
				inbox <- label + ": " + string(m.Bytes())
			}
		})
	}

	customer := open(zmq.PUSH, func(s *zmq.Socket) error { return s.Connect("inproc://orders") })
	detector := open(zmq.PUSH, func(s *zmq.Socket) error { return s.Connect("inproc://alarms") })
	for sender, text := range map[*zmq.Socket]string{customer: "two coffees", detector: "smoke"} {
		check(sender.Send(ctx, []byte(text)))
		select {
		case text := <-inbox:
			fmt.Println(text)
		case <-time.After(time.Minute):
			fmt.Println("nothing came")
		}
	}

	stop()
	readers.Wait()
	for _, s := range []*zmq.Socket{orders, alarms, customer, detector} {
		check(s.Close())
	}
	// Unordered output:
	// order: two coffees
	// alarm: smoke
}

// A context bounds one call; the timeouts of a socket bound them all.
func ExampleWithRecvTimeout() {
	s := must(zmq.NewSocket(zmq.PULL, zmq.WithRecvTimeout(time.Millisecond)))
	defer s.Close()
	check(s.Bind("inproc://silence"))

	_, err := s.Recv(context.Background())
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, zmq.ErrAgain))

	ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
	defer cancel()
	_, err = s.Recv(ctx)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// true true
	// true
}

// Events tells what happens to the connections of a socket.
func ExampleSocket_Events() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server := must(zmq.NewSocket(zmq.PULL))
	defer server.Close()
	events := server.Events(ctx, zmq.EventAll)
	check(server.Bind("tcp://127.0.0.1:*"))

	client := must(zmq.NewSocket(zmq.PUSH))
	check(client.Connect(server.LastEndpoint()))
	check(client.Send(ctx, []byte("bye")))
	check(client.Close())

	for e := range events {
		switch e.Type {
		case zmq.EventListening:
			fmt.Println("listening at", strings.TrimRight(e.Local, "0123456789"))
		case zmq.EventAccepted:
			fmt.Println("accepted a connection")
		case zmq.EventHandshakeSucceeded:
			fmt.Println("shook hands")
		case zmq.EventDisconnected:
			fmt.Println("disconnected:", e.Err != nil)
			return
		}
	}
	// Output:
	// listening at tcp://127.0.0.1:
	// accepted a connection
	// shook hands
	// disconnected: true
}

// SendMsg and RecvMsg reuse the memory of a Msg and allocate nothing.
func ExampleSocket_RecvMsg() {
	ctx := context.Background()
	in, out := must(zmq.NewSocket(zmq.PULL)), must(zmq.NewSocket(zmq.PUSH))
	defer in.Close()
	defer out.Close()
	check(in.Bind("inproc://reuse"))
	check(out.Connect("inproc://reuse"))

	var request, received zmq.Msg
	defer received.Close()
	sum := 0
	for i := range 1000 {
		request.Init(2)[0] = byte(i % 2)
		check(out.SendMsg(ctx, &request))
		check(in.RecvMsg(ctx, &received))
		sum += int(received.Bytes()[0])
	}
	fmt.Println(sum)
	// Output: 500
}

// exchange is a transport inside the process, made of net.Pipe: the least that a
// transport can be.
type exchange struct {
	mu      sync.Mutex
	offices map[string]*office // by address
}

// Dial implements zmq.Transport. Where it fails the socket tries again later.
func (x *exchange) Dial(ctx context.Context, addr string) (net.Conn, error) {
	x.mu.Lock()
	o := x.offices[addr]
	x.mu.Unlock()
	if o == nil {
		return nil, errors.New("nobody listens at " + addr)
	}
	ours, theirs := net.Pipe()
	select {
	case o.calls <- theirs:
		return ours, nil
	case <-o.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Listen implements zmq.Transport.
func (x *exchange) Listen(_ context.Context, addr string) (net.Listener, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := &office{addr: addr, calls: make(chan net.Conn), closed: make(chan struct{})}
	x.offices[addr] = o
	return o, nil
}

// office is a net.Listener and its own net.Addr.
type office struct {
	addr   string
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (o *office) Accept() (net.Conn, error) {
	select {
	case c := <-o.calls:
		return c, nil
	case <-o.closed:
		return nil, net.ErrClosed
	}
}

func (o *office) Close() error {
	o.once.Do(func() { close(o.closed) })
	return nil
}

func (o *office) Addr() net.Addr  { return o }
func (o *office) Network() string { return "exchange" }
func (o *office) String() string  { return o.addr }

// Everything that has a net.Conn can carry ZeroMQ.
func ExampleRegisterTransport() {
	check(zmq.RegisterTransport("exchange", &exchange{offices: map[string]*office{}}))

	ctx := context.Background()
	server, client := must(zmq.NewSocket(zmq.REP)), must(zmq.NewSocket(zmq.REQ))
	defer server.Close()
	defer client.Close()
	check(server.Bind("exchange://main-office"))
	check(client.Connect("exchange://main-office"))

	check(client.Send(ctx, []byte("hello")))
	question := must(server.Recv(ctx))
	check(server.Send(ctx, question.Bytes(), []byte("yourself")))
	answer := must(client.Recv(ctx))
	fmt.Printf("%s by way of %s\n", answer.Frames(), server.LastEndpoint())
	// Output: [hello yourself] by way of exchange://main-office
}
