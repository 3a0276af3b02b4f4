// SPDX-License-Identifier: MPL-2.0

package drivers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Outcome is one measurement: the receiver's result and the cost of all
// processes that took part.
type Outcome struct {
	wire.Result                   // RSSKB is the sum of the processes' peaks
	CPUUser, CPUSys float64       // seconds, of all processes from start to end
	Elapsed         time.Duration // of the timed part
}

// Runner runs measurements one after the other; it is not goroutine-safe.
type Runner struct {
	Dir   string        // for the sockets of ipc endpoints; short, as their paths are limited
	Limit time.Duration // for one measurement with all its processes
	binds int
}

// bind makes a fresh endpoint to bind.
func (r *Runner) bind(transport string) string {
	r.binds++
	if transport == "ipc" {
		return "@ipc://" + filepath.Join(r.Dir, fmt.Sprintf("%d.s", r.binds))
	}
	return "@tcp://127.0.0.1:0"
}

// session is the processes of one measurement.
type session struct {
	children []*child
	bound    []string
	failed   chan error
}

// Run measures one case once. All processes have ended when it returns.
func (r *Runner) Run(ctx context.Context, d Driver, c scenario.Case, count int) (Outcome, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Limit,
		fmt.Errorf("not done within %v", r.Limit))
	defer cancel()
	s := &session{failed: make(chan error, len(c.Steps))}
	measured, err := r.start(ctx, s, d, c, count)
	if err == nil {
		err = s.await(ctx, measured.done)
	}
	for i := len(s.children) - 1; i >= 0; i-- {
		if err != nil {
			s.children[i].kill()
		} else {
			s.children[i].stop()
		}
	}
	r.removeSockets()
	if err != nil {
		return Outcome{}, err
	}
	return s.collect(d, measured, c, count)
}

// start starts the steps in order and returns the measured child.
func (r *Runner) start(ctx context.Context, s *session, d Driver, c scenario.Case, count int) (measured *child, err error) {
	for _, step := range c.Steps {
		path, argv, bound, err := r.command(d, c, step, count, s.bound)
		if err != nil {
			return nil, err
		}
		ch, err := startChild(ctx, path, argv, d.Perf, s.failed)
		if err != nil {
			return nil, err
		}
		s.children = append(s.children, ch)
		if step.Measured {
			measured = ch
		}
		s.bound = append(s.bound, bound...)
		if step.Ready && !d.Perf {
			if err := s.awaitReady(ctx, ch); err != nil {
				return nil, err
			}
		}
		if step.Go != scenario.NoStep {
			if _, err := io.WriteString(s.children[step.Go].stdin, "go\n"); err != nil {
				return nil, fmt.Errorf("%s: %w", s.children[step.Go].name, err)
			}
		}
	}
	return measured, nil
}

// command returns the program and the arguments of a step. Perf programs do
// not tell what they bind, so for them bound is decided here.
func (r *Runner) command(d Driver, c scenario.Case, step scenario.Step, count int, known []string) (
	path string, argv, bound []string, err error) {
	if d.Perf {
		return r.perfCommand(d, c, step.Command, count, known)
	}
	argv, err = c.Argv(step, count, func() string { return r.bind(c.Transport) }, known)
	return d.Path, append([]string{step.Command}, argv...), nil, err
}

func (s *session) awaitReady(ctx context.Context, ch *child) error {
	select {
	case endpoints := <-ch.ready:
		s.bound = append(s.bound, endpoints...)
		return nil
	case <-ch.done:
		if ch.err != nil {
			return ch.err
		}
		return fmt.Errorf("%s ended before it was ready", ch.name)
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// await waits for the measured child. A failure of any child comes first.
func (s *session) await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
	case err := <-s.failed:
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-s.failed:
		return err
	default:
		return nil
	}
}

// collect adds up what the ended children report.
func (s *session) collect(d Driver, measured *child, c scenario.Case, count int) (Outcome, error) {
	var o Outcome
	if measured.err != nil {
		return o, measured.err
	}
	rss := int64(0)
	for _, ch := range s.children {
		if ch.cmd.ProcessState == nil {
			return o, fmt.Errorf("%s: its end is unknown", ch.name)
		}
		user, sys := ch.cpu()
		o.CPUUser += user.Seconds()
		o.CPUSys += sys.Seconds()
		rss += ch.rssKB
		if ch.result != nil {
			rss += ch.result.RSSKB
		}
	}
	result := measured.result
	if d.Perf {
		parsed, err := s.perfResult(c, count)
		if err != nil {
			return o, err
		}
		result = &parsed
	}
	if result == nil {
		return o, fmt.Errorf("%s printed no result", measured.name)
	}
	if result.Messages == 0 {
		return o, errors.New("no message arrived")
	}
	o.Result = *result
	o.RSSKB = rss
	o.Elapsed = time.Duration(result.Seconds * float64(time.Second))
	return o, nil
}

// removeSockets deletes what killed processes have left in Dir.
func (r *Runner) removeSockets() {
	left, err := filepath.Glob(filepath.Join(r.Dir, "*.s"))
	if err != nil {
		return // only a bad pattern fails
	}
	for _, path := range left {
		_ = os.Remove(path)
	}
}
