/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client of the PulseAudio protocol, and a host that a test makes up for it.
 *
 * client_*() is what the client's owner does, host_*() what the host sends, and
 * message_*() builds and reads messages. What the client reports is in its log.
 */
#ifndef PULSE_CLIENT_H
#define PULSE_CLIENT_H

#include "unit.h"

#include "core/proto/session.h"

#define NONE		0xffffffffU
#define MIB		(1 << 20)
#define CHANNEL		5	/* the host's number of the stream */
#define INDEX		7	/* of the sink input or source output */

/* How the received bytes are cut: not, byte by byte, or at random (a seed). */
#define WHOLE		0
#define BYTEWISE	1
#define CUTS		(2 + UNIT_TRIES(40))
#define ENDS		100	/* bytes that BYTEWISE cuts with UNIT_QUICK */

struct client {
	struct hvsnd_session s;
	char log[4096];		/* the events, but for audio */
	size_t data_len;	/* bytes of audio */
	u32 data_hash;
	u32 cut;		/* WHOLE, BYTEWISE, or a random state */
	const u8 *fed, *fed_end;
	u32 granted;		/* credit when it became ready */
	void (*on_event)(struct client *c, const struct hvsnd_event *ev);
};

/* Memory for one message, and for what a host sends at a time. */
extern u8 message[16384];
/*
 * A second buffer of about 64 KiB does not compile with GCC 14, KASAN and the
 * large code model of User-mode Linux: KASAN's padding moves the buffer to the
 * section for large data too late.
 */
extern u8 batch[1 << 20];

static inline u32 rnd(u32 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static inline u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline void put32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

/* The host sends a message, see message_build(). */
#define HOST(c, ...)							\
	client_feed(c, message, message_build(message, __VA_ARGS__))

/* What the host answers when it is asked for the volume. */
#define INPUT_INFO(mute)	"LLLtLLLamvUUNt" mute "P"
#define OUTPUT_INFO(mute)	"LLLtLLLamUUNtP1v" mute

/* @ret is the error @err with the reason @part; the session stays failed. */
#define assert_failed(c, ret, err, part) do {				\
	struct client *c_ = (c);					\
	int ret_ = (ret);						\
	int tx_ = c_->s.tx_len;						\
	int err_ = (err);						\
									\
	assert_int_equal(ret_, err_);					\
	assert_non_null(c_->s.reason);					\
	assert_non_null(strstr(c_->s.reason, part));			\
	assert_null(strchr(c_->s.reason, '\n'));			\
	/* The error is final. */					\
	assert_int_equal(host_started(c_), err_);			\
	assert_int_equal(client_frame(c_, 4096), 0);			\
	client_start(c_);						\
	assert_int_equal(c_->s.tx_len, tx_);				\
} while (0)

void client_on_event(struct hvsnd_session *s, const struct hvsnd_event *ev);
bool client_is_ready(const struct client *c);
int client_feed(struct client *c, const u8 *buf, size_t len);
void client_params(struct hvsnd_session_params *p, int direction);
int client_open_params(struct client *c, const struct hvsnd_session_params *p);
void client_open(struct client *c, int direction);
size_t message_len(const u8 *p);
size_t client_take(struct client *c, u8 *out);
u32 message_command(const u8 *frame);
u32 message_tag(const u8 *frame);
u32 client_take_command(struct client *c, u32 command);
size_t message_build(u8 *out, const char *types, ...);
size_t message_audio(u8 *out, u32 channel, u32 len);
void host_admit(struct client *c);
int host_accept(struct client *c, u32 tag);
int host_refuse(struct client *c, u32 tag, u32 code);
int host_request(struct client *c, u32 bytes);
int host_underflow(struct client *c, long long index);
int host_started(struct client *c);
int host_send_audio(struct client *c, u32 channel, u32 len);
int host_create(struct client *c, u32 tag, u32 channel, u32 missing);
u32 client_creating(struct client *c, int direction);
u32 client_take_question(struct client *c);
void client_ready(struct client *c, int direction);
void client_ready_playback(struct client *c);
void client_ready_capture(struct client *c);
size_t client_frame(struct client *c, size_t bytes);
size_t client_send_all(struct client *c);
void client_set_level(struct client *c, u32 left, u32 right);
void client_set_mute(struct client *c, bool mute);
void client_start_when_ready(struct client *c, const struct hvsnd_event *ev);
char *message_decode(const u8 *frame, char *out);
void client_create_text(const struct hvsnd_session_params *p, char *name,
			char *create);
void client_start(struct client *c);
void client_stop(struct client *c);
void client_pause(struct client *c);
void client_drain(struct client *c);
void client_timing(struct client *c);
void client_random_op(struct client *c, u32 *x);

#endif /* PULSE_CLIENT_H */
