// SPDX-License-Identifier: MPL-2.0

package ypipe

// StartBytes is the size of the storage that a queue begins with, and that Trim
// leaves alone.
const StartBytes = 1 << 10

// Held returns how many bytes of storage the writer has in hand. Runs on the writer.
func (w *Writer) Held() int { return len(w.tail.buf) }

// Held returns how many bytes of storage the reader stands in. Runs on the reader.
func (r *Reader) Held() int { return len(r.head.buf) }

// Trim gives the large chunk of a queue from which everything has been read back to
// its pool: the queue goes on as a new one does, with a small chunk. A reader that
// sleeps sleeps on. It returns false, and nothing has happened, where there is still
// something in the queue, written, published or counted only in part. Runs on a
// caller that is both the writer and the reader.
func (q *Queue) Trim() bool {
	w, r := &q.W, &q.R
	old := w.tail
	if len(old.buf) <= StartBytes {
		return true
	}
	// What is published and what is read are both to be all that was written.
	all := pack(w.bytes, w.refs, w.msgs)
	if w.closed || w.pub != old || w.pubMark != all || r.Ready() || pack(r.bytes, r.refs, r.msgs) != all {
		return false
	}
	k := &q.first // it was left behind with the first byte
	k.next, k.final, k.mid = nil, 0, false
	k.mark.Store(old.mark.Load() & asleepFlag)
	q.W = Writer{tail: k, bound: position{chunk: k}, pub: k}
	q.R = Reader{head: k}
	old.Release()
	return true
}
