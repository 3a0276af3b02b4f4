// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"strings"

	zmq "github.com/zeroloop/zmq"
)

var alikeGreeting = []rule{
	{"1 the greeting goes in stages", anywhere, alikeStages},
	{"2 the signature has the length of the identity", anywhere, alikeSignature},
	{"3 4 5 9 11 old peers begin with their identity", bound, alikeOldPeers},
	{"4 29 whatever is no old version is 3.1", bound, alikeVersions},
	{"6 as-server is zero, and not looked at", anywhere, alikeAsServer},
	{"7 16 17 23 after a broken handshake it connects no more", connecting, alikeBroken},
	{"7 the mechanism is compared whole", anywhere, alikeMechanism},
	{"8 old peers are refused where they must prove", bound, alikeOldRefused},
	{"10 who has no version hears everything", bound, alikeHearsAll},
	{"12 reserved flags", anywhere, alikeFlags},
	{"13 READY says the type, and the identity of some", bound, alikeReady},
	{"15 no type is any type", anywhere, alikeNoType},
	{"18 identities that nobody here may choose", anywhere, alikeIdentities},
	{"19 a handshake may not last", anywhere, alikeSlow},
	{"20 the peer exists after the handshake", anywhere, alikeExists},
	{"21 MAXMSGSIZE counts in the handshake", anywhere, alikeMaxInHandshake},
	{"22 what comes with the greeting", anywhere, alikeAtOnce},
	{"24 an accepted connection ends for good", bound, alikeForGood},
}

func alikeStages(c *contest) {
	w := c.hand(c.centre(zmq.PULL)).next()
	w.hear(signature)
	w.say(signature[:9])
	w.quiet()
	w.say(signature[9:])
	w.hear("\x03")
	w.quiet()
	w.say("\x03")
	w.hear(greeting(3, 1, "NULL")[11:])
}

func alikeSignature(c *contest) {
	for _, id := range []string{"", "abc", strings.Repeat("x", 255)} {
		var opts []option
		if id != "" {
			opts = append(opts, identity(id))
		}
		w := c.hand(c.centre(zmq.DEALER, opts...)).next()
		w.hear("\xff" + size8(len(id)+1) + "\x7f")
	}
}

// oldPeers speak versions of ZMTP that know only identities and messages. The
// identity of who they speak to is "iii".
var oldPeers = []struct {
	name  string
	greet func(w *wire, our, their zmq.SocketType, id string)
	frame func(more bool, body string) string
}{
	{"unversioned", greetUnversioned, frameV1},
	{"revision 0", func(w *wire, our, their zmq.SocketType, id string) { greetRevision(w, 0, frameV1, our, their, id) }, frameV1},
	{"revision 1", func(w *wire, our, their zmq.SocketType, id string) { greetRevision(w, 1, frameV2, our, their, id) }, frameV2},
}

// greetUnversioned sends an identity only. For the other one, the signature is the
// header of its own.
func greetUnversioned(w *wire, _, _ zmq.SocketType, id string) {
	w.t.Helper()
	w.say(frameV1(false, id))
	w.hear("\xff" + size8(4) + "\x7f" + "iii")
}

// greetRevision: behind the revision is one byte, the type, and nothing else.
func greetRevision(w *wire, revision byte, frame func(bool, string) string, our, their zmq.SocketType, id string) {
	w.t.Helper()
	w.say("\xff" + size8(len(id)+1) + "\x7f")
	w.take(10)
	w.hear("\x03")
	w.say(string([]byte{revision, byte(their)}))
	w.hear(string([]byte{byte(our)}))
	w.say(frame(false, id))
	w.hear(frame(false, "iii"))
}

func alikeOldPeers(c *contest) {
	for _, v := range oldPeers {
		for _, size := range []int{4, 253, 254, 300} {
			id, long := strings.Repeat("t", size), strings.Repeat("x", 254)
			router := c.centre(zmq.ROUTER, identity("iii"))
			w := c.hand(router).next()
			v.greet(w, zmq.ROUTER, zmq.PUSH, id) // of the wrong type: nobody asks
			w.say(v.frame(true, "hello") + v.frame(false, long))
			c.want(router, id, "hello", long)
			c.say(router, id, long, "")
			w.hear(v.frame(true, long) + v.frame(false, ""))
		}
	}
}

func alikeVersions(c *contest) {
	for _, version := range [][2]byte{{3, 0}, {3, 1}, {3, 9}, {2, 0}, {4, 0}, {200, 0}} {
		sub := c.centre(zmq.SUB)
		sub.subscribe("a")
		w := c.hand(sub).next()
		w.say(greeting(version[0], version[1], "NULL") + ready(zmq.PUB))
		w.take(64)
		w.hear(ready(zmq.SUB))
		in, out := command("SUBSCRIBE", "a"), command("CANCEL", "a")
		if version == [2]byte{3, 0} {
			in, out = "\x00\x02\x01a", "\x00\x02\x00a"
		}
		w.arrivesFrom(sub)
		w.hear(in)
		sub.unsubscribe("a")
		w.hear(out)
	}
}

func alikeAsServer(c *contest) {
	pull := c.centre(zmq.PULL)
	w := c.hand(pull).next()
	claims := []byte(greeting(3, 1, "NULL"))
	claims[32] = 1
	w.say(string(claims) + ready(zmq.PUSH))
	w.hear(greeting(3, 1, "NULL") + ready(zmq.PULL))
	w.say(frameV2(false, "x"))
	c.want(pull, "x")
	w = c.hand(c.centre(zmq.PULL, toggle(zmq.WithPlainServer, "PLAIN_SERVER"))).next()
	w.say(greeting(3, 1, "PLAIN"))
	w.hear(greeting(3, 1, "PLAIN"))
}

func alikeBroken(c *contest) {
	for _, says := range []string{
		greeting(3, 1, "PLAIN"),
		greeting(3, 1, "NULL") + ready(zmq.PUSH), // of the wrong type
		greeting(3, 1, "NULL") + command("READY", property("Socket-Type", "PULL")+"xx"),
		greeting(3, 1, "NULL") + command("HELLO", ""),
		greeting(3, 1, "NULL") + frameV2(false, ""),
	} {
		push := c.centre(zmq.PUSH)
		h := c.hand(push)
		c.say(push, "is queued")
		w := h.next()
		w.say(says)
		w.ends()
		c.becomes("no peer", func() bool { return push.try([]byte("x")) == zmq.ErrAgain })
		h.nobody()
	}
}

func alikeMechanism(c *contest) {
	for _, name := range []string{"", "NUL", "null", "NULL\x00x", "NULL" + strings.Repeat("\x00", 15) + "x"} {
		w := c.hand(c.centre(zmq.PULL)).next()
		w.say(greeting(3, 1, name) + ready(zmq.PUSH))
		w.ends()
	}
}

func alikeOldRefused(c *contest) {
	for _, o := range []option{toggle(zmq.WithPlainServer, "PLAIN_SERVER"), str(zmq.WithZAPDomain, "ZAP_DOMAIN", "d")} {
		for _, v := range oldPeers {
			pull := c.centre(zmq.PULL, o, identity("iii"))
			w := c.hand(pull).next()
			if v.name == "unversioned" {
				w.say(frameV1(false, ""))
			} else {
				w.say(signature + string([]byte{v.name[len(v.name)-1] - '0', byte(zmq.PUSH)}))
			}
			w.ends()
		}
	}
}

func alikeHearsAll(c *contest) {
	for _, v := range oldPeers {
		xpub := c.centre(zmq.XPUB, identity("iii"))
		w := c.hand(xpub).next()
		v.greet(w, zmq.XPUB, zmq.SUB, "")
		want := "\x01"
		if v.name != "unversioned" {
			want = "\x01b" // what it wants, it says
			w.say(v.frame(false, want))
		}
		c.want(xpub, want)
		c.say(xpub, "b", "and more")
		w.hear(v.frame(true, "b") + v.frame(false, "and more"))
	}
}

// alikeFlags: ours ends a connection with reserved flags, and libzmq reads on.
func alikeFlags(c *contest) {
	pull := c.centre(zmq.PULL)
	w := c.hand(pull).next().shake(zmq.PUSH)
	w.say(frameV2(false, "plain") + "\x88\x01x")
	c.want(pull, "plain")
	if c.weLead {
		w.ends()
		return
	}
	c.want(pull, "x")
}

func alikeReady(c *contest) {
	for _, typ := range []zmq.SocketType{
		zmq.PAIR, zmq.PUB, zmq.SUB, zmq.REQ, zmq.REP, zmq.DEALER, zmq.ROUTER, zmq.PULL, zmq.PUSH, zmq.XPUB, zmq.XSUB,
	} {
		w := c.hand(c.centre(typ)).next()
		w.say(greeting(3, 1, "NULL"))
		w.take(64)
		w.hear(ready(typ))
	}
}

// alikeNoType: a READY without a type is good. That a name in other letters is the
// same is so for ours only.
func alikeNoType(c *contest) {
	for _, ready := range []string{command("READY", ""), command("READY", property("socket-type", "SUB")), command("READY", property("other", "x"))} {
		pull := c.centre(zmq.PULL)
		w := c.hand(pull).next()
		w.say(greeting(3, 1, "NULL") + ready)
		if c.weLead && strings.Contains(ready, "socket") {
			w.ends()
			continue
		}
		w.hear(greeting(3, 1, "NULL") + command("READY", property("Socket-Type", "PULL")))
		w.say(frameV2(false, "x"))
		c.want(pull, "x")
	}
}

func alikeIdentities(c *contest) {
	for _, id := range []string{strings.Repeat("i", 300), "\x00abc", "\x00"} {
		router := c.centre(zmq.ROUTER)
		w := c.hand(router).next()
		body := "\x05READY" + property("Socket-Type", "DEALER") + property("Identity", id)
		w.say(greeting(3, 1, "NULL") + "\x06" + size8(len(body)) + body)
		w.hear(greeting(3, 1, "NULL") + ready(zmq.ROUTER))
		w.say(frameV2(false, "hello"))
		c.want(router, id, "hello")
		c.say(router, id, "you too")
		w.hear(frameV2(false, "you too"))
	}
}

func alikeSlow(c *contest) {
	lasts := 2 * moment
	if c.binds() { // where one has to be through in that time
		lasts *= 10
	}
	pull := c.centre(zmq.PULL, span(zmq.WithHandshakeInterval, "HANDSHAKE_IVL", lasts))
	h := c.hand(pull)
	if !c.binds() {
		w := h.next()
		w.say(greeting(3, 1, "NULL"))
		w.ends()
		h.next() // it tries again
		return
	}
	w := h.next().shake(zmq.PUSH)
	slow := h.next()
	slow.say(greeting(3, 1, "NULL"))
	slow.ends()
	w.say(frameV2(false, "still here"))
	c.want(pull, "still here")
}

func alikeExists(c *contest) {
	push := c.centre(zmq.PUSH)
	w := c.hand(push).next()
	w.say(greeting(3, 1, "NULL"))
	w.take(64)
	w.hear(ready(zmq.PUSH))
	want := zmq.Errno(0)
	if c.binds() {
		want = zmq.ErrAgain
	}
	c.fails("send in the handshake", push.try([]byte("early")), want)
	w.say(ready(zmq.PULL))
	if !c.binds() {
		w.hear(frameV2(false, "early"))
	}
	c.say(push, "x")
	w.hear(frameV2(false, "x"))
}

func alikeMaxInHandshake(c *contest) {
	h := c.hand(c.centre(zmq.PUSH, option{zmq.WithMaxMsgSize(10), "MAXMSGSIZE", 10}))
	w := h.next()
	w.say(greeting(3, 1, "NULL") + ready(zmq.PULL))
	w.ends()
	h.nobody()
}

func alikeAtOnce(c *contest) {
	pull := c.centre(zmq.PULL)
	w := c.hand(pull).next()
	w.say(greeting(3, 1, "NULL"))
	w.hear(greeting(3, 1, "NULL") + ready(zmq.PULL))
	w.say(ready(zmq.PUSH) + frameV2(false, "one") + frameV2(true, "two") + frameV2(false, "three"))
	c.want(pull, "one")
	c.want(pull, "two", "three")
}

func alikeForGood(c *contest) {
	for _, end := range []func(w *wire){
		func(w *wire) { _ = w.Close() },
		func(w *wire) { w.say(command("PING", "\x00\x01")) }, // and silence
		func(w *wire) { w.say("\x06\xff\xff\xff\xff\xff\xff\xff\xff") },
	} {
		push := c.centre(zmq.PUSH)
		h := c.hand(push)
		gone := push.monitor()
		w := h.next().shake(zmq.PULL)
		c.say(push, "one")
		w.hear(frameV2(false, "one"))
		end(w)
		c.loses(push, gone)
		w = h.next().shake(zmq.PULL)
		c.say(push, "new")
		w.hear(frameV2(false, "new"))
	}
}
