// SPDX-License-Identifier: GPL-2.0-only
/* What a domain asks for and a host's QEMU does not have. */
#include "memlock/gaps.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "report/xml.h"

static const struct rule rule_machine = {
	"memlock-machine", SEVERITY_ERROR, "the host's QEMU has the machine type",
	"write machine='q35', which is the newest that a QEMU has",
	"QEMU -machine help; docs/about/removed-features" };

static const struct rule rule_video = {
	"memlock-video", SEVERITY_ERROR, "the host's QEMU has the video model",
	"take <model type='virtio'/> or 'vga', or install what brings it",
	"QEMU -device help; Debian's qemu-system-modules-spice has qxl" };

static const struct rule rule_firmware = {
	"memlock-firmware-missing", SEVERITY_WARNING, "the host has the firmware image",
	"name one that is there, or leave its choice to libvirt: <os firmware='efi'>",
	"libvirt domain XML: <loader>; Debian 13's ovmf has images of 4 MiB alone" };

const struct rule *memlock_gap_rule_at(unsigned int i)
{
	static const struct rule *const all[MEMLOCK_GAP_RULES] = {
		&rule_machine, &rule_video, &rule_firmware,
	};

	return i < MEMLOCK_GAP_RULES ? all[i] : NULL;
}

static bool machine_version(const char *machine, unsigned int *version)
{
	unsigned int major, minor;

	if (!machine || (sscanf(machine, "pc-q35-%3u.%3u", &major, &minor) != 2 &&
			 sscanf(machine, "pc-i440fx-%3u.%3u", &major, &minor) != 2))
		return false;
	*version = MEMLOCK_QEMU(major, minor);
	return true;
}

/* Which are the oldest is known of measured versions alone. */
static void judge_machine(struct target *target, const xmlNode *root,
			  const struct memlock_host *host)
{
	xmlNode *type = xml_find(root, "os/type");
	const char *machine = xml_attribute(type, "machine");
	unsigned int version;

	if (!host->qemu || !machine_version(machine, &version))
		return;
	if (version > host->qemu)
		finding_add(target, &rule_machine, xml_line(type),
			    "QEMU %s has no %s, which came later", host->qemu_name, machine);
	else if (host->figures->version == host->qemu && version < host->figures->oldest_machine)
		finding_add(target, &rule_machine, xml_line(type),
			    "QEMU %s has no %s any more", host->qemu_name, machine);
}

static void judge_video(struct target *target, const xmlNode *root,
			const struct memlock_host *host)
{
	xmlNode *video, *model;
	const char *type;

	if (host->match != MATCH_CALIBRATED && host->match != MATCH_VERSION)
		return;
	xml_for_each(video, xml_find(root, "devices"), "video") {
		model = xml_find(video, "model");
		type = xml_attribute(model, "type");
		if (!type || !memlock_figures_lack(host->figures, type))
			continue;
		if (host->match == MATCH_CALIBRATED)
			finding_add(target, &rule_video, xml_line(model), "this QEMU %s has no %s",
				    host->figures->name, type);
		else
			finding_add_as(target, &rule_video, SEVERITY_WARNING, xml_line(model),
				       "QEMU %s has no %s where a package of its own is not installed",
				       host->figures->name, type);
	}
}

static void judge_firmware(struct target *target, const xmlNode *root)
{
	xmlNode *loader = xml_find(root, "os/loader");
	char path[4096];
	const char *text = loader ? xml_text(loader, path, sizeof(path)) : NULL;

	if (text && *text == '/' && access(text, F_OK) && errno == ENOENT)
		finding_add(target, &rule_firmware, xml_line(loader), "there is no %s here", text);
}

void memlock_gaps(struct target *target, const xmlNode *root, const struct memlock_host *host,
		  bool here)
{
	judge_machine(target, root, host);
	judge_video(target, root, host);
	if (here)
		judge_firmware(target, root);
}
