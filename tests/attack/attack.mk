# SPDX-License-Identifier: GPL-2.0-only
# What the attacks are made with: tools/*.c, one program each, and libraries
# that stand in for Xen's, or for libc's.  Included by the top-level Makefile.

ATTACK_PRELOADS = fake_xen fake_store fake_oom fake_clock fake_cut
ATTACK_TOOLS = $(filter-out $(ATTACK_PRELOADS),$(notdir $(basename $(wildcard tests/attack/tools/*.c))))

attack-programs: $(O)/cmd/pty $(ATTACK_PRELOADS:%=$(O)/attack/%.so) $(ATTACK_TOOLS:%=$(O)/attack/%)

# Not for a sanitized program: the sanitizer's own library wants to be first.
$(O)/attack/fake_%.so: tests/attack/tools/fake_%.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(XV_CPPFLAGS) -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) \
		-O2 -g -fPIC -shared -o $@ $< -ldl

$(O)/attack/%: $(O)/obj/tests/attack/tools/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(call say,LD)$(LINK) -o $@ $^ $(PKG_LIBS)

# For the tests of commands (tests/cmd).
$(O)/cmd/pty: $(O)/obj/tests/cmd/pty.o
	@mkdir -p $(@D)
	$(call say,LD)$(LINK) -o $@ $^

-include $(O)/obj/tests/cmd/pty.d
-include $(ATTACK_TOOLS:%=$(O)/obj/tests/attack/tools/%.d)

.PHONY: attack-programs
