// SPDX-License-Identifier: GPL-2.0
/*
 * Writes audio data in which each frame has the value of its position (a ramp),
 * and checks a recording of it: no frame may be missing, repeated, moved or
 * changed.
 *
 * With 16 bits or more, the first channel is a counter and the second has the
 * counter's upper half, scrambled. Both change with each frame, so no two
 * frames are equal (16-bit mono repeats after 65535 frames). With 8 bits only
 * sequences of frames are unique. No frame is silence.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHANNELS	32
#define CERTAIN		24	/* equal frames that cannot be chance */
#define BLOCK		4096	/* frames written or compared at once */

static const struct format {
	const char *name;
	unsigned int bytes, bits;	/* of a sample; significant bits */
	bool big, floating;
	unsigned int tag;		/* in a WAV file, 0 for none */
	uint8_t silence[2];		/* of 8-bit formats */
} formats[] = {
	{ "U8", 1, 8, false, false, 1, { 0x80, 0x80 } },
	{ "A_LAW", 1, 8, false, false, 0, { 0xd5, 0x55 } },
	{ "MU_LAW", 1, 8, false, false, 0, { 0xff, 0x7f } },
	{ "S16_LE", 2, 16, false, false, 1, { 0 } },
	{ "S16_BE", 2, 16, true, false, 0, { 0 } },
	{ "S24_3LE", 3, 24, false, false, 1, { 0 } },
	{ "S24_3BE", 3, 24, true, false, 0, { 0 } },
	{ "S24_LE", 4, 24, false, false, 1, { 0 } },
	{ "S24_BE", 4, 24, true, false, 0, { 0 } },
	{ "S32_LE", 4, 32, false, false, 1, { 0 } },
	{ "S32_BE", 4, 32, true, false, 0, { 0 } },
	{ "FLOAT_LE", 4, 24, false, true, 3, { 0 } },
	{ "FLOAT_BE", 4, 24, true, true, 0, { 0 } },
};

static const struct format *format = &formats[3];
static unsigned int rate = 48000, channels = 2;
static uint64_t length;		/* of the ramp, in frames */
static size_t frame_bytes;

static __attribute__((noreturn, format(printf, 1, 2))) void
die(const char *what, ...)
{
	va_list args;

	fputs("ramp: ", stderr);
	va_start(args, what);
	vfprintf(stderr, what, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static uint32_t scramble(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x >> 32;
}

static bool silent_byte(uint8_t byte)
{
	return byte == format->silence[0] || byte == format->silence[1];
}

static uint32_t sample(uint64_t frame, unsigned int channel)
{
	uint64_t mask = (1ULL << format->bits) - 1;
	uint64_t count = frame % (channels == 1 ? mask : UINT32_MAX) + 1;
	uint32_t value;

	if (format->bits == 8) {
		value = frame * MAX_CHANNELS + channel;
		do
			value = scramble(value + 1);
		while (silent_byte(value & mask));
	} else if (channel == 0) {
		value = count;
	} else if (channel == 1) {
		value = (count >> format->bits) ^
			(uint32_t)(count & mask) * 0x9e3779b1;
	} else {
		value = scramble(count * MAX_CHANNELS + channel);
	}
	return value & mask;
}

static void put_sample(uint8_t *to, uint32_t value)
{
	unsigned int i;

	if (format->bits == 24) {
		int32_t wide = (int32_t)(value << 8) >> 8;

		value = wide;
		if (format->floating) {
			float real = wide / 8388608.0f;

			memcpy(&value, &real, sizeof(value));
		}
	}
	for (i = 0; i < format->bytes; i++)
		to[format->big ? format->bytes - 1 - i : i] = value >> (8 * i);
}

static void put_frame(uint8_t *to, uint64_t frame)
{
	unsigned int i;

	for (i = 0; i < channels; i++)
		put_sample(to + i * format->bytes, sample(frame, i));
}

/* Fast path for the usual format, because recordings may have minutes. */
static void put_frames(uint8_t *to, uint64_t frame, size_t count)
{
	size_t i;

	if (channels == 2 && format->bytes == 2 && !format->big &&
	    frame + count < UINT32_MAX) {
		for (i = 0; i < count; i++, to += 4) {
			uint32_t n = frame + i + 1;
			uint32_t second = (n >> 16) ^ (n & 0xffff) * 0x9e3779b1;

			to[0] = n;
			to[1] = n >> 8;
			to[2] = second;
			to[3] = second >> 8;
		}
		return;
	}
	for (i = 0; i < count; i++)
		put_frame(to + i * frame_bytes, frame + i);
}

/* The unused eight bits of S24's four bytes may have any value. */
static bool same_sample(const uint8_t *a, const uint8_t *b)
{
	if (format->bytes == 4 && format->bits == 24 && !format->floating)
		return !memcmp(a + format->big, b + format->big, 3);
	return !memcmp(a, b, format->bytes);
}

static bool is_frame(const uint8_t *at, uint64_t frame)
{
	uint8_t expected[MAX_CHANNELS * 4];
	unsigned int i;

	put_frame(expected, frame);
	for (i = 0; i < frame_bytes; i += format->bytes)
		if (!same_sample(at + i, expected + i))
			return false;
	return true;
}

static bool is_silent(const uint8_t *at)
{
	static const uint8_t zero[4];
	unsigned int i;

	for (i = 0; i < frame_bytes; i += format->bytes)
		if (format->bits == 8 ? !silent_byte(at[i]) :
					!same_sample(at + i, zero))
			return false;
	return true;
}

static void put(FILE *to, const void *data, size_t size)
{
	if (fwrite(data, 1, size, to) != size)
		die("writing: %s", strerror(errno));
}

static void put_le(FILE *to, uint32_t value, unsigned int bytes)
{
	while (bytes--) {
		put(to, &(uint8_t){ value }, 1);
		value >>= 8;
	}
}

static void put_header(FILE *to, uint64_t frames)
{
	uint64_t size = frames * frame_bytes;
	/* Players take 24 bits in four bytes for S24_LE. */
	unsigned int bits = format->floating ? 32 : format->bits;

	if (!format->tag)
		die("a WAV file cannot have %s; use -t raw", format->name);
	if (size > UINT32_MAX - 64)
		die("too long for a WAV file; use -t raw");
	put(to, "RIFF", 4);
	put_le(to, 36 + size + size % 2, 4);
	put(to, "WAVEfmt ", 8);
	put_le(to, 16, 4);
	put_le(to, format->tag, 2);
	put_le(to, channels, 2);
	put_le(to, rate, 4);
	put_le(to, rate * frame_bytes, 4);
	put_le(to, frame_bytes, 2);
	put_le(to, bits, 2);
	put(to, "data", 4);
	put_le(to, size, 4);
}

static int generate(FILE *to, bool raw, uint64_t lead, uint64_t rounds)
{
	static uint8_t block[BLOCK * MAX_CHANNELS * 4];
	uint8_t frame[MAX_CHANNELS * 4];
	uint64_t i, round, count;

	if (!raw)
		put_header(to, lead + length * rounds);
	memset(frame, format->silence[0], sizeof(frame));
	for (i = 0; i < lead; i++)
		put(to, frame, frame_bytes);
	for (round = 0; !rounds || round < rounds; round++) {
		for (i = 0; i < length; i += count) {
			count = length - i < BLOCK ? length - i : BLOCK;
			put_frames(block, i, count);
			put(to, block, count * frame_bytes);
		}
	}
	if (!raw && (lead + length * rounds) * frame_bytes % 2)
		put(to, "", 1);
	if (fclose(to))
		die("writing: %s", strerror(errno));
	return 0;
}

static uint8_t *data;
static uint64_t frames;

static uint8_t *at(uint64_t i)
{
	return data + i * frame_bytes;
}

/*
 * Number of frames from @i on that equal the ramp from @frame on, in whole
 * blocks, which is fast.
 */
static uint64_t same_blocks(uint64_t i, uint64_t frame)
{
	static uint8_t expected[BLOCK * MAX_CHANNELS * 4];
	uint64_t same = 0;

	while (i + same + BLOCK <= frames && frame + same + BLOCK <= length) {
		put_frames(expected, frame + same, BLOCK);
		if (memcmp(at(i + same), expected, BLOCK * frame_bytes))
			break;
		same += BLOCK;
	}
	return same;
}

/* Whether the recording continues at @i with the ramp from @frame on */
static bool follows(uint64_t i, uint64_t frame, bool wrap)
{
	unsigned int n;

	for (n = 0;
	     n < CERTAIN && i + n < frames && (wrap || frame + n < length); n++)
		if (!is_frame(at(i + n), (frame + n) % length))
			return false;
	return n > 0;
}

/* Frame of the ramp at @i, searched from @hint on; length if none matches */
static uint64_t locate(uint64_t i, uint64_t hint, bool wrap)
{
	uint64_t n;

	for (n = 0; n < length; n++)
		if (follows(i, (hint + n) % length, wrap))
			return (hint + n) % length;
	return length;
}

static int broken(uint64_t i, uint64_t expected, bool wrap)
{
	uint64_t silence = 0, foreign = 0, found;

	printf("broken at frame %llu of the recording, where frame %llu of the ramp should be: ",
	       (unsigned long long)i, (unsigned long long)expected);
	while (i + silence < frames && is_silent(at(i + silence)))
		silence++;
	if (silence) {
		printf("%llu frames of silence\n", (unsigned long long)silence);
		return 1;
	}
	found = locate(i, expected, wrap);
	if (found != length) {
		uint64_t missing = (found + length - expected) % length;

		if (found > expected || (wrap && missing < length / 2))
			printf("%llu frames missing\n",
			       (unsigned long long)missing);
		else
			printf("%llu frames doubled\n",
			       (unsigned long long)(length - missing));
		return 1;
	}
	while (i + foreign < frames &&
	       !follows(i + foreign, expected + foreign, false) &&
	       expected + foreign < length)
		foreign++;
	if (i + foreign < frames && expected + foreign < length)
		printf("%llu foreign frames\n", (unsigned long long)foreign);
	else
		printf("foreign frames from there on\n");
	return 1;
}

static int check(bool part, bool end, bool gaps_allowed, bool missing_allowed,
		 bool piece)
{
	uint64_t lead = 0, tail, next = 0, from, i, gaps = 0, gap_frames = 0,
		 missing = 0;

	while (lead < frames && is_silent(at(lead)))
		lead++;
	if (lead == frames) {
		printf("nothing but silence, %llu frames of it\n",
		       (unsigned long long)frames);
		return 1;
	}
	if (part || end || piece) {
		next = locate(lead, 0, true);
		if (next == length) {
			printf("frame %llu, the first that is not silence, is not of the ramp\n",
			       (unsigned long long)lead);
			return 1;
		}
	}
	from = next;
	if (part) {
		for (i = lead; i < frames; i++, next = (next + 1) % length) {
			uint64_t same = i % BLOCK != lead % BLOCK ?
					0 : same_blocks(i, next);

			i += same;
			next = (next + same) % length;
			if (i < frames && !is_frame(at(i), next))
				return broken(i, next, true);
		}
		printf("exact frames=%llu lead=%llu\n",
		       (unsigned long long)(frames - lead),
		       (unsigned long long)lead);
		return 0;
	}
	for (i = lead; next < length; i++, next++) {
		uint64_t same =
			i % BLOCK == lead % BLOCK ? same_blocks(i, next) : 0;

		i += same;
		next += same;
		if (next == length)
			break;
		if (piece && i < frames && is_silent(at(i))) {
			length = next;
			break;
		}
		if (i == frames) {
			printf("the recording ends with frame %llu of %llu of the ramp\n",
			       (unsigned long long)next,
			       (unsigned long long)length);
			return 1;
		}
		if (gaps_allowed && is_silent(at(i))) {
			for (gaps++; i < frames && is_silent(at(i)); i++)
				gap_frames++;
		}
		if (i < frames && missing_allowed && !is_frame(at(i), next)) {
			uint64_t found = locate(i, next, false);

			if (found > next && found < length) {
				missing += found - next;
				next = found;
			}
		}
		if (i == frames || !is_frame(at(i), next))
			return broken(i, next, false);
	}
	for (tail = 0; i < frames; i++, tail++) {
		if (!is_silent(at(i))) {
			printf("foreign frame %llu after the ramp\n",
			       (unsigned long long)i);
			return 1;
		}
	}
	printf("exact frames=%llu lead=%llu tail=%llu",
	       (unsigned long long)(length - from), (unsigned long long)lead,
	       (unsigned long long)tail);
	if (gaps_allowed)
		printf(" gaps=%llu of=%llu", (unsigned long long)gaps,
		       (unsigned long long)gap_frames);
	if (missing_allowed)
		printf(" missing=%llu", (unsigned long long)missing);
	putchar('\n');
	return 0;
}

/* Frame of the ramp at @i according to its first two samples, or length */
static uint64_t frame_at(uint64_t i)
{
	uint32_t samples[2] = { 0 }, mask = (1ULL << format->bits) - 1;
	unsigned int channel, k;
	uint32_t byte;
	uint64_t count;

	for (channel = 0; channel < 2; channel++) {
		const uint8_t *from = at(i) + channel * format->bytes;

		for (k = 0; k < format->bytes; k++) {
			byte = from[format->big ? format->bytes - 1 - k : k];
			samples[channel] |= byte << (8 * k);
		}
		if (format->floating) {
			float real;

			memcpy(&real, &samples[channel], sizeof(real));
			samples[channel] = (int32_t)(real * 8388608.0f);
		}
		samples[channel] &= mask;
	}
	count = ((samples[1] ^ samples[0] * 0x9e3779b1) & mask);
	count = (count << format->bits | samples[0]) - 1;
	return count < length && is_frame(at(i), count) ? count : length;
}

/* Print the parts of the recording: silence, pieces of the ramp, others */
static int list_pieces(void)
{
	uint64_t i, from, first;

	if (format->bits < 16 || channels < 2)
		die("only of 16 bits and two channels each frame tells its place");
	for (i = 0; i < frames;) {
		from = i;
		first = frame_at(i);
		if (is_silent(at(i))) {
			while (i < frames && is_silent(at(i)))
				i++;
			printf("silence at=%llu count=%llu\n",
			       (unsigned long long)from,
			       (unsigned long long)(i - from));
		} else if (first < length) {
			while (i < frames && first + i - from < length &&
			       is_frame(at(i), first + i - from))
				i++;
			printf("ramp at=%llu count=%llu first=%llu\n",
			       (unsigned long long)from,
			       (unsigned long long)(i - from),
			       (unsigned long long)first);
		} else {
			while (i < frames && !is_silent(at(i)) &&
			       frame_at(i) == length)
				i++;
			printf("foreign at=%llu count=%llu\n",
			       (unsigned long long)from,
			       (unsigned long long)(i - from));
		}
	}
	return 0;
}

static void load(FILE *from)
{
	size_t size = 0, room = 0, got;

	do {
		if (size == room) {
			room = room ? 2 * room : 1 << 20;
			data = realloc(data, room);
			if (!data)
				die("out of memory");
		}
		got = fread(data + size, 1, room - size, from);
		size += got;
	} while (got);
	if (ferror(from))
		die("reading: %s", strerror(errno));
	frames = size / frame_bytes;
}

static double number(const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value >= least && value <= most))
		die("%s: a number from %g to %g, please", text, least, most);
	return value;
}

static int usage(void)
{
	fputs("usage: ramp gen [OPTION]... -o FILE|-      ramp check [OPTION]... FILE|-\n"
	      "       ramp pieces [OPTION]... FILE|-\n"
	      "  -f FORMAT   as ALSA names them (S16_LE)    -r RATE (48000)   -c CHANNELS (2)\n"
	      "  -s SECONDS  length of the ramp (5)\n"
	      "gen:   -l SECONDS of silence first           -t wav|raw (wav)\n"
	      "       -n TIMES over, 0 for endless (1)\n"
	      "check: a raw recording: silence, the whole ramp, silence\n"
	      "       -p  a part of an endless ramp, after silence, to the end\n"
	      "       -e  silence, the end of the ramp, silence\n"
	      "       -u  silence, an unbroken piece of the ramp, silence\n"
	      "       -g  silence between frames is allowed, and counted; not with -p\n"
	      "       -m  as -g, and frames may be missing, which are counted\n"
	      "pieces: what a raw recording consists of, in order\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	double seconds = 5, lead = 0;
	const char *output = NULL;
	uint64_t rounds = 1;
	bool raw = false, part = false, end = false, gaps = false,
	     missing = false, piece = false;
	FILE *file;
	size_t i;
	int option;

	if (argc < 2)
		return usage();
	optind = 2;
	while ((option = getopt(argc, argv, "f:r:c:s:l:t:n:o:pegmu")) != -1) {
		switch (option) {
		case 'f':
			for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
				if (!strcmp(optarg, formats[i].name))
					break;
			if (i == sizeof(formats) / sizeof(formats[0]))
				die("no format %s", optarg);
			format = &formats[i];
			break;
		case 'r':
			rate = number(optarg, 1, 1000000);
			break;
		case 'c':
			channels = number(optarg, 1, MAX_CHANNELS);
			break;
		case 's':
			seconds = number(optarg, 0.001, 3600);
			break;
		case 'l':
			lead = number(optarg, 0, 3600);
			break;
		case 't':
			raw = !strcmp(optarg, "raw");
			if (!raw && strcmp(optarg, "wav"))
				die("no file type %s", optarg);
			break;
		case 'n':
			rounds = number(optarg, 0, 1e6);
			break;
		case 'o':
			output = optarg;
			break;
		case 'p':
			part = true;
			break;
		case 'e':
			end = true;
			break;
		case 'u':
			piece = true;
			break;
		case 'm':
			gaps = true;
			missing = true;
			break;
		case 'g':
			gaps = true;
			break;
		default:
			return usage();
		}
	}
	length = seconds * rate;
	frame_bytes = (size_t)channels * format->bytes;
	if (!length || length >= UINT32_MAX)
		die("too short or too long");

	if (!strcmp(argv[1], "gen") && output && optind == argc) {
		if (!rounds && !raw)
			die("an endless ramp needs -t raw");
		file = strcmp(output, "-") ? fopen(output, "wb") : stdout;
		if (!file)
			die("%s: %s", output, strerror(errno));
		return generate(file, raw, lead * rate, rounds);
	}
	if ((!strcmp(argv[1], "check") || !strcmp(argv[1], "pieces")) &&
	    optind == argc - 1) {
		file = strcmp(argv[optind], "-") ? fopen(argv[optind], "rb") :
						   stdin;
		if (!file)
			die("%s: %s", argv[optind], strerror(errno));
		load(file);
		if (!strcmp(argv[1], "pieces"))
			return list_pieces();
		return check(part, end, gaps, missing, piece);
	}
	return usage();
}
