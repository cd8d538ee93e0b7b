// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's count of the ASIDs against a model of what KVM does with them, which this test drives.
 * While it looks, the module does not read kvm_amd's bitmaps (parameter read_bitmaps): nothing that
 * is compared here comes from where it is compared with.
 *
 * The model: KVM takes a free ASID of the guest's pool. If there is none, and one of that pool
 * waits, it flushes and makes all that wait free, those of both pools; else it refuses. When a VM
 * ends its ASID waits (sev_asid_new(), sev_asid_free(), __sev_recycle_asids()).
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
#include "lib/ledger.h"
#include "lib/sev_abi.h"
#include "lib/sev_vm.h"

#define PARAMETER	"/sys/module/sevadm/parameters/read_bitmaps"
#define VMS_MAX		64
#define EVENTS_MAX	4096

static struct sev_host host;
static int device = -1;

/* ---- the module: what it says ---------------------------------------------------------------- */

static struct sevadm_pool_query pool_now(__u32 pool)
{
	struct sevadm_pool_query query = { .size = sizeof(query), .pool = pool };

	/* Not all hosts have one for SEV-SNP guests: it has no ASID, and nothing to count. */
	if (ioctl(device, SEVADM_IOC_POOL_QUERY, &query) &&
	    (errno != ENOENT || pool != SEVADM_POOL_SEV_SNP))
		ksft_exit_fail_msg("SEVADM_IOC_POOL_QUERY: %s\n", strerror(errno));
	return query;
}

static struct sevadm_asid_query asid_now(__u32 asid)
{
	struct sevadm_asid_query query = { .size = sizeof(query), .asid = asid };

	if (ioctl(device, SEVADM_IOC_ASID_QUERY, &query))
		ksft_exit_fail_msg("SEVADM_IOC_ASID_QUERY: %s\n", strerror(errno));
	return query;
}

static bool bitmaps_are_read(bool read)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, read ? "Y" : "N", 1) == 1;

	if (fd >= 0)
		close(fd);
	return done;
}

/* ---- the model ------------------------------------------------------------------------------- */

struct model {
	unsigned int capacity, used, waiting, peak;
	unsigned long long recycles;
};

static struct model models[SEVADM_POOL_NR];
static unsigned int recycled;		/* ASIDs that the last flush made free; 0: there was none */

static __u32 pool_of(enum sev_type type)
{
	return type == SEV_TYPE_SEV ? SEVADM_POOL_SEV : SEVADM_POOL_SEV_ES;
}

/* Return true if KVM gives one. */
static bool model_take(__u32 pool)
{
	struct model *model = &models[pool];
	unsigned int i;

	recycled = 0;
	if (model->used + model->waiting == model->capacity) {
		if (!model->waiting)
			return false;
		for (i = 0; i < SEVADM_POOL_NR; i++) {
			recycled += models[i].waiting;
			models[i].waiting = 0;
			models[i].recycles += models[i].capacity > 0;
		}
	}
	model->used++;
	if (model->used > model->peak)
		model->peak = model->used;
	return true;
}

static void model_give_back(__u32 pool)
{
	models[pool].used--;
	models[pool].waiting++;
}

/* What is there before the test is taken over once: how it came about, nobody has seen. */
static void model_begin(void)
{
	__u32 pool;

	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		struct sevadm_pool_query query = pool_now(pool);

		models[pool] = (struct model) { query.capacity, query.used, query.reclaim,
					       query.peak, query.recycles };
	}
}

static bool same(const char *where, __u32 pool, const char *what, unsigned long long seen,
		 unsigned long long want)
{
	if (seen != want)
		ksft_print_msg("%s: pool %u: %s is %llu, the model has %llu\n", where, pool, what, seen,
			       want);
	return seen == want;
}

/* Counts, peaks, and how many of the ASIDs are in which state. */
static bool model_holds(const char *where)
{
	bool good = true;
	__u32 pool, asid;

	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		const struct model *model = &models[pool];
		struct sevadm_pool_query query = pool_now(pool);
		unsigned int states[3] = { 0 };

		good &= same(where, pool, "used", query.used, model->used);
		good &= same(where, pool, "reclaim", query.reclaim, model->waiting);
		good &= same(where, pool, "free", query.free,
			     model->capacity - model->used - model->waiting);
		good &= same(where, pool, "peak", query.peak, model->peak);
		good &= same(where, pool, "recycles", query.recycles, model->recycles);
		for (asid = query.min_asid; query.capacity && asid <= query.max_asid; asid++)
			states[asid_now(asid).state % 3]++;
		good &= same(where, pool, "ASIDs in use", states[SEVADM_ASID_STATE_USED], model->used);
		good &= same(where, pool, "ASIDs that wait", states[SEVADM_ASID_STATE_RECLAIM],
			     model->waiting);
	}
	return good;
}

/* ---- events ---------------------------------------------------------------------------------- */

static int events = -1;

/* ASIDs whose change to @state was reported since the last call; the last one in @asid. */
static unsigned int count_events(__u32 pool, __u32 state, __u32 *asid)
{
	static struct sevadm_event seen[EVENTS_MAX];
	int nr = events_read(events, seen, EVENTS_MAX), i;
	unsigned int count = 0;

	for (i = 0; i < nr; i++)
		if (seen[i].type == SEVADM_EVENT_ASID && seen[i].pool == pool &&
		    seen[i].asid_state == state) {
			*asid = seen[i].asid;
			count++;
		}
	return count;
}

/* ---- VMs ------------------------------------------------------------------------------------- */

struct guest {
	struct sev_vm vm;
	__u32 pool, asid;
};

static struct guest guests[VMS_MAX];

/* A VM up to where its ASID has shown. False: KVM did otherwise than the model. */
static bool start(struct guest *guest, enum sev_type type)
{
	struct kvm_sev_launch_start launch = { .policy = type == SEV_TYPE_SEV ? 0 : 4 };
	bool given;

	guest->pool = pool_of(type);
	given = model_take(guest->pool);
	if (sev_vm_create(&guest->vm, &host, type, SEV_INIT_LEGACY, 0).err)
		ksft_exit_fail_msg("a VM cannot be created: %s\n", strerror(errno));
	if (given != !sev_vm_init(&guest->vm).err) {
		ksft_print_msg("KVM %s an ASID, which the model does not\n", given ? "refuses" : "gives");
		return false;
	}
	if (!given) {
		sev_vm_close(&guest->vm);
		guest->vm.fd = -1;
		return true;
	}
	if (sev_vm_command(&guest->vm, KVM_SEV_LAUNCH_START, &launch).err)
		return check(false);
	return check(count_events(guest->pool, SEVADM_ASID_STATE_USED, &guest->asid) == 1) &
	       check(asid_now(guest->asid).state == SEVADM_ASID_STATE_USED);
}

static bool end(struct guest *guest)
{
	__u32 asid = 0;

	sev_vm_close(&guest->vm);
	guest->vm.fd = -1;
	model_give_back(guest->pool);
	return check(count_events(guest->pool, SEVADM_ASID_STATE_RECLAIM, &asid) == 1) &
	       check(asid == guest->asid) &
	       check(asid_now(guest->asid).state == SEVADM_ASID_STATE_RECLAIM);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static bool one_by_one(enum sev_type type)
{
	unsigned int i, nr = models[pool_of(type)].capacity * 2 + 1;
	bool good = true;

	for (i = 0; i < nr && good; i++)
		good = start(&guests[0], type) && model_holds("after its start") && end(&guests[0]) &&
		       model_holds("after its end");
	return good;
}

/* All that there are, one that is refused, and then one for each that ends. */
static bool until_refused(enum sev_type type)
{
	unsigned int i, nr = models[pool_of(type)].capacity;
	bool good = nr < VMS_MAX;

	for (i = 0; i < nr && good; i++)
		good = start(&guests[i], type) && model_holds("while they come");
	good = good && start(&guests[nr], type) && check(guests[nr].vm.fd < 0) && model_holds("refused");
	for (i = 0; i < nr && good; i += 2)
		good = end(&guests[i]) && start(&guests[i], type) && model_holds("one for another");
	while (nr--)
		good = end(&guests[nr]) && good;
	return model_holds("when they are gone") && good;
}

/* A flush that one pool needs makes free what waits of the other. */
static bool both_pools(void)
{
	unsigned int i, nr = models[SEVADM_POOL_SEV].capacity + 1, flushed = 0;
	bool good = start(&guests[0], SEV_TYPE_SEV_ES) && end(&guests[0]);

	for (i = 0; i < nr && good; i++) {
		good = start(&guests[0], SEV_TYPE_SEV);
		flushed += recycled;
		good = good && end(&guests[0]) && model_holds("with the other pool");
	}
	return check(flushed > 0) & good;
}

/* What kvm_amd's own memory says comes to the same, once it is asked. */
static bool bitmaps_agree(void)
{
	return check(bitmaps_are_read(true)) & model_holds("with the bitmaps read") &
	       !ledger_differences("with the bitmaps read", NULL);
}

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(enum sev_type type);
		enum sev_type type;
	} tests[] = {
		{ "SEV guests one by one", one_by_one, SEV_TYPE_SEV },
		{ "SEV-ES guests one by one", one_by_one, SEV_TYPE_SEV_ES },
		{ "SEV guests until one is refused", until_refused, SEV_TYPE_SEV },
		{ "SEV-ES guests until one is refused", until_refused, SEV_TYPE_SEV_ES },
	};
	const char *reason = ledger_unavailable(), *missing;
	const unsigned int nr = sizeof(tests) / sizeof(*tests);
	unsigned int i;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s cannot be opened\n", missing);
	device = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC);
	events = events_open(NULL);
	/* The first guest initialises the platform. */
	if (device < 0 ||
	    sev_vm_create(&guests[0].vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, 0).err ||
	    sev_vm_init(&guests[0].vm).err)
		ksft_exit_fail_msg("no guest can be started here\n");
	sev_vm_close(&guests[0].vm);
	model_begin();
	if (models[SEVADM_POOL_SEV].used || models[SEVADM_POOL_SEV_ES].used)
		ksft_exit_fail_msg("other guests run here: this test counts ASIDs\n");
	if (!bitmaps_are_read(false))
		ksft_exit_fail_msg("%s: %s\n", PARAMETER, strerror(errno));

	ksft_set_plan(nr + 2);
	for (i = 0; i < nr; i++)
		ksft_test_result(tests[i].run(tests[i].type), "%s\n", tests[i].name);
	ksft_test_result(both_pools(), "one flush for both pools\n");
	ksft_test_result(bitmaps_agree(), "kvm_amd's bitmaps agree\n");
	ksft_finished();
}
