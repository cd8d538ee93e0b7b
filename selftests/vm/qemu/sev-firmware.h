/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware of the emulated security processor, as its mailbox (sev-psp.c) sees it.
 */
#ifndef HW_I386_SEV_FIRMWARE_H
#define HW_I386_SEV_FIRMWARE_H

#include "exec/hwaddr.h"
#include "exec/memory.h"

/* The mailbox has eleven bits for an id. */
#define SEV_COMMAND_MAX	0x7ff

typedef struct SevFirmware SevFirmware;

typedef struct SevFirmwareConfig {
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t build;
	bool es;
	uint32_t min_sev_asid;
	uint32_t max_asid;

	bool snp;
	bool rmpread;			/* the processors have RMPREAD */
	bool x86_shutdown;		/* SNP_SHUTDOWN_EX can turn SNP off in the processors */
	bool hiding;			/* of ciphertext, which splits the ASIDs */
	uint64_t tcb;
	uint32_t family_model_stepping;
	uint64_t low_memory_end, high_memory_end;
} SevFirmwareConfig;

/*
 * What a command was about; 0 where it names no guest, ASID or kind. An SNP guest's handle is the
 * number of its context page. Kinds are those of a launched page and of a guest's message.
 */
typedef struct SevSubject {
	uint32_t handle;
	uint32_t asid;
	uint32_t kind;
} SevSubject;

SevFirmware *sev_firmware_new(const SevFirmwareConfig *config, AddressSpace *as);
void sev_firmware_free(SevFirmware *fw);
void sev_firmware_reset(SevFirmware *fw);
/* Says what the command is about, and executes it unless @fault, a status, is to be its answer. */
#define SEV_NO_FAULT	(-1)
uint16_t sev_firmware_execute(SevFirmware *fw, uint16_t id, hwaddr address, int fault,
			      SevSubject *subject);

/* The public key by which SNP guests' reports are to be checked; to be freed. */
char *sev_vcek_public(SevFirmware *fw);

/* NULL for an id or status without a name. */
const char *sev_command_name(uint16_t id);
const char *sev_status_name(uint16_t status);

/* By name, or by number where no name is needed. */
bool sev_command_parse(const char *text, uint16_t *id);
bool sev_status_parse(const char *text, uint16_t *status);

#endif
