// SPDX-License-Identifier: GPL-2.0-only
/* What a host refuses to a guest: its type, and a policy that asks for a newer firmware. */
#include "check/guest_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* KVM_CAP_VM_TYPES: a bit for each type; 3 is KVM_X86_SEV_ES_VM, 4 is KVM_X86_SNP_VM. */
#define VM_TYPE_SEV_ES	(1U << 3)
#define VM_TYPE_SNP	(1U << 4)

/*
 * The parameter sev_es stays set where the firmware refuses SEV-ES beside SEV-SNP (CVE-2025-48514).
 */
static bool es_is_refused(const struct host_facts *host)
{
	const char *state = host_text(host, HOST_SNP_STATE);
	uint64_t types;

	return host_number(host, HOST_KVM_VM_TYPES, &types) && !(types & VM_TYPE_SEV_ES) &&
	       (host_is(host, HOST_SEV_SNP) || (state && !strcmp(state, "init")));
}

const char *host_refuses_type(const struct host_facts *host, enum sevadm_vm_type type)
{
	uint64_t types;

	switch (type) {
	case SEVADM_VM_TYPE_SEV:
		return host_is_not(host, HOST_SEV) ? "the host does not run sev guests" : NULL;
	case SEVADM_VM_TYPE_SEV_ES:
		if (host_is_not(host, HOST_SEV_ES))
			return "the host does not run sev-es guests";
		return es_is_refused(host) ?
		       "the host's firmware refuses sev-es guests while SEV-SNP is initialised" : NULL;
	case SEVADM_VM_TYPE_SEV_SNP:
		if (host_is_not(host, HOST_SEV_SNP))
			return "the host does not run sev-snp guests";
		if (host_number(host, HOST_KVM_VM_TYPES, &types) && !(types & VM_TYPE_SNP))
			return "the host's KVM does not offer sev-snp guests";
		return host_is_not(host, HOST_GUEST_MEMFD) ?
		       "the host's KVM has no guest_memfd, where sev-snp guests keep their memory" : NULL;
	default:
		return NULL;
	}
}

bool host_refuses_policy(const struct host_facts *host, enum sevadm_vm_type type, uint64_t policy,
			 char *text, size_t size)
{
	const bool snp = type == SEVADM_VM_TYPE_SEV_SNP;
	const unsigned int major = policy >> (snp ? 8 : 16) & 0xff;
	const unsigned int minor = policy >> (snp ? 0 : 24) & 0xff;
	uint64_t has_major, has_minor;

	if (!host_number(host, snp ? HOST_SNP_API_MAJOR : HOST_FIRMWARE_API_MAJOR, &has_major) ||
	    !host_number(host, snp ? HOST_SNP_API_MINOR : HOST_FIRMWARE_API_MINOR, &has_minor))
		return false;
	if (has_major > major || (has_major == major && has_minor >= minor))
		return false;
	snprintf(text, size, "the policy 0x%" PRIx64 " asks for version %u.%u of the firmware's API, the host's is %"
		 PRIu64 ".%" PRIu64, policy, major, minor, has_major, has_minor);
	return true;
}

bool host_is_older(const struct host_facts *host, enum host_fact_id fact, unsigned int major,
		   unsigned int minor)
{
	const char *text = host ? host_text(host, fact) : NULL;
	unsigned int has_major, has_minor;

	if (!text || sscanf(text, "%3u.%3u", &has_major, &has_minor) != 2)
		return false;
	return has_major < major || (has_major == major && has_minor < minor);
}
