// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"net"
	"slices"
	"strings"

	zmq "github.com/zeroloop/zmq"
)

// Options that libzmq 4.3.4 calls drafts and has all the same, and of the draft types
// what works without the draft calls: no handshake, where it ends the process.

var draftRules = []rule{
	{"68 CURVE needs a handler only where a domain is enforced", anywhere, ruleEnforce},
	{"135 a name is resolved when it is connected to", connecting | tcp, ruleResolves},
	{"164 DGRAM", once, ruleDatagrams},
	{"203 ONLY_FIRST_SUBSCRIBE", anywhere, ruleOnlyFirst},
}

var alikeDrafts = []rule{
	{"13 14 METADATA goes behind the others", bound, alikeMetadata},
	{"65 ENFORCE_DOMAIN without a handler", bound, alikeEnforce},
	{"152 RECONNECT_STOP", connecting | tcp, alikeStop},
	{"192 207 CHANNEL has one peer, and no parts", once, alikeSingle},
}

var enforced = toggle(zmq.WithZAPEnforceDomain, "ZAP_ENFORCE_DOMAIN")

func ruleEnforce(c *contest) {
	for _, domain := range []string{"", "d"} {
		server, client := curveEnds()
		server = append(server, enforced)
		if domain != "" {
			server = append(server, str(zmq.WithZAPDomain, "ZAP_DOMAIN", domain))
		}
		pull, push := c.centre(zmq.PULL, server...), c.other(zmq.PUSH, client...)
		c.bound = ""
		monitor := pull.monitor()
		c.meet(pull, push)
		if domain == "" {
			c.say(push, "x")
			c.want(pull, "x")
			continue
		}
		if types := c.until(monitor, zmq.EventHandshakeFailedNoDetail); slices.Contains(types, zmq.EventHandshakeSucceeded) {
			c.Errorf("the events are %v", types)
		}
	}
}

func ruleResolves(c *contest) {
	push, pull := c.centre(zmq.PUSH), c.other(zmq.PULL)
	endpoint := c.free()
	push.connect(strings.Replace(endpoint, "127.0.0.1", "localhost", 1))
	c.say(push, "x")
	pull.bind(endpoint)
	c.want(pull, "x")
}

// ruleDatagrams: the first frame is an address; libzmq's ends with a zero.
func ruleDatagrams(c *contest) {
	a, b := c.centre(zmq.DGRAM), c.other(zmq.DGRAM)
	at := func(s subject) string {
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			c.Fatal(err)
		}
		address := conn.LocalAddr().String()
		_ = conn.Close()
		s.bind("udp://" + address)
		return address
	}
	atA, atB := at(a), at(b)
	for from, to := range map[string]string{atA: atB, atB: atA} {
		sender, receiver := a, b
		if from == atB {
			sender, receiver = b, a
		}
		var got [][]byte
		for got == nil { // a packet may be lost
			c.say(sender, to, "hello")
			got = receiver.tryRecv()
		}
		if len(got) != 2 || string(got[1]) != "hello" || strings.TrimSuffix(string(got[0]), "\x00") != from {
			c.Errorf("received %q from %s", got, from)
		}
	}
}

func ruleOnlyFirst(c *contest) {
	first := toggle(zmq.WithOnlyFirstSubscribe, "ONLY_FIRST_SUBSCRIBE")
	xpub, xsub := c.centre(zmq.XPUB, first), c.other(zmq.XSUB, first)
	c.meet(xpub, xsub)
	c.say(xsub, "no topic", "\x01b")
	c.say(xsub, "\x01a")
	for m := c.hear(xpub, xsub); string(m[len(m)-1]) != "\x01a"; m = c.hear(xpub, xsub) {
	}
	c.say(xpub, "b", "nobody wants this")
	c.say(xpub, "a", "x")
	c.want(xsub, "a", "x")
}

func alikeMetadata(c *contest) {
	meta := func(name, value string) option {
		return option{zmq.WithMetadata(name, value), "METADATA", []byte(name + ":" + value)}
	}
	pull := c.centre(zmq.PULL)
	c.set(pull, meta("X-b", "2"))
	c.set(pull, meta("X-a", "1\x00cut"))
	c.set(pull, meta("X-a", "second"))
	w := c.hand(pull).next()
	w.say(greeting(3, 1, "NULL"))
	w.take(64)
	w.hear(command("READY", property("Socket-Type", "PULL")+property("X-a", "1")+property("X-b", "2")))
}

// alikeEnforce: ours ends such a connection at once.
func alikeEnforce(c *contest) {
	pull := c.centre(zmq.PULL, str(zmq.WithZAPDomain, "ZAP_DOMAIN", "d"), enforced,
		span(zmq.WithHandshakeInterval, "HANDSHAKE_IVL", 5*short))
	monitor := pull.monitor()
	w := c.hand(pull).next()
	w.say(greeting(3, 1, "NULL") + ready(zmq.PUSH))
	w.hear(greeting(3, 1, "NULL"))
	if types := c.until(monitor, zmq.EventDisconnected); !slices.Contains(types, zmq.EventHandshakeFailedNoDetail) {
		c.Errorf("the events are %v", types)
	}
	w.ends()
}

func alikeStop(c *contest) {
	push := c.centre(zmq.PUSH, number(zmq.WithReconnectStop, "RECONNECT_STOP", zmq.StopConnRefused))
	monitor := push.monitor()
	endpoint := c.free()
	push.connect(endpoint)
	_ = push.try([]byte("is queued, or not"))
	if types := c.until(monitor, zmq.EventClosed); slices.Contains(types, zmq.EventConnectRetried) {
		c.Errorf("the events are %v", types)
	}
	c.becomes("no peer", func() bool { return push.try([]byte("x")) == zmq.ErrAgain })
}

func alikeSingle(c *contest) {
	at := c.inproc()
	channel, first, second := c.centre(zmq.CHANNEL), c.other(zmq.CHANNEL), c.other(zmq.CHANNEL)
	channel.bind(at)
	first.connect(at)
	c.say(first, "first")
	c.want(channel, "first")
	second.connect(at)
	_ = second.try([]byte("into nowhere"))
	c.fails("send in parts", first.try([]byte("two"), []byte("parts")), zmq.ErrInvalid)
	c.say(first, "still first")
	c.want(channel, "still first")
	c.silent(channel)
	at = c.inproc()
	server, client := c.centre(zmq.SERVER), c.other(zmq.CLIENT)
	server.bind(at)
	client.connect(at)
	c.say(client, "x")
	if m := server.recv(); string(m[len(m)-1]) != "x" {
		c.Errorf("received %q", m)
	}
	c.fails("send in parts", client.try([]byte("two"), []byte("parts")), zmq.ErrInvalid)
}
