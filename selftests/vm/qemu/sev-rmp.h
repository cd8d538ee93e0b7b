/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reverse map table (RMP) of a SEV-SNP host: who owns each page of the machine's memory. It
 * lies in guest memory, in the format of Zen 3 and 4, which kernels read directly.
 *
 * Sources: AMD64 Architecture Programmer's Manual, volume 2, 15.36 and volume 3 (the instructions);
 * AMD's SEV-SNP ABI specification (document 56860), chapter 6 (page states); the firmware that AMD
 * has published, for what those leave open (the lock bit, 4 KiB entries below a 2 MiB one).
 */
#ifndef HW_I386_SEV_RMP_H
#define HW_I386_SEV_RMP_H

#include "qemu/bitops.h"
#include "exec/hwaddr.h"

#define RMP_ASSIGNED		BIT_ULL(0)
#define RMP_2M			BIT_ULL(1)
#define RMP_IMMUTABLE		BIT_ULL(2)
#define RMP_SUBPAGES_SHIFT	3
#define RMP_SUBPAGES		MAKE_64BIT_MASK(RMP_SUBPAGES_SHIFT, 9)
#define RMP_GPA			MAKE_64BIT_MASK(12, 39)
#define RMP_ASID_SHIFT		51
#define RMP_ASID		MAKE_64BIT_MASK(RMP_ASID_SHIFT, 10)
#define RMP_VMSA		BIT_ULL(61)
#define RMP_VALIDATED		BIT_ULL(62)
#define RMP_LOCK		BIT_ULL(63)

/* What the firmware puts into the highest bits of a page's GPA, for it has no guest. */
#define RMP_TAG			MAKE_64BIT_MASK(48, 3)
#define RMP_TAG_METADATA	BIT_ULL(48)
#define RMP_TAG_IOMMU		BIT_ULL(49)

#define RMP_FIRMWARE		(RMP_ASSIGNED | RMP_IMMUTABLE | RMP_LOCK)
#define RMP_FIRMWARE_IOMMU	(RMP_FIRMWARE | RMP_TAG_IOMMU | BIT_ULL(12))
#define RMP_HV_FIXED		RMP_IMMUTABLE
#define RMP_RECLAIM		RMP_ASSIGNED

#define RMP_ENTRY_SIZE		16
#define RMP_COUNTERS_SIZE	0x4000	/* before the first entry: u64 per ASID */
#define RMP_ASIDS		1024
#define RMP_ANY_ASID		0xffff

#define RMP_4K_SIZE		0x1000ULL
#define RMP_2M_SIZE		0x200000ULL
#define RMP_1G_SIZE		0x40000000ULL
#define RMP_PAGES_2M		512

typedef struct SevRmpEntry {
	uint64_t info;
	uint64_t permissions;		/* a byte per VMPL */
} SevRmpEntry;

/* Outside of the table pages are "default". The order is what the PSP's RMP counter counts by. */
#define SEV_PAGE_STATES(X)						\
	X(HYPERVISOR, "hv")		X(HV_FIXED, "hvfixed")		\
	X(FIRMWARE, "fw")		X(FIRMWARE_IOMMU, "fwiommu")	\
	X(RECLAIM, "reclaim")		X(CONTEXT, "ctx")		\
	X(METADATA, "metadata")		X(PRE_GUEST, "preguest")	\
	X(PRE_SWAP, "preswap")		X(GUEST_INVALID, "ginvalid")	\
	X(GUEST_VALID, "gvalid")	X(INVALID, "invalid")		\
	X(DEFAULT, "default")

#define SEV_PAGE_STATE(name, text)	SEV_PAGE_##name,
typedef enum SevPageState {
	SEV_PAGE_STATES(SEV_PAGE_STATE)
	SEV_PAGE_STATE_COUNT
} SevPageState;

/* What the instructions return in EAX. */
enum {
	RMP_OK = 0,
	RMP_FAIL_INPUT = 1,
	RMP_FAIL_PERMISSION = 2,
	RMP_FAIL_INUSE = 3,
	RMP_FAIL_OVERLAP = 4,
	RMP_FAIL_SIZEMISMATCH = 6,
	/* Not for EAX: the guest leaves by a nested page fault. */
	RMP_EXIT_SIZE = 0x100,
	RMP_EXIT_OWNER,
};

/* RMPUPDATE's operand in memory. */
typedef struct QEMU_PACKED SevRmpUpdate {
	uint64_t gpa;
	uint8_t assigned;
	uint8_t page_size;
	uint8_t immutable;
	uint8_t reserved;
	uint32_t asid;
} SevRmpUpdate;

/* RMPREAD's result in memory. */
typedef struct QEMU_PACKED SevRmpReading {
	uint64_t gpa;
	uint8_t assigned;
	uint8_t page_size;		/* bit 1: a page of the 2 MiB region is assigned */
	uint8_t immutable;
	uint8_t reserved;
	uint32_t asid;
} SevRmpReading;

/* What of an access to its own memory is checked of a guest. */
typedef struct SevRmpGuest {
	uint32_t asid;
	uint8_t vmpl;
} SevRmpGuest;

/* A byte of an entry's permissions. */
#define RMP_MAY_READ		BIT(0)
#define RMP_MAY_WRITE		BIT(1)
#define RMP_MAY_EXECUTE		(BIT(2) | BIT(3))	/* of users and the supervisor */
#define RMP_PERMISSIONS		0x1f
#define RMP_VMPLS		4

typedef enum SevRmpVerdict {
	SEV_RMP_OWN,
	SEV_RMP_VIOLATION,
	SEV_RMP_NOT_VALIDATED,
} SevRmpVerdict;

/* The table's place, as MSRs RMP_BASE and RMP_END have it (@end is its last byte); 0, 0: none. */
void sev_rmp_move(hwaddr base, hwaddr end);
hwaddr sev_rmp_base(void);
hwaddr sev_rmp_end(void);
bool sev_rmp_itself(hwaddr page);

/* The highest ASID that RMPUPDATE takes. */
void sev_rmp_limit_asids(uint32_t max_asid);
/* Takes over what lies in memory: the processors begin to use the table. */
void sev_rmp_recount(void);

/*
 * Return an entry, and the state it says that the page is in. Below a 2 MiB page: the state of that.
 */
bool sev_rmp_read(hwaddr page, SevRmpEntry *entry);
SevPageState sev_rmp_state(hwaddr page, SevRmpEntry *entry);
const char *sev_page_state_name(SevPageState state);
/* The firmware's way: an entry of a 4 KiB page, or the flags of a 2 MiB one. */
void sev_rmp_write(hwaddr page, SevRmpEntry entry);
void sev_rmp_fill(hwaddr page, uint64_t count, uint64_t info);
/* Writes no entry behind the table's end. */
void sev_rmp_clear(void);
bool sev_rmp_unsmash(hwaddr page);

uint32_t sev_rmp_update(hwaddr page, const SevRmpUpdate *update);
uint32_t sev_rmp_smash(hwaddr page);
uint32_t sev_rmp_reading(hwaddr page, SevRmpReading *reading);

/* May the host write here, through a mapping of that size? */
bool sev_rmp_host_writable(hwaddr addr, uint64_t page_size);

/*
 * Is the page that a guest reaches as @gpa, through a nested mapping of that size, its own? What it may
 * do there is in *@permissions.
 */
SevRmpVerdict sev_rmp_guest_access(hwaddr addr, hwaddr gpa, uint64_t page_size,
				   const SevRmpGuest *guest, uint8_t *permissions);
/* May VMRUN take a guest's registers from there? ASID 0: of a guest without SNP. */
bool sev_rmp_is_vmsa(hwaddr page, uint32_t asid);
/* The address by which its owner knows it. */
hwaddr sev_rmp_gpa(hwaddr page);

/* PVALIDATE and RMPADJUST, of a page that the guest has reached. */
uint32_t sev_rmp_validate(hwaddr page, const SevRmpGuest *guest, bool is_2m, bool validate,
			  bool *unchanged);
uint32_t sev_rmp_adjust(hwaddr page, const SevRmpGuest *guest, bool is_2m, uint64_t attributes);

/* Pages by ASID (or RMP_ANY_ASID) and state, 4 KiB each. */
uint64_t sev_rmp_count(uint32_t asid, SevPageState state);
/* What the processor's own counter says: pages that are the ASID's. */
uint64_t sev_rmp_asid_pages(uint32_t asid);
char *sev_rmp_describe(void);

#endif
