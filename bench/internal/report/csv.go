// SPDX-License-Identifier: MPL-2.0

package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"

	"github.com/zeroloop/zmq/bench/internal/drivers"
)

// WriteCSV writes one row per cell: the median, minimum and maximum of each
// value over the rounds, and for this library's rows the ratio to libzmq. A
// value that does not apply is empty.
func (r *Run) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	row := []string{"scenario", "size", "conns", "peer", "rounds", "count"}
	for _, v := range allValues {
		row = append(row, v.column, v.column+"_min", v.column+"_max")
	}
	row = append(row, "ratio_to_libzmq", "ratio_min", "ratio_max", "error")
	_ = out.Write(row) // reported by Error below
	for i := range r.Cells {
		_ = out.Write(r.csvRow(&r.Cells[i]))
	}
	out.Flush()
	return out.Error()
}

func (r *Run) csvRow(c *Cell) []string {
	row := []string{c.Case.Name, strconv.Itoa(c.Case.Size), strconv.Itoa(c.Case.N), c.Peer,
		strconv.Itoa(c.summary(rate).N), strconv.Itoa(c.Count)}
	for _, v := range allValues {
		s := c.summary(v)
		row = append(row, number(s.Median), number(s.Min), number(s.Max))
	}
	ratio := []string{"", "", ""}
	if c.Peer == drivers.Ours || c.Peer == drivers.OursPerf {
		if s := r.ratio(c.Case); s.N > 0 && r.ours(c.Case) == c.Peer {
			ratio = []string{number(s.Median), number(s.Min), number(s.Max)}
		}
	}
	return append(append(row, ratio...), c.firstError())
}

func number(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
