// SPDX-License-Identifier: GPL-2.0-only
/* Answers of the device as rows: the same keys, in the same order, as netlink's. */
#include <json-c/json.h>

#include <linux/sevadm.h>
#include <linux/sevadm_netlink.h>

#include "cli/output.h"
#include "kernel/device_rows.h"
#include "test.h"

/* Another value in each member, so that none can stand for another. */
static const struct sevadm_vm_query vm = {
	.size = 1, .by = 2, .by_pid = 3, .vm = 10, .created_ns = 11, .cgroup_id = 12,
	.pinned_bytes = 13, .pinned_peak_bytes = 14, .regions = 15, .mirror_of = 16,
	.policy = 1ULL << 40,
	.pid = 17, .uid = 18, .type = SEVADM_VM_TYPE_SEV_SNP, .pool = SEVADM_POOL_SEV_ES,
	.state = SEVADM_VM_STATE_RUNNING, .asid = 19, .handle = 20, .comm = "0123456789abcdef",
	.private_bytes = 21, .private_peak_bytes = 22, .conversions = 23, .reclaims = 24,
	.leaked_bytes = 25, .gmem_size_bytes = 26,
	.gmem_bytes = 27,
};

static void expect_row(const struct attribute_table *table, const void *answer, uint32_t known,
		       const char *expected)
{
	struct json_object *row = device_row(table, answer, known);

	EXPECT_TEXT(json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN), expected);
	json_object_put(row);
}

static void all_known(void)
{
	expect_row(&vm_attributes, &vm, UINT32_MAX,
		   "{\"id\":10,\"pid\":17,\"comm\":\"0123456789abcdef\",\"uid\":18,\"cgroup\":null,"
		   "\"type\":\"sev-snp\",\"pool\":\"sev_es\",\"asid\":19,\"handle\":20,"
		   "\"policy\":1099511627776,\"state\":\"running\",\"pinned_bytes\":13,"
		   "\"pinned_peak_bytes\":14,\"regions\":15,\"private_bytes\":21,"
		   "\"private_peak_bytes\":22,\"conversions\":23,\"reclaims\":24,\"leaked_bytes\":25,"
		   "\"gmem_size_bytes\":26,\"gmem_bytes\":27,\"mirror_of\":16,\"created_ns\":11}");
}

/* Nothing but what every VM has. */
static void nothing_known(void)
{
	expect_row(&vm_attributes, &vm, 0,
		   "{\"id\":10,\"pid\":null,\"comm\":null,\"uid\":null,\"cgroup\":null,"
		   "\"type\":\"sev-snp\",\"pool\":\"sev_es\",\"asid\":null,\"handle\":null,"
		   "\"policy\":null,\"state\":null,\"pinned_bytes\":null,"
		   "\"pinned_peak_bytes\":null,\"regions\":null,\"private_bytes\":null,"
		   "\"private_peak_bytes\":null,\"conversions\":null,\"reclaims\":null,"
		   "\"leaked_bytes\":null,\"gmem_size_bytes\":null,\"gmem_bytes\":null,\"mirror_of\":null,\"created_ns\":null}");
}

/* Return how many values of the row of @vm are known with this bit alone. */
static unsigned int known_with(uint32_t bit)
{
	struct json_object *row = device_row(&vm_attributes, &vm, bit);
	unsigned int nr = 0;

	json_object_object_foreach(row, key, value) {
		(void)key;
		nr += !!value;
	}
	json_object_put(row);
	return nr;
}

static void each_bit(void)
{
	static const struct {
		uint32_t bit;
		unsigned int nr;
	} bits[] = {
		{ SEVADM_KNOWN_ASID, 1 }, { SEVADM_KNOWN_HANDLE, 1 }, { SEVADM_KNOWN_POLICY, 1 },
		{ SEVADM_KNOWN_MIRROR_OF, 1 }, { SEVADM_KNOWN_CREATOR, 3 }, { SEVADM_KNOWN_STATE,
		1 },
		{ SEVADM_KNOWN_PINNED, 3 }, { SEVADM_KNOWN_CREATED, 1 }, { SEVADM_KNOWN_PRIVATE,
		5 },
		{ SEVADM_KNOWN_GMEM, 1 }, { SEVADM_KNOWN_GMEM_ALLOCATED, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		EXPECT_NUMBER(known_with(bits[i].bit), known_with(0) + bits[i].nr);
}

static void asid(void)
{
	const struct sevadm_asid_query query = {
		.size = 1, .asid = 2, .pool = SEVADM_POOL_SEV, .state = SEVADM_ASID_STATE_RECLAIM,
		.vm = 4,
	};

	expect_row(&asid_attributes, &query, 0,
		   "{\"asid\":2,\"pool\":\"sev\",\"state\":\"reclaim\",\"vm\":null,\"pid\":null}");
}

/*
 * The device answers what netlink does, but for a cgroup's path, and two values of another query.
 */
static void every_attribute_has_a_member(void)
{
	size_t i;

	for (i = 0; i < vm_attributes.nr; i++)
		EXPECT(vm_attributes.rows[i].member ||
		       vm_attributes.rows[i].type == SEVADM_A_VM_CGROUP);
	for (i = 0; i < asid_attributes.nr; i++)
		EXPECT(asid_attributes.rows[i].member ||
		       asid_attributes.rows[i].type == SEVADM_A_ASID_VM ||
		       asid_attributes.rows[i].type == SEVADM_A_ASID_PID);
}

int main(void)
{
	static const struct test tests[] = {
		{ "a VM of which all is known", all_known },
		{ "a VM of which nothing is known", nothing_known },
		{ "what each bit makes known", each_bit },
		{ "an ASID", asid },
		{ "every attribute has a member", every_attribute_has_a_member },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
