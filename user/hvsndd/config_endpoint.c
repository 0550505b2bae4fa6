// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "config_parse.h"

static bool set_key(struct endpoint_config *e, const char *key,
		    const char *value)
{
	if (!strcmp(key, "name"))
		return config_name(value, e->name);
	return config_address_key(e, key, value, "protocol, direction or name");
}

/* Without a CID and a given name, the guest has the name of its socket. */
static bool set_default_name(struct endpoint_config *e)
{
	const char *path = e->address.path, *base;
	char *p;

	if (e->fd >= 0 || *e->name)
		return true;
	base = *e->tcp ? "tcp" : strrchr(path, '/');
	if (!base)
		base = path + (*path == '@');
	else if (*base == '/')
		base++;
	snprintf(e->name, sizeof(e->name), "%.*s", GUEST_NAME_SIZE - 1, base);
	for (p = e->name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	}
	return guest_name_ok(e->name) ||
	       config_invalid("address", path, "followed by ,name=NAME");
}

static bool set_address(struct endpoint_config *e, const char *text)
{
	char reason[REASON_SIZE];

	if (!strncmp(text, "tcp:", 4) && !e->connect) {
		text += 4;
		if (strlen(text) + 4 >= sizeof(e->tcp) || !strchr(text, ':'))
			return config_invalid("address", text - 4,
					      "tcp:HOST:PORT");
		strcpy(e->tcp, text);
		return set_default_name(e);
	}
	if (!address_parse(&e->address, text, reason)) {
		fprintf(stderr, "hvsndd: %s\n", reason);
		return false;
	}
	if (e->address.kind == ADDRESS_UNIX)
		return set_default_name(e);
	if (e->connect)
		return true;
	if (*e->name)
		return config_invalid("name", e->name,
				      "given by --guest CID,name=NAME for a vsock address");
	address_to_listen(&e->address);
	return true;
}

bool config_endpoint(const char *argument, bool connect)
{
	struct endpoint_config *e = config_new_endpoint();
	char text[512], *key, *value;

	if (!e)
		return false;
	e->connect = connect;
	snprintf(text, sizeof(text), "%s", argument);
	while (config_pop_key(text, &key, &value)) {
		if (!set_key(e, key, value))
			return false;
	}
	return set_address(e, text);
}

/* A socket's name (FileDescriptorName=) may consist of keys. */
static bool add_systemd_socket(int fd, const char *name)
{
	struct endpoint_config *e = config_new_endpoint();
	char text[300], *key, *value;

	if (!e)
		return false;
	e->fd = fd;
	snprintf(text, sizeof(text), ",%s", name);
	while (config_pop_key(text, &key, &value)) {
		if (!set_key(e, key, value))
			return false;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return true;
}

static bool add_systemd_sockets(void)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(true, &names), i;
	bool ok = true;

	for (i = 0; ok && i < n; i++)
		ok = add_systemd_socket(SD_LISTEN_FDS_START + i,
					names ? names[i] : "");
	for (i = 0; i < n && names; i++)
		free(names[i]);
	free(names);
	return ok;
}

bool config_default_endpoints(void)
{
	return add_systemd_sockets() &&
	       (config.endpoint_count ||
		config_endpoint("vsock:any:4713", false));
}

bool config_check_endpoint(const struct endpoint_config *e)
{
	if (*e->tcp && !config.allow_tcp)
		return config_invalid("address", e->tcp,
				      "allowed with --allow-tcp: TCP does not authenticate guests");
	if (e->protocol == PROTOCOL_QUBES &&
	    e->direction == DIRECTION_DEFAULT && !config_has_cid(e))
		return config_invalid("direction", "",
				      "playback or record for qubes at an address without a port");
	return config_endpoint_guest(e);
}

const char *config_endpoint_text(const struct endpoint_config *e, char *out)
{
	if (e->fd >= 0)
		snprintf(out, ADDRESS_TEXT_SIZE, "systemd's socket %d", e->fd);
	else if (*e->tcp)
		snprintf(out, ADDRESS_TEXT_SIZE, "tcp:%.100s", e->tcp);
	else
		address_text(&e->address, out);
	return out;
}
