// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// unregister takes a test's transport away again.
func unregister(t *testing.T, names ...string) {
	t.Cleanup(func() {
		registry.mu.Lock()
		defer registry.mu.Unlock()
		for _, name := range names {
			delete(registry.schemes, name)
		}
	})
}

// pipeNet is a transport of net.Pipe connections: one listener per address.
type pipeNet struct {
	mu        sync.Mutex
	listeners map[string]*pipeListener
}

// pipeListener is a net.Listener for one address of a pipeNet.
type pipeListener struct {
	addr   string
	conns  chan net.Conn
	errs   chan error
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case err := <-l.errs:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.addr) }

// pipeAddr is an address of a pipeNet.
type pipeAddr string

func (a pipeAddr) Network() string { return "pipe" }
func (a pipeAddr) String() string  { return string(a) }

func (p *pipeNet) listen(_ context.Context, addr string) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listeners == nil {
		p.listeners = map[string]*pipeListener{}
	}
	l := &pipeListener{addr: addr, conns: make(chan net.Conn), errs: make(chan error)}
	l.closed = make(chan struct{})
	p.listeners[addr] = l
	return l, nil
}

func (p *pipeNet) dial(ctx context.Context, addr string) (net.Conn, error) {
	p.mu.Lock()
	l := p.listeners[addr]
	p.mu.Unlock()
	if l == nil {
		return nil, unix.ECONNREFUSED
	}
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
	case <-l.closed:
	}
	_, _ = ours.Close(), theirs.Close()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, unix.ECONNREFUSED
}

// registerPipe registers a fresh pipeNet until the test ends.
func registerPipe(t *testing.T, name string) *pipeNet {
	t.Helper()
	p := &pipeNet{}
	if err := Register(Scheme{Name: name, Dial: p.dial, Listen: p.listen}); err != nil {
		t.Fatal(err)
	}
	unregister(t, name)
	return p
}

func TestBuiltInSchemes(t *testing.T) {
	for _, name := range []string{"tcp", "ipc", "inproc"} {
		s, known := Lookup(name)
		if !known || s.Name != name || s.InProcess != (name == "inproc") {
			t.Errorf("Lookup(%q) = %+v, %v", name, s, known)
		}
		p := &pipeNet{}
		wantErrno(t, Register(Scheme{Name: name, Dial: p.dial}), unix.EEXIST)
		if again, _ := Lookup(name); again.Dial != nil {
			t.Errorf("%q was replaced", name)
		}
	}
	if s, known := Lookup("nosuch"); known || s != nil {
		t.Errorf("Lookup(nosuch) = %+v, %v", s, known)
	}
}

func TestRegisterRefuses(t *testing.T) {
	p := &pipeNet{}
	for _, name := range []string{
		"", "A", "1a", "a b", "a:", "a/b", "ä", "+a", strings.Repeat("a", schemeBytesMax+1),
	} {
		wantErrno(t, Register(Scheme{Name: name, Dial: p.dial}), unix.EINVAL)
	}
	wantErrno(t, Register(Scheme{Name: "nofunctions"}), unix.EINVAL)
	wantErrno(t, Register(Scheme{Name: "inprocess", InProcess: true, Dial: p.dial}), unix.EINVAL)
}

func TestRegisterIsBounded(t *testing.T) {
	p := &pipeNet{}
	var err error
	for i := range schemesMax + 1 {
		name := "bound" + strconv.Itoa(i)
		unregister(t, name)
		if err = Register(Scheme{Name: name, Listen: p.listen}); err != nil {
			break
		}
	}
	wantErrno(t, err, unix.ENOBUFS)
}

func TestRegistryIsGoroutineSafe(t *testing.T) {
	p := &pipeNet{}
	var wg sync.WaitGroup
	taken := make(chan bool, 16)
	unregister(t, "race")
	for range cap(taken) {
		wg.Go(func() {
			taken <- Register(Scheme{Name: "race", Dial: p.dial}) == nil
			Lookup("race")
		})
	}
	wg.Wait()
	close(taken)
	n := 0
	for ok := range taken {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d registrations of one name succeeded", n)
	}
}

func TestRegisteredExchange(t *testing.T) {
	noLeaks(t)
	registerPipe(t, "pipe")
	l := mustListen(t, "pipe://somewhere", nil)
	if l.Endpoint() != "pipe://somewhere" {
		t.Errorf("bound to %q", l.Endpoint())
	}
	wantFlags(t, l.FD)
	if _, _, err := l.Accept(); err != unix.EAGAIN {
		t.Fatalf("got %v, want a bare EAGAIN", err)
	}
	if ResolveNow(l.Endpoint(), nil) {
		t.Error("dialling may run on the loop")
	}
	for range 3 {
		client := mustConnect(t, l.Endpoint(), nil)
		server, _ := mustAccept(t, l)
		wantFlags(t, client)
		wantFlags(t, server)
		if err := Tune(server, nil); err != nil {
			t.Error(err)
		}
		wantExchange(t, client, server)
		if got := RemoteEndpoint(client, "pipe"); got != "pipe://" {
			t.Errorf("remote endpoint is %q", got)
		}
	}
	if _, _, err := l.Accept(); err != unix.EAGAIN {
		t.Fatalf("got %v, want a bare EAGAIN", err)
	}
}

func TestRegisteredOneSided(t *testing.T) {
	p := &pipeNet{}
	unregister(t, "dialonly", "listenonly")
	if err := Register(Scheme{Name: "dialonly", Dial: p.dial}); err != nil {
		t.Fatal(err)
	}
	if err := Register(Scheme{Name: "listenonly", Listen: p.listen}); err != nil {
		t.Fatal(err)
	}
	_, err := Listen("dialonly://x", nil)
	wantErrno(t, err, unix.EPROTONOSUPPORT)
	wantErrno(t, CheckConnect("listenonly://x", nil), unix.EPROTONOSUPPORT)
	if err := CheckConnect("dialonly://x", nil); err != nil {
		t.Error(err)
	}
	_, err = Resolve(t.Context(), "dialonly://x", nil)
	wantErrno(t, err, unix.ECONNREFUSED)
}

func TestRegisteredDialEndsWithContext(t *testing.T) {
	noLeaks(t)
	p := registerPipe(t, "pipe")
	if _, err := p.listen(t.Context(), "x"); err != nil { // which nobody accepts from
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Resolve(ctx, "pipe://x", nil)
	var typed *Error
	if !errors.As(err, &typed) || typed.Err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestUnusedTargetIsClosed(t *testing.T) {
	noLeaks(t)
	registerPipe(t, "pipe")
	l := mustListen(t, "pipe://x", nil)
	targets := mustResolve(t, "pipe://x", nil)
	if targets[0].Endpoint() != "pipe://x" {
		t.Errorf("target is %q", targets[0].Endpoint())
	}
	server, _ := mustAccept(t, l)
	for range 2 {
		if err := targets[0].Close(); err != nil {
			t.Error(err)
		}
	}
	wantEnd(t, server)
	_, _, err := Connect(&targets[0], nil)
	wantErrno(t, err, unix.EINVAL)
}

// TestRegisteredCloseDropsWaiting closes a listener with connections that were
// accepted but not taken, and one whose accepted number is on its way.
func TestRegisteredCloseDropsWaiting(t *testing.T) {
	noLeaks(t)
	registerPipe(t, "pipe")
	l := mustListen(t, "pipe://x", nil)
	var clients []int
	for range 5 {
		clients = append(clients, mustConnect(t, "pipe://x", nil))
	}
	await(t, l.FD, unix.POLLIN)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, fd := range clients {
		wantEnd(t, fd)
	}
	_, _, err := l.Accept()
	wantErrno(t, err, unix.EBADF)
}

func TestRegisteredListenerFailure(t *testing.T) {
	noLeaks(t)
	p := registerPipe(t, "pipe")
	l := mustListen(t, "pipe://x", nil)
	inner := p.listeners["x"]
	inner.errs <- unix.EMFILE // passes
	client := mustConnect(t, "pipe://x", nil)
	server, _ := mustAccept(t, l)
	wantExchange(t, client, server)

	inner.errs <- io.ErrUnexpectedEOF // does not
	for range 2 {
		await(t, l.FD, unix.POLLIN)
		_, _, err := l.Accept()
		var typed *Error
		if !errors.As(err, &typed) || typed.Err != io.ErrUnexpectedEOF || typed.Endpoint != "pipe://x" {
			t.Fatalf("got %v", err)
		}
	}
	wantExchange(t, client, server)
}

// TestRegisteredCloseDuringPause closes while the goroutine waits after EMFILE.
func TestRegisteredCloseDuringPause(t *testing.T) {
	noLeaks(t)
	p := registerPipe(t, "pipe")
	l := mustListen(t, "pipe://x", nil)
	for range 4 {
		p.listeners["x"].errs <- unix.EMFILE
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
