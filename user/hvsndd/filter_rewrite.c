// SPDX-License-Identifier: GPL-2.0
/* Rewriting of a guest's commands: values that are unsafe are replaced. */
#include <stdio.h>

#include "../lib/clean.h"
#include "filter_private.h"

#define NAME_KEY "application.name"
#define NAME_SIZE 128
/* Sinks, sources, streams, the server; not clients, modules, cards, samples. */
#define SUBSCRIBE_MASK 0x8fU

static u8 peek(const struct hvsnd_tag_reader *r)
{
	return r->pos < r->len ? r->buf[r->pos] : 0;
}

static void skip_bytes(struct hvsnd_tag_reader *r, size_t n)
{
	if (n > r->len - r->pos)
		r->cut = true;
	else
		r->pos += n;
}

static void skip_format(struct hvsnd_tag_reader *r)
{
	skip_bytes(r, 1);
	if (r->cut || peek(r) != 'B') {
		r->bad = true;
		return;
	}
	skip_bytes(r, 2);
	hvsnd_tag_skip_proplist(r);
}

static void skip_value(struct hvsnd_tag_reader *r)
{
	u8 format, channels;
	u32 rate;

	switch (peek(r)) {
	case 'L':
		hvsnd_tag_get_u32(r);
		break;
	case 't':
	case 'N':
		hvsnd_tag_skip_string(r);
		break;
	case '0':
	case '1':
		hvsnd_tag_get_bool(r);
		break;
	case 'r':
		hvsnd_tag_get_s64(r);
		break;
	case 'U':
		hvsnd_tag_get_usec(r);
		break;
	case 'T':
		hvsnd_tag_skip_timeval(r);
		break;
	case 'a':
		hvsnd_tag_get_sample_spec(r, &format, &channels, &rate);
		break;
	case 'm':
		hvsnd_tag_skip_channel_map(r);
		break;
	case 'v':
		hvsnd_tag_get_cvolume(r, NULL, 0);
		break;
	case 'P':
		hvsnd_tag_skip_proplist(r);
		break;
	case 'f':
		skip_format(r);
		break;
	case 'B':
		skip_bytes(r, 2);
		break;
	case 'V':
		skip_bytes(r, 5);
		break;
	case 'R':
		skip_bytes(r, 9);
		break;
	case 'x':
		if (r->len - r->pos < 5)
			r->cut = true;
		else
			skip_bytes(r, (size_t)5 + hvsnd_get_be32(r->buf +
								 r->pos + 1));
		break;
	default:
		r->bad = true;
	}
}

static void copy(struct hvsnd_tag_writer *w, const struct hvsnd_tag_reader *r,
		 size_t from)
{
	if (w->overflow || r->pos - from > w->size - w->len) {
		w->overflow = true;
		return;
	}
	memcpy(w->buf + w->len, r->buf + from, r->pos - from);
	w->len += r->pos - from;
}

/*
 * Other properties let a guest use the saved volumes of other programs, or make
 * the server load modules.
 */
static bool property_is_safe(const char *key)
{
	return strcmp(key, NAME_KEY) &&
	       strcmp(key, "module-stream-restore.id") &&
	       strncmp(key, "filter.", 7);
}

/* Copy safe properties, and store the value of NAME_KEY in @name. */
static void copy_properties(struct hvsnd_tag_writer *w,
			    struct hvsnd_tag_reader *r, char *name)
{
	const char *key, *value;
	size_t from;
	u32 len;

	while (peek(r) == 't') {
		from = r->pos;
		key = (const char *)r->buf + r->pos + 1;
		hvsnd_tag_skip_string(r);
		hvsnd_tag_get_u32(r);
		len = hvsnd_get_be32(r->buf + r->pos + 1);
		r->pos += 5;
		value = (const char *)r->buf + r->pos;
		if (!strcmp(key, NAME_KEY))
			output_clean(name, NAME_SIZE, value,
				     strnlen(value, len));
		r->pos += len;
		if (property_is_safe(key))
			copy(w, r, from);
	}
}

/*
 * Copy a property list. Its NAME_KEY becomes "GUEST: NAME", or the name of the
 * client if the list has no name.
 */
static void copy_proplist(struct filter *f, u32 command,
			  struct hvsnd_tag_writer *w,
			  struct hvsnd_tag_reader *r)
{
	char name[NAME_SIZE] = "", full_name[FILTER_NAME_SIZE];
	struct hvsnd_tag_reader check = *r;

	/* The code below relies on a well-formed list. */
	hvsnd_tag_skip_proplist(&check);
	r->bad = check.bad;
	r->cut = check.cut;
	if (r->bad || r->cut)
		return;
	r->pos++;
	hvsnd_tag_begin_proplist(w);
	copy_properties(w, r, name);
	snprintf(full_name, sizeof(full_name), "%s%s%s", f->guest,
		 *name ? ": " : "", name);
	if (command == PULSE_SET_CLIENT_NAME ||
	    command == PULSE_UPDATE_CLIENT_PROPLIST)
		strcpy(f->client, full_name);
	hvsnd_tag_put_prop(w, NAME_KEY,
			   *name || !*f->client ? full_name : f->client);
	hvsnd_tag_end_proplist(w);
	r->pos++;
}

/**
 * struct position - a value in a message
 * @command: command of the message
 * @n: index of the value; the values after the tag count from 0
 * @proplist: index of the first property list, -1 before it
 */
struct position {
	u32 command;
	int n;
	int proplist;
};

/* The protocol version is limited, the cookie is the host's. */
static bool replace_auth(struct filter *f, const struct position *p,
			 struct hvsnd_tag_writer *w, struct hvsnd_tag_reader *r)
{
	u32 version;

	if (p->n == 0) {
		version = hvsnd_tag_get_u32(r) & FILTER_VERSION_MASK;
		if (version > FILTER_VERSION_MAX)
			version = FILTER_VERSION_MAX;
		hvsnd_tag_put_u32(w, version);
		return true;
	}
	if (p->n == 1) {
		skip_value(r);
		hvsnd_tag_put_arbitrary(w, f->cookie, FILTER_COOKIE_SIZE);
		return true;
	}
	return false;
}

/*
 * A guest records from the default source only. Another source may be the
 * monitor of a sink, and direct_on_input records what another client plays.
 */
static bool replace_record(const struct position *p, struct hvsnd_tag_writer *w,
			   struct hvsnd_tag_reader *r)
{
	bool source_index = p->n == 2;
	bool source_name = p->n == 3;
	bool direct_on_input = p->proplist >= 0 && p->n == p->proplist + 1;

	if (source_index || direct_on_input) {
		hvsnd_tag_get_u32(r);
		hvsnd_tag_put_u32(w, FILTER_NONE);
		return true;
	}
	if (source_name) {
		hvsnd_tag_skip_string(r);
		hvsnd_tag_put_string(w, NULL);
		return true;
	}
	return false;
}

/* Replace a value. Returns false if the value is copied unchanged. */
static bool replace(struct filter *f, const struct position *p,
		    struct hvsnd_tag_writer *w, struct hvsnd_tag_reader *r)
{
	if (peek(r) == 'P' && p->proplist < 0 && p->command != PULSE_STAT) {
		copy_proplist(f, p->command, w, r);
		return true;
	}
	switch (p->command) {
	case PULSE_AUTH:
		return replace_auth(f, p, w, r);
	case PULSE_CREATE_RECORD_STREAM:
		return replace_record(p, w, r);
	case PULSE_SUBSCRIBE:
		if (p->n)
			return false;
		hvsnd_tag_put_u32(w, hvsnd_tag_get_u32(r) & SUBSCRIBE_MASK);
		return true;
	}
	return false;
}

/* Commands in which a missing list would leave a name without the guest's. */
static bool must_have_proplist(u32 command)
{
	return command == PULSE_SET_CLIENT_NAME ||
	       command == PULSE_CREATE_PLAYBACK_STREAM ||
	       command == PULSE_CREATE_RECORD_STREAM;
}

int filter_rewrite(struct filter *f, u32 command)
{
	struct filter_path *path = &f->path[FILTER_TO_SERVER];
	struct position p = { .command = command, .proplist = -1 };
	u8 *out = path->out + path->out_len;
	struct hvsnd_tag_reader r;
	struct hvsnd_tag_writer w;
	bool is_proplist;
	size_t from;

	hvsnd_tag_reader_init(&r, path->msg, path->msg_len);
	hvsnd_tag_writer_init(&w, out + FILTER_DESC_SIZE,
			      filter_room(path) - FILTER_DESC_SIZE);
	hvsnd_tag_put_u32(&w, hvsnd_tag_get_u32(&r));
	hvsnd_tag_put_u32(&w, hvsnd_tag_get_u32(&r));
	for (; r.pos < r.len && !r.bad && !r.cut; p.n++) {
		is_proplist = peek(&r) == 'P';
		from = r.pos;
		if (!replace(f, &p, &w, &r)) {
			skip_value(&r);
			copy(&w, &r, from);
		}
		if (is_proplist && p.proplist < 0)
			p.proplist = p.n;
	}
	if (r.bad || r.cut || w.overflow ||
	    (p.proplist < 0 && must_have_proplist(command)))
		return filter_fail(f, "a command is malformed");
	filter_put_desc(out, w.len);
	path->out_len += FILTER_DESC_SIZE + w.len;
	return 0;
}
