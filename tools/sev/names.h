/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names: the words for every number that the firmware, KVM and the module speak.
 *
 * Sources:
 *  - firmware commands: enum sev_cmd of the kernel's include/linux/psp-sev.h up to 7.3, and the
 *    few that only AMD's published firmware knows (AMD-ASPFW, sev_mcmd.h);
 *  - firmware status: enum sev_ret_code of include/uapi/linux/psp-sev.h; AMD SEV API (55766)
 *    "Status Codes" and AMD SEV-SNP ABI (56860) "Status Codes";
 *  - KVM commands: enum sev_cmd_id of the kernel's uapi headers, enum sevadm_kvm_command;
 *  - everything else: linux/sevadm.h.
 *
 * A number without a name is printed as hexadecimal ("0x8a"), in a buffer of the calling thread
 * that is valid until the fourth unknown number after it.
 */
#ifndef SEVADM_NAMES_H
#define SEVADM_NAMES_H

#include <stdint.h>

/* What the kernel reports when the firmware was never asked (SEV_RET_NO_FW_CALL, -1). */
#define FW_NO_FW_CALL	0xffffffffU

/** psp_command_name() - name of a firmware command: 0x30 is "LAUNCH_START" */
const char *psp_command_name(uint32_t id);

/**
 * psp_kind_name() - what a firmware command is about
 * @command: SNP_LAUNCH_UPDATE: @kind is a page's type; SNP_GUEST_REQUEST: a message's; others have
 *	none
 */
const char *psp_kind_name(uint32_t command, uint32_t kind);

/** fw_error_name() - name of a firmware status without its SEV_RET_: 0x17 is "RESOURCE_LIMIT" */
const char *fw_error_name(uint32_t status);

/** fw_error_meaning() - one phrase that says what a firmware status means; never NULL */
const char *fw_error_meaning(uint32_t status);

/** kvm_command_name() - name of an enum sev_cmd_id or enum sevadm_kvm_command */
const char *kvm_command_name(uint32_t id);

/** pool_name() - "sev", "sev_es" or "sev_snp" */
const char *pool_name(uint32_t pool);

/** vm_type_name() - "sev", "sev-es" or "sev-snp" */
const char *vm_type_name(uint32_t type);

/**
 * vm_state_name() - "init", "lupdate", "lsecret", "running", "supdate", "rupdate", "sent", "launch"
 */
const char *vm_state_name(uint32_t state);

/** asid_state_name() - "free", "used" or "reclaim" */
const char *asid_state_name(uint32_t state);

/** module_state_name() - "waiting", "attached" or "degraded" */
const char *module_state_name(uint32_t state);

/** firmware_state_name() - "uninit", "init" or "working": PSTATE of PLATFORM_STATUS */
const char *firmware_state_name(uint32_t state);

/** refusal_name() - "other", "memlock" or "limit" */
const char *refusal_name(uint32_t refusal);

/**
 * pool_id() - return the number of an ASID pool
 * @name: as pool_name() gives it, in either case; or a number
 *
 * Return: the number, which need not be that of a pool that is known here; -1: no such name.
 */
int pool_id(const char *name);

/**
 * psp_command_id() - return the number of a firmware command
 * @name: a name in either case, with or without the kernel's prefix, or a number (0x30, 48)
 *
 * Return: the number; -1: no such name.
 */
int psp_command_id(const char *name);

/**
 * fw_error_number() - return the number of a firmware status
 * @name: as for psp_command_id(); the kernel's spelling INAVLID_CONFIG is understood
 *
 * Return: the number, wider than int since NO_FW_CALL is 0xffffffff; -1: no such name.
 */
int64_t fw_error_number(const char *name);

/**
 * kvm_command_id() - return the number of a KVM command
 * @name: as for psp_command_id()
 *
 * Return: the number; -1: no such name.
 */
int kvm_command_id(const char *name);

#endif /* SEVADM_NAMES_H */
