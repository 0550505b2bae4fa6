// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "hyperv.h"
#include "vm.h"

#define NAMES_MAX 64
#define WSL "wsl"

/* Names that --guest gives to virtual machines. */
static struct {
	GUID id;
	char name[GUEST_NAME_SIZE];
} names[NAMES_MAX];

static unsigned int name_count;
static GUID wsl;

static const char *name_of(const GUID *id)
{
	unsigned int i;

	if (!memcmp(id, &wsl, sizeof(wsl)) && memcmp(id, &hyperv_any, 16))
		return WSL;
	for (i = 0; i < name_count; i++) {
		if (!memcmp(id, &names[i].id, sizeof(*id)))
			return names[i].name;
	}
	return NULL;
}

const char *vm_set_name(const GUID *id, const char *name)
{
	if (name_count == NAMES_MAX)
		return "one of at most 64 VM ids";
	if (name_of(id) || guest_by_name(name))
		return "named only once";
	names[name_count].id = *id;
	strcpy(names[name_count++].name, name);
	return NULL;
}

void vm_set_wsl(const GUID *id)
{
	wsl = *id;
}

struct guest *vm_guest(const GUID *id)
{
	const char *name = name_of(id);
	char own[HYPERV_ID_SIZE];
	struct guest *g;

	if (!name && !guests_allow_any)
		return NULL;
	if (!name)
		name = hyperv_text(id, own);
	g = guest_by_name(name);
	return g ? g : guest_add(name);
}
