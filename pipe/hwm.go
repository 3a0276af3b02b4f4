// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"math"
	"sync/atomic"

	"golang.org/x/sys/cpu"
)

// lowWater returns how many messages the reader lets pass between two reports
// of its progress (libzmq pipe_t::compute_lwm). hwm 0 is no limit; the reader
// then reports rarely, for statistics only.
func lowWater(hwm int64) uint64 {
	if hwm <= 0 {
		return 1 << 10
	}
	return uint64(hwm+1) / 2
}

// credit is the flow control of one direction, in messages. A second one may count
// bytes: what stands here of messages then goes for those.
type credit struct {
	// writer only
	written uint64 // messages
	granted uint64 // written may grow up to here without looking at read
	counted int64  // the mark that granted was counted with
	draws   bool   // written may go beyond granted, see overdrawHWMMin

	_ cpu.CacheLinePad

	// reader only
	taken  uint64 // messages
	report uint64 // taken at which progress is told next
	marked int64  // the mark that report was counted with

	_ cpu.CacheLinePad

	// shared; atomic
	read   atomic.Uint64 // messages taken, as last reported; the reader's
	asleep atomic.Bool   // the writer waits for read to grow
	need   atomic.Uint64 // to at least this; written before asleep is
	hwm    atomic.Int64  // messages; 0 is no limit
}

func (c *credit) init(hwm int) {
	c.hwm.Store(int64(hwm))
	c.report, c.marked = lowWater(int64(hwm)), int64(hwm)
}

// room reports whether the writer may begin a message. Where it may not, the
// writer is marked asleep and gets a signal when it may.
func (c *credit) room() bool {
	return c.written < c.granted && c.hwm.Load() == c.counted || c.regrant()
}

// regrant looks at the reader's progress. The store to asleep and the load of
// read after it pair with the store to read and the load of asleep in took:
// one of the two sides sees the other.
func (c *credit) regrant() bool {
	if c.look() {
		// It may have come for another reason than that it was woken.
		c.asleep.Store(false)
		return true
	}
	c.need.Store(c.enough())
	c.asleep.Store(true)
	if !c.look() {
		return false
	}
	c.asleep.Store(false)
	return true
}

// enough returns at which progress the writer wants to be woken: at the next
// report, or, where it has gone beyond its grant, when it is half a mark below it.
// Between that and what is written there is always a report.
func (c *credit) enough() uint64 {
	if !c.draws || c.written <= c.granted {
		return 0
	}
	return c.written - uint64(c.counted) + lowWater(c.counted)
}

func (c *credit) look() bool {
	hwm := c.hwm.Load()
	c.counted = hwm
	if hwm <= 0 {
		c.granted = math.MaxUint64
		return true
	}
	c.granted = c.read.Load() + uint64(hwm)
	return c.written < c.granted
}

// left returns how many messages may be written before room has to look again,
// at least one after room returned true.
func (c *credit) left() int {
	return int(min(c.granted-c.written, math.MaxInt32))
}

// took counts n messages as read and returns true when the writer must be
// signalled. A mark that has changed is news too: the next multiple of the old
// one's half may be further away than the new one lets the writer get.
func (c *credit) took(n int) bool {
	return c.passed(n) && c.tell()
}

// passed counts n messages as read and returns true when tell is due.
func (c *credit) passed(n int) bool {
	c.taken += uint64(n)
	return c.taken >= c.report || !c.current()
}

// current reports whether the mark is the one that the next report was counted with.
func (c *credit) current() bool { return c.hwm.Load() == c.marked }

// unreported returns how many messages may be read before the one that makes tell due.
func (c *credit) unreported() int { return int(min(c.report-c.taken, math.MaxInt32)) - 1 }

func (c *credit) tell() bool {
	hwm := c.hwm.Load()
	news := hwm != c.marked
	c.marked = hwm
	lwm := lowWater(hwm)
	c.report = (c.taken/lwm + 1) * lwm
	c.read.Store(c.taken)
	return c.asleep.Load() && (news || c.taken >= c.need.Load()) && c.asleep.CompareAndSwap(true, false)
}

// queued returns how many messages are in the queue, as far as the caller's
// side can know; for statistics.
func (c *credit) queued() int { return int(c.written - c.read.Load()) }
