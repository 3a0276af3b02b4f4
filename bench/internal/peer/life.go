// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

// finish prints the result and ends the process: what the library does after
// the last message is of no interest.
func finish(r wire.Result) {
	r.RSSKB = peakRSSKB()
	line, err := json.Marshal(r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(line))
	os.Exit(0)
}

func ready(endpoints ...string) { fmt.Println(wire.FormatReady(endpoints...)) }

// life watches standard input for as long as the process lives.
type life struct {
	goAhead chan struct{}          // closed at the first line of input
	helper  atomic.Pointer[string] // the command, once the end of input is the normal end
}

func watchStdin() *life {
	l := &life{goAhead: make(chan struct{})}
	go func() {
		in := bufio.NewReader(os.Stdin)
		if _, err := in.ReadString('\n'); err == nil {
			close(l.goAhead)
			_, _ = io.Copy(io.Discard, in)
		}
		if command := l.helper.Load(); command != nil {
			finish(wire.Result{Command: *command})
		}
		os.Exit(1) // a measuring side has lost its parent
	}()
	return l
}

// untilEOF makes the end of input the normal end of this process. Called by
// the sides that are not measured, before they print READY.
func (l *life) untilEOF(command string) { l.helper.Store(&command) }

// peakRSSKB is the peak resident memory of this program image in KiB. VmHWM is
// preferred: on Linux ru_maxrss is inherited over exec from the program that
// started this one.
func peakRSSKB() int64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "VmHWM:" {
				continue
			}
			if kb, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				return kb
			}
		}
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss) / 1024 // bytes there, KiB elsewhere
	}
	return int64(u.Maxrss)
}
