// SPDX-License-Identifier: GPL-2.0
/*
 * Tests how a running stream's position follows CLOCK_MONOTONIC.
 *
 * Every 5 to 10 ms the program reads the position and its time with
 * snd_pcm_status(). It fits a line through these points. The deviation is the
 * slope compared with the nominal rate; the residuals are the distances from
 * the line. The test judges the 99th percentile of the absolute residuals. The
 * largest one is printed only, because it may be a sample at which the host ran
 * something else.
 *
 * -f plays a raw file. -o writes a line for each point: nanoseconds of
 * CLOCK_MONOTONIC and the position in frames.
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <time.h>

#include "ktap.h"

#define MAX_DELAY_S	10

struct point {
	double time, frames;
};

static struct point *points;
static size_t count, room;
static unsigned int xruns, backwards, bad_delays, interval_ms = 5;
static double tolerance_ppm = 20;
static FILE *input, *output;
static snd_pcm_sframes_t least_delay = 1L << 30, most_delay = -(1L << 30);

static void must(int err, const char *what)
{
	if (err < 0)
		ktap_bail(what, snd_strerror(err));
}

static void add_point(double time, double frames)
{
	if (count == room) {
		room = room ? 2 * room : 4096;
		points = realloc(points, room * sizeof(*points));
		if (!points)
			ktap_bail("points", "out of memory");
	}
	points[count].time = time;
	points[count++].frames = frames;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Set the slope in frames per second; return sorted absolute residuals. */
static double *fit(double *slope)
{
	double t = 0, f = 0, tt = 0, tf = 0;
	double *residuals = calloc(count, sizeof(*residuals));
	double gap = 0;
	size_t i;

	if (!residuals)
		ktap_bail("residuals", "out of memory");
	for (i = 0; i < count; i++) {
		if (i && points[i].time - points[i - 1].time > gap)
			gap = points[i].time - points[i - 1].time;
		t += points[i].time / count;
		f += points[i].frames / count;
	}
	for (i = 0; i < count; i++) {
		tt += (points[i].time - t) * (points[i].time - t);
		tf += (points[i].time - t) * (points[i].frames - f);
	}
	/* The machine stalled; drivers may lose count of the buffer. */
	ktap_note("longest time between samples: %.1f ms", gap * 1000);
	*slope = tf / tt;
	for (i = 0; i < count; i++)
		residuals[i] = fabs(points[i].frames - f -
				    *slope * (points[i].time - t)) /
			       *slope;
	qsort(residuals, count, sizeof(*residuals), by_size);
	return residuals;
}

/* The next frames of the file; silence without a file and after its end. */
static void next_frames(void *buffer, snd_pcm_uframes_t size)
{
	size_t got = input ? fread(buffer, 4, size, input) : 0;

	memset((char *)buffer + got * 4, 0, (size - got) * 4);
}

/* Write to the stream, or read from it; returns frames or an error. */
static snd_pcm_sframes_t move(snd_pcm_t *pcm, bool capture, void *buffer,
			      snd_pcm_uframes_t size)
{
	snd_pcm_sframes_t moved;

	if (capture) {
		moved = snd_pcm_readi(pcm, buffer, size);
	} else {
		next_frames(buffer, size);
		moved = snd_pcm_writei(pcm, buffer, size);
		if (input && moved >= 0 && moved < (snd_pcm_sframes_t)size)
			ktap_bail("write", "there is less room than the card said");
	}
	return moved == -EAGAIN ? 0 : moved;
}

static void run(snd_pcm_t *pcm, bool capture, unsigned int rate,
		snd_pcm_uframes_t buffer_size, double seconds, double settle)
{
	void *buffer = calloc(buffer_size, 8);
	double start = 0, last = -1, now = 0;
	bool running = false;
	uint64_t moved = 0;
	snd_pcm_status_t *status;

	snd_pcm_status_alloca(&status);
	if (!buffer)
		ktap_bail("buffer", "out of memory");
	while (now - start < seconds) {
		double pause_ms = interval_ms +
				  rand() % (interval_ms * 1000) / 1e3;
		long pause_ns = pause_ms * 1e6;
		struct timespec pause = { 0, pause_ns };
		snd_pcm_sframes_t delay, n;
		snd_pcm_state_t state;
		snd_htimestamp_t stamp;
		double position;

		if (!running) {
			must(snd_pcm_prepare(pcm), "prepare");
			moved = 0;
			last = -1;
			if (!capture) {
				n = move(pcm, capture, buffer, buffer_size);
				must(n, "first write");
				moved = n;
			}
			must(snd_pcm_start(pcm), "start");
			running = true;
		}
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		must(snd_pcm_status(pcm, status), "status");
		snd_pcm_status_get_htstamp(status, &stamp);
		now = stamp.tv_sec + stamp.tv_nsec / 1e9;
		if (!start)
			start = now;
		state = snd_pcm_status_get_state(status);
		if (state != SND_PCM_STATE_RUNNING) {
			ktap_note("%s after %.3f s", snd_pcm_state_name(state),
				  now - start);
			xruns++;
			/* earlier positions cannot be compared */
			count = 0;
			running = false;
			continue;
		}
		n = snd_pcm_status_get_avail(status);
		position = capture ? (double)moved + n :
				     (double)moved - (double)buffer_size + n;
		delay = snd_pcm_status_get_delay(status);
		if (delay < 0 || delay > (snd_pcm_sframes_t)rate * MAX_DELAY_S)
			bad_delays++;
		if (delay < least_delay)
			least_delay = delay;
		if (delay > most_delay)
			most_delay = delay;
		if (position < last)
			backwards++;
		last = position;
		if (now - start >= settle)
			add_point(now - start, position);

		if (output)
			fprintf(output, "%lld %.0f\n",
				stamp.tv_sec * 1000000000LL + stamp.tv_nsec,
				position);

		/* At most what there is room for, so that no frame is lost. */
		if (n > (snd_pcm_sframes_t)buffer_size)
			n = buffer_size;
		n = move(pcm, capture, buffer, n);
		if (n > 0)
			moved += n;
	}
	free(buffer);
}

static int usage(void)
{
	fputs("usage: position [-C] [-d SECONDS] [-w SECONDS] [-r RATE] [-p PERIODS] [-m MS] [-s PPM]\n"
	      "                [-t PPM] [-i MS] [-f FILE] [-o FILE] [CARD]\n"
	      "  -C  capture   -d  length (60)   -w  to wait before measuring (0)\n"
	      "  -r  rate (48000)   -p  periods in the buffer (8)   -m  milliseconds in a period (10)\n"
	      "  -s  the host's clock against CLOCK_MONOTONIC, in ppm (0)   -t  tolerance (20)\n"
	      "  -i  time between samples: so many ms, and up to twice as much (5)\n"
	      "  -f  raw file to play, S16_LE stereo   -o  file for the samples\n"
	      "CARD is HvSock unless given; with a colon in it, it is a PCM's name.\n",
	      stderr);
	return KTAP_FAIL;
}

int main(int argc, char **argv)
{
	unsigned int rate = 48000, periods = 8, period_ms = 10;
	double seconds = 60, settle = 0, host = 0, slope, ppm, p99;
	snd_pcm_uframes_t period, buffer_size;
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;
	bool capture = false;
	double *residuals;
	const char *card;
	char name[64];
	snd_pcm_t *pcm;
	int option, err;

	while ((option = getopt(argc, argv, "Cd:w:r:p:m:s:t:i:f:o:")) != -1) {
		switch (option) {
		case 'C':
			capture = true;
			break;
		case 'd':
			seconds = atof(optarg);
			break;
		case 'w':
			settle = atof(optarg);
			break;
		case 'r':
			rate = atoi(optarg);
			break;
		case 'p':
			periods = atoi(optarg);
			break;
		case 'm':
			period_ms = atoi(optarg);
			break;
		case 's':
			host = atof(optarg);
			break;
		case 't':
			tolerance_ppm = atof(optarg);
			break;
		case 'i':
			interval_ms = atoi(optarg);
			break;
		case 'f':
			input = fopen(optarg, "rb");
			if (!input)
				ktap_bail(optarg, strerror(errno));
			break;
		case 'o':
			output = fopen(optarg, "w");
			if (!output)
				ktap_bail(optarg, strerror(errno));
			break;
		default:
			return usage();
		}
	}
	if (argc > optind + 1 || !(seconds > settle + 0.5) || !rate ||
	    periods < 2 || !period_ms || !interval_ms || interval_ms > 400)
		return usage();
	card = argc > optind ? argv[optind] : "HvSock";
	snprintf(name, sizeof(name), "%s%s",
		 strchr(card, ':') ? "" : "hw:", card);

	ktap_plan(5);
	err = snd_pcm_open(&pcm, name,
			   capture ? SND_PCM_STREAM_CAPTURE :
				     SND_PCM_STREAM_PLAYBACK,
			   SND_PCM_NONBLOCK);
	if (err < 0)
		ktap_bail(name, snd_strerror(err));

	snd_pcm_hw_params_alloca(&hw);
	snd_pcm_sw_params_alloca(&sw);
	period = rate * period_ms / 1000;
	buffer_size = period * periods;
	must(snd_pcm_hw_params_any(pcm, hw), "hw_params_any");
	must(snd_pcm_hw_params_set_access(pcm, hw,
					  SND_PCM_ACCESS_RW_INTERLEAVED),
	     "access");
	must(snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE),
	     "format");
	must(snd_pcm_hw_params_set_channels(pcm, hw, 2), "channels");
	must(snd_pcm_hw_params_set_rate(pcm, hw, rate, 0), "rate");
	must(snd_pcm_hw_params_set_period_size_near(pcm, hw, &period, NULL),
	     "period");
	must(snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer_size),
	     "buffer");
	must(snd_pcm_hw_params(pcm, hw), "hw_params");
	must(snd_pcm_sw_params_current(pcm, sw), "sw_params_current");
	must(snd_pcm_sw_params_set_tstamp_mode(pcm, sw, SND_PCM_TSTAMP_ENABLE),
	     "tstamp_mode");
	must(snd_pcm_sw_params_set_tstamp_type(pcm, sw,
					       SND_PCM_TSTAMP_TYPE_MONOTONIC),
	     "tstamp_type");
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw, 1UL << 30),
	     "start_threshold");
	must(snd_pcm_sw_params(pcm, sw), "sw_params");
	ktap_note("%s, %s, %u Hz, period %lu, buffer %lu frames, %g s after %g s",
		  name, capture ? "capture" : "playback", rate, period,
		  buffer_size, seconds - settle, settle);

	run(pcm, capture, rate, buffer_size, seconds, settle);
	snd_pcm_drop(pcm);
	snd_pcm_close(pcm);

	if (count < 50)
		ktap_bail("too few samples", xruns ? "xruns" : "the time is too short");
	residuals = fit(&slope);
	ppm = (slope / rate - 1) * 1e6;
	p99 = residuals[count - 1 - count / 100];
	ktap_note("%zu samples: slope %+.2f ppm; residuals: max %.0f us, p99 %.0f us, median %.0f us",
		  count, ppm, residuals[count - 1] * 1e6, p99 * 1e6,
		  residuals[count / 2] * 1e6);
	ktap_note("delay %ld to %ld frames", least_delay, most_delay);
	free(residuals);
	if (output)
		fclose(output);

	ktap_result(!xruns, "no xrun");
	ktap_result(!backwards, "no step backwards");
	ktap_result(fabs(ppm - host) <= tolerance_ppm, "slope within tolerance of the host's clock");
	ktap_result(p99 < 0.001, "99% of the residuals below 1 ms");
	ktap_result(!bad_delays, "delay between 0 and 10 s");
	return ktap_status();
}
