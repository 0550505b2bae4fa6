// SPDX-License-Identifier: GPL-2.0
/*
 * Plays several streams at once and prints what that costs this machine.
 *
 * bench/run.sh measures all ways with this program. A stream is a process that
 * writes one period at a time, S16_LE at 48 kHz in stereo, with blocking calls,
 * to an ALSA PCM or to a vsock connection ("vsock:PORT").
 *
 * -r also records. It prints the time from the write of a frame to its
 * recording (trip), and the number of recorded periods that do not follow their
 * predecessor (gaps).
 *
 * Each frame has a number, so that a reader can detect missing frames: the
 * lower 15 bits are the left sample, the next 6 bits plus one the right sample.
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <getopt.h>
#include <linux/vm_sockets.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RATE		48000
#define CHANNELS	2
#define FRAME_BYTES	4
#define TABLE_FRAMES	(1 << 21)
#define TABLE_MORE	8192		/* the longest period */
#define MOST_STREAMS	64
#define START_S		20		/* timeout for all streams to start */
#define QUESTIONS	50

/* What the process of a stream reports, in shared memory. */
struct stream {
	_Atomic int64_t opened, running; /* CLOCK_MONOTONIC, 0: not yet */
	_Atomic uint64_t frames;
	_Atomic unsigned int xruns;
	_Atomic int error;
};

struct counters {
	int64_t ns, busy_ns;
	uint64_t switches, timers, instructions;
	long available_kb, kernel_kb;
};

static volatile sig_atomic_t interrupted;
static struct stream *streams;
static int16_t *table;
static const char *name;
static unsigned int per_card, period = 480, periods = 10, count = 1, own_number;
static int counter = -1;
static int64_t *written;	/* time of each period */
static _Atomic uint64_t written_periods;
static uint32_t *trips;		/* microseconds */
static size_t trip_count, trip_room;
static uint64_t last_recorded;	/* frame, 0 for none */
static unsigned int gaps;

static __attribute__((noreturn)) void die(const char *what, int error)
{
	printf("failed=%s:%s\n", what,
	       error < 0 ? snd_strerror(error) : strerror(error));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };
	int err;

	do {
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
				      NULL);
	} while (err == EINTR && !interrupted);
}

static int vsock(unsigned int port)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_HOST,
		.svm_port = port,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("vsock", errno);
	return fd;
}

/* --- counters of the machine ---------------------------------------------- */

static uint64_t ask(int fd)
{
	uint64_t value;

	if (write(fd, "?", 1) != 1 ||
	    recv(fd, &value, sizeof(value), MSG_WAITALL) != sizeof(value))
		die("counter", EPIPE);
	return value;
}

/* Offset of the host's CLOCK_MONOTONIC from the guest's. */
static int64_t host_offset(unsigned int port)
{
	int64_t before, after, theirs, best = INT64_MAX, offset = 0;
	int fd = vsock(port), i;

	for (i = 0; i < QUESTIONS; i++) {
		before = now_ns();
		theirs = ask(fd);
		after = now_ns();
		if (after - before < best) {
			best = after - before;
			offset = theirs - (before + best / 2);
		}
	}
	close(fd);
	return offset;
}

/* Not VmallocUsed: it has stacks, which KernelStack counts, and buffers. */
static long kernel_kb(const char *line)
{
	static const char *const names[] = {
		"SUnreclaim:", "Percpu:", "KernelStack:", "PageTables:",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return atol(line + strlen(names[i]));
	return 0;
}

/* The number after @word, or 0 if the line begins with another word. */
static uint64_t number_after(const char *line, const char *word)
{
	if (strncmp(line, word, strlen(word)))
		return 0;
	return strtoull(line + strlen(word), NULL, 10);
}

/* Sum of the columns of "LOC:", one for each processor. */
static uint64_t timers(const char *line)
{
	const char *s = strstr(line, "LOC:");
	uint64_t n, sum = 0;
	char *end;

	for (s = s ? s + 4 : NULL; s; s = end > s ? end : NULL) {
		n = strtoull(s, &end, 10);
		sum += end > s ? n : 0;
	}
	return sum;
}

/* Busy nanoseconds from the line of all processors; 0 for other lines. */
static int64_t busy(const char *line, int64_t now)
{
	int64_t ticks[5];
	char *end;
	int i;

	if (strncmp(line, "cpu ", 4))
		return 0;
	for (i = 0, line += 4; i < 5; i++, line = end)
		ticks[i] = strtoll(line, &end, 10);
	return now * sysconf(_SC_NPROCESSORS_ONLN) -
	       (ticks[3] + ticks[4]) * (1000000000LL / sysconf(_SC_CLK_TCK));
}

static void each_line(const char *file, struct counters *c)
{
	static char line[8192];
	FILE *f = fopen(file, "r");

	if (!f)
		die(file, errno);
	c->ns = now_ns();
	while (fgets(line, sizeof(line), f)) {
		c->available_kb += number_after(line, "MemAvailable:");
		c->kernel_kb += kernel_kb(line);
		c->timers += timers(line);
		c->busy_ns += busy(line, c->ns);
		c->switches += number_after(line, "ctxt");
	}
	fclose(f);
}

static void look(struct counters *c)
{
	memset(c, 0, sizeof(*c));
	each_line("/proc/meminfo", c);
	each_line("/proc/interrupts", c);
	/* Last, because it sets the time. */
	each_line("/proc/stat", c);
	if (counter >= 0)
		c->instructions = ask(counter);
}

/* --- a stream ------------------------------------------------------------- */

static const int16_t *frames_at(uint64_t n)
{
	return table + n % TABLE_FRAMES * CHANNELS;
}

static void must(int err, const char *what, unsigned int number)
{
	if (err < 0) {
		streams[number].error = -err;
		die(what, err);
	}
}

static snd_pcm_t *open_pcm(snd_pcm_stream_t direction, unsigned int n)
{
	const snd_pcm_access_t access = SND_PCM_ACCESS_RW_INTERLEAVED;
	snd_pcm_uframes_t buffer = period * periods;
	snd_pcm_uframes_t start =
		direction == SND_PCM_STREAM_PLAYBACK ? buffer : 1;
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;
	char full[64];
	snd_pcm_t *pcm;

	if (per_card)
		snprintf(full, sizeof(full), "%s%u,0,%u", name, n / per_card,
			 n % per_card);
	else
		snprintf(full, sizeof(full), "%s", name);
	snd_pcm_hw_params_alloca(&hw);
	snd_pcm_sw_params_alloca(&sw);
	must(snd_pcm_open(&pcm, full, direction, 0), full, n);
	must(snd_pcm_hw_params_any(pcm, hw), full, n);
	must(snd_pcm_hw_params_set_access(pcm, hw, access), "access", n);
	must(snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE),
	     "format", n);
	must(snd_pcm_hw_params_set_channels(pcm, hw, CHANNELS), "channels", n);
	must(snd_pcm_hw_params_set_rate(pcm, hw, RATE, 0), "rate", n);
	must(snd_pcm_hw_params_set_period_size(pcm, hw, period, 0),
	     "period", n);
	must(snd_pcm_hw_params_set_buffer_size(pcm, hw, buffer), "buffer", n);
	must(snd_pcm_hw_params(pcm, hw), "hw_params", n);
	must(snd_pcm_sw_params_current(pcm, sw), "sw_params_current", n);
	must(snd_pcm_sw_params_set_avail_min(pcm, sw, period), "avail_min", n);
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw, start),
	     "start_threshold", n);
	must(snd_pcm_sw_params(pcm, sw), "sw_params", n);
	return pcm;
}

static void play_vsock(struct stream *st)
{
	int64_t period_ns = period * 1000000000LL / RATE, next = now_ns();
	ssize_t sent, bytes = period * FRAME_BYTES;
	int fd = vsock(atoi(name + 6));
	uint64_t n = 0;

	st->running = next;
	for (;; n += period) {
		sent = send(fd, frames_at(n), bytes, MSG_NOSIGNAL);
		if (sent != bytes)
			die("send", errno);
		st->frames += period;
		next += period_ns;
		if (now_ns() > next + (periods - 1) * period_ns)
			st->xruns++;
		sleep_until(next);
	}
}

static void play(unsigned int number)
{
	struct stream *st = &streams[number];
	snd_pcm_sframes_t done;
	uint64_t n = 0;
	snd_pcm_t *pcm;

	st->opened = now_ns();
	if (!strncmp(name, "vsock:", 6)) {
		play_vsock(st);
		return;
	}
	pcm = open_pcm(SND_PCM_STREAM_PLAYBACK, number);
	for (;;) {
		if (written) {
			/* The time at which the period can be written. */
			if (st->running)
				snd_pcm_wait(pcm, 1000);
			written[n / period] = now_ns();
			written_periods = n / period + 1;
		}
		done = snd_pcm_writei(pcm, frames_at(n), period);
		/* EIO: the pointer did not move for longer than the buffer. */
		if (done == -EPIPE || done == -EIO) {
			st->xruns++;
			snd_pcm_drop(pcm);
			done = snd_pcm_prepare(pcm);
		} else if (done > 0) {
			n += done;
			st->frames = n;
		}
		if (done < 0) {
			st->error = -done;
			die("write", done);
		}
		if (!st->running && snd_pcm_state(pcm) == SND_PCM_STATE_RUNNING)
			st->running = now_ns();
	}
}

static void *play_thread(void *arg)
{
	(void)arg;
	play(own_number);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Note how long ago the last recorded frame was written. */
static void note_trip(const int16_t *frame, int64_t now)
{
	uint64_t newest = written_periods * period, expected = last_recorded, n;

	if (expected)
		expected += period;
	last_recorded = expected;
	if (frame[1] < 1 || frame[1] > TABLE_FRAMES >> 15) {
		gaps += expected != 0;
		return;
	}
	n = (uint64_t)frame[0] | (uint64_t)(frame[1] - 1) << 15;
	n += newest / TABLE_FRAMES * TABLE_FRAMES;
	if (n >= newest)
		n -= TABLE_FRAMES;
	if (n >= newest)
		return;
	gaps += expected && n != expected;
	last_recorded = n;
	if (trip_count < trip_room)
		trips[trip_count++] = (now - written[n / period]) / 1000;
}

/* Record what comes back and print the trips. */
static void round_trip(double warm, double seconds, bool until_xrun)
{
	size_t most = (START_S + warm + seconds) * RATE / period + 1024;
	int64_t begin, end;
	pthread_t thread;
	snd_pcm_t *pcm;
	int16_t *buf;
	snd_pcm_sframes_t n;
	unsigned int xruns = 0;

	written = calloc(most, sizeof(*written));
	trips = calloc(most, sizeof(*trips));
	buf = calloc(period, FRAME_BYTES);
	trip_room = most;
	if (!written || !trips || !buf)
		die("memory", ENOMEM);
	pcm = open_pcm(SND_PCM_STREAM_CAPTURE, 0);
	pthread_create(&thread, NULL, play_thread, NULL);
	begin = now_ns() + warm * 1e9;
	end = begin + seconds * 1e9;
	while (now_ns() < end) {
		n = snd_pcm_readi(pcm, buf, period);
		if (n > 0 && now_ns() >= begin)
			note_trip(buf + (n - 1) * CHANNELS, now_ns());
		if (n < 0) {
			xruns++;
			last_recorded = 0;
			snd_pcm_drop(pcm);
			if (snd_pcm_prepare(pcm) < 0)
				die("read", n);
		}
		if (now_ns() < begin) {
			xruns = 0;
			streams[0].xruns = 0;
		}
		if (until_xrun && xruns + streams[0].xruns + gaps)
			break;
	}
	qsort(trips, trip_count, sizeof(*trips), by_size);
	printf("seconds=%.1f xruns=%u gaps=%u trips=%zu",
	       (now_ns() - begin) / 1e9, xruns + streams[0].xruns, gaps,
	       trip_count);
	if (trip_count) {
		printf(" trip_us=%u trip_5_us=%u", trips[trip_count / 2],
		       trips[trip_count / 20]);
		printf(" trip_95_us=%u trip_most_us=%u",
		       trips[trip_count - 1 - trip_count / 20],
		       trips[trip_count - 1]);
	}
	printf("\n");
	/* exit() would clean up while the other thread plays. */
	fflush(stdout);
	_exit(0);
}

/* --- all streams ---------------------------------------------------------- */

static unsigned int all_xruns(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += streams[i].xruns;
	return n;
}

static uint64_t all_frames(void)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		n += streams[i].frames;
	return n;
}

static unsigned int running(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += streams[i].running && !streams[i].error;
	return n;
}

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static int usage(void)
{
	fputs("usage: sound [-k STREAMS] [-p PERIOD_FRAMES] [-n PERIODS] [-w WARM_UP_SECONDS]\n"
	      "             [-s SECONDS] [-x] [-r] [-c COUNTER_PORT] [-t TIME_PORT]\n"
	      "             [-d STREAMS_PER_CARD] PCM|vsock:PORT\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	bool until_xrun = false, trip = false;
	unsigned int i, xruns, time_port = 0;
	double warm = 2, seconds = 10;
	struct counters closed, before, after;
	pid_t pids[MOST_STREAMS];
	uint64_t frames;
	int64_t offset = 0, end, first = INT64_MAX, last = 0;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "k:p:n:w:s:c:t:d:xr")) != -1) {
		switch (option) {
		case 'k':
			count = atoi(optarg);
			break;
		case 'p':
			period = atoi(optarg);
			break;
		case 'n':
			periods = atoi(optarg);
			break;
		case 'w':
			warm = atof(optarg);
			break;
		case 's':
			seconds = atof(optarg);
			break;
		case 'c':
			counter = atoi(optarg);
			break;
		case 't':
			time_port = atoi(optarg);
			break;
		case 'd':
			per_card = atoi(optarg);
			break;
		case 'x':
			until_xrun = true;
			break;
		case 'r':
			trip = true;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 1 || count > MOST_STREAMS || !period ||
	    period > TABLE_MORE || periods < 2)
		return usage();
	name = argv[optind];
	streams = mmap(NULL, sizeof(*streams) * MOST_STREAMS,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	table = calloc(TABLE_FRAMES + TABLE_MORE, FRAME_BYTES);
	if (streams == MAP_FAILED || !table)
		die("memory", errno);
	for (i = 0; i < TABLE_FRAMES + TABLE_MORE; i++) {
		table[CHANNELS * i] = i & 0x7fff;
		table[CHANNELS * i + 1] = 1 + (i % TABLE_FRAMES >> 15);
	}
	if (counter >= 0)
		counter = vsock(counter);
	if (time_port)
		offset = host_offset(time_port);
	if (trip) {
		round_trip(warm, seconds, until_xrun);
		return 0;
	}

	/* SIGINT ends the measurement early; the counters are printed. */
	signal(SIGINT, interrupt);
	look(&closed);
	for (i = 0; i < count; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			signal(SIGINT, SIG_IGN);
			own_number = i;
			play(i);
		}
	}
	end = now_ns() + START_S * 1000000000LL;
	while (running() < count && now_ns() < end && !interrupted) {
		sleep_until(now_ns() + 20000000);
		for (i = 0; i < count; i++)
			if (streams[i].error)
				end = 0;
	}
	sleep_until(now_ns() + warm * 1e9);
	xruns = all_xruns();
	frames = all_frames();
	look(&before);
	end = now_ns() + seconds * 1e9;
	while (now_ns() < end && !interrupted) {
		/* Not more often than necessary, because it costs as well. */
		int64_t soon = now_ns() + 500000000;

		sleep_until(until_xrun && soon < end ? soon : end);
		if (until_xrun && all_xruns() > xruns)
			break;
	}
	look(&after);
	frames = all_frames() - frames;
	xruns = all_xruns() - xruns;
	printf("streams=%u period=%u periods=%u running=%u seconds=%.3f busy_s=%.4f",
	       count, period, periods, running(), (after.ns - before.ns) / 1e9,
	       (after.busy_ns - before.busy_ns) / 1e9);
	printf(" switches=%ld timers=%ld",
	       (long)(after.switches - before.switches),
	       (long)(after.timers - before.timers));
	printf(" xruns=%u early_xruns=%u frames=%lu", xruns,
	       all_xruns() - xruns, (unsigned long)frames);
	printf(" available_kb=%ld kernel_kb=%ld",
	       closed.available_kb - before.available_kb,
	       before.kernel_kb - closed.kernel_kb);
	if (counter >= 0)
		printf(" instructions=%ld",
		       (long)(after.instructions - before.instructions));
	for (i = 0; i < count; i++) {
		if (streams[i].error)
			printf(" error=%d", streams[i].error);
		first = streams[i].opened < first ? streams[i].opened : first;
		last = streams[i].running > last ? streams[i].running : last;
	}
	if (count)
		printf(" started_us=%ld", (long)((last - first) / 1000));
	if (count && time_port)
		printf(" opened_host_ns=%ld", (long)(first + offset));
	printf("\n");
	for (i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}
