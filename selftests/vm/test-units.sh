#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# systemd's units, in a guest that systemd runs: the card of /etc/snd-hvsock.conf is there after boot, and what it plays
# arrives at hvsndd, which systemd starts when the card calls. Host and guest are the same machine, by vsock_loopback.

"$(dirname "$0")/root.sh" check || { status=$?; echo "1..0 # SKIP no clean systems on this machine"; exit $status; }
. "$(dirname "$0")/card.sh"

LIMIT=300
PACKAGES=(systemd systemd-sysv dbus libpam-systemd kmod alsa-utils pulseaudio-utils libnl-genl-3-200 libjson-c5 libkmod2)

# What runs in it, once it is up. Its words go to the console.
prove()
{
	cat <<-'END'
		#!/bin/bash
		{
		result() { local name=$1; shift; if "$@" 2>&1 | sed 's/^/SAID /'; [ "${PIPESTATUS[0]}" = 0 ]; then echo "PASS $name"; else echo "FAIL $name"; fi; }
		play() { aplay -q -D hw:studio -t raw -f S16_LE -r 44100 -c 2 --period-time=20000 "$1"; }
		state_is() { [ "$(systemctl show -P ActiveState "$1")" = "$2" ]; }
		card_is_there() { systemctl status --no-pager -n 5 snd-hvsock.service; state_is snd-hvsock.service active && aplay -l | grep studio; }
		system_unit() {
			state_is hvsndd.socket active && state_is hvsndd.service inactive || return
			wake && state_is hvsndd.service active && play /ramp || return
			sleep 2
			hvsndd ctl status || return
			stat -c 'it runs as %U' "/proc/$(systemctl show -P MainPID hvsndd)" | grep -v root || return
			systemctl stop hvsndd.socket hvsndd.service
			heard /var/lib/private/hvsndd
		}
		# Its service is to be started by that, which may take longer than sound can wait.
		wake() { aplay -q -D hw:studio -t raw -f S16_LE -r 44100 -c 2 -d 1 /dev/zero; sleep 4; }
		# The newest of its files, one for each play, has the ramp.
		heard() { tail -c +45 "$1/self-2.wav" >/heard && /usr/local/bin/ramp check -f S16_LE -r 44100 -c 2 -s 4 /heard; }
		mine() { runuser -u listener -- env XDG_RUNTIME_DIR=/run/user/1000 "$@"; }
		user_unit() {
			loginctl enable-linger listener
			for i in $(seq 50); do [ -S /run/user/1000/systemd/private ] && break; sleep 0.2; done
			mine systemctl --user start hvsndd.socket || return
			wake && play /ramp || return
			sleep 2
			mine hvsndd ctl status self || return
			mine systemctl --user stop hvsndd.socket hvsndd.service
			heard /home/listener/sound
		}
		stops() { systemctl stop snd-hvsock.service; rmmod snd_hvsock && ! systemctl --failed --no-legend | grep .; }
		echo
		result "the card of the configuration is there after boot" card_is_there
		result "hvsndd of the system is started by its socket" system_unit
		result "hvsndd of a user is started by its socket" user_unit
		result "all of it stops" stops
		dmesg | sed 's/^/KERNEL /'
		journalctl --no-pager -u hvsndd -u snd-hvsock -t hvsndd | tail -n 30 | sed 's/^/SAID /'
		echo END
		} >/dev/ttyS0 2>&1
		systemctl poweroff -ff
	END
}

# system DIR MODULES: the clean system, with all of ours, in DIR
system()
{
	local dir=$1 modules=$2 release clean options

	clean=$("$VM_HERE/root.sh" make "$SUITE" "${PACKAGES[@]}") || return
	cp -a "$clean" "$dir"
	rm -rf "$dir"/var/cache "$dir"/var/lib/apt "$dir"/usr/share/{doc,man,locale,zoneinfo}
	make -s -C "$TOP/user" install DESTDIR="$dir" && make -s -C "$TOP/user/hvsndd" install DESTDIR="$dir" || return
	release=$(basename "$modules")
	mkdir -p "$dir/usr/lib/modules/$release/kernel"/{net,sound,drivers}
	cp -r "$modules"/modules.* "$dir/usr/lib/modules/$release/"
	cp -r "$modules/kernel/net/vmw_vsock" "$dir/usr/lib/modules/$release/kernel/net/"
	cp -r "$modules/kernel/drivers/hv" "$dir/usr/lib/modules/$release/kernel/drivers/"
	cp -r "$modules"/kernel/sound/* "$dir/usr/lib/modules/$release/kernel/sound/"
	cp "$MODULE" "$dir/usr/lib/modules/$release/"
	depmod -b "$dir" "$release"
	cp "$ALSA/ramp" "$dir/usr/local/bin/"
	"$ALSA/ramp" gen -f S16_LE -r 44100 -c 2 -s 4 -t raw -o "$dir/ramp"
	prove >"$dir/usr/local/bin/prove"
	chmod +x "$dir/usr/local/bin/prove"
	printf '%s\n' '[studio]' 'cid = 1' 'protocol = simple' >"$dir/etc/snd-hvsock.conf"
	printf '%s\n' snd-hvsock vsock_loopback >"$dir/etc/modules-load.d/sound.conf"
	options='HVSNDD_OPTIONS=--protocol simple --rate 44100 --guest 1,name=self --output file:'
	echo "$options/var/lib/hvsndd" >"$dir/etc/default/hvsndd"
	chroot "$dir" useradd -m -u 1000 listener
	mkdir -p "$dir/home/listener/.config"
	echo "$options/home/listener/sound" >"$dir/home/listener/.config/hvsndd"
	chroot "$dir" chown -R listener: /home/listener
	printf '%s\n' '[Unit]' 'Wants=multi-user.target' 'After=multi-user.target' '[Service]' 'Type=oneshot' \
		'ExecStart=/usr/local/bin/prove' >"$dir/etc/systemd/system/prove.service"
	printf '%s\n' '[Unit]' 'Wants=prove.service' 'AllowIsolate=yes' >"$dir/etc/systemd/system/prove.target"
	chroot "$dir" systemctl -q enable snd-hvsock.service hvsndd.socket
	: >"$dir/etc/machine-id"
	ln -s sbin/init "$dir/init"
}

# boots KERNEL MODULES: the console is $RUN/console
boots()
{
	local accel type cpu

	system "$RUN/system" "$2" || return
	(cd "$RUN/system" && find . -xdev | cpio -o -H newc --quiet | zstd -q -1 -T0) >"$RUN/initramfs" || return
	rm -rf "$RUN/system"
	for accel in $(accelerators) tcg; do
		type=$accel cpu=host
		[ "$accel" != tcg ] || { type=tcg,thread=multi; cpu=max; }
		: >"$RUN/console"
		spawn "$RUN/qemu.log" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 2048 -smp 2 \
			-kernel "$1" -initrd "$RUN/initramfs" -machine q35 -accel "$type" -cpu "$cpu" \
			-append "console=ttyS0 panic=-1 loglevel=4 norandmaps systemd.unit=prove.target systemd.show_status=0" \
			-chardev "file,id=log,path=$RUN/console" -device isa-serial,chardev=log
		wait_for $LIMIT gone "$spawned" || end_process "$spawned"
		! grep -q '^END' "$RUN/console" || return 0
	done
	fail_log "the guest" "$RUN/console"
	return 1
}

# proved NAME: it did, and said so
proved()
{
	tr -d '\r' <"$RUN/console" | awk -v name="$1" '
		/^SAID / { said = said substr($0, 6) "\n" }
		/^(PASS|FAIL) / { if (substr($0, 6) == name) { printf "%s", said; found = $1 == "PASS" }; said = "" }
		END { exit !found }'
}

kernel_is_content()
{
	mkdir -p "$RUN/vm.units"
	tr -d '\r' <"$RUN/console" | sed -n 's/^KERNEL //p' >"$(vm_log units)"
	[ -s "$(vm_log units)" ] && vm_check_log units
}

ktap_plan 6
read -r kernel modules <<<"$("$VM_HERE/fetch.sh" kernel "$SUITE" ${RELEASE:+"$RELEASE"})"
ktap_test "boots" boots "$kernel" "$modules" || true
ktap_test "the card of /etc/snd-hvsock.conf is there after boot" proved "the card of the configuration is there after boot" || true
ktap_test "hvsndd of the system is started by its socket, and plays" proved "hvsndd of the system is started by its socket" || true
ktap_test "hvsndd of a user is started by its socket, and plays" proved "hvsndd of a user is started by its socket" || true
ktap_test "all of it stops, and nothing has failed" proved "all of it stops" || true
ktap_test "the kernel does not complain" kernel_is_content || true
ktap_summary
