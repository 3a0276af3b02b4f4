// SPDX-License-Identifier: MPL-2.0
//
// CURVE in the libzmq driver: the keys, the same as in bench/internal/wire, and the
// commands that are secured.

#ifndef BENCH_CURVE_H
#define BENCH_CURVE_H

static bool curve_on;

static void curve_option(void *s, int option, const char *key) {
    if (zmq_setsockopt(s, option, key, strlen(key)) != 0)
        die("zmq_setsockopt %d: %s", option, zmq_strerror(zmq_errno()));
}

// curve_set makes a socket that connects a client, and one that binds the server.
static void curve_set(void *s, bool connect) {
    int on = 1;
    if (!curve_on)
        return;
    if (!connect) {
        if (zmq_setsockopt(s, ZMQ_CURVE_SERVER, &on, sizeof on) != 0)
            die("ZMQ_CURVE_SERVER: %s", zmq_strerror(zmq_errno()));
        curve_option(s, ZMQ_CURVE_SECRETKEY, "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
        return;
    }
    curve_option(s, ZMQ_CURVE_SERVERKEY, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    curve_option(s, ZMQ_CURVE_PUBLICKEY, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    curve_option(s, ZMQ_CURVE_SECRETKEY, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs");
}

#define CURVE_ROLE(name)                                                                 \
    static void curve_##name(const args_t *a) {                                          \
        curve_on = true;                                                                 \
        role_##name(a);                                                                  \
    }

#define CURVE_ROLES                                                                      \
    {"curve-pull", curve_pull}, {"curve-push", curve_push}, {"curve-rep", curve_rep},    \
        {"curve-req", curve_req}

#endif
