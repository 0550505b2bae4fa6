/* SPDX-License-Identifier: GPL-2.0 */
/* Since 6.6 the attributes of a dump are in a struct genl_info. */
#ifndef HVSOCK_COMPAT_NET_GENETLINK_H
#define HVSOCK_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

#ifndef HVSND_HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

#endif /* HVSOCK_COMPAT_NET_GENETLINK_H */
