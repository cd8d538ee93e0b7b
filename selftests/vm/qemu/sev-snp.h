/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SEV-SNP side of the firmware: its state, and command buffers as the host lays them out (AMD's
 * SEV-SNP ABI specification, document 56860, chapters 7 and 8).
 */
#ifndef HW_I386_SEV_SNP_H
#define HW_I386_SEV_SNP_H

#include "hw/i386/sev-rmp.h"

#define SNP_DIGEST_SIZE		48	/* SHA-384 */
#define SNP_KEY_SIZE		32
#define SNP_VMPLS		4
#define SNP_SECRETS_VERSION	3

#define SNP_POLICY_MINOR(p)	((p) & 0xff)
#define SNP_POLICY_MAJOR(p)	((p) >> 8 & 0xff)
#define SNP_POLICY_SMT		BIT_ULL(16)
#define SNP_POLICY_ONE		BIT_ULL(17)	/* reserved, must be one */
#define SNP_POLICY_MIGRATE	BIT_ULL(18)
#define SNP_POLICY_DEBUG	BIT_ULL(19)
#define SNP_POLICY_SOCKET	BIT_ULL(20)
#define SNP_POLICY_RAPL		BIT_ULL(23)
#define SNP_POLICY_HIDING	BIT_ULL(24)
#define SNP_POLICY_KNOWN	MAKE_64BIT_MASK(0, 21)

typedef enum SnpGuestState {
	SNP_GUEST_INIT,
	SNP_GUEST_LAUNCH,
	SNP_GUEST_RUNNING,
} SnpGuestState;

typedef struct QEMU_PACKED SnpIdBlock {
	uint8_t digest[SNP_DIGEST_SIZE];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t version;
	uint32_t svn;
	uint64_t policy;
} SnpIdBlock;

QEMU_BUILD_BUG_ON(sizeof(SnpIdBlock) != 96);

/* What real firmware keeps in the context page, encrypted. */
typedef struct SnpGuest {
	SnpGuestState state;
	uint32_t asid;			/* 0 while not activated */
	uint64_t policy;
	uint64_t agent;			/* its migration agent's context, 0 for none */
	bool imi;
	bool vcek_disabled;
	bool has_id_block, has_author;
	uint8_t measurement[SNP_DIGEST_SIZE];
	uint8_t imi_digest[SNP_DIGEST_SIZE];
	uint8_t vmpck[SNP_VMPLS][SNP_KEY_SIZE];
	uint64_t messages[SNP_VMPLS];
	uint8_t root_key[SNP_KEY_SIZE];
	uint8_t report_id[32], agent_report_id[32];
	uint8_t host_data[32];
	uint8_t workarounds[16];
	uint8_t id_key_digest[SNP_DIGEST_SIZE], author_key_digest[SNP_DIGEST_SIZE];
	SnpIdBlock id_block;
	uint32_t tsc_khz;
	uint64_t launch_tcb;
} SnpGuest;

typedef struct SevSnp {
	bool init;			/* else UNINIT */
	bool rmp_initialized;
	bool rapl_disabled, hiding;
	uint32_t max_asid;		/* of SNP guests, where ciphertext is hidden */
	uint32_t guest_count;		/* from LAUNCH_START to DECOMMISSION */
	GHashTable *guests;		/* of SnpGuest, by the context page's number */
	uint64_t reported_tcb, committed_tcb;
	uint8_t committed_build, committed_minor, committed_major;
	bool mask_chip_id, mask_chip_key;
	bool has_vlek;
	struct { uint64_t page, count; } iommu[3];
} SevSnp;

/* Command buffers */

typedef struct QEMU_PACKED SnpCmdAddress {	/* PLATFORM_STATUS, GCTX_CREATE, ... */
	uint64_t address;
} SnpCmdAddress;

typedef struct QEMU_PACKED SnpCmdInitEx {
	uint32_t flags;
	uint32_t reserved;
	uint64_t list_address;
	uint16_t max_asid;
	uint8_t reserved2[46];
} SnpCmdInitEx;

typedef struct QEMU_PACKED SnpCmdShutdownEx {
	uint32_t length;
	uint32_t flags;
} SnpCmdShutdownEx;

typedef struct QEMU_PACKED SnpCmdActivate {
	uint64_t gctx;
	uint32_t asid;
} SnpCmdActivate;

typedef struct QEMU_PACKED SnpCmdGuestStatus {
	uint64_t gctx;
	uint64_t address;
} SnpCmdGuestStatus;

typedef struct QEMU_PACKED SnpCmdLaunchStart {
	uint64_t gctx;
	uint64_t policy;
	uint64_t agent_gctx;
	uint32_t flags;
	uint32_t tsc_khz;
	uint8_t workarounds[16];
} SnpCmdLaunchStart;

typedef struct QEMU_PACKED SnpCmdLaunchUpdate {
	uint64_t gctx;
	uint32_t flags;
	uint32_t reserved;
	uint64_t page;
	uint8_t reserved2;
	uint8_t permissions[SNP_VMPLS - 1];	/* of VMPL 1 to 3 */
	uint32_t reserved3;
} SnpCmdLaunchUpdate;

typedef struct QEMU_PACKED SnpCmdLaunchFinish {
	uint64_t gctx;
	uint64_t id_block_address;
	uint64_t id_auth_address;
	uint64_t flags;
	uint8_t host_data[32];
} SnpCmdLaunchFinish;

typedef struct QEMU_PACKED SnpCmdGuestRequest {
	uint64_t gctx;
	uint64_t request;
	uint64_t response;
} SnpCmdGuestRequest;

typedef struct QEMU_PACKED SnpCmdDebug {
	uint64_t gctx;
	uint64_t src;
	uint64_t dst;
} SnpCmdDebug;

typedef struct QEMU_PACKED SnpCmdPageMove {
	uint64_t gctx;
	uint32_t flags;
	uint32_t reserved;
	uint64_t src;
	uint64_t dst;
} SnpCmdPageMove;

typedef struct QEMU_PACKED SnpCmdList {		/* PAGE_SET_STATE */
	uint32_t length;
	uint32_t reserved;
	uint64_t address;
} SnpCmdList;

typedef struct QEMU_PACKED SnpCmdConfig {
	uint64_t reported_tcb;
	uint32_t flags;
	uint8_t reserved[52];
} SnpCmdConfig;

typedef struct QEMU_PACKED SnpCmdLength {	/* COMMIT */
	uint32_t length;
} SnpCmdLength;

typedef struct QEMU_PACKED SnpCmdFeatureInfo {
	uint32_t length;
	uint32_t ecx;
	uint64_t address;
} SnpCmdFeatureInfo;

/* What commands write to pages of the host's. */

typedef struct QEMU_PACKED SnpPlatformStatus {
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t state;
	uint8_t rmp_initialized;
	uint32_t build;
	uint32_t flags;
	uint32_t guest_count;
	uint64_t current_tcb;
	uint64_t reported_tcb;
} SnpPlatformStatus;

typedef struct QEMU_PACKED SnpGuestStatus {
	uint64_t policy;
	uint32_t asid;
	uint8_t state;
	uint8_t reserved[3];
	uint32_t flags;
	uint8_t reserved2[12];
} SnpGuestStatus;

QEMU_BUILD_BUG_ON(sizeof(SnpCmdInitEx) != 64);
QEMU_BUILD_BUG_ON(sizeof(SnpCmdLaunchFinish) != 64);
QEMU_BUILD_BUG_ON(sizeof(SnpCmdConfig) != 64);
QEMU_BUILD_BUG_ON(sizeof(SnpPlatformStatus) != 32);
QEMU_BUILD_BUG_ON(sizeof(SnpGuestStatus) != 32);

#endif
