// SPDX-License-Identifier: GPL-2.0-only
/*
 * The corrections of check kubevirt --fix, one a rule: the places are those that the rules of the
 * same names judge.
 */
#include <stdio.h>

#include "check/kubevirt_object.h"

static yaml_node_t *find(const struct vm_object *object, const char *path)
{
	return yaml_find(object->doc, object->spec, path);
}

/*
 * Has @node, the value of @key in the mapping @parent, hold the line @inner: as a value of its own,
 * where there is none or null, and as its first line, where it is a mapping.
 */
static void give(const struct vm_object *object, struct yaml_edit *edit, const yaml_node_t *parent,
		 const char *key, const yaml_node_t *node, const char *inner)
{
	char text[128];

	if (node && node->type == YAML_MAPPING_NODE) {
		yaml_edit_add(edit, object->doc, node, inner);
	} else if (node && !yaml_text(node)) {
		snprintf(text, sizeof(text), "{%s}", inner);
		yaml_edit_value(edit, object->doc, parent, node, text);
	} else if (!node && parent) {
		snprintf(text, sizeof(text), "%s: {%s}", key, inner);
		yaml_edit_add(edit, object->doc, parent, text);
	}
}

/* Writes the value of @key in the mapping @parent, whether it is there or not. */
static void set(const struct vm_object *object, struct yaml_edit *edit, const yaml_node_t *parent,
		const char *key, const char *value)
{
	yaml_node_t *node = yaml_find(object->doc, (yaml_node_t *)parent, key);
	char text[64];

	if (node) {
		yaml_edit_value(edit, object->doc, parent, node, value);
	} else if (parent) {
		snprintf(text, sizeof(text), "%s: %s", key, value);
		yaml_edit_add(edit, object->doc, parent, text);
	}
}

KUBEVIRT_FIX(paused)
{
	set(object, edit, object->outer, "startStrategy", "Paused");
}

/* Another boot loader is what somebody wanted: it stays. */
KUBEVIRT_FIX(efi)
{
	yaml_node_t *firmware = find(object, "firmware"), *loader = find(object, "firmware/bootloader");
	yaml_node_t *efi = find(object, "firmware/bootloader/efi");

	if (!firmware || !loader)
		give(object, edit, object->spec, "firmware", firmware,
		     "bootloader: {efi: {secureBoot: false}}");
	else if (find(object, "firmware/bootloader/bios"))
		return;
	else if (efi)
		give(object, edit, loader, "efi", efi, "secureBoot: false");
	else
		give(object, edit, firmware, "bootloader", loader, "efi: {secureBoot: false}");
}

KUBEVIRT_FIX(secure_boot)
{
	yaml_node_t *efi = find(object, "firmware/bootloader/efi");

	if (efi && efi->type == YAML_MAPPING_NODE)
		set(object, edit, efi, "secureBoot", "false");
	else
		give(object, edit, find(object, "firmware/bootloader"), "efi", efi,
		     "secureBoot: false");
}

KUBEVIRT_FIX(persistent)
{
	set(object, edit, find(object, "firmware/bootloader/efi"), "persistent", "false");
}

KUBEVIRT_FIX(boot_nic)
{
	yaml_node_t *list = find(object, "devices/interfaces"), *nic;
	size_t i;

	for (i = 0; (nic = yaml_item(object->doc, list, i)); i++)
		yaml_edit_remove(edit, object->doc, nic, "bootOrder");
}

KUBEVIRT_FIX(machine)
{
	set(object, edit, find(object, "machine"), "type", "q35");
}

KUBEVIRT_FIX(smm)
{
	yaml_node_t *smm = find(object, "features/smm");

	if (smm && smm->type == YAML_MAPPING_NODE)
		set(object, edit, smm, "enabled", "false");
	else
		give(object, edit, find(object, "features"), "smm", smm, "enabled: false");
}

KUBEVIRT_FIX(hotplug)
{
	yaml_node_t *memory = find(object, "memory");

	if (memory)
		yaml_edit_remove(edit, object->doc, memory, "maxGuest");
}

KUBEVIRT_FIX(migration)
{
	set(object, edit, object->outer, "evictionStrategy", "None");
}
