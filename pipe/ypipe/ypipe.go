// SPDX-License-Identifier: MPL-2.0

package ypipe

import (
	"github.com/zeroloop/zmq/internal/buf"
	"golang.org/x/sys/cpu"
)

// Queue is one direction of a pipe. Its zero value is not usable; call Init.
type Queue struct {
	W Writer
	_ cpu.CacheLinePad
	R Reader
	_ cpu.CacheLinePad

	// first is where both ends start: a chunk without storage, so that an
	// unused queue costs nothing.
	first Chunk
}

// Init makes q an empty queue with an awake reader.
func (q *Queue) Init() {
	q.first.class = -1
	q.first.users.Store(1)
	q.W.tail, q.W.pub, q.W.bound.chunk = &q.first, &q.first, &q.first
	q.R.head = &q.first
}

// position is a place in the chain up to which the writer has got: what would
// be the chunk's mark.
type position struct {
	chunk *Chunk
	mark  uint64
}

func (p *position) bytes() int { return int(p.mark & bytesMask) }
func (p *position) refs() int  { return int(p.mark >> refShift & refMask) }
func (p *position) msgs() int  { return int(p.mark >> msgShift & msgMask) }

// Writer is the writing end. All methods run on the writer (Y1).
type Writer struct {
	tail  *Chunk // chunk that is being filled
	bytes int    // bytes of tail that hold whole frames
	refs  int    // side-table entries of tail
	msgs  int    // messages that end in tail

	bound   position // end of the last whole message
	pub     *Chunk   // chunk whose mark is published next
	pubMark uint64   // what pub.mark holds, but for the asleep flag
	behind  int      // messages that EndWhole has ended, and nobody has published
	class   int8     // size class of the next chunk
	closed  bool
}

// Space returns the free storage behind what is written. It is at least min
// bytes long: where the tail has less, a new chunk takes over and the first
// carry bytes of the free storage, a frame that has not arrived whole, move
// there with it.
func (w *Writer) Space(carry, min int) []byte {
	if len(w.tail.buf)-w.bytes >= min {
		return w.tail.buf[w.bytes:]
	}
	return w.grow(carry, min)
}

// grow links a new tail with room for min bytes.
func (w *Writer) grow(carry, min int) []byte {
	k := newChunk(int(w.class), min)
	if w.class < classes-1 && w.crowded() {
		w.class++
	}
	if carry > 0 {
		copy(k.buf, w.tail.buf[w.bytes:w.bytes+carry])
	}
	k.mid = w.Pending()
	old := w.tail
	old.final = pack(w.bytes, w.refs, w.msgs) | endFlag
	old.next = k
	w.tail, w.bytes, w.refs, w.msgs = k, 0, 0, 0
	return k.buf
}

// crowded reports whether the reader has not gone to sleep since the last
// publication: then traffic is dense and larger chunks pay.
func (w *Writer) crowded() bool {
	return w.pub.mark.Load()&asleepFlag == 0
}

// ReaderAwake reports whether the reader was awake a moment ago, having gone to
// sleep at most behind what is published. Pairs with Reader.Sleep.
func (w *Writer) ReaderAwake() bool { return w.crowded() }

// NewLine reports whether n more bytes reach into another cache line.
func (w *Writer) NewLine(n int) bool { return w.bytes>>6 != (w.bytes+n)>>6 }

// Advance says that n more bytes of Space hold whole frames.
func (w *Writer) Advance(n int) { w.bytes += n }

// AddRef enters body behind the bytes written so far; the queue takes over the
// caller's reference. Precondition: RefRoom.
func (w *Writer) AddRef(body *buf.Body) {
	w.tail.addRef(w.refs, w.bytes, body)
	w.refs++
}

// RefRoom reports whether the tail's side table takes another body.
func (w *Writer) RefRoom() bool { return w.refs < RefsMax && w.tail.buf != nil }

// NextChunk makes a new tail with min bytes of room even where the old one has
// room left: for a full side table. It carries carry bytes over as Space does.
func (w *Writer) NextChunk(carry, min int) { w.grow(carry, min) }

// EndMessages says that n messages end with what is written so far. Nothing is
// visible before Flush.
func (w *Writer) EndMessages(n int) {
	w.msgs += n
	w.bound = position{w.tail, pack(w.bytes, w.refs, w.msgs)}
}

// Pending reports whether a message has been begun and not ended.
func (w *Writer) Pending() bool {
	return w.tail != w.bound.chunk || w.bytes != w.bound.bytes() || w.refs != w.bound.refs()
}

// Flush publishes all whole messages. It returns false when the reader was
// asleep: then the caller must signal it (libzmq ypipe_t::flush).
func (w *Writer) Flush() bool {
	if w.bound.chunk != w.pub {
		return w.flushChain()
	}
	if w.bound.mark == w.pubMark {
		return true
	}
	return w.publish(w.bound.mark)
}

// flushChain publishes messages that reach into later chunks: theirs first,
// the chunk that the reader stands on last.
func (w *Writer) flushChain() bool {
	for k := w.pub.next; k != w.bound.chunk; k = k.next {
		k.mark.Store(k.final)
	}
	w.bound.chunk.mark.Store(w.bound.mark)
	awake := w.publish(w.pub.final)
	w.pub, w.pubMark = w.bound.chunk, w.bound.mark
	return awake
}

// FlushWhole says that n more bytes of Space hold a message of one frame, and
// publishes it with everything before: Advance, EndMessages and Flush of the
// commonest case in one. Precondition: not Pending.
func (w *Writer) FlushWhole(n int) bool {
	w.bytes += n
	w.msgs++
	if w.tail != w.pub {
		return w.flushTail()
	}
	// pub <= bound <= tail: bound is in this chunk, at the message before.
	w.bound.mark += uint64(n) + 1<<msgShift
	return w.publish(w.bound.mark)
}

// EndWhole says that n more bytes of Space hold a message of one frame, as FlushWhole
// does, and publishes nothing.
func (w *Writer) EndWhole(n int) {
	w.bytes += n
	w.msgs++
	w.bound = position{w.tail, pack(w.bytes, w.refs, w.msgs)}
	w.behind++
}

// Behind returns how many messages EndWhole has ended since the last publication.
func (w *Writer) Behind() int { return w.behind }

// flushTail ends a message and publishes where the tail is a chunk that the
// reader has not come to.
func (w *Writer) flushTail() bool {
	w.bound = position{w.tail, pack(w.bytes, w.refs, w.msgs)}
	return w.flushChain()
}

// publish makes m the mark of pub. The compare-and-swap fails only if the
// reader has set its asleep flag meanwhile (Y4); then the reader touches
// nothing until it is signalled and a plain store will do.
// Pairs with the Load and CompareAndSwap in Reader.refill and Reader.Sleep.
func (w *Writer) publish(m uint64) bool {
	old := w.pubMark
	w.pubMark, w.behind = m, 0
	if w.pub.mark.CompareAndSwap(old, m) {
		return true
	}
	w.pub.mark.Store(m)
	return false
}

// Rollback forgets everything behind the last whole message and drops its
// bodies.
func (w *Writer) Rollback() {
	b := &w.bound
	for k, refs := w.tail, w.refs; ; {
		from := 0
		if k == b.chunk {
			from = b.refs()
		}
		dropRefs(k, from, refs)
		if k == b.chunk {
			break
		}
		prev := b.chunk
		for prev.next != k {
			prev = prev.next
		}
		k.Release()
		k, refs = prev, int(prev.final>>refShift&refMask)
		k.next, k.final = nil, 0
	}
	w.tail, w.bytes, w.refs, w.msgs = b.chunk, b.bytes(), b.refs(), b.msgs()
}

func dropRefs(k *Chunk, from, to int) {
	for i := from; i < to; i++ {
		k.refs[i].Body.Release()
		k.refs[i] = Ref{}
	}
}

// Close rolls back an unfinished message, publishes the rest and marks the end
// of the stream (libzmq's delimiter). It returns false when the reader was
// asleep. Nothing may be written afterwards.
func (w *Writer) Close() bool {
	if w.closed {
		return true
	}
	w.closed = true
	w.Rollback()
	awake := w.Flush()
	return w.publish(w.pubMark|eofFlag) && awake
}

// Reader is the reading end. All methods run on the reader (Y1).
type Reader struct {
	head  *Chunk // chunk that is being read
	bytes int    // consumed
	refs  int
	msgs  int

	limit   int // published, as last seen
	limRefs int
	limMsgs int
	end     bool // nothing more comes in head
	eof     bool
}

// Ready reports whether there is something to read, without going to sleep.
func (r *Reader) Ready() bool { return r.bytes < r.limit || r.refs < r.limRefs || r.refill() }

// refill looks at the mark again and steps to the next chunk where this one is
// finished. The Load pairs with Writer.publish: what the mark covers was
// written before it.
func (r *Reader) refill() bool {
	for {
		if !r.end {
			r.see(r.head.mark.Load())
			if r.bytes < r.limit || r.refs < r.limRefs {
				return true
			}
		}
		if !r.end || r.eof {
			return false
		}
		r.step()
	}
}

func (r *Reader) see(m uint64) {
	r.limit = int(m & bytesMask)
	r.limRefs = int(m >> refShift & refMask)
	r.limMsgs = int(m >> msgShift & msgMask)
	r.end = m&endFlag != 0
	r.eof = m&eofFlag != 0
}

// step leaves a finished chunk.
func (r *Reader) step() {
	old := r.head
	r.head = old.next
	r.bytes, r.refs, r.msgs = 0, 0, 0
	r.limit, r.limRefs, r.limMsgs, r.end = 0, 0, 0, false
	old.Release()
}

// Sleep marks the reader asleep. It returns false, and leaves the reader awake,
// when something has been published meanwhile (libzmq ypipe_t::check_read).
// After true the reader reads nothing until the writer signals; calling Ready
// or Sleep without a signal is harmless.
func (r *Reader) Sleep() bool {
	for {
		if r.Ready() || r.eof {
			return false
		}
		m := r.head.mark.Load()
		if m&asleepFlag != 0 {
			return true
		}
		seen := pack(r.limit, r.limRefs, r.limMsgs)
		if m == seen && r.head.mark.CompareAndSwap(m, m|asleepFlag) {
			return true
		}
	}
}

// EOF reports whether the writer has closed the queue and everything has been
// read. It is meaningful after Ready returned false.
func (r *Reader) EOF() bool { return r.eof && r.bytes >= r.limit && r.refs >= r.limRefs }

// Window returns the unread, published bytes of the current chunk. Bodies of
// the side table belong in between, see NextRef. Valid until Consume has passed
// them and the reader steps on; Hold makes them last longer.
func (r *Reader) Window() []byte { return r.head.buf[r.bytes:r.limit] }

// Chunk returns the chunk that Window is part of.
func (r *Reader) Chunk() *Chunk { return r.head }

// NextRef returns the i-th unread body and its distance in bytes from the start
// of Window, or nil.
func (r *Reader) NextRef(i int) (body *buf.Body, at int) {
	if i += r.refs; i >= r.limRefs {
		return nil, 0
	}
	e := &r.head.refs[i]
	return e.Body, e.Off - r.bytes
}

// Passed returns the bytes of the current chunk that have been consumed and how
// many bodies of its side table; mid says that the chunk began in the middle of
// a message. RefOff returns the offset of entry i, -1 where there is none. They
// serve a reader that must find out where in a message it stopped.
func (r *Reader) Passed() (b []byte, refs int, mid bool) {
	return r.head.buf[:r.bytes], r.refs, r.head.mid
}

// RefOff returns the offset of entry i of the current chunk's side table, or -1.
func (r *Reader) RefOff(i int) int {
	if i >= r.limRefs {
		return -1
	}
	return r.head.refs[i].Off
}

// Consume passes n bytes of Window.
func (r *Reader) Consume(n int) { r.bytes += n }

// TakeRef passes the next body and hands its reference to the caller.
func (r *Reader) TakeRef() *buf.Body {
	e := &r.head.refs[r.refs]
	b := e.Body
	e.Body = nil
	r.refs++
	return b
}

// Drained reports whether everything that Ready last saw has been consumed,
// without looking for more.
func (r *Reader) Drained() bool { return r.bytes >= r.limit && r.refs >= r.limRefs }

// EndMessage counts one message as read.
func (r *Reader) EndMessage() { r.msgs++ }

// EndMessages counts n messages as read.
func (r *Reader) EndMessages(n int) { r.msgs += n }

// CountTo says that n of the messages that end in the current chunk have been
// read, and returns how many of them were not counted before.
func (r *Reader) CountTo(n int) int {
	fresh := n - r.msgs
	r.msgs = n
	return fresh
}

// DrainedMessages returns, once Window is used up, how many messages that end
// in the chunk have not been counted yet, and counts them. It serves a reader
// that moves bytes without looking at frames.
func (r *Reader) DrainedMessages() int {
	if !r.Drained() {
		return 0
	}
	n := r.limMsgs - r.msgs
	r.msgs = r.limMsgs
	return n
}

// Discard drops everything published, bodies included. Only the last user of
// the queue may call it, after both ends are closed.
func (r *Reader) Discard() {
	for r.Ready() {
		r.bytes = r.limit
		dropRefs(r.head, r.refs, r.limRefs)
		r.refs = r.limRefs
	}
}
