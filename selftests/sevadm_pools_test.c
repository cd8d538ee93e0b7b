// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ASID pools of an SEV-SNP host as kvm_amd divides them. Where it hides ciphertext
 * (kvm_amd.ciphertext_hiding_asids), SEV-SNP and SEV-ES guests have pools of their own, and
 * neither's room, limits, guarantees or leases are the other's; elsewhere they share one, and there
 * is no third.
 *
 * Wants sevhost --snp; to divide them a kernel from 6.18 on, with the security processor's property
 * ciphertext-hiding.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/events.h"
#include "lib/json.h"
#include "lib/ledger.h"
#include "lib/limits.h"
#include "lib/psp_fault.h"
#include "lib/run.h"
#include "lib/sev_vm.h"

#define PARAMETERS	"/sys/module/kvm_amd/parameters/"
#define VMS_MAX		128
#define EVENTS_MAX	1024
#define SOMEBODY	4711	/* a user without VMs */

#define SNP_DF_FLUSH	0x84	/* the firmware's number (56860) */
#define REFUSED		0x16	/* INVALID_PARAM */

static struct sev_host host;
static int device = -1, events = -1;
static bool divided;
static unsigned int snp_asids;		/* that SEV-SNP guests have for themselves */

static struct sev_vm vms[VMS_MAX];
static unsigned int nr_vms;

/* ---- what is asked --------------------------------------------------------------------------- */

static bool pool_now(__u32 pool, struct sevadm_pool_query *query)
{
	*query = (struct sevadm_pool_query) { .size = sizeof(*query), .pool = pool };
	return !ioctl(device, SEVADM_IOC_POOL_QUERY, query);
}

/* The pool that guests of @type take from. */
static __u32 pool_of(enum sev_type type)
{
	return type == SEV_TYPE_SEV ? SEVADM_POOL_SEV :
	       type == SEV_TYPE_SEV_SNP && divided ? SEVADM_POOL_SEV_SNP : SEVADM_POOL_SEV_ES;
}

static __u32 resource_of(enum sev_type type)
{
	static const __u32 resources[SEVADM_POOL_NR] = {
		[SEVADM_POOL_SEV] = SEVADM_RESOURCE_ASID_SEV,
		[SEVADM_POOL_SEV_ES] = SEVADM_RESOURCE_ASID_SEV_ES,
		[SEVADM_POOL_SEV_SNP] = SEVADM_RESOURCE_ASID_SEV_SNP,
	};

	return resources[pool_of(type)];
}

static unsigned int capacity_of(enum sev_type type)
{
	struct sevadm_pool_query query;

	return pool_now(pool_of(type), &query) ? query.capacity : 0;
}

static bool counts(enum sev_type type, unsigned int used, unsigned int free)
{
	struct sevadm_pool_query query;

	return check(pool_now(pool_of(type), &query)) && check(query.used == used) &
	       check(query.free + query.reclaim == free) & check(query.charged >= used);
}

static unsigned int parameter(const char *name)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return strtoul(text, NULL, 10);
}

/* The last event of that type since the last call; false: there was none. */
static bool last_event(__u32 type, struct sevadm_event *event)
{
	static struct sevadm_event seen[EVENTS_MAX];
	int nr = events_read(events, seen, EVENTS_MAX), i;

	for (i = nr - 1; i >= 0; i--)
		if (seen[i].type == type) {
			*event = seen[i];
			return true;
		}
	return false;
}

static bool limit_event(struct sevadm_event *event)
{
	return last_event(SEVADM_EVENT_LIMIT, event);
}

/* ---- guests ---------------------------------------------------------------------------------- */

/* An ASID is taken when KVM initialises a VM; 0 or an errno. */
static int start(enum sev_type type)
{
	struct sev_vm *vm = &vms[nr_vms];
	struct sev_outcome outcome;

	if (nr_vms == VMS_MAX || sev_vm_create(vm, &host, type, SEV_INIT_2, 0).err)
		ksft_exit_fail_msg("no VM can be created: %s\n", strerror(errno));
	outcome = sev_vm_init(vm);
	if (!outcome.err)
		nr_vms++;
	else
		sev_vm_close(vm);
	return outcome.err;
}

static bool start_many(enum sev_type type, unsigned int nr)
{
	int err = 0;

	while (nr-- && !err)
		err = start(type);
	return check(!err);
}

static void end_all(void)
{
	while (nr_vms)
		sev_vm_close(&vms[--nr_vms]);
}

/* Refused with that knob of the pool's own resource. */
static bool is_refused(enum sev_type type, __u32 knob)
{
	struct sevadm_event event = { 0 };

	limit_event(&event);
	return check(start(type) == EBUSY) && check(limit_event(&event)) &&
	       check(event.resource == resource_of(type)) & check(event.knob == knob);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static bool divided_as_kvm_amd_has_them(void)
{
	struct sevadm_pool_query snp, es, sev;
	bool good = check(pool_now(SEVADM_POOL_SEV_ES, &es)) &
		    check(pool_now(SEVADM_POOL_SEV, &sev));

	if (divided)
		good &= check(pool_now(SEVADM_POOL_SEV_SNP, &snp)) && check(snp.min_asid == 1) &
			check(snp.max_asid == snp_asids) & check(snp.capacity == snp_asids) &
			check(es.min_asid == snp_asids + 1);
	else
		good &= check(!pool_now(SEVADM_POOL_SEV_SNP, &snp) && errno == ENOENT) &
			check(es.min_asid == 1);
	return good & check(es.max_asid + 1 == sev.min_asid) & !ledger_differences("no VM", NULL);
}

/* `sevadm check ledger`, which has a reader of its own for kvm_amd's memory. */
static bool tool_agrees(void)
{
	const char *const argv[] = { run_sevadm(), "check", "ledger", NULL };
	int status = -1;
	char *output = run_output(argv, &status);

	if (status)
		ksft_print_msg("check ledger: %d: %s\n", status, output ?: "");
	free(output);
	return !status;
}

/* One pool is used up, and one more is refused, while guests of the other kind start. */
static bool one_is_empty(enum sev_type type, enum sev_type other)
{
	unsigned int nr = capacity_of(type), room = capacity_of(other);
	bool good = check(nr) && start_many(type, nr) && counts(type, nr, 0) &&
		    is_refused(type, SEVADM_KNOB_POOL);

	good = good && !ledger_differences("one pool is empty", NULL);
	if (divided)
		good = good && counts(other, 0, room) && start_many(other, 1) &&
		       counts(other, 1, room - 1) && start_many(SEV_TYPE_SEV, 1) &&
		       !ledger_differences("and one of each other", NULL) && check(tool_agrees());
	else
		good = good && is_refused(other, SEVADM_KNOB_POOL);
	end_all();
	return counts(type, 0, nr) & counts(other, 0, room) & good;
}

static bool snp_is_empty(void)
{
	return one_is_empty(SEV_TYPE_SEV_SNP, SEV_TYPE_SEV_ES);
}

static bool es_is_empty(void)
{
	return one_is_empty(SEV_TYPE_SEV_ES, SEV_TYPE_SEV_SNP);
}

/* The finding of `sevadm status` that names @pool, and has @text. */
static bool is_found(const char *pool, const char *text)
{
	const char *const argv[] = { run_sevadm(), "-j", "status", NULL };
	struct json_object *status = run_json(argv), *list = json_at(status, "findings");
	bool found = false;
	size_t i;

	for (i = 0; list && i < json_object_array_length(list); i++) {
		const char *message = json_text(json_object_array_get_idx(list, i), "message");

		found |= strstr(message, pool) && strstr(message, text);
	}
	json_object_put(status);
	return found;
}

/* What `sevadm explain` says of QEMU's message. */
static bool is_explained(const char *text)
{
	const char *const argv[] = { run_sevadm(), "explain", "failed to initialize ret=-16 fw_error=0",
				     NULL };
	int status;
	char *output = run_output(argv, &status);
	bool found = output && strstr(output, text);

	if (!found)
		ksft_print_msg("explain says: %s\n", output ?: "nothing");
	free(output);
	return found;
}

static bool room_beside_is_explained(void)
{
	bool good = start_many(SEV_TYPE_SEV_SNP, snp_asids) &&
		    check(start(SEV_TYPE_SEV_SNP) == EBUSY) &&
		    check(is_found("sev_snp", "of sev_es are for SEV-ES guests alone")) &
			    check(is_explained("of pool sev_es are for SEV-ES guests alone"));

	end_all();
	return good;
}

/* A maximum is for one kind of guests, where these have ASIDs of their own. */
static bool maximum(void)
{
	__u32 resource = resource_of(SEV_TYPE_SEV_SNP);
	struct limit limit = { 0 };
	bool good;

	good = check(!limit_set(SEVADM_SUBJECT_HOST, 0, resource, SEVADM_A_LIMIT_MAX_VALUE, 1)) &&
	       start_many(SEV_TYPE_SEV_SNP, 1) && is_refused(SEV_TYPE_SEV_SNP, SEVADM_KNOB_MAX) &&
	       check(!limit_get(SEVADM_SUBJECT_HOST, 0, resource, &limit)) &&
	       check(limit.current == 1) & check(limit.max_events == 1);
	if (divided)
		good = good && start_many(SEV_TYPE_SEV_ES, 1);
	else
		good = good && is_refused(SEV_TYPE_SEV_ES, SEVADM_KNOB_MAX);
	end_all();
	return check(!limit_delete(SEVADM_SUBJECT_HOST, 0)) & good;
}

/* Free ASIDs of one kind keep no guarantee of the other. */
static bool guarantee(void)
{
	unsigned int es = capacity_of(SEV_TYPE_SEV_ES), snp = capacity_of(SEV_TYPE_SEV_SNP);
	bool good;

	good = check(!limit_set(SEVADM_SUBJECT_USER, SOMEBODY, SEVADM_RESOURCE_ASID_SEV_ES,
				SEVADM_A_LIMIT_MIN_VALUE, es)) &&
	       is_refused(SEV_TYPE_SEV_ES, SEVADM_KNOB_MIN) && start_many(SEV_TYPE_SEV_SNP, snp);
	end_all();
	good = good &&
	       check(limit_set(SEVADM_SUBJECT_USER, SOMEBODY, SEVADM_RESOURCE_ASID_SEV_SNP,
			       SEVADM_A_LIMIT_MIN_VALUE, snp + 1) == -ENOSPC) &&
	       check(!limit_set(SEVADM_SUBJECT_USER, SOMEBODY, SEVADM_RESOURCE_ASID_SEV_SNP,
				SEVADM_A_LIMIT_MIN_VALUE, snp - 1)) &&
	       start_many(SEV_TYPE_SEV_SNP, 1) && is_refused(SEV_TYPE_SEV_SNP, SEVADM_KNOB_MIN);
	end_all();
	return check(!limit_delete(SEVADM_SUBJECT_USER, SOMEBODY)) & good;
}

static int lease(__u32 pool, __u32 count, int *fd)
{
	struct sevadm_lease lease = {
		.size = sizeof(lease), .pool = pool, .count = count,
		.subject = SEVADM_LEASE_USER, .subject_id = SOMEBODY,
	};

	*fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC);
	return ioctl(*fd, SEVADM_IOC_RESERVE, &lease) ? errno : 0;
}

static bool leases(void)
{
	unsigned int snp = capacity_of(SEV_TYPE_SEV_SNP), es = capacity_of(SEV_TYPE_SEV_ES);
	int all, more, others;
	bool good;

	good = check(!lease(SEVADM_POOL_SEV_SNP, snp, &all)) &
	       check(lease(SEVADM_POOL_SEV_SNP, 1, &more) == EBUSY) &
	       is_refused(SEV_TYPE_SEV_SNP, SEVADM_KNOB_MIN) &
	       check(!lease(SEVADM_POOL_SEV_ES, es - 1, &others)) & start_many(SEV_TYPE_SEV_ES, 1);
	close(all);
	close(more);
	good &= start_many(SEV_TYPE_SEV_SNP, snp);
	close(others);
	end_all();
	return good;
}

/* A flush that one pool needs makes free what waits of the others. */
static bool one_flush(void)
{
	struct sevadm_pool_query snp, es;
	bool good = start_many(SEV_TYPE_SEV_ES, 1);

	end_all();
	/* As many as there are, however many of them wait, and one more after one has ended. */
	good = good && start_many(SEV_TYPE_SEV_SNP, snp_asids);
	end_all();
	good = good && start_many(SEV_TYPE_SEV_SNP, 1) && pool_now(SEVADM_POOL_SEV_SNP, &snp) &&
	       pool_now(SEVADM_POOL_SEV_ES, &es) &&
	       check(!es.reclaim) & check(snp.recycles == es.recycles) & check(snp.used == 1) &
		       !ledger_differences("after a flush", NULL);
	end_all();
	return good;
}

/* Returns true if all of the pool's ASIDs wait for a flush, after @recycles of them. */
static bool all_wait(unsigned int nr, __u64 recycles)
{
	struct sevadm_pool_query pool;

	return check(pool_now(pool_of(SEV_TYPE_SEV_SNP), &pool)) &&
	       check(!pool.used) & check(!pool.free) & check(pool.reclaim == nr) &
	       check(pool.recycles == recycles) & !ledger_differences("all wait", NULL);
}

/* A flush that the firmware refuses: no guest, and no ASID that is free again. */
static bool flush_fails(void)
{
	const unsigned int nr = capacity_of(SEV_TYPE_SEV_SNP);
	struct sevadm_pool_query pool = { 0 };
	struct sevadm_event event = { 0 };
	unsigned int again;
	bool good;

	/* Those that are free are taken first. */
	good = check(pool_now(pool_of(SEV_TYPE_SEV_SNP), &pool)) &&
	       start_many(SEV_TYPE_SEV_SNP, pool.free);
	end_all();
	good = good && all_wait(nr, pool.recycles);
	for (again = 0; good && again < 2; again++) {
		last_event(SEVADM_EVENT_PSP, &event);
		good = check(psp_fault_arm(SNP_DF_FLUSH, REFUSED)) &&
		       check(start(SEV_TYPE_SEV_SNP) == EBUSY) && check(!psp_fault_is_armed()) &&
		       check(last_event(SEVADM_EVENT_PSP, &event)) &&
		       check(event.command == SNP_DF_FLUSH) & check(event.fw_error == REFUSED) &&
		       all_wait(nr, pool.recycles);
	}
	good = good && start_many(SEV_TYPE_SEV_SNP, 1) &&
	       check(pool_now(pool_of(SEV_TYPE_SEV_SNP), &pool)) && check(pool.used == 1) &
	       check(!pool.reclaim) & check(pool.free == nr - 1) &
	       !ledger_differences("flushed", NULL) & check(tool_agrees());
	end_all();
	return good;
}

/* Nothing is set that would never hold. */
static bool no_third_pool(void)
{
	int fd;
	bool good = check(limit_set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_ASID_SEV_SNP,
				    SEVADM_A_LIMIT_MAX_VALUE, 1) == -ENOENT) &
		    check(lease(SEVADM_POOL_SEV_SNP, 1, &fd) == ENOENT);

	close(fd);
	return good;
}

/* ---- main ------------------------------------------------------------------------------------ */

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
		bool if_divided, if_joint;
	} tests[] = {
		{ "the ASIDs are divided as kvm_amd divides them", divided_as_kvm_amd_has_them, true, true },
		{ "no ASID is left for SEV-SNP guests", snp_is_empty, true, true },
		{ "no ASID is left for SEV-ES guests", es_is_empty, true, true },
		{ "a maximum for SEV-SNP guests", maximum, true, true },
		{ "a refusal beside free ASIDs is explained", room_beside_is_explained, true, false },
		{ "guarantees of each pool", guarantee, true, false },
		{ "leases of each pool", leases, true, false },
		{ "one flush for all pools", one_flush, true, false },
		{ "a flush that the firmware refuses", flush_fails, true, true },
		{ "nothing of a third pool where there is none", no_third_pool, false, true },
	};
	const char *reason = ledger_unavailable(), *missing;
	unsigned int i, nr = 0;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s cannot be opened\n", missing);
	if (!sev_host_has_snp(&host))
		ksft_exit_skip("no SEV-SNP host\n");
	snp_asids = parameter("ciphertext_hiding_asids");
	divided = snp_asids;
	device = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC);
	events = events_open(NULL);
	if (device < 0 || limits_open())
		ksft_exit_fail_msg("sevadm cannot be asked\n");
	if (!psp_fault_open())
		ksft_exit_fail_msg("no commands can be made to fail\n");

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		nr += divided ? tests[i].if_divided : tests[i].if_joint;
	ksft_set_plan(nr);
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		if (divided ? tests[i].if_divided : tests[i].if_joint)
			ksft_test_result(tests[i].run(), "%s\n", tests[i].name);
	ksft_finished();
}
