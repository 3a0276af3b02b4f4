// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"slices"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// The labels in front of the empty part go back in front of the reply (edge
// case 183).
func TestRepReturnsEnvelope(t *testing.T) {
	r := newRig(t, option.Rep)
	a, b := r.accept(""), r.accept("id")
	a.put("", "1", "", "2")
	r.wantIn(true)
	r.wantRecv("1", "", "2")
	big := strings.Repeat("x", msg.RefBytesMin)
	b.put("hop", big, "", "3")
	r.wantSend(errno.OK, "one", "two")
	a.want("|one|two")
	r.wantRecv("3")
	r.wantSend(errno.OK, "three")
	b.want("hop|" + big + "||three")
	a.want()
}

func TestRepRefusesCallsOutOfTurn(t *testing.T) {
	r := newRig(t, option.Rep)
	a := r.accept("")
	r.wantOut(false)
	r.wantSend(errno.EFSM, "0")
	r.wantNoRecv(errno.EAGAIN)
	a.put("", "1")
	a.put("", "2")
	r.wantIn(true)
	r.wantSend(errno.EFSM, "0")
	r.wantRecv("1")
	r.wantIn(false)
	r.wantNoRecv(errno.EFSM)
	r.wantOut(true)
	r.wantSend(errno.OK, "one")
	r.wantSend(errno.EFSM, "one")
	r.wantRecv("2")
}

// A request without empty part, or with nothing behind it, is dropped (edge
// case 183).
func TestRepDropsMalformedRequests(t *testing.T) {
	r := newRig(t, option.Rep)
	a := r.accept("")
	a.put("no", "delimiter")
	a.put("x")
	a.put("")
	a.put("label", "")
	r.wantIn(false)
	r.wantNoRecv(errno.EAGAIN)
	labels := slices.Repeat([]string{"l"}, labelsMax+1)
	a.put(append(labels, "", "too many")...)
	a.put(strings.Repeat("x", labelBytesMax), "y", "", "too long")
	r.wantNoRecv(errno.EAGAIN)
	a.put(append(labels[1:], "", "just right")...)
	r.wantRecv("just right")
	r.wantSend(errno.OK, "!")
	a.want(strings.Join(labels[1:], "|") + "||!")
}

// The reply to a peer that is gone is dropped silently (edge case 183), with
// ROUTER_MANDATORY too: the socket would not get out of its state otherwise.
func TestRepDropsReplyToGonePeer(t *testing.T) {
	for _, mandatory := range []bool{false, true} {
		r := newRig(t, option.Rep, func(o *option.Options) { o.RouterMandatory = mandatory })
		a, b := r.accept(""), r.accept("")
		a.put("", "1")
		r.wantRecv("1")
		a.hangUp()
		r.wantOut(true)
		r.wantSend(errno.OK, "one", "more")
		b.put("", "2")
		r.wantRecv("2")
		b.q.CloseRead() // not told yet
		r.wantOut(true)
		r.wantSend(errno.OK, "two")
		r.wantNoRecv(errno.EAGAIN)
	}
}

// A full peer loses the reply, or with ROUTER_MANDATORY is waited for.
func TestRepReplyToFullPeer(t *testing.T) {
	r := newRig(t, option.Rep, func(o *option.Options) { o.SendHWM = 1 })
	a := r.accept("")
	for _, s := range []string{"1", "2"} {
		a.put("", s)
		r.wantRecv(s)
		r.wantSend(errno.OK, s, s)
	}
	a.want("|1|1")
	r.b.opts.RouterMandatory = true
	a.put("", "3")
	r.wantRecv("3")
	r.wantSend(errno.OK, "3")
	a.put("", "4")
	r.wantRecv("4")
	r.wantOut(false)
	r.wantSend(errno.EAGAIN, "4")
	a.want("|3")
	r.wantSend(errno.OK, "4")
	a.want("|4")
}

// A peer that goes away within the reply loses it; the next request is served.
func TestRepDropsRestWhenPeerGoes(t *testing.T) {
	r := newRig(t, option.Rep)
	a, b := r.accept(""), r.accept("")
	a.put("", "1")
	r.wantRecv("1")
	f := part("one", true)
	r.pat.send(&f)
	a.hangUp()
	f = part("two", false)
	if e := r.pat.send(&f); e != errno.OK {
		t.Fatal(e)
	}
	b.put("", "2")
	r.wantRecv("2")
	r.wantSend(errno.OK, "three")
	b.want("|three")
}

func TestRepForgetsHalfReadRequest(t *testing.T) {
	r := newRig(t, option.Rep)
	a, b := r.accept(""), r.accept("")
	a.put("", "1")
	r.wantIn(true)
	r.letGo(a.p)
	b.put("label", "", "2")
	r.wantRecv("2")
	r.wantSend(errno.OK, "two")
	b.want("label||two")
}

// REP has ROUTER's options (edge case 184).
func TestRepIsRouterUnderneath(t *testing.T) {
	r := newRig(t, option.Rep, func(o *option.Options) { o.RouterHandover = true })
	a := r.dial("")
	a.put("", "1")
	r.wantIn(false)
	a.identify("x")
	r.wantRecv("1")
	b := r.accept("x")
	r.wantSend(errno.OK, "one")
	b.put("", "2")
	r.wantRecv("2")
	r.wantSend(errno.OK, "two")
	b.want("|two")
	a.want()
	if !a.q.EOF() {
		t.Error("the peer whose identity was taken over is kept")
	}
}

func TestRepDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Rep)
	l, a, data := lean{r: r}, r.accept(""), make([]byte, 64)
	wantNoAlloc(t, func() {
		l.put(a, data, true)
		l.put(a, nil, true)
		l.put(a, data, false)
		l.recv(1)
		l.send(data, false)
		l.take(a)
	})
}
