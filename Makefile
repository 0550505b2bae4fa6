# SPDX-License-Identifier: GPL-2.0
#
#   make                 the module, for the running kernel or for KDIR=
#   make modules_install put it where modprobe finds it
#   make tools           hvsnd, the tool for its cards
#   make install-tools   with man pages, completion and systemd unit; DESTDIR=, PREFIX=
#   make hvsndd          the host's side for Linux hosts
#   make install-hvsndd  with man page, completion and systemd units; DESTDIR=, PREFIX=
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

KERNELRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KERNELRELEASE)/build

all: modules

modules modules_install:
	$(if $(wildcard $(KDIR)/Makefile),,$(error No kernel headers at $(KDIR): \
		install linux-headers-$(KERNELRELEASE) (Debian, Ubuntu) or kernel-devel (Fedora), \
		or name a build tree with KDIR=))
	+$(MAKE) -C $(KDIR) M=$(CURDIR) $@

tools:
	+$(MAKE) -C user

install-tools:
	+$(MAKE) -C user install

hvsndd:
	+$(MAKE) -C user/hvsndd

install-hvsndd:
	+$(MAKE) -C user/hvsndd install

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

.PHONY: all modules modules_install tools install-tools hvsndd install-hvsndd demo check check-all lint fuzz coverage check-kunit check-debug check-matrix soak bench clean
