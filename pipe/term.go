// SPDX-License-Identifier: MPL-2.0

package pipe

// The life of an end ends here; doc.go has the picture.

// CloseWrite closes the writing side: an unfinished message is forgotten, whole
// ones stay readable, and behind them the other end sees EOF. Runs on the
// writer; the second call does nothing.
func (p *Pipe) CloseWrite() {
	h := p.out
	if h.closed.Load()&writerClosed != 0 {
		return
	}
	p.moreOut = false
	awake := true
	if h.conflate != nil {
		awake = h.conflate.Close() && !p.woke
	} else {
		awake = h.q.W.Close()
	}
	if h.closed.Or(writerClosed)&readerClosed != 0 {
		h.discard()
		return
	}
	if !awake {
		p.Signal()
	}
}

// CloseRead closes the reading side: what is queued is dropped as soon as the
// writer has closed too, and from now on writes fail. Runs on the reader; the
// second call does nothing. It returns false if the side was closed before.
func (p *Pipe) CloseRead() bool {
	h := p.in
	old := h.closed.Or(readerClosed)
	if old&readerClosed != 0 {
		return false
	}
	p.moreIn = false
	if old&writerClosed != 0 {
		p.passed, p.run = 0, run{}
		h.discard()
	}
	return true
}

// NotifyClosed tells the other end's owner that this end is gone. Called once,
// after both sides were closed or the reading side alone, with no lock held.
func (p *Pipe) NotifyClosed() {
	if s := p.peer.sink; s != nil {
		s.PeerClosed(p.peer)
	}
}

// ReadClosed reports whether this end has closed its reading side.
func (p *Pipe) ReadClosed() bool { return p.in.closed.Load()&readerClosed != 0 }

// WriteClosed reports whether this end has closed its writing side.
func (p *Pipe) WriteClosed() bool { return p.out.closed.Load()&writerClosed != 0 }

// PeerWriteClosed reports whether the other end writes no more.
func (p *Pipe) PeerWriteClosed() bool { return p.in.closed.Load()&writerClosed != 0 }

// discard drops everything that is left. Runs on whoever closed second: the Or
// on closed makes the first one's last use happen before it.
func (h *half) discard() {
	if h.conflate != nil {
		h.conflate.Discard()
		return
	}
	h.q.R.Discard()
}

// Drained reports whether the other end has closed and everything that it wrote
// has been read and is no longer looked at, but for what ReadSmall gave out, which its
// callers copy before another one is the reader. Runs on the reader.
func (p *Pipe) Drained() bool {
	return p.passed == 0 && !p.moreIn && !p.CheckRead() && p.EOF()
}
