// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// way is how the socket that a rule is about has met another one, or a peer by hand.
type way struct {
	transport string
	// bound: otherwise it has connected.
	bound     bool
	bindFirst bool
}

// everyWay returns all of them on some transports.
func everyWay(transports ...string) (ways []way) {
	for _, transport := range transports {
		for _, bound := range []bool{true, false} {
			ways = append(ways, way{transport, bound, true}, way{transport, bound, false})
		}
	}
	return ways
}

// shown is what the tests have shown since the process began: the ways of each.
var shown = struct {
	sync.Mutex
	by map[string]map[way]bool
}{by: make(map[string]map[way]bool)}

// over notes a way on which a test shows what it shows.
func (w *world) over(endpoint string, bound, bindFirst bool) {
	transport, _, _ := strings.Cut(endpoint, "://")
	test, _, _ := strings.Cut(w.Name(), "/")
	shown.Lock()
	defer shown.Unlock()
	if shown.by[test] == nil {
		shown.by[test] = make(map[way]bool)
	}
	shown.by[test][way{transport, bound, bindFirst}] = true
}

// words are the transports that a word of docs/spec.md stands for.
var words = map[string][]string{
	"all": {"inproc", "tcp", "ipc"}, "wire": {"tcp", "ipc"},
	"inproc": {"inproc"}, "tcp": {"tcp"}, "ipc": {"ipc"}, "udp": {"udp"},
}

// limits are what may follow such a word.
var limits = map[string]func(way) bool{
	"bound": func(x way) bool { return x.bound }, "connecting": func(x way) bool { return !x.bound },
	"bind first": func(x way) bool { return x.bindFirst }, "connect first": func(x way) bool { return !x.bindFirst },
}

// coverage is what the third column of docs/spec.md says.
type coverage struct {
	must map[way]bool
	// may: what a peer by hand cannot do is not asked for, but sockets may have done
	// it: to connect first to a socket that is bound later.
	may    map[way]bool
	reason string
}

// parse reads such a text: terms joined by "+", and behind a colon the reason why it
// is not all.
func parse(text string) (c coverage, err error) {
	c.must, c.may = make(map[way]bool), make(map[way]bool)
	terms, reason, _ := strings.Cut(text, ":")
	c.reason = strings.TrimSpace(reason)
	if terms == "-" {
		return c, nil
	}
	for _, term := range strings.Split(terms, " + ") {
		parts := strings.Split(term, ", ")
		names, ok := words[parts[0]]
		if !ok {
			return c, fmt.Errorf("there is no %q", parts[0])
		}
		for _, limit := range parts[1:] {
			if limits[limit] == nil {
				return c, fmt.Errorf("there is no %q", limit)
			}
		}
		for _, x := range everyWay(names...) {
			if slices.ContainsFunc(parts[1:], func(limit string) bool { return !limits[limit](x) }) {
				continue
			}
			if parts[0] != "all" && x.transport != "inproc" && x.bound && !x.bindFirst {
				c.may[x] = true
				continue
			}
			c.must[x] = true
		}
	}
	return c, nil
}

// describe is the reverse of parse, with the widest terms first.
func describe(ways map[way]bool) string {
	if len(ways) == 0 {
		return "-"
	}
	left, terms := maps.Clone(ways), []string(nil)
	for _, limit := range []string{
		"", ", bound", ", connecting", ", bind first", ", connect first",
		", bound, bind first", ", bound, connect first", ", connecting, bind first", ", connecting, connect first",
	} {
		for _, word := range []string{"all", "wire", "inproc", "tcp", "ipc"} {
			c, _ := parse(word + limit)
			fits, news := len(c.must) > 0, false
			for x := range c.must {
				fits, news = fits && ways[x], news || left[x]
			}
			if fits && news {
				terms = append(terms, word+limit)
				maps.DeleteFunc(left, func(x way, _ bool) bool { return c.must[x] || c.may[x] })
			}
		}
	}
	return strings.Join(terms, " + ")
}

// audited runs the tests, and when they have passed compares what they have shown
// with what docs/spec.md says.
type audited struct{ *testing.M }

func (m audited) Run() int {
	code := m.M.Run()
	if code != 0 || !whole() {
		return code
	}
	text, err := os.ReadFile("../docs/spec.md")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, complaint := range audit(string(text), citations(), shown.by) {
		fmt.Fprintln(os.Stderr, complaint)
		code = 1
	}
	return code
}

// whole tells whether all tests have run, on a system where none of them is skipped.
func whole() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return runtime.GOOS == "linux"
}

// audit returns what is wrong in the third column: where tests of this package, which
// here lists, show a rule, it says on which ways they do, no more and no fewer.
func audit(text string, here map[string][]int, by map[string]map[way]bool) (complaints []string) {
	for _, m := range rows.FindAllStringSubmatch(text, -1) {
		got, ours := make(map[way]bool), false
		for _, name := range quoted.FindAllStringSubmatch(m[2], -1) {
			_, our := here[name[1]]
			ours = ours || our
			maps.Copy(got, by[name[1]])
		}
		c, err := parse(m[3])
		if err != nil {
			complaints = append(complaints, fmt.Sprintf("docs/spec.md: rule %s: %v", m[1], err))
		}
		fits := true
		for x := range c.must {
			fits = fits && got[x]
		}
		for x := range got {
			fits = fits && (c.must[x] || c.may[x])
		}
		if ours && !fits { // tests elsewhere leave no record: those are for the reader to compare
			complaints = append(complaints, fmt.Sprintf("docs/spec.md: rule %s is said to be shown over %q, and is over %q", m[1], m[3], describe(got)))
		}
	}
	return complaints
}

var (
	rows   = regexp.MustCompile(`(?m)^\| (\d+) \| (.*) \| (.*) \|$`)
	quoted = regexp.MustCompile("`(\\w+)`")
	tests  = regexp.MustCompile(`(?m)((?:^//.*\n)*)^func (Test\w+)\((?s:.*?)^\}`)
	cited  = regexp.MustCompile(`edge cases? ((?:\d+(?:, | and )?)+)`)
	digits = regexp.MustCompile(`\d+`)
)

// citations returns the tests of this package and the rules that each says to show.
func citations() map[string][]int {
	found := make(map[string][]int)
	files, _ := filepath.Glob("*_test.go")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, m := range tests.FindAllStringSubmatch(string(text), -1) {
			found[m[2]] = nil
			for _, c := range cited.FindAllStringSubmatch(m[0], -1) {
				for _, n := range digits.FindAllString(c[1], -1) {
					number, _ := strconv.Atoi(n)
					found[m[2]] = append(found[m[2]], number)
				}
			}
		}
	}
	return found
}

// TestColumnIsCompared: with what the tests have shown, and a row that says less or
// more is found out.
func TestColumnIsCompared(t *testing.T) {
	here := map[string][]int{"TestA": {1}, "TestB": {1}}
	by := map[string]map[way]bool{"TestA": {}, "TestB": {}}
	for _, x := range everyWay("tcp", "ipc") {
		if x.bound { // TestB shows the others
			by["TestA"][x] = true
		} else {
			by["TestB"][x] = true
		}
	}
	delete(by["TestA"], way{"tcp", true, false}) // which a peer by hand cannot do
	for row, good := range map[string]bool{
		"`TestA`, `TestB` | wire: so it is":                       true,
		"`TestB`, `TestElsewhere`, differs | wire, connecting: x": true,
		"`TestA` | wire, bound: x":                                true,
		"`TestElsewhere` | udp: nobody compares":                  true,
		"`TestA`, `TestB` | wire, connecting: x":                  false,
		"`TestA`, `TestB` | all":                                  false,
		"`TestA`, `TestB` | wire + inproc, bound: x":              false,
		"`TestB` | wire: x":                                       false,
		"`TestB` | tcp: x":                                        false,
		"`TestB` | -: x":                                          false,
		"`TestElsewhere` | wirre: x":                              false,
		"`TestElsewhere` | wire, sideways: x":                     false,
	} {
		if complaints := audit("| 1 | "+row+" |\n", here, by); (len(complaints) == 0) != good {
			t.Errorf("%s: %q", row, complaints)
		}
	}
	for _, text := range []string{
		"all", "wire", "inproc", "all, bound", "wire, connecting", "inproc, connecting, connect first", "wire + inproc, bound", "tcp, connecting",
	} {
		c, err := parse(text)
		if got := describe(c.must); got != text || err != nil {
			t.Errorf("%q is described as %q, %v", text, got, err)
		}
	}
}
