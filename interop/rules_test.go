// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// The rules of patterns of package spec that can be seen across the wire, with one
// end of libzmq: either end, bound or connecting. A number is that of the edge case.

var patternRules = []rule{
	{"188 REQ that is relaxed correlates", anywhere, ruleReqCorrelates},
	{"183 REP keeps the envelope", anywhere, ruleRepEnvelope},
	{"174 ROUTER names the nameless", anywhere, ruleRouterNames},
	{"175 ROUTER keeps the first of a name", anywhere, ruleRouterDuplicate},
	{"176 ROUTER hands over", anywhere, ruleRouterHandover},
	{"182 PROBE_ROUTER", anywhere, ruleProbe},
	{"81 84 PUSH blocks at its mark", anywhere, rulePushBlocks},
	{"190 191 PUSH goes round", anywhere, rulePushGoesRound},
	{"192 PAIR has one peer", bound, rulePairOnePeer},
	{"95 CONFLATE keeps the last", anywhere, ruleConflate},
	{"103 a closed socket lingers", anywhere, ruleLinger},
	{"197 205 SUB hears what it wants", anywhere, ruleSubHears},
	{"196 198 XPUB hears the first and the last", anywhere, ruleXPubHears(nil, "\x01a", "\x00a")},
	{"198 XPUB_VERBOSE", anywhere, ruleXPubHears([]option{toggle(zmq.WithXPubVerbose, "XPUB_VERBOSE")},
		"\x01a", "\x01a", "\x01a", "\x00a")},
	{"198 XPUB_VERBOSER", anywhere, ruleXPubHears([]option{toggle(zmq.WithXPubVerboser, "XPUB_VERBOSER")},
		"\x01a", "\x01a", "\x01a", "\x00a", "\x00a")},
	{"199 XPUB hears of the gone", bound, ruleXPubGone},
	{"200 XPUB_MANUAL", anywhere, ruleXPubManual},
	{"201 XPUB_MANUAL_LAST_VALUE", anywhere, ruleXPubLastValue},
	{"202 XPUB_WELCOME_MSG", anywhere, ruleXPubWelcome},
	{"205 INVERT_MATCHING", anywhere, ruleInvert},
}

// TestRules: each rule, with either end being libzmq.
func TestRules(t *testing.T) { runRules(t, allRules(), false) }

func allRules() []rule {
	return slices.Concat(patternRules, morePatternRules, connectionRules, securityRules, noticeRules, draftRules)
}

func ruleReqCorrelates(c *contest) {
	req := c.centre(zmq.REQ, toggle(zmq.WithReqRelaxed, "REQ_RELAXED"), toggle(zmq.WithReqCorrelate, "REQ_CORRELATE"), identity("req"))
	router := c.other(zmq.ROUTER)
	c.meet(req, router)
	var ids []string
	for _, text := range []string{"one", "two", "three"} {
		c.say(req, text)
		m := router.recv()
		if len(m) != 4 || string(m[0]) != "req" || len(m[1]) != 4 || len(m[2]) != 0 || string(m[3]) != text {
			c.Fatalf("received %q", m)
		}
		ids = append(ids, string(m[1]))
	}
	for i, answer := range []string{"to one", "to two", "to three"} {
		c.say(router, "req", ids[i], "", answer)
	}
	c.want(req, "to three")
}

func ruleRepEnvelope(c *contest) {
	rep, dealer := c.centre(zmq.REP), c.other(zmq.DEALER)
	c.meet(rep, dealer)
	c.say(dealer, "no", "delimiter")
	c.say(dealer, "a", "b", "", "question", "", "more")
	c.want(rep, "question", "", "more")
	c.say(rep, "answer", "more")
	c.want(dealer, "a", "b", "", "answer", "more")
}

func ruleRouterNames(c *contest) {
	router := c.centre(zmq.ROUTER)
	for range 2 {
		dealer := c.other(zmq.DEALER)
		c.meet(router, dealer)
		c.say(dealer, "who am I")
		m := router.recv()
		if len(m[0]) != 5 || m[0][0] != 0 {
			c.Errorf("the name is %q", m[0])
		}
		c.say(router, string(m[0]), "that one")
		c.want(dealer, "that one")
	}
}

func ruleRouterDuplicate(c *contest) {
	router, first, second := c.centre(zmq.ROUTER), c.other(zmq.DEALER, identity("x")), c.other(zmq.DEALER, identity("x"))
	c.meet(router, first)
	c.say(first, "first")
	c.want(router, "x", "first")
	c.meet(router, second)
	c.say(second, "second")
	for _, text := range []string{"one", "two", "three"} {
		c.say(router, "x", text)
		c.want(first, text)
		c.say(first, text)
		c.want(router, "x", text)
	}
}

func ruleRouterHandover(c *contest) {
	router := c.centre(zmq.ROUTER, toggle(zmq.WithRouterHandover, "ROUTER_HANDOVER"))
	// Whoever loses its name and connects again takes it back: here it does not.
	first := c.other(zmq.DEALER, identity("x"), option{zmq.WithReconnectInterval(zmq.Forever), "RECONNECT_IVL", -1})
	second := c.other(zmq.DEALER, identity("x"))
	c.meet(router, first)
	c.say(first, "first")
	c.want(router, "x", "first")
	c.meet(router, second)
	c.say(second, "second")
	c.want(router, "x", "second")
	c.say(router, "x", "to the second")
	c.want(second, "to the second")
}

func ruleProbe(c *contest) {
	prober, router := c.centre(zmq.DEALER, toggle(zmq.WithProbeRouter, "PROBE_ROUTER"), identity("prober")), c.other(zmq.ROUTER)
	c.meet(prober, router)
	wantFrames(c.T, c.hear(router, prober), []byte("prober"), empty)
	c.say(router, "prober", "seen")
	c.want(prober, "seen")
}

func rulePushBlocks(c *contest) {
	const size = 1 << 20
	push := c.centre(zmq.PUSH, number(zmq.WithSendHWM, "SNDHWM", 2))
	pull := c.other(zmq.PULL, number(zmq.WithRecvHWM, "RCVHWM", 2))
	c.meet(push, pull)
	c.say(push, "first")
	c.want(pull, "first")
	n := c.fill(push, pattern(size))
	if n < 2 {
		c.Errorf("room for %d messages", n)
	}
	for range n {
		if m := pull.recv(); len(m) != 1 || !bytes.Equal(m[0], pattern(size)) {
			c.Fatalf("received %d frames", len(m))
		}
	}
	c.say(push, "room again")
	c.want(pull, "room again")
}

func rulePushGoesRound(c *contest) {
	push, a, b := c.centre(zmq.PUSH), c.other(zmq.PULL), c.other(zmq.PULL)
	c.meet(push, a, b)
	// Both are there when each has got something.
	for i, got := 0, map[end]bool{}; len(got) < 2; i++ {
		c.say(push, "warm up", strconv.Itoa(i))
		for _, e := range []end{a, b} {
			if m := e.tryRecv(); m != nil {
				got[e] = true
			}
		}
	}
	for i := range 6 {
		c.say(push, strconv.Itoa(i), "and more")
	}
	for _, e := range []end{a, b} {
		last := -1
		for range 3 {
			m := e.recv()
			for string(m[0]) == "warm up" {
				m = e.recv()
			}
			n, err := strconv.Atoi(string(m[0]))
			if err != nil || len(m) != 2 || last >= 0 && n != last+2 {
				c.Errorf("received %q after %d", m, last)
			}
			last = n
		}
	}
}

func rulePairOnePeer(c *contest) {
	pair, first, second := c.centre(zmq.PAIR), c.other(zmq.PAIR), c.other(zmq.PAIR)
	c.meet(pair, first)
	c.say(first, "first")
	c.want(pair, "first")
	c.meet(pair, second)
	c.say(second, "into nowhere")
	for i := range 10 {
		c.say(pair, fmt.Sprint(i))
		c.want(first, fmt.Sprint(i))
		c.say(first, fmt.Sprint(i))
		c.want(pair, fmt.Sprint(i))
	}
}

func ruleConflate(c *contest) {
	const last = 100
	conflate := toggle(zmq.WithConflate, "CONFLATE")
	push, pull := c.centre(zmq.PUSH, conflate), c.other(zmq.PULL, conflate)
	c.meet(push, pull)
	for i := range last + 1 {
		c.say(push, strconv.Itoa(i))
	}
	for before := -1; before < last; {
		m := pull.recv()
		n, err := strconv.Atoi(string(m[0]))
		if err != nil || n <= before {
			c.Fatalf("received %q after %d", m, before)
		}
		before = n
	}
}

func ruleLinger(c *contest) {
	const messages = 50
	push, pull := c.centre(zmq.PUSH, option{zmq.WithLinger(zmq.Forever), "LINGER", -1}), c.other(zmq.PULL)
	c.meet(push, pull)
	for i := range messages {
		c.say(push, fmt.Sprint(i), "parts")
	}
	push.close()
	for i := range messages {
		c.want(pull, fmt.Sprint(i), "parts")
	}
}

// ripe publishes until it is heard, and takes in all of that.
func (c *contest) ripe(pub, sub end, topic string) {
	c.Helper()
	for i := 0; ; i++ {
		c.say(pub, topic, "ripe")
		if sub.tryRecv() != nil {
			break
		}
	}
	c.say(pub, topic, "end of ripe")
	for m := sub.recv(); string(m[1]) != "end of ripe"; m = sub.recv() {
	}
}

func ruleSubHears(c *contest) {
	pub, sub := c.centre(zmq.PUB), c.other(zmq.SUB)
	sub.subscribe("a")
	sub.subscribe("a")
	c.meet(pub, sub)
	c.ripe(pub, sub, "a")
	sub.unsubscribe("a")
	sub.subscribe("end")
	c.ripe(pub, sub, "end")
	c.say(pub, "b", "a")
	c.say(pub, "ab", "wanted once more")
	c.want(sub, "ab", "wanted once more")
	sub.unsubscribe("a")
	c.say(pub, "a", "filtered at home by now")
	c.say(pub, "end", "of it")
	c.want(sub, "end", "of it")
}

// ruleXPubHears: what XPUB hears of two peers, of which the first asks twice and
// withdraws twice.
func ruleXPubHears(opts []option, want ...string) func(c *contest) {
	return func(c *contest) {
		xpub, one, two := c.centre(zmq.XPUB, opts...), c.other(zmq.XSUB), c.other(zmq.XSUB)
		c.meet(xpub, one, two)
		one.subscribe("here 1")
		two.subscribe("here 2")
		for range 2 {
			c.hear(xpub, one, two)
		}
		var heard []string
		for _, step := range []struct {
			e    end
			text string
		}{{one, "\x01a"}, {one, "\x01a"}, {two, "\x01a"}, {one, "\x00a"}, {one, "\x00a"}, {two, "\x00a"}} {
			c.say(step.e, step.text)
			c.say(step.e, "through") // behind it, so that the steps follow each other
			for m := xpub.recv(); string(m[0]) != "through"; m = xpub.recv() {
				heard = append(heard, string(m[0]))
			}
		}
		if fmt.Sprintf("%q", heard) != fmt.Sprintf("%q", want) {
			c.Errorf("heard %q, want %q", heard, want)
		}
	}
}

func ruleXPubGone(c *contest) {
	xpub, gone, stays := c.centre(zmq.XPUB), c.other(zmq.SUB), c.other(zmq.SUB)
	c.meet(xpub, gone, stays)
	stays.subscribe("shared")
	c.want(xpub, "\x01shared")
	gone.subscribe("own")
	c.want(xpub, "\x01own")
	gone.subscribe("shared")
	gone.subscribe("last")
	c.want(xpub, "\x01last")
	gone.close()
	heard := map[string]bool{}
	for range 2 {
		heard[string(xpub.recv()[0])] = true
	}
	if !heard["\x00own"] || !heard["\x00last"] {
		c.Errorf("heard %v", heard)
	}
	c.say(xpub, "shared", "still")
	c.want(stays, "shared", "still")
}

func ruleXPubManual(c *contest) {
	xpub, one, two := c.centre(zmq.XPUB, toggle(zmq.WithXPubManual, "XPUB_MANUAL")), c.other(zmq.SUB), c.other(zmq.SUB)
	c.meet(xpub, one, two)
	for i, sub := range []end{one, two} {
		sub.subscribe("")
		wantFrames(c.T, c.hear(xpub, sub), []byte("\x01"))
		xpub.subscribe(fmt.Sprint("for ", i))
	}
	c.say(xpub, "for nobody")
	c.say(xpub, "for 0")
	c.say(xpub, "for 1")
	c.want(one, "for 0")
	c.want(two, "for 1")
}

func ruleXPubLastValue(c *contest) {
	xpub := c.centre(zmq.XPUB, toggle(zmq.WithXPubManualLastValue, "XPUB_MANUAL_LAST_VALUE"))
	one, two := c.other(zmq.SUB), c.other(zmq.SUB)
	c.meet(xpub, one, two)
	for i, sub := range []end{one, two} {
		sub.subscribe("a")
		wantFrames(c.T, c.hear(xpub, sub), []byte("\x01a"))
		xpub.subscribe("a")
		c.say(xpub, "a", fmt.Sprint("for ", i, " alone"))
	}
	c.say(xpub, "a", "for both")
	for i, sub := range []end{one, two} {
		c.want(sub, "a", fmt.Sprint("for ", i, " alone"))
		c.want(sub, "a", "for both")
	}
}

func ruleXPubWelcome(c *contest) {
	xpub := c.centre(zmq.XPUB, text1(zmq.WithXPubWelcomeMsg, "XPUB_WELCOME_MSG", "welcome"))
	hears, deaf := c.other(zmq.SUB), c.other(zmq.SUB)
	hears.subscribe("wel")
	deaf.subscribe("other")
	c.meet(xpub, hears, deaf)
	subscribed := 0
	var first [][]byte
	for (first == nil || subscribed < 2) && c.ctx.Err() == nil {
		if xpub.tryRecv() != nil {
			subscribed++
		}
		if first == nil {
			first = hears.tryRecv()
		}
		deaf.tryRecv()
	}
	wantFrames(c.T, first, []byte("welcome"))
	c.say(xpub, "other")
	c.want(deaf, "other")
}

func ruleInvert(c *contest) {
	invert := toggle(zmq.WithInvertMatching, "INVERT_MATCHING")
	pub, sub := c.centre(zmq.PUB, invert), c.other(zmq.SUB, invert)
	sub.subscribe("a")
	c.meet(pub, sub)
	c.ripe(pub, sub, "b")
	c.say(pub, "ab", "not this")
	c.say(pub, "b", "this")
	c.want(sub, "b", "this")
}
