// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "mic_command.h"

enum mic_command mic_command_parse(const char *buf, size_t len)
{
	static const char deny[] = "audio-input 0\n";
	static const char allow[] = "audio-input 1\n";
	const size_t size = sizeof(deny) - 1;

	if (len > size || (memcmp(buf, deny, len) && memcmp(buf, allow, len)))
		return MIC_COMMAND_INVALID;
	if (len < size)
		return MIC_COMMAND_INCOMPLETE;
	return memcmp(buf, allow, len) ? MIC_COMMAND_DENY : MIC_COMMAND_ALLOW;
}
