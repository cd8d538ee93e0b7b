// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check kata: the configuration.toml of Kata Containers, judged by a table of rules. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "check/settings.h"
#include "cli/output.h"

#define CONFIG	"kata-containers, configuration-qemu-snp.toml"
#define SNP_ABI	"AMD SEV-SNP ABI (56860)"

/* A text of TOML's without its quotes; what follows it is a comment. */
static char *value_of(char *text)
{
	char *end;

	while (*text == ' ' || *text == '\t')
		text++;
	if (*text == '"' || *text == '\'') {
		end = strchr(text + 1, *text);
		if (end)
			*end = '\0';
		return text + 1;
	}
	text[strcspn(text, "#")] = '\0';
	for (end = text + strlen(text); end > text && isspace((unsigned char)end[-1]); )
		*--end = '\0';
	return text;
}

/* Keys of [hypervisor.…] go by their names, others by SECTION.KEY. */
static bool read_toml(struct settings *settings, char *bytes, size_t size)
{
	char section[64] = "", key[192], *line, *value, *end;

	(void)size;
	while ((line = strsep(&bytes, "\n"))) {
		settings->last++;
		line += strspn(line, " \t");
		if (*line == '[') {
			snprintf(section, sizeof(section), "%.*s", (int)strcspn(line + 1, "]\r"), line + 1);
			continue;
		}
		value = *line == '#' ? NULL : strchr(line, '=');
		if (!value || !*section)
			continue;
		for (end = value; end > line && isspace((unsigned char)end[-1]); )
			end--;
		*end = '\0';
		snprintf(key, sizeof(key), "%s%s%.100s",
			 strncmp(section, "hypervisor.", strlen("hypervisor.")) ? section : "",
			 strncmp(section, "hypervisor.", strlen("hypervisor.")) ? "." : "", line);
		settings_add(settings, key, value_of(value + 1), settings->last);
		if (!strncmp(section, "hypervisor.", strlen("hypervisor.")))
			settings_add(settings, "hypervisor", section, settings->last);
	}
	return true;
}

static enum settings_state state_of(struct settings *settings)
{
	const char *path = settings_text(settings, "path");

	if (!settings_find(settings, "hypervisor"))
		return SETTINGS_NONE;
	if (!settings_is_on(settings, "confidential_guest"))
		return SETTINGS_PLAIN;
	if (settings_find(settings, "tdx_quote_generation_service_socket_port") ||
	    (path && (strstr(path, "s390x") || strstr(path, "aarch64"))))
		return SETTINGS_OTHER;
	settings->type = settings_is_on(settings, "sev_snp_guest") ? SEVADM_VM_TYPE_SEV_SNP :
			 SEVADM_VM_TYPE_SEV;
	return SETTINGS_ENCRYPTED;
}

static bool is_snp(const struct settings *settings)
{
	return settings->type == SEVADM_VM_TYPE_SEV_SNP;
}

static void judge_plain(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "confidential_guest");

	finding_add(settings->target, rule, row ? row->line : 0,
		    "confidential_guest is not true: its VMs are not encrypted");
}

static void judge_other(const struct settings *settings, const struct rule *rule)
{
	finding_add(settings->target, rule, 0, "its guests are of another maker, and not judged here");
}

static void judge_firmware(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "firmware");
	const struct setting *volume = settings_find(settings, "firmware_volume");

	if (!row || !*row->value)
		finding_add(settings->target, rule, row ? row->line : 0, "no firmware is given");
	if (is_snp(settings) && volume && *volume->value)
		finding_add(settings->target, rule, volume->line,
			    "firmware_volume puts variables into pflash, which SEV-SNP cannot use");
}

static void judge_machine(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "machine_type");

	if (row && *row->value && !strstr(row->value, "q35"))
		finding_add(settings->target, rule, row->line, "the machine is %s, not q35", row->value);
}

static void judge_shared_fs(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "shared_fs");

	if (!row || strcmp(row->value, "none"))
		finding_add(settings->target, rule, row ? row->line : 0,
			    "shared_fs is %s: it shares files of the host with the guest",
			    row ? row->value : "virtio-fs by default");
}

static void judge_hotplug(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "runtime.static_sandbox_resource_mgmt");

	if (settings_is_on(settings, "enable_virtio_mem"))
		finding_add_as(settings->target, rule, SEVERITY_ERROR,
			       settings_find(settings, "enable_virtio_mem")->line,
			       "enable_virtio_mem is true: memory of an encrypted guest cannot change size");
	if (row && !text_is_on(row->value))
		finding_add(settings->target, rule, row->line,
			    "static_sandbox_resource_mgmt is %s: processors and memory would be plugged in later",
			    row->value);
}

static void judge_nvdimm(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "disable_image_nvdimm");
	const struct setting *driver = settings_find(settings, "block_device_driver");

	if (row && !text_is_on(row->value))
		finding_add(settings->target, rule, row->line,
			    "disable_image_nvdimm is %s: the image would be an NVDIMM", row->value);
	if (driver && !strcmp(driver->value, "nvdimm"))
		finding_add(settings->target, rule, driver->line, "block_device_driver is nvdimm");
}

static void judge_policy(const struct settings *settings, const struct rule *rule)
{
	if (is_snp(settings))
		settings_policy(settings, rule, "snp_guest_policy");
}

static void judge_identity(const struct settings *settings, const struct rule *rule)
{
	settings_pair(settings, rule, "snp_id_block", "snp_id_auth");
	settings_blob(settings, rule, "snp_id_block", 96);
	settings_blob(settings, rule, "snp_id_auth", 4096);
}

static void judge_hugepages(const struct settings *settings, const struct rule *rule)
{
	if (is_snp(settings) && settings_is_on(settings, "enable_hugepages"))
		finding_add(settings->target, rule, settings_find(settings, "enable_hugepages")->line,
			    "huge pages stay taken beside private memory: a guest needs its RAM twice");
}

static void judge_template(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "factory.enable_template");

	if (row && text_is_on(row->value))
		finding_add(settings->target, rule, row->line,
			    "enable_template is true: encrypted memory cannot be cloned");
}

static const struct settings_rule rules[] = {
	{ { "kata-not-encrypted", SEVERITY_INFO, "its VMs are confidential guests",
	    "write confidential_guest = true if they are to be encrypted", CONFIG }, judge_plain, SETTINGS_PLAIN },
	{ { "kata-other", SEVERITY_INFO, "its guests are of AMD SEV",
	    "nothing: other technologies are somebody else's", CONFIG }, judge_other, SETTINGS_OTHER },
	{ { "kata-firmware", SEVERITY_ERROR, "the firmware is UEFI in one file",
	    "write firmware = the path of OVMF's AmdSev build, and no firmware_volume",
	    CONFIG "; QEMU, pc_system_firmware_init()" }, judge_firmware },
	{ { "kata-machine", SEVERITY_ERROR, "the machine is Q35", "write machine_type = \"q35\"",
	    CONFIG "; AMD SEV Guide (SUSE), 3" }, judge_machine },
	{ { "kata-shared-fs", SEVERITY_WARNING, "no file system of the host is shared",
	    "write shared_fs = \"none\", and let the guest pull images", CONFIG "; kata-containers #3810" },
	  judge_shared_fs },
	{ { "kata-hotplug", SEVERITY_WARNING, "nothing is plugged in later",
	    "write static_sandbox_resource_mgmt = true, and enable_virtio_mem = false",
	    CONFIG ", confidential_guest: known limitations" }, judge_hotplug },
	{ { "kata-nvdimm", SEVERITY_ERROR, "there is no NVDIMM", "write disable_image_nvdimm = true",
	    CONFIG ", confidential_guest: known limitations" }, judge_nvdimm },
	{ { "kata-snp-policy", SEVERITY_ERROR, "firmware and KVM take the SNP policy",
	    "write snp_guest_policy = 196608 (0x30000); sevadm policy check says more",
	    SNP_ABI ", Guest Policy" }, judge_policy },
	{ { "kata-snp-identity", SEVERITY_ERROR, "snp_id_block and snp_id_auth come together",
	    "give both, 96 and 4096 bytes in base64, or neither", CONFIG "; " SNP_ABI ", SNP_LAUNCH_FINISH" },
	  judge_identity },
	{ { "kata-hugepages", SEVERITY_WARNING, "private memory comes from guest_memfd alone",
	    "write enable_hugepages = false", "QEMU, kvm_convert_memory()" }, judge_hugepages },
	{ { "kata-template", SEVERITY_ERROR, "each VM is started by itself",
	    "write enable_template = false", "AMD SEV API (55766), 1: each guest has its own key" },
	  judge_template },
};

const struct settings_kind kata_kind = {
	.check = "kata", .what = "[hypervisor.…] of Kata Containers",
	.endings = (const char *const []) { ".toml", NULL },
	.read = read_toml, .state = state_of, .rules = rules, .nr = ARRAY_SIZE(rules),
};

SETTINGS_COMMAND(kata)
