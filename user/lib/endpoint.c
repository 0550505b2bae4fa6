// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* after sys/socket.h, which it needs */
#include <linux/vm_sockets.h>

#include "core/reason.h"
#include "endpoint.h"
#include "machine.h"

union sockaddr_any {
	struct sockaddr any;
	struct sockaddr_vm vm;
	struct sockaddr_un un;
};

static int make_address(const struct address *a, union sockaddr_any *sa)
{
	memset(sa, 0, sizeof(*sa));
	if (a->kind == ADDRESS_UNIX) {
		sa->un.sun_family = AF_UNIX;
		strcpy(sa->un.sun_path, a->path);
		if (!address_is_abstract(a))
			return sizeof(sa->un);
		*sa->un.sun_path = '\0';
		return offsetof(struct sockaddr_un, sun_path) + strlen(a->path);
	}
	if (!a->has_cid)
		return -EADDRNOTAVAIL;
	sa->vm.svm_family = AF_VSOCK;
	sa->vm.svm_cid = a->cid;
	sa->vm.svm_port = a->port;
	return sizeof(sa->vm);
}

static void set_timeout(int fd, unsigned int timeout_ms)
{
	struct timeval limit = { .tv_sec = timeout_ms / 1000,
				 .tv_usec = timeout_ms % 1000 * 1000 };

	/* On failure, the kernel's default of 2 s applies. */
	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit,
		   sizeof(limit));
}

int endpoint_open(const struct address *a, unsigned int timeout_ms)
{
	union sockaddr_any sa;
	int len = make_address(a, &sa), fd, err;

	if (len < 0)
		return len;
	/* Otherwise the kernel reports that there is no transport. */
	if (a->kind == ADDRESS_VSOCK && a->cid == ADDRESS_CID_ANY)
		return -EDESTADDRREQ;
	fd = socket(sa.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (a->kind == ADDRESS_VSOCK)
		set_timeout(fd, timeout_ms);
	if (!connect(fd, &sa.any, len) || errno == EINPROGRESS)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int endpoint_result(int fd)
{
	socklen_t len = sizeof(int);
	int err;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

int endpoint_connect(const struct address *a, unsigned int timeout_ms)
{
	int fd = endpoint_open(a, timeout_ms), err;
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return fd;
	/*
	 * The kernel ends the attempt after timeout_ms, and hv_sock must not be
	 * closed before that. The longer limit is for broken transports.
	 */
	do {
		err = poll(&poll_fd, 1, timeout_ms + 5000);
	} while (err < 0 && errno == EINTR);
	if (err > 0)
		err = endpoint_result(fd);
	else
		err = err ? -errno : -ETIMEDOUT;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Whether the file is a socket at which nobody listens any more. */
static bool is_stale(const struct address *a)
{
	struct stat st;
	int fd;

	if (address_is_abstract(a) || lstat(a->path, &st) ||
	    !S_ISSOCK(st.st_mode))
		return false;
	fd = endpoint_open(a, 0);
	if (fd >= 0)
		close(fd);
	return fd == -ECONNREFUSED;
}

/* Set the permissions before listen(): nobody can connect before it. */
static int set_access(const struct address *a,
		      const struct endpoint_access *access)
{
	if (!access || a->kind != ADDRESS_UNIX || address_is_abstract(a))
		return 0;
	if ((access->uid != (uid_t)-1 || access->gid != (gid_t)-1) &&
	    lchown(a->path, access->uid, access->gid))
		return -1;
	return access->mode < 0 ? 0 : chmod(a->path, access->mode);
}

int endpoint_listen(const struct address *a,
		    const struct endpoint_access *access)
{
	union sockaddr_any sa;
	int len = make_address(a, &sa), fd, err;
	bool bound;

	if (len < 0)
		return len;
	fd = socket(sa.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = bind(fd, &sa.any, len);
	if (err && errno == EADDRINUSE && a->kind == ADDRESS_UNIX &&
	    is_stale(a) && !unlink(a->path))
		err = bind(fd, &sa.any, len);
	bound = !err;
	if (bound && !set_access(a, access) && !listen(fd, SOMAXCONN))
		return fd;
	err = -errno;
	if (bound)
		endpoint_remove(a);
	close(fd);
	return err;
}

void endpoint_remove(const struct address *a)
{
	if (a->kind == ADDRESS_UNIX && !address_is_abstract(a))
		unlink(a->path);
}

/* hv_sock does not report why the host does not answer. */
static const char *hint_no_answer(const struct address *a, char *out)
{
	char service[ADDRESS_TEXT_SIZE];

	if (!machine_is_hyperv())
		snprintf(out, ENDPOINT_HINT_SIZE,
			 HVSND_REASON_NO_ANSWER
			 ": nobody listens at port %u, or the VM's vsock device does not work. Start the audio server on the host, or check the port",
			 a->port);
	else if (!address_service(a, service))
		snprintf(out, ENDPOINT_HINT_SIZE,
			 HVSND_REASON_NO_ANSWER
			 ": Hyper-V has no service for port %u. Use a port up to %u",
			 a->port, ADDRESS_GUID_PORT_MAX);
	else
		snprintf(out, ENDPOINT_HINT_SIZE,
			 HVSND_REASON_NO_ANSWER
			 ". On Hyper-V, there are three possible causes: (1) nobody listens at port %u: start hvsndd.exe on Windows; (2) the service is not registered: as administrator, reg add \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\GuestCommunicationServices\\%s\" /v ElementName /d snd-hvsock /f; (3) under WSL2, the server listens for any VM, which does not include WSL2: hvsndd.exe listens for both, pulseaudio-hyperv needs auto_wsl2=true. All steps: hvsnd host-setup windows",
			 a->port, service);
	return out;
}

static const char *hint_no_transport(void)
{
	if (machine_is_hyperv())
		return HVSND_REASON_NO_TRANSPORT ". Run modprobe hv_sock";
	return HVSND_REASON_NO_TRANSPORT
		". Run modprobe vmw_vsock_virtio_transport, and add a vsock device to the VM";
}

static const char *hint_unreachable(const struct address *a)
{
	if (a->cid != ADDRESS_CID_HOST)
		return hvsnd_reason_connect(-ENETUNREACH, false);
	return "no vsock transport reaches the host. Run it outside of the container";
}

static const char *hint_not_available(const struct address *a)
{
	if (a->has_cid)
		return "this machine does not have this CID. Listen at vsock:any:PORT";
	return "Linux has no CID for this VM id. In a guest, use parent, loopback or wildcard";
}

static const char *hint_vsock(const struct address *a, int err)
{
	switch (-err) {
	case EDESTADDRREQ:
		return "any CID is for listening only. Give a CID, for the host: vsock:2:PORT";
	case ECONNRESET:
	case ECONNREFUSED:
	case EAFNOSUPPORT:
	case EADDRINUSE:
		return hvsnd_reason_connect(err, false);
	case ENODEV:
	case EHOSTUNREACH:
		return hint_no_transport();
	case ENETUNREACH:
		return hint_unreachable(a);
	case EADDRNOTAVAIL:
		return hint_not_available(a);
	case EPERM:
	case EACCES:
		return "not permitted. Use a port from 1024 on, and run it outside of a sandbox that forbids vsock";
	default:
		return NULL;
	}
}

static const char *hint_unix(int err)
{
	switch (-err) {
	case ENOENT:
		return "no such socket. Start its server, or check the path";
	case ECONNREFUSED:
		return "nobody listens there. Start the server";
	case EADDRINUSE:
		return "another program listens there, or there is a file that is not a socket. Choose another path";
	case EAGAIN:
		return "the server does not accept connections. Restart the server";
	case EACCES:
		return "not permitted. Run it as the owner of the socket";
	default:
		return NULL;
	}
}

const char *endpoint_hint(const struct address *a, int err, char *out)
{
	const char *hint;

	if (a->kind == ADDRESS_VSOCK && err == -ETIMEDOUT)
		return hint_no_answer(a, out);
	hint = a->kind == ADDRESS_UNIX ? hint_unix(err) : hint_vsock(a, err);
	snprintf(out, ENDPOINT_HINT_SIZE, "%s", hint ? hint : strerror(-err));
	return out;
}

const char *endpoint_listen_hint(const struct address *a, int err, char *out)
{
	char path[sizeof(a->path)], *dir;

	if (a->kind != ADDRESS_UNIX ||
	    (err != -ENOENT && err != -EACCES && err != -EPERM))
		return endpoint_hint(a, err, out);
	strcpy(path, a->path);
	dir = dirname(path);
	if (err == -ENOENT)
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "the directory does not exist (%s). Create it: mkdir -p %s",
			 strerror(-err), dir);
	else
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "the socket cannot be created (%s). Choose a directory that this user may write, or an owner that this user may set, instead of %s",
			 strerror(-err), dir);
	return out;
}
