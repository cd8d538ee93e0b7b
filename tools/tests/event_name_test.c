// SPDX-License-Identifier: GPL-2.0-only
/* Names of the VMs that events are about, and of a domain that libvirt's logs say did not start. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "explain/last.h"
#include "host/libvirt_log.h"
#include "test.h"
#include "trace/event_name.h"

#define SECOND		1000000000ULL
/* 2026-11-27 07:47:00 UTC */
#define TIME_NS		(1795765620 * SECOND)

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
	struct sevadm_event none = event(0, 10), nobody = event(3, 12), unknown = event(1, 10);

	unknown.known = 0;
	process(10, "web");
	process(11, "db");
	EXPECT_TEXT(event_name(names, root, &web), "web");
	EXPECT(!event_name(names, root, &none));
	EXPECT(!event_name(names, root, &nobody));
	EXPECT(!event_name(names, root, &unknown));
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

/* A process that shares the VM's files does what it likes to them, but does not name it. */
static void another_process_names_nothing(void)
{
	struct event_names *names = event_names_new();
	struct sevadm_event thread = event(4, 50), own = event(4, 51), other = event(4, 52);

	process(51, "web");
	process(52, "bank");
	EXPECT(!event_name(names, root, &thread));
	EXPECT_TEXT(event_name(names, root, &own), "web");
	EXPECT_TEXT(event_name(names, root, &other), "web");
	EXPECT_TEXT(event_name(names, root, &own), "web");
	event_names_free(names);
}

/* libvirt's state of the domain, with Nova's name in it, is there a little later than QEMU. */
static void better_names_come_later(void)
{
	static const char status[] =
		"<domstatus pid='20'><domain><name>instance-1</name><metadata><instance><name>shop</name>"
		"</instance></metadata></domain></domstatus>";
	struct event_names *names = event_names_new();
	struct sevadm_event first = event(2, 20);

	process(20, "guest=instance-1");
	first.time_ns = SECOND;
	EXPECT_TEXT(event_name(names, root, &first), "instance-1");
	write_file("/run/libvirt/qemu/instance-1.xml", status, strlen(status));
	/* A tenth of a second has to pass; other processors' events may come a little late. */
	EXPECT_TEXT(event_name(names, root, &first), "instance-1");
	first.time_ns = SECOND / 2;
	EXPECT_TEXT(event_name(names, root, &first), "instance-1");
	first.time_ns = SECOND + SECOND / 10;
	EXPECT_TEXT(event_name(names, root, &first), "instance-1");
	first.time_ns++;
	EXPECT_TEXT(event_name(names, root, &first), "shop");
	/* It is the best that there is: nobody is asked for another one. */
	remove_file("/run/libvirt/qemu/instance-1.xml");
	first.time_ns += SECOND;
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

static void put_log(const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/var/log/libvirt/qemu/%s.log", name);
	write_file(path, text, strlen(text));
}

#define START(time)	"2026-11-27 " time "+0000: starting up libvirt version: 9.0.0, package: 9\n" \
			"LC_ALL=C \\\n-name guest=x \\\n"
#define QEMU		"2026-11-27T07:47:00.236184Z qemu-system-x86_64: sev_kvm_init: failed\n"
#define FAILED(time)	"2026-11-27 " time "+0000: shutting down, reason=failed\n"
#define ENDED(time)	"2026-11-27 " time "+0000: shutting down, reason=destroyed\n"

static bool found(__u64 time_ns, const char *want)
{
	char name[256] = "";
	bool is_found = libvirt_failed_start(root, time_ns, name, sizeof(name));

	if (is_found && want)
		EXPECT_TEXT(name, want);
	return is_found == !!want;
}

static void logs_of_failed_starts(void)
{
	static char padded[300 << 10];

	EXPECT(found(TIME_NS, NULL));
	put_log("web-front", START("07:46:00.100"));
	put_log("ended", START("07:46:59.100") ENDED("07:47:01.000"));
	put_log("earlier", START("07:46:50.100") FAILED("07:46:51.000"));
	EXPECT(found(TIME_NS, NULL));
	put_log("batch-7", START("07:40:00.100") FAILED("07:40:01.000") START("07:46:59.100") QEMU
			   FAILED("07:47:00.300"));
	EXPECT(found(TIME_NS, "batch-7"));
	EXPECT(found(TIME_NS - 7 * 60 * SECOND, "batch-7"));
	EXPECT(found(TIME_NS - 2 * SECOND, NULL));
	EXPECT(found(TIME_NS + 2 * SECOND, NULL));
	/* Which of two it was the time does not say. */
	put_log("batch-8", START("07:46:59.900") FAILED("07:47:00.900"));
	EXPECT(found(TIME_NS, NULL));
	remove_file("/var/log/libvirt/qemu/batch-8.log");
	/* The end of a log that has grown for years. */
	memset(padded, '\n', sizeof(padded) - 1);
	snprintf(padded + sizeof(padded) - 300, 300, "\n" START("07:46:59.100") FAILED("07:47:00.300"));
	put_log("batch-7", padded);
	EXPECT(found(TIME_NS, "batch-7"));
}

/* The clock of events counts from the boot. */
static void which_vm_failed_last(void)
{
	struct timespec boot, real;
	struct last last = { .nr = 1 };
	char text[256], began[64], end[64];
	struct tm tm;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	last.events[0] = event(1, 77);
	last.events[0].time_ns = boot.tv_sec * SECOND + boot.tv_nsec;
	real.tv_sec -= 2;
	strftime(began, sizeof(began), "%Y-%m-%d %H:%M:%S.000+0000", gmtime_r(&real.tv_sec, &tm));
	real.tv_sec += 4;
	strftime(end, sizeof(end), "%Y-%m-%d %H:%M:%S.000+0000", gmtime_r(&real.tv_sec, &tm));
	snprintf(text, sizeof(text), "%s: starting up libvirt\n%s: shutting down, reason=failed\n", began,
		 end);
	put_log("batch-9", text);
	last_find_name(&last, root);
	EXPECT_TEXT(last.name, "batch-9");
	EXPECT(last.by_log);
	last = (struct last) { .nr = 1, .events = { last.events[0] } };
	process(77, "still-there");
	last_find_name(&last, root);
	EXPECT_TEXT(last.name, "still-there");
	EXPECT(!last.by_log);
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
		{ "another process names nothing", another_process_names_nothing },
		{ "better names come later", better_names_come_later },
		{ "JSON has the name", json_has_the_name },
		{ "logs of starts that failed", logs_of_failed_starts },
		{ "which VM failed last", which_vm_failed_last },
	};

	strcpy(root, "/tmp/event_name_test.XXXXXX");
	if (!mkdtemp(root))
		ksft_exit_fail_msg("no folder for the tests\n");
	atexit(remove_root);
	/* libvirt's logs are in UTC wherever the host is. */
	setenv("TZ", "America/New_York", 1);
	run_tests(tests, ARRAY_SIZE(tests));
}
