# SPDX-License-Identifier: GPL-2.0
#
#   make                 the module, for the running kernel or for the build tree KDIR=
#   make tools           hvsnd, the tool for its cards in the guest
#   make hvsndd          the host's side, for Linux hosts
#   make install         what of these three is built; DESTDIR=, PREFIX= (/usr)
#   make modules_install the module alone, signed if there is a key (SIGN_KEY=, SIGN_CERT=); INSTALL_MOD_PATH= or DESTDIR=
#   make install-tools   hvsnd alone, with man pages, completion and systemd unit
#   make install-hvsndd  hvsndd alone, with man page, completion and systemd units
#   make uninstall       removes what these installed, for every kernel; files in /etc and /var stay
#   make dist            snd-hvsock-VERSION.tar.gz of the latest commit
#   make demo            hear it: a sound file through a guest (FILE=, LISTEN=1)
#   make check           the tests; T=NAME runs only those of that name
#   make check-all       these, and all that takes longer
#   make lint            what checkpatch, sparse, compilers and others report; LONG=1 also the slow ones
#   make fuzz            every fuzzer, MINUTES= (10) each; what is found is kept
#   make coverage        how much of the pure parts their unit tests run
#   make check-kunit     KUnit's suites in User-mode Linux with KASAN, lockdep and kmemleak
#   make check-debug     tests on kernels with KASAN, lockdep and kmemleak, and with KCSAN
#   make check-matrix    builds and tests on Debian's kernels from 5.10 to 7.2, or on ROWS=ROW,...
#   make soak            the card under planted jitter and failures: SEEDS= (20) runs from SEED= (1)
#   make bench           the card against what else brings a guest's sound to its host; BENCH=short in minutes
#   make clean
#   make help            prints this list

KERNELRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KERNELRELEASE)/build

all: modules

modules:
	$(if $(wildcard $(KDIR)/Makefile),,$(error No kernel headers at $(KDIR): \
		install linux-headers-$(KERNELRELEASE) (Debian, Ubuntu) or kernel-devel (Fedora), \
		or name a build tree with KDIR=))
	+$(MAKE) -C $(KDIR) M=$(CURDIR) $@

INSTALL_MOD_PATH ?= $(DESTDIR)
export INSTALL_MOD_PATH
export INSTALL_MOD_STRIP SIGN_KEY SIGN_CERT

modules_install:
	@$(if $(filter environment% command%,$(origin KDIR)),KDIR="$(KDIR)") packaging/module.sh install

# Nothing is built as root that was not asked for before.
built := $(if $(wildcard kernel/snd-hvsock.ko),modules_install) \
	$(if $(wildcard user/hvsnd/hvsnd),install-tools) $(if $(wildcard user/hvsndd/hvsndd),install-hvsndd)

install: $(or $(strip $(built)),install-nothing)

install-nothing:
	@echo "Nothing is built to be installed. First: make (the module), make tools, or make hvsndd (on a host)" >&2; exit 1

uninstall:
	@packaging/module.sh uninstall
	@+$(MAKE) -s -C user uninstall
	@+$(MAKE) -s -C user/hvsndd uninstall

# As git archives the same commit for everybody: the same bytes
VERSION := $(shell cat VERSION)
dist:
	@git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1 || { echo "make dist needs the git repository" >&2; exit 1; }
	@git -c safe.directory='*' diff --quiet HEAD || echo "changes that are not committed are left out" >&2
	git -c safe.directory='*' archive --prefix=snd-hvsock-$(VERSION)/ -o snd-hvsock-$(VERSION).tar.gz HEAD

help:
	@sed -n 's/^#   //p' Makefile

tools:
	+$(MAKE) -C user

install-tools:
	@+$(MAKE) -s -C user install

hvsndd:
	+$(MAKE) -C user/hvsndd

install-hvsndd:
	@+$(MAKE) -s -C user/hvsndd install

demo:
	@+demo/run.sh

check:
	@+selftests/check.sh

check-all:
	@+selftests/check_all.py $(PART)

lint:
	@+selftests/check.sh $(if $(LONG),,-m 'not long') selftests/host/test_lint.py

fuzz:
	@+MINUTES=$(or $(MINUTES),10) selftests/check.sh -n 2 -m long selftests/host/test_fuzz.py

coverage:
	@+$(MAKE) -s -C selftests/unit coverage

check-kunit:
	@+selftests/check.sh selftests/host/test_kunit.py

check-debug:
	@+selftests/check.sh -m debug selftests/real/debug

check-matrix:
	@+RACES_SECONDS=$(or $(RACES_SECONDS),120) selftests/check.sh -n 2 --dist loadgroup --rows $(or $(ROWS),all) selftests

soak:
	@+SEED=$(or $(SEED),1) SEEDS=$(or $(SEEDS),20) selftests/check.sh -n 2 selftests/sim/test_soak.py

bench:
	@+bench/run.sh

clean:
	$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C user clean
	$(MAKE) -C user/hvsndd clean
	$(MAKE) -C selftests clean
	$(MAKE) -C demo clean
	$(MAKE) -C bench clean

.PHONY: all modules modules_install tools hvsndd install install-nothing install-tools install-hvsndd uninstall dist help \
	demo check check-all lint fuzz coverage check-kunit check-debug check-matrix soak bench clean
