# The two commands of this project are `make run` and `make test`; both set up what they need.

SHELL := /bin/bash
.DEFAULT_GOAL := build

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=

# One fully static program: it runs on any Linux of this architecture, with nothing installed there.
# Wrong imports between targets are errors (see Package.swift).
CHECKS := --explicit-target-dependency-import-check error
STATIC := -c release --static-swift-stdlib -Xswiftc -static-executable $(CHECKS)
BERTH := .build/berth
SOURCES := $(shell find Sources Package.swift -type f 2>/dev/null)

.PHONY: build
build: $(BERTH)

# The linker's notes on glibc functions that static programs load at run time (getpwnam and its kin) are left out:
# berth reads /etc/passwd itself and never calls them.
$(BERTH): $(SOURCES)
	@command -v swift >/dev/null || { echo 'make: Swift 6.3 is needed: https://www.swift.org/install'; exit 1; }
	@set -o pipefail; swift build $(STATIC) --product berth 2>&1 \
	  | grep -v -e 'statically linked applications requires at runtime' -e '^/usr/bin/ld'
	@strip -o $@ "$$(swift build $(STATIC) --show-bin-path)/berth"
