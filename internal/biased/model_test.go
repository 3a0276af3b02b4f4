// SPDX-License-Identifier: MPL-2.0

package biased

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The algorithm in small, on processors with store buffers as amd64 has them, for all
// orders in which threads can go through it. It shows what a stress test cannot, that
// each step is needed.
//
// Each owner has a busy of its own here. Where there is one for all, a thread that has
// looked at owner and is held up there until another one has the bias, stores busy = 1,
// turns back, and clears with its busy = 0 what the other one has set and is inside by.

// Words of the model's memory.
const (
	owner = iota // who has the bias; 0 is nobody, thread i is i+1
	mu           // 1 is taken
	data         // what the lock guards
	busy         // of thread 0; those of the others follow
	words = busy + threadsMax
)

const threadsMax, bufferMax = 3, 12 // three stores for each of four rounds

// A thread's next step.
const (
	look uint8 = iota // Lock, the fast way
	lookBusy
	setBusy
	lookAgain
	undo
	take // the plain way
	lookOwner
	clearOwner
	bar
	await
	load // inside
	store
	goOut // Unlock, the fast way
	giveBias
	release
	ended
)

var stepNames = [...]string{
	"look at owner", "look at busy", "busy = 1", "look at owner again", "busy = 0 again",
	"take mu", "look at owner under mu", "owner = 0", "barrier", "wait for busy",
	"load data", "store data", "busy = 0", "give the bias", "release mu", "ended",
}

// write is a store on its way to the memory.
type write struct{ at, value uint8 }

// thread runs on a processor of its own.
type thread struct {
	step, rounds uint8
	plain        bool  // came in by way of mu
	early        bool  // has left already, see earlyLeave
	revokes      uint8 // whom, as in owner
	reached      uint8 // bits of the processors that have passed its barrier
	loaded       uint8 // data as it found them
	pending      uint8 // writes in buffer, the oldest first
	buffer       [bufferMax]write
}

type state struct {
	memory  [words]uint8
	threads [threadsMax]thread
}

// load looks into the thread's own buffer first.
func (s *state) load(i int, at uint8) uint8 {
	t := &s.threads[i]
	for k := int(t.pending) - 1; k >= 0; k-- {
		if t.buffer[k].at == at {
			return t.buffer[k].value
		}
	}
	return s.memory[at]
}

func (s *state) store(i int, at, value uint8) {
	t := &s.threads[i]
	t.buffer[t.pending] = write{at, value}
	t.pending++
}

// drain has the oldest write of a buffer reach the memory.
func (s *state) drain(i int) {
	t := &s.threads[i]
	s.memory[t.buffer[0].at] = t.buffer[0].value
	t.pending--
	copy(t.buffer[:], t.buffer[1:])
	t.buffer[t.pending] = write{}
}

func (s *state) drainAll(i int) {
	for s.threads[i].pending > 0 {
		s.drain(i)
	}
}

// locked is a store with the LOCK prefix.
func (s *state) locked(i int, at, value uint8) {
	s.drainAll(i)
	s.memory[at] = value
}

// variant is the algorithm with something wrong.
type variant uint8

const (
	noBarrier   variant = 1 << iota
	noLookAgain         // behind busy = 1
	noAwait             // of busy = 0
	keepOwner           // the one who revokes does not clear it
	earlyLeave          // busy = 0 overtakes the last store inside
	oneBusy             // all owners have the same word
	oneOwner            // only thread 0 is given the bias: nothing wrong
)

// checker goes through all states that can be reached.
type checker struct {
	variant
	threads int
	entries uint8
	seen    map[state]struct{}
	found   map[string]string // what is wrong, and how to get there
	way     []string          // to the state that is visited
}

func (v variant) busy(thread uint8) uint8 {
	if v&oneBusy != 0 {
		return busy
	}
	return busy + thread
}

// unless returns step, or instead of it next where v leaves it out.
func (v variant) unless(without variant, step, next uint8) uint8 {
	if v&without != 0 {
		return next
	}
	return step
}

// enter goes the fast way and returns the next step.
func (c *checker) enter(s *state, i int) uint8 {
	mine := c.busy(uint8(i))
	switch s.threads[i].step {
	case look:
		if s.load(i, owner) == uint8(i)+1 {
			return lookBusy
		}
	case lookBusy:
		if s.load(i, mine) == 0 {
			return setBusy
		}
	case setBusy:
		s.store(i, mine, 1)
		return c.unless(noLookAgain, lookAgain, load)
	case lookAgain:
		if s.load(i, owner) == uint8(i)+1 {
			return load
		}
		return undo
	case undo:
		s.store(i, mine, 0)
	}
	return take
}

// enterPlain goes the plain way and returns the next step. The same one again is that
// it waits.
func (c *checker) enterPlain(s *state, i int) uint8 {
	t := &s.threads[i]
	switch t.step {
	case take:
		if s.memory[mu] != 0 {
			return take
		}
		s.locked(i, mu, 1)
		t.plain = true
		return lookOwner
	case lookOwner:
		if t.revokes = s.load(i, owner); t.revokes != 0 {
			return c.unless(keepOwner, clearOwner, bar)
		}
	case clearOwner:
		s.locked(i, owner, 0)
		return c.unless(noBarrier, bar, c.unless(noAwait, await, load))
	case await:
		if s.load(i, c.busy(t.revokes-1)) != 0 {
			return await
		}
	}
	t.revokes = 0
	return load
}

// inside is what the lock is for, and returns the next step.
func (c *checker) inside(s *state, i int) uint8 {
	t := &s.threads[i]
	if t.step == load {
		t.loaded = s.load(i, data)
		if c.variant&earlyLeave != 0 && !t.plain {
			s.store(i, c.busy(uint8(i)), 0)
			t.early = true
		}
		return store
	}
	s.store(i, data, t.loaded+1)
	t.loaded = 0
	switch {
	case t.plain:
		return release
	case t.early:
		return c.next(t)
	}
	return goOut
}

// next begins another round where there is one.
func (c *checker) next(t *thread) uint8 {
	t.plain, t.early = false, false
	if t.rounds--; t.rounds == 0 {
		return ended
	}
	return look
}

// unlock leaves and returns the next step.
func (c *checker) unlock(s *state, i int) uint8 {
	switch t := &s.threads[i]; t.step {
	case goOut:
		s.store(i, c.busy(uint8(i)), 0)
		return c.next(t)
	case giveBias:
		s.locked(i, owner, uint8(i)+1)
		return release
	default:
		s.locked(i, mu, 0)
		return c.next(t)
	}
}

// one returns the state behind the thread's next step, if it can go.
func (c *checker) one(s state, i int) (state, bool) {
	t := &s.threads[i]
	step := t.step
	switch {
	case step == ended || step == bar:
		return s, false // bar has a step for each processor
	case step < take:
		t.step = c.enter(&s, i)
	case step < load:
		t.step = c.enterPlain(&s, i)
	case step < goOut:
		t.step = c.inside(&s, i)
	default:
		t.step = c.unlock(&s, i)
	}
	return s, t.step != step
}

// barred returns the state behind the arrival of thread i's barrier at processor k.
func (c *checker) barred(s state, i, k int) (state, bool) {
	t := &s.threads[i]
	if t.step != bar || i == k || t.reached>>k&1 != 0 {
		return s, false
	}
	s.drainAll(k)
	t.reached |= 1 << k
	if t.reached|1<<i == 1<<c.threads-1 {
		t.reached = 0
		t.step = c.unless(noAwait, await, load)
	}
	return s, true
}

// after returns what can come behind s, and the words for it.
func (c *checker) after(s *state) (states []state, words []string) {
	add := func(next state, ok bool, i int, what string) {
		if ok {
			states, words = append(states, next), append(words, fmt.Sprintf("%d: %s", i, what))
		}
	}
	for i := range c.threads {
		t := &s.threads[i]
		next, ok := c.one(*s, i)
		add(next, ok, i, stepNames[t.step])
		for k := range c.threads {
			next, ok = c.barred(*s, i, k)
			add(next, ok, i, stepNames[bar])
		}
		if t.step == release && s.load(i, owner) == 0 && (i == 0 || c.variant&oneOwner == 0) {
			next = *s
			next.threads[i].step = giveBias
			add(next, true, i, "has had the lock often enough")
		}
		if t.pending > 0 {
			next = *s
			next.drain(i)
			add(next, true, i, "a store reaches the memory")
		}
	}
	return states, words
}

// What may be wrong.
const crowd, loss, stuck = "two are inside", "an entry is lost", "nobody can go on"

// wrong tells what must not be in s, which has so many successors.
func (c *checker) wrong(s *state, successors int) string {
	inside, all := 0, true
	for i := range c.threads {
		t := &s.threads[i]
		if !t.early && (t.step >= load && t.step <= goOut || t.step == giveBias || t.step == release) {
			inside++
		}
		all = all && t.step == ended
	}
	switch {
	case inside > 1:
		return crowd
	case successors > 0:
		return ""
	case !all:
		return stuck
	case s.memory[data] != c.entries:
		return loss
	}
	return ""
}

// visit goes through s and all behind it. What is wrong goes into found, with the first
// way to it.
func (c *checker) visit(s state) {
	if _, seen := c.seen[s]; seen {
		return
	}
	c.seen[s] = struct{}{}
	states, words := c.after(&s)
	if wrong := c.wrong(&s, len(states)); wrong != "" && c.found[wrong] == "" {
		c.found[wrong] = strings.Join(c.way, "\n")
	}
	for k := range states {
		c.way = append(c.way, words[k])
		c.visit(states[k])
		c.way = c.way[:len(c.way)-1]
	}
}

// explore has threads run so many rounds each; the first one has the bias.
func explore(v variant, rounds ...uint8) *checker {
	c := &checker{variant: v, threads: len(rounds), seen: map[state]struct{}{}, found: map[string]string{}}
	var s state
	s.memory[owner] = 1
	for i, n := range rounds {
		s.threads[i].rounds = n
		c.entries += n
	}
	c.visit(s)
	return c
}

func TestModel(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      variant
		rounds []uint8
		wrong  []string
	}{
		{"two", 0, []uint8{4, 4}, nil},
		{"three", 0, []uint8{2, 2, 2}, nil},
		{"no barrier", noBarrier, []uint8{2, 1}, []string{loss, crowd}},
		{"no second look", noLookAgain, []uint8{2, 1}, []string{loss, crowd}},
		{"the owner is not waited for", noAwait, []uint8{2, 1}, []string{loss, crowd}},
		{"the owner stays", keepOwner, []uint8{2, 1}, []string{loss, crowd}},
		{"left too early", earlyLeave, []uint8{2, 1}, []string{loss}},
		{"one busy for all", oneBusy, []uint8{2, 2}, []string{loss, crowd}},
		{"one busy for all, and one owner", oneBusy | oneOwner, []uint8{2, 2, 2}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := explore(c.v, c.rounds...)
			wrong := slices.Sorted(maps.Keys(found.found))
			if !slices.Equal(wrong, c.wrong) {
				t.Errorf("%q, want %q: %v", wrong, c.wrong, found.found)
			}
			t.Logf("%d states", len(found.seen))
		})
	}
}
