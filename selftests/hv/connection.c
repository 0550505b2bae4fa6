// SPDX-License-Identifier: GPL-2.0
/* The VMBus version of the host. */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/hyperv.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/set_memory.h>
#include <asm/mshyperv.h>

#include "fake.h"

__u32 vmbus_proto_version = VERSION_WIN10_V5_3;
EXPORT_SYMBOL_GPL(vmbus_proto_version);
module_param_named(version, vmbus_proto_version, uint, 0644);
MODULE_PARM_DESC(version, "VMBus version that the host speaks, as in linux/hyperv.h (0x50003)");
