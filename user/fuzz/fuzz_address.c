// SPDX-License-Identifier: GPL-2.0
/* Addresses: every form of an accepted address is the same address. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/address.h"

typedef bool form(const struct address *a, char *out);

static void same(const struct address *a, form *write)
{
	char text[ADDRESS_TEXT_SIZE], reason[REASON_SIZE];
	struct address b;

	if (!write(a, text))
		return;
	if (!address_parse(&b, text, reason) || a->port != b.port ||
	    a->has_cid != b.has_cid || (a->has_cid && a->cid != b.cid) ||
	    strcmp(a->vm, b.vm))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reason[REASON_SIZE], text[ADDRESS_TEXT_SIZE],
		*copy = malloc(size + 1);
	struct address a;

	memcpy(copy, data, size);
	copy[size] = '\0';
	if (address_parse(&a, copy, reason)) {
		address_text(&a, text);
		same(&a, address_vsock);
		same(&a, address_uri);
		same(&a, address_hvsock);
		same(&a, address_socat);
		same(&a, address_sockaddr);
	}
	free(copy);
	return 0;
}
