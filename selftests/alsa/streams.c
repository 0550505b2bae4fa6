// SPDX-License-Identifier: GPL-2.0
/*
 * Plays many streams with one program, which waits for all of them at once.
 *
 * Stream k of K plays a raw file from k/K of the time on, and silence before
 * and after. A recording of their sum therefore has the files one after the
 * other. With -l the streams are linked and start at the same time. With -g MS
 * one stream starts every MS milliseconds. The program uses epoll, because
 * poll() would examine all streams at each wakeup.
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define RATE		48000
#define FRAME_BYTES	4
#define MOST_STREAMS	64
#define CONNECT_US	500000	/* until the host has answered all streams */

static struct stream {
	snd_pcm_t *pcm;
	int fd;
	uint64_t written;
	unsigned int xruns;
} streams[MOST_STREAMS];

static snd_pcm_uframes_t period = 480, periods = 4;
static uint8_t *sound, *block;
static uint64_t sound_frames, total, slot;
static snd_pcm_sframes_t least = 1L << 30; /* frames in a buffer at a wakeup */

static __attribute__((noreturn)) void die(const char *what, const char *why)
{
	fprintf(stderr, "streams: %s: %s\n", what, why);
	exit(1);
}

static int must(int err, const char *what)
{
	if (err < 0)
		die(what, snd_strerror(err));
	return err;
}

#include "open_pcm.h"

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void load(const char *name)
{
	FILE *file = fopen(name, "rb");
	long size = -1;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size <= 0)
		die(name, strerror(errno));
	rewind(file);
	sound = malloc(size);
	if (!sound || fread(sound, 1, size, file) != (size_t)size)
		die(name, "cannot be read");
	sound_frames = size / FRAME_BYTES;
	fclose(file);
}

static snd_pcm_t *open_pcm(const char *name)
{
	const struct pcm_params params = {
		SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_FORMAT_S16_LE,
		2, RATE, period, period * periods
	};
	snd_pcm_sw_params_t *sw;
	snd_pcm_t *pcm;

	snd_pcm_sw_params_alloca(&sw);
	pcm = pcm_open(name, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK,
		       &params);
	must(snd_pcm_sw_params_current(pcm, sw), "sw_params_current");
	must(snd_pcm_sw_params_set_avail_min(pcm, sw, period), "avail_min");
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw, 1UL << 30),
	     "start_threshold");
	must(snd_pcm_sw_params(pcm, sw), "sw_params");
	return pcm;
}

/* File descriptor and events to wait for a PCM */
static int only_descriptor(snd_pcm_t *pcm)
{
	struct pollfd fd;

	if (snd_pcm_poll_descriptors_count(pcm) != 1)
		die("poll_descriptors", "more than one descriptor to wait for");
	must(snd_pcm_poll_descriptors(pcm, &fd, 1), "poll_descriptors");
	return fd.fd;
}

/* The next period of the stream: part of the file, and silence. */
static const uint8_t *next_period(unsigned int k)
{
	uint64_t begin = k * slot, at = streams[k].written, from, to;

	from = begin > at ? begin : at;
	to = begin + sound_frames < at + period ? begin + sound_frames :
						  at + period;
	memset(block, 0, period * FRAME_BYTES);
	if (from < to)
		memcpy(block + (from - at) * FRAME_BYTES,
		       sound + (from - begin) * FRAME_BYTES,
		       (to - from) * FRAME_BYTES);
	return block;
}

/* Write as many whole periods as there is room for. */
static void feed(unsigned int k)
{
	struct stream *s = &streams[k];
	snd_pcm_sframes_t room = snd_pcm_avail(s->pcm), n;

	if (room >= 0 && snd_pcm_state(s->pcm) == SND_PCM_STATE_RUNNING &&
	    (snd_pcm_sframes_t)(period * periods) - room < least)
		least = period * periods - room;
	while (room >= (snd_pcm_sframes_t)period && s->written < total) {
		n = snd_pcm_writei(s->pcm, next_period(k), period);
		if (n != (snd_pcm_sframes_t)period) {
			room = n < 0 ? n : -EIO;
			break;
		}
		s->written += period;
		room -= period;
	}
	if (room < 0) {
		s->xruns++;
		must(snd_pcm_prepare(s->pcm), "prepare");
		must(snd_pcm_writei(s->pcm, next_period(k), period), "write");
		must(snd_pcm_start(s->pcm), "start");
	}
}

static int usage(void)
{
	fputs("usage: streams [-l] [-g MS] [-k STREAMS] [-s SECONDS] [-p PERIOD_FRAMES] [-n PERIODS] FILE [CARD]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	unsigned int count = MOST_STREAMS, i, xruns = 0, starts, started = 0,
		     done = 0, gap_ms = 0;
	struct epoll_event events[MOST_STREAMS], event;
	double seconds = 10;
	int64_t begin;
	bool linked = false;
	char name[64];
	int option, waiting, n;

	while ((option = getopt(argc, argv, "lg:k:s:p:n:")) != -1) {
		switch (option) {
		case 'l':
			linked = true;
			break;
		case 'g':
			gap_ms = atoi(optarg);
			break;
		case 'k':
			count = atoi(optarg);
			break;
		case 's':
			seconds = atof(optarg);
			break;
		case 'p':
			period = atoi(optarg);
			break;
		case 'n':
			periods = atoi(optarg);
			break;
		default:
			return usage();
		}
	}
	if (!count || count > MOST_STREAMS || !period || periods < 2 ||
	    argc - optind < 1 || argc - optind > 2)
		return usage();
	load(argv[optind]);
	snprintf(name, sizeof(name), "hw:%s",
		 optind + 1 < argc ? argv[optind + 1] : "HvSock");
	total = (uint64_t)(seconds * RATE) / period * period;
	slot = total / count;
	block = malloc(period * FRAME_BYTES);
	if (!block)
		die("memory", strerror(errno));

	waiting = epoll_create1(0);
	if (waiting < 0)
		die("epoll_create1", strerror(errno));
	for (i = 0; i < count; i++) {
		streams[i].pcm = open_pcm(name);
		streams[i].fd = only_descriptor(streams[i].pcm);
		event.events = EPOLLOUT;
		event.data.u32 = i;
		if (epoll_ctl(waiting, EPOLL_CTL_ADD, streams[i].fd, &event))
			die("epoll_ctl", strerror(errno));
		if (linked && i)
			must(snd_pcm_link(streams[0].pcm, streams[i].pcm),
			     "link");
		feed(i);
	}
	/* Data of a stream is dropped until the host has answered. */
	usleep(CONNECT_US);
	starts = linked ? 1 : count;
	begin = now_ms();
	while (done < count) {
		for (; started < starts && now_ms() - begin >= started * gap_ms;
		     started++)
			must(snd_pcm_start(streams[started].pcm), "start");
		n = epoll_wait(waiting, events, MOST_STREAMS,
			       started < starts ? 1 : 1000);
		if (n < 0 || (!n && started == starts))
			die("epoll_wait", "no stream wakes up in a second");
		for (i = 0; i < (unsigned int)n; i++) {
			struct stream *s = &streams[events[i].data.u32];

			feed(s - streams);
			/* A stream that has written all no longer waits. */
			if (s->written == total) {
				epoll_ctl(waiting, EPOLL_CTL_DEL, s->fd, NULL);
				done++;
			}
		}
	}
	/* Drain all at once. -EAGAIN means that the drain has begun. */
	for (i = 0; i < count; i++) {
		int err = snd_pcm_drain(streams[i].pcm);

		must(err == -EAGAIN ? 0 : err, "drain");
	}
	for (i = 0; i < count; i++) {
		while (snd_pcm_state(streams[i].pcm) == SND_PCM_STATE_DRAINING)
			usleep(period * 1000000 / RATE);
		snd_pcm_close(streams[i].pcm);
		xruns += streams[i].xruns;
	}
	printf("streams=%u frames=%llu slot=%llu xruns=%u least=%ld\n", count,
	       (unsigned long long)total, (unsigned long long)slot, xruns,
	       (long)least);
	return 0;
}
