// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// stageRig is an xpub with peers that do not keep up, and what each is to get. Its
// send lock is held, as by Base, but while the stage's timer is to fire.
type stageRig struct {
	*rig
	x      *xpub
	rng    *rand.Rand
	peers  []*stagePeer
	sent   int
	staged int // messages that were held back
}

type stagePeer struct {
	*far
	topics map[string]bool
	due    []string // what was sent and matches
	got    []string
}

func newStageRig(t *testing.T, seed uint64, set ...func(*option.Options)) *stageRig {
	r := &stageRig{rig: newRig(t, option.XPub, set...), rng: rand.New(rand.NewPCG(seed, 1))}
	r.x = r.pat.(*xpub)
	r.x.dist.StagePatience = time.Minute
	r.x.staging.hold = time.Hour // fire is all that fires
	r.b.smu.Lock()
	t.Cleanup(r.b.smu.Unlock)
	return r
}

func (r *stageRig) join(topics ...string) {
	p := &stagePeer{far: r.accept(""), topics: map[string]bool{}}
	r.peers = append(r.peers, p)
	for _, topic := range topics {
		p.subscribe(topic, true)
	}
}

func (p *stagePeer) subscribe(topic string, on bool) {
	p.put(map[bool]string{false: "\x00", true: "\x01"}[on] + topic)
	p.topics[topic] = on
	p.r.hear()
}

// read takes what has come, which is no more than the high-water mark.
func (p *stagePeer) read() {
	got := p.take()
	if n := p.r.b.opts.SendHWM; len(got) > n {
		p.r.t.Fatalf("%d messages have come, with a high-water mark of %d", len(got), n)
	}
	p.got = append(p.got, got...)
}

func (p *stagePeer) wants(s string) bool {
	for topic, on := range p.topics {
		if on && strings.HasPrefix(s, topic) {
			return !p.r.b.opts.InvertMatching
		}
	}
	return p.r.b.opts.InvertMatching
}

// publish sends n messages of a topic, with the peers making room where the socket
// refuses one.
func (r *stageRig) publish(topic string, n int, end ...string) {
	for range n {
		r.sent++
		parts := append([]string{fmt.Sprint(topic, r.sent)}, end...)
		if r.send(parts...) != errno.OK {
			for _, p := range r.peers {
				p.read()
			}
			r.wantSend(errno.OK, parts...)
		}
		r.staged += r.x.dist.Staged()
		for _, p := range r.peers {
			if s := strings.Join(parts, "|"); p.wants(s) {
				p.due = append(p.due, s)
			}
		}
	}
}

// fire has the stage's timer fire.
func (r *stageRig) fire() {
	r.b.smu.Unlock()
	r.x.stageFire()
	r.b.smu.Lock()
}

func (r *stageRig) any() *stagePeer { return r.peers[r.rng.IntN(len(r.peers))] }

func (r *stageRig) step() {
	topic := []string{"a", "b", "ab", ""}[r.rng.IntN(4)]
	switch p := r.any(); r.rng.IntN(16) {
	case 0:
		p.read()
	case 1:
		r.fire()
	case 2:
		p.subscribe(topic, true)
	case 3:
		if p.topics[topic] {
			p.subscribe(topic, false)
		}
	case 4:
		r.join(topic)
	case 5:
		if len(r.peers) > 8 {
			p.finish()
			p.hangUp()
			r.peers = slices.DeleteFunc(r.peers, func(o *stagePeer) bool { return o == p })
		}
	case 6:
		r.publish(topic, 1, "end")
	case 7:
		r.publish(topic+strings.Repeat("l", 2000), 1)
	case 8:
		r.publish(topic+strings.Repeat("x", msg.RefBytesMin), 1)
	default:
		r.publish(topic, r.rng.IntN(150))
	}
}

// finish compares what p got with what it was to get.
func (p *stagePeer) finish() {
	t := p.r.t
	p.r.pat.(*xpub).unstage()
	p.read()
	rest := p.due
	for _, s := range p.got {
		i := slices.Index(rest, s)
		if i < 0 {
			t.Fatalf("got %.20q, which was not sent, or out of order", s)
		}
		rest = rest[i+1:]
	}
	if lost := uint64(len(p.due) - len(p.got)); lost != p.p.Dropped {
		t.Fatalf("%d of %d messages are lost, %d counted as dropped", lost, len(p.due), p.p.Dropped)
	}
}

// Whatever is held back, each peer gets what it asked for, in order and once, and
// what it loses is counted.
func TestXPubStage(t *testing.T) {
	cases := map[string][]func(*option.Options){
		"drop": {hwm(100)}, "nodrop": {hwm(100), noDrop}, "roomy": {},
		"inverted": {hwm(300), func(o *option.Options) { o.InvertMatching = true }},
	}
	for name, set := range cases {
		t.Run(name, func(t *testing.T) {
			staged := 0
			for seed := range uint64(20) {
				r := newStageRig(t, seed, set...)
				for _, topic := range []string{"", "", "", "", "a", "a", "b", "a"} {
					r.join(topic)
				}
				for range 60 {
					r.step()
				}
				for _, p := range r.peers {
					p.finish()
				}
				staged += r.staged
			}
			if staged == 0 {
				t.Error("nothing was ever held back")
			}
		})
	}
}

// What is held back when the stream pauses goes out by the timer, and wakes the
// peers that have read all there was.
func TestXPubStageFires(t *testing.T) {
	r := newStageRig(t, 0)
	for range 8 {
		r.join("")
	}
	r.publish("", 100)
	if !r.x.dist.Staging() || r.x.dist.Staged() == 0 {
		t.Fatal("nothing is held back")
	}
	for _, p := range r.peers {
		p.read()
		if p.woken = 0; len(p.got) == 100 {
			t.Error("all has come already")
		}
	}
	r.fire()
	for _, p := range r.peers {
		if p.woken != 1 {
			t.Errorf("woken %d times", p.woken)
		}
		p.finish()
	}
	if r.x.dist.Staging() {
		t.Error("the stage is open although its peers wait")
	}
	r.fire()
	if r.x.staging.armed {
		t.Error("the timer goes on although nothing is sent")
	}
}

// A subscription and a withdrawal count for what is sent behind them, also where the
// topic is one that is held back for others.
func TestXPubStageEndsWithSubscriptions(t *testing.T) {
	r := newStageRig(t, 0)
	for range 8 {
		r.join("")
	}
	r.join("other")
	p := r.peers[8]
	for _, on := range []bool{true, false} {
		r.publish("", 100)
		if r.x.dist.Staged() == 0 {
			t.Fatal("nothing is held back")
		}
		p.subscribe("", on)
		r.publish("", 10)
		for _, p := range r.peers {
			p.finish()
		}
	}
}
