// SPDX-License-Identifier: GPL-2.0
/* Addresses: every form that is understood. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address_private.h"

#define AF_VSOCK_TEXT "40:0:"
#define SOCKADDR_SIZE 16
#define AF_VSOCK_BYTE 0x28

static const struct {
	const char *name;
	uint32_t cid;
} cid_names[] = {
	{ "any", ADDRESS_CID_ANY },   { "-1", ADDRESS_CID_ANY },
	{ "hypervisor", 0 },	      { "local", 1 },
	{ "host", ADDRESS_CID_HOST },
};

static bool parse_number(const char *text, uint32_t *value)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtoull(text, &end,
		     text[0] == '0' && tolower(text[1]) == 'x' ? 16 : 10);
	if (errno || *end || v > UINT32_MAX)
		return false;
	*value = v;
	return true;
}

static bool parse_port(const char *text, uint32_t *port, char *reason)
{
	if (!parse_number(text, port) || *port == UINT32_MAX)
		return refuse(reason,
			      "'%.40s' is not a port: must be a number from 0 to %u",
			      text, UINT32_MAX - 1);
	return true;
}

static bool parse_guid(const char *text, char *guid)
{
	size_t n = strlen(text), i;

	if (n == ADDRESS_GUID_SIZE + 1 && text[0] == '{' && text[n - 1] == '}')
		text++;
	else if (n != ADDRESS_GUID_SIZE - 1)
		return false;
	for (i = 0; i < ADDRESS_GUID_SIZE - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23 ?
			    text[i] != '-' :
			    !isxdigit((unsigned char)text[i]))
			return false;
		guid[i] = tolower(text[i]);
	}
	guid[i] = '\0';
	return true;
}

static bool parse_cid(struct address *a, const char *text, char *reason)
{
	uint32_t cid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cid_names); i++) {
		if (!strcasecmp(text, cid_names[i].name)) {
			address_set_cid(a, cid_names[i].cid);
			return true;
		}
	}
	if (!parse_number(text, &cid))
		return refuse(reason,
			      "'%.40s' is not a CID: must be a number from 0 to %u, or any, hypervisor, local, host",
			      text, UINT32_MAX);
	address_set_cid(a, cid);
	return true;
}

static bool parse_vm(struct address *a, const char *text, char *reason)
{
	const struct address_vm *vm;

	for (vm = address_vms; vm->name; vm++) {
		if (!strcasecmp(vm->name, text))
			break;
	}
	if (!vm->name) {
		if (!parse_guid(text, a->vm))
			return refuse(reason,
				      "'%.40s' is not a VM id: must be a GUID, or wildcard, broadcast, children, loopback, parent, silohost",
				      text);
		vm = address_vm_by_guid(a->vm);
		if (!vm)
			return true;
	}
	snprintf(a->vm, sizeof(a->vm), "%s", vm->guid);
	a->cid = vm->cid;
	a->has_cid = vm->has_cid;
	return true;
}

static bool parse_service(struct address *a, const char *guid, char *reason)
{
	char first[9];

	if (strcmp(guid + 8, SERVICE_TAIL))
		return refuse(reason,
			      "%s is not a vsock service: those are PORT%s, PORT in 8 hexadecimal digits",
			      guid, SERVICE_TAIL);
	snprintf(first, sizeof(first), "%s", guid);
	a->port = strtoul(first, NULL, 16);
	if (a->port > ADDRESS_GUID_PORT_MAX)
		return refuse(reason,
			      "%s: port %s is too high, services have 00000000 to 7fffffff",
			      guid, first);
	return true;
}

/* CID:PORT */
static bool parse_vsock(struct address *a, const char *text, char *reason)
{
	size_t n = strlen(text);
	char copy[64], *colon;

	if (n >= sizeof(copy))
		return refuse(reason,
			      "'%.40s...' is too long: must be CID:PORT", text);
	strcpy(copy, text);
	colon = strchr(copy, ':');
	if (!colon)
		return refuse(reason, "'%s' has no colon: must be CID:PORT",
			      text);
	*colon = '\0';
	/* systemd's form :PORT has no CID. */
	a->bare = colon == copy;
	if (a->bare)
		address_set_cid(a, ADDRESS_CID_HOST);
	else if (!parse_cid(a, copy, reason))
		return false;
	return parse_port(colon + 1, &a->port, reason);
}

/* Copy text without the character @end, which must be its last one. */
static bool cut_end(char *out, size_t size, const char *text, char end)
{
	size_t n = strlen(text);

	*out = '\0';
	if (!n || text[n - 1] != end || n > size)
		return false;
	memcpy(out, text, n - 1);
	out[n - 1] = '\0';
	return true;
}

static bool parse_uri(struct address *a, const char *text, char *reason)
{
	char copy[64];

	return parse_vsock(a,
			   cut_end(copy, sizeof(copy), text, '/') ? copy : text,
			   reason);
}

/* vsock[CID:PORT] */
static bool parse_vsock_brackets(struct address *a, const char *text,
				 char *reason)
{
	char copy[64];

	if (!cut_end(copy, sizeof(copy), text, ']'))
		return refuse(reason,
			      "'%.40s': ']' is missing, must be vsock[CID:PORT]",
			      text);
	return parse_vsock(a, copy, reason);
}

/* A service GUID or a port, after the VM id. */
static bool parse_service_text(struct address *a, const char *text,
			       char *reason)
{
	char guid[ADDRESS_GUID_SIZE];

	if (parse_guid(text, guid))
		return parse_service(a, guid, reason);
	if (!parse_number(text, &a->port))
		return refuse(reason,
			      "'%.40s' is not a GUID: must be like 00001269%s, or a port",
			      text, SERVICE_TAIL);
	if (a->port > ADDRESS_GUID_PORT_MAX)
		return refuse(reason,
			      "port %u is too high: Hyper-V has services up to %u",
			      a->port, ADDRESS_GUID_PORT_MAX);
	return true;
}

static bool parse_pair(struct address *a, const char *text, char between,
		       char *reason)
{
	const char *middle = strchr(text, between);
	char vm[64];

	if (!middle || middle - text >= (long)sizeof(vm))
		return refuse(reason,
			      "'%.40s' must be VMID%cPORT or VMID%cSERVICE-GUID",
			      text, between, between);
	snprintf(vm, middle - text + 1, "%s", text);
	return parse_vm(a, vm, reason) &&
	       parse_service_text(a, middle + 1, reason);
}

static bool parse_hvsock(struct address *a, const char *text, char *reason)
{
	char copy[128];

	return parse_pair(a,
			  cut_end(copy, sizeof(copy), text, '/') ? copy : text,
			  '/', reason);
}

/* hvsock[VMID:SERVICE] */
static bool parse_hvsock_brackets(struct address *a, const char *text,
				  char *reason)
{
	char copy[128];

	if (!cut_end(copy, sizeof(copy), text, ']'))
		return refuse(reason,
			      "'%.40s': ']' is missing, must be hvsock[VMID:SERVICE]",
			      text);
	return parse_pair(a, copy, ':', reason);
}

/* socat's VSOCK-LISTEN:PORT */
static bool parse_listen(struct address *a, const char *text, char *reason)
{
	address_set_cid(a, ADDRESS_CID_ANY);
	return parse_port(text, &a->port, reason);
}

static uint32_t get_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* socat's form of bytes: hexadecimal digits; x may precede each byte. */
static bool parse_bytes(struct address *a, const char *text, char *reason)
{
	uint8_t bytes[SOCKADDR_SIZE] = { AF_VSOCK_BYTE }, *p = bytes;
	char pair[3] = "";
	size_t n = 0;

	while (*text) {
		if (tolower(*text) == 'x')
			text++;
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) || n == SOCKADDR_SIZE)
			return refuse(reason,
				      "a sockaddr_vm is 16 bytes in hexadecimal, or the 14 after its family");
		memcpy(pair, text, 2);
		bytes[n++] = strtoul(pair, NULL, 16);
		text += 2;
	}
	if (n == SOCKADDR_SIZE - 2) {
		memmove(bytes + 2, bytes, n);
		bytes[0] = AF_VSOCK_BYTE;
		bytes[1] = 0;
	} else if (n != SOCKADDR_SIZE) {
		return refuse(reason,
			      "a sockaddr_vm has 16 bytes, or 14 after its family, not %zu",
			      n);
	}
	if (p[0] != AF_VSOCK_BYTE || p[1])
		return refuse(reason,
			      "family %u is not AF_VSOCK: the first bytes must be 28 00",
			      p[0] | p[1] << 8);
	if (p[2] || p[3] || get_le32(p + 12))
		return refuse(reason,
			      "bytes 2, 3 and 12 to 15 of a sockaddr_vm must be zero");
	a->port = get_le32(p + 4);
	if (a->port == UINT32_MAX)
		return refuse(reason, "port ffffffff means any port: give a port number");
	address_set_cid(a, get_le32(p + 8));
	return true;
}

/* socat's SOCKET-CONNECT:DOMAIN:PROTOCOL:BYTES for another socket family. */
static bool parse_socket(struct address *a, const char *text, char *reason)
{
	unsigned int family = atoi(text);

	(void)a;
	if (family != AF_VSOCK_BYTE)
		return refuse(reason,
			      "family %u is not AF_VSOCK: must be " SOCAT_PREFIX
			      "BYTES",
			      family);
	return refuse(reason,
		      "'%.40s': the protocol of AF_VSOCK is 0: must be " SOCAT_PREFIX
		      "BYTES",
		      text);
}

static bool parse_tcp(struct address *a, const char *text, char *reason)
{
	(void)a;
	return refuse(reason,
		      "'%.60s' is a TCP address: must be a vsock address or unix:PATH",
		      text);
}

static bool parse_path(struct address *a, const char *path, char *reason)
{
	if (!*path || !strcmp(path, "@"))
		return refuse(reason, "unix: must be followed by a path");
	if (strlen(path) >= sizeof(a->path))
		return refuse(reason,
			      "the path of a UNIX socket has at most %zu bytes",
			      sizeof(a->path) - 1);
	strcpy(a->path, path);
	a->kind = ADDRESS_UNIX;
	return true;
}

static bool parse_abstract(struct address *a, const char *name, char *reason)
{
	char path[sizeof(a->path) + 1];

	snprintf(path, sizeof(path), "@%s", name);
	return parse_path(a, path, reason);
}

/* Whether the text is CID:PORT with a number or a name of a CID. */
static bool is_pair(const char *text)
{
	size_t n = strcspn(text, ":"), i;

	if (!text[n])
		return false;
	for (i = 0; i < ARRAY_SIZE(cid_names); i++) {
		if (strlen(cid_names[i].name) == n &&
		    !strncasecmp(text, cid_names[i].name, n))
			return true;
	}
	return isdigit((unsigned char)*text) &&
	       strspn(text, "0123456789abcdefABCDEFxX") == n;
}

static bool parse(struct address *a, const char *text, char *reason)
{
	static const struct {
		const char *prefix;
		bool (*parse)(struct address *a, const char *rest,
			      char *reason);
	} forms[] = {
		{ "unix:", parse_path },
		{ "UNIX-CONNECT:", parse_path },
		{ "UNIX-LISTEN:", parse_path },
		{ "ABSTRACT-CONNECT:", parse_abstract },
		{ "ABSTRACT-LISTEN:", parse_abstract },
		{ "hvsock://", parse_hvsock },
		{ "hvsock[", parse_hvsock_brackets },
		{ "vsock://", parse_uri },
		{ "vsock[", parse_vsock_brackets },
		{ "vsock:", parse_vsock },
		{ "VSOCK-CONNECT:", parse_vsock },
		{ "VSOCK-LISTEN:", parse_listen },
		{ SOCAT_PREFIX, parse_bytes },
		{ "SOCKET-LISTEN:" AF_VSOCK_TEXT, parse_bytes },
		{ AF_VSOCK_TEXT, parse_bytes },
		{ "SOCKET-CONNECT:", parse_socket },
		{ "SOCKET-LISTEN:", parse_socket },
		{ "tcp:", parse_tcp },
		{ "tcp4:", parse_tcp },
		{ "tcp6:", parse_tcp },
	};
	const char *comma = strchr(text, ',');
	char guid[ADDRESS_GUID_SIZE];
	size_t i, n;

	if (comma && strncasecmp(text, "unix:", 5))
		return refuse(reason,
			      "'%.40s': socat's options are not part of an address: omit them",
			      comma);
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		n = strlen(forms[i].prefix);
		if (!strncasecmp(text, forms[i].prefix, n))
			return forms[i].parse(a, text + n, reason);
	}
	if (is_pair(text))
		return parse_vsock(a, text, reason);
	address_set_cid(a, ADDRESS_CID_HOST);
	a->bare = true;
	if (parse_guid(text, guid)) {
		if (address_vm_by_guid(guid))
			return refuse(reason,
				      "%s is a VM id (%s): write hvsock://%s/SERVICE-GUID",
				      guid, address_vm_name(guid),
				      address_vm_name(guid));
		return parse_service(a, guid, reason);
	}
	a->bare = isdigit((unsigned char)*text) &&
		  strlen(text) < 2 * SOCKADDR_SIZE;
	if (tolower(*text) == 'x' ||
	    strspn(text, "0123456789abcdefABCDEF") == 2 * SOCKADDR_SIZE)
		return parse_bytes(a, text, reason);
	if (isdigit((unsigned char)*text))
		return parse_port(text, &a->port, reason);
	return refuse(reason,
		      "'%.60s' is not an address: must be PORT, vsock:CID:PORT, hvsock://VMID/SERVICE-GUID, a service GUID, unix:PATH or unix:@NAME",
		      text);
}

bool address_parse(struct address *a, const char *text, char *reason)
{
	struct address new = { .kind = ADDRESS_VSOCK };

	if (!parse(&new, text, reason))
		return false;
	*a = new;
	return true;
}
