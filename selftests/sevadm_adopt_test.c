// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEVADM_CMD_ADOPT with a wrong layout, for VMs that are older than the module: it is refused with
 * its reason, and no VM enters the ledger; a member of another structure is not read. The right one
 * adopts them all: a mirror with its owner, a VM whose creating thread has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/adopt_request.h"
#include "lib/check.h"
#include "lib/flavour.h"
#include "lib/genl.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/sev_abi.h"
#include "lib/sev_vm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MEMORY		(64UL << 10)
#define PAGE		4096

#define OTHER_KERNEL	"struct kvm is not the one that sevadm.ko was built for"
#define OUTSIDE		"an offset lies outside of its structure"
#define NO_VM		"what lies at these offsets is not what kvm_amd knows of its VMs"

/* One attribute is not what it should be: @plus, added to what @as should be (0: to nothing). */
static const struct wrong {
	const char *name;
	uint16_t attribute, as;
	int plus;
	const char *text;
} wrongs[] = {
#define WRONG(name, attribute, as, plus, text) \
	{ name, SEVADM_A_ADOPT_##attribute, SEVADM_A_ADOPT_##as, plus, text }
#define BEFORE(attribute)	WRONG(#attribute " in struct kvm", attribute, KVM_SIZE, -1, OUTSIDE)
#define BEHIND(attribute)	WRONG(#attribute " behind the end", attribute, SVM_SIZE, 0, OUTSIDE)
	WRONG("a longer struct kvm", KVM_SIZE, KVM_SIZE, 8, OTHER_KERNEL),
	WRONG("vm_list at another place", KVM_VM_LIST, KVM_VM_LIST, 8, OTHER_KERNEL),
	BEFORE(ACTIVE), BEHIND(ACTIVE),
	BEFORE(ES_ACTIVE), BEHIND(ES_ACTIVE),
	BEFORE(ASID), BEHIND(ASID),
	BEFORE(HANDLE), BEHIND(HANDLE),
	BEFORE(PAGES_LOCKED), BEHIND(PAGES_LOCKED),
	BEFORE(REGIONS), BEHIND(REGIONS),
	BEFORE(OWNER), BEHIND(OWNER),
	WRONG("a long struct kvm_svm", SVM_SIZE, KVM_SIZE, PAGE + 1, OUTSIDE),
	{ "a region's list far away", SEVADM_A_ADOPT_REGION_LIST, 0, PAGE, OUTSIDE },
	{ "a region's pages far away", SEVADM_A_ADOPT_REGION_NPAGES, 0, PAGE, OUTSIDE },
	WRONG("a flag that is a number", ACTIVE, ASID, 0, NO_VM),
	WRONG("another type's pool", ES_ACTIVE, ACTIVE, 0, NO_VM),
	WRONG("an ASID that nobody has", ASID, ACTIVE, 0, NO_VM),
	WRONG("pages of no region", PAGES_LOCKED, HANDLE, 0, NO_VM),
	WRONG("a list that is none", REGIONS, ASID, 0, NO_VM),
	WRONG("pages that are a pointer", REGION_NPAGES, REGION_LIST, 0, NO_VM),
};

static struct genl genl;
static struct genl_message request;

/* 0, or the errno; its reason is in genl.text. */
static int adopt(const struct adopt_change *change)
{
	int err = genl_open(&genl);

	if (err)
		return err;
	genl_begin(&request, &genl, SEVADM_CMD_ADOPT, 0);
	err = adopt_request_put(&request, change) ? genl_talk(&genl, &request, NULL, NULL) :
	      ENOTSUP;
	genl_close(&genl);
	return err;
}

static bool ledger_is_empty(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	bool empty = fd >= 0 && ioctl(fd, SEVADM_IOC_VM_QUERY, &query) && errno == ENOENT;

	if (fd >= 0)
		close(fd);
	return empty;
}

static void wrong_one(const struct wrong *wrong)
{
	const struct adopt_change change = {
		.attribute = wrong->attribute,
		.value = (wrong->as ? adopt_request_value(wrong->as) : 0) + wrong->plus,
	};
	bool good = check(adopt(&change) == EINVAL) &&
		    check(!strncmp(genl.text, wrong->text, strlen(wrong->text))) &&
		    check(ledger_is_empty());

	if (!good)
		ksft_print_msg("says: %s\n", genl.text);
	ksft_test_result(good, "refused: %s\n", wrong->name);
}

static void missing_ones(void)
{
	struct adopt_change change = { .left_out = true };
	bool good = true;

	for (change.attribute = SEVADM_A_ADOPT_KVM_SIZE;
	     change.attribute <= SEVADM_A_ADOPT_REGION_NPAGES; change.attribute++)
		good &= check(adopt(&change) == EINVAL);
	ksft_test_result(good && check(ledger_is_empty()), "refused: an attribute is missing\n");
}

/* The VMs, older than the module. */
static struct sev_host host;
static struct sev_vm owner, mirror, orphan;

static bool create(struct sev_vm *vm, const struct flavour *f, size_t memory)
{
	return check(!sev_vm_create(vm, &host, f->type, f->init, memory).err);
}

static bool make_owner(void)
{
	struct kvm_sev_launch_start start = { .policy = flavours[0].policy };

	return create(&owner, &flavours[0], MEMORY) && check(!sev_vm_init(&owner).err) &&
	       check(!sev_vm_register(&owner, (uintptr_t)owner.memory, MEMORY).err) &&
	       check(!sev_vm_command(&owner, KVM_SEV_LAUNCH_START, &start).err);
}

static bool make_mirror(void)
{
	return create(&mirror, &flavours[0], 0) && check(!sev_vm_mirror(&mirror, &owner).err);
}

static void *make_orphan(void *good)
{
	*(bool *)good = create(&orphan, &flavours[1], 0) && check(!sev_vm_init(&orphan).err);
	return NULL;
}

static bool vms_are_made(void)
{
	pthread_t thread;
	bool good = false;

	if (!check(kmod_unload_sevadm()) || !make_owner() || !make_mirror())
		return false;
	if (!check(!pthread_create(&thread, NULL, make_orphan, &good)) ||
	    !check(!pthread_join(thread, NULL)))
		return false;
	return good && check(kmod_load("sevadm", NULL));
}

static void right_one(void)
{
	struct ledger_totals totals = { 0 };

	ksft_test_result(check(!adopt(NULL)) && check(!ledger_differences("adopted", &totals)) &&
			 check(totals.vms == 3),
			 "all are adopted: a VM, its mirror, one whose thread has ended\n");
	/* The owner stays until its mirror has gone. */
	sev_vm_close(&owner);
	sev_vm_close(&orphan);
	sev_vm_close(&mirror);
	ksft_test_result(check(!ledger_differences("ended", &totals)) && check(!totals.vms),
			 "and leave the ledger when they end\n");
}

int main(void)
{
	const char *reason = ledger_unavailable(), *missing;
	size_t i;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s: %s\n", missing, strerror(errno));
	if (!adopt_request_prepare())
		ksft_exit_fail_msg("the kernel's BTF does not say where kvm_amd keeps its VMs\n");

	ksft_set_plan(ARRAY_SIZE(wrongs) + 3);
	if (!vms_are_made())
		ksft_exit_fail_msg("no VMs can be made\n");
	missing_ones();
	for (i = 0; i < ARRAY_SIZE(wrongs); i++)
		wrong_one(&wrongs[i]);
	right_one();
	sev_vm_free_memory(&owner);
	sev_host_close(&host);
	ksft_finished();
}
