// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware commands that manage the platform: its state, its identity, its version.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "hw/i386/sev-commands.h"
#include "hw/i386/sev-host.h"

#define CONFIG_ES		BIT(0)
#define TMR_SIZE		MiB
#define SNP_TMR_SIZE		(2 * MiB)
#define NV_SIZE			(32 * KiB)
#define FIRMWARE_HEADER_SIZE	256
#define FIRMWARE_ALIGN		32
#define FIRMWARE_COOKIE		0x31535024	/* $PS1 */

typedef struct QEMU_PACKED NvImage {
	uint8_t magic[8];
	SevIdentity identity;
	uint8_t digest[SEV_DIGEST_SIZE];
} NvImage;

static const char nv_magic[8] = "SEVNV01";

static void nv_digest(NvImage *nv, uint8_t *digest)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize len = SEV_DIGEST_SIZE;

	g_checksum_update(sum, (void *)nv, offsetof(NvImage, digest));
	g_checksum_get_digest(sum, digest, &len);
}

static uint16_t identity_load(SevFirmware *fw)
{
	uint8_t digest[SEV_DIGEST_SIZE];
	NvImage nv;
	uint16_t status;

	if (!fw->nv_address) {
		fw->identity = fw->flash;
		return SEV_SUCCESS;
	}
	status = sev_memory_read(fw, fw->nv_address, &nv, sizeof(nv));
	if (status)
		return status;
	fw->identity = (SevIdentity) { .chain.cek = fw->flash.chain.cek };
	if (buffer_is_zero(&nv, sizeof(nv)) || nv.magic[0] == 0xff)
		return SEV_SUCCESS;
	nv_digest(&nv, digest);
	if (memcmp(nv.magic, nv_magic, sizeof(nv.magic)) ||
	    memcmp(nv.digest, digest, sizeof(digest))) {
		memset(&nv, 0xff, sizeof(nv));
		sev_memory_write(fw, fw->nv_address, &nv, sizeof(nv));
		return SEV_SECURE_DATA_INVALID;
	}
	fw->identity = nv.identity;
	return SEV_SUCCESS;
}

static uint16_t identity_save(SevFirmware *fw)
{
	NvImage nv;

	sev_identity_fill(&fw->identity, fw->config.api_major, fw->config.api_minor);
	fw->flash.chain.cek = fw->identity.chain.cek;
	if (!fw->nv_address) {
		fw->flash = fw->identity;
		return SEV_SUCCESS;
	}
	memcpy(nv.magic, nv_magic, sizeof(nv.magic));
	nv.identity = fw->identity;
	nv_digest(&nv, nv.digest);
	return sev_memory_write(fw, fw->nv_address, &nv, sizeof(nv));
}

void sev_platform_clear(SevFirmware *fw)
{
	for (uint32_t i = 0; i < fw->config.max_asid; i++)
		sev_guest_clear(&fw->guests[i]);
	for (uint32_t i = 0; i <= fw->config.max_asid; i++) {
		if (!fw->asids[i].snp)
			fw->asids[i] = (SevAsid) { .dirty = true };
	}
	fw->guest_count = 0;
	fw->nv_address = 0;
	fw->tmr_address = 0;
	fw->tmr_len = 0;
	fw->es = false;
	fw->state = PLATFORM_UNINIT;
}

static uint16_t platform_init(SevFirmware *fw, uint32_t flags, uint64_t tmr, uint32_t tmr_len)
{
	uint32_t tmr_size = fw->snp.init ? SNP_TMR_SIZE : TMR_SIZE;
	uint16_t status = SEV_SUCCESS;

	if (sev_host_snp_on && !fw->snp.init)
		return SEV_INVALID_PLATFORM_STATE;
	if (flags & CONFIG_ES) {
		if (tmr_len < tmr_size)
			return SEV_INVALID_LEN;
		if (!QEMU_IS_ALIGNED(tmr, tmr_size))
			return SEV_INVALID_ADDRESS;
		status = sev_snp_check_writable(fw, tmr, tmr_len);
	}
	if (!status)
		status = identity_load(fw);
	if (!status)
		status = identity_save(fw);
	if (status) {
		fw->nv_address = 0;
		return status;
	}
	fw->es = flags & CONFIG_ES;
	if (fw->es) {
		fw->tmr_address = tmr;
		fw->tmr_len = tmr_len;
	}
	fw->state = PLATFORM_INIT;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_init(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevCmdInit *c = buffer;

	if (c->flags & ~CONFIG_ES || c->reserved)
		return SEV_INVALID_CONFIG;
	return platform_init(fw, c->flags, c->tmr_address, c->tmr_len);
}

uint16_t sev_cmd_init_ex(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevCmdInitEx *c = buffer;

	if (c->flags & ~CONFIG_ES || c->reserved)
		return SEV_INVALID_CONFIG;
	if (c->length != sizeof(*c))
		return SEV_INVALID_LEN;
	if (c->nv_address) {
		if (!QEMU_IS_ALIGNED(c->nv_address, PAGE_SIZE))
			return SEV_INVALID_ADDRESS;
		if (c->nv_len != NV_SIZE)
			return SEV_INVALID_LEN;
		if (c->flags & CONFIG_ES && c->nv_address < c->tmr_address + TMR_SIZE &&
		    c->tmr_address < c->nv_address + NV_SIZE)
			return SEV_INVALID_ADDRESS;
	}
	fw->nv_address = c->nv_address;
	return platform_init(fw, c->flags, c->tmr_address, c->tmr_len);
}

uint16_t sev_cmd_shutdown(SevFirmware *fw, void *buffer, SevGuest *none)
{
	sev_platform_clear(fw);
	return SEV_SUCCESS;
}

uint16_t sev_cmd_factory_reset(SevFirmware *fw, void *buffer, SevGuest *none)
{
	fw->flash = (SevIdentity) { .chain.cek = fw->flash.chain.cek };
	return SEV_SUCCESS;
}

uint16_t sev_cmd_platform_status(SevFirmware *fw, void *buffer, SevGuest *none)
{
	*(SevCmdPlatformStatus *)buffer = (SevCmdPlatformStatus) {
		.api_major = fw->config.api_major,
		.api_minor = fw->config.api_minor,
		.state = fw->state,
		.owner = fw->state == PLATFORM_UNINIT ? 0 : fw->identity.owned,
		.config = fw->es ? CONFIG_ES : 0,
		.build = fw->config.build,
		.guest_count = fw->guest_count,
	};
	return SEV_SUCCESS;
}

uint16_t sev_cmd_pek_gen(SevFirmware *fw, void *buffer, SevGuest *none)
{
	fw->identity = (SevIdentity) { .chain.cek = fw->identity.chain.cek };
	return identity_save(fw);
}

uint16_t sev_cmd_pek_csr(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevCert csr = { .body = fw->identity.chain.pek.body };
	SevCmdBuffer *c = buffer;
	uint16_t status = sev_length_check(c->len, sizeof(csr));

	c->len = sizeof(csr);
	return status ?: sev_memory_write(fw, c->address, &csr, sizeof(csr));
}

uint16_t sev_cmd_pek_cert_import(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevCmdPekCertImport *c = buffer;
	SevCert pek, oca;
	uint16_t status;

	if (fw->identity.owned)
		return SEV_ALREADY_OWNED;
	if (c->pek_len != sizeof(pek) || c->oca_len != sizeof(oca))
		return SEV_INVALID_LEN;
	status = sev_memory_read(fw, c->pek_address, &pek, sizeof(pek));
	if (!status)
		status = sev_memory_read(fw, c->oca_address, &oca, sizeof(oca));
	if (!status)
		status = sev_identity_import(&fw->identity, &pek, &oca);
	return status ?: identity_save(fw);
}

uint16_t sev_cmd_pdh_cert_export(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevCmdPdhCertExport *c = buffer;
	uint16_t status = sev_length_check(c->pdh_len, sizeof(SevCert)) |
			  sev_length_check(c->chain_len, sizeof(SevCertChain));

	c->pdh_len = sizeof(SevCert);
	c->chain_len = sizeof(SevCertChain);
	if (!status)
		status = sev_memory_write(fw, c->pdh_address, &fw->identity.pdh, sizeof(SevCert));
	return status ?: sev_memory_write(fw, c->chain_address, &fw->identity.chain,
				      sizeof(SevCertChain));
}

uint16_t sev_cmd_pdh_gen(SevFirmware *fw, void *buffer, SevGuest *none)
{
	sev_identity_drop_pdh(&fw->identity);
	return identity_save(fw);
}

uint16_t sev_cmd_df_flush(SevFirmware *fw, void *buffer, SevGuest *none)
{
	for (uint32_t i = 0; i <= fw->config.max_asid; i++)
		fw->asids[i].dirty = false;
	return SEV_SUCCESS;
}

/* An image is known by its header alone; AMD's signature is not checked. */
uint16_t sev_cmd_download_firmware(SevFirmware *fw, void *buffer, SevGuest *none)
{
	uint8_t header[FIRMWARE_HEADER_SIZE];
	SevCmdBuffer *c = buffer;
	uint16_t status;

	if (!QEMU_IS_ALIGNED(c->address, FIRMWARE_ALIGN))
		return SEV_INVALID_ADDRESS;
	if (c->len < sizeof(header))
		return SEV_INVALID_LEN;
	status = sev_memory_read(fw, c->address, header, sizeof(header));
	if (status)
		return status;
	if (ldl_le_p(header + 0x10) != FIRMWARE_COOKIE)
		return SEV_BAD_SIGNATURE;
	fw->config.build = header[0x60];
	fw->config.api_minor = header[0x61];
	fw->config.api_major = header[0x62];
	return SEV_SUCCESS;
}

void sev_chip_id(uint8_t id[SEV_CHIP_ID_SIZE])
{
	for (int i = 0; i < SEV_CHIP_ID_SIZE; i++)
		id[i] = 0x5e ^ i;
}

uint16_t sev_cmd_get_id(SevFirmware *fw, void *buffer, SevGuest *none)
{
	uint8_t id[SEV_CHIP_ID_SIZE];
	SevCmdBuffer *c = buffer;
	uint16_t status = sev_length_check(c->len, sizeof(id));

	c->len = sizeof(id);
	sev_chip_id(id);
	return status ?: sev_memory_write(fw, c->address, id, sizeof(id));
}

uint16_t sev_cmd_nop(SevFirmware *fw, void *buffer, SevGuest *none)
{
	return SEV_SUCCESS;
}
