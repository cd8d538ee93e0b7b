// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the commands that move guests between platforms.
 */
#include "firmware_test.h"

#include <string.h>

#define SESSION	(CERTS + 0x4000)

static int send_start(uint32_t handle, uint32_t chain_len, uint32_t session_len)
{
	return CMD(SEND_START, handle, 0, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), chain_len, 0,
		   AT(0), 0, 0, AT(SESSION), session_len);
}

static int transport(unsigned int id, uint32_t handle, uint32_t header_len, uint32_t at,
		     uint32_t guest_len, uint32_t trans_len)
{
	return CMD(id, handle, 0, AT(OUTPUT), header_len, 0, AT(at), guest_len, 0,
		   AT(OUTPUT + 0x1000), trans_len);
}

static void put_certs(void)
{
	uint8_t pdh[CERT_SIZE], chain[CHAIN_SIZE];

	read_certs(pdh, chain);
	machine_write(CERTS, pdh, CERT_SIZE);
	machine_write(CERTS + 0x1000, chain, CHAIN_SIZE);
}

static int receive_start(uint32_t policy)
{
	return CMD(RECEIVE_START, 0, policy, AT(CERTS), CERT_SIZE, 0, AT(SESSION), SESSION_SIZE);
}

static void test_round_trip(void)
{
	uint8_t data[0x1000], copy[0x1000];
	uint32_t from, to;

	start_ready("");
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * i >> 3;
	machine_write(DATA, data, sizeof(data));
	put_certs();
	from = guest(ES, 1, G_RUNNING);
	EXPECT(send_start(from, CHAIN_SIZE, 0), SEV_RET_INVALID_LEN);
	EXPECT(answer[16], SESSION_SIZE);
	EXPECT(guest_state(from), G_RUNNING);
	EXPECT(send_start(from, CHAIN_SIZE, SESSION_SIZE), SEV_RET_SUCCESS);
	EXPECT(answer[1], ES);
	EXPECT(guest_state(from), G_SUPDATE);

	EXPECT(receive_start(0), SEV_RET_BAD_MEASUREMENT);
	EXPECT(receive_start(ES), SEV_RET_SUCCESS);
	to = answer[0];
	OK(ACTIVATE, to, 2);
	for (int vmsa = 0; vmsa < 2; vmsa++) {
		uint32_t target = DATA + 0x10000 + vmsa * 0x1000;

		EXPECT(transport(SEND_UPDATE_DATA + vmsa, from, 0, DATA, 0x1000, 0),
		       SEV_RET_INVALID_LEN);
		EXPECT(answer[4], HEADER_SIZE);
		EXPECT(transport(SEND_UPDATE_DATA + vmsa, from, 52, DATA, 0x1000, 0x800),
		       SEV_RET_INVALID_LEN);
		EXPECT(transport(SEND_UPDATE_DATA + vmsa, from, 52, DATA + 8, 0x1000, 0x1000),
		       SEV_RET_INVALID_ADDRESS);
		EXPECT(transport(SEND_UPDATE_DATA + vmsa, from, 52, DATA, 0x1000, 0x1000),
		       SEV_RET_SUCCESS);
		machine_read(OUTPUT + 0x1000, copy, sizeof(copy));
		EXPECT(!memcmp(copy, data, sizeof(data)), false);	/* encrypted on its way */

		EXPECT(transport(RECEIVE_UPDATE_DATA + vmsa, to, 52, target, 0x800, 0x1000),
		       SEV_RET_INVALID_LEN);
		EXPECT(transport(RECEIVE_UPDATE_DATA + vmsa, to, 52, target, 0x800, 0x800),
		       SEV_RET_BAD_MEASUREMENT);
		EXPECT(transport(RECEIVE_UPDATE_DATA + vmsa, to, 52, target, 0x1000, 0x1000),
		       SEV_RET_SUCCESS);
		machine_read(target, copy, sizeof(copy));
		EXPECT_SAME(copy, data, sizeof(data));
	}
	OK(SEND_FINISH, from);
	EXPECT(guest_state(from), G_SENT);
	OK(RECEIVE_FINISH, to);
	EXPECT(guest_state(to), G_RUNNING);
	OK(DEACTIVATE, from);
	EXPECT(CMD(ACTIVATE, from, 3), SEV_RET_INVALID_GUEST_STATE);
}

static void test_cancel(void)
{
	uint32_t handle;

	start_ready("");
	put_certs();
	handle = guest(0, 100, G_SUPDATE);
	OK(SEND_CANCEL, handle);
	EXPECT(guest_state(handle), G_RUNNING);
	EXPECT(send_start(handle, CHAIN_SIZE, SESSION_SIZE), SEV_RET_SUCCESS);
	EXPECT(transport(SEND_UPDATE_VMSA, handle, 52, DATA, 0x1000, 0x1000), SEV_RET_UNSUPPORTED);
}

static void test_policy(void)
{
	uint8_t pdh[CERT_SIZE], chain[CHAIN_SIZE], oca[CERT_SIZE];
	uint8_t *pek = chain;

	start_ready("");
	put_certs();
	EXPECT(send_start(guest(NOSEND, 100, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_POLICY_FAILURE);
	EXPECT(send_start(guest(DOMAIN, 101, G_RUNNING), 0, SESSION_SIZE), SEV_RET_INVALID_LEN);
	EXPECT(send_start(guest(DOMAIN, 102, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_SUCCESS);
	EXPECT(send_start(guest(SEV_ONLY, 103, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_SUCCESS);
	EXPECT(send_start(guest(SEV_ONLY | 2 << 16, 104, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_POLICY_FAILURE);

	/* Of another domain, and all in order. */
	read_certs(pdh, chain);
	owner_cert(oca, 0x1001, 0x44);
	owner_sign(oca, 0, oca);
	memcpy(chain + CERT_SIZE, oca, CERT_SIZE);
	owner_sign(pek, 0, oca);
	machine_write(CERTS + 0x1000, chain, CHAIN_SIZE);
	EXPECT(send_start(guest(DOMAIN, 105, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_POLICY_FAILURE);
	EXPECT(send_start(guest(SEV_ONLY, 106, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_SUCCESS);

	/* Not signed by what it claims. */
	chain[30] ^= 1;
	machine_write(CERTS + 0x1000, chain, CHAIN_SIZE);
	EXPECT(send_start(guest(DOMAIN, 107, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_BAD_SIGNATURE);
	EXPECT(send_start(guest(SEV_ONLY, 108, G_RUNNING), CHAIN_SIZE, SESSION_SIZE),
	       SEV_RET_BAD_SIGNATURE);
}

const struct test transport_tests[] = {
	{ "a guest's way to another one", test_round_trip },
	{ "SEND_CANCEL", test_cancel },
	{ "policies that forbid or restrict sending", test_policy },
	{ }
};
