// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// rule is a row of a table of rules. Its name begins with their numbers.
type rule struct {
	name string
	on   where
	run  func(c *contest)
}

// where says on which runs a rule is to be seen: on all that it does not exclude.
type where int

const (
	bound      where = 1 << iota // the centre is bound
	connecting                   // the centre connects
	tcp
	ipc
	leading // the centre is ours
	once    // the sides do not matter

	anywhere where = 0
)

// contest is one run of a rule.
type contest struct {
	*world
	p      *peer
	d      *side
	weLead bool // the socket in the centre is ours
	alike  bool // all sockets are of the same make
	bound  string
}

// runRules runs each rule with the centre ours and theirs, on each side; alike says
// that those around are of the same make.
func runRules(t *testing.T, rules []rule, alike bool) {
	onEachSide(t, func(t *testing.T, p *peer, d *side) {
		for _, r := range rules {
			for _, weLead := range []bool{true, false} {
				c := &contest{p: p, d: d, weLead: weLead, alike: alike}
				if !r.on.has(c) {
					continue
				}
				name := r.name + "/centre theirs"
				if weLead {
					name = r.name + "/centre ours"
				}
				t.Run(name, func(t *testing.T) {
					c.world = newWorld(t)
					r.run(c)
				})
			}
		}
	})
}

func (on where) has(c *contest) bool {
	switch {
	case on&once != 0 && c.d != &sides[0], on&leading != 0 && !c.weLead, on&tcp != 0 && c.ipc(), on&ipc != 0 && !c.ipc():
		return false
	case on&bound != 0 && !c.binds(), on&connecting != 0 && c.binds():
		return false
	}
	return true
}

// binds says that the centre is what is bound.
func (c *contest) binds() bool { return c.d.weBind == c.weLead }

func (c *contest) ipc() bool { return strings.HasSuffix(c.d.name, "ipc") }

// option is one option in both worlds.
type option struct {
	ours  zmq.Option
	name  string
	value any
}

func (c *contest) open(ours bool, typ zmq.SocketType, opts []option) subject {
	c.Helper()
	if ours {
		s := c.world.open(typ, zmq.WithReconnectInterval(quick))
		for _, o := range opts {
			s.check(s.Set(o.ours))
		}
		return s
	}
	all := options{"RECONNECT_IVL": quick.Milliseconds()}
	for _, o := range opts {
		all[o.name] = o.value
	}
	s := c.p.with(c.world).open(typ, all)
	c.Cleanup(func() { s.p.ask(request{Op: "close", ID: s.id}) }) // unless it is closed
	return s
}

// centre makes the one socket of a rule, other one of those around it.
func (c *contest) centre(typ zmq.SocketType, opts ...option) subject {
	c.Helper()
	return c.open(c.weLead, typ, opts)
}

func (c *contest) other(typ zmq.SocketType, opts ...option) subject {
	c.Helper()
	return c.open(c.weLead == c.alike, typ, opts)
}

// meet connects the others with the centre, one after the other.
func (c *contest) meet(centre end, others ...end) {
	c.Helper()
	for _, other := range others {
		if !c.binds() {
			centre.connect(other.bind(c.d.endpoint(c.T)))
			continue
		}
		if c.bound == "" {
			c.bound = centre.bind(c.d.endpoint(c.T))
		}
		other.connect(c.bound)
	}
}

func (c *contest) say(e end, frames ...string) {
	c.Helper()
	var fs [][]byte
	for _, f := range frames {
		fs = append(fs, []byte(f))
	}
	e.send(fs...)
}

func (c *contest) want(e end, frames ...string) {
	c.Helper()
	got := e.recv()
	same := len(got) == len(frames)
	for i := 0; same && i < len(got); i++ {
		same = string(got[i]) == frames[i]
	}
	if !same {
		c.Fatalf("received %.100q, want %q", got, frames)
	}
}

// hear receives while the others, which get nothing, are called: a libzmq socket
// that is bound meets its peers only then.
func (c *contest) hear(e end, others ...end) [][]byte {
	c.Helper()
	for c.ctx.Err() == nil {
		if m := e.tryRecv(); m != nil {
			return m
		}
		for _, other := range others {
			other.tryRecv()
		}
	}
	c.Fatal("nothing came")
	return nil
}

// fill sends until there is no room and returns how many messages there was room
// for.
func (c *contest) fill(e subject, frames ...[]byte) (n int) {
	c.Helper()
	for {
		switch err := e.try(frames...); {
		case c.ctx.Err() != nil:
			c.Fatalf("room for %d messages, and more", n)
		case err == zmq.ErrAgain:
			return n
		case err != 0:
			c.Fatal(err)
		}
		n++
	}
}

// until hears events up to the first of a type.
func (c *contest) until(monitor end, last zmq.EventType) (types []zmq.EventType) {
	c.Helper()
	for {
		types = append(types, hear(c.T, monitor, "").typ)
		if types[len(types)-1] == last {
			return types
		}
	}
}

// untilFrom is the same where a socket has to be called for it: libzmq ends some
// connections only then.
func (c *contest) untilFrom(e subject, monitor end, last zmq.EventType) {
	c.Helper()
	c.becomes("told", func() bool {
		_, _ = e.take()
		fs := monitor.tryRecv()
		return fs != nil && told(c.T, fs, "").typ == last
	})
}

// fails compares what a call made of itself.
func (c *contest) fails(what string, got, want zmq.Errno) {
	c.Helper()
	if got != want {
		c.Errorf("%s: %v, want %v", what, got, want)
	}
}

// succeeds goes on only where a call did.
func (c *contest) succeeds(what string, got zmq.Errno) {
	c.Helper()
	if got != 0 {
		c.Fatalf("%s: %v", what, got)
	}
}

// silent checks that nothing is there to receive.
func (c *contest) silent(e end) {
	c.Helper()
	if m := e.tryRecv(); m != nil {
		c.Errorf("received %.100q, want nothing", m)
	}
}

// becomes waits until something is so.
func (c *contest) becomes(what string, so func() bool) {
	c.Helper()
	for !so() {
		if c.ctx.Err() != nil {
			c.Fatalf("it did not become so: %s", what)
		}
	}
}

// loses waits until a socket has no peer any more. That it takes no message does not
// say so by itself: its pipe may be full.
func (c *contest) loses(s subject, monitor end) {
	c.Helper()
	c.until(monitor, zmq.EventDisconnected)
	c.becomes("no peer", func() bool { return s.try([]byte("lost")) == zmq.ErrAgain })
}

func toggle(o func(bool) zmq.Option, name string) option { return option{o(true), name, 1} }

func text1(o func([]byte) zmq.Option, name, value string) option {
	return option{o([]byte(value)), name, []byte(value)}
}

func number(o func(int) zmq.Option, name string, n int) option { return option{o(n), name, n} }

func identity(id string) option { return text1(zmq.WithRoutingID, "ROUTING_ID", id) }

func span(o func(time.Duration) zmq.Option, name string, d time.Duration) option {
	return option{o(d), name, d.Milliseconds()}
}

func str(o func(string) zmq.Option, name, value string) option {
	return option{o(value), name, []byte(value)}
}

// set changes an option of a socket that is open.
func (c *contest) set(s subject, o option) {
	c.Helper()
	switch s := s.(type) {
	case *ours:
		s.check(s.Set(o.ours))
	case *theirs:
		s.ask(request{Op: "set", Name: o.name, Value: o.value})
	}
}

// number makes one of an error.
func errnoOf(err error) zmq.Errno {
	var n zmq.Errno
	if err != nil && !errors.As(err, &n) {
		return zmq.ErrFault
	}
	return n
}

func (o *ours) try(frames ...[]byte) zmq.Errno { return errnoOf(o.TrySend(frames...)) }

func (o *ours) take() ([][]byte, zmq.Errno) {
	m, err := o.TryRecv()
	return slices.Clone(m.Frames()), errnoOf(err)
}

func (o *ours) attempt(op, endpoint string) zmq.Errno {
	do := map[string]func(string) error{
		"bind": o.Bind, "connect": o.Connect, "unbind": o.Unbind, "disconnect": o.Disconnect,
	}[op]
	return errnoOf(do(endpoint))
}

func (o *ours) setNumber(n int, value []byte) zmq.Errno { return errnoOf(o.SetSockOpt(n, value)) }

func (o *ours) getNumber(n, _ int) ([]byte, zmq.Errno) {
	b, err := o.SockOpt(n)
	return b, errnoOf(err)
}

// attend is ask for what may fail.
func (s *theirs) attend(q request) answer {
	s.p.w.Helper()
	q.ID = s.id
	a := s.p.ask(q)
	if a.Error != "" && a.Errno == 0 {
		s.p.w.Fatalf("their %v: %s: %s", s.typ, q.Op, a.Error)
	}
	return a
}

func (s *theirs) try(frames ...[]byte) zmq.Errno {
	s.p.w.Helper()
	return zmq.Errno(s.attend(request{Op: "send", Frames: s.packed(frames)}).Errno)
}

func (s *theirs) take() ([][]byte, zmq.Errno) {
	s.p.w.Helper()
	a := s.attend(request{Op: "recv"})
	return s.unpacked(a), zmq.Errno(a.Errno)
}

func (s *theirs) attempt(op, endpoint string) zmq.Errno {
	s.p.w.Helper()
	return zmq.Errno(s.attend(request{Op: op, Endpoint: endpoint}).Errno)
}

func (s *theirs) setNumber(n int, value []byte) zmq.Errno {
	s.p.w.Helper()
	return zmq.Errno(s.attend(request{Op: "set_number", Size: n, Value: value}).Errno)
}

func (s *theirs) getNumber(n, room int) ([]byte, zmq.Errno) {
	s.p.w.Helper()
	a := s.attend(request{Op: "get_number", Size: n, Timeout: int64(room)})
	if a.Errno != 0 {
		return nil, zmq.Errno(a.Errno)
	}
	return s.unpacked(a)[0], 0
}

func (o *ours) property(name string) string {
	o.w.Helper()
	m, err := o.Recv(o.w.ctx)
	o.check(err)
	value, _ := m.Property(name)
	return value
}

func (s *theirs) property(name string) string {
	s.p.w.Helper()
	return string(s.frames(request{Op: "recv_property", Name: name})[0])
}
