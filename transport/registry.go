// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// schemesMax bounds the number of transports that may be registered.
const schemesMax = 64

// Scheme is a transport by name. Built-in ones have neither function: they work
// on descriptors, or, inproc, inside the process.
//
// Both functions may be called from several goroutines at once and may wait.
// What they return belongs to this package. A net.Conn must allow Read, Write
// and Close from different goroutines, as net demands, and its Close must end
// them. If it has CloseWrite, as *tls.Conn, half-close is carried over.
type Scheme struct {
	// Name is 1 to 32 bytes of a-z, 0-9, '+', '-', '.', a letter first
	// (RFC 3986 3.1, lower case only: libzmq compares schemes exactly).
	Name string
	// InProcess marks inproc. Register refuses it.
	InProcess bool
	// Dial connects to addr, the part behind "://". nil: connect only fails.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
	// Listen listens at addr. The listener's Addr is shown in the bound
	// endpoint, and should be something Dial takes. nil: bind only fails.
	Listen func(ctx context.Context, addr string) (net.Listener, error)
}

// registry is the process's table of transports, as net/http has of handlers.
var registry = struct {
	mu      sync.RWMutex
	schemes map[string]Scheme // +checklocks:mu
}{
	schemes: map[string]Scheme{
		schemeTCP:    {Name: schemeTCP},
		schemeIPC:    {Name: schemeIPC},
		schemeUDP:    {Name: schemeUDP},
		schemeInproc: {Name: schemeInproc, InProcess: true},
	},
}

// Register adds a transport for the rest of the process's life. The error is
// EINVAL (bad name, or neither Dial nor Listen), EEXIST (the name is taken;
// nothing is ever replaced, least of all a built-in) or ENOBUFS (64 are
// registered). It may be called from any goroutine.
func Register(s Scheme) error {
	if !isSchemeName(s.Name) || s.InProcess || s.Dial == nil && s.Listen == nil {
		return fail("register", s.Name, syscall.EINVAL)
	}
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if _, taken := registry.schemes[s.Name]; taken {
		return fail("register", s.Name, syscall.EEXIST)
	}
	if len(registry.schemes) >= schemesMax {
		return fail("register", s.Name, syscall.ENOBUFS)
	}
	registry.schemes[s.Name] = s
	return nil
}

// Lookup returns the transport of that name; the copy is the caller's. It may be
// called from any goroutine.
func Lookup(name string) (*Scheme, bool) {
	registry.mu.RLock()
	defer registry.mu.RUnlock()
	s, known := registry.schemes[name]
	if !known {
		return nil, false
	}
	return &s, true
}

// isSchemeName says whether s may name a transport.
func isSchemeName(s string) bool {
	if s == "" || len(s) > schemeBytesMax || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// resolveDial dials a registered scheme, because Resolve is the step of a connect
// that may wait.
func resolveDial(ctx context.Context, scheme, addr string) ([]Target, error) {
	s, known := Lookup(scheme)
	if !known || s.Dial == nil {
		return nil, syscall.EPROTONOSUPPORT
	}
	conn, err := s.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, syscall.EINVAL // a Dial that forgot its error
	}
	return []Target{{scheme: scheme, path: addr, conn: conn}}, nil
}

// listenHook calls a registered Listen.
func listenHook(s *Scheme, addr string) (net.Listener, error) {
	inner, err := s.Listen(context.Background(), addr)
	if err == nil && inner == nil {
		err = syscall.EINVAL // a Listen that forgot its error
	}
	return inner, err
}
