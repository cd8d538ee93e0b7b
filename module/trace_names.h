/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of numbers: lists for the tracepoints' __print_symbolic(), and tables of the tool
 * (tools/sev/names.c), which says what each firmware status means, besides. Source:
 * linux/psp-sev.h, linux/kvm.h, uapi/linux/sevadm.h.
 */
#ifndef SEVADM_TRACE_NAMES_H
#define SEVADM_TRACE_NAMES_H

#define SEVADM_PSP_COMMAND_NAMES \
	{ 0x01, "INIT" }, \
	{ 0x02, "SHUTDOWN" }, \
	{ 0x03, "FACTORY_RESET" }, \
	{ 0x04, "PLATFORM_STATUS" }, \
	{ 0x05, "PEK_GEN" }, \
	{ 0x06, "PEK_CSR" }, \
	{ 0x07, "PEK_CERT_IMPORT" }, \
	{ 0x08, "PDH_CERT_EXPORT" }, \
	{ 0x09, "PDH_GEN" }, \
	{ 0x0a, "DF_FLUSH" }, \
	{ 0x0b, "DOWNLOAD_FIRMWARE" }, \
	{ 0x0c, "GET_ID" }, \
	{ 0x0d, "INIT_EX" }, \
	{ 0x0e, "NOP" }, \
	{ 0x0f, "RING_BUFFER" }, \
	{ 0x20, "DECOMMISSION" }, \
	{ 0x21, "ACTIVATE" }, \
	{ 0x22, "DEACTIVATE" }, \
	{ 0x23, "GUEST_STATUS" }, \
	{ 0x24, "COPY" }, \
	{ 0x25, "ACTIVATE_EX" }, \
	{ 0x30, "LAUNCH_START" }, \
	{ 0x31, "LAUNCH_UPDATE_DATA" }, \
	{ 0x32, "LAUNCH_UPDATE_VMSA" }, \
	{ 0x33, "LAUNCH_MEASURE" }, \
	{ 0x34, "LAUNCH_UPDATE_SECRET" }, \
	{ 0x35, "LAUNCH_FINISH" }, \
	{ 0x36, "ATTESTATION_REPORT" }, \
	{ 0x40, "SEND_START" }, \
	{ 0x41, "SEND_UPDATE_DATA" }, \
	{ 0x42, "SEND_UPDATE_VMSA" }, \
	{ 0x43, "SEND_FINISH" }, \
	{ 0x44, "SEND_CANCEL" }, \
	{ 0x50, "RECEIVE_START" }, \
	{ 0x51, "RECEIVE_UPDATE_DATA" }, \
	{ 0x52, "RECEIVE_UPDATE_VMSA" }, \
	{ 0x53, "RECEIVE_FINISH" }, \
	{ 0x60, "DBG_DECRYPT" }, \
	{ 0x61, "DBG_ENCRYPT" }, \
	{ 0x70, "SWAP_OUT" }, \
	{ 0x71, "SWAP_IN" }, \
	{ 0x81, "SNP_INIT" }, \
	{ 0x82, "SNP_SHUTDOWN" }, \
	{ 0x83, "SNP_PLATFORM_STATUS" }, \
	{ 0x84, "SNP_DF_FLUSH" }, \
	{ 0x85, "SNP_INIT_EX" }, \
	{ 0x86, "SNP_SHUTDOWN_EX" }, \
	{ 0x90, "SNP_DECOMMISSION" }, \
	{ 0x91, "SNP_ACTIVATE" }, \
	{ 0x92, "SNP_GUEST_STATUS" }, \
	{ 0x93, "SNP_GCTX_CREATE" }, \
	{ 0x94, "SNP_GUEST_REQUEST" }, \
	{ 0x95, "SNP_ACTIVATE_EX" }, \
	{ 0xa0, "SNP_LAUNCH_START" }, \
	{ 0xa1, "SNP_LAUNCH_UPDATE" }, \
	{ 0xa2, "SNP_LAUNCH_FINISH" }, \
	{ 0xb0, "SNP_DBG_DECRYPT" }, \
	{ 0xb1, "SNP_DBG_ENCRYPT" }, \
	{ 0xb2, "SNP_VERIFY_MITIGATION" }, \
	{ 0xc0, "SNP_PAGE_SWAP_OUT" }, \
	{ 0xc1, "SNP_PAGE_SWAP_IN" }, \
	{ 0xc2, "SNP_PAGE_MOVE" }, \
	{ 0xc3, "SNP_PAGE_MD_INIT" }, \
	{ 0xc6, "SNP_PAGE_SET_STATE" }, \
	{ 0xc7, "SNP_PAGE_RECLAIM" }, \
	{ 0xc8, "SNP_PAGE_UNSMASH" }, \
	{ 0xc9, "SNP_CONFIG" }, \
	{ 0xca, "SNP_DOWNLOAD_FIRMWARE_EX" }, \
	{ 0xcb, "SNP_COMMIT" }, \
	{ 0xcc, "SNP_DLFW_CONTINUE" }, \
	{ 0xcd, "SNP_VLEK_LOAD" }, \
	{ 0xce, "SNP_FEATURE_INFO" }, \
	{ 0xd0, "TIO_STATUS" }, \
	{ 0xd1, "TIO_INIT" }, \
	{ 0xd2, "TIO_DEV_CREATE" }, \
	{ 0xd3, "TIO_DEV_RECLAIM" }, \
	{ 0xd4, "TIO_DEV_CONNECT" }, \
	{ 0xd5, "TIO_DEV_DISCONNECT" }

#define SEVADM_FW_ERROR_NAMES \
	{ 0x00, "SUCCESS" }, \
	{ 0x01, "INVALID_PLATFORM_STATE" }, \
	{ 0x02, "INVALID_GUEST_STATE" }, \
	{ 0x03, "INVALID_CONFIG" }, \
	{ 0x04, "INVALID_LEN" }, \
	{ 0x05, "ALREADY_OWNED" }, \
	{ 0x06, "INVALID_CERTIFICATE" }, \
	{ 0x07, "POLICY_FAILURE" }, \
	{ 0x08, "INACTIVE" }, \
	{ 0x09, "INVALID_ADDRESS" }, \
	{ 0x0a, "BAD_SIGNATURE" }, \
	{ 0x0b, "BAD_MEASUREMENT" }, \
	{ 0x0c, "ASID_OWNED" }, \
	{ 0x0d, "INVALID_ASID" }, \
	{ 0x0e, "WBINVD_REQUIRED" }, \
	{ 0x0f, "DFFLUSH_REQUIRED" }, \
	{ 0x10, "INVALID_GUEST" }, \
	{ 0x11, "INVALID_COMMAND" }, \
	{ 0x12, "ACTIVE" }, \
	{ 0x13, "HWSEV_RET_PLATFORM" }, \
	{ 0x14, "HWSEV_RET_UNSAFE" }, \
	{ 0x15, "UNSUPPORTED" }, \
	{ 0x16, "INVALID_PARAM" }, \
	{ 0x17, "RESOURCE_LIMIT" }, \
	{ 0x18, "SECURE_DATA_INVALID" }, \
	{ 0x19, "INVALID_PAGE_SIZE" }, \
	{ 0x1a, "INVALID_PAGE_STATE" }, \
	{ 0x1b, "INVALID_MDATA_ENTRY" }, \
	{ 0x1c, "INVALID_PAGE_OWNER" }, \
	{ 0x1d, "AEAD_OFLOW" }, \
	{ 0x1f, "EXIT_RING_BUFFER" }, \
	{ 0x20, "RMP_INIT_REQUIRED" }, \
	{ 0x21, "BAD_SVN" }, \
	{ 0x22, "BAD_VERSION" }, \
	{ 0x23, "SHUTDOWN_REQUIRED" }, \
	{ 0x24, "UPDATE_FAILED" }, \
	{ 0x25, "RESTORE_REQUIRED" }, \
	{ 0x26, "RMP_INITIALIZATION_FAILED" }, \
	{ 0x27, "INVALID_KEY" }, \
	{ 0x28, "SHUTDOWN_INCOMPLETE" }, \
	{ 0x30, "INCORRECT_BUFFER_LENGTH" }, \
	{ 0x31, "EXPAND_BUFFER_LENGTH_REQUEST" }, \
	{ 0x32, "SPDM_REQUEST" }, \
	{ 0x33, "SPDM_ERROR" }, \
	{ 0x35, "SEV_STATUS_ERR_IN_DEV_CONN" }, \
	{ 0x36, "SEV_STATUS_INVALID_DEV_CTX" }, \
	{ 0x37, "SEV_STATUS_INVALID_TDI_CTX" }, \
	{ 0x38, "SEV_STATUS_INVALID_TDI" }, \
	{ 0x39, "SEV_STATUS_RECLAIM_REQUIRED" }, \
	{ 0x3a, "IN_USE" }, \
	{ 0x3b, "SEV_STATUS_INVALID_DEV_STATE" }, \
	{ 0x3c, "SEV_STATUS_INVALID_TDI_STATE" }, \
	{ 0x3d, "SEV_STATUS_DEV_CERT_CHANGED" }, \
	{ 0x3e, "SEV_STATUS_RESYNC_REQ" }, \
	{ 0x3f, "SEV_STATUS_RESPONSE_TOO_LARGE" }

/* tracefs shows the numbers of enums in its format files, which other programs read: no names. */
#define SEVADM_KVM_COMMAND_NAMES \
	{ 0, "INIT" }, \
	{ 1, "ES_INIT" }, \
	{ 2, "LAUNCH_START" }, \
	{ 3, "LAUNCH_UPDATE_DATA" }, \
	{ 4, "LAUNCH_UPDATE_VMSA" }, \
	{ 5, "LAUNCH_SECRET" }, \
	{ 6, "LAUNCH_MEASURE" }, \
	{ 7, "LAUNCH_FINISH" }, \
	{ 8, "SEND_START" }, \
	{ 9, "SEND_UPDATE_DATA" }, \
	{ 10, "SEND_UPDATE_VMSA" }, \
	{ 11, "SEND_FINISH" }, \
	{ 12, "RECEIVE_START" }, \
	{ 13, "RECEIVE_UPDATE_DATA" }, \
	{ 14, "RECEIVE_UPDATE_VMSA" }, \
	{ 15, "RECEIVE_FINISH" }, \
	{ 16, "GUEST_STATUS" }, \
	{ 17, "DBG_DECRYPT" }, \
	{ 18, "DBG_ENCRYPT" }, \
	{ 19, "CERT_EXPORT" }, \
	{ 20, "GET_ATTESTATION_REPORT" }, \
	{ 21, "SEND_CANCEL" }, \
	{ 22, "INIT2" }, \
	{ 100, "SNP_LAUNCH_START" }, \
	{ 101, "SNP_LAUNCH_UPDATE" }, \
	{ 102, "SNP_LAUNCH_FINISH" }, \
	{ 103, "SNP_ENABLE_REQ_CERTS" }, \
	{ 0x10000, "REGISTER_REGION" }, \
	{ 0x10001, "UNREGISTER_REGION" }, \
	{ 0x10002, "COPY_ENC_CONTEXT" }, \
	{ 0x10003, "MOVE_ENC_CONTEXT" }, \
	{ 0x10004, "DESTROY" }, \
	{ 0x10005, "MAKE_PRIVATE" }, \
	{ 0x10006, "MAKE_SHARED" }

#define SEVADM_POOL_NAMES		{ 0, "sev" }, { 1, "sev_es" }, { 2, "sev_snp" }
#define SEVADM_ASID_STATE_NAMES		{ 0, "free" }, { 1, "used" }, { 2, "reclaim" }
#define SEVADM_REFUSAL_NAMES		{ 0, "other" }, { 1, "memlock" }, { 2, "limit" }
#define SEVADM_SUBJECT_NAMES		{ 0, "host" }, { 1, "user" }, { 2, "cgroup" }
#define SEVADM_RESOURCE_NAMES		{ 0, "pin" }, { 1, "asid.sev" }, { 2, "asid.sev_es" }, \
					{ 3, "private" }, { 4, "asid.sev_snp" }
#define SEVADM_KNOB_NAMES		{ 0, "min" }, { 1, "high" }, { 2, "max" }, { 3, "pool" }, \
					{ 4, "drift" }

#endif /* SEVADM_TRACE_NAMES_H */
