// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	zmq "github.com/zeroloop/zmq"
)

// requestReply lets a client ask twice.
func requestReply(s *stage) (string, error) {
	server := s.bind(zmq.REP)
	client := s.connect(zmq.REQ, server)
	if s.err != nil {
		return "", s.err
	}
	questions := []string{"hello", "what is 6 times 7?"}
	answers := map[string]string{questions[0]: "hello yourself", questions[1]: "42"}
	var story strings.Builder
	err := together(s.ctx,
		func(ctx context.Context) error {
			for range questions {
				q, err := server.Recv(ctx)
				if err != nil {
					return err
				}
				if err := server.Send(ctx, []byte(answers[string(q.Bytes())])); err != nil {
					return err
				}
			}
			return nil
		},
		func(ctx context.Context) error {
			for _, q := range questions {
				if err := client.Send(ctx, []byte(q)); err != nil {
					return err
				}
				a, err := client.Recv(ctx)
				if err != nil {
					return err
				}
				fmt.Fprintf(&story, "The client asked %q, the server answered %q.\n", q, a.Bytes())
			}
			return nil
		})
	return story.String(), err
}

// publishSubscribe has one publisher and two subscribers with a topic each. The
// publisher is an XPUB, which hears who subscribes and so knows when to begin.
func publishSubscribe(s *stage) (string, error) {
	publisher := s.bind(zmq.XPUB)
	topics := []string{"weather.", "sport."}
	var subscribers []*zmq.Socket
	for _, topic := range topics {
		subscribers = append(subscribers, s.connect(zmq.SUB, publisher, zmq.WithSubscribe(topic)))
	}
	if s.err != nil {
		return "", s.err
	}
	for range subscribers {
		if _, err := publisher.Recv(s.ctx); err != nil {
			return "", err
		}
	}
	news := []string{"weather.oslo 3 degrees", "sport.chess 1:0", "stocks.all up", "weather.rome 21 degrees"}
	var story strings.Builder
	fmt.Fprintf(&story, "The publisher sent %s.\n", quoted(news))
	// The last message is for all: whoever has it has everything before it.
	const end = "end"
	for _, topic := range topics {
		news = append(news, topic+end)
	}
	for _, n := range news {
		if err := publisher.Send(s.ctx, []byte(n)); err != nil {
			return "", err
		}
	}
	for i, sub := range subscribers {
		var got []string
		for m, err := range sub.Messages(s.ctx) {
			if err != nil {
				return "", err
			}
			if string(m.Bytes()) == topics[i]+end {
				break
			}
			got = append(got, string(m.Bytes()))
		}
		fmt.Fprintf(&story, "The subscriber to %q got %s.\n", topics[i], quoted(got))
	}
	return story.String(), nil
}

// workersMax and tasksMax are the size of the pipeline.
const (
	workersMax = 3
	tasksMax   = 300
)

// pipeline shares numbers among workers, who square them, and adds up what comes
// back.
func pipeline(s *stage) (string, error) {
	source, sink := s.bind(zmq.PUSH), s.bind(zmq.PULL)
	if s.err != nil {
		return "", s.err
	}
	joined := source.Events(s.ctx, zmq.EventHandshakeSucceeded)
	workers := make([]worker, workersMax)
	for i := range workers {
		workers[i] = worker{in: s.connect(zmq.PULL, source), out: s.connect(zmq.PUSH, sink)}
	}
	if s.err != nil {
		return "", s.err
	}
	if s.transport != "inproc" {
		await(joined, len(workers))
	}
	shift, over := context.WithCancelCause(s.ctx)
	defer over(nil)
	sum := 0
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return handOut(ctx, source) },
		func(ctx context.Context) (err error) {
			sum, err = gather(ctx, sink)
			over(errGathered)
			return err
		},
	}
	for i := range workers {
		steps = append(steps, func(context.Context) error { return workers[i].work(shift) })
	}
	if err := together(s.ctx, steps...); err != nil {
		return "", err
	}
	var shares []string
	for _, w := range workers {
		shares = append(shares, strconv.Itoa(w.done))
	}
	return fmt.Sprintf("The source handed out the numbers 1 to %d, %d workers squared %s of them,\nthe sink added up %d.\n",
		tasksMax, len(workers), strings.Join(shares, ", "), sum), nil
}

// await waits for n events. It is over early only with the context, which the
// next call will report.
func await(events func(func(zmq.Event) bool), n int) {
	for range events {
		if n--; n == 0 {
			return
		}
	}
}

// handOut sends all numbers.
func handOut(ctx context.Context, source *zmq.Socket) error {
	for i := range tasksMax {
		if err := source.Send(ctx, []byte(strconv.Itoa(i+1))); err != nil {
			return err
		}
	}
	return nil
}

// worker squares numbers.
type worker struct {
	in, out *zmq.Socket
	done    int
}

// errGathered ends the workers' contexts.
var errGathered = errors.New("all results are there")

// work goes on until the sink has everything.
func (w *worker) work(ctx context.Context) error {
	for m, err := range w.in.Messages(ctx) {
		if err != nil && context.Cause(ctx) == errGathered {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(m.Bytes()))
		if err != nil {
			return err
		}
		if err := w.out.Send(ctx, []byte(strconv.Itoa(n*n))); err != nil {
			return err
		}
		w.done++
	}
	return nil
}

// gather adds up all results.
func gather(ctx context.Context, sink *zmq.Socket) (sum int, err error) {
	for range tasksMax {
		m, err := sink.Recv(ctx)
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(string(m.Bytes()))
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// quoted lists texts.
func quoted(texts []string) string {
	var qs []string
	for _, t := range texts {
		qs = append(qs, strconv.Quote(t))
	}
	return strings.Join(qs, ", ")
}
