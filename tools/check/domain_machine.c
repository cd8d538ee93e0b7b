// SPDX-License-Identifier: GPL-2.0-only
/* Rules of a domain about machine, firmware, processor and life cycle. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/domain.h"

static enum severity own(const struct domain_rule *row)
{
	return row->rule.severity;
}

DOMAIN_CHECK(name)
{
	char text[8];

	if (!*xml_text(xml_find(domain->root, "name"), text, sizeof(text)))
		domain_finding(domain, row, own(row), domain->root, "the domain has no <name>");
}

DOMAIN_FIX(name)
{
	const char *base = strrchr(domain->path, '/');
	char text[160], *to;
	xmlNode *name = xml_find(node, "name");

	snprintf(text, sizeof(text), "<name>%.100s", base ? base + 1 : domain->path);
	for (to = text + strlen("<name>"); *to; to++)
		if (!isalnum((unsigned char)*to) && *to != '-' && *to != '_')
			*to = *to == '.' ? '\0' : '-';
	if (!text[strlen("<name>")] || !strcmp(domain->path, "-"))
		strcpy(text, "<name>guest");
	if (name) {
		xml_edit_content(edit, name, text + strlen("<name>"));
		return;
	}
	strcat(text, "</name>");
	xml_edit_append(edit, node, text);
}

DOMAIN_CHECK(kvm)
{
	const char *type = xml_attribute(domain->root, "type");

	if (!type || strcmp(type, "kvm"))
		domain_finding(domain, row, own(row), domain->root, "the domain's type is %s, not kvm",
			       type ?: "missing");
}

DOMAIN_FIX(kvm)
{
	(void)domain;
	xml_edit_attribute(edit, node, "type", "kvm");
}

DOMAIN_CHECK(arch)
{
	xmlNode *type = xml_find(domain->root, "os/type");
	const char *arch = xml_attribute(type, "arch");

	if (!type)
		domain_finding(domain, row, own(row), domain->root, "there is no <os><type>");
	else if (arch && strcmp(arch, "x86_64"))
		domain_finding(domain, row, own(row), type, "the architecture is %s, not x86_64", arch);
}

DOMAIN_CHECK(machine)
{
	xmlNode *type = xml_find(domain->root, "os/type");
	const char *machine = xml_attribute(type, "machine");

	if (!type || domain_is_q35(domain))
		return;
	domain_finding(domain, row,
		       domain->profile == PROFILE_LIBVIRT ? own(row) : SEVERITY_ERROR, type,
		       "the machine is %s, not q35",
		       machine ?: "not given, by which it is the default, mostly i440fx");
}

DOMAIN_FIX(machine)
{
	(void)domain;
	xml_edit_attribute(edit, node, "machine", "q35");
}

static bool is_rom_uefi(const xmlNode *loader)
{
	char path[256];

	xml_text(loader, path, sizeof(path));
	return strcasestr(path, "ovmf") || strcasestr(path, "edk2") || strcasestr(path, "uefi");
}

static bool has_uefi(const struct domain *domain)
{
	const xmlNode *os = xml_find(domain->root, "os"), *loader = xml_find(os, "loader");

	if (xml_is(os, "firmware", "efi") || xml_is(loader, "type", "pflash"))
		return true;
	return loader && is_rom_uefi(loader);
}

DOMAIN_CHECK(firmware)
{
	xmlNode *os = xml_find(domain->root, "os");

	if (os && !has_uefi(domain))
		domain_finding(domain, row, own(row), xml_find(os, "loader") ?: os,
			       "the firmware is not UEFI: neither firmware='efi' nor a <loader> of OVMF");
}

/* With firmware='efi' libvirt chooses files that are there and whose description has amd-sev. */
DOMAIN_FIX(firmware)
{
	xmlNode *os = xml_find(domain->root, "os"), *child;

	(void)node;
	xml_edit_attribute(edit, os, "firmware", "efi");
	child = xml_find(os, "loader");
	if (child)
		xml_edit_remove(edit, child);
	child = xml_find(os, "nvram");
	if (child)
		xml_edit_remove(edit, child);
}

DOMAIN_CHECK(firmware_path)
{
	xmlNode *loader = xml_find(domain->root, "os/loader");
	char path[512], *end;

	if (!loader || !*xml_text(loader, path, sizeof(path)))
		return;
	/*
	 * What is on another machine cannot be seen from here, but such a path is wrong anywhere.
	 */
	end = strpbrk(path, "\r\n");
	if (!end && (domain->host || !access(path, F_OK)))
		return;
	domain_finding(domain, row, own(row), loader, "the firmware %s %s", path,
		       end ? "has a line break in its path" : "is not on this machine");
}

/* Read-only flash is a memslot that KVM refuses where it cannot emulate instructions. */
DOMAIN_CHECK(snp_firmware)
{
	xmlNode *os = xml_find(domain->root, "os"), *loader = xml_find(os, "loader");

	if (xml_is(loader, "type", "pflash"))
		domain_finding(domain, row, own(row), loader,
			       "the firmware is in pflash, which a SEV-SNP guest cannot use%s",
			       xml_is(loader, "stateless", "yes") ? ", stateless or not" : "");
	if (xml_find(os, "nvram"))
		domain_finding(domain, row, own(row), xml_find(os, "nvram"),
			       "there is an <nvram>, which a SEV-SNP guest cannot have");
}

DOMAIN_CHECK(nvram_template)
{
	xmlNode *os = xml_find(domain->root, "os"), *nvram = xml_find(os, "nvram");

	if (nvram && !xml_is(os, "firmware", "efi") && !xml_attribute(nvram, "template") &&
	    xml_is(xml_find(os, "loader"), "type", "pflash"))
		domain_finding(domain, row, own(row), nvram,
			       "the <nvram> has no template: libvirt knows one for few firmwares");
}

DOMAIN_CHECK(acpi)
{
	if (has_uefi(domain) && !xml_find(domain->root, "features/acpi"))
		domain_finding(domain, row, own(row),
			       xml_find(domain->root, "features") ?: domain->root,
			       "there is no <features><acpi/>, without which libvirt refuses UEFI");
}

DOMAIN_FIX(acpi)
{
	xmlNode *features = xml_find(domain->root, "features");

	(void)node;
	if (features)
		xml_edit_append(edit, features, "<acpi/>");
	else
		xml_edit_append(edit, domain->root, "<features>\n  <acpi/>\n</features>");
}

DOMAIN_CHECK(secure_boot)
{
	xmlNode *os = xml_find(domain->root, "os"), *loader = xml_find(os, "loader"), *feature;
	char path[512];

	xml_for_each(feature, xml_find(os, "firmware"), "feature")
		if (xml_is(feature, "name", "secure-boot") && xml_is(feature, "enabled", "yes"))
			domain_finding(domain, row, own(row), feature,
				       "secure boot is on: its firmware needs SMM");
	if (xml_is(loader, "secure", "yes"))
		domain_finding(domain, row, own(row), loader,
			       "the <loader> is secure='yes': such firmware needs SMM");
	else if (strstr(xml_text(loader, path, sizeof(path)), "secboot"))
		domain_finding(domain, row, own(row), loader,
			       "%s is a build for secure boot, which needs SMM", path);
}

DOMAIN_CHECK(smm)
{
	xmlNode *smm = xml_find(domain->root, "features/smm");

	if (smm && !xml_is(smm, "state", "off"))
		domain_finding(domain, row, own(row), smm, "SMM is on, which KVM has not for such guests");
}

DOMAIN_FIX(smm)
{
	(void)domain;
	xml_edit_attribute(edit, node, "state", "off");
}

DOMAIN_CHECK(reboot)
{
	xmlNode *reboot = xml_find(domain->root, "on_reboot");
	char action[32];

	xml_text(reboot, action, sizeof(action));
	if (reboot && !strcmp(action, "restart"))
		domain_finding(domain, row, own(row), reboot,
			       "on_reboot is restart: QEMU cannot reset encrypted registers and stops");
}

DOMAIN_CHECK(nested)
{
	xmlNode *feature;

	xml_for_each(feature, xml_find(domain->root, "cpu"), "feature")
		if (xml_is(feature, "name", "svm") && (xml_is(feature, "policy", "require") ||
						       xml_is(feature, "policy", "force")))
			domain_finding(domain, row, own(row), feature,
				       "the guest is given svm, but cannot run guests of its own");
}

DOMAIN_FIX(nested)
{
	(void)domain;
	xml_edit_attribute(edit, node, "policy", "disable");
}

DOMAIN_CHECK(cpu_mode)
{
	xmlNode *cpu = xml_find(domain->root, "cpu"), *model = xml_find(cpu, "model");
	char name[64];

	xml_text(model, name, sizeof(name));
	if (xml_is(cpu, "mode", "host-passthrough") || xml_is(cpu, "mode", "host-model") ||
	    xml_is(cpu, "mode", "maximum") || !strncmp(name, "EPYC", strlen("EPYC")))
		return;
	domain_finding(domain, row, own(row), cpu ?: domain->root,
		       "the processor is %s, whose CPUID the firmware may refuse",
		       name[0] ? name : "QEMU's default, qemu64");
}

DOMAIN_CHECK(suspend)
{
	static const char *const kinds[] = { "suspend-to-mem", "suspend-to-disk", NULL };
	xmlNode *node;
	unsigned int i;

	for (i = 0; kinds[i]; i++) {
		node = xml_find(xml_find(domain->root, "pm"), kinds[i]);
		if (xml_is(node, "enabled", "yes"))
			domain_finding(domain, row, own(row), node,
				       "<%s> is on, but the state of an encrypted guest cannot be kept",
				       kinds[i]);
	}
}

DOMAIN_FIX(suspend)
{
	(void)domain;
	xml_edit_attribute(edit, node, "enabled", "no");
}

/* An element with elements in it has no text of its own anywhere in libvirt's schema. */
static void look_for_text(struct domain *domain, const struct domain_rule *row, xmlNode *parent)
{
	bool elements = false, reported = false;
	const xmlChar *at;
	xmlNode *node;

	for (node = parent->children; node; node = node->next)
		elements |= node->type == XML_ELEMENT_NODE;
	for (node = parent->children; elements && node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE)
			look_for_text(domain, row, node);
		if (node->type != XML_TEXT_NODE || reported)
			continue;
		for (at = node->content; isspace(*at); )
			at++;
		if (*at) {
			reported = true;
			domain_finding(domain, row, own(row), parent,
				       "there is text among the elements of <%s>: %.*s",
				       (const char *)parent->name,
				       (int)strcspn((const char *)at, "\r\n"), (const char *)at);
		}
	}
}

DOMAIN_CHECK(stray_text)
{
	look_for_text(domain, row, domain->root);
}

DOMAIN_FIX(stray_text)
{
	(void)domain;
	xml_edit_remove_text(edit, node);
}
