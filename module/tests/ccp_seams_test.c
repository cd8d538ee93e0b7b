// SPDX-License-Identifier: GPL-2.0-only
/* Wrappers of ccp's functions: what an event says of a command, of its wait and its VM. */
#include <kunit/test.h>

#include "../event.h"
#include "../seam.h"
#include "../stats.h"
#include "pools.h"

#define SEEN_MAX	8
#define HANDLE		7
/* The firmware's number (56860): the headers of some kernels have no name for it. */
#define SNP_PAGE_RECLAIM	0xc7

/* What the wrappers have pushed and counted, in order. */
static struct sevadm_event seen[SEEN_MAX];
static unsigned int nr_seen, nr_counted;
static const struct sevadm_vm *counted_for[SEEN_MAX];

static void saw(const struct sevadm_event *event)
{
	if (nr_seen < SEEN_MAX)
		seen[nr_seen++] = *event;
}

static void counted(const struct sevadm_vm *vm)
{
	if (nr_counted < SEEN_MAX)
		counted_for[nr_counted++] = vm;
}

/* ccp: the functions themselves, as far as a case has them do anything. */
static int ccp_do_cmd_locked(int cmd, void *data, int *psp_ret);

#undef call_original
#define call_original(symbol, ...)	original_of_##symbol(__VA_ARGS__)
#define original_of___sev_do_cmd_locked	ccp_do_cmd_locked
#define original_of_sev_do_cmd		wrap___sev_do_cmd_locked
#define original_of_sev_issue_cmd_external_user(file, cmd, data, error)		\
	wrap___sev_do_cmd_locked(cmd, data, error)
#define original_of_sev_guest_activate(data, error)				\
	wrap___sev_do_cmd_locked(SEV_CMD_ACTIVATE, data, error)
#define original_of_sev_guest_deactivate(data, error)				\
	wrap___sev_do_cmd_locked(SEV_CMD_DEACTIVATE, data, error)
#define original_of_sev_guest_decommission(data, error)				\
	wrap___sev_do_cmd_locked(SEV_CMD_DECOMMISSION, data, error)
#define original_of_sev_guest_df_flush(error)					\
	wrap___sev_do_cmd_locked(SEV_CMD_DF_FLUSH, NULL, error)
#define sevadm_event_emit(event)			saw(event)
#define sevadm_event_emit_counted(event, vm)	({ counted(vm); saw(event); })

#include "../ccp_seams.c"

#undef sevadm_event_emit
#undef sevadm_event_emit_counted

/* Those of parts of the module that are not in this one. */
u32 sevadm_event_user_in_namespace(const struct cred *cred)
{
	return 0;
}

void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm)
{
}

atomic_t sevadm_seam_tasks;
atomic64_t sevadm_seam_hits[SEVADM_SEAM_NR];

void sevadm_rmp_count(void)
{
}

void sevadm_firmware_heard(const struct sev_user_data_status *status)
{
}

/* How often each seam was passed by. */
static unsigned int passed[SEVADM_SEAM_NR];
static u64 passed_since_ns;

void sevadm_seam_passed_by(enum sevadm_seam_id id, u64 since_ns)
{
	passed[id]++;
	passed_since_ns = since_ns;
}

/* A command of SEV on a host with SEV-SNP: ccp takes two pages back before it returns. */
static int reclaims;

static int ccp_do_cmd_locked(int cmd, void *data, int *psp_ret)
{
	u64 page = 0;
	u64 until = ktime_get_boottime_ns() + 100000;
	int error;

	/* The clock goes on. */
	while (ktime_get_boottime_ns() < until)
		;
	*psp_ret = 0;
	while (reclaims) {
		reclaims--;
		wrap___sev_do_cmd_locked(SNP_PAGE_RECLAIM, &page, &error);
	}
	return 0;
}

static int ccp_seams_test_init(struct kunit *test)
{
	nr_seen = 0;
	nr_counted = 0;
	reclaims = 0;
	memset(passed, 0, sizeof(passed));
	return pools_for_test(test);
}

static void ccp_seams_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
}

static void command_waits_for_the_mailbox(struct kunit *test)
{
	int error;

	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	KUNIT_ASSERT_EQ(test, nr_seen, 1);
	KUNIT_EXPECT_TRUE(test, seen[0].known & SEVADM_KNOWN_WAIT);
	/* Below zero it would be a huge number. */
	KUNIT_EXPECT_LT(test, seen[0].wait_ns, seen[0].time_ns);
}

/*
 * The wait of a command ends where the command begins, whatever it issues on its way; what it
 * issues has not waited, is for the same VM, and its time is not in the first one's.
 */
static void command_within_a_command(struct kunit *test)
{
	struct sev_data_launch_measure measure = { .handle = HANDLE };
	struct sevadm_vm *vm = sevadm_vm_create((const struct kvm *)64, SEVADM_VM_TYPE_SEV);
	struct sevadm_scope *scope;
	u64 began, ended, together = 0;
	unsigned int i;
	int error;

	KUNIT_ASSERT_NOT_NULL(test, vm);
	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)64);
	reclaims = 2;
	began = ktime_get_boottime_ns();
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_MEASURE, &measure, &error);
	ended = ktime_get_boottime_ns();

	KUNIT_ASSERT_EQ(test, nr_seen, 3);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, seen[i].command, SNP_PAGE_RECLAIM);
		KUNIT_EXPECT_FALSE(test, seen[i].known & SEVADM_KNOWN_WAIT);
		KUNIT_EXPECT_EQ(test, seen[i].vm, vm->id);
		KUNIT_EXPECT_PTR_EQ(test, counted_for[i], (const struct sevadm_vm *)vm);
		together += seen[i].duration_ns;
	}
	KUNIT_EXPECT_LE(test, together + seen[2].duration_ns, ended - began);
	KUNIT_EXPECT_EQ(test, seen[2].command, SEV_CMD_LAUNCH_MEASURE);
	KUNIT_EXPECT_EQ(test, seen[2].vm, vm->id);
	KUNIT_EXPECT_PTR_EQ(test, counted_for[2], (const struct sevadm_vm *)vm);
	KUNIT_EXPECT_TRUE(test, seen[2].known & SEVADM_KNOWN_WAIT);
	KUNIT_EXPECT_LT(test, seen[2].wait_ns, seen[0].time_ns);
	KUNIT_EXPECT_EQ(test, scope->commands, 1);

	/* The next one is not taken for one that is issued by another. */
	wrap_sev_guest_deactivate(NULL, &error);
	KUNIT_ASSERT_EQ(test, nr_seen, 4);
	KUNIT_EXPECT_TRUE(test, seen[3].known & SEVADM_KNOWN_WAIT);
	KUNIT_EXPECT_PTR_EQ(test, counted_for[3], (const struct sevadm_vm *)vm);
	sevadm_scope_leave(scope);
	sevadm_vm_put(vm);
}

/* KVM's functions are attached all or none, but for what else redirects them or calls a clone. */
static void command_that_passed_by(struct kunit *test)
{
	struct sev_data_send_update_data send = { .handle = HANDLE,
						  .trans_len = 16,
						  .hdr_len = 16 };
	struct sev_data_launch_update_data update = { .handle = HANDLE, .len = 16 };
	struct sev_data_dbg debug = { .handle = HANDLE, .len = 16 };
	struct sevadm_vm *vm = sevadm_vm_create((const struct kvm *)64, SEVADM_VM_TYPE_SEV);
	struct sevadm_scope *scope;
	int error;

	KUNIT_ASSERT_NOT_NULL(test, vm);
	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	wrap_sev_guest_activate(NULL, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_mem_enc_ioctl], 0);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_UPDATE_DATA, &update, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_mem_enc_ioctl], 1);
	KUNIT_EXPECT_EQ(test, passed_since_ns, 0);

	/* Only the first debug command of an ioctl is known to come right after its pins. */
	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)64);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_DBG_DECRYPT, &debug, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_pin_memory], 1);
	KUNIT_EXPECT_EQ(test, passed_since_ns, scope->start_ns);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_DBG_ENCRYPT, &debug, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_pin_memory], 1);
	sevadm_scope_leave(scope);
	passed[SEAM_sev_pin_memory] = 0;

	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)64);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_UPDATE_DATA, &update, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_pin_memory], 1);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_SEND_UPDATE_DATA, &send, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_pin_memory], 2);
	/* It asks for a length, with nothing pinned. */
	send.hdr_len = 0;
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_SEND_UPDATE_DATA, &send, &error);
	scope->pinned = true;
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_UPDATE_DATA, &update, &error);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_pin_memory], 2);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_mem_enc_ioctl], 1);
	sevadm_scope_leave(scope);
	sevadm_vm_put(vm);
}

/*
 * A tenant with a VM that is older than the module can have it enter the ledger for a moment, by a
 * migration that KVM refuses, while another thread has pinned pages that nobody is charged for.
 */
static void command_on_a_vm_that_has_just_entered(struct kunit *test)
{
	struct sev_data_dbg debug = { .handle = HANDLE, .len = 16 };
	struct sevadm_scope *scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)64);
	struct sevadm_vm *vm;
	int error;

	KUNIT_EXPECT_NULL(test, scope->vm);
	scope->pinned = true;
	vm = sevadm_vm_create((const struct kvm *)64, SEVADM_VM_TYPE_SEV);
	KUNIT_ASSERT_NOT_NULL(test, vm);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_DBG_DECRYPT, &debug, &error);
	KUNIT_EXPECT_PTR_EQ(test, scope->vm, vm);
	KUNIT_EXPECT_EQ(test, passed[SEAM_sev_pin_memory], 0);
	sevadm_scope_leave(scope);
	sevadm_vm_put(vm);
}

static struct kunit_case ccp_seams_cases[] = {
	KUNIT_CASE(command_waits_for_the_mailbox),
	KUNIT_CASE(command_within_a_command),
	KUNIT_CASE(command_that_passed_by),
	KUNIT_CASE(command_on_a_vm_that_has_just_entered),
	{}
};

static struct kunit_suite ccp_seams_suite = {
	.name = "sevadm_ccp_seams",
	.init = ccp_seams_test_init,
	.exit = ccp_seams_test_exit,
	.test_cases = ccp_seams_cases,
};

kunit_test_suite(ccp_seams_suite);
