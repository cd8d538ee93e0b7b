// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check nova: properties of a flavour and of an image, judged by a table of rules: one of
 * them, or both in one file, as key=value lines or as openstack … show -f json prints them.
 */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "check/check.h"
#include "check/settings.h"
#include "cli/output.h"

#define GUIDE	"Nova, AMD SEV: https://docs.openstack.org/nova/latest/admin/sev.html"

static void add_json(struct settings *settings, struct json_object *object)
{
	json_object_object_foreach(object, key, value) {
		if (json_object_is_type(value, json_type_object))
			add_json(settings, value);
		else if (value)
			settings_add(settings, key, json_object_get_string(value), 0);
	}
}

static bool read_properties(struct settings *settings, char *bytes, size_t size)
{
	struct json_object *object;

	(void)size;
	if (bytes[strspn(bytes, " \t\r\n")] != '{')
		return settings_lines(settings, bytes, '=');
	object = json_tokener_parse(bytes);
	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		target_unreadable(settings->target, 0, "not JSON of one object");
		return false;
	}
	add_json(settings, object);
	json_object_put(object);
	return true;
}

/* A property of the flavour, else of the image. */
static const struct setting *either(const struct settings *settings, const char *flavour,
				    const char *image)
{
	return settings_find(settings, flavour) ?: settings_find(settings, image);
}

static const char *model_of(const struct settings *settings)
{
	const struct setting *row = either(settings, "hw:mem_encryption_model", "hw_mem_encryption_model");

	return row ? row->value : "amd-sev";
}

static bool is_image(const struct settings *settings)
{
	size_t i;

	for (i = 0; i < settings->nr; i++)
		if (!strncmp(settings->rows[i].key, "hw_", 3) || !strcmp(settings->rows[i].key, "disk_format"))
			return true;
	return false;
}

static enum settings_state state_of(struct settings *settings)
{
	const char *model = model_of(settings);
	size_t i;

	if (!settings_is_on(settings, "hw:mem_encryption") && !settings_is_on(settings, "hw_mem_encryption")) {
		if (is_image(settings))
			return SETTINGS_PLAIN;
		for (i = 0; i < settings->nr; i++)
			if (!strncmp(settings->rows[i].key, "hw:", 3) ||
			    !strcmp(settings->rows[i].key, "vcpus"))
				return SETTINGS_PLAIN;
		return SETTINGS_NONE;
	}
	if (!strcmp(model, "intel-tdx"))
		return SETTINGS_OTHER;
	settings->type = !strcmp(model, "amd-sev-snp") ? SEVADM_VM_TYPE_SEV_SNP :
			 !strcmp(model, "amd-sev-es") ? SEVADM_VM_TYPE_SEV_ES : SEVADM_VM_TYPE_SEV;
	return SETTINGS_ENCRYPTED;
}

static void judge_plain(const struct settings *settings, const struct rule *rule)
{
	finding_add(settings->target, rule, 0,
		    "neither hw:mem_encryption nor hw_mem_encryption is true: instances are not encrypted");
}

static void judge_other(const struct settings *settings, const struct rule *rule)
{
	finding_add(settings->target, rule,
		    either(settings, "hw:mem_encryption_model", "hw_mem_encryption_model")->line,
		    "the guest is one of Intel TDX, which is not judged here");
}

static void judge_model(const struct settings *settings, const struct rule *rule)
{
	static const char *const models[] = { "amd-sev", "amd-sev-es", "amd-sev-snp" };
	const struct setting *row = either(settings, "hw:mem_encryption_model", "hw_mem_encryption_model");
	size_t i;

	for (i = 0; row && i < ARRAY_SIZE(models); i++)
		if (!strcmp(row->value, models[i]))
			return;
	if (row)
		finding_add(settings->target, rule, row->line, "the model of encryption is %s", row->value);
}

static void conflict(const struct settings *settings, const struct rule *rule, const char *flavour,
		     const char *image)
{
	const struct setting *one = settings_find(settings, flavour),
			     *other = settings_find(settings, image);

	if (one && other && strcasecmp(one->value, other->value))
		finding_add(settings->target, rule, other->line, "%s is %s, but %s is %s", flavour,
			    one->value, image, other->value);
}

static void judge_conflict(const struct settings *settings, const struct rule *rule)
{
	conflict(settings, rule, "hw:mem_encryption", "hw_mem_encryption");
	conflict(settings, rule, "hw:mem_encryption_model", "hw_mem_encryption_model");
}

static void judge_firmware(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "hw_firmware_type");

	if (row ? strcmp(row->value, "uefi") != 0 : is_image(settings))
		finding_add(settings->target, rule, row ? row->line : 0, "hw_firmware_type is %s, not uefi",
			    row ? row->value : "not given");
	else if (!row)
		finding_add_as(settings->target, rule, SEVERITY_INFO, 0,
			       "a flavour alone: its images need hw_firmware_type=uefi");
}

static void judge_stateless(const struct settings *settings, const struct rule *rule)
{
	if (settings->type == SEVADM_VM_TYPE_SEV_SNP && is_image(settings) &&
	    !settings_is_on(settings, "hw_firmware_stateless"))
		finding_add(settings->target, rule, 0, "hw_firmware_stateless is not true");
}

static void judge_machine(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "hw_machine_type");

	if (row && !strstr(row->value, "q35"))
		finding_add(settings->target, rule, row->line, "the machine is %s, not q35", row->value);
	else if (!row && is_image(settings))
		finding_add_as(settings->target, rule, SEVERITY_WARNING, 0,
			       "hw_machine_type is not given: Nova's default is pc");
}

static void judge_devices(const struct settings *settings, const struct rule *rule)
{
	static const char *const keys[] = { "pci_passthrough:alias", "resources:VGPU" };
	const struct setting *row;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		row = settings_find(settings, keys[i]);
		if (row)
			finding_add(settings->target, rule, row->line, "%s gives it a device of the host: %s",
				    keys[i], row->value);
	}
}

static void judge_disk(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "hw_disk_bus");

	if (row && !strcmp(row->value, "ide"))
		finding_add(settings->target, rule, row->line, "hw_disk_bus is ide, which Q35 has not");
}

static void judge_secure_boot(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = either(settings, "os:secure_boot", "os_secure_boot");

	if (row && !strcmp(row->value, "required"))
		finding_add(settings->target, rule, row->line,
			    "secure boot is required: its firmware needs SMM");
}

static const struct settings_rule rules[] = {
	{ { "nova-not-encrypted", SEVERITY_INFO, "instances are encrypted",
	    "set hw:mem_encryption=True on the flavour if they are to be", GUIDE }, judge_plain, SETTINGS_PLAIN },
	{ { "nova-other", SEVERITY_INFO, "the guest is of AMD SEV",
	    "nothing: other technologies are somebody else's", GUIDE }, judge_other, SETTINGS_OTHER },
	{ { "nova-model", SEVERITY_ERROR, "the model of encryption is one that Nova knows",
	    "write amd-sev, amd-sev-es or amd-sev-snp", GUIDE }, judge_model },
	{ { "nova-conflict", SEVERITY_ERROR, "flavour and image agree",
	    "set it on one of them alone, or the same on both", GUIDE }, judge_conflict },
	{ { "nova-firmware", SEVERITY_ERROR, "the firmware is UEFI", "set hw_firmware_type=uefi", GUIDE },
	  judge_firmware },
	{ { "nova-stateless", SEVERITY_ERROR, "a SEV-SNP guest's firmware keeps no variables",
	    "set hw_firmware_stateless=true", GUIDE }, judge_stateless },
	{ { "nova-machine", SEVERITY_ERROR, "the machine is Q35",
	    "set hw_machine_type=q35, or x86_64=q35 in [libvirt]hw_machine_type", GUIDE }, judge_machine },
	{ { "nova-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove it from the flavour", GUIDE ", Limitations" }, judge_devices },
	{ { "nova-disk-bus", SEVERITY_ERROR, "no disk is on IDE",
	    "set hw_disk_bus=virtio, sata, or scsi with hw_scsi_model=virtio-scsi", GUIDE ", Limitations" },
	  judge_disk },
	{ { "nova-secure-boot", SEVERITY_WARNING, "the firmware is not one for secure boot",
	    "set os:secure_boot=disabled on the flavour, or os_secure_boot=disabled on the image", "KubeVirt, AMD SEV: secureBoot must be false" },
	  judge_secure_boot },
};

const struct settings_kind nova_kind = {
	.check = "nova", .what = "flavour or image of Nova's",
	.endings = (const char *const []) { ".json", ".properties", NULL },
	.read = read_properties, .state = state_of, .rules = rules, .nr = ARRAY_SIZE(rules),
};

SETTINGS_COMMAND(nova)
