# SPDX-License-Identifier: GPL-2.0-only
# Builds everything: one make, no recursion into folders.  What was found on
# this machine comes from config.mk, which is made when it is missing.  All
# products go below build/ (O=DIR: elsewhere).
#
#   make [CC=clang] [SANITIZE=address,undefined] [WERROR=1] [O=DIR] [V=1]

all:

# These prepare the machine themselves, or need nothing of it.
BARE = check check-unit check-lab check-long sim mutants bench demo lint clean distclean dist deb rpm
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

PACKAGES = tests/setup/packages

config.mk: config.mk.in configure
	./configure

configure: configure.ac
	@command -v autoconf >/dev/null || \
	  { echo 'autoconf is missing: $(PACKAGES) build installs what is needed' >&2; exit 1; }
	autoconf

# --- Flags ---------------------------------------------------------------

ifdef SANITIZE
O = build/sanitize
HARDENING = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDENING_LD = -fsanitize=$(SANITIZE)
else
O = build
HARDENING = -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
HARDENING_LD = -pie -Wl,-z,relro,-z,now
endif

XV_CPPFLAGS = -D_GNU_SOURCE -Iinclude -Isrc $(PKG_CFLAGS) \
	-DXENVIGIL_VERSION='"$(VERSION)"' \
	-DXENVIGIL_CONFIG_DIR='"$(sysconfdir)/xenvigil"' \
	-DXENVIGIL_TOOL_DIR='"$(tooldir)"'
XV_CFLAGS = -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes $(if $(WERROR),-Werror) \
	-ffunction-sections -fdata-sections $(HARDENING)
XV_LDFLAGS = $(HARDENING_LD) -Wl,--as-needed -Wl,--gc-sections

# V=1 shows whole commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

COMPILE = $(CC) $(XV_CPPFLAGS) $(CPPFLAGS) $(XV_CFLAGS) $(CFLAGS)
LINK = $(CC) $(XV_CFLAGS) $(CFLAGS) $(XV_LDFLAGS) $(LDFLAGS)

# --- What is built -------------------------------------------------------

# Every layer but cmd is in the archive, and a program takes what it names.
# A command is src/cmd/NAME.c with what is in src/cmd/NAME_*.c.
LAYERS = base core store port dump role
COMMANDS = $(notdir $(basename $(wildcard $(addprefix src/cmd/,xenvigild.c xenvigil.c xlv.c))))
UNIT_TESTS = $(notdir $(basename $(wildcard tests/unit/test_*.c)))

object = $(patsubst %.c,$(O)/obj/%.o,$(1))
LIB_OBJECTS = $(call object,$(wildcard $(LAYERS:%=src/%/*.c)))
command_objects = $(call object,$(wildcard src/cmd/$(1).c src/cmd/$(1)_*.c))
OBJECTS = $(LIB_OBJECTS) $(foreach c,$(COMMANDS),$(call command_objects,$(c))) \
	$(call object,$(UNIT_TESTS:%=tests/unit/%.c)) $(SIM_OBJECTS) \
	$(call object,tests/lab/tools/core_read.c tests/bench/scale.c)
SIM_OBJECTS = $(call object,$(wildcard tests/sim/*.c))
# Faults to plant (core/planted.h), and the only files that know of them.
SIM_FAULTS = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
SIM_PLANTED = $(addprefix src/core/engine_,case.c foreign.c life.c queue.c scan.c step.c taken.c takeup.c twin.c) \
	src/store/store_guest.c $(addprefix tests/sim/,sim.c sim_worker.c)
ARCHIVE = $(O)/libxenvigil.a

MODULE_VERSION = $(or $(VERSION),0)
include modules/module.mk

all: $(COMMANDS:%=$(O)/%) $(ARCHIVE) $(O)/evt

unit-programs: $(UNIT_TESTS:%=$(O)/tests/%) $(O)/tests/sim $(O)/tests/scale attack-programs

include tests/attack/attack.mk

sim-faults: $(SIM_FAULTS:%=$(O)/tests/sim-fault-%)

# Objects depend on the flags they were compiled with, the archive on the list
# of what is in it: so neither a new compiler nor a removed file is missed.
quote = '$(subst ','\'',$(1))'
define stamp
@mkdir -p $(@D)
@printf '%s\n' $(1) | cmp -s - $@ || printf '%s\n' $(1) > $@
endef

$(O)/flags: FORCE
	$(call stamp,$(call quote,$(COMPILE)) $(call quote,$(LINK)))

$(O)/objects: FORCE
	$(call stamp,$(LIB_OBJECTS))

$(O)/obj/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -MMD -MP -c -o $@ $<

$(ARCHIVE): $(LIB_OBJECTS) $(O)/objects
	@rm -f $@
	$(call say,AR)$(AR) rcsD $@ $(LIB_OBJECTS)

# What "xenvigil module" needs beside its script.
$(O)/evt: $(EVT_SOURCES) $(EVT_HEADERS) $(O)/flags
	$(call say,LD)$(LINK) -fPIE -Imodules/xen-evtchn -pthread -o $@ $(EVT_SOURCES)

define command_rule
$(O)/$(1): $(call command_objects,$(1)) $(ARCHIVE)
	$$(call say,LD)$$(LINK) -o $$@ $$^ $$(PKG_LIBS)
endef
$(foreach c,$(COMMANDS),$(eval $(call command_rule,$(c))))

$(O)/tests/%: $(O)/obj/tests/unit/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(call say,LD)$(LINK) -o $@ $^ $(PKG_LIBS)

# These want SQLite's files in memory, as the simulation has them.
$(filter $(O)/tests/test_store%,$(UNIT_TESTS:%=$(O)/tests/%)): $(O)/obj/tests/sim/memvfs.o

# These read cores back by what the lab reads them with.
$(filter $(O)/tests/test_core_%,$(UNIT_TESTS:%=$(O)/tests/%)): $(O)/obj/tests/lab/tools/core_read.o

# And these a command's own.
$(O)/tests/test_xenvigil_report: $(call object,src/cmd/xenvigil_report_html.c)
$(O)/tests/test_xenvigil_debug: $(call object,src/cmd/xenvigil_debug_kernel.c)

# Memory may not be had.  Private: else the flags that all depends on had it too.
$(O)/tests/test_keeper_child: private LDFLAGS += -Wl,--wrap=wire_recv
$(O)/tests/test_engine_memory: private LDFLAGS += -Wl,--wrap=calloc

# One program: the engine against a model of the world, whose memory runs out.
SIM_LINK = $(LINK) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
$(O)/tests/sim: $(SIM_OBJECTS) $(ARCHIVE)
	@mkdir -p $(@D)
	$(call say,LD)$(SIM_LINK) -o $@ $^ $(PKG_LIBS)

# What the keeper's own work costs, by the number of guests.
$(O)/tests/scale: $(O)/obj/tests/bench/scale.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(call say,LD)$(LINK) -o $@ $^ $(PKG_LIBS)

# The same with a check removed, so that it has to fail.
define fault_rule
$(O)/obj/fault-$(1)/%.o: %.c $(O)/flags
	@mkdir -p $$(@D)
	$$(call say,CC)$$(COMPILE) -DSIM_FAULT=$(1) -MMD -MP -c -o $$@ $$<

$(O)/tests/sim-fault-$(1): $(SIM_PLANTED:%.c=$(O)/obj/fault-$(1)/%.o) \
		$(filter-out $(SIM_PLANTED:%.c=$(O)/obj/%.o),$(SIM_OBJECTS)) $(ARCHIVE)
	@mkdir -p $$(@D)
	$$(call say,LD)$$(SIM_LINK) -o $$@ $$^ $$(PKG_LIBS)
endef
$(foreach f,$(SIM_FAULTS),$(eval $(call fault_rule,$(f))))

-include $(OBJECTS:.o=.d)
-include $(foreach f,$(SIM_FAULTS),$(SIM_PLANTED:%.c=$(O)/obj/fault-$(f)/%.d))

# --- Tests ---------------------------------------------------------------

# Every test prints TAP and tests/run sums.  LONG=1 asks tests that draw at
# random for many more rounds.
RUN = tests/run
SUBMAKE = +$(MAKE) --no-print-directory -j$(shell nproc)

LINT = $(filter-out %.bash,$(sort $(wildcard tests/lint/*)))
UNIT = 'tests/build/compile gcc' 'tests/build/compile clang' \
	'tests/build/compile sanitize' tests/build/purity \
	$(UNIT_TESTS:%=build/gcc/tests/%) $(UNIT_TESTS:%=build/sanitize/tests/%)
FUZZ = 'tests/fuzz/run $(if $(LONG),600,30)'
SEEDS = $(if $(LONG),1000000,20000)
SIM = 'build/gcc/tests/sim --seeds $(SEEDS)' \
	'build/sanitize/tests/sim --seeds $(if $(LONG),20000,500)' \
	$(patsubst %,'build/sanitize/tests/sim --seeds $(if $(LONG),40,4) --each %',memory sqlite call) \
	$(SIM_FAULTS:%='build/gcc/tests/sim-fault-% --must-fail --seeds 5000')
# A few of the faults, others for each commit; all of them with LONG=1.
MUTANTS = 'tests/mutants/run $(if $(LONG),,--sample 12)'
MODULE = tests/modules/model/run tests/modules/spin/run tests/modules/install tests/modules/probe \
	tests/modules/kernels $(if $(LONG),'tests/modules/lab/run $(LAB_KERNEL) \
	10-* 11-* 12-* 13-late 14-twenty 50-evtchn-replaced' tests/modules/lab/reboot)
ATTACKS = $(sort $(wildcard tests/attack/r[0-9]*))
INIT_TESTS = $(sort $(wildcard tests/docs/* tests/init/*)) tests/cmd/top tests/cmd/evidence
PACKAGING = $(if $(LONG),tests/build/packages)
# The daemon by hand, then by its units, with each role in its sandbox.
UNITS_LAB = $(if $(LONG),$(patsubst %,'tests/lab/run --units %',[01]* [23]* [4-9a-z]*), \
	'tests/lab/run --units 13-late 15-orphan')
LAB = tests/lab/run $(UNITS_LAB) tests/lab/readers

# What the lab puts over its dom0, whose kernel is the newest with headers.
LAB_KERNEL = $(notdir $(patsubst %/build,%,$(shell \
	ls -d /lib/modules/*/build 2>/dev/null | sort -V | tail -n 1)))
stage:
	rm -rf build/stage
	$(SUBMAKE) install DESTDIR=$(CURDIR)/build/stage prefix=/usr sysconfdir=/etc
	$(if $(wildcard tests/modules/tests.mk),$(SUBMAKE) modules-lab-stage KVER=$(LAB_KERNEL))

lint:
	$(PACKAGES) build check
	$(RUN) $(LINT)

check-unit:
	$(PACKAGES) build check
	$(RUN) $(UNIT) $(FUZZ) $(INIT_TESTS) $(ATTACKS)

check-lab:
	$(PACKAGES)
	$(SUBMAKE) stage
	$(RUN) $(LAB)

check:
	$(PACKAGES)
	$(SUBMAKE) stage
	$(RUN) $(LINT) $(UNIT) $(FUZZ) $(SIM) $(MUTANTS) tests/build/tarball $(PACKAGING) $(INIT_TESTS) \
		$(ATTACKS) $(MODULE) $(LAB)

sim:
	$(PACKAGES) build check
	$(RUN) 'tests/build/compile gcc' 'tests/build/compile sanitize' $(SIM)

# Do the tests see small faults in the core and the store?  Fails while one of the
# set lives and is not named in tests/mutants/survivors.
mutants:
	$(PACKAGES) build check
	$(RUN) tests/mutants/run

# Figures, not verdicts: nothing else may run beside it.
bench:
	$(PACKAGES)
	$(SUBMAKE) stage
	tests/bench/run

check-long:
	LONG=1 $(MAKE) check LONG=1

demo:
	$(PACKAGES)
	$(SUBMAKE) stage
	tests/lab/demo

# --- Installation --------------------------------------------------------

etcdir = $(sysconfdir)/xenvigil
tooldir = $(libexecdir)/xenvigil
include init/init.mk

install: all install-init
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(sbindir) $(DESTDIR)$(etcdir)/domains.d
	$(INSTALL) $(O)/xenvigild $(DESTDIR)$(sbindir)/
	$(INSTALL) $(O)/xenvigil $(O)/xlv $(DESTDIR)$(bindir)/
	$(INSTALL) -d $(DESTDIR)$(tooldir)
	$(INSTALL) modules/xenvigil-module $(O)/evt $(DESTDIR)$(tooldir)/
	test -e $(DESTDIR)$(etcdir)/xenvigil.conf || \
	  $(INSTALL) -m 644 init/xenvigil.conf $(DESTDIR)$(etcdir)/
	$(INSTALL) -m 644 init/domains.d/README $(DESTDIR)$(etcdir)/domains.d/

# The operator's files and the records stay.
uninstall: uninstall-init
	rm -f $(DESTDIR)$(sbindir)/xenvigild $(addprefix $(DESTDIR)$(bindir)/,xenvigil xlv)
	rm -f $(DESTDIR)$(tooldir)/xenvigil-module $(DESTDIR)$(tooldir)/evt
	rm -f $(DESTDIR)$(etcdir)/domains.d/README

dist: configure
	tests/build/dist

deb:
	packaging/deb

rpm:
	packaging/rpm

clean:
	rm -rf build

distclean: clean
	rm -rf autom4te.cache
	rm -f configure configure~ config.mk config.log config.status

-include tests/modules/tests.mk

FORCE:
.PHONY: all unit-programs stage lint check check-unit check-lab check-long sim mutants bench demo \
	install uninstall install-init uninstall-init dist deb rpm clean distclean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
