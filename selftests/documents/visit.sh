#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# On the emulated host: runs each file of commands/, and prints what they printed and how they ended
# as an archive, between two lines. selftests/documents/check makes the commands and reads the
# archive.
here=$(cd "$(dirname "$0")" && pwd)
cd "$here" || exit
PATH=$here/stand-ins:$here:$PATH
version=$(uname -r)

chmod a+rw /dev/kvm /dev/sev
echo alice:x:1000:1000::/tmp:/bin/sh >>/etc/passwd
mkdir -p /sys/fs/cgroup/machine.slice /var/log/libvirt/qemu /var/lib/prometheus/node-exporter \
	/etc/kubernetes/node-feature-discovery/features.d "build/module/$version" results
stand-ins/journalctl >/var/log/libvirt/qemu/guest.log
printf '[host]\npin.max = 64M\n' >/etc/sevadm.conf
cp "/lib/modules/$version/updates/sevadm.ko" "build/module/$version/"

# What the examples look at: a guest that stays, a mirror and one that moved, one of another type, a
# refusal.
su alice -c "sevlaunch --memory 4 --pause-at finish" >launched &
guest=$!
until grep -q '^finish: good=true' launched; do
	kill -0 $guest || exit
	busybox sleep 0.1
done
sevlaunch --memory 4 --mirror --migrate >/dev/null
sevlaunch --memory 4 --type sev-es >/dev/null
sevadm limit set host pin.max=9M && sevlaunch --memory 8 >/dev/null
sevadm limit delete host

for command in commands/*; do
	name=results/${command##*/}
	timeout 300 sh "$command" >"$name.out" 2>"$name.err" </dev/null
	echo $? >"$name.status"
done
echo "@@ results"
tar cz results | base64
echo "@@ end"
