// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

func TestDealerBalancesAndIsFair(t *testing.T) {
	r := newRig(t, option.Dealer)
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, "1", "2")
	r.wantSend(errno.OK, "3")
	a.want("1|2")
	b.want("3")
	a.put("a1")
	a.put("a2")
	b.put("b1", "more")
	r.wantRecv("a1")
	r.wantRecv("b1", "more")
	r.wantRecv("a2")
	r.wantIn(false)
}

// The two directions of a pipe end one after the other.
func TestDealerReadsGonePeerButDoesNotWrite(t *testing.T) {
	r := newRig(t, option.Dealer)
	a := r.accept("")
	a.put("1")
	a.hangUp()
	r.wantOut(false)
	r.wantSend(errno.EAGAIN, "2")
	r.wantRecv("1")
	r.wantNoRecv(errno.EAGAIN)
	a.wantGone(true)
}

// PROBE_ROUTER sends an empty message on every new pipe (edge case 182).
func TestProbeRouter(t *testing.T) {
	for _, typ := range []int{option.Dealer, option.Req, option.Router, option.Rep} {
		r := newRig(t, typ, func(o *option.Options) { o.ProbeRouter = true })
		a, b := r.accept(""), r.dial("")
		a.want("")
		b.want("")
		if a.woken != 1 || b.woken != 1 {
			t.Errorf("type %d: peers woken %d and %d times, want once each", typ, a.woken, b.woken)
		}
		r = newRig(t, typ)
		r.accept("").want()
	}
}

func TestDealerDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Dealer)
	l, a, data := lean{r: r}, r.accept(""), make([]byte, 64)
	wantNoAlloc(t, func() {
		l.send(data, false)
		l.take(a)
		l.put(a, data, false)
		l.recv(1)
	})
}
