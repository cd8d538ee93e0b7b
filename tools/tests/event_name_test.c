// SPDX-License-Identifier: GPL-2.0-only
/* Names of the VMs that events are about. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "test.h"
#include "trace/event_name.h"

static char root[64];

static void write_file(const char *name, const char *text, size_t size)
{
	char path[256], folder[256];
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (i = 1; path[i]; i++) {
		snprintf(folder, sizeof(folder), "%.*s", (int)i, path);
		if (path[i] == '/' && mkdir(folder, 0755) && errno != EEXIST)
			abort();
	}
	file = fopen(path, "w");
	if (!file || fwrite(text, 1, size, file) != size || fclose(file))
		abort();
}

static void remove_file(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", root, name);
	unlink(path);
}

static void process(int pid, const char *name)
{
	char path[64], text[128];
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	size = snprintf(text, sizeof(text), "qemu%c-name%c%s", 0, 0, name) + 1;
	write_file(path, text, size);
}

static void ends(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	remove_file(path);
}

static struct sevadm_event event(__u64 vm, __u32 pid)
{
	return (struct sevadm_event) { .type = SEVADM_EVENT_KVM, .vm = vm, .pid = pid,
				       .known = vm ? SEVADM_KNOWN_VM : 0 };
}

static void names_outlive_processes(void)
{
	struct event_names *names = event_names_new();
	struct sevadm_event web = event(1, 10), db = event(1025, 11), ended = event(1, 40);
	struct sevadm_event none = event(0, 10), nobody = event(3, 12);

	process(10, "web");
	process(11, "db");
	EXPECT_TEXT(event_name(names, root, &web), "web");
	EXPECT(!event_name(names, root, &none));
	EXPECT(!event_name(names, root, &nobody));
	EXPECT(!event_name(NULL, root, &web));
	ends(10);
	EXPECT_TEXT(event_name(names, root, &web), "web");
	/* A kernel thread ends it. */
	EXPECT_TEXT(event_name(names, root, &ended), "web");
	/* Another VM with the same slot. */
	EXPECT_TEXT(event_name(names, root, &db), "db");
	EXPECT(!event_name(names, root, &web));
	event_names_free(names);
}

/* libvirt's state of the domain, with Nova's name in it, is there a little later than QEMU. */
static void better_names_come_later(void)
{
	static const char status[] =
		"<domstatus pid='20'><domain><name>instance-1</name><metadata><instance><name>shop</name>"
		"</instance></metadata></domain></domstatus>";
	struct timespec wait = { .tv_nsec = 120000000 };
	struct event_names *names = event_names_new();
	struct sevadm_event first = event(2, 20);

	process(20, "guest=instance-1");
	EXPECT_TEXT(event_name(names, root, &first), "instance-1");
	write_file("/run/libvirt/qemu/instance-1.xml", status, strlen(status));
	nanosleep(&wait, NULL);
	EXPECT_TEXT(event_name(names, root, &first), "shop");
	event_names_free(names);
}

static void json_has_the_name(void)
{
	struct json_object *row = json_tokener_parse("{\"vm\":null}"), *lost = json_object_new_object();

	event_name_add(row, "web");
	EXPECT_TEXT(json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN),
		    "{\"vm\":null,\"name\":\"web\"}");
	event_name_add(row, NULL);
	EXPECT(!json_object_object_get(row, "name"));
	event_name_add(lost, "web");
	EXPECT_NUMBER(json_object_object_length(lost), 0);
	json_object_put(row);
	json_object_put(lost);
}

static void remove_root(void)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		fprintf(stderr, "%s is left\n", root);
}

int main(void)
{
	static const struct test tests[] = {
		{ "names outlive processes", names_outlive_processes },
		{ "better names come later", better_names_come_later },
		{ "JSON has the name", json_has_the_name },
	};

	strcpy(root, "/tmp/event_name_test.XXXXXX");
	if (!mkdtemp(root))
		ksft_exit_fail_msg("no folder for the tests\n");
	atexit(remove_root);
	run_tests(tests, ARRAY_SIZE(tests));
}
