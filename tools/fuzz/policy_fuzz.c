// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of any text: what a rule corrects, it must not refuse; encoding gives back what is
 * decoded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sev/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_rule *rule;
	enum sevadm_vm_type type;
	uint64_t policy, encoded = 0;
	char text[256];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	policy_encode(false, text, &encoded);
	policy_encode(true, text, &encoded);
	if (policy_parse(text, &policy))
		return 0;
	for (type = SEVADM_VM_TYPE_SEV; type <= SEVADM_VM_TYPE_SEV_SNP; type++)
		for (rule = policy_rules; rule->rule; rule++)
			if (policy_breaks(rule, type, policy_corrected(rule, policy)))
				abort();
	return 0;
}
