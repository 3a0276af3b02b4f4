// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"strings"
	"testing"
)

// ends is a pipe with something in both directions.
type ends struct {
	p      [2]*Pipe
	heard  [2]*counts
	ledger [2]ledger // of what end i has written
	gone   [2]map[byte]bool
}

// full is a pair of ends that have both written whole messages and begun one
// more. asleep says whether the readers slept before that.
func full(t *testing.T, conflate, asleep bool) *ends {
	t.Helper()
	e := &ends{}
	o := Options{HWM: 100, Conflate: conflate}
	e.p[0], e.p[1], e.heard[0], e.heard[1] = pair(o, o)
	for i, p := range e.p {
		e.gone[i] = map[byte]bool{}
		if asleep && p.CheckRead() {
			t.Fatal("something to read in a new pipe")
		}
	}
	for i, p := range e.p {
		for n := range 30 {
			write(p, &e.ledger[i], frame{data: fill(n*200, uint32(n)), more: true})
			write(p, &e.ledger[i], frame{data: fill(4096+n, uint32(n)), ref: true})
		}
		if !asleep {
			p.Flush()
		}
		for range 3 {
			write(p, &e.ledger[i], frame{data: fill(5000, 1), more: true, ref: true})
		}
	}
	return e
}

// do performs one of the closing steps: w or r of end 0, W or R of end 1. An end
// that has done both tells the other one.
func (e *ends) do(t *testing.T, step byte) {
	t.Helper()
	i := strings.IndexByte("wWrR", step) % 2
	p := e.p[i]
	if step|0x20 == 'w' {
		p.CloseWrite()
		p.CloseWrite()
	} else if first, second := p.CloseRead(), p.CloseRead(); !first || second {
		t.Errorf("CloseRead says %v, then %v", first, second)
	}
	e.gone[i][step|0x20] = true
	if len(e.gone[i]) == 2 {
		p.NotifyClosed()
	}
}

// check looks at both directions after some steps.
func (e *ends) check(t *testing.T, where string) {
	t.Helper()
	for i, p := range e.p {
		o := e.p[1-i]
		w, r := e.gone[i]['w'], e.gone[1-i]['r']
		if p.WriteClosed() != w || o.PeerWriteClosed() != w || o.ReadClosed() != r {
			t.Errorf("%s: end %d: closed bits are wrong", where, i)
		}
		if ok := write(p, &e.ledger[i], frame{data: fill(4096, 0), ref: true}); ok != (!w && !r) {
			t.Errorf("%s: end %d may write: %v", where, i, ok)
		}
		if (w || r) == p.Full() {
			t.Errorf("%s: end %d: Full is %v", where, i, p.Full())
		}
		held := e.ledger[i].held()
		if w && r && held != 0 {
			t.Errorf("%s: end %d: %d bodies are kept, though both have closed", where, i, held)
		}
		if !r && held == 0 {
			t.Errorf("%s: end %d: everything is dropped, though it can still be read", where, i)
		}
		want := 0
		if e.gone[1-i]['w'] && e.gone[1-i]['r'] {
			want = 1
		}
		if e.heard[i].closes != want {
			t.Errorf("%s: end %d heard %d times of the other's end, want %d", where, i, e.heard[i].closes, want)
		}
	}
}

// orders returns all orders of the letters.
func orders(letters string) []string {
	if letters == "" {
		return []string{""}
	}
	var all []string
	for i := range letters {
		for _, rest := range orders(letters[:i] + letters[i+1:]) {
			all = append(all, letters[i:i+1]+rest)
		}
	}
	return all
}

// TestCloseInEveryOrder: whatever the order of the four closings, everything is
// dropped once both have closed a direction and not before, writes fail as soon
// as one has, and each end hears once that the other is gone (edge cases 99 and 101).
func TestCloseInEveryOrder(t *testing.T) {
	for _, conflate := range []bool{false, true} {
		for _, asleep := range []bool{false, true} {
			for _, order := range orders("wrWR") {
				e := full(t, conflate, asleep)
				e.check(t, "before "+order)
				for i := range order {
					e.do(t, order[i])
					e.check(t, fmt.Sprintf("%s, step %d, conflate %v, asleep %v", order, i+1, conflate, asleep))
				}
				e.ledger[0].close(t, order)
				e.ledger[1].close(t, order)
				if t.Failed() {
					return
				}
			}
		}
	}
}

// TestCloseWriteWakesAReader: a reader that sleeps hears of the end once, and
// finds first what was written before, then EOF, and never sleeps again.
func TestCloseWriteWakesAReader(t *testing.T) {
	for _, conflate := range []bool{false, true} {
		a, b, _, toB := pair(Options{Conflate: conflate}, Options{})
		if b.CheckRead() || b.EOF() || b.Drained() {
			t.Fatal("a new pipe has something, or an end")
		}
		write(a, nil, frame{data: []byte("last")})
		if !conflate {
			write(a, nil, frame{data: []byte("unfinished"), more: true})
		}
		a.CloseWrite()
		if toB.reads != 1 {
			t.Fatalf("conflate %v: %d signals", conflate, toB.reads)
		}
		if b.EOF() || b.Drained() {
			t.Error("the end comes before the last message")
		}
		if f, ok := take(b); !ok || string(f.data) != "last" {
			t.Fatalf("%v, %v", f, ok)
		}
		for range 3 {
			if f, ok := take(b); ok || b.CheckRead() || !b.EOF() || !b.Drained() {
				t.Fatalf("conflate %v: %v, %v, EOF %v", conflate, f, ok, b.EOF())
			}
		}
		a.CloseWrite()
		if toB.reads != 1 {
			t.Errorf("%d signals for one end", toB.reads)
		}
	}
}

// TestDrained: an end whose last view is still out, or which stands between
// parts, is not drained.
func TestDrained(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	send(t, a, "1", "2")
	a.CloseWrite()
	take(b)
	if b.Drained() {
		t.Error("drained between two parts")
	}
	take(b)
	if b.Drained() {
		t.Error("drained while the last part is looked at")
	}
	if b.CheckRead() || !b.Drained() {
		t.Error("not drained at the end")
	}
}

// TestCloseReadInTheMiddle: the reader goes while it looks at a part; nothing is
// lost or dropped twice, and the writer's open message fails.
func TestCloseReadInTheMiddle(t *testing.T) {
	for _, writerFirst := range []bool{true, false} {
		var l ledger
		a, b, _, _ := pair(Options{}, Options{})
		write(a, &l, frame{data: fill(10, 1), more: true})
		write(a, &l, frame{data: fill(5000, 2), more: true, ref: true})
		write(a, &l, frame{data: fill(5000, 3), ref: true})
		a.Flush()
		write(a, &l, frame{data: fill(5000, 4), more: true, ref: true})
		take(b)
		if !b.MoreIn() {
			t.Fatal("no part is expected")
		}
		if writerFirst {
			a.CloseWrite()
		}
		b.CloseRead()
		if b.MoreIn() {
			t.Error("parts are expected from a closed side")
		}
		if write(a, &l, frame{data: fill(5000, 5), ref: true}) {
			t.Error("a message goes on to nobody")
		}
		a.CloseWrite()
		if a.MoreOut() {
			t.Error("a message is open on a closed side")
		}
		l.close(t, fmt.Sprint("writer first ", writerFirst))
	}
}

// TestNotifyNobody: an end that nobody has taken yet can be told nothing.
func TestNotifyNobody(t *testing.T) {
	a, b := NewPair(Options{}, Options{})
	a.CloseWrite()
	a.CloseRead()
	a.NotifyClosed()
	if b.CheckWrite() || b.CheckRead() || !b.EOF() || a.Peer() != b || b.Peer() != a {
		t.Error("the other end does not see the end")
	}
}
