// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm.ko: the parts, in the order in which they are brought up. Each is taken down in reverse.
 * Interfaces come after what they report; the seams, which fill it, come last and go first, but for
 * the host, which is asked once they are attached.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "bitmaps.h"
#include "conversions.h"
#include "device.h"
#include "division.h"
#include "event.h"
#include "host.h"
#include "ledger.h"
#include "netlink.h"
#include "pool.h"
#include "private.h"
#include "reader.h"
#include "ring.h"
#include "rmp.h"
#include "rmp_walk.h"
#include "scope.h"
#include "seam.h"
#include "stats.h"
#include "subject.h"

static int __init sevadm_init(void)
{
	int ret;

	ret = sevadm_ring_init();
	if (ret)
		return ret;

	ret = sevadm_stats_init();
	if (ret)
		goto err_stats;

	ret = sevadm_pool_init();
	if (ret)
		goto err_pool;

	ret = sevadm_private_init(max(sevadm_pool_max_asid(), sevadm_rmp_max_asid()));
	if (ret)
		goto err_private;

	sevadm_subjects_init();
	ret = sevadm_bitmaps_init();
	if (ret)
		goto err_bitmaps;

	ret = sevadm_device_init();
	if (ret)
		goto err_device;

	ret = sevadm_netlink_init();
	if (ret)
		goto err_netlink;

	ret = sevadm_division_init();
	if (ret)
		goto err_division;

	ret = sevadm_seam_init();
	if (ret)
		goto err_seam;

	if (sevadm_private_seen()) {
		/* Changes that began before the seams saw them are over: counted as found. */
		synchronize_rcu_tasks();
		sevadm_rmp_count();
		sevadm_rmp_settle();
	}
	ret = sevadm_host_init();
	if (ret)
		goto err_host;
	return 0;

err_host:
	sevadm_seam_uninit(sevadm_scope_print);
	sevadm_rmp_uninit();
	sevadm_scope_uninit();
	sevadm_ledger_uninit();
err_seam:
	sevadm_division_uninit();
err_division:
	/* The seams were at work for a while: counted refusals may wait to be emitted. */
	sevadm_event_uninit();
	sevadm_netlink_uninit();
	sevadm_conversions_uninit();
err_netlink:
	sevadm_device_uninit();
	sevadm_event_uninit();
	sevadm_readers_uninit();
err_device:
	sevadm_bitmaps_uninit();
err_bitmaps:
	sevadm_subjects_uninit();
	sevadm_private_uninit();
err_private:
	sevadm_pool_uninit();
err_pool:
	sevadm_stats_uninit();
err_stats:
	sevadm_ring_uninit();
	return ret;
}

static void __exit sevadm_exit(void)
{
	sevadm_host_uninit();
	sevadm_seam_uninit(sevadm_scope_print);
	sevadm_rmp_uninit();
	sevadm_scope_uninit();
	sevadm_event_uninit();
	sevadm_netlink_uninit();
	sevadm_conversions_uninit();
	sevadm_device_uninit();
	sevadm_readers_uninit();
	sevadm_division_uninit();
	sevadm_ledger_uninit();
	sevadm_bitmaps_uninit();
	sevadm_subjects_uninit();
	sevadm_private_uninit();
	sevadm_pool_uninit();
	sevadm_stats_uninit();
	sevadm_ring_uninit();
}

module_init(sevadm_init);
module_exit(sevadm_exit);

MODULE_DESCRIPTION("Accountability of AMD SEV hosts: ASIDs, pinned memory, firmware commands");
MODULE_AUTHOR("The sevadm authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(SEVADM_VERSION);
MODULE_INFO(sevadm_probes, SEVADM_PROBES);
