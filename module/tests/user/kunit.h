/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of KUnit that the suites use, for a run in user space: kunit.c. A failed expectation is
 * printed and goes on, a failed assertion ends its case.
 */
#ifndef SEVADM_USER_KUNIT_H
#define SEVADM_USER_KUNIT_H

#include "shim.h"

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit_allocation;

struct kunit {
	const void *param_value;
	bool failed;
	struct kunit_allocation *allocations;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
	const void *(*params)(const void *before, char *name);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

void kunit_register(struct kunit_suite *suite);
void kunit_failed(struct kunit *test, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void kunit_abort(struct kunit *test) __attribute__((noreturn));
void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t flags);

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t flags)
{
	return kunit_kcalloc(test, 1, size, flags);
}

#define KUNIT_CASE(function)			{ .run = function, .name = #function }
#define KUNIT_CASE_PARAM(function, generator)	\
	{ .run = function, .name = #function, .params = generator }

#define KUNIT_ARRAY_PARAM(_name, array, describe)						\
static const void *_name##_gen_params(const void *before, char *name)				\
{												\
	typeof(&(array)[0]) next = before ? (typeof(next))before + 1 : (array);			\
												\
	if (next >= (array) + ARRAY_SIZE(array))						\
		return NULL;									\
	describe(next, name);									\
	return next;										\
}

#define kunit_test_suite(suite)									\
static void __attribute__((constructor)) register_##suite(void)				\
{												\
	kunit_register(&(suite));								\
}

#define KUNIT_FAIL(test, ...)	kunit_failed(test, __FILE__, __LINE__, __VA_ARGS__)

/* Every value is shown as a number of 64 bits: enough to see which. */
#define kunit_compare(test, left, operator, right, otherwise) do {				\
	typeof(left) left_value = (left);							\
	typeof(right) right_value = (right);							\
												\
	if (!(left_value operator right_value)) {						\
		KUNIT_FAIL(test, "%s " #operator " %s: %#llx, %#llx", #left, #right,		\
			   (u64)left_value, (u64)right_value);					\
		otherwise;									\
	}											\
} while (0)

#define kunit_holds(test, condition, otherwise) do {						\
	if (!(condition)) {									\
		KUNIT_FAIL(test, "%s", #condition);						\
		otherwise;									\
	}											\
} while (0)

#define KUNIT_EXPECT_EQ(test, left, right)	kunit_compare(test, left, ==, right, (void)0)
#define KUNIT_EXPECT_NE(test, left, right)	kunit_compare(test, left, !=, right, (void)0)
#define KUNIT_EXPECT_LT(test, left, right)	kunit_compare(test, left, <, right, (void)0)
#define KUNIT_EXPECT_LE(test, left, right)	kunit_compare(test, left, <=, right, (void)0)
#define KUNIT_EXPECT_GT(test, left, right)	kunit_compare(test, left, >, right, (void)0)
#define KUNIT_EXPECT_GE(test, left, right)	kunit_compare(test, left, >=, right, (void)0)
#define KUNIT_EXPECT_TRUE(test, condition)	kunit_holds(test, condition, (void)0)
#define KUNIT_EXPECT_FALSE(test, condition)	kunit_holds(test, !(condition), (void)0)
#define KUNIT_EXPECT_NULL(test, pointer)	kunit_holds(test, (pointer) == NULL, (void)0)
#define KUNIT_EXPECT_PTR_EQ(test, left, right)	kunit_holds(test, (left) == (right), (void)0)

#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...) do {					\
	if ((left) != (right))									\
		KUNIT_FAIL(test, __VA_ARGS__);							\
} while (0)

#define KUNIT_ASSERT_EQ(test, left, right) \
	kunit_compare(test, left, ==, right, kunit_abort(test))
#define KUNIT_ASSERT_LT(test, left, right) \
	kunit_compare(test, left, <, right, kunit_abort(test))
#define KUNIT_ASSERT_TRUE(test, condition)	kunit_holds(test, condition, kunit_abort(test))
#define KUNIT_ASSERT_NOT_NULL(test, pointer) \
	kunit_holds(test, (pointer) != NULL, kunit_abort(test))
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pointer)						\
	kunit_holds(test, (pointer) && !IS_ERR(pointer), kunit_abort(test))

#endif /* SEVADM_USER_KUNIT_H */
