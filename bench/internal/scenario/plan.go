// SPDX-License-Identifier: MPL-2.0

package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Selection is what the -only flag leaves.
type Selection struct {
	Peers     []string // empty is all
	Scenarios []string
	Points    []int
}

// ParseOnly reads a comma-separated list of peers, scenarios and points (sizes
// or numbers of connections). A transport or a kind (tcp, ipc, inproc, thr,
// lat) stands for all its scenarios.
func ParseOnly(text string, peers []string) (Selection, error) {
	var sel Selection
	for term := range strings.SplitSeq(text, ",") {
		term = strings.TrimSpace(term)
		if term == "" {
			continue
		}
		if n, err := strconv.Atoi(term); err == nil {
			sel.Points = append(sel.Points, n)
			continue
		}
		if slices.Contains(peers, term) {
			sel.Peers = append(sel.Peers, term)
			continue
		}
		names := matching(term)
		if len(names) == 0 {
			return sel, fmt.Errorf("-only %s: no such peer or scenario; peers are %s; scenarios are %s",
				term, strings.Join(peers, " "), strings.Join(Names(), " "))
		}
		sel.Scenarios = append(sel.Scenarios, names...)
	}
	return sel, nil
}

// Names lists the scenarios of the catalogue.
func Names() []string {
	var names []string
	for _, s := range Catalogue {
		names = append(names, s.Name)
	}
	return names
}

// matching lists the scenarios whose name is term or has it before or after
// the dash.
func matching(term string) []string {
	var names []string
	for _, name := range Names() {
		if name == term || strings.HasPrefix(name, term+"-") || strings.HasSuffix(name, "-"+term) {
			names = append(names, name)
		}
	}
	return names
}

// Peer says whether the selection includes the peer.
func (sel Selection) Peer(name string) bool {
	return len(sel.Peers) == 0 || slices.Contains(sel.Peers, name)
}

// Cases lists the selected cases in the order of the catalogue.
func (sel Selection) Cases(quick bool) []Case {
	var cases []Case
	for i := range Catalogue {
		s := &Catalogue[i]
		if len(sel.Scenarios) > 0 && !slices.Contains(sel.Scenarios, s.Name) {
			continue
		}
		for _, c := range s.Cases(quick && len(sel.Points) == 0) {
			if len(sel.Points) == 0 || slices.Contains(sel.Points, c.Point()) {
				cases = append(cases, c)
			}
		}
	}
	return cases
}

// Measurement is one entry of a plan.
type Measurement struct {
	Case  Case
	Peer  int // index into the list of peers
	Round int // from 0; a calibration is not in the plan
}

// Interleave orders the rounds of one case as A B A B: every peer is measured
// once in each round, so that a drift of the machine hits all alike.
func Interleave(c Case, peers []int, rounds int) []Measurement {
	var ms []Measurement
	for round := range rounds {
		for _, p := range peers {
			ms = append(ms, Measurement{c, p, round})
		}
	}
	return ms
}

const (
	// overhead is what one measurement costs beside its timed part: starting
	// two processes, connecting, ending.
	overhead = 60 * time.Millisecond
	// calibrationRuns per series of rounds, each a fraction of a measurement.
	calibrationCost = 150 * time.Millisecond
	targetMin       = 50 * time.Millisecond
)

// Target is the time one measurement should take so that cells series (a cell
// is one peer in one case) of rounds measurements end within the budget: want,
// or less if the budget is too small for it.
func Target(want, budget time.Duration, cells, rounds int) time.Duration {
	if cells == 0 || rounds == 0 {
		return want
	}
	perCell := budget/time.Duration(cells) - calibrationCost
	fits := perCell/time.Duration(rounds) - overhead
	return max(min(want, fits), targetMin)
}
