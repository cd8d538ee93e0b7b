// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suites in user space and prints the results as KTAP: one line for each case, and for
 * each parameter of one that has them.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "kunit.h"

struct kunit_allocation {
	struct kunit_allocation *next;
	void *memory;
};

static struct kunit_suite *suites;
static jmp_buf abort_case;
static unsigned int cases, failures;

unsigned int shim_fault;
size_t shim_bound;
int shim_preempt;
const struct miscdevice *shim_misc;
int shim_misc_error;
struct user_namespace shim_user_ns;
static struct task_struct idle = { .real_parent = &idle };
static struct task_struct init = { .tgid.number = 1, .real_parent = &idle };
struct task_struct shim_task = {
	.comm = "kunit", .real_parent = &init, .cred.user_ns = &shim_user_ns,
	.cred.uid = KUIDT_INIT(1000),
	.cgroup = { .self.flags = CSS_ONLINE, .id = 1 },
};

void kunit_register(struct kunit_suite *suite)
{
	suite->next = suites;
	suites = suite;
}

void kunit_failed(struct kunit *test, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	test->failed = true;
	printf("# %s:%d: ", file, line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

void kunit_abort(struct kunit *test)
{
	longjmp(abort_case, 1);
}

void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t flags)
{
	struct kunit_allocation *allocation = calloc(1, sizeof(*allocation));

	if (!allocation)
		abort();
	allocation->memory = calloc(n, size);
	allocation->next = test->allocations;
	test->allocations = allocation;
	return allocation->memory;
}

static void free_allocations(struct kunit *test)
{
	struct kunit_allocation *allocation;

	while ((allocation = test->allocations)) {
		test->allocations = allocation->next;
		free(allocation->memory);
		free(allocation);
	}
}

/*
 * A case has to give back the references that it took of its task and cgroup, and to be preemptible
 * at its end.
 */
static void look_for_remains(struct kunit *test)
{
	if (shim_task.tgid.references || init.tgid.references || shim_task.cgroup.references)
		KUNIT_FAIL(test, "%d references of the process, %d of its parent and %d of the cgroup are left",
			   shim_task.tgid.references, init.tgid.references,
			   shim_task.cgroup.references);
	if (shim_preempt)
		KUNIT_FAIL(test, "preemption is disabled %d times", shim_preempt);
	shim_preempt = 0;
	shim_task.tgid.references = 0;
	init.tgid.references = 0;
	shim_task.cgroup.references = 0;
}

static void run_case(const struct kunit_suite *suite, const struct kunit_case *row,
		     const void *param, const char *name)
{
	struct kunit test = { .param_value = param };

	if (suite->init && suite->init(&test))
		KUNIT_FAIL(&test, "the case cannot be set up");
	else if (!setjmp(abort_case))
		row->run(&test);
	if (suite->exit)
		suite->exit(&test);
	free_allocations(&test);
	look_for_remains(&test);
	failures += test.failed;
	printf("%sok %u %s.%s%s%s\n", test.failed ? "not " : "", ++cases, suite->name, row->name,
	       param ? ": " : "", name);
}

static void run_suite(const struct kunit_suite *suite)
{
	const struct kunit_case *row;
	char name[KUNIT_PARAM_DESC_SIZE] = "";
	const void *param = NULL;

	for (row = suite->test_cases; row->run; row++)
		if (!row->params)
			run_case(suite, row, NULL, "");
		else
			while ((param = row->params(param, name)))
				run_case(suite, row, param, name);
}

int main(void)
{
	const struct kunit_suite *suite;

	setvbuf(stdout, NULL, _IOLBF, 0);
	shim_task.tgid.number = getpid();
	puts("KTAP version 1");
	for (suite = suites; suite; suite = suite->next)
		run_suite(suite);
	printf("1..%u\n# %u KUnit cases in user space, %u failed\n", cases, cases, failures);
	return failures || !cases;
}
