// SPDX-License-Identifier: GPL-2.0
/* hvsnd address: all forms of an address. */
#include <stdio.h>

#include "hvsnd.h"

static const struct {
	const char *key;
	bool (*write)(const struct address *a, char *out);
} forms[] = {
	{ "vsock", address_vsock },   { "uri", address_uri },
	{ "hvsock", address_hvsock }, { "service", address_service },
	{ "socat", address_socat },   { "sockaddr", address_sockaddr },
};

static struct json_object *describe(const struct address *a)
{
	struct json_object *o = json_object_new_object();
	char text[ADDRESS_TEXT_SIZE];
	size_t i;

	if (a->has_cid)
		output_number(o, "cid", a->cid);
	else
		output_string(o, "cid", NULL);
	output_number(o, "port", a->port);
	output_string(o, "vm", *a->vm ? a->vm : NULL);
	output_string(o, "vm-name", address_vm_name(a->vm));
	for (i = 0; i < ARRAY_SIZE(forms); i++)
		output_string(o, forms[i].key,
			      forms[i].write(a, text) ? text : NULL);
	return o;
}

static void print(struct json_object *o)
{
	const char *name = output_text(o, "vm-name");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *text = output_text(o, forms[i].key);

		printf("%-9s %s\n", forms[i].key, *text ? text : "-");
	}
	if (*output_text(o, "vm"))
		printf("%-9s %s%s%s%s\n", "vm", output_text(o, "vm"),
		       *name ? " (" : "", name, *name ? ")" : "");
	else
		printf("%-9s -\n", "vm");
	if (!*output_text(o, "vsock"))
		puts("No CID stands for that VM id: Linux cannot name it.");
	if (!*output_text(o, "service"))
		puts("Ports above 2147483647 have no service GUID: Hyper-V cannot carry them.");
	json_object_put(o);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP, OPTION_JSON, {} };
	struct json_object *o;
	struct address a;

	while (option(argc, argv, "", options) != -1)
		;
	if (!arguments_are(argc, 1, 1) || !parse_address(argv[optind], &a))
		return STATUS_USAGE;
	if (a.kind == ADDRESS_UNIX)
		return usage("%s is no vsock address: cat, relay and probe take it",
			     argv[optind]);
	o = describe(&a);
	if (output_json)
		output_print(o, false);
	else
		print(o);
	return STATUS_OK;
}

const struct command command_address = {
	.name = "address",
	.arguments = "[-j] ADDRESS",
	.summary = "an address in all its forms",
	.help =
		"Prints ADDRESS in every form that Linux, Hyper-V and socat have for it. It may be given as\n"
		"  4713                              a port of the host's\n"
		"  vsock:2:4713, vsock://2:4713, vsock[2:4713], 2:4713\n"
		"                                    CID and port; CIDs also as any, hypervisor, local, host; vsock::4713 and\n"
		"                                    vsock://:4713 as 4713\n"
		"  hvsock://parent/00001269-facb-11e6-bd58-64006a7986d3\n"
		"                                    VM id and service GUID; VM ids also as wildcard, broadcast, children,\n"
		"                                    loopback, parent, silohost; also hvsock://parent/4713, and hvsock[VMID:SERVICE]\n"
		"  00001269-facb-11e6-bd58-64006a7986d3\n"
		"                                    a service GUID of the host's: the port in hexadecimal, 0 to 7fffffff\n"
		"  SOCKET-CONNECT:40:0:x0000x69120000x02000000x00000000\n"
		"                                    as socat has it (also VSOCK-CONNECT:, VSOCK-LISTEN:, SOCKET-LISTEN:), or only the\n"
		"                                    sockaddr_vm's 16 bytes; without socat's options behind a comma\n",
	.run = run,
};
