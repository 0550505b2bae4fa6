// SPDX-License-Identifier: GPL-2.0
/* Has the plugin functions.c write what it has counted. */
#include "mark.h"

int main(void)
{
	__asm__ volatile(MARK_ASM : : : "eax");
	return 0;
}
