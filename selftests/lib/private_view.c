// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sevadm says is private, and what the emulated machine's own RMP has.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "json.h"
#include "private_view.h"
#include "rmp_count.h"
#include "run.h"
#include "sev_vm.h"

/* Pages return when their last user is gone, which may be a batch of the page cache. */
#define TRIES		6000
#define PAUSE_US	20000

/* Pages were made private before the module was there. */
static bool reloaded;

void private_view_reloaded(void)
{
	reloaded = true;
}

static unsigned long long guest_pages(const struct rmp_counts *counts)
{
	return counts->pages[RMP_PRE_GUEST] + counts->pages[RMP_PRE_SWAP] +
	       counts->pages[RMP_GUEST_INVALID] + counts->pages[RMP_GUEST_VALID];
}

static unsigned long long firmware_pages(const struct rmp_counts *counts)
{
	return counts->pages[RMP_FIRMWARE] + counts->pages[RMP_FIRMWARE_IOMMU] +
	       counts->pages[RMP_RECLAIM] + counts->pages[RMP_CONTEXT] +
	       counts->pages[RMP_METADATA];
}

bool private_view_ledger(struct private_view *view)
{
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC);
	uint64_t after = 0;
	bool more = fd >= 0;

	for (view->vm_nr = 0; more && view->vm_nr < PRIVATE_VMS_MAX; view->vm_nr += more) {
		struct sevadm_vm_query *vm = &view->vms[view->vm_nr];

		*vm = (struct sevadm_vm_query) {
			.size = sizeof(*vm), .by = SEVADM_VM_BY_NEXT, .vm = after };
		more = !ioctl(fd, SEVADM_IOC_VM_QUERY, vm);
		after = vm->vm;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && errno == ENOENT;
}

static bool read_rmp(struct private_view *view)
{
	struct rmp_counts counts;
	unsigned int i;

	if (!rmp_count(RMP_ANY_ASID, &counts))
		return false;
	view->guests_rmp = guest_pages(&counts);
	view->firmware_rmp = firmware_pages(&counts);
	for (i = 0; i < view->vm_nr; i++) {
		if (!(view->vms[i].known & SEVADM_KNOWN_ASID)) {
			view->vm_rmp[i] = 0;
			continue;
		}
		if (!rmp_count(view->vms[i].asid, &counts))
			return false;
		view->vm_rmp[i] = guest_pages(&counts);
	}
	return true;
}

static bool same_rmp(const struct private_view *a, const struct private_view *b)
{
	return a->guests_rmp == b->guests_rmp && a->firmware_rmp == b->firmware_rmp &&
	       !memcmp(a->vm_rmp, b->vm_rmp, a->vm_nr * sizeof(a->vm_rmp[0]));
}

/* False: what changes meanwhile, or a guest whose pages are not all known. */
static bool read_both(struct private_view *view)
{
	struct private_view again;

	memset(view, 0, sizeof(*view));
	if (!private_view_ledger(view) || !read_rmp(view))
		return false;
	again = *view;
	return read_rmp(&again) && same_rmp(view, &again);
}

static unsigned int vm_differences(const struct private_view *view, const char *where, bool print)
{
	unsigned int i, differences = 0;

	for (i = 0; i < view->vm_nr; i++) {
		const struct sevadm_vm_query *vm = &view->vms[i];
		unsigned long long pages = vm->private_bytes / SEV_PAGE_SIZE;
		bool good = vm->known & SEVADM_KNOWN_PRIVATE ?
			    pages == view->vm_rmp[i] &&
			    vm->private_peak_bytes >= vm->private_bytes &&
			    (reloaded || vm->conversions - vm->reclaims == pages) :
			    !(vm->known & SEVADM_KNOWN_ASID);

		differences += !good;
		if (!good && print)
			ksft_print_msg("%s: VM %llu, ASID %u: %llu pages (%llu made, %llu given back), the RMP has %llu\n",
				       where, (unsigned long long)vm->vm, vm->asid, pages,
				       (unsigned long long)vm->conversions,
				       (unsigned long long)vm->reclaims, view->vm_rmp[i]);
	}
	return differences;
}

bool vms_agree(const char *where, int vms, long long pages)
{
	struct private_view view;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (read_both(&view) && (vms < 0 || view.vm_nr == (unsigned int)vms) &&
		    !vm_differences(&view, where, false) &&
		    (pages < 0 || view.guests_rmp == (unsigned long long)pages))
			return true;
		usleep(PAUSE_US);
	}
	ksft_print_msg("%s: %u VMs, should be %d; the RMP has %llu pages of guests, should be %lld\n",
		       where, view.vm_nr, vms, view.guests_rmp, pages);
	vm_differences(&view, where, true);
	return false;
}

bool host_agrees(const char *where)
{
	const char *const argv[] = { run_sevadm(), "-j", "status", NULL };
	struct json_object *status = NULL, *private;
	struct private_view view;
	bool good = false;
	int tries;

	for (tries = 0; tries < TRIES && !good; tries++) {
		json_object_put(status);
		status = run_json(argv);
		private = json_at(status, "private");
		good = read_both(&view) &&
		       json_number(private, "current_bytes") ==
		       (long long)(view.guests_rmp * SEV_PAGE_SIZE) &&
		       json_number(private, "firmware_bytes") ==
		       (long long)(view.firmware_rmp * SEV_PAGE_SIZE) &&
		       (reloaded || json_number(private, "conversions") -
				    json_number(private, "reclaims") ==
				    json_number(private, "current_bytes") / (long long)SEV_PAGE_SIZE);
		if (!good)
			usleep(PAUSE_US);
	}
	if (!good)
		ksft_print_msg("%s: %s, the RMP has %llu pages of guests and %llu of the firmware\n",
			       where, json_object_to_json_string(json_at(status, "private")),
			       view.guests_rmp, view.firmware_rmp);
	json_object_put(status);
	return good;
}

long long rmp_guest_bytes(void)
{
	struct rmp_counts counts;

	return rmp_count(RMP_ANY_ASID, &counts) ?
	       (long long)(guest_pages(&counts) * SEV_PAGE_SIZE) : -1;
}

/* What sevadm has read of the RMP, or that it cannot, on a kernel without /dev/mem. */
static bool rmp_agrees(struct json_object *rmp)
{
	bool compared = json_object_get_boolean(json_at(rmp, "compared"));
	struct private_view view;

	if (access("/dev/mem", F_OK))
		return !compared && strstr(json_text(rmp, "reason"), "/dev/mem");
	return compared && read_both(&view) &&
	       json_number(rmp, "guest_bytes") == (long long)(view.guests_rmp * SEV_PAGE_SIZE) &&
	       json_number(rmp, "firmware_bytes") ==
	       (long long)(view.firmware_rmp * SEV_PAGE_SIZE);
}

bool check_agrees(const char *where)
{
	const char *const argv[] = { run_sevadm(), "-j", "check", "ledger", NULL };
	struct json_object *check = run_json(argv);
	bool good;

	good = rmp_agrees(json_at(check, "rmp")) && !strcmp(json_text(check, "verdict"), "ok");
	if (!good)
		ksft_print_msg("%s: %s\n", where, json_object_to_json_string(check));
	json_object_put(check);
	return good;
}
