// SPDX-License-Identifier: MPL-2.0

package measure

import (
	"context"
	"fmt"
	"io"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// messages is what the last argument of the throughput programs is called.
const messages = "message-count"

// LocalThr is the end of a throughput measurement that receives and takes the
// time.
var LocalThr = Program{
	Name:     "local_thr",
	About:    "Receives what remote_thr sends and reports how fast it came, from the first message on. Start it first, with the same size and count.",
	Endpoint: "bind-to",
	Count:    messages,
	Run:      runLocalThr,
}

// RemoteThr is the end of a throughput measurement that sends.
var RemoteThr = Program{
	Name:     "remote_thr",
	About:    "Sends messages to local_thr as fast as they are taken.",
	Endpoint: "connect-to",
	Count:    messages,
	Run:      runRemoteThr,
}

// InprocThr is both ends in one process, over inproc.
var InprocThr = Program{
	Name:  "inproc_thr",
	About: "Sends messages from one goroutine to another over inproc and reports how fast they came.",
	Count: messages,
	Run:   runInprocThr,
}

func runLocalThr(ctx context.Context, a Args, w io.Writer) error {
	e := newEnds()
	s := e.bind(zmq.PULL, a.Endpoint)
	return e.run(ctx, func() error { return receive(ctx, s, a, w) })
}

func runRemoteThr(ctx context.Context, a Args, _ io.Writer) error {
	e := newEnds()
	s := e.connect(zmq.PUSH, a.Endpoint)
	return e.run(ctx, func() error { return send(ctx, s, a) })
}

func runInprocThr(ctx context.Context, a Args, w io.Writer) error {
	const endpoint = "inproc://thr_test"
	e := newEnds()
	pull, push := e.bind(zmq.PULL, endpoint), e.connect(zmq.PUSH, endpoint)
	return e.run(ctx, func() error {
		return concurrently(ctx,
			func(ctx context.Context) error { return send(ctx, push, a) },
			func(ctx context.Context) error { return receive(ctx, pull, a, w) })
	})
}

// send sends all messages.
func send(ctx context.Context, s *zmq.Socket, a Args) error {
	var m zmq.Msg
	defer m.Close()
	for range a.Count {
		m.Init(a.Size)
		if err := s.SendMsg(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

// receive receives all messages and reports how fast they came.
func receive(ctx context.Context, s *zmq.Socket, a Args, w io.Writer) error {
	var m zmq.Msg
	defer m.Close()
	var start time.Time
	for i := range a.Count {
		if err := s.RecvMsg(ctx, &m); err != nil {
			return err
		}
		if i == 0 {
			start = time.Now()
		}
		if err := check(&m, i, a.Size); err != nil {
			return err
		}
	}
	return reportThroughput(w, a, time.Since(start))
}

// reportThroughput counts the first message too, as libzmq does, although the
// clock began to run with its arrival.
func reportThroughput(w io.Writer, a Args, elapsed time.Duration) error {
	perSecond := float64(a.Count) / max(elapsed, time.Microsecond).Seconds()
	_, err := fmt.Fprintf(w,
		"message size: %d [B]\nmessage count: %d\nmean throughput: %.0f [msg/s]\nmean throughput: %.3f [Mb/s]\n",
		a.Size, a.Count, perSecond, perSecond*float64(a.Size)*8/1e6)
	return err
}
