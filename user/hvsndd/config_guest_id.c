// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config_parse.h"

#define ONLY_ONCE "named only once"
#define TOO_MANY "one of at most 256 guests"

static struct guest *add(const char *text, const char *name)
{
	struct guest *g = guest_by_name(name);

	if (!g)
		g = guest_add(name);
	if (g)
		g->configured = true;
	else
		config_invalid("guest", text, TOO_MANY);
	return g;
}

static struct guest *guest_named(const char *text)
{
	struct guest *g;
	char name[GUEST_NAME_SIZE];

	if (!config_name(text, name))
		return NULL;
	g = guest_by_name(name);
	if (g && g->has_cid) {
		config_invalid("guest", name, ONLY_ONCE);
		return NULL;
	}
	return add(text, name);
}

/* @name is the name that the guest gets, "" for vmCID. */
static struct guest *guest_numbered(const char *text, char *name)
{
	struct guest *g;
	unsigned int cid;

	if (!config_number("CID", text, 0, UINT32_MAX - 1, &cid))
		return NULL;
	if (!*name)
		snprintf(name, GUEST_NAME_SIZE, "vm%u", cid);
	if (guest_by_cid(cid)) {
		config_invalid("guest", text, ONLY_ONCE);
		return NULL;
	}
	if (guest_by_name(name)) {
		config_invalid("guest", name, ONLY_ONCE);
		return NULL;
	}
	g = add(text, name);
	if (g) {
		g->has_cid = true;
		g->cid = cid;
		guests_allow_any = false;
	}
	return g;
}

struct guest *config_guest_id(const char *text, char *name)
{
	return isdigit((unsigned char)*text) ? guest_numbered(text, name) :
					       guest_named(text);
}

bool config_has_cid(const struct endpoint_config *e)
{
	return e->fd < 0 && !*e->tcp && e->address.kind == ADDRESS_VSOCK;
}

bool config_endpoint_guest(const struct endpoint_config *e)
{
	const struct address *a = &e->address;
	char text[ADDRESS_TEXT_SIZE], name[GUEST_NAME_SIZE];
	struct guest *g;

	if (!e->connect || !config_has_cid(e))
		return !*e->name || add(e->name, e->name);
	if (!a->has_cid || a->bare || a->cid == ADDRESS_CID_ANY)
		return config_invalid("address", address_text(a, text),
				      "the address of one guest: vsock:CID:PORT");
	if (guest_by_cid(a->cid))
		return true;
	snprintf(name, sizeof(name), "vm%u", a->cid);
	if (*e->name)
		strcpy(name, e->name);
	g = guest_add(name);
	if (!g)
		return config_invalid("guest", name, TOO_MANY);
	g->configured = true;
	g->cid = a->cid;
	g->has_cid = true;
	return true;
}
