// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	zmq "github.com/zeroloop/zmq"
)

var alikeNames = []rule{
	{"111 unbind ends what was accepted", bound, alikeUnbind},
	{"136 LAST_ENDPOINT", once, alikeLast},
	{"137 unbind wants the resolved name", bound, alikeUnbindName},
	{"139 140 endpoints that are none", once, alikeNoEndpoints},
	{"143 which file goes", once, alikeFileGoes},
}

var alikeInside = []rule{
	{"81 85 the mark counts messages, and marks add up", once, alikeMarks},
	{"82 room comes after half", once, alikeHalf},
	{"86 marks change at once", once, alikeMarksChange},
	{"96 CONFLATE is for some types", once, alikeConflate},
	{"97 the end comes behind what was sent", once, alikeDelimiter},
	{"145 unbind keeps what is connected", once, alikeInprocUnbind},
	{"146 who connects first waits", once, alikeConnectFirst},
	{"147 options are those of the bind", once, alikeSnapshot},
	{"148 no events", once, alikeNoEvents},
	{"127 179 ROUTER has room unless it must deliver", once, alikeHasRoom},
	{"211 STREAM to nobody", once, alikeStreamNobody},
	{"172 a monitor of version 1 has 16 events", once, alikeMask},
}

func alikeUnbind(c *contest) {
	pull := c.centre(zmq.PULL)
	h := c.hand(pull)
	w := h.next().shake(zmq.PUSH)
	w.say(frameV2(false, "x"))
	c.want(pull, "x")
	c.succeeds("unbind", pull.attempt("unbind", h.endpoint))
	w.endsFrom(pull)
}

func alikeLast(c *contest) {
	last := func(s subject) string {
		const lastEndpoint = 32
		b, failed := s.getNumber(lastEndpoint, 256)
		c.succeeds("LAST_ENDPOINT", failed)
		return strings.TrimSuffix(string(b), "\x00")
	}
	s := c.centre(zmq.PUSH)
	if got := last(s); got != "" {
		c.Errorf("at first it is %q", got)
	}
	s.connect("tcp://localhost:1")
	if got := last(s); got != "tcp://localhost:1" {
		c.Errorf("after connect it is %q", got)
	}
	s.bind("tcp://lo:*")
	if got := last(s); !strings.HasPrefix(got, "tcp://127.0.0.1:") || strings.HasSuffix(got, "*") {
		c.Errorf("after bind it is %q", got)
	}
	s.bind("ipc://*")
	if got := last(s); !strings.HasPrefix(got, "ipc:///") {
		c.Errorf("after bind it is %q", got)
	}
}

func alikeUnbindName(c *contest) {
	s := c.centre(zmq.PULL)
	wild := "tcp://127.0.0.1:*"
	if c.ipc() {
		wild = "ipc://*"
	}
	endpoint := s.bind(wild)
	c.fails("unbind the wildcard", s.attempt("unbind", wild), zmq.ErrNoEnt)
	c.fails("disconnect from nothing", s.attempt("disconnect", "tcp://127.0.0.1:1"), zmq.ErrNoEnt)
	c.succeeds("unbind", s.attempt("unbind", endpoint))
	c.fails("unbind twice", s.attempt("unbind", endpoint), zmq.ErrNoEnt)
}

func alikeNoEndpoints(c *contest) {
	s := c.centre(zmq.PUSH)
	for _, endpoint := range []string{"", "x", "://x", "tcp://", "tcp://x", "tcp://x:y", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:x"} {
		c.fails("connect "+endpoint, s.attempt("connect", endpoint), zmq.ErrInvalid)
	}
	for _, endpoint := range []string{"xyz://x", "TCP://127.0.0.1:1"} {
		c.fails("connect "+endpoint, s.attempt("connect", endpoint), zmq.ErrProtoNoSupport)
		c.fails("bind "+endpoint, s.attempt("bind", endpoint), zmq.ErrProtoNoSupport)
	}
	// To libzmq a port is what is left of any number, and brackets may be open.
	for _, endpoint := range []string{"tcp://127.0.0.1:65537", "tcp://[127.0.0.1:1"} {
		want := zmq.Errno(0)
		if c.weLead {
			want = zmq.ErrInvalid
		}
		c.fails("connect "+endpoint, s.attempt("connect", endpoint), want)
	}
	c.fails("connect port 0", s.attempt("connect", "tcp://127.0.0.1:0"), 0)
	c.fails("bind a name that is none", s.attempt("bind", "tcp://no-such-interface:*"), zmq.ErrNoDev)
	c.fails("bind what is not here", s.attempt("bind", "tcp://192.0.2.1:*"), zmq.ErrAddrNotAvail)
	c.fails("bind a long path", s.attempt("bind", "ipc:///"+strings.Repeat("x", 200)), zmq.ErrNameTooLong)
	c.fails("connect to a long path", s.attempt("connect", "ipc:///"+strings.Repeat("x", 200)), zmq.ErrNameTooLong)
	c.fails("bind nowhere", s.attempt("bind", "ipc://"+filepath.Join(c.TempDir(), "no", "where")), zmq.ErrNoEnt)
}

// alikeFileGoes: libzmq leaves a file of a given name where it is.
func alikeFileGoes(c *contest) {
	gone := func(path string) bool {
		_, err := os.Stat(path)
		return errors.Is(err, fs.ErrNotExist)
	}
	given := "ipc://" + filepath.Join(c.TempDir(), "s")
	for _, endpoint := range []string{"ipc://*", given} {
		s := c.centre(zmq.PULL)
		endpoint = s.bind(endpoint)
		path := strings.TrimPrefix(endpoint, "ipc://")
		if gone(path) {
			c.Errorf("%s is not there", path)
		}
		c.succeeds("unbind", s.attempt("unbind", endpoint))
		if endpoint != given || c.weLead {
			c.becomes("no file", func() bool { return gone(path) })
			continue
		}
		monitor := s.monitor()
		s.bind(c.d.endpoint(c.T)) // behind the end of the other one
		c.until(monitor, zmq.EventListening)
		if gone(path) {
			c.Errorf("%s is gone", path)
		}
	}
}

var inprocNames atomic.Int64

// inproc makes a name.
func (c *contest) inproc() string { return fmt.Sprint("inproc://", inprocNames.Add(1)) }

func hwm(send, recv int) []option {
	return []option{number(zmq.WithSendHWM, "SNDHWM", send), number(zmq.WithRecvHWM, "RCVHWM", recv)}
}

func alikeMarks(c *contest) {
	for _, x := range []struct{ send, recv, want int }{{3, 2, 5}, {1, 1, 2}, {0, 2, 0}, {3, 0, 0}} {
		at := c.inproc()
		push, pull := c.centre(zmq.PUSH, hwm(x.send, 9)...), c.other(zmq.PULL, hwm(9, x.recv)...)
		push.connect(at)
		parts := make([][]byte, 20)
		if x.send > 0 {
			if n := c.fill(push, parts...); n != x.send {
				c.Errorf("room for %d messages before bind, want %d", n, x.send)
			}
		}
		pull.bind(at)
		if x.want > 0 {
			if n := c.fill(push, parts...); n != x.want-x.send {
				c.Errorf("%d and %d: room for %d messages more", x.send, x.recv, n)
			}
			continue
		}
		for range 1100 { // more than the default
			c.fails("send", push.try(empty), 0)
		}
	}
}

func alikeHalf(c *contest) {
	at := c.inproc()
	pull, push := c.centre(zmq.PULL, hwm(5, 5)...), c.other(zmq.PUSH, hwm(5, 5)...)
	pull.bind(at)
	push.connect(at)
	for range 5 {
		c.say(push, "x")
		c.want(pull, "x")
	}
	if n := c.fill(push, []byte("x")); n != 10 {
		c.Fatalf("room for %d messages, want 10", n)
	}
	for i := 1; i <= 5; i++ {
		c.want(pull, "x")
		if i < 5 {
			c.fails("send before half is read", push.try([]byte("x")), zmq.ErrAgain)
		}
	}
	c.becomes("room", func() bool { return push.try([]byte("x")) == 0 })
}

// alikeMarksChange: of a receiver that has changed its mark, libzmq adds the old one
// again once the sender has changed its own.
func alikeMarksChange(c *contest) {
	for _, x := range []struct{ recv, send, want, libzmq int }{{1, 4, 5, 5}, {9, 0, 10, 10}, {3, 2, 5, 3}} {
		at := c.inproc()
		pull, push := c.centre(zmq.PULL, hwm(1, 1)...), c.other(zmq.PUSH, hwm(1, 1)...)
		pull.bind(at)
		push.connect(at)
		c.say(push, "one")
		c.room(pull) // libzmq learns of its peer, and of the peer's mark, when it is called
		c.set(pull, number(zmq.WithRecvHWM, "RCVHWM", x.recv))
		c.room(push)
		if x.send > 0 {
			c.set(push, number(zmq.WithSendHWM, "SNDHWM", x.send))
		}
		want := x.libzmq
		if c.weLead {
			want = x.want
		}
		if n := 1 + c.fill(push, empty); n != want {
			c.Errorf("with marks of %d and %d room for %d", x.recv, x.send, n)
		}
		c.set(push, number(zmq.WithSendHWM, "SNDHWM", 1))
		c.fails("send after lowering it", push.try(empty), zmq.ErrAgain)
	}
}

func alikeConflate(c *contest) {
	conflate := toggle(zmq.WithConflate, "CONFLATE")
	for _, x := range []struct {
		a, b zmq.SocketType
		last bool
	}{{zmq.DEALER, zmq.DEALER, true}, {zmq.PUSH, zmq.PULL, true}, {zmq.PAIR, zmq.PAIR, false}} {
		at := c.inproc()
		a, b := c.centre(x.a, conflate), c.other(x.b, conflate)
		b.bind(at)
		a.connect(at)
		for i := range 3 {
			c.say(a, fmt.Sprint(i))
		}
		if !x.last {
			c.want(b, "0")
			c.want(b, "1")
		}
		c.want(b, "2")
		c.silent(b)
	}
}

func alikeDelimiter(c *contest) {
	at := c.inproc()
	push, pull := c.centre(zmq.PUSH, append(hwm(2, 2), forEver)...), c.other(zmq.PULL, hwm(2, 2)...)
	pull.bind(at)
	push.connect(at)
	if n := c.fill(push, []byte("two"), []byte("parts")); n != 4 {
		c.Errorf("room for %d messages", n)
	}
	push.close()
	for range 4 {
		c.want(pull, "two", "parts")
	}
	c.silent(pull)
}

func alikeInprocUnbind(c *contest) {
	at := c.inproc()
	pull, push, other := c.centre(zmq.PULL), c.other(zmq.PUSH), c.other(zmq.PULL)
	pull.bind(at)
	push.connect(at)
	c.fails("bind what is bound", other.attempt("bind", at), zmq.ErrAddrInUse)
	c.succeeds("unbind", pull.attempt("unbind", at))
	c.say(push, "still there")
	c.want(pull, "still there")
	c.succeeds("bind again", other.attempt("bind", at))
}

func alikeConnectFirst(c *contest) {
	at, pubAt := c.inproc(), c.inproc()
	router, one, two := c.centre(zmq.ROUTER), c.other(zmq.DEALER, identity("one")), c.other(zmq.DEALER, identity("two"))
	pub, sub := c.centre(zmq.PUB), c.other(zmq.SUB)
	one.connect(at)
	two.connect(at)
	c.say(one, "1")
	c.say(two, "2")
	router.bind(at)
	c.want(router, "one", "1")
	c.want(router, "two", "2")
	pub.connect(pubAt)
	c.say(pub, "lost")
	sub.subscribe("")
	sub.bind(pubAt)
	c.ripe(pub, sub, "heard")
	c.say(pub, "last")
	c.want(sub, "last")
}

func alikeSnapshot(c *contest) {
	at := c.inproc()
	router, other := c.centre(zmq.ROUTER, identity("before")), c.other(zmq.ROUTER, identity("other"))
	router.bind(at)
	c.set(router, identity("after"))
	other.connect(at)
	c.say(other, "after", "x")
	c.say(other, "before", "y")
	c.want(router, "other", "y")
}

func alikeNoEvents(c *contest) {
	at := c.inproc()
	pull, push := c.centre(zmq.PULL), c.other(zmq.PUSH)
	bound, connected := pull.monitor(), push.monitor()
	pull.bind(at)
	push.connect(at)
	c.say(push, "x")
	c.want(pull, "x")
	c.silent(bound)
	c.silent(connected)
}

// room says whether a socket can be sent to, by its own word.
func (c *contest) room(s subject) bool {
	c.Helper()
	const events, pollOut = 15, 2
	b, failed := s.getNumber(events, 4)
	c.succeeds("EVENTS", failed)
	return b[0]&pollOut != 0
}

func alikeHasRoom(c *contest) {
	at := c.inproc()
	router, dealer := c.centre(zmq.ROUTER), c.other(zmq.DEALER, identity("dealer"))
	if !c.room(router) {
		c.Error("without a peer there is no room")
	}
	c.set(router, toggle(zmq.WithRouterMandatory, "ROUTER_MANDATORY"))
	if c.room(router) {
		c.Error("without a peer there is room, though it must deliver")
	}
	router.bind(at)
	dealer.connect(at)
	c.say(dealer, "here")
	c.want(router, "dealer", "here")
	if !c.room(router) {
		c.Error("with a peer there is no room")
	}
	_, failed := router.take()
	c.fails("receive nothing", failed, zmq.ErrAgain)
}

func alikeStreamNobody(c *contest) {
	stream := c.centre(zmq.STREAM)
	if !c.room(stream) {
		c.Error("without a peer there is no room")
	}
	c.fails("send to nobody", stream.try([]byte("nobody"), []byte("x")), zmq.ErrHostUnreach)
}

func alikeMask(c *contest) {
	for mask, want := range map[int]zmq.Errno{0x7ff: 0, 0xffff: 0, 0x10000: zmq.ErrInvalid} {
		got := zmq.Errno(0)
		switch s := c.centre(zmq.PULL).(type) {
		case *ours:
			got = errnoOf(s.Monitor(c.inproc(), zmq.EventType(mask), 1, zmq.PAIR))
		case *theirs:
			got = zmq.Errno(s.attend(request{Op: "monitor", Size: mask}).Errno)
		}
		c.fails(fmt.Sprintf("monitor %#x", mask), got, want)
	}
}
