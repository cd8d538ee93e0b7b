/* SPDX-License-Identifier: GPL-2.0-only */
/* Which events a reader wants: struct sevadm_event_filter of the uapi, checked. */
#ifndef SEVADM_FILTER_H
#define SEVADM_FILTER_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include <uapi/linux/sevadm.h>

/* Never changed once it is a reader's. */
struct sevadm_filter {
	struct rcu_head rcu;
	struct sevadm_event_filter wanted;
};

struct sevadm_filter *sevadm_filter_make(const struct sevadm_event_filter *wanted);
bool sevadm_filter_meets(const struct sevadm_event_filter *wanted,
			 const struct sevadm_event *event);

/** sevadm_filter_wants() - return true if an event passes @filter; NULL lets all pass */
static inline bool sevadm_filter_wants(const struct sevadm_filter *filter,
				       const struct sevadm_event *event)
{
	return !filter || sevadm_filter_meets(&filter->wanted, event);
}

#endif /* SEVADM_FILTER_H */
