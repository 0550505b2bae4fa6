#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes an initramfs from programs of this machine and modules of a kernel.
#
#   initramfs.sh OUTPUT MODULES_DIR [-m MODULE]... [-M MODULE]... [-p PROGRAM]... [-f FILE[:WHERE]]...
#
#   -m MODULE        a module with its dependencies, which is loaded at boot
#   -M MODULE        a module with its dependencies, which is not loaded
#   -p PROGRAM       a program with its libraries
#   -f FILE[:WHERE]  a file or folder; by default a .ko goes to the modules, an executable to /usr/bin, the rest to /

set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

here=$(dirname "$(readlink -f "$0")")
output=$1 modules=$2
shift 2

root=$(mktemp -d "${TMPDIR:-/tmp}/initramfs.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

# Some of these do not exist, or are built in, on some kernels.
load=(virtio_pci virtio_console 9pnet_virtio 9p)
there=() programs=(aplay arecord amixer) files=() binaries=()

install_libraries()
{
	local library

	ldd "$@" 2>/dev/null | grep -o '\s/[^ :]*' | sort -u | while read -r library; do
		# Real names of folders, because the root has no symbolic links for them.
		echo "$library" "$root$(readlink -f "${library%/*}")/"
	done | while read -r library folder; do
		mkdir -p "$folder"
		cp -L "$library" "$folder"
	done
}

program()
{
	command -v "$1" || { echo "initramfs: cannot find the program $1" >&2; exit 1; }
}

install_program()
{
	local path

	path=$(program "$1")
	cp -L "$path" "$root/usr/bin/"
	binaries+=("$path")
}

install_file()
{
	local from=${1%%:*} to=

	[[ $1 != *:* ]] || to=${1#*:}
	if [ -n "$to" ]; then
		mkdir -p "$root$(dirname "$to")"
		cp -rL "$from" "$root$to"
	elif [[ $from == *.ko ]]; then
		install -D "$from" "$root/lib/modules/$release/updates/${from##*/}"
	elif [ -f "$from" ] && [ -x "$from" ]; then
		install_program "$(readlink -f "$from")"
	else
		cp -rL "$from" "$root/"
	fi
}

# closure NAME...: prints the files of the modules and of their dependencies; none for unknown or built-in names.
closure()
{
	awk -v want="$*" '
		function base(path) {
			sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path)
			return path
		}
		FNR == NR { split($0, part, ":"); file[base(part[1])] = part[1]; need[part[1]] = part[2] }
		END {
			n = split(want, name, " ")
			for (i = 1; i <= n; i++) {
				path = file[base(name[i])]
				if (path == "") continue
				print path
				m = split(need[path], more, " ")
				for (j = 1; j <= m; j++) print more[j]
			}
		}' "$modules/modules.dep" | sort -u
}

install_modules()
{
	local path file

	while read -r path; do
		file=$root/lib/modules/$release/$path
		mkdir -p "${file%/*}"
		# busybox cannot read .zst.
		case $path in
		*.xz) xz -dc "$modules/$path" >"${file%.xz}" ;;
		*.zst) zstd -qdc "$modules/$path" >"${file%.zst}" ;;
		*) cp "$modules/$path" "$file" ;;
		esac
	done
}

# needs FILE.ko: prints the modules that this module depends on.
needs() { modinfo -F depends "$1" | tr , ' '; }

while getopts m:M:p:f: option; do
	case $option in
	m) load+=("$OPTARG") ;;
	M) there+=("$OPTARG") ;;
	p) programs+=("$OPTARG") ;;
	f) files+=("$OPTARG") ;;
	*) exit 2 ;;
	esac
done

[ -e "$modules/modules.dep" ] || depmod -b "${modules%/lib/modules/*}" "${modules##*/}" 2>/dev/null
release=${modules##*/}
mkdir -p "$root"/{bin,dev,etc,proc,sys,root,usr/bin,usr/lib64,lib/modules/"$release"}
ln -s usr/lib64 "$root/lib64"
install -m 755 "$here/init" "$root/init"
install -m 755 "$(program busybox)" "$root/bin/busybox"
printf '%s\n' "${load[@]}" >"$root/etc/modules-load"
echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
echo root:x:0: >"$root/etc/group"

for program in "${programs[@]}"; do
	install_program "$program"
done
for file in "${files[@]}"; do
	install_file "$file"
	[[ $file != *.ko ]] || read -ra more < <(needs "$file") || true
	there+=("${more[@]}")
	more=()
done
install_libraries "${binaries[@]}"
mkdir -p "$root/usr/share/alsa"
cp -rL /usr/share/alsa/{alsa.conf,cards,ctl,pcm} "$root/usr/share/alsa/"

closure "${load[@]}" "${there[@]}" | install_modules
cp "$modules"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$release/" 2>/dev/null || true
depmod -b "$root" "$release" 2>/dev/null

# Not compressed: an emulated guest reads faster than it unpacks.
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$output.tmp"
mv "$output.tmp" "$output"
