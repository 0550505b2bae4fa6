// SPDX-License-Identifier: GPL-2.0
/* What a guest may say to PulseAudio, message by message. */
#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "filter.h"
#include "pulse_command.h"
#include "ktap.h"
#include "core/proto/tagstruct.h"

static u8 cookie[FILTER_COOKIE_SIZE];
static struct filter f;
static u8 frame[8192];
static size_t frame_len;
static struct hvsnd_tag_writer w;

static void begin(u32 command, u32 tag)
{
	hvsnd_tag_writer_init(&w, frame + FILTER_DESC_SIZE,
			      sizeof(frame) - FILTER_DESC_SIZE);
	hvsnd_tag_put_u32(&w, command);
	hvsnd_tag_put_u32(&w, tag);
}

static void descriptor(u32 length, u32 channel, u32 flags)
{
	memset(frame, 0, FILTER_DESC_SIZE);
	hvsnd_put_be32(frame, length);
	hvsnd_put_be32(frame + 4, channel);
	hvsnd_put_be32(frame + 16, flags);
}

static void finish(void)
{
	descriptor(w.len, 0xffffffff, 0);
	frame_len = FILTER_DESC_SIZE + w.len;
}

static bool push(enum filter_dir dir)
{
	return filter_push(&f, dir, frame, frame_len) == (ssize_t)frame_len;
}

static void reset(void)
{
	memset(&f, 0, sizeof(f));
	f.guest = "work";
	f.cookie = cookie;
	f.may_play = true;
	f.may_record = true;
	f.authorized = true;
}

static void clear(void)
{
	filter_sent(&f, FILTER_TO_SERVER, f.path[FILTER_TO_SERVER].out_len);
	filter_sent(&f, FILTER_TO_GUEST, f.path[FILTER_TO_GUEST].out_len);
}

static const u8 *out(enum filter_dir dir, size_t *len)
{
	*len = f.path[dir].out_len;
	return f.path[dir].out;
}

static bool holds(enum filter_dir dir, const void *what, size_t n)
{
	size_t len;
	const u8 *p = out(dir, &len);

	return memmem(p, len, what, n);
}

static bool quiet(enum filter_dir dir)
{
	return !f.path[dir].out_len;
}

/* The guest has received this error, and the server has received nothing. */
static bool refused(u32 tag, u32 error)
{
	struct hvsnd_tag_reader r;
	size_t len;
	const u8 *p = out(FILTER_TO_GUEST, &len);

	if (len != FILTER_DESC_SIZE + 15 || !quiet(FILTER_TO_SERVER))
		return false;
	hvsnd_tag_reader_init(&r, p + FILTER_DESC_SIZE, 15);
	return hvsnd_tag_get_u32(&r) == 0 && hvsnd_tag_get_u32(&r) == tag &&
	       hvsnd_tag_get_u32(&r) == error;
}

static void put_client(const char *name)
{
	hvsnd_tag_begin_proplist(&w);
	hvsnd_tag_put_prop(&w, "module-stream-restore.id", "another's");
	hvsnd_tag_put_prop(&w, "application.name", name);
	hvsnd_tag_put_prop(&w, "filter.want", "echo-cancel");
	hvsnd_tag_put_prop(&w, "media.role", "music");
	hvsnd_tag_end_proplist(&w);
}

static void make_auth(u32 version)
{
	u8 theirs[FILTER_COOKIE_SIZE];

	memset(theirs, 0x55, sizeof(theirs));
	begin(PULSE_AUTH, 1);
	hvsnd_tag_put_u32(&w, version);
	hvsnd_tag_put_arbitrary(&w, theirs, sizeof(theirs));
	finish();
}

static bool auth(void)
{
	size_t len;
	const u8 *p;

	reset();
	make_auth(0xc0000030);
	if (!push(FILTER_TO_SERVER))
		return false;
	p = out(FILTER_TO_SERVER, &len);
	/* descriptor, command, tag, type: then the version */
	return len == frame_len &&
	       hvsnd_get_be32(p + FILTER_DESC_SIZE + 11) == 35 &&
	       holds(FILTER_TO_SERVER, cookie, sizeof(cookie));
}

static bool auth_reply(void)
{
	size_t len;
	const u8 *p;

	clear();
	begin(PULSE_REPLY, 1);
	hvsnd_tag_put_u32(&w, 0xc0000040);
	finish();
	f.authorized = false;
	if (!push(FILTER_TO_GUEST) || !f.authorized)
		return false;
	p = out(FILTER_TO_GUEST, &len);
	return len == frame_len &&
	       hvsnd_get_be32(p + FILTER_DESC_SIZE + 11) == 35;
}

static bool auth_old(void)
{
	reset();
	make_auth(12);
	return push(FILTER_TO_SERVER) && refused(1, PULSE_ERROR_VERSION);
}

static bool name(void)
{
	reset();
	begin(PULSE_SET_CLIENT_NAME, 2);
	put_client("aplay");
	finish();
	return push(FILTER_TO_SERVER) &&
	       holds(FILTER_TO_SERVER, "work: aplay", 12) &&
	       holds(FILTER_TO_SERVER, "media.role", 11) &&
	       !holds(FILTER_TO_SERVER, "filter.", 7) &&
	       !holds(FILTER_TO_SERVER, "restore", 7) &&
	       !holds(FILTER_TO_SERVER, "\0aplay", 6);
}

static bool name_bad(void)
{
	reset();
	begin(PULSE_SET_CLIENT_NAME, 2);
	put_client("\xff\xfe"
		   "evil\n");
	finish();
	return push(FILTER_TO_SERVER) &&
	       holds(FILTER_TO_SERVER, "work: ??evil?", 14);
}

/* The property list of a stream must not remove the client's name. */
static bool name_stream(void)
{
	reset();
	begin(PULSE_UPDATE_PLAYBACK_STREAM_PROPLIST, 2);
	hvsnd_tag_put_u32(&w, 0);
	hvsnd_tag_put_u32(&w, 0);
	hvsnd_tag_begin_proplist(&w);
	hvsnd_tag_end_proplist(&w);
	finish();
	if (!push(FILTER_TO_SERVER) || !holds(FILTER_TO_SERVER, "work", 5))
		return false;
	snprintf(f.client, sizeof(f.client), "work: aplay");
	clear();
	return push(FILTER_TO_SERVER) &&
	       holds(FILTER_TO_SERVER, "work: aplay", 12);
}

/* Commands that could affect objects of others. */
static bool forbidden(void)
{
	static const u32 commands[] = { 7,   11,  15,  16,  17,	 18, 19, 25,
					26,  27,  28,  30,  32,	 33, 34, 36,
					38,  39,  40,  44,  45,	 48, 49, 50,
					51,  52,  67,  68,  70,	 71, 83, 84,
					85,  87,  88,  89,  90,	 96, 97, 100,
					101, 102, 103, 104, 4711 };
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		reset();
		begin(commands[i], 7);
		hvsnd_tag_put_u32(&w, 0);
		finish();
		if (!push(FILTER_TO_SERVER) ||
		    !refused(7, PULSE_ERROR_ACCESS)) {
			ktap_note("command %u", commands[i]);
			return false;
		}
	}
	return true;
}

static bool others(void)
{
	static const u32 commands[] = { 29, 37, 69, 31, 98, 99 };
	size_t i;

	for (i = 0; i < 6; i++) {
		reset();
		begin(commands[i], 7);
		hvsnd_tag_put_u32(&w, 5);
		finish();
		if (!push(FILTER_TO_SERVER) || !refused(7, PULSE_ERROR_ACCESS))
			return false;
		clear();
		f.playback_streams.count = i < 3;
		f.record_streams.count = i >= 3;
		f.playback_streams.list[0].index = 5;
		f.record_streams.list[0].index = 5;
		if (!push(FILTER_TO_SERVER) || quiet(FILTER_TO_SERVER) ||
		    !quiet(FILTER_TO_GUEST))
			return false;
	}
	return true;
}

static void make_record(void)
{
	static const u8 map[2] = { 1, 2 };
	int i;

	begin(PULSE_CREATE_RECORD_STREAM, 9);
	hvsnd_tag_put_sample_spec(&w, 3, 2, 48000);
	hvsnd_tag_put_channel_map(&w, map, 2);
	hvsnd_tag_put_u32(&w, 17);
	hvsnd_tag_put_string(&w, "others.monitor");
	hvsnd_tag_put_u32(&w, 100000);
	hvsnd_tag_put_bool(&w, false);
	hvsnd_tag_put_u32(&w, 1920);
	for (i = 0; i < 9; i++)
		hvsnd_tag_put_bool(&w, false);
	put_client("arecord");
	/* direct_on_input: a stream of another client */
	hvsnd_tag_put_u32(&w, 0x1234567);
	finish();
}

static bool record(void)
{
	u8 number[4];

	reset();
	make_record();
	if (!push(FILTER_TO_SERVER) || !quiet(FILTER_TO_SERVER) ||
	    !quiet(FILTER_TO_GUEST) || !filter_wants_mic(&f) ||
	    filter_is_recording(&f))
		return false;
	filter_allow_mic(&f);
	hvsnd_put_be32(number, 0x1234567);
	return !quiet(FILTER_TO_SERVER) && filter_is_recording(&f) &&
	       !holds(FILTER_TO_SERVER, "monitor", 7) &&
	       !holds(FILTER_TO_SERVER, number, 4) &&
	       holds(FILTER_TO_SERVER, "work: arecord", 14);
}

static bool record_never(void)
{
	reset();
	f.may_record = false;
	make_record();
	return push(FILTER_TO_SERVER) && refused(9, PULSE_ERROR_ACCESS);
}

static bool record_timeout(void)
{
	reset();
	make_record();
	if (!push(FILTER_TO_SERVER))
		return false;
	filter_refuse_held(&f);
	return refused(9, PULSE_ERROR_ACCESS) && !filter_wants_mic(&f);
}

static bool record_sound(void)
{
	reset();
	memset(frame, 0x42, sizeof(frame));
	descriptor(1000, 0, 0);
	frame_len = FILTER_DESC_SIZE + 1000;
	if (!push(FILTER_TO_GUEST) || !quiet(FILTER_TO_GUEST) ||
	    f.dropped_bytes != 1000)
		return false;
	filter_allow_mic(&f);
	return push(FILTER_TO_GUEST) &&
	       f.path[FILTER_TO_GUEST].out_len == frame_len;
}

static bool playback_off(void)
{
	reset();
	f.may_play = false;
	begin(PULSE_CREATE_PLAYBACK_STREAM, 4);
	finish();
	return push(FILTER_TO_SERVER) && refused(4, PULSE_ERROR_ACCESS);
}

static bool shm(enum filter_dir dir, u32 flags)
{
	reset();
	f.mic_allowed = true;
	descriptor(16, 0, flags);
	frame_len = FILTER_DESC_SIZE + 16;
	return filter_push(&f, dir, frame, frame_len) == -EPROTO && f.reason;
}

static bool shared_memory(void)
{
	return shm(FILTER_TO_SERVER, 0x80000000) &&
	       shm(FILTER_TO_SERVER, 0x40000000) &&
	       shm(FILTER_TO_SERVER, 0x800000) &&
	       shm(FILTER_TO_GUEST, 0x80000000) && !shm(FILTER_TO_SERVER, 0) &&
	       !shm(FILTER_TO_SERVER, 3);
}

static bool events(void)
{
	reset();
	f.playback_streams.count = 1;
	f.playback_streams.list[0].index = 5;
	begin(PULSE_SUBSCRIBE_EVENT, 0xffffffff);
	hvsnd_tag_put_u32(&w, 0x12);
	hvsnd_tag_put_u32(&w, 6);
	finish();
	if (!push(FILTER_TO_GUEST) || !quiet(FILTER_TO_GUEST))
		return false;
	begin(PULSE_SUBSCRIBE_EVENT, 0xffffffff);
	hvsnd_tag_put_u32(&w, 0x12);
	hvsnd_tag_put_u32(&w, 5);
	finish();
	return push(FILTER_TO_GUEST) &&
	       f.path[FILTER_TO_GUEST].out_len == frame_len;
}

/* An error is not inserted into an audio frame for the guest. */
static bool between(void)
{
	size_t len;
	const u8 *p;

	reset();
	f.mic_allowed = true;
	memset(frame, 0x42, sizeof(frame));
	descriptor(100, 0, 0);
	if (filter_push(&f, FILTER_TO_GUEST, frame, 60) != 60)
		return false;
	begin(PULSE_LOAD_MODULE, 7);
	finish();
	if (!push(FILTER_TO_SERVER))
		return false;
	memset(frame, 0x42, sizeof(frame));
	if (filter_push(&f, FILTER_TO_GUEST, frame, 60) != 60)
		return false;
	p = out(FILTER_TO_GUEST, &len);
	return len == 120 + FILTER_DESC_SIZE + 15 && p[119] == 0x42 &&
	       hvsnd_get_be32(p + 124) == 0xffffffff;
}

static bool bytewise(void)
{
	u8 whole[sizeof(frame)];
	size_t len, i;
	const u8 *p;

	reset();
	begin(PULSE_SET_CLIENT_NAME, 2);
	put_client("aplay");
	finish();
	if (!push(FILTER_TO_SERVER))
		return false;
	p = out(FILTER_TO_SERVER, &len);
	memcpy(whole, p, len);
	reset();
	for (i = 0; i < frame_len; i++) {
		if (filter_push(&f, FILTER_TO_SERVER, frame + i, 1) != 1)
			return false;
	}
	return f.path[FILTER_TO_SERVER].out_len == len &&
	       !memcmp(f.path[FILTER_TO_SERVER].out, whole, len);
}

static bool malformed(void)
{
	reset();
	make_record();
	/* Remove the end of the property list. */
	w.len -= 6;
	finish();
	return filter_push(&f, FILTER_TO_SERVER, frame, frame_len) == -EPROTO &&
	       f.reason;
}

/* A command that is too long, and a held request that is too long. */
static bool too_long(void)
{
	static char value[FILTER_HELD_SIZE];

	reset();
	memset(value, 'v', sizeof(value) - 1);
	begin(PULSE_CREATE_RECORD_STREAM, 9);
	hvsnd_tag_begin_proplist(&w);
	hvsnd_tag_put_prop(&w, "media.name", value);
	hvsnd_tag_end_proplist(&w);
	finish();
	if (!push(FILTER_TO_SERVER) || !refused(9, PULSE_ERROR_TOOLARGE) ||
	    filter_wants_mic(&f))
		return false;
	descriptor(FILTER_CONTROL_MAX + 1, 0xffffffff, 0);
	return filter_push(&f, FILTER_TO_SERVER, frame, FILTER_DESC_SIZE) ==
		       -EPROTO &&
	       f.reason;
}

/* The number of unanswered requests is limited; held requests stay held. */
static bool unanswered(void)
{
	unsigned int i;

	reset();
	make_record();
	if (!push(FILTER_TO_SERVER))
		return false;
	make_auth(35);
	for (i = 0; i < FILTER_PENDING_MAX; i++) {
		clear();
		if (!push(FILTER_TO_SERVER) || quiet(FILTER_TO_SERVER))
			return false;
	}
	clear();
	if (!push(FILTER_TO_SERVER) || !refused(1, PULSE_ERROR_TOOLARGE))
		return false;
	clear();
	filter_allow_mic(&f);
	if (!quiet(FILTER_TO_SERVER))
		return false;
	begin(PULSE_ERROR, 1);
	hvsnd_tag_put_u32(&w, 1);
	finish();
	if (!push(FILTER_TO_GUEST))
		return false;
	filter_sent(&f, FILTER_TO_SERVER, 0);
	return holds(FILTER_TO_SERVER, "work: arecord", 14);
}

/* Push an audio frame until only @but bytes of the output buffer are free. */
static bool fill(enum filter_dir dir, size_t but)
{
	size_t left = FILTER_OUT_SIZE - but - f.path[dir].out_len -
		      FILTER_DESC_SIZE,
	       n;

	memset(frame, 0x42, sizeof(frame));
	descriptor(left, 0, 0);
	if (filter_push(&f, dir, frame, FILTER_DESC_SIZE) != FILTER_DESC_SIZE)
		return false;
	for (; left; left -= n) {
		n = left < 1000 ? left : 1000;
		if (filter_push(&f, dir, frame + FILTER_DESC_SIZE, n) !=
		    (ssize_t)n)
			return false;
	}
	return f.path[dir].out_len == FILTER_OUT_SIZE - but;
}

/* Inserted messages wait for room in the output buffer. */
static bool full(void)
{
	reset();
	make_record();
	if (!push(FILTER_TO_SERVER) || !fill(FILTER_TO_SERVER, 100))
		return false;
	filter_allow_mic(&f);
	if (f.path[FILTER_TO_SERVER].out_len != FILTER_OUT_SIZE - 100)
		return false;
	clear();
	if (!holds(FILTER_TO_SERVER, "work: arecord", 14))
		return false;
	clear();
	if (!fill(FILTER_TO_GUEST, 10))
		return false;
	begin(PULSE_LOAD_MODULE, 7);
	finish();
	if (!push(FILTER_TO_SERVER) ||
	    f.path[FILTER_TO_GUEST].out_len != FILTER_OUT_SIZE - 10)
		return false;
	clear();
	return refused(7, PULSE_ERROR_ACCESS);
}

/* A guest whose errors have to wait is stopped, and receives all of them. */
static bool answers(void)
{
	size_t n = 0;

	reset();
	f.mic_allowed = true;
	descriptor(1, 0, 0);
	if (filter_push(&f, FILTER_TO_GUEST, frame, FILTER_DESC_SIZE) !=
	    FILTER_DESC_SIZE)
		return false;
	begin(PULSE_LOAD_MODULE, 7);
	finish();
	while (n < 100 && push(FILTER_TO_SERVER))
		n++;
	return n > 1 && n < 100 &&
	       filter_push(&f, FILTER_TO_GUEST, frame, 1) == 1 &&
	       f.path[FILTER_TO_GUEST].out_len ==
		       FILTER_DESC_SIZE + 1 + n * (FILTER_DESC_SIZE + 15);
}

/* A server that receives nothing stops the guest; no data is lost. */
static bool stuck(void)
{
	size_t pushed = 0;
	ssize_t n;
	int i;

	reset();
	begin(PULSE_STAT, 1);
	finish();
	for (i = 0; i < 10000; i++) {
		n = filter_push(&f, FILTER_TO_SERVER, frame, frame_len);
		if (n <= 0)
			break;
		pushed += n;
	}
	return !n && f.path[FILTER_TO_SERVER].out_len == pushed &&
	       pushed > 1000;
}

int main(void)
{
	memset(cookie, 0xaa, sizeof(cookie));
	ktap_plan(24);
	ktap_result(auth(),
		    "shared memory is not offered, the cookie is the host's");
	ktap_result(auth_reply(), "nor by the server");
	ktap_result(auth_old(),
		    "versions that share memory unasked are refused");
	ktap_result(name(), "a client's name has the guest's in front");
	ktap_result(name_bad(), "whatever it is made of");
	ktap_result(name_stream(), "and cannot be taken away");
	ktap_result(forbidden(), "commands about others are refused");
	ktap_result(others(), "streams of others cannot be touched");
	ktap_result(record(),
		    "a record stream waits until it is allowed, and hears the default source only");
	ktap_result(record_never(), "is refused to those who never may");
	ktap_result(record_timeout(), "is refused when it has waited too long");
	ktap_result(record_sound(),
		    "recorded audio passes only while it is allowed");
	ktap_result(playback_off(), "playing can be forbidden");
	ktap_result(shared_memory(),
		    "blocks in shared memory end the connection");
	ktap_result(events(), "events of other clients' streams are removed");
	ktap_result(between(), "answers go between frames");
	ktap_result(bytewise(), "byte by byte it is the same");
	ktap_result(malformed(), "a malformed command ends the connection");
	ktap_result(too_long(), "too long a command is refused");
	ktap_result(unanswered(), "too many are refused");
	ktap_result(full(),
		    "what waits goes on waiting where there is no room");
	ktap_result(answers(), "a guest whose answers wait is stopped");
	ktap_result(stuck(), "a server that takes nothing");
	ktap_result(!shm(FILTER_TO_GUEST, 0), "plain blocks pass");
	return ktap_status();
}
