/* SPDX-License-Identifier: GPL-2.0 */
/* Architectures without Hyper-V have no such header. */
#ifndef HVSOCK_COMPAT_ASM_MSHYPERV_H
#define HVSOCK_COMPAT_ASM_MSHYPERV_H

#if IS_ENABLED(CONFIG_HYPERV)
#include_next <asm/mshyperv.h>
#else
#include <linux/types.h>

static inline bool hv_is_hyperv_initialized(void)
{
	return false;
}
#endif

#endif /* HVSOCK_COMPAT_ASM_MSHYPERV_H */
