# SPDX-License-Identifier: GPL-2.0-only
# Tests of the kernel module; included by the top-level Makefile after
# modules/module.mk. Run from the tree's root.
# Must not need more than what it builds itself below build/modules.

# Static: for any dom0 that the lab boots.
EVT_CFLAGS ?= -O2 -g -std=gnu11 -Wall -Wextra -Werror
build/modules/evt: $(EVT_SOURCES) $(EVT_HEADERS)
	mkdir -p $(@D)
	$(CC) $(EVT_CFLAGS) -Imodules/xen-evtchn -static -pthread -o $@ $(EVT_SOURCES)

# Ours under another name, to run beside the kernel's own in one boot.
$(MODULE_DIR)/twin/xen-evtchn-twin.ko: $(MODULE_SOURCES)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp -r modules/xen-evtchn/. $(@D)
	+$(MODULE_MAKE) M=$(CURDIR)/$(@D) EVTCHN_BUILD=$(MODULE_BUILD)-twin \
		EVTCHN_NAME=xen-evtchn-twin EVTCHN_DEVICE=xen/evtchn-twin modules

$(MODULE_DIR)/old/xen-evtchn-old.ko: $(MODULE_SOURCES) $(wildcard tests/modules/lab/old/*)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp -r tests/modules/lab/old/. $(@D)
	+$(MODULE_MAKE) M=$(CURDIR)/$(@D) EVTCHN_SRC=$(CURDIR)/modules/xen-evtchn modules

.PHONY: modules-lab-parts
modules-lab-parts: modules build/modules/evt $(MODULE_DIR)/twin/xen-evtchn-twin.ko \
	$(MODULE_DIR)/old/xen-evtchn-old.ko

# What the lab's scenarios 50-evtchn-* find in /lab/evtchn; LAB_STAGE is the
# lab's. LONG=1, or EVT_BINDS, EVT_CYCLES and EVT_GUESTS, say how long they run.
LAB_STAGE ?= build/stage
.PHONY: modules-lab-stage
modules-lab-stage: modules-lab-parts
	mkdir -p $(LAB_STAGE)/lab/evtchn
	cp build/modules/evt $(MODULE_DIR)/*/xen-evtchn-twin.ko \
		$(MODULE_DIR)/*/xen-evtchn-old.ko \
		tests/modules/lab/differences $(LAB_STAGE)/lab/evtchn/
	echo $(or $(EVT_BINDS),$(if $(LONG),500000,20000)) > $(LAB_STAGE)/lab/evtchn/binds
	echo $(or $(EVT_CYCLES),$(if $(LONG),10000,200)) > $(LAB_STAGE)/lab/evtchn/cycles
	echo $(or $(EVT_GUESTS),$(if $(LONG),300,10)) > $(LAB_STAGE)/lab/evtchn/guests

# The module's sources upon a modelled kernel, with ASan and TSan.
.PHONY: test-modules-model test-modules-kernels
test-modules-model:
	tests/modules/model/run $(MODEL_STEPS)

# For each kernel Debian has, with that release's compiler.
test-modules-kernels:
	tests/modules/kernels

# The orders of events, searched by spin: about a minute and 1.3 GB.
.PHONY: test-modules-spin
test-modules-spin:
	tests/modules/spin/run

# A module that stands in for the distribution's in a fake root.
$(MODULE_DIR)/standin/xen-evtchn.ko: $(MODULE_SOURCES)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp -r modules/xen-evtchn/. $(@D)
	+$(MODULE_MAKE) M=$(CURDIR)/$(@D) EVTCHN_BUILD=distribution modules

.PHONY: test-modules-install
test-modules-install:
	tests/modules/install $(KVER)
