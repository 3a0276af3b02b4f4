// SPDX-License-Identifier: MPL-2.0

package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// source is one Go file.
type source struct {
	path string // in the module, with slashes
	pkg  string // its directory, "" for the root
	test bool   // _test.go
	text string
	fset *token.FileSet
	file *ast.File
}

// finding is one violation of a rule.
type finding struct {
	rule, path string
	line       int
	text       string
}

// String formats f as compilers do.
func (f finding) String() string {
	return fmt.Sprintf("%s:%d: [%s] %s", f.path, f.line, f.rule, f.text)
}

// line returns the line of a position in s.
func (s *source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

// lines returns the number of lines from one position to another.
func (s *source) lines(from, to token.Pos) int { return s.line(to) - s.line(from) + 1 }

// imports calls visit for each import of s.
func (s *source) imports(visit func(path string, pos token.Pos)) {
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			visit(p, spec.Pos())
		}
	}
}

// uses calls visit for each selection of a name from the package with the given
// import path, under whatever name the file imports it.
func (s *source) uses(importPath string, visit func(sel *ast.SelectorExpr)) {
	local := ""
	for _, spec := range s.file.Imports {
		if p, _ := strconv.Unquote(spec.Path.Value); p == importPath {
			if local = path.Base(importPath); spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	if local == "" {
		return
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == local {
				visit(sel)
			}
		}
		return true
	})
}

// load parses every Go file below root, except those in testdata, in hidden
// directories and in other modules. A directory may go away meanwhile: other tests
// run, too.
func load(root string) ([]*source, error) {
	var all []*source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil && p != root && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && skipDir(p, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
			return nil
		}
		s, err := parse(p, filepath.ToSlash(rel))
		if err == nil {
			all = append(all, s)
		}
		return err
	})
	return all, err
}

// skipDir reports whether the go command would not look into a directory as
// part of this module.
func skipDir(p, name string) bool {
	if name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(p, "go.mod"))
	return err == nil
}

// parse reads one file.
func parse(p, rel string) (*source, error) {
	text, err := os.ReadFile(p)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, rel, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	pkg := path.Dir(rel)
	if pkg == "." {
		pkg = ""
	}
	return &source{
		path: rel, pkg: pkg, test: strings.HasSuffix(rel, "_test.go"),
		text: string(text), fset: fset, file: file,
	}, nil
}
