// SPDX-License-Identifier: GPL-2.0
#include "backoff.h"

#define INTERVAL_MIN_MS		100
#define INTERVAL_RUNNING_MS	400	/* at most, while the PCM runs */
#define INTERVAL_MAX_MS		2000
#define RECONNECT_MS		500
#define HANDSHAKE_MAX_MS	35000	/* PulseAudio's clients wait 30 s */

/**
 * hvsnd_backoff_init() - Begin with a host that was not tried yet
 * @b: back-off
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_backoff_init(struct hvsnd_backoff *b)
{
	b->interval_ms = 0;
	b->handshake_timeout_ms = HANDSHAKE_MAX_MS;
}

/**
 * hvsnd_backoff_reset() - Wait as short as after the first failure
 * @b: back-off
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_backoff_reset(struct hvsnd_backoff *b)
{
	b->interval_ms = 0;
}

/**
 * hvsnd_backoff_next() - Time until the next attempt, after a failure
 * @b: back-off
 * @running: whether the PCM runs
 * @random: random number, so that streams do not try all at once
 *
 * Context: Any; the caller serialises.
 * Return: Milliseconds.
 */
u32 hvsnd_backoff_next(struct hvsnd_backoff *b, bool running, u32 random)
{
	u32 max = running ? INTERVAL_RUNNING_MS : INTERVAL_MAX_MS;

	b->interval_ms = clamp_t(u32, 2 * b->interval_ms, INTERVAL_MIN_MS, max);
	return b->interval_ms * 3 / 4 + random % (b->interval_ms / 4 + 1);
}

/**
 * hvsnd_backoff_connect_ms() - Time for the transport to connect
 * @b: back-off
 * @timeout_ms: connect timeout of the card, in milliseconds
 *
 * Context: Any; the caller serialises.
 * Return: Milliseconds; less after a failure.
 */
u32 hvsnd_backoff_connect_ms(const struct hvsnd_backoff *b, u32 timeout_ms)
{
	return b->interval_ms ? min_t(u32, timeout_ms, RECONNECT_MS) :
				timeout_ms;
}

/**
 * hvsnd_backoff_answered() - Note that the host has answered
 * @b: back-off
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_backoff_answered(struct hvsnd_backoff *b)
{
	b->interval_ms = 0;
	b->handshake_timeout_ms = HVSND_SILENT_MS;
}

/**
 * hvsnd_backoff_allow_device() - Allow for a slow device on the host
 * @b: back-off
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_backoff_allow_device(struct hvsnd_backoff *b)
{
	b->handshake_timeout_ms = HANDSHAKE_MAX_MS;
}

/**
 * hvsnd_backoff_check() - Check how long the host takes to answer
 * @b: back-off
 * @waited_ms: milliseconds since the request for a stream
 * @may_fail: whether the program wants an error rather than silence
 * @next_ms: set to when to check again, in milliseconds since the request
 *
 * A host that has answered before answers at once when it is back. Without an
 * answer then, the connection may not have reached the host. So the timeout is
 * short after a first success, and doubles with each failure.
 *
 * Context: Any; the caller serialises.
 * Return: What follows.
 */
enum hvsnd_patience hvsnd_backoff_check(struct hvsnd_backoff *b, u64 waited_ms,
					bool may_fail, u32 *next_ms)
{
	u32 max = may_fail ? HVSND_SILENT_MS : b->handshake_timeout_ms;

	if (waited_ms >= max) {
		b->handshake_timeout_ms = min_t(u32, 2 * max, HANDSHAKE_MAX_MS);
		return HVSND_PATIENCE_END;
	}
	if (waited_ms >= HVSND_SILENT_MS) {
		*next_ms = max;
		return HVSND_PATIENCE_WARN;
	}
	*next_ms = HVSND_SILENT_MS;
	return HVSND_PATIENCE_WAIT;
}
