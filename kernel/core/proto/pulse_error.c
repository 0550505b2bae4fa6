// SPDX-License-Identifier: GPL-2.0
/*
 * The errors with which PulseAudio refuses a connection or a stream. They are
 * numbered in PulseAudio's src/pulse/def.h.
 */

#include "pulse_error.h"

enum pulse_error {
	PULSE_ERR_ACCESS = 1,
	PULSE_ERR_INVALID = 3,
	PULSE_ERR_EXIST = 4,
	PULSE_ERR_NOENTITY = 5,
	PULSE_ERR_PROTOCOL = 7,
	PULSE_ERR_TIMEOUT = 8,
	PULSE_ERR_BADSTATE = 15,
	PULSE_ERR_VERSION = 17,
	PULSE_ERR_TOOLARGE = 18,
	PULSE_ERR_NOTSUPPORTED = 19,
	PULSE_ERR_BUSY = 26,
};

/**
 * hvsnd_pulse_errno() - The errno of an error of PulseAudio's
 * @code: the error's number
 *
 * Context: Any.
 * Return: A negative errno.
 */
int hvsnd_pulse_errno(u32 code)
{
	switch (code) {
	case PULSE_ERR_ACCESS:
		return -EACCES;
	case PULSE_ERR_INVALID:
		return -EINVAL;
	case PULSE_ERR_EXIST:
		return -EEXIST;
	case PULSE_ERR_NOENTITY:
		return -ENODEV;
	case PULSE_ERR_PROTOCOL:
	case PULSE_ERR_VERSION:
		return -EPROTO;
	case PULSE_ERR_TIMEOUT:
		return -ETIMEDOUT;
	case PULSE_ERR_BADSTATE:
		return -EBADFD;
	case PULSE_ERR_TOOLARGE:
		return -E2BIG;
	case PULSE_ERR_NOTSUPPORTED:
		return -EOPNOTSUPP;
	case PULSE_ERR_BUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/**
 * hvsnd_pulse_connection_reason() - Why the host refuses the connection
 * @err: what hvsnd_pulse_errno() returned
 *
 * Context: Any.
 * Return: One line: what is wrong, and what to do.
 */
const char *hvsnd_pulse_connection_reason(int err)
{
	switch (err) {
	case -EACCES:
		return "host refuses the PulseAudio cookie: give the card the host's (hvsnd cookie), or load its native-protocol module with auth-anonymous=1";
	case -EPROTO:
		return "host's PulseAudio is too old (protocol below 32): it needs PulseAudio 10 or newer";
	default:
		return "host refuses the connection: see its audio server's log";
	}
}

/**
 * hvsnd_pulse_stream_reason() - Why the host refuses the stream
 * @err: what hvsnd_pulse_errno() returned
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 *
 * Context: Any.
 * Return: One line: what is wrong, and what to do.
 */
const char *hvsnd_pulse_stream_reason(int err, int direction)
{
	switch (err) {
	case -ENODEV:
		if (direction == SNDRV_PCM_STREAM_PLAYBACK)
			return "host has no sink: give it a sound device or module-null-sink";
		return "host has no source: connect a microphone to it, or allow its use";
	case -EACCES:
		return "host does not allow this stream: check its session manager's settings";
	case -EINVAL:
	case -EOPNOTSUPP:
		return "host refuses the sample format, rate or channels: choose others";
	case -ETIMEDOUT:
		return "host found no device for the stream in time: check its session manager";
	default:
		return "host refuses the stream: see its audio server's log";
	}
}
