// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: routing.go.

package socket

import (
	"bytes"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// standing is how a router stands to a peer. It is kept in p.Data.
//
//	              identity free
//	stranger ──────────────────────▶ routed ──peer gone, or handed over──▶ fading
//	    │ identity taken                ▲
//	    └────────────▶ waiting ─────────┘ its holder is gone
type standing uint8

const (
	stranger standing = iota // has not told its identity
	waiting                  // its identity is another's; neither read nor written
	routed                   // sends and is sent to
	fading                   // is only read
)

// router is libzmq's router_t.
type router struct {
	calm
	routing

	// both locks
	queue map[string][]*pipe.Pipe // who waits for an identity
}

func newRouter(b *Base) pattern {
	r := makeRouter(b)
	return &r
}

func makeRouter(b *Base) router { return router{routing: makeRouting(b)} }

// attach takes p in if its name is known: the peer's identity, one that the
// application has chosen for the next connection (CONNECT_ROUTING_ID, edge case
// 180), or, for a raw connection, one that is made up.
func (r *router) attach(p *pipe.Pipe, known bool) {
	r.b.probe(p)
	if known || len(p.RoutingID) > 0 || r.b.opts.Raw() {
		r.admit(p, p.RoutingID)
		return
	}
	p.Data = stranger
}

// identified takes a stranger in. A peer that has a name keeps it, whatever
// identity it brings after a reconnect (edge case 177).
func (r *router) identified(p *pipe.Pipe, id []byte) {
	switch p.Data {
	case waiting:
		r.unqueue(p)
		r.admit(p, bytes.Clone(id))
	case stranger:
		r.admit(p, bytes.Clone(id))
	}
}

// admit gives p the name id, or a made-up one where id is empty. Where another
// has that name, p waits for it, or, with ROUTER_HANDOVER, takes it over.
//
// libzmq never reads from a peer whose identity was taken when it came, not even
// after the other has left (edge case 175); here it takes that one's place.
func (r *router) admit(p *pipe.Pipe, id []byte) {
	if len(id) == 0 {
		id = r.fresh()
	}
	if holder := r.byID[string(id)]; holder != nil {
		if !r.b.opts.RouterHandover {
			p.RoutingID, p.Data = id, waiting
			if r.queue == nil {
				r.queue = make(map[string][]*pipe.Pipe)
			}
			r.queue[string(id)] = append(r.queue[string(id)], p)
			return
		}
		r.retire(holder)
	}
	p.Data = routed
	r.enter(p, id)
}

// retire takes its name from p and lets it go: what it has sent is read first,
// under a made-up name; closing the writing side makes its session end (edge
// case 176).
func (r *router) retire(p *pipe.Pipe) {
	r.silence(p)
	r.leave(p)
	p.RoutingID, p.Data = r.fresh(), fading
	p.CloseWrite()
}

// detachOut frees p's name at once, although what p has sent may still have to
// be read: a client that comes back with its identity need not wait for that.
func (r *router) detachOut(p *pipe.Pipe) {
	r.silence(p)
	switch p.Data {
	case routed:
		p.Data = fading
		if r.leave(p) {
			r.promote(p.RoutingID)
		}
	case waiting:
		r.unqueue(p)
		p.Data = fading
		r.b.ended(p) // nobody reads it to its end
	case stranger:
		p.Data = fading
		r.b.ended(p)
	}
}

// promote gives id to the one that has waited longest for it.
func (r *router) promote(id []byte) {
	if ps := r.queue[string(id)]; len(ps) > 0 {
		p := ps[0]
		r.unqueue(p)
		r.admit(p, p.RoutingID)
	}
}

// unqueue ends p's waiting.
func (r *router) unqueue(p *pipe.Pipe) {
	id := string(p.RoutingID)
	ps := r.queue[id]
	for i, x := range ps {
		if x != p {
			continue
		}
		copy(ps[i:], ps[i+1:])
		ps[len(ps)-1] = nil
		ps = ps[:len(ps)-1]
		break
	}
	if len(ps) > 0 {
		r.queue[id] = ps
	} else {
		delete(r.queue, id)
	}
}

func (r *router) detachIn(p *pipe.Pipe) {
	r.drop(p)
	p.Data = nil
}

func (r *router) send(f *msg.Part) errno.Errno {
	switch {
	case !r.moreOut:
		return r.open(f, r.b.opts.RouterMandatory)
	case r.b.opts.RouterRaw:
		return r.passRaw(f)
	}
	return r.pass(f)
}

func (r *router) hasOut() bool { return r.routing.hasOut(r.b.opts.RouterMandatory) }
