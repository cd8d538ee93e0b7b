// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware commands that manage a SEV-SNP platform and its pages: AMD's SEV-SNP ABI specification
 * (document 56860), chapter 8; what it leaves open, and the order of checks, as in the firmware that
 * AMD has published.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "exec/address-spaces.h"
#include "hw/i386/sev-commands.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/x86-iommu.h"

#define ADDRESS_RESERVED	(RMP_4K_SIZE - 1)

#define INIT_RMP		BIT(0)
#define INIT_LIST		BIT(1)
#define INIT_RAPL_DISABLE	BIT(2)
#define INIT_HIDING		BIT(3)
#define INIT_KNOWN		(INIT_RMP | INIT_LIST | INIT_RAPL_DISABLE | INIT_HIDING)

#define SHUTDOWN_IOMMU		BIT(0)
#define SHUTDOWN_X86		BIT(1)

#define STATUS_MASK_CHIP_ID	BIT(0)
#define STATUS_MASK_CHIP_KEY	BIT(1)
#define STATUS_VLEK		BIT(2)
#define STATUS_FEATURE_INFO	BIT(3)
#define STATUS_RAPL_DISABLED	BIT(4)
#define STATUS_HIDING_CAPABLE	BIT(5)
#define STATUS_HIDING		BIT(6)

#define FEATURE_X86_SHUTDOWN	BIT(1)
#define FEATURE_RAPL_DISABLE	BIT(2)
#define FEATURE_HIDING		BIT(3)
#define GUEST_MESSAGES		(BIT(3) | BIT(5) | BIT(17))	/* by types of requests */

#define CONFIG_MASK_CHIP_ID	BIT(0)
#define CONFIG_MASK_CHIP_KEY	BIT(1)

#define TCB_SNP(tcb)		((tcb) >> 48 & 0xff)
#define TCB_SNP_WITHOUT_ES	0x1b	/* Zen 3 and 4 */

#define RANGES_MAX		255

/* The IOMMU's registers, where AMD's boards and QEMU's have them. */
#define IOMMU_BASE		0xfed80000
#define IOMMU_EVENT_LOG		0x10
#define IOMMU_COMPLETION	0x20
#define IOMMU_PPR_LOG		0x38
#define IOMMU_LOG_ADDRESS	MAKE_64BIT_MASK(12, 40)
#define IOMMU_LOG_LENGTH(reg)	((reg) >> 56 & 0xf)
#define IOMMU_LOG_ENTRY		16

typedef struct QEMU_PACKED RangeEntry {
	uint64_t base;
	uint32_t pages;
	uint32_t reserved;
} RangeEntry;

typedef struct QEMU_PACKED RangeList {
	uint32_t count;
	uint32_t reserved;
	RangeEntry ranges[RANGES_MAX];
} RangeList;

void sev_snp_reset(SevFirmware *fw)
{
	SevSnp *snp = &fw->snp;

	if (snp->guests)
		g_hash_table_unref(snp->guests);
	*snp = (SevSnp) {
		.guests = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
		.reported_tcb = fw->config.tcb,
		.committed_tcb = fw->config.tcb,
		.committed_build = fw->config.build,
		.committed_minor = fw->config.api_minor,
		.committed_major = fw->config.api_major,
	};
}

/* AMD-SB-3023: SEV-ES guests, from that security version of SNP's on and while SNP is on. */
bool sev_snp_refuses_es(SevFirmware *fw)
{
	return fw->snp.init && TCB_SNP(fw->config.tcb) >= TCB_SNP_WITHOUT_ES;
}

/* May the firmware write there, while SNP is on: only to pages that the host gave it. */
uint16_t sev_snp_check_writable(SevFirmware *fw, uint64_t address, uint64_t len)
{
	hwaddr addr = address & ~BIT_ULL(SEV_CBIT), end = addr + len;

	if (!fw->snp.init || !len)
		return SEV_SUCCESS;
	for (hwaddr page = addr & ~(RMP_4K_SIZE - 1); page < end; page += RMP_4K_SIZE) {
		SevRmpEntry entry;
		SevPageState state = sev_rmp_state(page, &entry);

		if (sev_rmp_itself(page))
			return SEV_INVALID_PARAM;
		if (state != SEV_PAGE_FIRMWARE && state != SEV_PAGE_DEFAULT)
			return SEV_INVALID_PAGE_STATE;
	}
	return SEV_SUCCESS;
}

/* The state of a page that a command names. */
uint16_t sev_snp_page(uint64_t address, SevPageState *state, SevRmpEntry *entry)
{
	hwaddr page = address & ~BIT_ULL(SEV_CBIT) & ~(RMP_4K_SIZE - 1);

	if (sev_rmp_itself(page))
		return SEV_INVALID_PARAM;
	*state = sev_rmp_state(page, entry);
	return SEV_SUCCESS;
}

static uint32_t features(SevFirmware *fw)
{
	uint32_t have = FEATURE_RAPL_DISABLE;

	if (fw->config.x86_shutdown)
		have |= FEATURE_X86_SHUTDOWN;
	if (fw->config.hiding)
		have |= FEATURE_HIDING;

	return have;
}

/* ---- INIT ---------------------------------------------------------------------------------- */

static bool rmp_is_usable(void)
{
	hwaddr base = sev_rmp_base(), end = sev_rmp_end();

	return base && end > base && QEMU_IS_ALIGNED(base, MiB) && QEMU_IS_ALIGNED(end + 1, MiB);
}

static uint16_t read_list(SevFirmware *fw, uint64_t address, RangeList *list)
{
	uint16_t status = sev_memory_read(fw, address, list, offsetof(RangeList, ranges));
	uint32_t size;

	if (status)
		return status;
	if (list->reserved || list->count > RANGES_MAX)
		return SEV_INVALID_PARAM;
	size = offsetof(RangeList, ranges) + list->count * sizeof(RangeEntry);
	if ((address & (RMP_4K_SIZE - 1)) + size > RMP_4K_SIZE)
		return SEV_INVALID_PARAM;
	status = sev_memory_read(fw, address, list, size);
	for (uint32_t i = 0; !status && i < list->count; i++) {
		if (list->ranges[i].reserved || list->ranges[i].base & ADDRESS_RESERVED)
			status = SEV_INVALID_PARAM;
	}
	return status;
}

/* Memory is the hypervisor's, what is no memory fixed as its, and the table the firmware's. */
static bool configure_rmp(SevFirmware *fw, const RangeList *list)
{
	hwaddr base = sev_rmp_base(), end = sev_rmp_end();
	hwaddr covered = (end + 1 - base - RMP_COUNTERS_SIZE) / RMP_ENTRY_SIZE * RMP_4K_SIZE;
	SevRmpEntry entry;

	if (!sev_rmp_read(end & ~(RMP_4K_SIZE - 1), &entry))
		return false;
	sev_rmp_clear();
	if (fw->config.low_memory_end < 4 * GiB)
		sev_rmp_fill(fw->config.low_memory_end,
			     (4 * GiB - fw->config.low_memory_end) / RMP_4K_SIZE, RMP_HV_FIXED);
	if (fw->config.high_memory_end < covered)
		sev_rmp_fill(fw->config.high_memory_end,
			     (covered - fw->config.high_memory_end) / RMP_4K_SIZE, RMP_HV_FIXED);
	for (uint32_t i = 0; i < list->count; i++)
		sev_rmp_fill(list->ranges[i].base & ~BIT_ULL(SEV_CBIT), list->ranges[i].pages,
			     RMP_HV_FIXED);
	sev_rmp_fill(base, (end + 1 - base) / RMP_4K_SIZE, RMP_FIRMWARE);
	return true;
}

static void take_iommu_page(SevFirmware *fw, int i, uint32_t reg, bool is_log)
{
	SevSnp *snp = &fw->snp;
	uint64_t value = 0;

	snp->iommu[i].count = 0;
	if (!x86_iommu_get_default() ||
	    address_space_read(&address_space_memory, IOMMU_BASE + reg, MEMTXATTRS_UNSPECIFIED,
			       &value, sizeof(value)) != MEMTX_OK)
		return;
	value = le64_to_cpu(value);
	if (!(value & IOMMU_LOG_ADDRESS))
		return;
	snp->iommu[i].page = value & IOMMU_LOG_ADDRESS;
	snp->iommu[i].count = is_log ? DIV_ROUND_UP(IOMMU_LOG_ENTRY << IOMMU_LOG_LENGTH(value),
						    RMP_4K_SIZE) : 1;
	sev_rmp_fill(snp->iommu[i].page, snp->iommu[i].count, RMP_FIRMWARE_IOMMU);
}

static uint16_t check_init(SevFirmware *fw, const SnpCmdInitEx *c, bool init_rmp)
{
	if (!init_rmp && !fw->snp.rmp_initialized)
		return SEV_RMP_INIT_REQUIRED;
	if (c->flags & INIT_LIST && !init_rmp)
		return SEV_INVALID_PARAM;
	if (!sev_host_snp_everywhere() || !rmp_is_usable())
		return SEV_INVALID_CONFIG;
	return init_rmp && !sev_host_hsave_clear() ? SEV_INVALID_CONFIG : SEV_SUCCESS;
}

static uint16_t check_hiding(SevFirmware *fw, const SnpCmdInitEx *c)
{
	if (!(c->flags & INIT_HIDING))
		return c->max_asid ? SEV_INVALID_PARAM : SEV_SUCCESS;
	if (!fw->config.hiding || !c->max_asid || c->max_asid >= fw->config.min_sev_asid)
		return SEV_INVALID_PARAM;
	return SEV_SUCCESS;
}

static uint16_t init(SevFirmware *fw, const SnpCmdInitEx *c)
{
	bool init_rmp = c->flags & INIT_RMP;
	SevSnp *snp = &fw->snp;
	RangeList list = {};
	uint16_t status;

	if (snp->init || fw->state != PLATFORM_UNINIT)
		return SEV_INVALID_PLATFORM_STATE;
	status = check_init(fw, c, init_rmp);
	if (!status && c->flags & INIT_LIST)
		status = read_list(fw, c->list_address, &list);
	if (status)
		return status;
	if (init_rmp) {
		if (!configure_rmp(fw, &list))
			return SEV_RMP_INITIALIZATION_FAILED;
		g_hash_table_remove_all(snp->guests);
		take_iommu_page(fw, 0, IOMMU_EVENT_LOG, true);
		take_iommu_page(fw, 1, IOMMU_PPR_LOG, true);
		take_iommu_page(fw, 2, IOMMU_COMPLETION, false);
	}
	for (uint32_t i = 0; i <= fw->config.max_asid; i++)
		fw->asids[i] = (SevAsid) { .dirty = true };
	snp->rapl_disabled = c->flags & INIT_RAPL_DISABLE;
	snp->hiding = c->flags & INIT_HIDING;
	snp->max_asid = c->max_asid;
	snp->guest_count = 0;
	snp->rmp_initialized = true;
	snp->init = true;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_init(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdInitEx c = { .flags = INIT_RMP };

	return init(fw, &c);
}

uint16_t sev_cmd_snp_init_ex(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdInitEx *c = buffer;
	uint16_t status;

	if (c->flags & ~INIT_KNOWN || c->reserved ||
	    !buffer_is_zero(c->reserved2, sizeof(c->reserved2)))
		return SEV_INVALID_PARAM;
	status = check_hiding(fw, c);
	return status ?: init(fw, c);
}

/* ---- SHUTDOWN ------------------------------------------------------------------------------ */

static uint16_t check_shutdown(SevFirmware *fw)
{
	for (uint32_t i = 1; i <= fw->config.max_asid; i++) {
		if (fw->asids[i].dirty || fw->asids[i].owner)
			return SEV_DFFLUSH_REQUIRED;
	}
	return SEV_SUCCESS;
}

static uint16_t shut_down(SevFirmware *fw, uint32_t flags)
{
	SevSnp *snp = &fw->snp;

	snp->init = false;
	snp->hiding = false;
	snp->rapl_disabled = false;
	snp->has_vlek = false;
	snp->guest_count = 0;
	g_hash_table_remove_all(snp->guests);
	for (uint32_t i = 0; i <= fw->config.max_asid; i++)
		fw->asids[i] = (SevAsid) { .dirty = true };
	if (flags & SHUTDOWN_IOMMU) {
		snp->rmp_initialized = false;
		for (int i = 0; i < ARRAY_SIZE(snp->iommu); i++) {
			sev_rmp_fill(snp->iommu[i].page, snp->iommu[i].count, RMP_RECLAIM);
			snp->iommu[i].count = 0;
		}
	}
	if (flags & SHUTDOWN_X86)
		sev_host_snp_off();
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_shutdown(SevFirmware *fw, void *buffer, SevGuest *none)
{
	uint16_t status;

	if (fw->state != PLATFORM_UNINIT)
		return SEV_INVALID_PLATFORM_STATE;
	if (!fw->snp.init)
		return SEV_SUCCESS;
	status = check_shutdown(fw);
	return status ?: shut_down(fw, 0);
}

uint16_t sev_cmd_snp_shutdown_ex(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdShutdownEx *c = buffer;
	uint16_t status;

	if (fw->state != PLATFORM_UNINIT)
		return SEV_INVALID_PLATFORM_STATE;
	if (!fw->snp.init)
		return SEV_SUCCESS;
	status = check_shutdown(fw);
	if (status)
		return status;
	if (c->length != sizeof(*c) || c->flags & ~(SHUTDOWN_IOMMU | SHUTDOWN_X86))
		return SEV_INVALID_PARAM;
	if (c->flags & SHUTDOWN_X86 &&
	    (!(c->flags & SHUTDOWN_IOMMU) || !(features(fw) & FEATURE_X86_SHUTDOWN)))
		return SEV_INVALID_PARAM;
	return shut_down(fw, c->flags);
}

/* ---- status and configuration -------------------------------------------------------------- */

static bool crosses_page(uint64_t address, size_t len)
{
	return (address & (RMP_4K_SIZE - 1)) + len > RMP_4K_SIZE;
}

uint16_t sev_cmd_snp_platform_status(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdAddress *c = buffer;
	const SevSnp *snp = &fw->snp;
	SnpPlatformStatus status = {
		.api_major = fw->config.api_major,
		.api_minor = fw->config.api_minor,
		.state = snp->init,
		.rmp_initialized = snp->rmp_initialized,
		.build = fw->config.build,
		.flags = (snp->mask_chip_id ? STATUS_MASK_CHIP_ID : 0) |
			 (snp->mask_chip_key ? STATUS_MASK_CHIP_KEY : 0) |
			 (snp->has_vlek ? STATUS_VLEK : 0) | STATUS_FEATURE_INFO |
			 (snp->rapl_disabled ? STATUS_RAPL_DISABLED : 0) |
			 (fw->config.hiding ? STATUS_HIDING_CAPABLE : 0) |
			 (snp->hiding ? STATUS_HIDING : 0),
		.guest_count = snp->guest_count,
		.current_tcb = fw->config.tcb,
		.reported_tcb = snp->reported_tcb,
	};

	if (crosses_page(c->address, sizeof(status)))
		return SEV_INVALID_PARAM;
	return sev_memory_write(fw, c->address, &status, sizeof(status));
}

uint16_t sev_cmd_snp_feature_info(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdFeatureInfo *c = buffer;
	uint32_t info[4] = {};

	if (c->length != sizeof(*c))
		return SEV_INVALID_PARAM;
	if (c->address & 3 || crosses_page(c->address, sizeof(info)))
		return SEV_INVALID_ADDRESS;
	if (c->ecx > 1)
		return SEV_INVALID_PARAM;
	if (c->ecx) {
		info[0] = GUEST_MESSAGES;
	} else {
		info[0] = 1;	/* the highest ECX */
		info[1] = 1;	/* legacy commands are understood */
		info[2] = features(fw);
	}
	return sev_memory_write(fw, c->address, info, sizeof(info));
}

/* Each part of a TCB has a number of its own, and none may go up. */
static bool tcb_exceeds(uint64_t tcb, uint64_t limit)
{
	for (int i = 0; i < 64; i += 8) {
		if ((tcb >> i & 0xff) > (limit >> i & 0xff))
			return true;
	}
	return false;
}

uint16_t sev_cmd_snp_config(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdConfig *c = buffer;
	SevSnp *snp = &fw->snp;

	if (c->flags & ~(CONFIG_MASK_CHIP_ID | CONFIG_MASK_CHIP_KEY) ||
	    !buffer_is_zero(c->reserved, sizeof(c->reserved)) ||
	    tcb_exceeds(c->reported_tcb, snp->committed_tcb))
		return SEV_INVALID_PARAM;
	snp->reported_tcb = c->reported_tcb ?: snp->committed_tcb;
	snp->mask_chip_id = c->flags & CONFIG_MASK_CHIP_ID;
	snp->mask_chip_key = c->flags & CONFIG_MASK_CHIP_KEY;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_commit(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdLength *c = buffer;
	SevSnp *snp = &fw->snp;

	if (c->length != sizeof(*c))
		return SEV_INVALID_PARAM;
	snp->committed_tcb = fw->config.tcb;
	snp->committed_build = fw->config.build;
	snp->committed_minor = fw->config.api_minor;
	snp->committed_major = fw->config.api_major;
	return SEV_SUCCESS;
}

/* ---- pages --------------------------------------------------------------------------------- */

static bool in_tmr(SevFirmware *fw, uint64_t page, uint64_t len)
{
	return fw->tmr_len && page < fw->tmr_address + fw->tmr_len && fw->tmr_address < page + len;
}

uint16_t sev_cmd_snp_page_reclaim(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdAddress *c = buffer;
	uint64_t page = c->address & ~(RMP_4K_SIZE - 1);
	bool is_2m = c->address & 1;
	SevPageState state;
	SevRmpEntry entry;
	uint16_t status;

	if (c->address & ADDRESS_RESERVED & ~1ULL)
		return SEV_INVALID_PARAM;
	if (!fw->snp.init)
		return SEV_INVALID_PLATFORM_STATE;
	if (in_tmr(fw, page, is_2m ? RMP_2M_SIZE : RMP_4K_SIZE))
		return SEV_INVALID_ADDRESS;
	status = sev_snp_page(page, &state, &entry);
	if (status)
		return status;
	if (!!(entry.info & RMP_2M) != is_2m)
		return SEV_INVALID_PAGE_SIZE;
	if (is_2m && !QEMU_IS_ALIGNED(page, RMP_2M_SIZE))
		return SEV_INVALID_ADDRESS;
	if (!(entry.info & RMP_IMMUTABLE))
		return SEV_SUCCESS;
	if (state != SEV_PAGE_METADATA && state != SEV_PAGE_FIRMWARE &&
	    state != SEV_PAGE_PRE_GUEST && state != SEV_PAGE_PRE_SWAP)
		return SEV_INVALID_PAGE_STATE;
	if (state == SEV_PAGE_METADATA)
		entry.info &= ~RMP_TAG;
	entry.info &= ~(RMP_IMMUTABLE | RMP_LOCK);
	sev_rmp_write(page, entry);
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_page_set_state(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdList *c = buffer;
	RangeList list = {};
	uint16_t status;

	if (c->length != sizeof(*c))
		return SEV_INVALID_LEN;
	if (c->reserved || c->address & ADDRESS_RESERVED)
		return SEV_INVALID_PARAM;
	if (!fw->snp.init)
		return SEV_INVALID_PLATFORM_STATE;
	status = read_list(fw, c->address, &list);
	for (uint32_t i = 0; !status && i < list.count; i++) {
		for (uint32_t n = 0; n < list.ranges[i].pages; n++) {
			hwaddr page = list.ranges[i].base + n * RMP_4K_SIZE;
			SevRmpEntry entry;

			if (sev_rmp_itself(page))
				return SEV_INVALID_ADDRESS;
			if (sev_rmp_state(page, &entry) != SEV_PAGE_FIRMWARE)
				return SEV_INVALID_PAGE_STATE;
		}
	}
	for (uint32_t i = 0; !status && i < list.count; i++)
		sev_rmp_fill(list.ranges[i].base, list.ranges[i].pages, RMP_HV_FIXED);
	return status;
}

static bool can_unsmash(uint64_t page)
{
	SevRmpEntry first, entry;

	if (!sev_rmp_read(page, &first) || first.info & RMP_GPA & (RMP_2M_SIZE - 1))
		return false;
	for (int i = 0; i < RMP_PAGES_2M; i++) {
		uint64_t ignored = i ? 0 : RMP_SUBPAGES;

		if (!sev_rmp_read(page + i * RMP_4K_SIZE, &entry) ||
		    entry.info & (RMP_2M | RMP_VMSA) || !(entry.info & RMP_IMMUTABLE) ||
		    !(entry.info & RMP_ASID) || entry.permissions != first.permissions ||
		    (entry.info & ~ignored) != (first.info & ~RMP_SUBPAGES) + i * RMP_4K_SIZE)
			return false;
	}
	return true;
}

uint16_t sev_cmd_snp_page_unsmash(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdAddress *c = buffer;
	SevRmpEntry entry;

	if (!QEMU_IS_ALIGNED(c->address, RMP_2M_SIZE))
		return SEV_INVALID_PARAM;
	if (!fw->snp.init)
		return SEV_INVALID_PLATFORM_STATE;
	if (sev_rmp_itself(c->address))
		return SEV_INVALID_PARAM;
	if (!sev_rmp_read(c->address, &entry) || !can_unsmash(c->address))
		return SEV_INVALID_PAGE_STATE;
	sev_rmp_unsmash(c->address);
	return SEV_SUCCESS;
}
