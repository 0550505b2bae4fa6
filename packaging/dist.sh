#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make dist: writes the archive of the latest commit, and its SHA-256, to a folder: dist.sh FOLDER
#
# The same commit gives the same bytes, whatever the user's umask and settings of git.

set -euo pipefail

folder=$(realpath "$1")
cd "$(dirname "$(readlink -f "$0")")/.."
name=snd-hvsock-$(<VERSION)
git=(git -c 'safe.directory=*' -c tar.umask=0022)

"${git[@]}" rev-parse --git-dir >/dev/null 2>&1 || { echo "make dist: no git repository. Run it in a clone." >&2; exit 1; }
"${git[@]}" diff --quiet HEAD || echo "make dist: leaving out changes that are not committed" >&2
"${git[@]}" archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$folder/$name.tar.gz"
cd "$folder"
sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256"
