/* SPDX-License-Identifier: GPL-2.0 */
/* Where an audio server is: AF_VSOCK as Linux and as Hyper-V name it, or a UNIX socket. */
#ifndef HVSND_ADDRESS_H
#define HVSND_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "common.h"

#define ADDRESS_CID_ANY 0xffffffffU
#define ADDRESS_CID_HOST 2
#define ADDRESS_PORT_PULSE 4713
#define ADDRESS_GUID_PORT_MAX 0x7fffffffU
#define ADDRESS_GUID_SIZE 37 /* as text */
#define ADDRESS_TEXT_SIZE 128 /* any form */

enum address_kind {
	ADDRESS_VSOCK,
	ADDRESS_UNIX,
};

/**
 * struct address - one end point
 * @kind: which of the others are meant
 * @port: VSOCK: the port
 * @cid: VSOCK: the context id, if @has_cid
 * @has_cid: Linux can name it: some VM ids have no CID
 * @bare: VSOCK: no CID was said; @cid is the host's
 * @vm: VSOCK: Hyper-V's id of the VM, as text in lower case; empty where a CID
 * has none
 * @path: UNIX: the socket's name; @ in front stands for an abstract one
 */
struct address {
	enum address_kind kind;
	uint32_t port;
	uint32_t cid;
	bool has_cid;
	bool bare;
	char vm[ADDRESS_GUID_SIZE];
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* Hyper-V's names for VMs that are not meant by their own ids. */
struct address_vm {
	const char *name;
	const char *guid;
	bool has_cid;
	uint32_t cid;
};

extern const struct address_vm address_vms[]; /* ends with no name */

/**
 * address_parse - read any form of an address
 * @a: set when all is well
 * @text: what the user wrote
 * @reason: REASON_SIZE bytes: why not, one line
 *
 * Return: whether it is an address.
 */
bool address_parse(struct address *a, const char *text, char *reason);

/* Makes an address that names no CID one of any CID, as one that listens means it. */
void address_to_listen(struct address *a);

/* Whether it is a UNIX socket without a file. */
bool address_is_abstract(const struct address *a);

/*
 * address_vsock() writes vsock:CID:PORT, address_uri() vsock://CID:PORT,
 * address_hvsock() hvsock://VMID/SERVICE, address_service() the service GUID,
 * address_socat() and address_sockaddr() the sockaddr_vm. Each writes at most
 * ADDRESS_TEXT_SIZE bytes and returns false, with an empty @out, where the
 * address has no such form.
 */
bool address_vsock(const struct address *a, char *out);
bool address_uri(const struct address *a, char *out);
bool address_hvsock(const struct address *a, char *out);
bool address_service(const struct address *a, char *out);
bool address_socat(const struct address *a, char *out);
bool address_sockaddr(const struct address *a, char *out);

/**
 * address_vm_name - the name of a well-known VM id
 * @guid: as in struct address
 *
 * Return: the name or NULL.
 */
const char *address_vm_name(const char *guid);

/**
 * address_text - the form in which messages name an address
 * @a: the address
 * @out: ADDRESS_TEXT_SIZE bytes
 *
 * Return: @out.
 */
const char *address_text(const struct address *a, char *out);

#endif /* HVSND_ADDRESS_H */
