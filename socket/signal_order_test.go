// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// waits reports whether fd becomes readable within ms.
func waits(fd, ms int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, ms)
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// newTestSignal returns a signal with a descriptor, which is low.
func newTestSignal(t *testing.T) *signal {
	t.Helper()
	s := new(signal)
	var err error
	if s.in, s.out, err = newSignal(); err != nil {
		t.Fatal(err)
	}
	s.made.Store(true)
	s.heard.Store(true)
	t.Cleanup(s.close)
	return s
}

// TestSignalWhileItIsWritten: who takes a signal back whose writer has been stopped
// does not wait for the writer, and loses nothing whether the writer has written.
func TestSignalWhileItIsWritten(t *testing.T) {
	s := newTestSignal(t)
	s.raised.Store(true) // a writer before its write
	if s.clear(); !s.raised.Load() {
		t.Error("taken back before it was there: the descriptor would stay readable")
	}
	s.write()
	if !waits(s.in, 0) {
		t.Error("written, and not readable")
	}
	s.writers.Add(1) // behind its write
	if s.clear(); s.raised.Load() || waits(s.in, 0) {
		t.Error("not taken back")
	}
	if s.raise(); !waits(s.in, 0) {
		t.Error("not raised again")
	}
	s.writers.Add(-1)
}

// TestSignalIsNeverLost: many raise, some take back and look; all that is told of is
// seen.
func TestSignalIsNeverLost(t *testing.T) {
	const raisers, each, lookers = 4, 20000, 2
	s := newTestSignal(t)
	var told, seen atomic.Int64
	var all sync.WaitGroup
	for range raisers {
		all.Go(func() {
			for range each {
				told.Add(1)
				s.raise()
			}
		})
	}
	for range lookers {
		all.Go(func() {
			for seen.Load() < raisers*each {
				if !waits(s.in, 5000) {
					t.Errorf("%d told of, %d seen, and no signal", told.Load(), seen.Load())
					return
				}
				s.clear()
				for n := told.Load(); ; {
					if have := seen.Load(); have >= n || seen.CompareAndSwap(have, n) {
						break
					}
				}
			}
			s.raise() // for the other one
		})
	}
	all.Wait()
	for s.clear(); s.raised.Load(); s.clear() {
	}
	if waits(s.in, 0) {
		t.Error("readable without a signal")
	}
}
