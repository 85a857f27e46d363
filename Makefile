# MCP firewall for nginx.
#
#     make run      install what is missing, build, show it at work
#     make test     install what is missing, build, run every test
#     make help     the other targets
#
# Everything generated stands under build/.

SHELL   = /bin/sh
CC      = gcc
CLANG   = clang
JOBS   ?= $(shell nproc)

# Where "make install" puts things, as Debian's own modules do.
DESTDIR    ?=
PREFIX     ?= /usr
MODULESDIR ?= $(PREFIX)/lib/nginx/modules
NGX_SHARE  ?= $(PREFIX)/share/nginx
DATADIR    ?= $(PREFIX)/share/ngx-mcp-module

FUZZ_TIME  ?= 60
FUZZ_JOBS  ?= 1

B      := build
SRC    := ngx_mcp_module

WARN   = -std=c99 -Wall -Wextra -Werror
HARDEN = -fstack-protector-strong -Wformat -Werror=format-security \
         -D_FORTIFY_SOURCE=2
LIBS   = -lhs -lpcre2-8 -lyaml -lutf8proc -ljansson -lcrypto -lm
SAN    = -fsanitize=address,undefined -fno-sanitize-recover=all \
         -fno-omit-frame-pointer

PACKS        := $(sort $(wildcard conf/rules/*.yaml))
CORE_SRCS    := $(sort $(wildcard $(SRC)/core/*.c))
CLI_SRCS     := $(sort $(wildcard $(SRC)/cli/*.c))
UNIT_TESTS   := $(patsubst t/unit/%.c,%,$(sort $(wildcard t/unit/test_*.c)))
MAN          := $(sort $(wildcard docs/*.1 $(SRC)/cli/*.1))
UNIT_HEADERS := $(sort $(wildcard t/unit/*.h))
FUZZERS      := $(patsubst fuzz/%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))
GEN          := $(B)/gen/mcp_builtin_packs.c
SCRIPTS      := $(sort $(wildcard redis-schemas/*.lua))
GEN_SCRIPTS  := $(B)/gen/ngx_mcp_redis_scripts.c

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Two builds of one tree at a time would write the same files.
LOCKED = mkdir -p $(B) && flock $(B)/.lock $(MAKE) -s -j$(JOBS)

.PHONY: all help deps build test install clean run bench fuzz lint coverage \
        unit rules t asan e2e matrix build-static build-asan \
        module FORCE

all: build

help:
	@echo 'make deps          install what is missing (as root)'
	@echo 'make build         $(B)/ngx_http_mcp_module.so and $(B)/mcpctl'
	@echo 'make install       both, with man page and rule packs (DESTDIR=)'
	@echo 'make run           the firewall between a client and a server'
	@echo 'make test          every test; the parts are:'
	@echo '    make unit      the engine, plain and with sanitizers'
	@echo '    make rules     the examples of the rule packs'
	@echo '    make score     recall and false alarms on the corpus'
	@echo '    make t         Test::Nginx suites (T="t/100-x.t ...")'
	@echo '    make asan      the same against a sanitised static nginx'
	@echo '    make e2e       official SDKs and the conformance suite'
	@echo 'make fuzz          each fuzzer for FUZZ_TIME=$(FUZZ_TIME) seconds'
	@echo 'make bench         speed against plain nginx'
	@echo 'make lint          both compilers, clang-tidy, cppcheck, style'
	@echo 'make coverage      lines of the engine that unit tests reach'
	@echo 'make matrix        compile for the nginx of newer Debian suites'
	@echo 'make build-static  $(B)/static/nginx'
	@echo 'make build-asan    $(B)/asan/nginx'
	@echo 'make clean'

deps:
	@tools/deps.sh


# The engine, in four variants: as it ships, for unit tests under sanitizers,
# for fuzzers and for coverage.

CFLAGS_core  = $(WARN) -O2 -g -fPIC $(HARDEN)
CC_core      = $(CC)

CFLAGS_asan  = $(WARN) -O1 -g $(SAN)
CC_asan      = $(CLANG)

CFLAGS_fuzz  = $(WARN) -O1 -g $(SAN) -fsanitize=fuzzer-no-link
CC_fuzz      = $(CLANG)

CFLAGS_cov   = $(WARN) -O0 -g --coverage -fprofile-update=atomic
CC_cov       = $(CC)

# $(1) variant, $(2) its directory, $(3) its library
define VARIANT

OBJS_$(1) := $$(patsubst $(SRC)/core/%.c,$(2)/%.o,$(CORE_SRCS)) \
             $(2)/mcp_builtin_packs.o

$(2)/%.o: $(SRC)/core/%.c Makefile | $(2)
	@echo "  $$(CC_$(1)) $$@"
	@$$(CC_$(1)) $$(CFLAGS_$(1)) -MMD -MP -c $$< -o $$@

$(2)/mcp_builtin_packs.o: $(GEN) Makefile | $(2)
	@echo "  $$(CC_$(1)) $$@"
	@$$(CC_$(1)) $$(CFLAGS_$(1)) -I$(SRC)/core -MMD -MP -c $$< -o $$@

$(3): $$(OBJS_$(1))
	@rm -f $$@
	@ar rcs $$@ $$^

$(2):
	@mkdir -p $$@

-include $$(wildcard $(2)/*.d)

endef

$(eval $(call VARIANT,core,$(B)/core,$(B)/libmcp.a))
$(eval $(call VARIANT,asan,$(B)/core-asan,$(B)/libmcp-asan.a))
$(eval $(call VARIANT,fuzz,$(B)/core-fuzz,$(B)/libmcp-fuzz.a))
$(eval $(call VARIANT,cov,$(B)/core-cov,$(B)/libmcp-cov.a))

$(B)/cli $(B)/unit $(B)/unit-asan $(B)/unit-cov $(B)/fuzz $(B)/log:
	@mkdir -p $@

# The script leaves an unchanged file alone, so a removed pack counts too.
$(GEN): FORCE
	@tools/embed.sh $@ $(PACKS)

$(GEN_SCRIPTS): FORCE
	@tools/embed-lua.sh $@ $(SCRIPTS)


# mcpctl

CLI_OBJS := $(patsubst $(SRC)/cli/%.c,$(B)/cli/%.o,$(CLI_SRCS))

$(B)/cli/%.o: $(SRC)/cli/%.c Makefile | $(B)/cli
	@echo "  $(CC) $@"
	@$(CC) $(CFLAGS_core) -I$(SRC)/core -MMD -MP -c $< -o $@

-include $(wildcard $(B)/cli/*.d)

$(B)/mcpctl: $(CLI_OBJS) $(B)/libmcp.a
	@echo "  link $@"
	@$(CC) -Wl,-z,relro,-z,now -o $@ $^ $(LIBS)

$(B)/asan/mcpctl: $(CLI_SRCS) $(wildcard $(SRC)/cli/*.h) $(B)/libmcp-asan.a \
                  Makefile
	@echo "  $(CLANG) $@"
	@mkdir -p $(@D)
	@$(CLANG) $(CFLAGS_asan) -I$(SRC)/core $(CLI_SRCS) -o $@ \
	    $(B)/libmcp-asan.a $(LIBS)


# The module for the nginx of the distribution, and nginx with it inside.
# Those builds have a make of their own; the script calls it each time.

module: $(GEN) $(GEN_SCRIPTS)
	@tools/build-nginx.sh dynamic

build-static: $(GEN) $(GEN_SCRIPTS)
	@tools/build-nginx.sh static

build-asan: $(GEN) $(GEN_SCRIPTS)
	@tools/build-nginx.sh asan

# The module first: its configure names the package of a missing library.
build:
	@$(MAKE) module
	@$(LOCKED) $(B)/libmcp.a $(B)/mcpctl


# Unit tests: plain with one compiler, under sanitizers with the other.  The
# first line of a test may ask for more: /* LDFLAGS: -Wl,--wrap=malloc */

LDFLAGS_of = $$(sed -n '1s:^/\* LDFLAGS\: \(.*\) \*/$$:\1:p' $<)

$(B)/unit/%: t/unit/%.c $(B)/libmcp.a $(UNIT_HEADERS) Makefile | $(B)/unit
	@echo "  $(CC) $@"
	@$(CC) $(CFLAGS_core) -I$(SRC)/core -It/unit $< -o $@ \
	    $(B)/libmcp.a $(LDFLAGS_of) $(LIBS)

$(B)/unit-asan/%: t/unit/%.c $(B)/libmcp-asan.a $(UNIT_HEADERS) Makefile \
                  | $(B)/unit-asan
	@echo "  $(CLANG) $@"
	@$(CLANG) $(CFLAGS_asan) -I$(SRC)/core -It/unit $< -o $@ \
	    $(B)/libmcp-asan.a $(LDFLAGS_of) $(LIBS)

$(B)/unit-cov/%: t/unit/%.c $(B)/libmcp-cov.a $(UNIT_HEADERS) Makefile \
                 | $(B)/unit-cov
	@echo "  $(CC) $@"
	@$(CC) $(WARN) -O0 -g -I$(SRC)/core -It/unit $< -o $@ \
	    $(B)/libmcp-cov.a --coverage $(LDFLAGS_of) $(LIBS)

.PHONY: unit-build unit-asan-build unit-cov-build fuzz-build
unit-build: $(addprefix $(B)/unit/,$(UNIT_TESTS))
unit-asan-build: $(addprefix $(B)/unit-asan/,$(UNIT_TESTS))
unit-cov-build: $(addprefix $(B)/unit-cov/,$(UNIT_TESTS))

unit:
	@$(LOCKED) unit-build unit-asan-build
	@rc=0; \
	tools/prove.pl --log unit $(addprefix $(B)/unit/,$(UNIT_TESTS)) || rc=1; \
	tools/prove.pl --log unit-asan --sanitizers \
	    $(addprefix $(B)/unit-asan/,$(UNIT_TESTS)) || rc=1; \
	exit $$rc

rules: build
	@tools/check-rules.sh

score: build
	@tools/score.sh

T ?= $(sort $(wildcard t/*.t))

t: build
	@tools/suites.sh plain $(T)

asan: build-asan
	@$(LOCKED) $(B)/asan/mcpctl
	@tools/suites.sh asan $(T)

e2e: build
	@t/e2e/run.sh

test:
	@tools/test.sh

coverage:
	@rm -f $(B)/core-cov/*.gcda
	@$(LOCKED) unit-cov-build
	@rc=0; \
	tools/prove.pl --log unit-cov \
	    $(addprefix $(B)/unit-cov/,$(UNIT_TESTS)) || rc=1; \
	tools/coverage.sh || rc=1; \
	exit $$rc


# Fuzzers

$(B)/fuzz/%: fuzz/%.c $(B)/libmcp-fuzz.a $(wildcard fuzz/*.h) Makefile \
             | $(B)/fuzz
	@echo "  $(CLANG) $@"
	@$(CLANG) $(CFLAGS_fuzz) -fsanitize=fuzzer -I$(SRC)/core -Ifuzz $< -o $@ \
	    $(B)/libmcp-fuzz.a $(LIBS)

fuzz-build: $(addprefix $(B)/fuzz/,$(FUZZERS))

fuzz:
	@tools/deps.sh build test
	@$(LOCKED) fuzz-build
	@FUZZ_TIME=$(FUZZ_TIME) FUZZ_JOBS=$(FUZZ_JOBS) tools/fuzz.sh $(FUZZERS)


# The rest

lint:
	@tools/deps.sh build lint
	@tools/lint.sh

matrix:
	@tools/deps.sh build lint
	@tools/matrix.sh

bench:
	@tools/deps.sh build bench
	@$(MAKE) build
	@bench/run.sh

run:
	@tools/run.sh

install: build
	install -d $(DESTDIR)$(MODULESDIR) $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(NGX_SHARE)/modules-available $(DESTDIR)$(DATADIR)/rules \
	    $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(B)/ngx_http_mcp_module.so $(DESTDIR)$(MODULESDIR)/
	echo 'load_module modules/ngx_http_mcp_module.so;' \
	    > $(DESTDIR)$(NGX_SHARE)/modules-available/mod-http-mcp.conf
	install -m 755 $(B)/mcpctl $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 conf/*.conf conf/*.example $(DESTDIR)$(DATADIR)/
	install -m 644 $(PACKS) $(DESTDIR)$(DATADIR)/rules/

clean:
	rm -rf $(B)
