# SPDX-License-Identifier: GPL-2.0-only
# What init systems and their like are given: made from init/*.in with the
# directories of this build, and installed; with manuals and completions.  Included by the top-level Makefile.

# In place of @name@ in a file of init/.
INIT_WORDS = sbindir bindir sysconfdir localstatedir runstatedir
$(O)/init/%: init/%.in config.mk
	@mkdir -p $(@D)
	$(call say,SED)sed $(foreach w,$(INIT_WORDS),-e 's|@$(w)@|$($(w))|g') $< > $@

# The units of the roles: a socket each, and what it starts.
UNIT_ROLES = worker hook watcher probe parser
$(O)/init/xenvigil-%.socket: init/xenvigil-role.socket.in config.mk
	@mkdir -p $(@D)
	$(call say,SED)sed -e 's|@role@|$*|g' $(foreach w,$(INIT_WORDS),-e 's|@$(w)@|$($(w))|g') $< > $@
$(O)/init/xenvigil-worker@.service $(O)/init/xenvigil-hook@.service: \
		$(O)/init/xenvigil-%@.service: init/xenvigil-lax@.service.in config.mk
	@mkdir -p $(@D)
	$(call say,SED)sed -e 's|@role@|$*|g' $(foreach w,$(INIT_WORDS),-e 's|@$(w)@|$($(w))|g') $< > $@

has_init = $(filter $(1),$(INIT))
UNITS = xenvigild.service $(UNIT_ROLES:%=xenvigil-%.socket) $(UNIT_ROLES:%=xenvigil-%@.service)
INIT_FILES = $(addprefix $(O)/init/,xenvigil.logrotate xenvigil.tmpfiles \
	$(UNITS) xenvigild.sysv xenvigild.openrc)

init-files: $(INIT_FILES)

# put(FROM, DIRECTORY, NAME, MODE)
put = $(INSTALL) -d $(DESTDIR)$(2) && $(INSTALL) -m $(4) $(1) $(DESTDIR)$(2)/$(3)

define put_unit
$(call put,$(O)/init/$(1),$(unitdir),$(1),644)

endef

HOOKS = $(sort $(wildcard init/hooks/*))
define put_hook
$(call put,$(1),$(docdir)/hooks,$(notdir $(1)),644)

endef

MANUALS = $(sort $(wildcard docs/man/*))
define put_manuals
$(if $(filter %.$(1),$(MANUALS)),$(INSTALL) -d $(DESTDIR)$(mandir)/man$(1) && \
	$(INSTALL) -m 644 $(filter %.$(1),$(MANUALS)) $(DESTDIR)$(mandir)/man$(1)/)

endef

install-init: init-files
	$(if $(call has_init,sysv openrc),$(call put,$(O)/init/xenvigil.logrotate,$(logrotatedir),xenvigil,644))
	$(if $(call has_init,systemd),$(call put,$(O)/init/xenvigil.tmpfiles,$(tmpfilesdir),xenvigil.conf,644))
	$(if $(call has_init,systemd),$(call put,init/xenvigil.catalog,$(catalogdir),xenvigil.catalog,644))
	$(if $(call has_init,systemd),$(foreach u,$(UNITS),$(call put_unit,$(u))))
	$(if $(call has_init,sysv),$(call put,$(O)/init/xenvigild.sysv,$(initdir),xenvigild,755))
	$(if $(call has_init,openrc),$(call put,$(O)/init/xenvigild.openrc,$(initdir),xenvigild,755))
	$(call put,init/hooks.d/README,$(etcdir)/hooks.d,README,644)
	$(foreach h,$(HOOKS),$(call put_hook,$(h)))
	$(foreach n,1 4 5 7 8,$(call put_manuals,$(n)))
	$(call put,init/metrics/xenvigil.rules.yml,$(datarootdir)/xenvigil,xenvigil.rules.yml,644)
	$(call put,init/metrics/xenvigil-dashboard.json,$(datarootdir)/xenvigil,xenvigil-dashboard.json,644)
	$(call put,init/completion/xenvigil.bash,$(bashcompdir),xenvigil,644)
	$(call put,init/completion/_xenvigil,$(zshcompdir),_xenvigil,644)
	$(call put,init/completion/xlv.bash,$(bashcompdir),xlv,644)
	$(call put,init/completion/_xlv,$(zshcompdir),_xlv,644)

uninstall-init:
	rm -f $(foreach m,$(MANUALS),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	rm -f $(HOOKS:init/hooks/%=$(DESTDIR)$(docdir)/hooks/%) $(DESTDIR)$(etcdir)/hooks.d/README
	rm -f $(addprefix $(DESTDIR)$(datarootdir)/xenvigil/,xenvigil.rules.yml xenvigil-dashboard.json)
	rm -f $(addprefix $(DESTDIR)$(bashcompdir)/,xenvigil xlv)
	rm -f $(addprefix $(DESTDIR)$(zshcompdir)/,_xenvigil _xlv)
	rm -f $(DESTDIR)$(logrotatedir)/xenvigil $(DESTDIR)$(tmpfilesdir)/xenvigil.conf
	rm -f $(DESTDIR)$(catalogdir)/xenvigil.catalog
	rm -f $(UNITS:%=$(DESTDIR)$(unitdir)/%) $(DESTDIR)$(initdir)/xenvigild

.PHONY: init-files
