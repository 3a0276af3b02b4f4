// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net/netip"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Bounds of endpoint texts.
const (
	endpointBytesMax = 4096 // whole endpoint; keeps a hostile text from being carried around
	schemeBytesMax   = 32   // name of a transport
	hostBytesMax     = 255  // a DNS name has at most 253, RFC 1035 2.3.4
	portMax          = 65535
)

// ipcPathBytesMax is the longest ipc path, without the NUL that ends it in
// sun_path.
const ipcPathBytesMax = len(unix.RawSockaddrUnix{}.Path) - 1

// The built-in schemes.
const (
	schemeTCP    = "tcp"
	schemeIPC    = "ipc"
	schemeInproc = "inproc"
	schemeUDP    = "udp"
)

// wildcard is the address that lets the system choose.
const wildcard = "*"

// Split cuts an endpoint at its first "://". Both sides must be there, or the
// error is EINVAL; an endpoint beyond 4096 bytes is ENAMETOOLONG, a scheme
// beyond 32 EPROTONOSUPPORT, because none can have such a name. Whether the
// scheme exists is Lookup's business. Source: libzmq socket_base_t::parse_uri.
func Split(endpoint string) (scheme, addr string, err error) {
	scheme, addr, errno := split(endpoint)
	if errno != 0 {
		return "", "", fail("parse", endpoint, errno)
	}
	return scheme, addr, nil
}

// split is Split with a bare errno, for callers that name their own operation.
func split(endpoint string) (scheme, addr string, errno syscall.Errno) {
	if len(endpoint) > endpointBytesMax {
		return "", "", syscall.ENAMETOOLONG
	}
	scheme, addr, found := strings.Cut(endpoint, "://")
	if !found || scheme == "" || addr == "" {
		return "", "", syscall.EINVAL
	}
	if len(scheme) > schemeBytesMax {
		return "", "", syscall.EPROTONOSUPPORT
	}
	return scheme, addr, 0
}

// CheckConnect says whether endpoint could be connected to, by its text alone:
// names are resolved at each attempt, off the caller's path (edge case 135). The
// error is EPROTONOSUPPORT for an unknown scheme, ENAMETOOLONG for an ipc path
// that does not fit sun_path, EINVAL otherwise, also for the address of a SOCKS
// proxy; an IPv6 address without Options.IPv6 passes here and
// fails in Resolve, as in libzmq. Source: libzmq socket_base_t::connect_internal.
func CheckConnect(endpoint string, o *Options) error {
	scheme, addr, errno := split(endpoint)
	if errno != 0 {
		return fail("connect", endpoint, errno)
	}
	s, known := Lookup(scheme)
	if !known {
		return fail("connect", endpoint, syscall.EPROTONOSUPPORT)
	}
	switch scheme {
	case schemeTCP:
		_, errno = parseTCPConnect(addr)
		if errno == 0 && o != nil && o.SocksProxy != "" {
			_, errno = parseHostPort(o.SocksProxy, false)
		}
	case schemeIPC:
		errno = checkIPC(addr, false)
	case schemeInproc:
	default:
		if s.Dial == nil {
			errno = syscall.EPROTONOSUPPORT
		}
	}
	if errno != 0 {
		return fail("connect", endpoint, errno)
	}
	return nil
}

// hostPort is one side of a tcp address before any lookup.
type hostPort struct {
	host string // without brackets and zone; wildcard only when passive
	zone string // interface name or number behind '%', or ""
	port uint16 // 0 lets the system choose
}

// literal returns the address if host is a numeric one. An IPv4 address in IPv6
// clothes is undressed, because sockets are opened by family; no zone is added.
func (h hostPort) literal() (netip.Addr, bool) {
	a, err := netip.ParseAddr(h.host)
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// tcpAddress is the address part of a tcp endpoint to connect to.
type tcpAddress struct {
	source    hostPort
	hasSource bool
	target    hostPort
}

// parseTCPConnect parses "[source:port;]host:port". The rules are libzmq's,
// socket_base_t::connect_internal (edge case 139), with two differences: what
// libzmq finds out only when it resolves, and then retries for ever in silence
// (stray brackets, an empty host, '*' inside a name), is refused at once, and
// ports are read as parsePort says.
func parseTCPConnect(addr string) (tcpAddress, syscall.Errno) {
	var t tcpAddress
	var errno syscall.Errno
	if addr == "" || !isAlnum(addr[0]) && addr[0] != '[' && addr[0] != ':' {
		return t, syscall.EINVAL
	}
	if i := strings.LastIndexByte(addr, ';'); i >= 0 {
		t.source, errno = parseHostPort(addr[:i], true)
		if errno == 0 && t.source.host == wildcard {
			errno = syscall.EINVAL
		}
		if errno != 0 {
			return t, errno
		}
		t.hasSource = true
		addr = addr[i+1:]
	}
	t.target, errno = parseHostPort(addr, false)
	return t, errno
}

// parseHostPort parses "host:port", with an IPv6 host in brackets or bare: the
// last colon divides. Passive addresses may have '*' for host and port. Source:
// libzmq ip_resolver_t::resolve.
func parseHostPort(s string, passive bool) (hostPort, syscall.Errno) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return hostPort{}, syscall.EINVAL
	}
	port, errno := parsePort(s[i+1:], passive)
	if errno != 0 {
		return hostPort{}, errno
	}
	host := s[:i]
	if n := len(host); n >= 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	host, zone, zoned := strings.Cut(host, "%")
	h := hostPort{host: host, zone: zone, port: port}
	if passive && host == wildcard && !zoned {
		return h, 0
	}
	if !isHost(host, passive) || zoned && !isHost(zone, true) {
		return hostPort{}, syscall.EINVAL
	}
	if a, numeric := h.literal(); zoned && (!numeric || !a.Is6()) {
		return hostPort{}, syscall.EINVAL // only IPv6 has zones, RFC 4007
	}
	return h, 0
}

// parsePort reads a decimal port; passive ones may be '*', which is 0. libzmq
// takes atoi & 0xffff (edge case 140), so that 65537 is port 1 and "5555x" is
// 5555. Connecting to a port nobody wrote is a defect, so both are EINVAL here.
func parsePort(s string, passive bool) (uint16, syscall.Errno) {
	if passive && s == wildcard {
		return 0, 0
	}
	port := 0
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, syscall.EINVAL
		}
		if port = port*10 + int(c-'0'); port > portMax {
			return 0, syscall.EINVAL
		}
	}
	if s == "" {
		return 0, syscall.EINVAL
	}
	return uint16(port), 0
}

// isHost says whether s can be a host. To connect to, it has the characters
// libzmq allows; to bind to it may be an interface name, which may have more.
func isHost(s string, passive bool) bool {
	if s == "" || len(s) > hostBytesMax {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if isAlnum(c) || c == '.' || c == '-' || c == ':' || c == '_' {
			continue
		}
		if !passive || c <= ' ' || c >= 0x7f || strings.IndexByte("[]%;*/", c) >= 0 {
			return false
		}
	}
	return true
}

// isAlnum is C's isalnum in the C locale.
func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// checkIPC checks the address part of an ipc endpoint. '*' asks for a fresh
// path and is for binding only; "@name" is Linux's abstract name space, where
// '@' alone names nothing. Source: libzmq ipc_address_t::resolve.
func checkIPC(addr string, passive bool) syscall.Errno {
	switch {
	case addr == "" || addr == wildcard && !passive:
		return syscall.EINVAL
	case addr == "@" || addr[0] == '@' && !hasAbstract:
		return syscall.EINVAL
	case len(addr) > ipcPathBytesMax:
		return syscall.ENAMETOOLONG
	case strings.IndexByte(addr, 0) >= 0:
		return syscall.EINVAL // would name another file than it says
	}
	return 0
}
