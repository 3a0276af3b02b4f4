// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// option is one getsockopt.
type option struct {
	name        string
	level, code int
	want        int
}

// wantOptions compares what the kernel says.
func wantOptions(t *testing.T, fd int, options ...option) {
	t.Helper()
	for _, o := range options {
		if got, err := unix.GetsockoptInt(fd, o.level, o.code); err != nil || got != o.want {
			t.Errorf("%s is %d (%v), want %d", o.name, got, err, o.want)
		}
	}
}

func TestOptionsReachTheKernel(t *testing.T) {
	noLeaks(t)
	o := Options{
		SndBuf: 32 << 10, RcvBuf: 48 << 10, TOS: 0x28,
		Keepalive: 1, KeepaliveCount: 3, KeepaliveIdle: 40, KeepaliveInterval: 5,
		MaxRT: 7000, Priority: 5, BindToDevice: loopback(t),
	}
	l := mustListen(t, "tcp://127.0.0.1:*", &o)
	client := mustConnect(t, l.Endpoint(), &o)
	server, _ := mustAccept(t, l)
	buffers := []option{ // the kernel doubles what it is asked for
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, 64 << 10},
		{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 96 << 10},
		{"SO_PRIORITY", unix.SOL_SOCKET, unix.SO_PRIORITY, 5},
	}
	wantOptions(t, l.FD, append(buffers,
		option{"SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1})...)
	for _, fd := range []int{client, server} {
		wantOptions(t, fd, buffers[:2]...)
		device, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
		if device != o.BindToDevice {
			t.Errorf("bound to device %q, %v", device, err)
		}
		if err := Tune(fd, &o); err != nil {
			t.Fatal(err)
		}
		wantOptions(t, fd,
			option{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
			option{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			option{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
			option{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 40},
			option{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 5},
			option{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7000},
			option{"IP_TOS", unix.IPPROTO_IP, unix.IP_TOS, 0x28})
	}
}

func TestDefaultsLeaveTheKernelAlone(t *testing.T) {
	plain, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeFD(t, plain)
	var want []option
	for _, o := range []option{
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 0},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 0},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 0},
		{"IP_TOS", unix.IPPROTO_IP, unix.IP_TOS, 0},
		{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 0},
	} {
		if o.want, err = unix.GetsockoptInt(plain, o.level, o.code); err != nil {
			t.Fatal(err)
		}
		want = append(want, o)
	}
	defaults := DefaultOptions()
	for _, o := range []*Options{nil, &defaults, {}} {
		l := mustListen(t, "tcp://127.0.0.1:*", o)
		if err := Tune(l.FD, o); err != nil {
			t.Fatal(err)
		}
		wantOptions(t, l.FD, want...)
		wantOptions(t, l.FD, option{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1})
	}
}

// TestNothingPacesWithinTheMachine: where connections would be paced, those that stay on
// the machine are not, and others are left alone; and so is whatever does not pace, which
// is all that there is to see where the kernel has no BBR.
func TestNothingPacesWithinTheMachine(t *testing.T) {
	noLeaks(t)
	for _, name := range []string{"reno", "bbr"} {
		l := mustListen(t, "tcp://127.0.0.1:*", nil)
		// A kernel without it leaves its own, which has to do.
		_ = unix.SetsockoptString(l.FD, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
		was := congestion(t, l.FD)
		want := was
		if strings.HasPrefix(was, "bbr") {
			want = "reno"
		}
		mustConnect(t, l.Endpoint(), nil)
		server, _ := mustAccept(t, l) // it has its listener's
		tuned(t, server, was, want)
		away, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		closeFD(t, away)
		if err := unix.SetsockoptString(away, unix.IPPROTO_TCP, unix.TCP_CONGESTION, was); err != nil {
			t.Fatal(err)
		}
		tuned(t, away, was, was)
	}
}

// tuned checks which congestion control a descriptor has before Tune and after.
func tuned(t *testing.T, fd int, before, after string) {
	t.Helper()
	if got := congestion(t, fd); got != before {
		t.Fatalf("begins with %q, want %q", got, before)
	}
	if err := Tune(fd, nil); err != nil {
		t.Fatal(err)
	}
	if got := congestion(t, fd); got != after {
		t.Errorf("has %q then, want %q", got, after)
	}
}

func congestion(t *testing.T, fd int) string {
	t.Helper()
	name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTrafficClass(t *testing.T) {
	if !hasIPv6() {
		return
	}
	o := Options{IPv6: true, TOS: 0x48}
	l := mustListen(t, "tcp://*:*", &o)
	wantOptions(t, l.FD,
		option{"IPV6_TCLASS", unix.IPPROTO_IPV6, unix.IPV6_TCLASS, 0x48},
		option{"IP_TOS", unix.IPPROTO_IP, unix.IP_TOS, 0x48})
}

func TestOptionErrorsAreReported(t *testing.T) {
	noLeaks(t)
	_, err := Listen("tcp://127.0.0.1:*", &Options{BindToDevice: "no_such_nic"})
	if !isOneOf(err, unix.ENODEV, unix.EPERM) {
		t.Errorf("got %v, want ENODEV", err)
	}
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	err = Tune(l.FD, &Options{Keepalive: 1, KeepaliveCount: 1 << 20})
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v, want EINVAL", err)
	}
}
