// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// TestDense: a stream gathers when it is long enough, its messages small and close
// together; each look begins a new count.
func TestDense(t *testing.T) {
	const many = 100_000_000 // may take 25 s
	for _, c := range []struct {
		name     string
		messages int
		bytes    uint64
		ago      time.Duration
		want     bool
	}{
		{"dense", many, many, 0, true},
		{"large on average", many, many*gatherBytesMax + 1, 0, false},
		{"just small enough", many, many * gatherBytesMax, 0, true},
		{"far apart", many, many, many*gatherGapMax + time.Second, false},
		{"too few", gatherRunMin - 1, 1, -time.Hour, false},
		{"enough", gatherRunMin, 1, -time.Hour, true}, // the clock has no say in this one
	} {
		e := &Stream{}
		e.out.bytes = 1000 + c.bytes
		e.out.gather = gather{gapMax: gatherGapMax, messages: c.messages, bytes: 1000, at: time.Now().Add(-c.ago)}
		if got := e.dense(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if g := e.out.gather; g.messages != 0 || g.bytes != e.out.bytes || e.dense() {
			t.Errorf("%s: the next look counts what this one has seen", c.name)
		}
	}
}

// TestMayGather: only patterns whose sender sees to a full pipe, and only what goes as it is.
func TestMayGather(t *testing.T) {
	yes := map[int]bool{option.Push: true, option.Scatter: true, option.Dealer: true, option.Client: true,
		option.Pair: true, option.Channel: true, option.Pub: true, option.XPub: true}
	for typ := range 20 {
		e := &Stream{opts: &option.Options{Type: typ}}
		if got := e.mayGather(); got != yes[typ] {
			t.Errorf("type %d: %v", typ, got)
		}
		if e.out.slow = true; e.mayGather() {
			t.Errorf("type %d: re-framed messages gather", typ)
		}
	}
}

// held calls f as the holder of the output.
func held(p *pipe.Pipe, e *Stream, f func(*output)) {
	for !e.outHalf.try() {
		runtime.Gosched()
	}
	f(&e.out)
	if again, _ := e.outHalf.release(); again {
		p.Signal()
	}
}

// TestGatherLeavesNothingBehind: whatever a stream has written when it pauses reaches
// the peer, without another message. How fast the machine is has no say in it: any
// distance between two messages counts as dense.
func TestGatherLeavesNothingBehind(t *testing.T) {
	o, p, far := connected(t, option.Push, "PULL")
	e := o.session.stream.Load()
	held(p, e, func(o *output) { o.gather.gapMax = time.Hour })
	rng := rand.New(rand.NewPCG(3, 4))
	var sent, got uint64
	send := func() {
		for {
			o.sending.Lock()
			awake, ok := p.WriteSmall(binary.BigEndian.AppendUint64(nil, sent))
			full := !ok && p.Press()
			o.sending.Unlock()
			if ok && !awake || full {
				p.Signal()
			}
			if ok {
				sent++
				return
			}
			runtime.Gosched()
		}
	}
	for range 200 {
		done := make(chan struct{})
		burst := uint64(rng.IntN(30))
		if rng.IntN(4) == 0 {
			burst = 100_000
		}
		go func() {
			defer close(done)
			for range burst {
				send()
			}
		}()
		frames := make([]byte, 10*burst)
		_ = far.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.ReadFull(far, frames); err != nil {
			t.Fatal(err)
		}
		for ; len(frames) > 0; frames = frames[10:] {
			if n := binary.BigEndian.Uint64(frames[2:]); n != got {
				t.Fatalf("message %d came where %d was due", n, got)
			}
			got++
		}
		<-done
	}
	held(p, e, func(o *output) {
		if t.Logf("gathered %d times", o.gather.begun); o.gather.begun == 0 {
			t.Error("the stream never gathered")
		}
	})
}
