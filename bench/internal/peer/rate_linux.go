// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"errors"

	"golang.org/x/sys/unix"
)

// fineTimer asks for timers as exact as they go, for the calling thread.
func fineTimer() error { return unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// sleepUntil blocks the thread: the runtime's own timers are rounded up to a
// millisecond.
func sleepUntil(at int64) error {
	now, err := monotonic()
	if err != nil || now >= at {
		return err
	}
	t := unix.NsecToTimespec(at)
	for {
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &t, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
