// SPDX-License-Identifier: GPL-2.0
/*
 * Any data from a guest to hvsndd, and any answers of the server. The first
 * byte selects the protocol. With PulseAudio's protocol, two bytes precede each
 * piece of data: the first has the direction and whether the microphone is
 * allowed, the second has the length.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "filter.h"
#include "mic_command.h"
#include "core/proto/tagstruct.h"
#include "qubes.h"

#define CONTROL 0xffffffffU
#define RECORD 5
#define LENGTH_MAX (16 << 20) /* the server refuses more */
#define SHM 0xffffff00U

/* Parser of the data to the server, as the server would read it. */
struct server {
	uint8_t buf[65536];
	size_t have;
	uint64_t sound; /* bytes of audio data that must follow */
	bool microphone;
};

static struct filter filter;
static struct server server;

static bool may_pass(uint32_t command)
{
	static const uint32_t allowed[] = { 3,	4,  5,	6,  8,	9,  10, 12,
					    13, 14, 20, 21, 22, 23, 24, 29,
					    31, 35, 37, 41, 42, 43, 46, 47,
					    57, 58, 59, 60, 69, 72, 73, 74,
					    75, 80, 81, 82, 98, 99 };
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (allowed[i] == command)
			return true;
	}
	return false;
}

static void check_command(const uint8_t *p, size_t len)
{
	struct hvsnd_tag_reader r;
	uint32_t command;

	hvsnd_tag_reader_init(&r, p, len);
	command = hvsnd_tag_get_u32(&r);
	hvsnd_tag_get_u32(&r);
	if (r.bad || r.cut || !may_pass(command))
		abort();
	if (command == RECORD && !server.microphone)
		abort();
	if (command == 8 && hvsnd_tag_get_u32(&r) > 35)
		abort();
	if (command == 9 && !memmem(p, len, "application.name\0", 17))
		abort();
}

static void check_up(const uint8_t *p, size_t len)
{
	uint32_t length;

	memcpy(server.buf + server.have, p, len);
	server.have += len;
	for (;;) {
		if (server.sound) {
			size_t n = server.sound < server.have ? server.sound :
								server.have;

			server.sound -= n;
			server.have -= n;
			memmove(server.buf, server.buf + n, server.have);
			if (server.sound)
				return;
		}
		if (server.have < FILTER_DESC_SIZE)
			return;
		length = hvsnd_get_be32(server.buf);
		if (!length || length > LENGTH_MAX)
			abort();
		if (hvsnd_get_be32(server.buf + 16) & SHM)
			abort();
		if (hvsnd_get_be32(server.buf + 4) != CONTROL) {
			server.sound = FILTER_DESC_SIZE + (uint64_t)length;
			continue;
		}
		if (server.have < FILTER_DESC_SIZE + length)
			return;
		check_command(server.buf + FILTER_DESC_SIZE, length);
		server.have -= FILTER_DESC_SIZE + length;
		memmove(server.buf, server.buf + FILTER_DESC_SIZE + length,
			server.have);
	}
}

static void flush(void)
{
	check_up(filter.path[FILTER_TO_SERVER].out,
		 filter.path[FILTER_TO_SERVER].out_len);
	filter_sent(&filter, FILTER_TO_SERVER,
		    filter.path[FILTER_TO_SERVER].out_len);
	filter_sent(&filter, FILTER_TO_GUEST,
		    filter.path[FILTER_TO_GUEST].out_len);
}

static void fuzz_filter(const uint8_t *data, size_t size)
{
	static const uint8_t cookie[FILTER_COOKIE_SIZE];

	memset(&filter, 0, sizeof(filter));
	memset(&server, 0, sizeof(server));
	filter.guest = "guest";
	filter.cookie = cookie;
	filter.may_play = true;
	filter.may_record = true;
	while (size >= 2) {
		enum filter_dir dir = data[0] & 1 ? FILTER_TO_GUEST :
						    FILTER_TO_SERVER;
		size_t len = data[1] * 4, done = 0;

		if (data[0] & 2) {
			server.microphone = true;
			filter_allow_mic(&filter);
		}
		if (data[0] & 4)
			filter_refuse_held(&filter);
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		while (done < len) {
			ssize_t n = filter_push(&filter, dir, data + done,
						len - done);

			if (n < 0) {
				if (!filter.reason)
					abort();
				return;
			}
			/* Both ends accept all data: the relay continues. */
			flush();
			if (!n)
				abort();
			done += n;
		}
		data += len;
		size -= len;
	}
}

static unsigned int codes;

static void on_code(void *data, int wanted)
{
	if (data != &codes || (wanted != 0 && wanted != 1))
		abort();
	codes++;
}

static void fuzz_qubes(const uint8_t *data, size_t size)
{
	struct qubes whole = { .record = on_code,
			       .play = on_code,
			       .data = &codes },
		     cut = whole;
	unsigned int first;
	size_t i;

	codes = 0;
	qubes_receive(&whole, data, size);
	first = codes;
	codes = 0;
	for (i = 0; i < size; i++)
		qubes_receive(&cut, data + i, 1);
	if (codes != first || codes > size / 4)
		abort();
}

static void fuzz_mic_command(const uint8_t *data, size_t size)
{
	enum mic_command v = mic_command_parse((const char *)data, size),
			 wanted = v;

	if (size == 14 && !memcmp(data, "audio-input 1\n", 14))
		wanted = MIC_COMMAND_ALLOW;
	else if (size == 14 && !memcmp(data, "audio-input 0\n", 14))
		wanted = MIC_COMMAND_DENY;
	else if (v == MIC_COMMAND_ALLOW || v == MIC_COMMAND_DENY || size >= 14)
		wanted = MIC_COMMAND_INVALID;
	if (v != wanted)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 4) {
	case 0:
		fuzz_qubes(data + 1, size - 1);
		break;
	case 1:
		fuzz_mic_command((const uint8_t *)data + 1, size - 1);
		break;
	default:
		fuzz_filter(data + 1, size - 1);
	}
	return 0;
}
