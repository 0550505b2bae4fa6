// SPDX-License-Identifier: GPL-2.0
/*
 * Runs programs that play, record, pause and are killed, while cards are added,
 * changed and deleted, all at the same time.
 *
 *   races SECONDS [SEED]
 *
 * The host may disappear and return. Prints KTAP: each kind of event must occur
 * often enough, and no process may hang.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#include "../netlink/genl.h"
#include "ktap.h"

#define SEATS	8	/* programs at once */
#define LINKED_MS	5000
#define END_S	60	/* for a program to end, on a slow machine */
#define A(name)	SND_HVSOCK_A_CARD_##name
#define RESERVED	"pcm"	/* a name that ALSA refuses late */
#define RESERVED_INDEX	7	/* number of that card */

/* Counters of all processes, in shared memory */
static struct {
	atomic_uint opens, starts, pauses, kills, snatched, added, deleted, set,
		dumps, events, mixed, stuck, wrong, linked;
} *seen;

static const char * const names[] = { "HvSock", "Race1", "Race2", "Race3", "Race4" };

#define NAMES	(sizeof(names) / sizeof(*names))

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

static const char *any_card(void) { return names[any(NAMES)]; }

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static void sleep_ms(unsigned int ms)
{
	poll(NULL, 0, ms);
}

/* ------------------------------------------------------------------------ */
/* Programs                                                                 */

static snd_pcm_t *open_pcm(const char *card, snd_pcm_stream_t direction,
			   unsigned int rate)
{
	char name[32];
	snd_pcm_t *pcm;

	snprintf(name, sizeof(name), "hw:%s", card);
	if (snd_pcm_open(&pcm, name, direction, SND_PCM_NONBLOCK) < 0)
		return NULL;
	seen->opens++;
	snd_pcm_nonblock(pcm, 0);
	if (snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE,
			       SND_PCM_ACCESS_RW_INTERLEAVED, 2, rate, 0,
			       10000 + any(100000)) < 0) {
		snd_pcm_close(pcm);
		return NULL;
	}
	return pcm;
}

static int move(snd_pcm_t *pcm)
{
	static short sound[9600 * 2];
	unsigned int frames = 1 + any(4800);

	return snd_pcm_stream(pcm) == SND_PCM_STREAM_PLAYBACK ?
		       snd_pcm_writei(pcm, sound, frames) :
		       snd_pcm_readi(pcm, sound, frames);
}

/* One random action of a program. Returns 0 or a negative errno. */
static int act(snd_pcm_t *pcm)
{
	int err;

	switch (any(10)) {
	case 0:
		err = snd_pcm_pause(pcm, 1);
		if (!err) {
			seen->pauses++;
			sleep_ms(any(50));
			err = snd_pcm_pause(pcm, 0);
		}
		return err;
	case 1:
		snd_pcm_drop(pcm);
		err = snd_pcm_prepare(pcm);
		return err < 0 ? err : snd_pcm_start(pcm);
	case 2:
		if (snd_pcm_stream(pcm) == SND_PCM_STREAM_PLAYBACK)
			snd_pcm_drain(pcm);
		return snd_pcm_prepare(pcm);
	case 3:
		return snd_pcm_reset(pcm);
	case 4:
		return snd_pcm_rewind(pcm, any(1000)) < 0 ? -EPIPE : 0;
	default:
		return move(pcm);
	}
}

static void program(void)
{
	unsigned int acts = 1 + any(60), rate = any(2) ? 44100 : 48000;
	snd_pcm_t *pcm, *other = NULL;
	const char *card = any_card();
	int err;

	pcm = open_pcm(card, any(3) ? SND_PCM_STREAM_PLAYBACK :
				      SND_PCM_STREAM_CAPTURE, rate);
	if (!pcm)
		return;
	if (!any(4))
		other = open_pcm(card, SND_PCM_STREAM_CAPTURE, rate);
	if (other)
		snd_pcm_link(pcm, other);
	if (snd_pcm_stream(pcm) == SND_PCM_STREAM_PLAYBACK)
		move(pcm);
	if (!snd_pcm_start(pcm))
		seen->starts++;
	while (acts--) {
		err = act(pcm);
		if (err == -ENODEV || err == -EBADFD)
			break;
		if (err < 0 && snd_pcm_recover(pcm, err, 1) < 0)
			break;
	}
	/* The kernel closes the rest. */
	if (any(2))
		snd_pcm_close(pcm);
}

static void *stops(void *pcm)
{
	uint64_t end = now_ms() + LINKED_MS;

	while (now_ms() < end)
		snd_pcm_drop(pcm);
	return NULL;
}

/*
 * Linked streams are stopped from two sides. They are not prepared, because
 * ALSA prepares each under its own buffer_mutex and then takes the other's, so
 * two threads would wait for each other for ever.
 */
static void linked(void)
{
	static const short silence[48 * 2];
	snd_pcm_t *pcm = open_pcm(names[0], SND_PCM_STREAM_PLAYBACK, 48000);
	snd_pcm_t *other = open_pcm(names[0], SND_PCM_STREAM_CAPTURE, 48000);
	uint64_t end = now_ms() + LINKED_MS;
	pthread_t thread;

	if (!pcm || !other || snd_pcm_link(pcm, other) ||
	    pthread_create(&thread, NULL, stops, other))
		ktap_bail("linked streams", "cannot be had");
	while (now_ms() < end) {
		snd_pcm_prepare(pcm);
		snd_pcm_writei(pcm, silence, 48);
		if (!snd_pcm_start(pcm))
			seen->linked++;
		snd_pcm_drop(pcm);
	}
	pthread_join(thread, NULL);
	snd_pcm_close(other);
	snd_pcm_close(pcm);
}

/* Wait for a process until a timeout. */
static bool ends(pid_t pid, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (!waitpid(pid, NULL, WNOHANG)) {
		if (now_ms() >= end)
			return false;
		sleep_ms(5);
	}
	return true;
}

/* Run one program after the other; kill half of them at a random time. */
static void seat(uint64_t end)
{
	while (now_ms() < end) {
		unsigned int patience = any(2) ? any(1500) : END_S * 1000;
		pid_t pid = fork();

		if (!pid) {
			program();
			_exit(0);
		}
		if (pid < 0 || ends(pid, patience))
			continue;
		if (patience == END_S * 1000)
			seen->stuck++;
		kill(pid, SIGKILL);
		if (ends(pid, END_S * 1000))
			seen->kills++;
		else
			seen->stuck++;
	}
}

/* ------------------------------------------------------------------------ */
/* Other processes                                                          */

static void put_address(struct genl *m)
{
	static const uint32_t protocols[] = {
		SND_HVSOCK_PROTOCOL_PULSE, SND_HVSOCK_PROTOCOL_QUBES,
		SND_HVSOCK_PROTOCOL_SIMPLE, SND_HVSOCK_PROTOCOL_QUBES,
	};
	/* In turns, because a slow machine adds few cards. */
	uint32_t protocol = protocols[seen->added % 4];

	genl_put_u32(m, A(PROTOCOL), protocol);
	/*
	 * PulseAudio listens at port 4713, the raw hosts at 4715 and 4716. At
	 * 4720 nobody listens, or the guest.
	 */
	if (protocol != SND_HVSOCK_PROTOCOL_PULSE) {
		bool listen = any(2);

		genl_put_u32(m, A(ROLE),
			     listen ? SND_HVSOCK_ROLE_LISTEN :
				      SND_HVSOCK_ROLE_CONNECT);
		genl_put_u32(m, A(PORT), listen ? 4720 : 4715 + 5 * !any(4));
	} else {
		genl_put_u32(m, A(PORT), any(4) ? 4713 : 4720);
	}
	genl_put_u32(m, A(IDLE_RETRY_S), any(3));
}

/* Errors that the program cannot avoid */
static bool is_refusal(int err)
{
	switch (err) {
	case -EEXIST:
	case -ENODEV:
	case -ENOSPC:
	case -EBUSY:
	case -EADDRINUSE:
		return true;
	default:
		return false;
	}
}

static void changer(uint64_t end)
{
	char cookie[SND_HVSOCK_COOKIE_SIZE] = { 1 };
	int sock = genl_socket();
	atomic_uint *count;

	while (now_ms() < end) {
		const char *name = names[1 + any(NAMES - 1)];
		struct genl m;
		int err;

		switch (any(7)) {
		case 0 ... 1:
			count = &seen->added;
			genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
			genl_put_text(&m, A(NAME), name);
			put_address(&m);
			break;
		case 2 ... 3:
			count = &seen->deleted;
			genl_begin(&m, SND_HVSOCK_CMD_CARD_DEL, 0);
			genl_put_text(&m, A(NAME), name);
			break;
		case 4:
			count = &seen->set;
			genl_begin(&m, SND_HVSOCK_CMD_CARD_SET, 0);
			genl_put_text(&m, A(NAME), any(2) ? name : names[0]);
			genl_put_u32(&m, A(LATENCY_US), any(2) * 50000);
			genl_put_u32(&m, A(ON_LOST), !any(8));
			genl_put_u32(&m, A(MIC), !!any(8));
			genl_put_u32(&m, A(CONNECT_TIMEOUT_MS),
				     100 + any(2000));
			break;
		case 5:
			count = &seen->set;
			genl_begin(&m, SND_HVSOCK_CMD_COOKIE_SET, 0);
			genl_put_text(&m, A(NAME), name);
			genl_put(&m, A(COOKIE), cookie,
				 any(2) * sizeof(cookie));
			break;
		default:
			count = &seen->set;
			genl_begin(&m, SND_HVSOCK_CMD_RECONNECT, 0);
			genl_put_text(&m, A(NAME), any(2) ? name : names[0]);
			break;
		}
		err = genl_ask(sock, &m, NULL);
		if (!err) {
			++*count;
		} else if (!is_refusal(err)) {
			ktap_note("command %u of %s: error %d: %s",
				  genl_cmd(&m), name, err, genl_text);
			seen->wrong++;
		}
		sleep_ms(any(30));
	}
}

/* Open a card that ALSA is about to refuse, and whose host is away. */
static void snatcher(uint64_t end)
{
	uint32_t index = RESERVED_INDEX;
	int sock = genl_socket();
	struct genl m;
	pid_t pid;

	while (now_ms() < end) {
		pid = fork();
		if (!pid) {
			char card[4];
			snd_pcm_t *pcm = NULL;

			snprintf(card, sizeof(card), "%u", index);
			while (!pcm && now_ms() < end)
				pcm = open_pcm(card, SND_PCM_STREAM_PLAYBACK,
					       48000);
			if (pcm) {
				seen->snatched++;
				move(pcm);
				snd_pcm_start(pcm);
				sleep_ms(200);
				snd_pcm_close(pcm);
			}
			_exit(0);
		}
		do {
			genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
			genl_put_text(&m, A(NAME), RESERVED);
			genl_put_u32(&m, A(INDEX), index);
			genl_put_u32(&m, A(PORT), 4720);
			seen->wrong += !is_refusal(genl_ask(sock, &m, NULL));
		} while (!waitpid(pid, NULL, WNOHANG) && now_ms() < end);
		ends(pid, END_S * 1000);
	}
}

static void dumper(uint64_t end)
{
	int sock = genl_socket();
	struct genl m;

	while (now_ms() < end) {
		genl_begin(&m,
			   any(2) ? SND_HVSOCK_CMD_CARD_GET :
				    SND_HVSOCK_CMD_STREAM_GET,
			   NLM_F_DUMP);
		if (send(sock, &m, m.head.nlmsg_len, 0) < 0)
			continue;
		while (genl_next(sock, &m) > 0)
			;
		seen->dumps++;
		sleep_ms(any(20));
	}
}

static void listener(uint64_t end)
{
	int sock = genl_socket();
	struct genl m;

	setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl_group,
		   sizeof(genl_group));
	while (now_ms() < end) {
		struct pollfd p = { .fd = sock, .events = POLLIN };

		if (poll(&p, 1, 100) > 0 && genl_next(sock, &m) > 0)
			seen->events++;
	}
}

/* Write, read and watch all elements. */
static void mixer(uint64_t end)
{
	while (now_ms() < end) {
		snd_ctl_elem_value_t *value;
		char name[32];
		snd_ctl_t *ctl;
		unsigned int turns = any(20), numid;

		snprintf(name, sizeof(name), "hw:%s", any_card());
		if (snd_ctl_open(&ctl, name, SND_CTL_NONBLOCK) < 0) {
			sleep_ms(5);
			continue;
		}
		snd_ctl_elem_value_alloca(&value);
		snd_ctl_subscribe_events(ctl, 1);
		while (turns--) {
			numid = 1 + any(8);
			snd_ctl_elem_value_set_numid(value, numid);
			if (snd_ctl_elem_read(ctl, value) < 0)
				continue;
			snd_ctl_elem_value_set_integer(value, 0, any(2));
			seen->mixed += snd_ctl_elem_write(ctl, value) >= 0;
		}
		snd_ctl_close(ctl);
	}
}

/* ------------------------------------------------------------------------ */

static void (*const parts[])(uint64_t end) = {
	changer, changer, snatcher, dumper, listener, mixer
};

#define PARTS	(sizeof(parts) / sizeof(*parts))

static void enough(unsigned int n, unsigned int least, const char *what)
{
	ktap_note("%u %s, of at least %u", n, what, least);
	ktap_result(n >= least, what);
}

/* Delete all cards but the first, and restore its keys. */
static void sweep(void)
{
	int sock = genl_socket();
	struct genl m;
	size_t i;

	for (i = 1; i < NAMES; i++) {
		genl_begin(&m, SND_HVSOCK_CMD_CARD_DEL, 0);
		genl_put_text(&m, A(NAME), names[i]);
		genl_ask(sock, &m, NULL);
	}
	genl_begin(&m, SND_HVSOCK_CMD_CARD_SET, 0);
	genl_put_text(&m, A(NAME), names[0]);
	genl_put_u32(&m, A(LATENCY_US), 0);
	genl_put_u32(&m, A(ON_LOST), SND_HVSOCK_ON_LOST_SILENCE);
	genl_put_u32(&m, A(MIC), 1);
	genl_put_u32(&m, A(CONNECT_TIMEOUT_MS), 2000);
	genl_ask(sock, &m, NULL);
	close(sock);
}

static void no_message(const char *file, int line, const char *function,
		       int err, const char *format, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)format;
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 0;
	uint32_t seed = argc > 2 ? strtoul(argv[2], NULL, 0) :
				   (uint32_t)time(NULL);
	uint64_t end;
	size_t i;

	ktap_plan(10);
	if (!seconds || genl_resolve(SND_HVSOCK_FAMILY_NAME))
		ktap_bail("races SECONDS [SEED]", "with " SND_HVSOCK_FAMILY_NAME " loaded");
	ktap_note("seed %u", seed);
	fflush(stdout);
	snd_lib_error_set_handler(no_message);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	linked();
	end = now_ms() + seconds * 1000;
	for (i = 0; i < SEATS + PARTS; i++) {
		if (fork())
			continue;
		random_state = seed + 7919 * i;
		if (i < SEATS)
			seat(end);
		else
			parts[i - SEATS](end);
		fflush(stdout);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	sweep();
	/*
	 * A third of what an emulated guest with a debug kernel reaches beside
	 * the same load on the same processors.
	 */
	enough(seen->linked, 10, "linked streams started");
	enough(seen->opens, seconds / 10, "opened");
	enough(seen->starts, seconds / 20, "started");
	enough(seen->pauses, seconds / 100 + 1, "paused");
	enough(seen->kills, seconds / 10, "killed");
	enough(seen->added < seen->deleted ? seen->added : seen->deleted,
	       seconds / 200 + 1, "cards added, and deleted");
	enough(seen->set, seconds / 100 + 1, "settings");
	enough(seen->dumps < seen->mixed ? seen->dumps : seen->mixed,
	       seconds / 60 + 1, "dumped, and mixers turned");
	enough(seen->events, seconds / 2, "events");
	ktap_note("%u times opened before it was refused", seen->snatched);
	ktap_note("%u stuck, %u wrongly refused", seen->stuck, seen->wrong);
	ktap_result(!seen->stuck && !seen->wrong, "none was stuck, none refused without reason");
	return ktap_status();
}
