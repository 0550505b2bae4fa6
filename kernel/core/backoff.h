/* SPDX-License-Identifier: GPL-2.0 */
/* How often a host is tried, and how long the worker waits for its answers. */
#ifndef HVSOCK_BACKOFF_H
#define HVSOCK_BACKOFF_H

#include "pure.h"

#define HVSND_SILENT_MS	2000	/* before a warning */

/**
 * enum hvsnd_patience - what follows from the time without an answer
 * @HVSND_PATIENCE_WAIT: wait
 * @HVSND_PATIENCE_WARN: warn, and wait
 * @HVSND_PATIENCE_END: the connection is useless
 */
enum hvsnd_patience {
	HVSND_PATIENCE_WAIT,
	HVSND_PATIENCE_WARN,
	HVSND_PATIENCE_END,
};

/**
 * struct hvsnd_backoff - attempts to reach a host
 * @interval_ms: time between attempts, 0 before the first failure
 * @handshake_timeout_ms: time for the answer to the request for a stream
 */
struct hvsnd_backoff {
	u32 interval_ms;
	u32 handshake_timeout_ms;
};

void hvsnd_backoff_init(struct hvsnd_backoff *b);
void hvsnd_backoff_reset(struct hvsnd_backoff *b);
u32 hvsnd_backoff_next(struct hvsnd_backoff *b, bool running, u32 random);
u32 hvsnd_backoff_connect_ms(const struct hvsnd_backoff *b, u32 timeout_ms);
void hvsnd_backoff_answered(struct hvsnd_backoff *b);
void hvsnd_backoff_allow_device(struct hvsnd_backoff *b);
enum hvsnd_patience hvsnd_backoff_check(struct hvsnd_backoff *b, u64 waited_ms,
					bool may_fail, u32 *next_ms);

#endif /* HVSOCK_BACKOFF_H */
