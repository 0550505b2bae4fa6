/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every protocol implements: one substream's talk with the host.
 *
 * Bytes come in through @receive, control bytes go out through @tx, and audio
 * is framed by @frame just before it is sent straight from the PCM ring. What
 * the host says comes back as events. A session does no I/O, takes no lock,
 * allocates nothing and never looks at a clock; all calls on one session are
 * serialised by its owner.
 */
#ifndef HVSOCK_PROTO_SESSION_H
#define HVSOCK_PROTO_SESSION_H

#include "../pure.h"

#define HVSND_NAME_MAX	64
#define HVSND_COOKIE_SIZE	256
#define HVSND_TX_SIZE	1536	/* all of a handshake's step, and commands */
#define HVSND_RX_SIZE	2048	/* the rest of a longer message is skipped */
#define HVSND_HEAD_MAX	32	/* what may stand before a block of audio */
#define HVSND_CHANNELS	8	/* whose volume can be told apart */
#define HVSND_VOLUME_NORM	0x10000	/* 100 %, 0 dB */
#define HVSND_VOLUME_MAX	0x7fffffff

/**
 * struct hvsnd_volume - a stream's volume and mute
 * @level: each channel's volume: the cube of @level / HVSND_VOLUME_NORM is what
 *         the amplitude is multiplied by. Channels from the ninth on have that
 *         of the eighth.
 * @mute: whether it is silenced
 * @level_set: @level is meant
 * @mute_set: @mute is meant
 */
struct hvsnd_volume {
	u32 level[HVSND_CHANNELS];
	bool mute;
	bool level_set;
	bool mute_set;
};

/**
 * struct hvsnd_session_params - what a stream asks of the host
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @format: sample format
 * @rate: frames per second
 * @channels: samples per frame
 * @map: where each channel is to be heard, as in SNDRV_CHMAP_*. What the
 *       protocol has no word for, SNDRV_CHMAP_UNKNOWN, and those beyond
 *       HVSND_CHANNELS are nowhere in particular.
 * @frame_bytes: bytes per frame
 * @queue: playback: bytes that the host may hold for this stream at once;
 *         it grants credit up to here, and asks for more when half is played
 * @prebuf: playback: bytes that must be queued before the host starts to play,
 *          at the beginning and after it ran dry
 * @chunk: bytes that the host plays, or delivers, at a time
 * @pid: process that opened the stream
 * @application: its name, NUL terminated; any bytes, made printable here
 * @node: name of this machine, likewise
 * @volume: what the stream is to have from its first frame on; what is not
 *          set there the host decides
 * @cookie: HVSND_COOKIE_SIZE bytes of authentication, or NULL for zeros; read
 *          by open() only
 * @wait: open() asks for no stream before create() is called
 *
 * All byte counts are whole frames.
 */
struct hvsnd_session_params {
	int direction;
	snd_pcm_format_t format;
	u32 rate;
	u32 channels;
	u8 map[HVSND_CHANNELS];
	u32 frame_bytes;
	u32 queue;
	u32 prebuf;
	u32 chunk;
	u32 pid;
	char application[HVSND_NAME_MAX];
	char node[HVSND_NAME_MAX];
	struct hvsnd_volume volume;
	const u8 *cookie;
	bool wait;
};

/**
 * enum hvsnd_event_type - what the host said
 * @HVSND_EVENT_ADMITTED: the host let the guest in, and waits for create()
 * @HVSND_EVENT_READY: the stream exists on the host, stopped, and takes audio
 * @HVSND_EVENT_STARTED: the host began to play, also after it had run dry
 * @HVSND_EVENT_UNDERFLOW: the host ran dry while it should play; not told for
 *                       the end of what was drained or stopped
 * @HVSND_EVENT_OVERFLOW: the host dropped audio: it was sent more than it takes
 * @HVSND_EVENT_DRAINED: everything sent before the drain() has been played
 * @HVSND_EVENT_SUSPENDED: the host's device went to sleep or woke (@suspended)
 * @HVSND_EVENT_MOVED: the stream went to another device of the host's
 * @HVSND_EVENT_DATA: captured audio (@data); only between start() and stop() or
 *                  pause() if there is timing(), otherwise at any time
 * @HVSND_EVENT_TIMING: answer to a timing() request (@timing)
 * @HVSND_EVENT_VOLUME: the stream has a volume or mute (@volume) that
 *	was neither reported before nor set by set_volume(); reported at the
 *	beginning unless the params set both
 * @HVSND_EVENT_KILLED: the host's user or policy ended the stream for good
 */
enum hvsnd_event_type {
	HVSND_EVENT_ADMITTED,
	HVSND_EVENT_READY,
	HVSND_EVENT_STARTED,
	HVSND_EVENT_UNDERFLOW,
	HVSND_EVENT_OVERFLOW,
	HVSND_EVENT_DRAINED,
	HVSND_EVENT_SUSPENDED,
	HVSND_EVENT_MOVED,
	HVSND_EVENT_DATA,
	HVSND_EVENT_TIMING,
	HVSND_EVENT_VOLUME,
	HVSND_EVENT_KILLED,
};

/**
 * struct hvsnd_event - one thing the host said
 * @type: which
 * @latency_us: READY, MOVED, TIMING: the host device's latency in microseconds
 * @suspended: SUSPENDED, READY, MOVED: whether the device sleeps
 * @data: DATA: @len bytes, valid during the call only; any length, a frame
 *        may be split between two events
 * @len: DATA: bytes in @data
 * @timing: TIMING: the host's counters when it answered
 * @volume: VOLUME: all of the stream's channels, both set
 */
struct hvsnd_event {
	enum hvsnd_event_type type;
	u64 latency_us;
	bool suspended;
	const u8 *data;
	size_t len;
	struct {
		/* Both from 0 to 2^62, so that their difference is safe. */
		s64 write_index;	/* bytes the host has taken in */
		s64 read_index;		/* bytes its device has consumed */
		bool playing;
	} timing;
	const struct hvsnd_volume *volume;
};

struct hvsnd_session;

/**
 * struct hvsnd_session_format - what audio may be like
 * @format: sample format
 * @rate: frames per second
 * @channels: samples per frame
 */
struct hvsnd_session_format {
	snd_pcm_format_t format;
	u32 rate;
	u32 channels;
};

/**
 * struct hvsnd_session_ops - a protocol
 * @name: as in protocol=
 * @chunk_ms: hosts take or deliver at least so many milliseconds at a time,
 *            whatever they are asked for; 0 if they do as they are asked
 * @only: what both sides agree on where the protocol has no word for it, and
 *        nobody says otherwise; NULL where it is said with each stream
 * @fixed: nobody can say otherwise than @only
 * @links: connections that all of a card's streams share where the host calls
 *         the guest, on ports that follow each other: the first is of playback,
 *         the last of capture. 0 where it cannot. Of more than one they are
 *         shared whoever calls.
 * @open: begin: queue the first control bytes for a fresh connection. Forgets
 *        everything of an earlier one. Returns 0, or -EINVAL for parameters
 *        that the protocol has no word for.
 * @create: ask the host for the stream, after open() with @params.wait. Takes
 *          map and volume from the params as they are now. Does nothing when
 *          the stream was asked for already. NULL where a connection is the
 *          stream: such a protocol heeds no @params.wait.
 * @receive: take @len bytes that came from the host, in any cut. Calls the
 *           owner's event(). Returns 0, or a negative errno when the
 *           connection must be dropped; @reason then says why, and what to do.
 * @frame: playback: may audio be sent now? @bytes (whole frames) are there.
 *         Writes what must precede them to @head (HVSND_HEAD_MAX bytes) and its
 *         length to @head_len. Returns how many bytes of audio follow, whole
 *         frames, at most @bytes; 0 if the host grants none now (then @head
 *         is not used). The owner then owes the connection exactly @head and
 *         that many bytes, before any other.
 * @start: let the host play, or record
 * @stop: stop and forget what the host has queued
 * @pause: stop, keeping what is queued; start() goes on
 * @drain: playback: play what was sent, then say HVSND_EVENT_DRAINED. To be
 *         called when all audio has been sent and the stream is started. NULL
 *         where the host plays to the end anyway, and does not tell.
 * @timing: ask for an HVSND_EVENT_TIMING; does nothing while one is under way.
 *          NULL where the host tells nothing of time: then it keeps nothing
 *          either, but plays on whatever stop() and pause() say.
 * @set_volume: NULL where a stream has none, or give the stream what is set in
 *              @v. However often it is called, the host is sent no more than it
 *              answers, the latest last. What the host says before it has
 *              answered is not told.
 *
 * start() to set_volume() queue control bytes and never fail by themselves: if the
 * host does not take what is queued, the next receive() or tx says so.
 * They may be called in any state; before HVSND_EVENT_READY they do nothing.
 */
struct hvsnd_session_ops {
	const char *name;
	u32 chunk_ms;
	const struct hvsnd_session_format *only;
	bool fixed;
	u32 links;
	int (*open)(struct hvsnd_session *s,
		    const struct hvsnd_session_params *p);
	void (*create)(struct hvsnd_session *s,
		       const struct hvsnd_session_params *p);
	int (*receive)(struct hvsnd_session *s, const u8 *buf, size_t len);
	size_t (*frame)(struct hvsnd_session *s, size_t bytes, u8 *head,
			size_t *head_len);
	void (*start)(struct hvsnd_session *s);
	void (*stop)(struct hvsnd_session *s);
	void (*pause)(struct hvsnd_session *s);
	void (*drain)(struct hvsnd_session *s);
	void (*timing)(struct hvsnd_session *s);
	void (*set_volume)(struct hvsnd_session *s,
			   const struct hvsnd_volume *v);
};

/**
 * enum hvsnd_pulse_state - progress of a PulseAudio session
 * @HVSND_PULSE_CLOSED: not opened yet, or failed
 * @HVSND_PULSE_AUTHENTICATING: the cookie was sent
 * @HVSND_PULSE_NAMING: the client's properties were sent
 * @HVSND_PULSE_ADMITTED: the host admitted the client; no stream is requested
 * @HVSND_PULSE_CREATING: the stream is requested
 * @HVSND_PULSE_CORKED: the stream exists, stopped or paused
 * @HVSND_PULSE_RUNNING: the stream exists and is started
 * @HVSND_PULSE_TERMINATED: the host ended the stream; the connection remains
 */
enum hvsnd_pulse_state {
	HVSND_PULSE_CLOSED,
	HVSND_PULSE_AUTHENTICATING,
	HVSND_PULSE_NAMING,
	HVSND_PULSE_ADMITTED,
	HVSND_PULSE_CREATING,
	HVSND_PULSE_CORKED,
	HVSND_PULSE_RUNNING,
	HVSND_PULSE_TERMINATED,
};

/**
 * struct hvsnd_pulse_volume - volume and mute of a PulseAudio stream
 * @pending: to be set on the host
 * @reported: last value that was set or reported to the owner
 * @level_tag: tag of the outstanding request that sets the volume
 * @mute_tag: likewise for the mute
 * @info_tag: tag of the outstanding request for the host's values
 * @outdated: the host's values may differ from @reported
 */
struct hvsnd_pulse_volume {
	struct hvsnd_volume pending;
	struct hvsnd_volume reported;
	u32 level_tag;
	u32 mute_tag;
	u32 info_tag;
	bool outdated;
};

/**
 * struct hvsnd_pulse_rx - message of PulseAudio's that is being received
 * @desc: its descriptor
 * @desc_have: bytes of @desc that were received
 * @length: bytes of payload
 * @payload_have: bytes of payload that were received
 * @channel: its channel
 */
struct hvsnd_pulse_rx {
	u8 desc[20];
	u32 desc_have;
	u32 length;
	u32 payload_have;
	u32 channel;
};

/**
 * struct hvsnd_pulse - state of the PulseAudio protocol
 * @state: progress of the session
 * @format: PulseAudio's number of the sample format
 * @error: what receive() returns after a failure
 * @next_tag: tag of the next command
 * @pending_tag: tag of the handshake's outstanding step
 * @drain_tag: tag of the outstanding drain
 * @timing_tag: tag of the outstanding timing request
 * @channel: the host's number of the stream
 * @index: the host's index of the sink input or source output
 * @has_audio: audio was framed since the last stop() or drain()
 * @remote_suspended: the host's device is suspended
 * @latency_us: latency of the host's device in microseconds
 * @credit: bytes that the host has requested and that were not framed yet
 * @maxlength: bytes that the host keeps
 * @tlength: bytes up to which the host requests audio
 * @fill: upper limit of the bytes that the host holds
 * @sent_since_report: bytes framed since the last timing request
 * @report_outdated: stop() was called since the last timing request
 * @exceeded: more was framed than the host requested
 * @volume: volume and mute
 * @rx: message that is being received
 */
struct hvsnd_pulse {
	enum hvsnd_pulse_state state;
	u8 format;
	int error;
	u32 next_tag;
	u32 pending_tag;
	u32 drain_tag;
	u32 timing_tag;
	u32 channel;
	u32 index;
	bool has_audio;
	bool remote_suspended;
	u64 latency_us;
	u32 credit;
	u32 maxlength;
	u32 tlength;
	u64 fill;
	u64 sent_since_report;
	bool report_outdated;
	bool exceeded;
	struct hvsnd_pulse_volume volume;
	struct hvsnd_pulse_rx rx;
};

/**
 * struct hvsnd_session - a substream's talk with the host
 * @ops: the protocol, set by the owner before open()
 * @event: set by the owner: takes what the host said, called from receive()
 * @reason: after an error: what happened and what to do, one line, or NULL
 * @tx: control bytes waiting to be sent, oldest first
 * @tx_len: how many; the owner takes them with hvsnd_session_sent()
 * @failed: a control message did not fit in @tx; receive() will report it
 * @unasked: playback, set by the owner: whether frame() heeds only what the host
 *           keeps, not what it asks for; false after open(). For protocols with
 *           timing().
 * @beyond: bytes framed that the host had not asked for; the owner resets it
 * @params: what open() was given
 * @rx: head of the control message being received
 * @pulse: state of the PulseAudio protocol
 */
struct hvsnd_session {
	const struct hvsnd_session_ops *ops;
	void (*event)(struct hvsnd_session *s, const struct hvsnd_event *ev);
	const char *reason;
	u8 tx[HVSND_TX_SIZE];
	size_t tx_len;
	bool failed;
	bool unasked;
	u64 beyond;
	struct hvsnd_session_params params;
	u8 rx[HVSND_RX_SIZE];
	union {
		struct hvsnd_pulse pulse;
	};
};

/**
 * hvsnd_session_sent - control bytes went out
 * @s: the session
 * @n: how many of @s->tx, from its beginning
 */
static inline void hvsnd_session_sent(struct hvsnd_session *s, size_t n)
{
	s->tx_len -= n;
	memmove(s->tx, s->tx + n, s->tx_len);
	/* A cookie was among it. */
	memset(s->tx + s->tx_len, 0, n);
}

extern const struct hvsnd_session_ops hvsnd_pulse_ops;
extern const struct hvsnd_session_ops hvsnd_simple_ops;
extern const struct hvsnd_session_ops hvsnd_qubes_ops;

/* Raw PCM, on which others build. */
int hvsnd_simple_open(struct hvsnd_session *s,
		      const struct hvsnd_session_params *p);
int hvsnd_simple_receive(struct hvsnd_session *s, const u8 *buf, size_t len);
size_t hvsnd_simple_frame(struct hvsnd_session *s, size_t bytes, u8 *head,
			  size_t *head_len);
void hvsnd_simple_pass(struct hvsnd_session *s);

#endif /* HVSOCK_PROTO_SESSION_H */
