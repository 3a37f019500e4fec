#!/bin/sh
# Storage hook of pg-rehearsal for a file system whose files can share blocks (XFS with reflink, btrfs, bcachefs).
# TMPDIR, XDG_CACHE_HOME and, to start a base backup in place, the backup lie on it.
set -eu
case "$1" in
  create) mkdir "$2" ;;
  freeze) mv "$2" "$3" ;;
  # 3: it can not be cloned, and is copied instead. Nothing may be left of the attempt.
  clone) cp -a --reflink=always "$2" "$3" 2>/dev/null || { rm -rf "$3"; exit 3; } ;;
  discard) rm -rf "$2" ;;
  *) exit 2 ;;
esac
