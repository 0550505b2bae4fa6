/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reasons why a stream has no connection: one text for each cause, in the
 * kernel log, in netlink and in hvsnd.
 *
 * Each text is the cause, ". ", and what to do.
 */
#ifndef HVSOCK_REASON_H
#define HVSOCK_REASON_H

#include "pure.h"

#define HVSND_REASON_NO_VSOCK \
	"the kernel has no vsock. Run modprobe vsock, or install a kernel with CONFIG_VSOCKETS"
#define HVSND_REASON_NO_TRANSPORT	"no vsock transport"
#define HVSND_REASON_NO_ANSWER		"no answer"
#define HVSND_REASON_LOST \
	"connection lost. See the log of the host's audio server"
#define HVSND_REASON_SILENT \
	"the host accepted the connection but does not answer. Check port and protocol, and restart the host's audio server"
#define HVSND_REASON_NOT_CONNECTED \
	"the host has not connected. Start the program there that connects to this machine, such as hvsndd --connect"
#define HVSND_REASON_STALLED \
	"the host stopped answering. Restart its audio server"
#define HVSND_REASON_FULL \
	"the host stopped receiving. Restart its audio server"
#define HVSND_REASON_TERMINATED \
	"the host's user or policy ended the stream. Start the program again"
#define HVSND_REASON_TAKEN \
	"another program listens there. Stop that program, or choose another port"

const char *hvsnd_reason_connect(int err, bool listens);
int hvsnd_reason_cause(const char *reason);

#endif /* HVSOCK_REASON_H */
