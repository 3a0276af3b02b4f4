// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// subject is a socket whose monitor is looked at, ours or libzmq's: the same is
// done to both, and both must tell the same.
type subject interface {
	end
	// try sends once, take receives once, attempt binds, connects, unbinds or
	// disconnects; each says how it failed.
	try(frames ...[]byte) zmq.Errno
	take() ([][]byte, zmq.Errno)
	attempt(op, endpoint string) zmq.Errno
	// setNumber and getNumber are zmq_setsockopt and zmq_getsockopt.
	setNumber(n int, value []byte) zmq.Errno
	getNumber(n, room int) ([]byte, zmq.Errno)
	// property is what the connection says of the next message.
	property(name string) string
	bindFails(endpoint string)
	unbind(endpoint string)
	close()
	// monitor begins a zmq_socket_monitor and returns the end where it is heard.
	monitor() end
}

func (o *ours) unbind(endpoint string) {
	o.w.Helper()
	o.check(o.Unbind(endpoint))
}

func (o *ours) bindFails(endpoint string) {
	o.w.Helper()
	if o.Bind(endpoint) == nil {
		o.w.Fatalf("bound to %s", endpoint)
	}
}

func (o *ours) close() { o.check(o.Close()) }

func (o *ours) monitor() end {
	o.w.Helper()
	endpoint := fmt.Sprintf("inproc://monitor-%p", o)
	o.check(o.Monitor(endpoint, zmq.EventAll, 1, zmq.PAIR))
	m := o.w.open(zmq.PAIR)
	m.connect(endpoint)
	return m
}

func (s *theirs) unbind(endpoint string) { s.ask(request{Op: "unbind", Endpoint: endpoint}) }

func (s *theirs) bindFails(endpoint string) {
	s.p.w.Helper()
	if a := s.p.ask(request{ID: s.id, Op: "bind", Endpoint: endpoint}); a.Error == "" {
		s.p.w.Fatalf("libzmq bound to %s", endpoint)
	}
}

func (s *theirs) monitor() end {
	s.p.w.Helper()
	return &theirs{s.p, s.ask(request{Op: "monitor"}).ID, zmq.PAIR}
}

// record is one event as a monitor of version 1 sends it, comparable: descriptors
// and intervals, which differ each time, have become words.
type record struct {
	typ      zmq.EventType
	value    string
	endpoint string
}

func (r record) String() string { return fmt.Sprintf("%v %s %s", r.typ, r.value, r.endpoint) }

// hear receives one event.
func hear(t *testing.T, m end, endpoint string) record {
	t.Helper()
	fs := m.recv()
	if len(fs) != 2 || len(fs[0]) != 6 {
		t.Fatalf("an event of the form %q", fs)
	}
	r := record{typ: zmq.EventType(binary.NativeEndian.Uint16(fs[0])), endpoint: string(fs[1])}
	value := int32(binary.NativeEndian.Uint32(fs[0][2:]))
	switch r.typ {
	case zmq.EventConnected, zmq.EventAccepted, zmq.EventListening, zmq.EventClosed, zmq.EventDisconnected:
		r.value = "descriptor"
		if value < 0 && !(r.typ == zmq.EventClosed && strings.HasPrefix(r.endpoint, "ipc://")) { // docs/differences.md
			r.value = "no descriptor"
		}
	case zmq.EventConnectRetried:
		r.value = "interval"
		if value < retryMillis || value >= 2*retryMillis {
			r.value = fmt.Sprint("interval ", value)
		}
	default:
		r.value = fmt.Sprint(value)
	}
	if r.typ == zmq.EventBindFailed {
		// libzmq leaves the scheme out (docs/differences.md).
		endpoint = strings.TrimPrefix(endpoint, "tcp://")
		r.endpoint = strings.TrimPrefix(r.endpoint, "tcp://")
	}
	if endpoint != "" {
		r.endpoint = strings.ReplaceAll(r.endpoint, endpoint, "<endpoint>")
	}
	return r
}

// retryMillis is the reconnect interval of subjects: long enough for a connect to
// fall between two of them.
const retryMillis = 10

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
	{name: "connected, peer killed, retried", act: func(w *world, s subject) string {
		p := newPeer(w)
		their := p.open(zmq.ROUTER, nil)
		ep := their.bind("tcp://127.0.0.1:*")
		s.connect(ep)
		s.send([]byte("hello"))
		their.recv()
		p.kill()
		return ep
	}, last: retried, times: 2},
	{name: "connected, peer closes", act: func(w *world, s subject) string {
		p := newPeer(w)
		their := p.open(zmq.ROUTER, nil)
		ep := their.bind("tcp://127.0.0.1:*")
		s.connect(ep)
		s.send([]byte("hello"))
		their.recv()
		their.close()
		return ep
	}, last: retried, times: 2},
	{name: "accepted, peer killed", act: func(w *world, s subject) string {
		ep := s.bind("tcp://127.0.0.1:*")
		p := newPeer(w)
		their := p.open(zmq.DEALER, nil)
		their.connect(ep)
		their.send([]byte("hello"))
		s.recv()
		p.kill()
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
		p := newPeer(w)
		their := p.open(zmq.ROUTER, nil)
		ep := their.bind("ipc://" + filepath.Join(w.TempDir(), "s"))
		s.connect(ep)
		s.send([]byte("hello"))
		their.recv()
		their.close()
		return ep
	}, last: retried, times: 2},
	{name: "unbind over ipc", act: func(w *world, s subject) string {
		ep := s.bind("ipc://" + filepath.Join(w.TempDir(), "s"))
		s.unbind(ep)
		return ep
	}, last: zmq.EventClosed, times: 1},
	{name: "connected, then disconnects", act: func(w *world, s subject) string {
		p := newPeer(w)
		their := p.open(zmq.ROUTER, nil)
		ep := their.bind("tcp://127.0.0.1:*")
		s.connect(ep)
		s.send([]byte("hello"))
		their.recv()
		s.unbind(ep) // which is the same to libzmq
		s.close()
		return ep
	}, last: zmq.EventMonitorStopped, times: 1},
	{name: "no reconnect", act: func(w *world, s subject) string {
		p := newPeer(w)
		their := p.open(zmq.ROUTER, nil)
		ep := their.bind("tcp://127.0.0.1:*")
		s.connect(ep)
		s.send([]byte("hello"))
		their.recv()
		their.close()
		return ep
	}, last: gone, times: 1, opts: []zmq.Option{zmq.WithReconnectInterval(zmq.Forever)}, theirs: options{"RECONNECT_IVL": -1}},
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

// record tells the story to a subject and returns what its monitor said.
func (c *story) record(w *world, s subject) (told []record) {
	w.Helper()
	m := s.monitor()
	endpoint := c.act(w, s)
	for times := c.times; times > 0; {
		r := hear(w.T, m, endpoint)
		if r.typ == c.last {
			times--
		}
		if r.typ == c.anyValue {
			r.value = ""
		}
		told = append(told, r)
	}
	return told
}

// without drops events that only one side has.
func without(rs []record, types []zmq.EventType) []record {
	return slices.DeleteFunc(slices.Clone(rs), func(r record) bool { return slices.Contains(types, r.typ) })
}

// TestMonitorLikeLibzmq: whatever happens to a socket, its monitor tells the same
// as that of libzmq does, recorded now: the same events in the same order, with
// the same values and endpoints, but for what docs/differences.md lists.
func TestMonitorLikeLibzmq(t *testing.T) {
	for i := range stories {
		c := &stories[i]
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			theirOpts := options{"RECONNECT_IVL": retryMillis}
			for name, value := range c.theirs {
				theirOpts[name] = value
			}
			p := newPeer(w)
			if c.reply != nil {
				p.zap(c.reply...)
				handle(w, c.reply...)
			}
			their := c.record(w, p.open(zmq.DEALER, theirOpts))
			our := c.record(w, w.open(zmq.DEALER, append(c.opts, zmq.WithReconnectInterval(retryMillis*1e6))...))
			if !slices.Equal(without(our, c.ourOnly), without(their, c.theirOnly)) {
				t.Errorf("our monitor told\n\t%v\nand libzmq's\n\t%v", our, their)
			}
			for _, typ := range c.ourOnly {
				if !slices.ContainsFunc(our, func(r record) bool { return r.typ == typ }) {
					t.Errorf("%v, of which docs/differences.md speaks, did not come", typ)
				}
			}
		})
	}
}
