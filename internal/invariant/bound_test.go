// SPDX-License-Identifier: MPL-2.0

//go:build invariants

package invariant

import (
	"strconv"
	"testing"
)

func TestMarksAreBounded(t *testing.T) {
	marks.mu.Lock()
	saved := marks.seen
	marks.seen = make(map[string]int)
	marks.mu.Unlock()
	defer func() {
		recover()
		marks.mu.Lock()
		defer marks.mu.Unlock()
		if got := len(marks.seen); got != marksMax {
			t.Errorf("%d names kept, want marksMax = %d", got, marksMax)
		}
		marks.seen = saved
	}()
	for i := range 2 * marksMax {
		Mark("built at run time " + strconv.Itoa(i))
	}
	t.Error("no panic beyond marksMax")
}
