// SPDX-License-Identifier: GPL-2.0-only
/* Wrappers of ccp's functions: what an event says of a command, of its wait and its VM. */
#include <kunit/test.h>

#include "../event.h"
#include "../seam.h"
#include "../stats.h"
#include "pools.h"
#include "vms.h"

#define SEEN_MAX	8
/* The firmware's numbers (56860): the headers of some kernels have no names for them. */
#define SNP_GUEST_REQUEST	0x94
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

/* Interrupts are off: ccp shuts the firmware down from a panic. */
static bool irqs_off;

#undef irqs_disabled
#define irqs_disabled()	irqs_off

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

/* Functions of parts of the module that are not in this one; in user space vm.c is. */
kuid_t __weak sevadm_user_of(const struct cred *cred)
{
	return GLOBAL_ROOT_UID;
}

/* What was reported of ASIDs last, and how often anything was. */
static struct {
	u32 nr, pool, asid, state;
	u64 vm;
} reported_asid;

void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm)
{
	reported_asid.nr++;
	reported_asid.pool = pool;
	reported_asid.asid = asid;
	reported_asid.state = state;
	reported_asid.vm = vm;
}

DEFINE_PER_CPU(struct sevadm_seam_calls, sevadm_seam_calls);

static unsigned long calls_of(enum sevadm_seam_id id)
{
	unsigned long calls = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		calls += per_cpu_ptr(&sevadm_seam_calls, cpu)->entered[id];
	return calls;
}

/* How many wrappers the current task is inside of. */
static int wrappers_inside(void)
{
	unsigned long inside = 0;
	int cpu, id;

	for (id = 0; id < SEVADM_SEAM_NR; id++)
		inside += calls_of(id);
	for_each_possible_cpu(cpu)
		inside -= per_cpu_ptr(&sevadm_seam_calls, cpu)->left;
	return inside;
}

static void forget_calls(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&sevadm_seam_calls, cpu), 0, sizeof(sevadm_seam_calls));
}

static unsigned int rmp_counts;

void sevadm_rmp_count(void)
{
	rmp_counts++;
}

static const void *heard;

void sevadm_firmware_heard(const struct sev_user_data_status *status)
{
	heard = status;
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
/* What ccp returns, and the firmware's status; NOT_ASKED: ccp has not asked it. */
static int ccp_ret, ccp_status;
/* How many wrappers the call that ccp got last has come through. */
static int inside;

static int ccp_do_cmd_locked(int cmd, void *data, int *psp_ret)
{
	u64 page = 0;
	u64 until = ktime_get_boottime_ns() + 100000;
	int error;

	inside = wrappers_inside();
	/* The clock goes on. */
	while (ktime_get_boottime_ns() < until)
		;
	if (ccp_status != NOT_ASKED)
		*psp_ret = ccp_status;
	while (reclaims) {
		reclaims--;
		wrap___sev_do_cmd_locked(SNP_PAGE_RECLAIM, &page, &error);
	}
	return ccp_ret;
}

static int ccp_seams_test_init(struct kunit *test)
{
	nr_seen = 0;
	nr_counted = 0;
	reclaims = 0;
	ccp_ret = 0;
	ccp_status = 0;
	irqs_off = false;
	rmp_counts = 0;
	heard = NULL;
	memset(&reported_asid, 0, sizeof(reported_asid));
	memset(passed, 0, sizeof(passed));
	forget_calls();
	return pools_for_test(test);
}

static void ccp_seams_test_exit(struct kunit *test)
{
	/* The module would never be unloaded, or too early. */
	KUNIT_EXPECT_EQ(test, wrappers_inside(), 0);
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

/* It began to queue a second ago; a second command under the same mutex has not queued. */
static void command_has_waited(struct kunit *test)
{
	struct sevadm_scope *scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0,
							(struct kvm *)kvm(1));
	int error;

	scope->queue_ns = ktime_get_boottime_ns() - NSEC_PER_SEC;
	wrap___sev_do_cmd_locked(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	wrap___sev_do_cmd_locked(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	KUNIT_ASSERT_EQ(test, nr_seen, 2);
	KUNIT_EXPECT_GE(test, seen[0].wait_ns, NSEC_PER_SEC);
	KUNIT_EXPECT_LE(test, seen[1].wait_ns, seen[1].time_ns - seen[0].time_ns);
	sevadm_scope_leave(scope);
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

/* A guest's message: its type is at 0x34 of its header (56860), and the rest is not looked at. */
static void command_with_a_message(struct kunit *test)
{
	u8 *page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	u64 request[3] = { 0x1000 };
	int error;

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, 0xff, PAGE_SIZE);
	page[0x34] = 17;
	request[1] = virt_to_phys(page);
	wrap_sev_do_cmd(SNP_GUEST_REQUEST, request, &error);
	KUNIT_ASSERT_EQ(test, nr_seen, 1);
	KUNIT_EXPECT_TRUE(test, seen[0].known & SEVADM_KNOWN_KIND);
	KUNIT_EXPECT_EQ(test, seen[0].kind, 17);

	/* There is none. */
	request[1] = 0;
	wrap_sev_do_cmd(SNP_GUEST_REQUEST, request, &error);
	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	KUNIT_ASSERT_EQ(test, nr_seen, 3);
	KUNIT_EXPECT_FALSE(test, (seen[1].known | seen[2].known) & SEVADM_KNOWN_KIND);
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

/* The answer of the firmware, and what a scope keeps of it for the event of KVM's command. */
static void command_says_what_was_answered(struct kunit *test)
{
	enum { UNTOUCHED = 77 };
	static const struct {
		int ret, status, psp_ret;
		u32 known, flags;
	} rows[] = {
		{ 0, 0, 0, SEVADM_KNOWN_FW_ERROR, 0 },
		{ -EIO, SEV_RET_INVALID_LEN, SEV_RET_INVALID_LEN, SEVADM_KNOWN_FW_ERROR,
		  SEVADM_EVENT_LENGTH_QUERY },
		{ -EIO, SEV_RET_INVALID_GUEST, SEV_RET_INVALID_GUEST, SEVADM_KNOWN_FW_ERROR, 0 },
		{ -EBUSY, NOT_ASKED, UNTOUCHED, 0, 0 },
		{ -ETIMEDOUT, 0, 0, 0, 0 },
	};
	struct sev_data_launch_measure measure = { .handle = HANDLE };
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_scope *scope;
	unsigned int i;
	int error;

	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)kvm(1));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sevadm_event *event = &seen[i];

		ccp_ret = rows[i].ret;
		ccp_status = rows[i].status;
		error = UNTOUCHED;
		KUNIT_EXPECT_EQ_MSG(test, wrap_sev_issue_cmd_external_user(
					NULL, SEV_CMD_LAUNCH_MEASURE, &measure, &error),
				    ccp_ret, "row %u", i);
		KUNIT_ASSERT_EQ(test, nr_seen, i + 1);
		KUNIT_EXPECT_EQ_MSG(test, error, rows[i].psp_ret, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->type, SEVADM_EVENT_PSP, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->ret, rows[i].ret, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->handle, HANDLE, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->bytes, 0, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->known,
				    SEVADM_KNOWN_UID | SEVADM_KNOWN_VM | SEVADM_KNOWN_HANDLE |
				    SEVADM_KNOWN_BYTES | SEVADM_KNOWN_WAIT | rows[i].known,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->fw_error, rows[i].known ? rows[i].status : 0,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, event->flags, rows[i].flags, "row %u", i);
		KUNIT_EXPECT_GE(test, event->duration_ns, 100000);
		KUNIT_EXPECT_EQ_MSG(test, scope->commands, i + 1, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, scope->fw_asked, !!rows[i].known, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, scope->fw_error, event->fw_error, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, scope->length_query, !!rows[i].flags, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, scope->queue_ns, 0, "row %u", i);
		/* What has failed changes nothing. */
		KUNIT_EXPECT_EQ_MSG(test, look(vm).state,
				    i ? SEVADM_VM_STATE_INIT : SEVADM_VM_STATE_LSECRET,
				    "row %u", i);
		vm->state = SEVADM_VM_STATE_INIT;
	}
	/* The caller may not want to know. */
	KUNIT_EXPECT_EQ(test, wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_MEASURE,
							       &measure, NULL), -ETIMEDOUT);
	ccp_ret = 0;
	measure.len = 48;
	ccp_status = SEV_RET_INVALID_LEN;
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_MEASURE, &measure, &error);
	KUNIT_EXPECT_EQ(test, seen[nr_seen - 1].flags, 0);
	KUNIT_EXPECT_EQ(test, seen[nr_seen - 1].bytes, 48);
	sevadm_scope_leave(scope);
}

/* Outside of KVM the VM is that of the handle, or of the context page. */
static void command_finds_its_vm(struct kunit *test)
{
	struct sev_data_activate activate = { .handle = HANDLE, .asid = ASID };
	struct sev_data_deactivate deactivate = { .handle = HANDLE };
	u64 request[4] = { GCTX };
	const struct sevadm_psp_guest bind = {
		.known = SEVADM_KNOWN_ASID, .gctx = GCTX, .asid = ASID_ES };
	struct sevadm_vm *sev = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *snp = start(test, 2, SEVADM_VM_TYPE_SEV_SNP);
	struct sevadm_scope *scope;
	int error;

	/* ACTIVATE names the ASID, once. */
	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)kvm(1));
	KUNIT_EXPECT_FALSE(test, scope->activated);
	wrap_sev_guest_activate(&activate, &error);
	KUNIT_EXPECT_TRUE(test, scope->activated);
	KUNIT_EXPECT_EQ(test, reported_asid.nr, 1);
	KUNIT_EXPECT_EQ(test, reported_asid.pool, SEVADM_POOL_SEV);
	KUNIT_EXPECT_EQ(test, reported_asid.asid, ASID);
	KUNIT_EXPECT_EQ(test, reported_asid.state, SEVADM_ASID_STATE_USED);
	KUNIT_EXPECT_EQ(test, reported_asid.vm, sev->id);
	KUNIT_EXPECT_EQ(test, seen[0].asid, ASID);
	KUNIT_EXPECT_TRUE(test, seen[0].known & SEVADM_KNOWN_ASID);
	wrap_sev_guest_activate(&activate, &error);
	KUNIT_EXPECT_EQ(test, reported_asid.nr, 1);
	sevadm_scope_leave(scope);

	wrap_sev_guest_deactivate(&deactivate, &error);
	KUNIT_EXPECT_EQ(test, seen[2].vm, sev->id);
	KUNIT_EXPECT_EQ(test, seen[2].asid, ASID);
	KUNIT_EXPECT_PTR_EQ(test, counted_for[2], (const struct sevadm_vm *)sev);
	deactivate.handle++;
	wrap_sev_guest_deactivate(&deactivate, &error);
	KUNIT_EXPECT_FALSE(test, seen[3].known & SEVADM_KNOWN_VM);
	KUNIT_EXPECT_PTR_EQ(test, counted_for[3], (const struct sevadm_vm *)NULL);

	run(snp, SEV_CMD_SNP_ACTIVATE, &bind);
	wrap_sev_do_cmd(SEV_CMD_SNP_GUEST_REQUEST, request, &error);
	KUNIT_EXPECT_EQ(test, seen[4].vm, snp->id);
	KUNIT_EXPECT_EQ(test, seen[4].asid, ASID_ES);
	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	KUNIT_EXPECT_FALSE(test, seen[5].known & SEVADM_KNOWN_VM);
	/* Each search has given its reference back. */
	KUNIT_EXPECT_EQ(test, kref_read(&sev->ref), 1);
	KUNIT_EXPECT_EQ(test, kref_read(&snp->ref), 1);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().queue, (struct sevadm_scope *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, sevadm_scope_mine().kvm, (struct sevadm_scope *)NULL);
}

/* Guests that the ledger does not know: each counts from its ACTIVATE to its DECOMMISSION. */
static void command_of_an_unaccounted_guest(struct kunit *test)
{
	struct sev_data_activate activate = { .handle = HANDLE, .asid = ASID };
	struct sev_data_decommission decommission = { .handle = HANDLE };
	static const struct {
		enum sevadm_scope_kind kind;
		bool activates;
		int left;
	} rows[] = {
		{ SEVADM_SCOPE_DESTROY, false, 0 },
		{ SEVADM_SCOPE_IOCTL, false, 1 },	/* it has not launched */
		{ SEVADM_SCOPE_IOCTL, true, 0 },
	};
	struct sevadm_scope *scope;
	unsigned int i;
	int error;

	sevadm_unaccounted_set(0);
	wrap_sev_guest_activate(&activate, &error);
	wrap_sev_guest_activate(&activate, &error);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 2);
	wrap_sev_guest_decommission(&decommission, &error);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 1);
	ccp_ret = -EIO;
	wrap_sev_guest_activate(&activate, &error);
	wrap_sev_guest_decommission(&decommission, &error);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 1);
	ccp_ret = 0;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		sevadm_unaccounted_set(rows[i].activates ? 0 : 1);
		scope = sevadm_scope_enter(rows[i].kind, 0, (struct kvm *)kvm(1));
		if (rows[i].activates)
			wrap_sev_guest_activate(&activate, &error);
		wrap_sev_guest_decommission(&decommission, &error);
		sevadm_scope_leave(scope);
		KUNIT_EXPECT_EQ_MSG(test, host_now().unaccounted, rows[i].left, "row %u", i);
	}
	sevadm_unaccounted_set(0);
}

/* sev_dbg_crypt() pins two pages for each of its rounds, which end with a command. */
static void command_releases_debug_pins(struct kunit *test)
{
	struct sev_data_dbg debug = { .handle = HANDLE, .len = 16 };
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_scope *scope;
	int error;

	sevadm_vm_pin(vm, 5, 1);
	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 19, (struct kvm *)kvm(1));
	sevadm_vm_pin(vm, 2, 0);
	scope->transient = 2;
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_FINISH, NULL, &error);
	KUNIT_EXPECT_EQ(test, nr_seen, 1);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_DBG_DECRYPT, &debug, &error);
	KUNIT_ASSERT_EQ(test, nr_seen, 3);
	KUNIT_EXPECT_EQ(test, seen[1].command, SEV_CMD_DBG_DECRYPT);
	KUNIT_EXPECT_EQ(test, seen[2].type, SEVADM_EVENT_UNPIN);
	KUNIT_EXPECT_EQ(test, seen[2].command, 19);
	KUNIT_EXPECT_EQ(test, seen[2].vm, vm->id);
	EXPECT_PAGES(test, seen[2].bytes, 2);
	EXPECT_PAGES(test, seen[2].pinned_bytes, 7);
	KUNIT_EXPECT_EQ(test, seen[2].flags, SEVADM_EVENT_TRANSIENT);
	KUNIT_EXPECT_EQ(test, seen[2].known, SEVADM_KNOWN_UID | SEVADM_KNOWN_VM |
			SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED);
	KUNIT_EXPECT_EQ(test, seen[2].duration_ns, seen[2].time_ns - scope->start_ns);
	KUNIT_EXPECT_PTR_EQ(test, counted_for[2], (const struct sevadm_vm *)vm);
	KUNIT_EXPECT_EQ(test, scope->transient, 0);
	EXPECT_PAGES(test, look(vm).pinned_bytes, 5);
	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_DBG_ENCRYPT, &debug, &error);
	KUNIT_EXPECT_EQ(test, nr_seen, 4);
	sevadm_scope_leave(scope);
}

/* Which commands a seam should have seen before. */
static void command_that_needs_a_seam(struct kunit *test)
{
	static const struct {
		u32 command;
		bool of_a_guest, pins;
	} rows[] = {
		{ SEV_CMD_LAUNCH_START - 1, false, false },
		{ SEV_CMD_LAUNCH_START, true, false },
		{ SEV_CMD_LAUNCH_UPDATE_DATA, true, true },
		{ SEV_CMD_LAUNCH_UPDATE_SECRET, true, true },
		{ SEV_CMD_SEND_UPDATE_DATA, true, true },
		{ SEV_CMD_RECEIVE_UPDATE_DATA, true, true },
		{ SEV_CMD_DBG_DECRYPT, true, true },
		{ SEV_CMD_DBG_ENCRYPT, true, true },
		{ SEV_CMD_DBG_ENCRYPT + 1, false, false },
	};
	struct sevadm_scope *scope;
	unsigned int i;
	int error;

	start(test, 1, SEVADM_VM_TYPE_SEV);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(passed, 0, sizeof(passed));
		passed_since_ns = 1;
		wrap_sev_do_cmd(rows[i].command, NULL, &error);
		KUNIT_EXPECT_EQ_MSG(test, passed[SEAM_sev_mem_enc_ioctl], rows[i].of_a_guest,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, passed_since_ns, !rows[i].of_a_guest, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, passed[SEAM_sev_pin_memory], 0, "row %u", i);

		scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)kvm(1));
		wrap_sev_do_cmd(rows[i].command, NULL, &error);
		KUNIT_EXPECT_EQ_MSG(test, passed[SEAM_sev_mem_enc_ioctl], rows[i].of_a_guest,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, passed[SEAM_sev_pin_memory], rows[i].pins, "row %u", i);
		if (rows[i].pins)
			KUNIT_EXPECT_EQ_MSG(test, passed_since_ns, scope->start_ns, "row %u", i);
		sevadm_scope_leave(scope);
	}
}

/* What is heard of the platform, and when the RMP has to be counted. */
static void command_of_the_platform(struct kunit *test)
{
	static const struct {
		u32 command;
		bool counts;
	} rows[] = {
		{ SEV_CMD_SNP_INIT, true }, { SEV_CMD_SNP_INIT_EX, true },
		{ SEV_CMD_SNP_SHUTDOWN, true }, { SEV_CMD_SNP_SHUTDOWN_EX, true },
		{ SEV_CMD_INIT, false }, { SEV_CMD_SHUTDOWN, false },
	};
	struct sev_user_data_status status = {};
	unsigned int i;
	int error;

	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	KUNIT_EXPECT_NULL(test, heard);
	ccp_ret = -EIO;
	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, &status, &error);
	wrap_sev_do_cmd(SEV_CMD_SNP_INIT, NULL, &error);
	KUNIT_EXPECT_NULL(test, heard);
	KUNIT_EXPECT_EQ(test, rmp_counts, 0);
	ccp_ret = 0;
	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, &status, &error);
	KUNIT_EXPECT_PTR_EQ(test, heard, (const void *)&status);
	KUNIT_EXPECT_EQ(test, rmp_counts, 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		rmp_counts = 0;
		heard = NULL;
		wrap_sev_do_cmd(rows[i].command, &status, &error);
		KUNIT_EXPECT_EQ_MSG(test, rmp_counts, rows[i].counts, "row %u", i);
		KUNIT_EXPECT_NULL(test, heard);
	}
}

static int flush(bool snp, int *error)
{
	return snp ? wrap_sev_do_cmd(SEV_CMD_SNP_DF_FLUSH, NULL, error) :
		     wrap_sev_guest_df_flush(error);
}

/* A flush that KVM asks for frees all ASIDs that wait, and is none of the VM's commands. */
static void flush_recycles(struct kunit *test)
{
	struct sevadm_scope *scope;
	struct sevadm_vm *vm;
	unsigned int snp;
	int error;

	for (snp = 0; snp <= 1; snp++) {
		nr_seen = 0;
		vm = start(test, 1, SEVADM_VM_TYPE_SEV);
		activate(vm, HANDLE, ASID);
		sevadm_vm_remove(vm, true);
		KUNIT_ASSERT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
		scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, 0, (struct kvm *)kvm(2));
		scope->commands = 4;

		ccp_ret = -EIO;
		KUNIT_EXPECT_EQ(test, flush(snp, &error), -EIO);
		KUNIT_EXPECT_EQ(test, nr_seen, 1);
		KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
		KUNIT_EXPECT_EQ(test, scope->commands, 4);

		ccp_ret = 0;
		KUNIT_EXPECT_EQ(test, flush(snp, &error), 0);
		KUNIT_ASSERT_EQ(test, nr_seen, 3);
		KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
		KUNIT_EXPECT_EQ(test, seen[2].type, SEVADM_EVENT_ASID);
		KUNIT_EXPECT_EQ(test, seen[2].asid_state, SEVADM_ASID_STATE_FREE);
		KUNIT_EXPECT_EQ(test, seen[2].count, 1);
		KUNIT_EXPECT_EQ(test, scope->commands, 4);
		KUNIT_EXPECT_EQ(test, scope->queue_ns, 0);

		/* Any other command is one of the VM's. */
		wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
		KUNIT_EXPECT_EQ(test, nr_seen, 4);
		KUNIT_EXPECT_EQ(test, scope->commands, 5);
		sevadm_scope_leave(scope);
		KUNIT_EXPECT_EQ(test, flush(snp, &error), 0);
		KUNIT_EXPECT_EQ(test, nr_seen, 6);
	}
}

/* From a panic nothing is locked, counted or reported. */
static void command_without_interrupts(struct kunit *test)
{
	int error;

	irqs_off = true;
	ccp_ret = -EIO;
	ccp_status = SEV_RET_INVALID_GUEST;
	KUNIT_EXPECT_EQ(test, wrap_sev_do_cmd(SEV_CMD_SHUTDOWN, NULL, &error), -EIO);
	irqs_off = false;
	KUNIT_EXPECT_EQ(test, error, SEV_RET_INVALID_GUEST);
	KUNIT_EXPECT_EQ(test, nr_seen, 0);
}

/* Each wrapper counts the call, and the task as long as it is inside. */
static void command_is_counted(struct kunit *test)
{
	struct sev_data_activate activate = { .handle = HANDLE, .asid = ASID };
	struct sev_data_deactivate deactivate = { .handle = HANDLE };
	struct sev_data_decommission decommission = { .handle = HANDLE };
	const enum sevadm_seam_id seams[] = {
		SEAM_sev_issue_cmd_external_user, SEAM_sev_guest_activate,
		SEAM_sev_guest_deactivate, SEAM_sev_guest_decommission, SEAM_sev_guest_df_flush,
		SEAM_sev_do_cmd,
	};
	unsigned int i;
	int error;

	wrap_sev_issue_cmd_external_user(NULL, SEV_CMD_LAUNCH_FINISH, NULL, &error);
	KUNIT_EXPECT_EQ(test, inside, 2);
	wrap_sev_guest_activate(&activate, &error);
	KUNIT_EXPECT_EQ(test, inside, 2);
	wrap_sev_guest_deactivate(&deactivate, &error);
	KUNIT_EXPECT_EQ(test, inside, 2);
	wrap_sev_guest_decommission(&decommission, &error);
	KUNIT_EXPECT_EQ(test, inside, 2);
	wrap_sev_guest_df_flush(&error);
	KUNIT_EXPECT_EQ(test, inside, 2);
	wrap_sev_do_cmd(SEV_CMD_PLATFORM_STATUS, NULL, &error);
	KUNIT_EXPECT_EQ(test, inside, 2);
	for (i = 0; i < ARRAY_SIZE(seams); i++)
		KUNIT_EXPECT_EQ_MSG(test, calls_of(seams[i]), 1, "seam %u", i);
	KUNIT_EXPECT_EQ(test, calls_of(SEAM___sev_do_cmd_locked), 6);
	/* Also where nothing may be locked. */
	irqs_off = true;
	wrap_sev_do_cmd(SEV_CMD_SHUTDOWN, NULL, &error);
	irqs_off = false;
	KUNIT_EXPECT_EQ(test, inside, 2);
	KUNIT_EXPECT_EQ(test, calls_of(SEAM___sev_do_cmd_locked), 7);
}

static struct kunit_case ccp_seams_cases[] = {
	KUNIT_CASE(command_is_counted),
	KUNIT_CASE(command_waits_for_the_mailbox),
	KUNIT_CASE(command_has_waited),
	KUNIT_CASE(command_within_a_command),
	KUNIT_CASE(command_with_a_message),
	KUNIT_CASE(command_that_passed_by),
	KUNIT_CASE(command_on_a_vm_that_has_just_entered),
	KUNIT_CASE(command_says_what_was_answered),
	KUNIT_CASE(command_finds_its_vm),
	KUNIT_CASE(command_of_an_unaccounted_guest),
	KUNIT_CASE(command_releases_debug_pins),
	KUNIT_CASE(command_that_needs_a_seam),
	KUNIT_CASE(command_of_the_platform),
	KUNIT_CASE(flush_recycles),
	KUNIT_CASE(command_without_interrupts),
	{}
};

static struct kunit_suite ccp_seams_suite = {
	.name = "sevadm_ccp_seams",
	.init = ccp_seams_test_init,
	.exit = ccp_seams_test_exit,
	.test_cases = ccp_seams_cases,
};

kunit_test_suite(ccp_seams_suite);
