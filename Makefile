# What a packager may set: make PREFIX=/usr DESTDIR=/tmp/root CFLAGS=-O3 install
VERSION = 0.1.0
PREFIX ?= /opt/sophos-av
CRONDIR ?= /etc/cron.d
UNITDIR ?= /lib/systemd/system
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

TOOLS = $(notdir $(wildcard cmd/*))
LIBRARIES = libcurl libssl libcrypto libsodium jansson yaml-0.1 sqlite3

STANDARD = -std=c17 -D_GNU_SOURCE -iquote . -DSAV_VERSION='"$(VERSION)"' -DSAV_PREFIX='"$(PREFIX)"'
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wformat=2 -Wundef -Wvla -Wcast-qual -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough
HARDENING = -fPIE -fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections $(FORTIFY) $(CET)
# A sanitized build has checks of its own that _FORTIFY_SOURCE would hide behind its wrappers.
FORTIFY = $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
CET = $(if $(filter x86_64-% i%86-%,$(MACHINE)),-fcf-protection)
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
SANITIZERS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(WERROR) $(HARDENING) $(SANITIZERS) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) -pie -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections,--as-needed $(SANITIZERS) $(CFLAGS) $(LDFLAGS)

# Short lines by default; V=1 shows the commands.
Q = $(if $(V),,@)
SAY = @$(if $(V),:,printf '%-4s%s\n')

SOURCES = $(wildcard lib/*/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/obj/%.o)
ARCHIVE = $(BUILD)/libsav.a
PROGRAMS = $(TOOLS:%=$(BUILD)/bin/%)
FAULTS = $(if $(wildcard tests/fault/driver.c),$(BUILD)/fault/driver $(BUILD)/fault/preload.so $(BUILD)/fault/nth.so)
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

.PHONY: all units demo check bench soak faults fleet install uninstall compdb format clean
.DELETE_ON_ERROR:
.SECONDARY:

# What is no C program: the wrapper and what starts it, with the prefix written in.
SCRIPTS = $(BUILD)/bin/sav-feedback $(BUILD)/libexec/sav/schedule.awk $(addprefix $(BUILD)/cron/,$(CRON))
CRON = sav-feedback.cron sav-feedback.service sav-feedback.timer sls-alert.service

all: $(PROGRAMS) $(SCRIPTS)
units: $(UNITS) $(FAULTS)

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
$(BUILD)/bin/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard cmd/$(1)/*.c)) $(ARCHIVE)
	@mkdir -p $$(@D)
	$$(SAY) LD $$@
	$$(Q)$$(LINK) -o $$@ $$^ $(if $(LIBS_$(1)),$$$$(pkg-config --libs $(LIBS_$(1))))
endef
$(foreach tool,$(TOOLS),$(eval $(call TOOL,$(tool))))

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $$(pkg-config --libs $(LIBRARIES) cmocka)

$(BUILD)/fault/driver: $(BUILD)/obj/tests/fault/driver.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $$(pkg-config --libs libsodium)

# Never sanitized: it stands between the sanitizer and libc.
$(BUILD)/fault/%.so: tests/fault/%.c $(BUILD)/flags
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
	scripts/check $(BUILD) $(BUILD)/asan

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
	@scripts/install '$(BUILD)' '$(DESTDIR)' '$(PREFIX)' '$(CRONDIR)' '$(UNITDIR)'

uninstall:
	@scripts/uninstall '$(DESTDIR)' '$(PREFIX)' '$(CRONDIR)' '$(UNITDIR)'

compdb:
	@scripts/compdb $(COMPILE)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
