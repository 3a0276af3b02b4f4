/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo && libzmq_fault

/* What testdata/fault.c calls, in a build of its own. Next: fault.go. */

#include "abi.h"

#include "_cgo_export.h"

/* Makes a socket panic, nearly whatever it is asked for. */
ZMQ_EXPORT int zmq_test_break(void *handle)
{
	return zl_result(zl_is_slot(handle) ? goBreak(((struct zl_slot *)handle)->index) : ENOTSOCK);
}

/* Makes it whole again; it may have been closed meanwhile. */
ZMQ_EXPORT int zmq_test_mend(void *handle)
{
	return zl_result(zl_is_slot(handle) ? goMend(((struct zl_slot *)handle)->index) : ENOTSOCK);
}
