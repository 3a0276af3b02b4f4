// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ruleCount is how many rules docs/spec.md has.
const ruleCount = 228

// shown says which rules the tests show that have no table of rules.
var shown = map[string][]int{
	"TestPairs":                {27, 183},
	"TestGivenIdentity":        {174},
	"TestSubscriptions":        {29, 30, 197, 204, 205},
	"TestHeartbeats":           {38, 44, 51},
	"TestStoppedPeer":          {53},
	"TestTimeToLive":           {46, 48, 53},
	"TestSecuredPairs":         {68},
	"TestSecuredSubscriptions": {31},
	"TestSecuredHeartbeats":    {52},
	"TestSecuredStoppedPeer":   {52, 53},
	"TestTheirAuthenticator":   {56, 57, 58, 61, 62, 63},
	"TestOurAuthenticator":     {56, 57, 58, 60, 61, 62, 79},
	"TestWrongServerKey":       {72},
	"TestOtherMechanism":       {7},
	"TestNothingReadable":      {75},
	"TestMonitorLikeLibzmq": {
		7, 8, 17, 41, 59, 60, 61, 62, 63, 66, 69, 70, 72, 78, 79, 142, 149, 151, 166, 167, 168, 169, 170, 171,
	},
	"TestPeerKilled":          {92, 150},
	"TestPairPeerKilled":      {192},
	"TestSentWhileAway":       {90},
	"TestBlockedSender":       {42, 84, 90},
	"TestKilledInMessage":     {87, 89, 90, 91},
	"TestDoWithLibzmq":        {188},
	"TestSteeredByLibzmq":     {216},
	"TestStreamAndStream":     {211},
	"TestOptionsLikeLibzmq":   {14, 46, 117, 184, 222},
	"TestMechanismLikeLibzmq": {76},
	"TestContextLikeLibzmq":   {116, 224},
	"TestShutdownLikeLibzmq":  {112, 113, 118},
	"TestZ85LikeLibzmq":       {226},
}

// numbered begins the name of a row with the numbers of its rules.
var numbered = regexp.MustCompile(`^((?:\d+ )+)(.+)$`)

// showing returns what shows each rule, for docs/interop.md.
func showing(t *testing.T) map[int]string {
	t.Helper()
	found := make(map[int][]string)
	for _, test := range slices.Sorted(maps.Keys(shown)) {
		for _, n := range shown[test] {
			found[n] = append(found[n], "`"+test+"`")
		}
	}
	for _, table := range []struct {
		test string
		rows []rule
	}{{"TestRules", allRules()}, {"TestAlike", allAlikes()}} {
		names := make(map[int][]string)
		for _, r := range table.rows {
			m := numbered.FindStringSubmatch(r.name)
			if m == nil {
				t.Errorf("%q has no number", r.name)
				continue
			}
			for _, s := range strings.Fields(m[1]) {
				n, _ := strconv.Atoi(s)
				names[n] = append(names[n], m[2])
			}
		}
		for n, rows := range names {
			found[n] = append(found[n], fmt.Sprintf("`%s` (%s)", table.test, strings.Join(rows, "; ")))
		}
	}
	texts := make(map[int]string)
	for n, by := range found {
		if n < 1 || n > ruleCount {
			t.Errorf("there is no rule %d, which %v shows", n, by)
		}
		texts[n] = strings.Join(by, ", ")
	}
	return texts
}

// TestEveryRuleIsDecided: docs/interop.md has each rule once, with the tests and
// rows that show it with libzmq, as they call themselves, or the reason why none
// does; and every test that it names is there. What is behind a dash is a remark.
func TestEveryRuleIsDecided(t *testing.T) {
	const doc, dash = "../docs/interop.md", " – "
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	shows, seen := showing(t), make(map[int]bool)
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (.*) \|$`)
	written := row.ReplaceAllStringFunc(string(text), func(line string) string {
		m := row.FindStringSubmatch(line)
		n, _ := strconv.Atoi(m[1])
		if seen[n] || n < 1 || n > ruleCount {
			t.Errorf("%d stands there twice, or is none", n)
		}
		seen[n] = true
		by, remark, _ := strings.Cut(m[2], dash)
		if shows[n] == "" {
			if strings.Contains(by, "`Test") || strings.TrimSpace(by) == "" {
				t.Errorf("%d: %q, but nothing shows it", n, m[2])
			}
			return line
		}
		if by != shows[n] && !*update {
			t.Errorf("%d: %q, but it is shown by %s", n, by, shows[n])
		}
		if remark != "" {
			remark = dash + remark
		}
		return fmt.Sprintf("| %d | %s%s |", n, shows[n], remark)
	})
	for n := 1; n <= ruleCount; n++ {
		if !seen[n] {
			t.Errorf("%d is missing", n)
		}
	}
	for test := range shown {
		if !testNames(t)[test] {
			t.Errorf("there is no %s", test)
		}
	}
	if *update && written != string(text) {
		if err := os.WriteFile(doc, []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// testNames returns the names of all tests of this package.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}
