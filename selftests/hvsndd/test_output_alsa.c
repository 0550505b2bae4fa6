// SPDX-License-Identifier: GPL-2.0
/*
 * --output alsa on a model of a PCM: what was written is played, whatever comes
 * next, and nothing waits for ever.
 */
#include <alsa/asoundlib.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "ktap.h"
#include "model_loop.h"
#include "outputs.h"

#define RATE 48000
#define FRAME 4
#define LATENCY_MS 100
#define BUFFER (2 * LATENCY_MS * RATE / 1000)
#define FRAMES_PER_MS (RATE / 1000)

static unsigned int failures;

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(bool condition, const char *what, int line)
{
	if (!condition && failures++ < 10)
		ktap_note("line %d: not so: %s", line, what);
}

/**
 * struct _snd_pcm - the model of a non-blocking PCM
 * @state: ALSA's state
 * @queued: frames that were written and not played
 * @is_data: for each of them, whether it is not silent
 * @played: number of frames that were played and not silent
 * @lost: likewise, that were written and will never be played
 * @stalled: the device plays nothing
 * @has_no_delay: the delay is not known before the PCM has been started
 */
static struct _snd_pcm {
	snd_pcm_state_t state;
	unsigned int queued;
	bool is_data[BUFFER];
	unsigned int played;
	unsigned int lost;
	bool stalled;
	bool has_no_delay;
} pcm;

/* Take frames from the beginning of the queue. Returns how many are data. */
static unsigned int take(snd_pcm_t *p, unsigned int n)
{
	unsigned int count = 0, i;

	for (i = 0; i < n; i++)
		count += p->is_data[i];
	p->queued -= n;
	memmove(p->is_data, p->is_data + n, p->queued * sizeof(*p->is_data));
	return count;
}

static bool is_open;

int snd_pcm_open(snd_pcm_t **p, const char *name, snd_pcm_stream_t stream,
		 int mode)
{
	CHECK(!strcmp(name, "default") && stream == SND_PCM_STREAM_PLAYBACK);
	CHECK(mode == SND_PCM_NONBLOCK && !is_open);
	memset(&pcm, 0, sizeof(pcm));
	is_open = true;
	*p = &pcm;
	return 0;
}

int snd_pcm_set_params(snd_pcm_t *p, snd_pcm_format_t format,
		       snd_pcm_access_t access, unsigned int channels,
		       unsigned int rate, int resample, unsigned int latency)
{
	CHECK(format == SND_PCM_FORMAT_S16_LE && channels == 2 && rate == RATE);
	CHECK(access == SND_PCM_ACCESS_RW_INTERLEAVED && resample);
	CHECK(latency == 2000 * LATENCY_MS);
	p->state = SND_PCM_STATE_PREPARED;
	return 0;
}

int snd_pcm_get_params(snd_pcm_t *p, snd_pcm_uframes_t *buffer,
		       snd_pcm_uframes_t *period)
{
	(void)p;
	*buffer = BUFFER;
	*period = BUFFER / 4;
	return 0;
}

int snd_pcm_start(snd_pcm_t *p)
{
	p->state = SND_PCM_STATE_RUNNING;
	return 0;
}

int snd_pcm_drop(snd_pcm_t *p)
{
	p->lost += take(p, p->queued);
	p->state = SND_PCM_STATE_SETUP;
	return 0;
}

int snd_pcm_close(snd_pcm_t *p)
{
	snd_pcm_drop(p);
	is_open = false;
	return 0;
}

int snd_pcm_prepare(snd_pcm_t *p)
{
	CHECK(!p->queued);
	p->state = SND_PCM_STATE_PREPARED;
	return 0;
}

snd_pcm_state_t snd_pcm_state(snd_pcm_t *p)
{
	return p->state;
}

snd_pcm_sframes_t snd_pcm_avail_update(snd_pcm_t *p)
{
	if (p->state == SND_PCM_STATE_XRUN)
		return -EPIPE;
	return BUFFER - p->queued;
}

int snd_pcm_recover(snd_pcm_t *p, int err, int silent)
{
	CHECK(err == -EPIPE && silent);
	return snd_pcm_prepare(p);
}

snd_pcm_sframes_t snd_pcm_writei(snd_pcm_t *p, const void *buf,
				 snd_pcm_uframes_t n)
{
	const char *samples = buf;
	unsigned int i;

	CHECK(p->state == SND_PCM_STATE_PREPARED ||
	      p->state == SND_PCM_STATE_RUNNING);
	if (n > BUFFER - p->queued)
		n = BUFFER - p->queued;
	for (i = 0; i < n; i++)
		p->is_data[p->queued + i] = samples[i * FRAME];
	p->queued += n;
	if (!n)
		return -EAGAIN;
	if (p->queued == BUFFER)
		p->state = SND_PCM_STATE_RUNNING;
	return n;
}

snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *p, void *buf, snd_pcm_uframes_t n)
{
	(void)p;
	(void)buf;
	(void)n;
	return -EIO;
}

int snd_pcm_delay(snd_pcm_t *p, snd_pcm_sframes_t *n)
{
	if (p->state == SND_PCM_STATE_XRUN)
		return -EPIPE;
	if (p->state == SND_PCM_STATE_SETUP)
		return -EBADFD;
	if (p->state == SND_PCM_STATE_PREPARED && p->has_no_delay)
		return -EIO;
	*n = p->queued;
	return 0;
}

const char *snd_strerror(int err)
{
	return strerror(-err);
}

int snd_config_update_free_global(void)
{
	return 0;
}

/* A millisecond of the device */
static void play(void)
{
	if (pcm.stalled || pcm.state != SND_PCM_STATE_RUNNING)
		return;
	if (pcm.queued < FRAMES_PER_MS)
		/* The device would play what its buffer had before. */
		pcm.state = SND_PCM_STATE_XRUN;
	else
		pcm.played += take(&pcm, FRAMES_PER_MS);
	CHECK(pcm.state != SND_PCM_STATE_XRUN);
}

struct config config = { .latency_us = 1000 * LATENCY_MS };
static struct guest guest = { .name = "work" };

void guest_hold(struct guest *g)
{
	g->connection_count++;
}

void guest_release(struct guest *g)
{
	g->connection_count--;
}

void log_limited(struct log_limit *limit, int priority, const char *format, ...)
{
	(void)limit;
	(void)priority;
	CHECK(!format);
}

static unsigned int rooms;

static void on_room(void *data)
{
	CHECK(data == &rooms);
	rooms++;
}

static struct stream *open_stream(void)
{
	const struct stream s = {
		.guest = &guest,
		.spec = { SAMPLE_S16LE, RATE, 2 },
		.on_room = on_room,
		.data = &rooms,
	};
	struct stream *opened = output_alsa.open(&s);

	CHECK(opened);
	return opened;
}

static void write_frames(struct stream *s, unsigned int frames)
{
	static char data[BUFFER * FRAME];

	memset(data, 1, sizeof(data));
	CHECK(output_alsa.room(s) >= frames * FRAME);
	output_alsa.write(s, data, frames * FRAME);
}

/* All was played, and nothing is left. */
static void check_end(unsigned int frames)
{
	CHECK(pcm.played == frames && !pcm.lost);
	CHECK(!is_open && !guest.connection_count && !model_timers());
}

static bool closing(void)
{
	struct stream *s;

	failures = 0;
	s = open_stream();
	write_frames(s, BUFFER);
	model_pass(50, play);
	output_alsa.close(s);
	CHECK(guest.connection_count == 1);
	rooms = 0;
	model_pass(1000, play);
	check_end(BUFFER);
	CHECK(!rooms);
	/* Less than what makes the PCM start by itself */
	s = open_stream();
	write_frames(s, 1000);
	output_alsa.close(s);
	model_pass(1000, play);
	check_end(1000);
	s = open_stream();
	output_alsa.close(s);
	check_end(0);
	return !failures;
}

static bool corking(void)
{
	struct stream *s;

	failures = 0;
	s = open_stream();
	output_alsa.cork(s, true);
	output_alsa.cork(s, false);
	write_frames(s, 1000);
	output_alsa.cork(s, true);
	/* Data arrives again before the end. */
	output_alsa.cork(s, false);
	CHECK(!output_alsa.room(s));
	rooms = 0;
	model_pass(30, play);
	CHECK(rooms == 1 && pcm.played == 1000);
	write_frames(s, 500);
	/* A client that waits for room is told, although the PCM is corked. */
	output_alsa.cork(s, true);
	CHECK(!output_alsa.room(s));
	rooms = 0;
	model_pass(300, play);
	CHECK(rooms == 1 && output_alsa.room(s));
	output_alsa.cork(s, false);
	write_frames(s, BUFFER);
	output_alsa.cork(s, true);
	output_alsa.close(s);
	model_pass(1000, play);
	check_end(1500 + BUFFER);
	return !failures;
}

static bool closing_without_delay(void)
{
	struct stream *s;

	failures = 0;
	s = open_stream();
	pcm.has_no_delay = true;
	write_frames(s, 500);
	output_alsa.close(s);
	model_pass(1000, play);
	check_end(500);
	return !failures;
}

static bool stalling(void)
{
	struct stream *s;

	failures = 0;
	s = open_stream();
	write_frames(s, BUFFER);
	pcm.stalled = true;
	output_alsa.close(s);
	model_pass(2000, play);
	CHECK(is_open);
	model_pass(1000, play);
	CHECK(!is_open && !guest.connection_count && !model_timers());
	return !failures;
}

static bool stopping(void)
{
	struct stream *s;

	failures = 0;
	s = open_stream();
	write_frames(s, BUFFER);
	output_alsa.close(s);
	output_alsa.stop();
	CHECK(!is_open && !model_timers() && !guest.connection_count);
	return !failures;
}

int main(void)
{
	ktap_plan(5);
	ktap_result(closing(), "what was written is played before the end");
	ktap_result(corking(), "what was written is played before a pause");
	ktap_result(closing_without_delay(),
		    "a PCM that does not tell its delay plays to the end");
	ktap_result(stalling(), "a device that plays nothing is closed");
	ktap_result(stopping(), "the program ends while a stream is closing");
	return ktap_status();
}
