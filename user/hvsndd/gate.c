// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "gate.h"

enum gate_verdict gate_judge(const char *buf, size_t len)
{
	static const char deny[] = "audio-input 0\n",
			  allow[] = "audio-input 1\n";
	const size_t whole = sizeof(deny) - 1;

	if (len > whole || (memcmp(buf, deny, len) && memcmp(buf, allow, len)))
		return GATE_BAD;
	if (len < whole)
		return GATE_MORE;
	return memcmp(buf, allow, len) ? GATE_DENY : GATE_ALLOW;
}
