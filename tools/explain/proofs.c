// SPDX-License-Identifier: GPL-2.0-only
/* Proofs: what the facts of a host, and the symptom itself, decide about a cause. */
#include <inttypes.h>
#include <stdio.h>

#include "explain/proofs.h"
#include "sev/names.h"
#include "sev/policy.h"

/*
 * SEV-SNP guests have ASIDs of their own, which SEV-ES guests do not get, nor the other way round.
 */
static bool is_divided(const struct facts *facts)
{
	return facts->pools[SEVADM_POOL_SEV_SNP].known;
}

/* Without a context it may be any pool. */
static bool concerns(const struct facts *facts, const struct symptom *symptom, unsigned int pool)
{
	if (pool == SEVADM_POOL_SEV_SNP && !is_divided(facts))
		return false;
	if (symptom->context & CONTEXT_SNP_START)
		return pool == (is_divided(facts) ? SEVADM_POOL_SEV_SNP : SEVADM_POOL_SEV_ES);
	return pool == SEVADM_POOL_SEV_ES || !(symptom->context & CONTEXT_ES_DISABLED);
}

/* The misc cgroup counts SEV-ES and SEV-SNP guests together, whatever kvm_amd does. */
static bool misc_concerns(const struct symptom *symptom, unsigned int pool)
{
	return pool == SEVADM_POOL_SEV_ES ||
	       (pool == SEVADM_POOL_SEV &&
		!(symptom->context & (CONTEXT_SNP_START | CONTEXT_ES_DISABLED)));
}

static uint64_t used_of_misc(const struct facts *facts, unsigned int pool)
{
	return facts->pools[pool].used +
	       (pool == SEVADM_POOL_SEV_ES ? facts->pools[SEVADM_POOL_SEV_SNP].used : 0);
}

static void say_empty(const struct facts *facts, unsigned int pool, char *why, size_t size)
{
	unsigned int beside = pool == SEVADM_POOL_SEV_SNP ? SEVADM_POOL_SEV_ES :
							    SEVADM_POOL_SEV_SNP;
	uint64_t left = facts->pools[beside].free + facts->pools[beside].reclaim;
	int length = snprintf(why, size, "all %" PRIu64 " ASIDs of pool %s are used",
			      facts->pools[pool].capacity, pool_name(pool));

	if (length > 0 && (size_t)length < size && pool != SEVADM_POOL_SEV && is_divided(facts) &&
	    facts->pools[beside].free_known && left)
		snprintf(why + length, size - length,
			 "; the %" PRIu64 " free ones of pool %s are for %s guests alone, as kvm_amd.ciphertext_hiding_asids divides them",
			 left, pool_name(beside),
			 beside == SEVADM_POOL_SEV_ES ? "SEV-ES" : "SEV-SNP");
}

enum verdict proof_pool_empty(const struct facts *facts, const struct symptom *symptom, char *why,
			      size_t size)
{
	enum verdict verdict = VERDICT_CONTRADICTED;
	const struct pool_facts *pool;
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		pool = &facts->pools[i];
		if (!concerns(facts, symptom, i))
			continue;
		if (pool->known && pool->capacity && pool->used >= pool->capacity) {
			say_empty(facts, i, why, size);
			return VERDICT_PROVEN;
		}
		if (!pool->known || !pool->free_known) {
			verdict = VERDICT_POSSIBLE;
		} else {
			snprintf(why, size, "%" PRIu64 " of %" PRIu64 " ASIDs of pool %s are free",
				 pool->free + pool->reclaim, pool->capacity, pool_name(i));
		}
	}
	return verdict;
}

enum verdict proof_misc_max(const struct facts *facts, const struct symptom *symptom, char *why,
			    size_t size)
{
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		if (!misc_concerns(symptom, i) || !facts->pools[i].full_cgroup[0])
			continue;
		snprintf(why, size, "misc.current of %s has come to its misc.max in cgroup %s",
			 pool_name(i), facts->pools[i].full_cgroup);
		return VERDICT_PROVEN;
	}
	return VERDICT_POSSIBLE;
}

enum verdict proof_misc_full(const struct facts *facts, const struct symptom *symptom, char *why,
			     size_t size)
{
	enum verdict verdict = VERDICT_CONTRADICTED;
	const struct pool_facts *pool;
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		pool = &facts->pools[i];
		if (!misc_concerns(symptom, i))
			continue;
		if (!pool->misc_known) {
			verdict = VERDICT_POSSIBLE;
			continue;
		}
		snprintf(why, size, "the misc cgroup counts %" PRIu64 " of %" PRIu64 " ASIDs of %s",
			 pool->misc_current, pool->misc_capacity, pool_name(i));
		if (pool->misc_capacity && pool->misc_current >= pool->misc_capacity)
			return VERDICT_PROVEN;
	}
	return verdict;
}

/* The charge is lost when intra-host migration moves the ASID but not the charge with it. */
enum verdict proof_drift(const struct facts *facts, const struct symptom *symptom, char *why,
			 size_t size)
{
	enum verdict verdict = VERDICT_CONTRADICTED;
	const struct pool_facts *pool;
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		pool = &facts->pools[i];
		if (!misc_concerns(symptom, i))
			continue;
		if (!pool->misc_known || !pool->known || !pool->free_known) {
			verdict = VERDICT_POSSIBLE;
			continue;
		}
		snprintf(why, size,
			 "the misc cgroup counts %" PRIu64 " ASIDs of %s, VMs hold %" PRIu64,
			 pool->misc_current, pool_name(i), used_of_misc(facts, i));
		if (pool->misc_current > used_of_misc(facts, i) &&
		    pool->misc_current >= pool->misc_capacity)
			return VERDICT_PROVEN;
	}
	return verdict;
}

enum verdict proof_psp_dead(const struct facts *facts, const struct symptom *symptom, char *why,
			    size_t size)
{
	if (!((facts->seen | symptom->context) & CONTEXT_PSP_TIMEOUT))
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the log says \"timed out, disabling PSP\"");
	return VERDICT_PROVEN;
}

enum verdict proof_init_failed(const struct facts *facts, const struct symptom *symptom, char *why,
			       size_t size)
{
	if (!((facts->seen | symptom->context) &
	      (CONTEXT_PSP_INIT | CONTEXT_SNP_INIT | CONTEXT_PSP_TIMEOUT)))
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the log says that INIT failed");
	return VERDICT_PROVEN;
}

enum verdict proof_buffers(const struct facts *facts, const struct symptom *symptom, char *why,
			   size_t size)
{
	if (!((facts->seen | symptom->context) & CONTEXT_PSP_BUFFERS))
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the log says \"too many firmware commands in progress\"");
	return VERDICT_PROVEN;
}

enum verdict proof_memlock(const struct facts *facts, const struct symptom *symptom, char *why,
			   size_t size)
{
	if (!((facts->seen | symptom->context) & CONTEXT_PIN_LIMIT))
		return VERDICT_POSSIBLE;
	/* Pages of 4 KiB, even for huge pages: sev_pin_memory(). */
	if (symptom->has_pages)
		snprintf(why, size, "%" PRIu64 " KiB to be pinned, %" PRIu64 " KiB allowed: %" PRIu64
			 " KiB too little", symptom->pages * 4, symptom->limit * 4,
			 (symptom->pages - symptom->limit) * 4);
	else
		snprintf(why, size, "kvm_amd says that the lock limit is exceeded");
	return VERDICT_PROVEN;
}

/* What else was refused may be another failure. */
static enum verdict by_refusal(const struct refusal *refusal, bool asid, char *why, size_t size)
{
	if (!refusal || refusal->asid != asid)
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the module's trace: a limit refused that to process %u", refusal->pid);
	return VERDICT_PROVEN;
}

enum verdict proof_limit(const struct facts *facts, const struct symptom *symptom, char *why,
			 size_t size)
{
	(void)symptom;
	return by_refusal(facts->refusal, false, why, size);
}

enum verdict proof_asid_limit(const struct facts *facts, const struct symptom *symptom, char *why,
			      size_t size)
{
	(void)symptom;
	return by_refusal(facts->refusal, true, why, size);
}

/* After kexec, or in a crash kernel, it is the kernel itself that meets such pages. */
enum verdict proof_kernel_before(const struct facts *facts, const struct symptom *symptom,
				 char *why, size_t size)
{
	(void)symptom;
	if (!(facts->seen & CONTEXT_QEMU_FAULTED))
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the log names QEMU as the process that met it");
	return VERDICT_CONTRADICTED;
}

enum verdict proof_oom_cgroup(const struct facts *facts, const struct symptom *symptom, char *why,
			      size_t size)
{
	if (!((facts->seen | symptom->context) & CONTEXT_OOM_CGROUP))
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the log says \"Memory cgroup out of memory\"");
	return VERDICT_PROVEN;
}

enum verdict proof_oom_host(const struct facts *facts, const struct symptom *symptom, char *why,
			    size_t size)
{
	if (!((facts->seen | symptom->context) & CONTEXT_OOM_HOST))
		return VERDICT_POSSIBLE;
	snprintf(why, size, "the log says \"Out of memory\"");
	return VERDICT_PROVEN;
}

enum verdict proof_line(const struct facts *facts, const struct symptom *symptom, char *why,
			size_t size)
{
	(void)facts;
	snprintf(why, size, "the line itself: %s", context_name(symptom->context));
	return VERDICT_PROVEN;
}

static enum verdict parameter_off(const struct facts *facts, enum sevadm_vm_type type,
				  const char *name, char *why, size_t size)
{
	int on = facts->parameters[type];

	if (facts->kvm_amd == 0) {
		snprintf(why, size, "kvm_amd is not loaded");
		return VERDICT_PROVEN;
	}
	if (on == FACT_UNKNOWN)
		return VERDICT_POSSIBLE;
	snprintf(why, size, "/sys/module/kvm_amd/parameters/%s is %c", name, on ? 'Y' : 'N');
	return on ? VERDICT_CONTRADICTED : VERDICT_PROVEN;
}

enum verdict proof_sev_off(const struct facts *facts, const struct symptom *symptom, char *why,
			   size_t size)
{
	(void)symptom;
	return parameter_off(facts, SEVADM_VM_TYPE_SEV, "sev", why, size);
}

enum verdict proof_es_off(const struct facts *facts, const struct symptom *symptom, char *why,
			  size_t size)
{
	(void)symptom;
	return parameter_off(facts, SEVADM_VM_TYPE_SEV_ES, "sev_es", why, size);
}

enum verdict proof_snp_off(const struct facts *facts, const struct symptom *symptom, char *why,
			   size_t size)
{
	(void)symptom;
	return parameter_off(facts, SEVADM_VM_TYPE_SEV_SNP, "sev_snp", why, size);
}

/* SEV-ES guests take the ASIDs from 1 to the lowest plain SEV ASID less one. */
enum verdict proof_es_range(const struct facts *facts, const struct symptom *symptom, char *why,
			    size_t size)
{
	(void)symptom;
	if (!facts->cpuid_known)
		return VERDICT_POSSIBLE;
	snprintf(why, size, "CPUID 0x8000001F: the lowest plain SEV ASID is %u", facts->min_asid);
	return facts->min_asid <= 1 ? VERDICT_PROVEN : VERDICT_CONTRADICTED;
}

enum verdict proof_sev_range(const struct facts *facts, const struct symptom *symptom, char *why,
			     size_t size)
{
	(void)symptom;
	if (!facts->cpuid_known)
		return VERDICT_POSSIBLE;
	snprintf(why, size, "CPUID 0x8000001F: plain SEV ASIDs are %u to %u", facts->min_asid,
		 facts->max_asid);
	return facts->min_asid > facts->max_asid ? VERDICT_PROVEN : VERDICT_CONTRADICTED;
}

static enum verdict policy_wrong(const struct symptom *symptom, bool snp, char *why, size_t size)
{
	enum sevadm_vm_type type = policy_type(snp, symptom->policy);
	enum verdict verdict = VERDICT_CONTRADICTED;
	const struct policy_rule *rule;

	if (!symptom->has_policy)
		return VERDICT_POSSIBLE;
	for (rule = policy_rules; rule->rule; rule++) {
		if (!policy_breaks(rule, type, symptom->policy))
			continue;
		/* The guest may start with it: what failed may be this, or something else. */
		if (rule->severity != POLICY_ERROR) {
			verdict = VERDICT_POSSIBLE;
			continue;
		}
		snprintf(why, size, "policy 0x%" PRIx64 ": %s", symptom->policy, rule->message);
		return VERDICT_PROVEN;
	}
	snprintf(why, size, "policy 0x%" PRIx64 " keeps all rules", symptom->policy);
	return verdict;
}

enum verdict proof_sev_policy(const struct facts *facts, const struct symptom *symptom, char *why,
			      size_t size)
{
	(void)facts;
	return policy_wrong(symptom, false, why, size);
}

enum verdict proof_snp_policy(const struct facts *facts, const struct symptom *symptom, char *why,
			      size_t size)
{
	(void)facts;
	return policy_wrong(symptom, true, why, size);
}

/* Bit 2 of the policy makes a SEV guest one of SEV-ES. */
enum verdict proof_is_es(const struct facts *facts, const struct symptom *symptom, char *why,
			 size_t size)
{
	(void)facts;
	if (symptom->context & CONTEXT_LAUNCH_ES) {
		snprintf(why, size, "LAUNCH_UPDATE_VMSA is a command of SEV-ES");
		return VERDICT_PROVEN;
	}
	if (!symptom->has_policy)
		return VERDICT_POSSIBLE;
	snprintf(why, size, "policy 0x%" PRIx64 " is one of %s", symptom->policy,
		 symptom->policy & POLICY_SEV_ES ? "SEV-ES" : "plain SEV");
	return symptom->policy & POLICY_SEV_ES ? VERDICT_PROVEN : VERDICT_CONTRADICTED;
}
