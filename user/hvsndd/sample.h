/* SPDX-License-Identifier: GPL-2.0 */
/* Sample formats, and conversion between bytes, frames and time. */
#ifndef HVSNDD_SAMPLE_H
#define HVSNDD_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_RATE_MAX 384000
#define SAMPLE_CHANNELS_MAX 32

/* Sample formats, with the numbers of PulseAudio's native protocol. */
enum sample_format {
	SAMPLE_U8,
	SAMPLE_ALAW,
	SAMPLE_ULAW,
	SAMPLE_S16LE,
	SAMPLE_S16BE,
	SAMPLE_FLOAT32LE,
	SAMPLE_FLOAT32BE,
	SAMPLE_S32LE,
	SAMPLE_S32BE,
	SAMPLE_S24LE, /* 3 bytes */
	SAMPLE_S24BE,
	SAMPLE_S24_32LE, /* in the lower bits of 4 bytes */
	SAMPLE_S24_32BE,
	SAMPLE_FORMATS,
	SAMPLE_INVALID = -1,
};

/**
 * struct sample_spec - format of a stream
 * @format: sample format
 * @rate: frames per second
 * @channels: number of channels
 */
struct sample_spec {
	enum sample_format format;
	uint32_t rate;
	uint8_t channels;
};

/* Size of a sample in bytes. */
size_t sample_size(enum sample_format format);

/* Size of a frame in bytes. */
size_t sample_frame_size(const struct sample_spec *spec);

/* Number of bytes in @usec microseconds, whole frames. */
size_t sample_bytes(uint64_t usec, const struct sample_spec *spec);

/* Duration of @len bytes in microseconds. */
uint64_t sample_usec(uint64_t len, const struct sample_spec *spec);

/* Fill @buf with silence. */
void sample_silence(enum sample_format format, void *buf, size_t len);

/**
 * sample_format_parse() - Parse the name of a sample format
 * @text: a name that PulseAudio knows, for instance s16le or s24-32be
 *
 * Return: The format, or SAMPLE_INVALID.
 */
enum sample_format sample_format_parse(const char *text);

#endif /* HVSNDD_SAMPLE_H */
