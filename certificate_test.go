// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestForeignCertificates: files that czmq 4.2.1 and pyzmq 24.0.1 have written.
func TestForeignCertificates(t *testing.T) {
	for name, metadata := range map[string]string{"czmq.cert": `Joe "x"`, "pyzmq.key": `Joe's "box"`} {
		path := filepath.Join("testdata", "certificates", name)
		c, err := zmq.LoadCertificate(path)
		if err != nil || c.Secret == "" || c.Metadata["name"] != metadata {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := zmq.ParseCertificate(text); err != nil || p.Public != c.Public || p.Secret != "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// TestCertificateFiles: what is saved is loaded again, and the secret is for its
// owner only.
func TestCertificateFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.cert")
	c := zmq.NewCertificate()
	c.Metadata = map[string]string{"name": `"Joe" # 'x' = `, "mail": "joe@rome", "nothing": ""}
	for range 2 { // the second time over itself
		if err := c.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	same := func(got zmq.Certificate, err error, secret string) {
		t.Helper()
		if err != nil || got.Public != c.Public || got.Secret != secret || len(got.Metadata) != 3 || got.Metadata["name"] != c.Metadata["name"] {
			t.Errorf("%+v, %v, want %+v", got, err, c)
		}
	}
	got, err := zmq.LoadCertificate(path)
	same(got, err, c.Secret)
	for name, mode := range map[string]fs.FileMode{path: 0o644, path + "_secret": 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	if err := os.Remove(path + "_secret"); err != nil {
		t.Fatal(err)
	}
	got, err = zmq.LoadCertificate(path)
	same(got, err, "")
	entries, _ := os.ReadDir(filepath.Dir(path))
	if len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
	if _, err := zmq.LoadCertificate(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestCertificateRefused: what is no certificate, and what would not be one again.
func TestCertificateRefused(t *testing.T) {
	a, b := zmq.NewCertificate(), zmq.NewCertificate()
	good := "curve\n\tpublic-key = '" + a.Public + "' # of joe\n"
	if c, err := zmq.ParseCertificate([]byte(good)); err != nil || c.Public != a.Public {
		t.Errorf("%+v, %v", c, err)
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"no key":              "curve\n    public-key = \"\"\n",
		"key too short":       strings.Replace(good, a.Public, a.Public[1:], 1),
		"key with a space":    strings.Replace(good, a.Public, " "+a.Public[1:], 1),
		"key elsewhere":       strings.Replace(good, "curve", "other", 1),
		"key not indented":    strings.Replace(good, "\t", "", 1),
		"secret of another":   good + "    secret-key = \"" + b.Secret + "\"\n",
		"secret that is none": good + "    secret-key = \"" + b.Secret[1:] + "\"\n",
	} {
		if c, err := zmq.ParseCertificate([]byte(text)); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for _, m := range []map[string]string{{"": "x"}, {"a b": "x"}, {"a=": "x"}, {"#a": "x"}, {"a": "x\n"}, {"a\x00": ""}} {
		c := a
		c.Metadata = m
		if text, err := c.SecretText(); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("%q becomes %q", m, text)
		}
	}
	if _, err := (zmq.Certificate{Public: a.Public}).SecretText(); !errors.Is(err, zmq.ErrInvalid) {
		t.Error(err)
	}
	huge := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(huge, append([]byte(good), bytes.Repeat([]byte("#\n"), 1<<16)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := zmq.LoadCertificate(huge); !errors.Is(err, zmq.ErrInvalid) {
		t.Error(err)
	}
}

// FuzzCertificate: what is read can be written, and is the same when it is read
// again.
func FuzzCertificate(f *testing.F) {
	for _, name := range []string{"czmq.cert_secret", "pyzmq.key_secret"} {
		text, err := os.ReadFile(filepath.Join("testdata", "certificates", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := zmq.ParseCertificate(text)
		if err != nil {
			return
		}
		write := zmq.Certificate.PublicText
		if c.Secret != "" {
			write = zmq.Certificate.SecretText
		}
		out, err := write(c)
		if err != nil {
			return // metadata that we don't write
		}
		again, err := zmq.ParseCertificate(out)
		if err != nil || again.Public != c.Public || again.Secret != c.Secret || len(again.Metadata) != len(c.Metadata) {
			t.Errorf("%q: %+v, then %+v, %v", text, c, again, err)
		}
		for name, value := range c.Metadata {
			if again.Metadata[name] != value {
				t.Errorf("%q is %q, was %q", name, again.Metadata[name], value)
			}
		}
	})
}

// TestCertStore: a store follows what happens to its directory.
func TestCertStore(t *testing.T) {
	dir := t.TempDir()
	if _, err := zmq.OpenCertStore(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	store, err := zmq.OpenCertStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, b := zmq.NewCertificate(), zmq.NewCertificate()
	want := func(what string, c zmq.Certificate, known bool) {
		t.Helper()
		if got, ok := store.Lookup(c.Public); ok != known || ok && (got.Public != c.Public || got.Secret != "") {
			t.Errorf("%s: %+v, %v", what, got, ok)
		}
	}
	write := func(name string, c zmq.Certificate) {
		t.Helper()
		text, err := c.PublicText()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want("empty", a, false)
	write("one", a)
	want("one", a, true)
	want("one", b, false)
	write("one", b) // of the same size, and perhaps at the same time
	want("overwritten", a, false)
	want("overwritten", b, true)
	if err := a.Save(filepath.Join(dir, "two")); err != nil {
		t.Fatal(err)
	}
	want("saved", a, true)
	if err := os.Rename(filepath.Join(dir, "two_secret"), filepath.Join(dir, "one")); err != nil {
		t.Fatal(err)
	}
	want("renamed", b, false)
	want("with secret", a, true)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rubbish"), []byte("curve\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("with rubbish", a, true)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	want("directory gone", a, false)
	if _, ok := store.Lookup("no key"); ok {
		t.Error("a key that is none is known")
	}
}

// TestAllowCertificates: who is in the store comes in, under the name of its key;
// who is taken out does not come back; who is put in does.
func TestAllowCertificates(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	store, err := zmq.OpenCertStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	server, client := zmq.NewCertificate(), zmq.NewCertificate()
	client.Metadata = map[string]string{"name": "joe"}
	file := filepath.Join(dir, "joe.cert")
	save := func() {
		text, _ := client.PublicText()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save()
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", zmq.WithCertificate(server), zmq.WithCurveServer(true),
		zmq.WithAuthenticator(zmq.AllowCertificates(store)))
	known := []zmq.Option{zmq.WithCurveServerKey(server.Public), zmq.WithCertificate(client)}
	m := askAndAnswer(w, router, w.connected(zmq.DEALER, ep, known...))
	if user, _ := m.Property("User-Id"); user != client.Public {
		t.Errorf("the peer is %q", user)
	}
	if name, _ := m.Property("name"); name != "joe" {
		t.Errorf("its name is %q", name)
	}
	refused := func(opts ...zmq.Option) {
		t.Helper()
		events := router.Events(w.ctx, failedHandshake)
		s := w.connected(zmq.DEALER, ep, opts...)
		if e := first(w, events); e.Type != zmq.EventHandshakeFailedAuth || e.Value != 400 {
			t.Errorf("%v: %v", e.Type, e.Err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	refused(zmq.WithCurveServerKey(server.Public), zmq.WithCertificate(zmq.NewCertificate()))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refused(known...)
	save()
	askAndAnswer(w, router, w.connected(zmq.DEALER, ep, known...))
}

// TestAllowCurveKeys: a list of keys instead of a directory; and no other
// mechanism gets in by it.
func TestAllowCurveKeys(t *testing.T) {
	public, _ := zmq.NewCurveKeypair()
	key, err := zmq.Z85Decode(public)
	if err != nil {
		t.Fatal(err)
	}
	allow := zmq.AllowCurveKeys(public, "no key")
	ctx := context.Background()
	if who, err := allow(ctx, zmq.AuthRequest{Mechanism: "CURVE", PublicKey: [32]byte(key)}); err != nil || who.UserID != public {
		t.Errorf("%+v, %v", who, err)
	}
	for _, r := range []zmq.AuthRequest{{Mechanism: "CURVE"}, {Mechanism: "NULL"}, {Mechanism: "PLAIN", PublicKey: [32]byte(key)}} {
		if _, err := allow(ctx, r); err == nil {
			t.Errorf("%+v comes in", r)
		}
	}
}
