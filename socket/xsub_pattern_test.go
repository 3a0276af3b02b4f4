// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"slices"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/mtrie"
	"github.com/zeroloop/zmq/internal/option"
)

// XSUB sends its subscriptions as messages, every one of them, and withdrawals
// with the last reference (edge case 197).
func TestXSubSubscribes(t *testing.T) {
	r := newRig(t, option.XSub)
	a, b := r.accept(""), r.accept("")
	for _, s := range []string{"\x01x", "\x01x", "\x00x", "\x00x", "\x00x", "\x00y", "user"} {
		r.wantSend(errno.OK, s)
	}
	a.want("\x01x", "\x01x", "\x00x", "user")
	b.want("\x01x", "\x01x", "\x00x", "user")
	if n := r.pat.(*xsub).topics(); n != 0 {
		t.Errorf("%d topics, want none", n)
	}
	r.wantOut(true)
}

func TestXSubVerboseUnsubscribe(t *testing.T) {
	r := newRig(t, option.XSub, func(o *option.Options) { o.VerboseUnsub = true })
	a := r.accept("")
	for _, s := range []string{"\x01x", "\x01x", "\x00x", "\x00x", "\x00x"} {
		r.wantSend(errno.OK, s)
	}
	a.want("\x01x", "\x01x", "\x00x", "\x00x", "\x00x")
}

// Every part may be a topic, with ONLY_FIRST_SUBSCRIBE only where the first is
// (edge case 203).
func TestXSubTopicsInMultipartMessages(t *testing.T) {
	r := newRig(t, option.XSub)
	a := r.accept("")
	r.wantSend(errno.OK, "user", "\x01a", "\x01b")
	a.want("user|\x01a|\x01b")
	if n := r.pat.(*xsub).topics(); n != 2 {
		t.Errorf("%d topics, want 2", n)
	}
	r = newRig(t, option.XSub, func(o *option.Options) { o.OnlyFirstSub = true })
	r.wantSend(errno.OK, "user", "\x01a")
	r.wantSend(errno.OK, "\x01b", "\x01c")
	if n := r.pat.(*xsub).topics(); n != 2 {
		t.Errorf("%d topics with ONLY_FIRST_SUBSCRIBE, want 2", n)
	}
}

// A withdrawal that does not go out must not leave a message without end.
func TestXSubEndsMessageWithoutWithdrawal(t *testing.T) {
	r := newRig(t, option.XSub)
	a := r.accept("")
	r.wantSend(errno.OK, "\x01x")
	r.wantSend(errno.OK, "\x01x")
	r.wantSend(errno.OK, "1", "\x00x")
	r.wantSend(errno.OK, "2", "\x00unknown")
	r.wantSend(errno.OK, "\x01x")
	r.wantSend(errno.OK, "\x00x", "3")
	r.wantSend(errno.OK, "4", "\x00unknown", "5")
	a.want("\x01x", "\x01x", "1|\x01x", "2|\x00unknown", "\x01x", "3", "4|5")
}

// XSUB does not filter (edge case 205).
func TestXSubReceivesEverything(t *testing.T) {
	r := newRig(t, option.XSub)
	a, b := r.accept(""), r.accept("")
	a.put("1", "2")
	b.put("3")
	r.wantIn(true)
	r.wantRecv("1", "2")
	r.wantRecv("3")
	r.wantIn(false)
	r.wantNoRecv(errno.EAGAIN)
}

// A new peer, and one that was lost and found, is told all subscriptions (edge
// cases 92, 204).
func TestXSubTellsNewPeerEverything(t *testing.T) {
	r := newRig(t, option.XSub, hwm(4))
	for _, s := range []string{"\x01", "\x01x", "\x01xy", "\x01x"} {
		r.wantSend(errno.OK, s)
	}
	want := []string{"\x01", "\x01x", "\x01xy"}
	a := r.accept("")
	if a.woken != 1 {
		t.Errorf("the peer was woken %d times, want once", a.woken)
	}
	got := a.take()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("new peer was told %q, want %q", got, want)
	}
	a.take()
	r.pat.hiccuped(a.p)
	r.settle()
	got = a.take()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found peer was told %q, want %q", got, want)
	}
	if a.woken != 2 {
		t.Errorf("the peer was woken %d times, want twice", a.woken)
	}
	// Those that there is no room for are lost.
	r.b.opts.SendHWM = 2
	if got := r.accept("").take(); len(got) != 2 {
		t.Errorf("small peer was told %q, want two of them", got)
	}
}

func TestXSubRefusesEndlessTopic(t *testing.T) {
	r := newRig(t, option.XSub)
	a := r.accept("")
	long := strings.Repeat("x", mtrie.PrefixBytesMax+1)
	r.wantSend(errno.EINVAL, "\x01"+long)
	r.wantSend(errno.OK, "2", "\x01"+long)
	if got := a.take(); len(got) != 1 {
		t.Errorf("peer got %d messages, want one", len(got))
	}
	s := newRig(t, option.Sub).pat.(*sub)
	if e := s.subscribe([]byte(long)); e != errno.EINVAL {
		t.Errorf("subscribe: %v, want EINVAL", e)
	}
}

func TestSubSubscribes(t *testing.T) {
	r := newRig(t, option.Sub)
	s := r.pat.(*sub)
	a := r.accept("")
	do := func(f func([]byte) errno.Errno, topic string) {
		t.Helper()
		if e := f([]byte(topic)); e != errno.OK {
			t.Fatal(e)
		}
		r.settle()
	}
	do(s.subscribe, "x")
	do(s.subscribe, "x")
	do(s.unsubscribe, "x")
	if s.topics() != 1 {
		t.Errorf("%d topics, want 1", s.topics())
	}
	do(s.unsubscribe, "x")
	do(s.unsubscribe, "x")
	var flags []byte
	for {
		var f msg.Part
		if !a.q.Read(&f) {
			break
		}
		flags = append(flags, f.Flags, f.Data[0])
		if string(f.Data[1:]) != "x" {
			t.Errorf("topic %q", f.Data[1:])
		}
	}
	want := []byte{msg.Subscribe, 1, msg.Subscribe, 1, msg.Cancel, 0}
	if !slices.Equal(flags, want) {
		t.Errorf("flags and first bytes %x, want %x", flags, want)
	}
	if a.woken != 1 {
		t.Errorf("the peer was woken %d times, want once", a.woken)
	}
	r.wantOut(false)
	r.wantSend(errno.ENOTSUP, "\x01x")
	do(s.subscribe, "y")
	if got := r.accept("").take(); !slices.Equal(got, []string{"\x01y"}) {
		t.Errorf("new peer was told %q", got)
	}
}

// SUB takes only what it asked for, and looks at the first part alone (edge
// case 205).
func TestSubFilters(t *testing.T) {
	for _, look := range []bool{false, true} {
		r := newRig(t, option.Sub)
		s := r.pat.(*sub)
		a, b := r.accept(""), r.accept("")
		s.subscribe([]byte("x"))
		put := func() {
			a.put("other", "xx")
			a.put("xa", "other")
			b.put("")
			b.put("x")
			a.put("other")
		}
		put()
		if look {
			r.wantIn(true)
		}
		r.wantRecv("xa", "other")
		if look {
			r.wantIn(true)
		}
		r.wantRecv("x")
		r.wantIn(false)
		r.wantNoRecv(errno.EAGAIN)

		r.b.opts.InvertMatching = true
		put()
		if look {
			r.wantIn(true)
		}
		r.wantRecv("other", "xx")
		r.wantRecv("")
		r.wantRecv("other")
		r.wantIn(false)
	}
}

// What hasIn has found is still received when its pipe goes, if it was read
// whole.
func TestSubKeepsWhatItFound(t *testing.T) {
	big := strings.Repeat("x", 2*msg.RefBytesMin)
	for _, s := range []string{"x", big} {
		r := newRig(t, option.Sub)
		r.pat.(*sub).subscribe([]byte("x"))
		a, b := r.accept(""), r.accept("")
		a.put(s)
		r.wantIn(true)
		a.hangUp()
		r.letGo(a.p)
		b.put("x2")
		r.wantRecv(s)
		r.wantRecv("x2")
	}
}

// Of a message that was not, nothing is left.
func TestSubForgetsHalfReadMessage(t *testing.T) {
	r := newRig(t, option.Sub)
	r.pat.(*sub).subscribe([]byte("x"))
	a, b := r.accept(""), r.accept("")
	a.put("x1", "2")
	r.wantIn(true)
	r.letGo(a.p)
	r.wantIn(false)
	c := r.accept("")
	c.put("x1", "2")
	r.hear()
	var f msg.Part
	if e := r.pat.recv(&f); e != errno.OK {
		t.Fatal(e)
	}
	r.letGo(c.p)
	b.put("other")
	r.wantNoRecv(errno.EAGAIN)
}

func TestSubReadsGonePeerToItsEnd(t *testing.T) {
	r := newRig(t, option.Sub)
	r.pat.(*sub).subscribe(nil)
	a := r.accept("")
	a.put("1")
	a.hangUp()
	r.pat.(*sub).subscribe([]byte("x")) // goes to nobody
	r.wantRecv("1")
	r.wantNoRecv(errno.EAGAIN)
	a.wantGone(true)
}

func TestSubDoesNotAllocate(t *testing.T) {
	for _, typ := range []int{option.Sub, option.XSub} {
		r := newRig(t, typ)
		if s, ok := r.pat.(*sub); ok {
			s.subscribe([]byte{0})
		}
		l, a, data := lean{r: r}, r.accept(""), make([]byte, 64)
		a.take()
		wantNoAlloc(t, func() {
			l.put(a, data, false)
			l.recv(1)
		})
	}
}

func TestXSubSendDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.XSub)
	l, a, data := lean{r: r}, r.accept(""), []byte("user message")
	wantNoAlloc(t, func() {
		l.send(data, false)
		l.take(a)
	})
}
