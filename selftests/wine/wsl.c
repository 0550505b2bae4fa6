// SPDX-License-Identifier: GPL-2.0
/*
 * Stands for WSL2's wsl.exe and wslhost.exe. "wsl.exe -- wslinfo --vm-id"
 * prints the file that the variable WSL_VM_ID names; wslhost.exe only runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

int main(int argc, char **argv)
{
	char line[64] = "";
	FILE *f;

	if (argc != 4 || strcmp(argv[2], "wslinfo")) {
		Sleep(INFINITE);
		return 0;
	}
	f = fopen(getenv("WSL_VM_ID"), "r");
	if (!f || !fgets(line, sizeof(line), f))
		return 1;
	printf("%s\n", line);
	return 0;
}
