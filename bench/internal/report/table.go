// SPDX-License-Identifier: MPL-2.0

package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/scenario"
)

const lossShown = 0.0005 // a smaller share of lost messages is not mentioned

// WriteText writes the whole report for a terminal.
func (r *Run) WriteText(w io.Writer) error {
	out := &firstErrorWriter{w: w}
	m := r.Machine
	fmt.Fprintf(out, "%s, %d CPUs, %s, %s\n", m.CPU, m.CPUs, m.Kernel, m.Go)
	fmt.Fprintf(out, "%s\n", m.Command)
	fmt.Fprintf(out, "median of %d interleaved rounds ± half of (max - min)\n", r.Rounds)
	if !r.Complete {
		fmt.Fprintln(out, "INCOMPLETE: the run was stopped before its end")
	}
	fmt.Fprintln(out)
	r.writePeers(out)
	for _, s := range r.scenarios() {
		for _, v := range shown(s) {
			if r.has(s, v) {
				r.writeTable(out, s, v)
			}
		}
	}
	r.writeErrors(out)
	return out.err
}

// firstErrorWriter remembers the first failure and drops what follows it.
type firstErrorWriter struct {
	w   io.Writer
	err error
}

func (f *firstErrorWriter) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.w.Write(p)
	f.err = err
	return n, err
}

func (r *Run) writePeers(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range r.Drivers {
		if d.Absent == "" {
			fmt.Fprintf(t, "%s\t%s\t%s\n", d.Name, d.Title, d.Version.Version)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\tABSENT: %s\n", d.Name, d.Title, d.Absent)
		if d.Install != "" {
			fmt.Fprintf(t, "\t\tto install: %s\n", d.Install)
		}
	}
	t.Flush()
	fmt.Fprintln(w)
}

// has says whether any peer gave the value in the scenario.
func (r *Run) has(s *scenario.Scenario, v value) bool {
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Case.Scenario == s && c.summary(v).N > 0 {
			return true
		}
	}
	return false
}

func (r *Run) writeTable(w io.Writer, s *scenario.Scenario, v value) {
	peers := r.peers(s)
	isMain := v.column == mainValue(s).column
	fmt.Fprintf(w, "%s — %s\n", s.Title, v.title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := []string{s.Axis.String()}
	row = append(row, peers...)
	if isMain {
		row = append(row, "ours/libzmq", "of rounds")
	}
	fmt.Fprintf(t, "%s\t\n", strings.Join(row, "\t"))
	for _, c := range r.cases(s) {
		row = append(row[:0], strconv.Itoa(c.Point()))
		for _, p := range peers {
			row = append(row, r.text(c, p, v))
		}
		if isMain {
			row = append(row, r.ratioText(c)...)
		}
		fmt.Fprintf(t, "%s\t\n", strings.Join(row, "\t"))
	}
	t.Flush()
	fmt.Fprintln(w)
}

// text is one entry of a table.
func (r *Run) text(c scenario.Case, peer string, v value) string {
	cell := r.cell(c, peer)
	if cell == nil {
		return ""
	}
	s := cell.summary(v)
	if s.N == 0 {
		if cell.firstError() != "" {
			return "failed"
		}
		return "-"
	}
	text := human(s.Median)
	if spread := s.Spread(); !math.IsNaN(spread) && s.N > 1 {
		text += fmt.Sprintf(" ±%.0f%%", spread*100)
	}
	if share := cell.summary(lost).Median; v.column == rate.column && share > lossShown {
		text += fmt.Sprintf(" lost %.1f%%", share*100)
	}
	return text
}

// ratioText is the ratio and the range of the ratios of single rounds, marked
// where the perf programs stand for the driver.
func (r *Run) ratioText(c scenario.Case) []string {
	s := r.ratio(c)
	if s.N == 0 {
		return []string{"-", ""}
	}
	mark := ""
	if r.ours(c) != drivers.Ours {
		mark = " (perf)"
	}
	return []string{fmt.Sprintf("%.2f%s", s.Median, mark), fmt.Sprintf("%.2f to %.2f", s.Min, s.Max)}
}

func (r *Run) writeErrors(w io.Writer) {
	for i := range r.Cells {
		c := &r.Cells[i]
		if err := c.firstError(); err != "" {
			fmt.Fprintf(w, "failed: %s, %s: %s\n", c.Case.Label(), c.Peer, err)
		}
	}
}
