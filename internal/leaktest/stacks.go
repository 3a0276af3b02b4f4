// SPDX-License-Identifier: MPL-2.0

package leaktest

import (
	"runtime"
	"strings"
)

// The size in bytes of the text that holds all stacks: it starts small and
// doubles until they fit. Beyond the maximum the rest is cut off, which still
// leaves more leaks than anybody wants to read.
const (
	stackBytesMin = 64 << 10
	stackBytesMax = 64 << 20
)

// permanent names functions of the standard library whose goroutines start on
// first use and live as long as the process.
var permanent = []string{
	"os/signal.signal_recv(",
	"os/signal.loop(",
	"runtime.ensureSigM(",
}

// stacks returns the stack of each goroutine by its id, without permanent ones.
func stacks() map[string]string {
	buf := make([]byte, stackBytesMin)
	n := runtime.Stack(buf, true)
	for n == len(buf) && len(buf) < stackBytesMax {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	return splitStacks(string(buf[:n]))
}

// splitStacks takes the runtime's text apart: one paragraph for each goroutine,
// which begins with "goroutine ID [state]:".
func splitStacks(text string) map[string]string {
	byID := make(map[string]string)
	for stack := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		rest, ok := strings.CutPrefix(stack, "goroutine ")
		id, _, found := strings.Cut(rest, " ")
		if ok && found && !isPermanent(stack) {
			byID[id] = stack
		}
	}
	return byID
}

// isPermanent reports whether stack is of a goroutine that never ends.
func isPermanent(stack string) bool {
	for _, name := range permanent {
		if strings.Contains(stack, "\n"+name) {
			return true
		}
	}
	return false
}
