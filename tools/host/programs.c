// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about what is installed to run guests: libvirt, QEMU and firmware images, in their words.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "cli/output.h"
#include "host/gather.h"
#include "host/read.h"
#include "report/run_program.h"

static bool find_program(const char *root, const char *const *candidates, char path[PATH_MAX])
{
	for (; *candidates; candidates++) {
		rooted(path, root, "%s", *candidates);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static void all_unknown(struct host_facts *facts, enum host_fact_id from, enum host_fact_id to,
			const char *why)
{
	enum host_fact_id id;

	for (id = from; id <= to; id++)
		host_set_unknown(facts, id, "%s", why);
}

/* ---- libvirt's domain capabilities ----------------------------------------------------------- */

static void take_element(xmlNode *sev, const char *name, struct host_facts *facts,
			 enum host_fact_id id)
{
	xmlNode *node;
	xmlChar *text;

	for (node = sev->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name)) {
			text = xmlNodeGetContent(node);
			host_set_number(facts, id, strtoull((const char *)text, NULL, 0));
			xmlFree(text);
			return;
		}
	host_set_unknown(facts, id, "domcapabilities has no <%s> in its <sev>", name);
}

static void take_sev(xmlNode *sev, struct host_facts *facts)
{
	xmlChar *supported = xmlGetProp(sev, (const xmlChar *)"supported");

	host_set_number(facts, HOST_LIBVIRT_SEV,
			supported && !strcmp((const char *)supported, "yes"));
	xmlFree(supported);
	take_element(sev, "cbitpos", facts, HOST_LIBVIRT_C_BIT);
	take_element(sev, "reducedPhysBits", facts, HOST_LIBVIRT_REDUCED_PHYS_BITS);
	take_element(sev, "maxGuests", facts, HOST_LIBVIRT_MAX_GUESTS);
	take_element(sev, "maxESGuests", facts, HOST_LIBVIRT_MAX_ES_GUESTS);
}

static void take_capabilities(const char *text, struct host_facts *facts)
{
	xmlDoc *doc = xmlReadMemory(text, strlen(text), "domcapabilities", NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlXPathContext *context = doc ? xmlXPathNewContext(doc) : NULL;
	xmlXPathObject *found = NULL;

	if (context)
		found = xmlXPathEvalExpression((const xmlChar *)
					       "/domainCapabilities/features/sev", context);
	if (found && found->nodesetval && found->nodesetval->nodeNr)
		take_sev(found->nodesetval->nodeTab[0], facts);
	else
		all_unknown(facts, HOST_LIBVIRT_SEV, HOST_LIBVIRT_MAX_ES_GUESTS,
			    "domcapabilities has no <sev>: libvirt is older than 4.5, or has no QEMU for KVM");
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
}

static void gather_libvirt(const char *root, struct host_facts *facts)
{
	static const char *const candidates[] = { "/usr/bin/virsh", "/usr/local/bin/virsh", NULL };
	char virsh[PATH_MAX], *output = NULL;
	char *version[] = { virsh, "--version", NULL };
	/* libvirt refuses this one question on a read-only connection. */
	char *capabilities[] = { virsh, "-q", "-c", "qemu:///system", "domcapabilities",
				 "--virttype", "kvm", "--arch", "x86_64", "--machine", "q35", NULL };

	if (!find_program(root, candidates, virsh)) {
		all_unknown(facts, HOST_LIBVIRT_VERSION, HOST_LIBVIRT_MAX_ES_GUESTS,
			    "virsh is not installed");
		return;
	}
	if (!run_program(version, NULL, &output)) {
		output[strcspn(output, "\n")] = '\0';
		host_set_text(facts, HOST_LIBVIRT_VERSION, output);
	} else {
		host_set_unknown(facts, HOST_LIBVIRT_VERSION, "virsh --version failed");
	}
	free(output);
	output = NULL;
	if (!run_program(capabilities, NULL, &output))
		take_capabilities(output, facts);
	else
		all_unknown(facts, HOST_LIBVIRT_SEV, HOST_LIBVIRT_MAX_ES_GUESTS,
			    "virsh domcapabilities failed: is libvirt's daemon running, and may you use it?");
	free(output);
}

/* ---- QEMU's own word ------------------------------------------------------------------------- */

static void take_version(struct json_object *greeting, struct host_facts *facts)
{
	struct json_object *qemu;
	char text[64];

	qemu = json_object_object_get(json_object_object_get(greeting, "version"), "qemu");
	snprintf(text, sizeof(text), "%d.%d.%d",
		 json_object_get_int(json_object_object_get(qemu, "major")),
		 json_object_get_int(json_object_object_get(qemu, "minor")),
		 json_object_get_int(json_object_object_get(qemu, "micro")));
	host_set_text(facts, HOST_QEMU_VERSION, text);
}

static void take_answer(struct json_object *answer, struct host_facts *facts)
{
	struct json_object *c_bit = json_object_object_get(answer, "cbitpos");

	if (!c_bit)
		return;
	host_set_number(facts, HOST_QEMU_SEV, 1);
	host_set_number(facts, HOST_QEMU_C_BIT, json_object_get_int64(c_bit));
	host_set_number(facts, HOST_QEMU_REDUCED_PHYS_BITS,
			json_get_u64(answer, "reduced-phys-bits"));
}

/* One JSON object a line: the greeting, then an answer to each command. */
static void take_qmp(char *output, struct host_facts *facts)
{
	struct json_object *row, *part;
	char *line, *rest;

	for (line = strtok_r(output, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
		row = json_tokener_parse(line);
		if (json_object_object_get_ex(row, "QMP", &part)) {
			take_version(part, facts);
		} else if (json_object_object_get_ex(row, "error", &part)) {
			host_set_number(facts, HOST_QEMU_SEV, 0);
			host_set_unknown(facts, HOST_QEMU_C_BIT, "QEMU: %s",
					 json_get_text(part, "desc"));
			host_set_unknown(facts, HOST_QEMU_REDUCED_PHYS_BITS, "QEMU: %s",
					 json_get_text(part, "desc"));
		} else if (json_object_object_get_ex(row, "return", &part)) {
			take_answer(part, facts);
		}
		json_object_put(row);
	}
}

static const char *const qemus[] = {
	"/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm",
	"/usr/local/bin/qemu-system-x86_64", NULL
};

void host_facts_gather_qemu(const char *root, struct host_facts *facts)
{
	char qemu[PATH_MAX], version[32], *output = NULL;
	char *argv[] = { qemu, "--version", NULL };

	if (!find_program(root, qemus, qemu)) {
		all_unknown(facts, HOST_QEMU, HOST_QEMU_VERSION,
			    "no qemu-system-x86_64 or qemu-kvm is installed");
		return;
	}
	host_set_text(facts, HOST_QEMU, qemu + strlen(root));
	if (!run_program(argv, NULL, &output) &&
	    sscanf(output, "QEMU emulator version %31[0-9.]", version) == 1)
		host_set_text(facts, HOST_QEMU_VERSION, version);
	else
		host_set_unknown(facts, HOST_QEMU_VERSION, "%s --version does not say it", qemu);
	free(output);
}

static void gather_qemu(const char *root, struct host_facts *facts)
{
	static const char commands[] =
		"{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"query-sev-capabilities\"}\n"
		"{\"execute\":\"quit\"}\n";
	char qemu[PATH_MAX], *output = NULL;
	/* As libvirt probes it: virQEMUCapsInitQMP(). */
	char *argv[] = { qemu, "-machine", "none,accel=kvm", "-display", "none", "-nodefaults",
			 "-no-user-config", "-S", "-qmp", "stdio", NULL };

	if (!find_program(root, qemus, qemu)) {
		all_unknown(facts, HOST_QEMU, HOST_QEMU_REDUCED_PHYS_BITS,
			    "no qemu-system-x86_64 or qemu-kvm is installed");
		return;
	}
	host_set_text(facts, HOST_QEMU, qemu + strlen(root));
	all_unknown(facts, HOST_QEMU_VERSION, HOST_QEMU_REDUCED_PHYS_BITS,
		    "QEMU did not answer: it needs /dev/kvm");
	run_program(argv, commands, &output);
	if (output)
		take_qmp(output, facts);
	free(output);
}

/* ---- firmware images: QEMU's docs/interop/firmware.json -------------------------------------- */

static const char *image_of(struct json_object *descriptor)
{
	struct json_object *mapping = json_object_object_get(descriptor, "mapping");
	struct json_object *executable = json_object_object_get(mapping, "executable");

	return json_get_text(executable ?: mapping, "filename");
}

static void take_descriptor(const char *root, const char *path, struct host_facts *facts)
{
	struct json_object *descriptor = json_object_from_file(path), *features;
	char image[PATH_MAX];
	const char *name, *feature;
	size_t i;

	features = json_object_object_get(descriptor, "features");
	name = descriptor ? image_of(descriptor) : NULL;
	if (name && json_object_is_type(features, json_type_array)) {
		rooted(image, root, "%s", name);
		for (i = 0; !access(image, R_OK) && i < json_object_array_length(features); i++) {
			feature = json_object_get_string(json_object_array_get_idx(features, i));
			if (!strcmp(feature, "amd-sev"))
				host_set_text(facts, HOST_OVMF_SEV, name);
			else if (!strcmp(feature, "amd-sev-es"))
				host_set_text(facts, HOST_OVMF_SEV_ES, name);
			else if (!strcmp(feature, "amd-sev-snp"))
				host_set_text(facts, HOST_OVMF_SEV_SNP, name);
		}
	}
	json_object_put(descriptor);
}

static void gather_firmware(const char *root, struct host_facts *facts)
{
	static const char *const folders[] = { "/usr/share/qemu/firmware", "/etc/qemu/firmware" };
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	size_t i;

	all_unknown(facts, HOST_OVMF_SEV, HOST_OVMF_SEV_SNP,
		    "no descriptor in /usr/share/qemu/firmware or /etc/qemu/firmware names one");
	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		rooted(path, root, "%s", folders[i]);
		directory = opendir(path);
		while (directory && (entry = readdir(directory))) {
			if (!strstr(entry->d_name, ".json"))
				continue;
			rooted(path, root, "%s/%s", folders[i], entry->d_name);
			take_descriptor(root, path, facts);
		}
		if (directory)
			closedir(directory);
	}
}

void gather_programs(const char *root, struct host_facts *facts)
{
	gather_libvirt(root, facts);
	gather_qemu(root, facts);
	gather_firmware(root, facts);
}
