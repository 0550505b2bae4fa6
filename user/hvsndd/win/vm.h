/* SPDX-License-Identifier: GPL-2.0 */
/* Guests, which are virtual machines of Hyper-V. */
#ifndef HVSNDD_WIN_VM_H
#define HVSNDD_WIN_VM_H

#include <winsock2.h>

#include "../guest.h"

/**
 * vm_set_name() - Give a virtual machine a name
 * @id: id of the virtual machine
 * @name: the name
 *
 * Return: NULL, or on failure what the id must be.
 */
const char *vm_set_name(const GUID *id, const char *name);

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
