// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Libzmq is the C interface of ZeroMQ on this engine: built with
// -buildmode=c-shared it is a libzmq.so.5 that programs and language bindings made
// for libzmq run on (docs/c-abi.md).
//
// The zmq_ functions are C, in the .c files; messages, counters, clocks, timers and
// Z85 never leave it. What concerns contexts and sockets calls the functions that
// the .go files export, one call for each part sent or received. These do not wait
// for peers (but see forward.go): waiting is done in C, where a signal ends it. An
// object is known by the number of its slot (handle.c), its Go side stands at that
// number in the tables here.
package main

import (
	"os"
	"runtime"

	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
)

// Who waits for a message is a thread of the program in the kernel, and not a
// goroutine that the loop's thread could go on with: a loop that polls on only keeps
// the processor from it, and one that sleeps may as well do so in the kernel.
//
// A thread that comes into Go while every P is taken has to be handed one by another
// thread, through the scheduler, and a loop that sleeps in the kernel holds its P until
// that is noticed: so there are two more than Go would have.
func init() {
	reactor.ParkAtOnce()
	poller.ParkInKernel()
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
}

// main is never run: the library has no program.
func main() {}
