/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream: one substream between two hw_params, from the PCM buffer to the
 * host or back.
 *
 * Locking:
 *  - members under "fixed" are set by hvsnd_stream_create() and never change;
 *  - members under "shared" are guarded by @lock, which nests inside the PCM
 *    stream lock and is held with interrupts disabled for a short time only;
 *  - all other members belong to the worker, or to the holder of @work_lock,
 *    which the worker takes for each run.
 *
 * ALSA may free the PCM buffer whenever the PCM does not run. So the worker
 * accesses it only between START and hvsnd_stream_sync_stop(), which copies
 * what a drain has not sent yet.
 *
 * A stream outlives its substream. hvsnd_stream_detach() takes it away from
 * ALSA. The worker lets the host play what was sent, then marks the stream
 * dead and leaves it to the reaper. So close() does not wait for the host, and
 * a drain is heard to its last frame.
 */
#ifndef HVSOCK_STREAM_H
#define HVSOCK_STREAM_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/backoff.h"
#include "core/capture.h"
#include "core/clock.h"
#include "core/conn_state.h"
#include "core/context.h"
#include "core/deadline.h"
#include "core/delay.h"
#include "core/geometry.h"
#include "core/pcm_state.h"
#include "core/playback.h"
#include "core/remote.h"
#include "core/ring.h"
#include "mixer.h"
#include "transport/channel.h"
#include "core/proto/session.h"
#include "info.h"

struct hvsnd_card;
struct snd_pcm_substream;

/**
 * struct hvsnd_conn - a stream's connection to the host
 * @state: hvsnd_stream_set_conn() alone writes it, with both locks held
 * @lost: the host has not answered since a connection was lost or failed
 * @requests: bits of enum hvsnd_request
 * @counted: the card's host counts this stream as connected
 * @warned: a warning said that the host is away, or does not answer
 * @channel: what the stream sends over
 * @session: what is spoken over @channel
 * @volume_seen: the guest's volume that the host was told
 * @deadlines: nanoseconds, 0 for none
 * @alarm: wakes the worker at the earliest deadline
 * @alarm_ns: when @alarm is to come
 * @since_ns: when the present step of connecting began
 * @backoff: time between attempts, and for the host to answer
 * @unanswered_ns: when the open request for a timing report was sent, or, of a
 *	host without such reports, since when it takes nothing; 0 for neither
 * @audio_bytes: audio data framed, or received, since the connection was made
 */
struct hvsnd_conn {
	enum hvsnd_conn_state state;
	bool lost;
	unsigned long requests;
	bool counted;
	bool warned;
	struct hvsnd_channel channel;
	struct hvsnd_session session;
	struct hvsnd_volume_count volume_seen;
	u64 deadlines[HVSND_DEADLINES];
	struct delayed_work alarm;
	u64 alarm_ns;
	u64 since_ns;
	struct hvsnd_backoff backoff;
	u64 unanswered_ns;
	u64 audio_bytes;
};

/**
 * struct hvsnd_tx - the block of audio data that is being sent
 * @head: bytes that precede the audio data
 * @head_len: bytes in @head
 * @head_off: bytes of @head that went out
 * @body_left: bytes of audio data that must follow
 * @source: where the audio data comes from
 * @body_pos: where in the PCM buffer, in bytes since prepare
 * @drain_copy: what the PCM buffer still held for the host when it was freed
 * @drain_len: bytes in @drain_copy
 * @drain_framed: bytes of @drain_copy that are framed
 * @drain_off: bytes of @drain_copy that went out
 */
struct hvsnd_tx {
	u8 head[HVSND_HEAD_MAX];
	size_t head_len;
	size_t head_off;
	size_t body_left;
	enum hvsnd_source source;
	u64 body_pos;
	u8 *drain_copy;
	size_t drain_len;
	size_t drain_framed;
	size_t drain_off;
};

#define HVSND_RX_BYTES		2048

/**
 * struct hvsnd_rx - what was received last
 * @data: bytes from the host
 * @len: bytes in @data
 * @off: bytes of @data that the session has taken
 * @discard: capture: audio data is not wanted
 * @received: the host has said something in this run of the worker
 */
struct hvsnd_rx {
	u8 data[HVSND_RX_BYTES];
	size_t len;
	size_t off;
	bool discard;
	bool received;
};

/**
 * enum hvsnd_notified_state - what netlink notifications said last of a stream
 * @HVSND_NOTIFIED_NOTHING: nothing
 * @HVSND_NOTIFIED_STOPPED: it was opened, or has stopped
 * @HVSND_NOTIFIED_RUNNING: the position advances
 * @HVSND_NOTIFIED_CLOSED: it was closed
 */
enum hvsnd_notified_state {
	HVSND_NOTIFIED_NOTHING,
	HVSND_NOTIFIED_STOPPED,
	HVSND_NOTIFIED_RUNNING,
	HVSND_NOTIFIED_CLOSED,
};

/**
 * struct hvsnd_notified - what user space was told by netlink notifications
 * @state: state of the stream
 * @xruns: xruns so far
 * @resyncs: resyncs so far
 */
struct hvsnd_notified {
	enum hvsnd_notified_state state;
	u32 xruns;
	u32 resyncs;
};

/**
 * struct hvsnd_stream - one substream between two hw_params
 *
 * @card: card, which outlives all its streams
 * @entry: entry in the card's list
 * @id: number of the stream on the card
 * @number: ALSA's number of the substream
 * @comm: name of the program
 * @params: what the stream asks of the host
 * @frame_bytes: bytes per frame
 * @ring: PCM buffer
 * @silence: silence in the stream's format
 * @context: what the pure parts share
 * @period_frames: frames per period
 *
 * @lock: guards the members from here up to @life
 * @substream: ALSA's substream, NULL after hvsnd_stream_detach()
 * @geometry: sizes that follow from period, buffer and latency; they change
 *	only between two connections
 * @state: state of the PCM; hvsnd_stream_set_state() alone writes it
 * @epoch: counts STARTs, so that the worker notices each
 * @flush: the host is to forget what it holds
 * @start_timeout_ns: when the clock's wait at START ends
 * @cpu: processor on which the timer was set
 * @clock: position, in frames since prepare
 * @delay: delay between the position and the host's loudspeaker or microphone
 * @remote: the host's stream
 * @playback: of a playback stream: which frames the host gets
 * @capture: of a capture stream: frames that the host sent
 * @wakeup_interval: frames between period boundaries that count: a period, or
 *	several if the application wants no period wakeups
 * @next_boundary: position of the next such boundary
 * @reported_ptr: position that ALSA was told last
 * @stats: counters
 * @life: who uses the stream; hvsnd_stream_set_life() alone writes it
 *
 * @work_lock: held by the worker while it runs; @lock nests inside
 * @work: runs the worker
 * @timer: fires at period boundaries, and when more is to be sent
 * @conn: connection to the host
 * @tx: what is being sent
 * @rx: what was received
 * @notified: what user space was told
 */
struct hvsnd_stream {
	/* fixed */
	struct hvsnd_card *card;
	struct list_head entry;
	u32 id;
	u32 number;
	char comm[TASK_COMM_LEN];
	struct hvsnd_session_params params;
	u32 frame_bytes;
	struct hvsnd_ring ring;
	struct hvsnd_silence silence;
	struct hvsnd_context context;
	u32 period_frames;

	/* shared */
	spinlock_t lock;
	struct snd_pcm_substream *substream;
	struct hvsnd_geometry geometry;
	enum hvsnd_pcm_state state;
	u32 epoch;
	bool flush;
	u64 start_timeout_ns;
	int cpu;
	struct hvsnd_clock clock;
	struct hvsnd_delay delay;
	struct hvsnd_remote remote;
	struct hvsnd_playback playback;
	struct hvsnd_capture capture;
	u32 wakeup_interval;
	u64 next_boundary;
	u64 reported_ptr;
	struct hvsnd_stats stats;
	enum hvsnd_life life;

	/* the worker's */
	struct mutex work_lock;		/* held while it runs */
	struct work_struct work;
	struct hrtimer timer;
	struct hvsnd_conn conn;
	struct hvsnd_tx tx;
	struct hvsnd_rx rx;
	struct hvsnd_notified notified;
};

static inline u32 hvsnd_ms(const struct hvsnd_stream *st, u32 ms)
{
	return st->params.rate * ms / 1000;
}

static inline bool hvsnd_is_playback(const struct hvsnd_stream *st)
{
	return st->params.direction == SNDRV_PCM_STREAM_PLAYBACK;
}

static inline u64 hvsnd_stream_position(const struct hvsnd_stream *st)
{
	return hvsnd_clock_frames(&st->clock, ktime_get_ns());
}

static inline bool hvsnd_stream_is_on(const struct hvsnd_stream *st)
{
	return hvsnd_pcm_is_on(READ_ONCE(st->state));
}

static inline bool hvsnd_stream_is_paused(const struct hvsnd_stream *st)
{
	return READ_ONCE(st->state) == HVSND_PCM_PAUSED;
}

/* ALSA has not let go of the stream. */
static inline bool hvsnd_stream_is_attached(const struct hvsnd_stream *st)
{
	return READ_ONCE(st->life) == HVSND_LIFE_ATTACHED;
}

/* The host has the stream. */
static inline bool hvsnd_stream_is_up(const struct hvsnd_stream *st)
{
	return READ_ONCE(st->conn.state) == HVSND_CONN_UP;
}

static inline bool hvsnd_stream_is_asked(const struct hvsnd_stream *st,
					 enum hvsnd_request request)
{
	return test_bit(request, &st->conn.requests);
}

#endif /* HVSOCK_STREAM_H */
