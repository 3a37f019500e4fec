#!/bin/sh
# Storage hook of pg-rehearsal for LVM thin volumes: run as root, with a thin pool of that name in that volume group.
# A base backup is started in place when it is what a thin volume is mounted at.
set -eu
group=${REHEARSAL_VG:-rehearsal} pool=${REHEARSAL_POOL:-pool} size=${REHEARSAL_VOLUME_SIZE:-4T}
volume_at() { findmnt -no SOURCE --mountpoint "$1"; }
new_name() { echo "pgr-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"; }
mount_at() { mkdir -p "$2"; mount -o nouuid,discard "$1" "$2" || { rmdir "$2"; return 1; }; }
case "$1" in
  create)
    name=$(new_name)
    lvcreate -qq --thin -V "$size" -n "$name" "$group/$pool"
    mkfs.xfs -q "/dev/$group/$name"
    mount_at "/dev/$group/$name" "$2" ;;
  freeze)
    device=$(volume_at "$2"); umount "$2"; rmdir "$2"
    mount_at "$device" "$3" ;;
  clone)
    device=$(volume_at "$2") || exit 3
    lvs --noheadings -o pool_lv "$device" 2>/dev/null | grep -q . || exit 3
    name=$(new_name)
    # What is mounted is frozen for the moment, so that the snapshot is of one state.
    fsfreeze -f "$2"; trap 'fsfreeze -u "$2"' EXIT
    lvcreate -qq -s -kn -n "$name" "$device"
    fsfreeze -u "$2"; trap - EXIT
    mount_at "/dev/$group/$name" "$3" ;;
  discard)
    device=$(volume_at "$2"); umount "$2"; rmdir "$2"
    lvremove -qq -f "$device" ;;
  *) exit 2 ;;
esac
