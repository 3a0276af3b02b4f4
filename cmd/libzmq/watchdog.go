// SPDX-License-Identifier: MPL-2.0

//go:build cgo

package main

// #include "abi.h"
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// stacksVariable names the environment variable that starts the watchdog: after so
// many seconds of one call's waiting all goroutines' stacks are printed on standard
// error, as no signal does that in a library.
const stacksVariable = "ZMQ_DEBUG_STACKS"

// stacksBytesMax bounds one print.
const stacksBytesMax = 4 << 20

var startWatchdog = sync.OnceFunc(func() {
	seconds, err := strconv.ParseFloat(os.Getenv(stacksVariable), 64)
	if err != nil || seconds <= 0 {
		return
	}
	go watch(time.Duration(seconds * float64(time.Second)))
})

// watch prints the stacks once for each call that waits too long.
func watch(limit time.Duration) {
	defer contain()
	told := map[C.uint32_t]C.int64_t{}
	for range time.Tick(max(limit/4, time.Millisecond)) {
		for at := C.uint32_t(0); at < C.ZL_SLOTS_MAX; at++ {
			var since C.int64_t
			if !C.zl_waiting_since(at, &since) {
				break
			}
			waited := time.Duration(C.zl_now_ms()-since) * time.Millisecond
			if since == 0 || waited < limit || told[at] == since {
				continue
			}
			told[at] = since
			stacks := make([]byte, stacksBytesMax)
			stacks = stacks[:runtime.Stack(stacks, true)]
			fmt.Fprintf(os.Stderr, "libzmq: a call waits for %v\n%s\n", waited, stacks)
		}
	}
}
