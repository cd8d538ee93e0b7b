// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check kubevirt: VMs, instance types and the KubeVirt object, judged by a table of rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/kubevirt.h"
#include "check/rules.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "report/files.h"
#include "report/yaml.h"
#include "sev/certificate.h"

#define USER_GUIDE	"KubeVirt user guide, Confidential computing"
#define WEBHOOK		"KubeVirt, validating webhook of VMIs"

/**
 * struct vm_object - what the rules see
 * @kind: the object's
 * @spec: what holds the VM's devices: a domain's, or an instance type's spec
 * @launch: its launchSecurity, NULL: none
 */
struct vm_object {
	struct target *target;
	yaml_document_t *doc;
	yaml_node_t *root, *spec, *outer, *launch;
	const char *kind;
};

/* Where rules apply: a bit each. */
#define IN_VM	1U	/* encrypted VMs: spec is the domain */
#define IN_TYPE	2U	/* instance types that ask for encryption */
#define IN_CR	4U	/* the KubeVirt object */

struct kubevirt_rule {
	struct rule rule;
	unsigned int where;
	void (*check)(const struct vm_object *object, const struct rule *rule);
};

static yaml_node_t *find(const struct vm_object *object, const char *path)
{
	return yaml_find(object->doc, object->spec, path);
}

static yaml_node_t *launch(const struct vm_object *object, const char *path)
{
	return yaml_find(object->doc, object->launch, path);
}

/* ---- rules ------------------------------------------------------------------------------------ */

static void judge_one_type(const struct vm_object *object, const struct rule *rule)
{
	const int count = !!launch(object, "sev") + !!launch(object, "snp") + !!launch(object, "tdx");

	if (count != 1)
		finding_add(object->target, rule, yaml_line(object->launch),
			    "launchSecurity has %s of sev, snp and tdx", count ? "more than one" : "none");
}

static void judge_efi(const struct vm_object *object, const struct rule *rule)
{
	if (!find(object, "firmware/bootloader/efi"))
		finding_add(object->target, rule, yaml_line(find(object, "firmware") ?: object->spec),
			    "there is no firmware.bootloader.efi");
}

static void judge_secure_boot(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *efi = find(object, "firmware/bootloader/efi");
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
		order = yaml_find(object->doc, nic, "bootOrder");
		if (order)
			finding_add(object->target, rule, yaml_line(order),
				    "the interface %s has a bootOrder",
				    yaml_text(yaml_find(object->doc, nic, "name")) ?: "without name");
	}
}

static void judge_host_devices(const struct vm_object *object, const struct rule *rule)
{
	static const char *const lists[] = { "devices/hostDevices", "devices/gpus", "hostDevices",
					     "gpus" };
	yaml_node_t *list, *item, *sriov;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		list = find(object, lists[i]);
		for (j = 0; (item = yaml_item(object->doc, list, j)); j++)
			finding_add(object->target, rule, yaml_line(item),
				    "%s gives it a device of the host: %s", lists[i],
				    yaml_text(yaml_find(object->doc, item, "deviceName")) ?: "unnamed");
	}
	list = find(object, "devices/interfaces");
	for (j = 0; (item = yaml_item(object->doc, list, j)); j++) {
		sriov = yaml_find(object->doc, item, "sriov");
		if (sriov)
			finding_add(object->target, rule, yaml_line(item),
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
	yaml_node_t *smm = find(object, "features/smm");

	if (smm && !yaml_is(find(object, "features/smm/enabled"), "false"))
		finding_add(object->target, rule, yaml_line(smm), "features.smm is on");
}

static void judge_hotplug(const struct vm_object *object, const struct rule *rule)
{
	yaml_node_t *max = find(object, "memory/maxGuest");

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
	yaml_node_t *gates = find(object, path), *gate;
	size_t i;

	for (i = 0; (gate = yaml_item(object->doc, gates, i)); i++)
		if (yaml_is(gate, "WorkloadEncryptionSEV"))
			return;
	finding_add(object->target, rule, yaml_line(gates ?: object->spec),
		    "the feature gate WorkloadEncryptionSEV is not on");
}

static const struct kubevirt_rule rules[] = {
	{ { "kubevirt-type", SEVERITY_ERROR, "launchSecurity has exactly one of sev, snp and tdx",
	    "write launchSecurity: {sev: {}}", WEBHOOK }, IN_VM | IN_TYPE, judge_one_type },
	{ { "kubevirt-efi", SEVERITY_ERROR, "the firmware is UEFI",
	    "add firmware: {bootloader: {efi: {secureBoot: false}}}", "AMD SEV Guide (SUSE), 5" },
	  IN_VM, judge_efi },
	{ { "kubevirt-secure-boot", SEVERITY_ERROR, "secure boot is off",
	    "write efi: {secureBoot: false}", "AMD SEV Guide (SUSE), 5" }, IN_VM, judge_secure_boot },
	{ { "kubevirt-persistent", SEVERITY_ERROR, "a SEV-SNP guest's UEFI keeps no variables",
	    "remove efi.persistent", WEBHOOK }, IN_VM, judge_persistent },
	{ { "kubevirt-boot-nic", SEVERITY_ERROR, "no interface is booted from",
	    "remove bootOrder: the ROM's DMA does not work in encrypted memory", WEBHOOK },
	  IN_VM, judge_boot_nic },
	{ { "kubevirt-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove it: an encrypted guest cannot use it", "AMD SEV Guide (SUSE), 6" },
	  IN_VM | IN_TYPE, judge_host_devices },
	{ { "kubevirt-machine", SEVERITY_ERROR, "the machine is Q35", "write machine: {type: q35}",
	    "AMD SEV Guide (SUSE), 3" }, IN_VM, judge_machine },
	{ { "kubevirt-smm", SEVERITY_ERROR, "SMM is off", "remove features.smm",
	    "KVM, KVM_CAP_X86_SMM is absent with encrypted registers" }, IN_VM, judge_smm },
	{ { "kubevirt-session-pair", SEVERITY_ERROR, "dhCert and session come together",
	    "give both, or neither", "AMD SEV API (55766), LAUNCH_START" }, IN_VM, judge_session_pair },
	{ { "kubevirt-owner-data", SEVERITY_ERROR, "dhCert and session are what firmware takes",
	    "give the content of the files by base64 -w0, not their names",
	    "AMD SEV API (55766), C.1 and LAUNCH_START" }, IN_VM, judge_owner_data },
	{ { "kubevirt-hotplug", SEVERITY_WARNING, "memory is not plugged in later",
	    "remove maxGuest", WEBHOOK }, IN_VM | IN_TYPE, judge_hotplug },
	{ { "kubevirt-migration", SEVERITY_WARNING, "the VM is not to be migrated live",
	    "write evictionStrategy: None", "AMD SEV Guide (SUSE), 6" }, IN_VM, judge_migration },
	{ { "kubevirt-gate", SEVERITY_WARNING, "KubeVirt may run encrypted VMs",
	    "add WorkloadEncryptionSEV to developerConfiguration.featureGates",
	    "AMD SEV Guide (SUSE), 5; " USER_GUIDE }, IN_CR, judge_gate },
};

const struct rule *kubevirt_rule_at(unsigned int i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i].rule : NULL;
}

/* ---- documents -------------------------------------------------------------------------------- */

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

static void judge(struct target *target, yaml_document_t *doc, yaml_node_t *root)
{
	struct vm_object object = { .target = target, .doc = doc, .root = root };
	const struct kind_row *row = NULL;
	size_t i;

	object.kind = yaml_text(yaml_find(doc, root, "kind"));
	for (i = 0; object.kind && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(object.kind, kinds[i].kind))
			row = &kinds[i];
	if (!row)
		return;
	object.outer = yaml_find(doc, root, row->outer);
	object.spec = yaml_find(doc, object.outer, row->spec);
	if (!object.spec)
		return;
	object.launch = yaml_find(doc, object.spec, "launchSecurity");
	if (!object.launch && row->where != IN_CR)
		return;
	if (launch(&object, "tdx") && !launch(&object, "sev") && !launch(&object, "snp"))
		return;
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].where & row->where)
			rules[i].check(&object, &rules[i].rule);
}

static void visit(void *context, yaml_document_t *doc, yaml_node_t *root)
{
	yaml_node_t *items, *item;
	size_t i;

	/* What kubectl get prints of many. */
	items = yaml_is(yaml_find(doc, root, "kind"), "List") ? yaml_find(doc, root, "items") : NULL;
	for (i = 0; (item = yaml_item(doc, items, i)); i++)
		judge(context, doc, item);
	judge(context, doc, root);
}

const struct option_row check_kubevirt_options[] = {
	FINDINGS_ROWS,
	{}
};

void kubevirt_judge(struct target *target, const char *bytes, size_t size)
{
	struct yaml_error error;

	if (yaml_each(bytes, size, visit, target, &error))
		target_unreadable(target, error.line, "%s", error.message);
}

static void check_file(struct report *report, const char *path)
{
	struct target *target = report_target(report, path, TARGET_FILE);
	const char *why;
	size_t size;
	char *bytes;

	bytes = file_read(path, &size, &why);
	if (!bytes)
		target_unreadable(target, 0, "%s", why);
	else
		kubevirt_judge(target, bytes, size);
	free(bytes);
}

int check_kubevirt(int argc, char **argv)
{
	static const char *const endings[] = { ".yaml", ".yml", NULL };
	struct file_list files = {};
	struct report report = {};
	size_t nr;
	int i, ret;

	ret = options_parse(check_kubevirt_options, NULL, &argc, argv);
	if (!ret && !argc)
		ret = fail(EXIT_USAGE, "check kubevirt needs a FILE, a folder, or - for stdin");
	for (i = 0; i < argc && !ret; i++)
		ret = file_list_add(&files, argv[i], endings);
	if (!ret) {
		for (nr = 0; nr < files.nr; nr++)
			check_file(&report, files.names[nr].path);
		ret = report_finish(&report);
	}
	file_list_free(&files);
	return ret;
}
