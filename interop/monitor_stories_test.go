// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// story is what happens to a subject, and how its record ends.
type story struct {
	name string
	// act does it and returns the endpoint that is the same for all.
	act func(w *world, s subject) (endpoint string)
	// last is the event that ends the record, after times of it.
	last  zmq.EventType
	times int
	// opts are the subject's beyond the interval, ours and theirs.
	opts   []zmq.Option
	theirs options
	// reply is what a ZAP handler answers, unless there is none.
	reply []string
	// differs says what is ours alone, or libzmq's: lines of docs/differences.md.
	ourOnly, theirOnly []zmq.EventType
	anyValue           zmq.EventType // its value is not compared
}

// listens opens a plain listener whose connections say something, hear what
// comes, and, unless they stay, say no more.
func listens(w *world, says string, stay bool) string {
	w.Helper()
	return serves(w, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, says)
		if !stay {
			_ = c.CloseWrite()
		}
	})
}

// replies is the same for connections that say something, hear so many bytes and
// say something else then.
func replies(w *world, says string, hear int, then string) string {
	w.Helper()
	return serves(w, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, says)
		_, _ = io.CopyN(io.Discard, c, int64(hear))
		_, _ = io.WriteString(c, then)
		_ = c.CloseWrite()
	})
}

// serves opens a listener that treats one connection after the other, and keeps
// them until the test ends.
func serves(w *world, treat func(c *net.TCPConn)) string {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	var conns []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
			treat(c.(*net.TCPConn))
		}
	}()
	w.Cleanup(func() {
		_ = l.Close()
		<-done
		for _, c := range conns {
			_ = c.Close()
		}
	})
	return "tcp://" + l.Addr().String()
}

// refusing is an endpoint at which nobody listens.
func refusing(w *world) string {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "tcp://" + l.Addr().String()
}

const (
	signature3  = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00"
	readyDealer = "\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
	readyRep    = "\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03REP"
)

// What a peer says in the handshake of PLAIN and of CURVE.
var (
	plainServer = []zmq.Option{zmq.WithPlainServer(true)}
	plainHello  = "\x04\x11\x05HELLO\x03joe\x06secret"
	curveHello  = "\x04\xc8\x05HELLO\x01\x00" + strings.Repeat("\x00", 72) + strings.Repeat("n", 120)
)

// curveSecret is the key of a server, of RFC 26.
const curveSecret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

func greets(mechanism string) string {
	return signature3 + mechanism + strings.Repeat("\x00", 52-len(mechanism))
}

// errorCommand is an ERROR command with a reason.
func errorCommand(reason string) string {
	body := "\x05ERROR" + string([]byte{byte(len(reason))}) + reason
	return "\x04" + string([]byte{byte(len(body))}) + body
}

// connects is a subject that connects to a listener that says this.
func connects(says string, stay bool) func(*world, subject) string {
	return func(w *world, s subject) string {
		ep := listens(w, says, stay)
		s.connect(ep)
		return ep
	}
}

// accepts is a bound subject to which somebody connects who says this and leaves.
func accepts(says string) func(*world, subject) string {
	return func(w *world, s subject) string {
		ep, c := visit(w, s, says)
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
		return ep
	}
}

// hears is the same for somebody who waits for an answer that ends with this, or for
// the end of the connection, before he leaves.
func hears(says, answer string) func(*world, subject) string {
	return func(w *world, s subject) string {
		ep, c := visit(w, s, says)
		for heard, b := "", make([]byte, 1); answer == "" || !strings.HasSuffix(heard, answer); heard += string(b) {
			if _, err := io.ReadFull(c, b); err != nil {
				break
			}
		}
		_ = c.Close()
		return ep
	}
}

func visit(w *world, s subject, says string) (endpoint string, c *net.TCPConn) {
	w.Helper()
	endpoint = s.bind("tcp://127.0.0.1:*")
	conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
	if err != nil {
		w.Fatal(err)
	}
	if _, err := io.WriteString(conn, says); err != nil {
		w.Fatal(err)
	}
	return endpoint, conn.(*net.TCPConn)
}

// meets lets a subject that connects meet a ROUTER, which hears its hello.
func meets(w *world, s subject, network, address string) (endpoint string, end func()) {
	w.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = l.Close() })
	scheme := map[string]string{"tcp": "tcp://", "unix": "ipc://"}[network]
	endpoint = scheme + l.Addr().String()
	s.connect(endpoint)
	c, err := l.Accept()
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	conn := shaken(w, c, zmq.ROUTER)
	s.send([]byte("hello"))
	conn.hear(frameV2(false, "hello"))
	return endpoint, func() { _ = l.Close(); _ = c.Close() }
}

// meetsAndEnds is the same for a ROUTER that is gone then.
func meetsAndEnds(network, address string) func(*world, subject) string {
	return func(w *world, s subject) string {
		ep, end := meets(w, s, network, address)
		end()
		return ep
	}
}

// shaken goes through the handshake on a connection.
func shaken(w *world, c net.Conn, typ zmq.SocketType) *wire {
	_ = c.SetDeadline(time.Now().Add(patience))
	return newWire(w.T, c, &dialects[2]).shake(typ)
}

const (
	retried  = zmq.EventConnectRetried
	gone     = zmq.EventDisconnected
	protocol = zmq.EventHandshakeFailedProtocol
)

var stories = []story{
	{name: "refused", act: func(w *world, s subject) string {
		ep := refusing(w)
		s.connect(ep)
		return ep
	}, last: retried, times: 3},
	{name: "connected, peer gone, retried", act: meetsAndEnds("tcp", "127.0.0.1:0"), last: retried, times: 4},
	{name: "connected, peer closes", act: meetsAndEnds("tcp", "127.0.0.1:0"), last: retried, times: 2},
	{name: "accepted, peer gone", act: func(w *world, s subject) string {
		ep, c := visit(w, s, "")
		shaken(w, c, zmq.DEALER).say(frameV2(false, "hello"))
		s.recv()
		_ = c.Close()
		return ep
	}, last: gone, times: 1},
	{name: "bind fails", act: func(w *world, s subject) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			w.Fatal(err)
		}
		w.Cleanup(func() { _ = l.Close() })
		ep := "tcp://" + l.Addr().String()
		s.bindFails(ep)
		return ep
	}, last: zmq.EventBindFailed, times: 1, theirOnly: []zmq.EventType{zmq.EventClosed}},
	{name: "unbind", act: func(w *world, s subject) string {
		ep := s.bind("tcp://127.0.0.1:*")
		s.unbind(ep)
		return ep
	}, last: zmq.EventClosed, times: 1},
	{name: "greeting cut short", act: connects(greets("NULL")[:20], false), last: retried, times: 1},
	{name: "closed at once", act: connects("", false), last: retried, times: 1},
	{name: "accepted, closed at once", act: accepts(""), last: gone, times: 1},
	{name: "accepted, cut short", act: accepts(greets("NULL")[:20]), last: gone, times: 1},
	{name: "wrong mechanism", act: connects(greets("PLAIN"), true), last: gone, times: 1},
	{name: "accepted, wrong mechanism", act: accepts(greets("PLAIN")), last: gone, times: 1},
	{name: "wrong socket type", act: connects(greets("NULL")+strings.Replace(readyRep, "REP", "PUB", 1), true),
		last: gone, times: 1, ourOnly: []zmq.EventType{protocol}},
	{name: "unknown command", act: connects(greets("NULL")+"\x04\x06\x05HELLO", true), last: gone, times: 1},
	{name: "broken error", act: connects(greets("NULL")+"\x04\x07\x05ERROR\x09", true), last: gone, times: 1},
	{name: "refused with 300", act: connects(greets("NULL")+errorCommand("300"), false), last: gone, times: 1,
		theirOnly: []zmq.EventType{zmq.EventHandshakeFailedNoDetail}},
	{name: "refused with 400", act: connects(greets("NULL")+errorCommand("400"), false), last: gone, times: 1,
		theirOnly: []zmq.EventType{zmq.EventHandshakeFailedNoDetail}},
	{name: "refused with 500", act: connects(greets("NULL")+errorCommand("500"), false), last: gone, times: 1,
		theirOnly: []zmq.EventType{zmq.EventHandshakeFailedNoDetail}},
	{name: "refused with words", act: func(w *world, s subject) string {
		// What libzmq tells of an ERROR that overtakes its own READY is a matter of time.
		ep := replies(w, greets("NULL"), len(greets("NULL"))+len(readyDealer), errorCommand("no, no"))
		s.connect(ep)
		return ep
	}, last: gone, times: 1},
	{name: "handshake takes too long", act: connects(greets("NULL"), true), last: retried, times: 1,
		opts: []zmq.Option{zmq.WithHandshakeInterval(quick)}, theirs: options{"HANDSHAKE_IVL": quick.Milliseconds()},
		anyValue: zmq.EventHandshakeFailedNoDetail},
	{name: "connected over ipc, peer closes", act: func(w *world, s subject) string {
		return meetsAndEnds("unix", filepath.Join(w.TempDir(), "s"))(w, s)
	}, last: retried, times: 2},
	{name: "unbind over ipc", act: func(w *world, s subject) string {
		ep := s.bind("ipc://" + filepath.Join(w.TempDir(), "s"))
		s.unbind(ep)
		return ep
	}, last: zmq.EventClosed, times: 1},
	{name: "connected, then disconnects", act: func(w *world, s subject) string {
		ep, _ := meets(w, s, "tcp", "127.0.0.1:0")
		s.unbind(ep) // which is the same to libzmq
		s.close()
		return ep
	}, last: zmq.EventMonitorStopped, times: 1},
	{name: "no reconnect", act: meetsAndEnds("tcp", "127.0.0.1:0"), last: gone, times: 1, opts: []zmq.Option{zmq.WithReconnectInterval(zmq.Forever)}, theirs: options{"RECONNECT_IVL": -1}},
	{name: "accepted, wrong socket type", act: accepts(greets("NULL") + strings.Replace(readyRep, "REP", "PUB", 1)),
		last: gone, times: 1, ourOnly: []zmq.EventType{protocol}},
	{name: "accepted, ZMTP 2.0 where PLAIN is wanted", act: accepts(signature3[:10] + "\x01\x05\x00\x00"), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, ourOnly: []zmq.EventType{protocol}},
	{name: "PLAIN, nobody to ask", act: accepts(greets("PLAIN") + plainHello), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1},
	{name: "PLAIN, broken HELLO", act: accepts(greets("PLAIN") + strings.TrimSuffix(plainHello, "t")), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1},
	{name: "PLAIN, refused by the handler with 400", act: hears(greets("PLAIN")+plainHello, "RROR\x03400"), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: zapReply("400"), theirOnly: []zmq.EventType{zmq.EventHandshakeFailedNoDetail}},
	{name: "PLAIN, refused by the handler with 500", act: hears(greets("PLAIN")+plainHello, "RROR\x03500"), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: zapReply("500"), theirOnly: []zmq.EventType{zmq.EventHandshakeFailedNoDetail}},
	{name: "PLAIN, an answer that is none", act: hears(greets("PLAIN")+plainHello, ""), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: zapReply("201")},
	{name: "PLAIN, a HELLO with more behind it", act: accepts(greets("PLAIN") + "\x04\x12\x05HELLO\x03joe\x06secretx"), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1},
	{name: "PLAIN, empty names", act: hears(greets("PLAIN")+"\x04\x08\x05HELLO\x00\x00", "RROR\x03400"), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: zapReply("400"), theirOnly: []zmq.EventType{zmq.EventHandshakeFailedNoDetail}},
	{name: "PLAIN, an answer cut short", act: hears(greets("PLAIN")+plainHello, ""), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: zapReply("200")[:5]},
	{name: "PLAIN, an answer too long", act: hears(greets("PLAIN")+plainHello, ""), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: append(zapReply("200"), "more")},
	{name: "PLAIN, an answer of another version", act: hears(greets("PLAIN")+plainHello, ""), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: append([]string{"2.0"}, zapReply("999")[1:]...)},
	{name: "PLAIN, an answer to another question", act: hears(greets("PLAIN")+plainHello, ""), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: append([]string{"1.0", "other"}, zapReply("999")[2:]...)},
	{name: "PLAIN, broken metadata in the answer", act: hears(greets("PLAIN")+plainHello, ""), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: append(zapReply("200")[:5], "xx")},
	{name: "PLAIN, more comes while the handler thinks", act: accepts(greets("PLAIN") + plainHello + "\x04\x09\x08INITIATE"), opts: plainServer, theirs: options{"PLAIN_SERVER": 1},
		last: gone, times: 1, reply: []string{}},
	{name: "PLAIN, the handler is silent", act: hears(greets("PLAIN")+plainHello, ""), opts: append(plainServer, zmq.WithHandshakeInterval(short)),
		theirs: options{"PLAIN_SERVER": 1, "HANDSHAKE_IVL": short.Milliseconds()}, last: gone, times: 1, reply: []string{}, anyValue: zmq.EventHandshakeFailedNoDetail},
	{name: "CURVE, a HELLO of noise", act: accepts(greets("CURVE") + curveHello), last: gone, times: 1,
		opts:   []zmq.Option{zmq.WithCurveServer(true), zmq.WithCurveSecretKey(curveSecret)},
		theirs: options{"CURVE_SERVER": 1, "CURVE_SECRETKEY": []byte(curveSecret)}},
	{name: "CURVE, a HELLO too short", act: accepts(greets("CURVE") + "\x04\x08\x05HELLO\x01\x00"), last: gone, times: 1,
		opts:   []zmq.Option{zmq.WithCurveServer(true), zmq.WithCurveSecretKey(curveSecret)},
		theirs: options{"CURVE_SERVER": 1, "CURVE_SECRETKEY": []byte(curveSecret)}},
	{name: "socket closes", act: func(w *world, s subject) string {
		ep := s.bind("tcp://127.0.0.1:*")
		s.close()
		return ep
	}, last: zmq.EventMonitorStopped, times: 1},
}
