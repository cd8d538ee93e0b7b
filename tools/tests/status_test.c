// SPDX-License-Identifier: GPL-2.0-only
/* What sevadm status makes of the rows that it gets. */
#include <json-c/json.h>

#include "cli/output.h"
#include "status.h"
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

int main(void)
{
	static const struct test tests[] = {
		{ "nine tenths of small numbers", nine_tenths_of_small_numbers },
		{ "nothing used is not near", nothing_used_is_not_near },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
