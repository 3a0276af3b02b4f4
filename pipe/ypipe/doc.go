// SPDX-License-Identifier: MPL-2.0

// Package ypipe is the lock-free queue between one writer and one reader:
// libzmq's ypipe_t and yqueue_t, but over bytes that are already framed
// instead of over 64-byte message records.
//
// # Storage
//
// A queue is a chain of pooled chunks (yqueue.go). The writer appends frames
// to the tail chunk. A large body does not enter the bytes: only its frame
// header does, and the chunk's side table holds a reference to the body
// together with the offset at which it belongs.
//
// # Publishing
//
// Each chunk carries one atomic word, its mark, which packs how many bytes,
// how many side-table entries and how many whole messages of the chunk the
// reader may see, and three flags. The writer publishes by one compare-and-swap
// on that word, and only at the end of a message, so that a reader never sees
// half of a multipart message and a rollback is the forgetting of unpublished
// bytes. Where a message spans chunks, the marks of the later chunks are stored
// first and the first chunk is published last.
//
// # Sleep and wake
//
// A reader that finds nothing sets the asleep flag in the mark with a
// compare-and-swap. The writer's next publishing compare-and-swap then fails,
// and only then does the writer owe the reader a signal. In steady flow nobody
// signals anybody.
//
// # Invariants
//
//	Y1: one goroutine at a time is the writer, one the reader; whoever hands the
//	    role over does so with a happens-before edge of its own (a mutex).
//	Y2: bytes below a published mark never change again.
//	Y3: chunk.next and the side table's pointer are set before a mark that needs
//	    them is stored, and never change afterwards (rollback only unlinks what
//	    no mark has published).
//	Y4: the reader is the only one that sets the asleep flag, the writer the only
//	    one that clears it, and everything else in a mark is the writer's.
package ypipe
