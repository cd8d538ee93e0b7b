// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of VMs: from command lines, cgroups and libvirt's state as those that manage VMs write
 * them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "host/vm_name.h"
#include "test.h"

#define PID		4711
#define UUID		"0a1b2c3d-0000-4000-8000-00112233aabb"
#define KUBEPODS	"/kubepods.slice/kubepods-burstable.slice/pod1/crio-1.scope"

static char root[64];

static void make_folders(const char *path)
{
	char folder[512];
	size_t i;

	for (i = 1; path[i]; i++)
		if (path[i] == '/') {
			snprintf(folder, sizeof(folder), "%.*s", (int)i, path);
			if (mkdir(folder, 0755) && errno != EEXIST)
				abort();
		}
}

static void write_file(const char *name, const char *bytes, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, name);
	make_folders(path);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

/* Arguments are separated by blanks in @command and by zeroes in the file. */
static void process(const char *command, const char *cgroup, unsigned long started_s)
{
	char text[1024];
	size_t size = snprintf(text, sizeof(text), "%s ", command), i;

	for (i = 0; i < size; i++)
		if (text[i] == ' ')
			text[i] = '\0';
	write_file("/proc/4711/cmdline", text, size);
	snprintf(text, sizeof(text), "1:name=systemd:/x\n0::%s\n", cgroup);
	write_text("/proc/4711/cgroup", text);
	snprintf(text, sizeof(text),
		 "4711 (a ) b) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 %lu 9 9\n",
		 started_s * sysconf(_SC_CLK_TCK));
	write_text("/proc/4711/stat", text);
}

static void status(const char *domain, const char *pid, const char *metadata)
{
	char text[1024], name[128];

	snprintf(text, sizeof(text),
		 "<domstatus state='running' pid='%s'><domain type='kvm' id='1'><name>%s</name>"
		 "<uuid>" UUID "</uuid>%s</domain></domstatus>", pid, domain, metadata);
	snprintf(name, sizeof(name), "/run/libvirt/qemu/%s.xml", domain);
	write_text(name, text);
}

static void expect(const char *name, const char *alias, const char *manager, const char *source)
{
	struct vm_name found;
	bool known = vm_name_of(root, PID, 0, &found);

	EXPECT_NUMBER(known, name != NULL);
	if (!known || !name)
		return;
	EXPECT_TEXT(found.name, name);
	EXPECT_TEXT(found.alias, alias);
	EXPECT_TEXT(found.manager, manager);
	EXPECT_TEXT(found.source, source);
}

static void command_lines(void)
{
	static const struct {
		const char *command, *cgroup, *name, *alias, *manager;
	} rows[] = {
		{ "qemu -name plain", "/", "plain", "", "qemu" },
		{ "qemu --name plain", "/", "plain", "", "qemu" },
		{ "qemu -name guest=web-1,debug-threads=on", "/", "web-1", "", "qemu" },
		{ "qemu -name debug-threads=on,guest=web-1", "/", "web-1", "", "qemu" },
		{ "qemu -name a,,b,process=x", "/", "a,b", "", "qemu" },
		{ "qemu -name guest=a=b", "/", "a=b", "", "qemu" },
		{ "qemu -name process=x", "/", NULL },
		/* Only the first part may be a value alone. */
		{ "qemu -name process=x,plain", "/", NULL },
		{ "qemu -name guest=", "/", NULL },
		{ "qemu -name", "/", NULL },
		{ "qemu", "/", NULL },
		{ "qemu -name guest=shop_db", KUBEPODS, "shop/db", "shop_db", "kubevirt" },
		{ "qemu -name guest=shop_db", "/machine.slice", "shop_db", "", "qemu" },
		{ "qemu -name guest=shopdb", KUBEPODS, "shopdb", "", "qemu" },
		{ "qemu -name sandbox-12ab,debug-threads=on", KUBEPODS, "12ab", "sandbox-12ab", "kata" },
		{ "qemu -name sandbox-", "/", "sandbox-", "", "qemu" },
		{ "kvm -id 100 -name mail,debug-threads=on", "/qemu.slice/100.scope", "mail", "100",
		  "proxmox" },
		{ "kvm -id x100 -name mail", "/", "mail", "", "qemu" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ksft_print_msg("%s in %s\n", rows[i].command, rows[i].cgroup);
		process(rows[i].command, rows[i].cgroup, 0);
		expect(rows[i].name, rows[i].alias, rows[i].manager, "command line");
	}
}

static void libvirt_state(void)
{
	struct vm_name found;

	process("qemu -name guest=dom1 -uuid " UUID, "/", 0);
	status("dom1", "4711", "");
	expect("dom1", "", "libvirt", "libvirt status");
	EXPECT(vm_name_of(root, PID, 0, &found));
	EXPECT_TEXT(found.uuid, UUID);
	/* libvirt's word counts, also where the command line has none. */
	process("qemu -name guest=dom1", "/", 0);
	EXPECT(vm_name_of(root, PID, 0, &found));
	EXPECT_TEXT(found.uuid, UUID);
	process("qemu -name guest=dom1 -uuid 00000000-0000-4000-8000-000000000000", "/", 0);
	EXPECT(vm_name_of(root, PID, 0, &found));
	EXPECT_TEXT(found.uuid, UUID);
	/* The state of another process: the tenant chose the name of somebody else's domain. */
	status("dom1", "4712", "");
	expect("dom1", "", "qemu", "command line");
	write_text("/run/libvirt/qemu/dom1.xml", "<domstatus pid='4711'><domain>");
	expect("dom1", "", "qemu", "command line");
	process("qemu -name guest=../../../etc/x", "/", 0);
	expect("../../../etc/x", "", "qemu", "command line");
}

static void nova(void)
{
	process("qemu -name guest=instance-0000002a", "/", 0);
	status("instance-0000002a", "4711",
	       "<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'>"
	       "<nova:name>payroll</nova:name></nova:instance></metadata>");
	expect("payroll", "instance-0000002a", "nova", "libvirt status");
}

static void cgroups(void)
{
	process("qemu", "/machine.slice/machine-qemu\\x2d3\\x2dmy\\x2dvm.scope/libvirt/emulator", 0);
	expect("my-vm", "", "libvirt", "cgroup");
	/* libvirtd in a container that sees its own cgroup as the root. */
	process("qemu", "/machine-qemu\\x2d3\\x2dmy\\x2dvm.scope", 0);
	expect("my-vm", "", "libvirt", "cgroup");
	/* v2 alone, and in the first line. */
	write_text("/proc/4711/cgroup", "0::/machine-qemu\\x2d4\\x2done.scope\n");
	expect("one", "", "libvirt", "cgroup");
	write_text("/proc/4711/cgroup", "0::/machine-qemu\\x2d4\\x2dno-break.scope");
	expect("no-break", "", "libvirt", "cgroup");
	write_text("/proc/4711/cgroup", "1:name=systemd:/machine-qemu\\x2d4\\x2dv1.scope\n");
	expect(NULL, "", "", "");
	process("qemu", "/machine.slice/machine-qemu\\x2d3\\x2d.scope", 0);
	expect(NULL, "", "", "");
	process("qemu", "/machine.slice/machine-qemu\\x2d3.scope", 0);
	expect(NULL, "", "", "");
}

/* A PID that was used again is another process: its name is not the VM's. */
static void later_processes(void)
{
	struct vm_name found;

	process("qemu -name later", "/", 1000);
	EXPECT(vm_name_of(root, PID, 1000500000000, &found));
	EXPECT(vm_name_of(root, PID, 999500000000, &found));
	EXPECT(!vm_name_of(root, PID, 990000000000, &found));
	EXPECT(vm_name_of(root, PID, 0, &found));
	EXPECT(!vm_name_of(root, PID + 1, 0, &found));
}

static void uuids(void)
{
	static const struct {
		const char *command, *uuid;
	} rows[] = {
		{ "qemu -name a -uuid " UUID, UUID },
		{ "qemu -name a", "" },
		{ "qemu -name a -uuid 0a1b2c3d-0000-4000-8000-00112233aab", "" },
		{ "qemu -name a -uuid 0a1b2c3d-0000-4000-8000-00112233aabbc", "" },
		{ "qemu -name a -uuid 0a1b2c3d_0000-4000-8000-00112233aabb", "" },
		{ "qemu -name a -uuid xa1b2c3d-0000-4000-8000-00112233aabb", "" },
	};
	struct vm_name found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		process(rows[i].command, "/", 0);
		EXPECT(vm_name_of(root, PID, 0, &found));
		EXPECT_TEXT(found.uuid, rows[i].uuid);
	}
}

static void matches(void)
{
	struct json_object *rows = json_tokener_parse(
		"[{\"id\":1,\"name\":\"a\",\"alias\":null,\"uuid\":\"" UUID "\"},"
		"{\"id\":2,\"name\":\"b\",\"alias\":\"100\",\"uuid\":null},"
		"{\"id\":3,\"name\":\"b\",\"alias\":\"101\",\"uuid\":null},"
		"{\"id\":4,\"name\":null,\"alias\":null,\"uuid\":null}]");
	uint64_t id = 0;

	EXPECT_NUMBER(vm_names_match(rows, "a", &id), 1);
	EXPECT_NUMBER(id, 1);
	EXPECT_NUMBER(vm_names_match(rows, "101", &id), 1);
	EXPECT_NUMBER(id, 3);
	EXPECT_NUMBER(vm_names_match(rows, UUID, &id), 1);
	EXPECT_NUMBER(id, 1);
	EXPECT_NUMBER(vm_names_match(rows, "b", &id), 2);
	EXPECT_NUMBER(vm_names_match(rows, "c", &id), 0);
	json_object_put(rows);
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command))
		ksft_print_msg("%s was left behind\n", root);
}

int main(void)
{
	static const struct test tests[] = {
		{ "command lines", command_lines },
		{ "libvirt's state", libvirt_state },
		{ "Nova's metadata", nova },
		{ "cgroups", cgroups },
		{ "processes that began after the VM", later_processes },
		{ "UUIDs", uuids },
		{ "a VM by its name, alias or UUID", matches },
	};

	strcpy(root, "/tmp/vm_name_test.XXXXXX");
	if (!mkdtemp(root))
		ksft_exit_fail_msg("no folder for the tests\n");
	atexit(remove_root);
	run_tests(tests, ARRAY_SIZE(tests));
}
