#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The work of device_log_test.sh, inside of the emulated host. sevadm is there before ccp, so that
# the trace begins with the first command that the security processor ever got. Prints the trace as
# the processor's log has it: "NUMBER ID NAME HANDLE ASID STATUS KIND" a line, after "trace:".
#
# usage: device_log_guest.sh [snp]	on a host with SEV-SNP
set -eu

# A guest's life with commands of every kind that KVM asks for.
LIFE=create,init,register,launch_start,launch_update_data,measure,secret,finish,status,dbg_decrypt
LIFE=$LIFE,dbg_encrypt,attestation,send_start,send_update_data,send_finish,receive_start
LIFE=$LIFE,receive_update_data,receive_finish,close,close_receiver

SNP_LIFE=create,init,vcpu,snp_start,snp_update,snp_finish,snp_prefault,snp_punch,close

# What is not known is "-". A command that ccp refused, as the processor is dead (-EBUSY), never
# came to it; of one that was never answered (-ETIMEDOUT) there is no status.
as_the_log() {
	sed -n 's/.*"command":"*\([^",]*\)"*,"command_id":\([0-9]*\),.*"asid":\([^,]*\),"handle":\([^,]*\),.*"ret":\([^,]*\),.*"fw_error_name":"*\([^",]*\).*"kind":\([^,]*\).*/\2 \1 \4 \3 \6 \5 \7/p' |
		awk '$5 == "null" && $6 == -16 { next }
			$5 == "null" && $6 == -110 { $5 = "HANG" }
			$7 == 0 { $7 = "null" }
			{ gsub(/null/, "-"); printf "%d 0x%02x %s %s %s %s %s\n", ++n, $1, $2, $3, $4, $5, $7 }'
}

qemu_launches() {
	sev-guest --type "$1" --paused > /dev/null 2> qemu &
	guest=$!
	tries=1000
	until sevadm -j vm list | grep -q '"state":"lsecret"'; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$guest"; then
			cat qemu >&2
			return 1
		fi
		sleep 0.5
	done
	kill -TERM "$guest"
	wait "$guest" || true
}

# launch_at_once TYPE: 64 guests, of which the firmware refuses one.
launch_at_once() {
	launches=
	i=0
	while [ "$i" -lt 64 ]; do
		sevlaunch --type "$1" --memory 1 > /dev/null 2>&1 &
		launches="$launches $!"
		i=$((i + 1))
	done
	failed=0
	for launch in $launches; do
		wait "$launch" || failed=$((failed + 1))
	done
	echo "failed: $failed"
}

modprobe sevadm ring_events=65536
# From the oldest event on: ccp may be faster than the follower.
sevadm -j trace follow --all --event psp > followed 2> followed.errors < /dev/null &
follower=$!
# Two commands are never answered. A busy machine may be late with any other one.
modprobe ccp psp_cmd_timeout=60
modprobe kvm_amd

if [ "${1-}" = snp ]; then
	sevlaunch --type sev --memory 1 > life || { cat life >&2 && exit 1; }
	sevlaunch --type sev-snp --memory 4 --steps "$SNP_LIFE" > life || { cat life >&2 && exit 1; }
	launch_at_once sev-snp
	sevadm_snp_guest_test > life || { cat life >&2 && exit 1; }
else
	qemu_launches sev
	qemu_launches sev-es
	sevlaunch --memory 4 --steps "$LIFE" > life || { cat life >&2 && exit 1; }
	launch_at_once sev
fi

# The last command, SHUTDOWN, is never answered; on a host with SEV-SNP SNP_SHUTDOWN_EX is, after
# it.
modprobe -r kvm_amd
modprobe -r ccp
sevadm -j trace show > shown
echo "lost: $(grep -c '"event":"lost"' shown || true)"
grep '"event":"psp"' shown | as_the_log > commands
tries=600
until as_the_log < followed | cmp -s commands -; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || break
	sleep 0.2
done
kill "$follower"
if as_the_log < followed | diff commands - >&2; then
	echo "followed: same"
else
	echo "followed: other"
	cat followed.errors >&2
fi
# What the module counted by itself, of commands that came to the processor.
echo "counted:"
sevadm -j trace stats --event psp | sed 's/},{"event"/},\n{"event"/g' |
	sed -n 's/.*"command":"\([^"]*\)".*"count":\([0-9]*\),"failures":\([0-9]*\),.*/\1 \2 \3/p' |
	sort
echo "trace:"
cat commands
