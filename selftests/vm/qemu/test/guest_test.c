// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the firmware's guest commands: states, ASIDs, launch, debugging.
 */
#include "firmware_test.h"

#include <string.h>

#define BIT(state)	(1 << (state))
#define ANY		(BIT(G_SENT + 1) - BIT(G_LUPDATE))

/* Which commands take which guest: chapters 6 and 7 of the specification, by heart. */
static const struct { unsigned int id; int states; } rows[] = {
	{ DECOMMISSION, ANY }, { ACTIVATE, ANY & ~BIT(G_SENT) }, { DEACTIVATE, ANY },
	{ COPY, ANY }, { DBG_DECRYPT, ANY }, { DBG_ENCRYPT, ANY },
	{ LAUNCH_UPDATE_DATA, BIT(G_LUPDATE) }, { LAUNCH_UPDATE_VMSA, BIT(G_LUPDATE) },
	{ LAUNCH_MEASURE, BIT(G_LUPDATE) }, { LAUNCH_SECRET, BIT(G_LSECRET) },
	{ LAUNCH_FINISH, BIT(G_LSECRET) },
	{ ATTESTATION, BIT(G_LSECRET) | BIT(G_RUNNING) | BIT(G_SUPDATE) | BIT(G_SENT) },
	{ SEND_START, BIT(G_RUNNING) }, { SEND_UPDATE_DATA, BIT(G_SUPDATE) },
	{ SEND_UPDATE_VMSA, BIT(G_SUPDATE) }, { SEND_FINISH, BIT(G_SUPDATE) },
	{ SEND_CANCEL, BIT(G_SUPDATE) }, { RECEIVE_UPDATE_DATA, BIT(G_RUPDATE) },
	{ RECEIVE_UPDATE_VMSA, BIT(G_RUPDATE) }, { RECEIVE_FINISH, BIT(G_RUPDATE) },
};

#define ROWS	(sizeof(rows) / sizeof(*rows))

static void test_guest_states(void)
{
	for (int state = G_LUPDATE; state <= G_SENT; state++) {
		uint32_t handle;

		start_ready("");
		handle = guest(0, 100, state);
		EXPECT(guest_state(handle), state);
		for (size_t i = 0; i < ROWS; i++) {
			int status;

			if (rows[i].states & BIT(state))
				continue;
			status = CMD(rows[i].id, handle, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
			expect(__FILE__, rows[i].id, "wrong guest state (command for line)",
			       status, SEV_RET_INVALID_GUEST_STATE);
			EXPECT(guest_state(handle), state);
		}
	}
}

static void test_handles(void)
{
	static const uint32_t handles[] = { 0, 2, 509, 510, ~0u };

	start_ready("");
	EXPECT(guest(0, 100, G_LUPDATE), 1);
	for (size_t i = 0; i < ROWS; i++)
		for (size_t h = 0; h < sizeof(handles) / sizeof(*handles); h++)
			expect(__FILE__, rows[i].id, "wrong handle (command for line)",
			       CMD(rows[i].id, handles[h], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			       SEV_RET_INVALID_GUEST);
	EXPECT(guest_state(7), G_UNINIT);
	/* Handles are used again, the lowest first. */
	EXPECT(guest(0, 101, G_LUPDATE), 2);
	OK(DEACTIVATE, 1);
	OK(DECOMMISSION, 1);
	EXPECT(guest(0, 102, G_LUPDATE), 1);
}

static void test_inactive(void)
{
	static const struct { unsigned int id; enum guest_state state; } active[] = {
		{ DEACTIVATE, G_RUNNING }, { COPY, G_RUNNING }, { DBG_DECRYPT, G_RUNNING },
		{ DBG_ENCRYPT, G_RUNNING }, { LAUNCH_UPDATE_DATA, G_LUPDATE },
		{ LAUNCH_UPDATE_VMSA, G_LUPDATE }, { LAUNCH_SECRET, G_LSECRET },
		{ SEND_UPDATE_DATA, G_SUPDATE }, { SEND_UPDATE_VMSA, G_SUPDATE },
		{ RECEIVE_UPDATE_DATA, G_RUPDATE }, { RECEIVE_UPDATE_VMSA, G_RUPDATE },
	};

	for (size_t i = 0; i < sizeof(active) / sizeof(*active); i++) {
		uint32_t handle;

		start_ready("");
		handle = guest(0, 0, active[i].state);
		expect(__FILE__, active[i].id, "inactive guest (command for line)",
		       CMD(active[i].id, handle, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		       SEV_RET_INACTIVE);
	}
}

static void test_asids(void)
{
	uint32_t sev, es;

	start_ready("min-sev-asid=10,max-asid=20");
	sev = guest(0, 0, G_LUPDATE);
	es = guest(ES, 0, G_LUPDATE);
	EXPECT(CMD(ACTIVATE, sev, 0), SEV_RET_INVALID_ASID);
	EXPECT(CMD(ACTIVATE, sev, 9), SEV_RET_INVALID_ASID);
	EXPECT(CMD(ACTIVATE, sev, 21), SEV_RET_INVALID_ASID);
	EXPECT(CMD(ACTIVATE, es, 0), SEV_RET_INVALID_ASID);
	EXPECT(CMD(ACTIVATE, es, 10), SEV_RET_INVALID_ASID);
	OK(ACTIVATE, es, 9);
	OK(ACTIVATE, sev, 20);
	OK(GUEST_STATUS, sev, 0, 0, 0);
	EXPECT(answer[1], 0);
	EXPECT(answer[2], 20);
	OK(GUEST_STATUS, es, 0, 0, 0);
	EXPECT(answer[1], ES);
	EXPECT(answer[2], 9);
	EXPECT(CMD(ACTIVATE, sev, 20), SEV_RET_ASID_OWNED);
	EXPECT(CMD(ACTIVATE, sev, 19), SEV_RET_ACTIVE);
	EXPECT(CMD(ACTIVATE, guest(0, 0, G_LUPDATE), 20), SEV_RET_ASID_OWNED);
	EXPECT(CMD(DECOMMISSION, sev), SEV_RET_ACTIVE);
}

static void test_flush(void)
{
	uint32_t handle;

	start("");
	OK(INIT, 0, 0, AT(0), 0);
	handle = guest(0, 0, G_LUPDATE);
	EXPECT(CMD(ACTIVATE, handle, 100), SEV_RET_DFFLUSH_REQUIRED);
	OK(DF_FLUSH);
	OK(ACTIVATE, handle, 100);
	OK(DEACTIVATE, handle);
	EXPECT(CMD(ACTIVATE, handle, 100), SEV_RET_DFFLUSH_REQUIRED);
	OK(ACTIVATE, handle, 101);
	OK(DEACTIVATE, handle);
	OK(DECOMMISSION, handle);
	handle = guest(0, 0, G_RUNNING);
	EXPECT(CMD(ACTIVATE, handle, 101), SEV_RET_DFFLUSH_REQUIRED);
	OK(DF_FLUSH);
	OK(ACTIVATE, handle, 101);
}

static void test_key_sharing(void)
{
	uint32_t handle;

	start_ready("");
	handle = guest(NODBG, 100, G_RUNNING);
	EXPECT(CMD(LAUNCH_START, 5, NODBG, AT(0), 0, 0, AT(0), 0), SEV_RET_INVALID_GUEST);
	EXPECT(CMD(LAUNCH_START, handle, 0, AT(0), 0, 0, AT(0), 0), SEV_RET_POLICY_FAILURE);
	OK(LAUNCH_START, handle, NODBG, AT(0), 0, 0, AT(0), 0);
	EXPECT(answer[0], 2);
	handle = guest(NOKS, 101, G_RUNNING);
	EXPECT(CMD(LAUNCH_START, handle, NOKS, AT(0), 0, 0, AT(0), 0), SEV_RET_POLICY_FAILURE);
}

static void test_es(void)
{
	uint32_t handle;

	start("");
	OK(INIT, 0, 0, AT(0), 0);
	EXPECT(CMD(LAUNCH_START, 0, ES, AT(0), 0, 0, AT(0), 0), SEV_RET_UNSUPPORTED);
	EXPECT(platform_state(), P_INIT);
	start_ready("");
	handle = guest(0, 100, G_LUPDATE);
	EXPECT(CMD(LAUNCH_UPDATE_VMSA, handle, 0, AT(DATA), 0x1000), SEV_RET_UNSUPPORTED);
	handle = guest(ES, 1, G_LUPDATE);
	EXPECT(CMD(LAUNCH_UPDATE_VMSA, handle, 0, AT(DATA), 0x800), SEV_RET_INVALID_LEN);
	OK(LAUNCH_UPDATE_VMSA, handle, 0, AT(DATA), 0x1000);
}

static void test_limit(void)
{
	start_ready("min-sev-asid=1,max-asid=3");
	for (int i = 1; i <= 3; i++)
		EXPECT(guest(0, i, G_LUPDATE), i);
	EXPECT(CMD(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0), SEV_RET_RESOURCE_LIMIT);
	EXPECT(guest_count(), 3);
}

/* HMAC(4 || API_MAJOR || API_MINOR || BUILD || POLICY || LD || MNONCE; TIK) */
static void expect_measurement(const uint8_t *measurement, const uint8_t tik[KEY_SIZE],
			       uint32_t policy, const uint8_t *digest)
{
	uint8_t head[4] = { 4, 1, 55, 22 }, mac[DIGEST_SIZE];

	hmac_sha256(mac, tik, PIECES({ head, 4 }, { &policy, 4 }, { digest, DIGEST_SIZE },
				     { measurement + DIGEST_SIZE, 16 }));
	EXPECT_SAME(mac, measurement, DIGEST_SIZE);
}

static void fill(uint8_t *data, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = seed >> 16;
	}
}

static void test_measurement(void)
{
	static const uint8_t no_tik[KEY_SIZE];
	uint8_t data[40000], vmsa[0x1000], measurement[48], digest[DIGEST_SIZE];
	uint32_t handle;

	start_ready("");
	fill(data, sizeof(data), 1);
	fill(vmsa, sizeof(vmsa), 2);
	machine_write(DATA, data, sizeof(data));
	machine_write(DATA + 0x10000, vmsa, sizeof(vmsa));
	handle = guest(ES | NODBG, 1, G_LUPDATE);
	EXPECT(CMD(LAUNCH_UPDATE_DATA, handle, 0, AT(DATA + 8), 16), SEV_RET_INVALID_ADDRESS);
	EXPECT(CMD(LAUNCH_UPDATE_DATA, handle, 0, AT(DATA), 8), SEV_RET_INVALID_LEN);
	EXPECT(CMD(LAUNCH_UPDATE_DATA, handle, 0, AT(DATA), 0), SEV_RET_INVALID_LEN);
	EXPECT(CMD(LAUNCH_UPDATE_DATA, handle, 0, AT(NOWHERE), 16), SEV_RET_INVALID_ADDRESS);
	OK(LAUNCH_UPDATE_DATA, handle, 0, AT(DATA), sizeof(data));
	OK(LAUNCH_UPDATE_VMSA, handle, 0, AT(DATA + 0x10000), sizeof(vmsa));
	EXPECT(CMD(LAUNCH_MEASURE, handle, 0, AT(0), 0), SEV_RET_INVALID_LEN);
	EXPECT(answer[4], sizeof(measurement));
	OK(LAUNCH_MEASURE, handle, 0, AT(OUTPUT), sizeof(measurement));
	machine_read(OUTPUT, measurement, sizeof(measurement));
	sha256(digest, PIECES({ data, sizeof(data) }, { vmsa, sizeof(vmsa) }));
	expect_measurement(measurement, no_tik, ES | NODBG, digest);
}

static void test_attestation(void)
{
	uint8_t pdh[CERT_SIZE], chain[CHAIN_SIZE], report[208], data[64], digest[DIGEST_SIZE];
	uint8_t nonce[16] = "0123456789abcde";
	uint32_t handle;

	start_ready("");
	fill(data, sizeof(data), 3);
	machine_write(DATA, data, sizeof(data));
	handle = guest(NOKS, 100, G_LUPDATE);
	OK(LAUNCH_UPDATE_DATA, handle, 0, AT(DATA), sizeof(data));
	OK(LAUNCH_MEASURE, handle, 0, AT(OUTPUT), 48);
	EXPECT(CMD(ATTESTATION, handle, 0, AT(0), 0, 0, 0, 0, 0), SEV_RET_INVALID_LEN);
	EXPECT(answer[8], sizeof(report));
	OK(ATTESTATION, handle, 0, AT(DATA), 0x33323130, 0x37363534, 0x62613938, 0x00656463,
	   sizeof(report));
	machine_read(DATA, report, sizeof(report));
	sha256(digest, PIECES({ data, sizeof(data) }));
	EXPECT_SAME(report, nonce, 16);
	EXPECT_SAME(report + 16, digest, DIGEST_SIZE);
	EXPECT(report[48], NOKS);
	read_certs(pdh, chain);
	EXPECT_SAME(report + 52, chain + 8, 8);		/* the PEK's usage and algorithm */
	owner_signature(digest, chain, report, 52);
	EXPECT_SAME(report + 64, digest, DIGEST_SIZE);
}

static void test_session(void)
{
	uint8_t pdh[CERT_SIZE], chain[CHAIN_SIZE], measurement[48], digest[DIGEST_SIZE];
	uint8_t secret[64], sent[64], header[HEADER_SIZE];
	const uint32_t policy = NODBG | 1 << 16 | 55u << 24;
	struct owner owner;
	uint32_t handle;

	start_ready("");
	read_certs(pdh, chain);
	owner_prepare(&owner, pdh, policy);
	machine_write(CERTS, owner.cert, CERT_SIZE);
	machine_write(CERTS + 0x1000, owner.session, SESSION_SIZE);
#define START(policy, cert_len, session_len)							\
	CMD(LAUNCH_START, 0, policy, AT(CERTS), cert_len, 0, AT(CERTS + 0x1000), session_len)
	EXPECT(START(policy, CERT_SIZE, 127), SEV_RET_INVALID_LEN);
	EXPECT(START(policy, 1, SESSION_SIZE), SEV_RET_INVALID_LEN);
	EXPECT(START(0, CERT_SIZE, SESSION_SIZE), SEV_RET_BAD_MEASUREMENT);
	EXPECT(START(policy, CERT_SIZE, SESSION_SIZE), SEV_RET_SUCCESS);
	handle = answer[0];
	OK(ACTIVATE, handle, 100);
	OK(LAUNCH_MEASURE, handle, 0, AT(OUTPUT), sizeof(measurement));
	machine_read(OUTPUT, measurement, sizeof(measurement));
	sha256(digest, PIECES({ "", 0 }));
	expect_measurement(measurement, owner.tik, policy, digest);

	fill(secret, sizeof(secret), 4);
	memcpy(sent, secret, sizeof(sent));
	owner_secret(&owner, measurement, sent, sizeof(sent), header);
	machine_write(DATA, header, sizeof(header));
	machine_write(DATA + 0x1000, sent, sizeof(sent));
#define SECRET(header_len, at, guest_len, trans_len)						\
	CMD(LAUNCH_SECRET, handle, 0, AT(DATA), header_len, 0, AT(at), guest_len, 0,		\
	    AT(DATA + 0x1000), trans_len)
	EXPECT(SECRET(51, OUTPUT, 64, 64), SEV_RET_INVALID_LEN);
	EXPECT(SECRET(52, OUTPUT, 32, 64), SEV_RET_INVALID_LEN);
	EXPECT(SECRET(52, OUTPUT, 0, 0), SEV_RET_INVALID_LEN);
	EXPECT(SECRET(52, OUTPUT + 1, 64, 64), SEV_RET_INVALID_ADDRESS);
	EXPECT(SECRET(52, OUTPUT, 48, 48), SEV_RET_BAD_MEASUREMENT);
	EXPECT(SECRET(52, OUTPUT, 64, 64), SEV_RET_SUCCESS);
	machine_read(OUTPUT, sent, sizeof(sent));
	EXPECT_SAME(sent, secret, sizeof(secret));

	/* What the owner vouches for must be possible: here, not with this firmware's version. */
	owner_prepare(&owner, pdh, 1 << 16 | 56u << 24);
	machine_write(CERTS + 0x1000, owner.session, SESSION_SIZE);
	EXPECT(START(1 << 16 | 56u << 24, CERT_SIZE, SESSION_SIZE), SEV_RET_POLICY_FAILURE);
	owner_prepare(&owner, pdh, 0x40);
	machine_write(CERTS + 0x1000, owner.session, SESSION_SIZE);
	EXPECT(START(0x40, CERT_SIZE, SESSION_SIZE), SEV_RET_POLICY_FAILURE);
	/* A certificate of another kind. */
	owner_cert(owner.cert, 0x1001, 0x77);
	machine_write(CERTS, owner.cert, CERT_SIZE);
	EXPECT(START(0x40, CERT_SIZE, SESSION_SIZE), SEV_RET_INVALID_CERTIFICATE);
#undef START
#undef SECRET
}

static void test_debug(void)
{
	static const unsigned int ids[] = { DBG_DECRYPT, DBG_ENCRYPT };
	uint8_t data[20000], copy[20000];
	uint32_t open, closed;

	start_ready("");
	fill(data, sizeof(data), 5);
	machine_write(DATA, data, sizeof(data));
	open = guest(0, 100, G_RUNNING);
	closed = guest(NODBG, 101, G_RUNNING);
	for (int i = 0; i < 2; i++) {
		uint32_t to = OUTPUT + i * 0x10000;

		EXPECT(CMD(ids[i], closed, 0, AT(DATA), AT(to), 16), SEV_RET_POLICY_FAILURE);
		EXPECT(CMD(ids[i], open, 0, AT(DATA + 1), AT(to), 16), SEV_RET_INVALID_ADDRESS);
		EXPECT(CMD(ids[i], open, 0, AT(DATA), AT(to + 8), 16), SEV_RET_INVALID_ADDRESS);
		EXPECT(CMD(ids[i], open, 0, AT(DATA), AT(to), 15), SEV_RET_INVALID_LEN);
		EXPECT(CMD(ids[i], open, 0, AT(DATA), AT(NOWHERE), 16), SEV_RET_INVALID_ADDRESS);
		OK(ids[i], open, 0, AT(DATA), AT(to), sizeof(data));
		machine_read(to, copy, sizeof(copy));
		EXPECT_SAME(copy, data, sizeof(data));
	}
}

static void test_copy(void)
{
	uint8_t data[0x2000], copy[0x2000];
	uint32_t handle;

	start_ready("");
	fill(data, sizeof(data), 6);
	machine_write(DATA, data, sizeof(data));
	handle = guest(NODBG, 100, G_RUNNING);
	EXPECT(CMD(COPY, handle, 0, AT(DATA), AT(OUTPUT)), SEV_RET_INVALID_LEN);
	EXPECT(CMD(COPY, handle, 0x800, AT(DATA), AT(OUTPUT)), SEV_RET_INVALID_LEN);
	EXPECT(CMD(COPY, handle, 0x1000, AT(DATA + 16), AT(OUTPUT)), SEV_RET_INVALID_ADDRESS);
	OK(COPY, handle, sizeof(data), AT(DATA), AT(OUTPUT));
	machine_read(OUTPUT, copy, sizeof(copy));
	EXPECT_SAME(copy, data, sizeof(data));
}

const struct test guest_tests[] = {
	{ "guest commands in every wrong guest state", test_guest_states },
	{ "wrong handles, and handles used again", test_handles },
	{ "commands that need an ASID", test_inactive },
	{ "ASIDs: ranges by type, owners", test_asids },
	{ "DF_FLUSH before an ASID is used again", test_flush },
	{ "key sharing", test_key_sharing },
	{ "SEV-ES guests", test_es },
	{ "as many guests as ASIDs", test_limit },
	{ "the launch measurement", test_measurement },
	{ "the attestation report", test_attestation },
	{ "a launch with its owner's session, and a secret", test_session },
	{ "debugging", test_debug },
	{ "COPY", test_copy },
	{ }
};
