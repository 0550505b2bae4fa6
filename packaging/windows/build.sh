#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Packages for Windows: hvsndd-VERSION.zip and hvsndd-VERSION.msi with their SHA-256, and manifests for winget.
#
#   build.sh FOLDER [URL]   writes them into FOLDER. URL: where the packages will be, for the manifests
#
# Needs mingw-w64 (gcc-mingw-w64-x86-64-win32), wixl and python3.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "${1:?usage: build.sh FOLDER [URL]}"
out=$(cd "$1" && pwd)
url=${2:-https://example.org/snd-hvsock}
version=$(cat "$top/VERSION")
# The service id of port 4713
service=00001269-facb-11e6-bd58-64006a7986d3
name=hvsndd-$version

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$work/$name
mkdir "$folder"

make -s -C "$top/user/hvsndd/win"
for program in hvsndd.exe hvsnddw.exe; do
	x86_64-w64-mingw32-strip -o "$folder/$program" "$top/user/hvsndd/win/$program"
done
# Notepad of older versions of Windows needs carriage returns.
sed 's/$/\r/' "$top/packaging/windows/README.txt" >"$folder/README.txt"
sed 's/$/\r/' "$top/COPYING" >"$folder/COPYING.txt"

rm -f "$out/$name.zip" "$out/$name.msi"
(cd "$work" && python3 -m zipfile -c "$out/$name.zip" "$name/")
# wixl finds files beside the source only.
cp "$top/packaging/windows/hvsndd.wxs" "$folder/"
(cd "$folder" && wixl -a x64 -D Version="$version" -D Service="$service" -o "$out/$name.msi" hvsndd.wxs)
(cd "$out" && sha256sum "$name.zip" "$name.msi" >"$name.sha256")

sum=$(sha256sum "$out/$name.msi" | tr a-f A-F)
manifests=$out/winget
mkdir -p "$manifests"
for manifest in "$top"/packaging/windows/winget/*.yaml; do
	sed -e "s|@VERSION@|$version|g" -e "s|@URL@|$url/$name.msi|g" -e "s|@SHA256@|${sum%% *}|g" "$manifest" \
		>"$manifests/${manifest##*/}"
done
