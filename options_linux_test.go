// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"golang.org/x/sys/unix"
)

// TestConnectionsAreTuned: what is set arrives in the kernel, on the connecting
// and on the accepting side; the descriptors are those of the monitor.
func TestConnectionsAreTuned(t *testing.T) {
	busyPoll := zmq.WithBusyPoll(0)
	if os.Getuid() == 0 { // more than the system's own value needs a privilege
		busyPoll = zmq.WithBusyPoll(70 * time.Microsecond)
	}
	opts := []zmq.Option{
		zmq.WithTOS(0x10), zmq.WithPriority(3), zmq.WithTCPMaxRT(7 * time.Second), busyPoll,
		zmq.WithTCPKeepalive(1), zmq.WithTCPKeepaliveCount(5), zmq.WithTCPKeepaliveIdle(77), zmq.WithTCPKeepaliveInterval(33),
		zmq.WithSendBuffer(20000), zmq.WithRecvBuffer(30000), zmq.WithBindToDevice("lo"),
	}
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*", opts...)
	var fds [2]int
	e := wantEvent(w, in, zmq.EventAccepted, func() {
		out := w.socket(zmq.PUSH, opts...)
		e := wantEvent(w, out, zmq.EventConnected, func() {
			if err := out.Connect(ep); err != nil {
				t.Fatal(err)
			}
		})
		fds[1] = int(e.Value)
	})
	fds[0] = int(e.Value)
	for side, fd := range fds {
		for _, c := range []struct {
			name             string
			level, opt, want int
		}{
			{"TOS", unix.IPPROTO_IP, unix.IP_TOS, 0x10},
			{"PRIORITY", unix.SOL_SOCKET, unix.SO_PRIORITY, 3},
			{"MAXRT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7000},
			{"KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{"CNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 5},
			{"IDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 77},
			{"INTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 33},
			{"SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, 40000}, // the kernel doubles it
			{"RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 60000},
			{"NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		} {
			if got, err := unix.GetsockoptInt(fd, c.level, c.opt); err != nil || got != c.want {
				t.Errorf("side %d: %s is %d, want %d; %v", side, c.name, got, c.want, err)
			}
		}
		if got, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE); err != nil || got != "lo" {
			t.Errorf("side %d: the device is %q, %v", side, got, err)
		}
		if us, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUSY_POLL); os.Getuid() == 0 && (err != nil || us != 70) {
			t.Errorf("side %d: BUSY_POLL is %d, %v", side, us, err)
		}
	}
}

// TestBacklog: it arrives in the kernel, which tells of a listener what it tells of a
// connection's lost segments.
func TestBacklog(t *testing.T) {
	for _, backlog := range []int{1, 7, 100} {
		w := newWorld(t)
		s := w.socket(zmq.PULL)
		if backlog != 100 { // the default
			w.ok(s.Set(zmq.WithBacklog(backlog)))
		}
		e := wantEvent(w, s, zmq.EventListening, func() { w.ok(s.Bind("tcp://127.0.0.1:*")) })
		info, err := unix.GetsockoptTCPInfo(int(e.Value), unix.IPPROTO_TCP, unix.TCP_INFO)
		w.ok(err)
		if info.Sacked != uint32(backlog) {
			t.Errorf("the backlog is %d, want %d", info.Sacked, backlog)
		}
	}
}

// TestBindToDeviceMustExist: a device that is not there is an error of Bind.
func TestBindToDeviceMustExist(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.PULL, zmq.WithBindToDevice("no-such-device"))
	if err := s.Bind("tcp://127.0.0.1:*"); !errors.Is(err, zmq.ErrNoDev) {
		t.Errorf("bind: %v", err)
	}
}

// TestConnectTimeout: an attempt that gets no answer is given up and told. The
// kernel drops what wants to connect to a listener whose queue is full.
func TestConnectTimeout(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	loopback := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(unix.Bind(fd, loopback), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", sa.(*unix.SockaddrInet4).Port)
	filler, err := net.Dial("tcp", at) // the queue of length 0 takes one
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = filler.Close() }()
	w := newWorld(t)
	s := w.socket(zmq.PUSH, zmq.WithConnectTimeout(10*time.Millisecond))
	e := wantEvent(w, s, zmq.EventClosed, func() { w.ok(s.Connect("tcp://" + at)) })
	is(t, e.Err, zmq.ErrTimedOut)
}

// listeningFD returns a listening descriptor that nobody else owns.
func listeningFD(t *testing.T, network, address string) int {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	defer func() { _ = l.Close() }()
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestUseFD: Bind takes a listening descriptor over, and leaves an ipc path in
// its place when it ends.
func TestUseFD(t *testing.T) {
	path := t.TempDir() + "/socket"
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": path} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t)
			fd := listeningFD(t, network, address)
			scheme := strings.Replace(network, "unix", "ipc", 1)
			in, ep := w.bound(zmq.PULL, scheme+"://"+strings.TrimSuffix(address, ":0")+map[string]string{"tcp": ":*"}[scheme], zmq.WithUseFD(fd))
			w.send(w.connected(zmq.PUSH, ep), "hello")
			w.want(in, "hello")
			e := wantEvent(w, in, zmq.EventClosed, func() { _ = in.Unbind(ep) })
			if e.Value != int64(fd) {
				t.Errorf("closed %d, want %d", e.Value, fd)
			}
		})
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the path of a descriptor that was lent is gone: %v", err)
	}
	w := newWorld(t)
	if err := w.socket(zmq.PULL, zmq.WithUseFD(1<<20)).Bind("tcp://127.0.0.1:*"); !errors.Is(err, zmq.ErrBadFD) {
		t.Errorf("a descriptor that is none: %v", err)
	}
}
