// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"net"

	"github.com/zeroloop/zmq/transport"
)

// Transport carries ZMTP over connections that this package does not know how to
// make: anything with a net.Conn. Dial may block; it runs on a goroutine of its
// own, once for each attempt. addr is what follows "scheme://" in the endpoint.
type Transport interface {
	Dial(ctx context.Context, addr string) (net.Conn, error)
	Listen(ctx context.Context, addr string) (net.Listener, error)
}

// RegisterTransport makes endpoints of a scheme usable by every socket of the
// process. The scheme is 1 to 32 lower-case letters, digits and '+', '-' or '.',
// a letter first, or ErrInvalid. One that is taken, as the built-in ones are,
// cannot be replaced (syscall.EEXIST); there is room for 64 (ErrNoBufs). Safe from
// any goroutine.
func RegisterTransport(scheme string, t Transport) error {
	return wrap("register transport", scheme, transport.Register(transport.Scheme{
		Name: scheme, Dial: t.Dial, Listen: t.Listen,
	}))
}
