// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Stamped is a Socket whose messages can begin with a moment.
type Stamped interface {
	// SendAt sends a message of size bytes, at least eight, that begins with at.
	SendAt(size int, at int64) error
	// RecvAt receives one and returns what it begins with.
	RecvAt() (at int64, bytes int, err error)
}

var errNotSupported = errors.New("not supported by this driver")

// began is when the process did, by Go's clock, which is read without a system call.
var began = time.Now()

// offset is began by the clock that all processes of the system share, in ns. Both are
// CLOCK_MONOTONIC.
var offset = sync.OnceValues(func() (int64, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano() - int64(time.Since(began)), err
})

// monotonic is the time by the clock that all processes of the system share, in ns.
func monotonic() (int64, error) {
	at, err := offset()
	return at + int64(time.Since(began)), err
}

// roleRatePush sends Conns messages a second by the clock. Each is stamped with
// the moment when it was due, so that a sender that was held up counts as late
// and nothing is omitted.
func roleRatePush(l *Library, a args) error {
	a.life.untilEOF(wire.RatePush)
	runtime.LockOSThread()
	s, err := l.Open(Config{Kind: wire.Push, Endpoint: a.Endpoint, Connect: a.Connect, Size: a.Size, Conns: 1})
	if err != nil {
		return err
	}
	stamped, ok := s.(Stamped)
	if !ok {
		return errNotSupported
	}
	if err := fineTimer(); err != nil {
		return err
	}
	start, err := monotonic()
	if err != nil {
		return err
	}
	period := float64(time.Second) / float64(a.Conns)
	for i := range a.count {
		due := start + int64(float64(i)*period)
		if err := sleepUntil(due); err != nil {
			return err
		}
		if err := stamped.SendAt(a.Size, due); err != nil {
			return err
		}
	}
	select {}
}

// roleRatePull times count messages from when they were due.
func roleRatePull(l *Library, a args) error {
	s, err := l.Open(Config{Kind: wire.Pull, Endpoint: a.Endpoint, Connect: a.Connect, Size: a.Size, Conns: 1})
	if err != nil {
		return err
	}
	stamped, ok := s.(Stamped)
	if !ok {
		return errNotSupported
	}
	ready(s.Endpoint())
	rec := newRecorder()
	start := time.Now()
	for i := range a.count {
		at, bytes, err := stamped.RecvAt()
		if err != nil {
			return err
		}
		now, err := monotonic()
		if err != nil {
			return err
		}
		if bytes != a.Size {
			return fmt.Errorf("%s: a message of %d bytes, want %d", wire.RatePull, bytes, a.Size)
		}
		if i == 0 {
			start = time.Now()
		}
		rec.add(time.Duration(now - at))
	}
	finish(wire.Result{Command: wire.RatePull, Size: a.Size, Conns: a.Conns, Expected: int64(a.count),
		Messages: int64(a.count), Seconds: time.Since(start).Seconds(), Latency: rec.latency()})
	return nil
}
