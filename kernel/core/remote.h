/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's stream: what the host was told, against what ALSA wants, and the
 * command that follows.
 */
#ifndef HVSOCK_REMOTE_H
#define HVSOCK_REMOTE_H

#include "pcm_state.h"

/**
 * enum hvsnd_remote_state - state of the host's stream
 * @HVSND_REMOTE_CORKED: stopped; it may hold audio data
 * @HVSND_REMOTE_PLAYING: told to start
 * @HVSND_REMOTE_DRAINING: told to drain; of a host that cannot be told, silence
 *	follows the end of the audio data
 * @HVSND_REMOTE_DRAINED: has played everything, but was not stopped yet
 * @HVSND_REMOTE_FINISHED: has played everything, and was stopped
 */
enum hvsnd_remote_state {
	HVSND_REMOTE_CORKED,
	HVSND_REMOTE_PLAYING,
	HVSND_REMOTE_DRAINING,
	HVSND_REMOTE_DRAINED,
	HVSND_REMOTE_FINISHED,
};

/**
 * enum hvsnd_command - what the host is told
 * @HVSND_COMMAND_NONE: nothing
 * @HVSND_COMMAND_STOP: stop, and forget what it holds
 * @HVSND_COMMAND_PAUSE: stop, and keep what it holds
 * @HVSND_COMMAND_START: play or record
 * @HVSND_COMMAND_DRAIN: play to the end
 */
enum hvsnd_command {
	HVSND_COMMAND_NONE,
	HVSND_COMMAND_STOP,
	HVSND_COMMAND_PAUSE,
	HVSND_COMMAND_START,
	HVSND_COMMAND_DRAIN,
};

/**
 * struct hvsnd_remote - the host's stream
 * @state: its state
 * @epoch: START that it knows of
 * @suspended: the host's device sleeps, and consumes nothing
 */
struct hvsnd_remote {
	enum hvsnd_remote_state state;
	u32 epoch;
	bool suspended;
};

/**
 * struct hvsnd_wanted - what ALSA wants of the host's stream
 * @state: state of the PCM
 * @epoch: counts STARTs
 * @flush: the host is to forget what it holds
 * @sent: all that may be sent now was sent
 * @complete: of a PCM that drains, all was sent
 */
struct hvsnd_wanted {
	enum hvsnd_pcm_state state;
	u32 epoch;
	bool flush;
	bool sent;
	bool complete;
};

void hvsnd_remote_reset(struct hvsnd_remote *r, u32 epoch);
bool hvsnd_remote_is_stale(const struct hvsnd_remote *r, u32 epoch);
bool hvsnd_remote_is_running(const struct hvsnd_remote *r);
bool hvsnd_remote_is_drained(const struct hvsnd_remote *r,
			     enum hvsnd_pcm_state state, u32 epoch);
bool hvsnd_remote_is_unfinished(const struct hvsnd_remote *r,
				enum hvsnd_pcm_state state, u32 epoch);
void hvsnd_remote_begin(struct hvsnd_remote *r, u32 epoch);
void hvsnd_remote_set_stale(struct hvsnd_remote *r, u32 epoch);
enum hvsnd_command hvsnd_remote_next(const struct hvsnd_remote *r,
				     const struct hvsnd_wanted *w);
void hvsnd_remote_told(struct hvsnd_remote *r, enum hvsnd_command command);
void hvsnd_remote_drained(struct hvsnd_remote *r);
bool hvsnd_remote_suspend(struct hvsnd_remote *r, bool suspended);

#endif /* HVSOCK_REMOTE_H */
