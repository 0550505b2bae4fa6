# SPDX-License-Identifier: GPL-2.0
#
# Try it
#   make demo             30 s    play a sound in a guest, compare what arrives
#   make bench            1 h     compare with other ways to carry audio data
#   make bench-simulated  10 min  the same in counted instructions
#
# Install it in a guest
#   make                          build the module
#   make modules_install          install the module, signed if there is a key
#   make tools                    build hvsnd, which shows and changes the cards
#   make install-tools            install hvsnd, its man pages and systemd unit
#   make install                  install what is built: module, hvsnd, hvsndd
#   make uninstall                remove all that these targets installed
#
# Serve guests on a Linux host
#   make hvsndd                   build hvsndd, the server
#   make install-hvsndd           install hvsndd, its man page and systemd units
#
# Serve guests on a Windows host
#   make hvsndd.exe               build hvsndd.exe; needs mingw-w64
#   make hvsndd.msi               zip, MSI and winget manifests, in packages/
#
# Package it: the latest commit
#   make dist                     source archive and its SHA-256
#   make deb              1 min   packages for this Debian or Ubuntu, in packages/
#   make rpm              1 min   packages for Fedora, in packages/
#   make patch                    patches for a kernel tree, in packages/patches
#
# Test it
#   make check            10 min  all tests but the long ones
#   make check-kunit      2 min   KUnit with KASAN, lockdep and kmemleak
#   make check-debug      1 h     races and failures on KASAN and KCSAN kernels
#   make check-wine       5 min   hvsndd.exe under Wine; installs 1 GB
#   make check-desktop    1 h     desktops of Debian 12 and 13, and programs
#   make check-packages   30 min  packages in clean Debian 12, 13 and forky
#   make check-patch      3 min   the patches, in Debian's newest kernel source
#   make check-matrix     1 h     build and test on Debian's kernels 5.10 to 7.2
#   make soak                     random programs, delays and failures, by seed
#   make check-all        4 h     everything, in parts; skips parts that passed
#
# Change it
#   make lint             3 min   checkpatch, sparse, compilers, shellcheck, ...
#   make coverage         10 s    what the unit tests run of the pure parts
#   make fuzz             40 min  all fuzzers
#   make docs             10 s    documentation site, in Documentation/html
#   make clean                    remove what was built
#   make help                     print this list
#
# Variables (default)
#   KDIR=                 kernel build tree (of the running kernel)
#   DESTDIR= PREFIX=      where to install (/usr)
#   INSTALL_MOD_PATH=     root folder for the module (DESTDIR)
#   SIGN_KEY= SIGN_CERT=  sign the module with this key (that of dkms or Ubuntu)
#   FILE= OUT= LISTEN=1   demo: file to play, folder of results, also play here
#   BENCH=short           bench: a few minutes; shows only that it works
#   T=NAME                check: only tests of this file or function
#   LONG=1                check, lint: also what takes long
#   KERNEL=               patch: kernel tree (Debian's newest linux-source)
#   ROWS=ROW,...          check-matrix: only these kernels
#   SEED= SEEDS=          soak: first seed (1), number of seeds (20)
#   PART=NAME             check-all: only this part
#   MINUTES=              fuzz: time for each fuzzer (10)
#
# Demo, bench and tests need Debian 12 or 13 and root or sudo. They install the
# packages that they need. Times are for two processors without KVM. The first
# run takes longer, because it fetches and builds kernels.

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

# Build nothing as root that the user did not build before.
built := $(if $(wildcard kernel/snd-hvsock.ko),modules_install) \
	$(if $(wildcard user/hvsnd/hvsnd),install-tools) $(if $(wildcard user/hvsndd/hvsndd),install-hvsndd)

install: $(or $(strip $(built)),install-nothing)

install-nothing:
	@echo "cannot install: nothing is built. Run make, make tools, or make hvsndd (on a host)" >&2; exit 1

uninstall:
	@packaging/module.sh uninstall
	@+$(MAKE) -s -C user uninstall
	@+$(MAKE) -s -C user/hvsndd uninstall

dist:
	@packaging/dist.sh .

deb:
	@+packaging/deb.sh

rpm:
	@+packaging/rpm.sh

patch:
	@packaging/kernel/series.py packages/patches $(KERNEL)

help:
	@sed -n '/^# Try/,/^$$/s/^# \{0,1\}//p' Makefile

tools:
	+$(MAKE) -C user

install-tools:
	@+$(MAKE) -s -C user install

hvsndd:
	+$(MAKE) -C user/hvsndd

hvsndd.exe:
	+$(MAKE) -C user/hvsndd/win

hvsndd.msi:
	+packaging/windows/build.sh packages $(URL)

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

docs:
	@selftests/vm/deps.sh docs
	@/usr/bin/python3 -m sphinx -q -E -W --keep-going -c Documentation . Documentation/html
	@echo "Documentation/html/index.html"

coverage:
	@+$(MAKE) -s -C selftests/unit coverage

check-kunit:
	@+selftests/check.sh selftests/host/test_kunit.py

check-debug:
	@+selftests/check.sh -m debug selftests/real/debug

check-wine:
	@+selftests/check.sh -n 2 --dist loadgroup -m wine selftests

check-matrix:
	@+RACES_SECONDS=$(or $(RACES_SECONDS),120) selftests/check.sh -n 2 --dist loadgroup --rows $(or $(ROWS),all) selftests

check-packages:
	@+selftests/check.sh selftests/host/test_packages.py selftests/real/test_boot.py

check-patch:
	@+selftests/check.sh selftests/host/test_patch.py

check-desktop:
	@+selftests/check.sh selftests/real/test_desktops.py selftests/real/test_desktop_applications.py

soak:
	@+SEED=$(or $(SEED),1) SEEDS=$(or $(SEEDS),20) selftests/check.sh -n 2 selftests/sim/test_soak.py

bench:
	@+bench/run.sh

bench-simulated:
	@+bench/simulated.py

clean:
	$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C user clean
	$(MAKE) -C user/hvsndd clean
	$(MAKE) -C selftests clean
	$(MAKE) -C demo clean
	$(MAKE) -C bench clean
	rm -rf packages Documentation/html

.PHONY: all modules modules_install tools hvsndd hvsndd.exe hvsndd.msi install install-nothing install-tools install-hvsndd uninstall dist deb rpm patch help \
	demo check check-all lint docs fuzz coverage check-kunit check-debug check-desktop check-packages check-patch check-wine check-matrix soak bench bench-simulated clean
