// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

var connectionRules = []rule{
	{"13 a message says what the handshake said", anywhere, ruleProperties},
	{"33 a frame that is too long ends the connection", anywhere, ruleTooLong},
	{"90 149 150 a listener goes and comes back", connecting, ruleComesBack},
	{"151 without an interval it is connected once", connecting, ruleConnectsOnce},
	{"94 IMMEDIATE with a listener that is late", connecting, ruleLateListener},
	{"111 unbind ends what was accepted", bound, ruleUnbind},
	{"141 a wildcard is of both families", bound | tcp, ruleBothFamilies},
	{"143 bind takes over the path", bound | ipc, ruleTakesOver},
	{"144 an abstract name", ipc, ruleAbstract},
	{"157 through a SOCKS proxy", connecting | tcp, ruleSocks},
	{"227 an identity is that of the connect", connecting, ruleIdentityOfConnect},
}

func ruleProperties(c *contest) {
	for _, x := range []struct {
		name, want string
	}{{"Socket-Type", "DEALER"}, {"Identity", "who"}, {"Peer-Address", "127.0.0.1"}, {"User-Id", ""}, {"Other", ""}} {
		if x.name == "Peer-Address" && c.ipc() {
			continue
		}
		router, dealer := c.centre(zmq.ROUTER), c.other(zmq.DEALER, identity("who"))
		c.bound = ""
		c.meet(router, dealer)
		c.say(dealer, "hello")
		if got := router.property(x.name); got != x.want {
			c.Errorf("%s is %q, want %q", x.name, got, x.want)
		}
	}
}

func ruleTooLong(c *contest) {
	pull, push := c.centre(zmq.PULL, option{zmq.WithMaxMsgSize(100), "MAXMSGSIZE", 100}), c.other(zmq.PUSH)
	monitor := pull.monitor()
	c.meet(pull, push)
	part := string(pattern(100))
	c.say(push, part, part)
	c.want(pull, part, part)
	c.say(push, part+"x")
	c.until(monitor, zmq.EventDisconnected)
	if !c.binds() { // nor is it tried again
		c.becomes("no peer", func() bool { return push.try([]byte("x")) == zmq.ErrAgain })
	}
	c.silent(pull)
}

// free is an endpoint to bind later, and again.
func (c *contest) free() string {
	c.Helper()
	if c.ipc() {
		return c.d.endpoint(c.T)
	}
	return refusing(c.world)
}

// bindAgain binds what may be bound a moment longer by who has closed.
func (c *contest) bindAgain(s subject, endpoint string) {
	c.Helper()
	c.becomes("free", func() bool { return s.attempt("bind", endpoint) == 0 })
}

func ruleComesBack(c *contest) {
	const messages = 50
	dealer := c.centre(zmq.DEALER)
	monitor := dealer.monitor()
	endpoint := c.free()
	dealer.connect(endpoint)
	for round := range 3 {
		c.until(monitor, zmq.EventConnectRetried)
		for i := range messages { // while nobody is there
			c.say(dealer, "", fmt.Sprint(round), fmt.Sprint(i))
		}
		rep := c.other(zmq.REP)
		c.bindAgain(rep, endpoint)
		for i := range messages {
			c.want(rep, fmt.Sprint(round), fmt.Sprint(i))
			c.say(rep, "answer", fmt.Sprint(i))
			c.want(dealer, "", "answer", fmt.Sprint(i))
		}
		rep.close()
		c.until(monitor, zmq.EventDisconnected)
	}
}

func ruleConnectsOnce(c *contest) {
	push := c.centre(zmq.PUSH, option{zmq.WithReconnectInterval(zmq.Forever), "RECONNECT_IVL", -1})
	gone := push.monitor()
	endpoint := c.free()
	for range 2 {
		pull := c.other(zmq.PULL)
		c.bindAgain(pull, endpoint)
		push.connect(endpoint)
		c.say(push, "one")
		c.want(pull, "one")
		pull.close()
		c.loses(push, gone)
		pull = c.other(zmq.PULL)
		c.bindAgain(pull, endpoint)
		c.silent(pull)
		pull.close()
	}
}

func ruleLateListener(c *contest) {
	push := c.centre(zmq.PUSH, toggle(zmq.WithImmediate, "IMMEDIATE"))
	gone := push.monitor()
	endpoint := c.free()
	push.connect(endpoint)
	for round := range 2 {
		c.fails("send to nobody", push.try([]byte("x")), zmq.ErrAgain)
		pull := c.other(zmq.PULL)
		c.bindAgain(pull, endpoint)
		c.say(push, fmt.Sprint(round))
		c.want(pull, fmt.Sprint(round))
		pull.close()
		c.loses(push, gone)
	}
}

func ruleUnbind(c *contest) {
	pull, push := c.centre(zmq.PULL), c.other(zmq.PUSH)
	monitor := push.monitor()
	c.meet(pull, push)
	c.say(push, "one")
	c.want(pull, "one")
	c.succeeds("unbind", pull.attempt("unbind", c.bound))
	c.untilFrom(pull, monitor, zmq.EventConnectRetried)
	c.bindAgain(pull, c.bound)
	c.say(push, "two")
	c.want(pull, "two")
}

func ruleBothFamilies(c *contest) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		c.Skip("no IPv6:", err)
	} else {
		_ = l.Close()
	}
	ipv6 := toggle(zmq.WithIPv6, "IPV6")
	pull, four, six := c.centre(zmq.PULL, ipv6), c.other(zmq.PUSH), c.other(zmq.PUSH, ipv6)
	port, ok := strings.CutPrefix(pull.bind("tcp://*:*"), "tcp://[::]:")
	if !ok {
		c.Fatalf("it is bound to %s", port)
	}
	four.connect("tcp://127.0.0.1:" + port)
	six.connect("tcp://[::1]:" + port)
	for _, push := range []end{four, six} {
		c.say(push, "hello")
		c.want(pull, "hello")
	}
}

func ruleTakesOver(c *contest) {
	first, second := c.centre(zmq.PULL), c.other(zmq.PULL)
	before, after := c.other(zmq.PUSH), c.centre(zmq.PUSH)
	endpoint := first.bind(c.d.endpoint(c.T))
	before.connect(endpoint)
	c.say(before, "one")
	c.want(first, "one")
	second.bind(endpoint)
	after.connect(endpoint)
	c.say(after, "two")
	c.want(second, "two")
	c.say(before, "three")
	c.want(first, "three")
}

func ruleAbstract(c *contest) {
	c.d = &side{c.d.name, c.d.weBind, func(*testing.T) string {
		return "ipc://@" + filepath.Base(os.Args[0]) + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(inprocNames.Add(1), 10)
	}}
	req, rep := c.centre(zmq.REQ), c.other(zmq.REP)
	c.meet(req, rep)
	c.say(req, "question")
	c.want(rep, "question")
	c.say(rep, "answer")
	c.want(req, "answer")
}

// socks passes connections on, for whoever asks as RFC 1928 has it, and refuses the
// first.
func socks(c *contest) (address string) {
	refused := false
	endpoint := serves(c.world, func(in *net.TCPConn) {
		b := make([]byte, 10)
		_, _ = io.ReadFull(in, b[:2])
		_, _ = io.ReadFull(in, b[:b[1]])
		_, _ = io.WriteString(in, "\x05\x00")
		if _, err := io.ReadFull(in, b); err != nil || string(b[:8]) != "\x05\x01\x00\x01\x7f\x00\x00\x01" {
			c.Errorf("the proxy is asked for %q, %v", b, err)
			return
		}
		if !refused {
			refused = true
			_, _ = io.WriteString(in, "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")
			_ = in.Close()
			return
		}
		out, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(b[8])<<8|int(b[9]))))
		if err != nil {
			c.Error(err)
			return
		}
		_, _ = io.WriteString(in, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
		pass := func(to, from net.Conn, done chan<- bool) {
			_, _ = io.Copy(to, from)
			_ = to.Close()
			done <- true
		}
		done := make(chan bool, 2)
		go pass(out, in, done)
		go pass(in, out, done)
		c.Cleanup(func() { _ = in.Close(); _ = out.Close(); <-done; <-done })
	})
	return strings.TrimPrefix(endpoint, "tcp://")
}

func ruleSocks(c *contest) {
	req, rep := c.centre(zmq.REQ, str(zmq.WithSocksProxy, "SOCKS_PROXY", socks(c))), c.other(zmq.REP)
	monitor := req.monitor()
	c.meet(req, rep)
	c.until(monitor, zmq.EventConnectRetried)
	for range 3 {
		c.say(req, "question")
		c.want(rep, "question")
		c.say(rep, "answer")
		c.want(req, "answer")
	}
	// libzmq aborts where a socket is closed whose proxy has just refused it, as ours
	// would that finds nobody any more: so who has connected goes first.
	gone := rep.monitor()
	req.close()
	c.until(gone, zmq.EventDisconnected)
}

func ruleIdentityOfConnect(c *contest) {
	dealer, a, b := c.centre(zmq.DEALER, identity("before")), c.other(zmq.ROUTER), c.other(zmq.ROUTER)
	endpoints := []string{c.free(), c.free()}
	dealer.connect(endpoints[0])
	c.set(dealer, identity("after"))
	dealer.connect(endpoints[1])
	a.bind(endpoints[0])
	b.bind(endpoints[1])
	c.say(dealer, "x")
	c.say(dealer, "x")
	c.want(a, "before", "x")
	c.want(b, "after", "x")
}
