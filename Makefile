# SPDX-License-Identifier: MPL-2.0

GO ?= go
export CGO_ENABLED ?= 0

# Everything that has to hold before a commit.
.PHONY: all
all: build lint test

# All programs, into bin/.
.PHONY: build
build:
	$(GO) build ./...
	$(GO) build -o bin/ ./cmd/... ./perf/...

.PHONY: test
test:
	$(GO) test ./...

# The race detector is the one thing here that needs cgo.
.PHONY: race
race:
	CGO_ENABLED=1 $(GO) test -race ./...

# Formatting, and vet for every system that has a poller of its own.
SYSTEMS = linux darwin freebsd netbsd openbsd dragonfly
.PHONY: lint
lint:
	@unformatted="$$(git ls-files -co --exclude-standard '*.go' | grep -v /testdata/ | xargs gofmt -l)"; \
	if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi
	@for os in $(SYSTEMS); do echo "vet $$os"; GOOS=$$os $(GO) vet ./... || exit 1; done

# A first look at the speed: between two processes over tcp, and inside one.
# Change them on the command line, for example: make perf SIZE=1024
SIZE ?= 64
THR_COUNT ?= 1000000
LAT_COUNT ?= 20000
ENDPOINT ?= tcp://127.0.0.1:5599
.PHONY: perf
perf: build
	@echo "throughput, $(ENDPOINT)"; \
	bin/remote_thr $(ENDPOINT) $(SIZE) $(THR_COUNT) & peer=$$!; \
	bin/local_thr $(ENDPOINT) $(SIZE) $(THR_COUNT) || { kill $$peer; exit 1; }; wait
	@echo "latency, $(ENDPOINT)"; \
	bin/local_lat $(ENDPOINT) $(SIZE) $(LAT_COUNT) & peer=$$!; \
	bin/remote_lat $(ENDPOINT) $(SIZE) $(LAT_COUNT) || { kill $$peer; exit 1; }; wait
	@echo "inproc"
	@bin/inproc_thr $(SIZE) $(THR_COUNT)
	@bin/inproc_lat $(SIZE) $(LAT_COUNT)
	@echo "inproc, through a proxy"
	@bin/proxy_thr $(SIZE) $(THR_COUNT)

# The C interface, as programs made for libzmq find it: build/lib, build/include.
# TAGS=libzmq_fault makes the one that a test breaks from inside.
BUILD ?= $(CURDIR)/build
TAGS ?=
ABI_LDFLAGS = -Wl,-soname,libzmq.so.5 -Wl,-Bsymbolic -Wl,-z,nodelete -Wl,--version-script=$(CURDIR)/cmd/libzmq/libzmq.map
.PHONY: libzmq
libzmq:
	@mkdir -p $(BUILD)/lib/pkgconfig $(BUILD)/include
	CGO_ENABLED=1 $(GO) build -buildmode=c-shared -trimpath -tags '$(TAGS)' -ldflags "-s -w -extldflags '$(ABI_LDFLAGS)'" -o $(BUILD)/lib/libzmq.so.5 ./cmd/libzmq
	@rm -f $(BUILD)/lib/libzmq.so.h
	ln -sf libzmq.so.5 $(BUILD)/lib/libzmq.so
	cp cmd/libzmq/zmq.h cmd/libzmq/zmq_utils.h $(BUILD)/include/
	sed 's|@prefix@|$(BUILD)|' cmd/libzmq/libzmq.pc.in > $(BUILD)/lib/pkgconfig/libzmq.pc

.PHONY: clean
clean:
	rm -rf bin build
