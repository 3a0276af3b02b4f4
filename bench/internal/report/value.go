// SPDX-License-Identifier: MPL-2.0

package report

import (
	"math"
	"strconv"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/stats"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// value is one number that each round gives, NaN where it does not apply.
type value struct {
	column string // of the CSV
	title  string
	of     func(c scenario.Case, r Round) float64
}

var (
	rate = value{"msgs_per_s", "messages per second",
		func(_ scenario.Case, r Round) float64 { return float64(r.Messages) / r.Seconds }}
	bandwidth = value{"mb_per_s", "MB/s (10^6 bytes)",
		func(c scenario.Case, r Round) float64 {
			return float64(r.Messages) * float64(c.Size) / r.Seconds / 1e6
		}}
	oneWay = value{"oneway_mean_us", "mean one-way latency, µs (half a round trip)",
		func(c scenario.Case, r Round) float64 {
			if c.Metric != scenario.Latency || c.Axis == scenario.ByRate {
				return math.NaN()
			}
			return r.Seconds / float64(r.Messages) / 2 * 1e6
		}}
	p50  = roundTrip("rtt_p50_us", "median round trip, µs", func(r Round) float64 { return r.Latency.P50NS })
	p99  = roundTrip("rtt_p99_us", "99 % round trip, µs", func(r Round) float64 { return r.Latency.P99NS })
	p999 = roundTrip("rtt_p999_us", "99.9 % round trip, µs", func(r Round) float64 { return r.Latency.P999NS })
	// of the scenarios that send at a fixed rate
	late50  = lateness("late_p50_us", "median from when it was due, µs", func(r Round) float64 { return r.Latency.P50NS })
	late99  = lateness("late_p99_us", "99 % from when it was due, µs", func(r Round) float64 { return r.Latency.P99NS })
	late999 = lateness("late_p999_us", "99.9 % from when it was due, µs", func(r Round) float64 { return r.Latency.P999NS })

	idleBytes = idling("idle_bytes_per_conn", "resident memory of the server per connection, bytes",
		func(i *wire.Idle) float64 { return i.BytesPerConn })
	idleWakeups = idling("idle_wakeups_per_s", "wake-ups of all threads of the server per second",
		func(i *wire.Idle) float64 { return i.WakeupsPerS })
	cpu = value{"cpu_s_per_million", "CPU seconds of both sides per million messages",
		func(_ scenario.Case, r Round) float64 {
			return (r.CPUUser + r.CPUSys) / float64(r.Messages) * 1e6
		}}
	memory = value{"peak_rss_mib", "peak resident memory of both sides, MiB",
		func(_ scenario.Case, r Round) float64 { return float64(r.RSSKB) / 1024 }}
	lost = value{"lost_share", "share of messages lost",
		func(_ scenario.Case, r Round) float64 {
			return 1 - float64(r.Messages)/float64(r.Expected)
		}}

	// allValues are the columns of the CSV.
	allValues = []value{rate, bandwidth, oneWay, p50, p99, p999, late50, late99, late999,
		idleBytes, idleWakeups, cpu, memory, lost}
)

func roundTrip(column, title string, ns func(Round) float64) value {
	return timed(column, title, false, ns)
}

func lateness(column, title string, ns func(Round) float64) value {
	return timed(column, title, true, ns)
}

// timed is a quantile in µs of the scenarios that do, or do not, send at a rate.
func timed(column, title string, byRate bool, ns func(Round) float64) value {
	return value{column, title, func(c scenario.Case, r Round) float64 {
		if r.Latency == nil || byRate != (c.Axis == scenario.ByRate) {
			return math.NaN()
		}
		return ns(r) / 1e3
	}}
}

func idling(column, title string, of func(*wire.Idle) float64) value {
	return value{column, title, func(_ scenario.Case, r Round) float64 {
		if r.Idle == nil {
			return math.NaN()
		}
		return of(r.Idle)
	}}
}

// main is what a scenario is about; its ratio to libzmq is reported.
func mainValue(s *scenario.Scenario) value {
	switch {
	case s.Axis == scenario.ByRate:
		return late50
	case s.Metric == scenario.Latency:
		return oneWay
	case s.Metric == scenario.Idling:
		return idleBytes
	}
	return rate
}

// shown are the values the text report has for a scenario.
func shown(s *scenario.Scenario) []value {
	switch {
	case s.Axis == scenario.ByRate:
		return []value{late50, late99, late999, cpu, memory}
	case s.Metric == scenario.Idling:
		return []value{idleBytes, idleWakeups, memory}
	case s.Metric == scenario.Latency:
		return []value{oneWay, p50, p99, p999, cpu, memory}
	case s.Axis == scenario.BySize:
		return []value{rate, bandwidth, cpu, memory}
	default:
		return []value{rate, p50, p99, p999, cpu, memory}
	}
}

// values has one entry per round, NaN for failed ones.
func (c *Cell) values(v value) []float64 {
	var list []float64
	for _, r := range c.Rounds {
		x := math.NaN()
		if r.Error == "" {
			x = v.of(c.Case, r)
		}
		list = append(list, x)
	}
	return list
}

func (c *Cell) summary(v value) stats.Summary {
	return stats.Summarize(stats.Valid(c.values(v)))
}

// ratio compares this library with libzmq in one case by its main value; N is
// 0 if either is missing.
func (r *Run) ratio(c scenario.Case) stats.Summary {
	ours, theirs := r.cell(c, r.ours(c)), r.cell(c, drivers.Libzmq)
	if ours == nil || theirs == nil {
		return stats.Summary{}
	}
	v := mainValue(c.Scenario)
	return stats.Ratio(ours.values(v), theirs.values(v))
}

// human writes a number with three significant digits and k, M or G.
func human(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	unit, limit := "", 9999.5 // four digits are still easy to read without a unit
	for _, u := range []string{"k", "M", "G"} {
		if math.Abs(x) < limit {
			break
		}
		x, unit, limit = x/1000, u, 999.5
	}
	digits := 0
	for limit := 99.95; digits < 3 && math.Abs(x) < limit && x != 0; limit /= 10 {
		digits++
	}
	return strconv.FormatFloat(x, 'f', digits, 64) + unit
}

// Headline is a round's main value for a line of progress.
func Headline(c scenario.Case, r Round) string {
	v := mainValue(c.Scenario)
	return human(v.of(c, r)) + " " + v.title
}
