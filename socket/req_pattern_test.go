// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"encoding/binary"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

func relaxed(o *option.Options)   { o.ReqRelaxed = true }
func correlate(o *option.Options) { o.ReqCorrelate = true }

func TestReqPutsEmptyPartInFront(t *testing.T) {
	r := newRig(t, option.Req)
	a := r.accept("")
	r.wantSend(errno.OK, "question", "more")
	a.want("|question|more")
	a.put("", "answer", "more")
	r.wantIn(true)
	r.wantRecv("answer", "more")
	r.wantSend(errno.OK, "next")
	a.want("|next")
}

// One request, one reply, in turn (edge case 187).
func TestReqRefusesCallsOutOfTurn(t *testing.T) {
	r := newRig(t, option.Req)
	a := r.accept("")
	r.wantNoRecv(errno.EFSM)
	r.wantIn(false)
	r.wantSend(errno.OK, "1")
	r.wantOut(false)
	r.wantSend(errno.EFSM, "2")
	r.wantNoRecv(errno.EAGAIN)
	a.want("|1")
	a.put("", "one")
	r.wantRecv("one")
	r.wantNoRecv(errno.EFSM)
	r.wantOut(true)
}

func TestReqAsksPeersInTurn(t *testing.T) {
	r := newRig(t, option.Req)
	a, b := r.accept(""), r.accept("")
	for _, f := range []*far{a, b, a} {
		r.wantSend(errno.OK, "?")
		f.want("|?")
		f.put("", "!")
		r.wantRecv("!")
	}
}

// A request that finds no room leaves everything as it was: the strict state,
// and with REQ_RELAXED the request that waits for its reply.
func TestReqSendWithoutRoomChangesNothing(t *testing.T) {
	r := newRig(t, option.Req, hwm(1), relaxed, correlate)
	r.wantSend(errno.EAGAIN, "0")
	r.wantNoRecv(errno.EFSM)
	a := r.accept("")
	r.wantSend(errno.OK, "1")
	r.wantOut(false)
	r.wantSend(errno.EAGAIN, "2", "more")
	r.wantSend(errno.EAGAIN, "2", "more")
	var f msg.Part
	a.q.Read(&f)
	id := string(f.Data)
	a.take()
	a.put(id, "", "one")
	r.wantRecv("one")
	r.wantNoRecv(errno.EFSM)
}

// Replies of other peers than the one that was asked are dropped (edge case
// 185), and so is what has no empty part in front.
func TestReqHearsOnlyWhomItAsked(t *testing.T) {
	r := newRig(t, option.Req)
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, "?")
	b.put("", "from b")
	r.wantIn(false)
	b.put("", "from b", "again")
	a.put("no empty part", "x")
	a.put("")
	a.put("single")
	r.wantNoRecv(errno.EAGAIN)
	a.put("", "from a")
	r.wantRecv("from a")
}

// A new request drops what has come in before (edge case 185).
func TestReqForgetsOlderReplies(t *testing.T) {
	r := newRig(t, option.Req, relaxed)
	a := r.accept("")
	r.wantSend(errno.OK, "1")
	a.put("", "one")
	a.put("", "one", "again")
	r.wantIn(true) // takes the first envelope
	r.wantSend(errno.OK, "2")
	r.wantNoRecv(errno.EAGAIN)
	a.put("", "two")
	r.wantRecv("two")
}

// Nor is a second reply to an earlier request one to the next (edge case 185).
func TestReqForgetsSecondReplies(t *testing.T) {
	r := newRig(t, option.Req)
	a := r.accept("")
	for _, n := range []string{"1", "2", "3"} {
		r.wantSend(errno.OK, n)
		r.wantNoRecv(errno.EAGAIN)
		a.put("", "answer "+n)
		a.put("", "again "+n)
		r.wantRecv("answer " + n)
	}
}

// With REQ_CORRELATE a counter in host byte order goes in front, and only the
// reply that brings it back counts (edge case 188).
func TestReqCorrelates(t *testing.T) {
	r := newRig(t, option.Req, relaxed, correlate)
	a := r.accept("")
	var ids []uint32
	var old string
	for range 3 {
		r.wantSend(errno.OK, "?", "more")
		var f msg.Part
		if !a.q.Read(&f) || len(f.Data) != 4 {
			t.Fatalf("first part %q, want 4 bytes", f.Data)
		}
		ids = append(ids, binary.NativeEndian.Uint32(f.Data))
		id := string(f.Data)
		if old == "" {
			old = id
		}
		a.want("|?|more")
		if id != old {
			a.put(old, "", "old")
		}
		a.put("12345", "", "long")
		a.put(id, "no empty part", "x")
		a.put(id, "")
		a.put(id)
		a.put("", "none")
		r.wantNoRecv(errno.EAGAIN)
	}
	if ids[1] != ids[0]+1 || ids[2] != ids[0]+2 {
		t.Errorf("ids %v, want one more each time", ids)
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], ids[2])
	a.put(string(b[:]), "", "answer")
	r.wantRecv("answer")
	if a, b := newRig(t, option.Req).pat.(*req), newRig(t, option.Req).pat.(*req); a.id == b.id {
		t.Error("two sockets begin with the same id")
	}
}

// When the peer goes away the request is lost and the socket goes on waiting
// (edge case 187); only then may another answer.
func TestReqStaysWaitingWhenPeerGoes(t *testing.T) {
	r := newRig(t, option.Req)
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, "?")
	a.hangUp()
	a.wantGone(true)
	r.wantNoRecv(errno.EAGAIN)
	r.wantSend(errno.EFSM, "again")
	b.put("", "from another connection")
	r.wantRecv("from another connection")
}

func TestReqHearsReplyOfGonePeer(t *testing.T) {
	r := newRig(t, option.Req)
	a := r.accept("")
	r.wantSend(errno.OK, "?")
	a.put("", "!")
	a.hangUp()
	a.wantGone(false)
	r.wantRecv("!")
}

// A reply whose pipe is dropped in the middle leaves no half state behind.
func TestReqForgetsHalfReadReply(t *testing.T) {
	r := newRig(t, option.Req)
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, "?")
	a.put("", "!")
	r.wantIn(true)
	r.letGo(a.p)
	b.put("", "", "!")
	r.wantRecv("", "!")
}

// The peer may go between the parts of the request; the rest is dropped and the
// request counts as sent.
func TestReqLosesRequestWhenPeerGoesMidway(t *testing.T) {
	r := newRig(t, option.Req, correlate)
	a, b := r.accept(""), r.accept("")
	f := part("1", true)
	if e := r.pat.send(&f); e != errno.OK {
		t.Fatal(e)
	}
	a.hangUp()
	f = part("2", false)
	if e := r.pat.send(&f); e != errno.OK {
		t.Fatal(e)
	}
	r.wantSend(errno.EFSM, "3")
	b.want()
}

func TestReqDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Req)
	l, a, data := lean{r: r}, r.accept(""), make([]byte, 64)
	wantNoAlloc(t, func() {
		l.send(data, false)
		l.take(a)
		l.put(a, nil, true)
		l.put(a, data, false)
		l.recv(1)
	})
}
