// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "machine.h"

#define CPUID_HYPERVISOR 0x40000000

bool machine_read(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	*out = '\0';
	if (!f)
		return false;
	ok = fgets(out, size, f);
	fclose(f);
	out[strcspn(out, "\n")] = '\0';
	return ok;
}

/* KVM can imitate Hyper-V, but without VMBus. */
static bool has_vmbus(void)
{
	DIR *dir = opendir("/sys/bus/vmbus/devices");
	struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	closedir(dir);
	return found;
}

/* The hypervisor's signature of 12 bytes, or "". */
static void hypervisor(char *out)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int a, b, c, d;

	/* Bit 31: a hypervisor is present */
	if (__get_cpuid(1, &a, &b, &c, &d) && c >> 31) {
		__cpuid(CPUID_HYPERVISOR, a, b, c, d);
		memcpy(out, &b, 4);
		memcpy(out + 4, &c, 4);
		memcpy(out + 8, &d, 4);
	}
#else
	(void)out;
#endif
}

enum machine machine_detect(void)
{
	char text[256], name[13] = "";

	machine_read("/proc/sys/kernel/osrelease", text, sizeof(text));
	if (strcasestr(text, "microsoft"))
		return MACHINE_WSL2;
	if (has_vmbus())
		return MACHINE_HYPERV;
	hypervisor(name);
	if (!strncmp(name, "KVM", 3))
		return MACHINE_KVM;
	if (!strncmp(name, "TCG", 3))
		return MACHINE_QEMU;
	if (!strncmp(name, "VMware", 6))
		return MACHINE_VMWARE;
	machine_read("/sys/class/dmi/id/sys_vendor", text, sizeof(text));
	if (!strcmp(text, "Microsoft Corporation")) {
		machine_read("/sys/class/dmi/id/product_name", text,
			     sizeof(text));
		if (!strcmp(text, "Virtual Machine"))
			return MACHINE_HYPERV;
	}
	/* KVM that imitates Hyper-V */
	if (!strcmp(text, "QEMU"))
		return MACHINE_KVM;
	if (*name)
		return MACHINE_OTHER;
	return MACHINE_REAL;
}

const char *machine_name(enum machine machine)
{
	switch (machine) {
	case MACHINE_HYPERV:
		return "Hyper-V";
	case MACHINE_WSL2:
		return "WSL2";
	case MACHINE_KVM:
		return "KVM";
	case MACHINE_QEMU:
		return "QEMU without KVM";
	case MACHINE_VMWARE:
		return "VMware";
	case MACHINE_OTHER:
		return "another hypervisor";
	default:
		return "no virtual machine";
	}
}

bool machine_is_hyperv(void)
{
	enum machine machine = machine_detect();

	return machine == MACHINE_HYPERV || machine == MACHINE_WSL2;
}
