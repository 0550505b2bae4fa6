/* SPDX-License-Identifier: GPL-2.0 */
/* The virtual machine in which WSL2 runs. */
#ifndef HVSNDD_WIN_WSL_H
#define HVSNDD_WIN_WSL_H

#include <stdbool.h>
#include <winsock2.h>

/**
 * wsl_find() - Find the id of this user's WSL2 virtual machine
 * @id: set to the id, which changes each time WSL2 starts
 *
 * Does not start WSL2. May take seconds.
 *
 * Return: false if WSL2 does not run.
 */
bool wsl_find(LPGUID id);

#endif /* HVSNDD_WIN_WSL_H */
