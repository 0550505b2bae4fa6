/* SPDX-License-Identifier: GPL-2.0 */
/* Raw sound of a guest, to or from one of the host's outputs. */
#ifndef HVSNDD_VOICE_H
#define HVSNDD_VOICE_H

#include <pulse/sample.h>
#include <stdbool.h>
#include <stddef.h>

#include "guest.h"

#define VOICE_BLOCK 16384 /* of sound passed at once, at most */

/**
 * struct voice - one stream of sound
 * @output: where it is heard
 * @guest: whose
 * @sound: its sample format
 * @record: it comes from the host
 * @ready: playback: called when there is room again after there was none
 * @heard: record: called with recorded sound
 * @data: for @ready and @heard
 */
struct voice {
	const struct output *output;
	struct guest *guest;
	pa_sample_spec sound;
	bool record;
	void (*ready)(void *data);
	void (*heard)(void *data, const void *buf, size_t len);
	void *data;
};

/**
 * struct output - where sound goes to and comes from
 * @name: as in --output
 * @start: before the first voice; @argument is what the user wrote behind the
 *         colon, or NULL. Complains; returns false if it cannot be.
 * @open: begin a voice like @v. Returns one with room for more in it, or NULL
 * after a complaint.
 * @room: playback: bytes that can be written now
 * @write: playback: takes @len bytes of whole frames, at most @room
 * @cork: playback: once all is played, sleep; or wake
 * @close: playback: let what is written be heard, then free; record: stop and
 *         free. Neither @ready nor @heard is called any more.
 * @stop: the end
 */
struct output {
	const char *name;
	bool (*start)(const char *argument);
	struct voice *(*open)(const struct voice *v);
	size_t (*room)(struct voice *v);
	void (*write)(struct voice *v, const void *buf, size_t len);
	void (*cork)(struct voice *v, bool cork);
	void (*close)(struct voice *v);
	void (*stop)(void);
};

extern const struct output output_null, output_file, output_pulse, output_alsa;

/* What --output says. */
extern const struct output *output;

/* Chooses --output's and starts it; complains and returns false if there is no such. */
bool output_start(const char *name, const char *argument);

/* Fills @buf with what sounds like nothing. */
void voice_silence(const struct voice *v, void *buf, size_t len);

#endif /* HVSNDD_VOICE_H */
