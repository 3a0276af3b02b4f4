// SPDX-License-Identifier: MPL-2.0

//go:build !race

#include "textflag.h"

// func enter(m *Mutex) bool
//
// Mutex.owner is at 0, Mutex.busy at 8. A busy that is set already is the caller's own:
// it locks twice, and is to wait as it would at a sync.Mutex.
TEXT ·enter(SB), NOSPLIT, $0-9
	MOVQ m+0(FP), AX
	MOVQ (TLS), CX
	CMPQ CX, 0(AX)
	JNE  other
	CMPL 8(AX), $0
	JNE  other
	MOVL $1, 8(AX)
	CMPQ CX, 0(AX)
	JNE  revoked
	MOVB $1, ret+8(FP)
	RET
revoked:
	MOVL $0, 8(AX)
other:
	MOVB $0, ret+8(FP)
	RET

// func goroutine() uintptr
TEXT ·goroutine(SB), NOSPLIT, $0-8
	MOVQ (TLS), CX
	MOVQ CX, ret+0(FP)
	RET
