// SPDX-License-Identifier: GPL-2.0
/*
 * Compares a recording with the file that was played: did every frame arrive
 * once, unchanged and in order? Silence at the beginning and at the end is
 * ignored, because a host that plays nothing records the same.
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wave.h"

#define WINDOW		32	/* frames that identify a position */
#define FAR		4096	/* most frames that can be changed in place */
#define LIST_MAX	10

/**
 * struct run - frames that arrived unchanged and in order
 * @sent: its first frame in the file
 * @heard: its first frame in the recording
 * @frames: its length
 */
struct run {
	int64_t sent;
	int64_t heard;
	int64_t frames;
};

struct place {
	uint64_t hash;
	int64_t frame;
};

static struct wave sent, heard;
static struct run *runs;
static size_t n_runs;
static struct place *places;
static size_t n_places;
static int64_t equal;

/* Find the position after a difference, with a rolling hash as in rsync */

static uint64_t frame_hash(const int32_t *samples, int channels)
{
	uint64_t h = 0;

	for (int c = 0; c < channels; c++) {
		h = (h ^ (uint32_t)samples[c]) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	return h;
}

#define ROLL	0x100000001b3ULL

static uint64_t window_hash(const struct wave *w, int64_t frame)
{
	uint64_t h = 0;

	for (int i = 0; i < WINDOW; i++)
		h = h * ROLL +
		    frame_hash(wave_frame(w, frame + i), w->info.channels);
	return h;
}

static int by_hash(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->frame > b->frame) - (a->frame < b->frame);
}

/* A window of equal frames does not identify a position. */
static bool flat(const struct wave *w, int64_t frame)
{
	for (int i = 1; i < WINDOW; i++)
		if (memcmp(wave_frame(w, frame), wave_frame(w, frame + i),
			   w->info.channels * sizeof(*w->data)))
			return false;
	return true;
}

static void index_sent(void)
{
	places = calloc((sent.end - sent.begin) / WINDOW + 1, sizeof(*places));
	if (!places)
		err(2, "compare");
	for (int64_t i = sent.begin; i + WINDOW <= sent.end; i += WINDOW)
		if (!flat(&sent, i))
			places[n_places++] =
				(struct place){ window_hash(&sent, i), i };
	qsort(places, n_places, sizeof(*places), by_hash);
}

/* Frame of the file with this hash that is nearest to @want, or -1. */
static int64_t look_up(uint64_t hash, int64_t want)
{
	const struct place key = { hash, want };
	size_t lo = 0, hi = n_places;
	int64_t best = -1;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (by_hash(&places[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < n_places && places[lo].hash == hash)
		best = places[lo].frame;
	if (lo && places[lo - 1].hash == hash &&
	    (best < 0 || want - places[lo - 1].frame < best - want))
		best = places[lo - 1].frame;
	return best;
}

static bool same(int64_t i, int64_t j)
{
	return !memcmp(wave_frame(&sent, i), wave_frame(&heard, j),
		       sent.info.channels * sizeof(*sent.data));
}

static int64_t count_same(int64_t i, int64_t j)
{
	int64_t n = 0;

	while (i + n < sent.end && j + n < heard.end && same(i + n, j + n))
		n++;
	return n;
}

/* Go from a difference at (@i, @j) to the next frames that are equal. */
static bool resync(int64_t *i, int64_t *j)
{
	const int64_t i0 = *i, j0 = *j;
	uint64_t hash, out = 1;
	int64_t a, b;

	/* First try frames that were changed in place. */
	for (int64_t d = 1; d < FAR && i0 + d < sent.end && j0 + d < heard.end;
	     d++) {
		int64_t n = count_same(i0 + d, j0 + d);

		if (n >= WINDOW && !flat(&sent, i0 + d)) {
			*i = i0 + d;
			*j = j0 + d;
			return true;
		}
		d += n;
	}

	/* Then find the next window of the recording in the file. */
	for (a = 0; a < WINDOW; a++)
		out *= ROLL;
	if (j0 + WINDOW <= heard.end) {
		hash = window_hash(&heard, j0);
		for (b = j0; ; b++) {
			a = look_up(hash, i0 + (b - j0));
			if (a >= 0 && count_same(a, b) >= WINDOW)
				goto found;
			if (b + WINDOW >= heard.end)
				break;
			hash = hash * ROLL +
			       frame_hash(wave_frame(&heard, b + WINDOW),
					  heard.info.channels) -
			       out * frame_hash(wave_frame(&heard, b),
						heard.info.channels);
		}
	}

	/* Last, compare backwards from the end. */
	a = sent.end;
	b = heard.end;
	if (a <= i0 || b <= j0 || !same(a - 1, b - 1))
		return false;
found:
	while (a > sent.begin && b > j0 && same(a - 1, b - 1)) {
		a--;
		b--;
	}
	*i = a;
	*j = b;
	return true;
}

static void compare(void)
{
	int64_t i = sent.begin, j = heard.begin;

	while (i < sent.end && j < heard.end) {
		int64_t n = count_same(i, j);

		if (n) {
			runs = reallocarray(runs, n_runs + 1, sizeof(*runs));
			if (!runs)
				err(2, "compare");
			runs[n_runs++] = (struct run){ i, j, n };
			i += n;
			j += n;
			/* Count repeated frames once. */
			if (n_runs > 1) {
				const struct run *last = &runs[n_runs - 2];
				int64_t again =
					last->sent + last->frames - (i - n);

				n -= again < 0 ? 0 : again > n ? n : again;
			}
			equal += n;
		}
		if (i >= sent.end && j >= heard.end)
			break;
		if (!places)
			index_sent();
		if (!resync(&i, &j))
			break;
	}
	if (equal > sent.end - sent.begin)
		equal = sent.end - sent.begin;
}

/* The report */

static double seconds(int64_t frames)
{
	return (double)frames / sent.info.samplerate;
}

/* Describe a difference: the file skips @ds frames, the recording @dh. */
static void describe(char *buf, size_t size, int64_t ds, int64_t dh)
{
	if (ds == dh)
		snprintf(buf, size, "%" PRId64 " changed", ds);
	else if (ds > 0 && !dh)
		snprintf(buf, size, "%" PRId64 " lost", ds);
	else if (!ds)
		snprintf(buf, size, "%" PRId64 " inserted", dh);
	else if (ds < 0 && !dh)
		snprintf(buf, size, "%" PRId64 " repeated", -ds);
	else if (ds < 0)
		snprintf(buf, size,
			 "%" PRId64 " inserted, %" PRId64 " repeated", dh, -ds);
	else
		snprintf(buf, size, "%" PRId64 " lost, %" PRId64 " inserted",
			 ds, dh);
}

/**
 * struct fault - one difference
 * @sent: frame of the file
 * @heard: frame of the recording
 * @ds: frames of the file that are skipped; negative if they are repeated
 * @dh: frames of the recording that are skipped
 * @where: "" or, at the ends, the words that say so
 */
struct fault {
	int64_t sent;
	int64_t heard;
	int64_t ds;
	int64_t dh;
	const char *where;
};

static bool fault_at(size_t n, struct fault *f)
{
	const struct run first = { sent.begin, heard.begin, 0 };
	const struct run last = { sent.end, heard.end, 0 };
	const struct run *a = n ? &runs[n - 1] : &first;
	const struct run *b = n < n_runs ? &runs[n] : &last;

	f->sent = a->sent + a->frames;
	f->heard = a->heard + a->frames;
	f->ds = b->sent - f->sent;
	f->dh = b->heard - f->heard;
	f->where = !n ? " at the beginning" : n == n_runs ? " at the end" : "";
	return f->ds || f->dh;
}

static size_t count_faults(void)
{
	struct fault f;
	size_t count = 0;

	for (size_t n = 0; n <= n_runs; n++)
		count += fault_at(n, &f);
	return count;
}

/* 1234567 as 1,234,567 */
static const char *grouped(int64_t n)
{
	static char bufs[4][32];
	static unsigned int turn;
	char digits[24], *out = bufs[turn++ % 4];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, n);
	char *p = out;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

static const char *verdict(bool exact)
{
	static char buf[256];
	int64_t all = sent.end - sent.begin;

	if (exact)
		snprintf(buf, sizeof(buf), "bit-exact: all %s frames arrived, in order and unchanged",
			 grouped(all));
	else if (heard.begin == heard.end)
		snprintf(buf, sizeof(buf), "not bit-exact: nothing but silence arrived");
	else if (!equal)
		snprintf(buf, sizeof(buf), "not bit-exact: no frame arrived unchanged");
	else
		snprintf(buf, sizeof(buf), "not bit-exact: %s of %s frames arrived unchanged, %zu difference%s",
			 grouped(equal), grouped(all), count_faults(),
			 count_faults() == 1 ? "" : "s");
	return buf;
}

static void report(bool exact)
{
	size_t shown = 0, all = count_faults();
	struct fault f;
	char words[96];

	printf("%s\n", verdict(exact));
	if (heard.begin == heard.end)
		return;
	if (!n_runs)
		printf("  Check that volumes are 100 %% and that nothing resamples or remixes.\n");
	for (size_t n = 0; n <= n_runs && n_runs; n++) {
		if (!fault_at(n, &f))
			continue;
		if (shown++ == LIST_MAX) {
			printf("  ... and %zu more\n", all - LIST_MAX);
			break;
		}
		describe(words, sizeof(words), f.ds, f.dh);
		printf("  at %.6f s (frame %" PRId64 " of the file, %" PRId64 " of the recording): %s%s\n",
		       seconds(f.sent), f.sent, f.heard, words, f.where);
	}
}

/* The picture */

#define WIDTH		1200
#define LEFT		104
#define RIGHT		24
#define PLOT		(WIDTH - LEFT - RIGHT)
#define TOP		116
#define GAP		44
#define AXIS		34

static double sent_peak;	/* scale of the lanes in both panels */

struct column {
	double min, max, rms;
};

static struct column column(const struct wave *w, int channel, int64_t from,
			    int64_t to)
{
	struct column c = { 0 };
	double sum = 0;
	int64_t n = 0;

	if (from < 0)
		from = 0;
	for (int64_t i = from; i < to && i < w->frames; i++, n++) {
		double v = wave_frame(w, i)[channel] / 2147483648.0;

		if (!n || v < c.min)
			c.min = v;
		if (!n || v > c.max)
			c.max = v;
		sum += v * v;
	}
	c.rms = n ? sqrt(sum / n) : 0;
	return c;
}

/*
 * Draw the envelope of a channel and its RMS. @first is the frame at the left
 * edge, which may be negative. @span is the number of frames.
 */
static void draw_lane(FILE *f, const struct wave *w, int channel, int64_t first,
		      int64_t span, double mid, double half, const char *class)
{
	const double limit = half;
	struct column c[PLOT];

	half /= sent_peak;

	for (int x = 0; x < PLOT; x++) {
		int64_t from = first + span * x / PLOT;
		int64_t to = first + span * (x + 1) / PLOT;

		c[x] = column(w, channel, from, to > from ? to : from + 1);
		c[x].min = fmax(c[x].min, -limit / half);
		c[x].max = fmin(c[x].max, limit / half);
	}
	fprintf(f, "<path class=\"%s peak\" d=\"M", class);
	for (int x = 0; x < PLOT; x++)
		fprintf(f, "%d %.1f ", LEFT + x, mid - c[x].max * half);
	for (int x = PLOT - 1; x >= 0; x--)
		fprintf(f, "%d %.1f ", LEFT + x, mid - c[x].min * half + .4);
	fprintf(f, "Z\"/>\n<path class=\"%s rms\" d=\"M", class);
	for (int x = 0; x < PLOT; x++)
		fprintf(f, "%d %.1f ", LEFT + x,
			mid - fmin(c[x].rms, c[x].max) * half);
	for (int x = PLOT - 1; x >= 0; x--)
		fprintf(f, "%d %.1f ", LEFT + x,
			mid + fmin(c[x].rms, -c[x].min) * half);
	fprintf(f, "Z\"/>\n");
}

static const char *channel_name(int channel)
{
	static char buf[16];

	if (sent.info.channels == 1)
		return "mono";
	if (sent.info.channels == 2)
		return channel ? "right" : "left";
	snprintf(buf, sizeof(buf), "%d", channel + 1);
	return buf;
}

static double draw_panel(FILE *f, const struct wave *w, double top,
			 int64_t first, int64_t span, const char *class,
			 const char *title)
{
	int channels = w->info.channels;
	double lane = channels == 1 ? 150 :
		      channels == 2 ? 100 :
				      240.0 / channels + 16;

	fprintf(f, "<text class=\"title\" x=\"%d\" y=\"%.0f\">%s</text>\n",
		LEFT, top - 10, title);
	for (int c = 0; c < channels; c++) {
		double y = top + c * lane;

		fprintf(f, "<rect class=\"lane\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" rx=\"4\"/>\n",
			LEFT, y, PLOT, lane - 4);
		fprintf(f, "<text class=\"label\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			LEFT - 10, y + lane / 2 + 2, channel_name(c));
		fprintf(f, "<path class=\"zero\" d=\"M%d %.1fh%d\"/>\n", LEFT,
			y + lane / 2 - 2, PLOT);
		draw_lane(f, w, c, first, span, y + lane / 2 - 2, lane / 2 - 4,
			  class);
	}
	return top + channels * lane;
}

static void draw_axis(FILE *f, double top, double bottom, double duration)
{
	static const double steps[] = {
		.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15,
		30, 60, 120, 300, 600, 1200, 3600
	};
	size_t s = 0;
	double step;

	while (s < sizeof(steps) / sizeof(*steps) - 1 &&
	       duration / steps[s] > 14)
		s++;
	step = steps[s];
	for (int i = 0; i * step <= duration; i++) {
		double t = i * step, x = LEFT + t / duration * PLOT;

		fprintf(f, "<path class=\"grid\" d=\"M%.1f %.0fV%.0f\"/><text class=\"label\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">",
			x, top, bottom + 5, x, bottom + 20);
		if (duration >= 60)
			fprintf(f, "%d:%02d", (int)(t / 60), (int)t % 60);
		else
			fprintf(f, "%g", t);
		fprintf(f, "%s</text>\n", i ? "" : duration >= 60 ? "" : " s");
	}
}

static void draw_faults(FILE *f, double top, double bottom, int64_t first,
			int64_t span)
{
	double label_end = LEFT + 150;	/* behind the title */
	struct fault fault;
	char words[96];

	for (size_t n = 0; n <= n_runs && n_runs; n++) {
		double x, width;

		if (!fault_at(n, &fault))
			continue;
		/* Shade the room that lost frames leave at an end. */
		if (n == n_runs && fault.ds > fault.dh)
			fault.dh = fault.ds;
		if (!n && fault.ds > fault.dh)
			fault.heard -= fault.ds - fault.dh, fault.dh = fault.ds;
		x = LEFT + (double)(fault.heard - first) / span * PLOT;
		width = fmin(fmax((double)fault.dh / span * PLOT, 2),
			     LEFT + PLOT - x);
		fprintf(f, "<rect class=\"fault\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\"/>\n",
			x, top, width, bottom - top);

		fault_at(n, &fault);
		describe(words, sizeof(words), fault.ds, fault.dh);
		if (x < label_end) {
			if (n)
				continue;
			x = label_end;
		}
		label_end = x + 7 * strlen(words) + 12;
		if (label_end > LEFT + PLOT)
			fprintf(f, "<text class=\"bad\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"end\">%s</text>\n",
				fmin(x + width, LEFT + PLOT), top - 10, words);
		else
			fprintf(f, "<text class=\"bad\" x=\"%.1f\" y=\"%.0f\">%s</text>\n",
				x, top - 10, words);
	}
}

static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (strchr("<>&\"", *s) || (unsigned char)*s < ' ')
			fprintf(f, "&#%d;", (unsigned char)*s < ' ' ? '?' : *s);
		else
			fputc(*s, f);
	}
}

static int sent_bits(void)
{
	switch (sent.info.format & SF_FORMAT_SUBMASK) {
	case SF_FORMAT_PCM_16:
		return 16;
	case SF_FORMAT_PCM_24:
		return 24;
	default:
		return 32;
	}
}

static void draw(const char *path, const char *title, bool exact)
{
	int channels = sent.info.channels;
	double lane = channels == 1 ? 150 :
		      channels == 2 ? 100 :
				      240.0 / channels + 16;
	double panel = channels * lane;
	double below = TOP + panel + GAP, bottom = below + panel;
	double height = bottom + AXIS + 8;
	/* Align the recording with the file by the first run. */
	int64_t shift = n_runs ? runs[0].heard - runs[0].sent :
				 heard.begin - sent.begin;
	int64_t span = sent.frames;
	FILE *f = fopen(path, "w");

	if (!f)
		err(2, "%s", path);
	if (heard.end - shift > span)
		span = heard.end - shift;
	for (int64_t i = 0; i < sent.frames * channels; i++)
		sent_peak = fmax(sent_peak, fabs(sent.data[i] / 2147483648.0));

	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\" role=\"img\" aria-label=\"%s\">\n",
		WIDTH, height, WIDTH, height, verdict(exact));
	fputs("<style>\n"
	      "text{font-family:system-ui,'Segoe UI','DejaVu Sans',sans-serif;font-size:13px}\n"
	      ".head{font-size:22px;font-weight:600}.title{font-size:15px;font-weight:600}.bad{font-weight:600}\n"
	      ".zero,.grid{fill:none;stroke-width:1}.grid{stroke-dasharray:2 4}.peak{opacity:.45}.fault{opacity:.35}\n"
	      ".bg{fill:#fff}.lane{fill:#f3f5f8}.head,.title{fill:#1c2430}.label,.sub{fill:#667284}\n"
	      ".zero,.grid{stroke:#c9d0da}.sent{fill:#2563c9}.heard,.good{fill:#0f8a6c}.bad,.fault{fill:#c62f3b}\n"
	      "@media (prefers-color-scheme:dark){\n"
	      ".bg{fill:#11161d}.lane{fill:#1a212b}.head,.title{fill:#e8edf3}.label,.sub{fill:#93a0b2}\n"
	      ".zero,.grid{stroke:#38434f}.sent{fill:#69a3ff}.heard,.good{fill:#3ecfa6}.bad,.fault{fill:#ff7480}}\n"
	      "</style>\n", f);
	fprintf(f, "<rect class=\"bg\" width=\"100%%\" height=\"100%%\" rx=\"8\"/>\n");
	fprintf(f, "<circle class=\"%s\" cx=\"36\" cy=\"37\" r=\"11\"/><path d=\"%s\" stroke=\"#fff\" stroke-width=\"2.4\" stroke-linecap=\"round\" fill=\"none\"/>\n",
		exact ? "good" : "bad",
		exact ? "M31 37l4 4 6-8" : "M32 33l8 8m0-8l-8 8");
	fprintf(f, "<text class=\"head\" x=\"58\" y=\"45\">%c%s</text>\n<text class=\"sub\" x=\"58\" y=\"68\">",
		verdict(exact)[0] - 32, verdict(exact) + 1);
	put_escaped(f, title);
	fprintf(f, "%s%d Hz, %d channel%s, %d bit, %.2f s, peak %.1f dBFS</text>\n",
		*title ? ": " : "", sent.info.samplerate, channels,
		channels == 1 ? "" : "s", sent_bits(),
		seconds(sent.frames), 20 * log10(sent_peak));

	draw_panel(f, &sent, TOP, 0, span, "sent", "sent by the guest");
	draw_panel(f, &heard, below, shift, span, "heard",
		   "recorded on the host");
	draw_axis(f, TOP, bottom, seconds(span));
	draw_faults(f, below, bottom - 4, shift, span);
	fputs("</svg>\n", f);
	if (fclose(f))
		err(2, "%s", path);
}

static void __attribute__((noreturn)) usage(void)
{
	fprintf(stderr,
		"Usage: compare [-o WAVEFORM.svg] [-t TITLE] SENT.wav HEARD.wav\n"
		"Exit status: 0 bit-exact and complete, 1 different, 2 error.\n");
	exit(2);
}

int main(int argc, char **argv)
{
	const char *svg = NULL, *title = "";
	struct fault f;
	bool exact;
	int opt;

	while ((opt = getopt(argc, argv, "o:t:")) != -1) {
		switch (opt) {
		case 'o':
			svg = optarg;
			break;
		case 't':
			title = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc - 2)
		usage();
	wave_load(&sent, argv[optind]);
	wave_load(&heard, argv[optind + 1]);
	if (sent.begin == sent.end)
		errx(2, "cannot compare %s: it is digital silence",
		     argv[optind]);
	if (sent.info.channels != heard.info.channels ||
	    sent.info.samplerate != heard.info.samplerate)
		errx(2, "cannot compare: sent %d channels at %d Hz, recorded %d channels at %d Hz",
		     sent.info.channels, sent.info.samplerate,
		     heard.info.channels, heard.info.samplerate);

	compare();
	exact = n_runs == 1 && !fault_at(0, &f) && !fault_at(1, &f);
	report(exact);
	if (svg)
		draw(svg, title, exact);
	return !exact;
}
