// SPDX-License-Identifier: GPL-2.0
/*
 * Plays a raw file (S16_LE, 48 kHz, stereo) in ways that aplay cannot: without
 * period wakeups, with pauses, after xruns, and with a drop in the middle. With
 * -e it plays what it records, in linked streams.
 *
 * Without period wakeups it reads the hardware pointer itself, as sound servers
 * do.
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE		48000
#define CHANNELS	2
#define FRAME_BYTES	4
#define MAX_PAUSES	8

struct pause {
	double at, length;	/* seconds written; seconds */
};

static const char *card = "HvSock";
static bool mapped, timed, echo;
static snd_pcm_uframes_t period = 480, periods = 10;
static struct pause pauses[MAX_PAUSES];
static unsigned int pause_count, xrun_count, failed;
static double drop_at;		/* seconds written, 0 for the end */

static int must(int err, const char *what)
{
	if (err < 0) {
		printf("player: %s: %s\n", what, snd_strerror(err));
		exit(1);
	}
	return err;
}

static void expect(bool right, const char *what, long value)
{
	printf("%s: %ld%s\n", what, value, right ? "" : ", which is wrong");
	failed += !right;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void rest(double seconds)
{
	struct timespec ts = { seconds, (seconds - (time_t)seconds) * 1e9 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

static snd_pcm_t *open_pcm(snd_pcm_stream_t stream)
{
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;
	snd_pcm_access_t access = mapped ? SND_PCM_ACCESS_MMAP_INTERLEAVED :
					   SND_PCM_ACCESS_RW_INTERLEAVED;
	char name[64];
	snd_pcm_t *pcm;

	snprintf(name, sizeof(name), "hw:%s", card);
	snd_pcm_hw_params_alloca(&hw);
	snd_pcm_sw_params_alloca(&sw);
	/* alsa-lib: a program without wakeups must not wait for them. */
	must(snd_pcm_open(&pcm, name, stream, timed ? SND_PCM_NONBLOCK : 0),
	     name);
	must(snd_pcm_hw_params_any(pcm, hw), "hw_params_any");
	must(snd_pcm_hw_params_set_access(pcm, hw, access), "access");
	must(snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE),
	     "format");
	must(snd_pcm_hw_params_set_channels(pcm, hw, CHANNELS), "channels");
	must(snd_pcm_hw_params_set_rate(pcm, hw, RATE, 0), "rate");
	must(snd_pcm_hw_params_set_period_size(pcm, hw, period, 0), "period");
	must(snd_pcm_hw_params_set_buffer_size(pcm, hw, period * periods),
	     "buffer");
	if (timed) {
		must(snd_pcm_hw_params_can_disable_period_wakeup(hw) ? 0 :
								       -ENOTSUP,
		     "no period wakeups");
		must(snd_pcm_hw_params_set_period_wakeup(pcm, hw, 0),
		     "period_wakeup");
	}
	must(snd_pcm_hw_params(pcm, hw), "hw_params");
	must(snd_pcm_sw_params_current(pcm, sw), "sw_params_current");
	/* started by snd_pcm_start() */
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw, 1UL << 30),
	     "start_threshold");
	must(snd_pcm_sw_params(pcm, sw), "sw_params");
	return pcm;
}

/* Wait for room for @frames, or for a full buffer that can be started. */
static void wait_for_room(snd_pcm_t *pcm, snd_pcm_uframes_t frames)
{
	snd_pcm_sframes_t avail;

	while ((avail = must(snd_pcm_avail(pcm), "avail")) <
	       (snd_pcm_sframes_t)frames) {
		if (snd_pcm_state(pcm) == SND_PCM_STATE_PREPARED)
			must(snd_pcm_start(pcm), "start");
		else if (timed)
			rest((frames - avail) / (double)RATE);
		else
			must(snd_pcm_wait(pcm, 5000) ? 0 : -ETIMEDOUT, "wait");
	}
}

static void write_some(snd_pcm_t *pcm, const uint8_t *data,
		       snd_pcm_uframes_t frames)
{
	snd_pcm_sframes_t n;

	while (frames) {
		n = mapped ? snd_pcm_mmap_writei(pcm, data, frames) :
			     snd_pcm_writei(pcm, data, frames);
		must(n, "write");
		data += n * FRAME_BYTES;
		frames -= n;
	}
}

/* Check that the position does not move, and check the state. */
static void make_pause(snd_pcm_t *pcm, double seconds)
{
	snd_pcm_sframes_t before, after;
	double begin;

	must(snd_pcm_pause(pcm, 1), "pause");
	before = snd_pcm_avail(pcm);
	puts("paused");
	rest(seconds);
	after = snd_pcm_avail(pcm);
	expect(after == before, "frames that went by in the pause",
	       after - before);
	expect(snd_pcm_state(pcm) == SND_PCM_STATE_PAUSED, "state",
	       snd_pcm_state(pcm));
	begin = now();
	must(snd_pcm_pause(pcm, 0), "going on");
	printf("going on took %.1f ms\n", (now() - begin) * 1000);
}

/* Cause this many xruns; start again at once after each, with silence. */
static void make_xruns(snd_pcm_t *pcm, uint8_t *silence)
{
	snd_pcm_uframes_t n;
	unsigned int i;

	memset(silence, 0, period * FRAME_BYTES);
	for (i = 0; i < xrun_count; i++) {
		for (n = 0; n < periods; n++)
			write_some(pcm, silence, period);
		must(snd_pcm_start(pcm), "start");
		while (snd_pcm_avail(pcm) >= 0)
			rest(0.001);
		expect(snd_pcm_state(pcm) == SND_PCM_STATE_XRUN, "state",
		       snd_pcm_state(pcm));
		must(snd_pcm_prepare(pcm), "prepare");
	}
}

/* Delay from the position to the loudspeaker, in ms. */
static long behind(snd_pcm_t *pcm)
{
	snd_pcm_sframes_t avail, delay;

	must(snd_pcm_avail_delay(pcm, &avail, &delay), "avail_delay");
	return (delay - ((snd_pcm_sframes_t)(period * periods) - avail)) *
	       1000 / RATE;
}

/* Frames that passed the device since the start. */
static snd_pcm_sframes_t passed(snd_pcm_t *pcm, snd_pcm_sframes_t done)
{
	snd_pcm_sframes_t avail = must(snd_pcm_avail(pcm), "avail");

	if (snd_pcm_stream(pcm) == SND_PCM_STREAM_CAPTURE)
		return done + avail;
	return done - ((snd_pcm_sframes_t)(period * periods) - avail);
}

static void play(FILE *file)
{
	snd_pcm_t *pcm = open_pcm(SND_PCM_STREAM_PLAYBACK);
	uint8_t *buf = malloc(period * FRAME_BYTES);
	snd_pcm_uframes_t n;
	uint64_t done = 0;
	unsigned int next = 0;
	int err;
	double begin, paused = 0;

	if (!buf)
		must(-ENOMEM, "memory");
	make_xruns(pcm, buf);
	begin = now();
	while ((n = fread(buf, FRAME_BYTES, period, file))) {
		wait_for_room(pcm, n);
		write_some(pcm, buf, n);
		done += n;
		if (next < pause_count && done >= pauses[next].at * RATE) {
			double at = now();

			make_pause(pcm, pauses[next++].length);
			paused += now() - at;
		}
		if (drop_at && done >= drop_at * RATE) {
			printf("dropped at %ld\n", passed(pcm, done));
			must(snd_pcm_drop(pcm), "drop");
			/* The end of the connection would drop it, too. */
			rest(0.5);
			must(snd_pcm_close(pcm), "close");
			free(buf);
			return;
		}
	}
	if (snd_pcm_state(pcm) == SND_PCM_STATE_PREPARED)
		must(snd_pcm_start(pcm), "start");
	printf("heard %ld ms behind the position\n", behind(pcm));
	while ((err = snd_pcm_drain(pcm)) == -EAGAIN &&
	       snd_pcm_state(pcm) == SND_PCM_STATE_DRAINING)
		rest(0.001);
	must(err == -EAGAIN ? 0 : err, "drain");
	begin = now() - begin - paused;
	printf("%.1f ms of sound took %.1f ms\n", done * 1000.0 / RATE,
	       begin * 1000);
	if (begin < done / (double)RATE - 0.05 ||
	    begin > done / (double)RATE + 0.05)
		failed++;
	must(snd_pcm_close(pcm), "close");
	expect(next == pause_count, "pauses", next);
}

static void run_echo(double seconds)
{
	snd_pcm_t *in = open_pcm(SND_PCM_STREAM_CAPTURE),
		  *out = open_pcm(SND_PCM_STREAM_PLAYBACK);
	snd_pcm_sframes_t done = 0, apart, first = 0;
	uint8_t *buf = calloc(period, FRAME_BYTES);
	snd_pcm_uframes_t ahead;
	bool compared = false;

	if (!buf)
		must(-ENOMEM, "memory");
	must(snd_pcm_link(out, in), "link");
	/* Capture and playback are half a buffer apart. */
	for (ahead = 0; ahead < periods / 2 * period; ahead += period)
		write_some(out, buf, period);
	must(snd_pcm_start(out), "start");
	expect(snd_pcm_state(in) == SND_PCM_STATE_RUNNING, "the other's state",
	       snd_pcm_state(in));
	while (done < seconds * RATE) {
		snd_pcm_sframes_t n =
			must(mapped ? snd_pcm_mmap_readi(in, buf, period) :
				      snd_pcm_readi(in, buf, period),
			     "read");

		write_some(out, buf, n);
		done += n;
		if (!compared && done >= RATE / 2) {
			first = passed(in, done) - passed(out, done + ahead);
			apart = passed(in, done) - passed(out, done + ahead);
			if (labs(apart) < labs(first))
				first = apart;
			compared = true;
		}
	}
	expect(labs(first) <= RATE / 1000, "frames between the two", first);
	must(snd_pcm_drop(out), "drop");
	expect(snd_pcm_state(in) == SND_PCM_STATE_SETUP, "the other's state",
	       snd_pcm_state(in));
	must(snd_pcm_close(in), "close");
	must(snd_pcm_close(out), "close");
	free(buf);
}

static int usage(void)
{
	fputs("usage: player [-m] [-n] [-f PERIOD_FRAMES] [-b PERIODS] [-p AT:SECONDS]... [-x XRUNS] [-d AT]\n"
	      "              [-c CARD] FILE\n"
	      "       player -e [-m] [-f PERIOD_FRAMES] [-b PERIODS] [-c CARD] SECONDS\n"
	      "  -m mmap   -n no period wakeups   -p a pause after so much was written   -d drop then\n"
	      "  -x xruns before it begins   -e echo\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int option;
	FILE *file;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "mnef:b:p:x:d:c:")) != -1) {
		switch (option) {
		case 'm':
			mapped = true;
			break;
		case 'n':
			timed = true;
			break;
		case 'e':
			echo = true;
			break;
		case 'f':
			period = atoi(optarg);
			break;
		case 'b':
			periods = atoi(optarg);
			break;
		case 'p':
			if (pause_count == MAX_PAUSES ||
			    sscanf(optarg, "%lf:%lf", &pauses[pause_count].at,
				   &pauses[pause_count].length) != 2)
				return usage();
			pause_count++;
			break;
		case 'x':
			xrun_count = atoi(optarg);
			break;
		case 'd':
			drop_at = atof(optarg);
			break;
		case 'c':
			card = optarg;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 1 || !period || periods < 2)
		return usage();
	if (echo) {
		run_echo(atof(argv[optind]));
		return failed > 0;
	}
	file = fopen(argv[optind], "rb");
	if (!file) {
		perror(argv[optind]);
		return 1;
	}
	play(file);
	fclose(file);
	return failed > 0;
}
