// SPDX-License-Identifier: MPL-2.0

//go:build cgo && libzmq

// Pebbe drives libzmq through the cgo binding of github.com/pebbe/zmq4. It is
// built with -tags libzmq, so that this module builds where libzmq is missing.
package main

import (
	"fmt"
	"strings"

	zmq "github.com/pebbe/zmq4"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func main() {
	major, minor, patch := zmq.Version()
	peer.Main(peer.Library{
		Version: fmt.Sprintf("pebbe/zmq4 %s on libzmq %d.%d.%d",
			peer.ModuleVersion("github.com/pebbe/zmq4"), major, minor, patch),
		Open:      func(c peer.Config) (peer.Socket, error) { return open(c) },
		OpenProxy: openProxy,
	})
}

var types = map[string]zmq.Type{
	wire.Push: zmq.PUSH, wire.Pull: zmq.PULL, wire.Req: zmq.REQ, wire.Rep: zmq.REP,
	wire.Pub: zmq.PUB, wire.Sub: zmq.SUB, wire.Dealer: zmq.DEALER, wire.Router: zmq.ROUTER,
}

type socket struct {
	zmq      *zmq.Socket
	endpoint string
	buf      []byte
}

// open sets the options that the C driver sets; see sock_open in zmqdrv.c.
func open(c peer.Config) (*socket, error) {
	z, err := zmq.NewSocket(types[c.Kind])
	if err != nil {
		return nil, err
	}
	switch {
	case c.Kind == wire.Pub:
		err = z.SetXpubNodrop(true)
	case c.Kind == wire.Push && !strings.HasPrefix(c.Endpoint, "inproc"):
		err = z.SetImmediate(true)
	case c.Kind == wire.Sub:
		err = z.SetSubscribe("")
	}
	if err != nil {
		return nil, err
	}
	if c.Connect {
		err = z.Connect(c.Endpoint)
	} else if err = z.SetBacklog(4096); err == nil {
		err = z.Bind(c.Endpoint)
	}
	if err != nil {
		return nil, err
	}
	s := &socket{zmq: z}
	s.endpoint, err = z.GetLastEndpoint()
	return s, err
}

func (s *socket) Endpoint() string { return s.endpoint }

func (s *socket) SendN(size, n int) error {
	if len(s.buf) < size {
		s.buf = make([]byte, size)
	}
	for range n {
		if _, err := s.zmq.SendBytes(s.buf[:size], 0); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) RecvN(n int) (bytes int64, err error) {
	for range n {
		m, err := s.zmq.RecvBytes(0)
		if err != nil {
			return bytes, err
		}
		bytes += int64(len(m))
	}
	return bytes, nil
}

// Serve passes all parts back, so that a ROUTER returns the routing id.
func (s *socket) Serve() error {
	for {
		m, err := s.zmq.RecvMessageBytes(0)
		if err != nil {
			return err
		}
		if _, err := s.zmq.SendMessage(m); err != nil {
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
	run = func() error { return zmq.Proxy(f.zmq, b.zmq, nil) }
	return [2]string{f.endpoint, b.endpoint}, run, nil
}
