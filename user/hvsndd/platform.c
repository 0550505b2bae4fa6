// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.h"

int platform_make_directory(const char *path, bool private)
{
	return mkdir(path, private ? 0700 : 0750) && errno != EEXIST ? -errno :
								       0;
}

int platform_check_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int platform_create_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	return fd < 0 ? -errno : fd;
}

int platform_write_at(int fd, const void *buf, size_t len, uint32_t offset)
{
	ssize_t n = pwrite(fd, buf, len, offset);

	if (n < 0)
		return -errno;
	return n < (ssize_t)len ? -ENOSPC : 0;
}

FILE *platform_rewrite(const char *path)
{
	mode_t mask = umask(0022);
	FILE *f = fopen(path, "we");

	umask(mask);
	return f;
}

int platform_replace(FILE *f, const char *from, const char *to)
{
	/* Write the data to the disk before the old file is replaced. */
	int err = fflush(f) || fsync(fileno(f)) ? -errno : 0;

	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(from, to))
		err = -errno;
	return err;
}
