# SPDX-License-Identifier: GPL-2.0-only
# How the tests are built, and what each test target runs.  Included by the
# top-level Makefile, whose variables and rules it uses.

# --- Programs ------------------------------------------------------------

UNIT_TESTS = $(notdir $(basename $(wildcard tests/unit/test_*.c)))
SIM_OBJECTS = $(call object,$(wildcard tests/sim/*.c))
# Faults to plant (core/planted.h), and the only files that know of them.
SIM_FAULTS = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26
SIM_PLANTED = $(addprefix src/core/engine_,case.c foreign.c life.c queue.c scan.c step.c taken.c takeup.c twin.c) \
	src/core/retreat_course.c src/store/store_guest.c src/store/store_host.c $(addprefix tests/sim/,sim.c sim_worker.c)
TEST_OBJECTS = $(SIM_OBJECTS) \
	$(call object,$(UNIT_TESTS:%=tests/unit/%.c) tests/lab/tools/core_read.c tests/bench/scale.c)

include tests/attack/attack.mk
include tests/modules/tests.mk

unit-programs: $(UNIT_TESTS:%=$(O)/tests/%) $(O)/tests/sim $(O)/tests/scale attack-programs

sim-faults: $(SIM_FAULTS:%=$(O)/tests/sim-fault-%)

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
$(O)/tests/test_keeper_takeover: private LDFLAGS += $(patsubst %,-Xlinker --wrap=%, \
	keeper_now keeper_scan keeper_rearm keeper_set_timer keeper_owner_query \
	keeper_adopt_from_monitor owner_each_monitor owner_find)
$(O)/tests/test_engine_memory: private LDFLAGS += -Wl,--wrap=calloc,--wrap=realloc

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

-include $(TEST_OBJECTS:.o=.d)
-include $(foreach f,$(SIM_FAULTS),$(SIM_PLANTED:%.c=$(O)/obj/fault-$(f)/%.d))

# --- Targets -------------------------------------------------------------

#@ Test (each but the first installs the packages that it needs):
#@   make test T=policy   builds and runs one unit test
#@   make lint            runs the lints: seconds
#@   make check-unit      compiles three times, runs unit tests, fuzzers and attacks
#@   make sim             runs the simulation, also with planted faults
#@   make mutants         plants faults into src/core and src/store: an hour
#@   make check-lab       runs the scenarios of the lab on a real Xen
#@   make check           runs all tests: under an hour on two processors
#@   make check-long      runs all tests with many more rounds: a day
#@   make demo            shows a crash and its restart on a real Xen
#@   make bench           measures; nothing else may run beside it
#@ Of one compiler: make -j2 WERROR=1 CC=gcc O=build/gcc all unit-programs
# Every test prints TAP and tests/run sums.  LONG=1 asks tests that draw at
# random for many more rounds.
RUN = tests/run
SUBMAKE = +$(MAKE) --no-print-directory -j$(shell nproc)

LINT = $(filter-out %.bash,$(sort $(wildcard tests/lint/*)))
BUILDS = 'tests/build/compile gcc' 'tests/build/compile clang' \
	'tests/build/compile sanitize'
UNIT = tests/build/purity \
	$(UNIT_TESTS:%=build/sanitize/tests/%) $(UNIT_TESTS:%=build/gcc/tests/%)
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
INIT_TESTS = $(sort $(wildcard tests/docs/* tests/init/*)) tests/cmd/top tests/cmd/evidence \
	tests/cmd/help
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
	$(SUBMAKE) modules-lab-stage KVER=$(LAB_KERNEL)

lint:
	$(PACKAGES) build check
	$(RUN) $(LINT)

check-unit:
	$(PACKAGES) build check
	$(RUN) $(BUILDS) --together $(UNIT) $(INIT_TESTS) $(ATTACKS) --alone $(FUZZ)

check-lab:
	$(PACKAGES)
	$(SUBMAKE) stage
	$(RUN) $(LAB)

check:
	$(PACKAGES)
	$(SUBMAKE) stage
	$(RUN) --together $(LINT) --alone $(BUILDS) --together $(UNIT) $(SIM) $(INIT_TESTS) \
		$(ATTACKS) --alone $(FUZZ) $(MUTANTS) tests/build/tarball $(PACKAGING) \
		$(MODULE) $(LAB)

sim:
	$(PACKAGES) build check
	$(RUN) 'tests/build/compile gcc' 'tests/build/compile sanitize' --together $(SIM)

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

# One unit test: T is the name of its file without test_ and .c.
test:
	@test -f 'tests/unit/test_$(T).c' || { \
	  echo 'usage: make test T=NAME, one of:' $(patsubst test_%,%,$(UNIT_TESTS)) >&2; exit 1; }
	$(SUBMAKE) -s WERROR=1 CC=gcc O=build/gcc build/gcc/tests/test_$(T)
	build/gcc/tests/test_$(T)

.PHONY: unit-programs sim-faults stage test lint check check-unit check-lab check-long sim mutants \
	bench demo
