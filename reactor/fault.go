// SPDX-License-Identifier: MPL-2.0

// Previous: loop.go (what it was doing). Next: engine (Fault).

package reactor

import (
	"fmt"
	"runtime/debug"
)

// Fault is a panic that happened while a loop, or an application goroutine in its
// place, worked for one of its objects: a defect of the program, which is to cost that
// object, not the process.
type Fault struct {
	Value any    // what panic was called with
	Stack []byte // where, as debug.Stack prints it
}

// Error says what the panic was and where.
func (f *Fault) Error() string { return fmt.Sprintf("internal error: %v\n%s", f.Value, f.Stack) }

// Faulter is an object that wants to hear of its own panic, in order to end
// itself. It runs on the loop.
type Faulter interface {
	Fault(f *Fault)
}

// contain is deferred around everything that is done for object. A panic goes no
// further: the object is told, and the loop serves the others.
func (l *Loop) contain(object any) {
	v := recover()
	if v == nil {
		return
	}
	fault := l.Caught(v)
	f, ok := object.(Faulter)
	if !ok {
		return
	}
	// What panics even now is left alone.
	defer func() { _ = recover() }()
	f.Fault(fault)
}

// Caught counts a panic that was contained while an object of the loop was worked
// for, v being what recover gave. To be called by who contains it, on any goroutine.
func (l *Loop) Caught(v any) *Fault {
	l.stats.faults.Add(1)
	return &Fault{Value: v, Stack: debug.Stack()}
}
