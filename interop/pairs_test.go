// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// sizes are those of the frames that each pair of sockets exchanges: around the
// limits of the short length, of the batches and of what travels by reference.
var sizes = []int{0, 1, 255, 256, 8191, 8192, 8193, 65536, 1 << 20}

// hugeSize is for a few pairs only.
const hugeSize = 20 << 20

// The identities of the two ends, for those that have one.
var (
	idA = []byte("end-a")
	idB = []byte("end-b")
)

// pair is two kinds of sockets and how they talk.
type pair struct {
	a, b zmq.SocketType
	ids  bool // the ends tell identities
	huge bool // try hugeSize too
	talk func(t *testing.T, a, b end, frames [][]byte)
}

// pairs are the combinations that have no subscriptions; pubsub_test.go has the
// others.
var pairs = []pair{
	{a: zmq.PAIR, b: zmq.PAIR, talk: talkBothWays},
	{a: zmq.DEALER, b: zmq.DEALER, talk: talkBothWays},
	{a: zmq.PUSH, b: zmq.PULL, huge: true, talk: talkOneWay},
	{a: zmq.REQ, b: zmq.REP, huge: true, talk: talkBothWays},
	{a: zmq.REQ, b: zmq.ROUTER, ids: true, talk: talkReqRouter},
	{a: zmq.DEALER, b: zmq.REP, talk: talkDealerRep},
	{a: zmq.DEALER, b: zmq.ROUTER, ids: true, huge: true, talk: talkDealerRouter},
	{a: zmq.ROUTER, b: zmq.ROUTER, ids: true, talk: talkRouterRouter},
}

func talkOneWay(t *testing.T, a, b end, frames [][]byte) {
	t.Helper()
	a.send(frames...)
	want(t, b, frames...)
}

func talkBothWays(t *testing.T, a, b end, frames [][]byte) {
	t.Helper()
	talkOneWay(t, a, b, frames)
	talkOneWay(t, b, a, frames)
}

var empty = []byte{}

func talkReqRouter(t *testing.T, a, b end, frames [][]byte) {
	t.Helper()
	a.send(frames...)
	want(t, b, after(frames, idA, empty)...)
	b.send(after(frames, idA, empty)...)
	want(t, a, frames...)
}

func talkDealerRep(t *testing.T, a, b end, frames [][]byte) {
	t.Helper()
	a.send(after(frames, empty)...)
	want(t, b, frames...)
	b.send(frames...)
	want(t, a, after(frames, empty)...)
}

func talkDealerRouter(t *testing.T, a, b end, frames [][]byte) {
	t.Helper()
	a.send(frames...)
	want(t, b, after(frames, idA)...)
	b.send(after(frames, idA)...)
	want(t, a, frames...)
}

func talkRouterRouter(t *testing.T, a, b end, frames [][]byte) {
	t.Helper()
	a.send(after(frames, idB)...)
	want(t, b, after(frames, idA)...)
	b.send(after(frames, idA)...)
	want(t, a, after(frames, idB)...)
}

// after puts frames behind an envelope.
func after(frames [][]byte, envelope ...[]byte) [][]byte {
	return append(envelope[:len(envelope):len(envelope)], frames...)
}

// want receives and compares.
func want(t *testing.T, e end, frames ...[]byte) {
	t.Helper()
	wantFrames(t, e.recv(), frames...)
}

func wantFrames(t *testing.T, got [][]byte, frames ...[]byte) {
	t.Helper()
	if len(got) != len(frames) {
		t.Fatalf("received %d frames, want %d", len(got), len(frames))
	}
	for i := range got {
		if !bytes.Equal(got[i], frames[i]) {
			t.Fatalf("frame %d: received %d bytes %.40q, want %d bytes %.40q",
				i, len(got[i]), got[i], len(frames[i]), frames[i])
		}
	}
}

// side is a way to bring two ends together.
type side struct {
	name     string
	weBind   bool
	endpoint func(t *testing.T) string // to bind
}

var sides = []side{
	{"we bind tcp", true, anyTCP},
	{"they bind tcp", false, anyTCP},
	{"we bind ipc", true, anyIPC},
	{"they bind ipc", false, anyIPC},
}

func anyTCP(*testing.T) string { return "tcp://127.0.0.1:*" }

func anyIPC(t *testing.T) string { return "ipc://" + filepath.Join(t.TempDir(), "s") }

// join brings the ends together.
func (d *side) join(t *testing.T, ours, theirs end) {
	t.Helper()
	binder, connecter := theirs, ours
	if d.weBind {
		binder, connecter = ours, theirs
	}
	connecter.connect(binder.bind(d.endpoint(t)))
}

// onEachSide runs a test for every way to come together, with one peer process
// for each.
func onEachSide(t *testing.T, f func(t *testing.T, p *peer, d *side)) {
	for i := range sides {
		t.Run(sides[i].name, func(t *testing.T) {
			f(t, newPeer(newWorld(t)), &sides[i])
		})
	}
}

// TestPairs: whatever socket types belong together exchange frames of all sizes,
// alone and as parts of a message, with either end being ours.
func TestPairs(t *testing.T) {
	onEachSide(t, func(t *testing.T, p *peer, d *side) {
		for i := range pairs {
			c := &pairs[i]
			t.Run(c.a.String()+" to their "+c.b.String(), func(t *testing.T) { c.run(t, p, d, security{}, true) })
			if c.a != c.b {
				t.Run(c.b.String()+" to their "+c.a.String(), func(t *testing.T) { c.run(t, p, d, security{}, false) })
			}
		}
	})
}

// run lets the pair talk; weAreA says which end is ours.
func (c *pair) run(t *testing.T, p *peer, d *side, sec security, weAreA bool) {
	w := newWorld(t)
	ourType, theirType, ourID, theirID := c.b, c.a, idB, idA
	if weAreA {
		ourType, theirType, ourID, theirID = c.a, c.b, idA, idB
	}
	opts, theirOpts := slices.Clone(sec.ours), options{}
	maps.Copy(theirOpts, sec.theirs)
	if c.ids {
		opts = append(opts, zmq.WithRoutingID(ourID))
		theirOpts["ROUTING_ID"] = theirID
	}
	probes := c.a == zmq.ROUTER
	if probes && d.weBind {
		theirOpts["PROBE_ROUTER"] = 1
	} else if probes {
		opts = append(opts, zmq.WithProbeRouter(true))
	}
	our := w.open(ourType, opts...)
	their := p.with(w).open(theirType, theirOpts)
	defer their.close()
	d.join(t, our, their)
	if probes {
		meet(t, d, our, their, ourID, theirID)
	}
	var a, b end = their, our
	if weAreA {
		a, b = our, their
	}
	c.talkAll(t, a, b)
}

// meet lets two ROUTERs learn of each other: the one that connects sends an
// empty message, the one that is bound answers it.
func meet(t *testing.T, d *side, our, their end, ourID, theirID []byte) {
	t.Helper()
	bound, connected, boundID, connectedID := their, our, theirID, ourID
	if d.weBind {
		bound, connected, boundID, connectedID = our, their, ourID, theirID
	}
	want(t, bound, connectedID, empty)
	bound.send(connectedID, []byte("hello"))
	want(t, connected, boundID, []byte("hello"))
}

// talkAll goes through the sizes, single and as parts, and one message of all.
func (c *pair) talkAll(t *testing.T, a, b end) {
	t.Helper()
	var all [][]byte
	for _, n := range sizes {
		c.talk(t, a, b, [][]byte{pattern(n)})
		c.talk(t, a, b, [][]byte{pattern(n), empty, pattern(n)})
		all = append(all, pattern(n))
	}
	c.talk(t, a, b, all)
	if c.huge {
		c.talk(t, a, b, [][]byte{pattern(hugeSize)})
		c.talk(t, a, b, [][]byte{pattern(1), pattern(hugeSize)})
	}
}

// TestGivenIdentity: a ROUTER makes up identities for peers without one, and
// each reply reaches the peer that asked.
func TestGivenIdentity(t *testing.T) {
	onEachSide(t, func(t *testing.T, p *peer, d *side) {
		w := newWorld(t)
		router, their := w.open(zmq.ROUTER), p.with(w).open(zmq.DEALER, nil)
		d.join(t, router, their)
		their.send([]byte("question"))
		m := router.recv()
		if len(m) != 2 || len(m[0]) != 5 || m[0][0] != 0 || string(m[1]) != "question" {
			t.Fatalf("received %q", m)
		}
		router.send(m[0], []byte("reply"))
		want(t, their, []byte("reply"))

		their, dealer := p.with(w).open(zmq.ROUTER, nil), w.open(zmq.DEALER)
		d.join(t, dealer, their)
		dealer.send([]byte("question"))
		m = their.recv()
		if len(m) != 2 || len(m[0]) != 5 || string(m[1]) != "question" {
			t.Fatalf("they received %q", m)
		}
		their.send(m[0], []byte("reply"))
		want(t, dealer, []byte("reply"))
	})
}
