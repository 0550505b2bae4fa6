// SPDX-License-Identifier: GPL-2.0
/* hvsnd doctor: every precondition in a line. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libkmod.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../lib/machine.h"
#include "core/reason.h"
#include "../lib/handshake.h"
#include "cards.h"

#define MODULE	     "snd_hvsock"
#define VIRTIO_VSOCK "0x0013"
#define LINE_SIZE    1024

enum state { OK, NOTE, WRONG };

static const char *const states[] = { "ok", "note", "WRONG" };

/**
 * struct doctor - the examination
 * @lines: what -j prints
 * @wrong: something is
 * @machine: what this is
 * @names: kernel's names
 * @kmod: modules of this kernel
 * @cookie: from --cookie, or NULL
 * @cards: NULL without the module
 */
struct doctor {
	struct json_object *lines;
	bool wrong;
	enum machine machine;
	struct utsname names;
	struct kmod_ctx *kmod;
	const uint8_t *cookie;
	struct json_object *cards;
};

static bool say(struct doctor *d, enum state verdict, const char *check,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Report a check. Return whether the verdict is not WRONG. */
static bool say(struct doctor *d, enum state verdict, const char *check,
		const char *format, ...)
{
	char text[LINE_SIZE], clean[LINE_SIZE];
	struct json_object *o;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->wrong |= verdict == WRONG;
	if (output_json) {
		o = json_object_new_object();
		output_string(o, "check", check);
		output_string(o, "state",
			      verdict == WRONG ? "wrong" : states[verdict]);
		output_string(o, "text", text);
		json_object_array_add(d->lines, o);
		return verdict != WRONG;
	}
	output_clean(clean, sizeof(clean), text, strlen(text));
	printf("%-5s  %-8s  %s\n", states[verdict], check, clean);
	fflush(stdout);
	return verdict != WRONG;
}

static struct kmod_module *module_get(struct kmod_ctx *kmod, const char *name)
{
	struct kmod_module *module;

	return kmod && !kmod_module_new_from_name(kmod, name, &module) ?
		       module :
		       NULL;
}

/* Loaded, or part of the kernel. */
static bool module_is_live(struct doctor *d, const char *name)
{
	struct kmod_module *module = module_get(d->kmod, name);
	int state = module ? kmod_module_get_initstate(module) : -1;

	kmod_module_unref(module);
	return state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN;
}

/* There to be loaded, or part of the kernel. */
static bool module_is_there(struct kmod_ctx *kmod, const char *name)
{
	struct kmod_module *module = module_get(kmod, name);
	bool there = module && (kmod_module_get_path(module) ||
				kmod_module_get_initstate(module) >= 0);

	kmod_module_unref(module);
	return there;
}

/* What modinfo has under that name, or "". */
static void module_info(struct kmod_module *module, const char *key, char *out,
			size_t size)
{
	struct kmod_list *list = NULL, *item;

	*out = '\0';
	if (kmod_module_get_info(module, &list) < 0)
		return;
	kmod_list_foreach(item, list) {
		if (!strcmp(kmod_module_info_get_key(item), key))
			snprintf(out, size, "%s",
				 kmod_module_info_get_value(item));
	}
	kmod_module_info_free_list(list);
}

/* Another kernel of this machine that has the module, or "". */
static void module_elsewhere(char *out, size_t size)
{
	DIR *dir = opendir("/lib/modules");
	struct dirent *entry;
	struct kmod_ctx *kmod;
	char path[300];

	*out = '\0';
	while (dir && !*out && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/lib/modules/%s", entry->d_name);
		kmod = kmod_new(path, NULL);
		if (module_is_there(kmod, MODULE))
			snprintf(out, size, "%s", entry->d_name);
		kmod_unref(kmod);
	}
	if (dir)
		closedir(dir);
}

static void check_machine(struct doctor *d)
{
	if (d->machine == MACHINE_REAL)
		say(d, WRONG, "machine",
		    "this is no virtual machine. Run hvsnd doctor in the guest");
	else
		say(d, OK, "machine", "%s, Linux %s %s, hvsnd " HVSND_VERSION,
		    machine_name(d->machine), d->names.release,
		    d->names.machine);
}

static bool check_sound(struct doctor *d)
{
	char release[128];

	if (!access("/proc/asound", F_OK) || module_is_there(d->kmod, "snd_pcm"))
		return say(d, OK, "sound", "the kernel has ALSA");
	machine_read("/proc/sys/kernel/osrelease", release, sizeof(release));
	if (strstr(release, "cloud"))
		return say(d, WRONG, "sound",
			   "this cloud kernel has no sound. Run apt install linux-image-%s, and boot that kernel",
			   !strcmp(d->names.machine, "aarch64") ? "arm64" : "amd64");
	if (d->machine == MACHINE_WSL2)
		return say(d, WRONG, "sound",
			   "this WSL2 kernel has no sound. Run wsl --update on Windows, for a kernel with modules (6.6 or newer)");
	return say(d, WRONG, "sound",
		   "the kernel has no sound. Install one with CONFIG_SND_PCM (Ubuntu: linux-modules-extra-%s, or linux-generic)",
		   d->names.release);
}

/* Why the kernel takes only signed modules, or NULL. */
static const char *locked(void)
{
	char text[128];

	machine_read("/sys/kernel/security/lockdown", text, sizeof(text));
	if (*text && !strstr(text, "[none]"))
		return "Secure Boot, or lockdown=";
	machine_read("/sys/module/module/parameters/sig_enforce", text,
		     sizeof(text));
	return *text == 'Y' ? "module.sig_enforce" : NULL;
}

/* Its file is there, and it is not loaded. Root tries, to hear the reason. */
static void examine_module(struct doctor *d, struct kmod_module *module)
{
	const char *lock = locked();
	char vermagic[128], signature[64];
	int err = 0;

	module_info(module, "vermagic", vermagic, sizeof(vermagic));
	module_info(module, "sig_id", signature, sizeof(signature));
	vermagic[strcspn(vermagic, " ")] = '\0';
	if (!geteuid())
		err = kmod_module_probe_insert_module(module,
						      KMOD_PROBE_IGNORE_LOADED,
						      NULL, NULL, NULL, NULL);
	if (module_is_live(d, MODULE))
		return;
	if (lock && !*signature) {
		say(d, WRONG, "module",
		    "the kernel loads signed modules only (%s), and snd-hvsock is not signed. Let dkms sign it, run sudo mokutil --import /var/lib/dkms/mok.pub, and reboot; or turn Secure Boot off",
		    lock);
	} else if (lock && (err || geteuid())) {
		say(d, WRONG, "module",
		    "the kernel loads signed modules only (%s), and does not have the key that snd-hvsock is signed with. Run sudo mokutil --import /var/lib/dkms/mok.pub, and reboot",
		    lock);
	} else if (*vermagic && strcmp(vermagic, d->names.release)) {
		say(d, WRONG, "module",
		    "snd-hvsock was built for Linux %s, not for %s. Run sudo dkms install snd-hvsock/" HVSND_VERSION
		    " -k %s",
		    vermagic, d->names.release, d->names.release);
	} else if (err == -ENOEXEC || err == -EINVAL) {
		say(d, WRONG, "module",
		    "the kernel refuses snd-hvsock (%s): it was built for another kernel. Build it for %s, and see dmesg",
		    strerror(-err), d->names.release);
	} else if (err) {
		say(d, WRONG, "module", "the kernel refuses snd-hvsock (%s). See dmesg",
		    strerror(-err));
	} else if (geteuid()) {
		say(d, WRONG, "module",
		    "snd-hvsock is not loaded. Run sudo modprobe snd-hvsock, and for each boot: echo snd-hvsock | sudo tee /etc/modules-load.d/snd-hvsock.conf");
	}
}

static void check_module(struct doctor *d)
{
	struct kmod_module *module = module_get(d->kmod, MODULE);
	char text[256];

	if (!module_is_live(d, MODULE) && module &&
	    kmod_module_get_path(module))
		examine_module(d, module);
	if (module_is_live(d, MODULE)) {
		machine_read("/sys/module/" MODULE "/version", text,
			     sizeof(text));
		say(d, OK, "module", "snd-hvsock %s is loaded", text);
	} else if (!module || !kmod_module_get_path(module)) {
		module_elsewhere(text, sizeof(text));
		if (*text)
			say(d, WRONG, "module",
			    "snd-hvsock is installed for Linux %s, not for %s. Run sudo dkms install snd-hvsock/" HVSND_VERSION
			    " -k %s. For new kernels, install the headers with each of them: linux-headers-amd64 or -arm64 (Debian), linux-headers-generic (Ubuntu)",
			    text, d->names.release, d->names.release);
		else
			say(d, WRONG, "module",
			    "snd-hvsock is not installed. Run sudo dkms install snd-hvsock/" HVSND_VERSION
			    ", or make && sudo make modules_install in its source");
	}
	kmod_module_unref(module);
}

static bool has_vsock_device(void)
{
	DIR *dir = opendir("/sys/bus/virtio/devices");
	struct dirent *entry;
	char path[320], text[32];
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path),
			 "/sys/bus/virtio/devices/%s/device", entry->d_name);
		found = entry->d_name[0] != '.' &&
			machine_read(path, text, sizeof(text)) &&
			!strcmp(text, VIRTIO_VSOCK);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The module that reaches the host, or where to get it. */
static bool check_transport(struct doctor *d)
{
	bool hyperv = d->machine == MACHINE_HYPERV ||
		      d->machine == MACHINE_WSL2;
	const char *name = "vmw_vsock_virtio_transport";

	if (hyperv)
		name = "hv_sock";
	else if (d->machine == MACHINE_VMWARE)
		name = "vmw_vsock_vmci_transport";
	else if (!has_vsock_device())
		return say(d, WRONG, "vsock",
			   HVSND_REASON_NO_TRANSPORT ": the VM has no vsock device. Add one: QEMU -device vhost-vsock-pci,guest-cid=3, libvirt <vsock model='virtio'/>");
	if (module_is_live(d, name))
		return say(d, OK, "vsock", "%s reaches the host", name);
	if (module_is_there(d->kmod, name))
		return say(d, WRONG, "vsock",
			   HVSND_REASON_NO_TRANSPORT ": %s is not loaded. Run sudo modprobe %s, and for each boot: echo %s | sudo tee /etc/modules-load.d/%s.conf",
			   name, name, name, name);
	return say(d, WRONG, "vsock",
		   HVSND_REASON_NO_TRANSPORT
		   ": this kernel has no %s. Install one with %s",
		   name,
		   hyperv ? "CONFIG_HYPERV_VSOCKETS" :
			    "it (the distribution's full kernel)");
}

static bool check_vsock(struct doctor *d)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		close(fd);
		return check_transport(d);
	}
	if (errno == EAFNOSUPPORT)
		return say(d, WRONG, "vsock",
			   HVSND_REASON_NO_VSOCK);
	return say(d, WRONG, "vsock",
		   "cannot open a vsock socket (%s). Run it outside of the container or sandbox",
		   strerror(errno));
}

static void check_cards(struct doctor *d)
{
	struct family f;
	size_t i;

	/* The module's own line says why it is not there. */
	if (!module_is_live(d, MODULE))
		return;
	if (family_open(&f) ||
	    family_dump(&f, SND_HVSOCK_CMD_CARD_GET, NULL, &d->cards)) {
		say(d, WRONG, "cards", "%s", f.reason);
		family_close(&f);
		return;
	}
	family_close(&f);
	if (!json_object_array_length(d->cards))
		say(d, WRONG, "cards",
		    "there is no card. Run sudo hvsnd add NAME, or sudo hvsnd apply");
	for (i = 0; i < json_object_array_length(d->cards); i++) {
		struct json_object *card =
			json_object_array_get_idx(d->cards, i);
		const char *reason = output_text(card, "reason");

		say(d, OK, "card",
		    "%s: card %" PRId64 " at vsock:%" PRId64 ":%" PRId64 " (%s), link %s%s%s",
		    output_text(card, "name"), output_value(card, "index"),
		    output_value(card, "cid"), output_value(card, "port"),
		    output_text(card, "protocol"), output_text(card, "link"),
		    *reason ? ", last: " : "", reason);
	}
}

/* Of all device nodes the control's, which sound servers open first. */
static void check_rights(struct doctor *d)
{
	size_t i, n = d->cards ? json_object_array_length(d->cards) : 0;
	char path[64];

	for (i = 0; i < n; i++) {
		struct json_object *card =
			json_object_array_get_idx(d->cards, i);

		snprintf(path, sizeof(path), "/dev/snd/controlC%" PRId64,
			 output_value(card, "index"));
		if (access(path, F_OK)) {
			say(d, WRONG, "rights", "there is no %s. Start udev",
			    path);
			return;
		}
		if (access(path, R_OK | W_OK)) {
			say(d, WRONG, "rights",
			    "this user may not open %s. Run sudo usermod -aG audio USER, and log in again",
			    path);
			return;
		}
	}
	if (n && !geteuid())
		say(d, OK, "rights",
		    "root may use the cards. Run hvsnd doctor as the user who plays, too");
	else if (n)
		say(d, OK, "rights", "this user may use the cards");
}

/* @card: whose address it is, NULL for none; @pulse: what is spoken there */
static void check_host(struct doctor *d, const struct address *a,
		       struct json_object *card, bool pulse)
{
	bool has_cookie = card && output_value(card, "has-cookie");
	char text[ADDRESS_TEXT_SIZE];
	struct handshake s;

	address_text(a, text);
	if (!pulse) {
		handshake_connect(&s, a);
		if (s.stage == HANDSHAKE_CONNECT)
			say(d, WRONG, "host", "%s: %s", text, s.reason);
		else
			say(d, OK, "host", "%s accepts connections; the protocol was not tried",
			    text);
		return;
	}
	handshake_pulse(&s, a, d->cookie, false);
	if (s.stage == HANDSHAKE_READY)
		say(d, OK, "host",
		    "%s would play: ready after %u ms, latency of the device %.1f ms",
		    text, s.connect_ms + s.ready_ms, s.latency_us / 1000.0);
	else if (s.err == -EACCES && s.stage == HANDSHAKE_NEGOTIATE &&
		 !d->cookie && has_cookie)
		say(d, NOTE, "host",
		    "%s requires a cookie, and the card has one. Run hvsnd doctor -k FILE to try a cookie",
		    text);
	else
		say(d, WRONG, "host", "%s: %s", text, s.reason);
}

static void check_hosts(struct doctor *d, const char *address)
{
	size_t i, n = d->cards ? json_object_array_length(d->cards) : 0;
	char reason[REASON_SIZE], text[64];
	struct address a;

	if (address || !n) {
		if (address_parse(&a, address ? address : "4713", reason))
			check_host(d, &a, NULL, true);
		return;
	}
	for (i = 0; i < n; i++) {
		struct json_object *card =
			json_object_array_get_idx(d->cards, i);

		snprintf(text, sizeof(text), "vsock:%" PRId64 ":%" PRId64,
			 output_value(card, "cid"), output_value(card, "port"));
		if (!strcmp(output_text(card, "role"), "listen"))
			say(d, NOTE, "host",
			    "%s: not tried, because the host connects to %s",
			    text, output_text(card, "name"));
		else if (address_parse(&a, text, reason))
			check_host(d, &a, card, !strcmp(output_text(card, "protocol"), "pulse"));
	}
}

static int examine(struct doctor *d, const char *address)
{
	struct json_object *all;
	bool reachable;

	d->machine = machine_detect();
	uname(&d->names);
	d->kmod = kmod_new(NULL, NULL);
	d->lines = json_object_new_array();
	check_machine(d);
	/* Report a cause once, without its consequences. */
	if (check_sound(d))
		check_module(d);
	reachable = check_vsock(d);
	check_cards(d);
	check_rights(d);
	if (reachable || address)
		check_hosts(d, address);
	if (output_json) {
		all = json_object_new_object();
		output_bool(all, "ok", !d->wrong);
		json_object_object_add(all, "checks", d->lines);
		output_print(all, false);
	} else {
		json_object_put(d->lines);
	}
	if (d->cards)
		json_object_put(d->cards);
	kmod_unref(d->kmod);
	return d->wrong ? STATUS_FAILED : STATUS_OK;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { OPTION_HELP,
						 OPTION_JSON,
						 { "cookie", required_argument,
						   NULL, 'k' },
						 {} };
	uint8_t cookie[SND_HVSOCK_COOKIE_SIZE];
	char reason[REASON_SIZE];
	struct doctor d = {};
	struct address a;
	int c, status;

	while ((c = option(argc, argv, "k:", options)) != -1) {
		if (c == 'k' && !card_cookie(optarg, cookie, reason))
			return fail(STATUS_FAILED, "%s", reason);
		if (c == 'k')
			d.cookie = cookie;
	}
	if (!arguments_are(argc, 0, 1) ||
	    (argv[optind] && !parse_address(argv[optind], &a)))
		return STATUS_USAGE;
	status = examine(&d, argv[optind]);
	explicit_bzero(cookie, sizeof(cookie));
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[-j] [-k FILE] [ADDRESS]",
	.summary = "find out why there is no sound",
	.help =
		"Checks everything that is needed, from the kernel to the host's audio server, with a line for each: ok, or WRONG\n"
		"and what to do. Exit status 1 if something is wrong. As root it loads the module to get the kernel's error.\n"
		"Without ADDRESS it connects to the hosts of all cards. Put its output into bug reports.\n\n"
		"  -k, --cookie FILE  connect to the host with this PulseAudio cookie\n",
	.run = run,
};
