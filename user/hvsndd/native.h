/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The server's side of PulseAudio's native protocol, version 32. Bytes come in
 * and go out; there is no I/O here, no lock, and no clock is read.
 *
 * A guest has one struct native_host, with one sink and one source. Each of its
 * connections is a struct native, with any streams. A guest sees, and changes,
 * nothing of other guests.
 */
#ifndef HVSNDD_NATIVE_H
#define HVSNDD_NATIVE_H

#include "native_props.h"
#include "native_queue.h"

#define NATIVE_STREAMS_MAX 32 /* of one connection */
#define NATIVE_MESSAGE_MAX 32768 /* longer messages are refused */
#define NATIVE_TX_SIZE 262144
#define NATIVE_DESC_SIZE 20
#define NATIVE_COOKIE_SIZE 256
#define NATIVE_CHANNELS_MAX HVSND_TAG_CHANNELS_MAX
#define NATIVE_VOLUME_NORM 0x10000 /* 100 %, 0 dB */

struct native;
struct native_stream;

/**
 * struct native_volume - volume and mute of a stream or a device
 * @level: volume of each channel; the amplitude is multiplied by the cube of
 *         @level / NATIVE_VOLUME_NORM
 * @channels: number of channels
 * @mute: no sound at all
 */
struct native_volume {
	u32 level[NATIVE_CHANNELS_MAX];
	u8 channels;
	bool mute;
};

/* Whether a guest may record: at once, after somebody allowed it, never. */
enum native_mic {
	NATIVE_MIC_ALLOWED,
	NATIVE_MIC_ASK,
	NATIVE_MIC_NEVER,
};

/**
 * struct native_ops - what the owner of the connections does
 * @may_record: whether the guest may record
 * @may_play: whether the guest may play
 * @open: open a stream on the output; set @latency_us, @step_us and
 *        @output_volume of the stream. Returns false on failure.
 * @close: the stream ends. The audio data that the owner has read from the
 *         queue is played.
 * @changed: the stream was corked, uncorked or flushed, its device suspended or
 *           resumed, its queue has new data, or it is drained
 * @latency: playback: take from the queue what was played up to now. Returns
 *           the duration, in microseconds, of what the output still plays, or
 *           has recorded and not delivered.
 * @volume: the client has changed the volume or mute of the stream
 * @wall_us: the time of day, in microseconds
 * @output: there is data in native.tx to send
 */
struct native_ops {
	enum native_mic (*may_record)(struct native *n);
	bool (*may_play)(struct native *n);
	bool (*open)(struct native_stream *s);
	void (*close)(struct native_stream *s);
	void (*changed)(struct native_stream *s);
	u64 (*latency)(struct native_stream *s);
	void (*volume)(struct native_stream *s);
	u64 (*wall_us)(void);
	void (*output)(struct native *n);
};

/**
 * struct native_host - what a guest sees as its audio server
 * @name: name of the guest
 * @cookie: NATIVE_COOKIE_SIZE bytes that a client must send; NULL if a client
 *          needs none
 * @spec: sample format of sink and source
 * @version: version of the server, as pactl info prints it
 * @sink: volume of the sink
 * @source: volume of the source
 * @sink_suspended: the sink plays nothing
 * @source_suspended: the source records nothing
 * @clients: the connections
 * @next_index: index of the next client or stream
 * @queue_bytes: bytes that all playback queues have allocated
 */
struct native_host {
	const char *name;
	const u8 *cookie;
	struct sample_spec spec;
	const char *version;
	struct native_volume sink;
	struct native_volume source;
	bool sink_suspended;
	bool source_suspended;
	struct native *clients;
	u32 next_index;
	size_t queue_bytes;
};

/**
 * enum native_stream_state - state of a stream
 * @NATIVE_UNUSED: the entry is free
 * @NATIVE_HELD: recording: the request waits until the microphone is allowed
 * @NATIVE_OPEN: the stream exists
 */
enum native_stream_state {
	NATIVE_UNUSED,
	NATIVE_HELD,
	NATIVE_OPEN,
};

/**
 * struct native_stream - a stream
 * @client: the connection
 * @owner: the owner's
 * @state: state
 * @record: the stream carries audio from the host to the guest
 * @corked: the stream is stopped
 * @channel: number of the stream on its connection
 * @index: index of the sink input or source output
 * @tag: NATIVE_HELD: tag of the request
 * @spec: sample format
 * @map: position of each channel
 * @reorders: the output has another order of channels
 * @order: @reorders: for each channel of the output, the stream's channel
 * @volume: volume and mute
 * @gives_level: the request to open the stream has set the level of @volume
 * @gives_mute: likewise the mute
 * @output_volume: the output applies native_volume_gain() and the mute
 * @props: properties
 * @adjust_latency: attr.tlength includes what the output holds
 * @latency_us: duration of what the output holds
 * @step_us: duration of what the output takes at a time
 * @queue: playback: the queue
 * @running: playback: the last byte that was taken is followed by the next
 * @is_draining: playback: a DRAIN is to be answered when all data is played
 * @drain_tag: playback: tag of this DRAIN
 * @since_start: playback: bytes that were played since playback began
 * @since_underrun: playback: bytes of silence since the queue was empty; the
 *                  highest number before playback has begun
 * @attr: recording: sizes; tlength is fragsize
 * @recorded: recording: bytes that the source has delivered
 * @sent: recording: bytes that were sent, or skipped
 * @dropped: recording: bytes that the client was too slow for
 */
struct native_stream {
	struct native *client;
	void *owner;
	enum native_stream_state state;
	bool record;
	bool corked;
	u32 channel;
	u32 index;
	u32 tag;
	struct sample_spec spec;
	u8 map[NATIVE_CHANNELS_MAX];
	bool reorders;
	u8 order[NATIVE_CHANNELS_MAX];
	struct native_volume volume;
	bool gives_level;
	bool gives_mute;
	bool output_volume;
	struct native_props props;
	bool adjust_latency;
	u64 latency_us;
	u64 step_us;
	struct native_queue queue;
	bool running;
	bool is_draining;
	u32 drain_tag;
	u64 since_start;
	u64 since_underrun;
	struct native_attr attr;
	s64 recorded;
	s64 sent;
	u64 dropped;
};

/**
 * enum native_rx_state - what is being received
 * @NATIVE_RX_DESC: the descriptor of a frame
 * @NATIVE_RX_MESSAGE: a message
 * @NATIVE_RX_AUDIO: audio data for native.rx_stream
 * @NATIVE_RX_DISCARD: the rest of a frame that is discarded
 */
enum native_rx_state {
	NATIVE_RX_DESC,
	NATIVE_RX_MESSAGE,
	NATIVE_RX_AUDIO,
	NATIVE_RX_DISCARD,
};

/**
 * struct native - a connection
 * @next: next connection of the guest
 * @host: the guest's server
 * @ops: what the owner does
 * @owner: the owner's
 * @reason: why the connection must be closed, or NULL
 * @index: index of the client
 * @authorized: AUTH has succeeded
 * @mask: facilities whose events the client subscribed to
 * @props: properties
 * @next_channel: channel of the next stream
 * @unsupported: the last command that was not supported
 * @unsupported_count: number of commands that were not supported
 * @played_bytes: counter of received audio data
 * @streams: the streams
 * @rx_state: what is being received
 * @rx_stream: NATIVE_RX_AUDIO: the stream
 * @rx_have: number of bytes of the descriptor or the message
 * @rx_left: number of bytes left in the frame
 * @desc: descriptor of the current frame
 * @message: the current message
 * @tx_len: number of bytes in @tx
 * @tx: data to send
 */
struct native {
	struct native *next;
	struct native_host *host;
	const struct native_ops *ops;
	void *owner;
	const char *reason;
	u32 index;
	bool authorized;
	u32 mask;
	struct native_props props;
	u32 next_channel;
	u32 unsupported;
	unsigned int unsupported_count;
	u64 played_bytes;
	struct native_stream streams[NATIVE_STREAMS_MAX];
	enum native_rx_state rx_state;
	struct native_stream *rx_stream;
	size_t rx_have;
	size_t rx_left;
	u8 desc[NATIVE_DESC_SIZE];
	u8 message[NATIVE_MESSAGE_MAX];
	size_t tx_len;
	u8 tx[NATIVE_TX_SIZE];
};

/* Prepare a guest's server. name, cookie, spec and version are set already. */
void native_host_init(struct native_host *h);

/**
 * native_open() - Add a connection
 * @n: zeroed, but for @host, @ops and @owner
 */
void native_open(struct native *n);

/* Close the streams of a connection, and remove the connection. */
void native_close(struct native *n);

/**
 * native_receive() - Take received bytes
 * @n: the connection
 * @buf: the bytes; frames may be split anywhere
 * @len: number of bytes
 *
 * Return: Number of bytes taken; the caller passes the others again after it
 * has called native_sent(). If @n->reason is set, the connection must be
 * closed, after the data in @n->tx was sent.
 */
size_t native_receive(struct native *n, const u8 *buf, size_t len);

/* @len bytes of @n->tx were sent. */
void native_sent(struct native *n, size_t len);

/* The microphone is allowed from now on: answer the held requests. */
void native_allow_mic(struct native *n);

/* Refuse the held requests. */
void native_refuse_held(struct native *n);

/* Whether there is a record stream that is not stopped, or a held request. */
bool native_wants_mic(const struct native *n);
bool native_is_held(const struct native *n);

/* A stream (native_stream.c) */

/* Whether the stream is corked, or its device suspended. */
bool native_stream_is_stopped(const struct native_stream *s);

/**
 * native_stream_read() - Take audio data to play
 * @s: a playback stream
 * @buf: the destination
 * @len: maximum number of bytes
 *
 * Return: Number of bytes, whole frames; 0 if there is nothing to play now.
 */
size_t native_stream_read(struct native_stream *s, u8 *buf, size_t len);

/**
 * native_stream_starved() - The output plays, but has no more audio data
 * @s: a playback stream from which native_stream_read() returned nothing
 * @len: number of bytes of silence that the output plays now
 *
 * Answers a DRAIN, or reports an underrun, once.
 */
void native_stream_starved(struct native_stream *s, size_t len);

/* Number of bytes until native_stream_read() leads to a message. */
size_t native_stream_until_request(const struct native_stream *s);

/* Whether the stream plays, or has data that waits for nothing but time. */
bool native_stream_is_active(struct native_stream *s);

/* Number of bytes that can be played now, whole frames. */
size_t native_stream_readable(struct native_stream *s);

/* The output has failed: end the stream. */
void native_stream_kill(struct native_stream *s);

/* A record stream: deliver recorded data, whole frames. */
void native_stream_record(struct native_stream *s, const u8 *buf, size_t len);

/* Volume (native_volume.c) */

/*
 * Multiply samples by the volumes of the stream and of its device, except for
 * what the output applies.
 */
void native_volume_apply(const struct native_stream *s, u8 *buf, size_t len);

/* The gain of the loudest channel of a stream, 0 to 1. */
float native_volume_gain(const struct native_stream *s);

/**
 * native_volume_changed() - A user of the host has changed a stream's volume
 * @s: the stream, with @output_volume
 * @gain: the gain of the loudest channel; the others keep their balance
 * @mute: the mute
 */
void native_volume_changed(struct native_stream *s, float gain, bool mute);

#endif /* HVSNDD_NATIVE_H */
