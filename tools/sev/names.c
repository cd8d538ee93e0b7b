// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: one table row per number of the firmware, of KVM and of the module. What tracepoints name,
 * too, is in module/trace_names.h.
 */
#include "sev/names.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/sevadm.h>

#include "module/trace_names.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The commands that have kinds. */
#define SNP_GUEST_REQUEST	0x94
#define SNP_LAUNCH_UPDATE	0xa1

struct name {
	uint32_t value;
	const char *name;
	const char *meaning;	/* firmware status only */
};

static const struct name psp_commands[] = { SEVADM_PSP_COMMAND_NAMES };

static const struct name fw_errors[] = {
	{ 0x00, "SUCCESS", "the firmware found nothing wrong" },
	{ 0x01, "INVALID_PLATFORM_STATE", "not allowed in the platform's present state" },
	{ 0x02, "INVALID_GUEST_STATE", "not allowed in the guest's present state" },
	{ 0x03, "INVALID_CONFIG", "the platform's configuration does not allow it" },
	{ 0x04, "INVALID_LEN", "a buffer is too small, or has the wrong length" },
	{ 0x05, "ALREADY_OWNED", "the platform already has an owner" },
	{ 0x06, "INVALID_CERTIFICATE", "a certificate is not valid" },
	{ 0x07, "POLICY_FAILURE", "the guest's policy forbids it" },
	{ 0x08, "INACTIVE", "the guest has no ASID activated" },
	{ 0x09, "INVALID_ADDRESS", "an address is not valid or not aligned" },
	{ 0x0a, "BAD_SIGNATURE", "a signature does not verify" },
	{ 0x0b, "BAD_MEASUREMENT", "a measurement does not match" },
	{ 0x0c, "ASID_OWNED", "the ASID belongs to another guest" },
	{ 0x0d, "INVALID_ASID", "the ASID is out of the range for this kind of guest" },
	{ 0x0e, "WBINVD_REQUIRED", "caches must be flushed (WBINVD) on every core first" },
	{ 0x0f, "DFFLUSH_REQUIRED", "a DF_FLUSH must come first" },
	{ 0x10, "INVALID_GUEST", "the firmware knows no such guest" },
	{ 0x11, "INVALID_COMMAND", "the firmware does not know the command" },
	{ 0x12, "ACTIVE", "the guest still has an ASID activated" },
	{ 0x13, "HWSEV_RET_PLATFORM", "a hardware platform condition: memory encryption is off" },
	{ 0x14, "HWSEV_RET_UNSAFE", "a hardware condition makes it unsafe: update the firmware" },
	{ 0x15, "UNSUPPORTED", "the firmware does not support the feature" },
	{ 0x16, "INVALID_PARAM", "a parameter is wrong, or a reserved field is not zero" },
	{ 0x17, "RESOURCE_LIMIT", "the firmware has run out of a resource" },
	{ 0x18, "SECURE_DATA_INVALID", "the platform's stored secure data failed its check" },
	{ 0x19, "INVALID_PAGE_SIZE", "the RMP entry has another page size" },
	{ 0x1a, "INVALID_PAGE_STATE", "the RMP entry is in another page state" },
	{ 0x1b, "INVALID_MDATA_ENTRY", "the metadata entry is not valid" },
	{ 0x1c, "INVALID_PAGE_OWNER", "the page belongs to another guest" },
	{ 0x1d, "AEAD_OFLOW", "the message sequence number would overflow" },
	{ 0x1f, "EXIT_RING_BUFFER", "the firmware left the ring-buffer mode" },
	{ 0x20, "RMP_INIT_REQUIRED", "the RMP must be initialised first" },
	{ 0x21, "BAD_SVN", "the security version is lower than the committed one" },
	{ 0x22, "BAD_VERSION", "the version is lower than the committed one" },
	{ 0x23, "SHUTDOWN_REQUIRED", "a SHUTDOWN must come first" },
	{ 0x24, "UPDATE_FAILED", "the firmware update failed" },
	{ 0x25, "RESTORE_REQUIRED", "the former firmware must be restored first" },
	{ 0x26, "RMP_INITIALIZATION_FAILED", "the RMP could not be initialised" },
	{ 0x27, "INVALID_KEY", "the requested key is not there or not valid" },
	{ 0x28, "SHUTDOWN_INCOMPLETE", "the shutdown has not ended yet" },
	{ 0x30, "INCORRECT_BUFFER_LENGTH", "a buffer has the wrong length" },
	{ 0x31, "EXPAND_BUFFER_LENGTH_REQUEST", "a larger buffer is needed" },
	{ 0x32, "SPDM_REQUEST", "an SPDM message must be sent to the device" },
	{ 0x33, "SPDM_ERROR", "the SPDM exchange with the device failed" },
	{ 0x35, "SEV_STATUS_ERR_IN_DEV_CONN", "the connection to the device failed" },
	{ 0x36, "SEV_STATUS_INVALID_DEV_CTX", "the device context is not valid" },
	{ 0x37, "SEV_STATUS_INVALID_TDI_CTX", "the TDI context is not valid" },
	{ 0x38, "SEV_STATUS_INVALID_TDI", "the TDI is not valid" },
	{ 0x39, "SEV_STATUS_RECLAIM_REQUIRED", "a reclaim must come first" },
	{ 0x3a, "IN_USE", "the object is in use" },
	{ 0x3b, "SEV_STATUS_INVALID_DEV_STATE", "not allowed in the device's present state" },
	{ 0x3c, "SEV_STATUS_INVALID_TDI_STATE", "not allowed in the TDI's present state" },
	{ 0x3d, "SEV_STATUS_DEV_CERT_CHANGED", "the device's certificate has changed" },
	{ 0x3e, "SEV_STATUS_RESYNC_REQ", "a resynchronisation is needed" },
	{ 0x3f, "SEV_STATUS_RESPONSE_TOO_LARGE", "the response does not fit" },
	/* In no public table; a BIOS update was the cure (AMDSEV #25, #105, #246). */
	{ 0x8003, "0x8003", "a code of the security processor's boot loader: update the BIOS" },
	{ 0x8004, "0x8004", "a code of the security processor's boot loader: update the BIOS" },
	{ 0x9000, "0x9000", "a code of the security processor's boot loader: update the BIOS" },
	{ FW_NO_FW_CALL, "NO_FW_CALL", "the kernel gave up before it asked the firmware" },
};

static const struct name kvm_commands[] = { SEVADM_KVM_COMMAND_NAMES };

static const struct name pools[] = { SEVADM_POOL_NAMES };

/* AMD SEV-SNP ABI (56860), SNP_LAUNCH_UPDATE: PAGE_TYPE */
static const struct name snp_pages[] = {
	{ 1, "NORMAL", NULL },
	{ 2, "VMSA", NULL },
	{ 3, "ZERO", NULL },
	{ 4, "UNMEASURED", NULL },
	{ 5, "SECRETS", NULL },
	{ 6, "CPUID", NULL },
};

/* AMD SEV-SNP ABI (56860), SNP_GUEST_REQUEST: what a guest can ask for */
static const struct name snp_messages[] = {
	{ 1, "CPUID_REQ", NULL },
	{ 3, "KEY_REQ", NULL },
	{ 5, "REPORT_REQ", NULL },
	{ 7, "EXPORT_REQ", NULL },
	{ 9, "IMPORT_REQ", NULL },
	{ 11, "ABSORB_REQ", NULL },
	{ 13, "VMRK_REQ", NULL },
	{ 15, "ABSORB_NOMA_REQ", NULL },
	{ 17, "TSC_INFO_REQ", NULL },
};

static const struct name vm_types[] = {
	{ SEVADM_VM_TYPE_SEV, "sev", NULL },
	{ SEVADM_VM_TYPE_SEV_ES, "sev-es", NULL },
	{ SEVADM_VM_TYPE_SEV_SNP, "sev-snp", NULL },
};

static const struct name vm_states[] = {
	{ SEVADM_VM_STATE_INIT, "init", NULL },
	{ SEVADM_VM_STATE_LUPDATE, "lupdate", NULL },
	{ SEVADM_VM_STATE_LSECRET, "lsecret", NULL },
	{ SEVADM_VM_STATE_RUNNING, "running", NULL },
	{ SEVADM_VM_STATE_SUPDATE, "supdate", NULL },
	{ SEVADM_VM_STATE_RUPDATE, "rupdate", NULL },
	{ SEVADM_VM_STATE_SENT, "sent", NULL },
	{ SEVADM_VM_STATE_LAUNCH, "launch", NULL },
};

static const struct name asid_states[] = { SEVADM_ASID_STATE_NAMES };

static const struct name module_states[] = {
	{ SEVADM_MODULE_STATE_WAITING, "waiting", NULL },
	{ SEVADM_MODULE_STATE_ATTACHED, "attached", NULL },
	{ SEVADM_MODULE_STATE_DEGRADED, "degraded", NULL },
};

/* AMD SEV API (55766), PLATFORM_STATUS: PSTATE */
static const struct name firmware_states[] = {
	{ 0, "uninit", NULL },
	{ 1, "init", NULL },
	{ 2, "working", NULL },
};

static const struct name refusals[] = { SEVADM_REFUSAL_NAMES };

static const struct name *find(const struct name *table, size_t rows, uint32_t value)
{
	for (size_t i = 0; i < rows; i++)
		if (table[i].value == value)
			return &table[i];
	return NULL;
}

static const char *hex(uint32_t value)
{
	/* Several, so that one printf() can name several unknown numbers. */
	static __thread char buffers[4][sizeof("0xffffffff")];
	static __thread unsigned int next;
	char *buffer = buffers[next++ % ARRAY_SIZE(buffers)];

	snprintf(buffer, sizeof(buffers[0]), "0x%x", value);
	return buffer;
}

static const char *name_of(const struct name *table, size_t rows, uint32_t value)
{
	const struct name *row = find(table, rows, value);

	return row ? row->name : hex(value);
}

#define NAME_OF(table, value)	name_of(table, ARRAY_SIZE(table), value)

const char *psp_command_name(uint32_t id)
{
	return NAME_OF(psp_commands, id);
}

const char *psp_kind_name(uint32_t command, uint32_t kind)
{
	switch (command) {
	case SNP_LAUNCH_UPDATE:
		return NAME_OF(snp_pages, kind);
	case SNP_GUEST_REQUEST:
		return NAME_OF(snp_messages, kind);
	}
	return hex(kind);
}

const char *fw_error_name(uint32_t status)
{
	return NAME_OF(fw_errors, status);
}

const char *fw_error_meaning(uint32_t status)
{
	const struct name *row = find(fw_errors, ARRAY_SIZE(fw_errors), status);

	return row ? row->meaning : "not in any published table of status codes";
}

const char *kvm_command_name(uint32_t id)
{
	return NAME_OF(kvm_commands, id);
}

const char *pool_name(uint32_t pool)
{
	return NAME_OF(pools, pool);
}

const char *vm_type_name(uint32_t type)
{
	return NAME_OF(vm_types, type);
}

const char *vm_state_name(uint32_t state)
{
	return NAME_OF(vm_states, state);
}

const char *asid_state_name(uint32_t state)
{
	return NAME_OF(asid_states, state);
}

const char *module_state_name(uint32_t state)
{
	return NAME_OF(module_states, state);
}

const char *firmware_state_name(uint32_t state)
{
	return NAME_OF(firmware_states, state);
}

const char *refusal_name(uint32_t refusal)
{
	return NAME_OF(refusals, refusal);
}

static int64_t number_of(const struct name *table, size_t rows, const char *prefix,
			 const char *name, uint32_t max)
{
	size_t skip = strlen(prefix);

	if (strncasecmp(name, prefix, skip) == 0)
		name += skip;
	for (size_t i = 0; i < rows; i++)
		if (strcasecmp(table[i].name, name) == 0)
			return table[i].value;

	/* strtoull() would take a sign, blanks, a second 0x, and a leading zero as octal. */
	int base = strncasecmp(name, "0x", 2) == 0 ? 16 : 10;
	const char *digits = base == 16 ? name + 2 : name;
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)digits[0]) ||
	    (base == 16 && tolower((unsigned char)digits[1]) == 'x'))
		return -1;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (errno || end == digits || *end || value > max)
		return -1;
	return (int64_t)value;
}

int pool_id(const char *name)
{
	return (int)number_of(pools, ARRAY_SIZE(pools), "", name, INT_MAX);
}

int psp_command_id(const char *name)
{
	return (int)number_of(psp_commands, ARRAY_SIZE(psp_commands), "SEV_CMD_", name, INT_MAX);
}

int64_t fw_error_number(const char *name)
{
	/* The kernel's uapi header has carried this misspelling since 4.16. */
	if (strcasecmp(name, "INAVLID_CONFIG") == 0 ||
	    strcasecmp(name, "SEV_RET_INAVLID_CONFIG") == 0)
		return 3;
	return number_of(fw_errors, ARRAY_SIZE(fw_errors), "SEV_RET_", name, UINT32_MAX);
}

int kvm_command_id(const char *name)
{
	return (int)number_of(kvm_commands, ARRAY_SIZE(kvm_commands), "KVM_SEV_", name, INT_MAX);
}
