/* SPDX-License-Identifier: MPL-2.0 */

/* Kept for programs that still include it: all of it is in zmq.h. */

#include <zmq.h>
