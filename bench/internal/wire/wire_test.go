// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestParseReady(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
		ok   bool
	}{
		{"READY tcp://127.0.0.1:43213", []string{"tcp://127.0.0.1:43213"}, true},
		{FormatReady("ipc:///a", "ipc:///b"), []string{"ipc:///a", "ipc:///b"}, true},
		{"READY", nil, false},
		{"READYtcp://x", nil, false},
		{"", nil, false},
		{"{}", nil, false},
	} {
		got, ok := ParseReady(c.line)
		if ok != c.ok || !reflect.DeepEqual(got, c.want) {
			t.Errorf("ParseReady(%q) = %q, %v; want %q, %v", c.line, got, ok, c.want, c.ok)
		}
	}
}

func TestParseResultRoundTrip(t *testing.T) {
	want := Result{Command: Req, Size: 64, Conns: 1, Expected: 10, Messages: 10, Seconds: 0.5,
		RSSKB: 7, Latency: &Latency{Count: 10, MeanNS: 1.5, P50NS: 1, P99NS: 2, P999NS: 3, MaxNS: 4}}
	line, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, ok, err := ParseResult(" " + string(line) + "\n")
	if err != nil || !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, want)
	}
}

func TestParseResultRejects(t *testing.T) {
	for _, c := range []struct {
		line string
		ok   bool
	}{
		{"some log line", false},
		{`{"messages":`, true},
		{`{"messages":10,"seconds":0}`, true},
		{`{"messages":-1,"seconds":1}`, true},
		{`{"messages":1,"seconds":-1}`, true},
	} {
		_, ok, err := ParseResult(c.line)
		if ok != c.ok || (err != nil) != c.ok {
			t.Errorf("ParseResult(%q): ok %v err %v; want ok %v and an error only if ok", c.line, ok, err, c.ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"messages":1,"seconds":2}`)
	f.Add("READY a b")
	f.Fuzz(func(t *testing.T, line string) {
		if r, ok, err := ParseResult(line); ok && err == nil && r.Messages > 0 && r.Seconds <= 0 {
			t.Errorf("accepted %+v: its rate is not finite", r)
		}
		if e, ok := ParseReady(line); ok && len(e) == 0 {
			t.Errorf("READY without endpoints from %q", line)
		}
	})
}

func TestParseVersion(t *testing.T) {
	v, err := ParseVersion([]byte(`{"version":"x 1","commands":["pull","push"]}` + "\n"))
	if err != nil || !v.Has(Push) || v.Has(Proxy) {
		t.Errorf("got %+v, %v", v, err)
	}
	for _, bad := range []string{"", "{}", `{"version":"x"}`, `{"commands":["pull"]}`} {
		if _, err := ParseVersion([]byte(bad)); err == nil {
			t.Errorf("ParseVersion(%q) gave no error", bad)
		}
	}
}
