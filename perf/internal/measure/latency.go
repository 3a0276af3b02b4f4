// SPDX-License-Identifier: MPL-2.0

package measure

import (
	"context"
	"fmt"
	"io"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// roundtrips is what the last argument of the latency programs is called.
const roundtrips = "roundtrip-count"

// LocalLat is the end of a latency measurement that answers.
var LocalLat = Program{
	Name:     "local_lat",
	About:    "Sends back every message that remote_lat sends. Start it first, with the same size and count.",
	Endpoint: "bind-to",
	Count:    roundtrips,
	Run:      runLocalLat,
}

// RemoteLat is the end of a latency measurement that asks and takes the time.
var RemoteLat = Program{
	Name:     "remote_lat",
	About:    "Sends messages to local_lat one by one, each after the answer to the one before, and reports the time of one way.",
	Endpoint: "connect-to",
	Count:    roundtrips,
	Run:      runRemoteLat,
}

// InprocLat is both ends in one process, over inproc.
var InprocLat = Program{
	Name:  "inproc_lat",
	About: "Sends messages back and forth between two goroutines over inproc, and reports the time of one way.",
	Count: roundtrips,
	Run:   runInprocLat,
}

func runLocalLat(ctx context.Context, a Args, _ io.Writer) error {
	e := newEnds()
	s := e.bind(zmq.REP, a.Endpoint)
	return e.run(ctx, func() error { return echo(ctx, s, a) })
}

func runRemoteLat(ctx context.Context, a Args, w io.Writer) error {
	e := newEnds()
	s := e.connect(zmq.REQ, a.Endpoint)
	return e.run(ctx, func() error { return ask(ctx, s, a, w) })
}

func runInprocLat(ctx context.Context, a Args, w io.Writer) error {
	const endpoint = "inproc://lat_test"
	e := newEnds()
	req, rep := e.bind(zmq.REQ, endpoint), e.connect(zmq.REP, endpoint)
	return e.run(ctx, func() error {
		return concurrently(ctx,
			func(ctx context.Context) error { return echo(ctx, rep, a) },
			func(ctx context.Context) error { return ask(ctx, req, a, w) })
	})
}

// echo sends back what it receives.
func echo(ctx context.Context, s *zmq.Socket, a Args) error {
	var m zmq.Msg
	defer m.Close()
	for i := range a.Count {
		if err := s.RecvMsg(ctx, &m); err != nil {
			return err
		}
		if err := check(&m, i, a.Size); err != nil {
			return err
		}
		if err := s.SendMsg(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

// ask sends a message back and forth and reports how long one way takes.
func ask(ctx context.Context, s *zmq.Socket, a Args, w io.Writer) error {
	var m zmq.Msg
	defer m.Close()
	clear(m.Init(a.Size))
	start := time.Now()
	for i := range a.Count {
		if err := s.SendMsg(ctx, &m); err != nil {
			return err
		}
		if err := s.RecvMsg(ctx, &m); err != nil {
			return err
		}
		if err := check(&m, i, a.Size); err != nil {
			return err
		}
	}
	return reportLatency(w, a, time.Since(start))
}

func reportLatency(w io.Writer, a Args, elapsed time.Duration) error {
	oneWay := float64(elapsed) / float64(time.Microsecond) / float64(a.Count) / 2
	_, err := fmt.Fprintf(w, "message size: %d [B]\nroundtrip count: %d\naverage latency: %.3f [us]\n",
		a.Size, a.Count, oneWay)
	return err
}
