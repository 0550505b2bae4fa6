// SPDX-License-Identifier: GPL-2.0
/*
 * Relays data between a vsock port and a UNIX socket with random delays of a
 * chosen distribution. Bytes keep their order, but the relay splits and joins
 * reads and writes. The same seed gives the same delays.
 *
 * Each event is printed with its time on CLOCK_MONOTONIC in nanoseconds. An
 * event is also printed if a guest sends more audio data than PulseAudio
 * requested (see spend()).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#define MS		1000000LL
#define NEVER		INT64_MAX
#define MAX_CONNECTIONS	32
#define MAX_EVENTS	64
#define MAX_CHUNK	8192
#define DESCRIPTOR_BYTES	20	/* of PulseAudio, before each packet */
#define CONTROL_CHANNEL	0xffffffffU
#define KEPT_BYTES	25		/* of a control packet */
#define FASTEST_PPM	1000		/* of a guest's clock */

enum kind { NONE, UNIFORM, EXPONENTIAL, BURST, HANG, CUT, KINDS };

static const char *const kind_names[KINDS] = {
	"none", "uniform", "exponential", "burst", "hang", "cut"
};

enum direction { UP, DOWN, DIRECTIONS };	/* to the host, to the guest */

/* Commands of PulseAudio's protocol in control packets */
enum { REPLY = 2, CREATE_PLAYBACK_STREAM = 3, CORK = 41, REQUEST = 61 };

struct event {
	int64_t at_ns;
	enum kind kind;
	int64_t length_ns;
	bool of[DIRECTIONS];
};

struct chunk {
	struct chunk *next;
	int64_t due_ns;
	size_t length, done;
	char data[];
};

/* Parser state of one direction of PulseAudio's protocol */
struct packets {
	uint8_t descriptor[DESCRIPTOR_BYTES], body[KEPT_BYTES];
	size_t have;		/* bytes of the descriptor */
	size_t length, done;	/* bytes of the body: all, so far */
};

struct direction_state {
	struct packets packets;
	uint64_t random;
	struct chunk *first, **last;
	size_t queued;
	int64_t last_due_ns;
	bool ended, shut;
};

struct connection {
	int fds[DIRECTIONS];	/* source of each direction */
	struct direction_state directions[DIRECTIONS];
	uint32_t create_tag;	/* of the request for a playback stream */
	bool created;
	int64_t credit;		/* bytes requested and not yet received */
	int64_t queue;		/* bytes of its first request */
	int64_t bytes_per_s;
	int64_t start_ns;	/* of playing, or 0 */
	int64_t sent;		/* bytes since */
	bool started, overdrawn, ahead;
};

/* Bytes of one direction; the rest stays in the socket. */
static size_t max_queued = 256 * 1024;
static struct event events[MAX_EVENTS];
static unsigned int event_count, next_event;
static struct {
	enum kind kind;
	int64_t length_ns;
} now_is[DIRECTIONS];
static int64_t begin_ns, hang_end_ns, latency_ns;
static struct connection connections[MAX_CONNECTIONS];
static unsigned int connection_count;
static uint64_t seed;
static volatile sig_atomic_t terminated;

static void terminate(int signal)
{
	(void)signal;
	terminated = 1;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* From 0 inclusive to 1 exclusive */
static double draw_fraction(uint64_t *state)
{
	return (draw(state) >> 11) / 9007199254740992.0;
}

static int64_t draw_due(struct direction_state *d, enum direction which,
			int64_t now)
{
	int64_t length = now_is[which].length_ns, delay = 0;

	switch (now_is[which].kind) {
	case UNIFORM:
		delay = draw_fraction(&d->random) * length;
		break;
	case EXPONENTIAL:
		delay = fmin(-log(1 - draw_fraction(&d->random)), 10) * length;
		break;
	case BURST:
		delay = length - (now - begin_ns) % length;
		break;
	default:
		break;
	}
	return now + latency_ns + delay;
}

static void close_connection(struct connection *c)
{
	struct chunk *chunk, *next;
	int i;

	for (i = 0; i < DIRECTIONS; i++) {
		close(c->fds[i]);
		for (chunk = c->directions[i].first; chunk; chunk = next) {
			next = chunk->next;
			free(chunk);
		}
	}
	*c = connections[--connection_count];
	/* The queue may have a pointer into the structure that was moved. */
	for (i = 0; i < DIRECTIONS; i++)
		if (!c->directions[i].first)
			c->directions[i].last = &c->directions[i].first;
}

static void open_connection(int listener, const struct sockaddr_un *host)
{
	static unsigned int number;
	struct connection *c = &connections[connection_count];
	int guest = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int fd, i;

	if (guest < 0)
		return;
	number++;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection_count == MAX_CONNECTIONS ||
	    connect(fd, (const struct sockaddr *)host, sizeof(*host))) {
		printf("refused t=%lld\n", (long long)now_ns());
		close(fd);
		close(guest);
		return;
	}
	printf("opened t=%lld\n", (long long)now_ns());
	memset(c, 0, sizeof(*c));
	c->fds[UP] = guest;
	c->fds[DOWN] = fd;
	for (i = 0; i < DIRECTIONS; i++) {
		fcntl(c->fds[i], F_SETFL, O_NONBLOCK);
		c->directions[i].last = &c->directions[i].first;
		c->directions[i].random =
			seed * 1000003 + number * DIRECTIONS + i;
	}
	connection_count++;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Sample specification: format, channels, rate */
static int64_t read_rate(const uint8_t *spec)
{
	static const uint8_t sample_bytes[] = { 1, 1, 1, 2, 2, 4, 4,
						4, 4, 3, 3, 4, 4 };

	if (spec[0] >= sizeof(sample_bytes))
		return 0;
	return (int64_t)sample_bytes[spec[0]] * spec[1] * be32(spec + 2);
}

/* Numbers in a control packet follow a type byte: command, tag, arguments. */
static void read_control(struct connection *c, enum direction which,
			 const struct packets *p)
{
	uint32_t command = be32(p->body + 1), tag = be32(p->body + 6);

	if (which == UP && command == CREATE_PLAYBACK_STREAM) {
		c->create_tag = tag;
		c->bytes_per_s = read_rate(p->body + 11);
		c->created = true;
	} else if (which == DOWN && command == REPLY && c->created &&
		   tag == c->create_tag) {
		c->queue = be32(p->body + 21);
		c->credit = c->queue;
	} else if (which == DOWN && command == REQUEST) {
		c->credit += be32(p->body + 16);
	} else if (which == UP && command == CORK) {
		c->start_ns = p->body[15] == '0' ? now_ns() : 0;
		c->started |= c->start_ns > 0;
		c->sent = 0;
	}
}

/*
 * If the host's device starts late, the guest continues to send, but its
 * position is never ahead of the device by more than half of the host's first
 * request. The relay knows the time instead of the position. Before its first
 * start a stream may also get what the program drained before the connection.
 */
static void spend(struct connection *c, uint32_t bytes)
{
	int64_t elapsed_ns = c->start_ns ? now_ns() - c->start_ns : 0;
	double passed = (double)c->bytes_per_s * elapsed_ns / 1e9 *
			(1 + FASTEST_PPM / 1e6);

	c->credit -= bytes;
	c->sent += bytes;
	if (c->credit < 0 && !c->overdrawn) {
		printf("overdrawn t=%lld bytes=%lld\n", (long long)now_ns(),
		       (long long)-c->credit);
		c->overdrawn = true;
	}
	if (c->started && c->credit < 0 &&
	    c->sent > c->queue / 2.0 + passed && !c->ahead) {
		printf("ahead t=%lld bytes=%lld\n", (long long)now_ns(),
		       (long long)(c->sent - c->queue / 2 - passed));
		c->ahead = true;
	}
}

/* Track the credit: data to the host when read, to the guest when written. */
static void follow(struct connection *c, enum direction which, const char *data,
		   size_t size)
{
	struct packets *p = &c->directions[which].packets;
	bool control;

	for (; size; data++, size--) {
		if (p->have < DESCRIPTOR_BYTES) {
			p->descriptor[p->have++] = *data;
			if (p->have == DESCRIPTOR_BYTES) {
				p->length = be32(p->descriptor);
				p->done = 0;
				if (be32(p->descriptor + 4) !=
					    CONTROL_CHANNEL &&
				    which == UP)
					spend(c, p->length);
				if (!p->length)
					p->have = 0;
			}
			continue;
		}
		control = be32(p->descriptor + 4) == CONTROL_CHANNEL;
		if (!control) {
			size_t skip = p->length - p->done < size ?
					      p->length - p->done :
					      size;

			p->done += skip;
			data += skip - 1;
			size -= skip - 1;
		} else {
			if (p->done < KEPT_BYTES)
				p->body[p->done] = *data;
			p->done++;
		}
		if (p->done == p->length) {
			if (control)
				read_control(c, which, p);
			p->have = 0;
		}
	}
}

/* Returns false if the connection is lost. */
static bool take(struct connection *c, enum direction which, int64_t now)
{
	struct direction_state *d = &c->directions[which];
	size_t room = 1 + draw(&d->random) % MAX_CHUNK;
	struct chunk *chunk = malloc(sizeof(*chunk) + room);
	ssize_t n = read(c->fds[which], chunk->data, room);

	if (n <= 0) {
		free(chunk);
		d->ended = n == 0;
		return n == 0 || errno == EAGAIN;
	}
	if (which == UP)
		follow(c, UP, chunk->data, n);
	chunk->next = NULL;
	chunk->length = n;
	chunk->done = 0;
	chunk->due_ns = draw_due(d, which, now);
	if (chunk->due_ns < d->last_due_ns)
		chunk->due_ns = d->last_due_ns;
	d->last_due_ns = chunk->due_ns;
	*d->last = chunk;
	d->last = &chunk->next;
	d->queued += n;
	return true;
}

/* Returns false if the connection is lost. */
static bool give(struct connection *c, enum direction which, int64_t now)
{
	struct direction_state *d = &c->directions[which];
	int to = c->fds[!which];
	struct chunk *chunk;
	size_t length;
	ssize_t n;

	while ((chunk = d->first) && chunk->due_ns <= now) {
		length = chunk->length - chunk->done;
		if (draw(&d->random) % 2)
			length = 1 + draw(&d->random) % length;
		n = send(to, chunk->data + chunk->done, length, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		if (which == DOWN)
			follow(c, DOWN, chunk->data + chunk->done, n);
		chunk->done += n;
		d->queued -= n;
		if (chunk->done < chunk->length)
			continue;
		d->first = chunk->next;
		if (!d->first)
			d->last = &d->first;
		free(chunk);
	}
	if (!d->first && d->ended && !d->shut) {
		shutdown(to, SHUT_WR);
		d->shut = true;
	}
	return true;
}

static void run_events(int64_t now)
{
	const struct event *e;
	int i;

	while (next_event < event_count) {
		e = &events[next_event];
		if (begin_ns + e->at_ns > now)
			break;
		next_event++;
		printf("%s t=%lld length=%lld\n", kind_names[e->kind],
		       (long long)now, (long long)e->length_ns);
		if (e->kind == CUT) {
			while (connection_count)
				close_connection(connections);
		} else if (e->kind == HANG) {
			hang_end_ns = now + e->length_ns;
		} else {
			for (i = 0; i < DIRECTIONS; i++) {
				if (!e->of[i])
					continue;
				now_is[i].kind = e->kind;
				now_is[i].length_ns = e->length_ns;
			}
		}
	}
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Wait for work; returns whether there is a new connection. */
static bool wait_for_work(int listener, bool readable[][DIRECTIONS],
			  int64_t now)
{
	struct pollfd polls[1 + MAX_CONNECTIONS * DIRECTIONS];
	bool hangs = now < hang_end_ns;
	int64_t wake = hangs ? hang_end_ns : NEVER;
	struct timespec timeout;
	unsigned int i, k;

	if (next_event < event_count)
		wake = earliest(wake, begin_ns + events[next_event].at_ns);
	polls[0].fd = listener;
	polls[0].events = hangs ? 0 : POLLIN;
	for (i = 0; i < connection_count; i++) {
		for (k = 0; k < DIRECTIONS; k++) {
			struct pollfd *p = &polls[1 + i * DIRECTIONS + k];
			const struct direction_state *in =
				&connections[i].directions[k];
			const struct direction_state *out =
				&connections[i].directions[!k];

			p->fd = connections[i].fds[k];
			p->events = 0;
			if (!in->ended && in->queued < max_queued)
				p->events |= POLLIN;
			if (!hangs && out->first && out->first->due_ns <= now)
				p->events |= POLLOUT;
			else if (!hangs && out->first)
				wake = earliest(wake, out->first->due_ns);
			/* Otherwise poll() would report the hangup for ever. */
			if (!p->events)
				p->fd = -1;
		}
	}
	if (wake < now)
		wake = now;
	timeout.tv_sec = (wake - now) / 1000000000;
	timeout.tv_nsec = (wake - now) % 1000000000;
	if (ppoll(polls, 1 + connection_count * DIRECTIONS,
		  wake == NEVER ? NULL : &timeout, NULL) < 0)
		memset(polls, 0, sizeof(polls));
	for (i = 0; i < connection_count; i++)
		for (k = 0; k < DIRECTIONS; k++)
			readable[i][k] = polls[1 + i * DIRECTIONS + k].revents &
					 (POLLIN | POLLHUP | POLLERR);
	return polls[0].revents & POLLIN;
}

static void run(int listener, const struct sockaddr_un *host)
{
	bool readable[MAX_CONNECTIONS][DIRECTIONS];
	unsigned int i, k;
	int64_t now;

	while (!terminated) {
		now = now_ns();
		run_events(now);
		memset(readable, 0, sizeof(readable));
		if (wait_for_work(listener, readable, now))
			open_connection(listener, host);
		now = now_ns();
		for (i = connection_count; i-- > 0;) {
			struct connection *c = &connections[i];
			bool alive = true;

			for (k = 0; k < DIRECTIONS; k++) {
				if (readable[i][k] && !c->directions[k].ended &&
				    c->directions[k].queued < max_queued)
					alive = alive && take(c, k, now);
				if (now >= hang_end_ns)
					alive = alive && give(c, k, now);
			}
			if (!alive || (c->directions[UP].shut &&
				       c->directions[DOWN].shut)) {
				printf("closed t=%lld\n", (long long)now);
				close_connection(c);
			}
		}
	}
}

static int usage(void)
{
	fputs("usage: jitter [-b BYTES] [-d MILLISECONDS] SEED PORT SOCKET [SECONDS:KIND[:MILLISECONDS[:up|down]]]...\n"
	      "  From then on: none; uniform (from 0 to so many milliseconds); exponential (so many on\n"
	      "  average); burst (what came in so many passes at once). hang: nothing passes for so\n"
	      "  many. cut: all connections end. -b: bytes that the vsock and the relay hold.\n"
	      "  -d: a delay that is always there.\n", stderr);
	return 2;
}

static bool parse_event(const char *text)
{
	struct event *e = &events[event_count];
	char kind[16], which[8] = "";
	double at, length = 0;
	int i;

	if (event_count == MAX_EVENTS ||
	    sscanf(text, "%lf:%15[a-z]:%lf:%7[a-z]", &at, kind, &length,
		   which) < 2)
		return false;
	for (i = 0; i < KINDS && strcmp(kind, kind_names[i]); i++)
		;
	if (i == KINDS || (i != NONE && i != CUT && length <= 0))
		return false;
	e->at_ns = at * 1e9;
	e->kind = i;
	e->length_ns = length * MS;
	e->of[UP] = strcmp(which, "down");
	e->of[DOWN] = strcmp(which, "up");
	if (event_count && events[event_count - 1].at_ns > e->at_ns)
		return false;
	event_count++;
	return true;
}

int main(int argc, char **argv)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK,
				       .svm_cid = VMADDR_CID_ANY };
	struct sockaddr_un host = { .sun_family = AF_UNIX };
	unsigned long long bytes = 0;
	int listener, i;

	for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
		if (!strcmp(argv[1], "-b"))
			bytes = strtoull(argv[2], NULL, 0);
		else if (!strcmp(argv[1], "-d"))
			latency_ns = atof(argv[2]) * MS;
		else
			return usage();
	}
	if (argc < 4 || strlen(argv[3]) >= sizeof(host.sun_path))
		return usage();
	seed = strtoull(argv[1], NULL, 0);
	address.svm_port = atoi(argv[2]);
	strcpy(host.sun_path, argv[3]);
	for (i = 4; i < argc; i++)
		if (!parse_event(argv[i]))
			return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, terminate);
	listener = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (bytes)
		max_queued = bytes;
	if (listener >= 0 && bytes)
		setsockopt(listener, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE,
			   &bytes, sizeof(bytes));
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 16)) {
		perror("jitter");
		return 1;
	}
	begin_ns = now_ns();
	printf("begin t=%lld\n", (long long)begin_ns);
	run(listener, &host);
	return 0;
}
