module github.com/zeroloop/zmq

go 1.26.0

require (
	github.com/alecthomas/kong v1.12.1
	github.com/panjf2000/gnet/v2 v2.9.8
	github.com/valyala/bytebufferpool v1.0.0
	golang.org/x/crypto v0.58.0
	golang.org/x/sys v0.49.0
)
