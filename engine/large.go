// SPDX-License-Identifier: MPL-2.0

// Previous: input.go (readOnce, scanStop). Next: pipe (Flush, Signal).

package engine

import (
	"syscall"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/transport"
	"golang.org/x/sys/unix"
)

const (
	// directBytesMin is the size of a body that is read straight into memory of
	// its own; a smaller one is read together with its neighbours. It trades a
	// system call per body against a copy; set by perf/local_thr at 8 to 64 KiB.
	directBytesMin = 16 << 10
	// trustBytesMax is how much memory an announced size gets before its bytes
	// have come. A larger body grows as it arrives.
	trustBytesMax = 4 << 20
	// leadBytesMax is the longest lead of a body that is foreseen: its header, and
	// the small frames of its message that come before it, as an envelope or a topic.
	leadBytesMax = 64
)

// large is a body on its way into memory of its own. Like all of input it belongs to
// the holder of inHalf.
type large struct {
	body  *buf.Body // nil: none
	flags byte
	size  int
	have  int
	from  uint64 // where in the input it begins, in bytes
	apart bool   // a message has ended between it and what comes

	expect int                // size of the last one; the next is likely to have it too. 0: none is expected
	lead   int                // bytes that came before the last one, since the one before that
	tails  bool               // with the end of the last one came the beginning of the next
	guess  *buf.Body          // memory for the next
	head   [leadBytesMax]byte // and for its lead; the pipe's tail takes that of body
}

// coming reports whether what comes next is, or may be, read into memory of its own.
func (l *large) coming() bool { return l.body != nil || l.expect > 0 }

func (l *large) drop() {
	if l.body != nil {
		l.body.Release()
		l.body = nil
	}
	l.dropGuess()
}

func (l *large) dropGuess() {
	if l.guess != nil {
		l.guess.Release()
		l.guess = nil
	}
}

// startLarge moves the beginning of a large body into memory of its own.
func (e *Stream) startLarge(r *zmtp.ScanResult, space []byte) error {
	if r.Flags&zmtp.FlagCommand != 0 {
		return &zmtp.SizeError{Size: r.Size, Max: directBytesMin - 1}
	}
	if err := e.in.envelope.frame(r.Flags, r.Size); err != nil {
		return err
	}
	l := &e.in.large
	l.foresee(e.in.bytes-uint64(e.in.raw-r.HeaderLen), int(r.Size))
	l.flags = r.Flags
	l.body = buf.NewBody(min(l.size, trustBytesMax))
	l.have = copy(l.body.Bytes(), space[r.HeaderLen:e.in.raw])
	e.in.raw = 0
	return nil
}

// foresee enters a body of size bytes that begins at from, and expects the next at
// the same distance if that is one behind the other: frames of its own message only.
func (l *large) foresee(from uint64, size int) {
	lead := from - l.from - uint64(l.size)
	l.expect, l.lead = size, int(min(lead, leadBytesMax))
	if lead > leadBytesMax || l.apart || size > buf.PooledBytesMax {
		l.expect = 0
	}
	l.from, l.size, l.apart = from, size, false
}

// readLarge reads into the body that is on its way and, behind it, into memory
// for the next one, which as a rule has the same size and the same frames before it:
// these, its header and its body each to its place with one system call. Where the
// peer waits for an answer the next one comes when this one is over, whose memory it
// may have then, and which the caches still hold: no memory is taken for it before.
func (e *Stream) readLarge() (int, bool) {
	got, want, no := e.readvLarge()
	if !e.arrived(got, no) {
		e.in.large.dropGuess()
		return 0, false
	}
	if err := e.landLarge(got); err != nil {
		e.s.failed(e, err)
		return 0, false
	}
	return got, got == want
}

// readvLarge is the system call of that; want is what there was room for.
func (e *Stream) readvLarge() (got, want int, no syscall.Errno) {
	l := &e.in.large
	var iov [3]unix.Iovec
	n := 0
	add := func(b []byte) {
		iov[n].Base = &b[0]
		iov[n].SetLen(len(b))
		n++
		want += len(b)
	}
	if l.body != nil {
		e.growLarge()
		add(l.body.Bytes()[l.have:])
	}
	if l.expect > 0 && (l.body == nil || e.pipe.Credit() > 1) {
		add(l.head[:l.lead])
		if l.body == nil || l.tails {
			add(e.guessed().Bytes())
		}
	}
	got, no = transport.Readv(e.fd, iov[:n])
	return got, want, no
}

// guessed returns the memory for the next body.
func (e *Stream) guessed() *buf.Body {
	l := &e.in.large
	if l.guess == nil {
		l.guess = buf.NewBody(l.expect)
	}
	return l.guess
}

// growLarge makes room for more of a body whose size was not trusted at once.
func (e *Stream) growLarge() {
	l := &e.in.large
	if l.have < len(l.body.Bytes()) {
		return
	}
	bigger := buf.NewBody(min(l.size, 2*l.have))
	copy(bigger.Bytes(), l.body.Bytes())
	l.body.Release()
	l.body = bigger
}

// landLarge sorts out what one vectored read has brought.
func (e *Stream) landLarge(got int) error {
	l, before := &e.in.large, e.pipe.Written()
	if l.body != nil {
		n := min(got, len(l.body.Bytes())-l.have)
		l.have += n
		got -= n
		if l.have < l.size {
			return nil
		}
		l.tails = got > 0
		e.endLarge()
	}
	err := e.landGuess(got)
	e.publish(before)
	return err
}

// landGuess looks at what went to the places of the next lead and body.
func (e *Stream) landGuess(got int) error {
	l := &e.in.large
	head := l.head[:min(got, l.lead)]
	have := got - len(head)
	flags, size, ok := zmtp.Lead(head)
	if got == 0 {
		return nil
	}
	if ok && len(head) == l.lead && size == uint64(l.expect) {
		return e.startGuess(flags, head, have)
	}
	// Something else came: put it together in the tail and scan it.
	tail := e.pipe.Writer().Space(0, got+leadBytesMax)
	copy(tail, head)
	if have > 0 {
		copy(tail[len(head):], l.guess.Bytes()[:have])
	}
	l.dropGuess()
	l.expect = 0
	e.in.raw = got
	return e.scan(tail)
}

// startGuess makes the guess the body that is on its way: it has come as foreseen.
func (e *Stream) startGuess(flags byte, head []byte, have int) error {
	l := &e.in.large
	if err := e.in.envelope.check(head); err != nil {
		return err
	}
	if frames := len(head) - zmtp.HeaderSizeMax; frames > 0 {
		w := e.pipe.Writer()
		copy(w.Space(0, frames), head)
		w.Advance(frames)
		e.pipe.WroteBytes(frames)
		e.in.mid = true
	}
	l.foresee(l.from+uint64(l.size+len(head)), l.expect)
	l.body, l.guess, l.flags, l.have = e.guessed(), nil, flags, have
	if have == l.size {
		e.endLarge()
	}
	return nil
}

// endLarge enters a whole large body into the pipe. It may exceed the credit by
// one message, which the engine would otherwise hold back just the same.
func (e *Stream) endLarge() {
	l, p := &e.in.large, e.pipe
	body, more := l.body, l.flags&zmtp.FlagMore
	l.body = nil
	w := p.Writer()
	if !w.RefRoom() {
		w.NextChunk(0, zmtp.HeaderSizeMax)
	}
	b := w.Space(0, zmtp.HeaderSizeMax)
	w.Advance(zmtp.PutHeader(b, more, l.size))
	w.AddRef(body)
	p.WroteBytes(zmtp.HeaderSizeMax + l.size)
	e.in.mid = more != 0
	if !e.in.mid {
		w.EndMessages(1)
		p.Wrote(1)
		if p.Credit() == 0 {
			e.in.stalled = true
		}
	}
}
