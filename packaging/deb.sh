#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make deb: builds Debian's packages of the latest commit in the folder packages. Without git, run
# dpkg-buildpackage -b -us -uc.

set -euo pipefail

top=$(dirname "$(dirname "$(readlink -f "$0")")")
version=$(<"$top/VERSION")
out=$top/packages

command -v dpkg-buildpackage >/dev/null || { echo "make deb: dpkg-buildpackage is missing. Install dpkg-dev" >&2; exit 1; }
mkdir -p "$out"
rm -rf "$out"/{*.deb,snd-hvsock_*}
"$top/packaging/dist.sh" "$out" >/dev/null
cd "$out"
tar -xf "snd-hvsock-$version.tar.gz"
cd "snd-hvsock-$version"
dpkg-checkbuilddeps || { echo "make deb: packages are missing. Run: sudo apt-get build-dep ./" >&2; exit 1; }
DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc) ${DEB_BUILD_OPTIONS-}" dpkg-buildpackage -us -uc
cd ..
rm -rf "snd-hvsock-$version"{,.tar.gz*}
printf 'packages/%s\n' *.deb
