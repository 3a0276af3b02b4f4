// SPDX-License-Identifier: MPL-2.0

//go:build !race

#include "textflag.h"

// func enter(m *Mutex) bool
//
// Mutex.owner is at 0, grant.to at 0, grant.busy at 8. A busy that is set already is the
// caller's own: it locks twice, and is to wait as it would at a sync.Mutex.
TEXT ·enter(SB), NOSPLIT, $0-9
	MOVQ m+0(FP), AX
	MOVQ (TLS), CX
	MOVQ 0(AX), DX
	TESTQ DX, DX
	JZ   other
	CMPQ CX, 0(DX)
	JNE  other
	CMPL 8(DX), $0
	JNE  other
	MOVL $1, 8(DX)
	CMPQ DX, 0(AX)
	JNE  revoked
	MOVB $1, ret+8(FP)
	RET
revoked:
	MOVL $0, 8(DX)
other:
	MOVB $0, ret+8(FP)
	RET

// func goroutine() uintptr
TEXT ·goroutine(SB), NOSPLIT, $0-8
	MOVQ (TLS), CX
	MOVQ CX, ret+0(FP)
	RET
