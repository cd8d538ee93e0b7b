// SPDX-License-Identifier: GPL-2.0-only
/*
 * One row for each firmware command that is about a guest or can be asked for a length: where its
 * buffer holds the handle, the ASID, the policy and the length, and the guest's state once it has
 * succeeded.
 *
 * Source: AMD SEV API specification (55766), chapters of the commands and "Guest State Machine";
 * buffers as in linux/psp-sev.h. SEV-SNP: SNP firmware ABI (56860), whose buffers begin with the
 * address of the guest's context page. No key, measurement or guest data is ever read.
 */
#include <linux/fs.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <uapi/linux/sevadm.h>

#include "compat/psp_sev.h"
#include "psp_command.h"

#define STATE_SAME	(-1)

/* Offsets are kept one up: 0 means that the command has no such field. */
#define AT(type, field)	(offsetof(struct sev_data_##type, field) + 1)

struct psp_command {
	u8 handle;
	u8 asid;
	u8 policy;
	u8 length;
	/* length that is 0 in a query: the answer is INVALID_LEN, and the length needed */
	u8 query;
	u8 gctx;	/* 64 bits */
	u8 rmp_page;	/* bit 0: size of the one page: 4 KiB or 2 MiB; bits 3 to 1: its type */
	u8 message;	/* 64 bits: where the guest's message is */
	s8 state;
	u8 effect;	/* enum sevadm_psp_effect */
};

#define HANDLE(type)		.handle = AT(type, handle)
#define LENGTH(type, field)	.length = AT(type, field)
#define QUERY(type, field)	.query = AT(type, field)
#define POLICY(type)		.policy = AT(type, policy)
#define STAYS			.state = STATE_SAME
#define BECOMES(name)		.state = SEVADM_VM_STATE_##name
#define EFFECT(name)		.effect = SEVADM_PSP_##name

/* As the ABI has them: not every kernel has structures for them. */
#define SNP_GCTX		.gctx = 0x0 + 1
#define SNP_ASID		.asid = 0x8 + 1
#define SNP_POLICY		.policy = 0x8 + 1
#define SNP_PAGE		.rmp_page = 0x8 + 1
#define SNP_MESSAGE		.message = 0x8 + 1

static const struct psp_command psp_commands[] = {
	[SEV_CMD_PEK_CSR] = { QUERY(pek_csr, len), STAYS },
	[SEV_CMD_PDH_CERT_EXPORT] = { QUERY(pdh_cert_export, pdh_cert_len), STAYS },
	[SEV_CMD_GET_ID] = { QUERY(get_id, len), STAYS },
	[SEV_CMD_DECOMMISSION] = { HANDLE(decommission), BECOMES(INIT), EFFECT(ENDED) },
	[SEV_CMD_ACTIVATE] = {
		HANDLE(activate), .asid = AT(activate, asid), STAYS, EFFECT(BOUND) },
	[SEV_CMD_DEACTIVATE] = { HANDLE(deactivate), STAYS },
	[SEV_CMD_GUEST_STATUS] = { HANDLE(guest_status), STAYS },
	[SEV_CMD_LAUNCH_START] = { HANDLE(launch_start), POLICY(launch_start), BECOMES(LUPDATE) },
	[SEV_CMD_LAUNCH_UPDATE_DATA] = {
		HANDLE(launch_update_data), LENGTH(launch_update_data, len), STAYS },
	[SEV_CMD_LAUNCH_UPDATE_VMSA] = {
		HANDLE(launch_update_vmsa), LENGTH(launch_update_vmsa, len), STAYS },
	[SEV_CMD_LAUNCH_MEASURE] = {
		HANDLE(launch_measure), LENGTH(launch_measure, len), QUERY(launch_measure, len),
		BECOMES(LSECRET) },
	[SEV_CMD_LAUNCH_UPDATE_SECRET] = {
		HANDLE(launch_secret), LENGTH(launch_secret, guest_len), STAYS },
	[SEV_CMD_LAUNCH_FINISH] = { HANDLE(launch_finish), BECOMES(RUNNING) },
	[SEV_CMD_ATTESTATION_REPORT] = {
		HANDLE(attestation_report), LENGTH(attestation_report, len),
		QUERY(attestation_report, len), STAYS },
	[SEV_CMD_SEND_START] = {
		HANDLE(send_start), POLICY(send_start), QUERY(send_start, session_len),
		BECOMES(SUPDATE) },
	[SEV_CMD_SEND_UPDATE_DATA] = {
		HANDLE(send_update_data), LENGTH(send_update_data, guest_len),
		QUERY(send_update_data, hdr_len), STAYS },
	[SEV_CMD_SEND_UPDATE_VMSA] = {
		HANDLE(send_update_vmsa), LENGTH(send_update_vmsa, guest_len),
		QUERY(send_update_vmsa, hdr_len), STAYS },
	[SEV_CMD_SEND_FINISH] = { HANDLE(send_finish), BECOMES(SENT) },
	[SEV_CMD_SEND_CANCEL] = { HANDLE(send_cancel), BECOMES(RUNNING) },
	[SEV_CMD_RECEIVE_START] = { HANDLE(receive_start), POLICY(receive_start),
				    BECOMES(RUPDATE) },
	[SEV_CMD_RECEIVE_UPDATE_DATA] = {
		HANDLE(receive_update_data), LENGTH(receive_update_data, guest_len), STAYS },
	[SEV_CMD_RECEIVE_UPDATE_VMSA] = {
		HANDLE(receive_update_vmsa), LENGTH(receive_update_vmsa, guest_len), STAYS },
	[SEV_CMD_RECEIVE_FINISH] = { HANDLE(receive_finish), BECOMES(RUNNING) },
	[SEV_CMD_DBG_DECRYPT] = { HANDLE(dbg), LENGTH(dbg, len), STAYS },
	[SEV_CMD_DBG_ENCRYPT] = { HANDLE(dbg), LENGTH(dbg, len), STAYS },
	[SEV_CMD_SNP_DECOMMISSION] = { SNP_GCTX, BECOMES(INIT), EFFECT(ENDED) },
	[SEV_CMD_SNP_ACTIVATE] = { SNP_GCTX, SNP_ASID, STAYS, EFFECT(BOUND) },
	[SEV_CMD_SNP_GUEST_STATUS] = { SNP_GCTX, STAYS },
	[SEV_CMD_SNP_GCTX_CREATE] = { SNP_GCTX, STAYS },
	[SEV_CMD_SNP_GUEST_REQUEST] = { SNP_GCTX, SNP_MESSAGE, STAYS },
	[SEV_CMD_SNP_LAUNCH_START] = { SNP_GCTX, SNP_POLICY, BECOMES(LAUNCH) },
	[SEV_CMD_SNP_LAUNCH_UPDATE] = { SNP_GCTX, SNP_PAGE, STAYS },
	[SEV_CMD_SNP_LAUNCH_FINISH] = { SNP_GCTX, BECOMES(RUNNING) },
	[SEV_CMD_SNP_DBG_DECRYPT] = { SNP_GCTX, STAYS },
	[SEV_CMD_SNP_DBG_ENCRYPT] = { SNP_GCTX, STAYS },
};

static const struct psp_command *psp_command(u32 command)
{
	const struct psp_command *row;

	if (command >= ARRAY_SIZE(psp_commands))
		return NULL;
	row = &psp_commands[command];
	return row->handle || row->query || row->gctx ? row : NULL;
}

static u32 u32_at(const void *buffer, u8 at)
{
	u32 value;

	memcpy(&value, buffer + at - 1, sizeof(value));
	return value;
}

static u64 u64_at(const void *buffer, u8 at)
{
	u64 value;

	memcpy(&value, buffer + at - 1, sizeof(value));
	return value;
}

/**
 * sevadm_psp_decode() - find what a command's buffer says about a guest, and what the command does
 * to it
 * @command: enum sev_cmd
 * @buffer: the command's buffer, or NULL
 * @guest: filled in; @known is 0 for a command that is about no guest
 */
void sevadm_psp_decode(u32 command, const void *buffer, struct sevadm_psp_guest *guest)
{
	const struct psp_command *row = psp_command(command);

	*guest = (struct sevadm_psp_guest) { .state = STATE_SAME };
	if (!row)
		return;
	guest->state = row->state;
	guest->effect = row->effect;
	if (!buffer)
		return;

	if (row->handle) {
		guest->handle = u32_at(buffer, row->handle);
		if (guest->handle)
			guest->known |= SEVADM_KNOWN_HANDLE;
	}
	if (row->gctx)
		guest->gctx = u64_at(buffer, row->gctx);
	if (row->asid) {
		guest->asid = u32_at(buffer, row->asid);
		guest->known |= SEVADM_KNOWN_ASID;
	}
	if (row->policy) {
		guest->policy = row->gctx ? u64_at(buffer, row->policy) :
				u32_at(buffer, row->policy);
		guest->known |= SEVADM_KNOWN_POLICY;
	}
	if (row->length) {
		guest->bytes = u32_at(buffer, row->length);
		guest->known |= SEVADM_KNOWN_BYTES;
	}
	if (row->rmp_page) {
		guest->bytes = u32_at(buffer, row->rmp_page) & 1 ? SZ_2M : SZ_4K;
		guest->kind = u32_at(buffer, row->rmp_page) >> 1 & 7;
		guest->known |= SEVADM_KNOWN_BYTES | SEVADM_KNOWN_KIND;
	}
	if (row->message)
		guest->message = u64_at(buffer, row->message);
}

/**
 * sevadm_psp_asks_length() - return true if a command only asks how long its answer would be
 * @command: enum sev_cmd
 * @buffer: the command's buffer before the firmware has seen it, which writes the length there; or
 *	NULL
 *
 * The firmware answers SEV_RET_INVALID_LEN to that, unless it finds another error first.
 */
bool sevadm_psp_asks_length(u32 command, const void *buffer)
{
	const struct psp_command *row = psp_command(command);

	return row && row->query && buffer && !u32_at(buffer, row->query);
}
