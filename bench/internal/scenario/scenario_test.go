// SPDX-License-Identifier: MPL-2.0

package scenario

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

func TestInterleaveAlternatesPeers(t *testing.T) {
	c := Catalogue[0].Cases(false)[0]
	var peers, rounds []int
	for _, m := range Interleave(c, []int{3, 1}, 3) {
		peers, rounds = append(peers, m.Peer), append(rounds, m.Round)
	}
	if want := []int{3, 1, 3, 1, 3, 1}; !slices.Equal(peers, want) {
		t.Errorf("peers in order %v, want %v", peers, want)
	}
	if want := []int{0, 0, 1, 1, 2, 2}; !slices.Equal(rounds, want) {
		t.Errorf("rounds in order %v, want %v", rounds, want)
	}
}

func TestCatalogueIsSound(t *testing.T) {
	known := []string{wire.Pull, wire.Push, wire.Rep, wire.Req, wire.Pub, wire.Sub, wire.Router,
		wire.Dealer, wire.Proxy, wire.InprocThr, wire.InprocLat,
		wire.PairServe, wire.Pair, wire.InprocPair, wire.PubProxy, wire.CallProxy, wire.SharedPush, wire.RatePush,
		wire.RatePull, wire.IdleServer, wire.IdleClient, wire.Topics,
		wire.CurvePull, wire.CurvePush, wire.CurveRep, wire.CurveReq}
	seen := map[string]bool{}
	for i := range Catalogue {
		s := &Catalogue[i]
		if seen[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		seen[s.Name] = true
		measured := 0
		for _, step := range s.Steps {
			if !slices.Contains(known, step.Command) {
				t.Errorf("%s: no command %s", s.Name, step.Command)
			}
			if step.Measured {
				measured++
			}
		}
		if measured != 1 {
			t.Errorf("%s has %d measured steps, want 1", s.Name, measured)
		}
		if got := len(s.Cases(true)); got != len(s.quick) {
			t.Errorf("%s: -quick has %d cases, want %d", s.Name, got, len(s.quick))
		}
	}
}

// argvs fills all steps as the runner does.
func argvs(t *testing.T, c Case) [][]string {
	t.Helper()
	var all [][]string
	var bound []string
	binds := 0
	for _, step := range c.Steps {
		argv, err := c.Argv(step, 77, func() string {
			binds++
			bound = append(bound, "E"+string(rune('0'+binds)))
			return "@" + bound[len(bound)-1]
		}, bound)
		if err != nil {
			t.Fatalf("%s: %v", c.Label(), err)
		}
		all = append(all, append([]string{step.Command}, argv...))
	}
	return all
}

func TestArgv(t *testing.T) {
	for i := range Catalogue {
		argvs(t, Catalogue[i].Cases(false)[0])
	}
	c := Case{&Catalogue[slices.Index(Names(), "proxy")], 64, 1}
	want := [][]string{{"proxy", "@E1", "@E2"}, {"pull", ">E2", "64", "77"}, {"push", "E1", "64", "77"}}
	if got := argvs(t, c); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := c.Argv(c.Steps[1], 1, nil, nil); err == nil {
		t.Error("a step that connects to nothing gave no error")
	}
}

func TestParseOnly(t *testing.T) {
	peers := []string{"libzmq", "nng"}
	sel, err := ParseOnly("thr, nng,64,pub", peers)
	want := Selection{Peers: []string{"nng"}, Points: []int{64},
		Scenarios: []string{"tcp-thr", "curve-thr", "ipc-thr", "inproc-thr", "pub"}}
	if err != nil || !reflect.DeepEqual(sel, want) {
		t.Errorf("got %+v, %v; want %+v", sel, err, want)
	}
	if sel.Peer("libzmq") || !sel.Peer("nng") || !(Selection{}).Peer("libzmq") {
		t.Error("Peer does not follow the selection")
	}
	for _, c := range sel.Cases(false) {
		if c.Point() != 64 || !strings.HasSuffix(c.Name, "thr") {
			t.Errorf("selected %s", c.Label())
		}
	}
	if _, err := ParseOnly("nope", peers); err == nil || !strings.Contains(err.Error(), "libzmq nng") {
		t.Errorf("unknown term gave %v, want an error that lists the peers", err)
	}
	if got := len(Selection{}.Cases(false)); got != 6*8+2*5+4+3+1+2+1+1+3*4+2+3+1+3 {
		t.Errorf("the whole plan has %d cases, want all of the catalogue", got)
	}
}

func TestTargetFitsTheBudget(t *testing.T) {
	const want = time.Second
	if got := Target(want, time.Hour, 10, 5); got != want {
		t.Errorf("a large budget gave %v, want %v", got, want)
	}
	got := Target(want, 18*time.Minute, 450, 5)
	if total := 450 * (calibrationCost + 5*(got+overhead)); total > 18*time.Minute || got < 100*time.Millisecond {
		t.Errorf("target %v makes %v in all", got, total)
	}
	if got := Target(want, time.Second, 1000, 5); got != targetMin {
		t.Errorf("a hopeless budget gave %v, want %v", got, targetMin)
	}
}

func TestScaleConverges(t *testing.T) {
	const rate = 3e6
	const target = 500 * time.Millisecond
	for _, c := range Catalogue[0].Cases(false) {
		n, enough := c.FirstCount(), false
		for step := 0; !enough; step++ {
			if step > 4 {
				t.Fatalf("%s: not calibrated after %d runs", c.Label(), step)
			}
			elapsed := time.Duration(float64(n) / rate * 1e9)
			n, enough = c.Scale(n, elapsed, target)
		}
		elapsed := time.Duration(float64(n) / rate * 1e9)
		if n < bytesMax/c.Size && (elapsed < target*9/10 || elapsed > target*11/10) {
			t.Errorf("%s: %d messages take %v, want about %v", c.Label(), n, elapsed, target)
		}
	}
}

func TestCountsAreBounded(t *testing.T) {
	for i := range Catalogue {
		var last Case
		for j, c := range Catalogue[i].Cases(false) {
			counts := []int{c.FirstCount()}
			n, _ := c.Scale(countMax, time.Nanosecond, time.Hour)
			counts = append(counts, n)
			if j > 0 {
				counts = append(counts, c.Carry(last, countMax))
			}
			for _, n := range counts {
				if n < countMin || n > countMax || n > countMin && n*c.Size*c.copies() > bytesMax {
					t.Errorf("%s: count %d is out of bounds", c.Label(), n)
				}
			}
			last = c
		}
	}
}
