// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attribute sets of linux/sevadm_netlink.h; rows are in the order in which JSON has the keys.
 */
#include "kernel/attributes.h"

#include <linux/sevadm.h>

#include "cli/output.h"
#include "sev/names.h"

#define TABLE(rows)	{ rows, ARRAY_SIZE(rows) }

static const struct attribute pool_rows[] = {
	{ SEVADM_A_POOL_POOL, ATTRIBUTE_NAME, "pool", pool_name },
	{ SEVADM_A_POOL_CAPACITY, ATTRIBUTE_U32, "capacity" },
	{ SEVADM_A_POOL_USED, ATTRIBUTE_U32, "used" },
	{ SEVADM_A_POOL_RECLAIM, ATTRIBUTE_U32, "reclaim" },
	{ SEVADM_A_POOL_FREE, ATTRIBUTE_U32, "free" },
	{ SEVADM_A_POOL_PEAK, ATTRIBUTE_U32, "peak" },
	{ SEVADM_A_POOL_MIN_ASID, ATTRIBUTE_U32, "min_asid" },
	{ SEVADM_A_POOL_MAX_ASID, ATTRIBUTE_U32, "max_asid" },
	{ SEVADM_A_POOL_RECYCLES, ATTRIBUTE_U64, "recycles" },
	{ SEVADM_A_POOL_CHARGED, ATTRIBUTE_U64, "charged" },
	{ SEVADM_A_POOL_RESERVED, ATTRIBUTE_U32, "reserved" },
};

static const struct attribute_table pool_attributes = TABLE(pool_rows);

static const struct attribute status_rows[] = {
	{ SEVADM_A_STATUS_VERSION, ATTRIBUTE_STRING, "version" },
	{ SEVADM_A_STATUS_STATE, ATTRIBUTE_NAME, "state", module_state_name },
	{ SEVADM_A_STATUS_POOL, ATTRIBUTE_NESTS, "pools", .nest = &pool_attributes },
	{ SEVADM_A_STATUS_VMS, ATTRIBUTE_U32, "vms" },
	{ SEVADM_A_STATUS_UNACCOUNTED_VMS, ATTRIBUTE_U32, "unaccounted_vms" },
	{ SEVADM_A_STATUS_PINNED_BYTES, ATTRIBUTE_U64, "pinned_bytes" },
	{ SEVADM_A_STATUS_PINNED_PEAK_BYTES, ATTRIBUTE_U64, "pinned_peak_bytes" },
	{ SEVADM_A_STATUS_API_MAJOR, ATTRIBUTE_U32, "api_major" },
	{ SEVADM_A_STATUS_API_MINOR, ATTRIBUTE_U32, "api_minor" },
	{ SEVADM_A_STATUS_BUILD, ATTRIBUTE_U32, "build" },
	{ SEVADM_A_STATUS_FIRMWARE_STATE, ATTRIBUTE_NAME, "firmware_state", firmware_state_name },
	{ SEVADM_A_STATUS_EVENTS, ATTRIBUTE_U64, "events" },
	{ SEVADM_A_STATUS_RING_EVENTS, ATTRIBUTE_U32, "ring_events" },
	{ SEVADM_A_STATUS_PRIVATE_BYTES, ATTRIBUTE_U64, "private_bytes" },
	{ SEVADM_A_STATUS_PRIVATE_PEAK_BYTES, ATTRIBUTE_U64, "private_peak_bytes" },
	{ SEVADM_A_STATUS_CONVERSIONS, ATTRIBUTE_U64, "conversions" },
	{ SEVADM_A_STATUS_RECLAIMS, ATTRIBUTE_U64, "reclaims" },
	{ SEVADM_A_STATUS_RMP_FIRMWARE_BYTES, ATTRIBUTE_U64, "rmp_firmware_bytes" },
	{ SEVADM_A_STATUS_LEAKED_BYTES, ATTRIBUTE_U64, "leaked_bytes" },
};

const struct attribute_table status_attributes = TABLE(status_rows);

static const struct attribute seam_rows[] = {
	{ SEVADM_A_SEAM_NAME, ATTRIBUTE_STRING, "name" },
	{ SEVADM_A_SEAM_MODULE, ATTRIBUTE_STRING, "module" },
	{ SEVADM_A_SEAM_ATTACHED, ATTRIBUTE_FLAG, "attached" },
	{ SEVADM_A_SEAM_REQUIRED, ATTRIBUTE_FLAG, "required" },
	{ SEVADM_A_SEAM_REASON, ATTRIBUTE_STRING, "reason" },
	{ SEVADM_A_SEAM_ERROR, ATTRIBUTE_U32, "error" },
	{ SEVADM_A_SEAM_HITS, ATTRIBUTE_U64, "hits" },
};

const struct attribute_table seam_attributes = TABLE(seam_rows);

/* The same value of struct sevadm_vm_query. */
#define IN_VM(name)		.member = offsetof(struct sevadm_vm_query, name)
#define IF_KNOWN(name, bit)	IN_VM(name), .known = SEVADM_KNOWN_##bit

static const struct attribute vm_rows[] = {
	{ SEVADM_A_VM_ID, ATTRIBUTE_U64, "id", IN_VM(vm) },
	{ SEVADM_A_VM_PID, ATTRIBUTE_U32, "pid", IF_KNOWN(pid, CREATOR) },
	{ SEVADM_A_VM_COMM, ATTRIBUTE_STRING, "comm", IF_KNOWN(comm, CREATOR) },
	{ SEVADM_A_VM_UID, ATTRIBUTE_U32, "uid", IF_KNOWN(uid, CREATOR) },
	{ SEVADM_A_VM_CGROUP, ATTRIBUTE_STRING, "cgroup" },
	{ SEVADM_A_VM_TYPE, ATTRIBUTE_NAME, "type", vm_type_name, IN_VM(type) },
	{ SEVADM_A_VM_POOL, ATTRIBUTE_NAME, "pool", pool_name, IN_VM(pool) },
	{ SEVADM_A_VM_ASID, ATTRIBUTE_U32, "asid", IF_KNOWN(asid, ASID) },
	{ SEVADM_A_VM_HANDLE, ATTRIBUTE_U32, "handle", IF_KNOWN(handle, HANDLE) },
	{ SEVADM_A_VM_POLICY, ATTRIBUTE_U64, "policy", IF_KNOWN(policy, POLICY) },
	{ SEVADM_A_VM_STATE, ATTRIBUTE_NAME, "state", vm_state_name, IF_KNOWN(state, STATE) },
	{ SEVADM_A_VM_PINNED_BYTES, ATTRIBUTE_U64, "pinned_bytes", IF_KNOWN(pinned_bytes, PINNED) },
	{ SEVADM_A_VM_PINNED_PEAK_BYTES, ATTRIBUTE_U64, "pinned_peak_bytes",
	  IF_KNOWN(pinned_peak_bytes, PINNED) },
	{ SEVADM_A_VM_REGIONS, ATTRIBUTE_U64, "regions", IF_KNOWN(regions, PINNED) },
	{ SEVADM_A_VM_PRIVATE_BYTES, ATTRIBUTE_U64, "private_bytes",
	  IF_KNOWN(private_bytes, PRIVATE) },
	{ SEVADM_A_VM_PRIVATE_PEAK_BYTES, ATTRIBUTE_U64, "private_peak_bytes",
	  IF_KNOWN(private_peak_bytes, PRIVATE) },
	{ SEVADM_A_VM_CONVERSIONS, ATTRIBUTE_U64, "conversions", IF_KNOWN(conversions, PRIVATE) },
	{ SEVADM_A_VM_RECLAIMS, ATTRIBUTE_U64, "reclaims", IF_KNOWN(reclaims, PRIVATE) },
	{ SEVADM_A_VM_LEAKED_BYTES, ATTRIBUTE_U64, "leaked_bytes",
	  IF_KNOWN(leaked_bytes, PRIVATE) },
	{ SEVADM_A_VM_GMEM_SIZE_BYTES, ATTRIBUTE_U64, "gmem_size_bytes",
	  IF_KNOWN(gmem_size_bytes, GMEM) },
	{ SEVADM_A_VM_GMEM_BYTES, ATTRIBUTE_U64, "gmem_bytes", IF_KNOWN(gmem_bytes, GMEM_ALLOCATED) },
	{ SEVADM_A_VM_MIRROR_OF, ATTRIBUTE_U64, "mirror_of", IF_KNOWN(mirror_of, MIRROR_OF) },
	{ SEVADM_A_VM_CREATED_NS, ATTRIBUTE_U64, "created_ns", IF_KNOWN(created_ns, CREATED) },
};

const struct attribute_table vm_attributes = TABLE(vm_rows);

#define IN_ASID(name)		.member = offsetof(struct sevadm_asid_query, name)

static const struct attribute asid_rows[] = {
	{ SEVADM_A_ASID_ASID, ATTRIBUTE_U32, "asid", IN_ASID(asid) },
	{ SEVADM_A_ASID_POOL, ATTRIBUTE_NAME, "pool", pool_name, IN_ASID(pool) },
	{ SEVADM_A_ASID_STATE, ATTRIBUTE_NAME, "state", asid_state_name, IN_ASID(state) },
	{ SEVADM_A_ASID_VM, ATTRIBUTE_U64, "vm" },
	{ SEVADM_A_ASID_PID, ATTRIBUTE_U32, "pid" },
};

const struct attribute_table asid_attributes = TABLE(asid_rows);

/* Words for subjects and resources are the business of tools/limit/. */
static const struct attribute limit_rows[] = {
	{ SEVADM_A_LIMIT_SUBJECT, ATTRIBUTE_U32, "subject" },
	{ SEVADM_A_LIMIT_ID, ATTRIBUTE_U64, "id" },
	{ SEVADM_A_LIMIT_CGROUP, ATTRIBUTE_STRING, "cgroup" },
	{ SEVADM_A_LIMIT_RESOURCE, ATTRIBUTE_U32, "resource" },
	{ SEVADM_A_LIMIT_MIN_VALUE, ATTRIBUTE_U64, "min" },
	{ SEVADM_A_LIMIT_HIGH_VALUE, ATTRIBUTE_U64, "high" },
	{ SEVADM_A_LIMIT_MAX_VALUE, ATTRIBUTE_U64, "max" },
	{ SEVADM_A_LIMIT_CURRENT, ATTRIBUTE_U64, "current" },
	{ SEVADM_A_LIMIT_PEAK, ATTRIBUTE_U64, "peak" },
	{ SEVADM_A_LIMIT_HIGH_EVENTS, ATTRIBUTE_U64, "high_events" },
	{ SEVADM_A_LIMIT_MAX_EVENTS, ATTRIBUTE_U64, "max_events" },
};

const struct attribute_table limit_attributes = TABLE(limit_rows);

static const struct attribute bucket_rows[] = {
	{ SEVADM_A_BUCKET_FROM_NS, ATTRIBUTE_U64, "from_ns" },
	{ SEVADM_A_BUCKET_COUNT, ATTRIBUTE_U64, "count" },
};

static const struct attribute_table bucket_attributes = TABLE(bucket_rows);

static const struct attribute times_rows[] = {
	{ SEVADM_A_TIMES_COUNT, ATTRIBUTE_U64, "count" },
	{ SEVADM_A_TIMES_SUM_NS, ATTRIBUTE_U64, "sum_ns" },
	{ SEVADM_A_TIMES_MIN_NS, ATTRIBUTE_U64, "min_ns" },
	{ SEVADM_A_TIMES_MAX_NS, ATTRIBUTE_U64, "max_ns" },
	{ SEVADM_A_TIMES_BUCKET, ATTRIBUTE_NESTS, "buckets", .nest = &bucket_attributes },
};

static const struct attribute_table times_attributes = TABLE(times_rows);

static const struct attribute failure_rows[] = {
	{ SEVADM_A_FAILURE_FW_ERROR, ATTRIBUTE_U32, "fw_error" },
	{ SEVADM_A_FAILURE_ERRNO, ATTRIBUTE_U32, "errno" },
	{ SEVADM_A_FAILURE_COUNT, ATTRIBUTE_U64, "count" },
};

static const struct attribute_table failure_attributes = TABLE(failure_rows);

static const struct attribute stats_rows[] = {
	{ SEVADM_A_STATS_SINCE_NS, ATTRIBUTE_U64, "since_ns" },
	{ SEVADM_A_STATS_LEFT_OUT, ATTRIBUTE_U64, "left_out" },
	{ SEVADM_A_STATS_EVENT, ATTRIBUTE_U32, "event" },
	{ SEVADM_A_STATS_COMMAND, ATTRIBUTE_U32, "command" },
	{ SEVADM_A_STATS_VM, ATTRIBUTE_U64, "vm" },
	{ SEVADM_A_STATS_COUNT, ATTRIBUTE_U64, "count" },
	{ SEVADM_A_STATS_FAILURES, ATTRIBUTE_U64, "failures" },
	{ SEVADM_A_STATS_FAILURE, ATTRIBUTE_NESTS, "statuses", .nest = &failure_attributes },
	{ SEVADM_A_STATS_BYTES, ATTRIBUTE_U64, "bytes" },
	{ SEVADM_A_STATS_BYTES_NS, ATTRIBUTE_U64, "bytes_ns" },
	{ SEVADM_A_STATS_TOOK, ATTRIBUTE_NEST, "took", .nest = &times_attributes },
	{ SEVADM_A_STATS_WAIT, ATTRIBUTE_NEST, "wait", .nest = &times_attributes },
};

const struct attribute_table stats_attributes = TABLE(stats_rows);

static const struct attribute adopt_rows[] = {
	{ SEVADM_A_ADOPT_ADOPTED, ATTRIBUTE_U32, "adopted" },
	{ SEVADM_A_ADOPT_LEFT, ATTRIBUTE_U32, "left" },
};

const struct attribute_table adopt_attributes = TABLE(adopt_rows);
