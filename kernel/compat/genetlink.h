/* SPDX-License-Identifier: GPL-2.0 */
/* A dump's attributes are in a struct genl_info since 6.6. */
#ifndef HVSOCK_COMPAT_GENETLINK_H
#define HVSOCK_COMPAT_GENETLINK_H

#include <net/genetlink.h>

#ifndef HVSND_HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

#endif /* HVSOCK_COMPAT_GENETLINK_H */
