// SPDX-License-Identifier: GPL-2.0
/*
 * Counts idle instructions with a loop of 1000 instructions, which runs only
 * when the processor is idle (SCHED_IDLE).
 *
 * spare FILE: the first 8 bytes of the file are the number of loops so far.
 *
 * In simulated time a second has a known number of instructions. The rest of
 * the machine, interrupts included, costs the instructions that the loop does
 * not get.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct sched_param parameters = { 0 };
	uint64_t *count;
	int file;

	if (argc != 2) {
		fputs("usage: spare FILE\n", stderr);
		return 2;
	}
	file = open(argv[1], O_RDWR | O_CREAT, 0644);
	if (file < 0 || ftruncate(file, sizeof(*count)) < 0) {
		perror(argv[1]);
		return 1;
	}
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED,
		     file, 0);
	if (count == MAP_FAILED ||
	    sched_setscheduler(0, SCHED_IDLE, &parameters) < 0) {
		perror("spare");
		return 1;
	}
	for (;;)
		__asm__ volatile("1: incq %0; .rept 998; nop; .endr; jmp 1b"
				 : "+m"(*count));
}
