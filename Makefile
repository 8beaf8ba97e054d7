# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make                the program: build/syncfault
#   make reproduce      the letter's table, in a guest with emulated persistent memory
#   make reproduce DEVICE=/dev/pmem0      the same in real time on real persistent memory
#   make worst-case     the worst synchronous fault, ext4 against XFS: one table, one plot
#   make baselines      every suite on the newest kernel of each series, into results/baselines/
#   make dashboard      one HTML page of the tracked history of kernels: build/dashboard.html
#   make verify-guarantee   crashes in a guest: is what MAP_SYNC promised there afterwards?
#   make soak           an hour of cells, 1,000 starts: what grows, what is left?
#   make fuzz           hostile input for all that reads and writes results     (SECONDS=3600)
#   make test           unit and CLI tests, in seconds, no root        (SAN=1: ASan and UBSan)
#   make check          every test there is; installs what it needs
#   make deps           installs what building, measuring and testing need
#   make install        PREFIX=/usr/local, DESTDIR=
#   make help           this list

PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS  ?= -O2 -g
VERSION := 0.1

ifeq ($(SAN),1)
B := build-san
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
B := build
endif

# What hardens the program, which reads files of strangers as root: of these, what the compiler has
# for this machine. FORTIFY needs an optimiser; a level that is already set stays. Sanitizers
# see more than all of them.
accepted = $(foreach flag,$(1),$(shell $(CC) -Werror $(flag) -S -o /dev/null -xc /dev/null \
	2>/dev/null && echo $(flag)))
ifneq ($(SAN),1)
HARDENING := $(call accepted,-fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-mbranch-protection=standard) $(shell $(CC) $(CFLAGS) -dM -E -xc /dev/null | \
	awk '{ is[$$2] } END { if ("__OPTIMIZE__" in is && !("_FORTIFY_SOURCE" in is)) \
		print "-D_FORTIFY_SOURCE=2" }')
endif
# Not in what runs from the first fault to the last, where each adds instructions: also on compilers
# that have them by default. "return" adds none: it only marks the object as fit for shadow stacks.
UNHARDENED := -U_FORTIFY_SOURCE $(call accepted,-fno-stack-protector -fno-stack-clash-protection \
	-fcf-protection=return -mbranch-protection=none)

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes
# The map keeps the folder out of the program: one source, one binary, one guest image.
ALL_CFLAGS := -std=gnu11 -ffile-prefix-map=$(CURDIR)=. -D_GNU_SOURCE -pthread -Ibench -I. \
	$(WARNINGS) $(HARDENING) $(CFLAGS) $(SAN_FLAGS)
PKG_CONFIG ?= pkg-config
PACKAGES := libbpf jansson blkid mount libmd zlib
has_package = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)
# Where there is no libpmem2, cells with commit=flush are skipped and say so.
ifeq ($(call has_package,libpmem2),yes)
ALL_CFLAGS += -DHAS_LIBPMEM2
PACKAGES += libpmem2
endif
# Where there is no libsqlite3, history has no index and reads every result each time.
ifeq ($(call has_package,sqlite3),yes)
ALL_CFLAGS += -DHAS_SQLITE
PACKAGES += sqlite3
endif
ALL_CFLAGS += $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
# libmount is opened while it is needed (base/mounts.c).
LIBS := $(shell $(PKG_CONFIG) --libs $(filter-out mount,$(PACKAGES)) 2>/dev/null) -lm -ldl
ALL_LDFLAGS := -Wl,-z,relro,-z,now $(LDFLAGS)

# Objects are in folders of the same names: bench/ROOM/x.c -> build/bench/ROOM/x.o.
MAIN    := $(B)/bench/cmd/main.o
SOURCES := $(filter-out bench/writer/%,$(wildcard bench/*/*.c))
OBJECTS := $(SOURCES:%.c=$(B)/%.o) $(B)/asset_data.o $(B)/version.o
ARCHIVE := $(B)/syncfault.a
ASSETS  := $(wildcard bench/suites/*.json results/reference/*.json plots/*.gp) \
	$(wildcard bench/page/*.* bench/page/uplot/*)

CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
# The kernel's headers are in a folder of the host's architecture, which -target bpf forgets.
BPF_FLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(subst aarch64,arm64,$(subst \
	x86_64,x86,$(shell uname -m))) -Wall -Wextra -Wno-unused-parameter \
	-ffile-prefix-map=$(CURDIR)=. \
	-idirafter /usr/include/$(or $(shell $(CC) -print-multiarch 2>/dev/null),$(shell \
	uname -m)-linux-gnu)

.PHONY: all
all: $(B)/syncfault

# All that is compiled depends on this file, which changes only when a flag, a compiler or the
# version of a library does.
FLAGS := $(CC) $(shell $(CC) -dumpfullversion -dumpversion) $(ALL_CFLAGS) $(UNHARDENED) \
	$(ALL_LDFLAGS) $(LIBS) \
	$(PACKAGES) $(shell $(PKG_CONFIG) --modversion $(PACKAGES) 2>/dev/null) \
	$(CLANG) $(shell $(CLANG) -dumpversion 2>/dev/null) $(BPF_FLAGS)
$(B)/flags: FORCE | $(B)
	@$(PKG_CONFIG) --exists --print-errors $(PACKAGES) || { echo "try: make deps" >&2; exit 1; }
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@.tmp; \
		cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

.PHONY: help
help:
	@sed -n '/^#   make/!{/^$$/q; d}; s/^#   //; p' Makefile

# V=1 shows the commands.
ifneq ($(V),1)
Q := @
say = @printf '  %-4s %s\n' $(1) $@
else
say =
endif

$(B)/syncfault: $(MAIN) $(ARCHIVE)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# What tests are linked against. Rooms have files of the same names, so q: r would replace them.
$(ARCHIVE): $(filter-out $(MAIN),$(OBJECTS))
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/bench/%.o: bench/%.c $(B)/flags
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A program that loads NAME.bpf.c includes NAME.skel.h.
gen_skeleton = $(BPFTOOL) gen skeleton $< name $(subst -,_,$(basename $(basename $(@F))))_bpf \
	>$@.tmp && mv $@.tmp $@
$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(Q)$(gen_skeleton)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(B)/flags
	$(call say,BPF)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MMD -MP -c -o $@ $<

# The probes are several objects; libbpf links them, so that what they share exists once. The object
# that defines it comes first: libbpf 1.1 does not find maps that were extern before.
PROBES := $(patsubst %.c,$(B)/%.o,bpf/probes/state.bpf.c \
	$(sort $(filter-out bpf/probes/state.bpf.c,$(wildcard bpf/probes/*.bpf.c))))
$(B)/bpf/probes.o: $(PROBES)
	$(call say,LD)
	$(Q)$(BPFTOOL) gen object $@.tmp $^ && mv $@.tmp $@

$(B)/bpf/probes.skel.h: $(B)/bpf/probes.o
	$(Q)$(gen_skeleton)

.PRECIOUS: $(B)/bpf/%.skel.h $(B)/bpf/%.bpf.o

SKELETONS := $(B)/bpf/probes.skel.h $(B)/bpf/signal_flag.skel.h
PROBE_OBJECTS := $(patsubst %,bench/probes/%.o,attach choose read signal_flag)
$(PROBE_OBJECTS:%=$(B)/%): $(SKELETONS)
$(PROBE_OBJECTS:%=$(B)/%): ALL_CFLAGS += -I$(B)/bpf

TIMED_OBJECTS := bench/measure/faults.o bench/math/hist.o
$(TIMED_OBJECTS:%=$(B)/%): ALL_CFLAGS += $(UNHARDENED)

ifeq ($(SAN),1)
# gcc 12 poisons variables that are inlined into a function without ASan, and never heals them.
$(B)/bench/measure/faults.o: ALL_CFLAGS += -fno-sanitize-address-use-after-scope
endif

$(B)/asset_data.o: $(B)/asset_data.S $(B)/flags
	$(Q)$(CC) -c -o $@ $<

$(B)/asset_data.S: scripts/lib/embed $(ASSETS) | $(B)
	$(Q)scripts/lib/embed $(ASSETS) >$@.tmp && mv $@.tmp $@

$(B)/version.o: $(B)/version.c $(B)/flags
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The commit is looked up on every build; the file changes only when the answer does.
$(B)/version.c: FORCE | $(B)
	@scripts/lib/version $(VERSION) >$@.tmp; cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

$(B):
	$(Q)mkdir -p $@

.PHONY: FORCE
FORCE:

# ---- the main job -------------------------------------------------------------------------------

# KERNEL=debian:6.1   SEED=N   REPEAT=N   OUT=results/NAME   DEVICE=/dev/pmem0 [FORCE=1]
.PHONY: reproduce
reproduce:
	@scripts/deps reproduce
	@+$(MAKE) --no-print-directory -s all
	@scripts/reproduce

# KERNEL=debian:6.1   SEED=N   OUT=results/NAME   PAGES=N   LOADS=create,log
.PHONY: worst-case
worst-case:
	@scripts/deps reproduce
	@+$(MAKE) --no-print-directory -s all
	@scripts/worst-case

# KERNELS='debian:6.1 debian:6.12'   SUITES=remap,scale-mem
.PHONY: baselines
baselines:
	@scripts/baselines $(if $(SUITES),--suite $(SUITES)) $(KERNELS)

# RESULTS=DIR   PAGE=FILE.html
.PHONY: dashboard
dashboard: RESULTS ?= results/baselines/kernels
dashboard: PAGE ?= $(B)/dashboard.html
dashboard:
	@scripts/deps build
	@+$(MAKE) --no-print-directory -s all
	@$(B)/syncfault dashboard "$(RESULTS)" -o "$(PAGE)" && echo "$(PAGE)"

# ---- tests --------------------------------------------------------------------------------------

# A function that a test must not call is replaced in its own file: __wrap_NAME.
WRAPPED = $(shell grep -o '__wrap_[A-Za-z0-9_]*' $< | sort -u | sed 's/__wrap_/-Wl,--wrap=/')

TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*/*.c))

$(B)/tests/unit/%: tests/unit/%.c $(ARCHIVE)
	$(call say,LD)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d $(WRAPPED) \
		-o $@ $< $(ARCHIVE) -lcmocka $(LIBS)

.PHONY: tests
tests: $(B)/syncfault $(TESTS) instruments checks $(B)/crash-writer

.PHONY: test
test: tests
	@BUILD=$(B) tests/run unit cli

.PHONY: check
check: export TESTS_STARTED := $(shell date +%s)
check:
	@scripts/deps check
	@+$(MAKE) --no-print-directory -s -j$$(nproc) tests instruments
	@+$(MAKE) --no-print-directory -s -j$$(nproc) SAN=1 tests
	@+$(MAKE) --no-print-directory -s -j$$(nproc) fuzzers
	@tests/run lint unit cli san robust browser fuzz guest

.PHONY: deps
deps:
	@scripts/deps all

# ---- what checks the probes ---------------------------------------------------------------------

INSTRUMENTS := $(B)/burn $(B)/probe-cost
CHECKS := $(B)/probe-storm $(B)/probe-waits $(B)/probe-leaks

$(B)/tests/probes/%.o: tests/probes/%.c $(B)/flags
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -I$(B)/bpf -MMD -MP -c -o $@ $<

$(B)/tests/probes/burn.o: $(B)/bpf/burn.skel.h
$(B)/tests/probes/probe-cost.o: $(B)/bpf/cost.skel.h

$(INSTRUMENTS): $(B)/%: $(B)/tests/probes/%.o $(B)/tests/probes/command.o $(ARCHIVE)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(CHECKS): $(B)/%: $(B)/tests/probes/%.o $(ARCHIVE)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: instruments
instruments: $(INSTRUMENTS)
.PHONY: checks
checks: $(CHECKS)

# KERNEL=debian:6.1
.PHONY: bench-probes
bench-probes:
	@scripts/deps check
	@+$(MAKE) --no-print-directory -s all instruments
	@scripts/bench-probes

# ---- the guarantee ------------------------------------------------------------------------------

WRITER_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard bench/writer/*.c))

$(B)/crash-writer: $(WRITER_OBJECTS) $(ARCHIVE)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# KERNEL=debian:6.1   SEED=N   TRIALS=N   OUT=results/NAME
.PHONY: verify-guarantee
verify-guarantee:
	@scripts/deps check
	@+$(MAKE) --no-print-directory -s $(B)/crash-writer
	@BUILD=$(B) scripts/verify-guarantee

# ---- hours, and many starts ---------------------------------------------------------------------

# MINUTES=60   STARTS=1000   SEED=N   GUEST=1 [KERNEL=debian:6.1]
.PHONY: soak
soak:
	@scripts/deps check
	@+$(MAKE) --no-print-directory -s all
	@BUILD=$(B) scripts/soak $(if $(GUEST),--guest)

# ---- hostile input ------------------------------------------------------------------------------

# libFuzzer is clang's: the whole program once more, with ASan, UBSan and coverage.
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,$(B)/fuzz/fuzz_%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJECTS := $(patsubst $(B)/%.o,$(B)/fuzz/%.o,$(filter-out $(MAIN),$(OBJECTS)))
FUZZ_HARNESS := $(patsubst %,$(B)/fuzz/tests/fuzz/%.o,harness mutate oracle)
FUZZ_FLAGS := $(filter-out $(SAN_FLAGS) $(HARDENING),$(ALL_CFLAGS)) -I$(B)/bpf -O1 -g1 \
	-fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined,

$(B)/fuzz/%.o: %.c $(B)/flags
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_FLAGS)fuzzer-no-link -MMD -MP -c -o $@ $<

$(B)/fuzz/version.o: $(B)/version.c $(B)/flags | $(B)/fuzz
	$(Q)$(CLANG) $(FUZZ_FLAGS)fuzzer-no-link -c -o $@ $<

$(B)/fuzz/asset_data.o: $(B)/asset_data.o | $(B)/fuzz
	$(Q)cp $< $@

$(PROBE_OBJECTS:%=$(B)/fuzz/%): $(SKELETONS)

$(B)/fuzz/syncfault.a: $(FUZZ_OBJECTS)
	$(Q)rm -f $@ && ar qcs $@ $^

$(FUZZERS): $(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_HARNESS) $(B)/fuzz/syncfault.a
	$(call say,LD)
	$(Q)$(CLANG) $(FUZZ_FLAGS)fuzzer -MMD -MP -MF $@.d $(WRAPPED) -o $@ $< \
		$(FUZZ_HARNESS) $(B)/fuzz/syncfault.a $(LIBS)

$(B)/fuzz: | $(B)
	$(Q)mkdir -p $@

.PRECIOUS: $(B)/fuzz/%.o

.PHONY: fuzzers
fuzzers: $(FUZZERS)

# SECONDS=N for all targets together   JOBS=N   TARGETS='show plot'
.PHONY: fuzz
fuzz:
	@scripts/deps check
	@+$(MAKE) --no-print-directory -s fuzzers
	@BUILD=$(B) scripts/fuzz --seconds $(or $(SECONDS),3600) --jobs $(or $(JOBS),1) $(TARGETS)

# ---- installation -------------------------------------------------------------------------------

COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions

.PHONY: install
install: all
	install -Dm 755 $(B)/syncfault $(DESTDIR)$(PREFIX)/bin/syncfault
	install -Dm 644 docs/syncfault.1 $(DESTDIR)$(PREFIX)/share/man/man1/syncfault.1
	install -Dm 644 scripts/completion.bash $(COMPLETIONS)/syncfault

.PHONY: clean
clean: # B= may name any folder: only one that make filled, and that we are not in
ifeq ($(origin B),command line)
	@case '$(CURDIR)/' in "$$(realpath -m '$(B)')"/*) exit ;; esac; \
		[ ! -f '$(B)/flags' ] || rm -rf '$(B)'
else
	rm -rf build build-san
endif

-include $(wildcard $(B)/bench/*/*.d $(B)/bpf/*.d $(B)/bpf/*/*.d $(B)/fuzz/*.d $(B)/fuzz/*/*/*.d)
-include $(wildcard $(B)/tests/*/*.d $(B)/tests/*/*/*.d)
