// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of check kubevirt, for VMs, instance types and the KubeVirt object, and what they are
 * run on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/guest_host.h"
#include "check/kubevirt.h"
#include "check/kubevirt_object.h"
#include "check/rules.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "report/yaml.h"
#include "sev/certificate.h"
#include "sev/policy.h"

#define USER_GUIDE	"KubeVirt user guide, Confidential computing"
#define WEBHOOK		"KubeVirt, validating webhook of VMIs"

/* Where rules apply: a bit each. */
#define IN_VM	1U	/* encrypted VMs: spec is the domain */
#define IN_TYPE	2U	/* instance types that ask for encryption */
#define IN_CR	4U	/* the KubeVirt object */
#define ANY_VM	8U	/* VMs, encrypted or not, and of whatever technology */

/**
 * struct kubevirt_rule - one rule: a row of rules[]
 * @fix: edits what @check found; NULL: only a person can
 */
struct kubevirt_rule {
	struct rule rule;
	unsigned int where;
	void (*check)(const struct vm_object *object, const struct rule *rule);
	void (*fix)(const struct vm_object *object, struct yaml_edit *edit);
};

static yaml_node_t *find(const struct vm_object *object, const char *path)
{
	return yaml_find(object->doc, object->spec, path);
}

/* In Kubernetes' API null is the same as not there. */
static yaml_node_t *given(yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE && !yaml_text(node) ? NULL : node;
}

static yaml_node_t *launch(const struct vm_object *object, const char *path)
{
	return given(yaml_find(object->doc, object->launch, path));
}

static enum sevadm_vm_type type_of(const struct vm_object *object)
{
	if (launch(object, "snp"))
		return SEVADM_VM_TYPE_SEV_SNP;
	return yaml_is(launch(object, "sev/policy/encryptedState"), "true") ?
	       SEVADM_VM_TYPE_SEV_ES : SEVADM_VM_TYPE_SEV;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void judge_encrypted(const struct vm_object *object, const struct rule *rule)
{
	if (!object->launch)
		finding_add(object->target, rule, yaml_line(object->spec),
			    "there is no launchSecurity: this VM is not encrypted");
}

static bool is_other(const struct vm_object *object)
{
	return launch(object, "tdx") && !launch(object, "sev") && !launch(object, "snp");
}

static void judge_other(const struct vm_object *object, const struct rule *rule)
{
	if (is_other(object))
		finding_add(object->target, rule, yaml_line(launch(object, "tdx")),
			    "the guest is one of Intel TDX, which is not judged here");
}

static void judge_host_type(const struct vm_object *object, const struct rule *rule)
{
	const char *why = object->host ? host_refuses_type(object->host, type_of(object)) : NULL;

	if (why)
		finding_add(object->target, rule, yaml_line(object->launch), "%s", why);
}

static void judge_policy_host(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *node = launch(object, "snp/policy");
	uint64_t policy;
	char text[160];

	if (object->host && yaml_text(node) && !policy_parse(yaml_text(node), &policy) &&
	    host_refuses_policy(object->host, SEVADM_VM_TYPE_SEV_SNP, policy, text, sizeof(text)))
		finding_add(object->target, rule, yaml_line(node), "%s", text);
}

static void judge_version(const struct vm_object *object, const struct rule *rule)
{
	if (launch(object, "snp") && object->version && object->version < KUBEVIRT_VERSION(1, 7))
		finding_add(object->target, rule, yaml_line(launch(object, "snp")),
			    "KubeVirt %u.%u has no launchSecurity.snp: it came with 1.7",
			    object->version / 1000, object->version % 1000);
}

static void judge_cpu(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *model = find(object, "cpu/model");
	const char *text = yaml_text(model);

	if (launch(object, "snp") && text && strcmp(text, "host-model") &&
	    strcmp(text, "host-passthrough") && strncmp(text, "EPYC", strlen("EPYC")))
		finding_add(object->target, rule, yaml_line(model),
			    "the processor is %s, whose CPUID the firmware may refuse", text);
}

static void judge_one_type(const struct vm_object *object, const struct rule *rule)
{
	const int count = !!launch(object, "sev") + !!launch(object, "snp") + !!launch(object, "tdx");

	if (count != 1)
		finding_add(object->target, rule, yaml_line(object->launch),
			    "launchSecurity has %s of sev, snp and tdx", count ? "more than one" : "none");
}

/* What the types have: the API's structs SEV, SNP and TDX up to 1.9. */
static void judge_fields(const struct vm_object *object, const struct rule *rule)
{
	static const struct {
		const char *type;
		const char *const fields[12];
	} types[] = {
		{ "sev", { "policy", "attestation", "session", "dhCert" } },
		{ "snp", { "policy", "hostData", "idBlock", "idAuth", "authorKey", "vcekDisabled",
			   "kernelHashes", "guestVisibleWorkarounds" } },
	};
	const yaml_node_pair_t *pair;
	yaml_node_t *node;
	const char *name;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		node = launch(object, types[i].type);
		if (node && node->type != YAML_MAPPING_NODE) {
			finding_add(object->target, rule, yaml_line(node),
				    "launchSecurity.%s is not an object: write %s: {}", types[i].type,
				    types[i].type);
			continue;
		}
		for (pair = node ? node->data.mapping.pairs.start : NULL;
		     node && pair < node->data.mapping.pairs.top; pair++) {
			name = yaml_text(yaml_document_get_node(object->doc, pair->key));
			for (j = 0; name && types[i].fields[j]; j++)
				if (!strcmp(name, types[i].fields[j]))
					break;
			if (!name || !types[i].fields[j])
				finding_add_as(
					object->target, rule, SEVERITY_WARNING,
					yaml_line(yaml_document_get_node(object->doc, pair->key)),
					"launchSecurity.%s has no field %s: the API drops it",
					types[i].type, name ?: "without name");
		}
	}
}

static void judge_paused(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *attestation = launch(object, "sev/attestation");
	yaml_node_t *strategy = yaml_find(object->doc, object->outer, "startStrategy");

	if (attestation && !yaml_is(strategy, "Paused"))
		finding_add(object->target, rule, yaml_line(strategy ?: attestation),
			    "sev.attestation is asked for, but startStrategy is %s",
			    yaml_text(strategy) ?: "not given");
}

static void judge_snp_policy(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *node = launch(object, "snp/policy");
	const char *text = yaml_text(node);
	const struct policy_rule *row;
	uint64_t policy;

	if (!text || !*text)
		return;
	if (policy_parse(text, &policy)) {
		finding_add(object->target, rule, yaml_line(node), "the policy %s is not a number", text);
		return;
	}
	for (row = policy_rules; row->rule; row++)
		if (row->severity == POLICY_ERROR &&
		    policy_breaks(row, SEVADM_VM_TYPE_SEV_SNP, policy))
			finding_add(object->target, rule, yaml_line(node), "the policy %s [%s]: %s",
				    text, row->rule, row->message);
}

static void judge_snp_blobs(const struct vm_object *object, const struct rule *rule)
{
	static const struct {
		const char *path;
		size_t bytes;
	} blobs[] = {
		{ "snp/hostData", 32 }, { "snp/idBlock", 96 }, { "snp/idAuth", 4096 },
	};
	struct certificate_problem problem;
	uint8_t bytes[4096];
	yaml_node_t *node;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blobs); i++) {
		node = launch(object, blobs[i].path);
		problem = (struct certificate_problem) {};
		if (yaml_text(node) && *yaml_text(node) &&
		    base64_exact(yaml_text(node), bytes, blobs[i].bytes, &problem))
			finding_add(object->target, rule, yaml_line(node), "%s %s",
				    blobs[i].path + strlen("snp/"), problem.text);
	}
}

static void judge_snp_identity(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *block = launch(object, "snp/idBlock"), *auth = launch(object, "snp/idAuth");
	yaml_node_t *author = launch(object, "snp/authorKey");

	if (!block != !auth)
		finding_add(object->target, rule, yaml_line(block ?: auth), "there is an %s without an %s",
			    block ? "idBlock" : "idAuth", block ? "idAuth" : "idBlock");
	if (yaml_is(author, "true") && !(block && auth))
		finding_add(object->target, rule, yaml_line(author),
			    "authorKey needs both idBlock and idAuth");
}

static void judge_kernel_hashes(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *hashes = launch(object, "snp/kernelHashes");

	if (hashes && !given(find(object, "firmware/kernelBoot/container")))
		finding_add(object->target, rule, yaml_line(hashes),
			    "kernelHashes is given, but no firmware.kernelBoot.container");
}

static void judge_efi(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *efi = find(object, "firmware/bootloader/efi");

	if (!given(efi))
		finding_add(object->target, rule,
			    yaml_line(efi ?: find(object, "firmware") ?: object->spec),
			    "there is no firmware.bootloader.efi");
}

static void judge_secure_boot(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *efi = given(find(object, "firmware/bootloader/efi"));
	yaml_node_t *secure = find(object, "firmware/bootloader/efi/secureBoot");

	if (efi && !yaml_is(secure, "false"))
		finding_add(object->target, rule, yaml_line(secure ?: efi), "efi.secureBoot is %s",
			    secure ? yaml_text(secure) ?: "null" : "not given, which means true");
}

static void judge_persistent(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *persistent = find(object, "firmware/bootloader/efi/persistent");

	if (launch(object, "snp") && yaml_is(persistent, "true"))
		finding_add(object->target, rule, yaml_line(persistent),
			    "efi.persistent is true, but a SEV-SNP guest has no variables to keep");
}

static void judge_boot_nic(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *list = find(object, "devices/interfaces"), *nic, *order;
	size_t i;

	for (i = 0; (nic = yaml_item(object->doc, list, i)); i++) {
		order = given(yaml_find(object->doc, nic, "bootOrder"));
		if (order)
			finding_add(object->target, rule, yaml_line(order),
				    "the interface %s has a bootOrder",
				    yaml_text(yaml_find(object->doc, nic, "name")) ?: "without name");
	}
}

/* QEMU 9.1 refuses VFIO for SEV-SNP; virt-launcher has it in 1.7. */
static bool refuses_snp_vfio(const struct vm_object *object)
{
	return launch(object, "snp") && object->version == KUBEVIRT_VERSION(1, 7);
}

static void judge_host_devices(const struct vm_object *object, const struct rule *rule)
{
	static const char *const lists[] = { "devices/hostDevices", "devices/gpus", "hostDevices",
					     "gpus" };
	/* As check domain has it: such guests reach them through shared memory. */
	const enum severity severity = launch(object, "snp") && !refuses_snp_vfio(object) ?
				       SEVERITY_INFO : rule->severity;
	yaml_node_t *list, *item, *sriov;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		list = find(object, lists[i]);
		for (j = 0; (item = yaml_item(object->doc, list, j)); j++)
			finding_add_as(object->target, rule, severity, yaml_line(item),
				       "%s gives it a device of the host: %s", lists[i],
				       yaml_text(yaml_find(object->doc, item, "deviceName")) ?: "unnamed");
	}
	list = find(object, "devices/interfaces");
	for (j = 0; (item = yaml_item(object->doc, list, j)); j++) {
		sriov = given(yaml_find(object->doc, item, "sriov"));
		if (sriov)
			finding_add_as(object->target, rule, severity, yaml_line(item),
				       "the interface %s is SR-IOV",
				       yaml_text(yaml_find(object->doc, item, "name")) ?: "without name");
	}
}

static void judge_machine(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *type = find(object, "machine/type");
	const char *text = yaml_text(type);

	if (text && *text && !strstr(text, "q35"))
		finding_add(object->target, rule, yaml_line(type), "the machine is %s, not q35", text);
}

static void judge_smm(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *smm = given(find(object, "features/smm"));

	if (smm && !yaml_is(find(object, "features/smm/enabled"), "false"))
		finding_add(object->target, rule, yaml_line(smm), "features.smm is on");
}

static void judge_hotplug(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *max = given(find(object, "memory/maxGuest"));

	if (max)
		finding_add(object->target, rule, yaml_line(max),
			    "memory.maxGuest allows memory to be plugged in");
}

static void judge_migration(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *strategy = yaml_find(object->doc, object->outer, "evictionStrategy");
	const char *text = yaml_text(strategy);

	if (text && !strncmp(text, "LiveMigrate", strlen("LiveMigrate")) &&
	    strcmp(text, "LiveMigrateIfPossible"))
		finding_add(object->target, rule, yaml_line(strategy),
			    "evictionStrategy is %s, but encrypted guests do not migrate", text);
}

static void judge_session_pair(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *cert = launch(object, "sev/dhCert"), *session = launch(object, "sev/session");

	if (!cert != !session)
		finding_add(object->target, rule, yaml_line(cert ?: session),
			    "there is a %s without a %s", cert ? "dhCert" : "session",
			    cert ? "session" : "dhCert");
}

static void judge_owner_data(const struct vm_object *object, const struct rule *rule)
{
	struct certificate_problem problem = {};
	uint8_t bytes[SEV_CERTIFICATE_BYTES];
	yaml_node_t *node;

	node = launch(object, "sev/dhCert");
	if (yaml_text(node)) {
		if (!base64_exact(yaml_text(node), bytes, SEV_CERTIFICATE_BYTES, &problem))
			certificate_judge(bytes, &problem);
		if (problem.text[0])
			finding_add(object->target, rule, yaml_line(node), "dhCert %s", problem.text);
	}
	node = launch(object, "sev/session");
	if (yaml_text(node)) {
		if (!base64_exact(yaml_text(node), bytes, SEV_SESSION_BYTES, &problem))
			session_judge(bytes, &problem);
		if (problem.text[0])
			finding_add(object->target, rule, yaml_line(node), "session %s", problem.text);
	}
}

static void judge_gate(const struct vm_object *object, const struct rule *rule)
{
	static const char path[] = "configuration/developerConfiguration/featureGates";
	static const char off[] = "configuration/developerConfiguration/disabledFeatureGates";
	yaml_node_t *gates = find(object, path), *disabled = find(object, off), *gate;
	size_t i;

	for (i = 0; (gate = yaml_item(object->doc, disabled, i)); i++)
		if (yaml_is(gate, "WorkloadEncryptionSEV")) {
			finding_add(object->target, rule, yaml_line(gate),
				    "disabledFeatureGates turns WorkloadEncryptionSEV off");
			return;
		}
	for (i = 0; (gate = yaml_item(object->doc, gates, i)); i++)
		if (yaml_is(gate, "WorkloadEncryptionSEV"))
			return;
	/* Beta since then, and beta gates are on. */
	if (object->version >= KUBEVIRT_VERSION(1, 9))
		return;
	finding_add(object->target, rule, yaml_line(gates ?: object->spec),
		    "the feature gate WorkloadEncryptionSEV is not on");
}

static const struct kubevirt_rule rules[] = {
	{ { "kubevirt-not-encrypted", SEVERITY_INFO, "the VM has launchSecurity",
	    "write launchSecurity: {sev: {}} if it is to be encrypted", USER_GUIDE }, ANY_VM,
	  judge_encrypted },
	{ { "kubevirt-other", SEVERITY_INFO, "the guest is of AMD SEV",
	    "nothing: other technologies are somebody else's", USER_GUIDE }, ANY_VM, judge_other },
	{ { "kubevirt-version", SEVERITY_ERROR, "this KubeVirt knows the type",
	    "update KubeVirt, or write launchSecurity: {sev: {}}",
	    "KubeVirt 1.7; kubevirt/user-guide #940" }, IN_VM | IN_TYPE, judge_version },
	{ { "kubevirt-host-type", SEVERITY_ERROR, "the host runs guests of this type",
	    "choose another node or type; sevadm check host reports what the host lacks",
	    "kvm_amd, parameters sev, sev_es and sev_snp; KVM_CAP_VM_TYPES; KVM_CAP_GUEST_MEMFD" },
	  IN_VM | IN_TYPE, judge_host_type },
	{ { "kubevirt-policy-host", SEVERITY_ERROR, "the host's firmware is as new as the policy asks for",
	    "update the firmware, choose another node, or ask for an older version",
	    "AMD SEV-SNP ABI (56860), Guest Policy: ABI_MAJOR, ABI_MINOR" }, IN_VM, judge_policy_host },
	{ { "kubevirt-cpu", SEVERITY_WARNING, "the processor is the host's or an EPYC",
	    "remove cpu.model, or write host-model, host-passthrough or an EPYC",
	    "AMD SEV-SNP ABI (56860), CPUID page validation" }, IN_VM, judge_cpu },
	{ { "kubevirt-type", SEVERITY_ERROR, "launchSecurity has exactly one of sev, snp and tdx",
	    "write launchSecurity: {sev: {}}", WEBHOOK }, IN_VM | IN_TYPE, judge_one_type },
	{ { "kubevirt-fields", SEVERITY_ERROR, "launchSecurity has the fields that its type has",
	    "correct the field's name", "KubeVirt API, LaunchSecurity" }, IN_VM | IN_TYPE, judge_fields },
	{ { "kubevirt-paused", SEVERITY_ERROR, "a VM that is to be attested starts paused",
	    "write startStrategy: Paused", WEBHOOK }, IN_VM, judge_paused, kubevirt_fix_paused },
	{ { "kubevirt-snp-policy", SEVERITY_ERROR, "firmware and KVM take the SNP policy",
	    "write policy: \"0x30000\"; sevadm policy check says more", WEBHOOK }, IN_VM, judge_snp_policy },
	{ { "kubevirt-snp-blobs", SEVERITY_ERROR, "SNP's blobs have their lengths",
	    "32 bytes hostData, 96 idBlock, 4096 idAuth, in base64", WEBHOOK }, IN_VM, judge_snp_blobs },
	{ { "kubevirt-snp-identity", SEVERITY_ERROR, "idBlock and idAuth come together",
	    "give both, or neither; authorKey only with both", WEBHOOK }, IN_VM, judge_snp_identity },
	{ { "kubevirt-kernel-hashes", SEVERITY_ERROR, "kernelHashes has a kernel to hash",
	    "add firmware.kernelBoot, or remove kernelHashes", WEBHOOK }, IN_VM, judge_kernel_hashes },
	{ { "kubevirt-efi", SEVERITY_ERROR, "the firmware is UEFI",
	    "add firmware: {bootloader: {efi: {secureBoot: false}}}", "AMD SEV Guide (SUSE), 5" },
	  IN_VM, judge_efi, kubevirt_fix_efi },
	{ { "kubevirt-secure-boot", SEVERITY_ERROR, "secure boot is off",
	    "write efi: {secureBoot: false}", "AMD SEV Guide (SUSE), 5" }, IN_VM, judge_secure_boot, kubevirt_fix_secure_boot },
	{ { "kubevirt-persistent", SEVERITY_ERROR, "a SEV-SNP guest's UEFI keeps no variables",
	    "write persistent: false", WEBHOOK }, IN_VM, judge_persistent, kubevirt_fix_persistent },
	{ { "kubevirt-boot-nic", SEVERITY_ERROR, "no interface is booted from",
	    "remove bootOrder: the ROM's DMA does not work in encrypted memory", WEBHOOK },
	  IN_VM, judge_boot_nic, kubevirt_fix_boot_nic },
	{ { "kubevirt-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove it: an encrypted guest cannot use it; SEV-SNP guests can where virt-launcher has QEMU 9.2",
	    "AMD SEV Guide (SUSE), 6; kubevirt #16407" }, IN_VM | IN_TYPE, judge_host_devices },
	{ { "kubevirt-machine", SEVERITY_ERROR, "the machine is Q35", "write machine: {type: q35}",
	    "AMD SEV Guide (SUSE), 3" }, IN_VM, judge_machine, kubevirt_fix_machine },
	{ { "kubevirt-smm", SEVERITY_ERROR, "SMM is off", "write smm: {enabled: false}",
	    "KVM, KVM_CAP_X86_SMM is absent with encrypted registers" }, IN_VM, judge_smm, kubevirt_fix_smm },
	{ { "kubevirt-session-pair", SEVERITY_ERROR, "dhCert and session come together",
	    "give both, or neither", "AMD SEV API (55766), LAUNCH_START" }, IN_VM, judge_session_pair },
	{ { "kubevirt-owner-data", SEVERITY_ERROR, "dhCert and session are what firmware takes",
	    "give the content of the files by base64 -w0, not their names",
	    "AMD SEV API (55766), C.1 and LAUNCH_START" }, IN_VM, judge_owner_data },
	{ { "kubevirt-hotplug", SEVERITY_WARNING, "memory is not plugged in later",
	    "remove maxGuest", WEBHOOK }, IN_VM | IN_TYPE, judge_hotplug, kubevirt_fix_hotplug },
	{ { "kubevirt-migration", SEVERITY_WARNING, "the VM is not to be migrated live",
	    "write evictionStrategy: None", "AMD SEV Guide (SUSE), 6" }, IN_VM, judge_migration, kubevirt_fix_migration },
	{ { "kubevirt-gate", SEVERITY_WARNING, "KubeVirt may run encrypted VMs",
	    "add WorkloadEncryptionSEV to developerConfiguration.featureGates",
	    "AMD SEV Guide (SUSE), 5; " USER_GUIDE }, IN_CR, judge_gate },
};

const struct rule *kubevirt_rule_at(unsigned int i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i].rule : NULL;
}

bool kubevirt_rule_fixable(unsigned int i)
{
	return rules[i].fix;
}

/* ---- documents ------------------------------------------------------------------------------- */

/* Where a kind keeps its VM: @outer has evictionStrategy, @spec below it has the devices. */
static const struct kind_row {
	const char *kind;
	unsigned int where;
	const char *outer, *spec;
} kinds[] = {
	{ "VirtualMachine", IN_VM, "spec/template/spec", "domain" },
	{ "VirtualMachineInstance", IN_VM, "spec", "domain" },
	{ "VirtualMachineInstanceReplicaSet", IN_VM, "spec/template/spec", "domain" },
	{ "VirtualMachinePool", IN_VM, "spec/virtualMachineTemplate/spec/template/spec", "domain" },
	{ "VirtualMachineInstancetype", IN_TYPE, "spec", "" },
	{ "VirtualMachineClusterInstancetype", IN_TYPE, "spec", "" },
	{ "KubeVirt", IN_CR, "spec", "" },
};

/**
 * struct visitor - what visits the documents of a file
 * @known: objects of a kind that is checked
 * @turn: the rule that is judged alone, and perhaps corrected; NULL: all are judged
 * @aliases: the document has aliases, and its rule gets no corrections
 */
struct visitor {
	struct target *target;
	unsigned int version;
	const struct host_facts *host;
	size_t known;
	const struct kubevirt_turn *turn;
	bool aliases;
};
static void judge_rules(struct visitor *visitor, const struct vm_object *object, unsigned int where)
{
	const struct kubevirt_turn *turn = visitor->turn;
	size_t i, found;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!(rules[i].where & where) || (turn && turn->rule != i))
			continue;
		found = object->target->nr;
		rules[i].check(object, &rules[i].rule);
		/* What is in two places would change in both. */
		if (turn && turn->edit && !visitor->aliases && object->target->nr > found)
			rules[i].fix(object, turn->edit);
	}
}

static void judge(struct visitor *visitor, yaml_document_t *doc, yaml_node_t *root)
{
	struct vm_object object = {
		.target = visitor->aliases ? visitor->turn->aside : visitor->target,
		.version = visitor->version, .host = visitor->host, .doc = doc, .root = root,
	};
	const struct kind_row *row = NULL;
	unsigned int where;
	size_t i;

	object.kind = yaml_text(yaml_find(doc, root, "kind"));
	for (i = 0; object.kind && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(object.kind, kinds[i].kind))
			row = &kinds[i];
	if (!row)
		return;
	visitor->known++;
	object.outer = yaml_find(doc, root, row->outer);
	object.spec = yaml_find(doc, object.outer, row->spec);
	if (!object.spec)
		return;
	object.launch = given(yaml_find(doc, object.spec, "launchSecurity"));
	where = row->where == IN_VM ? ANY_VM : 0;
	if (row->where == IN_CR || (object.launch && !is_other(&object)))
		where |= row->where;
	judge_rules(visitor, &object, where);
}

static void visit(void *context, yaml_document_t *doc, yaml_node_t *root)
{
	struct visitor *visitor = context;
	yaml_node_t *items, *item;
	size_t i;

	visitor->aliases = visitor->turn && yaml_has_aliases(doc);
	/* What kubectl get prints of many. */
	items = yaml_is(yaml_find(doc, root, "kind"), "List") ? yaml_find(doc, root, "items") : NULL;
	for (i = 0; (item = yaml_item(doc, items, i)); i++)
		judge(visitor, doc, item);
	judge(visitor, doc, root);
}

size_t kubevirt_judge(struct target *target, unsigned int version, const struct host_facts *host,
		      const char *bytes, size_t size)
{
	struct visitor visitor = { .target = target, .version = version, .host = host };
	struct yaml_error error;

	if (!yaml_each(bytes, size, visit, &visitor, &error))
		return visitor.known;
	target_unreadable(target, error.line, "%s", error.message);
	return visitor.known + 1;
}

int kubevirt_judge_turn(const struct kubevirt_turn *turn, const char *bytes, size_t size,
			struct yaml_error *error)
{
	struct visitor visitor = {
		.target = turn->target, .version = turn->version, .host = turn->host, .turn = turn,
	};

	return yaml_each(bytes, size, visit, &visitor, error);
}
