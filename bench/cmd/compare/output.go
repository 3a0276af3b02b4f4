// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const namesMax = 1000 // runs of one day on one kind of machine

// write prints the table and writes the files.
func (r *runner) write(root string) error {
	if len(r.report.Cells) == 0 {
		return fmt.Errorf("nothing was measured")
	}
	if err := r.report.WriteText(os.Stdout); err != nil {
		return err
	}
	dir, err := r.makeDir(root)
	if err != nil {
		return err
	}
	files := map[string]func(io.Writer) error{
		"report.txt":  r.report.WriteText,
		"results.csv": r.report.WriteCSV,
		"run.json":    r.report.WriteJSON,
	}
	for _, p := range r.report.Plots() {
		files[p.Name+".svg"] = p.WriteSVG
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	if shown, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(shown) {
		dir = shown
	}
	progress("wrote %d files to %s", len(files), dir)
	if !r.report.Complete {
		return fmt.Errorf("the run is not complete")
	}
	return nil
}

// makeDir makes the directory of the results. The default one is never an
// existing one.
func (r *runner) makeDir(root string) (string, error) {
	if r.out != "" {
		return r.out, os.MkdirAll(r.out, 0o755)
	}
	parent := filepath.Join(root, "results")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	name := filepath.Join(parent, r.report.Machine.DirName(r.started))
	dir := name
	for i := 2; ; i++ {
		err := os.Mkdir(dir, 0o755)
		if !os.IsExist(err) || i > namesMax {
			return dir, err
		}
		dir = fmt.Sprintf("%s-%d", name, i)
	}
}

func writeFile(path string, content func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := content(f); err != nil {
		_ = f.Close() // the first error is the one to tell
		return err
	}
	return f.Close()
}
