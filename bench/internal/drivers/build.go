// SPDX-License-Identifier: MPL-2.0

package drivers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

const (
	buildLimit   = 5 * time.Minute
	versionLimit = 10 * time.Second
	reasonMax    = 160 // bytes of an error kept for the report
)

const modulePath = "github.com/zeroloop/zmq/bench"

// FindRoot returns the directory of this module, looking upwards from dir and
// in its bench directory.
func FindRoot(dir string) (string, error) {
	for d := dir; ; d = filepath.Dir(d) {
		for _, candidate := range []string{d, filepath.Join(d, "bench")} {
			text, err := os.ReadFile(filepath.Join(candidate, "go.mod"))
			if err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n") {
				return candidate, nil
			}
		}
		if d == filepath.Dir(d) {
			return "", errors.New("start this program inside the repository: go run -C bench ./cmd/compare")
		}
	}
}

// Build compiles a peer from the module at root into the directory bin and
// asks its version. Failure is not an error: it is the reason of its absence.
func Build(ctx context.Context, p Peer, root, bin string) Driver {
	d := Driver{Peer: p, Path: filepath.Join(bin, p.Name)}
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	var err error
	switch {
	case p.C != "":
		err = buildC(ctx, p, root, d.Path)
	case p.Perf:
		err = buildPerf(ctx, root, d.Path)
		d.Version = wire.Version{Version: "perf programs of this library", Commands: perfCommands}
	default:
		err = compile(ctx, root, []string{"CGO_ENABLED=" + map[bool]string{true: "1", false: "0"}[p.Cgo]},
			"go", "build", "-tags", p.Tags, "-o", d.Path, p.Go)
	}
	if err == nil && !p.Perf {
		d.Version, err = askVersion(ctx, d.Path)
	}
	if err != nil {
		d.Absent = Reason(err)
	}
	return d
}

// buildC compiles a C driver; one that runs on our own libzmq.so.5 finds it, and its
// header, in a directory beside the program.
func buildC(ctx context.Context, p Peer, root, path string) error {
	args := []string{"-O2", "-o", path, filepath.Join("c", p.C)}
	if p.OnOurs {
		at := path + ".build"
		if err := compile(ctx, filepath.Dir(root), nil, "make", "libzmq", "BUILD="+at); err != nil {
			return err
		}
		lib := filepath.Join(at, "lib")
		args = append(args, "-I"+filepath.Join(at, "include"), "-L"+lib, "-Wl,-rpath,"+lib)
	}
	return compile(ctx, root, nil, "gcc", append(append(args, p.Libs...), "-lpthread")...)
}

func compile(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil && len(bytes.TrimSpace(out)) > 0 {
		return errors.New(firstError(string(out)))
	}
	return err
}

// firstError picks the line that tells most from a compiler's output.
func firstError(out string) string {
	first := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "error:") || strings.Contains(line, "No package") {
			return line
		}
		if first == "" && line != "" && !strings.HasPrefix(line, "#") {
			first = line
		}
	}
	return first
}

func askVersion(ctx context.Context, path string) (wire.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return wire.Version{}, fmt.Errorf("version: %w", err)
	}
	return wire.ParseVersion(out)
}

var absolutePath = regexp.MustCompile(`(^|[\s"'(=:/])((?:/[\w.+@!~-]+){2,}/?)`)

// Reason is an error's text for the report: one line, of bounded length and
// without paths of this machine.
func Reason(err error) string {
	text := absolutePath.ReplaceAllStringFunc(err.Error(), func(found string) string {
		parts := absolutePath.FindStringSubmatch(found)
		return parts[1] + "…/" + filepath.Base(parts[2])
	})
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > reasonMax {
		text = strings.ToValidUTF8(text[:reasonMax], "") + "…"
	}
	return text
}
