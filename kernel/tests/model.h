/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream put together from the pure parts (model.c, for a recording
 * model_capture.c too), the host that it talks to (model_host.c), and runs of
 * both with an application (model_runs.c).
 */
#ifndef HVSOCK_TESTS_MODEL_H
#define HVSOCK_TESTS_MODEL_H

#include "unit.h"

#include "core/backoff.h"
#include "core/capture.h"
#include "core/conn_state.h"
#include "core/deadline.h"
#include "core/playback.h"
#include "core/proto/session.h"
#include "core/remote.h"

#define MODEL_RATE	48000
#define MODEL_FRAME	4			/* bytes */
#define MODEL_RING	4800			/* frames */
#define MODEL_PERIOD	480
#define MODEL_WRITTEN	(1 << 15)		/* frames that are remembered */
#define MODEL_NUMBERS	(1 << 19)		/* numbers that are */
#define MODEL_QUEUE	(1 << 20)		/* frames that a host keeps */
#define MODEL_STEPS	1500			/* of a run */
#define MODEL_MS	1000000ULL		/* in nanoseconds */
#define MODEL_POISON	0xdeadbeefU		/* in memory that is not used */
#define MODEL_JITTER	16384			/* frames */
#define MODEL_ANSWER	65536			/* bytes */
#define MODEL_NONE	0xffffffffU
#define MODEL_UNKNOWN	~0ULL

/* What a check needs to be found again. */
#define must(c) do {							\
	if (!(c))							\
		fail_msg("MODEL_SEED=%u, step %u: not so: %s", m.seed,	\
			 m.step, #c);					\
} while (0)

/**
 * enum model_alsa - where the application is
 * @MODEL_STOPPED: it has to prepare
 * @MODEL_PREPARED: it writes, then starts
 * @MODEL_RUNNING: it writes
 * @MODEL_PAUSED: it has paused
 * @MODEL_DRAINING: it waits for the end of what it wrote
 * @MODEL_DETACHED: it has gone
 */
enum model_alsa {
	MODEL_STOPPED,
	MODEL_PREPARED,
	MODEL_RUNNING,
	MODEL_PAUSED,
	MODEL_DRAINING,
	MODEL_DETACHED,
};

/**
 * struct model_host - a host that speaks PulseAudio's protocol
 * @away: nobody listens
 * @hangs: it does nothing
 * @liar: what it reports is not so
 * @connected: there is a connection
 * @closed: it ended the connection
 * @created: it has the stream
 * @corked: the stream is stopped
 * @suspended: its device sleeps
 * @extra_us: latency that its device has now and then, in microseconds
 * @ppm: by how much its device is faster
 * @rest_ns: time that was too short for a frame to be played
 * @tlength: bytes that it asks for
 * @granted: bytes that it has asked for since it has the stream
 * @received: bytes that came
 * @drain_tag: tag of an open drain
 * @dry: its queue ran empty
 * @queue: frames, by their count modulo MODEL_QUEUE
 * @in: frames that were put into @queue
 * @out: frames that left it
 * @desc: descriptor of the message that comes
 * @desc_have: bytes of it
 * @body: message, or a part of a frame
 * @body_have: bytes of it that came
 * @answer: bytes for the guest
 * @answer_len: how many
 * @taken: how many of them a recording guest has received
 * @arrived: bytes came that the guest has not been woken for
 * @sound: sound of the last frame that came
 * @expected: number of the frame that must be next, in its sound
 * @lost: frames that never came
 * @heard: number of the last frame that was played
 * @forgotten: number up to which frames were to be forgotten, and were
 * @chunk: frames that it sends at a time
 * @recorded: number of the last frame that its device has recorded
 * @late_until_ns: until when it keeps what it has recorded
 * @deaf_until_ns: until when it reads nothing
 */
struct model_host {
	bool away;
	bool hangs;
	bool liar;
	bool connected;
	bool closed;
	bool created;
	bool corked;
	bool suspended;
	u32 extra_us;
	s32 ppm;
	u64 rest_ns;
	u32 tlength;
	u64 granted;
	u64 received;
	u32 drain_tag;
	bool dry;
	u32 queue[MODEL_QUEUE];
	u64 in;
	u64 out;
	u8 desc[20];
	u32 desc_have;
	u8 body[2048];
	u32 body_have;
	u8 answer[MODEL_ANSWER];
	u32 answer_len;
	u32 taken;
	bool arrived;
	u32 sound;
	u64 expected;
	u64 lost;
	u32 heard;
	u32 forgotten;
	u32 chunk;
	u32 recorded;
	u64 late_until_ns;
	u64 deaf_until_ns;
};

/**
 * struct model_recording - what a recording application has got since START
 * @begun: the host was told to record
 * @first: frames with numbers up to this one were recorded before START
 * @last: number of the last frame that was read
 * @excused: frames up to this number may be missing
 * @missing: frames that are missing beyond that
 * @silent: frames of silence that were read
 * @allowed: frames of silence that need not be counted
 * @from: first frame of a piece that begins again
 * @from_jitter: frames that had left the jitter buffer by then
 * @stats: counters at START
 * @poisoned: frame up to which the PCM buffer was made invalid
 * @alive_ns: since when nothing has kept frames from being recorded
 * @alive_number: number of the host's last frame then
 * @memory: frames of the jitter buffer
 */
struct model_recording {
	bool begun;
	u32 first;
	u32 last;
	u32 excused;
	u64 missing;
	u64 silent;
	s64 allowed;
	u64 from;
	u64 from_jitter;
	struct hvsnd_stats stats;
	u64 poisoned;
	u64 alive_ns;
	u32 alive_number;
	u32 memory[MODEL_JITTER];
};

/**
 * struct model_application - the program that has opened the PCM
 * @records: it records
 * @call: does one of ALSA's calls
 * @elapsed: does what ALSA's core does at the end of a period, NULL for nothing
 * @write_loop: writes what the position has just passed, NULL for nothing
 */
struct model_application {
	bool records;
	void (*call)(void);
	void (*elapsed)(void);
	void (*write_loop)(void);
};

/**
 * struct model - a stream, its application and its host
 * @random: state of model_rnd()
 * @seed: seed of the run
 * @step: steps of the run so far
 * @now: time in nanoseconds
 * @host: host
 * @application: application
 * @alsa: where the application is
 * @calm: it plays on for long
 * @meddled: the owner of the card asks for this and that
 * @slow: the worker often has to wait
 * @appl: frames that it has written since prepare
 * @loop: frames that it has written, told or not
 * @number: number of the last frame that was written
 * @silent: frames of silence that it is about to write
 * @written: numbers of the frames since prepare, 0 for silence
 * @frame_of: frame since prepare that has a number
 * @sound_of: sound that it belongs to
 * @sound: counts prepares
 * @sound_number: last number before this sound
 * @sound_from: first frame of it that was not thrown away
 * @sound_lost: @host.lost when it began
 * @sound_dropped: @stats.dropped when it began
 * @forget_from: last number before those that the host is to forget
 * @forget_to: last number that it is to forget
 * @forget_rest: frames of a block that was half out then, which may be newer
 * @forget_all: the host may be told to forget what it will get again
 * @woken: the worker is to run
 * @begun: a START began in this run of the worker
 * @torn: silence takes the place of the rest of a frame
 * @interrupted: ALSA was called in this run of the worker
 * @busy_until_ns: until when the worker is kept from running
 * @busy: frames that the host still had to play then
 * @known: a START began on this connection
 * @linger_ns: when a drain whose application has gone is over, by the model
 * @retry_due_ns: when the next attempt to connect is due, by the model
 * @memory: frames of the PCM buffer
 * @params: what the host is asked for
 * @geometry: sizes
 * @ring: PCM buffer
 * @silence: silence, all zeros
 * @clock: clock
 * @delay: delay
 * @stats: counters
 * @context: what the pure parts share
 * @remote: the host's stream, as the worker sees it
 * @playback: what the host gets
 * @capture: what the host sends
 * @recording: what the application has read
 * @discard: audio data that comes is not wanted
 * @session: PulseAudio session
 * @state: state of the PCM
 * @epoch: counts STARTs
 * @flush: the host is to forget what it holds
 * @hold_ns: when the clock's wait at START ends
 * @timer_ns: when the timer fires
 * @next_look: end of the period, in frames
 * @seen: position that ALSA was told
 * @conn: state of the connection
 * @life: who uses the stream
 * @requests: bits of enum hvsnd_request
 * @lost: the host has not answered since a connection was lost or failed
 * @backoff: time between attempts, and for the host to answer
 * @connected_ns: when the transport has connected
 * @locked_ns: until when the transport holds the socket of an attempt
 * @deadlines: deadlines of the worker
 * @alarm_ns: earliest of them that is to come
 * @since_ns: when the attempt to connect began
 * @head: what precedes a block of audio data
 * @head_len: bytes in @head
 * @head_off: how many of them went out
 * @body_left: bytes of the block that must follow
 * @body_source: where they come from
 * @body_pos: where in the PCM buffer, in bytes since prepare
 * @drain_copy: what the PCM buffer still held of drains
 * @drain_len: bytes in @drain_copy
 * @drain_framed: how many of them are framed
 * @drain_off: how many of them went out
 * @total: bytes of audio data framed on this connection
 * @heard: the host has just said something
 * @unanswered_ns: when an answer was asked for that has not come, 0 for none
 */
struct model {
	u32 random;
	u32 seed;
	u32 step;
	u64 now;
	struct model_host host;

	const struct model_application *application;
	enum model_alsa alsa;
	bool calm;
	bool meddled;
	bool slow;
	u64 appl;
	u64 loop;
	u32 number;
	u32 silent;
	u32 written[MODEL_WRITTEN];
	u32 frame_of[MODEL_NUMBERS];
	u32 sound_of[MODEL_NUMBERS];
	u32 sound;
	u32 sound_number;
	u64 sound_from;
	u64 sound_lost;
	u64 sound_dropped;
	u32 forget_from;
	u32 forget_to;
	u32 forget_rest;
	bool forget_all;

	bool woken;
	bool begun;
	bool torn;
	bool interrupted;
	u64 busy_until_ns;
	u32 busy;
	bool known;
	u64 linger_ns;
	u64 retry_due_ns;

	u32 memory[MODEL_RING];
	struct hvsnd_session_params params;
	struct hvsnd_geometry geometry;
	struct hvsnd_ring ring;
	struct hvsnd_silence silence;
	struct hvsnd_clock clock;
	struct hvsnd_delay delay;
	struct hvsnd_stats stats;
	struct hvsnd_context context;
	struct hvsnd_remote remote;
	struct hvsnd_playback playback;
	struct hvsnd_capture capture;
	struct model_recording recording;
	bool discard;
	struct hvsnd_session session;
	enum hvsnd_pcm_state state;
	u32 epoch;
	bool flush;
	u64 hold_ns;
	u64 timer_ns;
	u64 next_look;
	u64 seen;
	enum hvsnd_conn_state conn;
	enum hvsnd_life life;
	unsigned long requests;
	bool lost;
	struct hvsnd_backoff backoff;
	u64 connected_ns;
	u64 locked_ns;
	u64 deadlines[HVSND_DEADLINES];
	u64 alarm_ns;
	u64 since_ns;
	u8 head[HVSND_HEAD_MAX];
	size_t head_len;
	size_t head_off;
	size_t body_left;
	enum hvsnd_source body_source;
	u64 body_pos;
	u8 drain_copy[2 * MODEL_RING * MODEL_FRAME];
	size_t drain_len;
	size_t drain_framed;
	size_t drain_off;
	u64 total;
	bool heard;
	u64 unanswered_ns;
};

/**
 * struct model_sums - what all runs did, to show that they did something
 * @heard: frames that were heard, or read
 * @silent: frames of silence that were read
 * @dropped: frames that were dropped
 * @connections: connections
 * @drains: sounds that were drained
 * @flushes: times that a host was told to forget
 * @resyncs: times that the delay was put right
 * @closings: attempts to connect that were abandoned
 * @admitted: connections without a stream on the host
 * @terminated: streams that the host's user ended
 * @remade: connections that were replaced
 */
struct model_sums {
	u64 heard;
	u64 silent;
	u64 dropped;
	u32 connections;
	u32 drains;
	u32 flushes;
	u32 resyncs;
	u32 closings;
	u32 admitted;
	u32 terminated;
	u32 remade;
};

extern struct model m;
extern struct model_sums model_sums;

/* The direction of the stream. */
static inline bool model_records(void)
{
	return m.application->records;
}

u32 model_rnd(u32 below);
bool model_rarely(u32 times);
u64 model_position(void);
void model_create(void);
void model_prepare(void);
void model_start(enum hvsnd_tracking tracking, u64 at_ns);
void model_stop(void);
void model_drain(void);
void model_pause(void);
void model_resume(u64 at_ns);
void model_reset(void);
s64 model_pointer(void);
bool model_ack(s64 ahead);
bool model_is_up(void);
void model_request(void);
void model_sync_stop(void);
void model_detach(void);
void model_run(void);
void model_interrupt(void);
void model_check_complete(void);
void model_begin(u64 pos);
void model_test(const struct model_application *application, u32 runs);

void model_capture_create(void);
void model_capture_start(void);
void model_capture_begin(void);
int model_capture_receive(void);
void model_capture_deliver(const u8 *data, size_t len);
void model_capture_read(u64 from, u64 to);
void model_capture_excuse(void);
void model_capture_watch(void);
void model_capture_check(void);

void host_init(void);
bool host_connect(void);
void host_disconnect(void);
size_t host_take(const u8 *data, size_t len);
void host_run(u64 ns);
void host_event(void);
bool host_is_recording(void);

#endif /* HVSOCK_TESTS_MODEL_H */
