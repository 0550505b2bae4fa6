// SPDX-License-Identifier: GPL-2.0
/* hvsnd doctor: machine, kernel and modules. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/reason.h"
#include "doctor_private.h"

#define VIRTIO_VSOCK "0x0013"

static struct kmod_module *module_get(struct kmod_ctx *kmod, const char *name)
{
	struct kmod_module *module;

	return kmod && !kmod_module_new_from_name(kmod, name, &module) ?
		       module :
		       NULL;
}

bool doctor_is_live(struct doctor *d, const char *name)
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

void check_machine(struct doctor *d)
{
	if (d->machine == MACHINE_REAL)
		say(d, WRONG, "machine",
		    "this is no virtual machine. Run hvsnd doctor in the guest");
	else
		say(d, OK, "machine", "%s, Linux %s %s, hvsnd " HVSND_VERSION,
		    machine_name(d->machine), d->names.release,
		    d->names.machine);
}

bool check_sound(struct doctor *d)
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
	if (doctor_is_live(d, MODULE))
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

void check_module(struct doctor *d)
{
	struct kmod_module *module = module_get(d->kmod, MODULE);
	char text[256];

	if (!doctor_is_live(d, MODULE) && module &&
	    kmod_module_get_path(module))
		examine_module(d, module);
	if (doctor_is_live(d, MODULE)) {
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
	if (doctor_is_live(d, name))
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

bool check_vsock(struct doctor *d)
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
