// SPDX-License-Identifier: GPL-2.0
/*
 * Prints when marked frames will be played, or were recorded, according to
 * snd_pcm_delay(), on CLOCK_MONOTONIC. pace is a device of the host that prints
 * the true times of the same frames.
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
#define MARK_LEAST	1000
#define MARK_FRAMES	14017	/* between marks; not a multiple of a period */

#define MARKS		1024

/* Lines are printed at the end, because printing takes time. */
static struct {
	int value;
	int64_t at;
} marks[MARKS];
static unsigned int count, xruns;

static __attribute__((noreturn)) void die(const char *what, const char *why)
{
	fprintf(stderr, "delay: %s: %s\n", what, why);
	exit(1);
}

static int must(int err, const char *what)
{
	if (err < 0)
		die(what, snd_strerror(err));
	return err;
}

#include "open_pcm.h"

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static snd_pcm_t *pcm;

/* When the next frame will be played, or was recorded. */
static int64_t heard_at(void)
{
	int64_t best = INT64_MAX, at = 0, before, trip;
	snd_pcm_sframes_t frames;
	int i;

	/* The attempt with the least time between its two clock readings */
	for (i = 0; i < 3; i++) {
		before = now_ns();
		if (snd_pcm_delay(pcm, &frames) < 0)
			return 0;
		trip = now_ns() - before;
		if (trip >= best)
			continue;
		best = trip;
		if (snd_pcm_stream(pcm) == SND_PCM_STREAM_CAPTURE)
			frames = -frames;
		at = before + trip / 2 + frames * 1000000000LL / RATE;
	}
	return at;
}

static void note(int value, int64_t at)
{
	if (!at || count == MARKS)
		return;
	marks[count].value = value;
	marks[count++].at = at;
}

/* Returns false after an xrun. */
static bool recovered(snd_pcm_sframes_t n)
{
	if (n >= 0)
		return true;
	must(snd_pcm_recover(pcm, n, 1), "recover");
	xruns++;
	return false;
}

static void play(int16_t *buf, snd_pcm_uframes_t period, uint64_t total)
{
	uint64_t done = 0, next = MARK_FRAMES;
	int mark = MARK_LEAST;

	while (done < total) {
		int16_t value = done >= next ? mark : 0;
		int64_t at = value ? heard_at() : 0;
		snd_pcm_sframes_t n;

		buf[0] = value;
		buf[1] = value;
		n = snd_pcm_writei(pcm, buf, period);
		if (recovered(n) && value)
			note(value, at);
		if (value) {
			mark++;
			next += MARK_FRAMES;
		}
		done += period;
	}
}

static void record(int16_t *buf, snd_pcm_uframes_t period, uint64_t total)
{
	uint64_t done = 0;

	must(snd_pcm_start(pcm), "start");
	while (done < total) {
		int64_t at = 0;
		snd_pcm_sframes_t n, i;

		/* Only what is available, so that the call does not wait. */
		if (recovered(snd_pcm_wait(pcm, 1000)))
			at = heard_at();
		n = snd_pcm_readi(pcm, buf, period);
		if (!recovered(n)) {
			must(snd_pcm_start(pcm), "start");
			continue;
		}
		for (i = 0; at && i < n; i++)
			if (buf[CHANNELS * i] >= MARK_LEAST)
				note(buf[CHANNELS * i],
				     at + i * 1000000000LL / RATE);
		done += n;
	}
}

static int usage(void)
{
	fputs("usage: delay [-C] [-p PERIOD_FRAMES] [-n PERIODS] [-s SECONDS] [CARD]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	snd_pcm_uframes_t period = 480, buffer;
	unsigned int periods = 10;
	double seconds = 10;
	bool capture = false;
	snd_pcm_stream_t direction;
	unsigned int i;
	char name[64];
	int option;
	int16_t *buf;

	while ((option = getopt(argc, argv, "Cp:n:s:")) != -1) {
		switch (option) {
		case 'C':
			capture = true;
			break;
		case 'p':
			period = atoi(optarg);
			break;
		case 'n':
			periods = atoi(optarg);
			break;
		case 's':
			seconds = atof(optarg);
			break;
		default:
			return usage();
		}
	}
	if (!period || periods < 2 || argc - optind > 1)
		return usage();
	snprintf(name, sizeof(name), "hw:%s",
		 optind < argc ? argv[optind] : "HvSock");
	buffer = period * periods;
	buf = calloc(period, CHANNELS * sizeof(*buf));
	if (!buf)
		die("memory", strerror(errno));

	direction = capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK;
	pcm = pcm_open(name, direction, 0,
		       &(struct pcm_params){ SND_PCM_ACCESS_RW_INTERLEAVED,
					     SND_PCM_FORMAT_S16, CHANNELS, RATE,
					     period, buffer });

	if (capture)
		record(buf, period, seconds * RATE);
	else
		play(buf, period, seconds * RATE);
	snd_pcm_drop(pcm);
	snd_pcm_close(pcm);
	free(buf);

	printf("# xruns: %u\n", xruns);
	for (i = 0; i < count; i++)
		printf("mark %d %lld\n", marks[i].value,
		       (long long)marks[i].at);
	return 0;
}
