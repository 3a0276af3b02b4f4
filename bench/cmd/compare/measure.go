// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/report"
	"github.com/zeroloop/zmq/bench/internal/scenario"
)

const (
	calibrationsMax = 6
	failuresMax     = 2 // of a peer in one case; then it is left out of the case
	// overtime is how much longer than its budget a run may take, as a share,
	// before the cases that are left are given up.
	overtime = 0.1
)

// runner is the state of a run.
type runner struct {
	settings
	started time.Time
	drivers []drivers.Driver
	exec    drivers.Runner
	report  *report.Run
	left    int // cells still to measure, for the budget
	done    int // cells measured
	// fixed is the time still to come that the budget has no say in.
	fixed time.Duration
	total int
	// counts remembers the count of each peer's last case, to start from.
	counts map[string]calibrated
}

type calibrated struct {
	at    scenario.Case
	count int
}

func run(ctx context.Context, s settings) error {
	if s.list {
		list()
		return nil
	}
	started := time.Now()
	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := drivers.FindRoot(wd)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	r := &runner{settings: s, started: started, counts: map[string]calibrated{},
		exec: drivers.Runner{Dir: tmp, Limit: s.limit}}
	if err := r.build(ctx, root, tmp); err != nil {
		return err
	}
	r.measure(ctx)
	return r.write(root)
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (r *runner) build(ctx context.Context, root, bin string) error {
	present := 0
	for _, p := range drivers.Catalogue {
		if !r.only.Peer(p.Name) {
			continue
		}
		progress("building %s", p.Name)
		d := drivers.Build(ctx, p, root, bin)
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.Absent == "" {
			present++
		} else {
			progress("  absent: %s", d.Absent)
			if d.Install != "" {
				progress("  to install: %s", d.Install)
			}
		}
		r.drivers = append(r.drivers, d)
	}
	if present == 0 {
		return errors.New("no peer could be built")
	}
	return nil
}

// able lists the drivers that take part in a case.
func (r *runner) able(c scenario.Case) []int {
	var list []int
	for i, d := range r.drivers {
		if d.Can(c.Scenario) {
			list = append(list, i)
		}
	}
	return list
}

// measure fills the report case by case until it is complete, interrupted or
// out of time.
func (r *runner) measure(ctx context.Context) {
	libzmq := ""
	for _, d := range r.drivers {
		if d.Name == drivers.Libzmq && d.Absent == "" {
			libzmq = d.Version.Version
		}
	}
	r.report = &report.Run{Machine: report.ThisMachine(libzmq, r.command), Started: r.started,
		Rounds: r.rounds, Drivers: r.drivers}
	cases := r.only.Cases(r.quick)
	for _, c := range cases {
		r.total += len(r.able(c))
		r.fixed += c.Fixed(r.rounds) * time.Duration(len(r.able(c)))
	}
	r.left = r.total
	for _, c := range cases {
		if ctx.Err() != nil {
			return
		}
		if spent := time.Since(r.started); spent > time.Duration(float64(r.budget)*(1+overtime)) {
			progress("out of time after %v: the rest is left out", spent.Round(time.Second))
			return
		}
		r.measureCase(ctx, c)
	}
	r.report.Complete = ctx.Err() == nil
}

// measureCase calibrates every peer and then runs the interleaved rounds.
func (r *runner) measureCase(ctx context.Context, c scenario.Case) {
	target := scenario.Target(r.want, r.budget-r.fixed-time.Since(r.started), r.left, r.rounds)
	peers := r.able(c)
	r.fixed -= c.Fixed(r.rounds) * time.Duration(len(peers))
	cells := map[int]*report.Cell{}
	var order []int
	for _, p := range peers {
		cell := &report.Cell{Case: c, Peer: r.drivers[p].Name}
		cells[p] = cell
		count, err := r.calibrate(ctx, r.drivers[p], c, target)
		if cell.Count = count; err != nil {
			cell.Error = drivers.Reason(err)
			progress("%s  %s: cannot be measured: %s", c.Label(), cell.Peer, cell.Error)
			continue
		}
		order = append(order, p)
	}
	failures := map[int]int{}
	for _, m := range scenario.Interleave(c, order, c.Rounds(r.rounds)) {
		if ctx.Err() != nil {
			break
		}
		if failures[m.Peer] >= failuresMax {
			continue
		}
		cell := cells[m.Peer]
		round := report.NewRound(r.exec.Run(ctx, r.drivers[m.Peer], c, cell.Count))
		if round.Error != "" {
			failures[m.Peer]++
		}
		cell.Rounds = append(cell.Rounds, round)
		r.tell(m, cell.Peer, round)
	}
	for _, p := range peers {
		r.report.Cells = append(r.report.Cells, *cells[p])
	}
	r.left -= len(peers)
	r.done += len(peers)
}

// calibrate finds the number of messages that takes about target.
func (r *runner) calibrate(ctx context.Context, d drivers.Driver, c scenario.Case, target time.Duration) (int, error) {
	count := c.FirstCount()
	if c.Metric == scenario.Idling {
		return count, nil
	}
	if last, ok := r.counts[d.Name]; ok && last.at.Scenario == c.Scenario {
		count = c.Carry(last.at, last.count)
	}
	for range calibrationsMax {
		o, err := r.exec.Run(ctx, d, c, count)
		if err != nil {
			return count, err
		}
		next, enough := c.Scale(count, o.Elapsed, target)
		count = next
		if enough {
			break
		}
	}
	r.counts[d.Name] = calibrated{c, count}
	return count, nil
}

// tell prints one line of progress.
func (r *runner) tell(m scenario.Measurement, peer string, round report.Round) {
	what := round.Error
	if what == "" {
		what = report.Headline(m.Case, round)
	}
	progress("[%d%% %4.0fs] %-18s round %d/%d  %-14s %s", 100*r.done/r.total, time.Since(r.started).Seconds(),
		m.Case.Label(), m.Round+1, r.rounds, peer, what)
}
