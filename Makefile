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
#   make lint            what checkpatch, sparse, compilers and their like find wrong
#   make fuzz            what the other side can say, for MINUTES= (10) each; what is found is kept
#   make check-hvsock    hv_sock.ko of Debian 12 and 13 with a host of our own
#   make coverage        how much of the pure parts their unit tests run
#   make check-kunit     KUnit's suites in User-mode Linux with KASAN, lockdep and kmemleak, which takes a while to build
#   make check-debug     some of them on kernels with KASAN, lockdep and kmemleak, or KCSAN, which take a while to build
#   make check-matrix    builds and tests on Debian's kernels from 5.10 to 7.2; Documentation/kernels.rst is what came of it
#   make soak            what takes hours: long plays on fast and slow hosts, servers killed again and again, HOURS= (1) of
#                        races
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
	@+selftests/lint.sh

fuzz: MINUTES ?= 10
fuzz:
	@+MINUTES=$(MINUTES) selftests/fuzz.sh

check-hvsock:
	@+selftests/check.sh hvsock-suites

coverage:
	@+$(MAKE) -s -C selftests/unit coverage

check-kunit:
	@+selftests/test-kunit.sh

check-debug:
	@+selftests/debug.sh
	@+selftests/debug.sh -r

check-matrix:
	@+selftests/matrix.sh

soak:
	@+selftests/soak.sh 600 50 $(or $(HOURS),1)

bench:
	@+bench/run.sh

clean:
	$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C user clean
	$(MAKE) -C user/hvsndd clean
	$(MAKE) -C selftests clean
	$(MAKE) -C demo clean
	$(MAKE) -C bench clean

.PHONY: all modules modules_install tools install-tools hvsndd install-hvsndd demo check check-all lint fuzz check-hvsock coverage check-kunit check-debug check-matrix soak bench clean
