/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Seams (hooks): functions of the kernel, ccp and kvm_amd that the module interposes on. A call of
 * such a function lands in the wrapper wrap_<symbol>() of the same prototype, in the caller's own
 * context; the wrapper calls the function itself by call_original(<symbol>, ...).
 */
#ifndef SEVADM_SEAM_H
#define SEVADM_SEAM_H

#include <linux/kvm_host.h>
#include <linux/misc_cgroup.h>
#include <linux/percpu.h>
#include <linux/psp-sev.h>
#include <linux/static_call.h>

#include "seam_table.h"

#define SEAM(module, symbol, required, declared, type, prototype)	\
	type wrap_##symbol prototype;				\
	DECLARE_STATIC_CALL(original_##symbol, wrap_##symbol);
SEVADM_SEAMS(SEAM)
#undef SEAM

#define call_original(symbol, ...) static_call(original_##symbol)(__VA_ARGS__)

#define SEVADM_SEAM_REASON_BYTES	96

/**
 * struct sevadm_seam_info - state of one seam, for reports
 * @symbol: function interposed on
 * @module: module it lives in; "vmlinux" for the kernel proper
 * @required: without it the module is degraded
 * @attached: calls come through the wrapper: the function was seen to begin with ftrace's call
 * @error: 0, or the negative errno of the failed attachment
 * @reason: why it is not attached, or which calls it misses; empty when there is nothing to say
 * @hits: number of calls that came through the wrapper
 */
struct sevadm_seam_info {
	const char *symbol;
	const char *module;
	bool required;
	bool attached;
	int error;
	char reason[SEVADM_SEAM_REASON_BYTES];
	u64 hits;
};

/**
 * struct sevadm_seam_calls - calls of wrappers, by processor
 * @entered: that came through each wrapper
 * @left: that have left any; on the processor where they did so, which may be another one
 */
struct sevadm_seam_calls {
	unsigned long entered[SEVADM_SEAM_NR];
	unsigned long left;
};

DECLARE_PER_CPU(struct sevadm_seam_calls, sevadm_seam_calls);

/**
 * sevadm_seam_enter() - count the task in: every wrapper begins with it
 * @id: seam of the wrapper
 *
 * Context: any that the function interposed on is called in.
 */
static __always_inline void sevadm_seam_enter(enum sevadm_seam_id id)
{
	this_cpu_inc(sevadm_seam_calls.entered[id]);
}

/** sevadm_seam_exit() - count the task out: every wrapper ends with it */
static __always_inline void sevadm_seam_exit(void)
{
	this_cpu_inc(sevadm_seam_calls.left);
}

bool sevadm_seam_attached(enum sevadm_seam_id id);

/*
 * sevadm_gmem_seen() - Return true if no memory is bound to guest_memfd, or taken from it, unseen.
 */
static inline bool sevadm_gmem_seen(void)
{
	return sevadm_seam_attached(SEAM_kvm_arch_prepare_memory_region) &&
	       sevadm_seam_attached(SEAM_kvm_arch_commit_memory_region);
}

/* sevadm_private_seen() - Return true if no page becomes private, or shared, unseen. */
static inline bool sevadm_private_seen(void)
{
	return sevadm_seam_attached(SEAM_rmp_make_private) &&
	       sevadm_seam_attached(SEAM_rmp_make_shared);
}

void sevadm_seam_passed_by(enum sevadm_seam_id id, u64 since_ns);
int sevadm_seam_info(unsigned int index, struct sevadm_seam_info *info);
u32 sevadm_seam_state(void);

int sevadm_seam_init(void);
void sevadm_seam_uninit(void (*say_who)(void));

#endif /* SEVADM_SEAM_H */
