// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"
	"sync"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
)

// Defaults and bounds of a context.
const (
	IOThreadsDefault  = 1
	SocketsDefault    = 1023
	SocketsMax        = 65535
	ioThreadsMaxCount = 1024
)

// Ctx is a set of sockets, the loops that serve them and the inproc names that
// they share (libzmq ctx_t). Safe for use from any goroutine.
type Ctx struct {
	mu sync.Mutex
	// +checklocks:mu
	sockets    map[*Base]struct{}
	pool       *reactor.Pool // nil before the first socket; then immutable
	background *reactor.Pool // one loop for a context without I/O loops
	ioThreads  int
	maxSockets int
	blocky     bool
	ipv6       bool
	ending     bool // Shutdown or Term has come
	stopped    bool // the loops are gone
	stored     stored

	names  names
	reaper reactor.Reaper
}

// NewCtx makes a context with libzmq's defaults. It costs nothing before the
// first socket.
func NewCtx() *Ctx {
	return &Ctx{
		sockets:    make(map[*Base]struct{}),
		ioThreads:  IOThreadsDefault,
		maxSockets: SocketsDefault,
		blocky:     true,
		stored:     storedDefaults(),
	}
}

// SetIOThreads sets the number of I/O loops; 0 is for inproc only. Read at the
// first socket.
func (c *Ctx) SetIOThreads(n int) error {
	if n < 0 || n > ioThreadsMaxCount {
		return errno.EINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ioThreads = n
	return nil
}

// SetMaxSockets sets how many sockets may be open at a time.
func (c *Ctx) SetMaxSockets(n int) error {
	if n < 1 || n > SocketsMax {
		return errno.EINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.maxSockets = n
	return nil
}

// SetBlocky sets whether new sockets linger by default (BLOCKY).
func (c *Ctx) SetBlocky(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocky = on
}

// SetIPv6 sets whether new sockets use IPv6 by default.
func (c *Ctx) SetIPv6(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ipv6 = on
}

// New makes a socket of a type; set, which may be nil, changes its options
// before it exists for others.
func (c *Ctx) New(typ int, set func(*option.Options) error) (*Base, error) {
	k := kindOf(typ)
	if k == nil {
		return nil, errno.EINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return nil, errno.ETERM
	}
	if len(c.sockets) >= c.maxSockets {
		return nil, errno.EMFILE
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	opts := option.Defaults(typ)
	opts.IPv6 = c.ipv6
	if !c.blocky {
		opts.Linger = 0
	}
	if set != nil {
		if err := set(&opts); err != nil {
			return nil, err
		}
	}
	b := newBase(c, k, opts)
	c.sockets[b] = struct{}{}
	c.reaper.Add()
	return b, nil
}

// start makes the loops, once.
//
// +checklocks:c.mu
func (c *Ctx) start() error {
	if c.pool != nil {
		return nil
	}
	pool, err := reactor.NewPool(c.ioThreads)
	if err != nil {
		return err
	}
	if c.ioThreads == 0 {
		if c.background, err = reactor.NewPool(1); err != nil {
			return err
		}
	}
	c.pool = pool
	return nil
}

// choose returns a loop for a new session or listener, or nil. The pool is
// immutable once a socket exists.
func (c *Ctx) choose(affinity uint64) *reactor.Loop { return c.pool.Choose(affinity) }

// home returns the loop for work that belongs to no connection.
func (c *Ctx) home() *reactor.Loop {
	if ls := c.pool.Loops(); len(ls) > 0 {
		return ls[0]
	}
	return c.background.Loops()[0]
}

// unregister takes a closing socket off the inproc names.
func (c *Ctx) unregister(b *Base) { c.names.removeAll(b) }

// reaped counts a socket out that has ended altogether.
func (c *Ctx) reaped(b *Base) {
	b.events.close()
	b.signal.close()
	b.att.close()
	c.mu.Lock()
	delete(c.sockets, b)
	c.mu.Unlock()
	close(b.reaped)
	c.reaper.Reaped()
}

// Shutdown makes every blocked and every later call on the context's sockets
// fail with ETERM. The sockets must still be closed (libzmq zmq_ctx_shutdown).
func (c *Ctx) Shutdown() {
	c.mu.Lock()
	c.ending = true
	bs := make([]*Base, 0, len(c.sockets))
	for b := range c.sockets {
		bs = append(bs, b)
	}
	c.mu.Unlock()
	for _, b := range bs {
		b.terminate()
	}
}

// terminate makes an open socket answer ETERM.
func (b *Base) terminate() {
	if b.state.CompareAndSwap(0, int32(errno.ETERM)) {
		b.sends.wakeAll()
		b.recvs.wakeAll()
		b.events.close()
	}
}

// Term shuts the context down, waits until every socket has been closed and has
// flushed what it had to, and ends the loops (libzmq zmq_ctx_term). Where the
// waiting ends with ctx, Term may be called again.
func (c *Ctx) Term(ctx context.Context) error {
	c.Shutdown()
	if err := c.reaper.Wait(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	stop := !c.stopped
	c.stopped = true
	pool, background := c.pool, c.background
	c.mu.Unlock()
	if stop && pool != nil {
		pool.Stop()
		if background != nil {
			background.Stop()
		}
	}
	return nil
}

// Loops returns the counters of the I/O loops.
func (c *Ctx) Loops() []reactor.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pool == nil {
		return nil
	}
	var ss []reactor.Stats
	for _, l := range c.pool.Loops() {
		ss = append(ss, l.Stats())
	}
	return ss
}
