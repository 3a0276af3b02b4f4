// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// fetcher writes n messages, one each time that it is asked.
type fetcher struct {
	n, asked int
	told     int // ReadActivated of the reader
}

func (f *fetcher) ReadActivated(*Pipe)  { f.told++ }
func (f *fetcher) WriteActivated(*Pipe) {}
func (f *fetcher) PeerClosed(*Pipe)     {}

func (f *fetcher) Fetch(p *Pipe) bool {
	f.asked++
	if f.n == 0 {
		p.SetFetching(false)
		return false
	}
	f.n--
	p.Write(&msg.Part{Data: []byte{byte(f.n)}})
	p.Flush()
	return true
}

// TestSetFetching: a reader that has read everything asks the writer, and sleeps only
// when that has nothing; one that sleeps already is not left to that.
func TestSetFetching(t *testing.T) {
	f := &fetcher{n: 3}
	r, w := NewPair(Options{HWM: 100}, Options{HWM: 100})
	r.SetSink(f)
	w.SetSink(f)
	if !w.SetFetching(true) || !w.Fetching() {
		t.Fatal("a reader that is awake does not fetch")
	}
	var p msg.Part
	for i := 2; i >= 0; i-- {
		if !r.Read(&p) || p.Data[0] != byte(i) {
			t.Fatalf("message %d did not come", i)
		}
	}
	if r.Read(&p) || w.Fetching() || f.asked != 4 {
		t.Fatalf("%d times asked, fetching %v", f.asked, w.Fetching())
	}
	if w.SetFetching(true) || w.Fetching() {
		t.Fatal("a reader that sleeps is left to fetch")
	}
	w.Write(&msg.Part{Data: []byte("x")})
	if w.Flush() {
		t.Error("the reader did not sleep")
	}
	if !r.CheckRead() {
		t.Error("the message did not come")
	}
}

// TestSpecialPipesAreNotFetched: conflating and limited pipes keep to the loop.
func TestSpecialPipesAreNotFetched(t *testing.T) {
	for _, o := range []Options{{Conflate: true}, {HWM: 10, Bytes: 100}} {
		_, w := NewPair(o, o)
		if w.SetFetching(true) || w.Fetching() || !w.SetFetching(false) {
			t.Errorf("%+v", o)
		}
	}
}
