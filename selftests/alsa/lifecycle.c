// SPDX-License-Identifier: GPL-2.0
/* Tests all orders of calls on a PCM, and the calls that a card must refuse. */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <math.h>
#include <time.h>

#include "ktap.h"

#define PLAYBACK	SND_PCM_STREAM_PLAYBACK
#define CAPTURE		SND_PCM_STREAM_CAPTURE
#define MMAP		SND_PCM_ACCESS_MMAP_INTERLEAVED
#define RW		SND_PCM_ACCESS_RW_INTERLEAVED

static char name[64];

struct setup {
	snd_pcm_access_t access;
	snd_pcm_format_t format;
	unsigned int channels, rate;
	snd_pcm_uframes_t period, buffer;
};

static const struct setup usual = {
	RW, SND_PCM_FORMAT_S16_LE, 2, 48000, 480, 3840
};

static const struct setup mapped = {
	MMAP, SND_PCM_FORMAT_S16_LE, 2, 48000, 480, 3840
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void wait_ms(unsigned int ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* Note a condition that failed, so that a test can be one expression. */
static bool is(bool right, const char *what, long value)
{
	if (!right)
		ktap_note("%s: %ld%s%s", what, value, value < 0 ? " " : "",
			  value < 0 ? snd_strerror(value) : "");
	return right;
}

#define OK(call) ({ long value_ = (call); is(value_ >= 0, #call, value_); })
#define REFUSED(call) ({ long value_ = (call); is(value_ < 0, #call, value_); })
#define EQUALS(call, wanted)                                              \
	({                                                                \
		long value_ = (call);                                     \
		is(value_ == (wanted), #call " is not " #wanted, value_); \
	})
#define BETWEEN(call, least, most)                                        \
	({                                                                \
		long value_ = (call);                                     \
		is(value_ >= (least) && value_ <= (most), #call, value_); \
	})

/* A drain without blocking returns -EAGAIN in any state. */
#define DRAINS(pcm)                                                    \
	({                                                             \
		long value_ = snd_pcm_drain(pcm);                      \
		is(value_ == 0 || value_ == -EAGAIN, "drain", value_); \
	})

static snd_pcm_t *open_pcm(snd_pcm_stream_t stream, int mode)
{
	snd_pcm_t *pcm;
	int err = snd_pcm_open(&pcm, name, stream, mode);

	if (err < 0) {
		ktap_note("%s: %s", name, snd_strerror(err));
		return NULL;
	}
	return pcm;
}

#define TRY(call) do {		\
	int err_ = (call);	\
				\
	if (err_ < 0)		\
		return err_;	\
} while (0)

static int set_up(snd_pcm_t *pcm, const struct setup *s)
{
	snd_pcm_uframes_t period = s->period, buffer = s->buffer;
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;

	snd_pcm_hw_params_alloca(&hw);
	snd_pcm_sw_params_alloca(&sw);
	TRY(snd_pcm_hw_params_any(pcm, hw));
	TRY(snd_pcm_hw_params_set_access(pcm, hw, s->access));
	TRY(snd_pcm_hw_params_set_format(pcm, hw, s->format));
	TRY(snd_pcm_hw_params_set_channels(pcm, hw, s->channels));
	TRY(snd_pcm_hw_params_set_rate(pcm, hw, s->rate, 0));
	TRY(snd_pcm_hw_params_set_period_size_near(pcm, hw, &period, NULL));
	TRY(snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer));
	TRY(snd_pcm_hw_params(pcm, hw));
	/* starts by snd_pcm_start(), or when full */
	TRY(snd_pcm_sw_params_current(pcm, sw));
	TRY(snd_pcm_sw_params_set_start_threshold(pcm, sw, buffer));
	TRY(snd_pcm_sw_params(pcm, sw));
	return 0;
}

static snd_pcm_t *ready_pcm(snd_pcm_stream_t stream, const struct setup *s)
{
	snd_pcm_t *pcm = open_pcm(stream, 0);

	if (pcm && !OK(set_up(pcm, s))) {
		snd_pcm_close(pcm);
		pcm = NULL;
	}
	return pcm;
}

static const int16_t silence[48000 * 2];
static int16_t sink[48000 * 2];

static snd_pcm_sframes_t feed(snd_pcm_t *pcm, snd_pcm_uframes_t frames)
{
	return snd_pcm_writei(pcm, silence, frames);
}

static snd_pcm_state_t state_of(snd_pcm_t *pcm)
{
	snd_pcm_hwsync(pcm);
	return snd_pcm_state(pcm);
}

static bool test_info(void)
{
	snd_pcm_t *pcm = ready_pcm(PLAYBACK, &usual);
	snd_pcm_info_t *info;
	bool right;

	snd_pcm_info_alloca(&info);
	if (!pcm)
		return false;
	right = OK(snd_pcm_info(pcm, info)) &&
		EQUALS(state_of(pcm), SND_PCM_STATE_PREPARED);
	ktap_note("%s, %s", snd_pcm_info_get_id(info),
		  snd_pcm_info_get_name(info));
	return OK(snd_pcm_close(pcm)) && right;
}

static bool can_pause(snd_pcm_t *pcm)
{
	snd_pcm_hw_params_t *hw;

	snd_pcm_hw_params_alloca(&hw);
	return snd_pcm_hw_params_current(pcm, hw) >= 0 &&
	       snd_pcm_hw_params_can_pause(hw);
}

/* Close in each state, then open again. */
static bool test_close(void)
{
	unsigned int stage, round;
	bool right = true;

	for (round = 0; round < 4 && right; round++) {
		snd_pcm_stream_t stream = round % 2 ? CAPTURE : PLAYBACK;

		for (stage = 0; stage < 8 && right; stage++) {
			snd_pcm_t *pcm = open_pcm(stream, SND_PCM_NONBLOCK);

			right = pcm;
			if (right && stage > 0)
				right = OK(set_up(pcm, &usual));
			if (right && stage == 2)
				right = OK(snd_pcm_hw_free(pcm));
			if (right && stage > 2 && stream == PLAYBACK)
				right = OK(feed(pcm, 2400));
			if (right && stage > 3)
				right = OK(snd_pcm_start(pcm));
			if (right && stage == 4)
				wait_ms(5);
			if (right && stage == 5)
				right = OK(snd_pcm_drop(pcm));
			if (right && stage == 6 && can_pause(pcm))
				right = OK(snd_pcm_pause(pcm, 1));
			if (right && stage == 7 && stream == PLAYBACK)
				right = EQUALS(snd_pcm_drain(pcm), -EAGAIN);
			if (pcm)
				right &= OK(snd_pcm_close(pcm));
			if (!right)
				ktap_note("%s, closed in stage %u",
					  stream == PLAYBACK ? "playback" :
							       "capture",
					  stage);
		}
	}
	return right;
}

static bool silly_orders(snd_pcm_stream_t stream, const struct setup *s)
{
	snd_pcm_t *pcm = open_pcm(stream, SND_PCM_NONBLOCK);
	bool right;
	unsigned int i;

	if (!pcm)
		return false;
	/* alsa-lib itself stops most calls before hw_params */
	right = REFUSED(snd_pcm_prepare(pcm)) && REFUSED(snd_pcm_start(pcm)) &&
		OK(set_up(pcm, s)) && OK(snd_pcm_hw_free(pcm)) &&
		REFUSED(snd_pcm_start(pcm)) && OK(set_up(pcm, s)) &&
		OK(set_up(pcm, s)) && OK(snd_pcm_prepare(pcm)) &&
		OK(snd_pcm_prepare(pcm)) && REFUSED(snd_pcm_pause(pcm, 1)) &&
		REFUSED(snd_pcm_pause(pcm, 0)) &&
		EQUALS(state_of(pcm), SND_PCM_STATE_PREPARED);
	if (right && stream == PLAYBACK)
		right = REFUSED(snd_pcm_start(pcm)) &&
			EQUALS(feed(pcm, 960), 960);
	right = right && OK(snd_pcm_start(pcm)) &&
		REFUSED(snd_pcm_start(pcm)) && REFUSED(snd_pcm_prepare(pcm)) &&
		(!can_pause(pcm) ||
		 (OK(snd_pcm_pause(pcm, 1)) && REFUSED(snd_pcm_start(pcm)))) &&
		OK(snd_pcm_drop(pcm)) &&
		EQUALS(state_of(pcm), SND_PCM_STATE_SETUP) &&
		OK(snd_pcm_drop(pcm)) && REFUSED(snd_pcm_start(pcm)) &&
		DRAINS(pcm) && OK(snd_pcm_prepare(pcm)) && DRAINS(pcm) &&
		(stream == CAPTURE ||
		 EQUALS(state_of(pcm), SND_PCM_STATE_SETUP)) &&
		OK(snd_pcm_drop(pcm)) && REFUSED(snd_pcm_reset(pcm));
	/* in quick succession */
	for (i = 0; i < 100 && right; i++) {
		right = OK(snd_pcm_prepare(pcm)) &&
			(stream == CAPTURE ||
			 EQUALS(feed(pcm, 480 + i), 480 + i)) &&
			OK(snd_pcm_start(pcm));
		if (i % 3 == 1 && can_pause(pcm))
			right = right && OK(snd_pcm_pause(pcm, 1)) &&
				OK(snd_pcm_pause(pcm, 0));
		right = right && OK(snd_pcm_drop(pcm));
	}
	return OK(snd_pcm_close(pcm)) && right;
}

static bool test_orders_playback(void)
{
	return silly_orders(PLAYBACK, &usual);
}

static bool test_orders_capture(void)
{
	return silly_orders(CAPTURE, &usual);
}

/* Play @total frames, started by a full buffer or a drain; returns seconds. */
static double play(const struct setup *s, snd_pcm_uframes_t total)
{
	snd_pcm_t *pcm = ready_pcm(PLAYBACK, s);
	double begin = seconds();
	bool right = pcm;

	while (right && total) {
		snd_pcm_uframes_t chunk = total < 480 ? total : 480;
		snd_pcm_sframes_t n =
			s->access == MMAP ?
				snd_pcm_mmap_writei(pcm, silence, chunk) :
				feed(pcm, chunk);

		right = BETWEEN(n, 1, (long)chunk);
		total -= right ? n : 0;
	}
	right = right && OK(snd_pcm_drain(pcm)) &&
		EQUALS(state_of(pcm), SND_PCM_STATE_SETUP);
	begin = seconds() - begin;
	if (pcm)
		right &= OK(snd_pcm_close(pcm));
	return right ? begin : 0;
}

static bool lasts(double taken, double wanted)
{
	ktap_note("%.0f ms of sound took %.1f ms", wanted * 1000, taken * 1000);
	return fabs(taken - wanted) <= 0.05;
}

static bool test_duration(void)
{
	return lasts(play(&usual, 96000), 2);
}

static bool test_duration_mmap(void)
{
	return lasts(play(&mapped, 96000), 2);
}

static bool test_duration_short(void)
{
	return lasts(play(&usual, 1000), 1000 / 48000.0) &&
	       lasts(play(&usual, 1), 0) &&
	       lasts(play(&usual, 3841), 3841 / 48000.0);
}

static bool capture_lasts(const struct setup *s)
{
	snd_pcm_t *pcm = ready_pcm(CAPTURE, s);
	double begin = seconds();
	bool right = pcm;

	if (right)
		right = EQUALS(s->access == MMAP ?
				       snd_pcm_mmap_readi(pcm, sink, 48000) :
				       snd_pcm_readi(pcm, sink, 48000),
			       48000) &&
			lasts(seconds() - begin, 1);
	if (pcm)
		right &= OK(snd_pcm_drop(pcm)) && OK(snd_pcm_close(pcm));
	return right;
}

static bool test_duration_capture(void)
{
	return capture_lasts(&usual);
}

static bool test_duration_capture_mmap(void)
{
	return capture_lasts(&mapped);
}

/* Drop at once, with data in the buffer. */
static bool test_drop(void)
{
	struct setup s = usual;
	snd_pcm_t *pcm;
	double begin;
	bool right;

	s.buffer = 16000;
	pcm = ready_pcm(PLAYBACK, &s);
	if (!pcm)
		return false;
	right = EQUALS(feed(pcm, 12000), 12000) && OK(snd_pcm_start(pcm));
	wait_ms(50);
	begin = seconds();
	right = right && OK(snd_pcm_drop(pcm)) && OK(snd_pcm_close(pcm));
	begin = seconds() - begin;
	ktap_note("drop and close took %.1f ms", begin * 1000);
	return right && begin < 0.1;
}

static bool pause_holds(snd_pcm_stream_t stream)
{
	struct setup s = usual;
	snd_pcm_sframes_t before, after, later;
	snd_pcm_t *pcm;
	bool right;

	s.buffer = 16000;
	pcm = ready_pcm(stream, &s);
	if (!pcm)
		return false;
	right = is(can_pause(pcm), "can pause", false);
	if (right && stream == PLAYBACK)
		right = EQUALS(feed(pcm, 12000), 12000);
	right = right && OK(snd_pcm_start(pcm));
	wait_ms(100);
	right = right && OK(snd_pcm_pause(pcm, 1));
	before = snd_pcm_avail(pcm);
	wait_ms(300);
	after = snd_pcm_avail(pcm);
	right = right && EQUALS(after - before, 0) &&
		EQUALS(state_of(pcm), SND_PCM_STATE_PAUSED) &&
		REFUSED(snd_pcm_pause(pcm, 1)) && OK(snd_pcm_pause(pcm, 0));
	wait_ms(100);
	later = snd_pcm_avail(pcm);
	/* 100 ms and the time of an emulated machine, but not the 300 ms */
	right = right && BETWEEN(later - after, 4700, 11000) &&
		EQUALS(state_of(pcm), SND_PCM_STATE_RUNNING) &&
		OK(snd_pcm_pause(pcm, 1));
	/* Draining lets a paused stream continue. */
	if (right && stream == PLAYBACK)
		right = OK(snd_pcm_pause(pcm, 0)) && OK(snd_pcm_drain(pcm));
	else
		right = right && OK(snd_pcm_drop(pcm));
	return OK(snd_pcm_close(pcm)) && right;
}

static bool test_pause_playback(void)
{
	return pause_holds(PLAYBACK);
}

static bool test_pause_capture(void)
{
	return pause_holds(CAPTURE);
}

/* An application that stops writing has an xrun; prepare recovers. */
static bool test_xrun(void)
{
	snd_pcm_t *pcm = ready_pcm(PLAYBACK, &usual);
	bool right;

	if (!pcm)
		return false;
	right = EQUALS(feed(pcm, 960), 960) && OK(snd_pcm_start(pcm));
	wait_ms(200);
	right = right && EQUALS(state_of(pcm), SND_PCM_STATE_XRUN) &&
		EQUALS(feed(pcm, 480), -EPIPE) && OK(snd_pcm_prepare(pcm)) &&
		EQUALS(feed(pcm, 960), 960) && OK(snd_pcm_start(pcm)) &&
		OK(snd_pcm_drain(pcm));
	return OK(snd_pcm_close(pcm)) && right;
}

/* The program wakes up at each period, and not before there is room. */
static bool test_poll(void)
{
	snd_pcm_t *pcm = ready_pcm(PLAYBACK, &usual);
	unsigned int wakeups = 0;
	double begin = seconds();
	bool right = pcm;

	right = right && EQUALS(feed(pcm, 3840), 3840);
	while (right && seconds() - begin < 1) {
		right = EQUALS(snd_pcm_wait(pcm, 1000), 1) &&
			BETWEEN(snd_pcm_avail(pcm), 480, 3840) &&
			EQUALS(feed(pcm, 480), 480);
		wakeups++;
	}
	ktap_note("%u periods in a second", wakeups);
	if (pcm)
		right &= OK(snd_pcm_close(pcm));
	return right && wakeups >= 90 && wakeups <= 110;
}

static bool test_rewind(void)
{
	struct setup s = usual;
	snd_pcm_t *pcm;
	snd_pcm_sframes_t room, n, avail;
	bool right;

	s.buffer = 16000;
	pcm = ready_pcm(PLAYBACK, &s);
	if (!pcm)
		return false;
	right = EQUALS(feed(pcm, 12000), 12000);
	/* nothing is sent yet, and after the start only so much ahead */
	room = snd_pcm_rewindable(pcm);
	ktap_note("%ld frames can be rewound of 12000 before the start", room);
	right = right && BETWEEN(room, 0, 12000);
	n = snd_pcm_rewind(pcm, 1000);
	ktap_note("rewound %ld of 1000", n);
	right = right && BETWEEN(n, 0, 1000) &&
		EQUALS(feed(pcm, n + 1), n + 1) && OK(snd_pcm_start(pcm));
	wait_ms(50);
	avail = snd_pcm_avail(pcm);
	n = snd_pcm_rewind(pcm, 500);
	ktap_note("running: rewound %ld of 500", n);
	right = right && (n < 0 || BETWEEN(n, 0, 500));
	if (right && n > 0)
		right = BETWEEN(snd_pcm_avail(pcm), avail + n, 16000) &&
			EQUALS(feed(pcm, n), n);
	/*
	 * everything, including data that the card is about to play: refused,
	 * or an xrun, or written again in time
	 */
	n = snd_pcm_rewind(pcm, 16000);
	ktap_note("running: rewound %ld of 16000", n);
	right = right && n <= 12001;
	if (right && n > 0) {
		n = feed(pcm, n);
		right = is(n > 0 || n == -EPIPE, "writing again", n);
	}
	right = right && OK(snd_pcm_drop(pcm));
	return OK(snd_pcm_close(pcm)) && right;
}

static bool takes(snd_pcm_t *pcm, snd_pcm_format_t format, unsigned int rate,
		  unsigned int channels)
{
	struct setup s = { RW, format, channels, rate, rate / 100, rate / 10 };
	int err = set_up(pcm, &s);

	if (err >= 0)
		return true;
	ktap_note("%s, %u Hz, %u channels, %s: %s", snd_pcm_format_name(format),
		  rate, channels, snd_pcm_stream_name(snd_pcm_stream(pcm)),
		  snd_strerror(err));
	return false;
}

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

static bool test_formats(void)
{
	static const snd_pcm_format_t formats[] = {
		SND_PCM_FORMAT_U8, SND_PCM_FORMAT_A_LAW, SND_PCM_FORMAT_MU_LAW,
		SND_PCM_FORMAT_S16_LE, SND_PCM_FORMAT_S16_BE,
		SND_PCM_FORMAT_S24_3LE, SND_PCM_FORMAT_S24_3BE,
		SND_PCM_FORMAT_S24_LE, SND_PCM_FORMAT_S24_BE,
		SND_PCM_FORMAT_S32_LE, SND_PCM_FORMAT_S32_BE,
		SND_PCM_FORMAT_FLOAT_LE, SND_PCM_FORMAT_FLOAT_BE,
	};
	static const unsigned int rates[] = {
		8000, 11025, 44100, 48000, 50001, 96000, 192000
	};
	static const unsigned int channels[] = { 1, 2, 3, 6, 8 };
	size_t f, r, c, way;
	bool right = true;

	for (way = 0; way < 2; way++) {
		snd_pcm_t *pcm = open_pcm(way ? CAPTURE : PLAYBACK,
					  SND_PCM_NONBLOCK);

		if (!pcm)
			return false;
		for (f = 0; f < COUNT(formats); f++)
			for (r = 0; r < COUNT(rates); r++)
				for (c = 0; c < COUNT(channels); c++)
					right &= takes(pcm, formats[f],
						       rates[r], channels[c]);
		right &= OK(snd_pcm_close(pcm));
	}
	return right;
}

static bool test_refused(void)
{
	static const struct setup refused[] = {
		{ RW, SND_PCM_FORMAT_S16_LE, 9, 48000, 480, 3840 },
		{ RW, SND_PCM_FORMAT_S16_LE, 0, 48000, 480, 3840 },
		{ RW, SND_PCM_FORMAT_S16_LE, 2, 7999, 480, 3840 },
		{ RW, SND_PCM_FORMAT_S16_LE, 2, 192001, 480, 3840 },
		{ RW, SND_PCM_FORMAT_FLOAT64_LE, 2, 48000, 480, 3840 },
		{ RW, SND_PCM_FORMAT_S8, 2, 48000, 480, 3840 },
		{ RW, SND_PCM_FORMAT_U16_LE, 2, 48000, 480, 3840 },
		{ RW, SND_PCM_FORMAT_IMA_ADPCM, 2, 48000, 480, 3840 },
		{ RW, SND_PCM_FORMAT_DSD_U8, 2, 48000, 480, 3840 },
		{ SND_PCM_ACCESS_RW_NONINTERLEAVED, SND_PCM_FORMAT_S16_LE, 2,
		  48000, 480, 3840 },
	};
	bool right = true;
	size_t i, way;

	for (way = 0; way < 2; way++) {
		snd_pcm_t *pcm =
			open_pcm(way ? CAPTURE : PLAYBACK, SND_PCM_NONBLOCK);

		if (!pcm)
			return false;
		for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
			if (!REFUSED(set_up(pcm, &refused[i]))) {
				ktap_note("it should not take setup %zu", i);
				right = false;
			}
		}
		right &= OK(set_up(pcm, &usual)) && OK(snd_pcm_close(pcm));
	}
	return right;
}

/* Run all substreams; one more is refused, and works after a close. */
static bool all_at_once(snd_pcm_stream_t stream)
{
	snd_pcm_t *pcms[64], *more;
	unsigned int i, open = 0, total;
	snd_pcm_info_t *info;
	bool right = true;
	int err;

	snd_pcm_info_alloca(&info);
	pcms[0] = open_pcm(stream, SND_PCM_NONBLOCK);
	if (!pcms[0] || !OK(snd_pcm_info(pcms[0], info)))
		return false;
	open = 1;
	total = snd_pcm_info_get_subdevices_count(info);
	ktap_note("%u substreams", total);
	while (right && open < total && open < 64) {
		pcms[open] = open_pcm(stream, SND_PCM_NONBLOCK);
		right = pcms[open];
		open += right;
	}
	for (i = 0; i < open && right; i++)
		right = OK(set_up(pcms[i], &usual)) &&
			(stream == CAPTURE ||
			 EQUALS(feed(pcms[i], 2400), 2400)) &&
			OK(snd_pcm_start(pcms[i]));
	err = snd_pcm_open(&more, name, stream, SND_PCM_NONBLOCK);
	right &= is(err == -EBUSY || err == -EAGAIN, "one more than there are",
		    err);
	if (err >= 0)
		snd_pcm_close(more);
	for (i = 0; i < open && right; i++)
		right = BETWEEN(snd_pcm_avail(pcms[i]), 0, 3840);
	right &= OK(snd_pcm_close(pcms[open / 2]));
	pcms[open / 2] = open_pcm(stream, SND_PCM_NONBLOCK);
	right &= !!pcms[open / 2];
	for (i = 0; i < open; i++)
		if (pcms[i])
			right &= OK(snd_pcm_close(pcms[i]));
	return right;
}

static bool test_all_playback(void)
{
	return all_at_once(PLAYBACK);
}

static bool test_all_capture(void)
{
	return all_at_once(CAPTURE);
}

/* Linked streams start and stop together. */
static bool test_link(void)
{
	snd_pcm_t *a = ready_pcm(PLAYBACK, &usual),
		  *b = ready_pcm(CAPTURE, &usual);
	bool right = a && b;

	right = right && OK(snd_pcm_link(a, b)) &&
		REFUSED(snd_pcm_link(a, b)) && OK(snd_pcm_prepare(a)) &&
		EQUALS(feed(a, 2400), 2400) && OK(snd_pcm_start(a)) &&
		EQUALS(state_of(b), SND_PCM_STATE_RUNNING);
	wait_ms(20);
	right = right && BETWEEN(snd_pcm_avail(b), 480, 3840) &&
		OK(snd_pcm_drop(a)) &&
		EQUALS(state_of(b), SND_PCM_STATE_SETUP) &&
		OK(snd_pcm_unlink(a)) && OK(snd_pcm_prepare(b)) &&
		OK(snd_pcm_start(b)) &&
		EQUALS(state_of(a), SND_PCM_STATE_SETUP);
	if (a)
		right &= OK(snd_pcm_close(a));
	if (b)
		right &= OK(snd_pcm_close(b));
	return right;
}

/*
 * A pause of linked streams that are late within their period succeeds. The
 * next period detects the xrun.
 */
static bool link_late(bool other_first)
{
	static const struct setup slow = {
		RW, SND_PCM_FORMAT_S16_LE, 2, 48000, 9600, 38400
	};
	snd_pcm_t *a = ready_pcm(PLAYBACK, &slow),
		  *b = ready_pcm(CAPTURE, &slow);
	bool right = a && b;

	right = right &&
		OK(other_first ? snd_pcm_link(b, a) : snd_pcm_link(a, b)) &&
		EQUALS(feed(a, 480), 480) && OK(snd_pcm_start(a));
	wait_ms(100);
	right = right && OK(snd_pcm_pause(a, 1)) &&
		EQUALS(snd_pcm_state(b), SND_PCM_STATE_PAUSED) &&
		OK(snd_pcm_pause(a, 0));
	wait_ms(300);
	right = right && EQUALS(snd_pcm_state(a), SND_PCM_STATE_XRUN) &&
		OK(snd_pcm_unlink(a));
	if (a)
		right &= OK(snd_pcm_close(a));
	if (b)
		right &= OK(snd_pcm_close(b));
	return right;
}

/* ALSA's core asks only one of the linked streams. */
static bool test_link_late(void)
{
	return link_late(false) && link_late(true);
}

/*
 * ALSA's core looks at the position before it pauses. If it finds an xrun
 * there, the PCM must not become a paused one.
 */
static bool test_pause_late(void)
{
	static const struct setup slow = {
		RW, SND_PCM_FORMAT_S16_LE, 2, 48000, 9600, 38400
	};
	snd_pcm_t *a = ready_pcm(PLAYBACK, &slow);
	bool right = a;

	right = right && EQUALS(feed(a, 480), 480) && OK(snd_pcm_start(a));
	wait_ms(100);
	right = right && EQUALS(snd_pcm_pause(a, 1), -EPIPE) &&
		EQUALS(snd_pcm_state(a), SND_PCM_STATE_XRUN) &&
		REFUSED(snd_pcm_pause(a, 0)) && OK(snd_pcm_prepare(a)) &&
		EQUALS(feed(a, 480), 480) && OK(snd_pcm_start(a)) &&
		OK(snd_pcm_pause(a, 1)) && OK(snd_pcm_pause(a, 0));
	if (a)
		right &= OK(snd_pcm_close(a));
	return right;
}

/* Where one linked stream is drained, the others go on to their own end. */
static bool test_link_drained(void)
{
	snd_pcm_t *a = ready_pcm(PLAYBACK, &usual),
		  *b = ready_pcm(PLAYBACK, &usual);
	bool right = a && b;

	right = right && OK(snd_pcm_nonblock(a, 1)) &&
		OK(snd_pcm_link(a, b)) && EQUALS(feed(a, 480), 480) &&
		EQUALS(feed(b, 2880), 2880) && OK(snd_pcm_start(a)) &&
		EQUALS(snd_pcm_drain(a), -EAGAIN);
	wait_ms(1000);
	right = right && EQUALS(state_of(a), SND_PCM_STATE_SETUP) &&
		EQUALS(state_of(b), SND_PCM_STATE_SETUP) &&
		OK(snd_pcm_unlink(a));
	if (a)
		right &= OK(snd_pcm_close(a));
	if (b)
		right &= OK(snd_pcm_close(b));
	return right;
}

static const struct {
	const char *name;
	bool (*run)(void);
	enum { ANY, OURS } card;	/* which card must pass */
} tests[] = {
	{ "opens", test_info, ANY },
	{ "closes in every state", test_close, ANY },
	{ "playback: silly orders", test_orders_playback, ANY },
	{ "capture: silly orders", test_orders_capture, ANY },
	{ "2 s and a drain take 2 s", test_duration, ANY },
	{ "2 s and a drain take 2 s, mmap", test_duration_mmap, ANY },
	{ "less than a period, a frame, and one more than the buffer",
	  test_duration_short, ANY },
	{ "1 s of capture takes 1 s", test_duration_capture, ANY },
	{ "1 s of capture takes 1 s, mmap", test_duration_capture_mmap, ANY },
	{ "drop and close do not wait", test_drop, ANY },
	{ "playback: pause holds the position", test_pause_playback, OURS },
	{ "capture: pause holds the position", test_pause_capture, OURS },
	{ "xrun, and prepare after it", test_xrun, ANY },
	{ "a wakeup for each period", test_poll, ANY },
	{ "rewind", test_rewind, ANY },
	{ "all formats, many rates and channels", test_formats, OURS },
	{ "what it cannot do is refused", test_refused, OURS },
	{ "playback: all substreams at once", test_all_playback, ANY },
	{ "capture: all substreams at once", test_all_capture, ANY },
	{ "linked streams", test_link, ANY },
	{ "linked streams that are late are paused", test_link_late, OURS },
	{ "a pause that finds an xrun is refused", test_pause_late, OURS },
	{ "linked streams drain, each to its end", test_link_drained, ANY },
};

static void no_message(const char *file, int line, const char *function,
		       int err, const char *format, ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)err;
	(void)format;
}

int main(int argc, char **argv)
{
	const char *card = argc > 1 ? argv[1] : "HvSock";
	size_t i;
	snd_pcm_t *pcm;
	snd_ctl_card_info_t *info;
	snd_ctl_t *ctl;
	bool ours = false;
	int err;

	/* do not print errors that are expected */
	snd_lib_error_set_handler(no_message);
	snd_ctl_card_info_alloca(&info);
	snprintf(name, sizeof(name), "%s%s",
		 strchr(card, ':') ? "" : "hw:", card);
	ktap_plan(sizeof(tests) / sizeof(*tests));
	err = snd_pcm_open(&pcm, name, PLAYBACK, SND_PCM_NONBLOCK);
	if (err < 0)
		ktap_bail(name, snd_strerror(err));
	snd_pcm_close(pcm);
	if (!strncmp(name, "hw:", 3) && snd_ctl_open(&ctl, name, 0) >= 0) {
		ours = snd_ctl_card_info(ctl, info) >= 0 &&
		       !strcmp(snd_ctl_card_info_get_driver(info), "snd_hvsock");
		snd_ctl_close(ctl);
	}

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (tests[i].card == OURS && !ours)
			ktap_skip(tests[i].name, "not our card");
		else
			ktap_result(tests[i].run(), tests[i].name);
	}
	return ktap_status();
}
