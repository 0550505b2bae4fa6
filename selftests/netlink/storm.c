// SPDX-License-Identifier: GPL-2.0
/* Requests from several processes at once, under players. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netlink.h"

static const char * const storm_names[] = { "Storm0", "Storm1", "Storm2" };

/* What is in nobody's hands may be refused; nothing else. */
static bool expected(int err)
{
	switch (err) {
	case 0:
	case -EEXIST:
	case -ENODEV:
	case -ENOSPC:
	case -EBUSY:
		return true;
	default:
		ktap_note("error %d: %s", err, genl_text);
		return false;
	}
}

static bool storm_changes(uint64_t end)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE], port[12];
	unsigned int n = 0;

	memset(cookie, 1, sizeof(cookie));
	for (; now_ms() < end; n++) {
		const char *name = storm_names[any(3)];
		int err;

		snprintf(port, sizeof(port), "%u", 4990 + any(4));
		switch (any(8)) {
		case 0:
			err = add(name);
			break;
		case 1:
			err = ask_key(SND_HVSOCK_CMD_CARD_ADD, name, "port",
				      port);
			break;
		case 2:
			err = del(name);
			break;
		case 3:
			err = set(name, "port", port);
			break;
		case 4:
			err = give_cookie(name, cookie,
					  any(2) * sizeof(cookie));
			break;
		case 5:
			err = ask(SND_HVSOCK_CMD_RECONNECT, name);
			break;
		case 6:
			err = cards();
			break;
		default:
			err = dump_count(SND_HVSOCK_CMD_STREAM_GET);
			break;
		}
		if (err < 0 && !expected(err))
			return false;
	}
	ktap_note("%u commands", n);
	/* In 20 s; the debug kernel of 7.2 does 64. */
	return n > 40;
}

/* Plays, or records, on whatever card there is, until it goes. */
static bool storm_plays(uint64_t end, snd_pcm_stream_t direction)
{
	static short sound[4800 * 2];
	unsigned int opened = 0, gone = 0;

	while (now_ms() < end) {
		unsigned int writes = any(8), card = any(3);
		uint64_t begin = now_ms();
		snd_pcm_t *pcm;
		int err;

		pcm = open_pcm(storm_names[card], direction, 48000, &err);
		if (!pcm)
			continue;
		opened++;
		/* ALSA would wait for a whole buffer to be asked for. */
		if (direction == SND_PCM_STREAM_CAPTURE)
			err = snd_pcm_start(pcm);
		while (err >= 0 && writes--) {
			begin = now_ms();
			err = direction == SND_PCM_STREAM_PLAYBACK ?
				      snd_pcm_writei(pcm, sound, 1200) :
				      snd_pcm_readi(pcm, sound, 1200);
		}
		gone += err == -ENODEV;
		if (err < 0 && err != -ENODEV && err != -EPIPE &&
		    err != -EBADFD) {
			ktap_note("%s: %s after %u ms, state %s",
				  storm_names[card], snd_strerror(err),
				  (unsigned int)(now_ms() - begin),
				  snd_pcm_state_name(snd_pcm_state(pcm)));
			return false;
		}
		snd_pcm_close(pcm);
	}
	ktap_note("opened %u times, %u times the card went", opened, gone);
	return opened > 0;
}

int storm(unsigned int seconds)
{
	uint64_t end = now_ms() + seconds * 1000;
	int i, status, failed = 0;

	for (i = 0; i < 7; i++) {
		pid_t pid = fork();
		bool ok;

		if (pid)
			continue;
		setvbuf(stdout, NULL, _IOLBF, 0);
		random_state = 1000 * i + seconds;
		sock = genl_socket();
		if (i < 4)
			ok = storm_changes(end);
		else
			ok = storm_plays(end, i < 6 ? SND_PCM_STREAM_PLAYBACK :
						      SND_PCM_STREAM_CAPTURE);
		_exit(!ok);
	}
	while (wait(&status) > 0)
		failed |= status;
	for (i = 0; i < 3; i++)
		del(storm_names[i]);
	return failed ? KTAP_FAIL : KTAP_PASS;
}
