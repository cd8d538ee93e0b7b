// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SEV-SNP guest asks the firmware itself: SNP_GUEST_REQUEST and the messages in it, encrypted
 * with a key that only the guest and the firmware have. AMD's SEV-SNP ABI specification (document
 * 56860), chapters 7 and 8.26; the order of checks is that of the firmware that AMD has published.
 *
 * A wrong request is the hypervisor's fault, and the command says so; what a guest asks wrongly is
 * answered to the guest alone.
 *
 * The chip's keys are made of its identity and TCB, so that every emulated chip of a TCB has the same:
 * property "vcek" has the public one. Messages about reports, derived keys and the TSC are understood.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "hw/i386/sev-commands.h"
#include "hw/i386/sev-gcm.h"

#define HEADER_VERSION		1
#define ALGO_AES_256_GCM	1
#define REPORT_VERSION		2
#define ALGO_ECDSA_P384		1

#define MSG_KEY_REQ		3
#define MSG_REPORT_REQ		5
#define MSG_TSC_INFO_REQ	17

#define KEY_VLEK_OR_VCEK	0
#define KEY_VCEK		1

#define SIGNING_KEY_VCEK	0
#define SIGNING_KEY_NONE	7

#define FLAG_AUTHOR		BIT(0)
#define FLAG_MASK_CHIP_KEY	BIT(1)
#define FLAG_SIGNING_KEY(key)	((key) << 2)

#define FIELD_POLICY		BIT_ULL(0)
#define FIELD_IMAGE		BIT_ULL(1)
#define FIELD_FAMILY		BIT_ULL(2)
#define FIELD_MEASUREMENT	BIT_ULL(3)
#define FIELD_SVN		BIT_ULL(4)
#define FIELD_TCB		BIT_ULL(5)
#define FIELD_KNOWN		MAKE_64BIT_MASK(0, 6)

typedef struct QEMU_PACKED Header {
	uint8_t tag[32];
	uint64_t sequence;
	uint8_t reserved[8];
	uint8_t algo;			/* from here on authenticated */
	uint8_t version;
	uint16_t size;
	uint8_t type;
	uint8_t message_version;
	uint16_t message_size;
	uint32_t reserved2;
	uint8_t vmpck;
	uint8_t reserved3[35];
} Header;

#define AAD_OFFSET	offsetof(Header, algo)
#define MESSAGE_MAX	(RMP_4K_SIZE - sizeof(Header))

typedef struct QEMU_PACKED ReportRequest {
	uint8_t data[64];
	uint32_t vmpl;
	uint32_t key;			/* bits 1:0 */
	uint8_t reserved[24];
} ReportRequest;

typedef struct QEMU_PACKED Report {
	uint32_t version;
	uint32_t svn;
	uint64_t policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t vmpl;
	uint32_t algo;
	uint64_t current_tcb;
	uint64_t platform;
	uint32_t flags;
	uint32_t reserved;
	uint8_t data[64];
	uint8_t measurement[SNP_DIGEST_SIZE];
	uint8_t host_data[32];
	uint8_t id_key_digest[SNP_DIGEST_SIZE];
	uint8_t author_key_digest[SNP_DIGEST_SIZE];
	uint8_t report_id[32];
	uint8_t agent_report_id[32];
	uint64_t reported_tcb;
	uint8_t reserved2[24];
	uint8_t chip_id[SEV_CHIP_ID_SIZE];
	uint64_t committed_tcb;
	uint8_t current_build, current_minor, current_major, reserved3;
	uint8_t committed_build, committed_minor, committed_major, reserved4;
	uint64_t launch_tcb;
	uint8_t reserved5[168];
	uint8_t signature[SEV_ECDSA_SIG_SIZE];
} Report;

typedef struct QEMU_PACKED ReportResponse {
	uint32_t status;
	uint32_t size;
	uint8_t reserved[24];
	Report report;
} ReportResponse;

typedef struct QEMU_PACKED KeyRequest {
	uint32_t flags;			/* bit 0: from the VMRK; bits 2:1: which chip key */
	uint32_t reserved;
	uint64_t fields;
	uint32_t vmpl;
	uint32_t svn;
	uint64_t tcb;
} KeyRequest;

typedef struct QEMU_PACKED KeyResponse {
	uint32_t status;
	uint8_t reserved[28];
	uint8_t key[32];
} KeyResponse;

typedef struct QEMU_PACKED KeyMix {
	uint32_t flags;
	uint32_t reserved;
	uint64_t fields;
	uint32_t vmpl;
	uint32_t svn;
	uint64_t tcb;
	uint64_t policy;
	uint8_t image_id[16];
	uint8_t family_id[16];
	uint8_t measurement[SNP_DIGEST_SIZE];
	uint8_t host_data[32];
	uint8_t id_key[SNP_DIGEST_SIZE];
} KeyMix;

typedef struct QEMU_PACKED TscResponse {
	uint32_t status;
	uint32_t reserved;
	uint64_t scale;
	uint64_t offset;
	uint32_t factor;
	uint8_t reserved2[100];
} TscResponse;

typedef struct QEMU_PACKED TscRequest {
	uint8_t reserved[128];
} TscRequest;

QEMU_BUILD_BUG_ON(sizeof(Header) != 0x60);
QEMU_BUILD_BUG_ON(sizeof(ReportRequest) != 0x60);
QEMU_BUILD_BUG_ON(offsetof(Report, signature) != 0x2a0);
QEMU_BUILD_BUG_ON(sizeof(ReportResponse) != 0x4c0);
QEMU_BUILD_BUG_ON(sizeof(KeyRequest) != 0x20);
QEMU_BUILD_BUG_ON(sizeof(TscResponse) != 0x80);

/* The chip's secret for a TCB. */
static void chip_secret(const char *label, uint64_t tcb, uint8_t secret[SEV_ECDSA_SECRET_SIZE])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
	gsize len = SEV_ECDSA_SECRET_SIZE;
	uint8_t chip[SEV_CHIP_ID_SIZE];
	uint64_t le_tcb = cpu_to_le64(tcb);

	sev_chip_id(chip);
	g_checksum_update(sum, (const uint8_t *)label, strlen(label));
	g_checksum_update(sum, chip, sizeof(chip));
	g_checksum_update(sum, (uint8_t *)&le_tcb, sizeof(le_tcb));
	g_checksum_get_digest(sum, secret, &len);
}

/* As hexadecimal digits, in the layout of the report's signature: curve, X, Y. */
char *sev_vcek_public(SevFirmware *fw)
{
	uint8_t secret[SEV_ECDSA_SECRET_SIZE], key[SEV_ECDSA_KEY_SIZE];
	GString *text = g_string_new(NULL);

	chip_secret("VCEK", fw->snp.reported_tcb, secret);
	sev_ecdsa_public(secret, key);
	for (int i = 0; i < 4 + 2 * SEV_ECDSA_NUMBER; i++)
		g_string_append_printf(text, "%02x", key[i]);
	return g_string_free(text, FALSE);
}

static bool key_allowed(const SnpGuest *guest, uint32_t selection)
{
	/* There is no VLEK. */
	return (selection == KEY_VLEK_OR_VCEK || selection == KEY_VCEK) && !guest->vcek_disabled;
}

/* ---- messages ------------------------------------------------------------------------------ */

static void fill_report(SevFirmware *fw, const SnpGuest *guest, const ReportRequest *request,
			Report *report)
{
	const SevSnp *snp = &fw->snp;

	*report = (Report) {
		.version = REPORT_VERSION,
		.svn = guest->id_block.svn,
		.policy = guest->policy,
		.vmpl = request->vmpl,
		.algo = ALGO_ECDSA_P384,
		.current_tcb = fw->config.tcb,
		.reported_tcb = snp->reported_tcb,
		.committed_tcb = snp->committed_tcb,
		.launch_tcb = guest->launch_tcb,
		.current_build = fw->config.build,
		.current_minor = fw->config.api_minor,
		.current_major = fw->config.api_major,
		.committed_build = snp->committed_build,
		.committed_minor = snp->committed_minor,
		.committed_major = snp->committed_major,
		.flags = (guest->has_author ? FLAG_AUTHOR : 0) |
			 (snp->mask_chip_key ? FLAG_MASK_CHIP_KEY : 0) |
			 FLAG_SIGNING_KEY(snp->mask_chip_key ? SIGNING_KEY_NONE : SIGNING_KEY_VCEK),
	};
	memcpy(report->family_id, guest->id_block.family_id, sizeof(report->family_id));
	memcpy(report->image_id, guest->id_block.image_id, sizeof(report->image_id));
	memcpy(report->data, request->data, sizeof(report->data));
	memcpy(report->measurement, guest->measurement, sizeof(report->measurement));
	memcpy(report->host_data, guest->host_data, sizeof(report->host_data));
	memcpy(report->id_key_digest, guest->id_key_digest, sizeof(report->id_key_digest));
	memcpy(report->author_key_digest, guest->author_key_digest,
	       sizeof(report->author_key_digest));
	memcpy(report->report_id, guest->report_id, sizeof(report->report_id));
	memcpy(report->agent_report_id, guest->agent_report_id, sizeof(report->agent_report_id));
	if (!snp->mask_chip_id)
		sev_chip_id(report->chip_id);
}

static uint32_t answer_report(SevFirmware *fw, SnpGuest *guest, uint8_t vmpck, const void *message,
			      void *answer)
{
	uint8_t secret[SEV_ECDSA_SECRET_SIZE];
	const ReportRequest *request = message;
	ReportResponse *response = answer;

	response->size = sizeof(response->report);
	if (request->key & ~3u || !buffer_is_zero(request->reserved, sizeof(request->reserved)))
		return SEV_INVALID_PARAM;
	if (!key_allowed(guest, request->key))
		return SEV_INVALID_KEY;
	if (request->vmpl < vmpck || request->vmpl >= SNP_VMPLS)
		return SEV_INVALID_PARAM;
	fill_report(fw, guest, request, &response->report);
	if (!fw->snp.mask_chip_key) {
		chip_secret("VCEK", fw->snp.reported_tcb, secret);
		sev_ecdsa_sign(secret, response->report.signature, &response->report,
			       offsetof(Report, signature));
	}
	return SEV_SUCCESS;
}

static bool tcb_exceeds(uint64_t tcb, uint64_t limit)
{
	for (int i = 0; i < 64; i += 8) {
		if ((tcb >> i & 0xff) > (limit >> i & 0xff))
			return true;
	}
	return false;
}

static uint32_t check_key_request(SevFirmware *fw, const SnpGuest *guest, uint8_t vmpck,
				  const KeyRequest *request)
{
	bool from_chip = !(request->flags & 1);

	if (request->flags & ~7u || request->reserved)
		return SEV_INVALID_PARAM;
	if (from_chip && (fw->snp.mask_chip_key || !key_allowed(guest, request->flags >> 1)))
		return SEV_INVALID_KEY;
	if (request->vmpl < vmpck || request->vmpl >= SNP_VMPLS || request->fields & ~FIELD_KNOWN)
		return SEV_INVALID_PARAM;
	if (request->fields & FIELD_TCB && tcb_exceeds(request->tcb, fw->snp.committed_tcb))
		return SEV_INVALID_PARAM;
	if (request->fields & FIELD_SVN && request->svn > guest->id_block.svn)
		return SEV_INVALID_PARAM;
	return SEV_SUCCESS;
}

static uint32_t answer_key(SevFirmware *fw, SnpGuest *guest, uint8_t vmpck, const void *message,
			   void *answer)
{
	static const char label[] = "gmsg-keyreq";
	const uint8_t counter[4] = { 1 }, bits[4] = { 0, 1 };	/* 256, little-endian */
	const KeyRequest *request = message;
	uint64_t fields = request->fields;
	uint8_t secret[SEV_ECDSA_SECRET_SIZE];
	KeyResponse *response = answer;
	bool from_chip = !(request->flags & 1);
	g_autoptr(GHmac) mac = NULL;
	gsize len = sizeof(response->key);
	uint32_t status = check_key_request(fw, guest, vmpck, request);
	KeyMix mix = {
		.flags = request->flags & 1,
		.fields = fields,
		.vmpl = request->vmpl,
		.svn = fields & FIELD_SVN ? request->svn : 0,
		.tcb = fields & FIELD_TCB ? request->tcb : 0,
		.policy = fields & FIELD_POLICY ? guest->policy : 0,
	};

	if (status)
		return status;
	if (fields & FIELD_IMAGE)
		memcpy(mix.image_id, guest->id_block.image_id, sizeof(mix.image_id));
	if (fields & FIELD_FAMILY)
		memcpy(mix.family_id, guest->id_block.family_id, sizeof(mix.family_id));
	if (fields & FIELD_MEASUREMENT)
		memcpy(mix.measurement, guest->measurement, sizeof(mix.measurement));
	memcpy(mix.host_data, guest->host_data, sizeof(mix.host_data));
	memcpy(mix.id_key, guest->has_author ? guest->author_key_digest : guest->id_key_digest,
	       sizeof(mix.id_key));
	chip_secret("VCEK", fields & FIELD_TCB ? request->tcb : fw->snp.reported_tcb, secret);
	mac = from_chip ? g_hmac_new(G_CHECKSUM_SHA256, secret, sizeof(secret)) :
			  g_hmac_new(G_CHECKSUM_SHA256, guest->root_key, sizeof(guest->root_key));
	g_hmac_update(mac, counter, sizeof(counter));
	g_hmac_update(mac, (const uint8_t *)label, sizeof(label));
	g_hmac_update(mac, (const uint8_t *)&mix, sizeof(mix));
	g_hmac_update(mac, bits, sizeof(bits));
	g_hmac_get_digest(mac, response->key, &len);
	return SEV_SUCCESS;
}

static uint32_t answer_tsc(SevFirmware *fw, SnpGuest *guest, uint8_t vmpck, const void *message,
			   void *answer)
{
	const TscRequest *request = message;

	/* Scale and offset are those of a processor that does not scale. */
	return buffer_is_zero(request, sizeof(*request)) ? SEV_SUCCESS : SEV_INVALID_PARAM;
}

/* Answers begin with a status; a type's answer is the next type. */
static const struct Message {
	uint8_t type;
	uint16_t size, answer_size;
	uint32_t (*answer)(SevFirmware *fw, SnpGuest *guest, uint8_t vmpck, const void *message,
			   void *answer);
} messages[] = {
	{ MSG_KEY_REQ, sizeof(KeyRequest), sizeof(KeyResponse), answer_key },
	{ MSG_REPORT_REQ, sizeof(ReportRequest), sizeof(ReportResponse), answer_report },
	{ MSG_TSC_INFO_REQ, sizeof(TscRequest), sizeof(TscResponse), answer_tsc },
};

static const struct Message *find_message(const Header *header)
{
	for (int i = 0; i < ARRAY_SIZE(messages); i++) {
		if (messages[i].type == header->type && header->message_version == 1 &&
		    header->message_size >= messages[i].size)
			return &messages[i];
	}
	return NULL;
}

/* ---- the command --------------------------------------------------------------------------- */

static SevGcm message_gcm(const Header *header, const uint8_t *key, uint8_t iv[SEV_GCM_IV])
{
	memset(iv, 0, SEV_GCM_IV);
	stq_le_p(iv, header->sequence);
	return (SevGcm) {
		.key = key,
		.iv = iv,
		.aad = (const uint8_t *)header + AAD_OFFSET,
		.aad_len = sizeof(*header) - AAD_OFFSET,
	};
}

static uint16_t check_pages(SevFirmware *fw, const SnpCmdGuestRequest *c, SnpGuest **guest)
{
	uint16_t status = sev_snp_guest_find(fw, c->gctx, false, guest);
	SevPageState request_state, response_state;
	SevRmpEntry request, response;

	if (!status || status == SEV_INVALID_GUEST) {
		uint16_t page_status = sev_snp_page(c->request, &request_state, &request);

		page_status = page_status ?: sev_snp_page(c->response, &response_state, &response);
		status = page_status ?: status;
	}
	if (status)
		return status;
	if (response_state != SEV_PAGE_FIRMWARE)
		return SEV_INVALID_PAGE_STATE;
	if ((request.info | response.info) & RMP_2M)
		return SEV_INVALID_PAGE_SIZE;
	return (*guest)->state == SNP_GUEST_RUNNING ? SEV_SUCCESS : SEV_INVALID_GUEST_STATE;
}

static uint16_t read_request(SevFirmware *fw, uint64_t address, Header *header, uint8_t *message)
{
	uint64_t offset = address & (RMP_4K_SIZE - 1);
	uint16_t status;

	if (offset + sizeof(*header) > RMP_4K_SIZE)
		return SEV_INVALID_PARAM;
	status = sev_memory_read(fw, address, header, sizeof(*header));
	if (status)
		return status;
	if (header->version != HEADER_VERSION || header->size != sizeof(*header) ||
	    header->algo != ALGO_AES_256_GCM || !header->message_size ||
	    !QEMU_IS_ALIGNED(header->message_size, BLOCK_SIZE) ||
	    offset + sizeof(*header) + header->message_size > RMP_4K_SIZE ||
	    header->vmpck >= SNP_VMPLS)
		return SEV_INVALID_PARAM;
	return sev_memory_read(fw, address + sizeof(*header), message, header->message_size);
}

static uint16_t write_response(SevFirmware *fw, uint64_t address, const Header *request,
			       const struct Message *message, const uint8_t *key, uint8_t *answer)
{
	Header header = {
		.sequence = request->sequence + 1,
		.algo = ALGO_AES_256_GCM,
		.version = HEADER_VERSION,
		.size = sizeof(header),
		.type = message->type + 1,
		.message_version = 1,
		.message_size = message->answer_size,
		.vmpck = request->vmpck,
	};
	uint8_t iv[SEV_GCM_IV];
	SevGcm gcm = message_gcm(&header, key, iv);
	uint16_t status;

	if ((address & (RMP_4K_SIZE - 1)) + sizeof(header) + message->answer_size > RMP_4K_SIZE)
		return SEV_INVALID_PARAM;
	sev_gcm_seal(&gcm, answer, message->answer_size, header.tag);
	status = sev_memory_write(fw, address, &header, sizeof(header));
	return status ?: sev_memory_write(fw, address + sizeof(header), answer,
					  message->answer_size);
}

/* For the log: 0: it cannot be read. */
uint8_t sev_snp_message_type(SevFirmware *fw, const SnpCmdGuestRequest *c)
{
	uint8_t type = 0;

	sev_memory_read(fw, c->request + offsetof(Header, type), &type, sizeof(type));
	return type;
}

uint16_t sev_cmd_snp_guest_request(SevFirmware *fw, void *buffer, SevGuest *none)
{
	uint8_t request[MESSAGE_MAX], answer[MESSAGE_MAX] = {}, iv[SEV_GCM_IV];
	const SnpCmdGuestRequest *c = buffer;
	const struct Message *message;
	const uint8_t *key;
	SnpGuest *guest;
	Header header;
	SevGcm gcm;
	uint16_t status = check_pages(fw, c, &guest);

	if (!status)
		status = read_request(fw, c->request, &header, request);
	if (status)
		return status;
	key = guest->vmpck[header.vmpck];
	gcm = message_gcm(&header, key, iv);
	if (!sev_gcm_open(&gcm, request, header.message_size, header.tag))
		return SEV_BAD_MEASUREMENT;
	/* Requests have odd numbers, answers even ones. */
	if (guest->messages[header.vmpck] == UINT64_MAX - 1 ||
	    header.sequence != guest->messages[header.vmpck] + 1)
		return SEV_AEAD_OFLOW;
	message = find_message(&header);
	if (!message)
		return SEV_INVALID_PARAM;
	stl_le_p(answer, message->answer(fw, guest, header.vmpck, request, answer));
	status = write_response(fw, c->response, &header, message, key, answer);
	if (!status)
		guest->messages[header.vmpck] += 2;
	return status;
}
