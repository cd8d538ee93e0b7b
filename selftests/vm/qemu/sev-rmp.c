// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reverse map table: entries, page states, and what RMPUPDATE, PSMASH and RMPREAD do to them.
 *
 * Of a 2 MiB page the first entry says it all; the others are assigned and have no ASID. The first
 * entry of each 2 MiB region also counts how many of the others are assigned as 4 KiB pages.
 *
 * What the manuals leave open: a 2 MiB RMPUPDATE of a region with assigned 4 KiB pages overlaps them
 * even if one of them is immutable, and RMPUPDATE sets the lock bit with the immutable one (as the
 * firmware's check of pages for SNP_PAGE_SET_STATE implies).
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/thread.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/sev-rmp.h"

#define VMPL0_ALL	0xf

typedef struct SevRmp {
	hwaddr base, end;
	uint8_t *table;			/* NULL: none, or not in RAM */
	uint64_t entries;
	uint32_t max_asid;
	uint32_t *assigned;		/* pages by GiB: for mappings of one */
	bool grew;			/* a page was assigned or taken: translations may be stale */

	uint64_t changes;
	uint64_t counted;		/* at which change counts[] was right */
	uint64_t counts[RMP_ASIDS + 1][SEV_PAGE_STATE_COUNT];
} SevRmp;

static SevRmp rmp;
static QemuMutex lock;

static void __attribute__((constructor)) rmp_construct(void)
{
	qemu_mutex_init(&lock);
}

static uint64_t *entry_at(uint64_t pfn)
{
	return (uint64_t *)(rmp.table + RMP_COUNTERS_SIZE + pfn * RMP_ENTRY_SIZE);
}

static uint64_t info_at(uint64_t pfn)
{
	return le64_to_cpu(qatomic_read(entry_at(pfn)));
}

static uint32_t asid_of(uint64_t info)
{
	return (info & RMP_ASID) >> RMP_ASID_SHIFT;
}

static uint64_t head_of(uint64_t pfn)
{
	return pfn & ~(uint64_t)(RMP_PAGES_2M - 1);
}

static bool large(uint64_t info)
{
	return (info & (RMP_ASSIGNED | RMP_2M)) == (RMP_ASSIGNED | RMP_2M);
}

static uint64_t subpages(uint64_t info)
{
	return (info & RMP_SUBPAGES) >> RMP_SUBPAGES_SHIFT;
}

/* The processor's counters: an entry's pages, none of which is another entry's. */
static void count_asid(uint64_t info, int64_t sign)
{
	uint64_t *counter = (uint64_t *)rmp.table + asid_of(info);
	int64_t pages = large(info) ? RMP_PAGES_2M : 1;

	if (asid_of(info))
		*counter = cpu_to_le64(le64_to_cpu(*counter) + sign * pages);
}

/* Nothing but the entry and what is counted by it; the region's count is the caller's. */
static void store(uint64_t pfn, uint64_t info, uint64_t permissions)
{
	uint64_t *entry = entry_at(pfn), old = info_at(pfn);
	uint32_t *assigned = &rmp.assigned[pfn * RMP_4K_SIZE / RMP_1G_SIZE];

	count_asid(old, -1);
	count_asid(info, 1);
	if (!(old & RMP_ASSIGNED) && info & RMP_ASSIGNED) {
		qatomic_set(assigned, *assigned + 1);
		rmp.grew = true;
	} else if (old & RMP_ASSIGNED && !(info & RMP_ASSIGNED)) {
		qatomic_set(assigned, *assigned - 1);
	}
	entry[1] = cpu_to_le64(permissions);
	qatomic_set(entry, cpu_to_le64(info));
	rmp.changes++;
}

static void store_4k(uint64_t pfn, uint64_t info, uint64_t permissions)
{
	uint64_t head = head_of(pfn), old = info_at(pfn);
	int change = !!(info & RMP_ASSIGNED) - !!(old & RMP_ASSIGNED);

	if (pfn == head) {
		info = (info & ~RMP_SUBPAGES) | (old & RMP_SUBPAGES);
	} else {
		uint64_t first = info_at(head);

		first = deposit64(first, RMP_SUBPAGES_SHIFT, 9, subpages(first) + change);
		qatomic_set(entry_at(head), cpu_to_le64(first));
		info &= ~RMP_SUBPAGES;
	}
	store(pfn, info, permissions);
}

/* Stale translations of pages that are the host's no longer go when all is written. */
static void finish(void)
{
	bool grew = rmp.grew;

	rmp.grew = false;
	qemu_mutex_unlock(&lock);
	if (grew)
		sev_host_flush();
}

void sev_rmp_move(hwaddr base, hwaddr end)
{
	MemoryRegionSection section = {};

	g_clear_pointer(&rmp.assigned, g_free);
	rmp = (SevRmp) { .base = base, .end = end, .max_asid = rmp.max_asid };
	if (!base || end < base + RMP_COUNTERS_SIZE + RMP_ENTRY_SIZE)
		return;
	section = memory_region_find(get_system_memory(), base, end - base + 1);
	if (!section.mr)
		return;
	if (memory_region_is_ram(section.mr) && int128_get64(section.size) == end - base + 1) {
		rmp.table = memory_region_get_ram_ptr(section.mr) +
			    section.offset_within_region;
		rmp.entries = (end - base + 1 - RMP_COUNTERS_SIZE) / RMP_ENTRY_SIZE;
		rmp.assigned = g_new0(uint32_t, rmp.entries * RMP_4K_SIZE / RMP_1G_SIZE + 1);
	}
	memory_region_unref(section.mr);
}

hwaddr sev_rmp_base(void)
{
	return rmp.base;
}

hwaddr sev_rmp_end(void)
{
	return rmp.end;
}

bool sev_rmp_itself(hwaddr page)
{
	return rmp.base && page >= rmp.base && page <= rmp.end;
}

void sev_rmp_limit_asids(uint32_t max_asid)
{
	rmp.max_asid = MIN(max_asid, RMP_ASIDS - 1);
}

void sev_rmp_recount(void)
{
	qemu_mutex_lock(&lock);
	if (rmp.assigned)
		memset(rmp.assigned, 0,
		       (rmp.entries * RMP_4K_SIZE / RMP_1G_SIZE + 1) * sizeof(*rmp.assigned));
	for (uint64_t pfn = 0; pfn < rmp.entries; pfn++) {
		if (info_at(pfn) & RMP_ASSIGNED)
			rmp.assigned[pfn * RMP_4K_SIZE / RMP_1G_SIZE]++;
	}
	rmp.changes++;
	rmp.grew = true;
	finish();
}

void sev_rmp_clear(void)
{
	qemu_mutex_lock(&lock);
	if (rmp.table) {
		memset(rmp.table, 0, RMP_COUNTERS_SIZE + rmp.entries * RMP_ENTRY_SIZE);
		memset(rmp.assigned, 0,
		       (rmp.entries * RMP_4K_SIZE / RMP_1G_SIZE + 1) * sizeof(*rmp.assigned));
	}
	rmp.changes++;
	finish();
}

bool sev_rmp_read(hwaddr page, SevRmpEntry *entry)
{
	uint64_t pfn = page / RMP_4K_SIZE;

	*entry = (SevRmpEntry) {};
	if (pfn >= rmp.entries)
		return false;
	entry->info = info_at(pfn);
	entry->permissions = le64_to_cpu(entry_at(pfn)[1]);
	return true;
}

static SevPageState private_state(uint64_t info)
{
	bool valid = info & RMP_VALIDATED, immutable = info & RMP_IMMUTABLE;

	if (immutable)
		return valid ? SEV_PAGE_PRE_SWAP : SEV_PAGE_PRE_GUEST;
	return valid ? SEV_PAGE_GUEST_VALID : SEV_PAGE_GUEST_INVALID;
}

/* Document 56860, chapter 6, table "page states"; the tags are the published firmware's. */
static SevPageState info_state(uint64_t info)
{
	uint64_t gpa = info & RMP_GPA;

	if (!(info & RMP_ASSIGNED)) {
		if (info & (RMP_VALIDATED | RMP_ASID))
			return SEV_PAGE_INVALID;
		return info & RMP_IMMUTABLE ? SEV_PAGE_HV_FIXED : SEV_PAGE_HYPERVISOR;
	}
	if (info & RMP_ASID)
		return private_state(info);
	if (info & RMP_VALIDATED)
		return SEV_PAGE_INVALID;
	if (!(info & RMP_IMMUTABLE))
		return info & RMP_LOCK ? SEV_PAGE_INVALID : SEV_PAGE_RECLAIM;
	if (!gpa)
		return info & RMP_VMSA ? SEV_PAGE_CONTEXT : SEV_PAGE_FIRMWARE;
	if ((gpa & RMP_TAG) == RMP_TAG_METADATA && gpa & ~RMP_TAG)
		return SEV_PAGE_METADATA;
	if (gpa == (RMP_FIRMWARE_IOMMU & RMP_GPA) && !(info & RMP_VMSA))
		return SEV_PAGE_FIRMWARE_IOMMU;
	return SEV_PAGE_INVALID;
}

SevPageState sev_rmp_state(hwaddr page, SevRmpEntry *entry)
{
	return sev_rmp_read(page, entry) ? info_state(entry->info) : SEV_PAGE_DEFAULT;
}

#define STATE_NAME(name, text)	[SEV_PAGE_##name] = (text),
static const char *const state_names[] = { SEV_PAGE_STATES(STATE_NAME) };

const char *sev_page_state_name(SevPageState state)
{
	return state_names[state];
}

void sev_rmp_write(hwaddr page, SevRmpEntry entry)
{
	uint64_t pfn = page / RMP_4K_SIZE;

	if (pfn >= rmp.entries)
		return;
	qemu_mutex_lock(&lock);
	store_4k(pfn, entry.info, entry.permissions);
	finish();
}

void sev_rmp_fill(hwaddr page, uint64_t count, uint64_t info)
{
	uint64_t pfn = page / RMP_4K_SIZE, end = MIN(pfn + count, rmp.entries);

	qemu_mutex_lock(&lock);
	for (; pfn < end; pfn++)
		store_4k(pfn, info, 0);
	finish();
}

bool sev_rmp_unsmash(hwaddr page)
{
	uint64_t pfn = page / RMP_4K_SIZE;
	SevRmpEntry first;

	if (!sev_rmp_read(page, &first) || pfn + RMP_PAGES_2M > rmp.entries)
		return false;
	qemu_mutex_lock(&lock);
	first.info = info_at(pfn) & ~RMP_SUBPAGES;
	for (int i = 1; i < RMP_PAGES_2M; i++)
		store(pfn + i, RMP_ASSIGNED, 0);
	store(pfn, first.info | RMP_2M, first.permissions);
	finish();
	return true;
}

/* ---- instructions -------------------------------------------------------------------------- */

static bool update_is_valid(hwaddr page, const SevRmpUpdate *u)
{
	bool is_2m = u->page_size;

	if (u->assigned > 1 || u->page_size > 1 || u->immutable > 1 || u->reserved)
		return false;
	if (page / RMP_4K_SIZE + (is_2m ? RMP_PAGES_2M : 1) > rmp.entries)
		return false;
	if (is_2m && (page | u->gpa) & (RMP_2M_SIZE - 1))
		return false;
	if (u->gpa & ~RMP_GPA || u->asid > rmp.max_asid)
		return false;
	return u->assigned ? u->asid || !u->gpa : !u->asid && !u->immutable;
}

static uint32_t update_conflict(uint64_t pfn, const SevRmpUpdate *u)
{
	uint64_t old = info_at(pfn), first = info_at(head_of(pfn));

	if (old & RMP_IMMUTABLE)
		return RMP_FAIL_PERMISSION;
	if (!u->page_size)
		return large(first) ? RMP_FAIL_OVERLAP : RMP_OK;
	if (large(old))
		return RMP_OK;
	if (subpages(old))
		return RMP_FAIL_OVERLAP;
	for (int i = 1; i < RMP_PAGES_2M; i++) {
		if (info_at(pfn + i) & RMP_IMMUTABLE)
			return RMP_FAIL_PERMISSION;
	}
	return RMP_OK;
}

uint32_t sev_rmp_update(hwaddr page, const SevRmpUpdate *u)
{
	uint64_t pfn = page / RMP_4K_SIZE, info = 0, permissions = 0;
	uint32_t result;

	if (!update_is_valid(page, u))
		return RMP_FAIL_INPUT;
	if (u->assigned) {
		info = RMP_ASSIGNED | u->gpa | (uint64_t)u->asid << RMP_ASID_SHIFT;
		if (u->immutable)
			info |= RMP_IMMUTABLE | RMP_LOCK;
		permissions = u->asid ? VMPL0_ALL : 0;
	}
	qemu_mutex_lock(&lock);
	result = update_conflict(pfn, u);
	/* What its guest has validated it must not reach any more. */
	rmp.grew |= !result && info_at(pfn) & RMP_VALIDATED;
	if (!result && u->page_size) {
		for (int i = 1; i < RMP_PAGES_2M; i++)
			store(pfn + i, info & RMP_ASSIGNED, 0);
		store(pfn, info ? info | RMP_2M : 0, permissions);
	} else if (!result) {
		store_4k(pfn, info, permissions);
	}
	finish();
	return result;
}

uint32_t sev_rmp_smash(hwaddr page)
{
	uint64_t pfn = page / RMP_4K_SIZE, info, permissions;
	uint32_t result = RMP_OK;

	if (page & (RMP_2M_SIZE - 1) || pfn + RMP_PAGES_2M > rmp.entries)
		return RMP_FAIL_INPUT;
	qemu_mutex_lock(&lock);
	info = info_at(pfn);
	permissions = le64_to_cpu(entry_at(pfn)[1]);
	if (!large(info)) {
		result = RMP_FAIL_INPUT;
	} else if (info & RMP_IMMUTABLE) {
		result = RMP_FAIL_PERMISSION;
	} else {
		info &= ~(RMP_2M | RMP_SUBPAGES);
		store(pfn, info | (RMP_PAGES_2M - 1) << RMP_SUBPAGES_SHIFT, permissions);
		for (int i = 1; i < RMP_PAGES_2M; i++)
			store(pfn + i, info + (asid_of(info) ? i * RMP_4K_SIZE : 0), permissions);
	}
	finish();
	return result;
}

uint32_t sev_rmp_reading(hwaddr page, SevRmpReading *reading)
{
	uint64_t pfn = page / RMP_4K_SIZE, info, first;

	if (pfn >= rmp.entries)
		return RMP_FAIL_INPUT;
	info = info_at(pfn);
	first = info_at(head_of(pfn));
	*reading = (SevRmpReading) {
		.gpa = info & RMP_GPA,
		.assigned = !!(info & RMP_ASSIGNED),
		.page_size = large(first) | (first & (RMP_ASSIGNED | RMP_SUBPAGES) ? 2 : 0),
		.immutable = !!(info & RMP_IMMUTABLE),
		.asid = asid_of(info),
	};
	return RMP_OK;
}

/* ---- guests -------------------------------------------------------------------------------- */

/* Where the entry is that says it all of a page. */
static uint64_t entry_of(uint64_t pfn)
{
	return large(info_at(head_of(pfn))) ? head_of(pfn) : pfn;
}

static bool owned(uint64_t info, uint32_t asid)
{
	return info & RMP_ASSIGNED && asid_of(info) == asid && !(info & RMP_IMMUTABLE);
}

hwaddr sev_rmp_gpa(hwaddr page)
{
	uint64_t pfn = page / RMP_4K_SIZE, at = entry_of(pfn);

	return (info_at(at) & RMP_GPA) + (pfn - at) * RMP_4K_SIZE;
}

/* Volume 2, 15.36.10, in the order of table 15-39. */
SevRmpVerdict sev_rmp_guest_access(hwaddr addr, hwaddr gpa, uint64_t page_size,
				   const SevRmpGuest *guest, uint8_t *permissions)
{
	uint64_t pfn = addr / RMP_4K_SIZE, at, info;

	if (pfn >= rmp.entries)
		return SEV_RMP_VIOLATION;
	at = entry_of(pfn);
	info = info_at(at);
	if (!owned(info, guest->asid) || sev_rmp_gpa(addr) != (gpa & ~(RMP_4K_SIZE - 1)) ||
	    large(info) != (page_size >= RMP_2M_SIZE))
		return SEV_RMP_VIOLATION;
	*permissions = le64_to_cpu(entry_at(at)[1]) >> (8 * guest->vmpl);
	return info & RMP_VALIDATED ? SEV_RMP_OWN : SEV_RMP_NOT_VALIDATED;
}

/* Table 15-41, but for the guest's address, which nothing says. */
bool sev_rmp_is_vmsa(hwaddr page, uint32_t asid)
{
	uint64_t pfn = page / RMP_4K_SIZE;

	if (!asid)
		return sev_rmp_host_writable(page, RMP_4K_SIZE);
	return pfn < rmp.entries && owned(info_at(entry_of(pfn)), asid) &&
	       info_at(entry_of(pfn)) & RMP_VMSA;
}

/* Finds a page's entry and checks what PVALIDATE and RMPADJUST both demand of it. */
static uint32_t reach(hwaddr page, uint32_t asid, bool is_2m, uint64_t *at)
{
	if (page / RMP_4K_SIZE >= rmp.entries)
		return RMP_EXIT_OWNER;
	*at = entry_of(page / RMP_4K_SIZE);
	if (!owned(info_at(*at), asid))
		return RMP_EXIT_OWNER;
	if (large(info_at(*at)) && !is_2m)
		return RMP_EXIT_SIZE;
	return large(info_at(*at)) || !is_2m ? RMP_OK : RMP_FAIL_SIZEMISMATCH;
}

/* Changes nothing that is counted. */
static void set_entry(uint64_t at, uint64_t info, uint64_t permissions)
{
	entry_at(at)[1] = cpu_to_le64(permissions);
	qatomic_set(entry_at(at), cpu_to_le64(info));
	rmp.changes++;
}

uint32_t sev_rmp_validate(hwaddr page, const SevRmpGuest *guest, bool is_2m, bool validate,
			  bool *unchanged)
{
	uint32_t result;
	uint64_t at, info;

	qemu_mutex_lock(&lock);
	result = reach(page, guest->asid, is_2m, &at);
	if (!result) {
		info = info_at(at);
		*unchanged = !!(info & RMP_VALIDATED) == validate;
		info = validate ? info | RMP_VALIDATED : info & ~RMP_VALIDATED;
		set_entry(at, info, le64_to_cpu(entry_at(at)[1]));
	}
	qemu_mutex_unlock(&lock);
	return result;
}

/* Volume 3: of a less privileged level than its own, and no more than it may itself. */
uint32_t sev_rmp_adjust(hwaddr page, const SevRmpGuest *guest, bool is_2m, uint64_t attributes)
{
	uint8_t target = attributes, mask = attributes >> 8;
	bool vmsa = attributes >> 16 & 1;
	uint64_t at, permissions;
	uint32_t result;

	if (target >= RMP_VMPLS || mask & ~RMP_PERMISSIONS)
		return RMP_FAIL_INPUT;
	if (target <= guest->vmpl || (vmsa && guest->vmpl))
		return RMP_FAIL_PERMISSION;
	qemu_mutex_lock(&lock);
	result = reach(page, guest->asid, is_2m, &at);
	if (!result) {
		uint64_t info = info_at(at);

		permissions = le64_to_cpu(entry_at(at)[1]);
		if (mask & ~(permissions >> (8 * guest->vmpl)))
			result = RMP_FAIL_PERMISSION;
		else if (guest->vmpl)
			set_entry(at, info, deposit64(permissions, 8 * target, 8, mask));
		else
			set_entry(at, vmsa ? info | RMP_VMSA : info & ~RMP_VMSA,
				  deposit64(permissions, 8 * target, 8, mask));
	}
	qemu_mutex_unlock(&lock);
	return result;
}

/* ---- accesses and counts ------------------------------------------------------------------- */

/*
 * Volume 2, 15.36.10: the page must be the hypervisor's, and so must be all pages of the mapping
 * that it is reached through. Reads are never refused.
 */
bool sev_rmp_host_writable(hwaddr addr, uint64_t page_size)
{
	uint64_t pfn = addr / RMP_4K_SIZE;

	if (pfn >= rmp.entries)
		return true;
	if (page_size >= RMP_1G_SIZE)
		return !qatomic_read(&rmp.assigned[addr / RMP_1G_SIZE]);
	if (page_size >= RMP_2M_SIZE)
		return !(info_at(head_of(pfn)) & (RMP_ASSIGNED | RMP_SUBPAGES));
	return !(info_at(pfn) & RMP_ASSIGNED);
}

static void count_all(void)
{
	uint64_t pfn = 0;

	if (rmp.counted == rmp.changes)
		return;
	memset(rmp.counts, 0, sizeof(rmp.counts));
	while (pfn < rmp.entries) {
		uint64_t info = info_at(pfn);
		uint64_t pages = large(info) && head_of(pfn) == pfn ? RMP_PAGES_2M : 1;
		SevPageState state = info_state(info);

		rmp.counts[asid_of(info)][state] += pages;
		rmp.counts[RMP_ASIDS][state] += pages;
		pfn += pages;
	}
	rmp.counted = rmp.changes;
}

uint64_t sev_rmp_count(uint32_t asid, SevPageState state)
{
	uint64_t count;

	if ((asid >= RMP_ASIDS && asid != RMP_ANY_ASID) || state >= SEV_PAGE_STATE_COUNT)
		return 0;
	qemu_mutex_lock(&lock);
	count_all();
	count = rmp.counts[asid == RMP_ANY_ASID ? RMP_ASIDS : asid][state];
	qemu_mutex_unlock(&lock);
	return count;
}

uint64_t sev_rmp_asid_pages(uint32_t asid)
{
	return rmp.table && asid < RMP_ASIDS ? ldq_le_p((uint64_t *)rmp.table + asid) : 0;
}

/* A line for each ASID that has pages other than the hypervisor's: "asid 1: gvalid=22". */
char *sev_rmp_describe(void)
{
	GString *text = g_string_new(NULL);

	qemu_mutex_lock(&lock);
	count_all();
	for (int asid = 0; asid < RMP_ASIDS; asid++) {
		bool first = true;

		for (int state = SEV_PAGE_HV_FIXED; state < SEV_PAGE_STATE_COUNT; state++) {
			if (!rmp.counts[asid][state])
				continue;
			if (first)
				g_string_append_printf(text, "asid %d:", asid);
			first = false;
			g_string_append_printf(text, " %s=%" PRIu64, state_names[state],
					       rmp.counts[asid][state]);
		}
		if (!first)
			g_string_append_c(text, '\n');
	}
	qemu_mutex_unlock(&lock);
	return g_string_free(text, FALSE);
}
