// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

const (
	histogramMax    = 60 * time.Second // longer round trips are counted as this
	histogramDigits = 3
)

// recorder collects round-trip times. It is not goroutine-safe.
type recorder struct {
	h *hdr.Histogram
}

func newRecorder() recorder {
	return recorder{hdr.New(1, int64(histogramMax), histogramDigits)}
}

func (r recorder) add(d time.Duration) {
	if r.h.RecordValue(int64(d)) != nil {
		_ = r.h.RecordValue(int64(histogramMax)) // in range by construction
	}
}

// latency is nil if nothing was recorded.
func (r recorder) latency() *wire.Latency {
	if r.h.TotalCount() == 0 {
		return nil
	}
	q := func(percent float64) float64 { return float64(r.h.ValueAtQuantile(percent)) }
	return &wire.Latency{Count: r.h.TotalCount(), MeanNS: r.h.Mean(),
		P50NS: q(50), P99NS: q(99), P999NS: q(99.9), MaxNS: float64(r.h.Max())}
}
