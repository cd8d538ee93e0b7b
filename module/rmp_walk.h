/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting the RMP: once at the start, and whenever the firmware has written it as a whole. While
 * entries are counted, none may change.
 *
 * Changes are frequent: tens of thousands while a guest boots. So there are two ways to change an
 * entry: with sevadm_rmp_lock, any time; or between sevadm_rmp_change_begin() and _end(), once all
 * entries have been counted, which costs a few instructions and no lock.
 */
#ifndef SEVADM_RMP_WALK_H
#define SEVADM_RMP_WALK_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/percpu-rwsem.h>

/* Held for reading while one entry changes, for writing while entries are counted. */
extern struct percpu_rw_semaphore sevadm_rmp_lock;

/**
 * struct sevadm_rmp_changes - changes without the lock, by processor
 * @begun: number of sevadm_rmp_change_begin()
 * @ended: of sevadm_rmp_change_end(); on the processor where it was called, which may be another
 *	one
 */
struct sevadm_rmp_changes {
	unsigned long begun;
	unsigned long ended;
};

DECLARE_PER_CPU(struct sevadm_rmp_changes, sevadm_rmp_changes);

/*
 * Pages from the first one whose entries are in memory (rmp.h) and counted. None while some are
 * not, and where RMPREAD has to be asked.
 */
extern u64 sevadm_rmp_counted_pages;

/**
 * sevadm_rmp_change_begin() - begin to change an entry without the lock
 * @pfn: page frame number
 *
 * sevadm_rmp_change_end() is to be called whatever this returns; at once if it is false.
 *
 * Context: any.
 * Return: true: all entries are counted, that of @pfn is in memory, and nothing is counted until
 * sevadm_rmp_change_end(); false: it takes the lock.
 */
static __always_inline bool sevadm_rmp_change_begin(u64 pfn)
{
	this_cpu_inc(sevadm_rmp_changes.begun);
	barrier();
	/* The processor may look before it counts: see stop_changes(). */
	return pfn < smp_load_acquire(&sevadm_rmp_counted_pages);
}

/* sevadm_rmp_change_end() - end what sevadm_rmp_change_begin() began */
static __always_inline void sevadm_rmp_change_end(void)
{
	/* This processor's writes are seen in their order: x86. */
	barrier();
	this_cpu_inc(sevadm_rmp_changes.ended);
}

void sevadm_rmp_count(void);
void sevadm_rmp_settle(void);
void sevadm_rmp_uninit(void);

#endif /* SEVADM_RMP_WALK_H */
