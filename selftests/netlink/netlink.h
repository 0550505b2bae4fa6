/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the tests of the netlink family: requests and answers. */
#ifndef HVSOCK_TEST_NETLINK_H
#define HVSOCK_TEST_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <alsa/asoundlib.h>

#include "genl.h"
#include "ktap.h"

#define A(name) SND_HVSOCK_A_CARD_##name

#define CHECK(condition, ...)					\
	do {							\
		if (!(condition)) {				\
			ktap_note("line %d: " #condition, __LINE__); \
			ktap_note("  " __VA_ARGS__);		\
			return false;				\
		}						\
	} while (0)

/* A key of a card; @words are names of its numbers, or NULL. */
struct key {
	const char *name;
	uint16_t attr;
	const char *const *words;
};

#define KEYS	18

extern const struct key keys[KEYS];

extern int sock;
extern struct genl answer;	/* to the last request */

uint32_t key_number(const struct key *key, const char *value);
void put_key(struct genl *m, const char *name, const char *value);
/* Sends a command about the card @name; NULL leaves the name out. */
int ask(uint8_t cmd, const char *name);
int ask_key(uint8_t cmd, const char *card, const char *key, const char *value);
int add(const char *name);
int del(const char *name);
int get(const char *name);
int set(const char *name, const char *key, const char *value);
int give_cookie(const char *name, const void *cookie, size_t size);

int dump_begin(int s, uint8_t cmd);
/* Number of messages of a dump, or a negative errno. */
int dump_count(uint8_t cmd);
int cards(void);

/* A socket that gets notifications, and waits for each for 2 s. */
int listener(void);
bool comes(int s, uint8_t cmd, struct genl *m);

snd_pcm_t *open_pcm(const char *card, snd_pcm_stream_t direction,
		    unsigned int rate, int *err);

extern uint32_t random_state;
uint32_t any(uint32_t below);
uint64_t now_ms(void);

/* Tests */
extern uint32_t room;		/* cards that the sound core has room for */
extern const char *skipped;	/* why, if a test cannot be run here */

bool test_family(void);
bool test_defaults(void);
bool test_keys(void);
bool test_set(void);
bool test_refusals(void);
bool test_refused_wholes(void);
bool test_names(void);
bool test_other_drivers(void);
bool test_index(void);
bool test_full(void);
bool test_malformed(void);
bool test_rights(void);
bool test_cookie(void);
bool test_dump(void);
bool test_dump_changed(void);
bool test_events(void);
bool test_stream(void);
bool test_offered(void);
bool test_del_open(void);

/* Commands, which return an exit status */
int all_tests(void);
int storm(unsigned int seconds);
int random_messages(unsigned int count, uint32_t seed);

#endif /* HVSOCK_TEST_NETLINK_H */
