// SPDX-License-Identifier: GPL-2.0
#include "../lib/output.h"
#include "guest_status.h"

static const char *mic_text(const struct guest *g)
{
	if (g->mic_policy == MIC_NEVER)
		return "never";
	return g->mic_allowed ? "allowed" : "closed";
}

struct json_object *guest_status(const struct guest *g)
{
	static const char *const saved[] = {
		[SAVED_NONE] = NULL,
		[SAVED_DENY] = "deny",
		[SAVED_ALLOW] = "allow",
	};
	struct json_object *o = json_object_new_object();
	bool wants_mic = false, recording = false;
	const struct connection *c;

	for (c = g->connections; c; c = c->next) {
		wants_mic |= c->wants_mic;
		recording |= c->recording;
	}
	output_string(o, "name", g->name);
	if (g->has_cid)
		output_number(o, "cid", g->cid);
	output_number(o, "connections", g->connection_count);
	output_bool(o, "playback", g->playback);
	output_string(o, "microphone", mic_text(g));
	output_string(o, "kept", saved[g->saved]);
	output_bool(o, "wants_microphone", wants_mic);
	output_bool(o, "recording", recording);
	output_number(o, "played_bytes", g->played_bytes);
	output_number(o, "recorded_bytes", g->recorded_bytes);
	output_number(o, "dropped_bytes", g->dropped_bytes);
	output_number(o, "underruns", g->underruns);
	output_number(o, "queue_us", g->queue_usec);
	json_object_object_add(o, "drift_ppm",
			       json_object_new_double(g->drift_ppm));
	return o;
}
