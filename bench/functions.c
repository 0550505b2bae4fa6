// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin that counts the instructions of a guest in simulated time, for
 * each thread and each block of the kernel's code.
 *
 *   -plugin functions.so,out=PATH,current_task=ADDRESS,per_cpu_offset=ADDRESS
 *
 * When the guest executes mark.c for the Nth time, the plugin writes PATH.N: a
 * line for each thread and block, with the thread's name, the block's address
 * (0 for all code of user space), the instructions since the last mark, and the
 * instructions of the block.
 * Interrupts count for the thread that they interrupt.
 *
 * The addresses are those of the guest's /proc/kallsyms, of current_task and of
 * __per_cpu_offset. The plugin reads the guest's memory, of which QEMU maps a
 * file. The guest's kernel must run with nokaslr, on one processor.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin_1.h"

#define EXPORT		__attribute__((visibility("default")))
#define BLOCKS		262144
#define THREADS		512
#define TASK_BYTES	16384	/* more than a task_struct has */
#define DIRECT_MAP	0xffff888000000000
#define KERNEL_MAP	0xffffffff80000000
#define NAME_BYTES	16

EXPORT int qemu_plugin_version = 1;

struct thread {
	uint64_t task;
	uint64_t *counts;	/* of each block */
};

static uint64_t addresses[BLOCKS];
static unsigned int block_insns[BLOCKS];
static struct thread threads[THREADS];
static unsigned int thread_count = 1, marks;
static uint64_t *counts;
static const char *out, *memory;
static size_t memory_bytes, name_offset;
static uint64_t current_task, per_cpu_offset;	/* addresses */

/* Entry of the block at an address; 0 for user space. */
static size_t find(uint64_t address, unsigned int insns)
{
	size_t n = address * 0x9e3779b97f4a7c15 >> 46;

	if (!(address >> 63))
		return 0;
	for (;; n = (n + 1) % BLOCKS) {
		if (!n)
			continue;
		if (!addresses[n]) {
			addresses[n] = address;
			block_insns[n] = insns;
		}
		if (addresses[n] == address && block_insns[n] == insns)
			return n;
	}
}

/* Memory of the guest at a kernel address, NULL if there is none. */
static const char *at(uint64_t address, size_t bytes)
{
	address -= address >= KERNEL_MAP ? KERNEL_MAP : DIRECT_MAP;
	return address < memory_bytes && memory_bytes - address >= bytes ?
		       memory + address : NULL;
}

static void find_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long begin, end;
	char line[4096];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/memory\n") ||
		    sscanf(line, "%lx-%lx", &begin, &end) != 2)
			continue;
		memory = (const char *)begin;
		memory_bytes = end - begin;
		break;
	}
	if (maps)
		fclose(maps);
}

static void find_name(uint64_t task)
{
	const char *begin = at(task, TASK_BYTES), *name;

	name = begin ? memmem(begin, TASK_BYTES, "swapper/0", 10) : NULL;
	if (name)
		name_offset = name - begin;
}

static void set_thread(uint64_t task)
{
	unsigned int i;

	if (!name_offset)
		find_name(task);
	for (i = 1; i < thread_count && threads[i].task != task; i++)
		;
	if (i == THREADS)
		i = 0;
	else if (i == thread_count)
		thread_count++;
	threads[i].task = task;
	if (!threads[i].counts)
		threads[i].counts = calloc(BLOCKS, sizeof(*counts));
	counts = threads[i].counts;
}

/* Which thread runs is in a variable of the kernel. */
static void check_thread(void)
{
	static const uint64_t *now;
	static uint64_t last;

	if (!now) {
		find_memory();
		now = (const void *)at(per_cpu_offset, sizeof(*now));
		now = now ? (const void *)at(current_task + *now,
					     sizeof(*now)) : NULL;
		if (!now) {
			fputs("functions: no memory of the guest\n", stderr);
			abort();
		}
	}
	if (*now != last)
		set_thread(*now);
	last = *now;
}

static void write_thread(FILE *file, const struct thread *thread)
{
	const char *name = at(thread->task + name_offset, NAME_BYTES);
	size_t n;

	for (n = 0; n < BLOCKS; n++)
		if (thread->counts[n])
			fprintf(file,
				"%.15s\t%" PRIx64 "\t%" PRIu64 "\t%u\n",
				name && name_offset ? name : "?", addresses[n],
				thread->counts[n], block_insns[n]);
	memset(thread->counts, 0, BLOCKS * sizeof(*counts));
}

static void on_mark(unsigned int cpu, void *data)
{
	unsigned int i;
	char name[4096];
	FILE *file;

	(void)cpu;
	(void)data;
	snprintf(name, sizeof(name), "%s.%u", out, marks++);
	file = fopen(name, "w");
	if (!file) {
		perror(name);
		abort();
	}
	for (i = 0; i < thread_count; i++)
		if (threads[i].counts)
			write_thread(file, &threads[i]);
	fclose(file);
}

static void on_block(unsigned int cpu, void *data)
{
	size_t n = (uintptr_t)data >> 16;

	(void)cpu;
	if (n)
		check_thread();
	if (counts)
		counts[n] += (uintptr_t)data & 0xffff;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const unsigned char mark[] = MARK_CODE;
	size_t insns = qemu_plugin_tb_n_insns(tb), i;
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	struct qemu_plugin_insn *insn;
	void *block;

	(void)id;
	block = (void *)(uintptr_t)(find(address, insns) << 16 | insns);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block,
					     QEMU_PLUGIN_CB_NO_REGS, block);
	if (address >> 63)
		return;
	for (i = 0; i < insns; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_size(insn) != sizeof(mark) ||
		    memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark)))
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
						       QEMU_PLUGIN_CB_NO_REGS,
						       NULL);
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv);
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
		else if (!strncmp(argv[i], "current_task=", 13))
			current_task = strtoull(argv[i] + 13, NULL, 16);
		else if (!strncmp(argv[i], "per_cpu_offset=", 15))
			per_cpu_offset = strtoull(argv[i] + 15, NULL, 16);
	}
	if (!out || !current_task || !per_cpu_offset)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
