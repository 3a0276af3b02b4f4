// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

func TestPullTakesTurns(t *testing.T) {
	r := newRig(t, option.Pull)
	a, b := r.accept(""), r.accept("")
	a.put("a1", "more")
	a.put("a2")
	b.put("b1")
	b.put("b2", "more")
	r.wantRecv("a1", "more")
	r.wantRecv("b1")
	r.wantRecv("a2")
	r.wantRecv("b2", "more")
	r.wantIn(false)
	r.wantNoRecv(errno.EAGAIN)
	b.put("b3")
	r.wantIn(true)
	r.wantRecv("b3")
}

// What a peer sent before it went can be received; then its pipe is let go.
func TestPullReadsGonePeerToItsEnd(t *testing.T) {
	r := newRig(t, option.Pull)
	a := r.accept("")
	a.put("1")
	a.put("2")
	a.hangUp()
	r.wantRecv("1")
	a.wantGone(false)
	r.wantRecv("2")
	r.wantNoRecv(errno.EAGAIN)
	a.wantGone(true)
}

func TestPullDoesNotSend(t *testing.T) {
	r := newRig(t, option.Pull)
	r.accept("")
	r.wantOut(false)
	r.wantSend(errno.ENOTSUP, "1")
}

func TestPullDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Pull)
	l, a, data := lean{r: r}, r.accept(""), make([]byte, 64)
	wantNoAlloc(t, func() {
		l.put(a, data, false)
		l.recv(1)
	})
}
