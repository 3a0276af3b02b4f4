// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"os"
	"regexp"
	"testing"
)

// TestOptionsAreDocumented: docs/options.md names every option function, and no
// other.
func TestOptionsAreDocumented(t *testing.T) {
	functions, named := make(map[string]bool), make(map[string]bool)
	collect := func(into map[string]bool, file, pattern string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
			into[string(m[1])] = true
		}
	}
	collect(functions, "options.go", `(?m)^func (With\w+)\(`)
	collect(functions, "context.go", `(?m)^func (With\w+)\(`)
	collect(named, "docs/options.md", "`(With\\w+)`")
	if len(functions) == 0 {
		t.Fatal("no option functions found")
	}
	for name := range functions {
		if !named[name] {
			t.Errorf("docs/options.md does not mention %s", name)
		}
	}
	for name := range named {
		if !functions[name] {
			t.Errorf("docs/options.md mentions %s, which is not there", name)
		}
	}
}
