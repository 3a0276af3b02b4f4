// SPDX-License-Identifier: MPL-2.0

// Gozeromq drives the Go implementation github.com/go-zeromq/zmq4.
package main

import (
	"context"
	"strings"

	"github.com/go-zeromq/zmq4"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func main() {
	peer.Main(peer.Library{
		Version:   "go-zeromq/zmq4 " + peer.ModuleVersion("github.com/go-zeromq/zmq4"),
		Open:      func(c peer.Config) (peer.Socket, error) { return open(c) },
		OpenProxy: openProxy,
	})
}

var constructors = map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
	wire.Push: zmq4.NewPush, wire.Pull: zmq4.NewPull, wire.Req: zmq4.NewReq, wire.Rep: zmq4.NewRep,
	wire.Pub: zmq4.NewPub, wire.Sub: zmq4.NewSub, wire.Dealer: zmq4.NewDealer, wire.Router: zmq4.NewRouter,
}

type socket struct {
	zmq      zmq4.Socket
	endpoint string
	buf      []byte
}

func open(c peer.Config) (*socket, error) {
	s := &socket{zmq: constructors[c.Kind](context.Background()), endpoint: c.Endpoint}
	if c.Connect {
		if err := s.zmq.Dial(c.Endpoint); err != nil {
			return nil, err
		}
		if c.Kind == wire.Sub {
			return s, s.zmq.SetOption(zmq4.OptionSubscribe, "")
		}
		return s, nil
	}
	if err := s.zmq.Listen(c.Endpoint); err != nil {
		return nil, err
	}
	if strings.HasPrefix(c.Endpoint, "tcp://") {
		s.endpoint = "tcp://" + s.zmq.Addr().String()
	}
	return s, nil
}

func (s *socket) Endpoint() string { return s.endpoint }

// SendN reuses one body: the library copies it into its stream, or by
// reference over inproc, and no receiver here writes to it.
func (s *socket) SendN(size, n int) error {
	if len(s.buf) < size {
		s.buf = make([]byte, size)
	}
	for range n {
		if err := s.zmq.Send(zmq4.NewMsg(s.buf[:size])); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) RecvN(n int) (bytes int64, err error) {
	for range n {
		m, err := s.zmq.Recv()
		if err != nil {
			return bytes, err
		}
		bytes += int64(len(m.Bytes()))
	}
	return bytes, nil
}

// Serve passes all parts back, so that a ROUTER returns the routing id.
func (s *socket) Serve() error {
	for {
		m, err := s.zmq.Recv()
		if err != nil {
			return err
		}
		if err := s.zmq.SendMulti(zmq4.NewMsgFrom(m.Frames...)); err != nil {
			return err
		}
	}
}

func openProxy(_, front, back string) (bound [2]string, run func() error, err error) {
	f, err := open(peer.Config{Kind: wire.Pull, Endpoint: front})
	if err != nil {
		return bound, nil, err
	}
	b, err := open(peer.Config{Kind: wire.Push, Endpoint: back})
	if err != nil {
		return bound, nil, err
	}
	run = func() error { return zmq4.NewProxy(context.Background(), f.zmq, b.zmq, nil).Run() }
	return [2]string{f.endpoint, b.endpoint}, run, nil
}
