#!/bin/sh
# Storage hook of pg-rehearsal for ZFS: run as a user who may (`zfs allow`), or root; datasets are made below this one.
# A base backup is started in place when it is the mount point of a dataset.
set -eu
parent=${REHEARSAL_DATASET:-tank/rehearsal}
dataset_at() { zfs list -H -o name,mountpoint -t filesystem | awk -F '\t' -v at="$1" '$2 == at { print $1; found = 1 } END { exit !found }'; }
new_name() { echo "$parent/pgr-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"; }
case "$1" in
  create) zfs create -o mountpoint="$2" -o recordsize=16k "$(new_name)" ;;
  freeze) zfs set mountpoint="$3" "$(dataset_at "$2")"; rmdir "$2" 2>/dev/null || true ;;
  clone)
    source=$(dataset_at "$2") || exit 3
    name=$(new_name) snapshot="$source@pgr-$(basename "$(dirname "$3")")"
    zfs snapshot "$snapshot"
    zfs clone -o mountpoint="$3" "$snapshot" "$name" ;;
  discard)
    name=$(dataset_at "$2")
    origin=$(zfs get -H -o value origin "$name")
    zfs destroy -r "$name"
    case "$origin" in *@pgr-*) zfs destroy "$origin" ;; esac
    rmdir "$2" 2>/dev/null || true ;;
  *) exit 2 ;;
esac
