// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/vm_sockets.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <sound/pcm_params.h>
#include <uapi/linux/snd_hvsock.h>

#include "notify.h"
#include "rig.h"

/* ------------------------------------------------------------------------ */
/* Cards                                                                    */

void rig_config(struct hvsnd_card_config *config, const char *name)
{
	hvsnd_config_init(config);
	strscpy(config->id, name, sizeof(config->id));
	config->port = RIG_PORT;
	config->idle_retry_s = 0;
}

u32 rig_protocol(const char *name)
{
	u32 value = 0;

	hvsnd_key_parse(hvsnd_key_find(SND_HVSOCK_A_CARD_PROTOCOL), name,
			&value);
	return value;
}

struct hvsnd_card *rig_try_add(const struct hvsnd_card_config *config,
			       struct hvsnd_config_error *error)
{
	struct hvsnd_card *card;

	memset(error, 0, sizeof(*error));
	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_card_add(config, error);
	mutex_unlock(&hvsnd_cards_mutex);
	return card;
}

struct hvsnd_card *rig_add(struct kunit *test,
			   const struct hvsnd_card_config *config)
{
	struct hvsnd_config_error error;
	struct hvsnd_card *card = rig_try_add(config, &error);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(card), "%ld: %s", PTR_ERR(card),
			       error.msg);
	return card;
}

/* Whether it is there; not to be looked into where it may go. */
struct hvsnd_card *rig_find(const char *name)
{
	struct hvsnd_card *card;

	mutex_lock(&hvsnd_cards_mutex);
	card = hvsnd_card_find(name);
	mutex_unlock(&hvsnd_cards_mutex);
	return card;
}

void rig_del(struct hvsnd_card *card)
{
	mutex_lock(&hvsnd_cards_mutex);
	hvsnd_card_del(card);
	mutex_unlock(&hvsnd_cards_mutex);
}

/* For a suite's exit: also after a case that failed. */
void rig_del_all(struct kunit *test)
{
	struct hvsnd_card *card, *next;

	mutex_lock(&hvsnd_cards_mutex);
	list_for_each_entry_safe(card, next, &hvsnd_cards, entry)
		hvsnd_card_del(card);
	mutex_unlock(&hvsnd_cards_mutex);
}

/* ------------------------------------------------------------------------ */
/* Programs                                                                 */

void rig_open(struct kunit *test, struct rig_program *p,
	      struct hvsnd_card *card, int direction)
{
	struct snd_pcm_file *pcm;
	char path[32];

	snprintf(path, sizeof(path), "/dev/snd/pcmC%dD0%c", card->card->number,
		 direction == SNDRV_PCM_STREAM_PLAYBACK ? 'p' : 'c');
	p->file = filp_open(path, O_RDWR | O_NONBLOCK, 0);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(p->file), "%s: %ld", path,
			       PTR_ERR(p->file));
	pcm = p->file->private_data;
	p->substream = pcm->substream;
}

/* With a number for an argument, or none. */
int rig_ioctl(struct rig_program *p, unsigned int cmd, unsigned long arg)
{
	return p->file->f_op->unlocked_ioctl(p->file, cmd, arg);
}

static void rig_interval(struct snd_pcm_hw_params *hw, int var,
			 unsigned int value)
{
	struct snd_interval *i = hw_param_interval(hw, var);

	i->min = value;
	i->max = value;
	i->integer = 1;
}

static void rig_mask(struct snd_pcm_hw_params *hw, int var, unsigned int value)
{
	struct snd_mask *m = hw_param_mask(hw, var);

	snd_mask_none(m);
	snd_mask_set(m, value);
}

/* S16_LE, stereo, RIG_RATE if it can be had, RIG_BUFFER */
void rig_set_period(struct kunit *test, struct rig_program *p, u32 frames)
{
	const struct snd_pcm_hardware *has = &p->substream->runtime->hw;
	struct snd_pcm_hw_params *hw;
	int err;

	hw = kunit_kzalloc(test, sizeof(*hw), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, hw);
	_snd_pcm_hw_params_any(hw);
	rig_mask(hw, SNDRV_PCM_HW_PARAM_ACCESS,
		 (__force int)SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	rig_mask(hw, SNDRV_PCM_HW_PARAM_FORMAT,
		 (__force int)SNDRV_PCM_FORMAT_S16_LE);
	rig_interval(hw, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	rig_interval(hw, SNDRV_PCM_HW_PARAM_RATE,
		     clamp_t(u32, RIG_RATE, has->rate_min, has->rate_max));
	rig_interval(hw, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, frames);
	rig_interval(hw, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, RIG_BUFFER);
	err = snd_pcm_kernel_ioctl(p->substream, SNDRV_PCM_IOCTL_HW_PARAMS, hw);
	KUNIT_ASSERT_EQ(test, err, 0);
}

void rig_set_params(struct kunit *test, struct rig_program *p)
{
	rig_set_period(test, p, RIG_PERIOD);
}

/* Returns frames written, or a negative errno; does not wait. */
int rig_write(struct rig_program *p, unsigned int frames)
{
	static const u8 sound[RIG_BUFFER * 4] = { [0 ... RIG_BUFFER * 4 - 1] =
							  0x55 };

	return snd_pcm_kernel_write(p->substream, sound, frames);
}

/* From hw_params to running, with a full ring. */
void rig_start(struct kunit *test, struct rig_program *p)
{
	KUNIT_ASSERT_EQ(test, rig_ioctl(p, SNDRV_PCM_IOCTL_PREPARE, 0), 0);
	KUNIT_ASSERT_EQ(test, rig_write(p, RIG_BUFFER), RIG_BUFFER);
	if (rig_state(p) != (__force u32)SNDRV_PCM_STATE_RUNNING)
		KUNIT_ASSERT_EQ(test, rig_ioctl(p, SNDRV_PCM_IOCTL_START, 0),
				0);
	KUNIT_ASSERT_EQ(test, rig_state(p),
			(__force u32)SNDRV_PCM_STATE_RUNNING);
}

void rig_play(struct kunit *test, struct rig_program *p)
{
	rig_set_params(test, p);
	rig_start(test, p);
}

/* Not later, when the file's last reference is put by a worker. */
void rig_close(struct rig_program *p)
{
	__fput_sync(p->file);
}

u32 rig_state(struct rig_program *p)
{
	return (__force u32)p->substream->runtime->state;
}

/* ------------------------------------------------------------------------ */
/* The host                                                                 */

void rig_release(void *sock)
{
	sock_release(sock);
}

/* Until the end of the test case. */
struct socket *rig_listen(struct kunit *test, u32 port)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = port,
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_VSOCK, SOCK_STREAM, 0, &sock);
	KUNIT_ASSERT_EQ(test, err, 0);
	err = kunit_add_action_or_reset(test, rig_release, sock);
	KUNIT_ASSERT_EQ(test, err, 0);
	err = kernel_bind(sock, (struct sockaddr *)&addr, sizeof(addr));
	KUNIT_ASSERT_EQ(test, err, 0);
	err = kernel_listen(sock, 8);
	KUNIT_ASSERT_EQ(test, err, 0);
	return sock;
}

/* The next caller, who is to be released; NULL if nobody calls within @ms. */
struct socket *rig_accept(struct socket *listener, unsigned int ms)
{
	struct socket *sock;

	listener->sk->sk_rcvtimeo = msecs_to_jiffies(ms);
	return kernel_accept(listener, &sock, 0) ? NULL : sock;
}

/* The host calls; NULL if nobody listens. */
struct socket *rig_call(u32 port)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_LOCAL,
		.svm_port = port,
	};
	struct socket *sock;

	if (sock_create_kern(&init_net, AF_VSOCK, SOCK_STREAM, 0, &sock))
		return NULL;
	if (!kernel_connect(sock, (struct sockaddr *)&addr, sizeof(addr), 0))
		return sock;
	sock_release(sock);
	return NULL;
}

/* Exactly @len bytes; else what came within @ms, or before the end. */
int rig_receive(struct socket *sock, void *buf, size_t len, unsigned int ms)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = buf, .iov_len = len };

	sock->sk->sk_rcvtimeo = msecs_to_jiffies(ms);
	return kernel_recvmsg(sock, &msg, &vec, 1, len, MSG_WAITALL);
}

/* What there is room for. */
int rig_send(struct socket *sock, const void *buf, size_t len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = len };

	return kernel_sendmsg(sock, &msg, &vec, 1, len);
}

/* ------------------------------------------------------------------------ */
/* Who listens to events                                                    */

static int rig_hear_group(struct socket *sock, u32 group)
{
	return sock->ops->setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				     KERNEL_SOCKPTR(&group), sizeof(group));
}

/* The next message; NULL if there is none. */
static struct nlmsghdr *rig_message(struct socket *sock)
{
	static u8 buf[8192] __aligned(8);
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = buf, .iov_len = sizeof(buf) };
	int n = kernel_recvmsg(sock, &msg, &vec, 1, sizeof(buf), MSG_DONTWAIT);

	return n >= NLMSG_HDRLEN ? (struct nlmsghdr *)buf : NULL;
}

/* The family's one group, by its name. */
static int rig_resolve(struct socket *sock, u32 *group)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1], *grp[CTRL_ATTR_MCAST_GRP_MAX + 1];
	struct genlmsghdr *genl;
	struct msghdr msg = { };
	struct nlmsghdr *nlh;
	struct sk_buff *skb;
	struct kvec vec;
	int err;

	skb = nlmsg_new(256, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	nlh = nlmsg_put(skb, 0, 1, GENL_ID_CTRL, GENL_HDRLEN, NLM_F_REQUEST);
	genl = nlmsg_data(nlh);
	*genl = (struct genlmsghdr) { CTRL_CMD_GETFAMILY, 1 };
	nla_put_string(skb, CTRL_ATTR_FAMILY_NAME, SND_HVSOCK_FAMILY_NAME);
	nlh->nlmsg_len = skb->len;
	vec.iov_base = skb->data;
	vec.iov_len = skb->len;
	err = kernel_sendmsg(sock, &msg, &vec, 1, skb->len);
	nlmsg_free(skb);
	nlh = err < 0 ? NULL : rig_message(sock);
	if (!nlh || nlh->nlmsg_type != GENL_ID_CTRL)
		return -ENOENT;
	err = nlmsg_parse_deprecated(nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX, NULL,
				     NULL);
	if (err || !tb[CTRL_ATTR_MCAST_GROUPS])
		return -ENOENT;
	err = nla_parse_nested_deprecated(grp, CTRL_ATTR_MCAST_GRP_MAX,
					  nla_data(tb[CTRL_ATTR_MCAST_GROUPS]),
					  NULL, NULL);
	if (err || !grp[CTRL_ATTR_MCAST_GRP_ID])
		return -ENOENT;
	*group = nla_get_u32(grp[CTRL_ATTR_MCAST_GRP_ID]);
	return 0;
}

/* Until the end of the test case. */
struct socket *rig_hear(struct kunit *test)
{
	struct socket *sock;
	u32 group;
	int err;

	err = sock_create_kern(&init_net, AF_NETLINK, SOCK_RAW,
			       NETLINK_GENERIC, &sock);
	KUNIT_ASSERT_EQ(test, err, 0);
	err = kunit_add_action_or_reset(test, rig_release, sock);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, 0, rig_resolve(sock, &group));
	KUNIT_ASSERT_EQ(test, 0, rig_hear_group(sock, group));
	return sock;
}

/* The next event's number; 0 if there is none. */
int rig_event(struct socket *sock)
{
	struct nlmsghdr *nlh;

	hvsnd_notify_flush();
	nlh = rig_message(sock);
	return nlh ? ((struct genlmsghdr *)nlmsg_data(nlh))->cmd : 0;
}

/* The stream's id that the next event has; 0 if there is no event. */
u32 rig_stream_event(struct socket *sock)
{
	struct nlattr *tb[SND_HVSOCK_A_STREAM_MAX + 1];
	struct nlmsghdr *nlh = rig_message(sock);

	if (!nlh ||
	    nlmsg_parse_deprecated(nlh, GENL_HDRLEN, tb,
				   SND_HVSOCK_A_STREAM_MAX, NULL, NULL) ||
	    !tb[SND_HVSOCK_A_STREAM_ID])
		return 0;
	return nla_get_u32(tb[SND_HVSOCK_A_STREAM_ID]);
}

/* The error that reading would return first, as a program's does. */
int rig_error(struct socket *sock)
{
	return sock_error(sock->sk);
}
