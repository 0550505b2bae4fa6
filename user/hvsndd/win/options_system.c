// SPDX-License-Identifier: GPL-2.0
#include "../config_parse.h"
#include "../options_system.h"
#include "pipe_name.h"

const char options_help[] =
	"usage: hvsndd [serve] [OPTION]...   play and record the audio of guests\n"
	"       hvsndd register [--undo]     allow virtual machines to connect (once)\n"
	"       hvsndd autostart on|off      start hvsndd when you log on\n"
	"       hvsndd ctl COMMAND           list, status, allow GUEST, deny GUEST\n"
	"       hvsndd doctor                find out why there is no sound\n\n"
	"Plays and records the audio of virtual machines of Hyper-V and of WSL2 on this\n"
	"host. Defaults are in parentheses.\n\n"
	"Connections:\n"
	"  -l, --listen WHO:PORT[,KEY=VALUE]...\n"
	"                           listen for wsl, any or one VM id; any needs hvsndd\n"
	"                           register (wsl:4713 and any:4713)\n"
	"  -c, --connect VMID:PORT[,KEY=VALUE]...\n"
	"                           connect to a guest that listens (role=listen)\n"
	HELP_CONNECTIONS
	HELP_PROTOCOL
	"  -g, --guest VMID|wsl|any[,KEY=VALUE]...\n"
	"                           guest that may connect; if a VM id is named, other\n"
	"                           VMs may connect only with --guest any\n"
	"        name=NAME          name of the guest (VMID)\n"
	HELP_GUEST
	"Audio:\n"
	"  -o, --output OUTPUT      wasapi, file:DIR or null (wasapi)\n"
	HELP_AUDIO
	"Control:\n"
	"      --state-dir DIR      directory of the log and of the saved decisions\n"
	"                           (%LOCALAPPDATA%\\hvsndd)\n"
	"      --instance NAME      a second hvsndd of the same user\n"
	HELP_END
	"Exit status: 0: ended by the user, 1: failed, 2: wrong usage.\n";

const char *const options_output = "wasapi, file:DIR or null";

enum {
	OPTION_INSTANCE = OPTIONS_SYSTEM,
};

const struct option options_system[] = {
	{ "instance", required_argument, NULL, OPTION_INSTANCE },
	{}
};

bool options_read_system(int option, const char *argument)
{
	(void)option;
	pipe_name_suffix = argument;
	return guest_name_ok(argument) ||
	       config_invalid("instance", argument,
			      "letters, digits, '.', '_' and '-'");
}

bool options_finish_system(void)
{
	config_set_state_dir();
	return true;
}
