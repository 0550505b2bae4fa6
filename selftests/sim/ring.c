// SPDX-License-Identifier: GPL-2.0
/*
 * A program that accesses the card's buffer by mmap and never moves the
 * application pointer: it only reads the hardware pointer. The stop threshold
 * is the boundary, so the stream never stops.
 *
 * The program plays a file and writes -a seconds ahead of the hardware pointer
 * (0: a whole buffer), or it records. -o: the same through OSS, as Quake does.
 * -1: the program writes only before the start, and the card plays the buffer
 * again and again. -c: before the start, the program moves the application
 * pointer over what it wrote. -d: it drains as soon as it has started. -w: it
 * sleeps so many seconds after the start; then it forwards the application
 * pointer beyond the hardware pointer, and writes on with snd_pcm_mmap_writei.
 *
 * -l: the program reads with a moving application pointer, and after 0.5 s it
 * sleeps once, for so many seconds. Then it reads on where it stopped; with -f
 * it skips the frames that the card has overwritten, and prints their number.
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/soundcard.h>
#include <time.h>
#include <unistd.h>

#define RATE		48000
#define FRAME_BYTES	4

static bool records, oss, once, tells, drains, skips;
static snd_pcm_uframes_t period = 1024, buffer = 8192;
static double ahead_s = 0.1, interval_s = 0.01, lag_s, wait_s;
static snd_pcm_t *pcm;
static int dsp = -1;
static uint8_t *ring;

static __attribute__((noreturn)) void die(const char *what, const char *why)
{
	fprintf(stderr, "ring: %s: %s\n", what, why);
	exit(1);
}

static int must(int err, const char *what)
{
	if (err < 0)
		die(what, snd_strerror(err));
	return err;
}

#include "../alsa/open_pcm.h"

static void open_pcm(void)
{
	snd_pcm_stream_t direction = records ? SND_PCM_STREAM_CAPTURE :
					       SND_PCM_STREAM_PLAYBACK;
	const snd_pcm_channel_area_t *areas;
	const struct pcm_params params = {
		SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_FORMAT_S16_LE,
		2, RATE, period, buffer
	};
	snd_pcm_uframes_t offset, frames = buffer, boundary;
	snd_pcm_sw_params_t *sw;

	snd_pcm_sw_params_alloca(&sw);
	pcm = pcm_open("hw:HvSock", direction, 0, &params);
	must(snd_pcm_sw_params_current(pcm, sw), "sw_params_current");
	must(snd_pcm_sw_params_get_boundary(sw, &boundary), "boundary");
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw, boundary),
	     "start_threshold");
	must(snd_pcm_sw_params_set_stop_threshold(pcm, sw, boundary),
	     "stop_threshold");
	must(snd_pcm_sw_params(pcm, sw), "sw_params");
	must(snd_pcm_mmap_begin(pcm, &areas, &offset, &frames), "mmap_begin");
	ring = areas->addr;
}

static void control(unsigned long what, int *value, const char *name)
{
	if (ioctl(dsp, what, value) < 0)
		die(name, strerror(errno));
}

static void open_dsp(void)
{
	int format = AFMT_S16_LE, channels = 2, rate = RATE, fragments,
	    trigger = 0;
	audio_buf_info info;

	dsp = open("/dev/dsp", O_RDWR);
	if (dsp < 0)
		dsp = open("/dev/dsp", records ? O_RDONLY : O_WRONLY);
	if (dsp < 0)
		die("/dev/dsp", strerror(errno));
	fragments = buffer / period << 16 |
		    __builtin_ctzl(period * FRAME_BYTES);
	control(SNDCTL_DSP_SETFRAGMENT, &fragments, "SETFRAGMENT");
	control(SNDCTL_DSP_SETFMT, &format, "SETFMT");
	control(SNDCTL_DSP_CHANNELS, &channels, "CHANNELS");
	control(SNDCTL_DSP_SPEED, &rate, "SPEED");
	if (ioctl(dsp, records ? SNDCTL_DSP_GETISPACE : SNDCTL_DSP_GETOSPACE,
		  &info) < 0)
		die("GETOSPACE", strerror(errno));
	buffer = (snd_pcm_uframes_t)info.fragstotal * info.fragsize /
		 FRAME_BYTES;
	ring = mmap(NULL, buffer * FRAME_BYTES,
		    records ? PROT_READ : PROT_WRITE, MAP_SHARED, dsp, 0);
	if (ring == MAP_FAILED)
		die("mmap", strerror(errno));
	control(SNDCTL_DSP_SETTRIGGER, &trigger, "SETTRIGGER");
}

static void start(void)
{
	int trigger = records ? PCM_ENABLE_INPUT : PCM_ENABLE_OUTPUT;

	if (oss)
		control(SNDCTL_DSP_SETTRIGGER, &trigger, "SETTRIGGER");
	else
		must(snd_pcm_start(pcm), "start");
}

/* Frames that the stream has played or recorded. */
static uint64_t get_position(uint64_t told)
{
	snd_pcm_sframes_t avail;
	count_info info;

	if (oss) {
		if (ioctl(dsp,
			  records ? SNDCTL_DSP_GETIPTR : SNDCTL_DSP_GETOPTR,
			  &info) < 0)
			die("GETOPTR", strerror(errno));
		if ((unsigned int)info.bytes % (buffer * FRAME_BYTES) !=
		    (unsigned int)info.ptr)
			die("GETOPTR", "contradicts itself");
		return info.bytes / FRAME_BYTES;
	}
	avail = snd_pcm_avail(pcm);
	must(avail, "avail");
	return told + avail - (records ? 0 : buffer);
}

static void rest(double seconds)
{
	struct timespec ts = { seconds, (seconds - (time_t)seconds) * 1e9 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

/* Write frames from @from up to @to; silence behind the end of the file. */
static void load(FILE *file, uint64_t from, uint64_t to)
{
	for (; from < to; from++) {
		uint8_t *frame = ring + from % buffer * FRAME_BYTES;

		if (fread(frame, FRAME_BYTES, 1, file) != 1)
			memset(frame, 0, FRAME_BYTES);
	}
}

static void write_late(FILE *file, uint64_t frames)
{
	uint8_t block[1024 * FRAME_BYTES];
	snd_pcm_sframes_t n;

	rest(wait_s);
	n = snd_pcm_avail(pcm) - (snd_pcm_sframes_t)buffer +
	    (snd_pcm_sframes_t)period;
	if (n <= 0 || snd_pcm_forward(pcm, n) != n)
		die("forward", "not all");
	for (; frames; frames -= n) {
		n = fread(block, FRAME_BYTES, frames < 1024 ? frames : 1024,
			  file);
		if (n <= 0 || snd_pcm_mmap_writei(pcm, block, n) != n)
			die("write", "not all");
	}
	must(snd_pcm_drain(pcm), "drain");
}

static void play(FILE *file, uint64_t frames)
{
	uint64_t ahead = ahead_s ? ahead_s * RATE : buffer, at = 0, written = 0,
		 told = 0;

	/* Not silence: a recording would show it. */
	memset(ring, 0x55, buffer * FRAME_BYTES);
	load(file, 0, ahead);
	written = ahead;
	if (tells)
		told = must(snd_pcm_mmap_commit(pcm, 0, ahead), "mmap_commit");
	start();
	if (drains) {
		must(snd_pcm_drain(pcm), "drain");
		return;
	}
	if (wait_s) {
		write_late(file, frames);
		return;
	}
	while (at < frames) {
		rest(interval_s);
		at = get_position(told);
		if (at > written && !once)
			die("too late", "the position passed what was written");
		if (!once && at + ahead > written) {
			load(file, written, at + ahead);
			written = at + ahead;
		}
	}
	/* Otherwise the whole buffer is played once more. */
	if (oss && !once && ioctl(dsp, SNDCTL_DSP_RESET) < 0)
		die("RESET", strerror(errno));
}

static void record(FILE *file, uint64_t frames)
{
	uint64_t at = 0, to;

	start();
	while (at < frames) {
		rest(interval_s);
		to = get_position(0);
		if (to - at > buffer)
			die("too late", "the position passed what was not read");
		for (; at < to; at++)
			fwrite(ring + at % buffer * FRAME_BYTES, FRAME_BYTES, 1,
			       file);
	}
}

static void read_frames(FILE *file, uint64_t frames)
{
	uint8_t block[1024 * FRAME_BYTES];
	snd_pcm_sframes_t n;

	for (; frames; frames -= n) {
		n = must(snd_pcm_mmap_readi(pcm, block,
					    frames < 1024 ? frames : 1024),
			 "read");
		fwrite(block, FRAME_BYTES, n, file);
	}
}

static void lag(FILE *file, uint64_t frames)
{
	snd_pcm_sframes_t late;

	start();
	read_frames(file, RATE / 2);
	rest(lag_s);
	late = snd_pcm_avail(pcm) - (snd_pcm_sframes_t)buffer;
	if (skips && late > 0) {
		late += period;
		if (snd_pcm_forward(pcm, late) != late)
			die("forward", "not all");
		printf("%ld\n", late);
	}
	read_frames(file, frames);
}

int main(int argc, char **argv)
{
	double seconds = 1;
	int option;
	FILE *file;

	while ((option = getopt(argc, argv, "ro1cdfl:w:a:i:p:b:s:")) != -1) {
		switch (option) {
		case 'r':
			records = true;
			break;
		case 'o':
			oss = true;
			break;
		case '1':
			once = true;
			break;
		case 'c':
			tells = true;
			break;
		case 'd':
			drains = true;
			break;
		case 'f':
			skips = true;
			break;
		case 'l':
			lag_s = atof(optarg);
			break;
		case 'w':
			wait_s = atof(optarg);
			break;
		case 'a':
			ahead_s = atof(optarg);
			break;
		case 'i':
			interval_s = atof(optarg);
			break;
		case 'p':
			period = atoi(optarg);
			break;
		case 'b':
			buffer = atoi(optarg);
			break;
		case 's':
			seconds = atof(optarg);
			break;
		default:
			optind = argc;
		}
	}
	if (optind + 1 != argc) {
		fputs("usage: ring [-ro1cdf] [-l LAG_SECONDS] [-w WAIT_SECONDS] [-a AHEAD_SECONDS]\n"
		      "            [-i INTERVAL_SECONDS] [-p PERIOD_FRAMES] [-b BUFFER_FRAMES]\n"
		      "            [-s SECONDS] FILE\n", stderr);
		return 2;
	}
	file = fopen(argv[optind], records ? "wb" : "rb");
	if (!file)
		die(argv[optind], strerror(errno));
	if (oss)
		open_dsp();
	else
		open_pcm();
	if (lag_s)
		lag(file, seconds * RATE);
	else if (records)
		record(file, seconds * RATE);
	else
		play(file, seconds * RATE);
	fclose(file);
	if (pcm)
		snd_pcm_close(pcm);
	return 0;
}
