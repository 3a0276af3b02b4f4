// SPDX-License-Identifier: MPL-2.0

package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// report takes a finding at a position; NoPos is line 1.
type report func(pos token.Pos, format string, args ...any)

// rule is one rule of the house, which looks at a file, or at all the files of
// a package.
type rule struct {
	name string
	file func(s *source, report report)
	pkg  func(files []*source, report report)
}

// rules are all the rules.
var rules = []rule{
	{name: "layer", file: layerRule},
	{name: "unlisted", file: unlistedRule},
	{name: "testonly", file: testOnlyRule},
	{name: "thirdparty", file: thirdPartyRule},
	{name: "cgo", file: cgoRule},
	{name: "filesize", file: fileSizeRule},
	{name: "funcsize", file: funcSizeRule},
	{name: "pkgdoc", pkg: pkgDocRule},
	{name: "exporteddoc", file: exportedDocRule},
	{name: "licence", file: licenceRule},
	{name: "name", file: nameRule},
	{name: "sleep", file: sleepRule},
	{name: "atomic", file: atomicRule},
	{name: "todo", file: todoRule},
}

// check applies all rules to the files below root.
func check(root string) ([]finding, error) {
	all, err := load(root)
	if err != nil {
		return nil, err
	}
	byPkg := make(map[string][]*source)
	for _, s := range all {
		byPkg[s.pkg] = append(byPkg[s.pkg], s)
	}
	var found []finding
	for _, r := range rules {
		reporter := func(s *source) report {
			return func(pos token.Pos, format string, args ...any) {
				line := 1
				if pos.IsValid() {
					line = s.line(pos)
				}
				found = append(found, finding{r.name, s.path, line, fmt.Sprintf(format, args...)})
			}
		}
		if r.pkg != nil {
			for _, files := range byPkg {
				r.pkg(files, reporter(files[0]))
			}
			continue
		}
		for _, s := range all {
			r.file(s, reporter(s))
		}
	}
	slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return found, nil
}

// ours returns the path in the module of an import, if it is of the module.
func ours(imported string) (pkg string, ok bool) {
	if imported == modulePath {
		return "", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

// layerRule: imports go down only. Tests may import what they like.
func layerRule(s *source, report report) {
	line, family, known := layerOf(s.pkg)
	if s.test || !known {
		return
	}
	s.imports(func(imported string, pos token.Pos) {
		pkg, ok := ours(imported)
		if !ok {
			return
		}
		to, toFamily, known := layerOf(pkg)
		if !known || to < line || family != "" && family == toFamily {
			return
		}
		report(pos, "%q on line %d imports %q on line %d", s.pkg, line, pkg, to)
	})
}

// unlistedRule: every package has its line.
func unlistedRule(s *source, report report) {
	if _, _, known := layerOf(s.pkg); !known {
		report(s.file.Package, "package %q: add it to the layer table", s.pkg)
	}
}

// testOnlyRule: what serves tests is not shipped.
func testOnlyRule(s *source, report report) {
	s.imports(func(imported string, pos token.Pos) {
		pkg, ok := ours(imported)
		if !ok {
			return
		}
		if slices.Contains(noImport, pkg) {
			report(pos, "nothing imports %q", pkg)
		}
		if slices.Contains(testOnly, pkg) && !s.test && !slices.Contains(testOnly, s.pkg) {
			report(pos, "only tests import %q", pkg)
		}
	})
}

// thirdPartyRule: other modules are imported where the table says.
func thirdPartyRule(s *source, report report) {
	if s.test {
		return
	}
	s.imports(func(imported string, pos token.Pos) {
		if _, ok := ours(imported); ok || isStandard(imported) {
			return
		}
		for _, t := range thirdParty {
			if t.path != imported && !(strings.HasSuffix(t.path, "/") && strings.HasPrefix(imported, t.path)) {
				continue
			}
			if t.into != nil && !isBelowAny(s.pkg, t.into) {
				report(pos, "%q is for %s only", imported, t.where)
			}
			return
		}
		report(pos, "%q is not in the table of allowed modules", imported)
	})
}

// isStandard reports whether an import is of the standard library: its first
// element has no dot.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// cgoRule: the module builds without a C compiler.
func cgoRule(s *source, report report) {
	s.imports(func(imported string, pos token.Pos) {
		if imported == "C" && !isBelowAny(s.pkg, cgoAllowed) {
			report(pos, `import "C" outside %s`, strings.Join(cgoAllowed, ", "))
		}
	})
}

// fileSizeRule: a file has a bound.
func fileSizeRule(s *source, report report) {
	if ast.IsGenerated(s.file) {
		return
	}
	lines := strings.Count(s.text, "\n")
	checkSize(s.path, lines, fileLinesMax, func(text string) { report(token.NoPos, "file: %s", text) })
}

// funcSizeRule: a function has a bound.
func funcSizeRule(s *source, report report) {
	if ast.IsGenerated(s.file) {
		return
	}
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if recv := receiver(f); recv != "" {
			name = recv + "." + name
		}
		checkSize(s.path+" "+name, s.lines(f.Pos(), f.End()), funcLinesMax, func(text string) {
			report(f.Pos(), "%s: %s", name, text)
		})
	}
}

// checkSize compares a number of lines with its bound and the exceptions.
func checkSize(key string, lines, bound int, report func(text string)) {
	_, excepted := sizeExceptions[key]
	switch {
	case lines > bound && !excepted:
		report(fmt.Sprintf("%d lines, at most %d", lines, bound))
	case lines <= bound && excepted:
		report("the exception is not needed any more")
	}
}

// receiver returns the name of the type of a method's receiver.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	for t := f.Recv.List[0].Type; ; {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// hasText reports whether one of the comments says anything.
func hasText(comments ...*ast.CommentGroup) bool {
	for _, c := range comments {
		if strings.TrimSpace(c.Text()) != "" {
			return true
		}
	}
	return false
}

// pkgDocRule: a package says what it is for.
func pkgDocRule(files []*source, report report) {
	allTests := true
	for _, s := range files {
		if hasText(s.file.Doc) && !s.test {
			return
		}
		allTests = allTests && s.test
	}
	if !allTests {
		report(token.NoPos, "package %q has no doc comment", files[0].pkg)
	}
}

// exportedDocRule: what another package can use is explained.
func exportedDocRule(s *source, report report) {
	if s.test || s.file.Name.Name == "main" {
		return
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			recv := receiver(d)
			if d.Name.IsExported() && (recv == "" || ast.IsExported(recv)) && !hasText(d.Doc) {
				report(d.Pos(), "%s has no doc comment", d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if name := undocumented(d, spec); name != "" {
					report(spec.Pos(), "%s has no doc comment", name)
				}
			}
		}
	}
}

// undocumented returns the first exported name of spec if neither it nor its
// group has a comment.
func undocumented(d *ast.GenDecl, spec ast.Spec) string {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && !hasText(d.Doc, spec.Doc, spec.Comment) {
			return spec.Name.Name
		}
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			if n.IsExported() && !hasText(d.Doc, spec.Doc, spec.Comment) {
				return n.Name
			}
		}
	}
	return ""
}

// licenceLine begins every file.
const licenceLine = "// SPDX-License-Identifier: MPL-2.0\n"

// licenceRule: every file names the licence.
func licenceRule(s *source, report report) {
	if !strings.HasPrefix(s.text, licenceLine) {
		report(token.NoPos, "the first line is not %q", strings.TrimSpace(licenceLine))
	}
}

var (
	// nameSuffix is what the go command takes off a file's name.
	nameSuffix = regexp.MustCompile(
		`(_(linux|darwin|freebsd|netbsd|openbsd|dragonfly|bsd|unix|amd64|arm64|386))*(_test)?\.go$`)
	versionName = regexp.MustCompile(`^v[0-9]+$`)
)

// nameRule: a name says what is inside.
func nameRule(s *source, report report) {
	base := path.Base(s.path)
	stem := base[:len(base)-len(nameSuffix.FindString(base))]
	for _, name := range []string{stem, path.Base(s.pkg)} {
		if slices.Contains(bannedNames, name) || versionName.MatchString(name) && s.pkg != zmtpVersions {
			report(token.NoPos, "%q says nothing", name)
		}
	}
}

// sleepRule: tests wait for what happens and not for time to pass. In a synctest
// bubble time is fake, so that a sleep is exact there.
func sleepRule(s *source, report report) {
	if !s.test {
		return
	}
	var bubbles []ast.Node
	s.uses("testing/synctest", func(sel *ast.SelectorExpr) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && call.Fun == sel && sel.Sel.Name == "Test" {
				bubbles = append(bubbles, call)
			}
			return true
		})
	})
	s.uses("time", func(sel *ast.SelectorExpr) {
		inBubble := slices.ContainsFunc(bubbles, func(b ast.Node) bool {
			return b.Pos() <= sel.Pos() && sel.Pos() < b.End()
		})
		if sel.Sel.Name == "Sleep" && !inBubble {
			report(sel.Pos(), "time.Sleep in a test")
		}
	})
}

// rawAtomic matches the functions of sync/atomic that work on plain variables.
var rawAtomic = regexp.MustCompile(`^(Load|Store|Add|Swap|CompareAndSwap|And|Or)(Int32|Int64|Uint32|Uint64|Uintptr|Pointer)$`)

// atomicRule: a variable that is used atomically has an atomic type, so that
// nobody can use it otherwise.
func atomicRule(s *source, report report) {
	s.uses("sync/atomic", func(sel *ast.SelectorExpr) {
		if rawAtomic.MatchString(sel.Sel.Name) {
			report(sel.Pos(), "atomic.%s: use a typed atomic", sel.Sel.Name)
		}
	})
	for _, spec := range s.file.Imports {
		if spec.Path.Value == `"sync/atomic"` && spec.Name != nil && spec.Name.Name == "." {
			report(spec.Pos(), "sync/atomic imported under no name")
		}
	}
}

// leftToDo matches the words that mark unfinished work.
var leftToDo = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)

// todoRule: what is in the tree is finished.
func todoRule(s *source, report report) {
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if word := leftToDo.FindString(c.Text); word != "" {
				report(c.Pos(), "%s in a comment", word)
			}
		}
	}
}
