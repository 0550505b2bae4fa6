// SPDX-License-Identifier: GPL-2.0
/* Addresses: the forms in which an address is written. */
#include <stdio.h>
#include <string.h>

#include "address_private.h"

const struct address_vm address_vms[] = {
	{ "wildcard", "00000000-0000-0000-0000-000000000000", true,
	  ADDRESS_CID_ANY },
	{ "broadcast", "ffffffff-ffff-ffff-ffff-ffffffffffff", false, 0 },
	{ "children", "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd", false, 0 },
	{ "loopback", "e0e16197-dd56-4a10-9195-5ee7a155a838", true, 1 },
	{ "parent", "a42e7cda-d03f-480c-9cc2-a4de20abb878", true,
	  ADDRESS_CID_HOST },
	{ "silohost", "36bd0c5c-7276-4223-88ba-7d03b654c568", false, 0 },
	{}
};

static const struct address_vm *vm_by_cid(uint32_t cid)
{
	const struct address_vm *vm;

	for (vm = address_vms; vm->name; vm++) {
		if (vm->has_cid && vm->cid == cid)
			return vm;
	}
	return NULL;
}

const struct address_vm *address_vm_by_guid(const char *guid)
{
	const struct address_vm *vm;

	for (vm = address_vms; vm->name; vm++) {
		if (!strcmp(vm->guid, guid))
			return vm;
	}
	return NULL;
}

const char *address_vm_name(const char *guid)
{
	const struct address_vm *vm = address_vm_by_guid(guid);

	return vm ? vm->name : NULL;
}

void address_set_cid(struct address *a, uint32_t cid)
{
	const struct address_vm *vm = vm_by_cid(cid);

	a->cid = cid;
	a->has_cid = true;
	snprintf(a->vm, sizeof(a->vm), "%s", vm ? vm->guid : "");
}

void address_to_listen(struct address *a)
{
	if (a->kind == ADDRESS_VSOCK && a->bare)
		address_set_cid(a, ADDRESS_CID_ANY);
	a->bare = false;
}

bool address_is_abstract(const struct address *a)
{
	return a->kind == ADDRESS_UNIX && *a->path == '@';
}

static bool cid_form(const struct address *a, const char *prefix, char *out)
{
	*out = '\0';
	if (a->kind != ADDRESS_VSOCK || !a->has_cid)
		return false;
	if (a->cid == ADDRESS_CID_ANY)
		snprintf(out, ADDRESS_TEXT_SIZE, "%sany:%u", prefix, a->port);
	else
		snprintf(out, ADDRESS_TEXT_SIZE, "%s%u:%u", prefix, a->cid,
			 a->port);
	return true;
}

bool address_vsock(const struct address *a, char *out)
{
	return cid_form(a, "vsock:", out);
}

bool address_uri(const struct address *a, char *out)
{
	return cid_form(a, "vsock://", out);
}

bool address_service(const struct address *a, char *out)
{
	*out = '\0';
	if (a->kind != ADDRESS_VSOCK || a->port > ADDRESS_GUID_PORT_MAX)
		return false;
	snprintf(out, ADDRESS_TEXT_SIZE, "%08x" SERVICE_TAIL, a->port);
	return true;
}

bool address_hvsock(const struct address *a, char *out)
{
	char service[ADDRESS_TEXT_SIZE];
	const char *name;

	*out = '\0';
	if (!address_service(a, service) || !*a->vm)
		return false;
	name = address_vm_name(a->vm);
	snprintf(out, ADDRESS_TEXT_SIZE, "hvsock://%.*s/%.*s",
		 ADDRESS_GUID_SIZE, name ? name : a->vm, ADDRESS_GUID_SIZE,
		 service);
	return true;
}

static uint32_t swap32(uint32_t v)
{
	return v >> 24 | (v >> 8 & 0xff00) | (v & 0xff00) << 8 | v << 24;
}

bool address_socat(const struct address *a, char *out)
{
	*out = '\0';
	if (a->kind != ADDRESS_VSOCK || !a->has_cid)
		return false;
	snprintf(out, ADDRESS_TEXT_SIZE,
		 SOCAT_PREFIX "x0000x%08xx%08xx00000000", swap32(a->port),
		 swap32(a->cid));
	return true;
}

bool address_sockaddr(const struct address *a, char *out)
{
	*out = '\0';
	if (a->kind != ADDRESS_VSOCK || !a->has_cid)
		return false;
	snprintf(out, ADDRESS_TEXT_SIZE, "28000000%08x%08x00000000",
		 swap32(a->port), swap32(a->cid));
	return true;
}

const char *address_text(const struct address *a, char *out)
{
	if (a->kind == ADDRESS_UNIX)
		snprintf(out, ADDRESS_TEXT_SIZE, "unix:%s", a->path);
	else if (!address_vsock(a, out))
		address_hvsock(a, out);
	return out;
}
