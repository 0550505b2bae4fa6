/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of hvsndd.exe. Each returns the exit status of the program. */
#ifndef HVSNDD_WIN_COMMANDS_H
#define HVSNDD_WIN_COMMANDS_H

/* Subkeys are the services that virtual machines may connect to. */
#define SERVICES_KEY                               \
	"SOFTWARE\\Microsoft\\Windows NT\\"        \
	"CurrentVersion\\Virtualization\\"         \
	"GuestCommunicationServices"

/* The arguments begin with the name of the command. */
int register_command(int argc, char **argv);
int autostart_command(int argc, char **argv);
int ctl_command(int argc, char **argv);
int doctor_command(int argc, char **argv);

#endif /* HVSNDD_WIN_COMMANDS_H */
