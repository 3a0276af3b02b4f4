// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

func TestPairTalksBothWays(t *testing.T) {
	r := newRig(t, option.Pair, hwm(1))
	r.wantOut(false)
	r.wantSend(errno.EAGAIN, "0")
	r.wantNoRecv(errno.EAGAIN)
	a := r.accept("")
	r.wantOut(true)
	r.wantSend(errno.OK, "1", "2")
	r.wantOut(false)
	r.wantSend(errno.EAGAIN, "3")
	a.want("1|2")
	r.wantIn(false)
	a.put("4", "5")
	r.wantIn(true)
	r.wantRecv("4", "5")
}

// A second peer is refused as long as the first is there (edge case 192).
func TestPairRefusesSecondPeer(t *testing.T) {
	r := newRig(t, option.Pair)
	a := r.accept("")
	r.accept("").wantGone(true)
	a.wantGone(false)
	r.wantSend(errno.OK, "1")
	a.want("1")
	a.put("2")
	a.hangUp()
	r.accept("").wantGone(true)
	r.wantSend(errno.EAGAIN, "3")
	r.wantRecv("2")
	r.wantNoRecv(errno.EAGAIN)
	a.wantGone(true)
	b := r.accept("")
	b.wantGone(false)
	r.wantSend(errno.OK, "4")
	b.want("4")
}

func TestPairHasInNoticesTheEnd(t *testing.T) {
	r := newRig(t, option.Pair)
	a := r.accept("")
	a.put("1")
	a.hangUp()
	r.wantRecv("1")
	r.wantIn(false)
	a.wantGone(true)
}

// The rest of a message whose peer went away reaches nobody.
func TestPairDropsRestWhenPeerGoes(t *testing.T) {
	for _, told := range []bool{false, true} {
		r := newRig(t, option.Pair)
		a := r.accept("")
		f := part("1", true)
		r.pat.send(&f)
		a.q.CloseRead()
		if told {
			a.hangUp()
			a = r.accept("")
		}
		r.wantOut(true)
		f = part("2", false)
		if e := r.pat.send(&f); e != errno.OK {
			t.Fatalf("last part: %v", e)
		}
		if !told {
			a.hangUp()
			a = r.accept("")
		}
		r.wantSend(errno.OK, "3")
		a.want("3")
	}
}

func TestPairDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Pair)
	l, a, data := lean{r: r}, r.accept(""), make([]byte, 64)
	wantNoAlloc(t, func() {
		l.send(data, false)
		l.take(a)
		l.put(a, data, false)
		l.recv(1)
	})
}
