/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest policies: the fields of SEV's and SNP's policy, and the rules a policy must keep.
 *
 * Sources: AMD SEV API (55766) "Guest Policy Structure"; AMD SEV-SNP ABI (56860) "Guest Policy";
 * the kernel's include/linux/psp-sev.h and KVM_SNP_POLICY_MASK_VALID of arch/x86/kvm/svm/sev.c.
 */
#ifndef SEVADM_POLICY_H
#define SEVADM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

/* Bit 2 of a SEV policy: the guest must be SEV-ES. */
#define POLICY_SEV_ES	(1ULL << 2)

/**
 * struct policy_field - one bit or number of a policy
 * @name: its word, NULL ends the table
 * @low: lowest bit
 * @width: number of bits
 * @fixed: true: the specification leaves no choice, so that encode takes no such word
 * @set: what it means when set, or what the number is
 * @clear: what it means when clear; NULL: nothing worth a word
 * @source: where that is written
 */
struct policy_field {
	const char *name;
	unsigned int low;
	unsigned int width;
	bool fixed;
	const char *set;
	const char *clear;
	const char *source;
};

/**
 * enum policy_severity - what becomes of a policy that breaks a rule
 * @POLICY_WARNING: the guest may start; its owner should know
 * @POLICY_ERROR: no guest starts with it
 */
enum policy_severity {
	POLICY_WARNING,
	POLICY_ERROR,
};

/**
 * struct policy_rule - one rule: the bits of @mask have to be @want
 * @rule: its id, NULL ends the table
 * @types: bits (1 << enum sevadm_vm_type) of the guests it is about
 */
struct policy_rule {
	const char *rule;
	unsigned int types;
	uint64_t mask;
	uint64_t want;
	enum policy_severity severity;
	const char *message;
	const char *source;
};

extern const struct policy_rule policy_rules[];

/** policy_fields() - return the fields of SEV's or of SNP's policy, lowest bit first */
const struct policy_field *policy_fields(bool snp);

/** policy_field_mask() - return the bits of a field */
uint64_t policy_field_mask(const struct policy_field *field);

/** policy_field_value() - return what a policy says in a field */
uint64_t policy_field_value(const struct policy_field *field, uint64_t policy);

/** policy_parse() - 0 and @policy, or -1: @text is neither decimal nor 0x and hexadecimal digits */
int policy_parse(const char *text, uint64_t *policy);

/** policy_breaks() - true: @policy of a guest of type @type breaks @rule */
bool policy_breaks(const struct policy_rule *rule, enum sevadm_vm_type type, uint64_t policy);

/** policy_corrected() - @policy with the bits of @rule as it wants them */
uint64_t policy_corrected(const struct policy_rule *rule, uint64_t policy);

/** policy_type() - return the guest a policy is for: bit 2 of a SEV policy makes it SEV-ES */
enum sevadm_vm_type policy_type(bool snp, uint64_t policy);

/** policy_encode() - sets the field that @flag (NAME or NAME=NUMBER) names in @policy */
int policy_encode(bool snp, const char *flag, uint64_t *policy);

/* Why policy_encode() fails. */
#define POLICY_UNKNOWN_FLAG	(-1)
#define POLICY_BAD_NUMBER	(-2)

/** policy_encode_start() - return the policy of no flags: what the specification wants to be one */
uint64_t policy_encode_start(bool snp);

#endif /* SEVADM_POLICY_H */
