// SPDX-License-Identifier: MPL-2.0

// Mangos drives the Go implementation go.nanomsg.org/mangos/v3. It has no
// ROUTER and DEALER: its nearest forms are a raw REP socket, which returns the
// request's header with the reply, and one REQ socket per client.
package main

import (
	"strings"

	"go.nanomsg.org/mangos/v3"
	"go.nanomsg.org/mangos/v3/protocol/pub"
	"go.nanomsg.org/mangos/v3/protocol/pull"
	"go.nanomsg.org/mangos/v3/protocol/push"
	"go.nanomsg.org/mangos/v3/protocol/rep"
	"go.nanomsg.org/mangos/v3/protocol/req"
	"go.nanomsg.org/mangos/v3/protocol/sub"
	"go.nanomsg.org/mangos/v3/protocol/xpull"
	"go.nanomsg.org/mangos/v3/protocol/xpush"
	"go.nanomsg.org/mangos/v3/protocol/xrep"
	_ "go.nanomsg.org/mangos/v3/transport/inproc"
	_ "go.nanomsg.org/mangos/v3/transport/ipc"
	_ "go.nanomsg.org/mangos/v3/transport/tcp"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

const pubQueueMsgs = 8192 // per subscriber; mangos drops beyond it

func main() {
	peer.Main(peer.Library{
		Version:   "mangos " + peer.ModuleVersion("go.nanomsg.org/mangos/v3"),
		Open:      open,
		OpenProxy: openProxy,
	})
}

var constructors = map[string]func() (mangos.Socket, error){
	wire.Push: push.NewSocket, wire.Pull: pull.NewSocket, wire.Req: req.NewSocket, wire.Rep: rep.NewSocket,
	wire.Pub: pub.NewSocket, wire.Sub: sub.NewSocket, wire.Dealer: req.NewSocket, wire.Router: xrep.NewSocket,
}

type socket struct {
	mangos   mangos.Socket
	endpoint string
}

func open(c peer.Config) (peer.Socket, error) {
	m, err := constructors[c.Kind]()
	if err != nil {
		return nil, err
	}
	switch c.Kind {
	case wire.Pub:
		err = m.SetOption(mangos.OptionWriteQLen, pubQueueMsgs)
	case wire.Sub:
		if err = m.SetOption(mangos.OptionReadQLen, pubQueueMsgs); err == nil {
			err = m.SetOption(mangos.OptionSubscribe, "")
		}
	}
	if err != nil {
		return nil, err
	}
	return start(m, c)
}

// start lifts the limit of 1 MiB on received messages, which is less than the
// largest size here plus its header.
func start(m mangos.Socket, c peer.Config) (*socket, error) {
	options := map[string]interface{}{mangos.OptionMaxRecvSize: 0}
	if strings.HasPrefix(c.Endpoint, "inproc") {
		options = nil // no such option there
	}
	if c.Connect {
		return &socket{m, c.Endpoint}, m.DialOptions(c.Endpoint, options)
	}
	l, err := m.NewListener(c.Endpoint, options)
	if err != nil {
		return nil, err
	}
	if err := l.Listen(); err != nil {
		return nil, err
	}
	return &socket{m, l.Address()}, nil // after Listen: the address has the port
}

func (s *socket) Endpoint() string { return s.endpoint }

func (s *socket) SendN(size, n int) error {
	for range n {
		m := mangos.NewMessage(size)
		m.Body = m.Body[:size]
		if err := s.mangos.SendMsg(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) RecvN(n int) (bytes int64, err error) {
	for range n {
		m, err := s.mangos.RecvMsg()
		if err != nil {
			return bytes, err
		}
		bytes += int64(len(m.Body))
		m.Free()
	}
	return bytes, nil
}

func (s *socket) Serve() error {
	for {
		m, err := s.mangos.RecvMsg()
		if err != nil {
			return err
		}
		if err := s.mangos.SendMsg(m); err != nil {
			return err
		}
	}
}

func openProxy(_, front, back string) (bound [2]string, run func() error, err error) {
	f, err := xpull.NewSocket()
	if err != nil {
		return bound, nil, err
	}
	b, err := xpush.NewSocket()
	if err != nil {
		return bound, nil, err
	}
	for i, m := range []mangos.Socket{f, b} {
		s, err := start(m, peer.Config{Endpoint: []string{front, back}[i]})
		if err != nil {
			return bound, nil, err
		}
		bound[i] = s.endpoint
	}
	run = func() error {
		if err := mangos.Device(f, b); err != nil {
			return err
		}
		select {} // the device has its own goroutines
	}
	return bound, run, nil
}
