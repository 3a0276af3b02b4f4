// SPDX-License-Identifier: MPL-2.0

// The library runs in processes of its own, of which the race detector sees nothing.

//go:build !race

package main_test

import (
	"bytes"
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// build is a build of the library.
type build struct {
	tags string
	once sync.Once
	dir  string // where the library and its header lie, as a user has them
	err  error
	log  []byte
}

// built is the library, faulty the one that can be broken (fault.go).
var built, faulty = build{}, build{tags: "libzmq_fault"}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, b := range []*build{&built, &faulty} {
		if b.dir != "" {
			_ = os.RemoveAll(b.dir)
		}
	}
	os.Exit(code)
}

// library builds the library once and returns its directory.
func library(t *testing.T) string {
	t.Helper()
	return built.library(t)
}

func (b *build) library(t *testing.T) string {
	t.Helper()
	needs(t, "make gcc", "make", "--version")
	b.once.Do(func() {
		readSources()
		if b.dir, b.err = os.MkdirTemp("", "libzmq"); b.err != nil {
			return
		}
		c := exec.Command("make", "-C", "../..", "libzmq", "BUILD="+b.dir, "TAGS="+b.tags)
		b.log, b.err = c.CombinedOutput()
	})
	if b.err != nil {
		t.Fatalf("make libzmq: %v\n%s", b.err, b.log)
	}
	return b.dir
}

// readSources opens what the library and the programs are made of, so that the go
// command runs the tests again when it changes.
func readSources() {
	for _, pattern := range []string{"*", "testdata/*", "testdata/bindings/*"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			_, _ = os.ReadFile(f)
		}
	}
}

// runBound bounds one foreign program.
const runBound = 5 * time.Minute

// run runs a program on our library and returns what it printed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return runOn(t, false, name, args...)
}

// runOn is run, with the library preloaded where the program would not look for it.
func runOn(t *testing.T, preload bool, name string, args ...string) string {
	t.Helper()
	lib := library(t) + "/lib"
	ctx, cancel := context.WithTimeout(t.Context(), runBound)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+lib, "LIBRARY="+lib, "ZMQ_DEBUG_STACKS=20")
	if preload {
		c.Env = append(c.Env, "LD_PRELOAD="+lib+"/libzmq.so.5")
	}
	var out, problems bytes.Buffer
	c.Stdout, c.Stderr = &out, &problems
	if err := c.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out.Bytes(), problems.Bytes())
	}
	if problems.Len() > 0 {
		t.Logf("%s", problems.Bytes())
	}
	return out.String()
}

// compile builds a C program of testdata against our header and library.
func compile(t *testing.T, name string) string {
	t.Helper()
	return built.compile(t, name)
}

func (b *build) compile(t *testing.T, name string) string {
	t.Helper()
	dir, to := b.library(t), filepath.Join(t.TempDir(), name)
	c := exec.Command("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-I"+dir+"/include",
		"testdata/"+name+".c", "-L"+dir+"/lib", "-lzmq", "-lpthread", "-o", to)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	return to
}

// TestPrograms: C programs that check every function, its errors included.
func TestPrograms(t *testing.T) {
	for _, name := range []string{"message", "plain", "context", "handles", "socket", "poll", "monitor", "process", "draft", "files", "outbox", "answers", "attend", "bodies", "dgram"} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, compile(t, name)); got != "ok\n" {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestStacksOfWhatWaits: with ZMQ_DEBUG_STACKS a call that waits too long has the
// goroutines' stacks printed, once.
func TestStacksOfWhatWaits(t *testing.T) {
	c := exec.Command(compile(t, "stuck"))
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+library(t)+"/lib", "ZMQ_DEBUG_STACKS=0.2")
	out, err := c.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "ok\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "a call waits for"); n != 1 || !strings.Contains(string(out), "goroutine ") {
		t.Errorf("%d prints\n%s", n, out)
	}
}

// TestMessagesUnderValgrind: no message function reads or writes what is not its
// own, and none loses memory. The C files are compiled without Go, whose runtime
// does things that valgrind takes for mistakes.
func TestMessagesUnderValgrind(t *testing.T) {
	needs(t, "valgrind", "valgrind", "--version")
	to := filepath.Join(t.TempDir(), "message")
	c := exec.Command("gcc", "-std=gnu11", "-g", "-I.", "-Itestdata", "testdata/message.c", "message.c", "pool.c", "plain.c",
		"-lpthread", "-o", to)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	run(t, "valgrind", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite", to)
}

// declared returns the functions of zmq.h.
func declared(t *testing.T) []string {
	t.Helper()
	header, err := os.ReadFile("zmq.h")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`ZMQ_EXPORT [^;]*?\b(zmq_\w+) \(`).FindAllSubmatch(header, -1) {
		names = append(names, string(m[1]))
	}
	slices.Sort(names)
	if len(names) != 97 || len(slices.Compact(slices.Clone(names))) != 97 {
		t.Fatalf("zmq.h declares %d functions, libzmq has 97", len(names))
	}
	return names
}

// TestEveryFunctionIsChecked: each function is called by a program of TestPrograms.
func TestEveryFunctionIsChecked(t *testing.T) {
	files, err := filepath.Glob("testdata/*.c")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range append(files, "testdata/check.h") {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, name := range declared(t) {
		if !regexp.MustCompile(`\b` + name + `\(`).MatchString(all.String()) {
			t.Errorf("no program calls %s", name)
		}
	}
}

// TestSymbols: the library shows the 97 functions and nothing else, and answers to
// libzmq's name.
func TestSymbols(t *testing.T) {
	lib, err := elf.Open(library(t) + "/lib/libzmq.so.5")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lib.Close() }()
	symbols, err := lib.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF {
			shown = append(shown, s.Name)
		}
	}
	slices.Sort(shown)
	if want := declared(t); !slices.Equal(shown, want) {
		t.Errorf("shows %v, want %v", shown, want)
	}
	if names, err := lib.DynString(elf.DT_SONAME); err != nil || !slices.Equal(names, []string{"libzmq.so.5"}) {
		t.Errorf("its name is %v, %v", names, err)
	}
}

// constants returns what a header defines.
func constants(t *testing.T, header string) map[string]string {
	t.Helper()
	out, err := exec.Command("gcc", "-dM", "-E", "-DZMQ_BUILD_DRAFT_API", "-x", "c", header).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#define (ZMQ_\w+|E[A-Z]+) (.+)$`).FindAllStringSubmatch(string(out), -1) {
		found[m[1]] = strings.NewReplacer(" ", "", "(", "", ")", "").Replace(m[2])
	}
	return found
}

// TestConstants: whatever libzmq's own header defines, ours does too, alike.
func TestConstants(t *testing.T) {
	needs(t, "libzmq3-dev", "test", "-e", "/usr/include/zmq.h")
	ours, theirs := constants(t, "zmq.h"), constants(t, "/usr/include/zmq.h")
	if len(theirs) < 200 {
		t.Fatalf("only %d constants found", len(theirs))
	}
	differ := []string{
		"ZMQ_VERSION_PATCH",                   // newer
		"ZMQ_RECONNECT_STOP_AFTER_DISCONNECT", // 4 since 4.3.5
	}
	for name, value := range theirs {
		if ours[name] != value && !slices.Contains(differ, name) {
			t.Errorf("%s is %q, libzmq has %q", name, ours[name], value)
		}
	}
}

// compiles has a compiler check a text.
func compiles(t *testing.T, text, compiler string, args ...string) {
	t.Helper()
	c := exec.Command(compiler, append(args, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I.", "-")...)
	c.Stdin = strings.NewReader(text)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", c.Args, err, out)
	}
}

// TestHeaderAnywhere: the header is good for each standard of C and C++, alone.
func TestHeaderAnywhere(t *testing.T) {
	needs(t, "gcc g++", "g++", "--version")
	for _, draft := range []string{"", "#define ZMQ_BUILD_DRAFT_API\n"} {
		text := draft + "#include <zmq.h>\nint main(void) { return zmq_errno(); }\n"
		for _, std := range []string{"c89", "c99", "c11", "c17", "gnu17"} {
			compiles(t, text, "gcc", "-x", "c", "-std="+std, "-pedantic")
		}
		for _, std := range []string{"c++98", "c++11", "c++20"} {
			compiles(t, text, "g++", "-x", "c++", "-std="+std, "-pedantic")
		}
	}
}

// TestPrototypes: a compiler that knows libzmq's own header takes ours for the same
// functions.
func TestPrototypes(t *testing.T) {
	needs(t, "libzmq3-dev", "test", "-e", "/usr/include/zmq.h")
	header, err := os.ReadFile("zmq.h")
	if err != nil {
		t.Fatal(err)
	}
	text := "#define ZMQ_BUILD_DRAFT_API\n#define ZMQ_HAVE_PPOLL\n#include <signal.h>\n#include </usr/include/zmq.h>\n#define ZMQ_EXPORT extern\n"
	prototypes := regexp.MustCompile(`(?m)^ZMQ_EXPORT [^;#]*\);$`).FindAllString(string(header), -1)
	if len(prototypes) != len(declared(t)) {
		t.Errorf("%d prototypes found", len(prototypes))
	}
	compiles(t, text+strings.Join(prototypes, "\n"), "gcc", "-x", "c", "-std=gnu17")
}

// TestPkgConfig: what a build asks for.
func TestPkgConfig(t *testing.T) {
	needs(t, "pkg-config", "pkg-config", "--version")
	dir := library(t)
	var said []byte
	for _, ask := range []string{"--cflags", "--libs", "--modversion"} {
		c := exec.Command("pkg-config", ask, "libzmq")
		c.Env = append(os.Environ(), "PKG_CONFIG_PATH="+dir+"/lib/pkgconfig")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		said = append(said, out...)
	}
	for _, want := range []string{"4.3.6", "-I" + dir + "/include", "-L" + dir + "/lib", "-lzmq"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("no %s in %q", want, said)
		}
	}
}
