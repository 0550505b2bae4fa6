// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "guest.h"
#include "state.h"

#define FILE_NAME "microphones"
#define PATH_SIZE (sizeof(config.state) + 32)
#define HEAD \
	"# Of hvsndd: which guests may record. Change it with: hvsndd ctl allow, deny or forget GUEST\n"

static void file_path(char *path, const char *more)
{
	snprintf(path, PATH_SIZE, "%s/" FILE_NAME "%s", config.state, more);
}

static bool take_line(char *line)
{
	char *name = strchr(line, ' ');
	struct guest *g;

	if (!name)
		return false;
	*name++ = '\0';
	if ((strcmp(line, "allow") && strcmp(line, "deny")) ||
	    !guest_name_ok(name))
		return false;
	g = guest_meant(name, true);
	if (!g)
		return false;
	g->kept = *line == 'a' ? KEPT_ALLOW : KEPT_DENY;
	g->microphone = g->kept == KEPT_ALLOW && !g->never;
	return true;
}

int state_load(void)
{
	char path[PATH_SIZE], *line = NULL;
	unsigned int number = 0;
	size_t size = 0;
	FILE *f;
	int err;

	if (!*config.state)
		return 0;
	file_path(path, "");
	f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return 0;
	while (f && getline(&line, &size, f) >= 0) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (*line && *line != '#' && !take_line(line))
			log_line(LOG_WARNING,
				 "%s:%u: the line is ignored: must be allow GUEST or deny GUEST",
				 path, number);
	}
	err = f && !ferror(f) ? 0 : -errno;
	if (err)
		log_line(LOG_ERR, "%s: %s", path, strerror(-err));
	free(line);
	if (f)
		fclose(f);
	return err;
}

/* Folders that are missing are made, for this user alone. */
static int make_folders(void)
{
	char path[sizeof(config.state)], *slash;

	snprintf(path, sizeof(path), "%s", config.state);
	for (slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int write_file(const char *path)
{
	mode_t mask = umask(0022);
	FILE *f = fopen(path, "we");
	const struct guest *g;
	int err;

	umask(mask);
	if (!f)
		return -errno;
	fputs(HEAD, f);
	for (g = guests; g; g = g->next) {
		if (g->kept)
			fprintf(f, "%s %s\n",
				g->kept == KEPT_ALLOW ? "allow" : "deny",
				g->name);
	}
	/* On the disk before it takes the other's place. */
	err = fflush(f) || fsync(fileno(f)) ? -errno : 0;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

int state_save(char *reason, size_t size)
{
	char path[PATH_SIZE], new[PATH_SIZE];
	int err;

	if (!*config.state) {
		snprintf(reason, size,
			 "it holds until hvsndd ends, as there is no --state-dir to keep it in");
		return -ENOENT;
	}
	file_path(path, "");
	file_path(new, ".new");
	err = make_folders();
	if (!err)
		err = write_file(new);
	if (!err && rename(new, path))
		err = -errno;
	if (err)
		snprintf(reason, size,
			 "it holds until hvsndd ends: %s cannot be written: %s. Choose another folder with --state-dir",
			 path, strerror(-err));
	return err;
}
