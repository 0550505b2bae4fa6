// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* after sys/socket.h, which it needs */
#include <linux/vm_sockets.h>

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

	/* Of no consequence if it fails: then the default of 2 s holds. */
	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit,
		   sizeof(limit));
}

int endpoint_open(const struct address *a, unsigned int timeout_ms)
{
	union sockaddr_any sa;
	int len = make_address(a, &sa), fd, err;

	if (len < 0)
		return len;
	/* The kernel would look for a transport to it, and say that there is none. */
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
	 * The kernel has the time limit, and hv_sock must not be closed before
	 * it is over: this one is for a broken transport.
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

/* A socket file that nobody listens at any more. */
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

/* Nobody can connect before it listens. */
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

/* hv_sock does not hear why the host does not answer. */
static const char *hint_silent(const struct address *a, char *out)
{
	char service[ADDRESS_TEXT_SIZE];

	if (!machine_is_hyperv()) {
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "no answer: does a server listen at port %u, and is the VM's vsock device alive?",
			 a->port);
	} else if (!address_service(a, service)) {
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "no answer, and Hyper-V has no service for port %u: use one up to %u",
			 a->port, ADDRESS_GUID_PORT_MAX);
	} else {
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "no answer, which on Hyper-V is one of three: (1) nobody listens at port %u: start the server on Windows; (2) its service is not registered: as administrator, reg add \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\GuestCommunicationServices\\%s\" /v ElementName /d snd-hvsock /f; (3) under WSL2, the server listens for any VM, which leaves WSL2 out: load PulseAudio's module-native-protocol-hyperv with auto_wsl2=true (hvsnd host-setup windows has all of it)",
			 a->port, service);
	}
	return out;
}

static const char *hint_vsock(const struct address *a, int err)
{
	switch (-err) {
	case EDESTADDRREQ:
		return "any CID is for listening: to connect, name one, as the host's in vsock:2:PORT";
	case ECONNRESET:
	case ECONNREFUSED:
		return "nobody listens there: start the server on the host, or check the port";
	case EAFNOSUPPORT:
		return "the kernel has no vsock: modprobe vsock, or install a kernel that has it";
	case ENODEV:
	case EHOSTUNREACH:
		return machine_is_hyperv() ?
			       "no vsock transport: modprobe hv_sock" :
			       "no vsock transport: modprobe vmw_vsock_virtio_transport, and give the VM a vsock device";
	case ENETUNREACH:
		return a->cid == ADDRESS_CID_HOST ?
			       "no vsock transport reaches the host from here (a container with a vsock namespace of its own?)" :
			       "the transport does not reach that CID: the host is CID 2";
	case EADDRNOTAVAIL:
		return a->has_cid ?
			       "that CID is not this machine's: listen at vsock:any:PORT" :
			       "Linux has no CID for that VM id: from a guest only parent, loopback and wildcard have one";
	case EADDRINUSE:
		return "another program listens there: end it, or choose another port";
	case EPERM:
	case EACCES:
		return "not allowed: ports below 1024 need CAP_NET_BIND_SERVICE, and a sandbox may forbid vsock";
	default:
		return NULL;
	}
}

static const char *hint_unix(int err)
{
	switch (-err) {
	case ENOENT:
		return "there is no such socket: start its server, or check the path";
	case ECONNREFUSED:
		return "nobody listens there any more: start the server";
	case EADDRINUSE:
		return "another program listens there, or a file that is no socket is in the way";
	case EAGAIN:
		return "its server takes no more connections now: is it stuck?";
	case EACCES:
		return "its permissions do not allow it: be the socket's owner";
	default:
		return NULL;
	}
}

const char *endpoint_hint(const struct address *a, int err, char *out)
{
	const char *hint;

	if (a->kind == ADDRESS_VSOCK && err == -ETIMEDOUT)
		return hint_silent(a, out);
	hint = a->kind == ADDRESS_UNIX ? hint_unix(err) : hint_vsock(a, err);
	snprintf(out, ENDPOINT_HINT_SIZE, "%s", hint ? hint : strerror(-err));
	return out;
}

const char *endpoint_listen_hint(const struct address *a, int err, char *out)
{
	char path[sizeof(a->path)], *folder;

	if (a->kind != ADDRESS_UNIX ||
	    (err != -ENOENT && err != -EACCES && err != -EPERM))
		return endpoint_hint(a, err, out);
	strcpy(path, a->path);
	folder = dirname(path);
	if (err == -ENOENT)
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "its folder does not exist (%s). Create it: mkdir -p %s",
			 strerror(-err), folder);
	else
		snprintf(out, ENDPOINT_HINT_SIZE,
			 "the socket cannot be made (%s). Choose a folder that this user may write, or an owner that it may give, instead of %s",
			 strerror(-err), folder);
	return out;
}
