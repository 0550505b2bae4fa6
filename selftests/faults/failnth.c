// SPDX-License-Identifier: GPL-2.0
/*
 * Makes each allocation of a sequence of system calls fail: the first, the
 * second, and so on, until the sequence has no more.
 *
 *   failnth pcm CARD            open to close of a PCM, in both directions, and
 *                               the mixer
 *   failnth netlink             all commands of the family
 *   failnth module FILE [PARAMETERS]...
 *                               loading the module
 *   failnth workers PERCENT SECONDS
 *                               PERCENT of the allocations of the kernel's
 *                               workers, while programs play
 *
 * Prints KTAP. Each failure must be reported with the right error, and nothing
 * may be left over. Needs a kernel with failslab.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sound/asound.h>

#include "../netlink/genl.h"
#include "ktap.h"

#define MOST	20000	/* more than the allocations of one sequence */
/*
 * For the names of a card's three devices: without a name, the kernel returns
 * EINVAL. There are two allocations for each. One or two of them fail twice, if
 * another allocation precedes them the next time.
 */
#define NAMELESS 12
#define A(name)	SND_HVSOCK_A_CARD_##name

static int fail_nth;

/* ------------------------------------------------------------------------ */
/* The kernel's fault injection                                             */

static bool write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 &&
		    write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool set_fault(const char *fault, const char *key, const char *value)
{
	char file[100];

	snprintf(file, sizeof(file), "/sys/kernel/debug/%s/%s", fault, key);
	return write_file(file, value);
}

/*
 * All slabs may fail, except those of the kernel's bookkeeping, which belong to
 * each allocation.
 */
static void choose_slabs(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;
	unsigned int n = 0;
	char file[300];

	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "kmemleak", 8) ||
		    !strncmp(entry->d_name, "debug_objects", 13))
			continue;
		snprintf(file, sizeof(file), "/sys/kernel/slab/%s/failslab",
			 entry->d_name);
		n += write_file(file, "1");
	}
	if (dir)
		closedir(dir);
	if (n > 10)
		set_fault("failslab", "cache-filter", "Y");
}

/* Settings of both faults, of slabs and of pages. GFP_KERNEL fails as well. */
static void prepare_faults(void)
{
	static const char * const faults[] = { "failslab", "fail_page_alloc" };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!set_fault(faults[i], "ignore-gfp-wait", "N") && !i)
			ktap_bail("no fault injection", faults[i]);
		set_fault(faults[i], "verbose", "0");
		set_fault(faults[i], "probability", "0");
	}
	choose_slabs();
	set_fault("fail_page_alloc", "min-order", "0");
	set_fault("fail_page_alloc", "ignore-gfp-highmem", "N");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ktap_bail("no fault injection", "fail-nth");
}

static void fault_set(unsigned int n)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_nth, text, len, 0) < 0)
		ktap_bail("fail-nth", strerror(errno));
}

/* End a fault that did not occur. Returns the allocations that were left. */
static unsigned int fault_left(void)
{
	char text[12] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		ktap_bail("fail-nth", strerror(errno));
	fault_set(0);
	return atoi(text);
}

/* ------------------------------------------------------------------------ */

static const char *step;	/* the call that failed */

/* Remember the call, and return its error. */
static int at(const char *where, int ret)
{
	step = where;
	return ret < 0 ? -errno : 0;
}

/* Errors that mean a lack of memory */
static bool is_full(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -ENFILE;
}

/*
 * Run @way once for each of its allocations, except for the first @skip. @way
 * returns 0 or a negative errno. @sweep cleans up, without faults. Errors that
 * is_full() does not accept are wrong.
 */
static bool each_fails(const char *name, int (*way)(void), void (*sweep)(void),
		       unsigned int skip)
{
	unsigned int n, told = 0, unnoticed = 0, nameless = 0, wrong = 0;
	int err = 0;

	for (n = skip + 1; n < MOST; n++) {
		step = "";
		fault_set(n);
		err = way();
		if (fault_left())
			break;
		if (sweep)
			sweep();
		if (n % 100 == 0)
			ktap_note("%s: allocation %u, %s", name, n, step);
		told += !!err;
		unnoticed += !err;
		if (err == -EINVAL && nameless++ < NAMELESS)
			continue;
		if (err && !is_full(err) && wrong++ < 10)
			ktap_note("%s, failure %u, %s: error %d, %s", name, n,
				  step, err, strerror(-err));
	}
	ktap_note("%s: allocations %u to %u failed: %u were told, %u of them as -EINVAL, %u made no difference",
		  name, skip + 1, n - 1, told, nameless, unnoticed);
	if (err)
		ktap_note("%s, without failure, %s: error %d, %s", name, step,
			  err, strerror(-err));
	if (sweep)
		sweep();
	return ktap_result(!err && !wrong && told && n < MOST, name);
}

/* ------------------------------------------------------------------------ */
/* Programs                                                                 */

static char card_name[32];
static int card_number;
static snd_pcm_uframes_t buffer;

static bool find_card(const char *name)
{
	char line[128], id[32];
	FILE *f = fopen("/proc/asound/cards", "r");
	bool found = false;

	snprintf(card_name, sizeof(card_name), "%s", name);
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %d [%31[^] ]", &card_number, id) == 2 &&
			!strcmp(id, name);
	if (f)
		fclose(f);
	return found;
}

static int pcm_open(char direction)
{
	char file[40];

	snprintf(file, sizeof(file), "/dev/snd/pcmC%dD0%c", card_number,
		 direction);
	return open(file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static struct snd_interval *interval(struct snd_pcm_hw_params *p, int i)
{
	return &p->intervals[i - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static void only(struct snd_pcm_hw_params *p, int i, unsigned int value)
{
	memset(interval(p, i), 0, sizeof(struct snd_interval));
	interval(p, i)->min = value;
	interval(p, i)->max = value;
	interval(p, i)->integer = 1;
}

static void hw_params(struct snd_pcm_hw_params *p)
{
	int i;

	memset(p, 0, sizeof(*p));
	memset(p->masks, 0xff, sizeof(p->masks));
	for (i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL;
	     i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++)
		interval(p, i)->max = ~0u;
	memset(p->masks[SNDRV_PCM_HW_PARAM_FORMAT].bits, 0,
	       sizeof(p->masks[0].bits));
	p->masks[SNDRV_PCM_HW_PARAM_FORMAT].bits[0] =
		1 << SNDRV_PCM_FORMAT_S16_LE;
	memset(p->masks[SNDRV_PCM_HW_PARAM_ACCESS].bits, 0,
	       sizeof(p->masks[0].bits));
	p->masks[SNDRV_PCM_HW_PARAM_ACCESS].bits[0] =
		1 << SNDRV_PCM_ACCESS_RW_INTERLEAVED;
	only(p, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	only(p, SNDRV_PCM_HW_PARAM_RATE, 44100);
	only(p, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, 441);
	only(p, SNDRV_PCM_HW_PARAM_PERIODS, 4);
	p->rmask = ~0u;
	buffer = 4 * 441;
}

static int sw_params(int fd)
{
	struct snd_pcm_sw_params p = {
		.period_step = 1, .avail_min = 441, .start_threshold = buffer,
		.boundary = buffer,
	};

	while (p.boundary * 2 <= ~0ul >> 2)
		p.boundary *= 2;
	p.stop_threshold = p.boundary;
	return ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &p);
}

/* From hw_params to prepare */
static int pcm_prepare(int fd)
{
	struct snd_pcm_hw_params p;
	int err;

	hw_params(&p);
	err = at("refine", ioctl(fd, SNDRV_PCM_IOCTL_HW_REFINE, &p));
	hw_params(&p);
	if (!err)
		err = at("hw_params", ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &p));
	/* Again, without hw_free */
	if (!err)
		err = at("hw_params again",
			 ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &p));
	if (!err)
		err = at("sw_params", sw_params(fd));
	if (!err)
		err = at("prepare", ioctl(fd, SNDRV_PCM_IOCTL_PREPARE));
	return err;
}

/* From start to hw_free */
static int pcm_use(int fd, char direction)
{
	static short sound[4 * 441 * 2];
	struct snd_xferi x = { .buf = sound, .frames = buffer };
	struct snd_pcm_status status;
	int err;

	if (direction == 'p')
		err = at("write", ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &x));
	else
		err = at("start", ioctl(fd, SNDRV_PCM_IOCTL_START));
	memset(&status, 0, sizeof(status));
	if (!err)
		err = at("status", ioctl(fd, SNDRV_PCM_IOCTL_STATUS, &status));
	if (!err)
		err = at("pause", ioctl(fd, SNDRV_PCM_IOCTL_PAUSE, 1));
	if (!err)
		err = at("go on", ioctl(fd, SNDRV_PCM_IOCTL_PAUSE, 0));
	if (!err)
		err = at("drop", ioctl(fd, SNDRV_PCM_IOCTL_DROP));
	if (!err)
		err = at("hw_free", ioctl(fd, SNDRV_PCM_IOCTL_HW_FREE));
	return err;
}

static int pcm_way(char direction)
{
	int fd = pcm_open(direction), err = at("open", fd);

	if (err)
		return err;
	err = pcm_prepare(fd);
	if (!err)
		err = pcm_use(fd, direction);
	close(fd);
	return err;
}

static int plays(void) { return pcm_way('p'); }
static int records(void) { return pcm_way('c'); }

static int links(void)
{
	int p = pcm_open('p'), c, err = at("open", p);

	if (err)
		return err;
	c = pcm_open('c');
	err = at("open the other", c);
	if (!err) {
		err = pcm_prepare(p);
		if (!err)
			err = pcm_prepare(c);
		if (!err)
			err = at("link", ioctl(p, SNDRV_PCM_IOCTL_LINK, c));
		if (!err)
			err = pcm_use(p, 'p');
		close(c);
	}
	close(p);
	return err;
}

/* Each element: its info and its value, which is written again. */
static int mixes(void)
{
	static unsigned int tlv[1024];
	struct snd_ctl_elem_id ids[16];
	struct snd_ctl_elem_list list = { .space = 16, .pids = ids };
	struct snd_ctl_tlv *t = (void *)tlv;
	int fd, err, on = 1;
	char file[40];
	unsigned int i;

	snprintf(file, sizeof(file), "/dev/snd/controlC%d", card_number);
	fd = open(file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	err = at("open", fd);
	if (err == -ENODEV)	/* from snd_ctl_open() */
		return -ENOMEM;
	if (err)
		return err;
	err = at("subscribe", ioctl(fd, SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, &on));
	if (!err)
		err = at("list", ioctl(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &list));
	for (i = 0; !err && i < list.used; i++) {
		struct snd_ctl_elem_value value = { .id = ids[i] };
		struct snd_ctl_elem_info info = { .id = ids[i] };

		err = at("info", ioctl(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &info));
		if (!err && info.access & SNDRV_CTL_ELEM_ACCESS_READ)
			err = at("read",
				 ioctl(fd, SNDRV_CTL_IOCTL_ELEM_READ, &value));
		/* 0 is one of its limits. */
		value.value.integer.value[0] +=
			value.value.integer.value[0] > 0 ? -1 : 1;
		if (!err && info.access & SNDRV_CTL_ELEM_ACCESS_WRITE &&
		    info.id.iface == SNDRV_CTL_ELEM_IFACE_MIXER)
			err = at("write",
				 ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value));
		t->numid = ids[i].numid;
		t->length = sizeof(tlv) - sizeof(*t);
		if (!err && info.access & SNDRV_CTL_ELEM_ACCESS_TLV_READ)
			err = at("tlv", ioctl(fd, SNDRV_CTL_IOCTL_TLV_READ, t));
	}
	close(fd);
	return err;
}

static int pcm(const char *card)
{
	char name[64];

	ktap_plan(4);
	if (!find_card(card))
		ktap_bail(card, "no such card");
	snprintf(name, sizeof(name), "%s: playing", card);
	each_fails(name, plays, NULL, 0);
	snprintf(name, sizeof(name), "%s: recording", card);
	each_fails(name, records, NULL, 0);
	snprintf(name, sizeof(name), "%s: both, linked", card);
	each_fails(name, links, NULL, 0);
	snprintf(name, sizeof(name), "%s: its mixer", card);
	each_fails(name, mixes, NULL, 0);
	return ktap_status();
}

/* ------------------------------------------------------------------------ */
/* Netlink                                                                  */

static int sock;
static const char *protocol, *role;

static int ask(uint8_t cmd, const char *name)
{
	struct genl m, answer;
	int err;

	step = name;
	genl_begin(&m, cmd, 0);
	genl_put_text(&m, A(NAME), "Faulty");
	if (cmd == SND_HVSOCK_CMD_CARD_ADD) {
		if (!strcmp(protocol, "qubes"))
			genl_put_u32(&m, A(PROTOCOL),
				     SND_HVSOCK_PROTOCOL_QUBES);
		if (!strcmp(role, "listen"))
			genl_put_u32(&m, A(ROLE), SND_HVSOCK_ROLE_LISTEN);
		genl_put_u32(&m, A(PORT), 4730);
	} else if (cmd == SND_HVSOCK_CMD_CARD_SET) {
		genl_put_u32(&m, A(PORT), 4732);
	} else if (cmd == SND_HVSOCK_CMD_COOKIE_SET) {
		genl_put(&m, A(COOKIE), &answer, SND_HVSOCK_COOKIE_SIZE);
	}
	err = genl_ask(sock, &m, &answer);
	/* The cookie was set just before. */
	if (!err && cmd == SND_HVSOCK_CMD_CARD_GET &&
	    !genl_attr(&answer, A(HAS_COOKIE)))
		return -ENOENT;
	return err;
}

static int dump(uint8_t cmd, const char *name)
{
	struct genl m;
	int ret;

	step = name;
	genl_begin(&m, cmd, NLM_F_DUMP);
	if (send(sock, &m, m.head.nlmsg_len, 0) < 0)
		return -errno;
	do
		ret = genl_next(sock, &m);
	while (ret > 0);
	return ret;
}

static int commands(void)
{
	int listener, err;

	sock = genl_socket();
	step = "socket";
	if (sock < 0)
		return sock;
	listener = genl_socket();
	if (listener >= 0)
		setsockopt(listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			   &genl_group, sizeof(genl_group));
	err = ask(SND_HVSOCK_CMD_CARD_ADD, "add");
	if (!err)
		err = ask(SND_HVSOCK_CMD_CARD_SET, "set");
	if (!err)
		err = ask(SND_HVSOCK_CMD_COOKIE_SET, "cookie");
	if (!err)
		err = ask(SND_HVSOCK_CMD_CARD_GET, "get");
	if (!err)
		err = ask(SND_HVSOCK_CMD_RECONNECT, "reconnect");
	if (!err)
		err = dump(SND_HVSOCK_CMD_CARD_GET, "dump");
	if (!err)
		err = dump(SND_HVSOCK_CMD_STREAM_GET, "dump of streams");
	if (!err)
		err = ask(SND_HVSOCK_CMD_CARD_DEL, "delete");
	close(listener);
	close(sock);
	return err;
}

/* The card may exist although the command failed: the answer needs memory. */
static void delete(void)
{
	const char *where = step;

	sock = genl_socket();
	ask(SND_HVSOCK_CMD_CARD_DEL, "");
	close(sock);
	step = where;
}

static int netlink(void)
{
	static const char * const ways[][2] = {
		{ "pulse", "connect" }, { "qubes", "listen" },
	};
	char name[64];
	size_t i;

	ktap_plan(2);
	if (genl_resolve(SND_HVSOCK_FAMILY_NAME))
		ktap_bail(SND_HVSOCK_FAMILY_NAME, "not loaded");
	for (i = 0; i < 2; i++) {
		protocol = ways[i][0];
		role = ways[i][1];
		snprintf(name, sizeof(name), "commands: protocol %s, role %s",
			 protocol, role);
		each_fails(name, commands, delete, 0);
	}
	return ktap_status();
}

/* ------------------------------------------------------------------------ */
/* Loading                                                                  */

static const char *module, *parameters;

static int load(void)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC), err = at("open", fd);

	if (err)
		return err;
	err = at("load", syscall(SYS_finit_module, fd, parameters, 0));
	close(fd);
	if (err)
		return err;
	return at("unload",
		  syscall(SYS_delete_module, "snd_hvsock", O_NONBLOCK));
}

static void unload(void)
{
	syscall(SYS_delete_module, "snd_hvsock", O_NONBLOCK);
}

/*
 * Number of the kernel's allocations before it runs code of the module. It is
 * the same as with a value that the kernel cannot read. A bad port would not
 * do: the module refuses it after the allocations that shall fail here.
 */
static unsigned int loader_allocations(void)
{
	const char *wanted = parameters;
	unsigned int left;

	/* Allocates what the kernel allocates only once. */
	load();
	parameters = "enable=maybe";
	fault_set(MOST);
	load();
	left = fault_left();
	parameters = wanted;
	return MOST - left;
}

static int modules(int argc, char **argv)
{
	char name[64];
	int i;

	ktap_plan(argc - 1);
	module = argv[0];
	for (i = 1; i < argc; i++) {
		parameters = argv[i];
		snprintf(name, sizeof(name), "loading with \"%s\"", parameters);
		each_fails(name, load, unload, loader_allocations());
	}
	return ktap_status();
}

/* ------------------------------------------------------------------------ */
/* Workers                                                                  */

/* From /proc/PID/stat: name and nice value of a worker */
#define WORKER	"%*d (kworker/%200[^)]) %*c %*d %*d %*d %*d %*d " \
		"%*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %ld"

/* Workers with high priority, as those of the module's workqueue */
static bool is_worker(const char *pid)
{
	char file[300], line[256] = "";
	long nice = 0;
	FILE *f;
	int n;

	snprintf(file, sizeof(file), "/proc/%s/stat", pid);
	f = fopen(file, "r");
	n = f ? fscanf(f, WORKER, line, &nice) : 0;
	if (f)
		fclose(f);
	return n == 2 && nice < 0;
}

static unsigned int mark_workers(const char *mark)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	unsigned int n = 0;
	char file[300];

	while (dir && (entry = readdir(dir))) {
		if (!isdigit(entry->d_name[0]) || !is_worker(entry->d_name))
			continue;
		snprintf(file, sizeof(file), "/proc/%s/make-it-fail",
			 entry->d_name);
		n += write_file(file, mark);
	}
	if (dir)
		closedir(dir);
	return n;
}

static long times_left(void)
{
	FILE *f = fopen("/sys/kernel/debug/failslab/times", "r");
	long left = 0;

	if (!f || fscanf(f, "%ld", &left) != 1)
		ktap_bail("failslab", "no times");
	fclose(f);
	return left;
}

static int workers(const char *percent, unsigned int seconds)
{
	const long times = 1000000;
	time_t end = time(NULL) + seconds;
	unsigned int marked = 0;
	long failures;

	ktap_plan(1);
	set_fault("failslab", "task-filter", "Y");
	set_fault("failslab", "times", "1000000");
	set_fault("failslab", "probability", percent);
	/* The kernel adds workers when the others are busy. */
	while (time(NULL) < end) {
		marked = mark_workers("1");
		usleep(20000);
	}
	set_fault("failslab", "probability", "0");
	mark_workers("0");
	set_fault("failslab", "task-filter", "N");
	failures = times - times_left();
	ktap_note("%u workers, %ld allocations failed", marked, failures);
	ktap_result(failures >= seconds, "allocations of workers failed");
	return ktap_status();
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare_faults();
	if (argc == 3 && !strcmp(verb, "pcm"))
		return pcm(argv[2]);
	if (argc == 2 && !strcmp(verb, "netlink"))
		return netlink();
	if (argc > 3 && !strcmp(verb, "module"))
		return modules(argc - 2, argv + 2);
	if (argc == 4 && !strcmp(verb, "workers"))
		return workers(argv[2], atoi(argv[3]));
	fprintf(stderr, "failnth: see the beginning of failnth.c\n");
	return 2;
}
