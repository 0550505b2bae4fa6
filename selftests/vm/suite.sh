# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2154 # who sources this has $suite, and $share, a folder for it; card.sh the rest
#
# Clean systems of other suites, in which this tree is built.

arch=$(dpkg --print-architecture)
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$TOP/dkms.conf")

# What git knows of this folder, also before it is committed, and not what was built in it.
copy_tree()
{
	if git -c safe.directory='*' -C "$TOP" rev-parse 2>/dev/null; then
		git -c safe.directory='*' -C "$TOP" ls-files -z -co --exclude-standard
	else
		find "$TOP" -type f -printf '%P\0'
	fi | tar -c -C "$TOP" --ignore-failed-read --exclude-from="$TOP/.gitignore" --null --verbatim-files-from -T - |
		tar -x -C "$1"
}

# release_of PACKAGE: of the kernel whose headers it brings, in $root.
release_of()
{
	dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Depends}' "$1" | grep -om 1 'linux-headers-[0-9][^ ,]*' |
		sed 's/linux-headers-//'
}

# Sets what the other tests of the suite use.
clean_system()
{
	root=$("$VM_HERE/root.sh" make "$suite" dkms "linux-headers-$arch" "linux-headers-cloud-$arch") || return
	release=$(release_of "linux-headers-$arch")
	cloud=$(release_of "linux-headers-cloud-$arch")
	dpkg-query --admindir="$root/var/lib/dpkg" -W dkms "linux-headers-$arch"
	"$VM_HERE/fetch.sh" kernel "$suite" "$release" ||
		{ echo "no kernel for the headers in $root; without that folder, newer ones are taken"; return 1; }
	mkdir "$share/tree"
	copy_tree "$share/tree"
}

# inside SCRIPT: in a throw-away copy of the clean system, where this tree is /host/tree.
inside()
{
	timeout --foreground -k 5 300 "$VM_HERE/root.sh" run "$root" "$share" env version="$version" release="$release" cloud="$cloud" \
		bash -euc "$1"
}
