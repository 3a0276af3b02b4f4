// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/zeroloop/zmq/internal/option"
)

const (
	// secretSuffix makes the name of the file with the secret key out of that of the
	// public one, with czmq and pyzmq.
	secretSuffix = "_secret"
	// certificateBytesMax bounds a certificate's file.
	certificateBytesMax = 64 << 10
)

// Certificate is a CURVE key pair, or the public half of one, with what else is
// known of its owner.
type Certificate struct {
	Public   string            // 40 characters of Z85
	Secret   string            // the same; empty where it is not known
	Metadata map[string]string // such as name and email; may be nil
}

// NewCertificate makes a key pair.
func NewCertificate() Certificate {
	public, secret := NewCurveKeypair()
	return Certificate{Public: public, Secret: secret}
}

// WithCertificate makes a socket a CURVE one with the keys of a certificate, which
// needs both. A client needs WithCurveServerKey besides, a server WithCurveServer.
func WithCertificate(c Certificate) Option {
	return Option{set: func(o *option.Options) error {
		if e := option.Set(o, option.CurvePublicKeyID, []byte(c.Public)); e.Err() != nil {
			return e.Err()
		}
		return option.Set(o, option.CurveSecretKeyID, []byte(c.Secret)).Err()
	}}
}

// LoadCertificate reads a certificate file of czmq (zcert_save) or pyzmq (.key):
// path+"_secret" where there is one, else path. ErrInvalid for a file that is
// none.
func LoadCertificate(path string) (Certificate, error) {
	text, err := readCertificate(path + secretSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = readCertificate(path)
	}
	if err != nil {
		return Certificate{}, err
	}
	c, err := ParseCertificate(text)
	if err != nil {
		return Certificate{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// readCertificate reads a file of a bounded size.
func readCertificate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, certificateBytesMax+1))
	if err == nil && len(text) > certificateBytesMax {
		err = fmt.Errorf("%s: %w", path, ErrInvalid)
	}
	return text, err
}

// ParseCertificate reads what the file of a certificate holds: the sections
// "metadata" and "curve" of ZPL (RFC 4), with names and values indented below.
// What else is there is passed over. ErrInvalid for text without public key, or
// with keys that are none or don't belong together.
func ParseCertificate(text []byte) (Certificate, error) {
	c := Certificate{}
	section := ""
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			section = trimmed
			continue
		}
		name, value, ok := strings.Cut(trimmed, "=")
		if !ok {
			continue
		}
		c.note(section, strings.TrimSpace(name), unquote(strings.TrimSpace(value)))
	}
	return c, wrap("certificate", "", c.check())
}

// note takes one value of a file.
func (c *Certificate) note(section, name, value string) {
	switch {
	case section == "curve" && name == "public-key":
		c.Public = value
	case section == "curve" && name == "secret-key":
		c.Secret = value
	case section == "metadata" && name != "":
		if c.Metadata == nil {
			c.Metadata = make(map[string]string)
		}
		c.Metadata[name] = value
	}
}

// check returns ErrInvalid for keys that are none.
func (c *Certificate) check() error {
	if len(c.Public) != CurveKeyTextLen {
		return ErrInvalid
	}
	if _, err := parseKey(c.Public); err != nil {
		return ErrInvalid
	}
	if c.Secret == "" {
		return nil
	}
	if public, err := CurvePublic(c.Secret); len(c.Secret) != CurveKeyTextLen || err != nil || public != c.Public {
		return ErrInvalid
	}
	return nil
}

// unquote takes quotes, or a comment, off a value. There is no escape in ZPL: a
// value ends at the last quote of its kind.
func unquote(value string) string {
	if value == "" {
		return value
	}
	if q := value[0]; q == '"' || q == '\'' {
		if end := strings.LastIndexByte(value, q); end > 0 {
			return value[1:end]
		}
	}
	before, _, _ := strings.Cut(value, " #")
	return strings.TrimSpace(before)
}

// PublicText returns the certificate without its secret key, as czmq writes it to
// a file.
func (c Certificate) PublicText() ([]byte, error) { return c.text(false) }

// SecretText returns the certificate with its secret key, in the same form.
func (c Certificate) SecretText() ([]byte, error) { return c.text(true) }

func (c *Certificate) text(secret bool) ([]byte, error) {
	if err := c.check(); err != nil || secret && c.Secret == "" {
		return nil, wrap("certificate", "", ErrInvalid)
	}
	var b bytes.Buffer
	if secret {
		b.WriteString("#   The secret key of a ZeroMQ CURVE certificate: for its owner only.\n\n")
	} else {
		b.WriteString("#   A public ZeroMQ CURVE certificate: to be exchanged on a way that can be trusted.\n\n")
	}
	b.WriteString("metadata\n")
	var names []string
	for name, value := range c.Metadata {
		if !plainText(name, "=#\"' \t") || !plainText(value, "") {
			return nil, wrap("certificate", "", ErrInvalid)
		}
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "    %s = \"%s\"\n", name, c.Metadata[name])
	}
	fmt.Fprintf(&b, "curve\n    public-key = \"%s\"\n", c.Public)
	if secret {
		fmt.Fprintf(&b, "    secret-key = \"%s\"\n", c.Secret)
	}
	return b.Bytes(), nil
}

// plainText reports whether text has no control character, and none of those
// given; a name, for which some are, is not empty either.
func plainText(text, without string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) &&
		!strings.ContainsAny(text, without) && (without == "" || text != "")
}

// Save writes the public certificate to path, for all to read, and, where the
// secret key is known, that to path+"_secret", for the owner only. Files that are
// there already are replaced, each as a whole.
func (c Certificate) Save(path string) error {
	if c.Secret != "" {
		text, err := c.SecretText()
		if err == nil {
			err = replaceFile(path+secretSuffix, text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	text, err := c.PublicText()
	if err != nil {
		return err
	}
	return replaceFile(path, text, 0o644)
}

// replaceFile writes a file under another name first, so that nobody reads half of
// it, and nobody else its secret.
func replaceFile(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".certificate-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
