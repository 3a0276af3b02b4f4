// SPDX-License-Identifier: MPL-2.0

// Package arch holds no code, only the tests that keep the house in order: they
// parse every Go file of the module, whatever its build constraints, and enforce
// the rules on layers, imports, sizes, names and comments.
//
// tables_test.go is the list of layers and of what may be imported where: a new
// package is entered there. rules_test.go has one function for each rule,
// source_test.go reads the files. Each rule has a fixture below testdata that
// breaks it, and the tests want the rule to find it: a rule that finds nothing
// anywhere cannot pass.
//
// Nothing imports this package.
package arch
