// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what an SEV-SNP guest asks the firmware: SNP_GUEST_REQUEST, reports and derived keys. The
 * guest's side, and the verifier's, is OpenSSL's cryptography.
 */
#define OPENSSL_API_COMPAT 10100
#include "snp_test.h"

#include <err.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <string.h>

#define ASID		5
#define GPA		0x40000000ULL
#define REQUEST		PAGE(20)
#define RESPONSE	PAGE(21)
#define SECRETS		PAGE(22)
#define TCB		0x0102030000000405ULL

#define ZEROES		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define ASK()		CMD(SNP_GUEST_REQUEST, AT(CTX), AT(REQUEST), AT(RESPONSE))

enum { KEY_REQ = 3, REPORT_REQ = 5, TSC_REQ = 17 };

#define BAD_KEY		0x27	/* SEV_RET_INVALID_KEY */
#define AEAD_OFLOW	0x1d

struct __attribute__((packed)) message {
	uint8_t tag[32];
	uint64_t sequence;
	uint8_t reserved[8];
	uint8_t algo, version;
	uint16_t size;
	uint8_t type, message_version;
	uint16_t message_size;
	uint32_t reserved2;
	uint8_t vmpck, reserved3[35];
	uint8_t payload[4000];
};

#define HEADER		0x60
#define AAD		0x30

static uint8_t keys[4][32];	/* the guest's, from its secrets page */

static void launch(uint32_t finish)
{
	give(COMMAND_BUFFER);
	give(OUTPUT);
	give(CTX);
	OK(SNP_GCTX_CREATE, AT(CTX));
	OK(SNP_LAUNCH_START, AT(CTX), POLICY, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	OK(SNP_ACTIVATE, AT(CTX), ASID);
	EXPECT(rmpupdate(SECRETS, GPA, 1, 0, 1, ASID), 0);
	OK(SNP_LAUNCH_UPDATE, AT(CTX), 5 << 1, 0, AT(SECRETS), 0, 0);
	machine_read(SECRETS + 0x20, keys, sizeof(keys));
	OK(SNP_LAUNCH_FINISH, AT(CTX), AT(0), AT(0), finish, 0, ZEROES);
	give(RESPONSE);
}

static void start_guest(uint32_t finish)
{
	start_snp("tcb=0x0102030000000405");
	snp_on();
	snp_init();
	launch(finish);
}

static bool gcm(struct message *m, bool seal)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t iv[12] = {};
	bool good;
	int len;

	memcpy(iv, &m->sequence, sizeof(m->sequence));
	good = c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, keys[m->vmpck], iv, seal) &&
	       EVP_CipherUpdate(c, NULL, &len, (uint8_t *)m + AAD, HEADER - AAD) &&
	       EVP_CipherUpdate(c, m->payload, &len, m->payload, m->message_size) &&
	       (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, m->tag)) &&
	       EVP_CipherFinal_ex(c, m->payload + len, &len) &&
	       (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, m->tag));
	EVP_CIPHER_CTX_free(c);
	return good;
}

static void prepare(struct message *m, int vmpck, uint64_t sequence, int type, const void *payload,
		    size_t len)
{
	*m = (struct message) {
		.sequence = sequence, .algo = 1, .version = 1, .size = HEADER, .type = type,
		.message_version = 1, .message_size = len, .vmpck = vmpck,
	};
	memcpy(m->payload, payload, len);
}

static void send(struct message *m)
{
	EXPECT(gcm(m, true), true);
	machine_write(REQUEST, m, HEADER + m->message_size);
}

/* The answer to a request that the firmware took: its status. */
static uint32_t receive(struct message *m, uint64_t sequence, int type)
{
	uint32_t status;

	machine_read(RESPONSE, m, 4096);
	EXPECT(m->sequence, sequence);
	EXPECT(m->type, type);
	EXPECT(m->size, HEADER);
	EXPECT(m->message_size <= sizeof(m->payload) && gcm(m, false), true);
	memcpy(&status, m->payload, sizeof(status));
	return status;
}

/* The emulated chip's key of this TCB: see sev-attestation.c. */
static EC_KEY *vcek(void)
{
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_secp384r1);
	const EC_GROUP *group = EC_KEY_get0_group(key);
	EC_POINT *point = EC_POINT_new(group);
	uint8_t text[4 + 64 + 8] = "VCEK", secret[48];
	uint64_t tcb = TCB;
	BIGNUM *d;

	OK(GET_ID, AT(OUTPUT), 64);
	machine_read(OUTPUT, text + 4, 64);
	memcpy(text + 68, &tcb, sizeof(tcb));
	SHA384(text, sizeof(text), secret);
	d = BN_lebin2bn(secret, sizeof(secret), NULL);
	if (!EC_POINT_mul(group, point, d, NULL, NULL, NULL) || !EC_KEY_set_public_key(key, point))
		errx(1, "OpenSSL has no such key");
	return key;
}

static bool verify(const uint8_t *report)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t digest[48];

	SHA384(report, 0x2a0, digest);
	ECDSA_SIG_set0(sig, BN_lebin2bn(report + 0x2a0, 72, NULL),
		       BN_lebin2bn(report + 0x2a0 + 72, 72, NULL));
	return ECDSA_do_verify(digest, sizeof(digest), sig, vcek()) == 1;
}

static uint64_t field(const uint8_t *report, size_t offset, size_t len)
{
	uint64_t value = 0;

	memcpy(&value, report + offset, len);
	return value;
}

static void test_report(void)
{
	uint8_t request[96] = {}, none[64] = {}, *report;
	struct message m;

	start_guest(0);
	for (int i = 0; i < 64; i++)
		request[i] = i;
	request[64] = 2;	/* for VMPL 2 */
	prepare(&m, 1, 1, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 2, REPORT_REQ + 1), 0);
	EXPECT(field(m.payload, 4, 4), 0x4a0);
	report = m.payload + 0x20;
	EXPECT(field(report, 0, 4), 2);
	EXPECT(field(report, 8, 8), POLICY);
	EXPECT(field(report, 0x30, 4), 2);
	EXPECT(field(report, 0x34, 4), 1);
	EXPECT(field(report, 0x38, 8), TCB);
	EXPECT(field(report, 0x180, 8), TCB);
	EXPECT_SAME(report + 0x50, request, 64);
	EXPECT(!memcmp(report + 0x90, none, 48), 0);
	EXPECT(!memcmp(report + 0x140, none, 32), 0);
	EXPECT(!memcmp(report + 0x1a0, none, 64), 0);
	EXPECT(verify(report), true);
	report[0x50] ^= 1;
	EXPECT(verify(report), false);
	/* Each key counts its messages for itself. */
	prepare(&m, 0, 1, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 2, REPORT_REQ + 1), 0);
	/* What the guest asks wrongly, it alone is told. */
	request[64] = 0;
	prepare(&m, 1, 3, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 4, REPORT_REQ + 1), SEV_RET_INVALID_PARAM);
	request[64] = 1;
	request[68] = 2;	/* by the VLEK, which there is none of */
	prepare(&m, 1, 5, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 6, REPORT_REQ + 1), BAD_KEY);
	request[68] = 0;
	request[80] = 1;
	prepare(&m, 1, 7, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 8, REPORT_REQ + 1), SEV_RET_INVALID_PARAM);
	/* The host may hide which chip it is. */
	OK(SNP_CONFIG, 0, 0, 3, ZEROES);
	request[80] = 0;
	prepare(&m, 1, 9, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 10, REPORT_REQ + 1), 0);
	EXPECT_SAME(m.payload + 0x20 + 0x1a0, none, 64);
	EXPECT_SAME(m.payload + 0x20 + 0x2a0, none, 64);
	EXPECT(field(m.payload + 0x20, 0x48, 4), 2 | 7 << 2);
	/* The owner may forbid the chip's key. */
	start_guest(4);
	prepare(&m, 0, 1, REPORT_REQ, request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 2, REPORT_REQ + 1), BAD_KEY);
}

static void derived(uint8_t key[32], uint64_t sequence, uint32_t flags, uint64_t fields,
		    uint64_t tcb, uint32_t status)
{
	struct __attribute__((packed)) {
		uint32_t flags, reserved;
		uint64_t fields;
		uint32_t vmpl, svn;
		uint64_t tcb;
	} request = { .flags = flags, .fields = fields, .tcb = tcb };
	struct message m;

	prepare(&m, 0, sequence, KEY_REQ, &request, sizeof(request));
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, sequence + 1, KEY_REQ + 1), status);
	memcpy(key, m.payload + 0x20, 32);
}

static void test_keys(void)
{
	uint8_t first[32], again[32], other[32], none[32] = {};

	start_guest(0);
	derived(first, 1, 0, 0, 0, 0);
	EXPECT(!memcmp(first, none, 32), 0);
	derived(again, 3, 0, 0, 0, 0);
	EXPECT_SAME(first, again, 32);
	derived(other, 5, 1, 0, 0, 0);			/* from the guest's own root key */
	EXPECT(!memcmp(first, other, 32), 0);
	derived(other, 7, 0, 1 << 3, 0, 0);		/* with the measurement */
	EXPECT(!memcmp(first, other, 32), 0);
	derived(other, 9, 0, 1 << 5, TCB - 1, 0);	/* of an older TCB */
	EXPECT(!memcmp(first, other, 32), 0);
	derived(other, 11, 0, 1 << 5, TCB + 1, SEV_RET_INVALID_PARAM);
	derived(other, 13, 0, 1 << 6, 0, SEV_RET_INVALID_PARAM);
	derived(other, 15, 4, 0, 0, BAD_KEY);
	derived(other, 17, 8, 0, 0, SEV_RET_INVALID_PARAM);
	/* The chip's is the same for another guest of that host, the guest's own is not. */
	OK(SNP_DECOMMISSION, AT(CTX));
	OK(SNP_PAGE_RECLAIM, AT(CTX));
	EXPECT(rmpupdate(CTX, 0, 0, 0, 0, 0), 0);
	start_guest(0);
	derived(again, 1, 0, 0, 0, 0);
	EXPECT_SAME(first, again, 32);
}

static void test_request(void)
{
	uint8_t request[96] = {};
	struct message m, bad;

	start_guest(0);
	prepare(&m, 0, 1, REPORT_REQ, request, sizeof(request));
	bad = m;
	send(&m);
	/* pages */
	EXPECT(CMD(SNP_GUEST_REQUEST, AT(PAGE(1)), AT(REQUEST), AT(RESPONSE)),
	       SEV_RET_INVALID_GUEST);
	EXPECT(CMD(SNP_GUEST_REQUEST, AT(CTX), AT(REQUEST), AT(REQUEST)), INVALID_PAGE_STATE);
	EXPECT(CMD(SNP_GUEST_REQUEST, AT(CTX), (uint32_t)RMP_BASE, 1, AT(RESPONSE)),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_GUEST_REQUEST, AT(CTX), AT(REQUEST + 0xfb0), AT(RESPONSE)),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_GUEST_REQUEST, AT(CTX), AT(REQUEST), AT(RESPONSE + 0xf00)),
	       SEV_RET_INVALID_PARAM);
	/* none of which has used it up */
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(ASK(), AEAD_OFLOW);			/* replayed */
	/* headers */
	bad.sequence = 3;
	for (int i = 0; i < 7; i++) {
		m = bad;
		m.algo = i == 0 ? 2 : 1;
		m.version = i == 1 ? 2 : 1;
		m.size = i == 2 ? 0x50 : HEADER;
		m.message_size = i == 3 ? 0 : i == 4 ? 8 : i == 5 ? 0xfb0 : sizeof(request);
		m.vmpck = i == 6 ? 4 : 0;
		machine_write(REQUEST, &m, HEADER + sizeof(request));
		expect("wrong header", i, "status", ASK(), SEV_RET_INVALID_PARAM);
	}
	m = bad;
	m.type = 99;
	send(&m);
	EXPECT(ASK(), SEV_RET_INVALID_PARAM);
	m = bad;
	m.message_version = 2;
	send(&m);
	EXPECT(ASK(), SEV_RET_INVALID_PARAM);
	m = bad;
	m.message_size = 16;				/* too short for its type */
	send(&m);
	EXPECT(ASK(), SEV_RET_INVALID_PARAM);
	/* what was tampered with */
	m = bad;
	send(&m);
	m.payload[0] ^= 1;
	machine_write(REQUEST, &m, HEADER + m.message_size);
	EXPECT(ASK(), SEV_RET_BAD_MEASUREMENT);
	m = bad;
	send(&m);
	m.type = KEY_REQ;
	machine_write(REQUEST, &m, HEADER + m.message_size);
	EXPECT(ASK(), SEV_RET_BAD_MEASUREMENT);
	m = bad;
	m.sequence = 5;
	send(&m);
	EXPECT(ASK(), AEAD_OFLOW);
	m = bad;
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 4, REPORT_REQ + 1), 0);
	/* the TSC's factors */
	prepare(&m, 2, 1, TSC_REQ, (uint8_t[128]) {}, 128);
	send(&m);
	EXPECT(ASK(), SEV_RET_SUCCESS);
	EXPECT(receive(&m, 2, TSC_REQ + 1), 0);
	/* a guest that does not run yet */
	give(PAGE(1));
	OK(SNP_GCTX_CREATE, AT(PAGE(1)));
	EXPECT(CMD(SNP_GUEST_REQUEST, AT(PAGE(1)), AT(REQUEST), AT(RESPONSE)),
	       SEV_RET_INVALID_GUEST_STATE);
}

const struct test snp_request_tests[] = {
	{ "SNP_GUEST_REQUEST: attestation reports", test_report },
	{ "SNP_GUEST_REQUEST: derived keys", test_keys },
	{ "SNP_GUEST_REQUEST: wrong requests", test_request },
	{ }
};
