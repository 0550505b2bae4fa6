/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of hvsnd doctor. */
#ifndef HVSND_DOCTOR_PRIVATE_H
#define HVSND_DOCTOR_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include <libkmod.h>

#include "../lib/machine.h"
#include "../lib/output.h"

#define MODULE "snd_hvsock"

enum state { OK, NOTE, WRONG };

/**
 * struct doctor - the examination
 * @lines: what -j prints
 * @wrong: something is
 * @machine: what this is
 * @names: kernel's names
 * @kmod: modules of this kernel
 * @cookie: from --cookie, or NULL
 * @cards: NULL without the module
 */
struct doctor {
	struct json_object *lines;
	bool wrong;
	enum machine machine;
	struct utsname names;
	struct kmod_ctx *kmod;
	const uint8_t *cookie;
	struct json_object *cards;
};

/**
 * say() - Report a check
 * @d: the examination
 * @verdict: whether it is right
 * @check: name of the check
 * @format: what was found, and what to do
 *
 * Return: Whether the verdict is not WRONG.
 */
bool say(struct doctor *d, enum state verdict, const char *check,
	 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether a module is loaded, or part of the kernel. */
bool doctor_is_live(struct doctor *d, const char *name);

/* Checks of the kernel. They return whether further checks make sense. */
void check_machine(struct doctor *d);
bool check_sound(struct doctor *d);
void check_module(struct doctor *d);
bool check_vsock(struct doctor *d);

#endif /* HVSND_DOCTOR_PRIVATE_H */
