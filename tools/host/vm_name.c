// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name by which the owner of a VM knows it. A VM has no name for KVM: it is read from what the
 * process that created it was started with, from its cgroup, and from libvirt's own state.
 */
#include "host/vm_name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "host/facts.h"
#include "host/read.h"
#include "report/files.h"
#include "report/xml.h"

/* Command lines of libvirt's QEMUs have some 10 KiB; what stands behind this is not looked at. */
#define COMMAND_LINE_MAX	(128 << 10)

/**
 * struct process - what there is to read a name from
 * @arguments: the command line, each argument ends with a zero; @size bytes
 * @cgroup: the path of its cgroup, v2
 * @status: libvirt's state of the domain that this process runs, or NULL
 */
struct process {
	char *arguments;
	size_t size;
	char cgroup[4096];
	xmlDoc *status;
};

/* Return the argument behind the option @name ("-name", "--name"), or NULL. */
static const char *option(const struct process *process, const char *name)
{
	const char *end = process->arguments + process->size, *at, *next;

	for (at = process->arguments; at < end; at = next) {
		next = at + strlen(at) + 1;
		if (*at == '-' && !strcmp(at + 1 + (at[1] == '-'), name) && next < end)
			return next;
	}
	return NULL;
}

/*
 * Copy the value of @key out of QEMU's "key=value,key=value", in which a comma is doubled; with
 * @implied the first part may be the value itself. qemu-options.hx, "-name".
 */
static bool part(const char *text, const char *key, bool implied, char *value, size_t size)
{
	size_t length = strlen(key), nr;
	bool first = true, wanted;

	while (*text) {
		wanted = !strncmp(text, key, length) && text[length] == '=';
		if (wanted)
			text += length + 1;
		else if (first && implied)
			wanted = !memchr(text, '=', strcspn(text, ","));
		for (nr = 0; *text && (*text != ',' || text[1] == ','); text++) {
			if (*text == ',')
				text++;
			if (nr < size - 1)
				value[nr++] = *text;
		}
		value[nr] = '\0';
		if (wanted)
			return nr;
		text += *text == ',';
		first = false;
	}
	return false;
}

static bool qemu_name(const struct process *process, char *name, size_t size)
{
	const char *text = option(process, "name");

	return text && part(text, "guest", true, name, size);
}

static void take_uuid(const char *text, char *uuid)
{
	size_t i;

	for (i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' :
		    !isxdigit((unsigned char)text[i]))
			return;
	if (!text[36])
		memcpy(uuid, text, 37);
}

static bool in_kubernetes(const struct process *process)
{
	return strstr(process->cgroup, "/kubepods");
}

/* Nova keeps the instance's name in the domain's metadata: nova/virt/libvirt/config.py. */
static bool read_nova(const struct process *process, struct vm_name *name)
{
	const xmlNode *domain = process->status ?
				xml_find(xmlDocGetRootElement(process->status), "domain") : NULL;
	const xmlNode *instance = domain ? xml_find(domain, "metadata/instance") : NULL;

	if (!instance || !*xml_text(xml_find(instance, "name"), name->name, sizeof(name->name)))
		return false;
	xml_text(xml_find(domain, "name"), name->alias, sizeof(name->alias));
	return true;
}

/*
 * KubeVirt calls the domain NAMESPACE_NAME (pkg/virt-launcher/virtwrap/util/libvirt_helper.go,
 * DomainFromNamespaceName()); neither part may contain '_'.
 */
static bool read_kubevirt(const struct process *process, struct vm_name *name)
{
	char *separator;

	if (!in_kubernetes(process) ||
	    !qemu_name(process, name->alias, sizeof(name->alias)) ||
	    !strchr(name->alias, '_'))
		return false;
	strcpy(name->name, name->alias);
	separator = strchr(name->name, '_');
	*separator = '/';
	return separator != name->name && separator[1];
}

/* kata: "sandbox-ID" (src/runtime/virtcontainers/qemu.go, Name). */
static bool read_kata(const struct process *process, struct vm_name *name)
{
	static const char prefix[] = "sandbox-";

	if (!qemu_name(process, name->alias, sizeof(name->alias)) ||
	    strncmp(name->alias, prefix, strlen(prefix)) || !name->alias[strlen(prefix)])
		return false;
	strcpy(name->name, name->alias + strlen(prefix));
	return true;
}

/* Proxmox VE: "-id VMID" and "-name NAME,debug-threads=on" (qemu-server, PVE/QemuServer.pm). */
static bool read_proxmox(const struct process *process, struct vm_name *name)
{
	const char *id = option(process, "id");

	if (!id || !*id || strspn(id, "0123456789") != strlen(id) ||
	    strlen(id) >= sizeof(name->alias) ||
	    !qemu_name(process, name->name, sizeof(name->name)))
		return false;
	strcpy(name->alias, id);
	return true;
}

static bool read_libvirt(const struct process *process, struct vm_name *name)
{
	const xmlNode *root = process->status ? xmlDocGetRootElement(process->status) : NULL;

	return root && *xml_text(xml_find(root, "domain/name"), name->name, sizeof(name->name));
}

static bool read_qemu(const struct process *process, struct vm_name *name)
{
	return qemu_name(process, name->name, sizeof(name->name));
}

/* Undo systemd-escape(1): "\x2d" is '-'. */
static void unescape(const char *text, char *plain, size_t size)
{
	unsigned int byte;
	size_t nr = 0;
	int length;

	while (*text && nr < size - 1) {
		length = 0;
		if (sscanf(text, "\\x%2x%n", &byte, &length) == 1 && length == 4 && byte)
			plain[nr++] = byte;
		else
			plain[nr++] = *text, length = 1;
		text += length;
	}
	plain[nr] = '\0';
}

/*
 * systemd-machined's scope of libvirt, "machine-qemu\x2d3\x2dNAME.scope": libvirt cuts NAME to 54
 * characters there (src/conf/domain_conf.c, virDomainGenerateMachineName()).
 */
static bool read_cgroup(const struct process *process, struct vm_name *name)
{
	const char *scope = strstr(process->cgroup, "/machine-qemu\\x2d");
	char text[512], plain[512];
	int begins = 0;

	if (!scope)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(scope + 1, "/"), scope + 1);
	if (strlen(text) <= 6 || strcmp(text + strlen(text) - 6, ".scope"))
		return false;
	text[strlen(text) - 6] = '\0';
	unescape(text, plain, sizeof(plain));
	sscanf(plain, "machine-qemu-%*u-%n", &begins);
	if (!begins || !plain[begins])
		return false;
	snprintf(name->name, sizeof(name->name), "%.*s", (int)sizeof(name->name) - 1, plain + begins);
	return true;
}

/* Who names VMs: the first that knows the process is right, as each builds on those below it. */
static const struct {
	const char *manager, *source;
	bool (*read)(const struct process *process, struct vm_name *name);
} managers[] = {
	{ "nova", "libvirt status", read_nova },
	{ "kubevirt", "command line", read_kubevirt },
	{ "kata", "command line", read_kata },
	{ "proxmox", "command line", read_proxmox },
	{ "libvirt", "libvirt status", read_libvirt },
	{ "qemu", "command line", read_qemu },
	{ "libvirt", "cgroup", read_cgroup },
};

static bool read_arguments(const char *root, uint64_t pid, struct process *process)
{
	char path[PATH_MAX];
	FILE *file;

	rooted(path, root, "/proc/%" PRIu64 "/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	process->arguments = malloc(COMMAND_LINE_MAX + 1);
	if (process->arguments) {
		process->size = fread(process->arguments, 1, COMMAND_LINE_MAX, file);
		process->arguments[process->size] = '\0';
	}
	fclose(file);
	return process->arguments;
}

static void read_own_cgroup(const char *root, uint64_t pid, struct process *process)
{
	char path[PATH_MAX], text[8192];
	const char *line;

	rooted(path, root, "/proc/%" PRIu64 "/cgroup", pid);
	if (read_small(path, text, sizeof(text)))
		return;
	line = !strncmp(text, "0::", 3) ? text : strstr(text, "\n0::");
	if (!line)
		return;
	line += strspn(line, "\n") + 3;
	snprintf(process->cgroup, sizeof(process->cgroup), "%.*s",
		 (int)strcspn(line, "\n"), line);
}

/*
 * libvirt writes the state of a running domain into /run/libvirt/qemu/NAME.xml, which root alone
 * may read; a file of another process with this name is not believed.
 */
static void read_status(const char *root, uint64_t pid, struct process *process)
{
	char path[PATH_MAX], domain[256], number[32];
	struct xml_error error;
	const char *why;
	size_t size;
	char *bytes;

	if (!qemu_name(process, domain, sizeof(domain)) || strchr(domain, '/'))
		return;
	rooted(path, root, "/run/libvirt/qemu/%s.xml", domain);
	bytes = file_read(path, &size, &why);
	if (!bytes)
		return;
	process->status = xml_read(bytes, size, &error);
	free(bytes);
	snprintf(number, sizeof(number), "%" PRIu64, pid);
	if (process->status && !xml_is(xmlDocGetRootElement(process->status), "pid", number)) {
		xmlFreeDoc(process->status);
		process->status = NULL;
	}
}

/*
 * Return true if the process began when the VM was there already. proc(5): starttime, the 22nd
 * field.
 */
static bool began_after(const char *root, uint64_t pid, uint64_t created_ns)
{
	unsigned long long ticks, per_second = sysconf(_SC_CLK_TCK);
	char path[PATH_MAX], text[1024];
	const char *fields;

	rooted(path, root, "/proc/%" PRIu64 "/stat", pid);
	if (!created_ns || read_small(path, text, sizeof(text)))
		return false;
	/* The command's name may have blanks and brackets in it: count from behind the last one. */
	fields = strrchr(text, ')');
	if (!fields || sscanf(fields, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			      " %*s %*s %*s %*s %*s %*s %llu", &ticks) != 1)
		return false;
	return ticks / per_second > created_ns / 1000000000 + 1;
}

static void find_uuid(const struct process *process, struct vm_name *name)
{
	const xmlNode *root = process->status ? xmlDocGetRootElement(process->status) : NULL;
	const char *option_text = option(process, "uuid");
	char text[64];

	if (root)
		take_uuid(xml_text(xml_find(root, "domain/uuid"), text, sizeof(text)), name->uuid);
	if (!*name->uuid && option_text)
		take_uuid(option_text, name->uuid);
}

bool vm_name_of(const char *root, uint64_t pid, uint64_t created_ns, struct vm_name *name)
{
	struct process process = {};
	bool found = false;
	size_t i;

	if (began_after(root, pid, created_ns) || !read_arguments(root, pid, &process))
		return false;
	read_own_cgroup(root, pid, &process);
	read_status(root, pid, &process);
	for (i = 0; i < ARRAY_SIZE(managers) && !found; i++) {
		*name = (struct vm_name) { .manager = managers[i].manager,
					   .source = managers[i].source };
		found = managers[i].read(&process, name);
	}
	if (found)
		find_uuid(&process, name);
	xmlFreeDoc(process.status);
	free(process.arguments);
	return found;
}

static struct json_object *text_or_null(bool found, const char *text)
{
	return found && *text ? json_text(text) : NULL;
}

void vm_name_add(struct json_object *row)
{
	struct vm_name name;
	bool found = !json_is_null(row, "pid") &&
		     vm_name_of(host_root(), json_get_u64(row, "pid"),
				 json_get_u64(row, "created_ns"), &name);

	json_object_object_add(row, "name", text_or_null(found, name.name));
	json_object_object_add(row, "alias", text_or_null(found, name.alias));
	json_object_object_add(row, "uuid", text_or_null(found, name.uuid));
	json_object_object_add(row, "manager", found ? json_text(name.manager) : NULL);
	json_object_object_add(row, "name_source", found ? json_text(name.source) : NULL);
}

void vm_names_add(struct json_object *rows)
{
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++)
		vm_name_add(json_object_array_get_idx(rows, i));
}

static bool is_called(struct json_object *row, const char *key, const char *text)
{
	return !json_is_null(row, key) && !strcmp(json_get_text(row, key), text);
}

unsigned int vm_names_match(struct json_object *rows, const char *text, uint64_t *id)
{
	struct json_object *row;
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (!is_called(row, "name", text) && !is_called(row, "alias", text) &&
		    !is_called(row, "uuid", text))
			continue;
		*id = json_get_u64(row, "id");
		nr++;
	}
	return nr;
}
