#!/bin/sh
# Storage hook of pg-rehearsal for btrfs: a subvolume a data directory, cloned in a moment whatever its size.
# TMPDIR, XDG_CACHE_HOME and, to start a base backup in place, the backup's subvolume lie on one btrfs.
set -eu
is_subvolume() { [ "$(stat -c %i "$1")" = 256 ]; }
case "$1" in
  create) btrfs -q subvolume create "$2" ;;
  freeze) mv "$2" "$3" ;;
  clone)
    is_subvolume "$2" || exit 3
    btrfs -q subvolume snapshot "$2" "$3" ;;
  discard) btrfs -q subvolume delete "$2" ;;
  *) exit 2 ;;
esac
