// SPDX-License-Identifier: MPL-2.0

// Command local_lat answers what remote_lat asks; the first half of a latency
// measurement between two processes.
package main

import (
	"os"

	"github.com/zeroloop/zmq/perf/internal/measure"
)

func main() { os.Exit(measure.Main(&measure.LocalLat)) }
