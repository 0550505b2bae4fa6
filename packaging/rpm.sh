#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make rpm: builds Fedora's packages of the latest commit in the folder packages.

set -euo pipefail

top=$(dirname "$(dirname "$(readlink -f "$0")")")
version=$(<"$top/VERSION")
out=$top/packages
work=$out/rpmbuild
# On Debian, rpm does not know which packages are installed.
options=()
[ ! -e /etc/debian_version ] || options+=(--nodeps --define 'debug_package %{nil}')

command -v rpmbuild >/dev/null || { echo "make rpm: rpmbuild is missing. Install rpm-build (Fedora) or rpm (Debian)" >&2; exit 1; }
mkdir -p "$work/SOURCES"
rm -f "$out"/*.rpm
"$top/packaging/dist.sh" "$work/SOURCES" >/dev/null
sed "s/@VERSION@/$version/" "$top/packaging/rpm/snd-hvsock.spec.in" >"$work/snd-hvsock.spec"
rpmbuild "${options[@]}" --define "_topdir $work" -ba "$work/snd-hvsock.spec"
mv "$work"/RPMS/*/*.rpm "$work"/SRPMS/*.rpm "$out"
rm -rf "$work"
cd "$out"
printf 'packages/%s\n' *.rpm
