// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware commands that manage guests: creating them, binding them to an ASID, launching them,
 * debugging them.
 */
#include "qemu/osdep.h"
#include "hw/i386/sev-commands.h"

#define VMSA_SIZE	(4 * KiB)

void sev_guest_clear(SevGuest *guest)
{
	g_clear_pointer(&guest->measured, g_checksum_free);
	memset(guest, 0, sizeof(*guest));
}

uint16_t sev_cmd_decommission(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	if (guest->asid)
		return SEV_ACTIVE;
	sev_guest_clear(guest);
	if (!--fw->guest_count)
		fw->state = PLATFORM_INIT;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_activate(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdActivate *c = buffer;
	bool for_es = c->asid < fw->config.min_sev_asid;

	if (!c->asid || c->asid > fw->config.max_asid || for_es != !!(guest->policy & POLICY_ES))
		return SEV_INVALID_ASID;
	/* Where ciphertext is hidden, the lowest are SNP guests' own. */
	if (fw->snp.hiding && c->asid <= fw->snp.max_asid)
		return SEV_INVALID_ASID;
	if (fw->asids[c->asid].owner)
		return SEV_ASID_OWNED;
	if (guest->asid)
		return SEV_ACTIVE;
	if (fw->asids[c->asid].dirty)
		return SEV_DFFLUSH_REQUIRED;
	fw->asids[c->asid].owner = guest - fw->guests + 1;
	guest->asid = c->asid;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_deactivate(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	fw->asids[guest->asid] = (SevAsid) { .dirty = true };
	guest->asid = 0;
	return SEV_SUCCESS;
}

/* Not a guest command in the table: of a handle without a guest it says just that. */
uint16_t sev_cmd_guest_status(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevCmdGuestStatus *c = buffer;
	SevGuest *guest = sev_guest_find(fw, c->handle);

	fw->subject->handle = c->handle;
	c->state = guest ? guest->state : GUEST_UNINIT;
	c->policy = guest ? guest->policy : 0;
	c->asid = guest ? guest->asid : 0;
	fw->subject->asid = c->asid;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_copy(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdCopy *c = buffer;

	if (!c->len || !QEMU_IS_ALIGNED(c->len, PAGE_SIZE))
		return SEV_INVALID_LEN;
	if (!QEMU_IS_ALIGNED(c->src | c->dst, PAGE_SIZE))
		return SEV_INVALID_ADDRESS;
	return sev_memory_copy(fw, c->dst, c->src, c->len);
}

/*
 * A guest that is launched or received. A handle in the command means that the new guest shares
 * that guest's key, which both policies must allow by being the same.
 */
uint16_t sev_guest_create(SevFirmware *fw, SevCmdStart *c, SevGuestState state,
			  const SevChannel *channel)
{
	const SevGuest *shared = sev_guest_find(fw, c->handle);
	uint32_t i = 0;

	if (c->handle && !shared)
		return SEV_INVALID_GUEST;
	if (shared && (shared->policy != c->policy || c->policy & POLICY_NOKS))
		return SEV_POLICY_FAILURE;
	while (i < fw->config.max_asid && fw->guests[i].state != GUEST_UNINIT)
		i++;
	if (i == fw->config.max_asid)
		return SEV_RESOURCE_LIMIT;
	if (c->policy & POLICY_ES && (!fw->es || sev_snp_refuses_es(fw)))
		return SEV_UNSUPPORTED;
	fw->guests[i] = (SevGuest) {
		.state = state,
		.policy = c->policy,
		.measured = g_checksum_new(G_CHECKSUM_SHA256),
		.channel = *channel,
	};
	fw->guest_count++;
	fw->state = PLATFORM_WORKING;
	c->handle = i + 1;
	fw->subject->handle = c->handle;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_launch_start(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevChannel channel = {};
	SevCmdStart *c = buffer;
	uint16_t status = c->cert_address ? sev_session_read(fw, c, &channel) : SEV_SUCCESS;

	return status ?: sev_guest_create(fw, c, GUEST_LUPDATE, &channel);
}

uint16_t sev_cmd_launch_update_data(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdLaunchUpdate *c = buffer;
	uint64_t address = c->address;
	uint16_t status;

	if (!QEMU_IS_ALIGNED(address, BLOCK_SIZE))
		return SEV_INVALID_ADDRESS;
	if (!c->len || !QEMU_IS_ALIGNED(c->len, BLOCK_SIZE))
		return SEV_INVALID_LEN;
	/* It would be encrypted where it is. */
	status = sev_snp_check_writable(fw, address, c->len);
	if (status)
		return status;
	for (uint32_t left = c->len; left;) {
		uint32_t chunk = MIN(left, SCRATCH_SIZE);

		status = sev_memory_read(fw, address, fw->scratch, chunk);
		if (status)
			return status;
		g_checksum_update(guest->measured, fw->scratch, chunk);
		address += chunk;
		left -= chunk;
	}
	return SEV_SUCCESS;
}

uint16_t sev_cmd_launch_update_vmsa(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdLaunchUpdate *c = buffer;

	if (!(guest->policy & POLICY_ES))
		return SEV_UNSUPPORTED;
	if (c->len != VMSA_SIZE)
		return SEV_INVALID_LEN;
	return sev_cmd_launch_update_data(fw, buffer, guest);
}

uint16_t sev_cmd_launch_measure(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdLaunchMeasure *c = buffer;
	SevMeasurement measurement;
	SevLaunch launch = {
		.api_major = fw->config.api_major,
		.api_minor = fw->config.api_minor,
		.build = fw->config.build,
		.policy = guest->policy,
		.digest = guest->launch_digest,
	};
	uint16_t status = sev_length_check(c->len, sizeof(measurement));
	gsize len = SEV_DIGEST_SIZE;

	c->len = sizeof(measurement);
	if (status)
		return status;
	g_checksum_get_digest(guest->measured, guest->launch_digest, &len);
	sev_measure(&launch, &guest->channel, &measurement);
	status = sev_memory_write(fw, c->address, &measurement, sizeof(measurement));
	if (!status)
		guest->state = GUEST_LSECRET;
	return status;
}

uint16_t sev_cmd_launch_secret(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	return sev_transport_in(fw, buffer, guest, SEV_PACKET_SECRET);
}

uint16_t sev_cmd_launch_finish(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	memset(&guest->channel, 0, sizeof(guest->channel));
	guest->state = GUEST_RUNNING;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_attestation_report(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevAttestation report = { .policy = guest->policy };
	SevCmdAttestation *c = buffer;
	uint16_t status = sev_length_check(c->len, sizeof(report));

	c->len = sizeof(report);
	if (status)
		return status;
	memcpy(report.nonce, c->nonce, sizeof(report.nonce));
	memcpy(report.launch_digest, guest->launch_digest, sizeof(report.launch_digest));
	sev_attest(&fw->identity, &report);
	return sev_memory_write(fw, c->address, &report, sizeof(report));
}

/* Both ways: unencrypted memory is just copied. */
uint16_t sev_cmd_debug(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdDebug *c = buffer;

	if (guest->policy & POLICY_NODBG)
		return SEV_POLICY_FAILURE;
	if (!QEMU_IS_ALIGNED(c->src | c->dst, BLOCK_SIZE))
		return SEV_INVALID_ADDRESS;
	if (!QEMU_IS_ALIGNED(c->len, BLOCK_SIZE))
		return SEV_INVALID_LEN;
	return sev_memory_copy(fw, c->dst, c->src, c->len);
}
