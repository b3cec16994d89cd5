# SPDX-License-Identifier: GPL-2.0-only
# Builds and installs the kernel module; included by the top-level Makefile and
# usable alone: make -f modules/module.mk modules. Run from the tree's root.
# Must not write outside build/ but in the install targets.
#
#   KVER=release   the kernel to build for (the running one)
#   KDIR=folder    its headers (/lib/modules/KVER/build)
#   MODULE_KEY= MODULE_CERT=   sign with these when installing
#
#@ Kernel module:
#@   make modules          builds xen-evtchn.ko (KVER=, KDIR=)
#@   make modules_install  installs it over the kernel's; modules_restore: back

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
MODULE_VERSION_FILE := $(wildcard VERSION)
MODULE_VERSION ?= $(if $(MODULE_VERSION_FILE),$(shell cat VERSION),0)
MODULE_SOURCES := $(shell find modules/xen-evtchn -type f)
MODULE_SUM := $(shell cat $(sort $(MODULE_SOURCES)) | sha256sum | cut -c 1-12)
MODULE_BUILD := xenvigil-$(MODULE_VERSION)-$(MODULE_SUM)
MODULE_DIR := build/modules/$(KVER)
MODULE_MAKE = $(MAKE) -C $(KDIR) CONFIG_DEBUG_INFO_BTF_MODULES=

.PHONY: modules modules_install modules_restore

modules: $(MODULE_DIR)/ours/xen-evtchn.ko

$(MODULE_DIR)/ours/xen-evtchn.ko: $(MODULE_SOURCES)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp -r modules/xen-evtchn/. $(@D)
	+$(MODULE_MAKE) M=$(CURDIR)/$(@D) EVTCHN_BUILD=$(MODULE_BUILD) modules

modules_install: modules
	modules/xenvigil-module install --kernel $(KVER) \
		$(if $(MODULE_KEY),--key $(MODULE_KEY) --cert $(MODULE_CERT)) \
		$(MODULE_DIR)/ours/xen-evtchn.ko

modules_restore:
	modules/xenvigil-module restore --kernel $(KVER)

# The program that asks the device: for "xenvigil module verify", and the lab's.
EVT_SOURCES := $(wildcard modules/evt/*.c)
EVT_HEADERS := $(wildcard modules/evt/*.h) modules/xen-evtchn/abi.h
