// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Libzmq is the C interface of ZeroMQ on this engine: built with
// -buildmode=c-shared it is a libzmq.so.5 that programs and language bindings made
// for libzmq run on (docs/c-abi.md).
//
// The zmq_ functions are C, in the .c files; messages, counters, clocks, timers and
// Z85 never leave it. What concerns contexts and sockets calls the functions that
// the .go files export, one call for each part sent or received. These never block:
// waiting is done in C, where a signal ends it. An object is known by the number of
// its slot (handle.c), its Go side stands at that number in the tables here.
package main

// main is never run: the library has no program.
func main() {}
