// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SEV firmware's commands: a table of what each needs, and one handler per command.
 *
 * Rules: AMD's SEV API specification (document 55766, chapters 5 to 7) and the firmware that AMD
 * has published. Where a command has several faults at once, the answer follows one order for all
 * commands: platform state, handle, guest state, activation, and only then the command's own
 * fields.
 *
 * Stricter than the hardware in one place: a DEACTIVATE always makes its ASID wait for a DF_FLUSH,
 * even if its guest never ran. Laxer in two: memory is not encrypted, and nobody sees whether the
 * WBINVD before a DF_FLUSH was done. Commands that Linux has no name for except NOP and COPY are
 * unknown, and where there is no SNP its commands, as they are to a firmware of Naples or Rome.
 *
 * While SNP is on, the firmware writes only to pages that the host gave it (document 56860, 6.3); a
 * legacy command is refused that would have it write elsewhere.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "exec/memattrs.h"
#include "hw/i386/sev-commands.h"
#include "hw/i386/sev-host.h"

static bool memory_access(SevFirmware *fw, uint64_t address, void *data, size_t len, bool write)
{
	hwaddr addr = address & ~BIT_ULL(SEV_CBIT);

	return address_space_rw(fw->as, addr, MEMTXATTRS_UNSPECIFIED, data, len, write) == MEMTX_OK;
}

uint16_t sev_memory_read(SevFirmware *fw, uint64_t address, void *data, size_t len)
{
	return memory_access(fw, address, data, len, false) ? SEV_SUCCESS : SEV_INVALID_ADDRESS;
}

uint16_t sev_memory_store(SevFirmware *fw, uint64_t address, const void *data, size_t len)
{
	return memory_access(fw, address, (void *)data, len, true) ? SEV_SUCCESS :
								     SEV_INVALID_ADDRESS;
}

uint16_t sev_memory_write(SevFirmware *fw, uint64_t address, const void *data, size_t len)
{
	uint16_t status = sev_snp_check_writable(fw, address, len);

	return status ?: sev_memory_store(fw, address, data, len);
}

uint16_t sev_memory_copy(SevFirmware *fw, uint64_t dst, uint64_t src, uint32_t len)
{
	while (len) {
		uint32_t chunk = MIN(len, SCRATCH_SIZE);
		uint16_t status = sev_memory_read(fw, src, fw->scratch, chunk);

		if (!status)
			status = sev_memory_write(fw, dst, fw->scratch, chunk);
		if (status)
			return status;
		src += chunk;
		dst += chunk;
		len -= chunk;
	}
	return SEV_SUCCESS;
}

/* Of the room for an output. */
uint16_t sev_length_check(uint32_t given, uint32_t needed)
{
	return given < needed ? SEV_INVALID_LEN : SEV_SUCCESS;
}

SevGuest *sev_guest_find(SevFirmware *fw, uint32_t handle)
{
	if (!handle || handle > fw->config.max_asid)
		return NULL;
	return fw->guests[handle - 1].state == GUEST_UNINIT ? NULL : &fw->guests[handle - 1];
}

typedef struct SevCommand {
	uint16_t id;
	const char *name;
	uint8_t size;			/* of the command buffer */
	bool output;			/* the buffer is written back, also for an INVALID_LEN */
	uint8_t platform;		/* states it may be in, as bits */
	uint8_t guest;			/* likewise; none: the command names no guest */
	bool active;			/* the guest must have been activated */
	SevHandler *handler;
} SevCommand;

#define IN		false
#define OUT		true
#define P_UNINIT	BIT(PLATFORM_UNINIT)
#define P_INIT		BIT(PLATFORM_INIT)
#define P_WORKING	BIT(PLATFORM_WORKING)
#define P_READY		(P_INIT | P_WORKING)
#define P_ANY		(P_UNINIT | P_READY)
#define G_LUPDATE	BIT(GUEST_LUPDATE)
#define G_LSECRET	BIT(GUEST_LSECRET)
#define G_RUNNING	BIT(GUEST_RUNNING)
#define G_SUPDATE	BIT(GUEST_SUPDATE)
#define G_RUPDATE	BIT(GUEST_RUPDATE)
#define G_SENT		BIT(GUEST_SENT)
#define G_HERE		(G_LUPDATE | G_LSECRET | G_RUNNING | G_SUPDATE | G_RUPDATE)
#define G_ANY		(G_HERE | G_SENT)
#define G_LAUNCHED	(G_LSECRET | G_RUNNING | G_SUPDATE | G_SENT)
#define NO_GUEST	0
#define SNP_GUEST	BIT(7)	/* by its context page; the handler knows what it needs */
#define ACTIVE		true
#define EITHER		false
#define SIZE(buffer)	sizeof(SevCmd##buffer)
#define SNP_SIZE(buffer) sizeof(SnpCmd##buffer)
#define NOTHING		0

static const SevCommand commands[] = {
	{ 0x01, "INIT", SIZE(Init), IN, P_UNINIT, NO_GUEST, EITHER,
	  sev_cmd_init },
	{ 0x02, "SHUTDOWN", NOTHING, IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_shutdown },
	{ 0x03, "FACTORY_RESET", NOTHING, IN, P_UNINIT, NO_GUEST, EITHER,
	  sev_cmd_factory_reset },
	{ 0x04, "PLATFORM_STATUS", SIZE(PlatformStatus), OUT, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_platform_status },
	{ 0x05, "PEK_GEN", NOTHING, IN, P_INIT, NO_GUEST, EITHER,
	  sev_cmd_pek_gen },
	{ 0x06, "PEK_CSR", SIZE(Buffer), OUT, P_READY, NO_GUEST, EITHER,
	  sev_cmd_pek_csr },
	{ 0x07, "PEK_CERT_IMPORT", SIZE(PekCertImport), IN, P_INIT, NO_GUEST, EITHER,
	  sev_cmd_pek_cert_import },
	{ 0x08, "PDH_CERT_EXPORT", SIZE(PdhCertExport), OUT, P_READY, NO_GUEST, EITHER,
	  sev_cmd_pdh_cert_export },
	{ 0x09, "PDH_GEN", NOTHING, IN, P_READY, NO_GUEST, EITHER,
	  sev_cmd_pdh_gen },
	{ 0x0a, "DF_FLUSH", NOTHING, IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_df_flush },
	{ 0x0b, "DOWNLOAD_FIRMWARE", SIZE(Buffer), IN, P_UNINIT, NO_GUEST, EITHER,
	  sev_cmd_download_firmware },
	{ 0x0c, "GET_ID", SIZE(Buffer), OUT, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_get_id },
	{ 0x0d, "INIT_EX", SIZE(InitEx), IN, P_UNINIT, NO_GUEST, EITHER,
	  sev_cmd_init_ex },
	{ 0x0e, "NOP", NOTHING, IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_nop },

	{ 0x20, "DECOMMISSION", SIZE(Handle), IN, P_WORKING, G_ANY, EITHER,
	  sev_cmd_decommission },
	{ 0x21, "ACTIVATE", SIZE(Activate), IN, P_WORKING, G_HERE, EITHER,
	  sev_cmd_activate },
	{ 0x22, "DEACTIVATE", SIZE(Handle), IN, P_WORKING, G_ANY, ACTIVE,
	  sev_cmd_deactivate },
	{ 0x23, "GUEST_STATUS", SIZE(GuestStatus), OUT, P_READY, NO_GUEST, EITHER,
	  sev_cmd_guest_status },
	{ 0x24, "COPY", SIZE(Copy), IN, P_WORKING, G_ANY, ACTIVE,
	  sev_cmd_copy },

	{ 0x30, "LAUNCH_START", SIZE(Start), OUT, P_READY, NO_GUEST, EITHER,
	  sev_cmd_launch_start },
	{ 0x31, "LAUNCH_UPDATE_DATA", SIZE(LaunchUpdate), IN, P_WORKING, G_LUPDATE, ACTIVE,
	  sev_cmd_launch_update_data },
	{ 0x32, "LAUNCH_UPDATE_VMSA", SIZE(LaunchUpdate), IN, P_WORKING, G_LUPDATE, ACTIVE,
	  sev_cmd_launch_update_vmsa },
	{ 0x33, "LAUNCH_MEASURE", SIZE(LaunchMeasure), OUT, P_WORKING, G_LUPDATE, EITHER,
	  sev_cmd_launch_measure },
	{ 0x34, "LAUNCH_UPDATE_SECRET", SIZE(Transport), IN, P_WORKING, G_LSECRET, ACTIVE,
	  sev_cmd_launch_secret },
	{ 0x35, "LAUNCH_FINISH", SIZE(Handle), IN, P_WORKING, G_LSECRET, EITHER,
	  sev_cmd_launch_finish },
	{ 0x36, "ATTESTATION_REPORT", SIZE(Attestation), OUT, P_WORKING, G_LAUNCHED, EITHER,
	  sev_cmd_attestation_report },

	{ 0x40, "SEND_START", SIZE(SendStart), OUT, P_WORKING, G_RUNNING, EITHER,
	  sev_cmd_send_start },
	{ 0x41, "SEND_UPDATE_DATA", SIZE(Transport), OUT, P_WORKING, G_SUPDATE, ACTIVE,
	  sev_cmd_send_update_data },
	{ 0x42, "SEND_UPDATE_VMSA", SIZE(Transport), OUT, P_WORKING, G_SUPDATE, ACTIVE,
	  sev_cmd_send_update_vmsa },
	{ 0x43, "SEND_FINISH", SIZE(Handle), IN, P_WORKING, G_SUPDATE, EITHER,
	  sev_cmd_send_finish },
	{ 0x44, "SEND_CANCEL", SIZE(Handle), IN, P_WORKING, G_SUPDATE, EITHER,
	  sev_cmd_send_cancel },

	{ 0x50, "RECEIVE_START", SIZE(Start), OUT, P_READY, NO_GUEST, EITHER,
	  sev_cmd_receive_start },
	{ 0x51, "RECEIVE_UPDATE_DATA", SIZE(Transport), IN, P_WORKING, G_RUPDATE, ACTIVE,
	  sev_cmd_receive_update_data },
	{ 0x52, "RECEIVE_UPDATE_VMSA", SIZE(Transport), IN, P_WORKING, G_RUPDATE, ACTIVE,
	  sev_cmd_receive_update_vmsa },
	{ 0x53, "RECEIVE_FINISH", SIZE(Handle), IN, P_WORKING, G_RUPDATE, EITHER,
	  sev_cmd_receive_finish },

	{ 0x60, "DBG_DECRYPT", SIZE(Debug), IN, P_WORKING, G_ANY, ACTIVE,
	  sev_cmd_debug },
	{ 0x61, "DBG_ENCRYPT", SIZE(Debug), IN, P_WORKING, G_ANY, ACTIVE,
	  sev_cmd_debug },

	{ 0x81, "SNP_INIT", NOTHING, IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_init },
	{ 0x82, "SNP_SHUTDOWN", NOTHING, IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_shutdown },
	{ 0x83, "SNP_PLATFORM_STATUS", SNP_SIZE(Address), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_platform_status },
	{ 0x84, "SNP_DF_FLUSH", NOTHING, IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_df_flush },
	{ 0x85, "SNP_INIT_EX", SNP_SIZE(InitEx), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_init_ex },
	{ 0x86, "SNP_SHUTDOWN_EX", SNP_SIZE(ShutdownEx), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_shutdown_ex },

	{ 0x90, "SNP_DECOMMISSION", SNP_SIZE(Address), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_decommission },
	{ SEV_CMD_SNP_ACTIVATE, "SNP_ACTIVATE", SNP_SIZE(Activate), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_activate },
	{ 0x92, "SNP_GUEST_STATUS", SNP_SIZE(GuestStatus), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_guest_status },
	{ 0x93, "SNP_GCTX_CREATE", SNP_SIZE(Address), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_gctx_create },
	{ 0x94, "SNP_GUEST_REQUEST", SNP_SIZE(GuestRequest), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_guest_request },

	{ 0xa0, "SNP_LAUNCH_START", SNP_SIZE(LaunchStart), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_launch_start },
	{ 0xa1, "SNP_LAUNCH_UPDATE", SNP_SIZE(LaunchUpdate), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_launch_update },
	{ 0xa2, "SNP_LAUNCH_FINISH", SNP_SIZE(LaunchFinish), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_launch_finish },

	{ 0xb0, "SNP_DBG_DECRYPT", SNP_SIZE(Debug), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_dbg_decrypt },
	{ 0xb1, "SNP_DBG_ENCRYPT", SNP_SIZE(Debug), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_dbg_encrypt },

	{ 0xc2, "SNP_PAGE_MOVE", SNP_SIZE(PageMove), IN, P_ANY, SNP_GUEST, EITHER,
	  sev_cmd_snp_page_move },
	{ 0xc6, "SNP_PAGE_SET_STATE", SNP_SIZE(List), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_page_set_state },
	{ 0xc7, "SNP_PAGE_RECLAIM", SNP_SIZE(Address), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_page_reclaim },
	{ 0xc8, "SNP_PAGE_UNSMASH", SNP_SIZE(Address), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_page_unsmash },
	{ 0xc9, "SNP_CONFIG", SNP_SIZE(Config), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_config },
	{ 0xcb, "SNP_COMMIT", SNP_SIZE(Length), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_commit },
	{ 0xce, "SNP_FEATURE_INFO", SNP_SIZE(FeatureInfo), IN, P_ANY, NO_GUEST, EITHER,
	  sev_cmd_snp_feature_info },
};

static bool command_is_snp(const SevCommand *command)
{
	return command->id >= 0x80;
}

static const SevCommand *command_find(uint16_t id)
{
	for (int i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].id == id)
			return &commands[i];
	}
	return NULL;
}

const char *sev_command_name(uint16_t id)
{
	const SevCommand *command = command_find(id);

	return command ? command->name : NULL;
}

bool sev_command_parse(const char *text, uint16_t *id)
{
	unsigned int number;

	for (int i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!g_ascii_strcasecmp(text, commands[i].name)) {
			*id = commands[i].id;
			return true;
		}
	}
	if (qemu_strtoui(text, NULL, 0, &number) || number > SEV_COMMAND_MAX)
		return false;
	*id = number;
	return true;
}

#define STATUS_NAME(code, name)	[(code)] = #name,
static const char *const status_names[] = { SEV_STATUS_CODES(STATUS_NAME) };

const char *sev_status_name(uint16_t status)
{
	return status < ARRAY_SIZE(status_names) ? status_names[status] : NULL;
}

bool sev_status_parse(const char *text, uint16_t *status)
{
	unsigned int number;

	for (int i = 0; i < ARRAY_SIZE(status_names); i++) {
		if (status_names[i] && !g_ascii_strcasecmp(text, status_names[i])) {
			*status = i;
			return true;
		}
	}
	if (qemu_strtoui(text, NULL, 0, &number) || number > UINT16_MAX)
		return false;
	*status = number;
	return true;
}

SevFirmware *sev_firmware_new(const SevFirmwareConfig *config, AddressSpace *as)
{
	SevFirmware *fw = g_new0(SevFirmware, 1);

	fw->config = *config;
	fw->as = as;
	fw->guests = g_new0(SevGuest, config->max_asid);
	fw->asids = g_new0(SevAsid, config->max_asid + 1);
	sev_firmware_reset(fw);
	return fw;
}

void sev_firmware_free(SevFirmware *fw)
{
	sev_platform_clear(fw);
	g_hash_table_unref(fw->snp.guests);
	g_free(fw->guests);
	g_free(fw->asids);
	g_free(fw);
}

void sev_firmware_reset(SevFirmware *fw)
{
	sev_snp_reset(fw);
	for (uint32_t i = 0; i <= fw->config.max_asid; i++)
		fw->asids[i] = (SevAsid) {};
	sev_platform_clear(fw);
}

static uint16_t command_check(SevFirmware *fw, const SevCommand *command, const SevGuest *guest)
{
	if (!(command->platform & BIT(fw->state)))
		return SEV_INVALID_PLATFORM_STATE;
	if (!command->guest || command->guest == SNP_GUEST)
		return SEV_SUCCESS;
	if (!guest)
		return SEV_INVALID_GUEST;
	if (!(command->guest & BIT(guest->state)))
		return SEV_INVALID_GUEST_STATE;
	return command->active && !guest->asid ? SEV_INACTIVE : SEV_SUCCESS;
}

uint16_t sev_firmware_execute(SevFirmware *fw, uint16_t id, hwaddr address, int fault,
			      SevSubject *subject)
{
	const SevCommand *command = command_find(id);
	uint8_t buffer[UINT8_MAX] = {};
	SevGuest *guest = NULL;
	uint16_t status;

	fw->subject = subject;
	if (!command || (command_is_snp(command) && !fw->config.snp))
		return fault != SEV_NO_FAULT ? fault : SEV_INVALID_COMMAND;
	status = sev_memory_read(fw, address, buffer, command->size);
	if (!status && command->guest == SNP_GUEST) {
		sev_snp_subject(fw, id, buffer, subject);
	} else if (!status && command->guest) {
		subject->handle = ldl_le_p(buffer);
		guest = sev_guest_find(fw, subject->handle);
		if (command->handler == sev_cmd_activate)
			subject->asid = ((SevCmdActivate *)buffer)->asid;
		else if (guest)
			subject->asid = guest->asid;
	}
	if (fault != SEV_NO_FAULT)
		return fault;
	if (!status)
		status = command_check(fw, command, guest);
	if (!status && command->output)
		status = sev_snp_check_writable(fw, address, command->size);
	if (!status)
		status = command->handler(fw, buffer, guest);
	if (command->output && (status == SEV_SUCCESS || status == SEV_INVALID_LEN))
		status = sev_memory_write(fw, address, buffer, command->size) ?: status;
	return status;
}
