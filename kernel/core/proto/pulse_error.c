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
		return "the host refuses the PulseAudio cookie. Give the card the host's cookie (hvsnd cookie CARD FILE), or load the host's module-native-protocol with auth-anonymous=1";
	case -EPROTO:
		return "the host's PulseAudio is too old. Install PulseAudio 10 or newer there";
	default:
		return "the host refuses the connection. See the log of its audio server";
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
			return "the host has no sink. Add a sound device to it, or load module-null-sink";
		return "the host has no source. Connect a microphone to it, or allow its use";
	case -EACCES:
		return "the host does not allow this stream. Check the settings of its session manager";
	case -EINVAL:
	case -EOPNOTSUPP:
		return "the host refuses the sample format, rate or channels. Choose others";
	case -ETIMEDOUT:
		return "the host found no device for the stream in time. Check its session manager";
	default:
		return "the host refuses the stream. See the log of its audio server";
	}
}
