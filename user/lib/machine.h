/* SPDX-License-Identifier: GPL-2.0 */
/* What this machine is. */
#ifndef HVSND_MACHINE_H
#define HVSND_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

enum machine {
	MACHINE_HYPERV,
	MACHINE_WSL2,
	MACHINE_KVM,
	MACHINE_QEMU, /* emulated */
	MACHINE_VMWARE,
	MACHINE_OTHER, /* another hypervisor's */
	MACHINE_REAL,
};

/**
 * machine_detect - what runs this machine
 *
 * Return: which.
 */
enum machine machine_detect(void);

/**
 * machine_name - for people
 * @machine: which
 *
 * Return: a name.
 */
const char *machine_name(enum machine machine);

/**
 * machine_is_hyperv - whether hv_sock is its transport
 *
 * Return: true on Hyper-V and WSL2.
 */
bool machine_is_hyperv(void);

/**
 * machine_read - the first line of a file
 * @path: which
 * @out: the line without its end; "" if there is no such file
 * @size: bytes that @out takes
 *
 * Return: whether it could be read.
 */
bool machine_read(const char *path, char *out, size_t size);

#endif /* HVSND_MACHINE_H */
