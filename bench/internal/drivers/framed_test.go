// SPDX-License-Identifier: MPL-2.0

package drivers

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/rawnet"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// framed is a messaging library for these tests, with a length before each
// message. The test binary runs it as a driver process; see TestMain.
var framed = peer.Library{Version: "framed 1", Open: openFramed, Curve: true, OpenProxy: rawnet.OpenProxy,
	More: []string{wire.PairServe, wire.Pair, wire.InprocPair}}

var inproc = struct {
	sync.Mutex
	addrs map[string]string // the loopback address behind each inproc endpoint
}{addrs: map[string]string{}}

// framedSocket merges the messages of all its connections.
type framedSocket struct {
	endpoint string
	in       chan framedMsg
	mu       sync.Mutex
	conns    []net.Conn
}

type framedMsg struct {
	from net.Conn
	body []byte
}

func openFramed(c peer.Config) (peer.Socket, error) {
	s := &framedSocket{endpoint: c.Endpoint, in: make(chan framedMsg, 100)}
	network, address, err := rawnet.SplitEndpoint(c.Endpoint)
	isInproc := err != nil
	if isInproc {
		network, address = "tcp", "127.0.0.1:0"
	}
	if c.Connect {
		if isInproc {
			inproc.Lock()
			address = inproc.addrs[c.Endpoint]
			inproc.Unlock()
		}
		conn, err := net.Dial(network, address)
		if err != nil {
			return nil, err
		}
		s.add(conn)
		return s, nil
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	if isInproc {
		inproc.Lock()
		inproc.addrs[c.Endpoint] = l.Addr().String()
		inproc.Unlock()
	} else {
		s.endpoint = rawnet.FormatEndpoint(l.Addr())
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.add(conn)
		}
	}()
	return s, nil
}

func (s *framedSocket) add(conn net.Conn) {
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
	go func() {
		var head [4]byte
		for {
			if _, err := io.ReadFull(conn, head[:]); err != nil {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(head[:]))
			if _, err := io.ReadFull(conn, body); err != nil {
				return
			}
			s.in <- framedMsg{conn, body}
		}
	}()
}

func (s *framedSocket) Endpoint() string { return s.endpoint }

func sendFramed(conn net.Conn, body []byte) error {
	_, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

// SendN sends to all connections: only a publisher has several.
func (s *framedSocket) SendN(size, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		for _, conn := range s.conns {
			if err := sendFramed(conn, make([]byte, size)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *framedSocket) RecvN(n int) (bytes int64, err error) {
	for range n {
		bytes += int64(len((<-s.in).body))
	}
	return bytes, nil
}

func (s *framedSocket) Serve() error {
	for m := range s.in {
		if err := sendFramed(m.from, m.body); err != nil {
			return err
		}
	}
	return errors.New("closed")
}

// faulty is framed with PUSH sockets that do not work.
func faulty(fault string) peer.Library {
	l := framed
	l.Open = func(c peer.Config) (peer.Socket, error) {
		if c.Kind == wire.Push {
			if fault == "hang" {
				select {}
			}
			return nil, errors.New("planned failure at ipc:///somewhere/secret/1.s")
		}
		return openFramed(c)
	}
	return l
}
