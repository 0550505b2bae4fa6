/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel that knows nothing of Hyper-V has no word for whether it is there. */
#ifndef HVSOCK_COMPAT_HYPERV_H
#define HVSOCK_COMPAT_HYPERV_H

#include <linux/types.h>

#if IS_ENABLED(CONFIG_HYPERV)
#include <asm/mshyperv.h>
#else
static inline bool hv_is_hyperv_initialized(void)
{
	return false;
}
#endif

#endif /* HVSOCK_COMPAT_HYPERV_H */
