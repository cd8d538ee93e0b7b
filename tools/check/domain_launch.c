// SPDX-License-Identifier: GPL-2.0-only
/* Rules of a domain about <launchSecurity>: type, C-bit, policy, owner's data, measured kernel. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/domain.h"
#include "check/guest_host.h"
#include "cli/output.h"
#include "report/xml_value.h"
#include "sev/certificate.h"
#include "sev/names.h"
#include "sev/policy.h"

static enum severity own(const struct domain_rule *row)
{
	return row->rule.severity;
}

DOMAIN_CHECK(encrypted)
{
	if (!domain->launch)
		domain_finding(domain, row, own(row), domain->root,
			       "there is no <launchSecurity>: this VM is not encrypted");
}

DOMAIN_CHECK(launch_type)
{
	const char *type = xml_attribute(domain->launch, "type");

	/* Types of other makers are none of ours. */
	if (!domain->launch || (type && (!strcmp(type, "sev") || !strcmp(type, "sev-snp") ||
					 !strcmp(type, "s390-pv") || !strcmp(type, "tdx"))))
		return;
	domain_finding(domain, row, own(row), domain->launch,
		       "<launchSecurity> has the type %s, not sev or sev-snp", type ?: "of none");
}

DOMAIN_CHECK(launch_other)
{
	static const struct {
		const char *type, *name;
	} others[] = {
		{ "tdx", "Intel TDX" },
		{ "s390-pv", "IBM Secure Execution" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (xml_is(domain->launch, "type", others[i].type))
			domain_finding(domain, row, own(row), domain->launch,
				       "the guest is one of %s, which is not judged here",
				       others[i].name);
}

DOMAIN_CHECK(host_type)
{
	const char *why = domain->host ? host_refuses_type(domain->host, domain->type) : NULL;

	if (why)
		domain_finding(domain, row, own(row), domain->launch, "%s", why);
}

DOMAIN_CHECK(policy_host)
{
	xmlNode *node = xml_find(domain->launch, "policy");
	uint64_t policy;
	char text[160];

	if (domain->host && xml_number(node, &policy) &&
	    host_refuses_policy(domain->host, domain->type, policy, text, sizeof(text)))
		domain_finding(domain, row, own(row), node, "%s", text);
}

DOMAIN_CHECK(snp_versions)
{
	if (domain->qemu_version && domain->qemu_version < QEMU_VERSION(9, 1))
		domain_finding(domain, row, own(row), domain->launch,
			       "QEMU %u.%u has no SEV-SNP: it came with 9.1",
			       domain->qemu_version / 1000, domain->qemu_version % 1000);
	if (host_is_older(domain->host, HOST_LIBVIRT_VERSION, 10, 5))
		domain_finding(domain, row, own(row), domain->launch,
			       "libvirt %s has no SEV-SNP: it came with 10.5",
			       host_text(domain->host, HOST_LIBVIRT_VERSION));
}

/* Both numbers are the processor's: what the host's are, or what they can be at all. */
static void judge_number(struct domain *domain, const struct domain_rule *row, const char *name,
			 enum host_fact_id fact, uint64_t min)
{
	xmlNode *node = xml_find(domain->launch, name);
	uint64_t value, real;

	if (!node)
		return;
	if (!xml_number(node, &value) || value < min || value > 63)
		domain_finding(domain, row, SEVERITY_ERROR, node, "<%s> is not a number from %" PRIu64 " to 63",
			       name, min);
	else if (!domain->host || !host_number(domain->host, fact, &real))
		domain_finding(domain, row, own(row), node,
			       "<%s> is %" PRIu64 ": the guest starts only on hosts whose %s %" PRIu64,
			       name, value, strcmp(name, "cbitpos") ? "reduction of the physical address is" :
			       "C-bit position is", value);
	else if (value != real)
		domain_finding(domain, row, SEVERITY_ERROR, node,
			       "<%s> is %" PRIu64 ", but the host's is %" PRIu64, name, value, real);
}

DOMAIN_CHECK(cbitpos)
{
	judge_number(domain, row, "cbitpos", HOST_C_BIT, 32);
}

DOMAIN_CHECK(reduced_bits)
{
	judge_number(domain, row, "reducedPhysBits", HOST_REDUCED_PHYS_BITS, 1);
}

DOMAIN_FIX(remove)
{
	(void)domain;
	xml_edit_remove(edit, node);
}

static xmlNode *policy_node(const struct domain *domain)
{
	return xml_find(domain->launch, "policy");
}

DOMAIN_CHECK(policy_given)
{
	xmlNode *node = policy_node(domain);
	uint64_t policy;

	if (!node)
		domain_finding(domain, row, own(row), domain->launch, "there is no <policy>");
	else if (!xml_number(node, &policy))
		domain_finding(domain, row, own(row), node, "the <policy> is not a number");
}

DOMAIN_FIX(policy_given)
{
	const char *policy = domain->type == SEVADM_VM_TYPE_SEV_SNP ? "0x30000" : "0x0003";
	char text[64];

	if (policy_node(domain)) {
		xml_edit_content(edit, node, policy);
		return;
	}
	snprintf(text, sizeof(text), "<policy>%s</policy>", policy);
	xml_edit_append(edit, node, text);
}

static void judge_policy(struct domain *domain, const struct domain_rule *row,
			 enum policy_severity severity)
{
	const struct policy_rule *rule;
	uint64_t policy;

	if (!xml_number(policy_node(domain), &policy))
		return;
	for (rule = policy_rules; rule->rule; rule++)
		if (rule->severity == severity && policy_breaks(rule, domain->type, policy))
			domain_finding(domain, row, own(row), policy_node(domain),
				       "the policy 0x%" PRIx64 " [%s]: %s", policy, rule->rule,
				       rule->message);
}

DOMAIN_CHECK(policy)
{
	judge_policy(domain, row, POLICY_ERROR);
}

DOMAIN_CHECK(policy_weak)
{
	judge_policy(domain, row, POLICY_WARNING);
}

/* Only what firmware refuses is corrected: how safe a guest is to be, its owner decides. */
DOMAIN_FIX(policy)
{
	const struct policy_rule *rule;
	uint64_t policy;
	char text[32];

	if (!xml_number(node, &policy))
		return;
	for (rule = policy_rules; rule->rule; rule++)
		if (rule->severity == POLICY_ERROR && policy_breaks(rule, domain->type, policy))
			policy = policy_corrected(rule, policy);
	snprintf(text, sizeof(text), "0x%04" PRIx64, policy);
	xml_edit_content(edit, node, text);
}

DOMAIN_CHECK(session_pair)
{
	xmlNode *cert = xml_find(domain->launch, "dhCert"), *session;

	session = xml_find(domain->launch, "session");
	if (!cert == !session)
		return;
	domain_finding(domain, row, own(row), cert ?: session, "there is a <%s> without a <%s>",
		       cert ? "dhCert" : "session", cert ? "session" : "dhCert");
}

static void judge_blob(struct domain *domain, const struct domain_rule *row, const char *name,
		       size_t size, void (*judge)(const uint8_t *, struct certificate_problem *))
{
	xmlNode *node = xml_find(domain->launch, name);
	struct certificate_problem problem;
	uint8_t bytes[4096];
	char *text;

	text = xml_long_text(node);
	if (text && !base64_exact(text, bytes, size, &problem) && judge)
		judge(bytes, &problem);
	if (text && problem.text[0])
		domain_finding(domain, row, own(row), node, "<%s> %s", name, problem.text);
	free(text);
}

DOMAIN_CHECK(dh_cert)
{
	judge_blob(domain, row, "dhCert", SEV_CERTIFICATE_BYTES, certificate_judge);
}

DOMAIN_CHECK(session)
{
	judge_blob(domain, row, "session", SEV_SESSION_BYTES, session_judge);
}

DOMAIN_CHECK(snp_blobs)
{
	static const struct {
		const char *name;
		size_t size;
	} blobs[] = {
		{ "guestVisibleWorkarounds", 16 },
		{ "idBlock", 96 },
		{ "idAuth", 4096 },
		{ "hostData", 32 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blobs); i++)
		judge_blob(domain, row, blobs[i].name, blobs[i].size, NULL);
}

/* KVM reads idAuth and the author's key only where there is an idBlock. */
DOMAIN_CHECK(snp_identity)
{
	xmlNode *block = xml_find(domain->launch, "idBlock"), *auth = xml_find(domain->launch, "idAuth");

	if (block && !auth)
		domain_finding(domain, row, own(row), block, "there is an <idBlock> without an <idAuth>");
	else if (!block && auth)
		domain_finding(domain, row, SEVERITY_WARNING, auth,
			       "there is an <idAuth> without an <idBlock>: nobody reads it");
	if (xml_is(domain->launch, "authorKey", "yes") && !(block && auth))
		domain_finding(domain, row, SEVERITY_WARNING, domain->launch,
			       "authorKey is yes, but there is no <idBlock> with an <idAuth> that has the key");
}

DOMAIN_CHECK(launch_elements)
{
	static const char *const sev_only[] = { "dhCert", "session", NULL };
	static const char *const snp_only[] = {
		"guestVisibleWorkarounds", "idBlock", "idAuth", "hostData", NULL
	};
	const bool snp = domain->type == SEVADM_VM_TYPE_SEV_SNP;
	const char *const *name;
	xmlNode *node;

	for (name = snp ? sev_only : snp_only; *name; name++) {
		node = xml_find(domain->launch, *name);
		if (node)
			domain_finding(domain, row, own(row), node, "<%s> belongs to %s, not to %s", *name,
				       snp ? "sev" : "sev-snp", snp ? "sev-snp" : "sev");
	}
}

DOMAIN_CHECK(kernel_hashes)
{
	xmlNode *kernel = xml_find(domain->root, "os/kernel");

	if (kernel && !xml_is(domain->launch, "kernelHashes", "yes"))
		domain_finding(domain, row, own(row), kernel,
			       "the <kernel> that is booted is not part of the measurement");
}

DOMAIN_FIX(kernel_hashes)
{
	(void)node;
	xml_edit_attribute(edit, domain->launch, "kernelHashes", "yes");
}

DOMAIN_CHECK(hashes_kernel)
{
	if (xml_is(domain->launch, "kernelHashes", "yes") && !xml_find(domain->root, "os/kernel"))
		domain_finding(domain, row, own(row), domain->launch,
			       "kernelHashes is yes, but there is no <os><kernel> to hash");
}
