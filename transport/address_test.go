// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		endpoint, scheme, addr string
		errno                  syscall.Errno
	}{
		{"tcp://127.0.0.1:5555", "tcp", "127.0.0.1:5555", 0},
		{"ipc:///tmp/x", "ipc", "/tmp/x", 0},
		{"inproc://a://b", "inproc", "a://b", 0},
		{"TCP://*:1", "TCP", "*:1", 0},
		{"", "", "", syscall.EINVAL},
		{"tcp", "", "", syscall.EINVAL},
		{"tcp:/x", "", "", syscall.EINVAL},
		{"tcp://", "", "", syscall.EINVAL},
		{"://x", "", "", syscall.EINVAL},
		{strings.Repeat("s", schemeBytesMax) + "://x", strings.Repeat("s", schemeBytesMax), "x", 0},
		{strings.Repeat("s", schemeBytesMax+1) + "://x", "", "", syscall.EPROTONOSUPPORT},
		{"ipc://" + strings.Repeat("x", endpointBytesMax), "", "", syscall.ENAMETOOLONG},
	} {
		scheme, addr, err := Split(c.endpoint)
		if c.errno != 0 {
			wantErrno(t, err, c.errno)
			continue
		}
		if scheme != c.scheme || addr != c.addr || err != nil {
			t.Errorf("Split(%q) = %q, %q, %v", c.endpoint, scheme, addr, err)
		}
	}
}

func TestCheckConnect(t *testing.T) {
	long := strings.Repeat("p", ipcPathBytesMax)
	for _, c := range []struct {
		endpoint string
		errno    syscall.Errno
	}{
		// Legal for libzmq and for us.
		{"tcp://127.0.0.1:5555", 0},
		{"tcp://localhost:0", 0},
		{"tcp://a-b_c.example:65535", 0},
		{"tcp://[::1]:5555", 0},
		{"tcp://::1:5555", 0},
		{"tcp://[fe80::1%lo]:5555", 0},
		{"tcp://127.0.0.1:0;127.0.0.1:5555", 0},
		{"tcp://127.0.0.1:*;127.0.0.1:5555", 0},
		{"tcp://lo:1;localhost:5555", 0},
		{"tcp://[::1]:1;[::1]:5555", 0},
		{"ipc:///tmp/x", 0},
		{"ipc://relative", 0},
		{"ipc://" + long, 0},
		{"inproc://any thing", 0},
		// Illegal for both.
		{"tcp://127.0.0.1", syscall.EINVAL},
		{"tcp://127.0.0.1:", syscall.EINVAL},
		{"tcp://127.0.0.1:*", syscall.EINVAL},
		{"tcp://*:5555", syscall.EINVAL},
		{"tcp://127.0.0.1:x", syscall.EINVAL},
		{"tcp://127.0.0.1:-1", syscall.EINVAL},
		{"tcp://-a:5555", syscall.EINVAL},
		{"tcp://_a:5555", syscall.EINVAL},
		{"tcp://a b:5555", syscall.EINVAL},
		{"tcp://a@b:5555", syscall.EINVAL},
		{"tcp://a/b:5555", syscall.EINVAL},
		{"tcp://localhost:5555/", syscall.EINVAL},
		{"ipc://@", syscall.EINVAL},
		{"ipc://" + long + "p", syscall.ENAMETOOLONG},
		{"nosuch://x", syscall.EPROTONOSUPPORT},
		{"TCP://127.0.0.1:1", syscall.EPROTONOSUPPORT},
		{"udp://127.0.0.1:1", syscall.EPROTONOSUPPORT},
		{"x", syscall.EINVAL},
		// libzmq finds out later or never.
		{"tcp://:5555", syscall.EINVAL},
		{"tcp://[]:5555", syscall.EINVAL},
		{"tcp://[::1:5555", syscall.EINVAL},
		{"tcp://a*b:5555", syscall.EINVAL},
		{"tcp://127.0.0.1:65536", syscall.EINVAL},
		{"tcp://127.0.0.1:70000", syscall.EINVAL},
		{"tcp://127.0.0.1:99999999999999999999", syscall.EINVAL},
		{"tcp://127.0.0.1:5555x", syscall.EINVAL},
		{"tcp://127.0.0.1%lo:5555", syscall.EINVAL},
		{"tcp://name%lo:5555", syscall.EINVAL},
		{"tcp://[fe80::1%]:5555", syscall.EINVAL},
		{"tcp://*:0;127.0.0.1:5555", syscall.EINVAL},
		{"tcp://127.0.0.1;127.0.0.1:5555", syscall.EINVAL},
		{"tcp://;127.0.0.1:5555", syscall.EINVAL},
		{"tcp://" + strings.Repeat("h", hostBytesMax+1) + ":1", syscall.EINVAL},
		{"ipc://*", syscall.EINVAL},
		{"ipc://a\x00b", syscall.EINVAL},
	} {
		err := CheckConnect(c.endpoint, nil)
		if c.errno == 0 && err != nil {
			t.Errorf("CheckConnect(%q): %v", c.endpoint, err)
		}
		if c.errno != 0 && !errors.Is(err, c.errno) {
			t.Errorf("CheckConnect(%q) = %v, want %v", c.endpoint, err, c.errno)
		}
	}
}

func TestParseHostPortPassive(t *testing.T) {
	for _, c := range []struct {
		addr string
		want hostPort
		ok   bool
	}{
		{"*:*", hostPort{host: "*"}, true},
		{"*:0", hostPort{host: "*"}, true},
		{"*:5555", hostPort{host: "*", port: 5555}, true},
		{"eth0.100@x:1", hostPort{host: "eth0.100@x", port: 1}, true},
		{"127.0.0.1:65535", hostPort{host: "127.0.0.1", port: 65535}, true},
		{"[::]:*", hostPort{host: "::"}, true},
		{"[fe80::1%2]:7", hostPort{host: "fe80::1", zone: "2", port: 7}, true},
		{"fe80::1%lo:7", hostPort{host: "fe80::1", zone: "lo", port: 7}, true},
		{"*%lo:1", hostPort{}, false},
		{"*", hostPort{}, false},
		{":1", hostPort{}, false},
		{"a;b:1", hostPort{}, false},
		{"a:**", hostPort{}, false},
		{"a\x7f:1", hostPort{}, false},
	} {
		got, errno := parseHostPort(c.addr, true)
		if (errno == 0) != c.ok || c.ok && got != c.want {
			t.Errorf("parseHostPort(%q) = %+v, %v", c.addr, got, errno)
		}
	}
}

func TestEndpointTextParsesBack(t *testing.T) {
	for _, text := range []string{"0.0.0.0:1", "127.0.0.1:65535", "[::]:80", "[fe80::1%lo]:9"} {
		addr := netip.MustParseAddrPort(text)
		_, rest, _ := split(tcpEndpoint(addr))
		h, errno := parseHostPort(rest, false)
		a, numeric := h.literal()
		if errno != 0 || !numeric || netip.AddrPortFrom(a.WithZone(h.zone), h.port) != addr {
			t.Errorf("%v became %+v, %v", addr, h, errno)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"tcp://a:1", "://", "a://", "", "ipc://@x", "a://b://c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		scheme, addr, err := Split(endpoint)
		if err != nil {
			if !isOneOf(err, syscall.EINVAL, syscall.ENAMETOOLONG, syscall.EPROTONOSUPPORT) {
				t.Fatalf("Split(%q): %v", endpoint, err)
			}
			return
		}
		if scheme+"://"+addr != endpoint || scheme == "" || addr == "" || strings.Contains(scheme, "://") {
			t.Fatalf("Split(%q) = %q, %q", endpoint, scheme, addr)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"127.0.0.1:5555", "[::1]:5555", "::1:1", "*:*", "lo:0;localhost:1", "[fe80::1%lo]:1",
		"a:65536", ":", "[", "%:1", ";", "[%]:1", "::ffff:1.2.3.4:5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		err := CheckConnect("tcp://"+addr, nil)
		if err != nil && !isOneOf(err, syscall.EINVAL, syscall.ENAMETOOLONG) {
			t.Fatalf("CheckConnect(%q): %v", addr, err)
		}
		if parsed, errno := parseTCPConnect(addr); errno == 0 && parsed.target.host == wildcard {
			t.Fatalf("%q connects to the wildcard", addr)
		}
		for _, passive := range []bool{false, true} {
			h, errno := parseHostPort(addr, passive)
			if errno != 0 {
				continue
			}
			text := "[" + h.host + "]:" + strconv.Itoa(int(h.port))
			if h.zone != "" {
				text = "[" + h.host + "%" + h.zone + "]:" + strconv.Itoa(int(h.port))
			}
			again, errno := parseHostPort(text, passive)
			if errno != 0 || again != h {
				t.Fatalf("%q is %+v, but %q is %+v (%v)", addr, h, text, again, errno)
			}
			if !passive && CheckConnect("tcp://"+text, nil) != nil {
				t.Fatalf("%q passes, but %q does not", addr, text)
			}
		}
	})
}

// isOneOf reports whether err is one of errnos.
func isOneOf(err error, errnos ...syscall.Errno) bool {
	for _, errno := range errnos {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
