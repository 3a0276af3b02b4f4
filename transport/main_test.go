// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait of a test that is about to fail.
const patience = 10 * time.Second

// fdsMax is how many descriptor numbers openFDs looks at.
const fdsMax = 1024

func TestMain(m *testing.M) {
	// The runtime's own poller is opened once, on first use: have it open
	// before anything is counted.
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
	}
	os.Exit(m.Run())
}

// openFDs counts the open descriptors of the process.
func openFDs() int {
	n := 0
	for fd := range fdsMax {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}

// noLeaks fails the test if, when all its cleanups ran, there are more
// descriptors or goroutines than now.
func noLeaks(t *testing.T) {
	t.Helper()
	fds, goroutines := openFDs(), runtime.NumGoroutine()
	t.Cleanup(func() {
		eventually(t, "the descriptors are closed", func() bool { return openFDs() <= fds })
		eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines })
	})
}

// eventually yields until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("in vain waited until %s", what)
		}
	}
}

// await waits in poll(2) until fd has one of events.
func await(t *testing.T, fd int, events int16) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for end := time.Now().Add(patience); ; {
		n, err := unix.Poll(fds, int(patience/time.Millisecond))
		if n > 0 {
			return
		}
		if err != unix.EINTR || time.Now().After(end) {
			t.Fatalf("poll: %d descriptors, error %v", n, err)
		}
	}
}

// wantErrno fails unless err is an *Error around want.
func wantErrno(t *testing.T, err error, want syscall.Errno) {
	t.Helper()
	var typed *Error
	if !errors.As(err, &typed) || typed.Err != error(want) {
		t.Fatalf("got error %v (%T), want an *Error around %v", err, err, want)
	}
}

// mustListen listens until the test ends.
func mustListen(t *testing.T, endpoint string, o *Options) *Listener {
	t.Helper()
	l, err := Listen(endpoint, o)
	if err != nil {
		t.Fatalf("Listen(%q): %v", endpoint, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// mustResolve resolves without a chance to wait for long.
func mustResolve(t *testing.T, endpoint string, o *Options) []Target {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	targets, err := Resolve(ctx, endpoint, o)
	if err != nil {
		t.Fatalf("Resolve(%q): %v", endpoint, err)
	}
	return targets
}

// closeFD closes fd when the test ends.
func closeFD(t *testing.T, fd int) {
	t.Cleanup(func() { _ = unix.Close(fd) })
}

// mustConnect connects to the first address of endpoint and waits for it.
func mustConnect(t *testing.T, endpoint string, o *Options) int {
	t.Helper()
	targets := mustResolve(t, endpoint, o)
	fd, inProgress, err := Connect(&targets[0], o)
	if err != nil {
		t.Fatalf("Connect(%q): %v", endpoint, err)
	}
	closeFD(t, fd)
	if inProgress {
		await(t, fd, unix.POLLOUT)
		if err := ConnectResult(fd); err != nil {
			t.Fatalf("ConnectResult(%q): %v", endpoint, err)
		}
	}
	return fd
}

// mustAccept waits for a connection and accepts it.
func mustAccept(t *testing.T, l *Listener) (fd int, peer string) {
	t.Helper()
	await(t, l.FD, unix.POLLIN)
	fd, peer, err := l.Accept()
	if err != nil {
		t.Fatalf("Accept: %v", err)
	}
	closeFD(t, fd)
	return fd, peer
}

// mustRead reads exactly n bytes.
func mustRead(t *testing.T, fd, n int) string {
	t.Helper()
	buf := make([]byte, n)
	for got := 0; got < n; {
		k, errno := Read(fd, buf[got:])
		switch {
		case errno == unix.EAGAIN:
			await(t, fd, unix.POLLIN)
		case errno != 0:
			t.Fatalf("Read after %d bytes: %v", got, errno)
		case k == 0:
			t.Fatalf("the stream ended after %d of %d bytes", got, n)
		}
		got += k
	}
	return string(buf)
}

// mustWrite writes all of s.
func mustWrite(t *testing.T, fd int, s string) {
	t.Helper()
	for b := []byte(s); len(b) > 0; {
		n, errno := Write(fd, b)
		if errno == unix.EAGAIN {
			await(t, fd, unix.POLLOUT)
		} else if errno != 0 {
			t.Fatalf("Write: %v", errno)
		}
		b = b[n:]
	}
}

// wantEnd waits for the end of fd's stream.
func wantEnd(t *testing.T, fd int) {
	t.Helper()
	var buf [16]byte
	for {
		await(t, fd, unix.POLLIN)
		n, errno := Read(fd, buf[:])
		if errno == unix.EAGAIN {
			continue
		}
		if n != 0 || errno != 0 && errno != unix.ECONNRESET {
			t.Fatalf("got %d bytes, errno %v, want the end of the stream", n, errno)
		}
		return
	}
}

// wantExchange sends bytes both ways.
func wantExchange(t *testing.T, a, b int) {
	t.Helper()
	mustWrite(t, a, "there")
	if got := mustRead(t, b, 5); got != "there" {
		t.Fatalf("got %q, want %q", got, "there")
	}
	mustWrite(t, b, "back")
	if got := mustRead(t, a, 4); got != "back" {
		t.Fatalf("got %q, want %q", got, "back")
	}
}

// wantFlags fails unless fd is non-blocking and close-on-exec (T1).
func wantFlags(t *testing.T, fd int) {
	t.Helper()
	status, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || status&unix.O_NONBLOCK == 0 {
		t.Errorf("descriptor %d is not non-blocking (%v)", fd, err)
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor %d is not close-on-exec (%v)", fd, err)
	}
}

// port returns what is behind the last colon.
func port(endpoint string) string {
	return endpoint[strings.LastIndexByte(endpoint, ':')+1:]
}

// hasIPv6 reports whether the machine has an IPv6 loopback.
func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

// loopback is the name of the loopback interface.
func loopback(t *testing.T) string {
	t.Helper()
	nics, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, nic := range nics {
		if nic.Flags&net.FlagLoopback != 0 && nic.Flags&net.FlagUp != 0 {
			return nic.Name
		}
	}
	t.Fatal("there is no loopback interface")
	return ""
}
