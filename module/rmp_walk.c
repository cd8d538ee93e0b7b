// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting the RMP, in a work item: a host of 1 TiB has 268 million entries. Those who change an
 * entry wait for some milliseconds at most.
 */
#include <linux/delay.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "private.h"
#include "rmp.h"
#include "rmp_walk.h"

/* Entries that are counted in one go: those of 256 MiB. */
#define STRIDE_PAGES	(1U << 16)

DEFINE_PERCPU_RWSEM(sevadm_rmp_lock);
DEFINE_PER_CPU(struct sevadm_rmp_changes, sevadm_rmp_changes);
u64 sevadm_rmp_counted_pages;

static bool changes_are_under_way(void)
{
	unsigned long begun = 0, ended = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		ended += READ_ONCE(per_cpu_ptr(&sevadm_rmp_changes, cpu)->ended);
	/* In this order: the beginning of what has ended is seen. */
	smp_rmb();
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(per_cpu_ptr(&sevadm_rmp_changes, cpu)->begun);
	return begun != ended;
}

/*
 * Takes the lock, and has all changes take it from now on. Each processor passes a full barrier in
 * synchronize_rcu(): the beginning of a change that still found all entries counted is seen here.
 */
static void stop_changes(void)
{
	WRITE_ONCE(sevadm_rmp_counted_pages, 0);
	synchronize_rcu();
	/*
	 * The lock comes first: changes that take it are counted as begun and ended, too. As
	 * long as they keep coming, there may be no moment at which the sums are equal.
	 */
	percpu_down_write(&sevadm_rmp_lock);
	while (changes_are_under_way())
		usleep_range(50, 500);
}

static u64 begin(void)
{
	u64 pages;

	stop_changes();
	sevadm_private_count_begin();
	pages = sevadm_rmp_open();
	percpu_up_write(&sevadm_rmp_lock);
	return pages;
}

static void count_stride(u64 from, u64 to)
{
	u64 pfn;

	percpu_down_write(&sevadm_rmp_lock);
	for (pfn = from; pfn < to; pfn++)
		sevadm_private_count_page(sevadm_rmp_owner(pfn));
	sevadm_private_count_reached(to);
	percpu_up_write(&sevadm_rmp_lock);
}

static void count(struct work_struct *work)
{
	u64 pages = begin(), pfn, next;

	for (pfn = 0; pfn < pages; pfn = next) {
		next = min(pfn + STRIDE_PAGES, pages);
		count_stride(pfn, next);
		cond_resched();
	}
	if (!pages)
		return;
	percpu_down_write(&sevadm_rmp_lock);
	sevadm_private_count_end();
	/* Those who see it see what was counted. */
	smp_store_release(&sevadm_rmp_counted_pages, sevadm_rmp_table ? pages : 0);
	percpu_up_write(&sevadm_rmp_lock);
}

static DECLARE_WORK(count_work, count);

/**
 * sevadm_rmp_count() - count the RMP, soon: the module has come, or the firmware has written all of
 * it
 *
 * Context: does not sleep.
 */
void sevadm_rmp_count(void)
{
	queue_work(system_long_wq, &count_work);
}

/* sevadm_rmp_settle() - wait until what is to be counted is */
void sevadm_rmp_settle(void)
{
	flush_work(&count_work);
}

/* sevadm_rmp_uninit() - nobody asks for a count any more, and no entry is looked at */
void sevadm_rmp_uninit(void)
{
	cancel_work_sync(&count_work);
	sevadm_rmp_counted_pages = 0;
	sevadm_rmp_close();
}
