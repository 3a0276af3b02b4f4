// SPDX-License-Identifier: MPL-2.0

#include "textflag.h"

// func prefetchWrite(p *byte)
TEXT ·prefetchWrite(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), AX
	BYTE $0x0F; BYTE $0x0D; BYTE $0x88; BYTE $0x80; BYTE $0; BYTE $0; BYTE $0 // PREFETCHW 128(AX)
	BYTE $0x0F; BYTE $0x0D; BYTE $0x88; BYTE $0x00; BYTE $1; BYTE $0; BYTE $0 // PREFETCHW 256(AX)
	RET
