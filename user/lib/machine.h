/* SPDX-License-Identifier: GPL-2.0 */
/* The kind of machine on which the program runs. */
#ifndef HVSND_MACHINE_H
#define HVSND_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

enum machine {
	MACHINE_HYPERV,
	MACHINE_WSL2,
	MACHINE_KVM,
	MACHINE_QEMU, /* emulated, without KVM */
	MACHINE_VMWARE,
	MACHINE_OTHER, /* a virtual machine of another hypervisor */
	MACHINE_REAL,
};

/* Detect the hypervisor. */
enum machine machine_detect(void);

/* Name of the hypervisor in messages. */
const char *machine_name(enum machine machine);

/* Whether AF_VSOCK uses hv_sock: true on Hyper-V and WSL2. */
bool machine_is_hyperv(void);

/**
 * machine_read() - Read the first line of a file
 * @path: path of the file
 * @out: set to the line without its newline, "" on failure
 * @size: size of @out in bytes
 *
 * Return: Whether the line was read.
 */
bool machine_read(const char *path, char *out, size_t size);

#endif /* HVSND_MACHINE_H */
