// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/option"
)

// TestOptionTableIsDocumented: the table of docs/options.md has every option that
// there is by number, under its name and with a function where there is one, names a
// test that shows what it does where it acts, and the tests exist.
func TestOptionTableIsDocumented(t *testing.T) {
	text, err := os.ReadFile("docs/options.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sockets, _ := strings.Cut(string(text), "## Socket options")
	sockets, _, _ = strings.Cut(sockets, "\n## ")
	documented := make(map[string]string) // number to name
	for _, m := range regexp.MustCompile(`(?m)^\| (\w+)[^|]*\| (\d+) \|`).FindAllStringSubmatch(sockets, -1) {
		documented[m[2]] = m[1]
	}
	for _, r := range option.Rows() {
		if got := documented[strconv.Itoa(r.ID)]; got != r.Name {
			t.Errorf("option %d is %s, docs/options.md says %q", r.ID, r.Name, got)
		}
	}
	// What shows that an option is taken, does not show that it acts.
	taken := regexp.MustCompile("`Test(SockOpt(Ints|Types|Texts|Truths|Words)|OptionTable|OptionsReach)`")
	for _, m := range regexp.MustCompile(`(?m)^\| (\w+)[^|]*\| \d+ \|[^|]*\| acts[^|]*\|[^|]*\|(.*)\|$`).FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(taken.ReplaceAllString(m[2], ""), "`Test") {
			t.Errorf("docs/options.md says that %s acts, but not what shows it", m[1])
		}
	}
	tests := testNames(t)
	for _, m := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(text), -1) {
		if !tests[m[1]] {
			t.Errorf("docs/options.md names %s, which is not there", m[1])
		}
	}
}

// testNames returns the names of all tests of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	pattern := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

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
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources {
		if !strings.HasSuffix(file, "_test.go") {
			collect(functions, file, `(?m)^func (With\w+)\(`)
		}
	}
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
