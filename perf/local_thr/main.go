// SPDX-License-Identifier: MPL-2.0

// Command local_thr receives from remote_thr and reports the rate; the first half of
// a throughput measurement between two processes.
package main

import (
	"os"

	"github.com/zeroloop/zmq/perf/internal/measure"
)

func main() { os.Exit(measure.Main(&measure.LocalThr)) }
