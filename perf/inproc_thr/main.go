// SPDX-License-Identifier: MPL-2.0

// Command inproc_thr measures throughput between two goroutines over inproc.
package main

import (
	"os"

	"github.com/zeroloop/zmq/perf/internal/measure"
)

func main() { os.Exit(measure.Main(&measure.InprocThr)) }
