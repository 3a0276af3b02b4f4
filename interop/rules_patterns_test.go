// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"fmt"

	zmq "github.com/zeroloop/zmq"
)

var morePatternRules = []rule{
	{"102 178 ROUTER must deliver", bound, ruleMandatory},
	{"178 ROUTER drops what it need not deliver", anywhere, ruleUnroutable},
	{"180 CONNECT_ROUTING_ID", connecting, ruleConnectID},
	{"183 a reply to a gone peer", bound, ruleGonePeer},
	{"185 REQ hears only whom it asked", anywhere, ruleReqHears},
	{"187 REQ is strict", anywhere, ruleStrict},
	{"190 PULL takes turns", anywhere, rulePullTurns},
	{"191 PUSH sends into what is connecting", connecting, ruleIntoConnecting},
	{"193 PUB drops at its mark", anywhere, rulePubDrops},
	{"195 XPUB_NODROP", anywhere, ruleNoDrop},
	{"203 topics in later parts", anywhere, ruleLaterParts},
	{"199 XPUB that connects keeps what it has heard", connecting, ruleKeepsHeard},
}

func ruleMandatory(c *contest) {
	const size = 1 << 20
	router := c.centre(zmq.ROUTER, append(hwm(2, 2), toggle(zmq.WithRouterMandatory, "ROUTER_MANDATORY"))...)
	dealer := c.other(zmq.DEALER, append(hwm(2, 2), identity("dealer"))...)
	c.meet(router, dealer)
	c.fails("send to nobody", router.try([]byte("nobody"), []byte("x")), zmq.ErrHostUnreach)
	c.say(dealer, "here")
	c.want(router, "dealer", "here")
	n := c.fill(router, []byte("dealer"), pattern(size))
	if n < 2 {
		c.Errorf("room for %d messages", n)
	}
	for range n {
		if m := dealer.recv(); len(m) != 1 || len(m[0]) != size {
			c.Fatalf("received %d frames", len(m))
		}
	}
	c.say(router, "dealer", "room again")
	c.want(dealer, "room again")
	dealer.close()
	c.becomes("unreachable", func() bool { return router.try([]byte("dealer"), []byte("x")) == zmq.ErrHostUnreach })
}

func ruleUnroutable(c *contest) {
	router, dealer := c.centre(zmq.ROUTER), c.other(zmq.DEALER, identity("dealer"))
	c.meet(router, dealer)
	c.say(dealer, "here")
	c.want(router, "dealer", "here")
	c.say(router, "nobody", "lost", "too")
	c.say(router, "dealer") // an identity alone is no message
	c.say(router, "dealer", "first", "")
	c.want(dealer, "first", "")
}

func ruleConnectID(c *contest) {
	router := c.centre(zmq.ROUTER, toggle(zmq.WithRouterMandatory, "ROUTER_MANDATORY"))
	for _, name := range []string{"chosen", "another", ""} {
		dealer := c.other(zmq.DEALER, identity("its own "+name))
		endpoint := dealer.bind(c.d.endpoint(c.T))
		if name == "" { // it was for the next connect only
			name = "its own "
			router.connect(endpoint)
		} else {
			c.set(router, text1(zmq.WithConnectRoutingID, "CONNECT_ROUTING_ID", name))
			router.connect(endpoint)
			c.say(router, name, "before it has said anything")
			c.want(dealer, "before it has said anything")
		}
		c.say(dealer, "here")
		c.want(router, name, "here")
		c.say(router, name, "there")
		c.want(dealer, "there")
	}
	c.fails("send to its own name", router.try([]byte("its own chosen"), []byte("x")), zmq.ErrHostUnreach)
}

func ruleGonePeer(c *contest) {
	rep, gone, stays := c.centre(zmq.REP), c.other(zmq.DEALER), c.other(zmq.DEALER)
	monitor := rep.monitor()
	c.meet(rep, gone, stays)
	c.say(gone, "", "question")
	c.want(rep, "question")
	gone.close()
	c.until(monitor, zmq.EventDisconnected)
	c.say(rep, "to nobody")
	c.say(stays, "", "question")
	c.want(rep, "question")
	c.say(rep, "answer")
	c.want(stays, "", "answer")
}

// ruleReqHears: two ROUTERs know who asks, and the one that is not asked answers.
func ruleReqHears(c *contest) {
	req, a, b := c.centre(zmq.REQ, identity("req")), c.other(zmq.ROUTER), c.other(zmq.ROUTER)
	c.meet(req, a, b)
	asked := func() (it, other subject) {
		for {
			if m := a.tryRecv(); m != nil {
				return a, b
			}
			if m := b.tryRecv(); m != nil {
				return b, a
			}
		}
	}
	for i := range 2 { // not more: who is asked again may still say what nobody asked
		c.say(req, fmt.Sprint("question ", i))
		it, other := asked()
		if i > 0 {
			c.say(other, "req", "", "nobody asked")
		}
		c.say(it, "req", "", fmt.Sprint("answer ", i))
		c.want(req, fmt.Sprint("answer ", i))
	}
}

func ruleStrict(c *contest) {
	req, rep := c.centre(zmq.REQ), c.other(zmq.REP)
	c.meet(req, rep)
	taken := func(what string, s subject) {
		c.Helper()
		_, failed := s.take()
		c.fails(what, failed, zmq.ErrFSM)
	}
	taken("receive before send", req)
	c.fails("reply before the request", rep.try(empty), zmq.ErrFSM)
	for range 2 {
		c.say(req, "question")
		c.fails("send twice", req.try(empty), zmq.ErrFSM)
		c.want(rep, "question")
		taken("receive twice", rep)
		c.say(rep, "answer")
		c.fails("reply twice", rep.try(empty), zmq.ErrFSM)
		c.want(req, "answer")
		taken("receive twice", req)
	}
}

// rulePullTurns: of two that have sent much, each is heard in turn.
func rulePullTurns(c *contest) {
	const each = 20
	pull, a, b := c.centre(zmq.PULL), c.other(zmq.PUSH), c.other(zmq.PUSH)
	c.meet(pull, a, b)
	for _, push := range []end{a, b} {
		c.say(push, "warm up")
		c.want(pull, "warm up")
	}
	for i := range each {
		for name, push := range map[string]end{"a": a, "b": b} {
			c.say(push, name, fmt.Sprint(i))
		}
	}
	next := map[string]int{}
	for range 2 * each {
		m := pull.recv()
		if len(m) != 2 || string(m[1]) != fmt.Sprint(next[string(m[0])]) {
			c.Fatalf("received %q, after %v", m, next)
		}
		next[string(m[0])]++
	}
}

func ruleIntoConnecting(c *contest) {
	push, here, late := c.centre(zmq.PUSH), c.other(zmq.PULL), c.other(zmq.PULL)
	endpoint := c.free()
	push.connect(here.bind(c.d.endpoint(c.T)))
	push.connect(endpoint)
	for i := range 4 {
		c.say(push, fmt.Sprint(i))
	}
	c.want(here, "0")
	c.want(here, "2")
	c.silent(here)
	late.bind(endpoint)
	c.want(late, "1")
	c.want(late, "3")
}

// rulePubDrops: who does not read misses what there is no room for, and nobody
// waits for it.
func rulePubDrops(c *contest) {
	const sent, size = 60, 1 << 20
	pub, sub := c.centre(zmq.PUB, hwm(2, 2)...), c.other(zmq.SUB, hwm(2, 2)...)
	sub.subscribe("")
	c.meet(pub, sub)
	c.ripe(pub, sub, "x")
	for i := range sent {
		pub.send([]byte(fmt.Sprint(i)), pattern(size))
	}
	last, got := -1, 0
	for m := sub.tryRecv(); m != nil; m = sub.tryRecv() {
		var n int
		if _, err := fmt.Sscan(string(m[0]), &n); err != nil || len(m) != 2 || len(m[1]) != size || n <= last {
			c.Fatalf("received %d frames, the first %.20q, after %d", len(m), m[0], last)
		}
		last, got = n, got+1
	}
	if got == 0 || got == sent {
		c.Errorf("%d of %d messages came", got, sent)
	}
	c.ripe(pub, sub, "x") // there is room again
}

func ruleNoDrop(c *contest) {
	const size = 1 << 20
	xpub := c.centre(zmq.XPUB, append(hwm(2, 2), toggle(zmq.WithXPubNoDrop, "XPUB_NODROP"))...)
	sub, other := c.other(zmq.SUB, hwm(2, 2)...), c.other(zmq.SUB)
	c.meet(xpub, sub, other)
	sub.subscribe("a")
	wantFrames(c.T, c.hear(xpub, sub, other), []byte("\x01a"))
	other.subscribe("b")
	wantFrames(c.T, c.hear(xpub, sub, other), []byte("\x01b"))
	n := c.fill(xpub, []byte("a"), pattern(size))
	if n < 2 {
		c.Errorf("room for %d messages", n)
	}
	c.say(xpub, "b", "for who has room") // who is full is not asked
	c.want(other, "b", "for who has room")
	for range n {
		if m := sub.recv(); len(m) != 2 || len(m[1]) != size {
			c.Fatalf("received %d frames", len(m))
		}
	}
	c.say(xpub, "a", "next")
	c.want(sub, "a", "next")
}

func ruleLaterParts(c *contest) {
	xpub, xsub := c.centre(zmq.XPUB), c.other(zmq.XSUB)
	c.meet(xpub, xsub)
	c.say(xsub, "\x01a", "\x01b")
	var heard []string
	for len(heard) < 2 {
		for _, f := range c.hear(xpub, xsub) {
			heard = append(heard, string(f))
		}
	}
	if got := fmt.Sprintf("%q", heard); got != `["\x01a" "\x01b"]` {
		c.Errorf("heard %s", got)
	}
	for _, topic := range []string{"a", "b"} {
		c.say(xpub, topic, "x")
		c.want(xsub, topic, "x")
	}
}

// ruleKeepsHeard: of a subscriber that it has connected to, a publisher keeps what it
// has heard until the next one is there.
func ruleKeepsHeard(c *contest) {
	xpub := c.centre(zmq.XPUB)
	endpoint := c.free()
	xpub.connect(endpoint)
	for round := range 3 {
		sub := c.other(zmq.SUB)
		sub.subscribe("a")
		c.bindAgain(sub, endpoint)
		if round == 0 {
			wantFrames(c.T, c.hear(xpub, sub), []byte("\x01a"))
		}
		c.ripe(xpub, sub, "a")
		sub.close()
		c.silent(xpub)
	}
}
