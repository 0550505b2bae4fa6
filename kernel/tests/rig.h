/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites have in common that run in a kernel only: cards, programs
 * that have their PCM open, and a host within the same machine.
 */
#ifndef HVSOCK_RIG_H
#define HVSOCK_RIG_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <sound/pcm.h>

#include "cards.h"

#define RIG_PORT	9000	/* where a host of the tests is */
#define RIG_RATE	48000
#define RIG_PERIOD	480	/* frames of 4 bytes, */
#define RIG_BUFFER	4800

/* A program with a PCM open. */
struct rig_program {
	struct file *file;
	struct snd_pcm_substream *substream;
};

void rig_config(struct hvsnd_card_config *config, const char *name);
u32 rig_protocol(const char *name);
struct hvsnd_card *rig_try_add(const struct hvsnd_card_config *config,
			       struct hvsnd_config_error *error);
struct hvsnd_card *rig_add(struct kunit *test,
			   const struct hvsnd_card_config *config);
struct hvsnd_card *rig_find(const char *name);
void rig_del(struct hvsnd_card *card);
void rig_del_all(struct kunit *test);

void rig_open(struct kunit *test, struct rig_program *p,
	      struct hvsnd_card *card, int direction);
int rig_ioctl(struct rig_program *p, unsigned int cmd, unsigned long arg);
void rig_set_period(struct kunit *test, struct rig_program *p, u32 frames);
void rig_set_params(struct kunit *test, struct rig_program *p);
int rig_write(struct rig_program *p, unsigned int frames);
void rig_start(struct kunit *test, struct rig_program *p);
void rig_play(struct kunit *test, struct rig_program *p);
void rig_close(struct rig_program *p);
u32 rig_state(struct rig_program *p);

void rig_release(void *sock);
struct socket *rig_listen(struct kunit *test, u32 port);
struct socket *rig_accept(struct socket *listener, unsigned int ms);
struct socket *rig_call(u32 port);
int rig_receive(struct socket *sock, void *buf, size_t len, unsigned int ms);
int rig_send(struct socket *sock, const void *buf, size_t len);

struct socket *rig_hear(struct kunit *test);
int rig_event(struct socket *sock);
u32 rig_stream_event(struct socket *sock);
int rig_error(struct socket *sock);

/* Whether @c becomes so within @ms. */
#define rig_wait(c, ms) ({						\
	unsigned long end_ = jiffies + msecs_to_jiffies(ms);		\
	bool so_;							\
									\
	while (!(so_ = (c)) && time_before(jiffies, end_))		\
		msleep(20);						\
	so_;								\
})

#endif /* HVSOCK_RIG_H */
