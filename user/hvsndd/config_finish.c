// SPDX-License-Identifier: GPL-2.0
#include "config_parse.h"

/* In qubes, the other direction has the next port. */
static bool add_qubes_record(struct endpoint_config *e)
{
	struct endpoint_config *record;

	if (e->protocol != PROTOCOL_QUBES || e->direction != DIRECTION_DEFAULT)
		return true;
	record = config_new_endpoint();
	if (!record)
		return false;
	*record = *e;
	record->address.port++;
	record->direction = DIRECTION_RECORD;
	e->direction = DIRECTION_PLAYBACK;
	return true;
}

bool config_finish_endpoints(enum protocol protocol)
{
	unsigned int i, n = config.endpoint_count;

	for (i = 0; i < n; i++) {
		struct endpoint_config *e = &config.endpoints[i];

		if (e->protocol == PROTOCOL_UNSET)
			e->protocol = protocol;
		if (!config_check_endpoint(e) || !add_qubes_record(e))
			return false;
	}
	return true;
}
