// SPDX-License-Identifier: MPL-2.0

// Messages of a dense stream to many subscribers, written several at a time.
// Previous: xpub.go. Next: pipe/stage.go.

package socket

import (
	"time"

	"github.com/zeroloop/zmq/internal/msg"
)

// stageTime is how long a message may be held back while the subscribers' pipes are
// not drained. A loop that has 100 of them to write takes several times of that.
const stageTime = 500 * time.Microsecond

// staging is an xpub's half of a stage: who gets what is held back, and when it goes
// on at the latest. S.
type staging struct {
	topic  uint32 // what mtrie.Deepest says of the messages
	invert bool   // InvertMatching, as they were matched
	hold   time.Duration
	timer  *time.Timer
	armed  bool
}

// openStage lets the messages behind the one that has just been sent be held back
// where that pays.
func (s *xpub) openStage(data []byte) {
	if s.b.opts.XPubManualLast || !s.dist.OpenStage() {
		return
	}
	g := &s.staging
	g.topic, g.invert = s.subs.Deepest(data), s.b.opts.InvertMatching
	if g.armed {
		return
	}
	g.armed = true
	if g.timer == nil { // it must be known before it can fire
		g.timer = time.AfterFunc(time.Hour, s.stageFire)
	}
	g.timer.Reset(g.hold)
}

// stage holds a part back if it is a small message for the same peers as those
// before it.
func (s *xpub) stage(f *msg.Part) bool {
	g := &s.staging
	if f.Flags != 0 || f.Body != nil || len(f.Data) >= msg.RefBytesMin || s.b.opts.XPubManualLast ||
		g.invert != s.b.opts.InvertMatching || g.topic != s.subs.Deepest(f.Data) {
		return false
	}
	if !s.dist.Stage(f.Data) {
		s.dist.Settle()
		if !s.dist.Staging() || !s.dist.Stage(f.Data) {
			return false
		}
	}
	if len(s.dist.Asleep) > 0 {
		s.b.oweAll(&s.dist)
	}
	return true
}

// unstage sends what is held back, before somebody else is to get what comes next.
func (s *xpub) unstage() {
	s.dist.CloseStage()
	s.b.oweAll(&s.dist)
}

// stageFire sends what is held back when its time has come. Where somebody is sending
// just now, the stage is full soon, or there is the next time. Runs on a goroutine of
// the timer.
func (s *xpub) stageFire() {
	g := &s.staging
	if !s.b.smu.TryLock() {
		g.timer.Reset(g.hold)
		return
	}
	if s.dist.Staged() > 0 {
		s.dist.Settle()
		s.b.oweAll(&s.dist)
	} else {
		s.dist.CloseStage()
	}
	if g.armed = s.dist.Staging(); g.armed {
		g.timer.Reset(g.hold)
	}
	s.b.unlockSend()
}
