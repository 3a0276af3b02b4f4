// SPDX-License-Identifier: MPL-2.0

package drivers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

const (
	lineMax       = 64 << 10 // bytes of a child's line
	stderrMax     = 4 << 10
	textMax       = 64 << 10               // bytes of plain output kept for perf programs
	grace         = 3 * time.Second        // for a helper after its input has ended
	samplePeriod  = 20 * time.Millisecond  // of the memory of perf programs
	samplePeriodN = 500 * time.Millisecond // once it has lived for a second
)

// child is one driver process. Its fields after done are valid once done is
// closed.
type child struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	ready  chan []string // at most one value
	stderr boundedBuffer
	done   chan struct{}

	result *wire.Result
	text   boundedBuffer // lines that are neither READY nor a result
	rssKB  int64         // sampled, for programs that report none
	err    error
}

// boundedBuffer keeps the first max bytes written to it.
type boundedBuffer struct {
	max  int
	kept []byte
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.max-len(b.kept))]...)
	return len(p), nil
}

// startChild starts a process that ctx kills when it ends. The channel failed
// gets the child's error, if it has one, after it has ended.
func startChild(ctx context.Context, path string, argv []string, sample bool, failed chan<- error) (*child, error) {
	c := &child{name: argv[0], ready: make(chan []string, 1), done: make(chan struct{}),
		stderr: boundedBuffer{max: stderrMax}, text: boundedBuffer{max: textMax}}
	c.cmd = exec.CommandContext(ctx, path, argv...)
	c.cmd.Stderr = &c.stderr
	c.cmd.WaitDelay = grace
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	sampled := make(chan int64, 1)
	if sample {
		go func() { sampled <- samplePeakRSS(c.cmd.Process.Pid, ended) }()
	}
	go func() {
		parseErr := c.readLines(stdout)
		close(ended)
		if sample {
			c.rssKB = <-sampled
		}
		c.err = c.ending(c.cmd.Wait(), parseErr)
		close(c.done)
		if c.err != nil {
			failed <- c.err
		}
	}()
	return c, nil
}

// readLines runs until the child's output ends.
func (c *child) readLines(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), lineMax)
	for lines.Scan() {
		if endpoints, ok := wire.ParseReady(lines.Text()); ok {
			select {
			case c.ready <- endpoints:
			default:
			}
			continue
		}
		result, ok, err := wire.ParseResult(lines.Text())
		if err != nil {
			return err
		}
		if ok {
			c.result = &result
			continue
		}
		fmt.Fprintln(&c.text, lines.Text())
	}
	return lines.Err()
}

// ending makes one error of how a child ended.
func (c *child) ending(waitErr, parseErr error) error {
	said := strings.TrimSpace(string(c.stderr.kept))
	switch {
	case waitErr != nil && said != "":
		return fmt.Errorf("%s: %s (%w)", c.name, said, waitErr)
	case waitErr != nil:
		return fmt.Errorf("%s: %w", c.name, waitErr)
	case parseErr != nil:
		return fmt.Errorf("%s: %w", c.name, parseErr)
	}
	return nil
}

// stop ends the child's input and waits; a child that stays is killed.
func (c *child) stop() {
	_ = c.stdin.Close()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.kill()
	}
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.done
}

// cpu is the processor time of the ended child.
func (c *child) cpu() (user, sys time.Duration) {
	return c.cmd.ProcessState.UserTime(), c.cmd.ProcessState.SystemTime()
}

// samplePeakRSS reads the high-water mark of a process's memory in KiB until
// the process ends; 0 where the system does not tell.
func samplePeakRSS(pid int, ended <-chan struct{}) (kb int64) {
	tick := time.NewTicker(samplePeriod)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n == int(time.Second/samplePeriod) {
			tick.Reset(samplePeriodN)
		}
		select {
		case <-ended:
			return kb
		case <-tick.C:
		}
		status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if err != nil {
			continue
		}
		kb = max(kb, parseHighWater(string(status)))
	}
}

func parseHighWater(status string) int64 {
	_, rest, ok := strings.Cut(status, "VmHWM:")
	if !ok {
		return 0
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return 0
	}
	return kb
}
