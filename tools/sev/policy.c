// SPDX-License-Identifier: GPL-2.0-only
/* Guest policies: one table row per field and per rule; all else derives from the rows. */
#include "sev/policy.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEV_SPEC	"AMD SEV API (55766), Guest Policy Structure"
#define SNP_SPEC	"AMD SEV-SNP ABI (56860), Guest Policy"
#define KVM_MASK	"arch/x86/kvm/svm/sev.c, KVM_SNP_POLICY_MASK_VALID"
#define KVM_START	"arch/x86/kvm/svm/sev.c, snp_launch_start()"

static const struct policy_field sev_fields[] = {
	{ "nodbg", 0, 1, false, "the hypervisor cannot debug the guest",
	  "the hypervisor may read and write guest memory by DBG_DECRYPT and DBG_ENCRYPT",
	  SEV_SPEC },
	{ "noks", 1, 1, false, "the key is not shared with other guests",
	  "the key may be shared with other guests", SEV_SPEC },
	{ "es", 2, 1, false, "SEV-ES is required: registers are encrypted too",
	  "the guest's registers are visible to the hypervisor", SEV_SPEC },
	{ "nosend", 3, 1, false, "the guest cannot be sent to another platform",
	  "the guest may be sent to another platform", SEV_SPEC },
	{ "domain", 4, 1, false, "not to be sent to platforms of another domain", NULL, SEV_SPEC },
	{ "sev", 5, 1, false, "not to be sent to platforms that are not SEV-capable", NULL,
	  SEV_SPEC },
	{ "reserved", 6, 10, true, "reserved, must be zero", NULL, SEV_SPEC },
	{ "api_major", 16, 8, false, "lowest major version of the firmware's API", NULL,
	  SEV_SPEC },
	{ "api_minor", 24, 8, false, "lowest minor version of the firmware's API", NULL,
	  SEV_SPEC },
	{ NULL, 0, 0, false, NULL, NULL, NULL },
};

static const struct policy_field snp_fields[] = {
	{ "abi_minor", 0, 8, false, "lowest minor version of the firmware's ABI", NULL,
	  SNP_SPEC },
	{ "abi_major", 8, 8, false, "lowest major version of the firmware's ABI", NULL,
	  SNP_SPEC },
	{ "smt", 16, 1, false, "the host may have SMT on", "the host must have SMT off",
	  SNP_SPEC },
	{ "reserved_one", 17, 1, true, "reserved, must be one", NULL, SNP_SPEC },
	{ "migrate_ma", 18, 1, false, "a migration agent may be associated",
	  "no migration agent", SNP_SPEC },
	{ "debug", 19, 1, false, "the hypervisor may debug the guest",
	  "the hypervisor cannot debug the guest", SNP_SPEC },
	{ "single_socket", 20, 1, false, "the guest runs on one socket only", NULL, SNP_SPEC },
	{ "cxl_allow", 21, 1, false, "CXL devices and memory are allowed",
	  "no CXL devices or memory", SNP_SPEC },
	{ "mem_aes_256_xts", 22, 1, false, "memory encryption must be AES 256 XTS", NULL,
	  SNP_SPEC },
	{ "rapl_dis", 23, 1, false, "RAPL must be off on the host", NULL, SNP_SPEC },
	{ "ciphertext_hiding_dram", 24, 1, false, "ciphertext hiding of DRAM must be on", NULL,
	  SNP_SPEC },
	{ "page_swap_disable", 25, 1, false, "the page move and swap commands are disabled", NULL,
	  SNP_SPEC },
	{ "reserved", 26, 38, true, "reserved, must be zero", NULL, SNP_SPEC },
	{ NULL, 0, 0, false, NULL, NULL, NULL },
};

#define BIT(n)		(1ULL << (n))
#define BITS(high, low)	((~0ULL >> (63 - (high))) & (~0ULL << (low)))

#define SEV	BIT(SEVADM_VM_TYPE_SEV)
#define ES	BIT(SEVADM_VM_TYPE_SEV_ES)
#define SNP	BIT(SEVADM_VM_TYPE_SEV_SNP)

const struct policy_rule policy_rules[] = {
	{ "policy-width", SEV | ES, BITS(63, 32), 0, POLICY_ERROR,
	  "a SEV policy has 32 bits; if this is an SNP policy, check it as sev-snp", SEV_SPEC },
	{ "policy-reserved", SEV | ES, BITS(15, 6), 0, POLICY_WARNING,
	  "bits 6 to 15 are reserved and must be zero; firmware ignores them so far", SEV_SPEC },
	{ "policy-api-major", SEV | ES, BITS(23, 17), 0, POLICY_ERROR,
	  "it asks for a major version above 1, which no firmware has; if this is an SNP policy, check it as sev-snp",
	  SEV_SPEC },
	{ "policy-es", ES, POLICY_SEV_ES, POLICY_SEV_ES, POLICY_ERROR,
	  "a SEV-ES guest needs bit 2 (es)", SEV_SPEC },
	{ "policy-es", SEV, POLICY_SEV_ES, 0, POLICY_ERROR,
	  "bit 2 (es) makes it a SEV-ES guest: it takes an ASID of the sev_es pool", SEV_SPEC },
	{ "policy-debug", SEV | ES, BIT(0), BIT(0), POLICY_WARNING,
	  "without bit 0 (nodbg) the hypervisor may decrypt the guest's memory", SEV_SPEC },
	{ "policy-must-be-one", SNP, BIT(17), BIT(17), POLICY_ERROR,
	  "bit 17 must be one: KVM refuses it with -22 (EINVAL) and fw_error 0; 0x30000 is the usual policy",
	  SNP_SPEC },
	{ "policy-reserved", SNP, BITS(63, 26), 0, POLICY_ERROR,
	  "bits from 26 on are reserved and must be zero", SNP_SPEC },
	{ "policy-migrate-ma", SNP, BIT(18), 0, POLICY_ERROR,
	  "bit 18 (migrate_ma): KVM has no migration agents and refuses it with -22 (EINVAL)",
	  KVM_MASK },
	{ "policy-firmware-bits", SNP, BITS(25, 21), 0, POLICY_WARNING,
	  "bits 21 to 25 need a kernel that reports them in KVM_X86_SNP_POLICY_BITS and firmware that has them",
	  KVM_MASK },
	{ "policy-smt", SNP, BIT(16), BIT(16), POLICY_WARNING,
	  "without bit 16 (smt) Linux 6.11 and 6.12 refuse it with -22 (EINVAL), firmware when SMT is on",
	  KVM_START },
	{ "policy-single-socket", SNP, BIT(20), 0, POLICY_WARNING,
	  "bit 20 (single_socket): Linux 6.11 and 6.12 refuse it with -22 (EINVAL)", KVM_START },
	{ "policy-debug", SNP, BIT(19), 0, POLICY_WARNING,
	  "with bit 19 (debug) the hypervisor may decrypt the guest's memory", SNP_SPEC },
	{}
};

const struct policy_field *policy_fields(bool snp)
{
	return snp ? snp_fields : sev_fields;
}

uint64_t policy_field_mask(const struct policy_field *field)
{
	return BITS(field->low + field->width - 1, field->low);
}

uint64_t policy_field_value(const struct policy_field *field, uint64_t policy)
{
	return (policy & policy_field_mask(field)) >> field->low;
}

int policy_parse(const char *text, uint64_t *policy)
{
	bool hex = !strncasecmp(text, "0x", 2);
	const char *digits = hex ? text + 2 : text;
	char *end;

	/*
	 * A leading zero without x is octal to C and decimal to people: a policy must not depend on
	 * its reader. And strtoull() would accept blanks, signs and a second 0x.
	 */
	if (hex ? !isxdigit((unsigned char)digits[0]) || tolower((unsigned char)digits[1]) == 'x' :
	    !isdigit((unsigned char)digits[0]) || (digits[0] == '0' && digits[1]))
		return -1;
	errno = 0;
	*policy = strtoull(digits, &end, hex ? 16 : 10);
	return errno || *end ? -1 : 0;
}

bool policy_breaks(const struct policy_rule *rule, enum sevadm_vm_type type, uint64_t policy)
{
	return rule->types & BIT(type) && (policy & rule->mask) != rule->want;
}

uint64_t policy_corrected(const struct policy_rule *rule, uint64_t policy)
{
	return (policy & ~rule->mask) | rule->want;
}

enum sevadm_vm_type policy_type(bool snp, uint64_t policy)
{
	if (snp)
		return SEVADM_VM_TYPE_SEV_SNP;
	return policy & POLICY_SEV_ES ? SEVADM_VM_TYPE_SEV_ES : SEVADM_VM_TYPE_SEV;
}

int policy_encode(bool snp, const char *flag, uint64_t *policy)
{
	const struct policy_field *field;
	const char *equals = strchr(flag, '=');
	size_t length = equals ? (size_t)(equals - flag) : strlen(flag);
	uint64_t value = 1;

	for (field = policy_fields(snp); field->name; field++)
		if (!field->fixed && strlen(field->name) == length &&
		    !strncasecmp(field->name, flag, length))
			break;
	if (!field->name)
		return POLICY_UNKNOWN_FLAG;
	/* Only numbers need one; of a flag, 0 and 1 are as good as any. */
	if (!equals && field->width > 1)
		return POLICY_BAD_NUMBER;
	if (equals && (policy_parse(equals + 1, &value) || value >> field->width))
		return POLICY_BAD_NUMBER;
	*policy = (*policy & ~policy_field_mask(field)) | value << field->low;
	return 0;
}

uint64_t policy_encode_start(bool snp)
{
	return snp ? BIT(17) : 0;
}
