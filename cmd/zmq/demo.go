// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// demoCommand is the subcommand "demo".
type demoCommand struct {
	Time time.Duration `help:"How long each of the eight measurements takes; 0 for none." default:"250ms"`
}

// Help is the text of "zmq demo --help".
func (demoCommand) Help() string {
	return `The sockets and the connections are real: what goes over tcp passes the kernel's
loopback interface, what goes over inproc stays in memory. Change nothing but
the endpoint, and the same program works between machines.`
}

// timeMax bounds the measurements, so that a slip of the finger does not last
// for hours.
const timeMax = time.Minute

// Validate is called by kong after parsing.
func (d demoCommand) Validate() error {
	if d.Time < 0 || d.Time > timeMax {
		return fmt.Errorf("--time is %v, must be from 0 to %v", d.Time, timeMax)
	}
	return nil
}

// Run does it; kong gives it context and writer.
func (d demoCommand) Run(ctx context.Context, w io.Writer) error {
	fmt.Fprintln(w, "Both ends of every connection are in this process; tcp goes over the loopback interface.")
	for _, p := range []struct {
		title string
		show  func(*stage) (string, error)
	}{
		{"Request-reply: one asks, one answers.", requestReply},
		{"Publish-subscribe: everybody gets what they asked for.", publishSubscribe},
		{"Pipeline: work is shared, results are gathered.", pipeline},
	} {
		fmt.Fprintf(w, "\n%s\n", p.title)
		for _, transport := range transports {
			if err := show(ctx, w, transport, p.show); err != nil {
				return fmt.Errorf("over %s: %w", transport, err)
			}
		}
	}
	if d.Time == 0 {
		return nil
	}
	return figures(ctx, w, d.Time)
}

// patience is how long one pattern may take that needs milliseconds: where the
// loopback interface does not work, the demonstration should end too.
const patience = 10 * time.Second

var transports = []string{"tcp", "inproc"}

// show lets a pattern play on one transport and prints its story.
func show(ctx context.Context, w io.Writer, transport string, pattern func(*stage) (string, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := newStage(ctx, transport)
	if err != nil {
		return err
	}
	story, err := pattern(s)
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(story, "\n"), "\n") {
		label := ""
		if i == 0 {
			label = transport
		}
		fmt.Fprintf(w, "  %-8s%s\n", label, line)
	}
	return nil
}

// stage is a context with its sockets, on one transport. Its methods are for one
// goroutine; its sockets are for any.
type stage struct {
	ctx       context.Context
	transport string
	zc        *zmq.Context
	sockets   []*zmq.Socket
	err       error // the first failure to make, bind or connect a socket
}

func newStage(ctx context.Context, transport string) (*stage, error) {
	zc, err := zmq.NewContext()
	if err != nil {
		return nil, err
	}
	return &stage{ctx: ctx, transport: transport, zc: zc}, nil
}

// endpoint returns where to bind: any free port, or a name.
func (s *stage) endpoint() string {
	if s.transport == "inproc" {
		return fmt.Sprintf("inproc://demo-%d", len(s.sockets))
	}
	return "tcp://127.0.0.1:*"
}

// socket makes a socket. After the first failure it does nothing but to return
// nil, so that only err has to be looked at, once.
func (s *stage) socket(t zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
	if s.err != nil {
		return nil
	}
	x, err := s.zc.NewSocket(t, opts...)
	if err != nil {
		s.err = err
		return nil
	}
	s.sockets = append(s.sockets, x)
	return x
}

// bind makes a bound socket.
func (s *stage) bind(t zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
	x := s.socket(t, opts...)
	if x != nil {
		s.err = x.Bind(s.endpoint())
	}
	return x
}

// connect makes a socket that is connected to another one of the stage.
func (s *stage) connect(t zmq.SocketType, to *zmq.Socket, opts ...zmq.Option) *zmq.Socket {
	x := s.socket(t, opts...)
	if x != nil {
		s.err = x.Connect(to.LastEndpoint())
	}
	return x
}

// close ends the sockets and waits until nothing is left of them.
func (s *stage) close() error {
	var err error
	for _, x := range s.sockets {
		err = errors.Join(err, x.Set(zmq.WithLinger(0)), x.Close())
	}
	return errors.Join(err, s.zc.Term(context.WithoutCancel(s.ctx)))
}

// together runs the functions on a goroutine each and waits for all. The first
// failure cancels the others' context and is returned.
func together(ctx context.Context, fs ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	failed := make(chan bool, len(fs))
	for _, f := range fs {
		go func() {
			err := f(ctx)
			if err != nil {
				cancel(err)
			}
			failed <- err != nil
		}()
	}
	some := false
	for range fs {
		some = <-failed || some
	}
	if some {
		return context.Cause(ctx)
	}
	return nil
}
