# What a packager may set: make PREFIX=/usr DESTDIR=/tmp/root CFLAGS=-O3 install
VERSION = 0.1.0
PREFIX ?= /opt/sophos-av
CRONDIR ?= /etc/cron.d
UNITDIR ?= /lib/systemd/system
SHAREDIR ?= /usr/share
ZSHDIR ?= $(SHAREDIR)/zsh/vendor-completions
DESTDIR ?=
CC = gcc
CFLAGS ?= -O2 -g
BUILD ?= build
WERROR ?=
SANITIZE ?=
# Chart.js for the page of sav-report; empty: a page of tables alone.
CHART_JS ?= $(wildcard /usr/share/javascript/chart.js/chart.min.js)

# One line a tool: the libraries it links, as pkg-config names them.
LIBS_sav-keygen = libsodium
LIBS_sav-collect = libsodium jansson yaml-0.1
LIBS_savconfig = yaml-0.1
LIBS_sav-encrypt = libsodium yaml-0.1
LIBS_sav-decrypt = libsodium
LIBS_sav-retain =
LIBS_sav-send = libcurl libsodium yaml-0.1
LIBS_sav-report = sqlite3 libsodium jansson yaml-0.1
LIBS_sls-alert = libcurl libssl libcrypto libsodium jansson yaml-0.1

TOOLS = $(sort $(notdir $(wildcard cmd/*)))
LIBRARIES = libcurl libssl libcrypto libsodium jansson yaml-0.1 sqlite3

# Files over 2 GiB and the time after 2038 on 32 bits too; none of the libraries takes an off_t or time_t from us.
STANDARD = -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -iquote . -DSAV_VERSION='"$(VERSION)"' -DSAV_PREFIX='"$(PREFIX)"'
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wformat=2 -Wundef -Wvla -Wcast-qual -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough
HARDENING = -fPIE -fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections $(FORTIFY) $(CET)
# A sanitized build has checks of its own that _FORTIFY_SOURCE would hide behind its wrappers.
FORTIFY = $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
CET = $(if $(filter x86_64-% i%86-%,$(MACHINE)),-fcf-protection)
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
SANITIZERS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# The same binaries wherever the tree lies: debuggers look for the sources below the folder they are started in.
ANYWHERE = '-ffile-prefix-map=$(CURDIR)=.'
COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(WERROR) $(HARDENING) $(ANYWHERE) $(SANITIZERS) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections,--as-needed $(SANITIZERS) $(CFLAGS) $(LDFLAGS)

# Short lines by default; V=1 shows the commands.
Q = $(if $(V),,@)
SAY = @$(if $(V),:,printf '%-4s%s\n')

SOURCES = $(sort $(wildcard lib/*/*.c))
OBJECTS = $(SOURCES:%.c=$(BUILD)/obj/%.o)
ARCHIVE = $(BUILD)/libsav.a
PROGRAMS = $(TOOLS:%=$(BUILD)/bin/%)
FAULTS = $(BUILD)/fault/driver $(BUILD)/fault/preload.so $(BUILD)/fault/nth.so
CAGE = $(BUILD)/cage/probe.so
TARGETS = $(patsubst tests/fuzz/%.c,$(BUILD)/target/%,$(wildcard tests/fuzz/*.c))
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

.PHONY: all units targets demo check analyze bench soak faults memcheck fleet fuzz coverage install uninstall dist deb rpm check-packages compdb format clean
.DELETE_ON_ERROR:
.SECONDARY:

# What is no C program: the wrapper and what starts it, with the prefix written in.
SCRIPTS = $(BUILD)/bin/sav-feedback $(BUILD)/libexec/sav/schedule.awk $(addprefix $(BUILD)/cron/,$(CRON))
CRON = sav-feedback.cron sav-feedback.service sav-feedback.timer sls-alert.service

all: $(PROGRAMS) $(SCRIPTS)
units: $(UNITS) $(FAULTS) $(CAGE) targets
targets: $(TARGETS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# The page of sav-report carries its style, its script and the chart library in itself; see lib/report/page.h.
$(BUILD)/obj/lib/report/page.o: lib/report/page.css lib/report/page.js $(CHART_JS)
$(BUILD)/obj/lib/report/page.o: private CPPFLAGS += $(if $(CHART_JS),-DPAGE_CHART_FILE='"$(CHART_JS)"')

$(ARCHIVE): $(OBJECTS)
	@rm -f $@
	$(SAY) AR $@
	$(Q)$(AR) rcsD $@ $^

define TOOL
$(BUILD)/bin/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard cmd/$(1)/*.c))) $(ARCHIVE)
	@mkdir -p $$(@D)
	$$(SAY) LD $$@
	$$(Q)$$(LINK) -o $$@ $$^ $(if $(LIBS_$(1)),$$$$(pkg-config --libs $(LIBS_$(1))))
endef
$(foreach tool,$(TOOLS),$(eval $(call TOOL,$(tool))))

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $$(pkg-config --libs $(LIBRARIES) cmocka)

# The parsers under any bytes: with a main() that replays files, or with a fuzzer's (make fuzz).
FUZZER = $(BUILD)/obj/tests/fuzz/frame/replay.o
$(BUILD)/target/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/frame/fuzz.o $(BUILD)/obj/cmd/sav-report/facts.o \
		$(filter %.o,$(FUZZER)) $(ARCHIVE)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) $(filter -%,$(FUZZER)) -o $@ $^ $$(pkg-config --libs $(LIBRARIES))

$(BUILD)/fault/driver: $(BUILD)/obj/tests/fault/driver.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $$(pkg-config --libs libsodium)

# Never sanitized: it stands between the sanitizer and libc.
$(BUILD)/fault/preload.so $(BUILD)/fault/nth.so $(BUILD)/cage/probe.so: $(BUILD)/%.so: tests/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(WERROR) -O1 -g -fPIC -shared -o $@ $< -ldl

$(BUILD)/bin/%: cron/% $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|g; s|@VERSION@|$(VERSION)|g' $< >$@ && chmod 755 $@

$(BUILD)/libexec/sav/% $(BUILD)/cron/%: cron/% $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|g' $< >$@

# Everything is built again when the compiler or a flag changes.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE) $(LINK) $(CHART_JS))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(COMPILE) $(LINK) $(CHART_JS))' >$@
.PHONY: FORCE
FORCE:

demo:
	@scripts/install-deps demo
	@$(MAKE) --no-print-directory --silent all
	@scripts/demo $(BUILD)

check:
	@scripts/install-deps test
	$(MAKE) all units
	$(MAKE) BUILD=$(BUILD)/asan CC=clang WERROR=-Werror SANITIZE=address,undefined CFLAGS='-O1 -g' all units
	scripts/analyze $(BUILD)
	scripts/check $(BUILD) $(BUILD)/asan

# One of them alone: scripts/analyze build tidy
analyze:
	@scripts/install-deps test
	@scripts/analyze $(BUILD)

bench:
	@scripts/install-deps bench
	@$(MAKE) --no-print-directory --silent all
	@scripts/bench $(BUILD)

# All faults of the world at sls-alert, for T seconds: make soak T=600
T = 60
soak:
	@scripts/install-deps test
	@$(MAKE) --no-print-directory --silent all units
	@scripts/soak $(BUILD) $(T)

# Every call of every tool fails in turn. make faults STRIDE=7 takes every seventh, and fewer of those of memory.
STRIDE = 1
faults:
	@scripts/install-deps test
	@$(MAKE) --no-print-directory --silent all units
	@tests/fault/everything.py $(BUILD) $(STRIDE)

# A part of the same runs under valgrind: no memory lost or used wrongly, also behind an error.
memcheck: STRIDE = 20
memcheck:
	@scripts/install-deps test
	@$(MAKE) --no-print-directory --silent all units
	@tests/fault/everything.py --memcheck $(BUILD) $(STRIDE)

# Every parser under bytes of all kinds, for T seconds each, JOBS at a time: make fuzz T=600 FUZZ=stream ENGINE=afl
FUZZ =
JOBS = $(shell nproc)
ENGINE = libfuzzer
ENGINE_libfuzzer = CC=clang SANITIZE=address,undefined,fuzzer-no-link FUZZER=-fsanitize=fuzzer
ENGINE_afl = CC=afl-clang-fast SANITIZE=address,undefined FUZZER=-fsanitize=fuzzer
fuzz:
	@scripts/install-deps fuzz
	@AFL_QUIET=1 $(MAKE) --no-print-directory BUILD=$(BUILD)/$(ENGINE) $(ENGINE_$(ENGINE)) CFLAGS='-O1 -g' targets
	@scripts/fuzz $(BUILD) $(ENGINE) $(T) $(JOBS) $(FUZZ)

# Which lines of lib/ the tests reach, and why not the others. The counters are mapped into memory, so that a sandboxed process
# can write them, and atomic, as the processes of a program share them. make coverage STRIDE=1 injects every fault: an hour.
coverage: STRIDE = 23
coverage:
	@scripts/install-deps test
	@scripts/install-deps fuzz
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage CC=clang FORTIFY= \
		CFLAGS="-O0 -g -fprofile-instr-generate='$(CURDIR)/$(BUILD)/coverage/profiles/%m%c.profraw' -fcoverage-mapping \
		-fprofile-update=atomic -mllvm -runtime-counter-relocation -Wno-unused-command-line-argument" all units
	@SAV_TEST_FAULT_STRIDE=$(STRIDE) scripts/coverage $(BUILD)/coverage

# A fleet in a box: make fleet N=10000 WEEKS=12
N = 10000
WEEKS = 12
fleet: $(BUILD)/fleet-tools/seal_lines
	@scripts/install-deps test
	@$(MAKE) --no-print-directory --silent all
	@scripts/fleet $(BUILD) $(N) $(WEEKS)

$(BUILD)/fleet-tools/seal_lines: $(BUILD)/obj/tests/fleet/seal_lines.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $$(pkg-config --libs libsodium)

install: all
	@scripts/install '$(BUILD)' '$(DESTDIR)' '$(PREFIX)' '$(CRONDIR)' '$(UNITDIR)' '$(SHAREDIR)' '$(ZSHDIR)'

uninstall:
	@scripts/uninstall '$(DESTDIR)' '$(PREFIX)' '$(CRONDIR)' '$(UNITDIR)' '$(SHAREDIR)' '$(ZSHDIR)'

# What goes to others; see scripts/packaging/README.
MAINTAINER ?= sav maintainers <maintainers@sav.invalid>
dist:
	@scripts/packaging/dist '$(VERSION)' '$(BUILD)'

deb rpm: dist
	@scripts/install-deps package
	@scripts/packaging/make-$@ '$(VERSION)' '$(BUILD)' '$(MAINTAINER)'

check-packages: deb rpm
	@scripts/packaging/try '$(VERSION)' '$(BUILD)' '$(MAINTAINER)'
	@scripts/packaging/boot '$(VERSION)' '$(BUILD)'

compdb:
	@scripts/compdb $(COMPILE)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
