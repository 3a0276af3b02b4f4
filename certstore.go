// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// certificatesMaxCount bounds the files of a store; those beyond it, in the order
	// of their names, are not looked at.
	certificatesMaxCount = 1 << 16
	// settledAfter is the age from which a file that looks unchanged is unchanged: a
	// younger one may have been written twice within the resolution of its times.
	settledAfter = 2 * time.Second
)

// CertStore is a directory of public certificates, files of czmq or pyzmq, which
// may change at any time: each question looks at the directory, and reads the
// files again that have changed since the last one. Safe for use by any number of
// goroutines.
type CertStore struct {
	dir string

	mu sync.Mutex
	// +checklocks:mu
	files map[string]certFile // by name
	// +checklocks:mu
	known map[string]Certificate // by public key
}

// certFile is a file as it was when it was last read.
type certFile struct {
	stamp   certStamp
	settled bool
	cert    Certificate // without public key where the file is no certificate
}

// certStamp differs where a file may have changed.
type certStamp struct {
	size     int64
	inode    uint64
	modified time.Time
}

// OpenCertStore returns the store of a directory, which must be there. A directory
// that is gone later is an empty one.
func OpenCertStore(dir string) (*CertStore, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	return &CertStore{dir: dir}, nil
}

// Lookup returns the certificate in the store that has a public key, given as 32
// bytes or as 40 characters of Z85.
func (s *CertStore) Lookup(public string) (Certificate, bool) {
	k, err := parseKey(public)
	if err != nil {
		return Certificate{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh(time.Now())
	c, ok := s.known[keyText(k)]
	return c, ok
}

// refresh reads what has changed.
//
// +checklocks:s.mu
func (s *CertStore) refresh(now time.Time) {
	entries, _ := os.ReadDir(s.dir) // sorted by name; of what cannot be read, nothing
	entries = entries[:min(len(entries), certificatesMaxCount)]
	files := make(map[string]certFile, len(entries))
	changed := len(s.files) == 0
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, secretSuffix) || strings.HasPrefix(name, ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(s.dir, name))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, ok := s.files[name]
		if stamp := stampOf(info); !ok || !f.settled || f.stamp != stamp {
			f = certFile{stamp: stamp, settled: now.Sub(stamp.modified) > settledAfter}
			f.cert, _ = loadPublic(filepath.Join(s.dir, name))
			changed = true
		}
		files[name] = f
	}
	if !changed && len(files) == len(s.files) {
		return
	}
	s.files, s.known = files, make(map[string]Certificate, len(files))
	for _, f := range files {
		if f.cert.Public != "" {
			s.known[f.cert.Public] = f.cert
		}
	}
}

func stampOf(info fs.FileInfo) certStamp {
	stamp := certStamp{size: info.Size(), modified: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		stamp.inode = uint64(sys.Ino)
	}
	return stamp
}

// loadPublic reads a certificate and forgets its secret key, if it has one.
func loadPublic(path string) (Certificate, error) {
	text, err := readCertificate(path)
	if err != nil {
		return Certificate{}, err
	}
	c, err := ParseCertificate(text)
	if err != nil {
		return Certificate{}, err
	}
	c.Secret = ""
	return c, nil
}

// AllowCertificates returns an authenticator for CURVE that lets in who has proven
// to own a certificate of the store. The User-Id is the public key as text, and the
// certificate's metadata become properties of the messages, as with czmq.
func AllowCertificates(s *CertStore) Authenticator {
	return func(_ context.Context, r AuthRequest) (Identity, error) {
		if r.Mechanism != "CURVE" {
			return Identity{}, errUnknownPeer
		}
		c, ok := s.Lookup(string(r.PublicKey[:]))
		if !ok {
			return Identity{}, errUnknownPeer
		}
		return Identity{UserID: c.Public, Metadata: c.Metadata}, nil
	}
}

// AllowCurveKeys returns an authenticator for CURVE that lets in who has proven to
// own one of the public keys, each 32 bytes or 40 characters of Z85; what is no key
// is nobody's. The User-Id is the public key as text.
func AllowCurveKeys(public ...string) Authenticator {
	known := make(map[[CurveKeySize]byte]bool, len(public))
	for _, p := range public {
		if k, err := parseKey(p); err == nil {
			known[k] = true
		}
	}
	return func(_ context.Context, r AuthRequest) (Identity, error) {
		if r.Mechanism != "CURVE" || !known[r.PublicKey] {
			return Identity{}, errUnknownPeer
		}
		return Identity{UserID: keyText(r.PublicKey)}, nil
	}
}
