// SPDX-License-Identifier: MPL-2.0

// Package rawnet is the floor for Go: the work of the message libraries over
// bare net.Conn streams. Throughput moves batches of batchBytes, latency is a
// blocking ping-pong of whole messages. Its client side also drives servers
// that echo bytes, such as the gnet peer.
package rawnet

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

const (
	batchBytes = 64 << 10
	readBytes  = 4 * batchBytes
)

// Turn is the number of messages of a size in one batch.
func Turn(size int) int { return max(batchBytes/size, 1) }

// SplitEndpoint turns a tcp or ipc endpoint into arguments for package net.
func SplitEndpoint(endpoint string) (network, address string, err error) {
	if a, ok := strings.CutPrefix(endpoint, "tcp://"); ok {
		return "tcp", a, nil
	}
	if a, ok := strings.CutPrefix(endpoint, "ipc://"); ok {
		return "unix", a, nil
	}
	return "", "", fmt.Errorf("unsupported endpoint: %s", endpoint)
}

// FormatEndpoint is the reverse of SplitEndpoint.
func FormatEndpoint(a net.Addr) string {
	if a.Network() == "unix" {
		return "ipc://" + a.String()
	}
	return "tcp://" + a.String()
}

// Open serves the kinds that this package knows: pull, push, rep, req, pub,
// sub, router and dealer.
func Open(c peer.Config) (peer.Socket, error) {
	network, address, err := SplitEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if c.Connect {
		conn, err := net.Dial(network, address)
		if err != nil {
			return nil, err
		}
		return &client{conn: conn, kind: c.Kind, size: c.Size}, nil
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	s := &server{l: l, size: c.Size, tally: NewTally()}
	switch c.Kind {
	case wire.Pull:
		go s.accept(s.drain)
	case wire.Pub:
		go s.accept(s.keep)
	}
	return s, nil
}

// client is a connected stream.
type client struct {
	conn net.Conn
	kind string
	size int
	buf  []byte
}

func (c *client) Endpoint() string { return FormatEndpoint(c.conn.RemoteAddr()) }

func (c *client) SendN(size, n int) error { return writeBatches(c.conn, &c.buf, size, n) }

// writeBatches writes n messages of size bytes in batches, growing *buf once.
func writeBatches(w io.Writer, buf *[]byte, size, n int) error {
	perBatch := min(Turn(size), n)
	if len(*buf) < perBatch*size {
		*buf = make([]byte, perBatch*size)
	}
	for n > 0 {
		k := min(n, perBatch)
		if _, err := w.Write((*buf)[:k*size]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// RecvN reads as many bytes as n messages have.
func (c *client) RecvN(n int) (int64, error) {
	left := int64(n) * int64(c.size)
	if len(c.buf) < readBytes {
		c.buf = make([]byte, readBytes)
	}
	for left > 0 {
		r, err := c.conn.Read(c.buf[:min(left, int64(len(c.buf)))])
		if err != nil {
			return 0, err
		}
		left -= int64(r)
	}
	return int64(n) * int64(c.size), nil
}

func (c *client) Serve() error { return errors.New("a client does not serve") }

// server is a listener and its connections.
type server struct {
	l     net.Listener
	size  int
	tally *Tally
	taken int64 // bytes handed out by RecvN

	mu    sync.Mutex
	conns []net.Conn // +checklocks:mu
	buf   []byte     // of SendN
}

func (s *server) Endpoint() string { return FormatEndpoint(s.l.Addr()) }

// accept runs handle in a goroutine for each connection.
func (s *server) accept(handle func(net.Conn)) error {
	for {
		conn, err := s.l.Accept()
		if err != nil {
			return err
		}
		go handle(conn)
	}
}

func (s *server) drain(conn net.Conn) {
	buf := make([]byte, readBytes)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		s.tally.Add(int64(n))
	}
}

func (s *server) keep(conn net.Conn) {
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
}

func (s *server) echo(conn net.Conn) {
	buf := make([]byte, s.size)
	for {
		if _, err := io.ReadFull(conn, buf); err != nil {
			return
		}
		if _, err := conn.Write(buf); err != nil {
			return
		}
	}
}

// SendN writes to every connection.
func (s *server) SendN(size, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := Turn(size)
	for ; n > 0; n -= step {
		for _, conn := range s.conns {
			if err := writeBatches(conn, &s.buf, size, min(n, step)); err != nil {
				return err
			}
		}
	}
	return nil
}

// RecvN waits until the connections together have sent n messages more.
func (s *server) RecvN(n int) (int64, error) {
	bytes := int64(n) * int64(s.size)
	s.taken += bytes
	s.tally.Wait(s.taken)
	return bytes, nil
}

func (s *server) Serve() error { return s.accept(s.echo) }

// OpenProxy forwards bytes from one front connection to one back connection.
func OpenProxy(_, front, back string) (bound [2]string, run func() error, err error) {
	var ls [2]net.Listener
	for i, endpoint := range []string{front, back} {
		network, address, err := SplitEndpoint(endpoint)
		if err != nil {
			return bound, nil, err
		}
		if ls[i], err = net.Listen(network, address); err != nil {
			return bound, nil, err
		}
		bound[i] = FormatEndpoint(ls[i].Addr())
	}
	return bound, func() error {
		to, err := ls[1].Accept()
		if err != nil {
			return err
		}
		from, err := ls[0].Accept()
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		return err
	}, nil
}
