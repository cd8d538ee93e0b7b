/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports of limits: an event in the ring, and a message to the multicast group "events". */
#ifndef SEVADM_NOTIFY_H
#define SEVADM_NOTIFY_H

#include <linux/types.h>

struct sevadm_vm;

/**
 * struct sevadm_limit_hit - a limit that was met or passed; pages or ASIDs
 * @subject: enum sevadm_subject
 * @resource: enum sevadm_resource
 * @knob: enum sevadm_knob
 * @subject_id: uid or cgroup id
 * @usage: the subject's usage
 * @limit: the limit
 * @amount: what was asked for
 */
struct sevadm_limit_hit {
	u32 subject;
	u32 resource;
	u32 knob;
	u64 subject_id;
	u64 usage;
	u64 limit;
	u64 amount;
};

/**
 * struct sevadm_limit_hits - what there is to report of one charge, in order
 * @nr: how many of @hits
 * @hits: the hits
 */
struct sevadm_limit_hits {
	u32 nr;
	struct sevadm_limit_hit hits[4];
};

void sevadm_notify_hits(const struct sevadm_limit_hits *hits, const struct sevadm_vm *vm, int ret);

#endif /* SEVADM_NOTIFY_H */
