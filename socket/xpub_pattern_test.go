// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/mtrie"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
)

func manual(o *option.Options)   { o.XPubManual = true }
func verbose(o *option.Options)  { o.XPubVerbose = true }
func verboser(o *option.Options) { o.XPubVerbose, o.XPubVerboser = true, true }
func noDrop(o *option.Options)   { o.XPubNoDrop = true }

func TestXPubSendsToWhoeverAsked(t *testing.T) {
	for _, typ := range []int{option.XPub, option.Pub} {
		r := newRig(t, typ)
		a, b, c := r.accept(""), r.accept(""), r.accept("")
		a.put("\x01")
		b.put("\x01news")
		b.put("\x01new")
		c.put("\x01sport")
		r.wantSend(errno.OK, "newspaper", "sport")
		r.wantSend(errno.OK, "sports")
		r.wantSend(errno.OK, "other")
		r.wantOut(true)
		a.want("newspaper|sport", "sports", "other")
		b.want("newspaper|sport")
		c.want("sports")
		if a.woken != 1 || b.woken != 1 {
			t.Errorf("sleeping peers woken %d and %d times, want once each", a.woken, b.woken)
		}
		a.put("\x00")
		r.wantSend(errno.OK, "other")
		a.want()
	}
}

// A large body goes to several peers by reference.
func TestXPubSendsLargeBodyToAll(t *testing.T) {
	r := newRig(t, option.XPub)
	a, b := r.accept(""), r.accept("")
	a.put("\x01")
	b.put("\x01")
	big := strings.Repeat("x", 2*msg.RefBytesMin)
	r.wantSend(errno.OK, big, "end")
	a.want(big + "|end")
	b.want(big + "|end")
}

// A full peer loses messages, alone, and comes back at the low-water mark
// (edge case 193).
func TestXPubDropsForFullPeer(t *testing.T) {
	r := newRig(t, option.XPub, hwm(2))
	a, b := r.accept(""), r.accept("")
	a.put("\x01")
	b.put("\x01")
	for _, s := range []string{"1", "2", "3"} {
		r.wantSend(errno.OK, s)
		b.want(s)
	}
	a.want("1", "2")
	r.wantSend(errno.OK, "4")
	a.want("4")
}

// With XPUB_NODROP nobody gets the message while one who matches is full (edge
// case 195); one who is gone is no hindrance.
func TestXPubNoDrop(t *testing.T) {
	r := newRig(t, option.XPub, hwm(1), noDrop)
	a, b := r.accept(""), r.accept("")
	a.put("\x01a")
	b.put("\x01")
	r.wantSend(errno.OK, "a1")
	b.want("a1")
	r.wantSend(errno.EAGAIN, "a2", "more")
	b.want()
	r.wantSend(errno.OK, "b1", "more")
	b.want("b1|more")
	a.want("a1")
	r.wantSend(errno.OK, "a3")
	b.want("a3")
	a.q.CloseRead() // not told yet
	r.wantSend(errno.OK, "a4")
	b.want("a4")
}

func TestXPubInvertMatching(t *testing.T) {
	r := newRig(t, option.XPub, func(o *option.Options) { o.InvertMatching = true })
	a, b, c := r.accept(""), r.accept(""), r.accept("")
	a.put("\x01x")
	b.put("\x01y")
	r.wantSend(errno.OK, "x", "y")
	a.want()
	b.want("x|y")
	c.want("x|y")
}

// Who comes in the middle of a message gets the next (edge case 194).
func TestXPubNewcomerWaitsForNextMessage(t *testing.T) {
	r := newRig(t, option.XPub, func(o *option.Options) { o.InvertMatching = true })
	f := part("1", true)
	r.pat.send(&f)
	a := r.accept("")
	f = part("2", false)
	r.pat.send(&f)
	r.settle()
	a.want()
	r.wantSend(errno.OK, "3")
	a.want("3")
}

// The application hears of the first subscription to a topic, the last
// withdrawal, and a withdrawal of what nobody has (edge cases 196, 198).
func TestXPubTellsFirstAndLast(t *testing.T) {
	r := newRig(t, option.XPub)
	a, b := r.accept(""), r.accept("")
	a.put("\x01x")
	a.put("\x01x")
	r.hear()
	b.put("\x01x")
	r.hear()
	a.put("\x00x")
	r.wantIn(true)
	r.wantRecv("\x01x")
	r.wantNoRecv(errno.EAGAIN)
	b.put("\x00x")
	r.wantRecv("\x00x")
	b.put("\x00x")
	r.wantRecv("\x00x")
	r.wantIn(false)
}

func TestXPubVerbose(t *testing.T) {
	r := newRig(t, option.XPub, verbose)
	a, b := r.accept(""), r.accept("")
	a.put("\x01x")
	a.put("\x01x")
	r.wantRecv("\x01x")
	r.wantRecv("\x01x")
	b.put("\x01x")
	r.wantRecv("\x01x")
	b.put("\x00x")
	r.wantNoRecv(errno.EAGAIN)
	a.put("\x00x")
	r.wantRecv("\x00x")
}

func TestXPubVerboser(t *testing.T) {
	r := newRig(t, option.XPub, verboser)
	a, b := r.accept(""), r.accept("")
	for _, f := range []*far{a, b} {
		f.put("\x01x")
		r.wantRecv("\x01x")
	}
	for _, f := range []*far{a, b} {
		f.put("\x00x")
		r.wantRecv("\x00x")
	}
}

// The topics of a peer that leaves are withdrawn: the application hears of
// those that nobody else has, with XPUB_VERBOSER of all (edge case 199).
func TestXPubWithdrawsTopicsOfGonePeer(t *testing.T) {
	for _, all := range []bool{false, true} {
		r := newRig(t, option.XPub)
		a, b := r.accept(""), r.accept("")
		a.put("\x01x")
		a.put("\x01y")
		b.put("\x01x")
		r.wantRecv("\x01x")
		r.wantRecv("\x01y")
		r.b.opts.XPubVerboser = all
		a.hangUp()
		r.hear()
		a.wantGone(true)
		got := map[string]bool{}
		for r.pat.hasIn() {
			m, _ := r.recv()
			got[m[0]] = true
		}
		if !got["\x00y"] || got["\x00x"] != all {
			t.Errorf("all %v: told of %v", all, got)
		}
		// libzmq's count stays (edge case 206).
		if n := r.pat.(*xpub).topics(); n != 1 {
			t.Errorf("%d topics, want 1", n)
		}
		r.wantSend(errno.OK, "xy")
		b.want("xy")
	}
}

// The subscriptions of a peer that is gone already count until they are
// withdrawn.
func TestXPubHearsGonePeerToItsEnd(t *testing.T) {
	r := newRig(t, option.XPub)
	a := r.accept("")
	a.put("\x01x")
	a.put("user message")
	a.hangUp()
	r.hear()
	a.wantGone(true)
	r.wantRecv("\x01x")
	r.wantRecv("user message")
	r.wantRecv("\x00x")
}

// In manual mode the application decides, for the peer whose request it has
// received last (edge case 200).
func TestXPubManual(t *testing.T) {
	r := newRig(t, option.XPub, manual)
	x := r.pat.(*xpub)
	if e := x.manualSubscribe([]byte("nobody")); e != errno.OK {
		t.Errorf("subscribing nobody: %v", e)
	}
	a, b := r.accept(""), r.accept("")
	b.put("from b") // libzmq takes the wrong peer for the asker after this
	r.hear()
	a.put("\x01A")
	r.hear()
	b.put("\x01B")
	r.hear()
	a.put("\x01A")
	r.wantSend(errno.OK, "A")
	a.want()
	r.wantRecv("from b")
	r.wantRecv("\x01A")
	x.manualSubscribe([]byte("XA"))
	r.wantRecv("\x01B")
	x.manualSubscribe([]byte("XB"))
	r.wantRecv("\x01A") // told of every time
	r.wantSend(errno.OK, "XA")
	r.wantSend(errno.OK, "XB")
	a.want("XA")
	b.want("XB")
	a.put("\x00A")
	r.wantRecv("\x00A")
	r.wantSend(errno.OK, "XA")
	a.want("XA")
	x.manualUnsubscribe([]byte("XA"))
	r.wantSend(errno.OK, "XA")
	a.want()
	if x.topics() != 1 {
		t.Errorf("%d topics, want 1", x.topics())
	}
}

// A peer that leaves takes its topics along, and cannot be subscribed again.
func TestXPubManualPeerLeaves(t *testing.T) {
	r := newRig(t, option.XPub, manual)
	x := r.pat.(*xpub)
	a, b := r.accept(""), r.accept("")
	a.put("\x01A")
	b.put("\x01B")
	r.wantRecv("\x01A")
	x.manualSubscribe([]byte("XA"))
	a.hangUp()
	r.hear()
	x.manualSubscribe([]byte("ghost"))
	b.hangUp()
	r.hear()
	r.wantRecv("\x01B")
	x.manualSubscribe([]byte("ghost"))
	r.wantRecv("\x00A")
	r.wantRecv("\x00B")
	r.wantIn(false)
	if x.topics() != 0 || x.asked.Len() != 0 {
		t.Errorf("%d topics and %d requests are left, want none", x.topics(), x.asked.Len())
	}
}

func TestXPubManualNeedsMode(t *testing.T) {
	x := newRig(t, option.XPub).pat.(*xpub)
	if e := x.manualSubscribe(nil); e != errno.EINVAL {
		t.Errorf("subscribe: %v, want EINVAL", e)
	}
	if e := x.manualUnsubscribe(nil); e != errno.EINVAL {
		t.Errorf("unsubscribe: %v, want EINVAL", e)
	}
}

// The welcome message goes to each new peer, subscribed or not (edge case 202).
func TestXPubWelcome(t *testing.T) {
	for _, typ := range []int{option.XPub, option.Pub} {
		r := newRig(t, typ, func(o *option.Options) { o.XPubWelcome = []byte("welcome") })
		a := r.accept("")
		a.want("welcome")
		if a.woken != 1 {
			t.Errorf("the peer was woken %d times, want once", a.woken)
		}
	}
}

// What a peer has asked for before it was attached is heard at once.
func TestXPubHearsAtAttach(t *testing.T) {
	r := newRig(t, option.XPub)
	a := r.pair()
	a.put("\x01x")
	r.pat.attach(a.p, true)
	r.readable = nil
	r.wantSend(errno.OK, "x")
	a.want("x")
}

// Every part that begins with 0 or 1 is a topic, with ONLY_FIRST_SUBSCRIBE only
// where the first one is (edge case 203); all else is for the application.
func TestXPubTopicsInMultipartMessages(t *testing.T) {
	r := newRig(t, option.XPub)
	a := r.accept("")
	big := strings.Repeat("x", 2*msg.RefBytesMin)
	a.put("user", big)
	a.put("user", "\x01a", "\x01b", "end")
	a.put("")
	r.wantRecv("user", big)
	r.wantRecv("user", "\x01a")
	r.wantRecv("\x01b")
	r.wantRecv("end")
	r.wantRecv("")
	a.put("user", "\x01b") // b is known: the message ends with its first part
	r.wantRecv("user")

	r = newRig(t, option.XPub, func(o *option.Options) { o.OnlyFirstSub = true })
	a = r.accept("")
	a.put("user", "\x01a")
	a.put("\x01b", "\x01c")
	r.wantRecv("user", "\x01a")
	r.wantRecv("\x01b")
	r.wantRecv("\x01c")
	if n := r.pat.(*xpub).topics(); n != 2 {
		t.Errorf("%d topics, want 2", n)
	}
}

// A flood does not keep the publisher: the rest is heard later.
func TestXPubHearsInPortions(t *testing.T) {
	r := newRig(t, option.XPub, hwm(0))
	a := r.accept("")
	for range heardMessagesMax + 1 {
		a.put("x")
	}
	ps := r.readable
	r.readable = nil
	r.pat.readActivated(ps[0])
	if got := r.pat.(*xpub).queue.count; got != heardMessagesMax {
		t.Fatalf("%d messages heard, want %d", got, heardMessagesMax)
	}
	if again := r.b.recvs.take(); len(again) != 1 || again[0] != a.p {
		t.Fatalf("pipes to be heard again: %v", again)
	}
	r.pat.readActivated(a.p)
	if got := r.pat.(*xpub).queue.count; got != heardMessagesMax+1 {
		t.Fatalf("%d messages heard, want %d", got, heardMessagesMax+1)
	}
}

// What a subscriber of this process has asked for counts for the next message, however
// much it is and whatever the loop has come to do by then.
func TestPubHearsItsProcessFirst(t *testing.T) {
	const topics = 5*heardMessagesMax + 1
	for _, typ := range []int{option.Pub, option.XPub} {
		c := NewCtx()
		pub, sub := open(t, c, typ), open(t, c, option.Sub)
		if err := errors.Join(sub.SetOptions(func(o *option.Options) error { o.SendHWM, o.RecvHWM = 0, 0; return nil }),
			pub.SetOptions(func(o *option.Options) error { o.SendHWM, o.RecvHWM = 0, 0; return nil }),
			pub.Bind("inproc://topics"), sub.Connect("inproc://topics")); err != nil {
			t.Fatal(err)
		}
		started, over := make(chan struct{}), make(chan struct{})
		c.home().Send(reactor.Command{Op: opStand, To: started, Arg: over})
		<-started
		for i := range topics {
			if err := sub.Subscribe(binary.BigEndian.AppendUint32(nil, uint32(i))); err != nil {
				t.Fatal(err)
			}
		}
		var m msg.Msg
		last := binary.BigEndian.AppendUint32(nil, topics-1)
		m.Copy(last, nil)
		if err := pub.Send(t.Context(), &m, true); err != nil {
			t.Error(err)
		}
		if err := sub.Recv(t.Context(), &m, false); err != nil || !bytes.Equal(m.Bytes(), last) {
			t.Errorf("%v: %q", err, m.Bytes())
		}
		close(over)
	}
}

// opStand has the loop stand until it may go on.
var opStand = &reactor.Op{Name: "stand", Run: func(c reactor.Command) {
	close(c.To.(chan struct{}))
	<-c.Arg.(chan struct{})
}}

// A topic that is too long for the trie is ignored.
func TestXPubIgnoresEndlessTopic(t *testing.T) {
	for _, set := range []func(*option.Options){verbose, manual} {
		r := newRig(t, option.XPub, set)
		r.accept("").put("\x01" + strings.Repeat("x", mtrie.PrefixBytesMax+1))
		r.wantNoRecv(errno.EAGAIN)
	}
}

// A full queue keeps no more; what peers ask for is done all the same.
func TestXPubQueueIsBounded(t *testing.T) {
	r := newRig(t, option.XPub)
	x := r.pat.(*xpub)
	for x.queue.room() {
		x.queue.addTopic(1, nil, nil)
	}
	a := r.accept("")
	a.put("user", "message")
	a.put("\x01x")
	r.wantSend(errno.OK, "x")
	a.want("x")
	a.hangUp()
	r.hear()
	if x.queue.count != noticesMax {
		t.Errorf("%d parts queued, want %d", x.queue.count, noticesMax)
	}
	var f msg.Part
	for x.queue.take(&f) != nil {
		if string(f.Data) != "\x01" {
			t.Fatalf("queue returns %q", f.Data)
		}
	}
	if len(x.queue.ring) > noticesKept {
		t.Errorf("the empty queue holds %d places", len(x.queue.ring))
	}
}

// The queue returns what was put in, in order, whatever its state.
func TestNoticesKeepOrder(t *testing.T) {
	var q notices
	next, want := byte(0), byte(0)
	for round := range 400 {
		for range round%7 + 1 {
			q.addTopic(next, []byte{next}, nil)
			next++
		}
		for range round % 8 {
			var f msg.Part
			if q.take(&f) == nil {
				break
			}
			if f.Data[0] != want || f.Data[1] != want {
				t.Fatalf("round %d: %v, want %d", round, f.Data, want)
			}
			want++
		}
	}
}

func TestPubReceivesNothing(t *testing.T) {
	for _, set := range []func(*option.Options){verboser, manual} {
		r := newRig(t, option.Pub, set)
		a := r.accept("")
		a.put("\x01x")
		a.put("user message")
		r.wantIn(false)
		r.wantNoRecv(errno.ENOTSUP)
		a.hangUp()
		r.hear()
		a.wantGone(true)
		if n := r.pat.(*pub).queue.count; n != 0 {
			t.Errorf("PUB keeps %d parts that nobody can receive", n)
		}
	}
}

func TestXPubDoesNotAllocate(t *testing.T) {
	for _, typ := range []int{option.XPub, option.Pub} {
		r := newRig(t, typ)
		l, a, b, data := lean{r: r}, r.accept(""), r.accept(""), make([]byte, 64)
		a.put("\x01")
		b.put("\x01\x00")
		r.hear()
		wantNoAlloc(t, func() {
			l.send(data, false)
			l.take(a)
			l.take(b)
		})
	}
}

func TestXPubReceivesWithoutAllocating(t *testing.T) {
	r := newRig(t, option.XPub)
	l, a, data := lean{r: r}, r.accept(""), []byte("user message")
	wantNoAlloc(t, func() {
		l.put(a, data, false)
		l.recv(1)
	})
}
