// SPDX-License-Identifier: MPL-2.0

// Zeroloop drives this repository's library. It sends and receives message by
// message, as the libzmq driver does, without the batch calls.
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/zeroloop/zmq"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func main() {
	major, minor, patch := zmq.Version()
	peer.Main(peer.Library{
		Version:   fmt.Sprintf("zeroloop, level of libzmq %d.%d.%d", major, minor, patch),
		Open:      func(c peer.Config) (peer.Socket, error) { return open(c) },
		Curve:     true,
		More:      family,
		OpenProxy: openProxy,
	})
}

const (
	backlogConns  = 4096
	handshakesMax = 20000 // all clients of a measurement come at once
)

var types = map[string]zmq.SocketType{
	wire.Push: zmq.PUSH, wire.Pull: zmq.PULL, wire.Req: zmq.REQ, wire.Rep: zmq.REP,
	wire.Pub: zmq.PUB, wire.Sub: zmq.SUB, wire.Dealer: zmq.DEALER, wire.Router: zmq.ROUTER,
	wire.Pair: zmq.PAIR, wire.PairServe: zmq.PAIR, kindXSub: zmq.XSUB, kindXPub: zmq.XPUB,
}

type socket struct {
	zmq      *zmq.Socket
	endpoint string
	out, in  zmq.Msg
}

// open sets the options that the libzmq driver sets; see sock_open in zmqdrv.c.
func open(c peer.Config) (*socket, error) {
	var opts []zmq.Option
	switch {
	case c.Kind == wire.Pub || c.Kind == kindXPub:
		opts = append(opts, zmq.WithXPubNoDrop(true))
	case c.Kind == wire.Push && !strings.HasPrefix(c.Endpoint, "inproc"):
		opts = append(opts, zmq.WithImmediate(true))
	case c.Kind == wire.Sub:
		opts = append(opts, zmq.WithSubscribe(""))
	}
	if !c.Connect {
		opts = append(opts, zmq.WithBacklog(backlogConns), zmq.WithMaxHandshakes(handshakesMax))
	}
	if c.Curve {
		opts = append(opts, secure(c.Connect)...)
	}
	kind := types[c.Kind]
	if c.Kind == wire.Topics {
		kind = map[bool]zmq.SocketType{false: zmq.PUB, true: zmq.SUB}[c.Connect]
		opts = append(opts, zmq.WithSendHWM(0), zmq.WithRecvHWM(0)) // subscriptions have no end
	}
	ctx, err := sharedContext()
	if err != nil {
		return nil, err
	}
	z, err := ctx.NewSocket(kind, opts...)
	if err != nil {
		return nil, err
	}
	if c.Connect {
		err = z.Connect(c.Endpoint)
	} else {
		err = z.Bind(c.Endpoint)
	}
	if err != nil {
		return nil, err
	}
	return &socket{zmq: z, endpoint: z.LastEndpoint()}, nil
}

// secure returns the options of CURVE: who connects is the client.
func secure(connect bool) []zmq.Option {
	if connect {
		return []zmq.Option{
			zmq.WithCurveServerKey(wire.CurveServerPublic),
			zmq.WithCurvePublicKey(wire.CurveClientPublic), zmq.WithCurveSecretKey(wire.CurveClientSecret),
		}
	}
	return []zmq.Option{zmq.WithCurveServer(true), zmq.WithCurveSecretKey(wire.CurveServerSecret)}
}

func (s *socket) Endpoint() string { return s.endpoint }

func (s *socket) SendN(size, n int) error {
	ctx := context.Background()
	for range n {
		s.out.Init(size)
		if err := s.zmq.SendMsg(ctx, &s.out); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) RecvN(n int) (bytes int64, err error) {
	ctx := context.Background()
	for range n {
		if err := s.zmq.RecvMsg(ctx, &s.in); err != nil {
			return bytes, err
		}
		bytes += int64(s.in.Size())
	}
	return bytes, nil
}

// Serve passes all parts back, so that a ROUTER returns the routing id.
func (s *socket) Serve() error {
	ctx := context.Background()
	for {
		if err := s.zmq.RecvMsg(ctx, &s.in); err != nil {
			return err
		}
		if err := s.zmq.SendMsg(ctx, &s.in); err != nil {
			return err
		}
	}
}
