// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"sync"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// names is the context's register of inproc endpoints, and of connects that came
// before their bind (libzmq ctx_t's endpoints and pending connections). The lock
// is held for map operations only; pipes are attached after it is released.
type names struct {
	mu sync.Mutex
	// +checklocks:mu
	bound   map[string]binding
	pending map[string][]*peering
}

// binding is a bound name, with the binder's options at that moment (edge case
// 147).
type binding struct {
	b    *Base
	opts option.Options
}

// peering is one connect: the pipe's two ends and who connects.
type peering struct {
	connecter *Base
	opts      option.Options
	ours      *pipe.Pipe // the connecter's end
	theirs    *pipe.Pipe // the binder's end
}

// bindInproc registers a name and takes in those who connected to it before.
func (b *Base) bindInproc(name, endpoint string) error {
	if name == "" {
		return errno.EINVAL
	}
	opts := b.snapshot()
	waiting, ok := b.ctx.names.bind(name, binding{b, opts})
	if !ok {
		return errno.EADDRINUSE
	}
	b.endpoint.Store(&endpoint)
	for _, w := range waiting {
		w.join(b, &opts, endpoint)
	}
	return nil
}

// bind enters a name and returns the connects that wait for it.
func (n *names) bind(name string, x binding) ([]*peering, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.bound[name]; taken {
		return nil, false
	}
	if n.bound == nil {
		n.bound = make(map[string]binding)
	}
	n.bound[name] = x
	waiting := n.pending[name]
	delete(n.pending, name)
	return waiting, true
}

// connectInproc connects to a name that is bound now or later.
func (b *Base) connectInproc(name, endpoint string) (*pipe.Pipe, error) {
	if name == "" {
		return nil, errno.EINVAL
	}
	opts := b.takeSnapshot()
	w := &peering{connecter: b, opts: opts}
	w.ours, w.theirs = newInprocPair(&opts)
	w.ours.Endpoint = endpoint
	w.ours.RoutingID = opts.ConnectRoutingID
	engine.Hello(w.ours, &opts)
	b.endpoint.Store(&endpoint)
	// First ours, so that a binder that comes at once finds it in place.
	b.attach(w.ours, false)
	binder, ok := b.ctx.names.connect(name, w)
	if ok {
		w.join(binder.b, &binder.opts, endpoint)
	} else if b.check() == errno.ENOTSOCK {
		// Closed while it was entered.
		b.ctx.names.removeAll(b)
	}
	return w.ours, nil
}

// connect returns the binder of a name, or lets w wait for one.
func (n *names) connect(name string, w *peering) (binding, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if x, ok := n.bound[name]; ok {
		return x, true
	}
	if n.pending == nil {
		n.pending = make(map[string][]*peering)
	}
	n.pending[name] = append(n.pending[name], w)
	return binding{}, false
}

func newInprocPair(o *option.Options) (ours, theirs *pipe.Pipe) {
	c := o.Conflating()
	return pipe.NewPair(pipe.Options{HWM: o.SendHWM, Bytes: o.SendHWMBytes, Conflate: c},
		pipe.Options{HWM: o.RecvHWM, Bytes: o.RecvHWMBytes, Conflate: c})
}

// join gives the binder its end. The high-water marks of both sides add up; none
// on either side is none at all (edge case 85).
func (w *peering) join(binder *Base, o *option.Options, endpoint string) {
	w.theirs.SetHWM(sumHWM(o.SendHWM, w.opts.RecvHWM), sumHWM(w.opts.SendHWM, o.RecvHWM))
	w.theirs.SetBytes(sumHWM(o.SendHWMBytes, w.opts.RecvHWMBytes), sumHWM(w.opts.SendHWMBytes, o.RecvHWMBytes))
	inprocMarks(w.theirs, &w.opts)
	w.theirs.Endpoint = endpoint
	w.theirs.RoutingID = w.opts.RoutingID
	engine.Hello(w.theirs, o)
	binder.attach(w.theirs, true)
	w.connecter.bound(w.ours, o) // who sees that it is inproc finds the binder's sink
	w.connecter.Identified(w.ours, o.RoutingID, nil)
}

// bound notes the marks of the binder that p has got, and what that one wants to
// hear when this one leaves (edge case 215).
func (b *Base) bound(p *pipe.Pipe, o *option.Options) {
	b.withBoth(func() {
		inprocMarks(p, o)
		p.Farewell = engine.Farewell(o)
		b.pat.writeActivated(p) // there may be more room than before
	})
	b.sends.wakeOne()
}

func sumHWM[T int | int64](a, b T) T {
	if a == 0 || b == 0 {
		return 0
	}
	return a + b
}

// termInproc unbinds a name, or disconnects from it (edge case 145).
func (b *Base) termInproc(name, endpoint string) error {
	if b.ctx.names.unbind(name, b) {
		return nil
	}
	b.lockBoth()
	var ps []*pipe.Pipe
	for _, p := range b.pipes {
		if p.Endpoint == endpoint && p.Owner == nil {
			ps = append(ps, p)
		}
	}
	b.unlockBoth()
	if len(ps) == 0 {
		return errno.ENOENT
	}
	b.ctx.names.removePending(name, b)
	for _, p := range ps {
		if b.letGo(p) {
			p.NotifyClosed()
		}
	}
	return nil
}

// unbind removes a name; what is connected to it stays connected.
func (n *names) unbind(name string, b *Base) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if x, ok := n.bound[name]; !ok || x.b != b {
		return false
	}
	delete(n.bound, name)
	return true
}

// removePending forgets b's waiting connects to a name. Afterwards no binder can
// attach the other ends of their pipes.
func (n *names) removePending(name string, b *Base) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweep(name, b)
}

// +checklocks:n.mu
func (n *names) sweep(name string, b *Base) {
	kept := n.pending[name][:0]
	for _, w := range n.pending[name] {
		if w.connecter != b {
			kept = append(kept, w)
			continue
		}
		// Nobody will ever read the other end.
		w.theirs.CloseWrite()
		w.theirs.CloseRead()
	}
	if len(kept) == 0 {
		delete(n.pending, name)
		return
	}
	n.pending[name] = kept
}

// removeAll forgets everything of a closing socket.
func (n *names) removeAll(b *Base) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, x := range n.bound {
		if x.b == b {
			delete(n.bound, name)
		}
	}
	for name := range n.pending {
		n.sweep(name, b)
	}
}
