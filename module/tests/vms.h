/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs of the ledger that suites agree on, and what it says of them. */
#ifndef SEVADM_TESTS_VMS_H
#define SEVADM_TESTS_VMS_H

#include <kunit/test.h>

#include "../book.h"
#include "../compat/psp_sev.h"
#include "../ledger.h"
#include "../pool.h"
#include "../psp_command.h"
#include "pools.h"

#define HANDLE	7
#define GCTX	0x123456000ULL
#define ASID	POOLS_FIRST_SEV
#define ASID_ES	3

#define EXPECT_PAGES(test, bytes, pages) \
	KUNIT_EXPECT_EQ(test, bytes, (u64)(pages) << PAGE_SHIFT)

/* vms_for_test() - the next VM is the first one */
void vms_for_test(void);

/* KVM's VMs are only ever compared. */
static inline const struct kvm *kvm(unsigned long number)
{
	return (const struct kvm *)(number * 64);
}

/* A VM that has been initialised; the ledger keeps it. */
static inline struct sevadm_vm *start(struct kunit *test, unsigned long number, u32 type)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(number), type);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_account(vm);
	sevadm_vm_put(vm);
	return vm;
}

static inline bool run(struct sevadm_vm *vm, u32 command, const struct sevadm_psp_guest *guest)
{
	struct sevadm_psp_guest known = *guest, command_alone;

	sevadm_psp_decode(command, NULL, &command_alone);
	known.state = command_alone.state;
	known.effect = command_alone.effect;
	return sevadm_book(vm, &known);
}

static inline void activate(struct sevadm_vm *vm, u32 handle, u32 asid)
{
	const struct sevadm_psp_guest guest = {
		.known = SEVADM_KNOWN_HANDLE | SEVADM_KNOWN_ASID, .handle = handle, .asid = asid };

	run(vm, SEV_CMD_ACTIVATE, &guest);
}

static inline struct sevadm_vm_query look(struct sevadm_vm *vm)
{
	struct sevadm_vm_query query = {};

	sevadm_vm_query(vm, &query);
	return query;
}

static inline struct sevadm_totals host_now(void)
{
	struct sevadm_totals now;

	sevadm_ledger_totals(&now);
	return now;
}

static inline struct sevadm_asid_query asid_now(struct kunit *test, u32 asid)
{
	struct sevadm_asid_query query = { .asid = asid };
	u32 pid;

	KUNIT_ASSERT_EQ(test, sevadm_asid_query(&query, &pid), 0);
	return query;
}

static inline struct sevadm_pool_query pool_now(struct kunit *test, u32 pool)
{
	struct sevadm_pool_query query = { .pool = pool };

	KUNIT_ASSERT_EQ(test, sevadm_pool_query(&query), 0);
	return query;
}

/* Return true if a search found this VM; give its reference back. */
static inline bool found(struct sevadm_vm *result, const struct sevadm_vm *expected)
{
	sevadm_vm_put(result);
	return result == expected;
}

#endif /* SEVADM_TESTS_VMS_H */
