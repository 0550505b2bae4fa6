// SPDX-License-Identifier: GPL-2.0
#include "reason.h"

/**
 * hvsnd_reason_connect() - Reason why no connection could be made
 * @err: negative errno of the transport
 * @listens: the host is to connect, instead of the guest
 *
 * Context: Any.
 * Return: Cause and remedy, a constant string.
 */
const char *hvsnd_reason_connect(int err, bool listens)
{
	switch (err) {
	case -ECONNRESET:
	case -ECONNREFUSED:
		if (listens)
			return HVSND_REASON_LOST;
		return "nobody listens there. Start the audio server on the host, or check the port";
	case -ETIMEDOUT:
		/* hv_sock reports three causes by this error: see README.md. */
		return HVSND_REASON_NO_ANSWER
			". Run hvsnd doctor, which lists the possible causes";
	case -ENODEV:
	case -EHOSTUNREACH:
		return HVSND_REASON_NO_TRANSPORT
			". Load hv_sock or vmw_vsock_virtio_transport, or run hvsnd doctor";
	case -EAFNOSUPPORT:
		return HVSND_REASON_NO_VSOCK;
	case -ENOTCONN:
		return HVSND_REASON_NOT_CONNECTED;
	case -ENETUNREACH:
		return "the vsock transport does not reach this CID. Use the CID of the host, 2";
	case -EADDRINUSE:
		return HVSND_REASON_TAKEN;
	default:
		return "cannot connect. Run hvsnd doctor";
	}
}

/**
 * hvsnd_reason_cause() - Length of the cause in a reason
 * @reason: cause and remedy
 *
 * Context: Any.
 * Return: Length of what is before the remedy.
 */
int hvsnd_reason_cause(const char *reason)
{
	const char *remedy = strstr(reason, ". ");

	return remedy ? remedy - reason : (int)strlen(reason);
}
