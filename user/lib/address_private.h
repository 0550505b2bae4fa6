/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of addresses share. */
#ifndef HVSND_ADDRESS_PRIVATE_H
#define HVSND_ADDRESS_PRIVATE_H

#include "address.h"

/* The service GUID of an AF_VSOCK port is the port as %08x and this. */
#define SERVICE_TAIL "-facb-11e6-bd58-64006a7986d3"
#define SOCAT_PREFIX "SOCKET-CONNECT:40:0:"

const struct address_vm *address_vm_by_guid(const char *guid);
void address_set_cid(struct address *a, uint32_t cid);

#endif /* HVSND_ADDRESS_PRIVATE_H */
