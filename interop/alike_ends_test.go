// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"time"

	zmq "github.com/zeroloop/zmq"
)

var alikeEnds = []rule{
	{"94 IMMEDIATE waits for the peer, and loses its queue with it", connecting, alikeImmediate},
	{"98 PUSH drops what comes in", anywhere, alikeDeafPush},
	{"103 105 107 a socket lingers as its close was told to", connecting, alikeLinger},
	{"100 107 a close without linger cuts a disconnect short", connecting, alikeCutShort},
	{"106 disconnect lingers", connecting, alikeDisconnectLingers},
	{"106 disconnect drops what is unread", connecting, alikeDisconnectDrops},
	{"108 a lingering socket connects again", connecting, alikeLingersOn},
	{"134 138 connecting twice", connecting, alikeTwice},
	{"149 150 the interval doubles over failures in a row", connecting | tcp, alikeDoubles},
	{"151 no reconnect interval", connecting, alikeNoReconnect},
	{"25 a connection to itself", connecting | tcp, alikeItself},
	{"154 a source address", connecting | tcp, alikeSource},
	{"155 accept filters", bound | tcp, alikeFilters},
	{"169 no DISCONNECTED of one's own", connecting, alikeOwnEnd},
	{"177 an identity does not change with the connection", connecting, alikeSameName},
	{"212 STREAM keeps the name of a connect", connecting | tcp, alikeStreamName},
}

// forEver makes a socket linger without end.
var forEver = option{zmq.WithLinger(zmq.Forever), "LINGER", -1}

func alikeImmediate(c *contest) {
	push := c.centre(zmq.PUSH, toggle(zmq.WithImmediate, "IMMEDIATE"))
	gone := push.monitor()
	h := c.hand(push)
	c.fails("send before there is a peer", push.try([]byte("x")), zmq.ErrAgain)
	w := h.next().shake(zmq.PULL)
	c.say(push, "one")
	w.hear(frameV2(false, "one"))
	_ = w.Close()
	c.loses(push, gone)
	w = h.next().shake(zmq.PULL)
	c.say(push, "two")
	w.hear(frameV2(false, "two"))
}

func alikeDeafPush(c *contest) {
	push := c.centre(zmq.PUSH, forEver)
	w := c.hand(push).next().shake(zmq.PULL)
	w.say(frameV2(false, "nobody") + frameV2(false, "reads this"))
	c.say(push, "x")
	push.close()
	w.hear(frameV2(false, "x"))
	w.ends()
}

func alikeLinger(c *contest) {
	const brief = 5 * moment
	for _, x := range []struct {
		before, then time.Duration
		arrives      bool
	}{{0, zmq.Forever, true}, {zmq.Forever, 0, false}, {zmq.Forever, brief, false}, {0, patience, true}} {
		linger := func(d time.Duration) option {
			millis := d.Milliseconds()
			if d == zmq.Forever {
				millis = -1
			}
			return option{zmq.WithLinger(d), "LINGER", millis}
		}
		push := c.centre(zmq.PUSH, linger(x.before))
		w := c.hand(push).next()
		w.take(10)
		c.say(push, "x")
		c.set(push, linger(x.then))
		push.close() // which does not wait
		if x.arrives {
			w.say(greeting(3, 1, "NULL") + ready(zmq.PULL))
			w.hear(greeting(3, 1, "NULL")[10:] + ready(zmq.PUSH) + frameV2(false, "x"))
		}
		w.ends()
	}
}

// alikeCutShort: with libzmq the linger of the disconnect stands.
func alikeCutShort(c *contest) {
	push := c.centre(zmq.PUSH, forEver)
	h := c.hand(push)
	w := h.next()
	w.take(10)
	c.say(push, "x")
	c.succeeds("disconnect", push.attempt("disconnect", h.endpoint)) // lingers
	c.fails("disconnect twice", push.attempt("disconnect", h.endpoint), zmq.ErrNoEnt)
	w.say(greeting(3, 1, "NULL"))
	w.take(54) // the session is still there
	c.set(push, option{zmq.WithLinger(0), "LINGER", 0})
	push.close()
	if !c.weLead {
		w.say(ready(zmq.PULL))
		w.hear(ready(zmq.PUSH) + frameV2(false, "x"))
	}
	w.ends()
}

func alikeDisconnectLingers(c *contest) {
	push := c.centre(zmq.PUSH, forEver)
	h, other := c.hand(push), c.hand(push)
	c.say(push, "to the one")
	c.say(push, "to the other")
	c.succeeds("disconnect", push.attempt("disconnect", h.endpoint))
	c.say(push, "also to the other")
	w := h.next().shake(zmq.PULL)
	w.hear(frameV2(false, "to the one"))
	w.endsFrom(push)
	other.next().shake(zmq.PULL).hear(frameV2(false, "to the other") + frameV2(false, "also to the other"))
}

func alikeDisconnectDrops(c *contest) {
	pull := c.centre(zmq.PULL)
	h := c.hand(pull)
	w := h.next().shake(zmq.PUSH)
	w.say(frameV2(false, "a") + frameV2(false, "b"))
	c.want(pull, "a")
	c.succeeds("disconnect", pull.attempt("disconnect", h.endpoint))
	w.endsFrom(pull)
	c.silent(pull)
}

func alikeLingersOn(c *contest) {
	push := c.centre(zmq.PUSH, forEver)
	h := c.hand(push)
	c.say(push, "one")
	c.say(push, "two")
	push.close()
	for range 3 { // that hang up in the handshake
		w := h.next()
		w.say(greeting(3, 1, "NULL"))
		_ = w.Close()
	}
	w := h.next().shake(zmq.PULL)
	w.hear(frameV2(false, "one") + frameV2(false, "two"))
	w.ends()
	h.nobody()
}

func alikeTwice(c *contest) {
	for _, x := range []struct {
		typ, peer zmq.SocketType
		twice     bool
	}{
		{zmq.DEALER, zmq.DEALER, false}, {zmq.SUB, zmq.PUB, false}, {zmq.PUB, zmq.SUB, false}, {zmq.REQ, zmq.REP, false},
		{zmq.PUSH, zmq.PULL, true}, {zmq.ROUTER, zmq.ROUTER, true}, {zmq.XSUB, zmq.PUB, true}, {zmq.REP, zmq.REQ, true},
	} {
		s := c.centre(x.typ)
		h := c.hand(s)
		s.connect(h.endpoint)
		ws := []*wire{h.next().shake(x.peer)}
		if x.twice {
			ws = append(ws, h.next().shake(x.peer))
		}
		h.nobody()
		c.succeeds("disconnect", s.attempt("disconnect", h.endpoint))
		for _, w := range ws {
			w.endsFrom(s)
		}
		c.fails("disconnect twice", s.attempt("disconnect", h.endpoint), zmq.ErrNoEnt)
	}
}

// endsFrom checks that the connection ends, and calls the socket meanwhile: libzmq
// does only then what is to be done.
func (c *wire) endsFrom(e subject) {
	c.t.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); _, _ = e.take() {
		if c.ended() {
			return
		}
	}
	c.t.Fatal("the connection does not end")
}

// ended waits a moment and reports whether the connection is at its end; what comes
// meanwhile is of no interest.
func (c *wire) ended() bool {
	_ = c.SetReadDeadline(time.Now().Add(moment))
	defer func() { _ = c.SetReadDeadline(time.Now().Add(patience)) }()
	_, err := io.Copy(io.Discard, c.r)
	return !os.IsTimeout(err)
}

// intervals hears the next ones after which it is tried again.
func intervals(c *contest, monitor end, n int) (millis []int) {
	c.Helper()
	for len(millis) < n {
		fs := monitor.recv()
		if zmq.EventType(binary.NativeEndian.Uint16(fs[0])) == zmq.EventConnectRetried {
			millis = append(millis, int(binary.NativeEndian.Uint32(fs[0][2:])))
		}
	}
	return millis
}

func alikeDoubles(c *contest) {
	const first = 4
	push := c.centre(zmq.PUSH, span(zmq.WithReconnectInterval, "RECONNECT_IVL", first*time.Millisecond),
		span(zmq.WithReconnectIntervalMax, "RECONNECT_IVL_MAX", 64*first*time.Millisecond))
	monitor := push.monitor()
	h := c.hand(push)
	for range 2 {
		w := h.next().shake(zmq.PULL)
		c.until(monitor, zmq.EventHandshakeSucceeded)
		_ = h.l.Close()
		_ = w.Close()
		for i, got := range intervals(c, monitor, 4) {
			if low := first << i; got < low || got >= low+first {
				c.Errorf("retry %d comes after %d ms", i, got)
			}
		}
		l, err := net.Listen("tcp", strings.TrimPrefix(h.endpoint, "tcp://"))
		if err != nil {
			c.Fatal(err)
		}
		c.Cleanup(func() { _ = l.Close() })
		h.l = l.(listener)
	}
}

func alikeNoReconnect(c *contest) {
	push := c.centre(zmq.PUSH, option{zmq.WithReconnectInterval(zmq.Forever), "RECONNECT_IVL", -1})
	gone := push.monitor()
	h := c.hand(push)
	_ = h.next().shake(zmq.PULL).Close()
	c.loses(push, gone)
	h.nobody()
	push.connect(h.endpoint)
	w := h.next().shake(zmq.PULL)
	c.say(push, "again")
	w.hear(frameV2(false, "again"))
}

// alikeItself: with libzmq it stays, and is deaf.
func alikeItself(c *contest) {
	push := c.centre(zmq.PUSH)
	monitor := push.monitor()
	address := strings.TrimPrefix(c.free(), "tcp://")
	push.connect("tcp://" + address + ";" + address) // from there to there
	if c.weLead {
		c.until(monitor, zmq.EventConnectRetried)
		return
	}
	c.until(monitor, zmq.EventConnected)
}

func alikeSource(c *contest) {
	h := c.listens()
	for range 2 {
		c.centre(zmq.PUSH).connect("tcp://127.0.0.2:0;" + strings.TrimPrefix(h.endpoint, "tcp://"))
		if from := h.next().RemoteAddr().(*net.TCPAddr).IP.String(); from != "127.0.0.2" {
			c.Errorf("it comes from %s", from)
		}
	}
}

func alikeFilters(c *contest) {
	filter := func(of string) option {
		return option{zmq.WithTCPAcceptFilters(of), "TCP_ACCEPT_FILTER", []byte(of)}
	}
	for of, good := range map[string]bool{"127.0.0.2": true, "127.0.0.2/31": true, "127.0.0.1/30": true, "127.0.0.1": false, "10.0.0.0/8": false} {
		pull := c.centre(zmq.PULL, filter(of))
		monitor := pull.monitor()
		address := strings.TrimPrefix(pull.bind("tcp://127.0.0.1:*"), "tcp://")
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		conn, err := from.DialContext(c.ctx, "tcp", address)
		if err != nil {
			c.Fatal(err)
		}
		w := c.wired(conn)
		if !good {
			w.ends()
			c.until(monitor, zmq.EventAcceptFailed)
			continue
		}
		w.shake(zmq.PUSH).say(frameV2(false, "x"))
		c.want(pull, "x")
	}
}

func alikeOwnEnd(c *contest) {
	push := c.centre(zmq.PUSH)
	monitor := push.monitor()
	h := c.hand(push)
	w := h.next().shake(zmq.PULL)
	c.say(push, "x")
	w.hear(frameV2(false, "x"))
	c.succeeds("disconnect", push.attempt("disconnect", h.endpoint))
	w.endsFrom(push)
	push.close()
	for _, typ := range c.until(monitor, zmq.EventMonitorStopped) {
		if typ == zmq.EventDisconnected {
			c.Error("it is told that it ended what it ended")
		}
	}
}

func alikeSameName(c *contest) {
	router := c.centre(zmq.ROUTER)
	h := c.hand(router)
	for _, id := range []string{"first", "second"} {
		w := h.next().shakeAs(1, command("READY", property("Socket-Type", "DEALER")+property("Identity", id)))
		w.say(frameV2(false, "from "+id))
		c.want(router, "first", "from "+id)
		_ = w.Close()
	}
}

func alikeStreamName(c *contest) {
	const routingID = 5 // ZMQ_ROUTING_ID: who the last connect has made
	stream := c.centre(zmq.STREAM)
	h := c.hand(stream)
	name, failed := stream.getNumber(routingID, 255)
	c.succeeds("the name", failed)
	for range 3 {
		w := h.next()
		c.want(stream, string(name), "")
		c.say(stream, string(name), "hello")
		w.hear("hello")
		w.say("hello yourself")
		c.want(stream, string(name), "hello yourself")
		_ = w.Close()
		c.want(stream, string(name), "")
	}
}
