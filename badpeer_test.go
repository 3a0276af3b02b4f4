// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/engine/zmtp"
)

// The handshake of ZMTP 3.1, as a well-behaved peer writes it.
const (
	goodSignature = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"
	goodRevision  = "\x03\x01"
	handshakeMax  = 150 * time.Millisecond // where a test waits for it
	frameMax      = 1000                   // MAXMSGSIZE, in bytes
)

func greeting(mechanism string) string {
	return goodSignature + goodRevision + mechanism + strings.Repeat("\x00", 52-len(mechanism))
}

// command is a short command frame.
func command(name, body string) string {
	s := string([]byte{byte(len(name))}) + name + body
	return "\x04" + string([]byte{byte(len(s))}) + s
}

func property(name, value string) string {
	return string([]byte{byte(len(name))}) + name + "\x00\x00\x00" + string([]byte{byte(len(value))}) + value
}

func readyAs(typ string) string { return command("READY", property("Socket-Type", typ)) }

// large is the header of a frame with the long form of length.
func large(flags byte, size uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte{flags | 2}, size))
}

// ending is what a bad peer does behind its input.
type ending int

const (
	stays  ending = iota // waits for us to close
	closes               // ends the connection as usual
	resets               // ends it with RST
)

// badPeer is an input that must end the connection on which it comes.
type badPeer struct {
	name  string
	input string
	flood string // is sent without end behind the input, unless empty
	end   ending
	check func(error) bool // what the events say
	event zmq.EventType    // comes before EventDisconnected, unless 0
	opts  []zmq.Option
}

// broken says that the peer broke the protocol, with a code.
func broken(code uint32) func(error) bool {
	return func(err error) bool {
		var why *zmtp.ProtocolError
		return reason(err, engine.ProtocolBroken) && errors.As(err, &why) && why.Code == code
	}
}

// tooLong says that a handshake did not end, or, where the pieces fell so that a
// frame of the largest size came in whole, that it made no sense.
func tooLong(err error) bool {
	return broken(zmtp.ErrorUnspecified)(err) || broken(zmtp.ErrorUnexpectedCommand)(err)
}

// tooLarge says that a frame was larger than max.
func tooLarge(size, max uint64) func(error) bool {
	return func(err error) bool {
		var why *zmtp.SizeError
		return reason(err, engine.ProtocolBroken) && errors.As(err, &why) && why.Size == size && why.Max == max
	}
}

func timedOut(err error) bool { return reason(err, engine.TimedOut) }

// gone says that the connection ended with one of some errors of the system.
func gone(numbers ...syscall.Errno) func(error) bool {
	return func(err error) bool {
		for _, no := range numbers {
			if errors.Is(err, no) {
				return reason(err, engine.ConnectionLost)
			}
		}
		return false
	}
}

func reason(err error, want engine.Reason) bool {
	var why *engine.Error
	return errors.As(err, &why) && why.Reason == want
}

const failedProtocol = zmq.EventHandshakeFailedProtocol

// badHandshakes never get through the handshake.
var badHandshakes = []badPeer{
	{
		name: "garbage behind a signature", input: goodSignature + strings.Repeat("garbage!", 20),
		check: broken(zmtp.ErrorMechanismMismatch), event: failedProtocol,
	},
	{
		name: "a frame of no length", input: "\x00\x00\x00\x00",
		check: broken(zmtp.ErrorUnspecified), event: failedProtocol,
	},
	{
		name: "another protocol", input: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		check: timedOut, event: zmq.EventHandshakeFailedNoDetail,
		opts: []zmq.Option{zmq.WithHandshakeInterval(handshakeMax)},
	},
	{
		name:  "nothing at all",
		check: timedOut, event: zmq.EventHandshakeFailedNoDetail,
		opts: []zmq.Option{zmq.WithHandshakeInterval(handshakeMax)},
	},
	{
		name: "half a greeting", input: greeting("NULL")[:32],
		check: timedOut, event: zmq.EventHandshakeFailedNoDetail,
		opts: []zmq.Option{zmq.WithHandshakeInterval(handshakeMax)},
	},
	{
		name: "no READY", input: greeting("NULL"),
		check: timedOut, event: zmq.EventHandshakeFailedNoDetail,
		opts: []zmq.Option{zmq.WithHandshakeInterval(handshakeMax)},
	},
	{
		name: "half a greeting and the end", input: greeting("NULL")[:32], end: closes,
		check: gone(syscall.EPIPE, syscall.ECONNRESET), event: zmq.EventHandshakeFailedNoDetail,
	},
	{
		name: "unknown mechanism", input: greeting("MAGIC"),
		check: broken(zmtp.ErrorMechanismMismatch), event: failedProtocol,
	},
	{
		name: "longer mechanism", input: greeting("NULLS"),
		check: broken(zmtp.ErrorMechanismMismatch), event: failedProtocol,
	},
	{
		name: "wrong socket type", input: greeting("NULL") + readyAs("SUB"),
		check: broken(zmtp.ErrorInvalidMetadata), event: failedProtocol,
	},
	{
		name: "unknown socket type", input: greeting("NULL") + readyAs("CAT"),
		check: broken(zmtp.ErrorInvalidMetadata), event: failedProtocol,
	},
	{
		name: "no property name", input: greeting("NULL") + command("READY", "\xffSocket-Type"),
		check: broken(zmtp.ErrorInvalidMetadata), event: failedProtocol,
	},
	{
		name: "no property value", input: greeting("NULL") + command("READY", "\x0bSocket-Type\xff\xff\xff\xffPUSH"),
		check: broken(zmtp.ErrorInvalidMetadata), event: failedProtocol,
	},
	{
		name: "a byte behind the properties", input: greeting("NULL") + command("READY", property("Socket-Type", "PUSH")+"\x00"),
		check: broken(zmtp.ErrorInvalidMetadata), event: failedProtocol,
	},
	{
		name: "command without a whole name", input: greeting("NULL") + "\x04\x03\x05RE",
		check: broken(zmtp.ErrorMalformedCommandUnspecified), event: failedProtocol,
	},
	{
		name: "another command", input: greeting("NULL") + command("HELLO", ""),
		check: broken(zmtp.ErrorUnexpectedCommand), event: failedProtocol,
	},
	{
		name: "reserved flags", input: greeting("NULL") + "\x0c" + readyAs("PUSH")[1:],
		check: broken(zmtp.ErrorUnspecified), event: failedProtocol,
	},
	{
		name: "handshake of 2^63 bytes", input: greeting("NULL") + large(4, 1<<63),
		check: tooLarge(1<<63, 64<<10),
	},
	{
		name: "endless handshake", input: greeting("NULL") + large(4, 64<<10), flood: strings.Repeat("x", 4096),
		check: tooLong, event: failedProtocol,
	},
}

// badMessages come after the handshake.
var badMessages = []badPeer{
	{name: "length of 2^63", input: large(0, 1<<63), check: tooLarge(1<<63, zmtp.SizeMax)},
	{name: "length of 2^64-1", input: large(0, 1<<64-1), check: tooLarge(1<<64-1, zmtp.SizeMax)},
	{
		name: "larger than allowed", input: large(0, frameMax+1), check: tooLarge(frameMax+1, frameMax),
		opts: []zmq.Option{zmq.WithMaxMsgSize(frameMax)},
	},
	{
		name: "second part larger than allowed", input: "\x01\x04part" + large(0, frameMax+1), check: tooLarge(frameMax+1, frameMax),
		opts: []zmq.Option{zmq.WithMaxMsgSize(frameMax)},
	},
	{name: "reserved flag 3", input: "\x08\x03bad", check: broken(zmtp.ErrorUnspecified)},
	{name: "reserved flag 7", input: "\x01\x04part\x80\x03bad", check: broken(zmtp.ErrorUnspecified)},
	{name: "command with MORE", input: "\x05\x06\x04PING\x00", check: broken(zmtp.ErrorUnspecified)},
	{name: "PING without TTL", input: command("PING", "\x00"), check: broken(zmtp.ErrorMalformedCommandUnspecified)},
	{name: "command of 2^63 bytes", input: large(4, 1<<63), check: tooLarge(1<<63, zmtp.SizeMax)},
	{name: "half a command", input: "\x04\x07\x04PI", end: closes, check: gone(syscall.EPIPE)},
	{name: "half a header", input: large(0, 1<<20)[:5], end: closes, check: gone(syscall.EPIPE)},
	{name: "first part only", input: "\x01\x04part", end: closes, check: gone(syscall.EPIPE)},
	{name: "half a message", input: "\x01\x04part\x00\x10more", end: closes, check: gone(syscall.EPIPE)},
	{name: "half a large message", input: large(1, 1<<20) + strings.Repeat("x", 100_000), end: closes, check: gone(syscall.EPIPE)},
	{
		name: "large part only", input: large(1, 100_000) + strings.Repeat("x", 100_000), end: closes,
		check: gone(syscall.EPIPE),
	},
	{name: "RST in a message", input: "\x01\x04part\x00\x10more", end: resets, check: gone(syscall.ECONNRESET)},
	{
		name: "RST in a large message", input: large(0, 1<<20) + strings.Repeat("x", 100_000), end: resets,
		check: gone(syscall.ECONNRESET),
	},
}

// fan is a bound socket, one legitimate connection to it, and a way to show that
// messages pass between them. The bad peer claims to be of type peer.
type fan struct {
	name  string
	bound zmq.SocketType
	good  zmq.SocketType
	peer  string
	setUp func(w *world, bound, good *zmq.Socket)
	pass  func(w *world, bound, good *zmq.Socket, text string)
}

// fans are one socket for each way that input takes: as it is on the wire, and
// frame by frame.
var fans = []fan{
	{
		name: "PULL", bound: zmq.PULL, good: zmq.PUSH, peer: "PUSH",
		setUp: func(*world, *zmq.Socket, *zmq.Socket) {},
		pass: func(w *world, bound, good *zmq.Socket, text string) {
			w.send(good, text, "part")
			w.want(bound, text, "part")
		},
	},
	{
		name: "XPUB", bound: zmq.XPUB, good: zmq.SUB, peer: "SUB",
		setUp: func(w *world, bound, good *zmq.Socket) {
			if err := good.Subscribe("good"); err != nil {
				w.Fatal(err)
			}
			w.want(bound, "\x01good")
		},
		pass: func(w *world, bound, good *zmq.Socket, text string) {
			w.send(bound, "good", text)
			w.want(good, "good", text)
		},
	},
}

// TestBadHandshake: whatever a peer does wrong before it is through the
// handshake ends its connection, is reported, and disturbs nobody.
func TestBadHandshake(t *testing.T) {
	for _, b := range badHandshakes {
		t.Run(b.name, func(t *testing.T) { b.run(t, &fans[0], "") })
	}
}

// TestBadMessage: the same for what comes after the handshake; of a message that
// did not come whole, nothing is delivered.
func TestBadMessage(t *testing.T) {
	for i := range fans {
		f := &fans[i]
		for _, b := range badMessages {
			t.Run(f.name+"/"+b.name, func(t *testing.T) { b.run(t, f, greeting("NULL")+readyAs(f.peer)) })
		}
	}
}

// run lets the bad peer come, after a good one.
func (b *badPeer) run(t *testing.T, f *fan, handshake string) {
	w := newWorld(t)
	bound, ep := w.bound(f.bound, "tcp://127.0.0.1:*", b.opts...)
	good := w.connected(f.good, ep)
	f.setUp(w, bound, good)
	f.pass(w, bound, good, "before")

	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	events := bound.Events(ctx, zmq.EventAll)
	conn := b.come(w, ep, handshake)
	f.pass(w, bound, good, "meanwhile")
	remote := "tcp://" + conn.LocalAddr().String()
	b.leave(w, conn)

	var before zmq.EventType
	for e := range events {
		if e.Remote != remote {
			t.Errorf("event %v of %s: %v", e.Type, e.Remote, e.Err)
			continue
		}
		switch e.Type {
		case zmq.EventAccepted, zmq.EventHandshakeSucceeded:
			continue
		}
		if !b.check(e.Err) {
			t.Errorf("event %v says %v", e.Type, e.Err)
		}
		if e.Type == zmq.EventDisconnected {
			break
		}
		before |= e.Type
	}
	if w.ctx.Err() != nil {
		t.Error("no one said that the connection ended")
	}
	if before != b.event {
		t.Errorf("events %v came before the end, want %v", before, b.event)
	}
	f.pass(w, bound, good, "after")
	if m, err := bound.TryRecv(); !errors.Is(err, zmq.ErrAgain) {
		t.Errorf("received %q (%v), which nobody sent", m.Frames(), err)
	}
}

// come connects and sends the handshake, and waits until it has been taken, then
// the bad input.
func (b *badPeer) come(w *world, ep, handshake string) *net.TCPConn {
	w.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		w.Fatal(err)
	}
	if _, err := io.WriteString(c, handshake); err != nil {
		w.Fatal(err)
	}
	if handshake != "" {
		// Greeting and READY come back; what is unread at our end would make its end
		// an RST.
		head := make([]byte, 64+2)
		if _, err := io.ReadFull(c, head); err != nil {
			w.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, head[65])); err != nil {
			w.Fatal(err)
		}
	}
	if _, err := io.WriteString(c, b.input); err != nil {
		w.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// leave ends the connection from the peer's side, or waits until it is ended.
func (b *badPeer) leave(w *world, c *net.TCPConn) {
	w.Helper()
	switch b.end {
	case closes:
		if err := c.Close(); err != nil {
			w.Error(err)
		}
		return
	case resets:
		if err := c.SetLinger(0); err != nil {
			w.Error(err)
		}
		if err := c.Close(); err != nil {
			w.Error(err)
		}
		return
	}
	var err error
	for b.flood != "" && err == nil {
		_, err = io.WriteString(c, b.flood)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, c)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.Error("the connection was not ended")
	}
}

// TestBadReply: what a REQ socket receives must look like a reply; anything else
// ends the connection, on which another reply could never be told from it.
func TestBadReply(t *testing.T) {
	for name, reply := range map[string]string{
		"no envelope":           "\x00\x05reply",
		"empty and nothing":     "\x00\x00",
		"long id":               "\x01\x05abcde\x01\x00\x00\x05reply",
		"id without empty":      "\x01\x04abcd\x00\x05reply",
		"large without":         large(0, 100_000) + strings.Repeat("x", 100_000),
		"bad behind good":       "\x01\x00\x00\x05reply\x00\x03bad",
		"large bad behind good": "\x01\x00\x00\x05reply" + large(0, 100_000) + strings.Repeat("x", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			req, ep := w.bound(zmq.REQ, "tcp://127.0.0.1:*")
			ctx, cancel := context.WithCancel(w.ctx)
			defer cancel()
			events := req.Events(ctx, zmq.EventDisconnected|zmq.EventHandshakeSucceeded)
			b := badPeer{input: reply}
			b.leave(w, b.come(w, ep, greeting("NULL")+readyAs("REP")+command("PONG", "")))
			rep := w.connected(zmq.REP, ep)
			var seen []zmq.EventType
			for e := range events {
				if e.Type == zmq.EventDisconnected && !reason(e.Err, engine.ProtocolBroken) {
					t.Errorf("disconnected because of %v", e.Err)
				}
				// The question must not go to the bad peer: wait until the other is there.
				if seen = append(seen, e.Type); len(seen) == 3 {
					break
				}
			}
			if len(seen) != 3 || seen[1] != zmq.EventDisconnected {
				t.Fatalf("events %v, want a handshake, an end and a handshake", seen)
			}
			w.send(req, "question")
			w.want(rep, "question")
			w.send(rep, "good")
			w.want(req, "good")
		})
	}
}

// TestBadListener: where we connect to a peer that breaks the protocol, we do
// not come again; where it just goes away, we do.
func TestBadListener(t *testing.T) {
	for _, b := range []badPeer{
		{name: "unknown mechanism", input: greeting("MAGIC"), check: broken(zmtp.ErrorMechanismMismatch)},
		{name: "wrong socket type", input: greeting("NULL") + readyAs("PUB"), check: broken(zmtp.ErrorInvalidMetadata)},
		{name: "reserved flag", input: greeting("NULL") + readyAs("PULL") + "\x08\x03bad", check: broken(zmtp.ErrorUnspecified)},
		{name: "the end", input: greeting("NULL"), end: resets, check: gone(syscall.ECONNRESET, syscall.EPIPE)},
	} {
		t.Run(b.name, func(t *testing.T) {
			w := newWorld(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			push := w.socket(zmq.PUSH, zmq.WithReconnectInterval(time.Millisecond))
			ctx, cancel := context.WithCancel(w.ctx)
			defer cancel()
			events := push.Events(ctx, zmq.EventDisconnected|zmq.EventConnectRetried)
			if err := push.Connect("tcp://" + l.Addr().String()); err != nil {
				t.Fatal(err)
			}
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, b.input); err != nil {
				t.Fatal(err)
			}
			b.leave(w, c.(*net.TCPConn))
			b.wantEnd(t, push, events)
		})
	}
}

// wantEnd looks at the events up to where they show whether a connecting socket
// comes again.
func (b *badPeer) wantEnd(t *testing.T, s *zmq.Socket, events func(func(zmq.Event) bool)) {
	t.Helper()
	again := b.end != stays
	for e := range events {
		if e.Type == zmq.EventConnectRetried {
			if !again {
				t.Error("it connects again")
			}
			return
		}
		if !b.check(e.Err) {
			t.Errorf("disconnected because of %v", e.Err)
		}
		if !again {
			// Its endpoint is gone, and closing ends the events.
			if err := s.Set(zmq.WithLinger(0)); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if again {
		t.Error("it does not connect again")
	}
}
