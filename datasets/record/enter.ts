/**
 * A network of its own with every address of the session on its loopback device, and the rest of the world
 * started in it; then a process tree of its own.
 */
export const NETWORK_SCRIPT = `set -eu
ip link set lo up
for address in $ADDRESSES; do ip addr add "$address/32" dev lo; done
$WORLD >/dev/null 2>&1 &
exec unshare --pid --fork --kill-child --mount-proc -- /bin/bash -c "$ROOT_SCRIPT" session
`;

/**
 * A root file system of its own over this machine's: whatever the session changes lies in the upper layer and is
 * thrown away. This machine's homes, mounts and temporary files are not in it. The first process only waits.
 */
export const ROOT_SCRIPT = `set -eu
hostname "$HOST"
cd "$WORK"
mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/upper,workdir=$WORK/layer" "$WORK/mount"
cd "$WORK/mount"
for hidden in $HIDDEN; do [ -d ".$hidden" ] && mount -t tmpfs tmpfs ".$hidden" || true; done
for own in $OWN; do
  mkdir -p "$WORK/own/$own" "./$own"
  mount --bind "$WORK/own/$own" "./$own"
done
mkdir -p tmp/.old var/spool/cron/crontabs var/spool/cron/atjobs var/spool/cron/atspool run/sshd run/lock
chmod 1777 tmp var/tmp
touch var/spool/cron/atjobs/.SEQ
chown -R daemon:daemon var/spool/cron/atjobs var/spool/cron/atspool
chmod 770 var/spool/cron/atjobs var/spool/cron/atspool
chgrp crontab var/spool/cron/crontabs 2>/dev/null && chmod 1730 var/spool/cron/crontabs || true
if [ -n "$RUST" ]; then mkdir -p usr/local/rust && mount --bind "$RUST" usr/local/rust && mount -o remount,bind,ro usr/local/rust; fi
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm && chmod 1777 dev/shm
for device in null zero full random urandom tty; do touch "dev/$device" && mount --bind "/dev/$device" "dev/$device"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd; ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr
mount -t proc proc proc
pivot_root . tmp/.old
cd /
umount -l /tmp/.old
rmdir /tmp/.old
echo ready
exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/bash -c 'while sleep 30; do :; done'
`;
