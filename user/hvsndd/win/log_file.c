// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <windows.h>

#include "../platform.h"
#include "log_file.h"

#define SIZE_MAX_BYTES (1 << 20)

static FILE *file;
static char file_path[PLATFORM_PATH_SIZE];

static bool open_file(void)
{
	file = fopen(file_path, "a");
	return file;
}

bool log_file_open(const char *path)
{
	snprintf(file_path, sizeof(file_path), "%s", path);
	return open_file();
}

const char *log_file_path(void)
{
	return file_path;
}

/* Keep the last file, so that there are never more than two. */
static void rotate(void)
{
	char old[PLATFORM_PATH_SIZE + 8];

	fseek(file, 0, SEEK_END);
	if (ftell(file) < SIZE_MAX_BYTES)
		return;
	snprintf(old, sizeof(old), "%s.old", file_path);
	fclose(file);
	MoveFileExA(file_path, old, MOVEFILE_REPLACE_EXISTING);
	open_file();
}

void log_file_write(const char *text)
{
	SYSTEMTIME t;

	if (!file)
		return;
	rotate();
	if (!file)
		return;
	GetLocalTime(&t);
	fprintf(file, "%04d-%02d-%02d %02d:%02d:%02d %s\n", t.wYear, t.wMonth,
		t.wDay, t.wHour, t.wMinute, t.wSecond, text);
	fflush(file);
}
