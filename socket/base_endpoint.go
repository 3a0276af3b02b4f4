// SPDX-License-Identifier: MPL-2.0

// Bind, connect, and their opposites.

package socket

import (
	"strings"
	"sync"
	"time"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/transport"
)

// objects are the sessions and listeners that a socket owns, and the inproc
// names that it has bound or connected. The lock is a leaf.
type objects struct {
	mu sync.Mutex
	// +checklocks:mu
	all map[engine.Object]string // to the endpoint that it belongs to
}

func (o *objects) add(x engine.Object, endpoint string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[engine.Object]string)
	}
	o.all[x] = endpoint
}

func (o *objects) remove(x engine.Object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, x)
}

// take returns the objects of an endpoint, which is theirs no longer: a second call
// finds none, even while they end.
func (o *objects) take(endpoint string) []engine.Object {
	xs := o.of(endpoint)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, x := range xs {
		if _, there := o.all[x]; there {
			o.all[x] = ending
		}
	}
	return xs
}

// ending stands for the endpoint of an object that has been told to end.
const ending = "(ending)"

// of returns the objects of an endpoint, or all for "".
func (o *objects) of(endpoint string) []engine.Object {
	o.mu.Lock()
	defer o.mu.Unlock()
	var xs []engine.Object
	for x, e := range o.all {
		if endpoint == "" || e == endpoint {
			xs = append(xs, x)
		}
	}
	return xs
}

// Adopt implements engine.Host.
func (b *Base) Adopt(x engine.Object, endpoint string) bool {
	if !b.own.Adopt() {
		return false
	}
	b.objects.add(x, endpoint)
	return true
}

// Left implements engine.Host.
func (b *Base) Left(x engine.Object) {
	b.objects.remove(x)
	b.own.Leave()
}

// snapshot returns a copy of the options for an object on a loop.
func (b *Base) snapshot() option.Options {
	b.smu.Lock()
	defer b.smu.Unlock()
	return b.opts
}

// Options returns a copy of the socket's options, whose slices must not be
// changed.
func (b *Base) Options() option.Options { return b.snapshot() }

// LastEndpoint returns the endpoint of the last Bind, as resolved, or Connect.
func (b *Base) LastEndpoint() string {
	if e := b.endpoint.Load(); e != nil {
		return *e
	}
	return ""
}

// Bind makes the socket accept connections at endpoint.
func (b *Base) Bind(endpoint string) error {
	if e := b.check(); e != 0 {
		return e
	}
	scheme, name, err := transport.Split(endpoint)
	if err != nil {
		return err
	}
	if e := b.carries(scheme, true); e != 0 {
		return e
	}
	switch scheme {
	case "inproc":
		return b.bindInproc(name, endpoint)
	case schemeUDP:
		_, err := b.openUDP(endpoint, true)
		return err
	}
	opts := b.snapshot()
	if e := missing(&opts); e != 0 {
		return e
	}
	loop := b.ctx.choose(opts.Affinity)
	if loop == nil {
		return errno.EMTHREAD
	}
	topts := engine.TransportOptions(&opts)
	l, err := transport.Listen(endpoint, &topts)
	if err != nil {
		b.Event(engine.Event{
			Type: engine.EventBindFailed, Bound: true, Local: endpoint,
			Value: int64(errno.From(err)), Err: engine.Numbered(err),
		})
		return err
	}
	bound := l.Endpoint()
	b.Event(engine.Event{Type: engine.EventListening, Bound: true, Local: bound, Value: int64(l.FD)})
	listener := engine.NewListener(loop, b.ctx.pool, b, &opts, l)
	if !b.Adopt(listener, bound) {
		_ = l.Close()
		return errno.ENOTSOCK
	}
	b.endpoint.Store(&bound)
	listener.Start()
	return nil
}

// Connect makes the socket connect to endpoint and stay connected. It does not
// wait for the peer.
func (b *Base) Connect(endpoint string) error {
	_, err := b.connect(endpoint)
	return err
}

// connect is Connect, and returns the socket's end of the pipe where there is one
// already.
func (b *Base) connect(endpoint string) (*pipe.Pipe, error) {
	if e := b.check(); e != 0 {
		return nil, e
	}
	scheme, name, err := transport.Split(endpoint)
	if err != nil {
		return nil, err
	}
	if b.kind.traits.merges && b.connected(endpoint) {
		return nil, nil
	}
	if e := b.carries(scheme, false); e != 0 {
		return nil, e
	}
	switch scheme {
	case "inproc":
		return b.connectInproc(name, endpoint)
	case schemeUDP:
		return b.openUDP(endpoint, false)
	}
	opts := b.takeSnapshot()
	if e := missing(&opts); e != 0 {
		return nil, e
	}
	topts := engine.TransportOptions(&opts)
	if err := transport.CheckConnect(endpoint, &topts); err != nil {
		return nil, err
	}
	loop := b.ctx.choose(opts.Affinity)
	if loop == nil {
		return nil, errno.EMTHREAD
	}
	var ours, theirs *pipe.Pipe
	if !opts.Immediate {
		ours, theirs = engine.NewPipe(&opts)
	}
	s := engine.NewConnecting(loop, b, &opts, endpoint, theirs)
	if !b.Adopt(s, endpoint) {
		return nil, errno.ENOTSOCK
	}
	b.endpoint.Store(&endpoint)
	if ours != nil {
		ours.Owner, ours.Endpoint = s, endpoint
		ours.RoutingID = opts.ConnectRoutingID
		b.attach(ours, false)
	}
	s.Start()
	return ours, nil
}

// missing returns ENOTSUP where the options ask for what is not here: to go on
// without would be less than what was asked for; and EINVAL for CURVE without the
// keys that it takes, with which there would be no secret (edge case 77).
func missing(o *option.Options) errno.Errno {
	var none [32]byte
	switch {
	case o.Mechanism == option.MechanismGSSAPI:
		return errno.ENOTSUP
	case o.Mechanism != option.MechanismCurve:
	case o.CurveSecret == none, !o.AsServer && (o.CurvePublic == none || o.CurveServer == none):
		return errno.EINVAL
	}
	return errno.OK
}

// takeSnapshot returns a copy of the options for one connect, which uses up
// CONNECT_ROUTING_ID.
func (b *Base) takeSnapshot() option.Options {
	b.lockBoth()
	defer b.unlockBoth()
	o := b.opts
	b.opts.ConnectRoutingID = nil
	return o
}

// connected reports whether the socket connects to endpoint already.
func (b *Base) connected(endpoint string) bool {
	b.lockBoth()
	defer b.unlockBoth()
	for _, p := range b.pipes {
		if p.Endpoint == endpoint {
			return true
		}
	}
	return false
}

// Unbind stops accepting connections at endpoint, which must be given as
// LastEndpoint had it, and ends those that were accepted there.
func (b *Base) Unbind(endpoint string) error { return b.termEndpoint(endpoint) }

// Disconnect ends the connections to endpoint, which must be given as to
// Connect.
func (b *Base) Disconnect(endpoint string) error { return b.termEndpoint(endpoint) }

// termEndpoint ends everything that belongs to an endpoint (libzmq
// socket_base_t::term_endpoint): what was sent is flushed for as long as LINGER
// says, what was not received is dropped.
func (b *Base) termEndpoint(endpoint string) error {
	if e := b.check(); e != 0 {
		return e
	}
	if name, ok := strings.CutPrefix(endpoint, "inproc://"); ok {
		return b.termInproc(name, endpoint)
	}
	xs := b.objects.take(endpoint)
	if len(xs) == 0 {
		return errno.ENOENT
	}
	linger := b.snapshot().Linger
	for _, x := range xs {
		for _, p := range b.pipesOf(x) {
			b.letGo(p)
		}
		if s, ok := x.(*engine.Session); ok {
			s.Disconnect(linger)
		} else {
			x.Term(linger)
		}
	}
	return nil
}

// pipesOf returns the pipes that belong to an object.
func (b *Base) pipesOf(x engine.Object) []*pipe.Pipe {
	b.lockBoth()
	defer b.unlockBoth()
	var ps []*pipe.Pipe
	for _, p := range b.pipes {
		if p.Owner == x {
			ps = append(ps, p)
		}
	}
	return ps
}

// Close ends the socket. It does not wait: what was sent goes out in the
// background, for as long as LINGER says, and Ctx.Term waits for that.
func (b *Base) Close() error {
	return b.closeWith(b.snapshot().Linger)
}

// closeWith is Close with a linger of the caller's.
func (b *Base) closeWith(linger time.Duration) error {
	if !b.end(errno.ENOTSOCK) {
		return errno.ENOTSOCK
	}
	b.ctx.unregister(b)
	for _, p := range b.allPipes() {
		if b.letGo(p) {
			p.NotifyClosed()
		}
	}
	for _, x := range b.objects.of("") {
		x.Term(linger)
	}
	b.own.Close(func() { b.ctx.reaped(b) })
	return nil
}

// end makes every call fail with e from now on. It returns false where the
// socket was closed before.
func (b *Base) end(e errno.Errno) bool {
	for {
		old := b.state.Load()
		if errno.Errno(old) == errno.ENOTSOCK {
			return false
		}
		if b.state.CompareAndSwap(old, int32(e)) {
			break
		}
	}
	b.sends.wakeAll()
	b.recvs.wakeAll()
	return true
}

func (b *Base) allPipes() []*pipe.Pipe {
	b.lockBoth()
	defer b.unlockBoth()
	return append([]*pipe.Pipe(nil), b.pipes...)
}
