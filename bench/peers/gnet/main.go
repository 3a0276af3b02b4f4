// SPDX-License-Identifier: MPL-2.0

// Gnet is the server side of the comparison on gnet event loops, without
// messages; the client side is the plain net.Conn of package rawnet.
package main

import (
	"errors"
	"net"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/rawnet"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func main() {
	peer.Main(peer.Library{
		Version:  "gnet " + peer.ModuleVersion("github.com/panjf2000/gnet/v2") + " (server), package net (client)",
		Commands: []string{wire.Pull, wire.Push, wire.Rep, wire.Req, wire.Router, wire.Dealer},
		Open:     open,
		Turn:     rawnet.Turn,
	})
}

// server is a gnet engine that echoes whole messages or counts bytes.
type server struct {
	gnet.BuiltinEventEngine
	endpoint string
	size     int
	echo     bool
	tally    *rawnet.Tally
	taken    int64 // bytes handed out by RecvN
	booted   chan struct{}
	stopped  chan error
}

func open(c peer.Config) (peer.Socket, error) {
	if c.Connect {
		return rawnet.Open(c)
	}
	network, address, err := rawnet.SplitEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	s := &server{endpoint: c.Endpoint, size: c.Size, echo: c.Kind != wire.Pull,
		tally: rawnet.NewTally(), booted: make(chan struct{}), stopped: make(chan error, 1)}
	go func() {
		s.stopped <- gnet.Run(s, network+"://"+address, gnet.WithMulticore(c.Conns > 1))
	}()
	select {
	case <-s.booted:
		return s, nil
	case err := <-s.stopped:
		return nil, err
	}
}

// OnBoot learns the port from the listening descriptor.
func (s *server) OnBoot(engine gnet.Engine) gnet.Action {
	fd, err := engine.Dup()
	if err != nil {
		return gnet.Shutdown
	}
	defer unix.Close(fd)
	addr, err := unix.Getsockname(fd)
	if err != nil {
		return gnet.Shutdown
	}
	if in, ok := addr.(*unix.SockaddrInet4); ok {
		s.endpoint = rawnet.FormatEndpoint(&net.TCPAddr{IP: in.Addr[:], Port: in.Port})
	}
	close(s.booted)
	return gnet.None
}

// OnTraffic runs on an event loop.
func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	n := c.InboundBuffered()
	if !s.echo {
		if _, err := c.Discard(n); err != nil {
			return gnet.Close
		}
		s.tally.Add(int64(n))
		return gnet.None
	}
	n -= n % s.size
	if n == 0 {
		return gnet.None
	}
	buf, err := c.Next(n)
	if err != nil {
		return gnet.Close
	}
	if _, err := c.Write(buf); err != nil {
		return gnet.Close
	}
	return gnet.None
}

func (s *server) Endpoint() string { return s.endpoint }

func (s *server) SendN(int, int) error { return errors.ErrUnsupported }

func (s *server) RecvN(n int) (int64, error) {
	bytes := int64(n) * int64(s.size)
	s.taken += bytes
	s.tally.Wait(s.taken)
	return bytes, nil
}

func (s *server) Serve() error { return <-s.stopped }
