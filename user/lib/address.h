/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of audio servers: AF_VSOCK addresses in the forms of Linux and of
 * Hyper-V, and UNIX sockets.
 */
#ifndef HVSND_ADDRESS_H
#define HVSND_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common.h"

#define ADDRESS_CID_ANY 0xffffffffU
#define ADDRESS_CID_HOST 2
#define ADDRESS_PORT_PULSE 4713
#define ADDRESS_GUID_PORT_MAX 0x7fffffffU
#define ADDRESS_GUID_SIZE 37 /* a GUID as text */
#define ADDRESS_PATH_SIZE 108 /* that of struct sockaddr_un */
#define ADDRESS_TEXT_SIZE 128 /* an address as text, in any form */

enum address_kind {
	ADDRESS_VSOCK,
	ADDRESS_UNIX,
};

/**
 * struct address - an address
 * @kind: kind of the address; determines which of the other members are used
 * @port: AF_VSOCK: the port
 * @cid: AF_VSOCK: the context id (CID), if @has_cid
 * @has_cid: AF_VSOCK: there is a CID; some VM ids of Hyper-V have none
 * @bare: AF_VSOCK: the text had no CID; @cid is the host's
 * @vm: AF_VSOCK: Hyper-V's VM id as text in lower case; "" if there is none
 * @path: UNIX: path of the socket; '@' begins the name of an abstract socket
 */
struct address {
	enum address_kind kind;
	uint32_t port;
	uint32_t cid;
	bool has_cid;
	bool bare;
	char vm[ADDRESS_GUID_SIZE];
	char path[ADDRESS_PATH_SIZE];
};

/* Hyper-V's well-known VM ids. */
struct address_vm {
	const char *name;
	const char *guid;
	bool has_cid;
	uint32_t cid;
};

extern const struct address_vm address_vms[]; /* the last one has no name */

/**
 * address_parse() - Parse any form of an address
 * @a: on success, set to the address
 * @text: the text
 * @reason: on failure, set to the reason; REASON_SIZE bytes
 *
 * Return: Whether the text is an address.
 */
bool address_parse(struct address *a, const char *text, char *reason);

/* For a listener: without a CID in its text, the address means any CID. */
void address_to_listen(struct address *a);

/* Whether the address is a UNIX socket without a file. */
bool address_is_abstract(const struct address *a);

/*
 * Write a form of an address to @out, which has ADDRESS_TEXT_SIZE bytes. If the
 * address has no such form, @out is empty and the function returns false.
 */

/* vsock:CID:PORT */
bool address_vsock(const struct address *a, char *out);

/* vsock://CID:PORT */
bool address_uri(const struct address *a, char *out);

/* hvsock://VMID/SERVICE-GUID */
bool address_hvsock(const struct address *a, char *out);

/* The service GUID */
bool address_service(const struct address *a, char *out);

/* socat's SOCKET-CONNECT:40:0:BYTES */
bool address_socat(const struct address *a, char *out);

/* The struct sockaddr_vm in hexadecimal digits */
bool address_sockaddr(const struct address *a, char *out);

/**
 * address_vm_name() - Name of a well-known VM id
 * @guid: the VM id, as in struct address
 *
 * Return: The name, or NULL for another VM id.
 */
const char *address_vm_name(const char *guid);

/**
 * address_text() - Form of an address in messages
 * @a: the address
 * @out: ADDRESS_TEXT_SIZE bytes
 *
 * Return: @out.
 */
const char *address_text(const struct address *a, char *out);

#endif /* HVSND_ADDRESS_H */
