// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "pipe_name.h"

/* after windows.h, which it needs */
#include <sddl.h>

const char *pipe_name_suffix = "";

/* The user's SID as text. Returns FALSE on failure. */
static BOOL user_id(char *out, size_t size)
{
	union {
		TOKEN_USER user;
		char bytes[256];
	} token_user;
	HANDLE token;
	char *text;
	DWORD len;
	BOOL ok;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return FALSE;
	ok = GetTokenInformation(token, TokenUser, &token_user,
				 sizeof(token_user), &len) &&
	     ConvertSidToStringSidA(token_user.user.User.Sid, &text);
	CloseHandle(token);
	if (!ok)
		return FALSE;
	snprintf(out, size, "%s", text);
	LocalFree(text);
	return TRUE;
}

BOOL pipe_name(char *out)
{
	char user[128];

	if (!user_id(user, sizeof(user)))
		return FALSE;
	snprintf(out, PIPE_NAME_SIZE, "\\\\.\\pipe\\hvsndd.%s%.64s", user,
		 pipe_name_suffix);
	return TRUE;
}

PSECURITY_DESCRIPTOR pipe_security(void)
{
	PSECURITY_DESCRIPTOR d = NULL;
	char user[128], text[192];

	if (!user_id(user, sizeof(user)))
		return NULL;
	/* Nobody else, not even by inheritance */
	snprintf(text, sizeof(text), "D:P(A;;GA;;;%s)", user);
	ConvertStringSecurityDescriptorToSecurityDescriptorA(
		text, SDDL_REVISION_1, &d, NULL);
	return d;
}
