// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zeroloop/zmq"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// family lists what this driver can do besides what all libraries can.
var family = []string{wire.PairServe, wire.Pair, wire.InprocPair, wire.PubProxy, wire.CallProxy, wire.SharedPush,
	wire.RatePush, wire.RatePull, wire.IdleServer, wire.IdleClient, wire.Topics}

const stampBytes = 8

func (s *socket) SendAt(size int, at int64) error {
	s.out.Init(size)
	binary.LittleEndian.PutUint64(s.out.Bytes(), uint64(at))
	return s.zmq.SendMsg(context.Background(), &s.out)
}

func (s *socket) RecvAt() (at int64, bytes int, err error) {
	if err := s.zmq.RecvMsg(context.Background(), &s.in); err != nil {
		return 0, 0, err
	}
	b := s.in.Bytes()
	if len(b) < stampBytes {
		return 0, 0, fmt.Errorf("a message of %d bytes has no stamp", len(b))
	}
	return int64(binary.LittleEndian.Uint64(b)), len(b), nil
}

func (s *socket) Connect(endpoint string) error { return s.zmq.Connect(endpoint) }

func (s *socket) SendShared(size, n int) error {
	ctx := context.Background()
	var m zmq.Msg
	for range n {
		m.Init(size)
		if err := s.zmq.SendMsg(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) Subscribe(topic []byte) error { return s.zmq.Subscribe(string(topic)) }

func (s *socket) SendTopic(topic []byte) error {
	s.out.Init(len(topic))
	copy(s.out.Bytes(), topic)
	return s.zmq.SendMsg(context.Background(), &s.out)
}

func (s *socket) RecvTopic() (int, error) {
	err := s.zmq.RecvMsg(context.Background(), &s.in)
	return s.in.Size(), err
}

// proxies are the sides of each kind of proxy.
var proxies = map[string][2]string{
	wire.Proxy: {wire.Pull, wire.Push}, wire.PubProxy: {kindXSub, kindXPub}, wire.CallProxy: {wire.Router, wire.Dealer},
}

const (
	kindXSub = "xsub"
	kindXPub = "xpub"
)

func openProxy(kind, front, back string) (bound [2]string, run func() error, err error) {
	f, err := open(peer.Config{Kind: proxies[kind][0], Endpoint: front})
	if err != nil {
		return bound, nil, err
	}
	b, err := open(peer.Config{Kind: proxies[kind][1], Endpoint: back})
	if err != nil {
		return bound, nil, err
	}
	run = func() error { return zmq.Proxy(context.Background(), f.zmq, b.zmq, nil) }
	return [2]string{f.endpoint, b.endpoint}, run, nil
}
