// SPDX-License-Identifier: GPL-2.0
/*
 * Records a PulseAudio source while a file is played to it. Shows a level meter
 * for each channel and the position in the file.
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <pulse/pulseaudio.h>

#include "wave.h"

#define FRAGMENT_US	20000	/* resolution of the first frame's time */
#define REDRAW_US	40000
#define PLAIN_US	1000000	/* between two lines, if not a terminal */
#define SILENCE_US	500000	/* silence that ends the recording */
#define GRACE_US	5000000	/* latest arrival of the last frame */
#define HOLD_US		1500000
#define FLOOR_DB	-60.0
#define RMS_SECONDS	0.15
#define LINE_MAX_BYTES	2048

enum end { RUNNING, COMPLETE, TIMEOUT, STOPPED };
static const char *const end_names[] = {
	"running", "complete", "timeout", "stopped"
};

struct level {
	double peak;		/* since the last redraw */
	double square;		/* mean square, smoothed */
	double held;
	pa_usec_t held_since;
	char name[32];
};

static struct {
	pa_mainloop *loop;
	pa_mainloop_api *api;
	pa_context *context;
	pa_stream *stream;
	pa_time_event *timer;
	const char *source;
	const char *recording;
	SNDFILE *out;

	struct wave file;
	pa_sample_spec spec;
	size_t frame_size;
	struct level level[PA_CHANNELS_MAX];
	int name_width;
	double smooth;

	int64_t heard;		/* frames since the first that was not silent */
	int64_t quiet;		/* frames since the last that was not silent */
	int64_t lost;		/* frames that the server dropped */
	pa_usec_t opened;	/* when a stream appeared at the server */
	pa_usec_t first;	/* when the first frame arrived */
	pa_usec_t give_up;
	enum end end;

	bool tty, utf8, colour, drawn;
} m;

static void finish(enum end end)
{
	if (m.end != RUNNING)
		return;
	m.end = end;
	m.api->quit(m.api, 0);
}

static pa_usec_t frames_us(int64_t frames)
{
	return frames * PA_USEC_PER_SEC / m.spec.rate;
}

static int32_t sample(const uint8_t *p)
{
	switch (m.spec.format) {
	case PA_SAMPLE_S16LE:
		return (uint32_t)p[1] << 24 | p[0] << 16;
	case PA_SAMPLE_S24LE:
		return (uint32_t)p[2] << 24 | p[1] << 16 | p[0] << 8;
	default:
		return (uint32_t)p[3] << 24 | p[2] << 16 | p[1] << 8 | p[0];
	}
}

static void listen_to(const uint8_t *p, size_t bytes)
{
	const size_t width = m.frame_size / m.spec.channels;

	for (; bytes >= m.frame_size; bytes -= m.frame_size) {
		bool silent = true;

		for (int c = 0; c < m.spec.channels; c++, p += width) {
			int32_t raw = sample(p);
			double v = fabs(raw / 2147483648.0);
			struct level *l = &m.level[c];

			silent &= !raw;
			l->square += (v * v - l->square) * m.smooth;
			if (v > l->peak)
				l->peak = v;
		}
		if (!m.first) {
			if (silent)
				continue;
			m.first = pa_rtclock_now();
			m.give_up = m.first + GRACE_US +
				    frames_us(m.file.end - m.file.begin);
		}
		m.heard++;
		m.quiet = silent ? m.quiet + 1 : 0;
	}
	if (m.heard >= m.file.end - m.file.begin &&
	    frames_us(m.quiet) >= SILENCE_US)
		finish(COMPLETE);
}

static void on_read(pa_stream *s, size_t ready, void *data)
{
	const void *p;
	size_t bytes;

	(void)ready;
	(void)data;
	while (!pa_stream_peek(s, &p, &bytes) && bytes) {
		void *hole = NULL;

		if (!p) {
			hole = calloc(1, bytes);
			p = hole;
			if (!p)
				err(2, "recording");
			m.lost += bytes / m.frame_size;
		}
		listen_to(p, bytes);
		if (m.out && sf_write_raw(m.out, p, bytes) != (sf_count_t)bytes)
			errx(2, "recording: %s", sf_strerror(m.out));
		free(hole);
		pa_stream_drop(s);
	}
}

/* The screen */

static double decibel(double v)
{
	return v > 0 ? 20 * log10(v) : -INFINITY;
}

static int columns(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || ws.ws_col < 20)
		return 80;
	return ws.ws_col;
}

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
put(struct line *l, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, args);
	va_end(args);
	if (n > 0 && l->len + n < sizeof(l->text))
		l->len += n;
	else
		l->text[l->len] = '\0';
}

static const char *paint(const char *sequence)
{
	return m.colour ? sequence : "";
}

static int clamp_cells(double cells, int width)
{
	return cells < 0 ? 0 : cells > width ? width : (int)cells;
}

static void put_meter(struct line *l, const struct level *v, int width)
{
	const double per_db = width / -FLOOR_DB;
	double rms_db = decibel(sqrt(v->square));
	int rms = clamp_cells((rms_db - FLOOR_DB) * per_db, width);
	int peak = clamp_cells((decibel(v->peak) - FLOOR_DB) * per_db, width);
	int held = clamp_cells((decibel(v->held) - FLOOR_DB) * per_db,
			       width) - 1;
	const char *colour = NULL;

	for (int x = 0; x < width; x++) {
		double db = FLOOR_DB + (x + 1) / per_db;
		const char *want = x == held || x < peak || x < rms ?
				   db > -3  ? "\033[31m" :
				   db > -12 ? "\033[33m" :
					      "\033[32m" :
				   "\033[2m";

		if (want != colour) {
			put(l, "%s%s", paint("\033[0m"), paint(want));
			colour = want;
		}
		if (x == held)
			put(l, "%s", m.utf8 ? "┃" : "|");
		else if (x < rms)
			put(l, "%s", m.utf8 ? "█" : "#");
		else if (x < peak)
			put(l, "%s", m.utf8 ? "▒" : "=");
		else
			put(l, "%s", m.utf8 ? "·" : ".");
	}
	put(l, "%s", paint("\033[0m"));
}

static void put_db(struct line *l, double v)
{
	double db = decibel(v);

	if (db < -99.9)
		put(l, "  -inf");
	else
		put(l, " %5.1f", db);
}

static void put_time(struct line *l, double s)
{
	put(l, "%d:%04.1f", (int)(s / 60), fmod(s, 60));
}

/* Position in the file, whose leading silence cannot be recognised. */
static int64_t position(void)
{
	int64_t pos = m.first ? m.file.begin + m.heard : 0;

	return pos < m.file.frames ? pos : m.file.frames;
}

static void put_position(struct line *l)
{
	double rate = m.spec.rate;

	put_time(l, floor(position() / rate * 10) / 10);
	put(l, " / ");
	put_time(l, m.file.frames / rate);
	put(l, " %3d %%", (int)(position() * 100 / m.file.frames));
}

static const char *state(void)
{
	if (m.first)
		return m.end == COMPLETE ? "complete" : "playing";
	return m.opened ? "stream is open" : "waiting";
}

/* Hide the cursor and do not wrap lines that a narrow terminal cuts. */
static void take_screen(void)
{
	printf("\033[?25l\033[?7l");
}

static void give_screen_back(void)
{
	printf("\033[?25h\033[?7h");
	fflush(stdout);
}

static void draw(void)
{
	int bar = columns() - m.name_width - 30;
	struct line l = { .len = 0 };
	int done;

	if (bar > 120)
		bar = 120;

	if (m.drawn)
		printf("\033[%dA", m.spec.channels + 1);
	m.drawn = true;

	for (int c = 0; c < m.spec.channels; c++) {
		struct level *v = &m.level[c];

		l.len = 0;
		put(&l, "  %-*s ", m.name_width, v->name);
		if (bar > 4)
			put_meter(&l, v, bar);
		put_db(&l, sqrt(v->square));
		put(&l, " peak");
		put_db(&l, v->held);
		put(&l, " dB");
		printf("\r%s\033[K\n", l.text);
	}

	l.len = 0;
	put(&l, "  %-*.*s ", m.name_width, m.name_width, state());
	if (bar > 4) {
		done = position() * bar / m.file.frames;
		put(&l, "%s", paint("\033[36m"));
		for (int x = 0; x < bar; x++) {
			if (x == done)
				put(&l, "%s", paint("\033[0;2m"));
			put(&l, "%s", m.utf8 ? "━" : x < done ? "=" : "-");
		}
		put(&l, "%s ", paint("\033[0m"));
	}
	put_position(&l);
	printf("\r%s\033[K\n", l.text);
	fflush(stdout);
}

static void draw_plain(void)
{
	struct line l = { .len = 0 };

	put_position(&l);
	if (!m.first) {
		put(&l, "  %s", state());
	} else {
		for (int c = 0; c < m.spec.channels; c++) {
			put(&l, "  %s", m.level[c].name);
			put_db(&l, m.level[c].peak);
		}
		put(&l, " dBFS");
	}
	printf("  %s\n", l.text);
	fflush(stdout);
}

static void show(pa_usec_t now)
{
	for (int c = 0; c < m.spec.channels; c++) {
		struct level *v = &m.level[c];

		if (v->peak >= v->held) {
			v->held = v->peak;
			v->held_since = now;
		} else if (now - v->held_since > HOLD_US) {
			v->held = fmax(v->held * 0.9, v->peak);
		}
	}
	if (m.tty)
		draw();
	else
		draw_plain();
	for (int c = 0; c < m.spec.channels; c++)
		m.level[c].peak = 0;
}

static void on_timer(pa_mainloop_api *api, pa_time_event *e,
		     const struct timeval *tv, void *data)
{
	pa_usec_t now = pa_rtclock_now();

	(void)api;
	(void)tv;
	(void)data;
	show(now);
	if (now > m.give_up)
		finish(TIMEOUT);
	else
		pa_context_rttime_restart(m.context, e,
					  now + (m.tty ? REDRAW_US : PLAIN_US));
}

/* The server */

static void __attribute__((noreturn)) fail(const char *what)
{
	errx(2, "%s: %s", what, pa_strerror(pa_context_errno(m.context)));
}

static void on_event(pa_context *c, pa_subscription_event_type_t type,
		     uint32_t index, void *data)
{
	(void)c;
	(void)index;
	(void)data;
	type &= PA_SUBSCRIPTION_EVENT_TYPE_MASK;
	if (type == PA_SUBSCRIPTION_EVENT_NEW && !m.opened)
		m.opened = pa_rtclock_now();
}

/* demo/run.sh waits for the file, so it must not appear before this. */
static void open_recording(void)
{
	SF_INFO info = {
		.samplerate = m.spec.rate,
		.channels = m.spec.channels,
		.format = SF_FORMAT_WAV |
			  (m.file.info.format & SF_FORMAT_SUBMASK),
	};

	m.out = sf_open(m.recording, SFM_WRITE, &info);
	if (!m.out)
		errx(2, "%s: %s", m.recording, sf_strerror(NULL));
}

static void on_stream(pa_stream *s, void *data)
{
	const pa_sample_spec *spec = pa_stream_get_sample_spec(s);
	const pa_channel_map *map = pa_stream_get_channel_map(s);
	char have[PA_SAMPLE_SPEC_SNPRINT_MAX], want[PA_SAMPLE_SPEC_SNPRINT_MAX];

	(void)data;
	if (pa_stream_get_state(s) == PA_STREAM_FAILED)
		fail(m.source);
	if (pa_stream_get_state(s) != PA_STREAM_READY)
		return;
	if (!pa_sample_spec_equal(spec, &m.spec))
		errx(2, "cannot record %s: it is %s, the file is %s, so PulseAudio would convert",
		     m.source, pa_sample_spec_snprint(have, sizeof(have), spec),
		     pa_sample_spec_snprint(want, sizeof(want), &m.spec));

	for (int c = 0; c < m.spec.channels; c++) {
		struct level *l = &m.level[c];
		const char *name =
			pa_channel_position_to_pretty_string(map->map[c]);
		int len = snprintf(l->name, sizeof(l->name), "%s", name);

		if (len > m.name_width)
			m.name_width = len;
	}
	if (m.recording)
		open_recording();
	if (m.tty) {
		if (m.name_width < 8)
			m.name_width = 8;
		take_screen();
		atexit(give_screen_back);
	}
	m.timer = pa_context_rttime_new(m.context, pa_rtclock_now(), on_timer,
					NULL);
}

static void on_context(pa_context *c, void *data)
{
	/* Do not convert: converted frames could not be compared. */
	const pa_stream_flags_t flags =
		PA_STREAM_ADJUST_LATENCY | PA_STREAM_FIX_FORMAT |
		PA_STREAM_FIX_RATE | PA_STREAM_FIX_CHANNELS |
		PA_STREAM_DONT_MOVE;
	const pa_buffer_attr attr = {
		.maxlength = (uint32_t)-1,
		.fragsize = pa_usec_to_bytes(FRAGMENT_US, &m.spec),
	};
	pa_operation *subscription;
	pa_channel_map map;

	(void)data;
	if (pa_context_get_state(c) == PA_CONTEXT_FAILED)
		fail("PulseAudio");
	if (pa_context_get_state(c) != PA_CONTEXT_READY)
		return;

	pa_context_set_subscribe_callback(c, on_event, NULL);
	subscription = pa_context_subscribe(c, PA_SUBSCRIPTION_MASK_SINK_INPUT,
					    NULL, NULL);
	pa_operation_unref(subscription);
	/* FIX_CHANNELS replaces this map by that of the source. */
	pa_channel_map_init_extend(&map, m.spec.channels, PA_CHANNEL_MAP_ALSA);
	m.stream = pa_stream_new(c, "meter", &m.spec, &map);
	if (!m.stream)
		fail("recording");
	pa_stream_set_state_callback(m.stream, on_stream, NULL);
	pa_stream_set_read_callback(m.stream, on_read, NULL);
	if (pa_stream_connect_record(m.stream, m.source, &attr, flags))
		fail(m.source);
}

static void on_signal(pa_mainloop_api *api, pa_signal_event *e, int sig,
		      void *data)
{
	(void)api;
	(void)e;
	(void)sig;
	(void)data;
	finish(STOPPED);
}

/* Wall-clock seconds of a moment, or 0 if it has not come. */
static double wall(pa_usec_t moment)
{
	struct timespec now;

	if (!moment)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec + now.tv_nsec / 1e9 -
	       (pa_rtclock_now() - moment) / 1e6;
}

static void summary(const char *path)
{
	/* The first frame of the file may be silence. */
	pa_usec_t begin = m.first ? m.first - frames_us(m.file.begin) : 0;
	FILE *f = fopen(path, "w");

	if (!f)
		err(2, "%s", path);
	fprintf(f, "end=%s\nstream_opened=%.6f\nfirst_sound=%.6f\nfirst_frame=%.6f\n"
		"heard_frames=%" PRId64 "\nsent_frames=%" PRId64 "\nlost_by_meter=%" PRId64 "\n",
		end_names[m.end], wall(m.opened), wall(m.first), wall(begin),
		m.heard - m.quiet, m.file.end - m.file.begin, m.lost);
	if (fclose(f))
		err(2, "%s", path);
}

static void __attribute__((noreturn)) usage(void)
{
	fprintf(stderr,
		"Usage: meter [-s SERVER] [-d SOURCE] [-o RECORDING.wav] [-S SUMMARY] [-t SECONDS] SENT.wav\n"
		"Records SOURCE while SENT.wav is played to it, and shows the levels.\n"
		"-t: timeout for the first frame in seconds (30). Exit status: 0 complete, or\n"
		"stopped by a signal; 1 incomplete; 2 error.\n");
	exit(2);
}

int main(int argc, char **argv)
{
	const char *server = NULL, *summary_path = NULL;
	const char *term = getenv("TERM");
	double timeout = 30;
	int opt;

	m.source = "@DEFAULT_MONITOR@";
	while ((opt = getopt(argc, argv, "s:d:o:S:t:")) != -1) {
		switch (opt) {
		case 's':
			server = optarg;
			break;
		case 'd':
			m.source = optarg;
			break;
		case 'o':
			m.recording = optarg;
			break;
		case 'S':
			summary_path = optarg;
			break;
		case 't':
			timeout = atof(optarg);
			break;
		default:
			usage();
		}
	}
	if (optind != argc - 1)
		usage();

	wave_load(&m.file, argv[optind]);
	if (m.file.begin == m.file.end)
		errx(2, "cannot use %s: it is digital silence", argv[optind]);
	switch (m.file.info.format & SF_FORMAT_SUBMASK) {
	case SF_FORMAT_PCM_16:
		m.spec.format = PA_SAMPLE_S16LE;
		break;
	case SF_FORMAT_PCM_24:
		m.spec.format = PA_SAMPLE_S24LE;
		break;
	case SF_FORMAT_PCM_32:
		m.spec.format = PA_SAMPLE_S32LE;
		break;
	default:
		errx(2, "cannot use %s: its format is not S16, S24 or S32",
		     argv[optind]);
	}
	m.spec.rate = m.file.info.samplerate;
	m.spec.channels = m.file.info.channels;
	if (!pa_sample_spec_valid(&m.spec))
		errx(2, "cannot use %s: PulseAudio has fewer channels or a lower rate",
		     argv[optind]);
	m.frame_size = pa_frame_size(&m.spec);
	m.smooth = 1 / (RMS_SECONDS * m.spec.rate);
	m.give_up = pa_rtclock_now() + timeout * PA_USEC_PER_SEC;
	free(m.file.data);
	m.file.data = NULL;

	setlocale(LC_CTYPE, "");
	m.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	m.tty = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb");
	m.colour = m.tty && !getenv("NO_COLOR");

	m.loop = pa_mainloop_new();
	m.api = pa_mainloop_get_api(m.loop);
	pa_signal_init(m.api);
	pa_signal_new(SIGINT, on_signal, NULL);
	pa_signal_new(SIGTERM, on_signal, NULL);
	m.context = pa_context_new(m.api, "meter");
	pa_context_set_state_callback(m.context, on_context, NULL);
	if (pa_context_connect(m.context, server, PA_CONTEXT_NOAUTOSPAWN, NULL))
		fail("PulseAudio");
	pa_mainloop_run(m.loop, NULL);

	if (m.timer)
		show(pa_rtclock_now());
	if (m.out && sf_close(m.out))
		errx(2, "cannot write %s", m.recording);
	if (summary_path)
		summary(summary_path);
	if (!m.first)
		warnx("nothing but silence arrived");
	return !m.first || m.end == TIMEOUT;
}
