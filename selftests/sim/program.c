// SPDX-License-Identifier: GPL-2.0
/*
 * Plays or records, and performs actions in the given order: pause, drop,
 * drain, reopen. After an xrun it continues with the next frame.
 *
 * Each event is printed with its time on CLOCK_MONOTONIC in nanoseconds (t=),
 * the time of the last start, pause or stop (start=), and whether the last read
 * or write waited. Three frames of the file follow: the position, the frame at
 * the loudspeaker or microphone (device=), and the frame written or read last
 * (frame=).
 */
#include <alsa/asoundlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STATUS_NS	50000000LL	/* between two reports */
#define WAITED_NS	200000		/* less: a call did not wait */

static const char *card = "HvSock", *file_name;
static bool records;
static snd_pcm_format_t format = SND_PCM_FORMAT_S16_LE;
static unsigned int rate = 48000, channels = 2;
static snd_pcm_uframes_t period = 480, buffer = 4800;
static snd_pcm_t *pcm;
static FILE *file;
static size_t frame_bytes;
static uint8_t *block;
static int64_t base, done; /* frames of the file before prepare, and since */
static int64_t next_status_ns;
static bool waited;		/* the last read or write did */

static int must(int err, const char *what)
{
	if (err < 0) {
		printf("failed what=%s error=%s\n", what, snd_strerror(err));
		exit(1);
	}
	return err;
}

#include "../alsa/open_pcm.h"

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void rest(double seconds)
{
	struct timespec ts = { seconds, (seconds - (time_t)seconds) * 1e9 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

static void report(const char *what)
{
	printf("%s t=%lld frame=%lld\n", what, (long long)now_ns(),
	       (long long)(base + done));
}

static void report_status(const char *what)
{
	snd_pcm_sframes_t avail, delay;
	snd_pcm_status_t *status;
	snd_htimestamp_t at, start;
	int64_t position;

	snd_pcm_status_alloca(&status);
	must(snd_pcm_status(pcm, status), "status");
	snd_pcm_status_get_htstamp(status, &at);
	snd_pcm_status_get_trigger_htstamp(status, &start);
	avail = snd_pcm_status_get_avail(status);
	delay = snd_pcm_status_get_delay(status);
	position = records ? done + avail :
			     done - ((snd_pcm_sframes_t)buffer - avail);
	printf("%s t=%lld waited=%d start=%lld state=%d position=%lld device=%lld frame=%lld\n",
	       what, at.tv_sec * 1000000000LL + at.tv_nsec, waited,
	       start.tv_sec * 1000000000LL + start.tv_nsec,
	       snd_pcm_status_get_state(status), (long long)(base + position),
	       (long long)(base + done + (records ? delay : -delay)),
	       (long long)(base + done));
}

static void open_pcm(void)
{
	const struct pcm_params params = {
		SND_PCM_ACCESS_RW_INTERLEAVED, format,
		channels, rate, period, buffer
	};
	snd_pcm_sw_params_t *sw;
	char name[64];

	snprintf(name, sizeof(name), "hw:%s", card);
	snd_pcm_sw_params_alloca(&sw);
	pcm = pcm_open(name,
		       records ? SND_PCM_STREAM_CAPTURE :
				 SND_PCM_STREAM_PLAYBACK,
		       0, &params);
	must(snd_pcm_sw_params_current(pcm, sw), "sw_params_current");
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw,
						   records ? 1 : buffer),
	     "start_threshold");
	must(snd_pcm_sw_params_set_tstamp_mode(pcm, sw, SND_PCM_TSTAMP_ENABLE),
	     "tstamp_mode");
	must(snd_pcm_sw_params_set_tstamp_type(pcm, sw,
					       SND_PCM_TSTAMP_TYPE_MONOTONIC),
	     "tstamp_type");
	must(snd_pcm_sw_params(pcm, sw), "sw_params");
	base += done;
	done = 0;
}

static void prepare(void)
{
	must(snd_pcm_prepare(pcm), "prepare");
	base += done;
	done = 0;
}

/* Silence follows the end of the file, or replaces a missing file. */
static void load(snd_pcm_uframes_t frames)
{
	size_t n = file ? fread(block, frame_bytes, frames, file) : 0;

	snd_pcm_format_set_silence(format, block + n * frame_bytes,
				   (frames - n) * channels);
}

static void run(double seconds)
{
	int64_t left = seconds * rate;
	uint8_t *at = block;
	snd_pcm_uframes_t have = 0;
	snd_pcm_sframes_t n;
	int64_t begin_ns;

	report("run");
	while (left) {
		if (!have) {
			have = left < (int64_t)period ? left : (int64_t)period;
			at = block;
			if (!records)
				load(have);
		}
		begin_ns = now_ns();
		n = records ? snd_pcm_readi(pcm, block, have) :
			      snd_pcm_writei(pcm, at, have);
		if (n == -EPIPE) {
			report("xrun");
			prepare();
			if (records)
				must(snd_pcm_start(pcm), "start");
			continue;
		}
		must(n, records ? "read" : "write");
		waited = now_ns() - begin_ns > WAITED_NS;
		if (records && file)
			fwrite(block, frame_bytes, n, file);
		at += n * frame_bytes;
		have = records ? 0 : have - n;
		done += n;
		left -= n;
		if (snd_pcm_state(pcm) == SND_PCM_STATE_RUNNING &&
		    now_ns() >= next_status_ns) {
			report_status("status");
			next_status_ns = now_ns() + STATUS_NS;
		}
	}
	/* Less than a buffer does not start by itself. */
	if (snd_pcm_state(pcm) == SND_PCM_STATE_PREPARED)
		must(snd_pcm_start(pcm), "start");
}

static void stand(double seconds)
{
	int err = snd_pcm_pause(pcm, 1);

	/* The buffer may have run empty just now. */
	if (err < 0) {
		report("xrun");
		prepare();
		return;
	}
	report_status("pause");
	rest(seconds);
	report_status("resume");
	must(snd_pcm_pause(pcm, 0), "resume");
}

static void drain(void)
{
	report("drain");
	if (records || snd_pcm_drain(pcm) == -EPIPE)
		must(snd_pcm_drop(pcm), "drop");
	report("drained");
	prepare();
}

static void drop(void)
{
	report_status("drop");
	must(snd_pcm_drop(pcm), "drop");
	prepare();
}

static int act(const char *action)
{
	double seconds = 0;
	char name[16];

	if (sscanf(action, "%15[a-z]:%lf", name, &seconds) < 1)
		return -1;
	if (!strcmp(name, "run")) {
		run(seconds);
	} else if (!strcmp(name, "pause")) {
		stand(seconds);
	} else if (!strcmp(name, "drain")) {
		drain();
	} else if (!strcmp(name, "drop")) {
		drop();
	} else if (!strcmp(name, "rest")) {
		rest(seconds);
	} else if (!strcmp(name, "reopen")) {
		report_status("close");
		must(snd_pcm_close(pcm), "close");
		open_pcm();
	} else {
		return -1;
	}
	return 0;
}

static int usage(void)
{
	fputs("usage: program play|record [-D CARD] [-f FORMAT] [-r RATE] [-c CHANNELS]\n"
	      "               [-p PERIOD_FRAMES] [-b BUFFER_FRAMES] [-i FILE] ACTION...\n"
	      "  run:SECONDS pause:SECONDS drain drop rest:SECONDS reopen\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int option;

	if (argc < 2 || (strcmp(argv[1], "play") && strcmp(argv[1], "record")))
		return usage();
	records = !strcmp(argv[1], "record");
	optind = 2;
	while ((option = getopt(argc, argv, "D:f:r:c:p:b:i:")) != -1) {
		switch (option) {
		case 'D':
			card = optarg;
			break;
		case 'f':
			format = snd_pcm_format_value(optarg);
			break;
		case 'r':
			rate = atoi(optarg);
			break;
		case 'c':
			channels = atoi(optarg);
			break;
		case 'p':
			period = atoi(optarg);
			break;
		case 'b':
			buffer = atoi(optarg);
			break;
		case 'i':
			file_name = optarg;
			break;
		default:
			return usage();
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (file_name) {
		file = fopen(file_name, records ? "wb" : "rb");
		if (!file) {
			perror(file_name);
			return 1;
		}
	}
	must(format < 0 ? -EINVAL : 0, "format");
	frame_bytes = snd_pcm_format_physical_width(format) / 8 * channels;
	block = malloc(period * frame_bytes);
	must(block ? 0 : -ENOMEM, "memory");
	open_pcm();
	for (; optind < argc; optind++)
		if (act(argv[optind]))
			return usage();
	report_status("end");
	must(snd_pcm_close(pcm), "close");
	if (file)
		fclose(file);
	return 0;
}
