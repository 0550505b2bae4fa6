// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../lib/common.h"
#include "config.h"
#include "guest.h"
#include "platform.h"
#include "state_file.h"

#define FILE_NAME "microphones"
#define PATH_SIZE (sizeof(config.state_dir) + 32)
#define LINE_SIZE 256 /* more than a command and a name */
#define HEADER \
	"# Written by hvsndd: guests that may record. Change this with: hvsndd ctl allow, deny or forget GUEST\n"

static void file_path(char *path, const char *suffix)
{
	snprintf(path, PATH_SIZE, "%s/" FILE_NAME "%s", config.state_dir,
		 suffix);
}

static bool parse_line(char *line)
{
	char *name = strchr(line, ' ');
	struct guest *g;
	bool allow;

	if (!name)
		return false;
	*name++ = '\0';
	allow = !strcmp(line, "allow");
	if ((!allow && strcmp(line, "deny")) || !guest_name_ok(name))
		return false;
	g = guest_lookup(name, true);
	if (!g)
		return false;
	guest_restore(g, allow ? SAVED_ALLOW : SAVED_DENY);
	return true;
}

static int load(void)
{
	char path[PATH_SIZE], line[LINE_SIZE];
	unsigned int number = 0;
	FILE *f;
	int err;

	if (!*config.state_dir)
		return 0;
	file_path(path, "");
	f = fopen(path, "r");
	if (!f && errno == ENOENT)
		return 0;
	while (f && fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (*line && *line != '#' && !parse_line(line))
			log_line(LOG_WARNING,
				 "%s:%u: the line was ignored: must be allow GUEST or deny GUEST",
				 path, number);
	}
	err = f && !ferror(f) ? 0 : -errno;
	if (err)
		log_line(LOG_ERR, "%s: %s", path, strerror(-err));
	if (f)
		fclose(f);
	return err;
}

/* Create the missing directories, accessible to this user only. */
static int make_directories(void)
{
	char path[sizeof(config.state_dir)], *slash;

	snprintf(path, sizeof(path), "%s", config.state_dir);
	for (slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		platform_make_directory(path, true);
		*slash = '/';
	}
	return platform_make_directory(path, true);
}

static int write_file(const char *new, const char *path)
{
	FILE *f = platform_rewrite(new);
	const struct guest *g;

	if (!f)
		return -errno;
	fputs(HEADER, f);
	for (g = guests; g; g = g->next) {
		if (g->saved != SAVED_NONE)
			fprintf(f, "%s %s\n",
				g->saved == SAVED_ALLOW ? "allow" : "deny",
				g->name);
	}
	return platform_replace(f, new, path);
}

int state_file_save(char *reason, size_t size)
{
	char path[PATH_SIZE], new[PATH_SIZE];
	int err;

	if (!*config.state_dir) {
		snprintf(reason, size,
			 "the change holds until hvsndd ends: it was not saved, since there is no state directory. Give hvsndd --state-dir DIR");
		return -ENOENT;
	}
	file_path(path, "");
	file_path(new, ".new");
	err = make_directories();
	if (!err)
		err = write_file(new, path);
	if (err)
		snprintf(reason, size,
			 "the change holds until hvsndd ends: %s cannot be written: %s. Choose another directory with --state-dir",
			 path, strerror(-err));
	return err;
}

static void on_saved_changed(struct guest *g)
{
	char reason[REASON_SIZE];

	if (state_file_save(reason, sizeof(reason)))
		log_line(LOG_WARNING, "%s: %s", g->name, reason);
}

int state_file_start(void)
{
	static struct guest_observer observer = {
		.saved_changed = on_saved_changed,
	};

	guest_observe(&observer);
	return load();
}
