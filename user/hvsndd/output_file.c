// SPDX-License-Identifier: GPL-2.0
/*
 * --output file:DIR: each playback stream is a WAV file with the name of its
 * guest. A recording has the bytes of DIR/microphone.raw, from its beginning,
 * and is silent afterwards.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outputs.h"
#include "platform.h"
#include "softclock.h"

#define FILES_MAX 999
#define HEADER_SIZE 44
/* The name of a guest's file ends in .wav. */
#define SOURCE "microphone.raw"
#define DATA_MAX 0x7fff0000U /* below 2 GiB, the limit of some readers */

/**
 * struct file_stream - a stream
 * @stream: the stream, must be the first member
 * @clock: consumes the data, or gives the time to recordings
 * @fd: the current file, -1 before the first data
 * @failed: a file could not be written: discard all data
 * @len: number of bytes of audio in the current file
 * @source: recording: the file that is recorded, NULL for silence
 * @on_data: recording: the callback of the stream's owner
 * @data: recording: its argument
 */
struct file_stream {
	struct stream stream;
	struct softclock clock;
	int fd;
	bool failed;
	uint32_t len;
	FILE *source;
	void (*on_data)(void *data, const void *buf, size_t len);
	void *data;
};

static const char *dir;

static uint8_t *put(uint8_t *p, uint32_t v, int bytes)
{
	while (bytes--) {
		*p++ = v;
		v >>= 8;
	}
	return p;
}

/*
 * Write the header with the present length. It is written after each block, so
 * that the file is valid whenever hvsndd ends.
 */
static int write_header(struct file_stream *f)
{
	static const uint8_t float_tag = 3, pcm_tag = 1;
	const struct sample_spec *s = &f->stream.spec;
	size_t frame = sample_frame_size(s);
	uint8_t header[HEADER_SIZE], *p = header;
	uint8_t tag = pcm_tag;

	if (s->format == SAMPLE_FLOAT32LE)
		tag = float_tag;
	else if (s->format == SAMPLE_ALAW)
		tag = 6;
	else if (s->format == SAMPLE_ULAW)
		tag = 7;
	memcpy(p, "RIFF", 4);
	p = put(p + 4, f->len + HEADER_SIZE - 8, 4);
	memcpy(p, "WAVEfmt ", 8);
	p = put(p + 8, 16, 4);
	p = put(p, tag, 2);
	p = put(p, s->channels, 2);
	p = put(p, s->rate, 4);
	p = put(p, s->rate * frame, 4);
	p = put(p, frame, 2);
	p = put(p, 8 * sample_size(s->format), 2);
	memcpy(p, "data", 4);
	put(p + 4, f->len, 4);
	return platform_write_at(f->fd, header, sizeof(header), 0);
}

static int file_create(struct file_stream *f)
{
	const char *name = f->stream.guest->name;
	char path[PLATFORM_PATH_SIZE];
	int n;

	snprintf(path, sizeof(path), "%s/%s.wav", dir, name);
	for (n = 2; n <= FILES_MAX + 1; n++) {
		f->fd = platform_create_file(path);
		if (f->fd != -EEXIST)
			break;
		snprintf(path, sizeof(path), "%s/%s-%d.wav", dir, name, n);
	}
	f->len = 0;
	return f->fd < 0 ? f->fd : write_header(f);
}

static void fail(struct file_stream *f, int err)
{
	struct guest *g = f->stream.guest;

	log_limited(&g->log, LOG_WARNING,
		    "%s: the WAV file cannot be written: %s. Its audio is discarded",
		    g->name, strerror(-err));
	f->failed = true;
}

static bool file_start(const char *argument)
{
	int err;

	if (!argument || !*argument) {
		log_line(LOG_ERR, "output file needs a directory: file:DIR");
		return false;
	}
	if (strlen(argument) + GUEST_NAME_SIZE + 16 > PLATFORM_PATH_SIZE)
		err = -ENAMETOOLONG;
	else
		err = platform_make_directory(argument, false);
	if (!err)
		err = platform_check_directory(argument);
	dir = argument;
	if (err)
		log_line(LOG_ERR,
			 "output file: the directory %s cannot be used: %s. %s%s",
			 argument, strerror(-err),
			 err == -ENOENT ?
				 "Create it: mkdir -p " :
				 "Choose another directory: --output file:DIR",
			 err == -ENOENT ? argument : "");
	return !err;
}

/* Record the file in the place of the clock's silence. */
static void on_data(void *data, const void *silence, size_t len)
{
	struct file_stream *f = data;
	uint8_t buf[STREAM_BLOCK_SIZE];

	memcpy(buf, silence, len);
	if (f->source && fread(buf, 1, len, f->source) < len) {
		fclose(f->source);
		f->source = NULL;
	}
	f->on_data(f->data, buf, len);
}

static void open_source(struct file_stream *f)
{
	char path[PLATFORM_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/" SOURCE, dir);
	f->source = fopen(path, "rb");
	f->on_data = f->stream.on_data;
	f->data = f->stream.data;
	f->stream.on_data = on_data;
	f->stream.data = f;
}

static struct stream *file_open(const struct stream *s)
{
	struct file_stream *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->stream = *s;
	f->stream.output = &output_file;
	f->fd = -1;
	if (s->record)
		open_source(f);
	if (!softclock_start(&f->clock, &f->stream))
		return &f->stream;
	if (f->source)
		fclose(f->source);
	free(f);
	return NULL;
}

static size_t file_room(struct stream *s)
{
	return softclock_room(&((struct file_stream *)s)->clock);
}

static void file_write(struct stream *s, const void *buf, size_t len)
{
	struct file_stream *f = (struct file_stream *)s;
	int err = 0;

	softclock_consume(&f->clock, len);
	if (f->fd >= 0 && f->len + len > DATA_MAX) {
		close(f->fd);
		f->fd = -1;
	}
	if (!f->failed && f->fd < 0)
		err = file_create(f);
	if (err)
		fail(f, err);
	if (f->failed) {
		s->guest->dropped_bytes += len;
		return;
	}
	err = platform_write_at(f->fd, buf, len, HEADER_SIZE + f->len);
	if (!err) {
		f->len += len;
		err = write_header(f);
	}
	if (err)
		fail(f, err);
}

static void file_cork(struct stream *s, bool cork)
{
	(void)s;
	(void)cork;
}

static void file_close(struct stream *s)
{
	struct file_stream *f = (struct file_stream *)s;

	softclock_stop(&f->clock);
	if (f->fd >= 0)
		close(f->fd);
	if (f->source)
		fclose(f->source);
	free(f);
}

const struct output output_file = {
	.name = "file",
	.start = file_start,
	.open = file_open,
	.room = file_room,
	.write = file_write,
	.cork = file_cork,
	.close = file_close,
};
