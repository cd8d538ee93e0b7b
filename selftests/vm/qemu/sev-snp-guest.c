// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware commands that manage SEV-SNP guests: AMD's SEV-SNP ABI specification (document 56860),
 * chapter 8; the order of checks is that of the firmware that AMD has published.
 *
 * Real firmware keeps a guest's context in the context page, encrypted. Here the page is only a
 * name for it. Memory is not encrypted. Of a CPUID page only its form is checked, not its values.
 */
#include "qemu/osdep.h"
#include "qemu/guest-random.h"
#include "hw/i386/sev-commands.h"
#include "hw/i386/sev-host.h"

#define GCTX_RESERVED		(RMP_4K_SIZE - 1)

#define START_AGENT		BIT(0)
#define START_IMI		BIT(1)

#define UPDATE_2M		BIT(0)
#define UPDATE_TYPE(flags)	((flags) >> 1 & 7)
#define UPDATE_IMI		BIT(4)
#define UPDATE_KNOWN		MAKE_64BIT_MASK(0, 5)

#define FINISH_ID_BLOCK		BIT_ULL(0)
#define FINISH_AUTHOR		BIT_ULL(1)
#define FINISH_NO_VCEK		BIT_ULL(2)
#define FINISH_KNOWN		MAKE_64BIT_MASK(0, 3)

#define CPUID_COUNT_MAX		64

typedef enum SnpPageType {
	SNP_PAGE_NORMAL = 1,
	SNP_PAGE_VMSA,
	SNP_PAGE_ZERO,
	SNP_PAGE_UNMEASURED,
	SNP_PAGE_SECRETS,
	SNP_PAGE_CPUID,
} SnpPageType;

/* In the VMSA: not measured, as the hypervisor does not know them. */
#define VMSA_TSC_SCALE		0x2f0
#define VMSA_TSC_OFFSET		0x2f8

typedef struct QEMU_PACKED PageInfo {
	uint8_t digest[SNP_DIGEST_SIZE];	/* so far */
	uint8_t contents[SNP_DIGEST_SIZE];
	uint16_t length;
	uint8_t type;
	uint8_t imi;
	uint8_t reserved;
	uint8_t permissions[SNP_VMPLS - 1];
	uint64_t gpa;
} PageInfo;

QEMU_BUILD_BUG_ON(sizeof(PageInfo) != 0x70);

typedef struct QEMU_PACKED SecretsPage {
	uint32_t version;
	uint32_t imi;
	uint32_t family_model_stepping;
	uint32_t reserved;
	uint8_t workarounds[16];
	uint8_t vmpck[SNP_VMPLS][SNP_KEY_SIZE];
} SecretsPage;

QEMU_BUILD_BUG_ON(sizeof(SecretsPage) != 0xa0);

typedef struct QEMU_PACKED CpuidPage {
	uint32_t count;
	uint32_t reserved;
	uint64_t reserved2;
	struct QEMU_PACKED {
		uint32_t eax_in, ecx_in;
		uint64_t xcr0_in, xss_in;
		uint32_t eax, ebx, ecx, edx;
		uint64_t reserved;
	} functions[CPUID_COUNT_MAX];
} CpuidPage;

typedef struct QEMU_PACKED IdAuth {
	uint32_t id_key_algo;
	uint32_t author_key_algo;
	uint8_t reserved[0x38];
	uint8_t id_block_signature[0x200];
	uint8_t id_key[0x404];
	uint8_t reserved2[0x3c];
	uint8_t id_key_signature[0x200];
	uint8_t author_key[0x404];
	uint8_t reserved3[0x37c];
} IdAuth;

QEMU_BUILD_BUG_ON(sizeof(IdAuth) != 0x1000);

#define ALGO_ECDSA_P384		1

static void sha384(const void *data, size_t len, uint8_t digest[SNP_DIGEST_SIZE])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
	gsize size = SNP_DIGEST_SIZE;

	g_checksum_update(sum, data, len);
	g_checksum_get_digest(sum, digest, &size);
}

/* ---- contexts ------------------------------------------------------------------------------ */

static uint64_t context_page(uint64_t gctx)
{
	return gctx & ~BIT_ULL(SEV_CBIT);
}

/*
 * The guest whose context page a command names first. What a command has to say of its reserved
 * fields comes before: @reserved is whether it has anything there.
 */
uint16_t sev_snp_guest_find(SevFirmware *fw, uint64_t gctx, bool reserved, SnpGuest **guest)
{
	uint64_t page = context_page(gctx);
	SevPageState state;
	SevRmpEntry entry;
	uint16_t status;

	*guest = NULL;
	if (reserved || gctx & GCTX_RESERVED)
		return SEV_INVALID_PARAM;
	if (!fw->snp.init)
		return SEV_INVALID_PLATFORM_STATE;
	status = sev_snp_page(page, &state, &entry);
	if (status)
		return status;
	*guest = g_hash_table_lookup(fw->snp.guests, &page);
	if (state != SEV_PAGE_CONTEXT || !*guest) {
		*guest = NULL;
		return SEV_INVALID_GUEST;
	}
	return SEV_SUCCESS;
}

/* For the log. */
void sev_snp_subject(SevFirmware *fw, uint16_t id, const void *buffer, SevSubject *subject)
{
	uint64_t page = context_page(ldq_le_p(buffer));
	const SnpGuest *guest = g_hash_table_lookup(fw->snp.guests, &page);

	subject->handle = page / RMP_4K_SIZE;
	if (guest)
		subject->asid = guest->asid;
	switch (id) {
	case SEV_CMD_SNP_ACTIVATE:
		subject->asid = ((const SnpCmdActivate *)buffer)->asid;
		break;
	case SEV_CMD_SNP_LAUNCH_UPDATE:
		subject->kind = UPDATE_TYPE(((const SnpCmdLaunchUpdate *)buffer)->flags);
		break;
	case SEV_CMD_SNP_GUEST_REQUEST:
		subject->kind = sev_snp_message_type(fw, buffer);
		break;
	}
}

uint16_t sev_cmd_snp_gctx_create(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdAddress *c = buffer;
	uint64_t page = context_page(c->address);
	SevPageState state;
	SevRmpEntry entry;
	SnpGuest *guest;
	uint16_t status;

	if (c->address & GCTX_RESERVED)
		return SEV_INVALID_PARAM;
	if (!fw->snp.init)
		return SEV_INVALID_PLATFORM_STATE;
	status = sev_snp_page(page, &state, &entry);
	if (status)
		return status;
	if (state != SEV_PAGE_FIRMWARE)
		return SEV_INVALID_PAGE_STATE;
	if (entry.info & RMP_2M)
		return SEV_INVALID_PAGE_SIZE;
	guest = g_new0(SnpGuest, 1);
	guest->launch_tcb = fw->snp.committed_tcb;
	g_hash_table_insert(fw->snp.guests, g_memdup2(&page, sizeof(page)), guest);
	entry.info |= RMP_VMSA;
	sev_rmp_write(page, entry);
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_decommission(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdAddress *c = buffer;
	uint64_t page = context_page(c->address);
	SevRmpEntry entry;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->address, false, &guest);

	if (status)
		return status;
	if (guest->asid)
		fw->asids[guest->asid] = (SevAsid) { .dirty = true };
	if (guest->state != SNP_GUEST_INIT)
		fw->snp.guest_count--;
	g_hash_table_remove(fw->snp.guests, &page);
	sev_rmp_read(page, &entry);
	entry.info &= ~RMP_VMSA;
	sev_rmp_write(page, entry);
	return SEV_SUCCESS;
}

static bool asid_fits(SevFirmware *fw, uint32_t asid)
{
	uint32_t max = fw->snp.hiding ? fw->snp.max_asid : fw->config.min_sev_asid - 1;

	return asid && asid <= max && asid < RMP_ASIDS;
}

uint16_t sev_cmd_snp_activate(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdActivate *c = buffer;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, false, &guest);

	if (status)
		return status;
	if (guest->state == SNP_GUEST_INIT)
		return SEV_INVALID_GUEST_STATE;
	if (c->asid >= RMP_ASIDS)
		return SEV_INVALID_ASID;
	if (sev_rmp_asid_pages(c->asid))
		return SEV_INVALID_CONFIG;
	if (!asid_fits(fw, c->asid))
		return SEV_INVALID_ASID;
	if (fw->asids[c->asid].owner)
		return SEV_ASID_OWNED;
	if (guest->asid)
		return SEV_ACTIVE;
	if (fw->asids[c->asid].dirty)
		return SEV_DFFLUSH_REQUIRED;
	fw->asids[c->asid] = (SevAsid) { .owner = context_page(c->gctx), .snp = true };
	guest->asid = c->asid;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_guest_status(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdGuestStatus *c = buffer;
	bool crosses = (c->address & (RMP_4K_SIZE - 1)) + sizeof(SnpGuestStatus) > RMP_4K_SIZE;
	SnpGuestStatus answer;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, crosses, &guest);

	if (status)
		return status;
	answer = (SnpGuestStatus) {
		.policy = guest->policy,
		.asid = guest->asid,
		.state = guest->state,
		.flags = guest->vcek_disabled,
	};
	return sev_memory_write(fw, c->address, &answer, sizeof(answer));
}

/* ---- launch -------------------------------------------------------------------------------- */

static bool policy_allowed(SevFirmware *fw, const SnpCmdLaunchStart *c, const SnpGuest *agent)
{
	uint8_t major = SNP_POLICY_MAJOR(c->policy), minor = SNP_POLICY_MINOR(c->policy);
	uint64_t known = SNP_POLICY_KNOWN | SNP_POLICY_RAPL | SNP_POLICY_HIDING;

	if (c->policy & ~known || !(c->policy & SNP_POLICY_ONE))
		return false;
	if (major > fw->config.api_major ||
	    (major == fw->config.api_major && minor > fw->config.api_minor))
		return false;
	if ((c->policy & SNP_POLICY_RAPL && !fw->snp.rapl_disabled) ||
	    (c->policy & SNP_POLICY_HIDING && !fw->snp.hiding))
		return false;
	if (!agent)
		return true;
	return c->policy & SNP_POLICY_MIGRATE && !agent->agent &&
	       (!(c->policy & SNP_POLICY_SOCKET) || agent->policy & SNP_POLICY_SOCKET);
}

static uint16_t find_agent(SevFirmware *fw, const SnpCmdLaunchStart *c, SnpGuest **agent)
{
	*agent = NULL;
	if (!(c->flags & START_AGENT))
		return SEV_SUCCESS;
	return sev_snp_guest_find(fw, c->agent_gctx, false, agent);
}

uint16_t sev_cmd_snp_launch_start(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdLaunchStart *c = buffer;
	bool reserved = c->flags & ~(START_AGENT | START_IMI) || c->agent_gctx & GCTX_RESERVED;
	SnpGuest *guest, *agent;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, reserved, &guest);

	if (status)
		return status;
	if (guest->state != SNP_GUEST_INIT)
		return SEV_INVALID_GUEST_STATE;
	status = find_agent(fw, c, &agent);
	if (status)
		return status;
	if (!policy_allowed(fw, c, agent))
		return SEV_POLICY_FAILURE;
	guest->policy = c->policy;
	guest->imi = c->flags & START_IMI;
	guest->tsc_khz = c->tsc_khz;
	memcpy(guest->workarounds, c->workarounds, sizeof(guest->workarounds));
	qemu_guest_getrandom_nofail(guest->vmpck, sizeof(guest->vmpck));
	qemu_guest_getrandom_nofail(guest->root_key, sizeof(guest->root_key));
	qemu_guest_getrandom_nofail(guest->report_id, sizeof(guest->report_id));
	memset(guest->agent_report_id, 0xff, sizeof(guest->agent_report_id));
	if (agent) {
		guest->agent = context_page(c->agent_gctx);
		memcpy(guest->agent_report_id, agent->report_id, sizeof(agent->report_id));
	}
	guest->state = SNP_GUEST_LAUNCH;
	fw->snp.guest_count++;
	return SEV_SUCCESS;
}

static uint16_t check_page_type(SnpPageType type, bool is_2m)
{
	switch (type) {
	case SNP_PAGE_NORMAL:
	case SNP_PAGE_ZERO:
	case SNP_PAGE_UNMEASURED:
		return SEV_SUCCESS;
	case SNP_PAGE_VMSA:
	case SNP_PAGE_SECRETS:
	case SNP_PAGE_CPUID:
		return is_2m ? SEV_INVALID_PAGE_SIZE : SEV_SUCCESS;
	}
	return SEV_INVALID_PARAM;
}

static uint16_t check_update(SevFirmware *fw, const SnpCmdLaunchUpdate *c, SevRmpEntry *entry)
{
	bool is_2m = c->flags & UPDATE_2M;
	SevPageState state;
	uint16_t status = sev_snp_page(c->page, &state, entry);

	if (status)
		return status;
	if (state != SEV_PAGE_PRE_GUEST)
		return SEV_INVALID_PAGE_STATE;
	if (!!(entry->info & RMP_2M) != is_2m)
		return SEV_INVALID_PAGE_SIZE;
	if (is_2m && !QEMU_IS_ALIGNED(c->page, RMP_2M_SIZE))
		return SEV_INVALID_ADDRESS;
	return check_page_type(UPDATE_TYPE(c->flags), is_2m);
}

static uint16_t check_cpuid(const CpuidPage *page)
{
	if (page->reserved || page->reserved2 || page->count > CPUID_COUNT_MAX)
		return SEV_INVALID_PARAM;
	for (uint32_t i = 0; i < page->count; i++) {
		if (page->functions[i].reserved)
			return SEV_INVALID_PARAM;
	}
	return SEV_SUCCESS;
}

static void fill_secrets(const SevFirmware *fw, const SnpGuest *guest, uint8_t *data)
{
	SecretsPage *secrets = (SecretsPage *)data;

	memset(data, 0, RMP_4K_SIZE);
	secrets->version = SNP_SECRETS_VERSION;
	secrets->imi = guest->imi;
	secrets->family_model_stepping = fw->config.family_model_stepping;
	memcpy(secrets->workarounds, guest->workarounds, sizeof(secrets->workarounds));
	memcpy(secrets->vmpck, guest->vmpck, sizeof(secrets->vmpck));
}

static void digest_contents(SnpPageType type, const uint8_t *data, uint8_t *digest)
{
	uint8_t vmsa[RMP_4K_SIZE];

	switch (type) {
	case SNP_PAGE_NORMAL:
		sha384(data, RMP_4K_SIZE, digest);
		break;
	case SNP_PAGE_VMSA:
		memcpy(vmsa, data, sizeof(vmsa));
		memset(vmsa + VMSA_TSC_SCALE, 0, 8);
		memset(vmsa + VMSA_TSC_OFFSET, 0, 8);
		sha384(vmsa, sizeof(vmsa), digest);
		break;
	default:
		memset(digest, 0, SNP_DIGEST_SIZE);
		break;
	}
}

/* One page of 4 KiB, of those that the command is about. */
static uint16_t update_page(SevFirmware *fw, const SnpCmdLaunchUpdate *c, SnpGuest *guest,
			    uint64_t address, uint64_t gpa)
{
	SnpPageType type = UPDATE_TYPE(c->flags);
	uint8_t *data = fw->scratch;
	PageInfo info = {
		.length = sizeof(info),
		.type = type,
		.imi = !!(c->flags & UPDATE_IMI),
		.gpa = gpa,
	};
	uint16_t status = sev_memory_read(fw, address, data, RMP_4K_SIZE);

	if (!status && type == SNP_PAGE_CPUID)
		status = check_cpuid((CpuidPage *)data);
	if (status)
		return status;
	digest_contents(type, data, info.contents);
	memcpy(info.permissions, c->permissions, sizeof(info.permissions));
	memcpy(info.digest, guest->measurement, sizeof(info.digest));
	sha384(&info, sizeof(info), guest->measurement);
	if (info.imi) {
		memcpy(info.digest, guest->imi_digest, sizeof(info.digest));
		sha384(&info, sizeof(info), guest->imi_digest);
	}
	if (type == SNP_PAGE_ZERO)
		memset(data, 0, RMP_4K_SIZE);
	else if (type == SNP_PAGE_SECRETS)
		fill_secrets(fw, guest, data);
	else
		return SEV_SUCCESS;
	return sev_memory_store(fw, address, data, RMP_4K_SIZE);
}

uint16_t sev_cmd_snp_launch_update(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdLaunchUpdate *c = buffer;
	bool reserved = c->flags & ~UPDATE_KNOWN || c->reserved || c->reserved2 || c->reserved3 ||
			c->page & (RMP_4K_SIZE - 1);
	uint64_t size = c->flags & UPDATE_2M ? RMP_2M_SIZE : RMP_4K_SIZE;
	SevRmpEntry entry;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, reserved, &guest);

	if (!status)
		status = check_update(fw, c, &entry);
	if (status)
		return status;
	if (guest->state != SNP_GUEST_LAUNCH)
		return SEV_INVALID_GUEST_STATE;
	if (!guest->asid)
		return SEV_INACTIVE;
	if ((entry.info & RMP_ASID) >> RMP_ASID_SHIFT != guest->asid)
		return SEV_INVALID_PAGE_OWNER;
	if (guest->imi && !(c->flags & UPDATE_IMI))
		return SEV_INVALID_PARAM;
	for (uint64_t done = 0; done < size; done += RMP_4K_SIZE) {
		status = update_page(fw, c, guest, c->page + done, (entry.info & RMP_GPA) + done);
		if (status)
			return status;
	}
	for (int i = 0; i < SNP_VMPLS - 1; i++)
		entry.permissions = deposit64(entry.permissions, 8 * (i + 1), 8,
					      c->permissions[i]);
	if (UPDATE_TYPE(c->flags) == SNP_PAGE_VMSA)
		entry.info |= RMP_VMSA;
	entry.info |= RMP_VALIDATED;
	entry.info &= ~(RMP_IMMUTABLE | RMP_LOCK);
	sev_rmp_write(c->page, entry);
	return SEV_SUCCESS;
}

/* The owner vouches for the guest: by a signature of what it should be. */
static uint16_t check_id_block(SevFirmware *fw, const SnpCmdLaunchFinish *c, SnpGuest *guest)
{
	bool author = c->flags & FINISH_AUTHOR;
	uint16_t status;
	SnpIdBlock block;
	IdAuth auth;

	status = sev_memory_read(fw, c->id_block_address, &block, sizeof(block));
	if (!status)
		status = sev_memory_read(fw, c->id_auth_address, &auth, sizeof(auth));
	if (status)
		return status;
	if (memcmp(block.digest, guest->measurement, sizeof(block.digest)))
		return SEV_BAD_MEASUREMENT;
	if (block.policy != guest->policy)
		return SEV_POLICY_FAILURE;
	if (auth.id_key_algo != ALGO_ECDSA_P384 ||
	    (author && auth.author_key_algo != ALGO_ECDSA_P384))
		return SEV_INVALID_PARAM;
	if (!sev_ecdsa_verify(auth.id_key, auth.id_block_signature, &block, sizeof(block)))
		return SEV_BAD_SIGNATURE;
	if (author && !sev_ecdsa_verify(auth.author_key, auth.id_key_signature, auth.id_key,
					sizeof(auth.id_key)))
		return SEV_BAD_SIGNATURE;
	guest->id_block = block;
	sha384(auth.id_key, sizeof(auth.id_key), guest->id_key_digest);
	if (author)
		sha384(auth.author_key, sizeof(auth.author_key), guest->author_key_digest);
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_launch_finish(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdLaunchFinish *c = buffer;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, c->flags & ~FINISH_KNOWN, &guest);

	if (status)
		return status;
	if (guest->state != SNP_GUEST_LAUNCH || guest->imi)
		return SEV_INVALID_GUEST_STATE;
	if (!guest->asid)
		return SEV_INACTIVE;
	if (c->flags & FINISH_ID_BLOCK)
		status = check_id_block(fw, c, guest);
	if (status)
		return status;
	memcpy(guest->host_data, c->host_data, sizeof(guest->host_data));
	guest->has_id_block = c->flags & FINISH_ID_BLOCK;
	guest->has_author = c->flags & FINISH_AUTHOR;
	guest->vcek_disabled = c->flags & FINISH_NO_VCEK;
	guest->state = SNP_GUEST_RUNNING;
	return SEV_SUCCESS;
}

/* ---- a guest that runs --------------------------------------------------------------------- */

static bool is_private(SevPageState state)
{
	return state >= SEV_PAGE_PRE_GUEST && state <= SEV_PAGE_GUEST_VALID;
}

/* Of a 4 KiB page inside of a 2 MiB one it is the latter's entry that counts. */
static uint16_t page_of_guest(uint64_t page, SevPageState *state, SevRmpEntry *entry)
{
	uint64_t first = page & ~(RMP_2M_SIZE - 1);
	SevRmpEntry large;
	uint16_t status = sev_snp_page(page, state, entry);

	if (!status && !(entry->info & (RMP_2M | RMP_ASID)) && sev_rmp_read(first, &large) &&
	    large.info & RMP_2M)
		*state = sev_rmp_state(first, entry);
	return status;
}

static uint16_t debug(SevFirmware *fw, const SnpCmdDebug *c, bool encrypt)
{
	bool reserved = (c->src | c->dst) & (RMP_4K_SIZE - 1);
	SevPageState private_state, other_state;
	SevRmpEntry entry, other;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, reserved, &guest);

	if (!status)
		status = page_of_guest(encrypt ? c->dst : c->src, &private_state, &entry);
	if (!status)
		status = sev_snp_page(encrypt ? c->src : c->dst, &other_state, &other);
	if (status)
		return status;
	if (!is_private(private_state) || (!encrypt && other_state != SEV_PAGE_FIRMWARE))
		return SEV_INVALID_PAGE_STATE;
	if ((entry.info & RMP_ASID) >> RMP_ASID_SHIFT != guest->asid)
		return SEV_INVALID_PAGE_OWNER;
	if (!(guest->policy & SNP_POLICY_DEBUG))
		return SEV_POLICY_FAILURE;
	if (!guest->asid)
		return SEV_INACTIVE;
	status = sev_memory_read(fw, c->src, fw->scratch, RMP_4K_SIZE);
	return status ?: sev_memory_store(fw, c->dst, fw->scratch, RMP_4K_SIZE);
}

uint16_t sev_cmd_snp_dbg_decrypt(SevFirmware *fw, void *buffer, SevGuest *none)
{
	return debug(fw, buffer, false);
}

uint16_t sev_cmd_snp_dbg_encrypt(SevFirmware *fw, void *buffer, SevGuest *none)
{
	return debug(fw, buffer, true);
}

static uint16_t move_guest_page(SevFirmware *fw, const SnpCmdPageMove *c, const SnpGuest *guest,
				SevRmpEntry *src, SevRmpEntry *dst, SevPageState src_state)
{
	uint64_t size = c->flags & UPDATE_2M ? RMP_2M_SIZE : RMP_4K_SIZE;

	if ((src->info & RMP_ASID) >> RMP_ASID_SHIFT != guest->asid ||
	    (dst->info & RMP_ASID) >> RMP_ASID_SHIFT != guest->asid)
		return SEV_INVALID_PAGE_OWNER;
	for (uint64_t done = 0; done < size; done += RMP_4K_SIZE) {
		uint16_t status = sev_memory_read(fw, c->src + done, fw->scratch, RMP_4K_SIZE);

		if (!status)
			status = sev_memory_store(fw, c->dst + done, fw->scratch, RMP_4K_SIZE);
		if (status)
			return status;
	}
	dst->info &= ~(RMP_GPA | RMP_VMSA | RMP_IMMUTABLE | RMP_LOCK);
	dst->info |= src->info & (RMP_GPA | RMP_VMSA);
	if (src_state == SEV_PAGE_PRE_SWAP)
		dst->info |= RMP_VALIDATED;
	dst->permissions = src->permissions;
	src->info &= ~(RMP_VALIDATED | RMP_IMMUTABLE | RMP_LOCK);
	return SEV_SUCCESS;
}

uint16_t sev_cmd_snp_page_move(SevFirmware *fw, void *buffer, SevGuest *none)
{
	const SnpCmdPageMove *c = buffer;
	bool reserved = (c->src | c->dst) & (RMP_4K_SIZE - 1) || c->flags & ~UPDATE_2M ||
			c->reserved;
	bool is_2m = c->flags & UPDATE_2M;
	SevPageState src_state, dst_state;
	SevRmpEntry src, dst;
	SnpGuest *guest;
	uint16_t status = sev_snp_guest_find(fw, c->gctx, reserved, &guest);

	if (!status)
		status = sev_snp_page(c->src, &src_state, &src);
	if (!status)
		status = sev_snp_page(c->dst, &dst_state, &dst);
	if (status)
		return status;
	if (!!(src.info & RMP_2M) != is_2m || !!(dst.info & RMP_2M) != is_2m)
		return SEV_INVALID_PAGE_SIZE;
	if (guest->state == SNP_GUEST_INIT)
		return SEV_INVALID_GUEST_STATE;
	if (!guest->asid)
		return SEV_INACTIVE;
	if ((src_state != SEV_PAGE_PRE_SWAP && src_state != SEV_PAGE_PRE_GUEST) ||
	    dst_state != SEV_PAGE_PRE_GUEST)
		return SEV_INVALID_PAGE_STATE;
	status = move_guest_page(fw, c, guest, &src, &dst, src_state);
	if (status)
		return status;
	sev_rmp_write(c->src, src);
	sev_rmp_write(c->dst, dst);
	return SEV_SUCCESS;
}
