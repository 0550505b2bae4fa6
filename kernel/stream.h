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

#include "core/clock.h"
#include "controls.h"
#include "core/geometry.h"
#include "transport/shared.h"
#include "core/proto/session.h"
#include "stats.h"

struct hvsnd_card;
struct snd_pcm_substream;

/**
 * enum hvsnd_pcm_state - what ALSA wants of the stream
 * @HVSND_PCM_SETUP: nothing; the buffer may be gone
 * @HVSND_PCM_STARTING: START came. The clock waits for the first audio data
 *	to be sent, at most until hold_ns.
 * @HVSND_PCM_STARTING_LINKED: as STARTING, but the clocks of linked streams
 *	start together at hold_ns
 * @HVSND_PCM_RUNNING: the position advances
 * @HVSND_PCM_PAUSED: the position stands still, the host keeps what it has
 * @HVSND_PCM_STOPPED: nothing; the buffer is still there
 * @HVSND_PCM_DRAINING: the position has passed all that was written, and the
 *	host is to play it to the end
 * @HVSND_PCM_DRAINING_COPY: as DRAINING, but the buffer may be gone; what the
 *	host has not got was copied
 */
enum hvsnd_pcm_state {
	HVSND_PCM_SETUP,
	HVSND_PCM_STARTING,
	HVSND_PCM_STARTING_LINKED,
	HVSND_PCM_RUNNING,
	HVSND_PCM_PAUSED,
	HVSND_PCM_STOPPED,
	HVSND_PCM_DRAINING,
	HVSND_PCM_DRAINING_COPY,
};

/**
 * enum hvsnd_deadline - until when the worker waits for something
 * @HVSND_DEADLINE_RETRY: the next attempt to connect is due
 * @HVSND_DEADLINE_HANDSHAKE: the host is to have answered what opens a stream
 * @HVSND_DEADLINE_ANSWER: it is to have answered a request for a timing report
 * @HVSND_DEADLINE_DRAIN: one that tells nothing of time has played what it has
 * @HVSND_DEADLINE_LINGER: what was drained is to have been played, once the
 *	program has gone
 * @HVSND_DEADLINES: how many there are
 */
enum hvsnd_deadline {
	HVSND_DEADLINE_RETRY,
	HVSND_DEADLINE_HANDSHAKE,
	HVSND_DEADLINE_ANSWER,
	HVSND_DEADLINE_DRAIN,
	HVSND_DEADLINE_LINGER,
	HVSND_DEADLINES
};

/* Where the audio that follows a head comes from. */
enum hvsnd_source {
	HVSND_SOURCE_RING,
	HVSND_SOURCE_TAIL,
	HVSND_SOURCE_SILENCE,
};

#define HVSND_SCRATCH_SIZE	2048
#define HVSND_QUIET_SIZE	512
#define HVSND_CARRY_SIZE	96

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
 * @ring: the PCM ring
 * @ring_frames: frames in it
 * @period_frames: frames per period
 *
 * @lock: guards what follows up to @dead
 * @substream: ALSA's part, NULL once detached
 * @delay_frames: how far the host trails the position (D)
 * @geometry: what follows from period, buffer and latency; fixed as long as a
 *	      connection
 * @state: what ALSA wants; hvsnd_stream_set_state() alone writes it
 * @epoch: counts STARTs, so that the worker sees one that came between
 * @flush: the host is to forget what it has
 * @hold_ns: when the clock's wait at START ends
 * @cpu: where the timer was set
 * @clock: the position, in frames since prepare
 * @freewheel: the application does not tell what it wrote (dmix): send what
 *             the position passes
 * @loops: it does not stop where what it wrote ends, and has not told anything
 *         since START: until it does, what is in the ring is played again
 * @stride: frames between two looks at the application: a period, or several
 *          if it wants no period wakeups
 * @next_look: frame at which the next one is due
 * @seen: position that ALSA was last told
 * @appl: playback: frames written by the application; capture: read by it
 * @sent: playback: frames framed; capture: frames filled in
 * @gone: playback: frames that went out; not under @lock, the worker's alone
 * @admitted: the host let the guest in, on a connection without a stream
 * @ready: the host has the stream
 * @failed: the host is not there; it is tried again now and then
 * @latency_frames: what the host's device adds
 * @device_frames: the same, as the last timing report has it
 * @round_trip_us: how long that report took
 * @delay: frames between the position and the host's loudspeaker or
 *         microphone, as the reports have it
 * @reports: timing reports since the host's device began, as far as they count
 * @first_read: bytes that the device had consumed when the first report came
 *              that asked for this START; -1 for none
 * @begun: playback: the device has consumed more since
 * @late_pos: playback: a device that has not begun at this position never will
 * @skip: frames that are not to be sent, or put into the ring
 * @insert: frames of silence to be sent, or put into the ring, instead
 * @empty_ns: playback: when the host has played what a position that stopped
 *            had passed; 0 if it has nothing
 * @late: capture: frames of silence in the ring for what did not come in time
 * @early: capture: frames that the position has not reached yet; another ring
 * @early_size: frames that fit into it; fixed, as @early is
 * @early_in: frames that were put into it since prepare
 * @early_out: frames that left it for the PCM ring
 * @room_wanted: capture: the worker stopped for want of room
 * @asleep: the host's device sleeps, and takes nothing
 * @worst_delay: the longest that @delay was, in frames, since the beginning
 * @stats: what happened, but for @worst_delay
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
 * @host_epoch: the START that the host knows of
 * @host_started: the host was told to start
 * @host_draining: the host was told to drain
 * @drained: it has
 * @padded: silence was sent behind the end
 * @killed: the host's user, or its policy, ended the stream: none is made
 *          before the next prepare
 * @silence: frames of silence still to be sent, or put into the ring, first
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
 * @asked: @total when a timing report was asked for
 * @asked_ns: when that was
 * @asked_epoch: for which START, 0 if it does not count any more
 * @ask_ns: when to ask for the next one, if the host says something
 * @late_ns: when to ask even if it says nothing
 * @heard: it has
 * @unanswered_ns: since when none was answered, 0 if there is none to answer;
 *                 or, without such reports, since when nothing was taken
 * @sum: of the first reports' delays, in frames
 * @primed: capture: the first audio came
 * @carry: capture: a frame that came in part
 * @carry_len: bytes of it
 * @scratch: what was received
 * @scratch_len: bytes of it
 * @scratch_off: how many of them the session has taken
 * @quiet: silence in the stream's format
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
	u8 *ring;
	u32 ring_frames;
	u32 period_frames;

	/* shared */
	spinlock_t lock;
	struct snd_pcm_substream *substream;
	u32 delay_frames;
	struct hvsnd_geometry geometry;
	enum hvsnd_pcm_state state;
	u32 epoch;
	bool flush;
	u64 hold_ns;
	int cpu;
	struct hvsnd_clock clock;
	bool freewheel;
	bool loops;
	u32 stride;
	u64 next_look;
	u64 seen;
	u64 appl;
	u64 sent;
	u64 gone;
	bool admitted;
	bool ready;
	bool failed;
	u32 latency_frames;
	u32 device_frames;
	u32 round_trip_us;
	u32 delay;
	u32 reports;
	s64 first_read;
	bool begun;
	u64 late_pos;
	u32 skip;
	u32 insert;
	u64 empty_ns;
	u32 late;
	u8 *early;
	u32 early_size;
	u64 early_in;
	u64 early_out;
	bool room_wanted;
	bool asleep;
	u32 worst_delay;
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
	u32 host_epoch;
	bool host_started;
	bool host_draining;
	bool drained;
	bool padded;
	bool killed;
	u32 silence;
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
	u64 asked;
	u64 asked_ns;
	u32 asked_epoch;
	u64 ask_ns;
	u64 late_ns;
	bool heard;
	u64 unanswered_ns;
	s64 sum;
	bool primed;
	u8 carry[HVSND_CARRY_SIZE];
	size_t carry_len;
	u8 scratch[HVSND_SCRATCH_SIZE];
	size_t scratch_len;
	size_t scratch_off;
	u8 quiet[HVSND_QUIET_SIZE];
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
