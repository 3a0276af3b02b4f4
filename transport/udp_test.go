// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"fmt"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// loopbackInterface returns the loopback interface.
func loopbackInterface(t *testing.T) net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, nic := range all {
		if nic.Flags&net.FlagLoopback != 0 {
			return nic
		}
	}
	t.Fatal("no loopback interface")
	return net.Interface{}
}

// TestMulticastOptions: hops, loop and interface reach the kernel, and those who
// bind become members.
func TestMulticastOptions(t *testing.T) {
	lo := loopbackInterface(t)
	for _, form := range []string{"udp://%s;239.9.9.9:*", "udp://%s;[ff02::9:9]:*", "udp://[ff02::9:9%%%s]:*"} {
		for _, loop := range []bool{false, true} {
			o := DefaultOptions()
			o.IPv6, o.MulticastHops, o.MulticastLoop = true, 7, loop
			d, err := ListenUDP(fmt.Sprintf(form, lo.Name), &o)
			if err != nil {
				t.Errorf("%s: %v", form, err)
				continue
			}
			checkMulticast(t, d, loop, lo.Index, form)
			_ = unix.Close(d.FD)
		}
	}
}

func checkMulticast(t *testing.T, d *Datagrams, loop bool, nic int, form string) {
	t.Helper()
	want := 0
	if loop {
		want = 1
	}
	get := func(level, name int) int {
		n, err := unix.GetsockoptInt(d.FD, level, name)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if d.family == unix.AF_INET {
		if got := [2]int{get(unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP), get(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL)}; got != [2]int{want, 7} {
			t.Errorf("%s: loop and hops are %v, want %v and 7", form, got, want)
		}
		return
	}
	if got := [2]int{get(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP), get(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS)}; got != [2]int{want, 7} {
		t.Errorf("%s: loop and hops are %v, want %v and 7", form, got, want)
	}
	if got := get(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF); got != nic {
		t.Errorf("%s: packets leave by interface %d, want %d", form, got, nic)
	}
	m := &unix.IPv6Mreq{Multiaddr: [16]byte{0: 0xff, 1: 2, 13: 9, 15: 9}, Interface: uint32(nic)}
	if err := unix.SetsockoptIPv6Mreq(d.FD, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, m); err != syscall.EADDRINUSE {
		t.Errorf("%s: to join once more gives %v, so that it is no member", form, err)
	}
}

// TestDatagramsEndpoint: it names the port that the system chose, and can be dialled.
func TestDatagramsEndpoint(t *testing.T) {
	o := DefaultOptions()
	for _, ep := range []string{"udp://127.0.0.1:*", "udp://[::1]:*", "udp://*:*"} {
		o.IPv6 = ep == "udp://[::1]:*"
		in, err := ListenUDP(ep, &o)
		if err != nil {
			t.Fatal(err)
		}
		out, err := DialUDP(in.Endpoint(), &o)
		if err != nil {
			t.Fatalf("%s became %s: %v", ep, in.Endpoint(), err)
		}
		if no := out.Send([]byte("packet")); no != 0 {
			t.Errorf("to %s: %v", in.Endpoint(), no)
		}
		b := make([]byte, 10)
		n, from, no := in.Receive(b, true)
		if no != 0 || string(b[:n]) != "packet" {
			t.Errorf("at %s: %q, %v", in.Endpoint(), b[:n], no)
		}
		if no := in.SendTo([]byte("reply"), from); no != 0 {
			t.Errorf("to %s: %v", from, no)
		}
		if n, _, no := out.Receive(b, false); no != 0 || string(b[:n]) != "reply" {
			t.Errorf("reply: %q, %v", b[:n], no)
		}
		for _, bad := range []string{"", "x", "127.0.0.1", "localhost:1"} {
			if no := in.SendTo(nil, bad); no != syscall.EINVAL {
				t.Errorf("to %q: %v", bad, no)
			}
		}
		_, _ = unix.Close(in.FD), unix.Close(out.FD)
	}
}

// FuzzUDP: no text makes more than an error.
func FuzzUDP(f *testing.F) {
	for _, s := range []string{"127.0.0.1:1", "*:*", "lo;239.0.0.1:5", "[ff02::1%lo]:1", ";:", "127.0.0.1;[ff02::1]:1"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, v6 bool) {
		o := DefaultOptions()
		o.IPv6 = v6
		// Passive: nobody is asked for a name that is not an address.
		if h, errno := parseHostPort(s, true); errno == 0 {
			if _, numeric := h.literal(); !numeric && h.host != wildcard {
				return
			}
		}
		a, err := parseUDP("udp://"+s, true, &o)
		if err == nil && (!a.target.IsValid() || a.bind.Addr().Is4() != a.target.Addr().Is4()) {
			t.Errorf("%q became %v and %v", s, a.bind, a.target)
		}
	})
}
