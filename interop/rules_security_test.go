// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"slices"
	"time"

	zmq "github.com/zeroloop/zmq"
)

var securityRules = []rule{
	{"6 19 two servers wait for each other", anywhere, ruleTwoServers},
	{"34 MAXMSGSIZE counts the cipher", anywhere, ruleMaxWithCipher},
	{"64 NULL asks where there is a domain", anywhere, ruleNullAsks},
	{"65 NULL without a handler lets in", anywhere, ruleNullNobodyToAsk},
	{"71 a User-Id takes no room", leading, ruleUserID},
	{"77 a CURVE client without its keys", leading, ruleNoKeys},
	{"74 a message that comes twice is heard once", tcp, ruleReplay},
}

// short is a time that runs out.
const short = 100 * time.Millisecond

var noticeRules = []rule{
	{"181 ROUTER_NOTIFY", leading, ruleNotify},
	{"213 HELLO_MSG", leading, ruleHello},
	{"214 DISCONNECT_MSG", leading | bound, ruleDisconnectMsg},
	{"214 HICCUP_MSG", leading | connecting, ruleHiccup},
}

func ruleTwoServers(c *contest) {
	server := toggle(zmq.WithPlainServer, "PLAIN_SERVER")
	a, b := c.centre(zmq.PULL, server, span(zmq.WithHandshakeInterval, "HANDSHAKE_IVL", short)), c.other(zmq.PUSH, server)
	monitor := a.monitor()
	c.meet(a, b)
	if types := c.until(monitor, zmq.EventDisconnected); slices.Contains(types, zmq.EventHandshakeSucceeded) {
		c.Errorf("the events are %v", types)
	}
}

// curveEnds makes the options of a server and of a client.
func curveEnds() (server, client []option) {
	serverPublic, serverSecret := zmq.NewCurveKeypair()
	public, secret := zmq.NewCurveKeypair()
	return []option{toggle(zmq.WithCurveServer, "CURVE_SERVER"), str(zmq.WithCurveSecretKey, "CURVE_SECRETKEY", serverSecret)},
		[]option{
			str(zmq.WithCurvePublicKey, "CURVE_PUBLICKEY", public), str(zmq.WithCurveSecretKey, "CURVE_SECRETKEY", secret),
			str(zmq.WithCurveServerKey, "CURVE_SERVERKEY", serverPublic),
		}
}

func ruleMaxWithCipher(c *contest) {
	const most, overhead = 500, 33
	server, client := curveEnds()
	pull := c.centre(zmq.PULL, append(server, option{zmq.WithMaxMsgSize(most), "MAXMSGSIZE", most})...)
	push := c.other(zmq.PUSH, client...)
	monitor := pull.monitor()
	c.meet(pull, push)
	push.send(pattern(most - overhead))
	want(c.T, pull, pattern(most-overhead))
	push.send(pattern(most - overhead + 1))
	c.until(monitor, zmq.EventDisconnected)
	c.silent(pull)
}

// asks runs a handler beside the centre, in a process of its own.
func (c *contest) asks(status string) {
	c.Helper()
	if c.weLead {
		handle(c.world, zapReply(status)...)
		return
	}
	c.p = newPeer(c.world)
	c.p.zap(zapReply(status)...)
}

// ruleNoKeys: here it does not connect; libzmq's tries, and finds nobody.
func ruleNoKeys(c *contest) {
	server, client := curveEnds()
	client = client[2:] // that of the server only
	c.fails("connect", c.open(true, zmq.PUSH, client).attempt("connect", "tcp://127.0.0.1:1"), zmq.ErrInvalid)
	pull, push := c.centre(zmq.PULL, server...), c.other(zmq.PUSH, client...)
	monitor := pull.monitor()
	c.meet(pull, push)
	if types := c.until(monitor, zmq.EventDisconnected); slices.Contains(types, zmq.EventHandshakeSucceeded) {
		c.Errorf("the events are %v", types)
	}
}

func ruleNullAsks(c *contest) {
	c.asks("400")
	for _, domain := range []string{"", "d"} {
		var opts []option
		last := zmq.EventHandshakeSucceeded
		if domain != "" {
			opts = append(opts, str(zmq.WithZAPDomain, "ZAP_DOMAIN", domain))
			last = zmq.EventHandshakeFailedAuth
		}
		pull, push := c.centre(zmq.PULL, opts...), c.other(zmq.PUSH)
		c.bound = ""
		monitor := pull.monitor()
		c.meet(pull, push)
		types := c.until(monitor, last)
		if refused := domain != ""; slices.Contains(types, zmq.EventHandshakeSucceeded) == refused {
			c.Errorf("with the domain %q the events are %v", domain, types)
		}
	}
}

func ruleNullNobodyToAsk(c *contest) {
	pull, push := c.centre(zmq.PULL, str(zmq.WithZAPDomain, "ZAP_DOMAIN", "d")), c.other(zmq.PUSH)
	c.meet(pull, push)
	c.say(push, "x")
	c.want(pull, "x")
}

func ruleUserID(c *contest) {
	c.asks("200")
	pull := c.centre(zmq.PULL, append(hwm(1, 1), toggle(zmq.WithPlainServer, "PLAIN_SERVER"))...)
	push := c.other(zmq.PUSH, str(zmq.WithPlainUsername, "PLAIN_USERNAME", "joe"), str(zmq.WithPlainPassword, "PLAIN_PASSWORD", "secret"))
	c.meet(pull, push)
	for range 3 {
		c.say(push, "x")
		c.want(pull, "x")
	}
}

// ruleReplay: what a client has said is said once more, in the same letters.
func ruleReplay(c *contest) {
	server, client := curveEnds()
	pull, push := c.centre(zmq.PULL, server...), c.other(zmq.PUSH, client...)
	monitor := pull.monitor()
	r := newRelay(c.world)
	r.twice = []byte("\x07MESSAGE")
	bound, connecting := end(push), end(pull)
	if c.binds() {
		bound, connecting = pull, push
	}
	r.run(bound.bind("tcp://127.0.0.1:*"))
	connecting.connect(r.endpoint())
	c.say(push, "once")
	c.want(pull, "once")
	c.until(monitor, zmq.EventHandshakeFailedProtocol) // at times libzmq forgets to close
	for m := pull.tryRecv(); m != nil; m = pull.tryRecv() {
		c.Errorf("received %q again", m)
	}
}

func ruleNotify(c *contest) {
	router := c.centre(zmq.ROUTER, option{zmq.WithRouterNotify(zmq.NotifyConnect | zmq.NotifyDisconnect), "", nil})
	dealer := c.other(zmq.DEALER, identity("dealer"))
	c.meet(router, dealer)
	wantFrames(c.T, c.hear(router, dealer), []byte("dealer"), empty)
	c.say(dealer, "here")
	c.want(router, "dealer", "here")
	dealer.close()
	c.want(router, "dealer", "")
}

func ruleHello(c *contest) {
	dealer := c.centre(zmq.DEALER, option{zmq.WithHelloMsg([]byte("hello")), "", nil}, identity("dealer"))
	router := c.other(zmq.ROUTER)
	c.meet(dealer, router)
	wantFrames(c.T, c.hear(router, dealer), []byte("dealer"), []byte("hello"))
	c.say(dealer, "and then")
	c.want(router, "dealer", "and then")
}

func ruleDisconnectMsg(c *contest) {
	router := c.centre(zmq.ROUTER, option{zmq.WithDisconnectMsg([]byte("gone")), "", nil})
	dealer := c.other(zmq.DEALER, identity("dealer"))
	c.meet(router, dealer)
	c.say(dealer, "here")
	c.want(router, "dealer", "here")
	dealer.close()
	c.want(router, "dealer", "gone")
}

func ruleHiccup(c *contest) {
	dealer := c.centre(zmq.DEALER, option{zmq.WithHiccupMsg([]byte("hiccup")), "", nil})
	rep := c.other(zmq.REP)
	c.meet(dealer, rep)
	c.say(dealer, "", "question")
	c.want(rep, "question")
	rep.close()
	c.want(dealer, "hiccup")
}
