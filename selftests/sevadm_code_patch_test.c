// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated processors never execute old code: one thread changes an instruction that the other
 * one executes all the time, and says so; a thread that has seen that, and has serialized, executes
 * the new one. It is how Linux patches itself, with int3: an emulator that keeps the old code has
 * the kernel die of an int3 that is no longer there.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 7.6.1 (cross-modifying code).
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"

#define ROUNDS	2000

static const struct layout {
	const char *what;
	size_t second;		/* where more code of the page is, that stays; 0: there is none */
} layouts[] = {
	{ "code alone in its page", 0 },
	{ "code with other code in its page", 64 },
};

static uint8_t *writable, *executable;
static atomic_uint announced, seen;
static unsigned int stale;

static uint32_t call(const uint8_t *at)
{
	uint32_t value;

	__asm__ volatile("call *%1" : "=a"(value) : "r"(at) : "memory");
	return value;
}

static void serialize(void)
{
	unsigned int a, b, c, d;

	__cpuid(0, a, b, c, d);
}

static void *execute(void *unused)
{
	(void)unused;
	for (;;) {
		unsigned int round = atomic_load(&announced);

		if (round > ROUNDS)
			return NULL;
		serialize();
		/* It may be newer than what was seen. */
		if (call(executable) < round && round != seen) {
			if (!stale++)
				ksft_print_msg("round %u executes older code\n", round);
		}
		atomic_store(&seen, round);
	}
}

static bool never_stale(const struct layout *layout)
{
	static const uint8_t code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };	/* MOV EAX, 0; RET */
	pthread_t executor;

	memset(writable, 0xcc, 4096);
	memcpy(writable, code, sizeof(code));
	if (layout->second) {
		memcpy(writable + layout->second, code, sizeof(code));
		call(executable + layout->second);
	}
	stale = 0;
	atomic_store(&seen, 0);
	atomic_store(&announced, 0);
	if (pthread_create(&executor, NULL, execute, NULL))
		return false;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		*(volatile uint32_t *)(writable + 1) = round;
		atomic_store(&announced, round);
		while (atomic_load(&seen) != round)
			__builtin_ia32_pause();
	}
	atomic_store(&announced, ROUNDS + 1);
	pthread_join(executor, NULL);
	ksft_print_msg("%u of %u rounds executed older code\n", stale, ROUNDS);
	return !stale;
}

int main(void)
{
	int memory = memfd_create("code", MFD_CLOEXEC);

	ksft_print_header();
	if (memory < 0 || ftruncate(memory, 4096))
		ksft_exit_fail_msg("no memory for code\n");
	writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	executable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, memory, 0);
	if (writable == MAP_FAILED || executable == MAP_FAILED)
		ksft_exit_fail_msg("no mapping for code\n");
	ksft_set_plan(sizeof(layouts) / sizeof(layouts[0]));
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		ksft_test_result(never_stale(&layouts[i]), "%s\n", layouts[i].what);
	ksft_finished();
}
