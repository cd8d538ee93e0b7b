/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The generic netlink family "sevadm" of sevadm.ko: Documentation/netlink/specs/sevadm.yaml.
 * Included by linux/sevadm.h, which defines the values.
 */
#ifndef _UAPI_LINUX_SEVADM_NETLINK_H
#define _UAPI_LINUX_SEVADM_NETLINK_H

#define SEVADM_GENL_NAME	"sevadm"
#define SEVADM_GENL_VERSION	1
#define SEVADM_GENL_MCGRP_EVENTS "events"

enum sevadm_cmd {
	SEVADM_CMD_STATUS_GET = 1,
	SEVADM_CMD_SEAM_GET,
	SEVADM_CMD_VM_GET,
	SEVADM_CMD_ASID_GET,
	SEVADM_CMD_ADOPT,
	SEVADM_CMD_LIMIT_GET,
	SEVADM_CMD_LIMIT_SET,
	SEVADM_CMD_LIMIT_DELETE,
	SEVADM_CMD_LIMIT_APPLY,
	SEVADM_CMD_EVENT,
	SEVADM_CMD_STATS_GET,
	SEVADM_CMD_STATS_RESET,

	__SEVADM_CMD_MAX,
	SEVADM_CMD_MAX = __SEVADM_CMD_MAX - 1,
};

/* Attributes of SEVADM_CMD_STATUS_GET */
enum sevadm_a_status {
	SEVADM_A_STATUS_VERSION = 1,		/* string: version of the module */
	SEVADM_A_STATUS_STATE,			/* u32: enum sevadm_module_state */
	SEVADM_A_STATUS_POOL,			/* nest of SEVADM_A_POOL_*, one for each pool */
	SEVADM_A_STATUS_VMS,			/* u32: VMs that are accounted */
	SEVADM_A_STATUS_UNACCOUNTED_VMS,	/* u32: older than the attachment */
	SEVADM_A_STATUS_PINNED_BYTES,		/* u64: by all accounted VMs together */
	SEVADM_A_STATUS_PINNED_PEAK_BYTES,	/* u64: highest _PINNED_BYTES so far */
	SEVADM_A_STATUS_API_MAJOR,		/* u32: of the firmware, as it last said */
	SEVADM_A_STATUS_API_MINOR,		/* u32 */
	SEVADM_A_STATUS_BUILD,			/* u32 */
	SEVADM_A_STATUS_FIRMWARE_STATE,		/* u32: PSTATE: 0 uninit, 1 init, 2 working */
	SEVADM_A_STATUS_EVENTS,			/* u64: number of events so far */
	SEVADM_A_STATUS_RING_EVENTS,		/* u32: number of events the ring holds at most */
	SEVADM_A_STATUS_PAD,
	SEVADM_A_STATUS_PRIVATE_BYTES,		/* u64: all guests', by the RMP; absent: unknown */
	SEVADM_A_STATUS_PRIVATE_PEAK_BYTES,	/* u64: the most that ever was */
	SEVADM_A_STATUS_CONVERSIONS,		/* u64: pages that became private */
	SEVADM_A_STATUS_RECLAIMS,		/* u64: pages that were given back */
	SEVADM_A_STATUS_RMP_FIRMWARE_BYTES,	/* u64: the firmware's by the RMP, with the RMP */
	SEVADM_A_STATUS_LEAKED_BYTES,		/* u64: that the kernel gave up, of any owner */

	__SEVADM_A_STATUS_MAX,
	SEVADM_A_STATUS_MAX = __SEVADM_A_STATUS_MAX - 1,
};

/* Attributes of one pool that this host has; meaning as in struct sevadm_pool_query */
enum sevadm_a_pool {
	SEVADM_A_POOL_POOL = 1,			/* u32: enum sevadm_pool */
	SEVADM_A_POOL_MIN_ASID,			/* u32 */
	SEVADM_A_POOL_MAX_ASID,			/* u32 */
	SEVADM_A_POOL_CAPACITY,			/* u32 */
	SEVADM_A_POOL_USED,			/* u32 */
	SEVADM_A_POOL_RECLAIM,			/* u32 */
	SEVADM_A_POOL_FREE,			/* u32; absent: not known */
	SEVADM_A_POOL_PEAK,			/* u32 */
	SEVADM_A_POOL_RECYCLES,			/* u64 */
	SEVADM_A_POOL_CHARGED,			/* u64 */
	SEVADM_A_POOL_PAD,
	SEVADM_A_POOL_RESERVED,			/* u32: guaranteed or leased, and not used */

	__SEVADM_A_POOL_MAX,
	SEVADM_A_POOL_MAX = __SEVADM_A_POOL_MAX - 1,
};

/* Attributes of SEVADM_CMD_SEAM_GET (dump) */
enum sevadm_a_seam {
	SEVADM_A_SEAM_NAME = 1,			/* string: function interposed on */
	SEVADM_A_SEAM_MODULE,			/* string: module it lives in */
	SEVADM_A_SEAM_REQUIRED,			/* flag: without it the module is degraded */
	SEVADM_A_SEAM_ATTACHED,			/* flag */
	SEVADM_A_SEAM_ERROR,			/* u32: positive errno of the failed attachment */
	SEVADM_A_SEAM_REASON,			/* string: why it is not attached */
	SEVADM_A_SEAM_HITS,			/* u64: calls that came through it */
	SEVADM_A_SEAM_PAD,

	__SEVADM_A_SEAM_MAX,
	SEVADM_A_SEAM_MAX = __SEVADM_A_SEAM_MAX - 1,
};

/* Attributes of SEVADM_CMD_VM_GET (do with _ID, and dump); as in struct sevadm_vm_query */
enum sevadm_a_vm {
	SEVADM_A_VM_ID = 1,			/* u64 */
	SEVADM_A_VM_PID,			/* u32 */
	SEVADM_A_VM_COMM,			/* string */
	SEVADM_A_VM_UID,			/* u32 */
	SEVADM_A_VM_CGROUP,			/* string: path of v2, now; absent: no room */
	SEVADM_A_VM_CGROUP_ID,			/* u64 */
	SEVADM_A_VM_TYPE,			/* u32: enum sevadm_vm_type */
	SEVADM_A_VM_POOL,			/* u32: enum sevadm_pool */
	SEVADM_A_VM_STATE,			/* u32: enum sevadm_vm_state; absent: not known */
	SEVADM_A_VM_ASID,			/* u32; absent: not known yet */
	SEVADM_A_VM_HANDLE,			/* u32; absent: no firmware context */
	SEVADM_A_VM_POLICY,			/* u64; absent: not known yet */
	SEVADM_A_VM_PINNED_BYTES,		/* u64; absent: not known */
	SEVADM_A_VM_PINNED_PEAK_BYTES,		/* u64 */
	SEVADM_A_VM_REGIONS,			/* u64 */
	SEVADM_A_VM_MIRROR_OF,			/* u64; absent: no mirror */
	SEVADM_A_VM_CREATED_NS,			/* u64 */
	SEVADM_A_VM_PAD,
	SEVADM_A_VM_OWN,			/* flag: of a dump: VMs of the caller's user */
	SEVADM_A_VM_PRIVATE_BYTES,		/* u64; absent: not known, as the next four */
	SEVADM_A_VM_PRIVATE_PEAK_BYTES,		/* u64 */
	SEVADM_A_VM_CONVERSIONS,		/* u64 */
	SEVADM_A_VM_RECLAIMS,			/* u64 */
	SEVADM_A_VM_LEAKED_BYTES,		/* u64 */
	SEVADM_A_VM_GMEM_SIZE_BYTES,		/* u64; absent: not known */
	SEVADM_A_VM_GMEM_BYTES,			/* u64; absent: not known */

	__SEVADM_A_VM_MAX,
	SEVADM_A_VM_MAX = __SEVADM_A_VM_MAX - 1,
};

/* Attributes of SEVADM_CMD_ASID_GET (do with _ASID, and dump); as in struct sevadm_asid_query */
enum sevadm_a_asid {
	SEVADM_A_ASID_ASID = 1,			/* u32 */
	SEVADM_A_ASID_POOL,			/* u32: enum sevadm_pool */
	SEVADM_A_ASID_STATE,			/* u32: enum sevadm_asid_state */
	SEVADM_A_ASID_VM,			/* u64; absent: none */
	SEVADM_A_ASID_PID,			/* u32: creator of that VM; absent: none */
	SEVADM_A_ASID_PAD,

	__SEVADM_A_ASID_MAX,
	SEVADM_A_ASID_MAX = __SEVADM_A_ASID_MAX - 1,
};

/*
 * Attributes of SEVADM_CMD_ADOPT (do): VMs started before the module was loaded enter the ledger.
 * The request says where this kernel keeps what it knows of a VM, taken from the BTF of kvm_amd:
 * sizes and offsets in bytes, up to _REGION_NPAGES, all of them. Nothing is adopted if what lies
 * there cannot be right (EINVAL). Needs CAP_SYS_MODULE: offsets are trusted as the code of a module
 * is.
 */
enum sevadm_a_adopt {
	SEVADM_A_ADOPT_KVM_SIZE = 1,		/* u32: of struct kvm */
	SEVADM_A_ADOPT_KVM_VM_LIST,		/* u32: vm_list in struct kvm */
	SEVADM_A_ADOPT_SVM_SIZE,		/* u32: of struct kvm_svm */
	SEVADM_A_ADOPT_ACTIVE,			/* u32: sev_info.active in struct kvm_svm */
	SEVADM_A_ADOPT_ES_ACTIVE,		/* u32: sev_info.es_active */
	SEVADM_A_ADOPT_ASID,			/* u32: sev_info.asid */
	SEVADM_A_ADOPT_HANDLE,			/* u32: sev_info.handle */
	SEVADM_A_ADOPT_PAGES_LOCKED,		/* u32: sev_info.pages_locked */
	SEVADM_A_ADOPT_REGIONS,			/* u32: sev_info.regions_list */
	SEVADM_A_ADOPT_OWNER,			/* u32: sev_info.enc_context_owner */
	SEVADM_A_ADOPT_REGION_LIST,		/* u32: list in struct enc_region */
	SEVADM_A_ADOPT_REGION_NPAGES,		/* u32: npages in struct enc_region */
	SEVADM_A_ADOPT_ADOPTED,			/* u32: reply: VMs that entered the ledger */
	SEVADM_A_ADOPT_LEFT,			/* u32: reply: VMs at work all along: try again */

	__SEVADM_A_ADOPT_MAX,
	SEVADM_A_ADOPT_MAX = __SEVADM_A_ADOPT_MAX - 1,
};

/*
 * Attributes of SEVADM_CMD_LIMIT_GET (dump: what is limited, and always the host),
 * SEVADM_CMD_LIMIT_SET (changes the limits that are given, of one resource of one subject; ENOSPC:
 * guarantees would exceed the pool), SEVADM_CMD_LIMIT_DELETE (all limits of a subject, or of one of
 * its resources; ENOENT: it has none). ENOENT of _SET also: ASIDs of SEV-SNP guests, which have no
 * pool of their own here. Changes need CAP_SYS_ADMIN in the initial user namespace.
 *
 * VMs that are there already count at once. A maximum below the usage refuses only new charges. A
 * cgroup's limits end with the cgroup. An adopted VM whose creator is not known counts for the host
 * only.
 */
enum sevadm_a_limit {
	SEVADM_A_LIMIT_SUBJECT = 1,		/* u32: enum sevadm_subject */
	SEVADM_A_LIMIT_ID,			/* u64: uid or cgroup id; absent: the host */
	SEVADM_A_LIMIT_RESOURCE,		/* u32: enum sevadm_resource */
	SEVADM_A_LIMIT_MIN_VALUE,		/* u64: ASIDs only */
	SEVADM_A_LIMIT_HIGH_VALUE,		/* u64: bytes or ASIDs; SEVADM_LIMIT_MAX: none */
	SEVADM_A_LIMIT_MAX_VALUE,		/* u64: as _HIGH_VALUE */
	SEVADM_A_LIMIT_CGROUP,			/* string: reply: path of the cgroup, now */
	SEVADM_A_LIMIT_CURRENT,			/* u64: reply: usage */
	SEVADM_A_LIMIT_PEAK,			/* u64: reply: highest usage since first limited */
	SEVADM_A_LIMIT_HIGH_EVENTS,		/* u64: reply: times usage passed the soft limit */
	SEVADM_A_LIMIT_MAX_EVENTS,		/* u64: reply: how often the hard limit refused */
	SEVADM_A_LIMIT_PAD,

	__SEVADM_A_LIMIT_MAX,
	SEVADM_A_LIMIT_MAX = __SEVADM_A_LIMIT_MAX - 1,
};

/*
 * Attributes of SEVADM_CMD_LIMIT_APPLY (do): the limits given become the only ones: all of them, or
 * none if one is wrong; the extended acknowledgement points at it. At most 8192.
 */
enum sevadm_a_apply {
	SEVADM_A_APPLY_LIMIT = 1,		/* nest of SEVADM_A_LIMIT_*, one for each */

	__SEVADM_A_APPLY_MAX,
	SEVADM_A_APPLY_MAX = __SEVADM_A_APPLY_MAX - 1,
};

/*
 * Attributes of SEVADM_CMD_EVENT: multicast to group "events" for each SEVADM_EVENT_LIMIT, and for
 * a SEVADM_EVENT_PSP that failed with -ETIMEDOUT: from then on ccp treats the security processor as
 * dead
 */
enum sevadm_a_event {
	SEVADM_A_EVENT_RECORD = 1,		/* binary: struct sevadm_event */

	__SEVADM_A_EVENT_MAX,
	SEVADM_A_EVENT_MAX = __SEVADM_A_EVENT_MAX - 1,
};

/*
 * Attributes of SEVADM_CMD_STATS_GET (dump): the statistics since the module was loaded or since
 * the last SEVADM_CMD_STATS_RESET (do; needs CAP_SYS_ADMIN in the initial user namespace), which
 * resets all of them at once. First a message with _SINCE_NS and _LEFT_OUT; then one for each
 * command, with _EVENT and _COMMAND; then one for each VM that is there, with _VM: its firmware
 * commands, and what it had pinned.
 */
enum sevadm_a_stats {
	SEVADM_A_STATS_SINCE_NS = 1,		/* u64: CLOCK_BOOTTIME */
	SEVADM_A_STATS_LEFT_OUT,		/* u64: events of commands that KVM does not have */
	SEVADM_A_STATS_EVENT,			/* u32: SEVADM_EVENT_PSP, _KVM, _PIN or _UNPIN */
	SEVADM_A_STATS_COMMAND,			/* u32: as in sevadm_event.command */
	SEVADM_A_STATS_VM,			/* u64 */
	SEVADM_A_STATS_COUNT,			/* u64: number of events */
	SEVADM_A_STATS_FAILURES,		/* u64: that failed; no queries of a length */
	SEVADM_A_STATS_FAILURE,			/* nest of SEVADM_A_FAILURE_*, one a status */
	SEVADM_A_STATS_OTHER_FAILURES,		/* u64: of statuses beyond the first 16 */
	SEVADM_A_STATS_BYTES,			/* u64: of commands that succeeded; VM: pinned */
	SEVADM_A_STATS_BYTES_NS,		/* u64: how long these took */
	SEVADM_A_STATS_TOOK,			/* nest of SEVADM_A_TIMES_*: event's duration_ns */
	SEVADM_A_STATS_WAIT,			/* nest of SEVADM_A_TIMES_*: sevadm_event.wait_ns */
	SEVADM_A_STATS_PAD,

	__SEVADM_A_STATS_MAX,
	SEVADM_A_STATS_MAX = __SEVADM_A_STATS_MAX - 1,
};

/* Attributes of one status that failures had: either of the first two */
enum sevadm_a_failure {
	SEVADM_A_FAILURE_FW_ERROR = 1,		/* u32: status of the firmware */
	SEVADM_A_FAILURE_ERRNO,			/* u32: positive errno: the firmware did not fail */
	SEVADM_A_FAILURE_COUNT,			/* u64 */
	SEVADM_A_FAILURE_PAD,

	__SEVADM_A_FAILURE_MAX,
	SEVADM_A_FAILURE_MAX = __SEVADM_A_FAILURE_MAX - 1,
};

/* Attributes of one distribution of times */
enum sevadm_a_times {
	SEVADM_A_TIMES_COUNT = 1,		/* u64: how many there were */
	SEVADM_A_TIMES_SUM_NS,			/* u64 */
	SEVADM_A_TIMES_MIN_NS,			/* u64 */
	SEVADM_A_TIMES_MAX_NS,			/* u64 */
	SEVADM_A_TIMES_BUCKET,			/* nest of SEVADM_A_BUCKET_*, one for each used */
	SEVADM_A_TIMES_PAD,

	__SEVADM_A_TIMES_MAX,
	SEVADM_A_TIMES_MAX = __SEVADM_A_TIMES_MAX - 1,
};

/* Attributes of one bucket of a histogram; it ends at twice where it begins, the last one never */
enum sevadm_a_bucket {
	SEVADM_A_BUCKET_FROM_NS = 1,		/* u64: a power of two; the first one: 0 to 2 */
	SEVADM_A_BUCKET_COUNT,			/* u64 */
	SEVADM_A_BUCKET_PAD,

	__SEVADM_A_BUCKET_MAX,
	SEVADM_A_BUCKET_MAX = __SEVADM_A_BUCKET_MAX - 1,
};

#endif /* _UAPI_LINUX_SEVADM_NETLINK_H */
