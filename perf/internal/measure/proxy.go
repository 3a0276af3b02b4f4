// SPDX-License-Identifier: MPL-2.0

package measure

import (
	"context"
	"errors"
	"fmt"
	"io"

	zmq "github.com/zeroloop/zmq"
)

// proxyHWM is the high-water mark of libzmq's proxy_thr, the only program that
// does not leave it at its default.
const proxyHWM = 10000

// ProxyThr measures a proxy between two publishers and a subscriber.
var ProxyThr = Program{
	Name: "proxy_thr",
	About: "Publishes messages from two publishers through an XSUB-XPUB proxy to a subscriber, " +
		"all in one process over inproc, and reports how fast they came.",
	Count: messages,
	Run:   runProxyThr,
}

// errProxyDone ends the proxy after the last message.
var errProxyDone = errors.New("all messages received")

// runProxyThr has no message dropped on the way: a publisher with XPUB_NODROP
// waits for a slow subscriber. The publishers share the messages; those of
// libzmq's program send all of them each, and the subscriber takes half.
func runProxyThr(ctx context.Context, a Args, w io.Writer) error {
	const frontend, backend = "inproc://frontend", "inproc://backend"
	marks := []zmq.Option{zmq.WithSendHWM(proxyHWM), zmq.WithRecvHWM(proxyHWM)}
	noDrop := append(marks[:2:2], zmq.WithXPubNoDrop(true))
	e := newEnds()
	xsub := e.bind(zmq.XSUB, frontend, marks...)
	xpub := e.bind(zmq.XPUB, backend, noDrop...)
	pubs := [2]*zmq.Socket{}
	for i := range pubs {
		pubs[i] = e.connect(zmq.XPUB, frontend, noDrop...)
	}
	sub := e.connect(zmq.SUB, backend, append(marks[:2:2], zmq.WithSubscribe(""))...)
	half := a.Count / 2
	return e.run(ctx, func() error {
		between, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		return concurrently(ctx,
			func(context.Context) error { return pass(between, xsub, xpub) },
			func(ctx context.Context) error { return publish(ctx, pubs[0], Args{Size: a.Size, Count: half}) },
			func(ctx context.Context) error {
				return publish(ctx, pubs[1], Args{Size: a.Size, Count: a.Count - half})
			},
			func(ctx context.Context) error {
				defer stop(errProxyDone)
				return receive(ctx, sub, a, w)
			})
	})
}

// pass is a proxy until the subscriber has everything.
func pass(ctx context.Context, xsub, xpub *zmq.Socket) error {
	err := zmq.Proxy(ctx, xsub, xpub, nil)
	if errors.Is(err, errProxyDone) {
		return nil
	}
	return err
}

// publish waits for the subscription, without which everything would be dropped,
// and sends all messages. Only an XPUB can wait for it, which is why the
// publishers are no PUBs.
func publish(ctx context.Context, s *zmq.Socket, a Args) error {
	var m zmq.Msg
	defer m.Close()
	if err := s.RecvMsg(ctx, &m); err != nil {
		return err
	}
	if b := m.Bytes(); len(b) != 1 || b[0] != 1 {
		return fmt.Errorf("%q came instead of a subscription", b)
	}
	return send(ctx, s, a)
}
