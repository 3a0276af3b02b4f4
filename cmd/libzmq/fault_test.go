// SPDX-License-Identifier: MPL-2.0

//go:build !race

package main_test

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestNoPanicLeaves: a C program goes on where the engine panics in its calls, and
// gets EFAULT; each panic is reported on standard error.
func TestNoPanicLeaves(t *testing.T) {
	program := faulty.compile(t, "fault")
	ctx, cancel := context.WithTimeout(t.Context(), runBound)
	defer cancel()
	c := exec.CommandContext(ctx, program)
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+faulty.library(t)+"/lib", "ZMQ_DEBUG_STACKS=20")
	var out, reports bytes.Buffer
	c.Stdout, c.Stderr = &out, &reports
	if err := c.Run(); err != nil || out.String() != "ok\n" {
		t.Fatalf("%v: %q\n%s", err, out.Bytes(), reports.Bytes())
	}
	if n := strings.Count(reports.String(), "libzmq: internal error, please report: "); n < 30 {
		t.Errorf("%d reports, each panic has one\n%s", n, reports.Bytes())
	}
}

// TestExportedFunctionsAreGuarded: each Go function that C can call gives an errno by
// a named result and begins with the guard of it.
func TestExportedFunctionsAreGuarded(t *testing.T) {
	sources := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), ".", sources, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	exported := 0
	for _, file := range packages["main"].Files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !isExported(f) {
				continue
			}
			exported++
			if !isGuarded(f) {
				t.Errorf("%s does not begin with the guard of its result", f.Name.Name)
			}
		}
	}
	if exported < 25 {
		t.Errorf("only %d functions found", exported)
	}
}

func isExported(f *ast.FuncDecl) bool {
	if f.Doc != nil {
		for _, line := range f.Doc.List {
			if strings.HasPrefix(line.Text, "//export ") {
				return true
			}
		}
	}
	return false
}

// isGuarded wants a first statement "defer guard(&e)" where e is the only result.
func isGuarded(f *ast.FuncDecl) bool {
	results := f.Type.Results
	if results == nil || len(results.List) != 1 || len(results.List[0].Names) != 1 || len(f.Body.List) == 0 {
		return false
	}
	first, ok := f.Body.List[0].(*ast.DeferStmt)
	if !ok || len(first.Call.Args) != 1 {
		return false
	}
	called, ok := first.Call.Fun.(*ast.Ident)
	if !ok || called.Name != "guard" {
		return false
	}
	address, ok := first.Call.Args[0].(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return false
	}
	result, ok := address.X.(*ast.Ident)
	return ok && result.Name == results.List[0].Names[0].Name
}
