// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../config.h"

void config_set_state_dir(void)
{
	const char *local = getenv("LOCALAPPDATA");
	char *p;

	if (*config.state_dir || !local ||
	    strlen(local) > sizeof(config.state_dir) - 16)
		return;
	sprintf(config.state_dir, "%s/hvsndd", local);
	for (p = config.state_dir; *p; p++) {
		if (*p == '\\')
			*p = '/';
	}
}
