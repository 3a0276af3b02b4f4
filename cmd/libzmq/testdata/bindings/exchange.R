# SPDX-License-Identifier: MPL-2.0
# R on the library.
suppressPackageStartupMessages(library(pbdZMQ))
maps <- readLines("/proc/self/maps")
stopifnot(any(grepl(Sys.getenv("LIBRARY"), maps, fixed = TRUE)))
stopifnot(as.character(zmq.version()) == "4.3.6")
ctx <- zmq.ctx.new()
for (endpoint in commandArgs(trailingOnly = TRUE)) {
  s <- zmq.socket(ctx, ZMQ.ST()$REQ)
  zmq.connect(s, endpoint)
  for (size in c(1, 33, 34, 255, 4096, 65536, 2^20)) {
    zmq.msg.send(rep(7L, size), s)
    stopifnot(identical(zmq.msg.recv(s), rep(7L, size)))
  }
  zmq.close(s)
}
for (at in c("tcp://127.0.0.1:39917", paste0("ipc://", tempfile()), "inproc://r")) {
  a <- zmq.socket(ctx, ZMQ.ST()$REP)
  b <- zmq.socket(ctx, ZMQ.ST()$REQ)
  zmq.bind(a, at)
  zmq.connect(b, at)
  for (i in 1:100) {
    zmq.msg.send(i, b)
    stopifnot(zmq.msg.recv(a) == i)
    zmq.msg.send(-i, a)
    stopifnot(zmq.msg.recv(b) == -i)
  }
  zmq.close(a)
  zmq.close(b)
}
zmq.ctx.destroy(ctx)
cat("ok\n")
