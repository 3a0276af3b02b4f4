// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// targetsMax bounds the addresses that one name may stand for.
const targetsMax = 16

// Target is one address to connect to, made by Resolve and used up by Connect.
// One goroutine at a time may use it.
type Target struct {
	scheme    string
	addr      netip.AddrPort // tcp
	source    netip.AddrPort // tcp, if hasSource
	hasSource bool
	path      string   // ipc, and the address part where conn is set
	conn      net.Conn // dialled by Resolve, taken by Connect
}

// Endpoint returns the target as a text: numeric for tcp, and without the source
// address, which the peer does not know.
func (t *Target) Endpoint() string {
	if t.scheme == schemeTCP && t.path == "" {
		return tcpEndpoint(t.addr)
	}
	return t.scheme + "://" + t.path
}

// Close releases what a target that was not handed to Connect still holds: a
// connection, where Resolve has dialled one. It may be called twice.
func (t *Target) Close() error {
	conn := t.conn
	if t.conn = nil; conn == nil {
		return nil
	}
	return conn.Close()
}

// ResolveNow reports whether Resolve of endpoint needs no lookup, so that it may
// run on an I/O loop. A malformed endpoint fails at once and counts as such.
func ResolveNow(endpoint string, o *Options) bool {
	scheme, addr, errno := split(endpoint)
	if o.Dials(endpoint) {
		return false
	}
	if errno != 0 || scheme == schemeIPC {
		return true
	}
	if scheme != schemeTCP {
		s, known := Lookup(scheme)
		return !known || s.Dial == nil
	}
	t, errno := parseTCPConnect(addr)
	if errno != 0 {
		return true
	}
	return isImmediate(t.target) && (!t.hasSource || isImmediate(t.source))
}

// isImmediate says whether h is numeric and without a zone to look up.
func isImmediate(h hostPort) bool {
	_, numeric := h.literal()
	return numeric && h.zone == ""
}

// Resolve returns the addresses of endpoint, best first, at least one and at
// most 16. It may wait for a name server, or, where there is a proxy, a dialling
// function or a registered scheme, for the peer: run it off the loop unless ResolveNow allows. ctx ends the wait.
//
// Without Options.IPv6 only IPv4 addresses count; with it IPv6 ones come first
// and IPv4 ones follow, on an IPv4 socket. libzmq asks getaddrinfo for mapped
// addresses instead (ip_resolver_t::resolve_getaddrinfo) and uses the first
// only: on the wire that is the same, and systems without mapped addresses are
// served too. A name that does not resolve is EHOSTUNREACH, an IPv6 address
// without Options.IPv6 is EINVAL, a source of another family EADDRNOTAVAIL.
//
// Targets not given to Connect are to be closed.
func Resolve(ctx context.Context, endpoint string, o *Options) ([]Target, error) {
	if err := CheckConnect(endpoint, o); err != nil {
		return nil, err
	}
	scheme, addr, _ := split(endpoint)
	var targets []Target
	var err error
	switch {
	case o.Dials(endpoint):
		targets, err = resolveByDialling(ctx, scheme, addr, o)
	case scheme == schemeTCP:
		targets, err = resolveTCP(ctx, addr, o.orDefault())
	case scheme == schemeIPC:
		targets = []Target{{scheme: scheme, path: addr}}
	case scheme == schemeInproc:
		err = syscall.EPROTONOSUPPORT // connected inside the process, by socket
	default:
		targets, err = resolveDial(ctx, scheme, addr)
	}
	if err != nil {
		return nil, fail("resolve", endpoint, err)
	}
	return targets, nil
}

// resolveTCP looks up both sides of a tcp address.
func resolveTCP(ctx context.Context, addr string, o *Options) ([]Target, error) {
	parsed, errno := parseTCPConnect(addr)
	if errno != 0 {
		return nil, errno
	}
	hosts, err := lookup(ctx, parsed.target, o.IPv6)
	if err != nil {
		return nil, err
	}
	var source netip.AddrPort
	if parsed.hasSource {
		if source, err = lookupSource(parsed.source, o.IPv6); err != nil {
			return nil, err
		}
	}
	targets := make([]Target, 0, len(hosts))
	for _, host := range hosts {
		if parsed.hasSource && host.Is4() != source.Addr().Is4() {
			continue
		}
		targets = append(targets, Target{
			scheme: schemeTCP, addr: netip.AddrPortFrom(host, parsed.target.port),
			source: source, hasSource: parsed.hasSource,
		})
	}
	if len(targets) == 0 {
		return nil, syscall.EADDRNOTAVAIL
	}
	return targets, nil
}

// lookup returns the addresses of h.
func lookup(ctx context.Context, h hostPort, ipv6 bool) ([]netip.Addr, error) {
	if a, numeric := h.literal(); numeric {
		a, err := scoped(a, h.zone, ipv6)
		return []netip.Addr{a}, err
	}
	network := "ip4"
	if ipv6 {
		network = "ip"
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, network, h.host)
	if err != nil {
		if ended := ctx.Err(); ended != nil {
			return nil, ended
		}
		return nil, syscall.EHOSTUNREACH
	}
	var v4, v6 []netip.Addr
	for _, a := range found {
		if a = a.Unmap(); a.Is4() {
			v4 = append(v4, a)
		} else if ipv6 {
			v6 = append(v6, a)
		}
	}
	all := append(v6, v4...)
	if len(all) == 0 {
		return nil, syscall.EHOSTUNREACH
	}
	return all[:min(len(all), targetsMax)], nil
}

// lookupSource returns the address of h, a numeric address or an interface.
// libzmq asks no name server for it either (tcp_address_t::resolve).
func lookupSource(h hostPort, ipv6 bool) (netip.AddrPort, error) {
	a, numeric := h.literal()
	var err error
	if numeric {
		a, err = scoped(a, h.zone, ipv6)
	} else {
		a, err = interfaceAddr(h.host, ipv6)
	}
	return netip.AddrPortFrom(a, h.port), err
}

// scoped gives a its zone, as an interface's name, because that is what gnet
// looks up. It refuses IPv6 where it is not allowed, and unknown zones.
func scoped(a netip.Addr, zone string, ipv6 bool) (netip.Addr, error) {
	if a.Is6() && !ipv6 {
		return netip.Addr{}, syscall.EINVAL
	}
	if zone == "" {
		return a, nil
	}
	nic, err := net.InterfaceByName(zone)
	if err != nil {
		index, convErr := strconv.Atoi(zone)
		if convErr != nil {
			return netip.Addr{}, syscall.EINVAL
		}
		if nic, err = net.InterfaceByIndex(index); err != nil {
			return netip.Addr{}, syscall.EINVAL
		}
	}
	return a.WithZone(nic.Name), nil
}

// interfaceAddr returns the first address of the interface name: with ipv6 the
// first IPv6 one or else the first IPv4 one, without it the first IPv4 one.
// ENODEV if it has none, or if there is no such interface. Source: libzmq
// ip_resolver_t::resolve_nic_name.
func interfaceAddr(name string, ipv6 bool) (netip.Addr, error) {
	nic, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}, syscall.ENODEV
	}
	addrs, err := nic.Addrs()
	if err != nil {
		return netip.Addr{}, syscall.ENODEV
	}
	var v4, v6 netip.Addr
	for _, addr := range addrs {
		prefix, err := netip.ParsePrefix(addr.String())
		if err != nil {
			continue
		}
		switch a := prefix.Addr(); {
		case a.Is4() && !v4.IsValid():
			v4 = a
		case a.Is6() && !v6.IsValid():
			v6 = a
		}
	}
	switch {
	case ipv6 && v6.IsValid():
		if v6.IsLinkLocalUnicast() {
			v6 = v6.WithZone(nic.Name)
		}
		return v6, nil
	case v4.IsValid():
		return v4, nil
	}
	return netip.Addr{}, syscall.ENODEV
}
