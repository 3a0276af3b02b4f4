// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// kind is a socket type. Immutable.
type kind struct {
	name   string
	new    func(b *Base) pattern
	traits traits
}

// kinds are the socket types by number; those without a new function do not
// exist here.
var kinds = [...]kind{
	option.Pair:   {name: "PAIR", new: newPair, traits: traits{attends: true}},
	option.Pub:    {name: "PUB", new: newPub, traits: traits{eager: true, merges: true}},
	option.Sub:    {name: "SUB", new: newSub, traits: traits{mute: true, attends: true, merges: true, hiccups: true}},
	option.Req:    {name: "REQ", new: newReq, traits: traits{oneLock: true, merges: true}},
	option.Rep:    {name: "REP", new: newRep, traits: traits{oneLock: true}},
	option.Dealer: {name: "DEALER", new: newDealer, traits: traits{merges: true}},
	option.Router: {name: "ROUTER", new: newRouter, traits: traits{picks: true}},
	option.Pull:   {name: "PULL", new: newPull, traits: traits{mute: true, attends: true}},
	option.Push:   {name: "PUSH", new: newPush, traits: traits{deaf: true}},
	option.XPub:   {name: "XPUB", new: newXPub, traits: traits{eager: true}},
	option.XSub:   {name: "XSUB", new: newXSub, traits: traits{attends: true, hiccups: true}},
	option.Stream: {name: "STREAM", new: newStream, traits: traits{picks: true}},

	option.Server:  {name: "SERVER", new: newServer, traits: traits{single: true, picks: true}},
	option.Client:  {name: "CLIENT", new: newClient, traits: traits{single: true}},
	option.Gather:  {name: "GATHER", new: newGather, traits: traits{single: true, mute: true, attends: true}},
	option.Scatter: {name: "SCATTER", new: newPush, traits: traits{single: true, deaf: true}},
	option.Dgram:   {name: "DGRAM", new: newDgram},
	option.Radio:   {name: "RADIO", new: newRadio, traits: traits{single: true, eager: true}},
	option.Dish:    {name: "DISH", new: newDish, traits: traits{single: true, mute: true, hiccups: true}},
	option.Peer:    {name: "PEER", new: newPeer, traits: traits{single: true, picks: true}},
	option.Channel: {name: "CHANNEL", new: newChannel, traits: traits{single: true, attends: true}},
}

// nameless is the part of a pattern that does not care who its peers are.
type nameless struct{}

func (nameless) identified(*pipe.Pipe, []byte) {}

// calm is the part of a pattern that has nothing to say again after a hiccup.
type calm struct{}

func (calm) hiccuped(*pipe.Pipe) {}

// speechless is the sending half of a pattern that only receives.
type speechless struct{}

func (speechless) detachOut(*pipe.Pipe)        {}
func (speechless) send(*msg.Part) errno.Errno  { return errno.ENOTSUP }
func (speechless) hasOut() bool                { return false }
func (speechless) writeActivated(_ *pipe.Pipe) {}

// skipRest drops the parts that follow f in the same message. Runs under R.
func skipRest(q *pipe.FairQueue, f *msg.Part) {
	f.Drop()
	for f.HasMore() && q.Recv(f) != nil {
		f.Drop()
	}
}

// probe sends the empty message by which a ROUTER peer learns of a new
// connection (PROBE_ROUTER, edge case 182). Where there is no room it does not
// go out. Runs under S.
func (b *Base) probe(p *pipe.Pipe) {
	if !b.opts.ProbeRouter {
		return
	}
	var f msg.Part
	if p.Write(&f) && !p.Flush() {
		b.owe(p)
	}
}
