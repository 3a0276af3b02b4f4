// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"slices"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// rig drives one pattern over bare pipes, in one goroutine and without locks:
// it does what Base does around a pattern, when the test asks for it.
type rig struct {
	t   *testing.T
	b   *Base
	pat pattern

	readable []*pipe.Pipe // signals to the pattern
	writable []*pipe.Pipe
	gone     map[*pipe.Pipe]bool
}

// far is a peer of the pattern: the other end of one of its pipes.
type far struct {
	r     *rig
	p     *pipe.Pipe // the pattern's end
	q     *pipe.Pipe // the peer's end
	woken int        // signals to the peer
}

func newRig(t *testing.T, typ int, set ...func(*option.Options)) *rig {
	t.Helper()
	r := &rig{t: t, gone: make(map[*pipe.Pipe]bool)}
	r.b = &Base{opts: option.Defaults(typ), kind: &kind{}}
	for _, f := range set {
		f(&r.b.opts)
	}
	r.pat = kinds[typ].new(r.b)
	return r
}

// ReadActivated implements pipe.Sink for the pattern's ends.
func (r *rig) ReadActivated(p *pipe.Pipe)  { r.readable = append(r.readable, p) }
func (r *rig) WriteActivated(p *pipe.Pipe) { r.writable = append(r.writable, p) }
func (r *rig) PeerClosed(*pipe.Pipe)       {}

// ReadActivated implements pipe.Sink for the peers' ends.
func (f *far) ReadActivated(*pipe.Pipe)  { f.woken++ }
func (f *far) WriteActivated(*pipe.Pipe) {}
func (f *far) PeerClosed(*pipe.Pipe)     {}

// pair makes a pipe that the pattern does not have yet.
func (r *rig) pair() *far {
	o := &r.b.opts
	p, q := pipe.NewPair(pipe.Options{HWM: o.SendHWM}, pipe.Options{HWM: o.RecvHWM})
	f := &far{r: r, p: p, q: q}
	p.SetSink(r)
	q.SetSink(f)
	q.CheckRead() // asleep, as an idle session is
	return f
}

// accept adds a peer that has the given identity.
func (r *rig) accept(id string) *far {
	f := r.pair()
	f.p.RoutingID = []byte(id)
	r.pat.attach(f.p, true)
	r.settle()
	return f
}

// dial adds a peer that the socket connects to; id is its CONNECT_ROUTING_ID.
func (r *rig) dial(id string) *far {
	f := r.pair()
	f.p.RoutingID = []byte(id)
	r.pat.attach(f.p, false)
	r.settle()
	return f
}

// identify tells the pattern the identity of a peer it has connected to.
func (f *far) identify(id string) {
	f.r.pat.identified(f.p, []byte(id))
	f.r.settle()
}

// settle does what Base does after unlocking.
func (r *rig) settle() {
	if p := r.b.owed; p != nil {
		r.b.owed = nil
		p.Signal()
	}
	for len(r.b.todo.ended)+len(r.b.todo.refused) > 0 {
		ps := append(r.b.todo.ended, r.b.todo.refused...)
		r.b.todo.ended, r.b.todo.refused = nil, nil
		for _, p := range ps {
			r.letGo(p)
		}
	}
}

func (r *rig) letGo(p *pipe.Pipe) {
	if r.gone[p] {
		return
	}
	r.gone[p] = true
	r.pat.detachOut(p)
	r.pat.detachIn(p)
	p.CloseWrite()
	p.CloseRead()
}

// hear hands the signals to the pattern.
func (r *rig) hear() {
	for len(r.readable)+len(r.writable) > 0 {
		in, out := r.readable, r.writable
		r.readable, r.writable = nil, nil
		for _, p := range in {
			if !r.gone[p] {
				r.pat.readActivated(p)
			}
		}
		for _, p := range out {
			if !r.gone[p] {
				r.pat.writeActivated(p)
			}
		}
		r.settle()
	}
}

// part makes a part of s, by reference where that is how it would travel.
func part(s string, more bool) msg.Part {
	f := msg.Part{Data: []byte(s)}
	if len(s) >= msg.RefBytesMin {
		f.Body = buf.WrapBody(f.Data, nil)
	}
	if more {
		f.Flags = msg.More
	}
	return f
}

// send sends a message as Base does: only its first part may be refused.
func (r *rig) send(parts ...string) errno.Errno {
	r.t.Helper()
	r.hear()
	for i, s := range parts {
		f := part(s, i+1 < len(parts))
		body := f.Body
		if e := r.pat.send(&f); e != errno.OK {
			if i > 0 {
				r.t.Errorf("part %d of %q: %v, want it to be taken", i, parts, e)
			}
			if string(f.Data) != s || f.Body != body {
				r.t.Errorf("refused part %q was changed to %q", s, f.Data)
			}
			return e
		}
		if f.Body != nil {
			r.t.Errorf("part %d of %q: the body was left with the caller", i, parts)
		}
	}
	r.settle()
	return errno.OK
}

// recv receives a message as Base does.
func (r *rig) recv() ([]string, errno.Errno) {
	r.t.Helper()
	r.hear()
	defer r.settle()
	var parts []string
	for {
		var f msg.Part
		if e := r.pat.recv(&f); e != errno.OK {
			if parts != nil {
				r.t.Errorf("%v behind the parts %q", e, parts)
			}
			return nil, e
		}
		parts = append(parts, string(f.Data))
		f.Drop()
		if !f.HasMore() {
			return parts, errno.OK
		}
	}
}

func (r *rig) wantSend(want errno.Errno, parts ...string) {
	r.t.Helper()
	if got := r.send(parts...); got != want {
		r.t.Fatalf("send %.40q: %v, want %v", parts, got, want)
	}
}

func (r *rig) wantRecv(want ...string) {
	r.t.Helper()
	got, e := r.recv()
	if e != errno.OK || !slices.Equal(got, want) {
		r.t.Fatalf("recv: %q, %v; want %q", got, e, want)
	}
}

func (r *rig) wantNoRecv(want errno.Errno) {
	r.t.Helper()
	if got, e := r.recv(); e != want {
		r.t.Fatalf("recv: %q, %v; want %v", got, e, want)
	}
}

func (r *rig) wantIn(want bool) {
	r.t.Helper()
	r.hear()
	if got := r.pat.hasIn(); got != want {
		r.t.Fatalf("hasIn: %v, want %v", got, want)
	}
	r.settle()
}

func (r *rig) wantOut(want bool) {
	r.t.Helper()
	r.hear()
	if got := r.pat.hasOut(); got != want {
		r.t.Fatalf("hasOut: %v, want %v", got, want)
	}
}

// put makes the peer send a message.
func (f *far) put(parts ...string) {
	f.r.t.Helper()
	for i, s := range parts {
		p := part(s, i+1 < len(parts))
		if !f.q.Write(&p) {
			f.r.t.Fatalf("peer: no room for %.40q", s)
		}
	}
	if !f.q.Flush() {
		f.q.Signal()
	}
}

// take makes the peer read what has come, messages as their parts joined by |.
func (f *far) take() []string {
	got := []string{}
	var parts []string
	for {
		var p msg.Part
		if !f.q.Read(&p) {
			return got
		}
		parts = append(parts, string(p.Data))
		p.Drop()
		if !p.HasMore() {
			got = append(got, strings.Join(parts, "|"))
			parts = nil
		}
	}
}

func (f *far) want(want ...string) {
	f.r.t.Helper()
	if got := f.take(); !slices.Equal(got, want) {
		f.r.t.Fatalf("peer got %.200q, want %.200q", got, want)
	}
}

// hangUp closes the peer's end.
func (f *far) hangUp() {
	f.q.CloseWrite()
	f.q.CloseRead()
	if f.r.gone[f.p] {
		return
	}
	f.r.pat.detachOut(f.p)
	if f.p.Drained() {
		f.r.b.ended(f.p)
	}
	f.r.settle()
}

func (f *far) wantGone(want bool) {
	f.r.t.Helper()
	f.r.settle()
	if got := f.r.gone[f.p]; got != want {
		f.r.t.Fatalf("pipe let go: %v, want %v", got, want)
	}
}

// wantNoAlloc runs f, which handles one message.
func wantNoAlloc(t *testing.T, f func()) {
	t.Helper()
	for range 100 {
		f()
	}
	if n := testing.AllocsPerRun(500, f); n != 0 {
		t.Errorf("%v allocations per message, want none", n)
	}
}

// lean moves single parts without
// memory of its own, for wantNoAlloc.
type lean struct {
	r    *rig
	part msg.Part
}

func (l *lean) send(data []byte, more bool) {
	l.part = msg.Part{Data: data}
	if more {
		l.part.Flags = msg.More
	}
	if e := l.r.pat.send(&l.part); e != errno.OK {
		l.r.t.Fatalf("send: %v", e)
	}
	if p := l.r.b.owed; p != nil && !more {
		l.r.b.owed = nil
		p.Signal()
	}
}

func (l *lean) recv(parts int) {
	for _, p := range l.r.readable {
		l.r.pat.readActivated(p)
	}
	l.r.readable = l.r.readable[:0]
	for range parts {
		if e := l.r.pat.recv(&l.part); e != errno.OK {
			l.r.t.Fatalf("recv: %v", e)
		}
		l.part.Drop()
	}
}

func (l *lean) put(f *far, data []byte, more bool) {
	l.part = msg.Part{Data: data}
	if more {
		l.part.Flags = msg.More
	}
	f.q.Write(&l.part)
	if !more && !f.q.Flush() {
		f.q.Signal()
	}
}

func (l *lean) take(f *far) {
	for f.q.Read(&l.part) {
		l.part.Drop()
	}
}
