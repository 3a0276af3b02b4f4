// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// errEnough ends a measurement whose time is over.
var errEnough = errors.New("enough measured")

// figures measures and prints a table. The perf programs measure better: these
// share the processors between both ends, and take whatever a moment gives.
func figures(ctx context.Context, w io.Writer, length time.Duration) error {
	fmt.Fprintf(w, "\nThis machine, %v for each figure, one connection, both ends sharing the processors:\n", length)
	fmt.Fprintf(w, "  %-10s%8s%18s%20s%14s\n", "transport", "size", "latency one way", "messages per second", "MB/s")
	for _, transport := range transports {
		for _, size := range []int{64, 4096} {
			latency, _, err := measure(ctx, transport, zmq.REQ, zmq.REP, size, length)
			if err != nil {
				return err
			}
			_, rate, err := measure(ctx, transport, zmq.PUSH, zmq.PULL, size, length)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "  %-10s%6d B%15.1f us%20.0f%14.0f\n", transport, size,
				float64(latency)/float64(time.Microsecond), rate, rate*float64(size)/1e6)
		}
	}
	_, err := fmt.Fprintln(w, "\nThe programs below perf/ measure as libzmq's do, and with libzmq's at the other end.")
	return err
}

// measure lets two sockets work for a while, and returns the time of one message
// one way, for those that take turns, and the rate of what arrived.
func measure(ctx context.Context, transport string, from, to zmq.SocketType, size int, length time.Duration) (
	latency time.Duration, rate float64, err error) {
	s, err := newStage(ctx, transport)
	if err != nil {
		return 0, 0, err
	}
	b := s.bind(to)
	a := s.connect(from, b)
	if s.err != nil {
		return 0, 0, errors.Join(s.err, s.close())
	}
	span, over := context.WithCancelCause(ctx)
	defer over(nil)
	// The first message is not timed: it waits for the connection.
	var t tally
	err = together(span,
		func(ctx context.Context) error { return unlessOver(ctx, pump(ctx, a, size, from == zmq.REQ)) },
		func(ctx context.Context) error {
			return unlessOver(ctx, t.count(ctx, b, to == zmq.REP, length, over))
		})
	if err = errors.Join(err, s.close()); err != nil {
		return 0, 0, err
	}
	return t.elapsed / time.Duration(2*t.messages), float64(t.messages) / t.elapsed.Seconds(), nil
}

// pump sends until ctx ends, and waits for each answer where there are answers.
func pump(ctx context.Context, s *zmq.Socket, size int, answers bool) error {
	var m zmq.Msg
	defer m.Close()
	for {
		m.Init(size)
		if err := s.SendMsg(ctx, &m); err != nil {
			return err
		}
		if !answers {
			continue
		}
		if err := s.RecvMsg(ctx, &m); err != nil {
			return err
		}
	}
}

// tally is what one measurement counted.
type tally struct {
	messages int
	elapsed  time.Duration
}

// lookEvery is after how many messages the receiver looks at the clock.
const lookEvery = 16

// count receives for a while from the first message on, and answers where it has
// to. In the end it calls over.
func (t *tally) count(ctx context.Context, s *zmq.Socket, answer bool, length time.Duration,
	over context.CancelCauseFunc) error {
	defer over(errEnough)
	var m zmq.Msg
	defer m.Close()
	var start time.Time
	for n := 0; ; n++ {
		if err := s.RecvMsg(ctx, &m); err != nil {
			return err
		}
		if n == 0 {
			start = time.Now()
		} else if n%lookEvery == 0 && time.Since(start) >= length {
			t.messages, t.elapsed = n, time.Since(start)
			return nil
		}
		if !answer {
			continue
		}
		if err := s.SendMsg(ctx, &m); err != nil {
			return err
		}
	}
}

// unlessOver drops the error of a call that the end of the measurement has
// broken off.
func unlessOver(ctx context.Context, err error) error {
	if context.Cause(ctx) == errEnough {
		return nil
	}
	return err
}
