// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "netlink.h"

#define BUFFER_US	500000

int sock;

static const char *const protocols[] = { "pulse", "simple", "qubes", NULL };
static const char *const roles[] = { "connect", "listen", NULL };
static const char *const losses[] = { "silence", "error", NULL };
static const char *const names[] = { "command", "card", NULL };

const struct key keys[KEYS] = {
	{ "index", A(INDEX), NULL },
	{ "cid", A(CID), NULL },
	{ "port", A(PORT), NULL },
	{ "protocol", A(PROTOCOL), protocols },
	{ "role", A(ROLE), roles },
	{ "rate", A(RATE), NULL },
	{ "rate-min", A(RATE_MIN), NULL },
	{ "rate-max", A(RATE_MAX), NULL },
	{ "format", A(FORMAT), NULL },
	{ "channels", A(CHANNELS), NULL },
	{ "latency-us", A(LATENCY_US), NULL },
	{ "connect-timeout-ms", A(CONNECT_TIMEOUT_MS), NULL },
	{ "on-lost", A(ON_LOST), losses },
	{ "playback-streams", A(PLAYBACK_STREAMS), NULL },
	{ "capture-streams", A(CAPTURE_STREAMS), NULL },
	{ "name-streams", A(NAME_STREAMS), names },
	{ "mic", A(MIC), NULL },
	{ "idle-retry-s", A(IDLE_RETRY_S), NULL },
};

uint32_t key_number(const struct key *key, const char *value)
{
	uint32_t i;

	for (i = 0; key->words && key->words[i]; i++) {
		if (!strcmp(key->words[i], value))
			return i;
	}
	return strtoul(value, NULL, 0);
}

void put_key(struct genl *m, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (keys[i].attr == A(FORMAT))
			genl_put_text(m, keys[i].attr, value);
		else
			genl_put_u32(m, keys[i].attr,
				     key_number(&keys[i], value));
	}
}

struct genl answer;

/* Asks for a command on the card @name; NULL leaves it out. */
int ask(uint8_t cmd, const char *name)
{
	struct genl m;

	genl_begin(&m, cmd, 0);
	if (name)
		genl_put_text(&m, A(NAME), name);
	return genl_ask(sock, &m, &answer);
}

/* The same with one key. */
int ask_key(uint8_t cmd, const char *card, const char *key, const char *value)
{
	struct genl m;

	genl_begin(&m, cmd, 0);
	genl_put_text(&m, A(NAME), card);
	put_key(&m, key, value);
	return genl_ask(sock, &m, &answer);
}

int add(const char *name) { return ask(SND_HVSOCK_CMD_CARD_ADD, name); }
int del(const char *name) { return ask(SND_HVSOCK_CMD_CARD_DEL, name); }
int get(const char *name) { return ask(SND_HVSOCK_CMD_CARD_GET, name); }

int set(const char *name, const char *key, const char *value)
{
	return ask_key(SND_HVSOCK_CMD_CARD_SET, name, key, value);
}

int give_cookie(const char *name, const void *cookie, size_t size)
{
	struct genl m;

	genl_begin(&m, SND_HVSOCK_CMD_COOKIE_SET, 0);
	genl_put_text(&m, A(NAME), name);
	genl_put(&m, A(COOKIE), cookie, size);
	return genl_ask(sock, &m, NULL);
}

int dump_begin(int s, uint8_t cmd)
{
	struct genl m;

	genl_begin(&m, cmd, NLM_F_DUMP);
	return send(s, &m, m.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* How many a dump brings; negative for what went wrong. */
int dump_count(uint8_t cmd)
{
	struct genl m;
	int n = 0, ret;

	ret = dump_begin(sock, cmd);
	while (!ret && (ret = genl_next(sock, &m)) > 0) {
		n++;
		ret = 0;
	}
	return ret < 0 ? ret : n;
}

int cards(void) { return dump_count(SND_HVSOCK_CMD_CARD_GET); }

int listener(void)
{
	struct timeval wait = { .tv_sec = 2 };
	int s = genl_socket();

	setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl_group,
		   sizeof(genl_group));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return s;
}

/* Wait for this event, past events of other cards and of the link. */
bool comes(int s, uint8_t cmd, struct genl *m)
{
	int ret;

	while ((ret = genl_next(s, m)) > 0)
		if (genl_cmd(m) == cmd)
			return true;
	ktap_note("event %u does not come: %d", cmd, ret);
	return false;
}

snd_pcm_t *open_pcm(const char *card, snd_pcm_stream_t direction,
		    unsigned int rate, int *err)
{
	char name[32];
	snd_pcm_t *pcm;

	snprintf(name, sizeof(name), "hw:%s", card);
	*err = snd_pcm_open(&pcm, name, direction, 0);
	if (*err < 0)
		return NULL;
	*err = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE,
				  SND_PCM_ACCESS_RW_INTERLEAVED, 2,
				  rate, 0, BUFFER_US);
	if (*err < 0) {
		snd_pcm_close(pcm);
		return NULL;
	}
	return pcm;
}

uint32_t random_state;

uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}
