// SPDX-License-Identifier: GPL-2.0-only
/* What sevadm status makes of the rows that it gets. */
#include <errno.h>

#include <json-c/json.h>

#include "cli/output.h"
#include "cli/bar.h"
#include "quoted_json.h"
#include "status.h"
#include "status_findings.h"
#include "test.h"

static bool near(uint64_t current, uint64_t max)
{
	struct json_object *limit = json_object_new_object();
	bool result;

	json_object_object_add(limit, "current", json_u64(current));
	json_object_object_add(limit, "max", json_u64(max));
	json_object_object_add(limit, "high", NULL);
	result = status_is_near(limit, "max");
	EXPECT(!status_is_near(limit, "high"));
	json_object_put(limit);
	return result;
}

/* ASIDs are few: a tenth of a small number must not be rounded to nothing. */
static void nine_tenths_of_small_numbers(void)
{
	EXPECT(!near(1, 8));
	EXPECT(!near(7, 8));
	EXPECT(near(8, 8));
	EXPECT(!near(8, 10));
	EXPECT(near(9, 10));
	EXPECT(!near(17, 19));
	EXPECT(near(18, 19));
	EXPECT(!near(899, 1000));
	EXPECT(near(900, 1000));
	EXPECT(near(UINT64_MAX - 1, UINT64_MAX - 1));
}

static void nothing_used_is_not_near(void)
{
	EXPECT(!near(0, 0));
	EXPECT(!near(0, 1));
	EXPECT(near(1, 1));
	EXPECT(near(1, 0));
}

/* ---- findings -------------------------------------------------------------------------------- */

static const char well[] =
	"{'pools':{'sev':{'capacity':20,'used':10,'free':10,'charged':10,'drift':0},"
	"'sev_es':{'capacity':0,'used':0,'free':0,'charged':0,'drift':0}},"
	"'unaccounted_vms':0,'limits_near':[],'module':{'state':'attached','seams':["
	"{'name':'sev_vm_destroy','required':true,'attached':true},"
	"{'name':'newer','required':false,'attached':false,'reason':'this kernel has none'}]}}";

static struct json_object *parse(const char *text, const char *from, const char *to)
{
	if (!strstr(text, from))
		abort();
	return quoted_json_with(text, from, to);
}

static const char *names_of(struct json_object *findings)
{
	static char names[256];
	size_t i, length;

	names[0] = '\0';
	for (i = 0; i < json_object_array_length(findings); i++) {
		length = strlen(names);
		snprintf(names + length, sizeof(names) - length, "%s%s", i ? " " : "",
			 json_get_text(json_object_array_get_idx(findings, i), "finding"));
	}
	return names;
}

/* Return what is found with @from replaced, and what the first finding says. */
static const char *found(const char *from, const char *to, const struct stats *stats,
			 char message[256])
{
	struct json_object *status = parse(well, from, to),
			   *findings = status_findings(status, stats);
	const char *names = names_of(findings);

	message[0] = '\0';
	if (json_object_array_length(findings))
		snprintf(message, 256, "%s",
			 json_get_text(json_object_array_get_idx(findings, 0), "message"));
	json_object_put(findings);
	json_object_put(status);
	return names;
}

static void each_finding(void)
{
	static const struct {
		const char *from, *to, *names, *says;
	} rows[] = {
		{ "'sev'", "'sev'", "", "" },
		{ "'used':10,'free':10", "'used':20,'free':0", "pool-empty", "none of 20 ASIDs is free" },
		{ "'sev_es':{'capacity':0,'used':0,'free':0",
		  "'sev_snp':{'capacity':3,'used':3,'free':0},'sev_es':{'capacity':5,'used':1,'free':4",
		  "pool-empty", "no VM of this type starts; the 4 free ones of sev_es are for SEV-ES guests alone" },
		{ "'sev_es':{'capacity':0,'used':0,'free':0",
		  "'sev_snp':{'capacity':3,'used':1,'free':2},'sev_es':{'capacity':5,'used':5,'free':0",
		  "pool-empty", "no VM of this type starts; the 2 free ones of sev_snp are for SEV-SNP guests alone" },
		/* KVM recycles what waits as soon as it needs an ASID. */
		{ "'used':10,'free':10", "'used':10,'free':0,'reclaim':10", "", "" },
		{ "'used':10,'free':10", "'used':18,'free':0,'reclaim':2", "pool-near",
		  "2 of 20 ASIDs are free or to be recycled" },
		{ "'used':10,'free':10", "'used':10,'free':2,'reclaim':8", "", "" },
		{ "'sev_es':{'capacity':0,'used':0,'free':0",
		  "'sev_snp':{'capacity':3,'used':3,'free':0},'sev_es':{'capacity':5,'used':1,'free':0,'reclaim':4",
		  "pool-empty", "the 4 free ones of sev_es are for SEV-ES guests alone" },
		{ "'sev_es':{", "'sev_es':{'reason':'the firmware refuses them',", "pool-refused",
		  "pool sev_es: the firmware refuses them" },
		{ "'used':10,'free':10", "'used':18,'free':2", "pool-near", "2 of 20 ASIDs are free" },
		{ "'used':10,'free':10", "'used':17,'free':3", "", "" },
		{ "'charged':10,'drift':0", "'charged':12,'drift':2", "asid-drift", "counts 12 ASIDs, but 10" },
		{ "'charged':10,'drift':0", "'charged':11,'drift':1", "asid-drift",
		  "counts 11 ASIDs, but 10 are used; at 20 every launch fails with EBUSY" },
		{ "'charged':10,'drift':0", "'charged':9,'drift':-1", "asid-drift", "being created" },
		{ "'charged':10,'drift':0", "'charged':10,'drift':null", "", "" },
		{ "'unaccounted_vms':0", "'unaccounted_vms':1", "unaccounted-vms", "1 VM started" },
		{ "'state':'attached'", "'state':'waiting'", "module-waiting", "nothing to account" },
		{ "'state':'attached','seams':[{'name':'sev_vm_destroy','required':true,'attached':true",
		  "'state':'degraded','seams':[{'name':'sev_vm_destroy','required':true,'attached':false,"
		  "'reason':'a livepatch holds it'", "module-degraded",
		  "not attached to sev_vm_destroy: a livepatch holds it" },
		{ "'limits_near':[]", "'limits_near':[{'subject':'user 7','resource':'pin','current':4096,"
		  "'high':4096,'max':1048576}]", "limit-near", "user 7 uses 4.0 KiB of pin.high=4.0 KiB" },
		{ "'limits_near':[]", "'limits_near':[{'subject':'host','resource':'asid.sev','current':4,"
		  "'high':null,'max':4}]", "limit-near", "host uses 4 of asid.sev.max=4" },
		{ "'limits_near':[]", "'limits_near':[],'private':{'leaked_bytes':0}", "", "" },
		{ "'limits_near':[]", "'limits_near':[],'private':{'leaked_bytes':8192}", "pages-leaked", "8.0 KiB of memory are leaked" },
		{ "'limits_near':[]", "'limits_near':[],'firmware':{'tcb_current':'0xd5','tcb_reported':'0xd5'}", "", "" },
		{ "'limits_near':[]", "'limits_near':[],'firmware':{'tcb_current':null,'tcb_reported':null}", "", "" },
		{ "'limits_near':[]", "'limits_near':[],'firmware':{'tcb_current':null,'tcb_reported':'0xd4'}", "", "" },
		{ "'limits_near':[]", "'limits_near':[],'firmware':{'tcb_current':'0xd5'}", "", "" },
		{ "'limits_near':[]", "'limits_near':[],'firmware':{'tcb_current':'0xd5','tcb_reported':'0xd4'}", "tcb-drift",
		  "guests' reports name the TCB 0xd4, the firmware that runs is 0xd5" },
		/* The worst comes first. */
		{ "'used':10,'free':10,'charged':10,'drift':0},", "'used':20,'free':0,'charged':21,'drift':1},",
		  "pool-empty asid-drift", "" },
	};
	char message[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_TEXT(found(rows[i].from, rows[i].to, NULL, message), rows[i].names);
		EXPECT(strstr(message, rows[i].says));
	}
}

static void the_firmware(void)
{
	static struct stats_row rows[] = {
		{ .type = SEVADM_EVENT_PSP, .command = 0x30, .count = 100, .waited.count = 100 },
		{ .type = SEVADM_EVENT_KVM, .command = 2, .count = 1, .nr_statuses = 1,
		  .statuses[0] = { false, 110, 1 } },
	};
	struct stats stats = { .rows = rows, .nr = 2, .live = true };
	char message[256];

	/* What is behind the last status is none. */
	rows[0].statuses[0].number = ETIMEDOUT;
	rows[0].statuses[0].count = 7;
	/* KVM's command failed with the same errno: the firmware was not asked. */
	EXPECT_TEXT(found("'sev'", "'sev'", &stats, message), "");
	rows[0].waited.buckets[31] = 50;
	rows[0].waited.buckets[32] = 1;
	EXPECT_TEXT(found("'sev'", "'sev'", &stats, message), "");
	rows[0].waited.buckets[40] = 1;
	EXPECT_TEXT(found("'sev'", "'sev'", &stats, message), "psp-slow");
	EXPECT(strstr(message, "2 of 100 commands"));
	rows[0].waited.count = 19;
	EXPECT_TEXT(found("'sev'", "'sev'", &stats, message), "");
	rows[0].nr_statuses = 2;
	rows[0].statuses[0].firmware = true;
	rows[0].statuses[0].number = 110;
	rows[0].statuses[1].number = 110;
	rows[0].statuses[1].count = 3;
	EXPECT_TEXT(found("'sev'", "'sev'", &stats, message), "psp-dead");
	EXPECT_TEXT(message, "the security processor did not answer LAUNCH_START (3 times)");
}

/* ---- the busiest VMs ------------------------------------------------------------------------- */

static void the_busiest(void)
{
	static const char text[] = "[{'id':1,'pinned_bytes':9},{'id':2,'pinned_bytes':1},{'id':3,'pinned_bytes':2},"
				   "{'id':4,'pinned_bytes':3},{'id':5,'pinned_bytes':4},{'id':6,'pinned_bytes':5}]";
	static struct stats_row rows[] = {
		{ .has_vm = true, .vm = 2, .count = 7, .took.sum = 100 },
		{ .has_vm = true, .vm = 3, .count = 9, .took.sum = 100 },
		{ .has_vm = true, .vm = 4, .type = SEVADM_EVENT_PSP, .count = 90, .took.sum = 900 },
	};
	struct stats stats = { .rows = rows, .nr = 3 };
	struct json_object *vms = parse(text, "", ""), *busiest = status_busiest(vms, &stats), *row;
	static const int order[] = { 3, 2, 1, 6, 5 };
	size_t i;

	EXPECT_NUMBER(json_object_array_length(busiest), ARRAY_SIZE(order));
	for (i = 0; i < json_object_array_length(busiest); i++)
		EXPECT_NUMBER(json_get_u64(json_object_array_get_idx(busiest, i), "id"), order[i]);
	row = json_object_array_get_idx(busiest, 0);
	EXPECT_NUMBER(json_get_u64(row, "commands"), 9);
	EXPECT(json_is_null(json_object_array_get_idx(busiest, 2), "commands"));
	json_object_put(busiest);
	json_object_put(vms);
}

/* ---- bars ------------------------------------------------------------------------------------ */

static const char *bar(uint64_t whole, uint64_t used, uint64_t reclaim)
{
	static char text[BAR_MAX + 1];
	const struct bar_part parts[] = { { '#', used }, { '~', reclaim } };

	bar_draw(text, 8, whole, parts, 2);
	return text;
}

static void bars(void)
{
	char text[BAR_MAX + 1] = "........";

	EXPECT_TEXT(bar(8, 0, 0), "........");
	EXPECT_TEXT(bar(8, 3, 2), "###~~...");
	EXPECT_TEXT(bar(8, 8, 0), "########");
	/* However little it is, it is seen; what is more than the whole is not drawn. */
	EXPECT_TEXT(bar(1000, 1, 1), "#~......");
	EXPECT_TEXT(bar(8, 20, 1), "########");
	EXPECT_TEXT(bar(0, 5, 5), "........");
	EXPECT_TEXT(bar(UINT64_MAX, UINT64_MAX / 2 + 1, UINT64_MAX), "####~~~~");
	bar_mark(text, 8, 16, 8, '|');
	bar_mark(text, 8, 16, 0, '!');
	bar_mark(text, 8, 16, 17, 'x');
	bar_mark(text, 8, 0, 0, 'x');
	EXPECT_TEXT(text, "!..|....");
	/* The whole is the last place. */
	bar_mark(text, 8, 16, 16, '|');
	EXPECT_TEXT(text, "!..|...|");
	/* A bar that is wider than there is room for is cut, and has no mark. */
	bar_draw(text, BAR_MAX + 1, 1, &(const struct bar_part) { '#', 1 }, 1);
	EXPECT_NUMBER(strlen(text), BAR_MAX);
	bar_mark(text, BAR_MAX + 1, 1, 1, 'x');
	EXPECT(!strchr(text, 'x'));
}

int main(void)
{
	static const struct test tests[] = {
		{ "nine tenths of small numbers", nine_tenths_of_small_numbers },
		{ "nothing used is not near", nothing_used_is_not_near },
		{ "each finding", each_finding },
		{ "what is found about the firmware", the_firmware },
		{ "the busiest VMs", the_busiest },
		{ "bars", bars },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
