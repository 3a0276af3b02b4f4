// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestKeygenPrints: a new pair each time, in the form of a certificate.
func TestKeygenPrints(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		code, out, complaints := runWith(t, "curve", "keygen", "-m", "name=Joe, of Rome", "-m", "mail=joe@rome")
		if code != exitOK || complaints != "" {
			t.Fatalf("exit code %d: %s", code, complaints)
		}
		c, err := zmq.ParseCertificate([]byte(out))
		if err != nil || c.Secret == "" || seen[c.Secret] || c.Metadata["name"] != "Joe, of Rome" || c.Metadata["mail"] != "joe@rome" {
			t.Errorf("%+v, %v", c, err)
		}
		seen[c.Secret] = true
	}
}

// TestKeygenWrites: two files, which are not replaced by mistake.
func TestKeygenWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server.key")
	code, out, complaints := runWith(t, "curve", "keygen", path)
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	c, err := zmq.LoadCertificate(path)
	if err != nil || c.Public != strings.TrimSpace(out) || c.Secret == "" {
		t.Fatalf("%+v, %v; printed %q", c, err, out)
	}
	if code, _, complaints := runWith(t, "curve", "keygen", path); code != exitFailure || !strings.Contains(complaints, "--force") {
		t.Errorf("exit code %d: %s", code, complaints)
	}
	if again, err := zmq.LoadCertificate(path); err != nil || again.Public != c.Public {
		t.Errorf("%+v, %v", again, err)
	}
	if code, _, complaints := runWith(t, "curve", "keygen", "--force", path); code != exitOK {
		t.Errorf("exit code %d: %s", code, complaints)
	}
	if again, err := zmq.LoadCertificate(path); err != nil || again.Public == c.Public {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestCurvePublic: from standard input, where no list of processes shows it.
func TestCurvePublic(t *testing.T) {
	public, secret := zmq.NewCurveKeypair()
	for input, want := range map[string]int{secret + "\n": exitOK, secret: exitOK, "": exitFailure, "x" + secret: exitFailure} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(input); err != nil {
			t.Fatal(err)
		}
		_ = w.Close()
		stdin := os.Stdin
		os.Stdin = r
		code, out, _ := runWith(t, "curve", "public")
		os.Stdin = stdin
		_ = r.Close()
		if code != want || code == exitOK && out != public+"\n" {
			t.Errorf("%q: exit code %d, %q", input, code, out)
		}
	}
}
