// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"encoding/binary"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Shared is a Socket that many goroutines may use.
type Shared interface {
	// SendShared is SendN for any goroutine.
	SendShared(size, n int) error
}

// roleSharedPush divides count messages among Conns goroutines.
func roleSharedPush(l *Library, a args) error {
	a.life.untilEOF(wire.SharedPush)
	s, err := l.Open(Config{Kind: wire.Push, Endpoint: a.Endpoint, Connect: a.Connect, Size: a.Size, Conns: 1})
	if err != nil {
		return err
	}
	shared, ok := s.(Shared)
	if !ok {
		return errNotSupported
	}
	if err := s.SendN(a.Size, 1); err != nil { // shows that it is connected
		return err
	}
	failed := make(chan error)
	for i := range a.Conns {
		go func() {
			if err := shared.SendShared(a.Size, (a.count+i)/a.Conns); err != nil {
				failed <- err
			}
		}()
	}
	return <-failed
}

// Topical is a Socket with subscriptions.
type Topical interface {
	Subscribe(topic []byte) error
	SendTopic(topic []byte) error
	// RecvTopic returns the length of a message.
	RecvTopic() (int, error)
}

const (
	topicBytes = 20
	topicBatch = 100
)

// makeTopic writes the i-th topic: no two are alike, and their beginnings
// branch as those of random words do.
func makeTopic(b []byte, i uint32) {
	x := uint64(i)*0x9E3779B97F4A7C15 + 1 // odd: different for each i
	for at := 0; at < topicBytes-4; at += 8 {
		binary.BigEndian.PutUint64(b[at:], x)
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	binary.BigEndian.PutUint32(b[topicBytes-4:], i)
}

// roleTopics publishes, in one goroutine, to a subscriber with Conns
// subscriptions, topicBatch messages at a time; each fits one of them.
func roleTopics(l *Library, a args) error {
	pub, sub, err := openTopics(l)
	if err != nil {
		return err
	}
	topic := make([]byte, topicBytes)
	for i := range a.Conns {
		makeTopic(topic, uint32(i))
		if err := sub.Subscribe(topic); err != nil {
			return err
		}
	}
	batch := func(from, n int) error {
		for i := range n {
			makeTopic(topic, uint32(uint64(from+i)*2654435761%uint64(a.Conns)))
			if err := pub.SendTopic(topic); err != nil {
				return err
			}
		}
		return recvTopics(sub, n, topicBytes)
	}
	if err := warmTopics(pub, sub); err != nil {
		return err
	}
	if err := batch(0, topicBatch); err != nil { // untimed
		return err
	}
	start := time.Now()
	for done := 0; done < a.count; done += topicBatch {
		if err := batch(done, min(topicBatch, a.count-done)); err != nil {
			return err
		}
	}
	finish(wire.Result{Command: wire.Topics, Size: a.Size, Conns: a.Conns, Expected: int64(a.count),
		Messages: int64(a.count), Seconds: time.Since(start).Seconds()})
	return nil
}

// recvTopics receives n messages of a length, and forgets those of another.
func recvTopics(sub Topical, n, length int) error {
	for n > 0 {
		got, err := sub.RecvTopic()
		if err != nil {
			return err
		}
		if got == length {
			n--
		}
	}
	return nil
}

// warmTopics adds a last subscription, to a longer topic, and publishes that
// until it comes: then all those before are in place too.
func warmTopics(pub, sub Topical) error {
	last := make([]byte, topicBytes+1)
	if err := sub.Subscribe(last); err != nil {
		return err
	}
	come := make(chan error, 1)
	go func() { come <- recvTopics(sub, 1, len(last)) }()
	for {
		if err := pub.SendTopic(last); err != nil {
			return err
		}
		select {
		case err := <-come:
			return err
		case <-time.After(subTick):
		}
	}
}

func openTopics(l *Library) (pub, sub Topical, err error) {
	p, err := l.Open(Config{Kind: wire.Topics, Endpoint: "inproc://topics"})
	if err != nil {
		return nil, nil, err
	}
	s, err := l.Open(Config{Kind: wire.Topics, Endpoint: "inproc://topics", Connect: true})
	if err != nil {
		return nil, nil, err
	}
	pub, ok := p.(Topical)
	sub, ok2 := s.(Topical)
	if !ok || !ok2 {
		return nil, nil, errNotSupported
	}
	return pub, sub, nil
}
