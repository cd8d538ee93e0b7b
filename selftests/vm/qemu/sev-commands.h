/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the firmware's commands share: command buffers as the host lays them out (AMD's SEV API
 * specification, document 55766, chapters 5 to 7), the firmware's state, and the handlers.
 */
#ifndef HW_I386_SEV_COMMANDS_H
#define HW_I386_SEV_COMMANDS_H

#include "qemu/units.h"
#include "hw/i386/sev-firmware.h"
#include "hw/i386/sev-ecdsa.h"
#include "hw/i386/sev-keys.h"
#include "hw/i386/sev-snp.h"
#include "hw/i386/sev-status.h"

#define POLICY_NODBG		BIT(0)
#define POLICY_NOKS		BIT(1)
#define POLICY_ES		BIT(2)
#define POLICY_NOSEND		BIT(3)
#define POLICY_DOMAIN		BIT(4)
#define POLICY_SEV		BIT(5)
#define POLICY_RESERVED		0xffc0
#define POLICY_API_MAJOR(p)	((p) >> 16 & 0xff)
#define POLICY_API_MINOR(p)	((p) >> 24)

#define PAGE_SIZE		(4 * KiB)
#define BLOCK_SIZE		16
#define SCRATCH_SIZE		(16 * KiB)

#define SEV_CHIP_ID_SIZE	64

#define SEV_CMD_SNP_ACTIVATE	0x91
#define SEV_CMD_SNP_GUEST_REQUEST 0x94
#define SEV_CMD_SNP_LAUNCH_UPDATE 0xa1

typedef enum SevPlatformState {
	PLATFORM_UNINIT,
	PLATFORM_INIT,
	PLATFORM_WORKING,
} SevPlatformState;

typedef enum SevGuestState {
	GUEST_UNINIT,
	GUEST_LUPDATE,
	GUEST_LSECRET,
	GUEST_RUNNING,
	GUEST_SUPDATE,
	GUEST_RUPDATE,
	GUEST_SENT,
} SevGuestState;

typedef struct SevGuest {
	SevGuestState state;
	uint32_t policy;
	uint32_t asid;		/* 0 while not activated */
	GChecksum *measured;
	uint8_t launch_digest[SEV_DIGEST_SIZE];
	SevChannel channel;
} SevGuest;

typedef struct SevAsid {
	uint64_t owner;		/* a handle; of an SNP guest its context page's address */
	bool snp;
	bool dirty;		/* may not be activated before a DF_FLUSH */
} SevAsid;

struct SevFirmware {
	SevFirmwareConfig config;
	AddressSpace *as;
	SevPlatformState state;
	bool es;
	SevIdentity identity;
	SevIdentity flash;	/* what INIT finds, and INIT_EX has in the host's memory instead */
	uint64_t nv_address;
	uint64_t tmr_address, tmr_len;	/* the firmware's memory for SEV-ES; 0, 0: none */
	SevSnp snp;
	SevGuest *guests;	/* by handle - 1; no more than there are ASIDs */
	uint32_t guest_count;
	SevAsid *asids;		/* by ASID */
	SevSubject *subject;
	uint8_t scratch[SCRATCH_SIZE];
};

/* Command buffers */

typedef struct QEMU_PACKED SevCmdInit {
	uint32_t flags;
	uint32_t reserved;
	uint64_t tmr_address;
	uint32_t tmr_len;
} SevCmdInit;

typedef struct QEMU_PACKED SevCmdInitEx {
	uint32_t length;
	uint32_t flags;
	uint64_t tmr_address;
	uint32_t tmr_len;
	uint32_t reserved;
	uint64_t nv_address;
	uint32_t nv_len;
} SevCmdInitEx;

typedef struct QEMU_PACKED SevCmdPlatformStatus {
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t state;
	uint8_t owner;
	uint16_t config;
	uint8_t reserved;
	uint8_t build;
	uint32_t guest_count;
} SevCmdPlatformStatus;

typedef struct QEMU_PACKED SevCmdBuffer {		/* PEK_CSR, GET_ID, DOWNLOAD_FIRMWARE */
	uint64_t address;
	uint32_t len;
} SevCmdBuffer;

typedef struct QEMU_PACKED SevCmdPekCertImport {
	uint64_t pek_address;
	uint32_t pek_len;
	uint32_t reserved;
	uint64_t oca_address;
	uint32_t oca_len;
} SevCmdPekCertImport;

typedef struct QEMU_PACKED SevCmdPdhCertExport {
	uint64_t pdh_address;
	uint32_t pdh_len;
	uint32_t reserved;
	uint64_t chain_address;
	uint32_t chain_len;
} SevCmdPdhCertExport;

typedef struct QEMU_PACKED SevCmdHandle {	/* DECOMMISSION, DEACTIVATE, the FINISHes, CANCEL */
	uint32_t handle;
} SevCmdHandle;

typedef struct QEMU_PACKED SevCmdActivate {
	uint32_t handle;
	uint32_t asid;
} SevCmdActivate;

typedef struct QEMU_PACKED SevCmdGuestStatus {
	uint32_t handle;
	uint32_t policy;
	uint32_t asid;
	uint8_t state;
} SevCmdGuestStatus;

typedef struct QEMU_PACKED SevCmdCopy {
	uint32_t handle;
	uint32_t len;
	uint64_t src;
	uint64_t dst;
} SevCmdCopy;

typedef struct QEMU_PACKED SevCmdLaunchUpdate {
	uint32_t handle;
	uint32_t reserved;
	uint64_t address;
	uint32_t len;
} SevCmdLaunchUpdate;

typedef struct QEMU_PACKED SevCmdLaunchMeasure {
	uint32_t handle;
	uint32_t reserved;
	uint64_t address;
	uint32_t len;
} SevCmdLaunchMeasure;

typedef struct QEMU_PACKED SevCmdAttestation {
	uint32_t handle;
	uint32_t reserved;
	uint64_t address;
	uint8_t nonce[SEV_NONCE_SIZE];
	uint32_t len;
} SevCmdAttestation;

typedef struct QEMU_PACKED SevCmdDebug {
	uint32_t handle;
	uint32_t reserved;
	uint64_t src;
	uint64_t dst;
	uint32_t len;
} SevCmdDebug;

typedef struct QEMU_PACKED SevCmdTransport {	/* LAUNCH_SECRET, SEND_UPDATE, RECEIVE_UPDATE */
	uint32_t handle;
	uint32_t reserved1;
	uint64_t header_address;
	uint32_t header_len;
	uint32_t reserved2;
	uint64_t guest_address;
	uint32_t guest_len;
	uint32_t reserved3;
	uint64_t trans_address;
	uint32_t trans_len;
} SevCmdTransport;

typedef struct QEMU_PACKED SevCmdSendStart {
	uint32_t handle;
	uint32_t policy;
	uint64_t pdh_address;
	uint32_t pdh_len;
	uint32_t reserved1;
	uint64_t chain_address;
	uint32_t chain_len;
	uint32_t reserved2;
	uint64_t amd_address;
	uint32_t amd_len;
	uint32_t reserved3;
	uint64_t session_address;
	uint32_t session_len;
} SevCmdSendStart;

typedef struct QEMU_PACKED SevCmdStart {		/* LAUNCH_START and RECEIVE_START */
	uint32_t handle;
	uint32_t policy;
	uint64_t cert_address;
	uint32_t cert_len;
	uint32_t reserved;
	uint64_t session_address;
	uint32_t session_len;
} SevCmdStart;

/* Shared parts */

/* sev-firmware.c */
uint16_t sev_memory_read(SevFirmware *fw, uint64_t address, void *data, size_t len);
uint16_t sev_memory_write(SevFirmware *fw, uint64_t address, const void *data, size_t len);
/* The same, whoever the memory belongs to. */
uint16_t sev_memory_store(SevFirmware *fw, uint64_t address, const void *data, size_t len);
uint16_t sev_memory_copy(SevFirmware *fw, uint64_t dst, uint64_t src, uint32_t len);
uint16_t sev_length_check(uint32_t given, uint32_t needed);
SevGuest *sev_guest_find(SevFirmware *fw, uint32_t handle);

/* sev-platform.c */
void sev_platform_clear(SevFirmware *fw);

void sev_chip_id(uint8_t id[SEV_CHIP_ID_SIZE]);

/* sev-snp.c */
void sev_snp_reset(SevFirmware *fw);
bool sev_snp_refuses_es(SevFirmware *fw);
uint16_t sev_snp_check_writable(SevFirmware *fw, uint64_t address, uint64_t len);
uint16_t sev_snp_page(uint64_t address, SevPageState *state, SevRmpEntry *entry);

/* sev-snp-guest.c */
uint16_t sev_snp_guest_find(SevFirmware *fw, uint64_t gctx, bool reserved, SnpGuest **guest);
void sev_snp_subject(SevFirmware *fw, uint16_t id, const void *buffer, SevSubject *subject);

/* sev-attestation.c */
uint8_t sev_snp_message_type(SevFirmware *fw, const SnpCmdGuestRequest *c);

/* sev-guest.c */
void sev_guest_clear(SevGuest *guest);
uint16_t sev_guest_create(SevFirmware *fw, SevCmdStart *c, SevGuestState state,
			  const SevChannel *channel);

/* sev-transport.c */
uint16_t sev_session_read(SevFirmware *fw, const SevCmdStart *c, SevChannel *channel);
uint16_t sev_transport_in(SevFirmware *fw, const SevCmdTransport *c, const SevGuest *guest,
			  SevPacketKind kind);

/*
 * A handler is called with a copy of the command buffer, and with the guest that the buffer names
 * if the command's row in the table says that it names one.
 */
typedef uint16_t SevHandler(SevFirmware *fw, void *buffer, SevGuest *guest);

SevHandler sev_cmd_init, sev_cmd_init_ex, sev_cmd_shutdown, sev_cmd_factory_reset,
	   sev_cmd_platform_status, sev_cmd_pek_gen, sev_cmd_pek_csr, sev_cmd_pek_cert_import,
	   sev_cmd_pdh_cert_export, sev_cmd_pdh_gen, sev_cmd_df_flush, sev_cmd_download_firmware,
	   sev_cmd_get_id, sev_cmd_nop;

SevHandler sev_cmd_decommission, sev_cmd_activate, sev_cmd_deactivate, sev_cmd_guest_status,
	   sev_cmd_copy, sev_cmd_launch_start, sev_cmd_launch_update_data,
	   sev_cmd_launch_update_vmsa, sev_cmd_launch_measure, sev_cmd_launch_secret,
	   sev_cmd_launch_finish, sev_cmd_attestation_report, sev_cmd_debug;

SevHandler sev_cmd_send_start, sev_cmd_send_update_data, sev_cmd_send_update_vmsa,
	   sev_cmd_send_finish, sev_cmd_send_cancel, sev_cmd_receive_start,
	   sev_cmd_receive_update_data, sev_cmd_receive_update_vmsa, sev_cmd_receive_finish;

SevHandler sev_cmd_snp_init, sev_cmd_snp_init_ex, sev_cmd_snp_shutdown, sev_cmd_snp_shutdown_ex,
	   sev_cmd_snp_platform_status, sev_cmd_snp_feature_info, sev_cmd_snp_config,
	   sev_cmd_snp_commit, sev_cmd_snp_page_reclaim, sev_cmd_snp_page_set_state,
	   sev_cmd_snp_page_unsmash;

SevHandler sev_cmd_snp_gctx_create, sev_cmd_snp_decommission, sev_cmd_snp_activate,
	   sev_cmd_snp_guest_status, sev_cmd_snp_launch_start, sev_cmd_snp_launch_update,
	   sev_cmd_snp_launch_finish, sev_cmd_snp_dbg_decrypt, sev_cmd_snp_dbg_encrypt,
	   sev_cmd_snp_page_move, sev_cmd_snp_guest_request;

#endif
