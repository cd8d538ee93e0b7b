// SPDX-License-Identifier: GPL-2.0-only
/* The forms of a seam's function, over a table and a kernel that are made up here. */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/types.h>

/* In the place of seam_table.h. */
#define SEVADM_SEAM_TABLE_H

#define SEVADM_SEAMS(SEAM)								\
	SEAM(kvm_amd, hidden, true, UNSEEN, int, (int a))				\
	SEAM(vmlinux, as_the_row, true, HEADERS(as_the_row), int, (int a, u32 b))	\
	SEAM(vmlinux, as_a_form, true, HEADERS(as_a_form), int, (int a, u32 b))		\
	SEAM(vmlinux, swapped, false, HEADERS(swapped), int, (int a, u32 b))		\
	SEAM(vmlinux, longer, false, HEADERS(longer), void, (int a))			\
	SEAM(vmlinux, answers, false, HEADERS(answers), void, (int a))

#define SEVADM_SEAM_FORMS(FORM)								\
	FORM(as_a_form, as_a_form, HEADERS(as_a_form), int, (int a, int b))		\
	FORM(as_a_form, form_of_old, UNSEEN, int, (int a, u32 b))			\
	FORM(swapped, swapped_of_old, UNSEEN, int, (int a, u32 b))			\
	FORM(hidden, hidden_of_old, UNSEEN, int, (int a))				\
	FORM(hidden, hidden_of_older, UNSEEN, int, (int a))

enum sevadm_seam_id {
#define SEAM(module, symbol, required, declared, type, prototype) SEAM_##symbol,
	SEVADM_SEAMS(SEAM)
#undef SEAM
	SEVADM_SEAM_NR,
};

/* As the kernel's headers have them. */
struct declared {
	int (*as_the_row)(int a, u32 b);
	int (*as_a_form)(int a, int b);
	int (*swapped)(u32 b, int a);
	void (*longer)(int a, int b);
	int (*answers)(int a);
};

#define HEADERS(name)	(*((struct declared *)NULL)->name)

/* The one function that the kernel has, and what resolving it ends with. */
static const char *there;
static int resolved;

static int symbol_function(const char *module, const char *symbol, const char *suffix,
			   unsigned long *location)
{
	if (strcmp(symbol, there))
		return -ENOENT;
	*location = 1;
	return resolved;
}

#define sevadm_symbol_function symbol_function
#include "../seam_form.c"
#undef sevadm_symbol_function

static int find(enum sevadm_seam_id id, const char **name, unsigned long *location)
{
	return sevadm_seam_form_find(id, "kvm_amd", name, location);
}

static int seam_form_test_init(struct kunit *test)
{
	there = "";
	resolved = 0;
	return 0;
}

static void found_by_any_name(struct kunit *test)
{
	static const char * const names[] = { "hidden", "hidden_of_old", "hidden_of_older" };
	unsigned long location;
	const char *name;
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		there = names[i];
		location = 0;
		KUNIT_EXPECT_EQ(test, find(SEAM_hidden, &name, &location), 0);
		KUNIT_EXPECT_EQ(test, strcmp(name, names[i]), 0);
		KUNIT_EXPECT_EQ(test, location, 1);
		KUNIT_EXPECT_TRUE(test, sevadm_seam_form_has_name(SEAM_hidden, names[i]));
		KUNIT_EXPECT_EQ(test, find(SEAM_as_a_form, &name, &location), -ENOENT);
		KUNIT_EXPECT_EQ(test, strcmp(name, "as_a_form"), 0);
	}
	KUNIT_EXPECT_FALSE(test, sevadm_seam_form_has_name(SEAM_hidden, "as_a_form"));
}

/* That a name cannot be resolved is not hidden behind another one that is not there. */
static void not_resolved(struct kunit *test)
{
	unsigned long location;
	const char *name;

	there = "hidden";
	resolved = -EPERM;
	KUNIT_EXPECT_EQ(test, find(SEAM_hidden, &name, &location), -EPERM);
	there = "hidden_of_old";
	KUNIT_EXPECT_EQ(test, find(SEAM_hidden, &name, &location), -EPERM);
}

static void known_as_declared(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, sevadm_seam_form_is_known(SEAM_hidden));
	KUNIT_EXPECT_TRUE(test, sevadm_seam_form_is_known(SEAM_as_the_row));
	KUNIT_EXPECT_TRUE(test, sevadm_seam_form_is_known(SEAM_as_a_form));
	KUNIT_EXPECT_FALSE(test, sevadm_seam_form_is_known(SEAM_swapped));
	KUNIT_EXPECT_FALSE(test, sevadm_seam_form_is_known(SEAM_longer));
	KUNIT_EXPECT_FALSE(test, sevadm_seam_form_is_known(SEAM_answers));
}

static struct kunit_case seam_form_test_cases[] = {
	KUNIT_CASE(found_by_any_name),
	KUNIT_CASE(not_resolved),
	KUNIT_CASE(known_as_declared),
	{}
};

static struct kunit_suite seam_form_test_suite = {
	.name = "sevadm_seam_form",
	.init = seam_form_test_init,
	.test_cases = seam_form_test_cases,
};

kunit_test_suite(seam_form_test_suite);
