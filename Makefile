# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make                the program: build/syncfault
#   make reproduce      the letter's table, in a guest with emulated persistent memory
#   make reproduce DEVICE=/dev/pmem0      the same in real time on real persistent memory
#   make test           unit and CLI tests, in seconds, no root        (SAN=1: ASan and UBSan)
#   make check          every test there is; installs what it needs
#   make deps           installs what building, measuring and testing need
#   make install        PREFIX=/usr/local, DESTDIR=

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

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes
# The map keeps the folder out of the program: one source, one binary, one guest image.
ALL_CFLAGS := -std=gnu11 -ffile-prefix-map=$(CURDIR)=. -D_GNU_SOURCE -pthread $(WARNINGS) \
	$(CFLAGS) $(SAN_FLAGS)
LIBS := -ljansson -lblkid -lmd -lz -lm
ALL_LDFLAGS := -Wl,-z,relro,-z,now $(LDFLAGS)

SOURCES := $(wildcard bench/*.c)
OBJECTS := $(SOURCES:bench/%.c=$(B)/%.o) $(B)/asset_data.o $(B)/version.o
ARCHIVE := $(B)/syncfault.a
ASSETS  := $(wildcard bench/suites/*.json results/reference/*.json plots/*.gp)

.PHONY: all
all: $(B)/syncfault

# V=1 shows the commands.
ifneq ($(V),1)
Q := @
say = @printf '  %-4s %s\n' $(1) $@
else
say =
endif

$(B)/syncfault: $(B)/main.o $(ARCHIVE)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# What tests are linked against.
$(ARCHIVE): $(filter-out $(B)/main.o,$(OBJECTS))
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: bench/%.c | $(B)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/asset_data.o: $(B)/asset_data.S
	$(Q)$(CC) -c -o $@ $<

$(B)/asset_data.S: scripts/embed $(ASSETS) | $(B)
	$(Q)scripts/embed $(ASSETS) >$@.tmp && mv $@.tmp $@

$(B)/version.o: $(B)/version.c
	$(Q)$(CC) $(ALL_CFLAGS) -Ibench -c -o $@ $<

# The commit is looked up on every build; the file changes only when the answer does.
$(B)/version.c: FORCE | $(B)
	@scripts/version $(VERSION) >$@.tmp; cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

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

# ---- tests --------------------------------------------------------------------------------------

TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/*.c))

$(B)/tests/%: tests/unit/%.c $(ARCHIVE) | $(B)/tests
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Ibench -MMD -MP -MF $@.d -o $@ $< $(ARCHIVE) \
		-lcmocka $(LIBS)

$(B)/tests: | $(B)
	$(Q)mkdir -p $@

.PHONY: tests
tests: $(B)/syncfault $(TESTS)

.PHONY: test
test: tests
	@BUILD=$(B) tests/run unit cli

.PHONY: check
check:
	@scripts/deps check
	@+$(MAKE) --no-print-directory -s tests
	@+$(MAKE) --no-print-directory -s SAN=1 tests
	@tests/run lint unit cli san guest

.PHONY: deps
deps:
	@scripts/deps all

# ---- installation -------------------------------------------------------------------------------

COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions

.PHONY: install
install: all
	install -Dm 755 $(B)/syncfault $(DESTDIR)$(PREFIX)/bin/syncfault
	install -Dm 644 docs/syncfault.1 $(DESTDIR)$(PREFIX)/share/man/man1/syncfault.1
	install -Dm 644 scripts/completion.bash $(COMPLETIONS)/syncfault

.PHONY: clean
clean:
	rm -rf build build-san

-include $(wildcard $(B)/*.d $(B)/tests/*.d)
