// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

const (
	idleSettle = 3 * time.Second        // after the last message: buffers may be given back
	idleLook   = 200 * time.Millisecond // counting descriptors costs more the more there are
	idleBurst  = 100                    // connections are made at a time
	idleWatch  = 2 * time.Second        // wake-ups are counted for as long
)

// Connector is a Socket that can make more connections.
type Connector interface {
	Connect(endpoint string) error
}

// roleIdleServer takes one message of each connection, waits, and tells what
// memory the connections have cost and how often its threads have woken.
func roleIdleServer(l *Library, a args) error {
	s, err := l.Open(Config{Kind: wire.Pull, Endpoint: a.Endpoint, Connect: a.Connect, Size: a.Size, Conns: a.Conns})
	if err != nil {
		return err
	}
	before, err := residentKB()
	if err != nil {
		return err
	}
	ready(s.Endpoint())
	start := time.Now()
	if err := awaitDescriptors(a.Conns); err != nil {
		return err
	}
	if _, err := s.RecvN(a.Conns); err != nil {
		return err
	}
	elapsed := time.Since(start)
	time.Sleep(idleSettle)
	woken, err := wakeups()
	if err != nil {
		return err
	}
	time.Sleep(idleWatch)
	again, err := wakeups()
	if err != nil {
		return err
	}
	after, err := residentKB()
	if err != nil {
		return err
	}
	finish(wire.Result{Command: wire.IdleServer, Size: a.Size, Conns: a.Conns, Expected: int64(a.Conns),
		Messages: int64(a.Conns), Seconds: elapsed.Seconds(), Idle: &wire.Idle{
			BytesPerConn: float64(after-before) * 1024 / float64(a.Conns),
			WakeupsPerS:  float64(again-woken) / idleWatch.Seconds()}})
	return nil
}

// roleIdleClient connects one socket many times and sends as many messages.
func roleIdleClient(l *Library, a args) error {
	a.life.untilEOF(wire.IdleClient)
	s, err := l.Open(Config{Kind: wire.Push, Endpoint: a.Endpoint, Connect: true, Size: a.Size, Conns: a.Conns})
	if err != nil {
		return err
	}
	more, ok := s.(Connector)
	if !ok {
		return errNotSupported
	}
	for i := 1; i < a.Conns; i++ {
		if err := more.Connect(a.Endpoint); err != nil {
			return err
		}
		if i%idleBurst == 0 {
			time.Sleep(subTick) // a server bounds the handshakes that it has at a time
		}
	}
	if err := awaitDescriptors(a.Conns); err != nil {
		return err
	}
	time.Sleep(idleSettle / 3) // the last handshakes
	if err := s.SendN(a.Size, a.Conns); err != nil {
		return err
	}
	select {}
}

// residentKB is the resident memory of the process in KiB.
func residentKB() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	return statusNumber(string(text), "VmRSS:"), err
}

// wakeups is how often all threads of the process have slept so far, as the
// kernel counts it; each sleep that ended was a wake-up.
func wakeups() (int64, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return int64(u.Nvcsw), err
}

// awaitDescriptors returns when the process has n descriptors open.
func awaitDescriptors(n int) error {
	for {
		if have, err := descriptors(); err != nil || have >= n {
			return err
		}
		time.Sleep(idleLook)
	}
}

func descriptors() (int, error) {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	return len(names), err
}

// statusNumber is the number behind key at the start of a line, 0 if there is none.
func statusNumber(text, key string) int64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			if words := strings.Fields(rest); len(words) > 0 {
				n, _ := strconv.ParseInt(words[0], 10, 64) // 0 where it is none
				return n
			}
		}
	}
	return 0
}
