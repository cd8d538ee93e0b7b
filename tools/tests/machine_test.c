// SPDX-License-Identifier: GPL-2.0-only
/* One machine that is measured: its arguments, what it answers, and each call that can fail. */
#include "memlock/machine.h"
#include "made_up_qemu.h"

/* Starts one with @more arguments; its files' folder is not there afterwards. */
static int start_with(const struct qemu *with, const char *const *more, uint64_t limit,
		      struct machine_seen *seen)
{
	static const char *const files[] = { "code", "vars", "disk" };
	char folder[] = "/tmp/sevadm-machine-XXXXXX", path[64];
	size_t i;
	int ret;

	begin(with);
	EXPECT(mkdtemp(folder));
	ret = machine_start("some-qemu", folder, more, limit, seen);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	EXPECT(!rmdir(folder));
	return ret;
}

static int start(const struct qemu *with, uint64_t limit, struct machine_seen *seen)
{
	return start_with(with, (const char *const[]) { "-smp", "2", NULL }, limit, seen);
}

/* The sizes of one as /proc has them, in KiB, and whether it started. */
static const char *text_of(const struct machine_seen *seen)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s: mapped %lu, usable %lu, resident %lu, anonymous %lu, code %lu",
		 seen->started ? "started" : "not started", seen->mapped / KIB, seen->usable / KIB,
		 seen->resident / KIB, seen->anonymous / KIB, seen->code_buffer / KIB);
	return text;
}

#define NOTHING_SEEN	"not started: mapped 0, usable 0, resident 0, anonymous 0, code 0"

/* libvirt's arguments, but for those that would need a host: qemuBuildCommandLine(). */
static void what_a_machine_is(void)
{
	static const char arguments[] =
		"-name guest=sevadm-calibration,debug-threads=on -S -cpu qemu64 -m 512 -display none -nodefaults "
		"-no-user-config -rtc base=utc -no-shutdown -boot strict=on "
		"-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
		"-device pcie-root-port,port=16,chassis=1,id=pci.1,bus=pcie.0,multifunction=on,addr=0x2 "
		"-device pcie-root-port,port=17,chassis=2,id=pci.2,bus=pcie.0,addr=0x2.0x1 "
		"-chardev stdio,id=charmonitor -mon chardev=charmonitor,id=monitor,mode=control "
		"-machine q35,pflash0=pflash0,pflash1=pflash1 "
		"-blockdev driver=file,filename=FOLDER/code,node-name=pflash0,read-only=on "
		"-blockdev driver=file,filename=FOLDER/vars,node-name=pflash1 ";
	static const struct {
		uint64_t limit;
		bool has_kvm;
		const char *arguments, *log, *text;
	} rows[] = {
		{ 0, true, "-accel kvm -overcommit mem-lock=off -smp 2", "off",
		  "started: mapped 737280, usable 671744, resident 51200, anonymous 20480, code 0" },
		{ 0, false, "-accel tcg,tb-size=1 -overcommit mem-lock=off -smp 2", "off",
		  "started: mapped 738304, usable 672768, resident 51200, anonymous 20480, code 1024" },
		{ 700 * MIB, true, "-accel kvm -overcommit mem-lock=on -smp 2", "716800",
		  "started: mapped 737280, usable 671744, resident 594944, anonymous 20480, code 0" },
		{ 600 * MIB, true, "-accel kvm -overcommit mem-lock=on -smp 2", "614400", NOTHING_SEEN },
	};
	struct qemu with = {};
	const bool kept_before = prctl(PR_CAPBSET_READ, CAP_IPC_LOCK) > 0;
	char want[2048], have[4096], *at;
	struct machine_seen seen;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		with.has_kvm = rows[i].has_kvm;
		EXPECT_NUMBER(start(&with, rows[i].limit, &seen), 0);
		EXPECT_TEXT(text_of(&seen), rows[i].text);
		EXPECT_TEXT(machine->log, rows[i].log);
		snprintf(have, sizeof(have), "%s", machine->arguments);
		while ((at = strstr(have, "/tmp/sevadm-machine-")) != NULL) {
			memcpy(at, "FOLDER", 6);
			memmove(at + 6, at + 26, strlen(at + 26) + 1);
		}
		snprintf(want, sizeof(want), "%s%s", arguments, rows[i].arguments);
		EXPECT_TEXT(have, want);
		snprintf(want, sizeof(want), "code 1966080, vars 131072, disk 1048576, stderr 1:3, "
			 "dies with signal 9, SIGPIPE as usual, CAP_IPC_LOCK %s",
			 rows[i].limit && !geteuid() ? "dropped" : kept_before ? "kept" : "dropped");
		EXPECT_TEXT(machine->seen, want);
	}
}

/* A machine is up when it answers what was asked. */
static void what_a_machine_answers(void)
{
	static const struct {
		const char *says;
		bool up;
	} rows[] = {
		{ "{\"return\": {\"status\": \"prelaunch\", \"running\": false}, \"id\": \"up\"}\n", true },
		/* Its main loop has answered, and not what was asked. */
		{ "{\"error\": {\"class\": \"CommandNotFound\"}, \"id\": \"up\"}\n", false },
	};
	struct machine_seen seen;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_NUMBER(start(&(struct qemu) { .says = rows[i].says }, 0, &seen), 0);
		EXPECT_NUMBER(seen.started, rows[i].up);
		EXPECT_NUMBER(!!seen.mapped, rows[i].up);
	}
}

/* 95 words, and 65535 bytes of an answer, are all that there is room for. */
static void what_there_is_room_for(void)
{
	static const char *many[128];
	static char answer[65537];
	const struct qemu talks = { .says = answer };
	struct machine_seen seen;
	unsigned int words = 1;
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(many) - 1; i++)
		many[i] = "-x";
	EXPECT_NUMBER(start_with(&(struct qemu) {}, many, 0, &seen), 0);
	EXPECT(seen.started);
	for (at = machine->arguments; (at = strchr(at, ' ')); at++)
		words++;
	EXPECT_NUMBER(1 + words, 95);
	for (i = 65535; i <= 65536; i++) {
		memset(answer, ' ', i);
		memcpy(answer, "{\"running\": false", 17);
		strcpy(answer + i - 4, "\"up\"");
		EXPECT_NUMBER(start(&talks, 0, &seen), 0);
		EXPECT_NUMBER(seen.started, i == 65535);
	}
}

/* Whatever fails: nothing stays open (run_tests() counts), and SIGPIPE is as it was. */
static void what_can_fail(void)
{
	static const struct {
		const char *call;
		int error;
		unsigned int after;
		int ret;
		uint64_t limit;
		bool starts, stays;
	} rows[] = {
		{ "ftruncate", ENOSPC, 0, -ENOSPC }, { "ftruncate", ENOSPC, 2, -ENOSPC },
		{ "pwrite", ENOSPC, 0, -ENOSPC }, { "pwrite", EIO, 31, -EIO },
		{ "pipe2", EMFILE, 0, -EMFILE }, { "pipe2", ENFILE, 1, -ENFILE },
		{ "fork", EAGAIN, 0, -EAGAIN },
		{ "fopen", ESRCH, 0, -ESRCH }, { "fopen", EACCES, 1, -EACCES },
		/* In the child, before it becomes the machine. */
		{ "setrlimit", EPERM, 0, -EPERM, MIB }, { "execvp", ENOENT, 0, -ENOENT },
		/* It says nothing; it does not end. */
		{ "poll", 0, 0, 0 }, { "poll", 0, 1, 0, .stays = true },
		/* A signal came: it is waited for again. */
		{ "waitpid", EINTR, 0, 0, 0, true },
	};
	struct qemu with = { .says = "{\"return\": {\"running\": false}, \"id\": \"up\"}\n" };
	struct machine_seen seen;
	unsigned int files;
	size_t i;

	signal(SIGPIPE, SIG_DFL);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		files = count_files();
		with.stays = rows[i].stays;
		fault = (typeof(fault)) { rows[i].call, rows[i].error, rows[i].after };
		EXPECT_NUMBER(start(&with, rows[i].limit, &seen), rows[i].ret);
		EXPECT_NUMBER(seen.started, rows[i].starts);
		EXPECT_NUMBER(count_files(), files);
		EXPECT(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
		fault.call = NULL;
	}
	EXPECT_NUMBER(machine_start("some-qemu", "/no/such/folder", (const char *const[]) { NULL }, 0, &seen),
		      -ENOENT);
	EXPECT_TEXT(text_of(&seen), NOTHING_SEEN);
}

int main(void)
{
	static const struct test tests[] = {
		{ "what a machine is", what_a_machine_is },
		{ "what a machine answers", what_a_machine_answers },
		{ "what there is room for", what_there_is_room_for },
		{ "what can fail", what_can_fail },
	};

	share();
	run_tests(tests, ARRAY_SIZE(tests));
}
