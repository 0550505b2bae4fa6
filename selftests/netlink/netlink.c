// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the netlink family, on its wire.
 *
 *   netlink                               the tests: KTAP
 *   netlink storm SECONDS                 adds, deletes, changes and dumps from
 *                                         four processes, under players
 *   netlink random COUNT [SEED]           messages that nearly make sense
 *   netlink cycles COUNT                  adds and deletes a card COUNT times
 *   netlink add|set NAME [KEY VALUE]...
 *   netlink del|reconnect NAME
 *   netlink cookie NAME FILE
 *   netlink get NAME                      attributes of a card, as bytes
 *   netlink events SECONDS                notifications of that time, in lines
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"

static int cycles(unsigned int count)
{
	while (count--)
		if (add("Cycle") || del("Cycle")) {
			printf("# %u to go: %s\n", count, genl_text);
			return KTAP_FAIL;
		}
	return KTAP_PASS;
}

static int say(int err)
{
	if (err)
		printf("%s (%s)\n", genl_text[0] ? genl_text : "refused",
		       strerror(-err));
	return err ? KTAP_FAIL : KTAP_PASS;
}

static int change(uint8_t cmd, int argc, char **argv)
{
	struct genl m;
	int i, err;

	genl_begin(&m, cmd, 0);
	genl_put_text(&m, A(NAME), argv[0]);
	for (i = 1; i + 1 < argc; i += 2)
		put_key(&m, argv[i], argv[i + 1]);
	err = genl_ask(sock, &m, &answer);
	return say(err);
}

static int cookie_of_file(const char *name, const char *file)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE];
	int fd = open(file, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : read(fd, cookie, sizeof(cookie));

	if (size < 0)
		return KTAP_FAIL;
	close(fd);
	return say(give_cookie(name, cookie, size));
}

static int print(const char *name)
{
	int err = get(name);

	if (!err)
		fwrite(&answer, 1, answer.head.nlmsg_len, stdout);
	return err ? KTAP_FAIL : KTAP_PASS;
}

static int print_events(unsigned int seconds)
{
	static const char *const names[] = {
		"card-add",	"card-del",    "card-set",     "link-up",
		"link-down",	"stream-open", "stream-start", "stream-stop",
		"stream-close", "xrun",	       "resync",       "volume",
	};
	uint64_t end = now_ms() + seconds * 1000;
	int s = listener(), cmd;
	struct genl m;

	while (now_ms() < end) {
		if (genl_next(s, &m) <= 0)
			continue;
		cmd = genl_cmd(&m) - SND_HVSOCK_CMD_CARD_ADD_NTF;
		/* The first attribute of each set is the card's name. */
		printf("%s %s\n", names[cmd], genl_string(&m, A(NAME)));
	}
	return KTAP_PASS;
}

static void no_message(const char *file, int line, const char *function,
		       int err, const char *format, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)format;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	/* what is refused on purpose is no news */
	snd_lib_error_set_handler(no_message);
	if (genl_resolve(SND_HVSOCK_FAMILY_NAME))
		ktap_bail(SND_HVSOCK_FAMILY_NAME, "no such family");
	sock = genl_socket();
	if (argc == 1)
		return all_tests();
	if (argc == 3 && !strcmp(verb, "storm"))
		return storm(atoi(argv[2]));
	if (argc >= 3 && !strcmp(verb, "random"))
		return random_messages(atoi(argv[2]),
				       argc > 3 ? strtoul(argv[3], NULL, 0) :
						  (uint32_t)time(NULL));
	if (argc == 3 && !strcmp(verb, "cycles"))
		return cycles(atoi(argv[2]));
	if (argc == 3 && !strcmp(verb, "events"))
		return print_events(atoi(argv[2]));
	if (argc == 3 && !strcmp(verb, "get"))
		return print(argv[2]);
	if (argc == 4 && !strcmp(verb, "cookie"))
		return cookie_of_file(argv[2], argv[3]);
	if (argc >= 3 && !strcmp(verb, "add"))
		return change(SND_HVSOCK_CMD_CARD_ADD, argc - 2, argv + 2);
	if (argc >= 3 && !strcmp(verb, "set"))
		return change(SND_HVSOCK_CMD_CARD_SET, argc - 2, argv + 2);
	if (argc == 3 && !strcmp(verb, "del"))
		return change(SND_HVSOCK_CMD_CARD_DEL, 1, argv + 2);
	if (argc == 3 && !strcmp(verb, "reconnect"))
		return change(SND_HVSOCK_CMD_RECONNECT, 1, argv + 2);
	fprintf(stderr, "netlink: see the beginning of netlink.c\n");
	return 2;
}
