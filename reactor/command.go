// SPDX-License-Identifier: MPL-2.0

package reactor

// Op is an operation that a loop can be asked to do. Ops are package-level
// values in the package that handles them; the reactor only carries them.
type Op struct {
	Name string
	Run  func(c Command)
}

// Command is an operation with its arguments (libzmq command_t). It is carried
// by value; To and Arg hold pointers, so that sending allocates nothing.
type Command struct {
	Op  *Op
	To  any
	Arg any
	N   int64
}
