// SPDX-License-Identifier: GPL-2.0-only
/* Scopes: which VM a task is at work for, and that two tasks do not make one VM what it is. */
#include <kunit/test.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "../ledger.h"

/* What is printed to the kernel's log. */
#define PRINTED_MAX	4
static char printed[PRINTED_MAX][64];
static unsigned int printed_nr;

#undef pr_info
#define pr_info(format, ...)								\
	snprintf(printed[printed_nr++ % PRINTED_MAX], sizeof(printed[0]), format, ##__VA_ARGS__)

#include "../scope.c"
#include "pools.h"

/* KVM's VMs are only ever compared. */
static struct kvm *kvm(unsigned long number)
{
	return (struct kvm *)(number * 64);
}

/* A task enters a scope; as long as no other has, that may be this one as often as it likes. */
static struct sevadm_scope *enter(enum sevadm_scope_kind kind, unsigned long number)
{
	return sevadm_scope_enter(kind, 0, kvm(number));
}

/* A VM that is being initialised; the ledger keeps it. */
static struct sevadm_vm *start(struct kunit *test, unsigned long number)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(number), SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_put(vm);
	return vm;
}

static void scope_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
	sevadm_scope_uninit();
}

static void scope_is_the_innermost(struct kunit *test)
{
	struct sevadm_scope *outer, *inner, *queue;

	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_kvm(), (struct sevadm_scope *)NULL);
	outer = enter(SEVADM_SCOPE_DESTROY, 1);
	inner = enter(SEVADM_SCOPE_DESTROY, 2);
	queue = sevadm_scope_enter(SEVADM_SCOPE_QUEUE, 0, NULL);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().kvm, inner);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().queue, queue);
	sevadm_scope_leave(queue);
	sevadm_scope_leave(inner);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().kvm, outer);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().queue, (struct sevadm_scope *)NULL);
	sevadm_scope_leave(outer);
}

/* KVM has taken the VM's lock for another thread first, which has initialised it. */
static void scope_finds_a_vm_that_came_later(struct kunit *test)
{
	struct sevadm_scope *scope;
	struct sevadm_vm *vm;

	scope = enter(SEVADM_SCOPE_REGION, 1);
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, (struct sevadm_vm *)NULL);
	vm = start(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_kvm_refreshed()->vm, vm);
	sevadm_scope_leave(scope);
}

/* The first initialisation failed, a second one did not. */
static void scope_finds_the_vm_that_is_there_now(struct kunit *test)
{
	struct sevadm_vm *first = start(test, 1), *second;
	struct sevadm_scope *scope;

	scope = enter(SEVADM_SCOPE_REGION, 1);
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, first);
	sevadm_vm_remove(first, false);
	sevadm_scope_refresh(scope);
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, first);	/* what is late may have to follow it */
	second = start(test, 1);
	sevadm_scope_refresh(scope);
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, second);
	sevadm_scope_leave(scope);
}

/* VM 1 becomes the mirror of VM 2, or takes it over. */
static void claim_is_for_both(struct kunit *test)
{
	static const struct {
		unsigned long number, source;	/* source 0: it is initialised */
		bool allowed;
	} others[] = {
		{ 1, 0, false }, { 2, 0, false }, { 3, 0, true },
		{ 1, 3, false }, { 2, 3, false }, { 3, 1, false }, { 3, 2, false }, { 3, 4, true },
	};
	struct sevadm_scope *first, *other;
	unsigned int i;

	first = enter(SEVADM_SCOPE_CONTEXT, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(first, kvm(2)));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		const struct kvm *source = others[i].source ? kvm(others[i].source) : NULL;

		other = enter(SEVADM_SCOPE_CONTEXT, others[i].number);
		KUNIT_EXPECT_EQ_MSG(test, sevadm_scope_claim(other, source), others[i].allowed,
				    "row %u", i);
		sevadm_scope_leave(other);
	}
	sevadm_scope_leave(first);

	other = enter(SEVADM_SCOPE_CONTEXT, 2);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(other, kvm(1)));
	sevadm_scope_leave(other);
}

/* A thread that is initialising a VM, and one that makes it the source of another VM's context. */
static void claim_of_an_initialisation(struct kunit *test)
{
	struct sevadm_scope *init, *migration;

	init = enter(SEVADM_SCOPE_IOCTL, 1);
	migration = enter(SEVADM_SCOPE_CONTEXT, 2);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(init, NULL));
	KUNIT_EXPECT_FALSE(test, sevadm_scope_claim(migration, kvm(1)));
	sevadm_scope_leave(init);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(migration, kvm(1)));
	sevadm_scope_leave(migration);
}

/* The VM that the scope found before it had the claim may be gone: then it is about none. */
static void claim_looks_anew(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);
	struct sevadm_scope *scope;

	scope = enter(SEVADM_SCOPE_CONTEXT, 1);
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, vm);
	sevadm_vm_remove(vm, false);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(scope, kvm(2)));
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, (struct sevadm_vm *)NULL);
	sevadm_scope_leave(scope);
}

static unsigned int runs;
static struct sevadm_vm *ran_for;

static void note(struct sevadm_vm *vm)
{
	runs++;
	ran_for = vm;
}

static void quiet_when_nobody_is_at_work(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);
	struct sevadm_scope *scope;

	runs = 0;
	KUNIT_EXPECT_TRUE(test, sevadm_scope_run_if_idle(kvm(1), note, vm));
	KUNIT_EXPECT_EQ(test, runs, 1);
	KUNIT_EXPECT_PTR_EQ(test, ran_for, vm);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_is_idle(kvm(1)));
	scope = enter(SEVADM_SCOPE_IOCTL, 1);
	KUNIT_EXPECT_FALSE(test, sevadm_scope_is_idle(kvm(1)));
	KUNIT_EXPECT_TRUE(test, sevadm_scope_is_idle(kvm(2)));
	KUNIT_EXPECT_FALSE(test, sevadm_scope_run_if_idle(kvm(1), note, vm));
	KUNIT_EXPECT_EQ(test, runs, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_run_if_idle(kvm(2), note, NULL));
	sevadm_scope_leave(scope);
	/* A mirror is made of VM 2: that is nobody else's business, however long it takes. */
	scope = enter(SEVADM_SCOPE_CONTEXT, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_run_if_idle(kvm(2), note, NULL));
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(scope, kvm(2)));
	KUNIT_EXPECT_FALSE(test, sevadm_scope_is_idle(kvm(2)));
	KUNIT_EXPECT_FALSE(test, sevadm_scope_run_if_idle(kvm(2), note, NULL));
	KUNIT_EXPECT_FALSE(test, sevadm_scope_run_if_idle(kvm(1), note, NULL));
	KUNIT_EXPECT_TRUE(test, sevadm_scope_run_if_idle(kvm(3), note, NULL));
	sevadm_scope_leave(scope);
}

/*
 * A task that dies within a scope leaves nothing claimed behind, and nothing that the next one runs
 * into.
 */
static void scope_ends_with_its_task(struct kunit *test)
{
	static struct task_struct dead = { .exit_state = EXIT_DEAD, .usage = REFCOUNT_INIT(1) };
	struct sevadm_vm *vm = start(test, 1);
	struct sevadm_scope *first, *second;

	first = enter(SEVADM_SCOPE_CONTEXT, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(first, kvm(2)));
	KUNIT_EXPECT_PTR_EQ(test, first->vm, vm);
	put_task_struct(first->task);
	first->task = get_task_struct(&dead);

	second = enter(SEVADM_SCOPE_IOCTL, 2);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_claim(second, NULL));
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_kvm(), second);
	KUNIT_EXPECT_EQ(test, refcount_read(&dead.usage), 1);
	sevadm_scope_leave(second);

	first = enter(SEVADM_SCOPE_IOCTL, 1);
	put_task_struct(first->task);
	first->task = get_task_struct(&dead);
	KUNIT_EXPECT_TRUE(test, sevadm_scope_run_if_idle(kvm(1), note, NULL));
	KUNIT_EXPECT_EQ(test, refcount_read(&dead.usage), 1);
}

/* Another task's scope is none of this one's business, whichever was entered first. */
static void scope_is_of_its_own_task(struct kunit *test)
{
	static struct task_struct other = { .usage = REFCOUNT_INIT(1) };
	struct sevadm_scope *mine, *its;

	mine = enter(SEVADM_SCOPE_IOCTL, 1);
	its = enter(SEVADM_SCOPE_IOCTL, 2);
	put_task_struct(its->task);
	its->task = &other;
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().kvm, mine);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_kvm(), mine);
	/* Also where it is the only one in the chain that this task looks into. */
	sevadm_scope_leave(mine);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().kvm, (struct sevadm_scope *)NULL);
	its->task = get_task_struct(current);
	sevadm_scope_leave(its);
}

static bool has_printed(const char *what)
{
	char line[sizeof(printed[0])];
	unsigned int i;

	snprintf(line, sizeof(line), "sevadm: task %d (%s) is inside of %s\n", task_pid_nr(current),
		 current->comm, what);
	for (i = 0; i < printed_nr; i++)
		if (!strcmp(printed[i], line))
			return true;
	return false;
}

/* Why the module cannot be unloaded. */
static void scopes_are_printed(struct kunit *test)
{
	struct sevadm_scope *destroy, *queue;

	printed_nr = 0;
	sevadm_scope_print();
	KUNIT_EXPECT_EQ(test, printed_nr, 0);
	destroy = enter(SEVADM_SCOPE_DESTROY, 1);
	sevadm_scope_print();
	KUNIT_EXPECT_EQ(test, printed_nr, 1);
	KUNIT_EXPECT_TRUE(test, has_printed("kvm_amd"));
	queue = sevadm_scope_enter(SEVADM_SCOPE_QUEUE, 0, NULL);
	printed_nr = 0;
	sevadm_scope_print();
	KUNIT_EXPECT_EQ(test, printed_nr, 2);
	KUNIT_EXPECT_TRUE(test, has_printed("kvm_amd"));
	KUNIT_EXPECT_TRUE(test, has_printed("ccp"));
	sevadm_scope_leave(queue);
	sevadm_scope_leave(destroy);
}

static unsigned int spares_there(void)
{
	const struct sevadm_scope *scope;
	unsigned int nr = 0;

	for (scope = spares; scope; scope = scope->spare)
		nr++;
	return nr;
}

/* So many are kept for scopes to come, and no more. */
static void scopes_are_kept(struct kunit *test)
{
	struct sevadm_scope *many[SPARES_MAX + 2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = enter(SEVADM_SCOPE_IOCTL, 1 + i);
	KUNIT_EXPECT_EQ(test, spare_nr, 0);
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		sevadm_scope_leave(many[i]);
		KUNIT_EXPECT_EQ(test, spare_nr, min(i + 1, (unsigned int)SPARES_MAX));
		KUNIT_EXPECT_EQ(test, spares_there(), spare_nr);
	}
	many[0] = sevadm_scope_enter(SEVADM_SCOPE_CONTEXT, 7, kvm(1));
	KUNIT_EXPECT_EQ(test, spare_nr, SPARES_MAX - 1);
	KUNIT_EXPECT_EQ(test, spares_there(), SPARES_MAX - 1);
	/* Nothing of what it was before. */
	KUNIT_EXPECT_EQ(test, many[0]->kind, SEVADM_SCOPE_CONTEXT);
	KUNIT_EXPECT_EQ(test, many[0]->command, 7);
	KUNIT_EXPECT_PTR_EQ(test, many[0]->kvm, kvm(1));
	KUNIT_EXPECT_PTR_EQ(test, many[0]->task, current);
	KUNIT_EXPECT_GT(test, many[0]->start_ns, 0);
	KUNIT_EXPECT_FALSE(test, many[0]->claims);
	sevadm_scope_leave(many[0]);
	sevadm_scope_uninit();
	KUNIT_EXPECT_EQ(test, spare_nr, 0);
	KUNIT_EXPECT_EQ(test, spares_there(), 0);
}

static struct kunit_case scope_cases[] = {
	KUNIT_CASE(scope_is_the_innermost),
	KUNIT_CASE(scope_finds_a_vm_that_came_later),
	KUNIT_CASE(scope_finds_the_vm_that_is_there_now),
	KUNIT_CASE(claim_is_for_both),
	KUNIT_CASE(claim_of_an_initialisation),
	KUNIT_CASE(claim_looks_anew),
	KUNIT_CASE(quiet_when_nobody_is_at_work),
	KUNIT_CASE(scope_ends_with_its_task),
	KUNIT_CASE(scope_is_of_its_own_task),
	KUNIT_CASE(scopes_are_printed),
	KUNIT_CASE(scopes_are_kept),
	{}
};

static struct kunit_suite scope_suite = {
	.name = "sevadm_scope",
	.init = pools_for_test,
	.exit = scope_test_exit,
	.test_cases = scope_cases,
};

kunit_test_suite(scope_suite);
