/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pump: one substream between two hw_params, from the PCM ring to the
 * host or back.
 *
 * Who may touch what:
 *  - fields under "fixed" are set by hvsnd_stream_create() and never change;
 *  - fields under "shared" are guarded by @lock, which nests inside the PCM
 *    stream lock and is held with interrupts off and only for short;
 *  - everything else belongs to the worker, or to whoever holds @work_lock,
 *    which the worker takes for each run.
 *
 * The ring belongs to ALSA and may go whenever the PCM does not run. So the
 * worker reads or writes it only between START and hvsnd_stream_sync_stop(),
 * which copies what the host has not got yet to @tail.
 *
 * A stream outlives its substream: hvsnd_stream_detach() takes it away from
 * ALSA, the worker lets the host play what it was sent, then marks it dead
 * and leaves it to the card's reaper. So close() waits for nobody, and what
 * was played is heard to its last frame.
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

#include "core/capture.h"
#include "core/clock.h"
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

#define HVSND_SCRATCH_SIZE	2048

/**
 * struct hvsnd_stream - one substream's pump
 *
 * @card: the card, which outlives all its streams
 * @entry: in the card's list
 * @id: its number on the card
 * @number: ALSA's number of the substream
 * @comm: the program's name
 * @params: what the host is asked for
 * @frame_bytes: bytes per frame
 * @ring: PCM buffer
 * @silence: silence in the stream's format
 * @context: what the pure parts share
 * @period_frames: frames per period
 *
 * @lock: guards what follows up to @dead
 * @substream: ALSA's part, NULL once detached
 * @geometry: what follows from period, buffer and latency; fixed as long as a
 *	      connection
 * @state: what ALSA wants; hvsnd_stream_set_state() alone writes it
 * @epoch: counts STARTs, so that the worker sees one that came between
 * @flush: the host is to forget what it has
 * @hold_ns: when the clock's wait at START ends
 * @cpu: where the timer was set
 * @clock: the position, in frames since prepare
 * @delay: between the position and the host's loudspeaker or microphone
 * @remote: the host's stream
 * @playback: playback: what the host gets
 * @capture: capture: what the host sends
 * @stride: frames between two looks at the application: a period, or several
 *          if it wants no period wakeups
 * @next_look: frame at which the next one is due
 * @seen: position that ALSA was last told
 * @admitted: the host let the guest in, on a connection without a stream
 * @ready: the host has the stream
 * @failed: the host is not there; it is tried again now and then
 * @stats: what happened
 * @dead: nothing left to do, for the reaper
 *
 * @work_lock: held by the worker while it runs; outside of @lock
 * @work: the worker
 * @deadlines: when each is, 0 for none
 * @alarm: wakes the worker at the earliest of them
 * @alarm_ns: no sooner than then
 * @timer: period boundaries and refills
 * @channel: the connection
 * @session: what is spoken over it
 * @connected: the session has begun
 * @up: reported to the card's @host as connected
 * @volume_seen: what the guest set that the host was told
 * @since_ns: when the attempt began
 * @retry_ms: how long to wait between attempts, 0 before the first failure
 * @patience_ms: how long it may take to answer what opens a stream
 * @told: it was said that the host is not there, or says nothing
 * @abort: the card is going: do not wait for the tail
 * @suspended: the machine sleeps: no connection
 * @remake: the connection is to be made anew
 * @noted: what was told by netlink
 * @killed: the host's user, or its policy, ended the stream: none is made
 *          before the next prepare
 * @head: what precedes the audio being sent
 * @head_len: bytes in @head
 * @head_off: how many of them went out
 * @body_left: bytes of audio that must follow
 * @body_source: where they come from
 * @body_pos: where in the ring, counted in bytes since prepare
 * @tail: what the ring still held for the host when it was taken away
 * @tail_len: bytes in @tail
 * @tail_framed: how many of them are framed
 * @tail_off: how many of them went out
 * @discard: capture: what comes is not wanted
 * @total: bytes of audio framed, or received, since the connection began
 * @heard: the host has just said something
 * @unanswered_ns: since when none was answered, 0 if there is none to answer;
 *                 or, without such reports, since when nothing was taken
 * @scratch: what was received
 * @scratch_len: bytes of it
 * @scratch_off: how many of them the session has taken
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
	u64 hold_ns;
	int cpu;
	struct hvsnd_clock clock;
	struct hvsnd_delay delay;
	struct hvsnd_remote remote;
	struct hvsnd_playback playback;
	struct hvsnd_capture capture;
	u32 stride;
	u64 next_look;
	u64 seen;
	bool admitted;
	bool ready;
	bool failed;
	struct hvsnd_stats stats;
	bool dead;

	/* the worker's */
	struct mutex work_lock;		/* held while it runs */
	struct work_struct work;
	u64 deadlines[HVSND_DEADLINES];
	struct delayed_work alarm;
	u64 alarm_ns;
	struct hrtimer timer;
	struct hvsnd_channel channel;
	struct hvsnd_session session;
	bool connected;
	bool up;
	struct hvsnd_volume_count volume_seen;
	u64 since_ns;
	u32 retry_ms;
	u32 patience_ms;
	bool told;
	bool abort;
	bool suspended;
	bool remake;
	struct {
		bool opened;
		bool running;
		bool closed;
		u32 xruns;
		u32 resyncs;
	} noted;
	bool killed;
	u8 head[HVSND_HEAD_MAX];
	size_t head_len;
	size_t head_off;
	size_t body_left;
	enum hvsnd_source body_source;
	u64 body_pos;
	u8 *tail;
	size_t tail_len;
	size_t tail_framed;
	size_t tail_off;
	bool discard;
	u64 total;
	bool heard;
	u64 unanswered_ns;
	u8 scratch[HVSND_SCRATCH_SIZE];
	size_t scratch_len;
	size_t scratch_off;
};

struct hvsnd_stream *
hvsnd_stream_create(struct hvsnd_card *card,
		    struct snd_pcm_substream *substream,
		    const struct hvsnd_session_params *params,
		    u32 period_frames, u32 ring_frames, u8 *ring);
void hvsnd_stream_detach(struct hvsnd_stream *st);
void hvsnd_stream_wake(struct hvsnd_stream *st);
bool hvsnd_stream_is_idle(const struct hvsnd_stream *st);
void hvsnd_stream_prepare(struct hvsnd_stream *st);
void hvsnd_stream_start(struct hvsnd_stream *st, bool freewheel, bool loops,
			bool wakeups, u64 at_ns);
void hvsnd_stream_stop(struct hvsnd_stream *st);
void hvsnd_stream_pause(struct hvsnd_stream *st);
void hvsnd_stream_resume(struct hvsnd_stream *st, u64 at_ns);
void hvsnd_stream_sync_stop(struct hvsnd_stream *st);
s64 hvsnd_stream_pointer(struct hvsnd_stream *st, u64 most, u32 *delay);
int hvsnd_stream_ack(struct hvsnd_stream *st, s64 ahead);
void hvsnd_stream_reset(struct hvsnd_stream *st);
void hvsnd_streams_wake(struct hvsnd_card *card);
void hvsnd_streams_retry(struct hvsnd_card *card);
void hvsnd_streams_reconnect(struct hvsnd_card *card);
void hvsnd_streams_suspend(struct hvsnd_card *card);
void hvsnd_streams_resume(struct hvsnd_card *card);
void hvsnd_streams_reap(struct work_struct *work);
void hvsnd_streams_abort(struct hvsnd_card *card);

extern atomic_t hvsnd_streams_generation;

void hvsnd_stream_xrun(struct hvsnd_stream *st);
void hvsnd_stream_get_info(struct hvsnd_stream *st,
			   struct hvsnd_stream_info *info);
bool hvsnd_streams_next(struct hvsnd_card *card, u32 after,
			struct hvsnd_stream_info *info);
u32 hvsnd_streams_stats(struct hvsnd_card *card, struct hvsnd_stats *sum);

#endif /* HVSOCK_STREAM_H */
