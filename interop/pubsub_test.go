// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bytes"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// subscriptions are the pairs of a publisher and a subscriber.
var subscriptions = []struct {
	pub, sub zmq.SocketType
	huge     bool
}{
	{zmq.PUB, zmq.SUB, true},
	{zmq.XPUB, zmq.XSUB, false},
	{zmq.PUB, zmq.XSUB, false},
	{zmq.XPUB, zmq.SUB, false},
}

// audience is a publisher and a subscriber that have come together.
type audience struct {
	t        *testing.T
	pub, sub end
	tells    bool // the publisher receives the subscriptions
}

// TestSubscriptions: a subscriber gets what it has subscribed to, before and
// after it connected, and nothing else, until it withdraws.
func TestSubscriptions(t *testing.T) {
	onEachSide(t, func(t *testing.T, p *peer, d *side) { subscribeAll(t, p, d, security{}) })
}

// subscribeAll goes through the pairs with either end being ours.
func subscribeAll(t *testing.T, p *peer, d *side, sec security) {
	for _, c := range subscriptions {
		for _, wePublish := range []bool{true, false} {
			name := c.sub.String() + " to their " + c.pub.String()
			if wePublish {
				name = c.pub.String() + " to their " + c.sub.String()
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				a := &audience{t: t, tells: c.pub == zmq.XPUB}
				var our, their end
				if wePublish {
					our, their = w.open(c.pub, sec.ours...), p.with(w).open(c.sub, sec.theirs)
					a.pub, a.sub = our, their
				} else {
					our, their = w.open(c.sub, sec.ours...), p.with(w).open(c.pub, sec.theirs)
					a.pub, a.sub = their, our
				}
				defer theirOf(our, their).close()
				a.run(d, our, their, c.huge)
			})
		}
	}
}

// theirOf returns the foreign one of two ends.
func theirOf(ends ...end) *theirs {
	for _, e := range ends {
		if s, ok := e.(*theirs); ok {
			return s
		}
	}
	return nil
}

func (a *audience) run(d *side, our, their end, huge bool) {
	t := a.t
	t.Helper()
	a.sub.subscribe("before")
	d.join(t, our, their)
	a.heard("before", 1)
	a.publish([]byte("other"))
	a.pass([]byte("before"))

	for _, topic := range a.topics() {
		a.sub.subscribe(topic)
		a.heard(topic, 1)
		a.pass([]byte(topic + "+"))
	}
	a.sub.unsubscribe("before")
	a.heard("before", 0)
	a.publish([]byte("before"))
	a.pass([]byte("after"))

	a.sub.subscribe("")
	a.heard("", 1)
	for _, n := range sizes {
		a.pass(pattern(n))
		a.pass(pattern(n), empty, pattern(n))
	}
	if huge {
		a.pass(pattern(hugeSize))
	}
}

// topics returns some with lengths around that of the short form. libzmq 4.3.4
// sends subscriptions to 246 to 255 bytes in a damaged frame: the length has
// eight bytes and the flags do not say so.
func (a *audience) topics() []string {
	all := []string{"after"}
	for _, n := range []int{244, 245, 246, 254, 255, 256} {
		if _, theirs := a.sub.(*theirs); !theirs || n < 246 || n > 255 {
			all = append(all, string(bytes.Repeat([]byte("t"), n)))
		}
	}
	return all
}

// heard waits until the publisher knows of a subscription (1) or of its
// withdrawal (0).
func (a *audience) heard(topic string, first byte) {
	a.t.Helper()
	if a.tells {
		got := a.pub.tryRecv()
		for ; got == nil; got = a.pub.tryRecv() {
			// A libzmq socket that is bound sees a new connection only when it is called.
			if m := a.sub.tryRecv(); m != nil {
				a.t.Fatalf("the subscriber received %q", m)
			}
		}
		wantFrames(a.t, got, append([]byte{first}, topic...))
		return
	}
	if first == 1 {
		a.try(topic + "?")
		return
	}
	// A plain publisher does not say what it knows, but it learns in order: what is
	// subscribed next is known after the withdrawal.
	a.sub.subscribe("order")
	a.try("order?")
}

// try publishes until something comes through, and lets the rest drain.
func (a *audience) try(topic string) {
	a.t.Helper()
	for got := [][]byte(nil); got == nil; got = a.sub.tryRecv() {
		a.publish([]byte(topic))
	}
	a.publish([]byte(topic), []byte("last"))
	for len(a.sub.recv()) == 1 {
	}
}

func (a *audience) publish(frames ...[]byte) {
	a.t.Helper()
	a.pub.send(frames...)
}

// pass publishes what must come next at the subscriber.
func (a *audience) pass(frames ...[]byte) {
	a.t.Helper()
	a.publish(frames...)
	want(a.t, a.sub, frames...)
}
