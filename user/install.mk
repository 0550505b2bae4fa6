# SPDX-License-Identifier: GPL-2.0
#
# The targets install and uninstall, for the Makefiles of hvsnd and hvsndd. Before the include, they set $(name) to the
# program's name, $(program) to its file and $(TOP) to the top folder. After the include, they add to $(files), a list
# of SOURCE=TARGET.

PREFIX ?= /usr
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
UNITDIR ?= $(PREFIX)/lib/systemd/system
USERUNITDIR ?= $(PREFIX)/lib/systemd/user
PIPEWIREDIR ?= $(PREFIX)/share/pipewire
WIREPLUMBERDIR ?= $(PREFIX)/share/wireplumber
ACPDIR ?= $(PREFIX)/share/alsa-card-profile/mixer
PULSEDIR ?= $(PREFIX)/share/pulseaudio/alsa-mixer
ALSADIR ?= $(PREFIX)/share/alsa
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
INSTALL ?= install
VERSION := $(shell cat $(TOP)/VERSION)

man := $(TOP)/Documentation/man
completion := $(TOP)/packaging/completion
units := $(TOP)/packaging/systemd

files := $(program)=$(BINDIR)/$(name) \
	$(man)/$(name).1=$(MANDIR)/man1/$(name).1 \
	$(completion)/$(name).bash=$(COMPLETIONDIR)/$(name) \
	$(completion)/zsh.in=$(ZSHDIR)/_$(name) \
	$(completion)/fish.in=$(FISHDIR)/$(name).fish
# Files of earlier versions. A PATH may have sbin first, so they must be removed.
former := $(PREFIX)/sbin/$(name) $(MANDIR)/man8/$(name).8

source_of = $(firstword $(subst =, ,$(1)))
target_of = $(lastword $(subst =, ,$(1)))
fill := sed 's,@NAME@,$(name),g; s,@VERSION@,$(VERSION),g; s,@BINDIR@,$(BINDIR),g; s,@COMPLETIONDIR@,$(COMPLETIONDIR),g'

# The program is copied; in every other file, @WORDS@ are replaced.
define install_file
	@$(INSTALL) -d -m 755 "$(DESTDIR)$(dir $(call target_of,$(1)))"
	@$(if $(filter $(program),$(call source_of,$(1))), \
		$(INSTALL) -m 755 $(call source_of,$(1)) "$(DESTDIR)$(call target_of,$(1))", \
		$(fill) $(call source_of,$(1)) >"$(DESTDIR)$(call target_of,$(1))" && \
		chmod 644 "$(DESTDIR)$(call target_of,$(1))")
	@echo "  INSTALL $(DESTDIR)$(call target_of,$(1))"

endef

define remove_file
	@if [ -e "$(DESTDIR)$(1)" ]; then rm -f "$(DESTDIR)$(1)" && echo "  REMOVE  $(DESTDIR)$(1)"; fi

endef

# A recipe is expanded when it runs, so $(files) is complete here. Some systems have sbin as a link to bin, so the files
# of earlier versions are removed first.
install: all
	$(foreach file,$(former),$(call remove_file,$(file)))
	$(foreach file,$(files),$(call install_file,$(file)))

uninstall:
	$(foreach file,$(former),$(call remove_file,$(file)))
	$(foreach file,$(files),$(call remove_file,$(call target_of,$(file))))

.PHONY: install uninstall
