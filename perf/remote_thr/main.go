// SPDX-License-Identifier: MPL-2.0

// Command remote_thr sends to local_thr; the second half of a throughput measurement
// between two processes.
package main

import (
	"os"

	"github.com/zeroloop/zmq/perf/internal/measure"
)

func main() { os.Exit(measure.Main(&measure.RemoteThr)) }
