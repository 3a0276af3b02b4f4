// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/zeroloop/zmq"
)

// TestMessagesPerSystemCall: messages that wait together travel together. A
// thousand of 64 bytes are queued before anyone listens; what the process reads
// and writes to move them must be far less than a system call per message, and so
// must what the loops are woken for.
func TestMessagesPerSystemCall(t *testing.T) {
	const messages, callsMax, workMax = 1000, 200, 100
	endpoint := "ipc://" + filepath.Join(t.TempDir(), "s")
	out, in := newWorld(t), newWorld(t)
	push, pull := out.connected(zmq.PUSH, endpoint), in.socket(zmq.PULL)
	var m zmq.Msg
	for range messages {
		m.Init(64)
		if err := push.SendMsg(out.ctx, &m); err != nil {
			t.Fatal(err)
		}
	}
	calls, work := systemCalls(t), loopWork(out.zc)+loopWork(in.zc)
	if err := pull.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	for range messages {
		if err := pull.RecvMsg(in.ctx, &m); err != nil || m.Size() != 64 {
			t.Fatalf("received %d bytes, %v", m.Size(), err)
		}
	}
	calls, work = systemCalls(t)-calls, loopWork(out.zc)+loopWork(in.zc)-work
	t.Logf("%d messages: %d reads and writes, %d events and commands", messages, calls, work)
	if calls > callsMax || work > workMax {
		t.Errorf("want at most %d reads and writes, and %d events and commands", callsMax, workMax)
	}
}

// systemCalls is how often the process has read and written so far.
func systemCalls(t *testing.T) (sum int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if key != "syscr" && key != "syscw" {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// loopWork is what the loops of a context have been woken for.
func loopWork(c *zmq.Context) (sum uint64) {
	for _, l := range c.Loops() {
		sum += l.Events + l.Commands
	}
	return sum
}
