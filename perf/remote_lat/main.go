// SPDX-License-Identifier: MPL-2.0

// Command remote_lat asks local_lat and reports the time of one way; the second half
// of a latency measurement between two processes.
package main

import (
	"os"

	"github.com/zeroloop/zmq/perf/internal/measure"
)

func main() { os.Exit(measure.Main(&measure.RemoteLat)) }
