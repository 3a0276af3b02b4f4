// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// edge case 97: the end comes behind what is queued, and there is room for it where
// there is none for a message.
func TestEndComesBehindAFullQueue(t *testing.T) {
	ends := func(w *world, meet join) (stays *zmq.Socket) {
		w.Helper()
		stays = w.socket(zmq.DEALER, zmq.WithRecvHWM(2))
		goes, err := w.zc.NewSocket(zmq.DEALER, zmq.WithSendHWM(2))
		w.must(err)
		meet(stays, goes)
		w.must(goes.WaitConnected(w.ctx, 1))
		big := strings.Repeat("x", 1<<20)
		n := w.fill(goes, []byte("two"), []byte(big))
		w.must(goes.Close())
		for range n {
			w.want(stays, "two", big)
		}
		w.wantNothing(stays)
		return stays
	}
	gone := func(w *world, meet join) {
		stays := ends(w, meet)
		for w.peers(stays) > 0 { // who looks for more finds the end
			w.wantNothing(stays)
		}
		w.wantError("send to nobody", stays.TrySend(nil), zmq.ErrAgain) // edge case 101
	}
	onEachOrder(t, true, gone)
	onOrders(t, words["inproc"], false, gone)
	// What has connected over a wire tries again, and keeps its queue.
	onOrders(t, wires, false, func(w *world, meet join) { ends(w, meet) })
}

// edge cases 99, 100, 101 and 110: both ends may go, at once, one after the other, and
// with messages on their way; in the end nothing is left. That the context ends is
// what the world waits for.
func TestBothEndsGo(t *testing.T) {
	ends := map[string]func(w *world, a, b *zmq.Socket){
		"at once": func(w *world, a, b *zmq.Socket) {
			var both sync.WaitGroup
			both.Go(func() { w.wantError("close", a.Close(), nil) })
			both.Go(func() { w.wantError("close", b.Close(), nil) })
			both.Wait()
		},
		"one by one": func(w *world, a, b *zmq.Socket) { w.must(errors.Join(a.Close(), b.Close())) },
		"disconnect first": func(w *world, a, b *zmq.Socket) {
			for _, s := range []*zmq.Socket{a, b} {
				if ep := s.LastEndpoint(); ep != "" {
					w.must(s.Disconnect(ep))
				}
			}
			w.must(errors.Join(b.Close(), a.Close()))
		},
		"without linger": func(w *world, a, b *zmq.Socket) {
			w.must(errors.Join(a.Set(zmq.WithLinger(0)), b.Set(zmq.WithLinger(0)), a.Close(), b.Close()))
		},
		"with the context": func(w *world, a, b *zmq.Socket) {
			w.must(errors.Join(w.zc.Shutdown(), a.Close(), b.Close()))
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			onEachMeeting(t, func(w *world, meet join) {
				// What is for nobody any more is not to be waited for.
				brief := zmq.WithLinger(moment)
				for _, queued := range []bool{false, true} {
					a, err := w.zc.NewSocket(zmq.DEALER, brief, zmq.WithSendHWM(2))
					w.must(err)
					b, err := w.zc.NewSocket(zmq.DEALER, brief, zmq.WithSendHWM(2))
					w.must(err)
					meet(a, b)
					if queued {
						w.must(a.WaitConnected(w.ctx, 1))
						w.fill(a, nil, make([]byte, 1<<16))
						w.fill(b, nil, make([]byte, 1<<16))
					}
					end(w, a, b)
					if name == "with the context" {
						return
					}
				}
			})
		})
	}
}

// edge case 110: what is just being made is waited for, too.
func TestContextEndsWhileTheyMeet(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		for range 10 {
			s, err := w.zc.NewSocket(zmq.ROUTER, zmq.WithLinger(0))
			w.must(err)
			var others []*zmq.Socket
			for range 3 {
				other, err := w.zc.NewSocket(zmq.DEALER, zmq.WithLinger(0))
				w.must(err)
				others = append(others, other)
			}
			meet(s, others...)
			w.must(s.Close())
			for _, other := range others {
				w.must(other.Close())
			}
		}
		w.must(w.zc.Term(w.ctx))
	})
}

// edge cases 105 and 107: what a peer does not take is sent for as long as LINGER
// says when the socket is closed, whoever is bound.
func TestLingerWaitsForASlowPeer(t *testing.T) {
	const huge = 64 << 20 // more than any kernel holds
	for _, arrives := range []bool{true, false} {
		onEachEnd(t, func(w *world, meet byHand) {
			s, err := w.zc.NewSocket(zmq.PUSH, zmq.WithLinger(0))
			w.must(err)
			p := meet(s)
			p.shake(1, "PULL")
			w.send(s, strings.Repeat("x", huge))
			w.send(s, "behind it")
			head := "\x02" + size8(huge)
			p.want(head)
			if arrives {
				w.must(s.Set(zmq.WithLinger(zmq.Forever)))
			}
			w.must(s.Close())
			if !arrives {
				w.must(w.zc.Term(w.ctx)) // though nobody reads
				if n, _ := io.Copy(io.Discard, p); n >= huge {
					w.Errorf("all %d bytes have come", n)
				}
				return
			}
			p.hear(huge)
			p.want(frame2("behind it"))
			p.wantEnd()
		})
	}
}

// edge case 107: over inproc what was sent is with the peer, whatever LINGER says.
func TestInprocNeedsNoLinger(t *testing.T) {
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		push, pull := w.socket(zmq.PUSH), w.socket(zmq.PULL)
		meet(push, pull)
		for i := range 10 {
			w.send(push, fmt.Sprint(i))
		}
		w.must(errors.Join(push.Set(zmq.WithLinger(0)), push.Close()))
		for i := range 10 {
			w.want(pull, fmt.Sprint(i))
		}
	})
}
