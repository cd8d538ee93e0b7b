// SPDX-License-Identifier: GPL-2.0-only
/* A running QEMU, which a made-up /proc and cgroups describe: its headroom, and what is near it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "memlock/process.h"
#include "report/findings.h"
#include "folder.h"
#include "test.h"

static char root[] = "/tmp/sevadm-process-XXXXXX";

static void put(const char *path, const char *text)
{
	folder_put(root, path, 0644, text);
}

/* A tenant chooses the names of its cgroups: an escape sequence, and a byte that is no UTF-8. */
static void cgroups_have_any_name(void)
{
	struct json_object *memlock, *room;
	struct report report = {};

	put("proc/7/limits", "Max locked memory         65536   65536   bytes\n");
	put("proc/7/cgroup", "0::/a\033[2J\xff\n");
	put("sys/fs/cgroup/a\033[2J\xff/memory.max", "1048576\n");
	put("sys/fs/cgroup/a\033[2J\xff/memory.current", "4096\n");
	EXPECT_NUMBER(memlock_process(&report, 7), 0);
	EXPECT(report.nr == 1 && strstr(report.targets[0]->text, "cgroup    /a?[2J") &&
	       strstr(report.targets[0]->text, "memory.max of /a?[2J") &&
	       !strchr(report.targets[0]->text, '\033'));
	memlock = json_object_object_get(report.targets[0]->extra, "memlock");
	room = json_object_object_get(memlock, "headroom");
	EXPECT_TEXT(json_get_text(memlock, "cgroup"), "/a\033[2J\xef\xbf\xbd");
	EXPECT_TEXT(json_get_text(room, "charged_cgroup"), "/a\033[2J\xef\xbf\xbd");
	report_free(&report);
}

/* Writes @text to a file of the process, or takes the file away. */
static void set_file(const char *path, const char *text)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/%s", root, path);
	if (text)
		put(path, text);
	else
		unlink(name);
}

/* Near is less than a 16th of the limit: of 64 MiB less than 4096 KiB. */
static void processes(void)
{
	static const struct {
		const char *limit, *status, *max, *current, *above_max, *above_current, *findings;
		const char *text;
	} rows[] = {
		/* No cgroup has a limit, and nothing is locked but a little. */
		{ "67108864", "VmSize:  131072 kB\nVmLck:  65536 kB\n", NULL, NULL, NULL, NULL, "",
		  "  pinned       unknown     of 64.0 MiB\n"
		  "  charged      unknown     of unlimited\n"
		  "  cgroup    /a/b\n" },
		/* mlockall() has more than half of it locked. */
		{ "67108864", "VmSize:  61440 kB\nVmLck:  30721 kB\n", NULL, NULL, NULL, NULL, "",
		  "  pinned       unknown     of 64.0 MiB\n"
		  "  charged      unknown     of unlimited\n"
		  "  mapped          60.0 MiB of 64.0 MiB, 4.0 MiB left\n"
		  "  cgroup    /a/b\n" },
		{ "67108864", "VmSize:  61441 kB\nVmLck:  61440 kB\n", NULL, NULL, NULL, NULL,
		  "0: mapped, against RLIMIT_MEMLOCK: 60.0 MiB of 64.0 MiB, 4.0 MiB are left\n",
		  "  pinned       unknown     of 64.0 MiB\n"
		  "  charged      unknown     of unlimited\n"
		  "  mapped          60.0 MiB of 64.0 MiB, 4.0 MiB left\n"
		  "  cgroup    /a/b\n" },
		{ "67108864", "VmSize:  65536 kB\nVmLck:  65536 kB\n", NULL, NULL, NULL, NULL,
		  "0: mapped, against RLIMIT_MEMLOCK: 64.0 MiB of 64.0 MiB, 0.0 MiB are left\n",
		  "  pinned       unknown     of 64.0 MiB\n"
		  "  charged      unknown     of unlimited\n"
		  "  mapped          64.0 MiB of 64.0 MiB, 0.0 MiB left\n"
		  "  cgroup    /a/b\n" },
		{ "67108864", "VmSize:  65537 kB\nVmLck:  65537 kB\n", NULL, NULL, NULL, NULL,
		  "0: mapped, against RLIMIT_MEMLOCK: 64.0 MiB of 64.0 MiB, 0.0 MiB are left\n",
		  "  pinned       unknown     of 64.0 MiB\n"
		  "  charged      unknown     of unlimited\n"
		  "  mapped          64.0 MiB of 64.0 MiB  (CAP_IPC_LOCK is not held to it)\n"
		  "  cgroup    /a/b\n" },
		{ "unlimited", "VmSize:  65537 kB\nVmLck:  65537 kB\n", NULL, NULL, NULL, NULL, "",
		  "  pinned       unknown     of unlimited\n"
		  "  charged      unknown     of unlimited\n"
		  "  mapped          64.0 MiB of unlimited\n"
		  "  cgroup    /a/b\n" },
		/* Its own cgroup, and the one above, whichever has less. */
		{ "unlimited", "", "67108864\n", "62914560\n", "max\n", "99999999\n", "",
		  "  pinned       unknown     of unlimited\n"
		  "  charged         60.0 MiB of 64.0 MiB, 4.0 MiB left\n"
		  "  cgroup    /a/b\n"
		  "  at most          4.0 MiB may be added, by memory.max of /a/b\n" },
		{ "unlimited", "", "67108864\n", "62914561\n", "max\n", "99999999\n",
		  "0: charged, against memory.max: 60.0 MiB of 64.0 MiB, 4.0 MiB are left\n",
		  "  pinned       unknown     of unlimited\n"
		  "  charged         60.0 MiB of 64.0 MiB, 4.0 MiB left\n"
		  "  cgroup    /a/b\n"
		  "  at most          4.0 MiB may be added, by memory.max of /a/b\n" },
		{ "unlimited", "", "67108864\n", "1048576\n", "67108864\n", "62914561\n",
		  "0: charged, against memory.max of /a: 4.0 MiB are left for all in it\n",
		  "  pinned       unknown     of unlimited\n"
		  "  charged          1.0 MiB of 64.0 MiB, 63.0 MiB left\n"
		  "  cgroup    /a/b\n"
		  "  at most          4.0 MiB may be added, by memory.max of /a\n" },
		{ "unlimited", "", "max\n", "1048576\n", "67108864\n", "62914560\n", "",
		  "  pinned       unknown     of unlimited\n"
		  "  charged          1.0 MiB of 64.0 MiB, 63.0 MiB left\n"
		  "  cgroup    /a/b\n"
		  "  at most          4.0 MiB may be added, by memory.max of /a\n" },
		{ "unlimited", "", "1048576\n", "1048577\n", NULL, NULL,
		  "0: charged, against memory.max: 1.0 MiB of 1.0 MiB, 0.0 MiB are left\n",
		  "  pinned       unknown     of unlimited\n"
		  "  charged          1.0 MiB of 1.0 MiB  (it was lowered since)\n"
		  "  cgroup    /a/b\n"
		  "  at most          0.0 MiB may be added, by memory.max of /a/b\n" },
	};
	struct target *target;
	struct report report;
	char text[1024];
	size_t i, j;

	put("proc/7/cgroup", "0::/a/b\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "Limit   Soft   Hard   Units\nMax locked memory   %s   %s   bytes\n",
			 rows[i].limit, rows[i].limit);
		put("proc/7/limits", text);
		put("proc/7/status", rows[i].status);
		set_file("sys/fs/cgroup/a/b/memory.max", rows[i].max);
		set_file("sys/fs/cgroup/a/b/memory.current", rows[i].current);
		set_file("sys/fs/cgroup/a/memory.max", rows[i].above_max);
		set_file("sys/fs/cgroup/a/memory.current", rows[i].above_current);
		report = (struct report) {};
		EXPECT_NUMBER(memlock_process(&report, 7), 0);
		target = report.targets[0];
		text[0] = '\0';
		/* The first says that the module is not asked. */
		for (j = 1; j < target->nr; j++)
			append(text, sizeof(text), "%u: %s\n", target->findings[j].line, target->findings[j].message);
		EXPECT_TEXT(text, rows[i].findings);
		EXPECT_TEXT(target->text, rows[i].text);
		report_free(&report);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "cgroups have any name", cgroups_have_any_name },
		{ "processes", processes },
	};

	folder_make(root);
	setenv("SEVADM_SYSROOT", root, true);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(root);
	ksft_finished();
}
