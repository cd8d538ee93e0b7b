// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the multicast group "events": so few of each user that they do not hide those of
 * others. The ring has every event; a message only makes listeners look.
 */
#include <linux/hash.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "multicast.h"
#include "netlink.h"

/*
 * Messages a second about one knob of limits: those that one user causes, and all users together.
 */
#define USER_MAX	16
#define KNOB_MAX	128
#define KNOBS		(SEVADM_KNOB_DRIFT + 1)
/* Users that share a number here share what one may cause. */
#define USER_BITS	8

struct allowance {
	u64 since_ns;
	u32 sent;
};

static struct allowance of_users[1 << USER_BITS][KNOBS], of_all[KNOBS];
static DEFINE_SPINLOCK(allowance_lock);	/* a leaf: guards both */

static bool is_left(struct allowance *allowance, u32 max, u64 now_ns)
{
	if (now_ns - allowance->since_ns >= NSEC_PER_SEC)
		*allowance = (struct allowance) { .since_ns = now_ns };
	return allowance->sent < max;
}

/* Return true if a message may be sent. That the security processor does not answer always may. */
static bool may_send(const struct sevadm_event *event)
{
	struct allowance *user, *all;
	bool may;

	if (event->type != SEVADM_EVENT_LIMIT || event->knob >= KNOBS)
		return true;
	user = &of_users[hash_32(event->uid, USER_BITS)][event->knob];
	all = &of_all[event->knob];
	spin_lock(&allowance_lock);
	may = is_left(user, USER_MAX, event->time_ns) && is_left(all, KNOB_MAX, event->time_ns);
	if (may) {
		user->sent++;
		all->sent++;
	}
	spin_unlock(&allowance_lock);
	return may;
}

/**
 * sevadm_nl_multicast() - send an event to group "events", unless there were too many like it
 * @event: the event
 *
 * Context: may sleep. It is not an error if nobody listens or memory is short: the ring has the
 * event.
 */
void sevadm_nl_multicast(const struct sevadm_event *event)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&sevadm_family, &init_net, 0) || !may_send(event))
		return;
	skb = genlmsg_new(nla_total_size(sizeof(*event)), GFP_KERNEL);
	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &sevadm_family, 0, SEVADM_CMD_EVENT);
	if (!header || nla_put(skb, SEVADM_A_EVENT_RECORD, sizeof(*event), event)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&sevadm_family, skb, 0, 0, GFP_KERNEL);
}
