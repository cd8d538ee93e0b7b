// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check proxmox: a VM of Proxmox VE, as qm config prints it, judged by a table of rules. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "check/settings.h"
#include "cli/output.h"

#define MANUAL	"Proxmox VE, qm(1): amd-sev; https://pve.proxmox.com/pve-docs/pve-admin-guide.html#qm_memory_encryption"

static bool read_config(struct settings *settings, char *bytes, size_t size)
{
	(void)size;
	return settings_lines(settings, bytes, ':');
}

/*
 * A word of a value that is words joined by commas; @key NULL: the first, which may go without its
 * key.
 */
static const char *part(const char *value, const char *key)
{
	static char text[128];
	size_t length, name = key ? strlen(key) : 0;

	for (; value && *value; value += length + (value[length] == ',')) {
		length = strcspn(value, ",");
		if (key && (length <= name || strncmp(value, key, name) || value[name] != '='))
			continue;
		if (!key && memchr(value, '=', length))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(length - (key ? name + 1 : 0)),
			 value + (key ? name + 1 : 0));
		return text;
	}
	return NULL;
}

static const char *sev_type(const struct settings *settings)
{
	const char *value = settings_text(settings, "amd-sev");

	return part(value, "type") ?: part(value, NULL) ?: "";
}

static enum settings_state state_of(struct settings *settings)
{
	static const char *const words[] = {
		"cores", "memory", "bios", "ostype", "scsihw", "sockets", "machine", "vmgenid", "smbios1",
	};
	const char *type;
	size_t i, known = 0;

	/* Containers are files of the same kind, and each has a rootfs. */
	if (settings_find(settings, "rootfs"))
		return SETTINGS_NONE;
	if (settings_find(settings, "intel-tdx") && !settings_find(settings, "amd-sev"))
		return SETTINGS_OTHER;
	if (!settings_find(settings, "amd-sev")) {
		for (i = 0; i < ARRAY_SIZE(words); i++)
			known += !!settings_find(settings, words[i]);
		return known > 1 ? SETTINGS_PLAIN : SETTINGS_NONE;
	}
	type = sev_type(settings);
	settings->type = !strcmp(type, "snp") ? SEVADM_VM_TYPE_SEV_SNP :
			 !strcmp(type, "es") ? SEVADM_VM_TYPE_SEV_ES : SEVADM_VM_TYPE_SEV;
	return SETTINGS_ENCRYPTED;
}

static bool is_snp(const struct settings *settings)
{
	return settings->type == SEVADM_VM_TYPE_SEV_SNP;
}

static unsigned int sev_line(const struct settings *settings)
{
	return settings_find(settings, "amd-sev")->line;
}

static void judge_plain(const struct settings *settings, const struct rule *rule)
{
	finding_add(settings->target, rule, 0, "there is no amd-sev: this VM is not encrypted");
}

static void judge_other(const struct settings *settings, const struct rule *rule)
{
	finding_add(settings->target, rule, settings_find(settings, "intel-tdx")->line,
		    "the guest is one of Intel TDX, which is not judged here");
}

static void judge_type(const struct settings *settings, const struct rule *rule)
{
	static const char *const types[] = { "std", "es", "snp" };
	const char *type = sev_type(settings);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(type, types[i]))
			return;
	finding_add(settings->target, rule, sev_line(settings), "amd-sev has the type \"%s\"", type);
}

static void judge_fields(const struct settings *settings, const struct rule *rule)
{
	static const struct {
		const char *key;
		bool sev, snp;
	} fields[] = {
		{ "type", true, true }, { "no-debug", true, true }, { "kernel-hashes", true, true },
		{ "no-key-sharing", true, false }, { "allow-smt", false, true },
	};
	const struct setting *row = settings_find(settings, "amd-sev");
	const char *at = row->value, *type = sev_type(settings);
	size_t length, i, name;

	for (; *at; at += length + (at[length] == ',')) {
		length = strcspn(at, ",");
		name = strcspn(at, "=,");
		if (name == length)
			continue;
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			if (strlen(fields[i].key) == name && !strncmp(at, fields[i].key, name))
				break;
		if (i == ARRAY_SIZE(fields))
			finding_add_as(settings->target, rule, SEVERITY_ERROR, row->line,
				       "amd-sev has no field %.*s", (int)name, at);
		else if (!(is_snp(settings) ? fields[i].snp : fields[i].sev))
			finding_add(settings->target, rule, row->line,
				    "%s is not read for the type %s", fields[i].key, type);
	}
}

static void judge_bios(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "bios");

	if (!row || strcmp(row->value, "ovmf"))
		finding_add(settings->target, rule, row ? row->line : 0, "bios is %s, not ovmf",
			    row ? row->value : "seabios by default");
}

static void judge_efidisk(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "efidisk0");

	if (row && is_snp(settings))
		finding_add(settings->target, rule, row->line,
			    "there is an efidisk0, which a SEV-SNP guest's firmware does not read");
}

static void judge_debug(const struct settings *settings, const struct rule *rule)
{
	const char *value = settings_text(settings, "amd-sev");

	if (!text_is_on(part(value, "no-debug")))
		finding_add(settings->target, rule, sev_line(settings),
			    "without no-debug=1 the hypervisor may decrypt the guest's memory");
}

static void judge_hashes(const struct settings *settings, const struct rule *rule)
{
	const struct setting *args = settings_find(settings, "args");
	const bool kernel = args && strstr(args->value, "-kernel");
	const bool on = text_is_on(part(settings_text(settings, "amd-sev"), "kernel-hashes"));

	if (on && !kernel)
		finding_add_as(settings->target, rule, SEVERITY_INFO, sev_line(settings),
			       "kernel-hashes is on, but args has no -kernel");
	else if (kernel && !on)
		finding_add(settings->target, rule, args->line,
			    "the -kernel that is booted is not measured");
}

static void judge_machine(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "machine");

	if (!row || !strstr(row->value, "q35"))
		finding_add(settings->target, rule, row ? row->line : 0, "the machine is %s, not q35",
			    row ? row->value : "i440fx by default");
}

static void judge_cpu(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "cpu");
	const char *model = row ? part(row->value, "cputype") ?: part(row->value, NULL) ?: "" :
				  "kvm64 or x86-64-v2-AES by default";

	if (is_snp(settings) && strcmp(model, "host") && strcmp(model, "max") &&
	    strncmp(model, "EPYC", strlen("EPYC")))
		finding_add(settings->target, rule, row ? row->line : 0,
			    "the processor is %s, whose CPUID the firmware may refuse", model);
}

static void judge_devices(const struct settings *settings, const struct rule *rule)
{
	size_t i;

	for (i = 0; i < settings->nr; i++)
		if (!strncmp(settings->rows[i].key, "hostpci", strlen("hostpci")))
			finding_add_as(settings->target, rule,
				       is_snp(settings) ? SEVERITY_WARNING : rule->severity,
				       settings->rows[i].line, "%s passes a device of the host through",
				       settings->rows[i].key);
}

static void judge_hugepages(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "hugepages");

	if (row && is_snp(settings))
		finding_add(settings->target, rule, row->line,
			    "huge pages stay taken beside private memory: the guest needs its RAM twice");
}

static const struct settings_rule rules[] = {
	{ { "proxmox-not-encrypted", SEVERITY_INFO, "the VM has amd-sev",
	    "qm set VMID --amd-sev type=snp if it is to be encrypted", MANUAL }, judge_plain, SETTINGS_PLAIN },
	{ { "proxmox-other", SEVERITY_INFO, "the guest is of AMD SEV",
	    "nothing: other technologies are somebody else's", MANUAL }, judge_other, SETTINGS_OTHER },
	{ { "proxmox-type", SEVERITY_ERROR, "amd-sev has a type that Proxmox knows",
	    "write type=std, type=es or type=snp", MANUAL }, judge_type },
	{ { "proxmox-fields", SEVERITY_WARNING, "amd-sev has the fields that its type has",
	    "remove the field: no-key-sharing is of std and es, allow-smt of snp", MANUAL }, judge_fields },
	{ { "proxmox-bios", SEVERITY_ERROR, "the firmware is UEFI", "qm set VMID --bios ovmf", MANUAL },
	  judge_bios },
	{ { "proxmox-efidisk", SEVERITY_WARNING, "a SEV-SNP guest keeps no variables",
	    "remove efidisk0: what is in it is not read",
	    "qemu-server, support for SEV-SNP: pve-devel, support for AMD SEV-SNP (message 25122)" },
	  judge_efidisk },
	{ { "proxmox-no-debug", SEVERITY_WARNING, "the policy keeps the hypervisor out",
	    "add no-debug=1 to amd-sev", MANUAL }, judge_debug },
	{ { "proxmox-kernel-hashes", SEVERITY_WARNING, "a kernel that is booted directly is measured",
	    "write kernel-hashes=1 with args: -kernel …, or neither", MANUAL }, judge_hashes },
	{ { "proxmox-machine", SEVERITY_WARNING, "the machine is Q35", "qm set VMID --machine q35", MANUAL },
	  judge_machine },
	{ { "proxmox-cpu", SEVERITY_WARNING, "the processor is the host's or an EPYC",
	    "qm set VMID --cpu host, or an EPYC", "AMD SEV-SNP ABI (56860), CPUID page validation" },
	  judge_cpu },
	{ { "proxmox-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove hostpci", MANUAL }, judge_devices },
	{ { "proxmox-hugepages", SEVERITY_WARNING, "private memory comes from guest_memfd alone",
	    "remove hugepages", "QEMU, kvm_convert_memory()" }, judge_hugepages },
};

const struct settings_kind proxmox_kind = {
	.check = "proxmox", .what = "VM of Proxmox VE",
	.endings = (const char *const []) { ".conf", NULL },
	.read = read_config, .state = state_of, .rules = rules, .nr = ARRAY_SIZE(rules),
};

SETTINGS_COMMAND(proxmox)
