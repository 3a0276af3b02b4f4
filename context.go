// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"sync"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/socket"
)

// Context is a set of sockets, the I/O loops that serve them, and the inproc
// names that they share (zmq_ctx_new). Safe for use from any goroutine. Most
// programs need none of their own: NewSocket uses a default one.
type Context struct {
	c *socket.Ctx
}

// ContextOption changes a context before its first socket.
type ContextOption func(*socket.Ctx) error

// WithIOThreads sets the number of I/O loops, up to 1024 (ZMQ_IO_THREADS, default 1).
// With 0 there are only inproc sockets; everything else gives ErrMThread.
func WithIOThreads(n int) ContextOption {
	return func(c *socket.Ctx) error { return c.SetIOThreads(n) }
}

// WithMaxSockets sets how many sockets may be open at a time, 1 to SocketLimit
// (ZMQ_MAX_SOCKETS, default 1023). One more gives ErrMFile.
func WithMaxSockets(n int) ContextOption {
	return func(c *socket.Ctx) error { return c.SetMaxSockets(n) }
}

// WithBlocky sets whether new sockets linger without limit (ZMQ_BLOCKY, default
// true); with false their LINGER begins as 0.
func WithBlocky(on bool) ContextOption {
	return func(c *socket.Ctx) error { c.SetBlocky(on); return nil }
}

// WithContextIPv6 sets whether new sockets use IPv6 (the context's ZMQ_IPV6,
// default false).
func WithContextIPv6(on bool) ContextOption {
	return func(c *socket.Ctx) error { c.SetIPv6(on); return nil }
}

// WithMaxMsgSizeHint keeps the context's ZMQ_MAX_MSGSZ, in bytes, and does nothing
// else, as libzmq; WithMaxMsgSize is the limit of a socket.
func WithMaxMsgSizeHint(bytes int) ContextOption {
	return func(c *socket.Ctx) error { return c.SetMaxMsgSize(bytes) }
}

// WithThreadNamePrefix keeps a name of 1 to 16 bytes and does nothing else: loops
// are goroutines, which have no names (ZMQ_THREAD_NAME_PREFIX).
func WithThreadNamePrefix(prefix string) ContextOption {
	return func(c *socket.Ctx) error { return c.SetThreadNamePrefix(prefix) }
}

// SocketLimit is the most that WithMaxSockets takes (ZMQ_SOCKET_LIMIT).
const SocketLimit = socket.SocketsMax

// SetCtxOpt sets a context option by its number in zmq.h, in C's form: for those
// who port (zmq_ctx_set_ext). What is read at the first socket has no effect after
// it. ErrInvalid where number or value is wrong.
func (c *Context) SetCtxOpt(number int, value []byte) error {
	return wrap("set context option", "", c.c.SetOpt(number, value))
}

// CtxOpt returns a context option by its number in zmq.h, in C's form
// (zmq_ctx_get_ext): an int of 4 bytes, or a string with its NUL. ErrInvalid where
// there is no such option, or it can only be set.
func (c *Context) CtxOpt(number int) ([]byte, error) {
	for _, size := range [...]int{64, 4} { // a string that is a number answers to both
		b := make([]byte, size)
		if n, err := c.c.GetOpt(number, b); err == nil {
			return b[:n], nil
		}
	}
	return nil, wrap("get context option", "", errno.EINVAL)
}

// NewContext makes a context. Its loops start with the first socket.
func NewContext(opts ...ContextOption) (*Context, error) {
	c := socket.NewCtx()
	for _, o := range opts {
		if err := o(c); err != nil {
			return nil, wrap("context", "", err)
		}
	}
	return &Context{c}, nil
}

// defaultContext serves NewSocket; it is never terminated.
var defaultContext = sync.OnceValue(func() *Context { return &Context{socket.NewCtx()} })

// NewSocket makes a socket on the default context.
func NewSocket(t SocketType, opts ...Option) (*Socket, error) {
	return defaultContext().NewSocket(t, opts...)
}

// NewSocket makes a socket (zmq_socket). It fails with ErrInvalid for an unknown
// type or a bad option, ErrMFile when there are too many sockets, and ErrTerm
// after Shutdown or Term.
func (c *Context) NewSocket(t SocketType, opts ...Option) (*Socket, error) {
	set := func(o *option.Options) error { return apply(o, opts) }
	b, err := c.c.New(int(t), set)
	if err != nil {
		return nil, wrap("socket", "", err)
	}
	s := &Socket{b: b}
	if err := s.subscribeInitially(opts); err != nil {
		_ = b.Close()
		return nil, err
	}
	return s, nil
}

// Shutdown makes every blocked and every later call on the context's sockets
// return ErrTerm. The sockets must still be closed (zmq_ctx_shutdown). The error is
// always nil.
func (c *Context) Shutdown() error {
	c.c.Shutdown()
	return nil
}

// Term shuts the context down and waits until all its sockets have been closed
// and have flushed, each for as long as its LINGER says; then it ends the loops
// (zmq_ctx_term). Where ctx ends first, Term returns its error and can be called
// again.
func (c *Context) Term(ctx context.Context) error { return wrap("term", "", c.c.Term(ctx)) }

// LoopStats is what one I/O loop has done.
type LoopStats = reactor.Stats

// Loops returns the counters of the context's I/O loops; none before the first
// socket.
func (c *Context) Loops() []LoopStats { return c.c.Loops() }
