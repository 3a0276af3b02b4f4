// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	zmq "github.com/zeroloop/zmq"
)

// curveCommand is about the keys of CURVE.
type curveCommand struct {
	Keygen keygenCommand `cmd:"" help:"Make a CURVE key pair: print it, or write it as a certificate that czmq and pyzmq read too."`
	Public publicCommand `cmd:"" help:"Read a secret key from standard input and print the public key that belongs to it."`
}

// keygenCommand makes a key pair.
type keygenCommand struct {
	Path  string            `arg:"" optional:"" type:"path" help:"File for the public certificate; the secret one goes to the same name with _secret behind it, for the owner only."`
	Meta  map[string]string `short:"m" mapsep:"none" help:"What else the certificate says of its owner, such as name=joe. Any number of times." placeholder:"NAME=VALUE"`
	Force bool              `help:"Replace files that are there already."`
}

// errExists says that a key would be lost.
var errExists = errors.New("exists; --force replaces it, and the key in it is lost")

// Run does it; kong gives it the writer.
func (k *keygenCommand) Run(w io.Writer) error {
	c := zmq.NewCertificate()
	c.Metadata = k.Meta
	if k.Path == "" {
		text, err := c.SecretText()
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	for _, path := range []string{k.Path, k.Path + "_secret"} {
		if _, err := os.Lstat(path); !k.Force && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", path, errors.Join(err, errExists))
		}
	}
	if err := c.Save(k.Path); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, c.Public)
	return err
}

// publicCommand finds a public key.
type publicCommand struct{}

// Run does it; kong gives it the writer.
func (publicCommand) Run(w io.Writer) error {
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 1<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	public, err := zmq.CurvePublic(strings.TrimSpace(line))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, public)
	return err
}
