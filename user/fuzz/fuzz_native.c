// SPDX-License-Identifier: GPL-2.0
/*
 * hvsndd's server of PulseAudio's protocol: two connections of a guest that say
 * anything, while the output plays and records. What the server sends must be
 * whole messages, and audio data only of record streams.
 */
#include "fuzz.h"
#include "native.h"

#define CLIENTS 2
#define CONTROL 0xffffffffU
#define AUTH 8
#define CREATE_PLAYBACK 3
#define CREATE_RECORD 5

static struct native_host host;
static struct native clients[CLIENTS];
static bool is_open[CLIENTS];
static enum native_mic mic;
static unsigned int opened;
static u64 wall;

static enum native_mic may_record(struct native *n)
{
	return mic;
}

static bool may_play(struct native *n)
{
	return wall & 15;
}

static bool open_stream(struct native_stream *s)
{
	MUST(!s->owner);
	if (!(++wall & 31))
		return false;
	s->owner = &opened;
	s->latency_us = wall & 3 ? 80000 : 0;
	s->step_us = s->latency_us / 8;
	s->output_volume = wall & 8;
	opened++;
	return true;
}

static void close_stream(struct native_stream *s)
{
	MUST(s->owner == &opened);
	s->owner = NULL;
	opened--;
}

static void changed(struct native_stream *s)
{
	MUST(s->owner == &opened);
	MUST(s->record || s->queue.size <= 2 * NATIVE_QUEUE_MAX);
	MUST(s->queue.attr.tlength <= s->queue.attr.maxlength);
}

static u64 latency(struct native_stream *s)
{
	MUST(s->owner == &opened);
	return wall * 77;
}

static void set_volume(struct native_stream *s)
{
	MUST(s->owner == &opened);
	MUST(native_volume_gain(s) >= 0 && native_volume_gain(s) <= 1);
}

static u64 wall_us(void)
{
	return wall++;
}

static void output(struct native *n)
{
	MUST(n->tx_len <= sizeof(n->tx));
}

static const struct native_ops ops = {
	.may_record = may_record,
	.may_play = may_play,
	.open = open_stream,
	.close = close_stream,
	.changed = changed,
	.latency = latency,
	.volume = set_volume,
	.wall_us = wall_us,
	.output = output,
};

static void authorize(unsigned int i);

static void open_client(unsigned int i)
{
	memset(&clients[i], 0, sizeof(clients[i]));
	clients[i].host = &host;
	clients[i].ops = &ops;
	native_open(&clients[i]);
	is_open[i] = true;
	/* The other one may send anything without. */
	if (!i || wall & 4)
		authorize(i);
}

static void close_client(unsigned int i)
{
	if (is_open[i])
		native_close(&clients[i]);
	is_open[i] = false;
}

/* Take what is to be sent, which must be whole messages. */
static void drain(struct native *n)
{
	size_t at = 0, len;
	u32 channel;

	while (at < n->tx_len) {
		MUST(n->tx_len - at >= NATIVE_DESC_SIZE);
		len = hvsnd_get_be32(n->tx + at);
		channel = hvsnd_get_be32(n->tx + at + 4);
		MUST(len && len <= n->tx_len - at - NATIVE_DESC_SIZE);
		MUST(channel != CONTROL || len >= 10);
		at += NATIVE_DESC_SIZE + len;
	}
	native_sent(n, at);
}

static void receive(unsigned int i, const u8 *buf, size_t len)
{
	struct native *n = &clients[i];
	size_t done = 0, taken;

	while (is_open[i] && done < len) {
		taken = native_receive(n, buf + done, len - done);
		drain(n);
		if (n->reason) {
			close_client(i);
			open_client(i);
			return;
		}
		MUST(taken);
		done += taken;
	}
}

/* A frame around @len bytes. */
static void frame(unsigned int i, u32 channel, s64 offset, u32 flags,
		  const u8 *buf, size_t len)
{
	u8 desc[NATIVE_DESC_SIZE];

	if (!len)
		return;
	hvsnd_put_be32(desc, len);
	hvsnd_put_be32(desc + 4, channel);
	hvsnd_put_be32(desc + 8, (u64)offset >> 32);
	hvsnd_put_be32(desc + 12, offset);
	hvsnd_put_be32(desc + 16, flags);
	receive(i, desc, sizeof(desc));
	receive(i, buf, len);
}

static void put_bools(struct hvsnd_tag_writer *w, struct input *in, int n)
{
	u32 bits = take(in, 2);

	while (n--)
		hvsnd_tag_put_bool(w, bits >> n & 1);
}

static void put_spec(struct hvsnd_tag_writer *w, struct input *in, u8 *channels)
{
	u8 map[32], i;

	*channels = take(in, 1) % 33;
	for (i = 0; i < *channels; i++)
		map[i] = i ? i : take(in, 1);
	hvsnd_tag_put_sample_spec(w, take(in, 1) % 15, *channels,
				  take_number(in));
	hvsnd_tag_put_channel_map(w, map, *channels);
	hvsnd_tag_put_u32(w, take(in, 1) % 3 - 1);
	hvsnd_tag_put_string(w, NULL);
	hvsnd_tag_put_u32(w, take_number(in)); /* maxlength */
	put_bools(w, in, 1);
	hvsnd_tag_put_u32(w, take_number(in)); /* tlength */
}

static void put_volume(struct hvsnd_tag_writer *w, struct input *in,
		       u8 channels)
{
	u32 level[32], v = take_number(in), i;

	for (i = 0; i < 32; i++)
		level[i] = v;
	hvsnd_tag_put_cvolume(w, level, channels);
}

static void put_props(struct hvsnd_tag_writer *w, struct input *in)
{
	char text[8] = { 'v', take(in, 1), take(in, 1) };

	hvsnd_tag_begin_proplist(w);
	hvsnd_tag_put_prop(w, "media.name", text);
	hvsnd_tag_end_proplist(w);
}

static void put_formats(struct hvsnd_tag_writer *w, struct input *in)
{
	char text[12] = { '"', take(in, 1), take(in, 1), take(in, 1), '"' };
	u8 n = take(in, 1) % 3, i;

	hvsnd_tag_put_u8(w, n);
	for (i = 0; i < n; i++) {
		native_begin_format(w);
		hvsnd_tag_put_u8(w, 1);
		hvsnd_tag_begin_proplist(w);
		hvsnd_tag_put_prop(w, "format.sample_format",
				   take(in, 1) & 1 ? "\"s16le\"" : text);
		hvsnd_tag_put_prop(w, "format.rate",
				   take(in, 1) & 1 ? "[ 48000 ]" : text);
		hvsnd_tag_put_prop(w, "format.channels",
				   take(in, 1) & 1 ? "2" : text);
		hvsnd_tag_put_prop(w, "format.channel_map",
				   take(in, 1) & 1 ? "\"aux1,front-left\"" :
						     text);
		hvsnd_tag_end_proplist(w);
	}
}

static void create(unsigned int i, struct input *in, bool record)
{
	struct hvsnd_tag_writer w;
	u8 buf[2048], channels;

	hvsnd_tag_writer_init(&w, buf, sizeof(buf));
	hvsnd_tag_put_u32(&w, record ? CREATE_RECORD : CREATE_PLAYBACK);
	hvsnd_tag_put_u32(&w, take(in, 1));
	put_spec(&w, in, &channels);
	if (record) {
		put_bools(&w, in, 9);
		put_props(&w, in);
		hvsnd_tag_put_u32(&w, CONTROL);
		put_bools(&w, in, 3);
		put_formats(&w, in);
		put_volume(&w, in, channels);
		put_bools(&w, in, 5);
	} else {
		hvsnd_tag_put_u32(&w, take_number(in)); /* prebuf */
		hvsnd_tag_put_u32(&w, take_number(in)); /* minreq */
		hvsnd_tag_put_u32(&w, 0);
		put_volume(&w, in, channels);
		put_bools(&w, in, 9);
		put_props(&w, in);
		put_bools(&w, in, 7);
		put_formats(&w, in);
	}
	MUST(!w.overflow);
	frame(i, CONTROL, 0, 0, buf, w.len);
}

/* A command with values whose types the input chooses. */
static void command(unsigned int i, struct input *in)
{
	struct hvsnd_tag_writer w;
	u8 buf[1024], n = take(in, 1) % 8;

	hvsnd_tag_writer_init(&w, buf, sizeof(buf));
	hvsnd_tag_put_u32(&w, take(in, 1) % 106);
	hvsnd_tag_put_u32(&w, take(in, 1));
	while (n--) {
		switch (take(in, 1) % 8) {
		case 0:
		case 1:
			hvsnd_tag_put_u32(&w, take(in, 1) - 1);
			break;
		case 2:
			hvsnd_tag_put_u32(&w, take_number(in));
			break;
		case 3:
			put_bools(&w, in, 1 + take(in, 1) % 2);
			break;
		case 4:
			hvsnd_tag_put_timeval(&w, take(in, 1), 0);
			break;
		case 5:
			put_volume(&w, in, take(in, 1) % 33);
			break;
		case 6:
			put_props(&w, in);
			break;
		default:
			hvsnd_tag_put_string(&w, take(in, 1) & 1 ? NULL : "x");
		}
	}
	frame(i, CONTROL, 0, 0, buf, w.len);
}

static void run_output(struct native_stream *s, struct input *in)
{
	static u8 buf[16384];
	size_t len = take(in, 2) % sizeof(buf), n, frame_size;

	if (s->state != NATIVE_OPEN)
		return;
	frame_size = sample_frame_size(&s->spec);
	len -= len % frame_size;
	if (s->record) {
		memset(buf, 1, len);
		native_stream_record(s, buf, len);
		return;
	}
	native_stream_until_request(s);
	n = native_stream_read(s, buf, len);
	MUST(n <= len && !(n % frame_size));
	if (!n && len)
		native_stream_starved(s, len);
	native_stream_is_active(s);
	if (take(in, 1) == 78)
		native_volume_changed(s, take(in, 1) / 200.0f, take(in, 1) & 1);
	if (take(in, 1) == 77)
		native_stream_kill(s);
}

static void set_mic(unsigned int i, struct input *in)
{
	mic = take(in, 1) % 3;
	if (mic == NATIVE_MIC_ALLOWED)
		native_allow_mic(&clients[i]);
	else
		native_refuse_held(&clients[i]);
	MUST(!native_is_held(&clients[i]));
	native_wants_mic(&clients[i]);
}

static void step(struct input *in)
{
	static u8 audio[70000];
	unsigned int i = take(in, 1) % CLIENTS, what = take(in, 1) % 8;
	size_t len;

	switch (what) {
	case 0:
		len = take(in, 1);
		if (len > in->size)
			len = in->size;
		receive(i, in->data, len);
		in->data += len;
		in->size -= len;
		break;
	case 1:
		command(i, in);
		break;
	case 2:
	case 3:
		create(i, in, what == 3);
		break;
	case 4:
		len = take(in, 1);
		frame(i, len, take_number(in) - take(in, 2), take(in, 1) % 6,
		      audio, take(in, 3) % sizeof(audio));
		break;
	case 5:
		len = take(in, 1) % NATIVE_STREAMS_MAX;
		run_output(&clients[i].streams[len], in);
		break;
	case 6:
		set_mic(i, in);
		break;
	default:
		close_client(i);
		open_client(i);
	}
	drain(&clients[0]);
	drain(&clients[1]);
}

static void authorize(unsigned int i)
{
	struct hvsnd_tag_writer w;
	u8 buf[300];

	hvsnd_tag_writer_init(&w, buf, sizeof(buf));
	hvsnd_tag_put_u32(&w, AUTH);
	hvsnd_tag_put_u32(&w, 0);
	hvsnd_tag_put_u32(&w, 0xc0000023);
	hvsnd_tag_put_arbitrary(&w, NULL, NATIVE_COOKIE_SIZE);
	frame(i, CONTROL, 0, 0, buf, w.len);
	MUST(clients[i].authorized);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };

	memset(&host, 0, sizeof(host));
	host.name = "guest";
	host.version = "1";
	host.spec = (struct sample_spec){ SAMPLE_S16LE, 48000, 2 };
	mic = NATIVE_MIC_ASK;
	opened = 0;
	wall = 0;
	native_host_init(&host);
	open_client(0);
	open_client(1);
	while (in.size)
		step(&in);
	close_client(0);
	close_client(1);
	MUST(!opened && !host.queue_bytes && !host.clients);
	return 0;
}
