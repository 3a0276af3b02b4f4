// SPDX-License-Identifier: MPL-2.0

package msg

import (
	"github.com/zeroloop/zmq/internal/buf"
	"golang.org/x/sys/cpu"
)

// RefBytesMin is the size in bytes from which a body travels by reference; a
// smaller one is copied. It trades a memory copy against a reference count, a
// side-table entry and two more entries in the writev vector; set by
// perf/local_thr between 1 and 16 KiB.
const RefBytesMin = 4 << 10

// Msg is a message of any number of frames, made to be used again and again:
// receiving into the same Msg allocates nothing once its scratch memory has
// grown to fit. The zero value is an empty message.
//
// A Msg belongs to one goroutine at a time. Copying a Msg copies the handle,
// not the memory; after that only one of the copies may be used further.
type Msg struct {
	first part
	rest  []part
	n     int
	held  bool // some part holds a reference
	props *Properties

	addressed bool // address is not empty
	address   Address

	scratch []byte // memory of small parts; reused

	// What stands behind a Msg in memory, as a rule another one, is often used by
	// another goroutine at the same time: each has lines of its own.
	_ cpu.CacheLinePad
}

// part is one frame of a Msg.
type part struct {
	data []byte
	body *buf.Body // the memory of data, or nil when plain
}

// New returns a message of the given frames. It refers to them, it does not
// copy: they must not change until the message is sent and, where they are
// large, not afterwards either.
func New(frames ...[]byte) Msg {
	var m Msg
	for _, f := range frames {
		m.Append(f)
	}
	return m
}

// Init makes m a single frame of size bytes with undefined contents and
// returns that frame to be filled in. The memory is m's own, reused or pooled,
// and passes to the socket with SendMsg.
func (m *Msg) Init(size int) []byte {
	if m.n != 0 || uint(size) > uint(cap(m.scratch)) || size >= RefBytesMin {
		return m.initAnew(size)
	}
	m.scratch = m.scratch[:size]
	m.first.data = m.scratch[:size:size]
	m.n = 1
	return m.first.data
}

// initAnew is Init where something has to be given back or made first.
func (m *Msg) initAnew(size int) []byte {
	m.Close()
	if size >= RefBytesMin {
		b := buf.NewBody(size)
		m.AppendBody(b)
		return b.Bytes()
	}
	if cap(m.scratch) < size {
		m.scratch = make([]byte, size, max(size, scratchBytesMin))
	}
	m.scratch = m.scratch[:size]
	m.first.data = m.scratch[:size:size]
	m.n = 1
	return m.first.data
}

// Append adds a frame, by reference.
func (m *Msg) Append(frame []byte) { m.add(part{data: frame}) }

// AppendBody adds a frame that is a body; m takes over the reference.
func (m *Msg) AppendBody(b *buf.Body) {
	m.held = true
	m.add(part{data: b.Bytes(), body: b})
}

// scratchBytesMin keeps the scratch memory of two messages out of one cache line:
// a sender and a receiver of single bytes would fight for it at every message,
// which costs half of the throughput at inproc.
const scratchBytesMin = 64

// prepare makes the scratch memory, before its first use for size bytes.
func (m *Msg) prepare(size int) {
	if m.scratch == nil {
		m.scratch = make([]byte, 0, max(size, scratchBytesMin))
	}
}

// AppendCopy adds a frame whose bytes are copied into m's own memory.
func (m *Msg) AppendCopy(frame []byte) {
	m.prepare(len(frame))
	at := len(m.scratch)
	// A move of the scratch memory leaves earlier frames where they are: they
	// keep the old array alive.
	m.scratch = append(m.scratch, frame...)
	m.add(part{data: m.scratch[at:len(m.scratch):len(m.scratch)]})
}

// AppendPart adds a received part: a body by reference, anything else by copy.
func (m *Msg) AppendPart(p *Part) {
	if p.Body != nil {
		m.AppendBody(p.Body)
		p.Body = nil
		return
	}
	m.AppendCopy(p.Data)
}

func (m *Msg) add(p part) {
	if m.n == 0 {
		m.first = p
	} else {
		m.rest = append(m.rest, p)
	}
	m.n++
}

func (m *Msg) at(i int) *part {
	if i == 0 {
		return &m.first
	}
	return &m.rest[i-1]
}

// Part returns frame i as it goes into a pipe, MORE included. The body's
// reference stays with m until Sent.
func (m *Msg) Part(i int) Part {
	f := m.at(i)
	p := Part{Data: f.data, Body: f.body}
	if i+1 < m.n {
		p.Flags = More
	}
	return p
}

// Taken says that frame i's body has passed to a pipe.
func (m *Msg) Taken(i int) {
	if m.held {
		m.at(i).body = nil
	}
}

// Len returns the number of frames.
func (m *Msg) Len() int { return m.n }

// Size returns the number of bytes in all frames together.
func (m *Msg) Size() int {
	if m.n == 1 {
		return len(m.first.data)
	}
	return m.sum()
}

func (m *Msg) sum() int {
	size := 0
	for i := range m.n {
		size += len(m.at(i).data)
	}
	return size
}

// Bytes returns the first frame, the whole message where there is only one, or
// nil where there is none. It is valid as Frame is.
func (m *Msg) Bytes() []byte {
	if m.n == 0 {
		return nil
	}
	return m.first.data
}

// Frame returns frame i, which must be at least 0 and below Len. A frame of a
// message that RecvMsg filled is valid until m is received into again or
// closed; one that Recv returned is plain memory.
func (m *Msg) Frame(i int) []byte {
	if i < 0 || i >= m.n {
		return nil
	}
	return m.at(i).data
}

// Frames returns all frames; valid as Frame is. It allocates.
func (m *Msg) Frames() [][]byte {
	fs := make([][]byte, m.n)
	for i := range fs {
		fs[i] = m.at(i).data
	}
	return fs
}

// Close releases what the message refers to and empties it. The message can be
// used again. Closing an empty message does nothing.
func (m *Msg) Close() {
	if m.held {
		for i := range m.n {
			if f := m.at(i); f.body != nil {
				f.body.Release()
			}
		}
	}
	m.Sent()
}

// Sent empties the message after its references have passed to a pipe.
func (m *Msg) Sent() {
	if m.n > 1 {
		clear(m.rest)
		m.rest = m.rest[:0]
	}
	m.first.body = nil
	m.n = 0
	m.held = false
	m.forget()
	m.scratch = m.scratch[:0]
}

// forget drops what m says besides its bytes.
func (m *Msg) forget() {
	m.From(nil)
	m.nowhere()
}

// nowhere drops the address.
func (m *Msg) nowhere() {
	if m.addressed {
		m.address, m.addressed = Address{}, false
	}
}

// Small returns the only frame of a message that has one, and no body by
// reference: the case that is worth a short way.
func (m *Msg) Small() (data []byte, ok bool) {
	return m.first.data, m.n == 1 && !m.held && len(m.first.data) < RefBytesMin
}

// SentSmall is Sent where Small said ok.
func (m *Msg) SentSmall() {
	m.n = 0
	m.forget()
	m.scratch = m.scratch[:0]
}

// Copy makes m a single frame with a copy of data, in m's own memory, that was received
// from whom from tells.
func (m *Msg) Copy(data []byte, from *Properties) {
	if m.n > 1 || m.held || cap(m.scratch) < len(data) || m.scratch == nil {
		m.makeReady(len(data))
	}
	m.From(from)
	m.nowhere()
	m.scratch = m.scratch[:len(data)]
	copy(m.scratch, data)
	m.first.data = m.scratch[:len(data):len(data)]
	m.n = 1
}

// makeReady empties m and gives it scratch memory for size bytes.
func (m *Msg) makeReady(size int) {
	m.Close()
	if cap(m.scratch) < size || m.scratch == nil {
		m.scratch = make([]byte, 0, max(size, scratchBytesMin))
	}
}

// Clone returns a message with the same frames and address: bodies shared, anything else
// copied.
func (m *Msg) Clone() Msg {
	c := Msg{addressed: m.addressed, address: m.address}
	for i := range m.n {
		f := m.at(i)
		if f.body != nil {
			f.body.Retain(1)
			c.AppendBody(f.body)
		} else {
			c.AppendCopy(f.data)
		}
	}
	return c
}

// Detach turns every frame into plain memory that nobody else refers to, for
// callers that keep it.
func (m *Msg) Detach() {
	for i := range m.n {
		f := m.at(i)
		if f.body != nil {
			*f = part{data: f.body.Take()}
		}
	}
	m.held = false
	m.scratch = nil
}
