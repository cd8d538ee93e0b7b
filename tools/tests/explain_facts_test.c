// SPDX-License-Identifier: GPL-2.0-only
/*
 * The facts that explain looks for: from files of a folder that stands for /, and a processor that
 * is made up.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "explain/explain.h"
#include "folder.h"
#include "processor.h"
#include "test.h"

static char root[PATH_MAX];
static struct facts facts;

/* Begins again with an empty folder. */
static void begin(void)
{
	if (*root)
		folder_remove(root);
	strcpy(root, "/tmp/sevadm-facts-XXXXXX");
	folder_make(root);
	processor = (struct processor) { .leaves = { { .leaf = UINT32_MAX } } };
}

static void put(const char *path, const char *text)
{
	folder_put(root, path, 0644, text);
}

static const struct facts *gather(void)
{
	memset(&facts, 0xaa, sizeof(facts));
	facts_gather(root, NULL, &facts);
	return &facts;
}

/* All that is known of each pool, as text. */
static const char *pools(void)
{
	static const char *const names[] = { "sev", "sev_es", "sev_snp" };
	static char text[2048];
	unsigned int i;

	*text = '\0';
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct pool_facts *pool = &facts.pools[i];

		if (pool->misc_known)
			append(text, sizeof(text), "%s %" PRIu64 " of %" PRIu64 "; ", names[i],
			       pool->misc_current, pool->misc_capacity);
		if (*pool->full_cgroup)
			append(text, sizeof(text), "%s full in %s; ", names[i], pool->full_cgroup);
		EXPECT(!pool->known && !pool->free_known && !pool->used && !pool->reclaim);
	}
	return text;
}

static void nothing_to_read_is_nothing_known(void)
{
	begin();
	gather();
	EXPECT_NUMBER(facts.kvm_amd, FACT_UNKNOWN);
	EXPECT_NUMBER(facts.parameters[SEVADM_VM_TYPE_SEV], FACT_UNKNOWN);
	EXPECT_NUMBER(facts.parameters[SEVADM_VM_TYPE_SEV_ES], FACT_UNKNOWN);
	EXPECT_NUMBER(facts.parameters[SEVADM_VM_TYPE_SEV_SNP], FACT_UNKNOWN);
	EXPECT_TEXT(pools(), "");
	EXPECT(!facts.cpuid_known);
	EXPECT_NUMBER(facts.seen, 0);
	EXPECT_NUMBER(facts.refusals.nr, 0);
	EXPECT(!facts.refusal);
}

static void modules(void)
{
	begin();
	put("sys/module/ccp/refcnt", "0\n");
	EXPECT_NUMBER(gather()->kvm_amd, 0);
	put("sys/module/kvm_amd/refcnt", "0\n");
	EXPECT_NUMBER(gather()->kvm_amd, 1);
}

/* What each parameter is now; up to 5.12 sev was a number. */
static void parameters(void)
{
	static const struct {
		const char *text;
		int is;
	} rows[] = { { "Y\n", 1 }, { "1\n", 1 }, { "N\n", 0 }, { "0\n", 0 }, { "", 0 } };
	static const char *const names[] = { "sev", "sev_es", "sev_snp" };
	char path[128];
	size_t i, j, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (j = 0; j < ARRAY_SIZE(names); j++) {
			begin();
			snprintf(path, sizeof(path), "sys/module/kvm_amd/parameters/%s", names[j]);
			put(path, rows[i].text);
			gather();
			for (k = 0; k < ARRAY_SIZE(names); k++)
				EXPECT_NUMBER(facts.parameters[k],
					      k == j ? rows[i].is : FACT_UNKNOWN);
		}
}

static void what_the_misc_controller_counts(void)
{
	static const struct {
		const char *capacity, *current, *pools;
	} rows[] = {
		{ "sev 400\nsev_es 99\n", "sev 12\nsev_es 3\n", "sev 12 of 400; sev_es 3 of 99; " },
		{ "sev_es 99\nsev 400\n", "sev_es 3\nsev 12\n", "sev 12 of 400; sev_es 3 of 99; " },
		/* The root of Linux 6.1 does not say how many are used. */
		{ "sev 400\nsev_es 99\n", NULL, "" },
		{ NULL, "sev 400\nsev_es 99\n", "" },
		{ "sev 400\n", "sev 12\nsev_es 3\n", "sev 12 of 400; " },
		{ "sev_es 99", "sev_es 0", "sev_es 0 of 99; " },
		{ "sevs 400\nse 3\nsev\n", "sev 12\n", "" },
		{ "", "", "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		if (rows[i].capacity)
			put("sys/fs/cgroup/misc.capacity", rows[i].capacity);
		if (rows[i].current)
			put("sys/fs/cgroup/misc.current", rows[i].current);
		gather();
		EXPECT_TEXT(pools(), rows[i].pools);
	}
}

static void cgroups_that_are_full(void)
{
	static const struct {
		const char *max, *current, *pools;
	} rows[] = {
		{ "sev 8\nsev_es max\n", "sev 8\nsev_es 3\n", "sev full in /a.slice/b.scope; " },
		{ "sev 8\nsev_es 2\n", "sev 7\nsev_es 2\n", "sev_es full in /a.slice/b.scope; " },
		/* A limit that was lowered since. */
		{ "sev 8\nsev_es max\n", "sev 9\nsev_es 3\n", "sev full in /a.slice/b.scope; " },
		{ "sev 0\nsev_es max\n", "sev 0\nsev_es 3\n", "sev full in /a.slice/b.scope; " },
		{ "sev 8\nsev_es 4\n", "sev 7\nsev_es 3\n", "" },
		{ "sev max\nsev_es max\n", "sev 18446744073709551615\nsev_es 3\n", "" },
		{ "sev 8\n", "sev_es 9\n", "" },
		{ "sev 8\nsev_es 1\n", "sev 8\nsev_es 1\n",
		  "sev full in /a.slice/b.scope; sev_es full in /a.slice/b.scope; " },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		put("sys/fs/cgroup/a.slice/b.scope/misc.max", rows[i].max);
		put("sys/fs/cgroup/a.slice/b.scope/misc.current", rows[i].current);
		gather();
		EXPECT_TEXT(pools(), rows[i].pools);
	}
}

/* The outer one counts: raising the inner one would not help. Files of the root are the host's. */
static void the_outer_cgroup_counts(void)
{
	begin();
	put("sys/fs/cgroup/a.slice/b.scope/misc.max", "sev 2\nsev_es 1\n");
	put("sys/fs/cgroup/a.slice/b.scope/misc.current", "sev 2\nsev_es 1\n");
	put("sys/fs/cgroup/a.slice/misc.max", "sev 8\nsev_es 3\n");
	put("sys/fs/cgroup/a.slice/misc.current", "sev 8\nsev_es 2\n");
	put("sys/fs/cgroup/.hidden/misc.max", "sev_snp 0\n");
	put("sys/fs/cgroup/.hidden/misc.current", "sev_snp 0\n");
	gather();
	EXPECT_TEXT(pools(), "sev full in /a.slice; sev_es full in /a.slice/b.scope; ");
}

/* As deep as 16 levels; what is below is left out, as a loop of mounts would have no end. */
static void how_deep_cgroups_are_looked_for(void)
{
	char path[256], file[300];
	unsigned int depth, i;

	for (depth = 15; depth <= 17; depth++) {
		begin();
		strcpy(path, "");
		for (i = 0; i < depth; i++)
			append(path, sizeof(path), "/%u", i);
		snprintf(file, sizeof(file), "sys/fs/cgroup%s/misc.max", path);
		put(file, "sev 1\n");
		snprintf(file, sizeof(file), "sys/fs/cgroup%s/misc.current", path);
		put(file, "sev 1\n");
		gather();
		EXPECT_TEXT(facts.pools[SEVADM_POOL_SEV].full_cgroup, depth <= 16 ? path : "");
	}
}

/* Only what stays so until the next boot counts of the kernel's log. */
static void what_the_kernel_logged(void)
{
	static const struct {
		const char *record;
		unsigned int seen;
	} rows[] = {
		{ "3,1,1,-;ccp 0000:01:00.5: sev command 0x85 timed out, disabling PSP\n", CONTEXT_PSP_TIMEOUT },
		{ "3,1,1,-;ccp 0000:01:00.5: SEV: too many firmware commands are in-progress, no command buffers available.\n",
		  CONTEXT_PSP_BUFFERS },
		{ "3,1,1,-;ccp 0000:01:00.5: SEV: failed to INIT error 0x13, rc -5\n", CONTEXT_PSP_INIT },
		{ "3,1,1,-;ccp 0000:01:00.5: SEV-SNP: failed to INIT rc -5, error 0x3\n", CONTEXT_SNP_INIT },
		{ "3,1,1,-;ccp 0000:01:00.5: sev command 0x1 failed (0x00000013)\n", 0 },
		{ "6,1,1,-;ccp 0000:01:00.5: SEV API:1.55 build:21\n", 0 },
		/* Whoever may write to the log could say so. */
		{ "3,1,1,-;somebody: sev command 0x85 timed out, disabling PSP\n", 0 },
		{ "", 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		put("dev/kmsg", rows[i].record);
		gather();
		EXPECT_NUMBER(facts.seen, rows[i].seen);
	}
}

/*
 * Each read() gives a record, here as much as there is room for: nothing of the one before is left.
 */
static void records_are_read_one_by_one(void)
{
	static const char says[] = "sev command 0x85 timed out, disabling PSP";
	static char text[8191 + 64];

	begin();
	memset(text, 'x', sizeof(text));
	strcpy(text + 8191 - strlen(says), says);
	strcat(text, "ccp 0000:01:00.5: ");
	put("dev/kmsg", text);
	gather();
	EXPECT_NUMBER(facts.seen, 0);
	/* Both in one. */
	memmove(text, text + 8191 - strlen(says), strlen(says) + 32);
	put("dev/kmsg", text);
	gather();
	EXPECT_NUMBER(facts.seen, CONTEXT_PSP_TIMEOUT);
}

/* Leaf 0x8000001F: bit 1 of EAX is SEV, ECX the number of ASIDs, EDX the first of plain SEV. */
static void what_the_processor_says(void)
{
	static const struct {
		uint32_t leaf, eax;
		bool known;
	} rows[] = {
		{ 0x8000001f, 2, true }, { 0x8000001f, 0x1b, true }, { 0x8000001f, ~2U, false },
		{ 0x8000001f, 0, false }, { 0x80000020, 2, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		put("dev/cpu/0/cpuid", "");
		processor.leaves[0].leaf = rows[i].leaf;
		processor.leaves[0].registers[0] = rows[i].eax;
		processor.leaves[0].registers[2] = 509;
		processor.leaves[0].registers[3] = 100;
		processor.leaves[1].leaf = UINT32_MAX;
		gather();
		EXPECT_NUMBER(facts.cpuid_known, rows[i].known);
		EXPECT_NUMBER(facts.max_asid, rows[i].known ? 509 : 0);
		EXPECT_NUMBER(facts.min_asid, rows[i].known ? 100 : 0);
	}
}

static bool ask(struct facts *of)
{
	/* The module comes last: it may look at what is known. */
	EXPECT(of->cpuid_known && of->kvm_amd == 1);
	of->pools[SEVADM_POOL_SEV].used = 5;
	return true;
}

/* A failure of last week met another host than today's; processor and log are the same. */
static void what_is_of_the_present(void)
{
	static const struct pool_facts no_pool;
	int i;

	begin();
	put("dev/cpu/0/cpuid", "");
	processor.leaves[0].leaf = 0x8000001f;
	processor.leaves[0].registers[0] = 2;
	processor.leaves[1].leaf = UINT32_MAX;
	put("sys/module/kvm_amd/parameters/sev", "Y\n");
	put("sys/fs/cgroup/misc.capacity", "sev 400\n");
	put("sys/fs/cgroup/misc.current", "sev 12\n");
	put("dev/kmsg", "3,1,1,-;ccp 0000:01:00.5: sev command 0x85 timed out, disabling PSP\n");
	facts_gather(root, ask, &facts);
	EXPECT_NUMBER(facts.pools[SEVADM_POOL_SEV].used, 5);
	EXPECT_NUMBER(facts.pools[SEVADM_POOL_SEV].misc_current, 12);
	facts_forget_present(&facts);
	for (i = 0; i < SEVADM_POOL_NR; i++) {
		EXPECT(!memcmp(&facts.pools[i], &no_pool, sizeof(no_pool)));
		EXPECT_NUMBER(facts.parameters[i], FACT_UNKNOWN);
	}
	EXPECT_NUMBER(facts.kvm_amd, FACT_UNKNOWN);
	EXPECT(facts.cpuid_known);
	EXPECT_NUMBER(facts.seen, CONTEXT_PSP_TIMEOUT);
}

/* The log of this boot proves nothing of a failure before it. */
static void what_a_line_may_be_about(void)
{
	static const struct {
		const char *line;
		bool kvm_amd, seen;
	} rows[] = {
		{ "qemu-kvm: ", true, true },
		{ "2026-11-27T07:40:00Z qemu-kvm: ", true, true },
		{ "2026-11-27T07:30:00Z qemu-kvm: ", false, true },
		{ "2026-11-27T07:19:58Z qemu-kvm: ", false, false },
		{ "2026-11-26T07:40:00Z qemu-kvm: ", false, false },
	};
	const int64_t second = 1000000000LL, now = 1795765205;	/* 2026-11-27T07:40:05Z */
	struct facts own;
	size_t i;

	begin();
	put("sys/module/kvm_amd/parameters/sev", "Y\n");
	put("dev/kmsg", "3,1,1,-;ccp 0000:01:00.5: sev command 0x85 timed out, disabling PSP\n");
	facts_gather(root, NULL, &facts);
	facts.booted_ns = (now - 20 * 60) * second;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		own = facts;
		facts_of_line(&own, rows[i].line, now * second);
		EXPECT_NUMBER(own.kvm_amd, rows[i].kvm_amd ? 1 : FACT_UNKNOWN);
		EXPECT_NUMBER(own.seen, rows[i].seen ? CONTEXT_PSP_TIMEOUT : 0);
	}
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* However long it takes between two looks at the clocks. */
static void when_this_boot_began(void)
{
	int64_t now = clock_ns(CLOCK_REALTIME), since_boot = clock_ns(CLOCK_BOOTTIME);

	begin();
	facts_gather(root, NULL, &facts);
	EXPECT(facts.booted_ns >= now - clock_ns(CLOCK_BOOTTIME));
	EXPECT(facts.booted_ns <= clock_ns(CLOCK_REALTIME) - since_boot);
}

int main(void)
{
	static const struct test tests[] = {
		{ "nothing to read is nothing known", nothing_to_read_is_nothing_known },
		{ "whether kvm_amd is loaded", modules },
		{ "parameters of kvm_amd", parameters },
		{ "what the misc controller counts", what_the_misc_controller_counts },
		{ "cgroups that are full", cgroups_that_are_full },
		{ "the outer cgroup counts", the_outer_cgroup_counts },
		{ "how deep cgroups are looked for", how_deep_cgroups_are_looked_for },
		{ "what the kernel logged", what_the_kernel_logged },
		{ "records are read one by one", records_are_read_one_by_one },
		{ "what the processor says", what_the_processor_says },
		{ "what is of the present", what_is_of_the_present },
		{ "what a line may be about", what_a_line_may_be_about },
		{ "when this boot began", when_this_boot_began },
	};

	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(root);
	ksft_finished();
}
