/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interface of a protocol: one substream's session with the host.
 *
 * The owner passes received bytes to receive() and sends the control bytes in
 * @tx. frame() frames audio just before the owner sends it straight from the
 * PCM buffer. The session reports what the host sends as events. It does no
 * I/O, takes no lock, allocates nothing and reads no clock. The owner
 * serialises all calls on a session.
 */
#ifndef HVSOCK_PROTO_SESSION_H
#define HVSOCK_PROTO_SESSION_H

#include "../pure.h"

#define HVSND_NAME_MAX	64
#define HVSND_COOKIE_SIZE	256
#define HVSND_TX_SIZE	1536	/* the longest message, and commands */
#define HVSND_RX_SIZE	2048	/* of a message; the rest is skipped */
#define HVSND_HEAD_MAX	32	/* header of a block of audio */
#define HVSND_CHANNELS	8	/* that have a volume of their own */
#define HVSND_VOLUME_NORM	0x10000	/* 100 %, 0 dB */
#define HVSND_VOLUME_MAX	0x7fffffff

/**
 * struct hvsnd_volume - a stream's volume and mute
 * @level: volume of each channel; the amplitude is multiplied by the cube of
 *         @level / HVSND_VOLUME_NORM. Channels from the ninth on have the
 *         volume of the eighth.
 * @mute: the stream is silent
 * @level_set: @level is valid
 * @mute_set: @mute is valid
 */
struct hvsnd_volume {
	u32 level[HVSND_CHANNELS];
	bool mute;
	bool level_set;
	bool mute_set;
};

/**
 * struct hvsnd_session_params - parameters of a stream
 * @direction: SNDRV_PCM_STREAM_PLAYBACK or SNDRV_PCM_STREAM_CAPTURE
 * @format: sample format
 * @rate: frames per second
 * @channels: samples per frame
 * @map: position of each channel, SNDRV_CHMAP_*. Channels have no position if
 *       the protocol does not know it, if it is SNDRV_CHMAP_UNKNOWN, and from
 *       HVSND_CHANNELS on.
 * @frame_bytes: bytes per frame
 * @queue: playback: bytes that the host may hold for this stream; the host
 *         grants credit up to @queue, and requests more when half is played
 * @prebuf: playback: bytes that must be queued before the host starts to play,
 *          at the beginning and after an underrun
 * @chunk: bytes that the host plays, or delivers, at a time
 * @pid: process that opened the stream
 * @application: name of that process, NUL terminated; any bytes, because the
 *               session replaces those that are not printable
 * @card: name of the sound card, likewise
 * @node: name of this machine, likewise
 * @volume: initial volume and mute; the host chooses what is not set here
 * @cookie: HVSND_COOKIE_SIZE bytes of authentication, or NULL for zeros; used
 *          by open() only
 * @wait: open() does not request a stream before create() is called
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
	char card[HVSND_NAME_MAX];
	char node[HVSND_NAME_MAX];
	struct hvsnd_volume volume;
	const u8 *cookie;
	bool wait;
};

/**
 * enum hvsnd_event_type - events that a session reports
 * @HVSND_EVENT_ADMITTED: the host has admitted the guest; create() may follow
 * @HVSND_EVENT_READY: the stream exists on the host, stopped, and takes audio
 * @HVSND_EVENT_STARTED: the host has begun to play, also after an underrun
 * @HVSND_EVENT_UNDERFLOW: the host had no audio while it should play; not
 *	reported for the end of a drain or a stop
 * @HVSND_EVENT_OVERFLOW: the host dropped audio that exceeded its buffer
 * @HVSND_EVENT_DRAINED: all audio sent before drain() has been played
 * @HVSND_EVENT_SUSPENDED: the host suspended or resumed its device (@suspended)
 * @HVSND_EVENT_MOVED: the host moved the stream to another device
 * @HVSND_EVENT_DATA: captured audio (@data). If the protocol has timing(),
 *	@data is NULL for what the host sent before it executed stop() or
 *	pause(): only @len counts.
 * @HVSND_EVENT_TIMING: answer to timing() (@timing)
 * @HVSND_EVENT_VOLUME: the stream has a volume or mute (@volume) that was
 *	neither reported before nor set by set_volume(); reported at the
 *	beginning unless the parameters set both
 * @HVSND_EVENT_TERMINATED: the host's user or policy has ended the stream for
 *	good
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
	HVSND_EVENT_TERMINATED,
};

/**
 * struct hvsnd_event - event that a session reports
 * @type: type of the event
 * @latency_us: READY, MOVED, TIMING: latency of the host's device in
 *              microseconds
 * @suspended: SUSPENDED, READY, MOVED: the device is suspended
 * @data: DATA: @len bytes, valid during the call only; any length, and two
 *        events may each have a part of a frame
 * @len: DATA: bytes in @data
 * @timing: TIMING: the host's counters at the time of its answer
 * @volume: VOLUME: volume and mute of the stream, both set
 */
struct hvsnd_event {
	enum hvsnd_event_type type;
	u64 latency_us;
	bool suspended;
	const u8 *data;
	size_t len;
	struct {
		/* Both are 0 to 2^62: their difference cannot overflow. */
		s64 write_index;	/* bytes that the host received */
		s64 read_index;		/* bytes that its device played */
		bool playing;
	} timing;
	const struct hvsnd_volume *volume;
};

struct hvsnd_session;

/**
 * struct hvsnd_session_format - format of the audio
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
 * @chunk_ms: milliseconds that hosts take or deliver at a time, at least,
 *            whatever the guest requests; 0 if hosts follow the request
 * @only: format that both sides must agree on beforehand, by default this one;
 *        NULL if each stream tells the host its format
 * @fixed: the format is always @only
 * @links: connections that all streams of a card share with role=listen, at
 *         consecutive ports: the first one carries playback, the last one
 *         capture. 0 if each stream has a connection of its own with either
 *         role. More than one are shared with role=connect as well.
 * @open: begin a session on a new connection: forget an earlier one, queue the
 *        first control bytes. Returns 0, or -EINVAL for parameters that the
 *        protocol does not support.
 * @create: request the stream, after open() with @params.wait. Takes map and
 *          volume from @p. Does nothing if the stream was requested before.
 *          NULL if a connection is a stream; @params.wait has no effect then.
 * @receive: take @len bytes from the host, cut anywhere. Calls event(). Returns
 *           0, or a negative errno if the connection must be closed; @reason
 *           then names the cause and the remedy.
 * @frame: playback: begin a block of at most @bytes (whole frames). Writes the
 *         header to @head (HVSND_HEAD_MAX bytes) and its length to @head_len.
 *         Returns the bytes of audio in the block, whole frames; 0 if the host
 *         takes none now (@head is undefined then). The owner must send the
 *         header and those bytes before anything else.
 * @start: start to play, or to record
 * @stop: stop, and discard what the host has queued
 * @pause: stop, and keep what is queued; start() continues
 * @drain: playback: play what was sent, then report HVSND_EVENT_DRAINED. To be
 *         called when all audio has been sent and the stream is started. NULL
 *         if the host plays to the end in any case, and does not report it.
 * @timing: request an HVSND_EVENT_TIMING; does nothing while a request is
 *          outstanding. NULL if the host sends no reports; stop() and pause()
 *          have no effect on such a host, which plays all that it was sent.
 * @set_volume: set what @v has set; NULL if a stream has no volume. However
 *              often it is called, the host is sent one request per answer, and
 *              the latest value last. Values that the host reports before its
 *              answer are ignored.
 *
 * start() to set_volume() queue control bytes and do not fail. If @tx is full,
 * the next receive() fails. They may be called in any state; before
 * HVSND_EVENT_READY they do nothing.
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
 * @flush_tag: capture: tag of the outstanding flush; audio data that comes
 *             before its answer is older
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
	u32 flush_tag;
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
 * struct hvsnd_session - a substream's session with the host
 * @ops: the protocol, set by the owner before open()
 * @event: set by the owner: takes an event; receive() and open() call it
 * @reason: after an error: its cause and the remedy, one line, or NULL
 * @tx: control bytes to be sent, oldest first
 * @tx_len: bytes in @tx; the owner takes them with hvsnd_session_sent()
 * @failed: a control message did not fit into @tx; receive() reports it
 * @allow_unrequested: playback, set by the owner, false after open(): frame()
 *                     is limited by what the host keeps, not by what it
 *                     requests. For protocols with timing().
 * @unrequested_bytes: bytes framed that the host had not requested; the owner
 *                     resets it
 * @params: parameters given to open()
 * @rx: beginning of the control message that is being received
 * @pulse: state of the PulseAudio protocol
 */
struct hvsnd_session {
	const struct hvsnd_session_ops *ops;
	void (*event)(struct hvsnd_session *s, const struct hvsnd_event *ev);
	const char *reason;
	u8 tx[HVSND_TX_SIZE];
	size_t tx_len;
	bool failed;
	bool allow_unrequested;
	u64 unrequested_bytes;
	struct hvsnd_session_params params;
	u8 rx[HVSND_RX_SIZE];
	union {
		struct hvsnd_pulse pulse;
	};
};

/**
 * hvsnd_session_sent() - Remove control bytes that were sent
 * @s: the session
 * @n: bytes, from the beginning of @s->tx
 */
static inline void hvsnd_session_sent(struct hvsnd_session *s, size_t n)
{
	s->tx_len -= n;
	memmove(s->tx, s->tx + n, s->tx_len);
	/* A cookie may have been among them. */
	memset(s->tx + s->tx_len, 0, n);
}

extern const struct hvsnd_session_ops hvsnd_pulse_ops;
extern const struct hvsnd_session_ops hvsnd_simple_ops;
extern const struct hvsnd_session_ops hvsnd_qubes_ops;

/* Raw PCM, which other protocols use as well. */
extern const struct hvsnd_session_format hvsnd_simple_format;

int hvsnd_simple_open(struct hvsnd_session *s,
		      const struct hvsnd_session_params *p);
int hvsnd_simple_receive(struct hvsnd_session *s, const u8 *buf, size_t len);
size_t hvsnd_simple_frame(struct hvsnd_session *s, size_t bytes, u8 *head,
			  size_t *head_len);
void hvsnd_simple_pass(struct hvsnd_session *s);

#endif /* HVSOCK_PROTO_SESSION_H */
