# The two commands of this project are `make run` and `make test`; both set up what they need.

SHELL := /bin/bash
.DEFAULT_GOAL := build

PREFIX ?= /usr/local
DESTDIR ?=
# Options and command of `make run`.
ARGS ?=
# With 1, the tests fail on what this machine lacks; without, they skip it.
REQUIRE_ALL ?= $(if $(filter true,$(CI)),1)

# One fully static program: it runs on any Linux of this architecture, with nothing installed there.
# Wrong imports between targets are errors (see Package.swift). Its first instruction is that of Sources/CLinux/Start.c.
# The compiler has types of the standard library made at run time from their mangled names, which saves a little code and
# costs a tenth of `exec` and `state`: METADATA has it call what makes them.
CHECKS := --explicit-target-dependency-import-check error
METADATA := -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors
STATIC := -c release --static-swift-stdlib -Xswiftc -static-executable $(CHECKS) -Xlinker -e -Xlinker linux_start $(METADATA)
BERTH := .build/berth
SHARE := .build/share
CRI := .build/cri
FUZZ := .build/fuzz
# How long `make fuzz` takes.
SECONDS ?= 60
SOURCES := $(shell find Sources Package.swift -type f 2>/dev/null)

BUILD_PACKAGES := binutils ca-certificates g++ git libseccomp-dev
TEST_PACKAGES := busybox-static chromium erofs-utils graphviz hostname iproute2 jq less mount procps python3 python3-jsonschema runc \
  squashfs-tools strace tmux uidmap \
  util-linux vim-tiny
# Those of the clients that run containers with berth, in their tests.
CLIENT_PACKAGES := aardvark-dns buildah catatonit conmon containerd containernetworking-plugins docker.io iproute2 iptables \
  netavark podman python3-venv slirp4netns tini
# Another kernel, emulated, for what needs version 2 of cgroups, or systemd.
VM_PACKAGES := busybox-static cpio criu dbus iptables jq kmod procps python3 qemu-system-x86 systemd xz-utils
BENCH_PACKAGES := bubblewrap busybox-static crun gcc hyperfine libc6-dev procps python3 runc time util-linux

.PHONY: build run test faults fuzz lint bench man completions install clean
build: $(BERTH)

# The linker's notes on glibc functions that static programs load at run time (getpwnam and its kin) are left out:
# berth reads /etc/passwd itself and never calls them.
$(BERTH): $(SOURCES)
	@command -v swift >/dev/null || { echo 'make: Swift 6.3 is needed: https://www.swift.org/install'; exit 1; }
	@Scripts/packages build $(BUILD_PACKAGES)
	@set -o pipefail; swift build $(STATIC) --product berth 2>&1 \
	  | grep -v -e 'statically linked applications requires at runtime' -e '^/usr/bin/ld' -e 'the use of `mktemp'
	@strip -o $@ "$$(swift build $(STATIC) --show-bin-path)/berth"

run: build
	@$(BERTH) shell $(ARGS)

test: build
	@Scripts/packages test $(TEST_PACKAGES) $(CLIENT_PACKAGES) $(VM_PACKAGES)
	@$(MAKE) --no-print-directory $(CRI)
	swift build --build-tests $(CHECKS)
	BERTH="$(CURDIR)/$(BERTH)" $(if $(filter 1,$(REQUIRE_ALL)),BERTH_REQUIRE_ALL=1) swift test --skip-build --disable-xctest $(CHECKS)
	@$(MAKE) --no-print-directory lint

# The tests speak the Container Runtime Interface with the classes that this package makes of its definition.
$(CRI): Makefile
	@rm -rf $(CRI)
	@/usr/bin/python3 -m venv $(CRI)
	@$(CRI)/bin/pip install --quiet --disable-pip-version-check container-runtime-interface-api==2.0.1
	@touch $(CRI)

# Each command that changes something interrupted, and failing, at each of its system calls: `make test` tries some of them.
faults: build
	@Scripts/packages 'interrupt the commands' busybox-static libseccomp2 python3 util-linux
	Tests/Faults/interrupt.py $(BERTH)
	@Scripts/packages 'interrupt criu' $(VM_PACKAGES)
	@echo 'FAULTS_SECONDS=120 python3 "$(CURDIR)/Tests/Faults/interrupt.py" --every 7 "$$BERTH" checkpoint restore' >.build/faults
	BERTH="$(CURDIR)/$(BERTH)" BERTH_VM_TIMEOUT=3600 Tests/VirtualMachineTests/machine/run cgroup2 .build/faults

# What reads the words of others, given any bytes for SECONDS in all: `make test` does so for a moment. libFuzzer comes with Swift.
fuzz:
	BERTH_FUZZ=1 swift build -c release --sanitize fuzzer --scratch-path $(FUZZ) -Xswiftc -enable-testing --product BerthFuzz $(CHECKS)
	Tests/Fuzz/fuzz.py $(FUZZ)/release/BerthFuzz --seconds $(SECONDS)

lint:
	Scripts/lint

# Writes docs/performance.md.
bench: build
	@Scripts/packages bench $(BENCH_PACKAGES)
	Benchmarks/shell.py $(BERTH) docs/performance.md
	Benchmarks/runtime.py $(BERTH) docs/performance.md
	Benchmarks/instruments.py $(BERTH) docs/performance.md docs/images/instruments.svg

man: build
	@Scripts/packages 'write the man pages' python3
	@rm -rf $(SHARE)/man
	python3 Scripts/manual.py $(BERTH) $(SHARE)/man/man1

completions: build
	@mkdir -p $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(BERTH) --generate-completion-script bash > $(SHARE)/bash-completion/completions/berth
	$(BERTH) --generate-completion-script zsh > $(SHARE)/zsh/site-functions/_berth
	$(BERTH) --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/berth.fish

install: build man completions
	install -D -m 755 $(BERTH) "$(DESTDIR)$(PREFIX)/bin/berth"
	cd $(SHARE) && find . -type f | xargs -I {} install -D -m 644 {} "$(abspath $(DESTDIR)$(PREFIX))/share/{}"

clean:
	rm -rf --one-file-system .build
