/* SPDX-License-Identifier: GPL-2.0 */
/* The outputs that --output offers: null, file, pulse, alsa. */
#ifndef HVSNDD_OUTPUTS_H
#define HVSNDD_OUTPUTS_H

#include "stream.h"

/**
 * struct output - where streams are played and recorded
 * @name: name in --output
 * @start: called before the first stream is opened, may be NULL; @argument is
 *         the text after the colon in --output, or NULL. On failure, @start
 *         logs the cause and returns false.
 * @open: open a stream with the properties of @s. The returned structure
 *        begins with a struct stream. On failure, @open logs the cause and
 *        returns NULL.
 * @room: playback: number of bytes that can be written now
 * @write: playback: take @len bytes, whole frames, at most what @room returned
 * @cork: playback: true: play all queued data, then stop the output stream;
 *        false: start the output stream again
 * @delay: duration, in microseconds, of the data that was written and not heard
 *         yet, or recorded and not passed on; NULL if the output has no device,
 *         so that its own clock does not count
 * @set_volume: playback: apply @volume of the stream, which has changed. NULL
 *              if the output has no volume; the volume is then applied to the
 *              samples before @write.
 * @close: playback: play all queued data, then free the stream; recording:
 *         free the stream at once. The callbacks of the stream are not called
 *         after @close.
 * @stop: called once before the program ends, may be NULL
 */
struct output {
	const char *name;
	bool (*start)(const char *argument);
	struct stream *(*open)(const struct stream *s);
	size_t (*room)(struct stream *s);
	void (*write)(struct stream *s, const void *buf, size_t len);
	void (*cork)(struct stream *s, bool cork);
	uint64_t (*delay)(struct stream *s);
	void (*set_volume)(struct stream *s);
	void (*close)(struct stream *s);
	void (*stop)(void);
};

extern const struct output output_null, output_file, output_pulse, output_alsa;

#endif /* HVSNDD_OUTPUTS_H */
