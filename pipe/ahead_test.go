// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"sync"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
)

const mebibyte = 1 << 20

var shared = make([]byte, mebibyte)

// large writes messages of one body of a mebibyte, all of the same memory.
func large(t *testing.T, p *Pipe, messages int, flags byte) {
	t.Helper()
	for range messages {
		if !p.Write(&msg.Part{Data: shared, Body: buf.WrapBody(shared, nil), Flags: flags}) {
			t.Fatal("no room")
		}
	}
	p.Flush()
}

// takeLarge takes n of them out, as an engine does or part by part.
func takeLarge(t *testing.T, p *Pipe, n int, direct bool) {
	t.Helper()
	for range n {
		if !p.CheckRead() {
			t.Fatal("nothing there")
		}
		if !direct {
			var f msg.Part
			p.Read(&f)
			f.Drop()
			continue
		}
		r := p.Reader()
		body, at := r.NextRef(0)
		size := len(body.Bytes())
		r.Consume(at)
		r.TakeRef().Release()
		p.TookBody(size)
	}
}

// TestFarAhead: a writer is far ahead when more than the limit is under way, whoever
// takes it out, and not where the other end is a socket's.
func TestFarAhead(t *testing.T) {
	const limit = aheadBytesMax / mebibyte
	for _, direct := range []bool{false, true} {
		a, b, _, _ := pair(Options{}, Options{})
		large(t, a, limit, 0)
		if a.FarAhead() {
			t.Errorf("far ahead with %d MiB", limit)
		}
		large(t, a, 1, 0)
		if !a.FarAhead() {
			t.Errorf("not far ahead with %d MiB", limit+1)
		}
		takeLarge(t, b, 2, direct)
		large(t, a, 1, 0)
		if a.FarAhead() {
			t.Error("far ahead although some was taken")
		}
		takeLarge(t, b, limit, direct)
		for range 4 * limit {
			large(t, a, 1, 0)
			takeLarge(t, b, 1, direct)
			if a.FarAhead() {
				t.Fatal("far ahead of a reader that keeps up")
			}
		}
	}
	a, _, _, _ := pair(Options{}, Options{})
	a.Inproc = true
	large(t, a, 2*limit, 0)
	if a.FarAhead() {
		t.Error("far ahead of a socket of this process")
	}
}

// TestOnlyWholeLargeMessagesCount: not what was rolled back, and not small parts.
func TestOnlyWholeLargeMessagesCount(t *testing.T) {
	a, _, _, _ := pair(Options{}, Options{})
	large(t, a, 1, 0)
	for range 4 * aheadBytesMax / mebibyte {
		large(t, a, 1, msg.More)
		a.Rollback()
	}
	large(t, a, 1, 0)
	if a.FarAhead() {
		t.Error("what was rolled back counts")
	}
	small := make([]byte, paceBodyBytesMin-1)
	for range 2 * aheadBytesMax / len(small) {
		a.Write(&msg.Part{Data: small, Body: buf.WrapBody(small, nil)})
	}
	if a.FarAhead() {
		t.Error("small bodies count")
	}
}

// TestSkippedBodiesAreTaken: a message whose rest is dropped is under way no longer.
func TestSkippedBodiesAreTaken(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	large(t, a, 1, msg.More)
	large(t, a, 1, 0)
	takeLarge(t, b, 1, true)
	b.SkipPartial(0)
	ahead := a.out.ahead.Load()
	if passed := ahead.passed.Load(); passed != ahead.written {
		t.Errorf("%d of %d bytes were taken", passed, ahead.written)
	}
}

// TestPaceWaitsForTheReader: a writer that is far ahead goes on when the reader has come
// closer; one that waits in vain may go twice as far, and comes back to where it was
// when the reader is quick again.
func TestPaceWaitsForTheReader(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	large(t, a, aheadBytesMax/mebibyte+1, 0)
	ahead := a.out.ahead.Load()
	limit := func(want uint64) {
		t.Helper()
		if got := ahead.limit.Load(); got != want {
			t.Fatalf("the limit is %d MiB, want %d", got/mebibyte, want/mebibyte)
		}
	}
	if !a.FarAhead() {
		t.Fatal("not far ahead")
	}
	a.Pace() // in vain
	limit(2 * aheadBytesMax)
	if a.FarAhead() {
		t.Error("still far ahead")
	}
	large(t, a, aheadBytesMax/mebibyte, 0)
	if !a.FarAhead() {
		t.Fatal("not far ahead at twice the limit")
	}
	takeLarge(t, b, paceBytes/mebibyte, true)
	a.Pace() // the reader has been there
	limit(aheadBytesMax)
	if !a.FarAhead() {
		t.Fatal("not far ahead any more")
	}
	paced := make(chan struct{})
	go func() {
		defer close(paced)
		for ahead.passed.Load() < ahead.goal.Load() {
			a.Pace()
			ahead.limit.Store(aheadBytesMax) // it may have waited too long
		}
	}()
	takeLarge(t, b, paceBytes/mebibyte, true)
	<-paced
	limit(aheadBytesMax)
}

// TestTheLimitIsTriedAgain: a limit that has grown comes down to how far the writer is
// ahead in fact, so that it paces again some time.
func TestTheLimitIsTriedAgain(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	large(t, a, 1, 0)
	a.out.ahead.Load().limit.Store(64 << 20)
	takeLarge(t, b, 1, true)
	large(t, a, 50, 0)
	takeLarge(t, b, 20, true)
	large(t, a, 20, 0)
	if a.FarAhead() {
		t.Fatal("far ahead with 50 MiB of 64")
	}
	if got := a.out.ahead.Load().limit.Load(); got != 50<<20 {
		t.Errorf("the limit is %d MiB, want 50", got/mebibyte)
	}
}

// TestPaceUnderLoad: writers and a reader at the same time; nobody waits for ever, and
// all that was written is counted on both sides.
func TestPaceUnderLoad(t *testing.T) {
	const writers, each = 4, 200
	a, b, _, _ := pair(Options{}, Options{})
	var s sync.Mutex // the socket's send lock
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				s.Lock()
				large(t, a, 1, 0)
				far := a.FarAhead()
				s.Unlock()
				if far {
					a.Pace()
				}
			}
		})
	}
	for taken := 0; taken < writers*each; {
		if b.CheckRead() {
			takeLarge(t, b, 1, true)
			taken++
		}
	}
	wg.Wait()
	ahead := a.out.ahead.Load()
	if passed := ahead.passed.Load(); passed != ahead.written || len(ahead.wake) != 0 || ahead.asleep.Load() {
		t.Errorf("%d of %d bytes, %d tokens, asleep %v", passed, ahead.written, len(ahead.wake), ahead.asleep.Load())
	}
}
