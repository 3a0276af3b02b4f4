// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

const (
	// noticesMax bounds what waits for XPUB's application, in message parts. A
	// publisher that never receives would otherwise keep what its subscribers ask
	// for ever, as libzmq does. Whole messages beyond it are not kept; what they
	// ask for is done all the same.
	noticesMax = 1 << 20
	// noticesKept is the number of places that an empty queue holds on to.
	noticesKept = 1 << 8
)

// notice is a message part that XPUB has read ahead of its application.
type notice struct {
	data  []byte    // memory of the queue, used again
	body  *buf.Body // instead, where not nil
	flags byte
	topic bool       // a subscription or its withdrawal
	from  *pipe.Pipe // whose it is, in manual mode; nil: gone
}

// notices is a queue of them. Both locks to add, R to take. The zero value is
// empty.
type notices struct {
	ring  []notice // a power of two long
	head  int
	count int
}

// room reports whether a message may be begun.
func (q *notices) room() bool { return q.count < noticesMax }

func (q *notices) at(i int) *notice { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

// add returns a new last notice, empty, to be filled in at once.
func (q *notices) add() *notice {
	if q.count == len(q.ring) {
		q.grow()
	}
	n := q.at(q.count)
	q.count++
	*n = notice{data: n.data[:0]}
	return n
}

func (q *notices) grow() {
	ring := make([]notice, max(8, 2*len(q.ring)))
	for i := range q.count {
		ring[i] = *q.at(i)
	}
	q.ring, q.head = ring, 0
}

// addTopic adds a subscription (first is 1) or its withdrawal (0).
func (q *notices) addTopic(first byte, topic []byte, from *pipe.Pipe) {
	n := q.add()
	n.data = append(append(n.data, first), topic...)
	n.topic, n.from = true, from
}

// addPart adds a part of a message that is the application's, and takes over
// its body.
func (q *notices) addPart(f *msg.Part) {
	n := q.add()
	n.flags = f.Flags & msg.More
	if f.Body != nil {
		n.body, f.Body = f.Body, nil
		return
	}
	n.data = append(n.data, f.Data...)
}

// finish makes the last notice the end of its message: the parts that followed
// it were for the publisher, not for its application.
func (q *notices) finish() {
	if q.count > 0 {
		q.at(q.count - 1).flags = 0
	}
}

// take moves the first notice into f, whose data is valid until the next add.
// It reports whether there was one and returns it for its topic and from.
func (q *notices) take(f *msg.Part) *notice {
	if q.count == 0 {
		return nil
	}
	n := q.at(0)
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.count--
	f.Data, f.Body, f.Flags = n.data, n.body, n.flags
	if n.body != nil {
		f.Data = n.body.Bytes()
		n.body = nil
	}
	if q.count == 0 && len(q.ring) > noticesKept {
		q.ring, q.head = nil, 0
	}
	if cap(n.data) > msg.RefBytesMin {
		n.data = nil
	}
	return n
}

// disown forgets p. It looks at every notice and is for manual mode only: in
// others none has a pipe.
func (q *notices) disown(p *pipe.Pipe) {
	for i := range q.count {
		if n := q.at(i); n.from == p {
			n.from = nil
		}
	}
}
