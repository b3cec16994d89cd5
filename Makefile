# SPDX-License-Identifier: GPL-2.0-only
# Builds everything: one make, no recursion into folders.  What was found on
# this machine comes from config.mk, which is made when it is missing.  All
# products go below build/ (O=DIR: elsewhere).
#
#   make [CC=clang] [SANITIZE=address,undefined] [WERROR=1] [O=DIR] [V=1]
#
# How the tests are built and run is in tests/tests.mk.

#@ Build and install:
#@   make                 builds build/xenvigild, build/xenvigil and build/xlv
#@   make install         installs them (DESTDIR=, prefix=, sysconfdir=)
#@   make uninstall       removes what make install installed
#@   make dist deb rpm    each makes its package: a tar archive, .deb, .rpm
#@   make clean           removes the folder build; distclean: also configure's output
all:

# These prepare the machine themselves, or need nothing of it.
BARE = help test lint check-unit check-lab check check-long sim mutants bench demo \
	clean distclean dist deb rpm
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

object = $(patsubst %.c,$(O)/obj/%.o,$(1))
LIB_OBJECTS = $(call object,$(wildcard $(LAYERS:%=src/%/*.c)))
command_objects = $(call object,$(wildcard src/cmd/$(1).c src/cmd/$(1)_*.c))
OBJECTS = $(LIB_OBJECTS) $(foreach c,$(COMMANDS),$(call command_objects,$(c)))
ARCHIVE = $(O)/libxenvigil.a

MODULE_VERSION = $(or $(VERSION),0)
include modules/module.mk

all: $(COMMANDS:%=$(O)/%) $(ARCHIVE) $(O)/evt

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

-include $(OBJECTS:.o=.d)

help:
	@sed -n 's/^#@ \{0,1\}//p' Makefile tests/tests.mk modules/module.mk

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
	$(INSTALL) -d $(DESTDIR)$(tooldir)/as-xl
	ln -srfn $(DESTDIR)$(bindir)/xlv $(DESTDIR)$(tooldir)/as-xl/xl
	ln -srfn $(DESTDIR)$(bindir)/xlv $(DESTDIR)$(tooldir)/as-xl/xen
	test -e $(DESTDIR)$(etcdir)/xenvigil.conf || \
	  $(INSTALL) -m 644 init/xenvigil.conf $(DESTDIR)$(etcdir)/
	$(INSTALL) -m 644 init/domains.d/README $(DESTDIR)$(etcdir)/domains.d/

# The operator's files and the records stay.  What setup changed would lead to
# programs that are gone.
uninstall: uninstall-init
	-[ -n "$(DESTDIR)" ] || [ ! -e /var/lib/xenvigil/setup.state ] || \
	  $(bindir)/xenvigil setup --undo --yes
	rm -f $(DESTDIR)$(sbindir)/xenvigild $(addprefix $(DESTDIR)$(bindir)/,xenvigil xlv)
	rm -f $(DESTDIR)$(tooldir)/xenvigil-module $(DESTDIR)$(tooldir)/evt
	rm -rf $(DESTDIR)$(tooldir)/as-xl
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

include tests/tests.mk

FORCE:
.PHONY: all help install uninstall install-init uninstall-init dist deb rpm clean distclean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
