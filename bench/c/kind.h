// SPDX-License-Identifier: MPL-2.0

#ifndef BENCH_KIND_H
#define BENCH_KIND_H

// The patterns a driver is asked for; a library maps each to its own type.
enum kind { K_PUSH, K_PULL, K_REQ, K_REP, K_PUB, K_SUB, K_DEALER, K_ROUTER,
            K_PAIR, K_XSUB, K_XPUB };

#endif
