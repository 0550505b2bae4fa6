/* SPDX-License-Identifier: GPL-2.0 */
/* Guests, which are virtual machines of Hyper-V. */
#ifndef HVSNDD_WIN_VM_H
#define HVSNDD_WIN_VM_H

#include <stdbool.h>
#include <winsock2.h>

#include "../guest.h"

/**
 * vm_configure() - Read the argument of --guest
 * @argument: VMID, NAME, wsl or any, followed by ,KEY=VALUE...
 *
 * Return: false after printing an error.
 */
bool vm_configure(const char *argument);

/* Allow unknown guests if "--guest any" was given, or no VM id. */
void vm_configure_finish(void);

/* Set the id of WSL2's virtual machine. */
void vm_set_wsl(const GUID *id);

/**
 * vm_guest() - Find or add the guest that a virtual machine is
 * @id: id of the virtual machine
 *
 * Return: the guest, or NULL if it may not connect.
 */
struct guest *vm_guest(const GUID *id);

#endif /* HVSNDD_WIN_VM_H */
