// SPDX-License-Identifier: MPL-2.0

// Previous: the façade's proxy.go. Next: base_recv.go, base_send.go.

package socket

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
)

// forwardBatch is how many messages a proxy takes at a time from one side.
const forwardBatch = 64

// Proxy passes messages between two sockets in both directions, whole and in order
// (libzmq zmq_proxy). It belongs to the goroutine that calls Run; the other methods
// may be called from any.
type Proxy struct {
	capture *Base // or nil
	ways    []*way
	gate    gate
}

// way is one direction of a proxy.
type way struct {
	from, to *Base

	messages, bytes atomic.Uint64 // that were received to be passed on
}

// NewProxy makes a proxy. capture, which may be nil, gets a copy of each message
// that it has room for. Both sides may be the same socket.
func NewProxy(frontend, backend, capture *Base) *Proxy {
	p := &Proxy{capture: capture, ways: []*way{{from: frontend, to: backend}}}
	if frontend != backend {
		p.ways = append(p.ways, &way{from: backend, to: frontend})
	}
	p.gate.changed.L = &p.gate.mu
	return p
}

// Run passes messages on until ctx ends or a socket fails, and returns why. A
// direction that a socket type has not is left out, but its socket may fail, too;
// ENOTSUP where none is left.
func (p *Proxy) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.gate.open(ctx)
	var running sync.WaitGroup
	var left atomic.Int32 // directions
	left.Store(int32(len(p.ways)))
	for _, w := range p.ways {
		running.Go(func() {
			err := w.run(ctx, p)
			if errors.Is(err, errno.ENOTSUP) && left.Add(-1) > 0 {
				err = w.from.awaitEnd(ctx)
			}
			cancel(err)
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// run passes messages on until ctx ends or a socket fails.
func (w *way) run(ctx context.Context, p *Proxy) error {
	ms := make([]msg.Msg, forwardBatch)
	defer closeAll(ms)
	for {
		open, err := p.gate.enter(ctx)
		if err != nil {
			return err
		}
		n, err := w.from.RecvBatch(open, ms)
		p.gate.leave()
		if err != nil {
			if ctx.Err() == nil && open.Err() != nil && errors.Is(err, context.Canceled) {
				continue // paused
			}
			return err
		}
		if err := w.pass(ctx, ms[:n], p.capture); err != nil {
			return err
		}
	}
}

// pass sends what was received.
func (w *way) pass(ctx context.Context, ms []msg.Msg, capture *Base) error {
	var size uint64
	for i := range ms {
		size += uint64(ms[i].Size())
		if capture != nil {
			c := ms[i].Clone()
			_ = capture.Send(ctx, &c, false) // no room: the copy is dropped
			c.Close()
		}
	}
	w.messages.Add(uint64(len(ms)))
	w.bytes.Add(size)
	for len(ms) > 0 {
		n, err := w.to.SendBatch(ctx, ms)
		if err != nil {
			return err
		}
		ms = ms[n:]
	}
	return nil
}

func closeAll(ms []msg.Msg) {
	for i := range ms {
		ms[i].Close()
	}
}

// Pause stops the proxy from receiving. What it had received is still sent; what
// was not there when Pause returns stays where it is.
func (p *Proxy) Pause() { p.gate.shut() }

// Resume ends a Pause.
func (p *Proxy) Resume() { p.gate.reopen() }

// Statistics returns what was passed on, in libzmq's order: messages and bytes
// received by the frontend, sent by it, received by the backend, sent by it. Bytes
// are those of bodies. What has been received counts as sent, too: who gets a
// message finds it counted.
func (p *Proxy) Statistics() (n [8]uint64) {
	there, back := p.ways[0], p.ways[len(p.ways)-1]
	n[0], n[1] = there.messages.Load(), there.bytes.Load()
	n[2], n[3] = back.messages.Load(), back.bytes.Load()
	n[4], n[5], n[6], n[7] = n[2], n[3], n[0], n[1]
	return n
}

// gate is what the directions of a proxy pass before they receive.
type gate struct {
	mu      sync.Mutex
	changed sync.Cond // a direction has left
	// +checklocks:mu
	ctx    context.Context // of the run
	inside int             // directions that may be receiving
	way    context.Context // ends when the gate is shut
	shutIt context.CancelFunc
	opened chan struct{} // nil, or closed when the gate is open again
}

// open begins a run. A gate that was shut before stays so.
func (g *gate) open(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ctx = ctx
	if g.opened == nil {
		g.way, g.shutIt = context.WithCancel(ctx)
	}
}

// enter waits until the gate is open, and returns what ends when it is shut.
func (g *gate) enter(ctx context.Context) (context.Context, error) {
	for {
		g.mu.Lock()
		opened, way := g.opened, g.way
		if opened == nil {
			g.inside++
		}
		g.mu.Unlock()
		if opened == nil {
			return way, nil
		}
		select {
		case <-opened:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// leave pairs with enter.
func (g *gate) leave() {
	g.mu.Lock()
	g.inside--
	g.mu.Unlock()
	g.changed.Broadcast()
}

// shut returns when nobody is inside.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
		if g.shutIt != nil {
			g.shutIt()
		}
	}
	for g.inside > 0 {
		g.changed.Wait()
	}
}

func (g *gate) reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		return
	}
	close(g.opened)
	g.opened = nil
	if g.ctx != nil {
		g.way, g.shutIt = context.WithCancel(g.ctx)
	}
}
