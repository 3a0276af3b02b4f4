// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

func hwm(n int) func(*option.Options) {
	return func(o *option.Options) { o.SendHWM, o.RecvHWM = n, n }
}

func TestPushTakesTurns(t *testing.T) {
	r := newRig(t, option.Push)
	a, b := r.accept(""), r.accept("")
	for _, s := range []string{"1", "2", "3", "4"} {
		r.wantSend(errno.OK, s)
	}
	a.want("1", "3")
	b.want("2", "4")
}

// A multipart message goes to one peer whole (edge case 190).
func TestPushKeepsMessageTogether(t *testing.T) {
	r := newRig(t, option.Push)
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, "1", "2", "3")
	r.wantSend(errno.OK, "4")
	a.want("1|2|3")
	b.want("4")
}

// Nothing can be seen of a message before its last part (edge case 87).
func TestPushPublishesWithLastPart(t *testing.T) {
	r := newRig(t, option.Push)
	a := r.accept("")
	f := part("1", true)
	if e := r.pat.send(&f); e != errno.OK {
		t.Fatal(e)
	}
	r.settle()
	a.want()
	if a.woken != 0 {
		t.Error("the peer was woken for half a message")
	}
	f = part("2", false)
	r.pat.send(&f)
	r.settle()
	a.want("1|2")
	if a.woken != 1 {
		t.Errorf("the sleeping peer was woken %d times, want once", a.woken)
	}
}

func TestPushRefusesWithoutPeerOrRoom(t *testing.T) {
	r := newRig(t, option.Push, hwm(2))
	r.wantOut(false)
	r.wantSend(errno.EAGAIN, "0")
	a := r.accept("")
	r.wantOut(true)
	r.wantSend(errno.OK, "1")
	r.wantSend(errno.OK, strings.Repeat("x", msg.RefBytesMin))
	r.wantSend(errno.EAGAIN, strings.Repeat("y", msg.RefBytesMin))
	r.wantOut(false)
	if got := len(a.take()); got != 2 {
		t.Fatalf("peer got %d messages, want 2", got)
	}
	r.wantOut(true)
	r.wantSend(errno.OK, "3")
	a.want("3")
}

// A full peer is passed over.
func TestPushGoesRoundFullPeer(t *testing.T) {
	r := newRig(t, option.Push, hwm(1))
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, "1")
	r.wantSend(errno.OK, "2")
	b.want("2")
	r.wantSend(errno.OK, "3")
	a.want("1")
	b.want("3")
}

// The rest of a message whose peer went away is dropped (edge case 189).
func TestPushDropsRestWhenPeerGoes(t *testing.T) {
	for _, told := range []bool{false, true} {
		r := newRig(t, option.Push)
		a, b := r.accept(""), r.accept("")
		f := part("1", true)
		r.pat.send(&f)
		a.q.CloseRead()
		if told {
			a.hangUp()
		}
		for i, s := range []string{"2", "3"} {
			f = part(s, i == 0)
			if e := r.pat.send(&f); e != errno.OK {
				t.Fatalf("part %q: %v", s, e)
			}
		}
		r.wantSend(errno.OK, "4", "5")
		b.want("4|5")
	}
}

func TestPushDoesNotReceive(t *testing.T) {
	r := newRig(t, option.Push)
	r.accept("").put("1")
	r.wantIn(false)
	r.wantNoRecv(errno.ENOTSUP)
	if !kinds[option.Push].traits.deaf {
		t.Error("PUSH does not let a pipe go that nobody reads (edge case 98)")
	}
}

func TestPushDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Push)
	l, a, b, data := lean{r: r}, r.accept(""), r.accept(""), make([]byte, 64)
	wantNoAlloc(t, func() {
		l.send(data, true)
		l.send(data, false)
		l.take(a)
		l.take(b)
	})
}
