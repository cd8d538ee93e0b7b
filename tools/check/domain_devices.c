// SPDX-License-Identifier: GPL-2.0-only
/* Rules of a domain about its devices: virtio and the IOMMU, ROMs, IDE, devices of the host. */
#include <stdio.h>
#include <string.h>

#include "check/domain.h"
#include "cli/output.h"

static enum severity own(const struct domain_rule *row)
{
	return row->rule.severity;
}

/*
 * The elements that become virtio devices: those where @where (a path of the device, "" for itself)
 * has the attribute @key of the value "virtio" or one that begins with "virtio-".
 */
static const struct virtio_kind {
	const char *element, *where, *key;
} virtio_kinds[] = {
	{ "disk", "target", "bus" },
	{ "interface", "model", "type" },
	{ "rng", "", "model" },
	{ "memballoon", "", "model" },
	{ "input", "", "bus" },
	{ "video", "model", "type" },
	{ "controller", "", "model" },
	{ "controller", "", "type" },
	{ "vsock", "", "model" },
	{ "filesystem", "", "fsdriver" },
	{}
};

static const struct virtio_kind *virtio_kind(const xmlNode *device)
{
	const struct virtio_kind *kind;
	const char *value;

	for (kind = virtio_kinds; kind->element; kind++) {
		if (strcmp((const char *)device->name, kind->element))
			continue;
		value = xml_attribute(xml_find(device, kind->where), kind->key);
		if (value && !strncmp(value, "virtio", strlen("virtio")))
			return kind;
	}
	return NULL;
}

static xmlNode *next_device(const struct domain *domain, xmlNode *after)
{
	xmlNode *devices = xml_find(domain->root, "devices");
	xmlNode *node = after ? after->next : devices ? devices->children : NULL;

	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

#define for_each_device(device, domain)						\
	for ((device) = next_device(domain, NULL); (device);			\
	     (device) = next_device(domain, device))

/* Return what a person calls it: its target or alias says which one of many it is. */
static const char *device_name(const xmlNode *device)
{
	static char text[128];
	const char *target = xml_attribute(xml_find(device, "target"), "dev");

	snprintf(text, sizeof(text), "<%s>%s%.64s", (const char *)device->name, target ? " " : "",
		 target ?: "");
	return text;
}

/* From 6.0 on, machine_run_board_init() turns iommu_platform and disable-legacy on by itself. */
static bool qemu_leaves_virtio_alone(const struct domain *domain)
{
	return domain->qemu_version && domain->qemu_version < QEMU_VERSION(6, 0);
}

DOMAIN_CHECK(virtio_iommu)
{
	const bool needed = qemu_leaves_virtio_alone(domain);
	unsigned int count = 0;
	xmlNode *device, *first = NULL;

	for_each_device(device, domain) {
		if (!virtio_kind(device) || xml_is(xml_find(device, "driver"), "iommu", "on"))
			continue;
		if (needed)
			domain_finding(domain, row, SEVERITY_ERROR, device,
				       "%s has no <driver iommu='on'/>, which QEMU needs below 6.0",
				       device_name(device));
		first = first ?: device;
		count++;
	}
	if (count && !needed)
		domain_finding(domain, row, own(row), first,
			       "%u virtio device%s without <driver iommu='on'/>: QEMU below 6.0 needs it, later ones set it by themselves",
			       count, plural(count));
}

DOMAIN_FIX(virtio_iommu)
{
	xmlNode *driver = xml_find(node, "driver");

	(void)domain;
	if (driver)
		xml_edit_attribute(edit, driver, "iommu", "on");
	else
		xml_edit_append(edit, node, "<driver iommu='on'/>");
}

/* The model of a device, where libvirt has it: an attribute, or an element of an interface. */
static const char *virtio_model(const xmlNode *device)
{
	if (!strcmp((const char *)device->name, "interface"))
		return xml_attribute(xml_find(device, "model"), "type");
	return xml_attribute(device, "model");
}

DOMAIN_CHECK(virtio_model)
{
	const char *model;
	xmlNode *device;

	for_each_device(device, domain) {
		if (!virtio_kind(device) || !strcmp((const char *)device->name, "video"))
			continue;
		model = virtio_model(device);
		if (model && strstr(model, "non-transitional"))
			continue;
		if (model && strstr(model, "-transitional"))
			domain_finding(domain, row, own(row), device,
				       "%s is %s, which cannot go through the IOMMU",
				       device_name(device), model);
		else if (!domain_is_q35(domain) && qemu_leaves_virtio_alone(domain))
			domain_finding(domain, row, own(row), device,
				       "%s is transitional on this machine: it has to be virtio-non-transitional",
				       device_name(device));
	}
}

DOMAIN_FIX(virtio_model)
{
	xmlNode *model = xml_find(node, "model");

	(void)domain;
	if (!strcmp((const char *)node->name, "interface") && model)
		xml_edit_attribute(edit, model, "type", "virtio-non-transitional");
	else
		xml_edit_attribute(edit, node, "model", "virtio-non-transitional");
}

DOMAIN_CHECK(net_rom)
{
	xmlNode *device, *rom;

	for_each_device(device, domain) {
		if (strcmp((const char *)device->name, "interface") || !virtio_kind(device))
			continue;
		rom = xml_find(device, "rom");
		if (!xml_is(rom, "enabled", "no") && !(rom && xml_is(rom, "file", "")))
			domain_finding(domain, row, own(row), device,
				       "%s has its iPXE ROM: there is no <rom enabled='no'/>",
				       device_name(device));
	}
}

DOMAIN_FIX(net_rom)
{
	xmlNode *rom = xml_find(node, "rom");

	(void)domain;
	if (rom)
		xml_edit_attribute(edit, rom, "enabled", "no");
	else
		xml_edit_append(edit, node, "<rom enabled='no'/>");
}

DOMAIN_CHECK(ide)
{
	xmlNode *device, *target;

	if (!domain_is_q35(domain))
		return;
	for_each_device(device, domain) {
		target = xml_find(device, "target");
		if (!strcmp((const char *)device->name, "disk") && xml_is(target, "bus", "ide"))
			domain_finding(domain, row, own(row), target, "%s is on IDE, which Q35 has not",
				       device_name(device));
	}
}

DOMAIN_FIX(ide)
{
	(void)domain;
	xml_edit_attribute(edit, node, "bus", "sata");
}

DOMAIN_CHECK(ide_controller)
{
	xmlNode *device;

	if (!domain_is_q35(domain))
		return;
	for_each_device(device, domain)
		if (!strcmp((const char *)device->name, "controller") &&
		    xml_is(device, "type", "ide"))
			domain_finding(domain, row, own(row), device,
				       "there is an IDE controller, which Q35 has not");
}

DOMAIN_CHECK(hostdev)
{
	const bool snp = domain->type == SEVADM_VM_TYPE_SEV_SNP;
	/* A regression of that version alone: "Cannot set discarding of RAM broken". */
	const bool refuses = snp && domain->qemu_version == QEMU_VERSION(9, 1);
	xmlNode *device;

	for_each_device(device, domain) {
		if (strcmp((const char *)device->name, "hostdev") &&
		    !(!strcmp((const char *)device->name, "interface") &&
		      xml_is(device, "type", "hostdev")))
			continue;
		/* The host's USB devices go through an emulated controller. */
		if (xml_is(device, "type", "usb"))
			continue;
		domain_finding(domain, row, snp && !refuses ? SEVERITY_INFO : own(row), device,
			       refuses ? "QEMU 9.1 refuses a device of the host to SEV-SNP guests" :
			       snp ? "a device of the host reaches shared memory only, through the guest's bounce buffers" :
			       "a device of the host cannot read or write encrypted memory");
	}
}

DOMAIN_CHECK(rng_backend)
{
	xmlNode *device;

	for_each_device(device, domain)
		if (!strcmp((const char *)device->name, "rng") && !xml_find(device, "backend"))
			domain_finding(domain, row, own(row), device, "the <rng> has no <backend>");
}

DOMAIN_FIX(rng_backend)
{
	(void)domain;
	xml_edit_append(edit, node, "<backend model='random'>/dev/urandom</backend>");
}

DOMAIN_CHECK(virtiofs)
{
	xmlNode *device;

	for_each_device(device, domain)
		if (!strcmp((const char *)device->name, "filesystem") &&
		    xml_is(xml_find(device, "driver"), "type", "virtiofs"))
			domain_finding(domain, row, own(row), device,
				       "virtiofs wants the guest's memory shared with another process");
}

DOMAIN_CHECK(balloon)
{
	xmlNode *node = xml_find(domain->root, "devices/memballoon");

	if (node && !xml_is(node, "model", "none"))
		domain_finding(domain, row, own(row), node,
			       "a balloon gives nothing back: the memory stays pinned");
}
