// SPDX-License-Identifier: MPL-2.0

// Package report turns the outcomes of a run into a text table, CSV, JSON and
// SVG plots.
//
// Reading order: run.go (the data), value.go (what is shown of it), table.go,
// csv.go, json.go, plot.go, machine.go.
package report

import (
	"time"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Round is one measurement. A failed one has an Error and nothing else.
type Round struct {
	Messages int64         `json:"messages"`
	Expected int64         `json:"expected"`
	Seconds  float64       `json:"seconds"`
	CPUUser  float64       `json:"cpu_user_s"`
	CPUSys   float64       `json:"cpu_sys_s"`
	RSSKB    int64         `json:"rss_kb"`
	Latency  *wire.Latency `json:"round_trip,omitempty"`
	Idle     *wire.Idle    `json:"idle,omitempty"`
	Error    string        `json:"error,omitempty"`
}

// NewRound takes what a measurement gave.
func NewRound(o drivers.Outcome, err error) Round {
	if err != nil {
		return Round{Error: drivers.Reason(err)}
	}
	return Round{Messages: o.Messages, Expected: o.Expected, Seconds: o.Seconds,
		CPUUser: o.CPUUser, CPUSys: o.CPUSys, RSSKB: o.RSSKB, Latency: o.Latency, Idle: o.Idle}
}

// Cell is all rounds of one peer in one case.
type Cell struct {
	Case   scenario.Case
	Peer   string
	Count  int     // messages asked for in each round
	Rounds []Round // index is the round's number
	Error  string  // of the calibration: there are no rounds then
}

// Run is everything a run has found out.
type Run struct {
	Machine  Machine
	Started  time.Time
	Rounds   int
	Drivers  []drivers.Driver
	Cells    []Cell
	Complete bool // false if the run was interrupted or out of time
}

// cell returns the cell of a peer in a case, or nil.
func (r *Run) cell(c scenario.Case, peer string) *Cell {
	for i := range r.Cells {
		if r.Cells[i].Case == c && r.Cells[i].Peer == peer {
			return &r.Cells[i]
		}
	}
	return nil
}

// scenarios lists the scenarios that have cells, in order.
func (r *Run) scenarios() []*scenario.Scenario {
	var list []*scenario.Scenario
	for _, c := range r.Cells {
		if len(list) == 0 || list[len(list)-1] != c.Case.Scenario {
			list = append(list, c.Case.Scenario)
		}
	}
	return list
}

// cases lists the points of a scenario that have cells, in order.
func (r *Run) cases(s *scenario.Scenario) []scenario.Case {
	var list []scenario.Case
	for _, c := range r.Cells {
		if c.Case.Scenario == s && (len(list) == 0 || list[len(list)-1] != c.Case) {
			list = append(list, c.Case)
		}
	}
	return list
}

// peers lists the peers that have cells in a scenario, in order of Drivers.
func (r *Run) peers(s *scenario.Scenario) []string {
	var list []string
	for _, d := range r.Drivers {
		for _, c := range r.cases(s) {
			if r.cell(c, d.Name) != nil {
				list = append(list, d.Name)
				break
			}
		}
	}
	return list
}

// ours names the peer that stands for this library in a case: the driver, or
// the perf programs where the driver gave no result.
func (r *Run) ours(c scenario.Case) string {
	for _, name := range []string{drivers.Ours, drivers.OursPerf} {
		if cell := r.cell(c, name); cell != nil && cell.ok() {
			return name
		}
	}
	return ""
}

// ok says whether any round succeeded.
func (c *Cell) ok() bool {
	for _, r := range c.Rounds {
		if r.Error == "" {
			return true
		}
	}
	return false
}

// firstError is the first reason of a failure, or empty.
func (c *Cell) firstError() string {
	if c.Error != "" {
		return c.Error
	}
	for _, r := range c.Rounds {
		if r.Error != "" {
			return r.Error
		}
	}
	return ""
}
