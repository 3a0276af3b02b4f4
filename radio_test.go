// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine"
)

// sendGroup sends to a group.
func (w *world) sendGroup(s *zmq.Socket, group, text string) {
	w.Helper()
	m := zmq.NewMsg([]byte(text))
	if err := m.SetGroup(group); err != nil {
		w.Fatal(err)
	}
	if err := s.SendMsg(w.ctx, &m); err != nil {
		w.Fatalf("%v sends %q to group %q: %v", s.Type(), text, group, err)
	}
}

// wantOf receives, and compares with group and text.
func (w *world) wantOf(s *zmq.Socket, group, text string) {
	w.Helper()
	m, err := s.Recv(w.ctx)
	if err != nil || m.Len() != 1 || string(m.Bytes()) != text || m.Group() != group {
		w.Fatalf("%v received %.100q of group %.20q, %v; want %.100q of %.20q", s.Type(), m.Frames(), m.Group(), err, text, group)
	}
}

// ripe sends to a group until the first message arrives: before, the JOIN is on its
// way. It gives each a moment, as a RADIO drops what its queue does not hold, and
// leaves nothing unread.
func (w *world) ripe(radio, dish *zmq.Socket, group string) {
	w.Helper()
	for i := 0; ; i++ {
		w.sendGroup(radio, group, fmt.Sprint("ripe ", i))
		ctx, cancel := context.WithTimeout(w.ctx, time.Millisecond)
		_, err := dish.Recv(ctx)
		cancel()
		if err == nil {
			break
		}
	}
	w.sendGroup(radio, group, "end of ripe")
	for {
		if w.recv(dish)[0] == "end of ripe" {
			return
		}
	}
}

func (w *world) join(s *zmq.Socket, groups ...string) {
	w.Helper()
	for _, g := range groups {
		if err := s.Join(g); err != nil {
			w.Fatal(err)
		}
	}
}

// TestDishReceivesItsGroups, joined before and after the connection is there, and
// nothing of others (edge case 209). Large bodies travel too.
func TestDishReceivesItsGroups(t *testing.T) {
	for _, dishBinds := range []bool{false, true} {
		t.Run(fmt.Sprint("dish binds ", dishBinds), func(t *testing.T) {
			onEachOrder(t, func(w *world, meet func(binder, connecter *zmq.Socket)) {
				radio, dish := w.socket(zmq.RADIO), w.socket(zmq.DISH)
				longest := strings.Repeat("g", 255)
				w.join(dish, "early", longest)
				if dishBinds {
					meet(dish, radio)
				} else {
					meet(radio, dish)
				}
				w.ripe(radio, dish, "early")
				w.join(dish, "late", "")
				w.ripe(radio, dish, "")
				big := strings.Repeat("x", 100_000)
				w.sendGroup(radio, "none", "not for us")
				w.sendGroup(radio, "earl", "not for us")
				w.sendGroup(radio, longest, big)
				w.sendGroup(radio, "late", "")
				w.sendGroup(radio, "", "unnamed")
				w.wantOf(dish, longest, big)
				w.wantOf(dish, "late", "")
				w.wantOf(dish, "", "unnamed")
			})
		})
	}
}

// TestDishLeaves: after Leave nothing of a group is received, not even what was on
// its way.
func TestDishLeaves(t *testing.T) {
	onEachOrder(t, func(w *world, meet func(binder, connecter *zmq.Socket)) {
		radio, dish := w.socket(zmq.RADIO), w.socket(zmq.DISH)
		w.join(dish, "a", "b")
		meet(radio, dish)
		w.ripe(radio, dish, "b")
		w.ripe(radio, dish, "a")
		w.sendGroup(radio, "a", "too late")
		if err := dish.Leave("a"); err != nil {
			t.Fatal(err)
		}
		w.sendGroup(radio, "b", "still here")
		w.wantOf(dish, "b", "still here")
	})
}

// TestGroupNames: what Join and Leave refuse.
func TestGroupNames(t *testing.T) {
	w := newWorld(t)
	dish, radio := w.socket(zmq.DISH), w.socket(zmq.RADIO)
	w.join(dish, "a")
	for _, x := range []struct {
		what      string
		err, want error
	}{
		{"join twice", dish.Join("a"), zmq.ErrInvalid},
		{"join 256 bytes", dish.Join(strings.Repeat("a", 256)), zmq.ErrInvalid},
		{"leave what was not joined", dish.Leave("b"), zmq.ErrInvalid},
		{"RADIO joins", radio.Join("a"), zmq.ErrNotSup},
		{"RADIO leaves", radio.Leave("a"), zmq.ErrNotSup},
		{"DISH sends", dish.TrySend([]byte("x")), zmq.ErrNotSup},
		{"RADIO sends two parts", radio.TrySend([]byte("x"), []byte("y")), zmq.ErrInvalid},
	} {
		if !errors.Is(x.err, x.want) {
			t.Errorf("%s: %v, want %v", x.what, x.err, x.want)
		}
	}
	if _, err := radio.TryRecv(); !errors.Is(err, zmq.ErrNotSup) {
		t.Errorf("RADIO receives: %v", err)
	}
	if err := dish.Leave("a"); err != nil {
		t.Error(err)
	}
}

// TestRadioDropsAtHWM: a DISH that does not read misses messages; the other one
// does not.
func TestRadioDropsAtHWM(t *testing.T) {
	w := newWorld(t)
	radio, ep := w.bound(zmq.RADIO, "inproc://hwm", zmq.WithSendHWM(2))
	slow, quick := w.socket(zmq.DISH, zmq.WithRecvHWM(2)), w.socket(zmq.DISH)
	for _, s := range []*zmq.Socket{slow, quick} {
		w.join(s, "g")
		if err := s.Connect(ep); err != nil {
			t.Fatal(err)
		}
		w.ripe(radio, s, "g")
	}
	drain(slow)
	drain(quick)
	for i := range 100 {
		w.sendGroup(radio, "g", fmt.Sprint(i))
		w.wantOf(quick, "g", fmt.Sprint(i))
	}
	for i := range 4 {
		w.wantOf(slow, "g", fmt.Sprint(i))
	}
	if m, err := slow.TryRecv(); err == nil {
		t.Errorf("beyond the high-water marks came %q", m.Frames())
	}
}

func drain(s *zmq.Socket) {
	for {
		if _, err := s.TryRecv(); err != nil {
			return
		}
	}
}

// TestRadioNoDrop: with XPUB_NODROP a full DISH is EAGAIN, and nobody gets the
// message.
func TestRadioNoDrop(t *testing.T) {
	w := newWorld(t)
	radio, ep := w.bound(zmq.RADIO, "inproc://nodrop", zmq.WithSendHWM(1), zmq.WithXPubNoDrop(true))
	dish := w.socket(zmq.DISH, zmq.WithRecvHWM(1))
	w.join(dish, "g")
	if err := dish.Connect(ep); err != nil {
		t.Fatal(err)
	}
	send := func() error {
		m := zmq.NewMsg([]byte("x"))
		_ = m.SetGroup("g")
		return radio.TrySendMsg(&m)
	}
	w.ripe(radio, dish, "g")
	for range 2 {
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(); !errors.Is(err, zmq.ErrAgain) {
		t.Errorf("to a full DISH: %v", err)
	}
}

// zmtpPeer is a ZMTP 3.1 peer that is nothing but a connection.
type zmtpPeer struct {
	*testing.T
	net.Conn
}

// comeAs connects and shakes hands.
func comeAs(t *testing.T, ep, typ string) zmtpPeer {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	p := zmtpPeer{t, c}
	p.say(greeting("NULL") + readyAs(typ))
	p.hear(64)
	head := p.hear(2)
	p.hear(int(head[1]))
	return p
}

func (p zmtpPeer) say(s string) {
	p.Helper()
	if _, err := io.WriteString(p, s); err != nil {
		p.Fatal(err)
	}
}

func (p zmtpPeer) hear(n int) string {
	p.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(p, b); err != nil {
		p.Fatal(err)
	}
	return string(b)
}

func (p zmtpPeer) want(s string) {
	p.Helper()
	if got := p.hear(len(s)); got != s {
		p.Fatalf("on the wire is %q, want %q", got, s)
	}
}

// TestGroupsOnTheWire: JOIN and LEAVE are commands, a message is the group and the
// body (edge case 209).
func TestGroupsOnTheWire(t *testing.T) {
	w := newWorld(t)
	dish, ep := w.bound(zmq.DISH, "tcp://127.0.0.1:*")
	w.join(dish, "one")
	theirs := comeAs(t, ep, "RADIO")
	theirs.want("\x04\x08\x04JOINone")
	w.join(dish, "two")
	theirs.want("\x04\x08\x04JOINtwo")
	if err := dish.Leave("one"); err != nil {
		t.Fatal(err)
	}
	theirs.want("\x04\x09\x05LEAVEone")
	theirs.say("\x01\x03one\x00\x02no" + "\x01\x03two\x00\x03yes")
	w.wantOf(dish, "two", "yes")

	radio, ep := w.bound(zmq.RADIO, "tcp://127.0.0.1:*")
	theirs = comeAs(t, ep, "DISH")
	// Whoever joins twice gets a message once, and leaves at once.
	theirs.say("\x04\x06\x04JOINa" + "\x04\x06\x04JOINa" + "\x04\x06\x04JOINb")
	for sent := false; !sent; {
		w.sendGroup(radio, "b", "1")
		if stats, err := radio.Stats(w.ctx); err != nil {
			t.Fatal(err)
		} else if len(stats.Peers) > 0 {
			sent = stats.Peers[0].Sent > 0
		}
	}
	w.sendGroup(radio, "a", "2")
	theirs.want("\x01\x01b\x00\x011")
	for {
		next := theirs.hear(6)
		if next == "\x01\x01a\x00\x012" {
			break
		}
		if next != "\x01\x01b\x00\x011" {
			t.Fatalf("on the wire is %q", next)
		}
	}
	theirs.say("\x04\x07\x05LEAVEa" + "\x04\x06\x04JOINc")
	sent := func() uint64 {
		stats, err := radio.Stats(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return stats.Sent
	}
	for before := sent(); sent() == before; { // until JOIN has come
		w.sendGroup(radio, "c", "4")
	}
	w.sendGroup(radio, "a", "no")
	w.sendGroup(radio, "b", "3")
	for next := ""; next != "\x01\x01b\x00\x013"; {
		if next = theirs.hear(6); next[2] == 'a' {
			t.Fatalf("on the wire is %q", next)
		}
	}
}

// TestDishSession: what is not a group and a body ends the connection (edge case
// 210).
func TestDishSession(t *testing.T) {
	for name, input := range map[string]string{
		"no body":              "\x00\x01g",
		"a body that goes on":  "\x01\x01g\x01\x01b",
		"a group of 256 bytes": large(1, 256) + strings.Repeat("g", 256),
		"a large frame":        large(0, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dish, ep := w.bound(zmq.DISH, "tcp://127.0.0.1:*")
			event := wantEvent(w, dish, zmq.EventDisconnected, func() {
				comeAs(t, ep, "RADIO").say(input)
			})
			if !reason(event.Err, engine.ProtocolBroken) {
				t.Errorf("the connection ended with %v", event.Err)
			}
		})
	}
}

// TestDishJoinsAgain: after a reconnect a DISH is in its groups again (edge case
// 92).
func TestDishJoinsAgain(t *testing.T) {
	w := newWorld(t)
	dish := w.socket(zmq.DISH, zmq.WithReconnectInterval(1e6))
	w.join(dish, "g")
	ep := fixed(t, "tcp")
	if err := dish.Connect(ep); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		radio := w.socket(zmq.RADIO)
		for {
			err := radio.Bind(ep)
			if err == nil {
				break
			}
			if !errors.Is(err, zmq.ErrAddrInUse) {
				t.Fatal(err)
			}
		}
		w.ripe(radio, dish, "g")
		if err := errors.Join(radio.Unbind(ep), radio.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRadioStress: several senders, several receivers, groups that come and go;
// each receiver sees the numbers of each sender rise.
func TestRadioStress(t *testing.T) {
	for _, transport := range []string{"tcp", "inproc"} {
		t.Run(transport, func(t *testing.T) {
			w := newWorld(t)
			radio, ep := w.bound(zmq.RADIO, endpoints[transport])
			var all sync.WaitGroup
			const radios, dishes, each = 3, 4, 400
			var ready sync.WaitGroup
			for range dishes {
				dish := w.connected(zmq.DISH, ep, zmq.WithRecvHWM(0))
				w.join(dish, "stop")
				ready.Add(1)
				all.Go(func() { listenRising(w, dish, ready.Done) })
			}
			stopRipe := make(chan struct{})
			all.Go(func() { ready.Wait(); close(stopRipe) })
			for on := true; on; {
				w.sendGroup(radio, "stop", "ripe")
				select {
				case <-stopRipe:
					on = false
				default:
				}
			}
			var senders sync.WaitGroup
			for s := range radios {
				senders.Go(func() {
					for i := range each {
						w.sendGroup(radio, fmt.Sprint(i%7), fmt.Sprintf("%d %d", s, i))
					}
				})
			}
			senders.Wait()
			quit := make(chan struct{})
			go func() { all.Wait(); close(quit) }()
			for on := true; on; {
				w.sendGroup(radio, "stop", "stop")
				select {
				case <-quit:
					on = false
				default:
				}
			}
		})
	}
}

// listenRising joins and leaves groups while it receives, until it is told to stop.
func listenRising(w *world, dish *zmq.Socket, ready func()) {
	last := map[int]int{}
	for n := 0; ; n++ {
		m, err := dish.Recv(w.ctx)
		if err != nil {
			w.Error(err)
			return
		}
		if n == 0 {
			ready()
		}
		switch text := string(m.Bytes()); {
		case m.Group() != "stop":
			var s, i int
			if _, err := fmt.Sscanf(text, "%d %d", &s, &i); err != nil || i < last[s] {
				w.Errorf("received %q after %d", text, last[s])
				return
			}
			last[s] = i
		case text == "stop":
			return
		}
		group := fmt.Sprint(n % 7)
		if n%14 < 7 {
			_ = dish.Join(group)
		} else {
			_ = dish.Leave(group)
		}
	}
}

// TestRadioAllocatesNothing: nor does its DISH.
func TestRadioAllocatesNothing(t *testing.T) {
	w := newWorld(t)
	radio, ep := w.bound(zmq.RADIO, "inproc://alloc")
	dish := w.socket(zmq.DISH)
	w.join(dish, "group")
	if err := dish.Connect(ep); err != nil {
		t.Fatal(err)
	}
	w.ripe(radio, dish, "group")
	var out, in zmq.Msg
	once := func() {
		copy(out.Init(64), "message")
		_ = out.SetGroup("group")
		if err := errors.Join(radio.SendMsg(w.ctx, &out), dish.RecvMsg(w.ctx, &in)); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		once()
	}
	if n := testing.AllocsPerRun(500, once); n != 0 && !raceEnabled {
		t.Errorf("%v allocations per message", n)
	}
}
