// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* after sys/socket.h, which it needs */
#include <linux/vm_sockets.h>

#include "identify.h"

struct guest *identify(const struct endpoint_config *e, int fd, char *text)
{
	union {
		struct sockaddr any;
		struct sockaddr_vm vm;
		struct sockaddr_storage storage;
	} peer = { 0 };
	socklen_t len = sizeof(peer);
	struct guest *g;

	if (getpeername(fd, &peer.any, &len)) {
		strcpy(text, "a closed connection");
		return NULL;
	}
	if (peer.any.sa_family == AF_VSOCK) {
		snprintf(text, ADDRESS_TEXT_SIZE, "CID %u", peer.vm.svm_cid);
		return guest_from_cid(peer.vm.svm_cid);
	}
	if (!*e->name) {
		strcpy(text, "a guest without a name");
		return NULL;
	}
	snprintf(text, ADDRESS_TEXT_SIZE, "%s", e->name);
	g = guest_by_name(e->name);
	return g ? g : guest_add(e->name);
}
