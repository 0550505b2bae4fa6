// SPDX-License-Identifier: GPL-2.0
#include "../config_parse.h"
#include "hyperv.h"
#include "vm.h"

static struct guest *add_vm(const char *text, const GUID *id, char *name)
{
	const char *must;

	if (!*name)
		hyperv_text(id, name);
	must = vm_set_name(id, name);
	if (must) {
		config_invalid("guest", text, must);
		return NULL;
	}
	guests_allow_any = false;
	return guest_add(name);
}

struct guest *config_guest_id(const char *text, char *name)
{
	struct guest *g = NULL;
	GUID id;

	if (hyperv_parse(text, &id)) {
		g = add_vm(text, &id, name);
	} else if (*name) {
		config_invalid("guest", text, "a VM id, if name= follows");
	} else if (!guest_name_ok(text)) {
		config_invalid("guest", text, "a VM id, a name, wsl or any");
	} else {
		g = guest_by_name(text);
		if (!g)
			g = guest_add(text);
	}
	if (g)
		g->configured = true;
	return g;
}
