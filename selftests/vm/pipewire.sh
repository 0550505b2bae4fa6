# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2154 # lib.sh has $spawned
#
# PipeWire in PulseAudio's place: what pulse.sh has, as HOST=pipewire wants it. PIPEWIRE names the suite whose PipeWire,
# WirePlumber and pipewire-pulse it is (this machine's); they are fetched, not installed, and see no device.

# pipewire_configure DIR FOLDER SOCKET: the packages' own configuration, and what a test needs beside it.
pipewire_configure()
{
	local config=$1/.config rates

	mkdir -p "$config"
	cp -r "$2"/usr/share/{pipewire,wireplumber} "$config"
	mkdir -p "$config"/pipewire/{pipewire,pipewire-pulse}.conf.d "$config/wireplumber/wireplumber.conf.d"
	# A graph at the rate of the only stream in it need not resample.
	rates="8000 11025 22050 37800 44100 48000 96000 192000"
	echo "context.properties = { default.clock.allowed-rates = [ $rates ] mem.allow-mlock = false }" \
		>"$config/pipewire/pipewire.conf.d/test.conf"
	echo "pulse.properties = { server.address = [ \"unix:$1/control\" \"unix:$3\" ] }" \
		>"$config/pipewire/pipewire-pulse.conf.d/test.conf"
	# No devices, and so no D-Bus: WirePlumber 0.4 and 0.5.
	cat >"$config/wireplumber/wireplumber.conf.d/test.conf" <<-CONF
		wireplumber.profiles = {
		  main = { hardware.audio = disabled hardware.bluetooth = disabled hardware.video-capture = disabled }
		}
	CONF
	if [ -d "$config/wireplumber/main.lua.d" ]; then
		cat >"$config/wireplumber/main.lua.d/80-test.lua" <<-LUA
			alsa_monitor.enabled = false
			v4l2_monitor.enabled = false
			libcamera_monitor.enabled = false
			default_access.properties["enable-flatpak-portal"] = false
		LUA
		echo "bluez_monitor.enabled = false" >"$config/wireplumber/bluetooth.lua.d/80-test.lua"
	fi
}

# pulse_start NAME SOCKET
pulse_start()
{
	local dir=$RUN/pulse.$1 config=$RUN/pulse.$1/.config folder libraries environment program

	folder=$("$VM_HERE/fetch.sh" programs "${PIPEWIRE:-$SUITE}" pipewire-bin pipewire-pulse wireplumber) || return
	libraries=$(find "$folder/usr/lib" -name pipewire-0.3 -printf %h -quit)
	mkdir -p "$dir"
	pipewire_configure "$dir" "$folder" "$2"
	pulse_env "$1"
	environment+=(PIPEWIRE_MODULE_DIR="$libraries/pipewire-0.3" PIPEWIRE_CONFIG_DIR="$config/pipewire"
		SPA_PLUGIN_DIR="$libraries/spa-0.2" SPA_DATA_DIR="$folder/usr/share/spa-0.2"
		WIREPLUMBER_MODULE_DIR="$(echo "$libraries"/wireplumber-0.*)"
		WIREPLUMBER_CONFIG_DIR="$config/wireplumber" WIREPLUMBER_DATA_DIR="$config/wireplumber")
	for program in pipewire wireplumber pipewire-pulse; do
		spawn "$dir/log.$program" "${environment[@]}" "$folder/run" "$program"
		echo "$spawned" >>"$dir/others"
		# Each waits for nobody.
		wait_for 10 test -S "$dir/pipewire-0" || { fail_log "PipeWire does not start" "$dir/log.$program"; return 1; }
	done
	echo "$spawned" >"$dir/pid"
	wait_for 20 pulse_ready "$1" || { fail_log "pipewire-pulse does not start" "$dir/log.pipewire-pulse"; return 1; }
}

pulse_stop()
{
	local dir=$RUN/pulse.$1 pid

	[ ! -e "$dir/others" ] || while read -r pid; do end_process "$pid"; done <"$dir/others"
	rm -f "$dir"/{pid,others,control} "$dir"/pipewire-0*
}
