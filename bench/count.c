// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin that counts the instructions that the guest executes.
 *
 *   -plugin count.so,socket=PATH[,profile=PATH]
 *
 * For each byte that is sent to the UNIX socket, it answers with the number of
 * instructions since the guest's start, as an integer of 64 bits.
 *
 * The byte 'p' also writes the profile: a line for each block of code with its
 * address and the instructions executed in it since the last 'p'.
 *
 * A block that an exception ends counts as a whole.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qemu_plugin.h"

#define EXPORT	__attribute__((visibility("default")))
#define BLOCKS	524288

EXPORT int qemu_plugin_version = 3;

/* Entry 0 of the scoreboard counts all, each other entry one block. */
static struct qemu_plugin_scoreboard *score;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t addresses[BLOCKS], before[BLOCKS];
static const char *profile;
static int listener;

static struct qemu_plugin_u64 entry(size_t n)
{
	return (struct qemu_plugin_u64){ score, n * sizeof(uint64_t) };
}

/* Entry of the block at an address, 0 if the table is full. Needs @lock. */
static size_t find(uint64_t address)
{
	size_t i, n = address * 0x9e3779b97f4a7c15 >> 45;

	for (i = 0; i < 64; i++, n = (n + 1) % BLOCKS) {
		if (!n)
			continue;
		if (!addresses[n])
			addresses[n] = address;
		if (addresses[n] == address)
			return n;
	}
	return 0;
}

static void count(struct qemu_plugin_tb *tb, size_t n)
{
	const enum qemu_plugin_op add = QEMU_PLUGIN_INLINE_ADD_U64;
	const size_t insns = qemu_plugin_tb_n_insns(tb);

	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, add, entry(n),
							  insns);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = 0;

	(void)id;
	count(tb, 0);
	if (!profile)
		return;
	pthread_mutex_lock(&lock);
	n = find(qemu_plugin_tb_vaddr(tb));
	pthread_mutex_unlock(&lock);
	if (n)
		count(tb, n);
}

static void write_profile(void)
{
	FILE *out = fopen(profile, "w");
	uint64_t sum;
	size_t n;

	if (!out)
		return;
	for (n = 1; n < BLOCKS; n++) {
		if (!addresses[n])
			continue;
		sum = qemu_plugin_u64_sum(entry(n));
		if (sum != before[n])
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n", addresses[n],
				sum - before[n]);
		before[n] = sum;
	}
	fclose(out);
}

static void *answer(void *arg)
{
	uint64_t sum;
	char byte;
	int fd;

	(void)arg;
	for (;;) {
		fd = accept(listener, NULL, NULL);
		while (fd >= 0 && read(fd, &byte, 1) == 1) {
			if (byte == 'p' && profile)
				write_profile();
			sum = qemu_plugin_u64_sum(entry(0));
			if (write(fd, &sum, sizeof(sum)) != sizeof(sum))
				break;
		}
		close(fd);
	}
	return NULL;
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc,
			       char **argv);
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	pthread_t thread;
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "socket=", 7))
			strncpy(address.sun_path, argv[i] + 7,
				sizeof(address.sun_path) - 1);
		else if (!strncmp(argv[i], "profile=", 8))
			profile = argv[i] + 8;
		else
			return 1;
	}
	score = qemu_plugin_scoreboard_new((profile ? BLOCKS : 1) *
					   sizeof(uint64_t));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (!score || listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 4) < 0 ||
	    pthread_create(&thread, NULL, answer, NULL)) {
		perror("count");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
