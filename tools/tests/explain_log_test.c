// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logs: which lines say something, which line says why of another, and which have nothing to say
 * beside others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "explain/log.h"
#include "test.h"

/* Lines of the host: ccp and kvm_amd. */
#define TIMEOUT		"ccp 0000:01:00.5: sev command 0x85 timed out, disabling PSP\n"
#define BUFFERS		"ccp 0000:01:00.5: SEV: too many firmware commands are in-progress, no command buffers available.\n"
#define NOT_GIVEN	"ccp 0000:01:00.5: SEV: failed to INIT error 0xffffffff, rc -16\n"
#define INIT_REFUSED	"ccp 0000:01:00.5: SEV: failed to INIT error 0x3, rc -5\n"
#define INIT_AFTER_SNP	"ccp 0000:01:00.5: SEV: failed to INIT error 0x1, rc -5\n"
#define SNP_REFUSED	"ccp 0000:01:00.5: SEV-SNP: failed to INIT rc -5, error 0x3\n"
#define PROBE_FOLLOWS	"ccp 0000:01:00.5: sev initialization failed\n"
#define DISABLED	"kvm_amd: SEV disabled (ASIDs 100 - 509)\n"
#define NO_SEV		"ccp 0000:01:00.5: psp does not support SEV\n"
/* Lines of a launch: QEMU and KVM. */
#define MAKE_NOT_GIVEN	"qemu-system-x86_64: sev_kvm_init: failed to initialize ret=-16 fw_error=0 ''\n"
#define START_REFUSED	"qemu-system-x86_64: sev_launch_start: LAUNCH_START ret=-5 fw_error=3 'x'\n"
#define PAGE_FOLLOWS	"qemu-system-x86_64: SEV-SNP: failed update CPUID page\n"
#define LOCK_LIMIT	"SEV: 131072 locked pages exceed the lock limit of 16384.\n"
#define REGISTER	"qemu-system-x86_64: sev_ram_block_added: failed to register region (0x1+0x2) error 'Cannot allocate memory'\n"
/* Lines of a guest. */
#define GUEST		"guest kernel: sev-guest: Detected error from ASP request. rc: -5, exitinfo2: 0x16\n"
#define GUEST_FOLLOWS	"snpguest: ERROR: unable to fetch attestation report\n"

/* Other programs'. */
#define OTHER		"systemd[1]: Started something else.\n"
#define BOOT		"kernel: Linux version 6.12.0\n"

/* Takes @nr lines of other programs into @text. */
static void others(char *text, size_t size, unsigned int nr)
{
	while (nr--)
		append(text, size, "%s", OTHER);
}

static void read_text(struct log *log, const char *text)
{
	FILE *file = *text ? fmemopen((char *)text, strlen(text), "r") : NULL;

	memset(log, 0, sizeof(*log));
	if (file) {
		log_read(log, file);
		fclose(file);
	}
	log_link(log);
}

/*
 * What is left of a log: the number of each line that says something, with the number of the line
 * that says why of it, and in brackets where it is left out.
 */
static const char *readings_of(const struct log *log)
{
	static char text[1024];
	size_t i;

	*text = '\0';
	for (i = 0; i < log->nr; i++) {
		const struct reading *reading = &log->readings[i];

		append(text, sizeof(text), "%s%s%zu", i ? ", " : "", reading->left_out ? "(" : "",
		       reading->number);
		if (reading->by)
			append(text, sizeof(text), " by %zu", reading->by->number);
		if (reading->left_out)
			append(text, sizeof(text), ")");
	}
	return text;
}

/* @what is the first line, or what else a reader finds the row by. */
static void expect(const char *what, const char *text, const char *readings)
{
	struct log log;

	read_text(&log, text);
	if (strcmp(readings_of(&log), readings)) {
		ksft_print_msg("%.*s: \"%s\", not \"%s\"\n", (int)strcspn(what, "\n"), what,
			       readings_of(&log), readings);
		test_failed = true;
	}
	log_free(&log);
	EXPECT_NUMBER(log.nr, 0);
}

/* Two lines that say something, with so many of others between them. */
static void one_line_explains_another(void)
{
	static const struct {
		const char *first;
		unsigned int others;
		const char *second, *readings;
	} rows[] = {
		/* What the host said counts for all of the boot, but never backwards. */
		{ TIMEOUT, 0, NOT_GIVEN, "1, 2 by 1" },
		{ TIMEOUT, 500, NOT_GIVEN, "1, 502 by 1" },
		{ NOT_GIVEN, 0, TIMEOUT, "1, 2" },
		{ BUFFERS, 3, NOT_GIVEN, "1, 5 by 1" },
		{ SNP_REFUSED, 0, INIT_AFTER_SNP, "1, 2 by 1" },
		{ INIT_REFUSED, 0, DISABLED, "1, (2 by 1)" },
		{ INIT_REFUSED, 0, PROBE_FOLLOWS, "1, (2 by 1)" },
		/* A status is the firmware's answer: it was asked, whatever happened before. */
		{ TIMEOUT, 0, INIT_REFUSED, "1, 2" },
		{ LOCK_LIMIT, 0, START_REFUSED, "1, 2" },
		/* One status is no reason for another. */
		{ SNP_REFUSED, 0, INIT_REFUSED, "1, 2" },
		{ START_REFUSED, 0, MAKE_NOT_GIVEN, "1, 2" },
		/* A follower explains nothing, not even another follower. */
		{ DISABLED, 0, NOT_GIVEN, "1, 2" },
		{ PROBE_FOLLOWS, 0, DISABLED, "1, 2" },
		{ INIT_AFTER_SNP, 0, DISABLED, "1, 2" },
		/* A launch counts 40 lines before it and 8 after it. */
		{ TIMEOUT, 39, MAKE_NOT_GIVEN, "1, 41 by 1" },
		{ TIMEOUT, 40, MAKE_NOT_GIVEN, "1, 42" },
		{ MAKE_NOT_GIVEN, 7, TIMEOUT, "1 by 9, 9" },
		{ MAKE_NOT_GIVEN, 8, TIMEOUT, "1, 10" },
		{ LOCK_LIMIT, 39, REGISTER, "1, 41 by 1" },
		{ LOCK_LIMIT, 40, REGISTER, "1, 42" },
		{ REGISTER, 7, LOCK_LIMIT, "1 by 9, 9" },
		{ REGISTER, 8, LOCK_LIMIT, "1, 10" },
		{ START_REFUSED, 0, PAGE_FOLLOWS, "1, (2 by 1)" },
		{ PAGE_FOLLOWS, 7, START_REFUSED, "(1 by 9), 9" },
		{ PAGE_FOLLOWS, 8, START_REFUSED, "1, 10" },
		/* Guest and host are two machines. */
		{ GUEST, 0, MAKE_NOT_GIVEN, "1, 2" },
		{ GUEST, 0, PAGE_FOLLOWS, "1, 2" },
		{ GUEST, 0, NOT_GIVEN, "1, 2" },
		{ START_REFUSED, 0, GUEST_FOLLOWS, "1, 2" },
		/* But no guest gets an answer of a security processor that was given up. */
		{ TIMEOUT, 0, GUEST_FOLLOWS, "1, (2 by 1)" },
	};
	char text[64 << 10];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		strcpy(text, rows[i].first);
		others(text, sizeof(text), rows[i].others);
		append(text, sizeof(text), "%s", rows[i].second);
		expect(text, text, rows[i].readings);
	}
}

static void the_nearest_line_explains(void)
{
	static const struct {
		const char *text, *readings;
	} rows[] = {
		{ TIMEOUT BUFFERS MAKE_NOT_GIVEN, "1, 2, 3 by 2" },
		{ TIMEOUT MAKE_NOT_GIVEN BUFFERS, "1, 2 by 1, 3" },
		{ MAKE_NOT_GIVEN TIMEOUT BUFFERS, "1 by 2, 2, 3" },
		{ MAKE_NOT_GIVEN OTHER TIMEOUT, "1 by 3, 3" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		expect(rows[i].text, rows[i].text, rows[i].readings);
}

/* A security processor that was given up is at work again after the next boot. */
static void a_boot_ends_all(void)
{
	struct log log;

	expect("another boot", TIMEOUT BOOT MAKE_NOT_GIVEN, "1, 3");
	expect("the same boot", BOOT TIMEOUT MAKE_NOT_GIVEN, "2, 3 by 2");
	read_text(&log, TIMEOUT BOOT BUFFERS MAKE_NOT_GIVEN);
	EXPECT_NUMBER(log.readings[0].seen, CONTEXT_PSP_TIMEOUT);
	EXPECT_NUMBER(log.readings[1].seen, CONTEXT_PSP_BUFFERS | CONTEXT_INIT);
	EXPECT_NUMBER(log.readings[2].seen, CONTEXT_PSP_BUFFERS | CONTEXT_INIT);
	EXPECT_NUMBER(log.readings[0].boot, 0);
	EXPECT_NUMBER(log.readings[2].boot, 1);
	log_free(&log);
}

/* The same line again is one; in another boot it is another. */
static void repetitions(void)
{
	expect("three times", TIMEOUT OTHER TIMEOUT TIMEOUT, "4");
	expect("with another one", TIMEOUT MAKE_NOT_GIVEN TIMEOUT, "2 by 3, 3");
	expect("in two boots", TIMEOUT BOOT TIMEOUT, "1, 3");
	expect("another command", TIMEOUT "ccp 0000:01:00.5: sev command 0x86 timed out, disabling PSP\n", "2");
	expect("another status", INIT_REFUSED "ccp 0000:01:00.5: SEV: failed to INIT error 0x4, rc -5\n", "1, 2");
}

/* There is room for 64: the newest are kept, in their order. */
static void more_than_there_is_room_for(void)
{
	char text[16 << 10] = "";
	struct log log;
	unsigned int i;

	for (i = 1; i <= 67; i++)
		append(text, sizeof(text), "sev_launch_start: LAUNCH_START ret=-%u fw_error=0 ''\n", i);
	read_text(&log, text);
	EXPECT_NUMBER(log.nr, 64);
	EXPECT_NUMBER(log.lines, 67);
	for (i = 0; i < log.nr; i++) {
		EXPECT_NUMBER(log.readings[i].number, i + 4);
		EXPECT_NUMBER(log.readings[i].symptom.err, i + 4);
	}
	log_free(&log);
}

/* One of as many lines as there is room for comes again: it is the last one, and no other moves. */
static void a_full_log_that_repeats_itself(void)
{
	char text[16 << 10] = "";
	struct log log;
	unsigned int i;

	for (i = 1; i <= READINGS_MAX + 1; i++)
		append(text, sizeof(text), "sev_launch_start: LAUNCH_START ret=-%u fw_error=0 ''\n",
		       i <= READINGS_MAX ? i : 40);
	read_text(&log, text);
	EXPECT_NUMBER(log.nr, READINGS_MAX);
	for (i = 0; i < log.nr; i++) {
		EXPECT_NUMBER(log.readings[i].number, i < 39 ? i + 1 : i + 2);
		EXPECT_NUMBER(log.readings[i].symptom.err, i < 39 ? i + 1 : i < 63 ? i + 2 : 40);
	}
	log_free(&log);
}

/* Up to 60 lines somebody has chosen; a journal has much that is of no interest. */
static void journals(void)
{
	static const struct {
		const char *text;
		unsigned int others;
		const char *readings;
	} rows[] = {
		/* What a machine is like, without a failure. */
		{ NO_SEV, 59, "1" },
		{ NO_SEV, 60, "(1)" },
		{ NO_SEV START_REFUSED, 60, "1, 2 by 1" },
		{ NO_SEV DISABLED, 60, "(1), (2 by 1)" },
		/* What only follows, and what it follows is not there. */
		{ PAGE_FOLLOWS, 59, "1" },
		{ PAGE_FOLLOWS, 60, "(1)" },
		{ PAGE_FOLLOWS START_REFUSED, 59, "(1 by 2), 2" },
		{ START_REFUSED, 60, "1" },
	};
	char text[8 << 10];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		strcpy(text, rows[i].text);
		others(text, sizeof(text), rows[i].others);
		expect(text, text, rows[i].readings);
	}
}

/* Lines that other machines print, too, count beside one about encrypted guests. */
static void what_shows_that_a_log_is_about_sev(void)
{
	static const char others_say[] = "qemu-system-x86_64: error: kvm run failed Invalid argument\n";
	static const struct {
		const char *line;
		bool about_sev;
	} rows[] = {
		{ "-object sev-guest,id=s", true }, { "-object sev-snp-guest,id=s", true },
		{ "<launchSecurity type='sev'>", true }, { "launch security is set", true },
		{ "-machine memory-encryption=s", true }, { "confidential-guest-support=s", true },
		{ "Confidential VM: SEV: Status: SEV", true }, { "sev_kvm_init()", true },
		{ "LAUNCH_MEASURE", true }, { "a SEV guest", true }, { "get_report: failed", true },
		{ "AMD Secure Encrypted Virtualization (SEV) active", true },
		{ "AMD Memory Encryption Features active: SEV SEV-ES", true },
		{ "AMD Memory Encryption Features active: SME", false },
		{ "seven guests", false }, { "SEVERE: out of order", false }, { "report: none", false },
		{ "encryption features: SEV", false },
	};
	char text[512];
	struct log log;
	size_t i;

	expect("alone", others_say, "");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "%s%s\n", others_say, rows[i].line);
		expect(rows[i].line, text, rows[i].about_sev ? "1" : "");
	}
	/* What is typed is about SEV. */
	memset(&log, 0, sizeof(log));
	log_take_typed(&log, "qemu-system-x86_64: error: kvm run failed Invalid argument");
	log_link(&log);
	EXPECT_TEXT(readings_of(&log), "1");
	log_free(&log);
}

/* Any IOMMU may hang: it is SNP's doing only where there is an RMP. */
static void what_needs_an_rmp(void)
{
	static const char hangs[] = "AMD-Vi: Completion-Wait loop timed out\n";
	char text[256];
	struct log log;

	expect("alone", hangs, "");
	snprintf(text, sizeof(text), "%s%s", START_REFUSED, hangs);
	expect("SEV", text, "1");
	snprintf(text, sizeof(text), "SEV-SNP: RMP table physical range [0x1 - 0x2]\n%s", hangs);
	expect("an RMP", text, "2");
	snprintf(text, sizeof(text), "SEV-SNP: Reserving start/end of RMP table\n%s", hangs);
	expect("an RMP that was moved", text, "2");
	memset(&log, 0, sizeof(log));
	log_take_typed(&log, "AMD-Vi: Completion-Wait loop timed out");
	log_link(&log);
	EXPECT_TEXT(readings_of(&log), "1");
	log_free(&log);
}

/* QEMU's command line stands before what QEMU says: its policy is that of the launch. */
static void policies(void)
{
	static const struct {
		const char *text;
		bool has_policy;
		uint64_t policy;
	} rows[] = {
		{ "-object sev-guest,id=s,policy=0x5\n" START_REFUSED, true, 5 },
		{ "-object sev-guest,id=s,policy=0x5\n" OTHER MAKE_NOT_GIVEN, true, 5 },
		/* The newest; that of the line itself before all others. */
		{ "-object sev-guest,policy=0x5\n-object sev-guest,policy=0x7\n" START_REFUSED, true, 7 },
		{ "-object sev-guest,policy=0x5\nsev_launch_start: LAUNCH_START ret=-5 fw_error=7 '' policy=0x9\n",
		  true, 9 },
		/* Not what came later, what others call a policy, and where there is no launch. */
		{ START_REFUSED "-object sev-guest,id=s,policy=0x5\n", false, 0 },
		{ "tc qdisc policy=0x5\n" START_REFUSED, false, 0 },
		{ "-object sev-guest,id=s\n" START_REFUSED, false, 0 },
		{ "-object sev-guest,id=s,policy=0x5\n" TIMEOUT, false, 0 },
		{ "-object sev-guest,id=s,policy=0x5\n" INIT_REFUSED, false, 0 },
	};
	struct log log;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		read_text(&log, rows[i].text);
		EXPECT_NUMBER(log.nr, 1);
		EXPECT_NUMBER(log.readings[0].symptom.has_policy, rows[i].has_policy);
		EXPECT_NUMBER(log.readings[0].symptom.policy, rows[i].policy);
		log_free(&log);
	}
}

static void lines_are_kept_as_they_are(void)
{
	static char text[16 << 10];
	struct log log;

	read_text(&log, "ccp: sev command 0x85 timed out, disabling PSP\r\nthe end, without a line break");
	EXPECT_TEXT(log.readings[0].line, "ccp: sev command 0x85 timed out, disabling PSP");
	EXPECT_NUMBER(log.lines, 2);
	log_free(&log);
	/* A line that is too long for any message is read in pieces. */
	memset(text, 'x', 3 * 4095);
	strcpy(text + 3 * 4095, "\n" TIMEOUT);
	read_text(&log, text);
	EXPECT_NUMBER(log.nr, 1);
	EXPECT_NUMBER(log.readings[0].number, 5);
	log_free(&log);
	read_text(&log, "");
	EXPECT_NUMBER(log.lines, 0);
	log_free(&log);
}

/* What the trace has is shown as it is, and taken for the line that means the same. */
static void lines_with_a_meaning(void)
{
	struct log log = {};

	EXPECT(log_take_as(&log, "the trace's own words", "LAUNCH_START ret=-5 fw_error=3"));
	EXPECT(!log_take_as(&log, "more words", "nothing that is known"));
	EXPECT_NUMBER(log.nr, 1);
	EXPECT_NUMBER(log.lines, 2);
	EXPECT_TEXT(log.readings[0].line, "the trace's own words");
	EXPECT_NUMBER(log.readings[0].symptom.context, CONTEXT_START);
	EXPECT_NUMBER(log.readings[0].symptom.fw_error, 3);
	log_free(&log);
}

int main(void)
{
	static const struct test tests[] = {
		{ "one line explains another", one_line_explains_another },
		{ "the nearest line explains", the_nearest_line_explains },
		{ "a boot ends all", a_boot_ends_all },
		{ "repetitions", repetitions },
		{ "more than there is room for", more_than_there_is_room_for },
		{ "a full log that repeats itself", a_full_log_that_repeats_itself },
		{ "journals", journals },
		{ "what shows that a log is about SEV", what_shows_that_a_log_is_about_sev },
		{ "what needs an RMP", what_needs_an_rmp },
		{ "policies", policies },
		{ "lines are kept as they are", lines_are_kept_as_they_are },
		{ "lines with a meaning", lines_with_a_meaning },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
