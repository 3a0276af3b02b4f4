// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	// rules is how many there are.
	rules = 228
	// openMax is how many of them may be without a test: as many as there are now.
	openMax = 0
)

// TestEveryRuleIsListed: docs/spec.md has each number once, the tests that it names
// exist, what it says to differ stands in docs/differences.md, what stands there is
// said, and shown, no rule has lost its test, and tests of this package cite the rules
// for which they are named. On which transports they run is compared when they have.
func TestEveryRuleIsListed(t *testing.T) {
	listed, open := make(map[int]string), 0
	for _, m := range rows.FindAllStringSubmatch(read(t, "../docs/spec.md"), -1) {
		n, _ := strconv.Atoi(m[1])
		if _, twice := listed[n]; twice || n < 1 || n > rules {
			t.Errorf("%d stands there twice, or is none", n)
		}
		listed[n] = m[2]
		if c, err := parse(m[3]); err != nil || (m[3] != "all") != (c.reason != "") {
			t.Errorf("%d: over %q: %v; what is not all has a reason", n, m[3], err)
		}
		if m[2] == "open" {
			open++
		}
	}
	differs, tests, here := differences(t), testNames(t), citations()
	for n := 1; n <= rules; n++ {
		text, there := listed[n]
		if !there || strings.TrimSpace(text) == "" {
			t.Errorf("%d is missing", n)
		}
		if strings.Contains(text, "differs") != differs[n] {
			t.Errorf("%d: %q, but in docs/differences.md: %v", n, text, differs[n])
		}
		if text == "differs" {
			t.Errorf("%d: nothing shows how it differs", n)
		}
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			if !tests[m[1]] {
				t.Errorf("%d: there is no %s", n, m[1])
			}
			if cites, ours := here[m[1]]; ours && !slices.Contains(cites, n) {
				t.Errorf("%d: %s does not cite it, but %v", n, m[1], cites)
			}
		}
	}
	for name, cites := range here {
		for _, n := range cites {
			if !strings.Contains(listed[n], "`"+name+"`") {
				t.Errorf("%d: %s cites it, and is not named", n, name)
			}
		}
	}
	if open > openMax {
		t.Errorf("%d rules are open, there were %d", open, openMax)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// differences returns the numbers in docs/differences.md.
func differences(t *testing.T) map[int]bool {
	t.Helper()
	found := make(map[int]bool)
	for _, m := range regexp.MustCompile(`(?m)^\| ([\d, ]+) \|`).FindAllStringSubmatch(read(t, "../docs/differences.md"), -1) {
		for _, s := range strings.Split(m[1], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(s))
			if err != nil {
				t.Errorf("docs/differences.md: %q", m[1])
			}
			found[n] = true
		}
	}
	return found
}

// testNames returns the names of all tests of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	pattern := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, m := range pattern.FindAllStringSubmatch(read(t, path), -1) {
			names[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
