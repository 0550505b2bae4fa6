// SPDX-License-Identifier: GPL-2.0
/* Files and directories on Windows. Paths are in the ANSI code page. */
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

#include "../platform.h"
#include "port.h"

/* The folders of a user are private already. */
int platform_make_directory(const char *path, bool private)
{
	(void)private;
	return _mkdir(path) && errno != EEXIST ? -errno : 0;
}

int platform_check_directory(const char *path)
{
	DWORD attributes = GetFileAttributesA(path);

	if (attributes == INVALID_FILE_ATTRIBUTES)
		return port_errno(GetLastError());
	return attributes & FILE_ATTRIBUTE_DIRECTORY ? 0 : -ENOTDIR;
}

int platform_create_file(const char *path)
{
	int fd = _open(
		path, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
		_S_IREAD | _S_IWRITE);

	return fd < 0 ? -errno : fd;
}

int platform_write_at(int fd, const void *buf, size_t len, uint32_t offset)
{
	int n;

	if (_lseek(fd, offset, SEEK_SET) < 0)
		return -errno;
	n = _write(fd, buf, len);
	if (n < 0)
		return -errno;
	return n < (int)len ? -ENOSPC : 0;
}

FILE *platform_rewrite(const char *path)
{
	return fopen(path, "w");
}

int platform_replace(FILE *f, const char *from, const char *to)
{
	int err = fflush(f) || _commit(_fileno(f)) ? -errno : 0;

	if (fclose(f) && !err)
		err = -errno;
	if (!err &&
	    !MoveFileExA(from, to,
			 MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		err = port_errno(GetLastError());
	return err;
}
