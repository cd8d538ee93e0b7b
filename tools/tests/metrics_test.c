// SPDX-License-Identifier: GPL-2.0-only
/* The text that Prometheus reads: held against the rules of its exposition format. */
#include <regex.h>
#include <stdlib.h>

#include "cli/output.h"
#include "metrics/metrics.h"
#include "test.h"

static const char status_text[] =
	"{\"pools\":{\"sev\":{\"capacity\":410,\"used\":1,\"reclaim\":0,\"free\":409,\"peak\":1,\"recycles\":2,\"reserved\":4,\"drift\":-1},"
	"\"sev_es\":{\"capacity\":99,\"used\":0,\"reclaim\":0,\"free\":null,\"peak\":0,\"recycles\":0,\"drift\":null}},"
	"\"pinned\":{\"current_bytes\":8388608,\"peak_bytes\":9000000,\"max_bytes\":null},"
	"\"vms\":1,\"unaccounted_vms\":0,\"events\":77,\"module\":{\"version\":\"1\",\"state\":\"attached\",\"seams\":[{\"name\":\"a\",\"module\":\"ccp\",\"attached\":true},"
	"{\"name\":\"b\",\"module\":\"ccp\",\"attached\":false}]},"
	"\"firmware\":{\"api_major\":1,\"api_minor\":55,\"build\":22,\"tcb_current\":\"0xd5\",\"tcb_reported\":\"0xd4\"}}";
static const char limits_text[] =
	"[{\"subject\":\"cgroup /a\\\"b\\\\c\",\"resource\":\"pin\",\"min\":0,\"high\":null,\"max\":64,\"current\":1,\"events\":{\"high\":0,\"max\":3}}]";
static const char vms_text[] =
	"[{\"id\":7,\"name\":\"web\",\"type\":\"sev\",\"pool\":\"sev\",\"uid\":null,\"cgroup\":\"/x\\ny\",\"pinned_bytes\":8388608,\"pinned_peak_bytes\":null}]";

static void print_all(void)
{
	struct json_object *status = json_tokener_parse(status_text);
	struct json_object *limits = json_tokener_parse(limits_text);
	struct json_object *vms = json_tokener_parse(vms_text);

	capture_begin();
	metrics_write(stdout, status, limits, vms, METRICS_BY_VM);
	capture_end();
	json_object_put(status);
	json_object_put(limits);
	json_object_put(vms);
}

static void samples(void)
{
	static const char *const there[] = {
		"sevadm_vms 1\n", "sevadm_pinned_bytes 8388608\n", "sevadm_events_total 77\n",
		"sevadm_asids{pool=\"sev\"} 410\n", "sevadm_asid_drift{pool=\"sev\"} -1\n",
		"sevadm_vm_pinned_bytes{id=\"7\",name=\"web\",type=\"sev\",pool=\"sev\",cgroup=\"/x\\ny\"} 8388608\n",
		"sevadm_limit_max{subject=\"cgroup /a\\\"b\\\\c\",resource=\"pin\"} 64\n",
		"sevadm_module_info{version=\"1\",state=\"attached\"} 1\n",
		"sevadm_seam_attached{name=\"a\",module=\"ccp\"} 1\n",
		"sevadm_seam_attached{name=\"b\",module=\"ccp\"} 0\n",
		"sevadm_firmware_info{api_major=\"1\",api_minor=\"55\",build=\"22\"} 1\n",
		"sevadm_firmware_tcb_info{tcb_current=\"0xd5\",tcb_reported=\"0xd4\"} 1\n",
		"sevadm_limit_max_events_total{subject=\"cgroup /a\\\"b\\\\c\",resource=\"pin\"} 3\n",
	};
	/* What is not known, or not set, is not there: no zero is made up. */
	static const char *const missing[] = {
		"\nsevadm_pinned_max_bytes ", "sevadm_asids_free{pool=\"sev_es\"}", "sevadm_limit_high{",
		"sevadm_vm_pinned_peak_bytes{", "sevadm_asids_reserved{pool=\"sev_es\"}", "null",
	};
	size_t i;

	print_all();
	for (i = 0; i < ARRAY_SIZE(there); i++)
		EXPECT(strstr(captured, there[i]));
	for (i = 0; i < ARRAY_SIZE(missing); i++)
		EXPECT(!strstr(captured, missing[i]));
}

/* The rules of prometheus.io/docs/instrumenting/exposition_formats, and promtool's on names. */
static void format_is_valid(void)
{
	static const char rule[] =
		"^(# HELP [a-z_]+ [^\n]+|# TYPE [a-z_]+ (gauge|counter)|"
		"[a-z_]+(\\{[a-z_]+=\"([^\"\\\n]|\\\\[\\\"n])*\"(,[a-z_]+=\"([^\"\\\n]|\\\\[\\\"n])*\")*\\})? -?[0-9]+)$";
	char *line, *save = NULL, name[64] = "", type[16] = "";
	size_t length, lines = 0;
	regex_t regex;

	print_all();
	EXPECT(!regcomp(&regex, rule, REG_EXTENDED | REG_NOSUB));
	EXPECT(captured_size && captured[captured_size - 1] == '\n');
	for (line = strtok_r(captured, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		lines++;
		if (regexec(&regex, line, 0, NULL, 0)) {
			ksft_print_msg("no valid line: %s\n", line);
			test_failed = true;
		}
		if (!strncmp(line, "# HELP", 6))
			continue;
		if (sscanf(line, "# TYPE %63s %15s", name, type) == 2) {
			/* A counter's name ends with _total, no other one does. */
			length = strlen(name);
			EXPECT(!strcmp(type, "counter") ==
			       (length > 6 && !strcmp(name + length - 6, "_total")));
			continue;
		}
		/* Samples follow the type of their own metric. */
		EXPECT(!strncmp(line, name, strlen(name)) &&
		       strchr("{ ", line[strlen(name)]));
	}
	EXPECT(lines > 40);
	regfree(&regex);
}

/* VMs, the later ones smaller but for the last, and two of each size. */
static struct json_object *many_vms(unsigned int nr)
{
	struct json_object *vms = json_object_new_array(), *vm;
	unsigned int i;

	for (i = 1; i <= nr; i++) {
		vm = json_object_new_object();
		json_object_object_add(vm, "id", json_u64(i));
		json_object_object_add(vm, "memory_bytes", json_u64(i == nr ? 1 << 30 : (nr - i) / 2 * 4096));
		json_object_object_add(vm, "pinned_bytes", json_u64(4096));
		json_object_array_add(vms, vm);
	}
	return vms;
}

static unsigned int count_text(const char *text)
{
	const char *at = captured;
	unsigned int nr = 0;

	while ((at = strstr(at, text))) {
		nr++;
		at++;
	}
	return nr;
}

/*
 * As many series as the user wants, those of the largest VMs, and a metric with what is left out.
 */
static void by_vm(void)
{
	static const struct {
		size_t max;
		unsigned int shown;
		const char *left;
	} rows[] = {
		{ METRICS_BY_VM, 500, "\nsevadm_vms_left_out 200\n" },
		{ 0, 0, "\nsevadm_vms_left_out 700\n" },
		{ 700, 700, "\nsevadm_vms_left_out 0\n" },
		{ 1000000, 700, "\nsevadm_vms_left_out 0\n" },
		{ 2, 2, "\nsevadm_vms_left_out 698\n" },
	};
	struct json_object *status = json_tokener_parse(status_text), *vms = many_vms(700);
	struct json_object *limits = json_object_new_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		capture_begin();
		metrics_write(stdout, status, limits, vms, rows[i].max);
		capture_end();
		EXPECT_NUMBER(count_text("\nsevadm_vm_memory_bytes{"), rows[i].shown);
		EXPECT_NUMBER(count_text("\nsevadm_vm_pinned_bytes{"), rows[i].shown);
		EXPECT(strstr(captured, rows[i].left));
		EXPECT(!!strstr(captured, "sevadm_vm_memory_bytes{id=\"700\"}") == !!rows[i].shown);
	}
	/* Of two that are equal the older one stays: each look at the host leaves out the same. */
	EXPECT(strstr(captured, "sevadm_vm_memory_bytes{id=\"1\"}"));
	EXPECT(!strstr(captured, "sevadm_vm_memory_bytes{id=\"2\"}"));
	EXPECT_NUMBER(json_object_array_length(vms), 700);
	json_object_put(limits);
	json_object_put(vms);
	json_object_put(status);
}

static void node_features(void)
{
	struct json_object *status = json_tokener_parse(status_text);
	struct json_object *vms = json_tokener_parse(vms_text);

	capture_begin();
	metrics_write_nfd(stdout, status, vms);
	capture_end();
	EXPECT_TEXT(captured, "sevadm.module=attached\nsevadm.asids.sev=410\n"
		    "# +no-label\nsevadm.asids.sev.usable=409\nsevadm.asids.sev_es=99\n"
		    "# +no-label\nsevadm.asids.sev_es.usable=99\nsevadm.firmware=1.55.22\n");
	json_object_put(vms);
	json_object_put(status);
}

/* Kubernetes subtracts what pods hold; what others hold, and what has leaked, is gone. */
static void what_pods_can_have(void)
{
	struct json_object *status = json_tokener_parse(
		"{\"module\":{\"state\":\"attached\"},\"firmware\":{},\"pools\":{"
		"\"sev\":{\"capacity\":10,\"used\":5,\"drift\":2},\"sev_es\":{\"capacity\":4,\"used\":1,\"drift\":9}}}");
	struct json_object *vms = json_tokener_parse(
		"[{\"pool\":\"sev\",\"cgroup\":\"/kubepods.slice/a\",\"mirror_of\":null},"
		"{\"pool\":\"sev\",\"cgroup\":\"/kubepods/b\",\"mirror_of\":null},"
		"{\"pool\":\"sev\",\"cgroup\":\"/kubepods/b\",\"mirror_of\":1},"
		"{\"pool\":\"sev\",\"cgroup\":\"/machine.slice/c\",\"mirror_of\":null},"
		"{\"pool\":\"sev_es\",\"cgroup\":null,\"mirror_of\":null}]");

	capture_begin();
	metrics_write_nfd(stdout, status, vms);
	capture_end();
	EXPECT(strstr(captured, "sevadm.asids.sev.usable=5\n"));
	EXPECT(strstr(captured, "sevadm.asids.sev_es.usable=0\n"));
	json_object_put(vms);
	json_object_put(status);
}

/* Two LAUNCH_STARTs of 4 us and 70 s, of which one failed twice over, and a command of KVM. */
static void commands(void)
{
	struct stats_row rows[] = {
		{ .type = SEVADM_EVENT_PSP, .command = 0x30, .count = 5, .failures = 4,
		  .statuses = { { true, 0x17, 2 }, { false, 110, 1 } }, .nr_statuses = 2,
		  .took = { .count = 3, .sum = 70000008192, .buckets = { [11] = 1, [12] = 1,
			    [36] = 1 } },
		  .waited = { .count = 1, .sum = 5, .buckets = { [2] = 1 } } },
		{ .type = SEVADM_EVENT_KVM, .command = 2, .count = 1,
		  .took = { .count = 1, .sum = 5, .buckets = { [2] = 1 } } },
	};
	struct stats stats = { .rows = rows, .nr = ARRAY_SIZE(rows) };
	static const char *const there[] = {
		"sevadm_commands_total{interface=\"firmware\",command=\"LAUNCH_START\"} 5\n",
		"sevadm_commands_total{interface=\"kvm\",command=\"LAUNCH_START\"} 1\n",
		"{interface=\"firmware\",command=\"LAUNCH_START\",status=\"RESOURCE_LIMIT\"} 2\n",
		"{interface=\"firmware\",command=\"LAUNCH_START\",status=\"ETIMEDOUT\"} 1\n",
		"{interface=\"firmware\",command=\"LAUNCH_START\",status=\"other\"} 1\n",
		"_duration_seconds_bucket{command=\"LAUNCH_START\",le=\"4.096e-06\"} 1\n",
		"_duration_seconds_bucket{command=\"LAUNCH_START\",le=\"1.6384e-05\"} 2\n",
		"_duration_seconds_bucket{command=\"LAUNCH_START\",le=\"68.7194767\"} 2\n",
		"_duration_seconds_bucket{command=\"LAUNCH_START\",le=\"+Inf\"} 3\n",
		"_duration_seconds_sum{command=\"LAUNCH_START\"} 70.0000082\n",
		"_duration_seconds_count{command=\"LAUNCH_START\"} 3\n",
		"_wait_seconds_bucket{command=\"LAUNCH_START\",le=\"4.096e-06\"} 1\n",
	};
	const char *at;
	size_t i;

	capture_begin();
	metrics_write_commands(stdout, &stats);
	capture_end();
	for (i = 0; i < ARRAY_SIZE(there); i++)
		if (!strstr(captured, there[i])) {
			ksft_print_msg("not there: %s", there[i]);
			test_failed = true;
		}
	EXPECT(!strstr(captured, "bucket{command=\"LAUNCH_START\",le=\"2.0"));
	/* KVM's times have no histogram: one of what it took, one of what it waited. */
	for (i = 0, at = captured; (at = strstr(at, "_count{")); at++)
		i++;
	EXPECT_NUMBER(i, 2);
}

static const struct test tests[] = {
	{ "samples of what is known", samples },
	{ "the format is valid", format_is_valid },
	{ "as many VMs as wanted, and how many are left out", by_vm },
	{ "node features", node_features },
	{ "what pods can have", what_pods_can_have },
	{ "commands", commands },
};

int main(void)
{
	run_tests(tests, ARRAY_SIZE(tests));
}
