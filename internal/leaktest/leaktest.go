// SPDX-License-Identifier: MPL-2.0

package leaktest

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// How long leftovers may take to go. The pauses between two looks grow from
// pauseMin to pauseMax: most leftovers are gone at the second look, and a real
// leak should not keep a core busy.
const (
	patience = 5 * time.Second
	pauseMin = time.Millisecond
	pauseMax = 100 * time.Millisecond
)

// snapshot is what the process holds at one moment.
type snapshot struct {
	goroutines map[string]string // id to stack
	fds        map[int]string    // number to description
	err        error             // of reading the descriptors
}

// Main runs the tests of m, then checks that no goroutine and no descriptor is
// left that was not there before, and exits the process: with m's code, or with
// 1 and a report on standard error if something leaked. Call it as the last
// statement of TestMain.
func Main(m interface{ Run() int }) {
	os.Exit(run(m, os.Stderr, patience))
}

// run is Main without the exit. A failed run is not checked: a test that died
// half way leaves things behind, and says so already.
func run(m interface{ Run() int }, w io.Writer, patience time.Duration) int {
	settleTempDir()
	before := take()
	code := m.Run()
	if code != 0 {
		return code
	}
	left := waitGone(before, patience)
	if len(left) == 0 {
		return 0
	}
	fmt.Fprintf(w, "leaktest: the tests left %d behind\n\n%s\n", len(left), strings.Join(left, "\n\n"))
	return 1
}

// settleTempDir names the directory for temporary files where nobody has: an
// ipc://* of the tests would otherwise appear in the working directory, which is
// source code that other tests read.
func settleTempDir() {
	if os.Getenv("TMPDIR") == "" {
		_ = os.Setenv("TMPDIR", os.TempDir())
	}
}

// Check makes t fail at its end if it leaves goroutines or descriptors behind,
// and prints them. Call it first in the test, so that it looks after all other
// cleanups. Not for parallel tests: they would see each other's.
func Check(t testing.TB) {
	t.Helper()
	check(t, patience)
}

// check is Check with the time to wait.
func check(t testing.TB, patience time.Duration) {
	t.Helper()
	before := take()
	t.Cleanup(func() {
		t.Helper()
		if left := waitGone(before, patience); len(left) != 0 {
			t.Errorf("the test left %d behind\n\n%s", len(left), strings.Join(left, "\n\n"))
		}
	})
}

// Goroutines returns the number of goroutines in the process.
func Goroutines() int { return runtime.NumGoroutine() }

// FDs returns the number of open file descriptors of the process, without the
// one that may be needed for counting.
func FDs() (int, error) {
	fds, err := openFDs()
	return len(fds), err
}

// take makes a snapshot. It first makes the runtime open the descriptors of its
// network poller, which it never closes and which are no leak.
func take() snapshot {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	return look()
}

// look makes a snapshot.
func look() snapshot {
	s := snapshot{goroutines: stacks()}
	s.fds, s.err = openFDs()
	return s
}

// waitGone looks until nothing is left over compared with before, or for as
// long as patience says, and describes each leftover.
func waitGone(before snapshot, patience time.Duration) []string {
	deadline := time.Now().Add(patience)
	for pause := pauseMin; ; pause = min(2*pause, pauseMax) {
		left := leftovers(before, look())
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
		time.Sleep(pause)
	}
}

// leftovers describes what after has and before has not.
func leftovers(before, after snapshot) []string {
	var left []string
	for id, stack := range after.goroutines {
		if _, old := before.goroutines[id]; !old {
			left = append(left, stack)
		}
	}
	for fd, what := range after.fds {
		if _, old := before.fds[fd]; !old {
			left = append(left, fmt.Sprintf("file descriptor %d (%s)", fd, what))
		}
	}
	for _, err := range []error{before.err, after.err} {
		if err != nil {
			left = append(left, fmt.Sprintf("file descriptors could not be read: %v", err))
		}
	}
	return left
}
