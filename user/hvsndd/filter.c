// SPDX-License-Identifier: GPL-2.0
/*
 * The native protocol lets its clients do all that a user can: load modules,
 * hear what others play, end their streams, read files by way of samples. A
 * guest may have streams of its own and look at devices; all else is refused
 * here.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/types.h>

#include "../lib/output.h"
#include "filter.h"
#include "core/proto/tagstruct.h"

#define CONTROL 0xffffffffU
#define NONE 0xffffffffU
#define LENGTH_MAX (16 << 20)
#define CONTROL_MIN 10
/* Before, shared memory was not asked for, and names were no properties. */
#define VERSION_MIN 13
#define VERSION_MAX 35 /* a later one may know commands that do more */
#define VERSION_MASK 0xffffU
#define SEEK_MASK \
	0xffU /* of a block's flags: the others are of shared memory */
/* Sinks, sources, streams, the server; not clients, modules, cards, samples. */
#define SUBSCRIBE_MASK 0x8fU
#define FACILITY_MASK 0xfU
#define FACILITY_INPUT 2
#define FACILITY_OUTPUT 3
#define ERROR_SIZE (FILTER_DESC_SIZE + 15)
#define NAME_KEY "application.name"
#define NAME_SIZE 128
#define REWRITE_MORE 512 /* by which a message may grow */

enum command {
	ERROR = 0,
	REPLY = 2,
	CREATE_PLAYBACK_STREAM = 3,
	DELETE_PLAYBACK_STREAM = 4,
	CREATE_RECORD_STREAM = 5,
	DELETE_RECORD_STREAM = 6,
	AUTH = 8,
	SET_CLIENT_NAME = 9,
	LOOKUP_SINK = 10,
	DRAIN_PLAYBACK_STREAM = 12,
	STAT = 13,
	GET_PLAYBACK_LATENCY = 14,
	GET_SERVER_INFO = 20,
	GET_SINK_INFO = 21,
	GET_SINK_INFO_LIST = 22,
	GET_SOURCE_INFO = 23,
	GET_SOURCE_INFO_LIST = 24,
	GET_SINK_INPUT_INFO = 29,
	GET_SOURCE_OUTPUT_INFO = 31,
	SUBSCRIBE = 35,
	SET_SINK_INPUT_VOLUME = 37,
	CORK_PLAYBACK_STREAM = 41,
	FLUSH_PLAYBACK_STREAM = 42,
	TRIGGER_PLAYBACK_STREAM = 43,
	SET_PLAYBACK_STREAM_NAME = 46,
	SET_RECORD_STREAM_NAME = 47,
	GET_RECORD_LATENCY = 57,
	CORK_RECORD_STREAM = 58,
	FLUSH_RECORD_STREAM = 59,
	PREBUF_PLAYBACK_STREAM = 60,
	PLAYBACK_STREAM_KILLED = 64,
	RECORD_STREAM_KILLED = 65,
	SUBSCRIBE_EVENT = 66,
	SET_SINK_INPUT_MUTE = 69,
	SET_PLAYBACK_STREAM_BUFFER_ATTR = 72,
	SET_RECORD_STREAM_BUFFER_ATTR = 73,
	UPDATE_PLAYBACK_STREAM_SAMPLE_RATE = 74,
	UPDATE_RECORD_STREAM_SAMPLE_RATE = 75,
	UPDATE_RECORD_STREAM_PROPLIST = 80,
	UPDATE_PLAYBACK_STREAM_PROPLIST = 81,
	UPDATE_CLIENT_PROPLIST = 82,
	SET_SOURCE_OUTPUT_VOLUME = 98,
	SET_SOURCE_OUTPUT_MUTE = 99,
	ENABLE_SRBCHANNEL = 101,
	DISABLE_SRBCHANNEL = 102,
	REGISTER_MEMFD_SHMID = 103,
};

enum error {
	ERR_ACCESS = 1,
	ERR_VERSION = 17,
	ERR_TOOLARGE = 18,
};

static int fail(struct filter *f, const char *reason)
{
	f->reason = reason;
	return -EPROTO;
}

static size_t room(const struct filter_half *h)
{
	return sizeof(h->out) - h->out_len;
}

/* The caller has seen that there is room. */
static void put(struct filter_half *h, const u8 *buf, size_t len)
{
	memcpy(h->out + h->out_len, buf, len);
	h->out_len += len;
}

static void put_desc(u8 *p, u32 length)
{
	memset(p, 0, FILTER_DESC_SIZE);
	hvsnd_put_be32(p, length);
	hvsnd_put_be32(p + 4, CONTROL);
}

/* Streams of this connection */

static void stream_add(struct filter_streams *s, u32 channel, u32 index)
{
	if (s->count < FILTER_STREAMS_MAX)
		s->of[s->count++] = (struct filter_stream){ channel, index };
}

static void stream_remove(struct filter_streams *s, u32 channel)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		if (s->of[i].channel == channel) {
			s->of[i] = s->of[--s->count];
			return;
		}
	}
}

static bool stream_is(const struct filter_streams *s, u32 index)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		if (s->of[i].index == index)
			return true;
	}
	return false;
}

static unsigned int pending(const struct filter *f, u32 command)
{
	unsigned int i, n = 0;

	for (i = 0; i < f->pending_count; i++)
		n += f->pending[i].command == command;
	return n;
}

/* The command that is answered, NONE if it is of no interest. */
static u32 pending_take(struct filter *f, u32 tag)
{
	unsigned int i;
	u32 command;

	for (i = 0; i < f->pending_count; i++) {
		if (f->pending[i].tag == tag) {
			command = f->pending[i].command;
			f->pending[i] = f->pending[--f->pending_count];
			return command;
		}
	}
	return NONE;
}

bool filter_records(const struct filter *f)
{
	return f->recording.count || pending(f, CREATE_RECORD_STREAM);
}

bool filter_wants(const struct filter *f)
{
	unsigned int i;

	for (i = 0; i < FILTER_HELD_MAX; i++) {
		if (f->held_len[i])
			return true;
	}
	return filter_records(f);
}

/* Answers of our own */

/* They go between two frames. */
static void inject_flush(struct filter *f)
{
	struct filter_half *h = &f->half[FILTER_DOWN];

	if ((h->left && !h->drop) || room(h) < f->inject_len)
		return;
	put(h, f->inject, f->inject_len);
	f->inject_len = 0;
}

static void inject_error(struct filter *f, u32 tag, u32 error)
{
	struct hvsnd_tag_writer w;

	if (f->inject_len + ERROR_SIZE > sizeof(f->inject))
		return;
	put_desc(f->inject + f->inject_len, ERROR_SIZE - FILTER_DESC_SIZE);
	hvsnd_tag_writer_init(&w, f->inject + f->inject_len + FILTER_DESC_SIZE,
			      ERROR_SIZE - FILTER_DESC_SIZE);
	hvsnd_tag_put_u32(&w, ERROR);
	hvsnd_tag_put_u32(&w, tag);
	hvsnd_tag_put_u32(&w, error);
	f->inject_len += ERROR_SIZE;
	inject_flush(f);
}

static void refuse(struct filter *f, u32 command, u32 tag, u32 error)
{
	f->refused = command;
	f->refusals++;
	inject_error(f, tag, error);
}

/* What waits for the microphone */

static void held_flush(struct filter *f)
{
	struct filter_half *h = &f->half[FILTER_UP];
	int i;

	for (i = 0;
	     i < FILTER_HELD_MAX && f->microphone && (!h->left || h->drop);
	     i++) {
		if (!f->held_len[i] || room(h) < f->held_len[i] ||
		    f->pending_count == FILTER_PENDING_MAX)
			continue;
		put(h, f->held[i], f->held_len[i]);
		f->pending[f->pending_count].tag = f->held_tag[i];
		f->pending[f->pending_count++].command = CREATE_RECORD_STREAM;
		f->held_len[i] = 0;
	}
}

void filter_allow(struct filter *f)
{
	f->microphone = true;
	held_flush(f);
}

void filter_refuse_held(struct filter *f)
{
	int i;

	for (i = 0; i < FILTER_HELD_MAX; i++) {
		if (f->held_len[i])
			inject_error(f, f->held_tag[i], ERR_ACCESS);
		f->held_len[i] = 0;
	}
}

/* The message that was just put waits instead. */
static bool hold(struct filter *f, size_t from, u32 tag)
{
	struct filter_half *h = &f->half[FILTER_UP];
	size_t len = h->out_len - from;
	int i;

	h->out_len = from;
	for (i = 0; i < FILTER_HELD_MAX; i++) {
		if (!f->held_len[i] && len <= FILTER_HELD_SIZE) {
			memcpy(f->held[i], h->out + from, len);
			f->held_len[i] = len;
			f->held_tag[i] = tag;
			return true;
		}
	}
	return false;
}

/* Values */

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

/* What would let a guest take another's volumes, or have the server load modules. */
static bool property_is_kept(const char *key)
{
	return strcmp(key, NAME_KEY) &&
	       strcmp(key, "module-stream-restore.id") &&
	       strncmp(key, "filter.", 7);
}

/* Every list has a name with the guest's in front: its own, or the client's. */
static void copy_proplist(struct filter *f, u32 command,
			  struct hvsnd_tag_writer *w,
			  struct hvsnd_tag_reader *r)
{
	bool of_client = command == SET_CLIENT_NAME ||
			 command == UPDATE_CLIENT_PROPLIST;
	char name[NAME_SIZE] = "", whole[FILTER_NAME_SIZE];
	struct hvsnd_tag_reader whole_list = *r;
	const char *key;
	size_t from;
	u32 len;

	/* From here on it is known to be well-formed. */
	hvsnd_tag_skip_proplist(&whole_list);
	r->bad = whole_list.bad;
	r->cut = whole_list.cut;
	if (r->bad || r->cut)
		return;
	r->pos++;
	hvsnd_tag_begin_proplist(w);
	while (peek(r) == 't') {
		from = r->pos;
		key = (const char *)r->buf + r->pos + 1;
		hvsnd_tag_skip_string(r);
		hvsnd_tag_get_u32(r);
		len = hvsnd_get_be32(r->buf + r->pos + 1);
		r->pos += 5;
		if (!strcmp(key, NAME_KEY))
			output_clean(name, sizeof(name),
				     (const char *)r->buf + r->pos,
				     strnlen((const char *)r->buf + r->pos,
					     len));
		r->pos += len;
		if (property_is_kept(key))
			copy(w, r, from);
	}
	snprintf(whole, sizeof(whole), "%s%s%s", f->guest, *name ? ": " : "",
		 name);
	if (of_client)
		strcpy(f->client, whole);
	hvsnd_tag_put_prop(w, NAME_KEY,
			   *name || !*f->client ? whole : f->client);
	hvsnd_tag_end_proplist(w);
	r->pos++;
}

/**
 * struct position - a value in a message
 * @command: of the message
 * @n: counts the values behind the tag
 * @list: where the first list of properties was, -1 before
 */
struct position {
	u32 command;
	int n;
	int list;
};

/* Writes another value than the one that is read. Returns false for those that pass as they are. */
static bool replace(struct filter *f, const struct position *p,
		    struct hvsnd_tag_writer *w, struct hvsnd_tag_reader *r)
{
	u32 version;

	if (peek(r) == 'P' && p->list < 0 && p->command != STAT) {
		copy_proplist(f, p->command, w, r);
		return true;
	}
	switch (p->command) {
	case AUTH:
		if (p->n == 0) {
			version = hvsnd_tag_get_u32(r) & VERSION_MASK;
			hvsnd_tag_put_u32(w, version > VERSION_MAX ?
						     VERSION_MAX :
						     version);
			return true;
		}
		if (p->n != 1)
			return false;
		skip_value(r);
		hvsnd_tag_put_arbitrary(w, f->cookie, FILTER_COOKIE_SIZE);
		return true;
	case CREATE_RECORD_STREAM:
		/* From the default source, not from what others play. */
		if (p->n == 2 || (p->list >= 0 && p->n == p->list + 1)) {
			hvsnd_tag_get_u32(r);
			hvsnd_tag_put_u32(w, NONE);
			return true;
		}
		if (p->n != 3)
			return false;
		hvsnd_tag_skip_string(r);
		hvsnd_tag_put_string(w, NULL);
		return true;
	case SUBSCRIBE:
		if (p->n)
			return false;
		hvsnd_tag_put_u32(w, hvsnd_tag_get_u32(r) & SUBSCRIBE_MASK);
		return true;
	}
	return false;
}

/* Puts the message, changed where it must be. */
static int rewrite(struct filter *f, u32 command)
{
	struct filter_half *h = &f->half[FILTER_UP];
	struct position p = { .command = command, .list = -1 };
	struct hvsnd_tag_reader r;
	struct hvsnd_tag_writer w;
	bool is_list;
	size_t from;

	hvsnd_tag_reader_init(&r, h->msg, h->msg_have);
	hvsnd_tag_writer_init(&w, h->out + h->out_len + FILTER_DESC_SIZE,
			      room(h) - FILTER_DESC_SIZE);
	hvsnd_tag_put_u32(&w, hvsnd_tag_get_u32(&r));
	hvsnd_tag_put_u32(&w, hvsnd_tag_get_u32(&r));
	for (; r.pos < r.len && !r.bad && !r.cut; p.n++) {
		is_list = peek(&r) == 'P';
		from = r.pos;
		if (!replace(f, &p, &w, &r)) {
			skip_value(&r);
			copy(&w, &r, from);
		}
		if (is_list && p.list < 0)
			p.list = p.n;
	}
	/* Without its list, a name would not be the guest's. */
	if (r.bad || r.cut || w.overflow ||
	    (p.list < 0 &&
	     (command == SET_CLIENT_NAME || command == CREATE_PLAYBACK_STREAM ||
	      command == CREATE_RECORD_STREAM)))
		return fail(f, "a command is malformed");
	put_desc(h->out + h->out_len, w.len);
	h->out_len += FILTER_DESC_SIZE + w.len;
	return 0;
}

enum verdict {
	REFUSE,
	PASS, /* on a stream's channel, or of no consequence */
	OWN_INPUT, /* about a sink input, if it is the guest's */
	OWN_OUTPUT,
	SPECIAL,
};

static enum verdict verdict(u32 command)
{
	switch (command) {
	case LOOKUP_SINK:
	case DRAIN_PLAYBACK_STREAM:
	case STAT:
	case GET_PLAYBACK_LATENCY:
	case GET_SERVER_INFO:
	case GET_SINK_INFO:
	case GET_SINK_INFO_LIST:
	case GET_SOURCE_INFO:
	case GET_SOURCE_INFO_LIST:
	case SUBSCRIBE:
	case CORK_PLAYBACK_STREAM:
	case FLUSH_PLAYBACK_STREAM:
	case TRIGGER_PLAYBACK_STREAM:
	case SET_PLAYBACK_STREAM_NAME:
	case SET_RECORD_STREAM_NAME:
	case GET_RECORD_LATENCY:
	case CORK_RECORD_STREAM:
	case FLUSH_RECORD_STREAM:
	case PREBUF_PLAYBACK_STREAM:
	case SET_PLAYBACK_STREAM_BUFFER_ATTR:
	case SET_RECORD_STREAM_BUFFER_ATTR:
	case UPDATE_PLAYBACK_STREAM_SAMPLE_RATE:
	case UPDATE_RECORD_STREAM_SAMPLE_RATE:
	case UPDATE_RECORD_STREAM_PROPLIST:
	case UPDATE_PLAYBACK_STREAM_PROPLIST:
	case UPDATE_CLIENT_PROPLIST:
	case SET_CLIENT_NAME:
		return PASS;
	case GET_SINK_INPUT_INFO:
	case SET_SINK_INPUT_VOLUME:
	case SET_SINK_INPUT_MUTE:
		return OWN_INPUT;
	case GET_SOURCE_OUTPUT_INFO:
	case SET_SOURCE_OUTPUT_VOLUME:
	case SET_SOURCE_OUTPUT_MUTE:
		return OWN_OUTPUT;
	case AUTH:
	case CREATE_PLAYBACK_STREAM:
	case CREATE_RECORD_STREAM:
	case DELETE_PLAYBACK_STREAM:
	case DELETE_RECORD_STREAM:
		return SPECIAL;
	default:
		return REFUSE;
	}
}

/* Commands whose answers are waited for. */
static int ask(struct filter *f, u32 command, u32 tag)
{
	size_t from = f->half[FILTER_UP].out_len;
	int err = rewrite(f, command);

	if (err)
		return err;
	if (command == CREATE_RECORD_STREAM && !f->microphone) {
		if (!hold(f, from, tag))
			refuse(f, command, tag, ERR_TOOLARGE);
		return 0;
	}
	f->pending[f->pending_count].tag = tag;
	f->pending[f->pending_count++].command = command;
	return 0;
}

static int special(struct filter *f, u32 command, u32 tag, u32 first)
{
	switch (command) {
	case AUTH:
		if ((first & VERSION_MASK) < VERSION_MIN) {
			refuse(f, command, tag, ERR_VERSION);
			return 0;
		}
		break;
	case CREATE_PLAYBACK_STREAM:
		if (!f->playback) {
			refuse(f, command, tag, ERR_ACCESS);
			return 0;
		}
		if (f->playing.count + pending(f, command) >=
		    FILTER_STREAMS_MAX) {
			refuse(f, command, tag, ERR_TOOLARGE);
			return 0;
		}
		break;
	case CREATE_RECORD_STREAM:
		if (f->never || !f->authorized) {
			refuse(f, command, tag, ERR_ACCESS);
			return 0;
		}
		if (f->recording.count + pending(f, command) >=
		    FILTER_STREAMS_MAX) {
			refuse(f, command, tag, ERR_TOOLARGE);
			return 0;
		}
		break;
	default:
		stream_remove(command == DELETE_RECORD_STREAM ? &f->recording :
								&f->playing,
			      first);
		return rewrite(f, command);
	}
	if (f->pending_count == FILTER_PENDING_MAX) {
		refuse(f, command, tag, ERR_TOOLARGE);
		return 0;
	}
	return ask(f, command, tag);
}

/* A whole control message of the guest's. */
static int command_up(struct filter *f)
{
	struct filter_half *h = &f->half[FILTER_UP];
	struct hvsnd_tag_reader r;
	u32 command, tag, first;
	bool ok;

	hvsnd_tag_reader_init(&r, h->msg, h->msg_have);
	command = hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	if (r.bad || r.cut)
		return fail(f, "a command is malformed");
	first = hvsnd_tag_get_u32(&r);
	ok = !r.bad && !r.cut;
	switch (verdict(command)) {
	case PASS:
		return rewrite(f, command);
	case OWN_INPUT:
		if (ok && stream_is(&f->playing, first))
			return rewrite(f, command);
		break;
	case OWN_OUTPUT:
		if (ok && stream_is(&f->recording, first))
			return rewrite(f, command);
		break;
	case SPECIAL:
		return special(f, command, tag, ok ? first : NONE);
	case REFUSE:
		break;
	}
	refuse(f, command, tag, ERR_ACCESS);
	return 0;
}

/* An answer that was waited for; @value are the bytes of its first number. */
static int got_reply(struct filter *f, u32 command, struct hvsnd_tag_reader *r,
		     u8 *value)
{
	u32 first, second = 0;

	first = hvsnd_tag_get_u32(r);
	if (command != AUTH)
		second = hvsnd_tag_get_u32(r);
	if (r->bad || r->cut)
		return fail(f,
			    "the host's server does not speak PulseAudio's protocol");
	if (command == AUTH) {
		f->authorized = true;
		first &= VERSION_MASK;
		hvsnd_put_be32(value,
			       first > VERSION_MAX ? VERSION_MAX : first);
	} else {
		stream_add(command == CREATE_RECORD_STREAM ? &f->recording :
							     &f->playing,
			   first, second);
	}
	return 0;
}

/* The head of a control message of the server's. Returns whether it passes, or a negative errno. */
static int message_down(struct filter *f)
{
	struct filter_half *h = &f->half[FILTER_DOWN];
	struct hvsnd_tag_reader r;
	u32 command, tag, first, index;

	hvsnd_tag_reader_init(&r, h->msg, h->msg_have);
	command = hvsnd_tag_get_u32(&r);
	tag = hvsnd_tag_get_u32(&r);
	if (r.bad || r.cut)
		return fail(f,
			    "the host's server does not speak PulseAudio's protocol");
	switch (command) {
	case ERROR:
		pending_take(f, tag);
		return 1;
	case REPLY:
		command = pending_take(f, tag);
		if (command == NONE)
			return 1;
		return got_reply(f, command, &r, h->msg + r.pos + 1) ? -EPROTO :
								       1;
	case ENABLE_SRBCHANNEL:
	case DISABLE_SRBCHANNEL:
	case REGISTER_MEMFD_SHMID:
		return fail(f, "the host's server wants to share memory");
	}
	first = hvsnd_tag_get_u32(&r);
	index = hvsnd_tag_get_u32(&r);
	switch (command) {
	case PLAYBACK_STREAM_KILLED:
		stream_remove(&f->playing, first);
		break;
	case RECORD_STREAM_KILLED:
		stream_remove(&f->recording, first);
		break;
	case SUBSCRIBE_EVENT:
		if ((first & FACILITY_MASK) == FACILITY_INPUT)
			return stream_is(&f->playing, index);
		if ((first & FACILITY_MASK) == FACILITY_OUTPUT)
			return stream_is(&f->recording, index);
		break;
	}
	return 1;
}

/* A descriptor is there. */
static int begin(struct filter *f, enum filter_way way)
{
	struct filter_half *h = &f->half[way];
	u32 length = hvsnd_get_be32(h->desc),
	    channel = hvsnd_get_be32(h->desc + 4);
	u32 flags = hvsnd_get_be32(h->desc + 16);

	if (!length || length > LENGTH_MAX)
		return fail(f, "a frame has an impossible length");
	if (channel != CONTROL) {
		if (flags & ~SEEK_MASK)
			return fail(f, "shared memory is refused");
		h->left = length;
		h->drop = way == FILTER_DOWN && !f->microphone;
		h->is_sound = true;
		h->desc_have = 0;
		if (h->drop)
			f->dropped += length;
		else
			put(h, h->desc, FILTER_DESC_SIZE);
		return 0;
	}
	if (flags || length < CONTROL_MIN)
		return fail(f,
			    "a control frame has impossible flags or length");
	if (way == FILTER_UP && length > FILTER_CONTROL_MAX)
		return fail(f, "a command is too long");
	h->msg_have = 0;
	h->msg_len = way == FILTER_UP || length < FILTER_HEAD_MAX ?
			     length :
			     FILTER_HEAD_MAX;
	return 0;
}

/* A message is there, or as much of it as is looked at. */
static int finish(struct filter *f, enum filter_way way)
{
	struct filter_half *h = &f->half[way];
	int pass;

	h->desc_have = 0;
	h->msg_len = 0;
	if (way == FILTER_UP)
		return command_up(f);
	pass = message_down(f);
	if (pass < 0)
		return pass;
	h->left = hvsnd_get_be32(h->desc) - h->msg_have;
	h->drop = !pass;
	h->is_sound = false;
	if (pass) {
		put(h, h->desc, FILTER_DESC_SIZE);
		put(h, h->msg, h->msg_have);
	}
	return 0;
}

static size_t take(u8 *to, size_t *have, size_t want, const u8 *buf, size_t len)
{
	size_t n = want - *have < len ? want - *have : len;

	memcpy(to + *have, buf, n);
	*have += n;
	return n;
}

/* A frame's sound, or the rest of a message. */
static size_t pass(struct filter_half *h, const u8 *buf, size_t len)
{
	size_t n = h->left < len ? h->left : len;

	if (!h->drop) {
		if (n > room(h))
			n = room(h);
		put(h, buf, n);
		h->sound += h->is_sound ? n : 0;
	}
	h->left -= n;
	return n;
}

/* Whether what comes of the next message has a place. */
static bool has_room(const struct filter *f, enum filter_way way)
{
	if (way == FILTER_DOWN)
		return room(&f->half[way]) >=
		       FILTER_DESC_SIZE + FILTER_HEAD_MAX;
	return room(&f->half[way]) >=
		       FILTER_DESC_SIZE + FILTER_CONTROL_MAX + REWRITE_MORE &&
	       f->inject_len + ERROR_SIZE * (1 + FILTER_HELD_MAX) <=
		       sizeof(f->inject);
}

ssize_t filter_push(struct filter *f, enum filter_way way, const u8 *buf,
		    size_t len)
{
	struct filter_half *h = &f->half[way];
	size_t done = 0, n;
	int err = 0;

	while (done < len && !err) {
		if (h->left) {
			n = pass(h, buf + done, len - done);
			if (!n)
				break;
			done += n;
		} else if (!has_room(f, way)) {
			break;
		} else if (h->desc_have < FILTER_DESC_SIZE) {
			done += take(h->desc, &h->desc_have, FILTER_DESC_SIZE,
				     buf + done, len - done);
			if (h->desc_have == FILTER_DESC_SIZE)
				err = begin(f, way);
		} else {
			done += take(h->msg, &h->msg_have, h->msg_len,
				     buf + done, len - done);
			if (h->msg_have == h->msg_len)
				err = finish(f, way);
		}
		if (!h->left && way == FILTER_UP)
			held_flush(f);
		if (!h->left && way == FILTER_DOWN)
			inject_flush(f);
	}
	return err ? err : (ssize_t)done;
}

void filter_sent(struct filter *f, enum filter_way way, size_t len)
{
	struct filter_half *h = &f->half[way];

	h->out_len -= len;
	memmove(h->out, h->out + len, h->out_len);
	if (way == FILTER_UP)
		held_flush(f);
	else
		inject_flush(f);
}
