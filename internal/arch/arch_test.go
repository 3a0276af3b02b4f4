// SPDX-License-Identifier: MPL-2.0

package arch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moduleRoot is where the module begins, seen from this package.
const moduleRoot = "../.."

func TestModuleKeepsTheRules(t *testing.T) {
	found, err := check(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

func TestModuleIsReallyRead(t *testing.T) {
	all, err := load(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range all {
		seen[s.path] = true
		if strings.Contains(s.path, "testdata") {
			t.Errorf("%s is a fixture", s.path)
		}
	}
	for _, want := range []string{
		"internal/errno/errno.go",
		"internal/invariant/enabled.go", // by build tag
		"internal/leaktest/fds_unix.go", // for other systems
		"internal/arch/arch_test.go",
	} {
		if !seen[want] {
			t.Errorf("%s was not read", want)
		}
	}
}

func TestModulePathIsThatOfGoMod(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(moduleRoot, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(mod), "module "+modulePath+"\n") {
		t.Errorf("go.mod does not begin with module %s", modulePath)
	}
}

// fixtures lists the trees below testdata. Each breaks one rule in one place,
// or none.
var fixtures = []struct {
	dir, rule, path, text string
}{
	{"good", "", "", ""},
	{"layer-up", "layer", "pipe/doc.go", `"pipe" on line 3 imports "engine" on line 4`},
	{"layer-same-line", "layer", "transport/doc.go", `imports "pipe" on line 3`},
	{"layer-root", "layer", "socket/doc.go", `imports "" on line 6`},
	{"layer-families", "layer", "cmd/send/main.go", `imports "perf/internal/measure"`},
	{"unlisted", "unlisted", "queue/doc.go", "add it to the layer table"},
	{"unlisted-below", "unlisted", "transport/quic/doc.go", "add it to the layer table"},
	{"testonly-shipped", "testonly", "pipe/doc.go", `only tests import "internal/leaktest"`},
	{"testonly-arch", "testonly", "pipe/pipe_test.go", `nothing imports "internal/arch"`},
	{"thirdparty-unknown", "thirdparty", "pipe/doc.go", "not in the table"},
	{"thirdparty-place", "thirdparty", "reactor/doc.go", "is for transport only"},
	{"thirdparty-sibling", "thirdparty", "transport/doc.go", "not in the table"},
	{"cgo", "cgo", "poller/doc.go", `import "C" outside`},
	{"filesize", "filesize", "pipe/pipe.go", "701 lines, at most 700"},
	{"funcsize", "funcsize", "pipe/pipe.go", "Pipe.read: 71 lines, at most 70"},
	{"pkgdoc", "pkgdoc", "pipe/pipe.go", "no doc comment"},
	{"pkgdoc-directive", "pkgdoc", "pipe/pipe.go", "no doc comment"},
	{"exporteddoc-func", "exporteddoc", "pipe/doc.go", "Open has no doc comment"},
	{"exporteddoc-method", "exporteddoc", "pipe/doc.go", "Close has no doc comment"},
	{"exporteddoc-type", "exporteddoc", "pipe/doc.go", "Pipe has no doc comment"},
	{"exporteddoc-const", "exporteddoc", "pipe/doc.go", "BytesMax has no doc comment"},
	{"licence", "licence", "pipe/doc.go", "the first line"},
	{"name-file", "name", "pipe/helpers_linux_test.go", `"helpers" says nothing`},
	{"name-version", "name", "pipe/v2.go", `"v2" says nothing`},
	{"name-dir", "name", "cmd/util/main.go", `"util" says nothing`},
	{"sleep", "sleep", "pipe/pipe_test.go", "time.Sleep in a test"},
	{"sleep-alias", "sleep", "pipe/pipe_test.go", "time.Sleep in a test"},
	{"atomic", "atomic", "pipe/doc.go", "atomic.AddInt64: use a typed atomic"},
	{"atomic-dot", "atomic", "pipe/doc.go", "imported under no name"},
	{"todo", "todo", "pipe/doc.go", "in a comment"},
}

func TestFixturesBreakTheirRule(t *testing.T) {
	for _, f := range fixtures {
		t.Run(f.dir, func(t *testing.T) {
			found, err := check(filepath.Join("testdata", f.dir))
			if err != nil {
				t.Fatal(err)
			}
			if f.rule == "" {
				if len(found) != 0 {
					t.Errorf("found %v in a tree that keeps the rules", found)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("found %v, want one violation of %q", found, f.rule)
			}
			if got := found[0]; got.rule != f.rule || got.path != f.path || !strings.Contains(got.text, f.text) {
				t.Errorf("found %v, want %s: [%s] %s", got, f.path, f.rule, f.text)
			}
		})
	}
}

func TestEveryRuleHasAFixture(t *testing.T) {
	broken := map[string]bool{}
	listed := map[string]bool{}
	for _, f := range fixtures {
		broken[f.rule] = true
		listed[f.dir] = true
	}
	for _, r := range rules {
		if !broken[r.name] {
			t.Errorf("no fixture breaks the rule %q", r.name)
		}
	}
	dirs, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if !listed[d.Name()] {
			t.Errorf("testdata/%s is not in the list", d.Name())
		}
	}
}

func TestSizeExceptions(t *testing.T) {
	for key, reason := range sizeExceptions {
		if len(reason) < 20 {
			t.Errorf("%s: %q is no reason", key, reason)
		}
		path, _, _ := strings.Cut(key, " ")
		if _, err := os.Stat(filepath.Join(moduleRoot, path)); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	saved := sizeExceptions
	defer func() { sizeExceptions = saved }()
	sizeExceptions = map[string]string{"a.go": "a reason that is long enough"}
	var got []string
	for _, lines := range []int{10, 11} {
		checkSize("a.go", lines, 10, func(text string) { got = append(got, text) })
	}
	if len(got) != 1 || !strings.Contains(got[0], "not needed") {
		t.Errorf("found %q, want only the exception that is not needed", got)
	}
}
