# SPDX-License-Identifier: GPL-2.0-only
# How a person builds, tests and installs sevadm. kbuild reads Kbuild instead.
#
#   make                 the tools, and the module for the running kernel if its headers are here
#   make module KVER=…   the module for one kernel, installed or fetched for the emulated host
#   make demo            the main job on the emulated SEV host, from nothing
#   make check           all tests, from nothing
#   make quick           what to run before each commit: unit tests, lint, one boot of 6.12
#   make lint            style, sparse, spelling, shell, and that code calls down only (selftests/workshop/lint)
#   make screenshots     sevadm top and report as pictures, to be looked at; and that of README
#   make reference       Documentation/reference and the picture of the architecture, from the sources
#   make check-long      the long forms of some of them: minutes of storm, hundreds of reloads, more kernels
#   make check-adversary hostile tenants on each kernel, for ten minutes each
#   make check-messages  the messages of Debian's newest sources against those that explain knows
#   make check-journals  ordinary logs through explain: journals of Debian's machines, consoles of make check, samples of packages
#   make check-libvirt   real libvirt starts some 80 domains, as often as it takes to find what they need
#   make check-fleet     three hosts, and Prometheus and Alertmanager that watch them: do alerts fire and end?
#   make check-mutants   do the tests see small mistakes? MUTANTS="--sample 0 FILE..." chooses; "--emulated 30"
#   make check-faults    a module with one fault in it fails the row that is for it (selftests/faults/table)
#   make bench           costs in instructions, into Documentation/benchmarks.md
#   make profile         where they go, function by function, into Documentation/profile.md
#   make check-debug     tests of the module on a debug kernel, from nothing; which of its lines they come to
#   make coverage        that table into Documentation/testing.md; is there a reason for each line it lacks?
#   make check-kcsan     tests of the module on a kernel that reports data races (KCSAN), from nothing
#   make install         tools, man pages, completion (DESTDIR=, PREFIX=)
#   make deb             Debian packages in build/deb
#   make dist            the sources as one archive in build/dist
#   make dkms-install    the module by DKMS for KVER; dkms-remove takes it away
#   make check-ladder    the module built for every kernel whose headers Debian has, and by clang; boots none
#   make compile_commands.json   for clangd and other tools: how each file is compiled
#   make matrix          packages installed and booted on every kernel Debian offers (Documentation/matrix.md)
#   make help            this list

KVER	?= $(shell uname -r)
BUILD	?= $(CURDIR)/build
override BUILD := $(abspath $(BUILD))
PREFIX	?= /usr/local
SEVADM_CACHE ?= $(HOME)/.cache/sevadm
VERSION	:= $(shell cat VERSION)

export BUILD PREFIX DESTDIR SEVADM_CACHE

# An installed kernel's build folder, or that of a kernel fetched for the emulated host.
kernel-build = $(firstword $(wildcard /lib/modules/$(1)/build/Makefile \
			   $(SEVADM_CACHE)/kernels/$(1)/build/Makefile))

.PHONY: all
all: tools $(if $(call kernel-build,$(KVER)),module)
ifeq ($(call kernel-build,$(KVER)),)
	@echo "No headers of kernel $(KVER): the module is not built (apt-get install linux-headers-$(KVER))."
endif

.PHONY: help
help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

.PHONY: packages
packages:
	@selftests/vm/need-packages gcc make pkg-config libc6-dev libnl-genl-3-dev libkmod-dev \
		libjson-c-dev libxml2-dev libyaml-dev libinih-dev libncurses-dev libzstd-dev libbpf-dev libelf-dev zlib1g-dev \
		python3 python3-jsonschema python3-yaml mandoc

.PHONY: tools
tools: packages
	@$(MAKE) --no-print-directory -C tools

# An installed kernel, or one fetched for the emulated host.
.PHONY: module
module:
	+@selftests/vm/kernels/build-module $(KVER) $(BUILD)/module/$(KVER)

.PHONY: selftests
selftests: packages
	@$(MAKE) --no-print-directory -C selftests

.PHONY: demo
demo: tools selftests
	@selftests/demo

.PHONY: check
check: tools selftests
	@selftests/check

.PHONY: check-long
check-long: tools selftests
	@TABLE=$(CURDIR)/selftests/check-long.table selftests/check

# Hostile tenants on each kernel for ten minutes.
.PHONY: check-adversary
check-adversary: tools selftests
	@TABLE=$(CURDIR)/selftests/check-long.table selftests/check adversary

# The messages of Debian's newest kernel, QEMU, libvirt and OVMF that sevadm explain has no row for.
.PHONY: check-messages
check-messages: tools
	@mkdir -p $(BUILD)/check
	@tools/tests/messages/list > $(BUILD)/check/messages.tsv
	@MESSAGES=$(BUILD)/check/messages.tsv $(MAKE) --no-print-directory -C tools check-messages

# Explain is silent about what is ordinary. Boots all of Debian for its journals: the first time takes
# an hour. After make check, whose consoles it reads, too. MACHINES: those to boot.
.PHONY: check-journals
check-journals: tools
	@selftests/journals/collect $(MACHINES)
	@COLLECTED=$(BUILD)/journals LOGS=$(BUILD)/check tools/tests/messages/journals $(JOURNALS)

# The module, built for all kernels of the archive. LADDER: regular expressions of those to build for.
.PHONY: check-ladder
check-ladder:
	@selftests/vm/kernels/ladder $(LADDER)

.PHONY: check-libvirt
check-libvirt: tools selftests
	@SHOW=yes TABLE=$(CURDIR)/selftests/check-libvirt.table selftests/check

.PHONY: check-fleet
check-fleet: tools selftests
	@TABLE=$(CURDIR)/selftests/check-fleet.table selftests/check

# The score of each file; the survivors are listed (selftests/mutants/check --help).
.PHONY: check-mutants
check-mutants: $(if $(findstring --emulated,$(MUTANTS)),tools selftests,packages)
	@selftests/mutants/check $(MUTANTS)

.PHONY: check-faults
check-faults: tools selftests
	@selftests/faults/check $(FAULTS)

# The same on a kernel that watches itself: KASAN, UBSAN, lockdep, kmemleak. Builds it first, which takes long.
# It counts which lines of the module these rows come to, too.
debug_rows := prototype device doors ledger adopt asid fault kill snp-host pools private pid-reuse orders limit contest \
	evasion adversary beside threads storm trace filter flood lost stats psp-dead tracefs attach config \
	kunit failslab failslab-snp fuzz-long private-all adversary-long
.PHONY: check-debug
check-debug: tools selftests
	@rm -f $(BUILD)/check/*.gcov.tar.gz
	@COVERAGE=1 KERNELS=debug TABLE="selftests/check.table selftests/check-debug.table" selftests/check $(debug_rows)
	@selftests/coverage/report --figures

# The same, and whether all that no row comes to has a reason; into Documentation/testing.md.
.PHONY: coverage
coverage:
	@selftests/coverage/report --page

# The same on a kernel that finds data races (KCSAN), which it builds first, too: rows in which many
# tasks are at work at once. At the end, what it has found in each of them.
kcsan_rows := storm threads contest adversary trace filter lost flood
.PHONY: check-kcsan
check-kcsan: tools selftests
	@KERNELS=kcsan selftests/check $(kcsan_rows); status=$$?; \
		selftests/vm/races $(kcsan_rows:%=$(BUILD)/check/%-kcsan.console) && exit $$status

.PHONY: quick
quick: tools selftests
	+@selftests/workshop/quick

.PHONY: lint
lint: tools
	+@selftests/workshop/lint

.PHONY: reference
reference:
	@selftests/workshop/reference

.PHONY: screenshots
screenshots: tools
	@selftests/pictures/screenshots

# What the compiler is called with, from what make would do.
.PHONY: compile_commands.json
compile_commands.json:
	@selftests/workshop/compile-commands $(KVER) >$@

.PHONY: bench
bench: tools selftests
	@selftests/bench

# On Linux 6.12; selftests/vm/profile/profile alone takes another kernel, or chosen operations.
.PHONY: profile
profile: selftests
	@selftests/vm/profile/profile --page

.PHONY: install
install: tools
	@$(MAKE) --no-print-directory -C tools install

.PHONY: clean
clean:
	rm -rf $(BUILD)

include tools/packaging/packaging.mk
