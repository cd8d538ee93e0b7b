// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated firmware against AMD's SEV API specification, command by command, without a kernel.
 *
 *   firmware_test QEMU [PART]	only tests with PART in their names
 */
#include "firmware_test.h"

#include <err.h>
#include <string.h>

#include "../../../kselftest.h"

static const char *qemu, *chosen = "";
static bool failed;

uint32_t answer[32];

int command(unsigned int id, const uint32_t *words, unsigned int count)
{
	memset(answer, 0, sizeof(answer));
	memcpy(answer, words + 1, count * sizeof(*words));
	return psp_command(id, answer, count * sizeof(*words));
}

void expect(const char *file, int line, const char *what, long actual, long wanted)
{
	if (actual == wanted)
		return;
	failed = true;
	ksft_print_msg("%s:%d: %s: %ld, not %ld\n", file, line, what, actual, wanted);
}

void start(const char *properties)
{
	machine_start(qemu, properties, NULL);
}

void start_snp(const char *properties)
{
	machine_start(qemu, properties, processor_bios());
	processor_start();
}

void start_ready(const char *properties)
{
	start(properties);
	OK(INIT, 1, 0, AT(TMR), 0x100000);
	OK(DF_FLUSH);
}

enum platform_state platform_state(void)
{
	OK(PLATFORM_STATUS, 0, 0, 0);
	return answer[0] >> 16 & 0xff;
}

unsigned int guest_count(void)
{
	OK(PLATFORM_STATUS, 0, 0, 0);
	return answer[2];
}

enum guest_state guest_state(uint32_t handle)
{
	OK(GUEST_STATUS, handle, 0, 0, 0);
	return answer[3] & 0xff;
}

void read_certs(uint8_t pdh[CERT_SIZE], uint8_t chain[CHAIN_SIZE])
{
	OK(PDH_CERT_EXPORT, AT(OUTPUT), CERT_SIZE, 0, AT(OUTPUT + 0x1000), CHAIN_SIZE);
	machine_read(OUTPUT, pdh, CERT_SIZE);
	machine_read(OUTPUT + 0x1000, chain, CHAIN_SIZE);
}

static uint32_t receiving_guest(uint32_t policy, uint32_t asid)
{
	uint8_t pdh[CERT_SIZE], chain[CHAIN_SIZE];
	struct owner owner;
	uint32_t handle;

	read_certs(pdh, chain);
	owner_prepare(&owner, pdh, policy);
	machine_write(CERTS, owner.cert, CERT_SIZE);
	machine_write(CERTS + 0x1000, owner.session, SESSION_SIZE);
	OK(RECEIVE_START, 0, policy, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), SESSION_SIZE);
	handle = answer[0];
	if (asid)
		OK(ACTIVATE, handle, asid);
	return handle;
}

uint32_t guest(uint32_t policy, uint32_t asid, enum guest_state state)
{
	uint32_t handle;

	if (state == G_RUPDATE)
		return receiving_guest(policy, asid);
	OK(LAUNCH_START, 0, policy, AT(0), 0, 0, AT(0), 0);
	handle = answer[0];
	if (asid)
		OK(ACTIVATE, handle, asid);
	if (state == G_LUPDATE)
		return handle;
	OK(LAUNCH_MEASURE, handle, 0, AT(OUTPUT), 48);
	if (state == G_LSECRET)
		return handle;
	OK(LAUNCH_FINISH, handle);
	if (state == G_RUNNING)
		return handle;
	OK(PDH_CERT_EXPORT, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), CHAIN_SIZE);
	OK(SEND_START, handle, 0, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), CHAIN_SIZE, 0,
	   AT(0), 0, 0, AT(OUTPUT), SESSION_SIZE);
	if (state == G_SENT)
		OK(SEND_FINISH, handle);
	return handle;
}

static void run_tests(const struct test *test)
{
	for (; test->name; test++) {
		if (!strstr(test->name, chosen))
			continue;
		failed = false;
		test->run();
		ksft_test_result(!failed, "%s\n", test->name);
	}
}

static unsigned int count_tests(const struct test *test)
{
	unsigned int count = 0;

	for (; test->name; test++)
		count += !!strstr(test->name, chosen);
	return count;
}

int main(int argc, char **argv)
{
	const struct test *const groups[] = {
		platform_tests, guest_tests, transport_tests, device_tests, rmp_tests, snp_tests,
		snp_guest_tests, snp_request_tests, snp_vcpu_tests,
	};
	unsigned int count = 0;

	if (argc < 2 || argc > 3)
		errx(2, "usage: firmware_test QEMU [PART]");
	qemu = argv[1];
	if (argc == 3)
		chosen = argv[2];
	ksft_print_header();
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		count += count_tests(groups[i]);
	ksft_set_plan(count);
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		run_tests(groups[i]);
	machine_stop();
	ksft_finished();
}
