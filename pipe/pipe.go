// SPDX-License-Identifier: MPL-2.0

// Previous: lb.go, dist.go, or the pattern itself. Next: ypipe/ypipe.go, then
// the other end's Sink.

package pipe

import (
	"encoding/binary"
	"math"
	"sync/atomic"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe/ypipe"
)

// Sink is what the owner of an end is told (libzmq's i_pipe_events). All but
// PeerClosed are called from any goroutine, possibly with the caller's locks
// held: they take leaf locks only (P2).
type Sink interface {
	// ReadActivated: this end's reader was asleep and there is something to read.
	ReadActivated(p *Pipe)
	// WriteActivated: this end's writer was asleep and there is room.
	WriteActivated(p *Pipe)
	// PeerClosed: the other end is closed. What it wrote before can still be read;
	// nothing can be written any more. Called once, with no lock held.
	PeerClosed(p *Pipe)
}

const (
	writerClosed = 1 << iota
	readerClosed
)

// half is one direction. What hardly ever changes stands first: the compiler
// tests a pointer for nil by reading the first word behind it, and where that
// belonged to the writer the reader took its line away with each message.
type half struct {
	conflate *ypipe.Conflate // replaces q and c where not nil; immutable
	limit    *credit         // besides c, in bytes as they stand in q; nil is none; immutable
	special  bool            // one of the two is there: the short ways are closed; immutable

	// shared; atomic
	closed atomic.Uint32         // writerClosed | readerClosed
	lost   atomic.Uint64         // messages that the reader has dropped, see DropOldest
	gather atomic.Bool           // see SetGathering; the reader's
	fetch  atomic.Bool           // see SetFetching; the writer's
	ahead  atomic.Pointer[ahead] // nil: no large body has been written yet; the writer's

	// The rest of the line: a half begins 8 bytes behind the beginning of one, as does any
	// memory of its size and kind. With a whole line here halves would take 896 bytes
	// each, with this 768.
	_ [16]byte

	q ypipe.Queue
	c credit
}

// Pipe is one end.
type Pipe struct {
	// immutable after NewPair, and Sink after SetSink
	peer *Pipe
	out  *half // this end writes
	in   *half // this end reads
	sink Sink

	// writer only
	moreOut bool // the last part written has another one behind it
	began   int  // bytes written since the last message ended; where there is a limit
	bodies  int  // of that, bytes of bodies that count in half.ahead
	woke    bool // the last value put into a conflating queue found the reader asleep

	// reader only
	moreIn  bool
	scratch []byte // what Take of a conflating pipe copied
	passed  int    // bytes of the window that the last view covers
	run     run

	// Place is where the owning socket keeps its own state of this end, guarded by
	// the socket's locks.
	Place
}

// Place is a socket's bookkeeping of one pipe. Each index is -1 while the pipe
// is not in that set; fq is guarded by the receive lock, lb and dist by the send
// lock, the others by both.
type Place struct {
	fq, lb, dist int

	// RoutingID is the peer's identity or the one made up for it.
	RoutingID []byte
	// Endpoint is the text that Connect or Bind was given.
	Endpoint string
	// Owner is whatever object the socket keeps for the pipe (its session).
	Owner any
	// Data is the pattern's own state.
	Data any
	// Inproc says that the other end is a socket's, whose high-water marks, in
	// messages, add to ours. It changes them under its own locks.
	Inproc                   bool
	PeerSendHWM, PeerRecvHWM atomic.Int64
	// Farewell is what the other end is told when this one closes; set where that
	// is a socket's.
	Farewell []byte
	// Props are what is known of the peer whose messages this end reads.
	Props *msg.Properties
	// Dropped counts messages that were not sent here, as the pipe was full; under
	// the send lock.
	Dropped uint64
	missed  uint64 // the Distributor's message that was counted last
}

// Options of one direction.
type Options struct {
	HWM      int   // messages; 0 is no limit
	Bytes    int64 // besides, and with headers; 0 is no limit
	Conflate bool
}

// NewPair makes two connected ends. ab is the direction from a to b.
func NewPair(ab, ba Options) (a, b *Pipe) {
	x, y := newHalf(ab), newHalf(ba)
	a = &Pipe{out: x, in: y, Place: Place{fq: -1, lb: -1, dist: -1}}
	b = &Pipe{out: y, in: x, Place: Place{fq: -1, lb: -1, dist: -1}}
	a.peer, b.peer = b, a
	return a, b
}

func newHalf(o Options) *half {
	h := &half{}
	h.q.Init()
	h.c.init(o.HWM)
	if o.Conflate {
		h.conflate = &ypipe.Conflate{}
	} else if o.Bytes > 0 {
		h.limit = &credit{}
		h.limit.init(int(o.Bytes))
	}
	h.special = h.conflate != nil || h.limit != nil
	return h
}

// SetSink names the owner. It must come before the other end can signal: before
// the end first goes to sleep.
func (p *Pipe) SetSink(s Sink) { p.sink = s }

// Peer returns the other end.
func (p *Pipe) Peer() *Pipe { return p.peer }

// Conflating reports whether what this end reads is a latest-value queue.
func (p *Pipe) Conflating() bool { return p.in.conflate != nil }

// SetBytes changes the limits in bytes of those directions that were made with one;
// 0 is none.
func (p *Pipe) SetBytes(out, in int64) {
	if l := p.out.limit; l != nil {
		l.hwm.Store(out)
	}
	if l := p.in.limit; l != nil {
		l.hwm.Store(in)
	}
}

// SetHWM changes the high-water marks of both directions, in messages. Lowering
// one below what is queued just stops the writer (libzmq pipe_t::set_hwms).
func (p *Pipe) SetHWM(out, in int) {
	p.out.c.hwm.Store(int64(out))
	p.in.c.hwm.Store(int64(in))
}

// CheckWrite reports whether a message may be begun, or gone on with. After
// false the owner gets WriteActivated when that changes, unless the other end is
// closed. Runs on the writer.
func (p *Pipe) CheckWrite() bool {
	if p.out.closed.Load() != 0 {
		return false
	}
	if p.out.special {
		return p.moreOut || p.out.conflate != nil || p.out.roomInBytes()
	}
	return p.moreOut || p.out.c.room()
}

// roomInBytes reports whether a message may be begun where there may be a limit. It
// may be larger than what is left: the limit is exceeded by one message at most.
func (h *half) roomInBytes() bool { return h.c.room() && (h.limit == nil || h.limit.room()) }

// Full reports whether CheckWrite failed for want of room, not because the pipe
// is closing (libzmq pipe_t::check_hwm).
func (p *Pipe) Full() bool { return p.out.closed.Load() == 0 }

// Write appends a part. It returns false, and the caller keeps the part, where
// CheckWrite would. On true the pipe has copied the data or taken over the
// body. Nothing is visible to the other end before Flush. Runs on the writer.
func (p *Pipe) Write(f *msg.Part) bool {
	if !p.CheckWrite() {
		return false
	}
	if p.out.conflate != nil {
		p.woke = !p.out.conflate.Put(f.Data, f.Body, f.Flags&^msg.More) || p.woke
		f.Body = nil
		return true
	}
	w := &p.out.q.W
	n := len(f.Data)
	if f.Body == nil || n < msg.RefBytesMin {
		b := w.Space(0, zmtp.HeaderSizeMax+n)
		h := 2
		if n <= math.MaxUint8 {
			b[0], b[1] = f.Flags, byte(n)
		} else {
			h = zmtp.PutHeader(b, f.Flags, n)
		}
		copy(b[h:], f.Data)
		w.Advance(h + n)
		p.began += h + n
		f.Drop()
	} else {
		p.writeRef(w, f)
		p.began += zmtp.HeaderSizeMax + n
	}
	p.moreOut = f.Flags&msg.More != 0
	if !p.moreOut {
		w.EndMessages(1)
		p.Wrote(1)
		if p.bodies > 0 {
			p.out.wroteBodies(p.bodies)
			p.bodies = 0
		}
	}
	return true
}

// WriteSmall appends and publishes a message of one part that is shorter than
// msg.RefBytesMin: Write and Flush of the commonest case in one. Where the reader
// gathers the message may be published later (behindMax). ok is false,
// and nothing has happened, where CheckWrite says so or the pipe's state needs
// the long way. awake is what Flush returns. Runs on the writer.
func (p *Pipe) WriteSmall(data []byte) (awake, ok bool) {
	h := p.out
	if p.moreOut || h.special || h.closed.Load() != 0 || !h.c.room() {
		return true, false
	}
	w := &h.q.W
	n := len(data)
	b := w.Space(0, zmtp.HeaderSizeMax+n)
	at := putSmallHeader(b, n)
	if w.NewLine(at + n) {
		prefetchWrite(&b[0])
	}
	copy(b[at:], data)
	h.c.written++
	if w.Behind() < behindMax && h.gather.Load() {
		w.EndWhole(at + n)
		return true, true
	}
	return w.FlushWhole(at + n), true
}

// putSmallHeader is zmtp.PutHeader without flags, quick for the shortest.
func putSmallHeader(b []byte, n int) int {
	if n > math.MaxUint8 {
		return zmtp.PutHeader(b, 0, n)
	}
	b[0], b[1] = 0, byte(n)
	return 2
}

// behindMax is how many messages may wait in front of a reader that gathers for one
// that publishes them all, which costs as much as the rest of a short message. What
// a stream leaves behind at its end is published when the reader's timer has come
// (engine/gather.go), or over inproc when the reader has caught up (socket/lull.go): by the reader's owner, who takes the writer's lock for it, after
// it has said that it gathers no more. So whoever writes later sees that.
const behindMax = 15

// writeRef appends a header and a reference to the body.
func (p *Pipe) writeRef(w *ypipe.Writer, f *msg.Part) {
	if !w.RefRoom() {
		w.NextChunk(0, zmtp.HeaderSizeMax)
	}
	b := w.Space(0, zmtp.HeaderSizeMax)
	w.Advance(zmtp.PutHeader(b, f.Flags, len(f.Data)))
	w.AddRef(f.Body)
	f.Body = nil
	if len(f.Data) >= paceBodyBytesMin && !p.Inproc {
		p.bodies += len(f.Data)
	}
}

// Press reports whether the pipe is full because its reader is gathering; then all
// is published, and the caller owes it Signal. Runs on the writer, after CheckWrite
// said no.
func (p *Pipe) Press() bool {
	if !p.out.gather.Load() || !p.Full() {
		return false
	}
	p.out.q.W.Flush()
	return true
}

// Flush publishes all whole messages. It returns false when the other end's
// reader was asleep; then the caller owes it Signal.
func (p *Pipe) Flush() bool {
	if p.out.conflate != nil {
		awake := !p.woke
		p.woke = false
		return awake
	}
	return p.out.q.W.Flush()
}

// Signal tells the other end's owner that there is something to read.
func (p *Pipe) Signal() { p.peer.sink.ReadActivated(p.peer) }

// Rollback forgets the parts of an unfinished message (libzmq
// pipe_t::rollback). Runs on the writer.
func (p *Pipe) Rollback() {
	p.out.q.W.Rollback()
	p.moreOut, p.began, p.bodies = false, 0, 0
}

// Writer gives the session direct access to the queue that it fills from the
// network. Runs on the writer.
func (p *Pipe) Writer() *ypipe.Writer { return &p.out.q.W }

// Credit returns how many messages may be written now; 0 also arms
// WriteActivated. Runs on the writer.
func (p *Pipe) Credit() int {
	if p.out.closed.Load() != 0 || !p.out.roomInBytes() {
		return 0
	}
	if p.out.limit != nil {
		return 1 // to look again behind each
	}
	if p.out.c.counted >= overdrawHWMMin {
		p.out.c.draws = true
		return math.MaxInt32
	}
	return p.out.c.left()
}

// overdrawHWMMin is the least high-water mark, in messages, that whoever fills the
// pipe from memory may go beyond with what is in that memory already: it is not
// there a second time, and to put in a thousand messages, sleep, and be woken for
// the next thousand costs more than the messages do. Who sets a lower mark wants
// few messages in the queue.
const overdrawHWMMin = 256

// Wrote counts n messages that were put into Writer directly.
func (p *Pipe) Wrote(n int) {
	p.out.c.written += uint64(n)
	if p.out.limit != nil {
		p.out.limit.written += uint64(p.began)
	}
	p.began = 0
}

// WroteBytes counts n bytes of messages that Wrote will count. Runs on the writer.
func (p *Pipe) WroteBytes(n int) { p.began += n }

// SetGathering says that the reader, though awake, comes only after a while, and
// that the writer had better Signal when the pipe is full. Runs on the reader.
func (p *Pipe) SetGathering(on bool) { p.in.gather.Store(on) }

// Gathering reports whether the reader has said so. Any goroutine that may call
// the reader's Sink.
func (p *Pipe) Gathering() bool { return p.in.gather.Load() }

// CheckRead reports whether there is a part to read. After false the reader is
// asleep and its owner gets ReadActivated when that changes, unless EOF. Runs on
// the reader.
func (p *Pipe) CheckRead() bool {
	if p.in.conflate != nil {
		return p.in.conflate.Ready() || !p.in.conflate.Sleep() && p.in.conflate.Ready()
	}
	r := &p.in.q.R
	p.pass(r)
	return r.Ready() || p.more(r)
}

// Empty reports whether there is nothing to read just now, and unlike CheckRead lets
// the reader stay awake. It says no where that takes more than a look. Runs on the reader.
func (p *Pipe) Empty() bool {
	if p.in.special {
		return false
	}
	r := &p.in.q.R
	p.pass(r)
	return !r.Ready() && !r.EOF()
}

// EOF reports whether everything has been read and nothing more will come.
// Meaningful after CheckRead returned false. Runs on the reader.
func (p *Pipe) EOF() bool {
	if p.in.conflate != nil {
		return p.in.conflate.EOF()
	}
	return p.in.q.R.EOF()
}

// pass consumes the view that the last Read gave out.
func (p *Pipe) pass(r *ypipe.Reader) {
	if p.run.window != nil {
		p.endRun(r)
	}
	if p.passed > 0 {
		r.Consume(p.passed)
		p.passed = 0
	}
}

// Read returns the next part: f.Data is valid until the next CheckRead or Read;
// where f.Body is set its reference is the caller's. It returns false where
// CheckRead would. Runs on the reader.
func (p *Pipe) Read(f *msg.Part) bool {
	if p.in.conflate != nil {
		return p.readConflate(f)
	}
	r := &p.in.q.R
	p.pass(r)
	if !r.Ready() && !p.more(r) {
		return false
	}
	b := r.Window()
	n, size := 2, int(b[1])
	f.Flags = b[0] &^ msg.Large
	f.Props = p.Props
	if b[0]&msg.Large != 0 {
		n, size = zmtp.HeaderSizeMax, int(binary.BigEndian.Uint64(b[1:]))
		if size >= msg.RefBytesMin && p.readRef(r, f) {
			p.count(r, f, n+size)
			return true
		}
	}
	f.Body = nil
	f.Data = b[n : n+size]
	p.passed = n + size
	p.count(r, f, n+size)
	return true
}

// ReadHeld returns the next message if it is there, has one part that travels by
// reference and no flags, and accept, which must not keep what it sees, says yes to its
// body. Where ok is false nothing has happened. The reference is the caller's. Runs on
// the reader.
func (p *Pipe) ReadHeld(accept func(*buf.Body) bool) (body *buf.Body, ok bool) {
	r := p.atMessage()
	if r == nil {
		return nil, false
	}
	body, at := r.NextRef(0)
	if body == nil || at != zmtp.HeaderSizeMax || r.Window()[0] != zmtp.FlagLarge || !accept(body) {
		return nil, false
	}
	var f msg.Part
	p.Read(&f)
	return f.Body, true
}

// readRef takes the body that stands behind the header at the start of the
// window, if it is in the side table.
func (p *Pipe) readRef(r *ypipe.Reader, f *msg.Part) bool {
	if body, at := r.NextRef(0); body == nil || at != zmtp.HeaderSizeMax {
		return false
	}
	r.Consume(zmtp.HeaderSizeMax)
	f.Body = r.TakeRef()
	f.Data = f.Body.Bytes()
	p.TookBody(len(f.Data))
	return true
}

// readConflate takes the latest value.
func (p *Pipe) readConflate(f *msg.Part) bool {
	data, body, flags, ok := p.in.conflate.Take(p.scratch)
	if !ok && !p.in.conflate.Sleep() {
		data, body, flags, ok = p.in.conflate.Take(p.scratch)
	}
	if !ok {
		return false
	}
	p.scratch = data
	f.Data, f.Body, f.Flags, f.Props = data, body, flags, p.Props
	if body != nil {
		f.Data = body.Bytes()
	}
	return true
}

// count ends a message behind its last part and reports progress. The part has
// size bytes with its header.
func (p *Pipe) count(r *ypipe.Reader, f *msg.Part, size int) {
	if p.in.limit != nil {
		p.TookBytes(size)
	}
	p.moreIn = f.Flags&msg.More != 0
	if p.moreIn {
		return
	}
	r.EndMessage()
	if p.in.c.took(1) {
		p.peer.sink.WriteActivated(p.peer)
	}
}

// Reader gives the session direct access to the queue that it empties into the
// network. Runs on the reader.
func (p *Pipe) Reader() *ypipe.Reader { return &p.in.q.R }

// TookBytes counts n bytes that were read from Reader directly. Runs on the reader.
func (p *Pipe) TookBytes(n int) {
	if l := p.in.limit; l != nil && l.took(n) {
		p.peer.sink.WriteActivated(p.peer)
	}
}

// Took counts n messages that were read from Reader directly.
func (p *Pipe) Took(n int) {
	if n > 0 && p.in.c.took(n) {
		p.peer.sink.WriteActivated(p.peer)
	}
}

// MoreIn reports whether the last part read has another one behind it.
func (p *Pipe) MoreIn() bool { return p.moreIn }

// MoreOut reports whether a message has been begun and not ended.
func (p *Pipe) MoreOut() bool { return p.moreOut }

// Queued returns about how many messages wait in either direction.
func (p *Pipe) Queued() (out, in int) { return p.out.c.queued(), p.in.c.queued() }
