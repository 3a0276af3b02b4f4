// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"net"
	"strings"
	"time"

	zmq "github.com/zeroloop/zmq"
)

var alikeFrames = []rule{
	{"26 a frame of ZMTP 1.0 without flags", bound, alikeNoFlags},
	{"27 a long length of a short frame", anywhere, alikeLongLength},
	{"28 a topic of 255 bytes for an old peer", bound, alikeLongTopic},
	{"30 a publisher takes both forms", bound, alikeBothForms},
	{"33 MAXMSGSIZE is of a frame", anywhere, alikeMaxOfFrame},
	{"38 a PING between two parts", anywhere, alikePingInside},
	{"39 an unknown command is ignored", anywhere, alikeUnknown},
	{"40 42 91 what has come is read after the end", anywhere, alikeReadAfterEnd},
	{"35 a length that nobody has", anywhere, alikeHuge},
	{"87 89 90 half a message is forgotten", anywhere, alikeHalfIn},
	{"90 a half-sent message is not continued", connecting, alikeHalfOut},
	{"91 the queue of an accepted connection goes with it", bound, alikeQueueGoes},
	{"92 what is subscribed is told again", connecting, alikeTellsAgain},
	{"93 what is dropped gives its room back", connecting, alikeRoomBack},
	{"182 a probe is empty", connecting, alikeProbe},
	{"186 a reply without an envelope", connecting, alikeBareReply},
	{"227 options are copied by endpoints", anywhere, alikeCopied},
}

var alikeBeats = []rule{
	{"44 PINGs are for version 3", bound, alikePings},
	{"45 the timeout is the interval", anywhere, alikeTimeout},
	{"46 47 a TTL is said in tenths", bound, alikeTTL},
	{"47 a long TTL", bound, alikeLongTTL},
	{"48 anything stops the TTL", anywhere, alikeStopsTTL},
	{"49 PONG echoes sixteen bytes", anywhere, alikePong},
	{"53 after silence it connects again", connecting, alikeConnectsAgain},
}

func alikeNoFlags(c *contest) {
	pull := c.centre(zmq.PULL, identity("iii"))
	h := c.hand(pull)
	w := h.next()
	greetUnversioned(w, zmq.PULL, zmq.PUSH, "")
	w.say("\x00")
	w.ends()
	w = h.next()
	greetUnversioned(w, zmq.PULL, zmq.PUSH, "")
	w.say("\xff" + size8(2) + "\x00x") // a long length of a short frame is good
	c.want(pull, "x")
}

func alikeLongLength(c *contest) {
	pair := c.centre(zmq.PAIR)
	w := c.hand(pair).next().shake(zmq.PAIR)
	w.say("\x02" + size8(1) + "x")
	c.want(pair, "x")
	for _, n := range []int{0, 255, 256} {
		c.say(pair, strings.Repeat("y", n))
		w.hear(frameV2(false, strings.Repeat("y", n)))
	}
}

// alikeLongTopic: libzmq says that the length has one byte, and writes eight.
func alikeLongTopic(c *contest) {
	topic := strings.Repeat("t", 255)
	sub := c.centre(zmq.SUB)
	sub.subscribe(topic)
	w := c.hand(sub).next().shakeAs(0, ready(zmq.PUB))
	w.arrivesFrom(sub)
	if !c.weLead {
		w.hear("\x00" + size8(256) + "\x01" + topic)
		return
	}
	w.hear(frameV2(false, "\x01"+topic))
}

func alikeBothForms(c *contest) {
	for _, minor := range []byte{0, 1} {
		xpub := c.centre(zmq.XPUB)
		w := c.hand(xpub).next().shakeAs(minor, ready(zmq.SUB))
		w.say(command("SUBSCRIBE", "a") + frameV2(false, "\x01b") + frameV2(false, "\x00b") + command("CANCEL", "a"))
		for _, want := range []string{"\x01a", "\x01b", "\x00b", "\x00a"} {
			c.want(xpub, want)
		}
	}
}

func alikeMaxOfFrame(c *contest) {
	pull := c.centre(zmq.PULL, option{zmq.WithMaxMsgSize(100), "MAXMSGSIZE", 100})
	h := c.hand(pull)
	w := h.next().shake(zmq.PUSH)
	part := strings.Repeat("x", 100)
	w.say(frameV2(true, part) + frameV2(false, part))
	c.want(pull, part, part)
	w.say(frameV2(false, part+"x"))
	w.ends()
	h.nobody()
}

func alikePingInside(c *contest) {
	pull := c.centre(zmq.PULL)
	w := c.hand(pull).next().shake(zmq.PUSH)
	w.say(frameV2(true, "one") + command("PING", "\x00\x00ctx") + frameV2(false, "two"))
	w.hear(command("PONG", "ctx"))
	c.want(pull, "one", "two")
}

func alikeUnknown(c *contest) {
	pull := c.centre(zmq.PULL)
	w := c.hand(pull).next().shake(zmq.PUSH)
	w.say(command("WHATEVER", "x") + "\x04\x02\x09x" + frameV2(false, "then"))
	c.want(pull, "then")
}

// alikeReadAfterEnd: over ipc, where the other end can refuse to hear more, what is
// said to it in vain changes nothing. All comes at once: of what it has not read yet
// libzmq loses some, where the end finds it with its queue full.
func alikeReadAfterEnd(c *contest) {
	const messages = 20
	pair := c.centre(zmq.PAIR, number(zmq.WithRecvHWM, "RCVHWM", 2))
	w := c.hand(pair).next().shake(zmq.PAIR)
	deaf, ipc := w.Conn.(*net.UnixConn)
	if ipc {
		_ = deaf.CloseRead()
	}
	w.say(strings.Repeat(frameV2(true, "one")+frameV2(false, "two"), messages))
	c.want(pair, "one", "two")
	_ = w.Conn.(interface{ CloseWrite() error }).CloseWrite()
	for range messages - 1 {
		if ipc {
			_ = pair.try([]byte("nobody hears this"))
		}
		c.want(pair, "one", "two")
	}
}

func alikeHuge(c *contest) {
	for _, n := range []string{"\x7f\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		w := c.hand(c.centre(zmq.PULL)).next().shake(zmq.PUSH)
		w.say("\x02" + n)
		w.ends()
	}
}

func alikeHalfIn(c *contest) {
	pull := c.centre(zmq.PULL)
	h := c.hand(pull)
	for range 2 {
		w := h.next().shake(zmq.PUSH)
		w.say(frameV2(false, "whole") + frameV2(true, "half"))
		c.want(pull, "whole")
		c.silent(pull)
		_ = w.Close()
	}
	w := h.next().shake(zmq.PUSH)
	w.say(frameV2(false, "new"))
	c.want(pull, "new")
}

func alikeHalfOut(c *contest) {
	push := c.centre(zmq.PUSH)
	h := c.hand(push)
	w := h.next().shake(zmq.PULL)
	push.send(pattern(hugeSize), []byte("rest of the first"))
	c.say(push, "two", "parts")
	c.say(push, "three")
	w.hear("\x03" + size8(hugeSize))
	_ = w.Close()
	w = h.next().shake(zmq.PULL)
	w.hear(frameV2(true, "two") + frameV2(false, "parts") + frameV2(false, "three"))
}

func alikeQueueGoes(c *contest) {
	push := c.centre(zmq.PUSH)
	h := c.hand(push)
	gone := push.monitor()
	w := h.next().shake(zmq.PULL)
	push.send(pattern(hugeSize))
	c.say(push, "lost")
	_ = w.Close()
	c.loses(push, gone)
	w = h.next().shake(zmq.PULL)
	c.say(push, "new")
	w.hear(frameV2(false, "new"))
}

func alikeTellsAgain(c *contest) {
	for _, typ := range []zmq.SocketType{zmq.SUB, zmq.XSUB} {
		sub := c.centre(typ)
		sub.subscribe("a")
		h := c.hand(sub)
		for range 3 {
			w := h.next().shake(zmq.PUB)
			w.arrivesFrom(sub)
			w.hear(command("SUBSCRIBE", "a"))
			_ = w.Close()
		}
	}
}

func alikeRoomBack(c *contest) {
	xsub := c.centre(zmq.XSUB, number(zmq.WithSendHWM, "SNDHWM", 2))
	h := c.hand(xsub)
	for range 4 { // more than there is room for together
		w := h.next()
		w.take(10) // nothing of what follows goes out before the handshake
		c.say(xsub, "dropped")
		_ = w.Close()
	}
	w := h.next()
	c.room(xsub) // libzmq learns of it when it is called
	c.say(xsub, "goes out")
	w.shake(zmq.XPUB)
	w.hear(frameV2(false, "goes out"))
}

func alikeProbe(c *contest) {
	w := c.hand(c.centre(zmq.DEALER, toggle(zmq.WithProbeRouter, "PROBE_ROUTER"))).next().shake(zmq.ROUTER)
	w.hear(frameV2(false, ""))
}

func alikeBareReply(c *contest) {
	req := c.centre(zmq.REQ)
	h := c.hand(req)
	w := h.next().shake(zmq.REP)
	c.say(req, "question")
	w.hear(frameV2(true, "") + frameV2(false, "question"))
	w.say(frameV2(false, "answer"))
	w.ends()
	h.nobody()
}

// alikeCopied: what is set after bind or connect is not for what was bound or
// connected before.
func alikeCopied(c *contest) {
	pull := c.centre(zmq.PULL)
	h := c.hand(pull)
	c.set(pull, option{zmq.WithMaxMsgSize(1), "MAXMSGSIZE", 1})
	w := h.next().shake(zmq.PUSH)
	w.say(frameV2(false, "longer than one byte"))
	c.want(pull, "longer than one byte")
}

// ping is a PING that says when the next thing comes, in tenths of a second.
func ping(tenths int) string {
	return command("PING", string([]byte{byte(tenths >> 8), byte(tenths)}))
}

// beating are heartbeats that nobody has to answer.
func beating(every time.Duration) []option {
	return []option{
		span(zmq.WithHeartbeatInterval, "HEARTBEAT_IVL", every), span(zmq.WithHeartbeatTimeout, "HEARTBEAT_TIMEOUT", patience),
	}
}

func alikePings(c *contest) {
	for _, minor := range []byte{0, 1} {
		w := c.hand(c.centre(zmq.PULL, beating(quick)...)).next()
		w.say(greeting(3, minor, "NULL"))
		w.take(64)
		w.hear(ready(zmq.PULL))
		w.quiet()
		w.say(ready(zmq.PUSH))
		w.hear(ping(0) + ping(0))
	}
	for _, v := range oldPeers {
		pull := c.centre(zmq.PULL, append(beating(quick), identity("iii"))...)
		w := c.hand(pull).next()
		v.greet(w, zmq.PULL, zmq.PUSH, "")
		w.quiet()
		w.say(v.frame(false, "x"))
		c.want(pull, "x")
	}
}

func alikeTimeout(c *contest) {
	w := c.hand(c.centre(zmq.PULL, span(zmq.WithHeartbeatInterval, "HEARTBEAT_IVL", moment))).next().shake(zmq.PUSH)
	w.hear(ping(0))
	w.ends()
}

func alikeTTL(c *contest) {
	for millis, tenths := range map[int]int{99: 0, 250: 2, 65500: 655} {
		ttl := span(zmq.WithHeartbeatTTL, "HEARTBEAT_TTL", time.Duration(millis)*time.Millisecond)
		w := c.hand(c.centre(zmq.PULL, append(beating(quick), ttl)...)).next().shake(zmq.PUSH)
		w.hear(ping(tenths))
	}
}

// alikeLongTTL: libzmq takes 65.6 s for 64 ms.
func alikeLongTTL(c *contest) {
	pull := c.centre(zmq.PULL)
	h := c.hand(pull)
	w := h.next().shake(zmq.PUSH)
	w.say(ping(656))
	w.hear(command("PONG", ""))
	if !c.weLead {
		w.ends()
		return
	}
	other := h.next().shake(zmq.PUSH)
	other.say(ping(1)) // which is longer than 64 ms
	other.ends()
	w.say(frameV2(false, "still here"))
	c.want(pull, "still here")
}

func alikeStopsTTL(c *contest) {
	for _, behind := range []string{frameV2(false, "x"), command("PONG", ""), command("WHAT", "")} {
		pull := c.centre(zmq.PULL)
		h := c.hand(pull)
		w := h.next().shake(zmq.PUSH)
		w.say(ping(1) + behind)
		w.hear(command("PONG", ""))
		last := c.hand(c.centre(zmq.PULL)).next().shake(zmq.PUSH) // is given up later than the other would be
		last.say(ping(1))
		last.ends()
		w.say(frameV2(false, "x") + frameV2(false, "still"))
		for m := pull.recv(); string(m[0]) != "still"; m = pull.recv() {
		}
	}
}

func alikePong(c *contest) {
	w := c.hand(c.centre(zmq.PULL)).next().shake(zmq.PUSH)
	w.say(command("PING", "\x00\x00"+"0123456789abcdef") + command("PING", "\x00\x00"+"0123456789abcdefX"))
	w.hear(command("PONG", "0123456789abcdef"))
	w.hear(command("PONG", "0123456789abcdef"))
}

func alikeConnectsAgain(c *contest) {
	for _, opts := range [][]option{nil, {span(zmq.WithHeartbeatInterval, "HEARTBEAT_IVL", moment)}} {
		pull := c.centre(zmq.PULL, opts...)
		h := c.hand(pull)
		w := h.next().shake(zmq.PUSH)
		w.say(ping(1))
		w.ends()
		c.becomes("heard again", func() bool { // or given up once more, where this side is slow
			w := h.next().shake(zmq.PUSH)
			w.say(frameV2(false, "again"))
			for !w.ended() {
				if pull.tryRecv() != nil {
					return true
				}
			}
			return false
		})
	}
}
