// SPDX-License-Identifier: GPL-2.0-only
/* Base64, and the certificates and sessions that it carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "sev/certificate.h"
#include "test.h"

/* RFC 4648, section 10, and what is none. */
static void base64(void)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
		{ "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" }, { " Zm9v\n\tYmFy ", "foobar" },
		{ "Zg", NULL }, { "Zg=", NULL }, { "Z", NULL }, { "Z===", NULL }, { "=", NULL },
		{ "Zg===", NULL }, { "Zg==Zg==", NULL }, { "Zm9v-", NULL }, { "Zm8=x", NULL },
	};
	uint8_t bytes[16];
	size_t i, nr, bad;
	int ret;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ret = base64_decode(rows[i].text, bytes, sizeof(bytes), &nr, &bad);
		EXPECT_NUMBER(ret, rows[i].bytes ? 0 : -1);
		EXPECT(bad <= strlen(rows[i].text));
		if (!rows[i].bytes)
			continue;
		EXPECT_NUMBER(nr, strlen(rows[i].bytes));
		EXPECT(!memcmp(bytes, rows[i].bytes, nr));
	}
	EXPECT_NUMBER(base64_decode("Zm9vYmFy", bytes, 2, &nr, &bad), 0);
	EXPECT_NUMBER(nr, 6);
}

static void exact_lengths(void)
{
	struct certificate_problem problem;
	uint8_t bytes[8];

	EXPECT_NUMBER(base64_exact("Zm9v", bytes, 3, &problem), 0);
	EXPECT_TEXT(problem.text, "");
	EXPECT_NUMBER(base64_exact("Zm9v", bytes, 4, &problem), -1);
	EXPECT_TEXT(problem.text, "is 3 bytes, not 4");
	EXPECT_NUMBER(base64_exact("/etc/sev/godh.cert", bytes, 4, &problem), -1);
	EXPECT_TEXT(problem.text, "is not base64 at character 14: it looks like the name of a file, "
		    "whose content is wanted here");
}

/* Offsets of AMD SEV API (55766), appendix C.1. */
static void fill(uint8_t *bytes)
{
	memset(bytes, 0, SEV_CERTIFICATE_BYTES);
	bytes[0] = 1;		/* VERSION */
	bytes[8] = 0x03;	/* PUBKEY_USAGE: PDH */
	bytes[9] = 0x10;
	bytes[0xc] = 3;		/* PUBKEY_ALGO: ECDH with SHA-256 */
	bytes[0x10] = 2;	/* CURVE: P-384 */
	bytes[0x14] = 0xab;	/* QX */
	bytes[0x414] = 0x02;	/* SIG1_USAGE: PEK */
	bytes[0x415] = 0x10;
	bytes[0x418] = 2;	/* SIG1_ALGO: ECDSA with SHA-256 */
	bytes[0x61d] = 0x10;	/* SIG2_USAGE: none */
}

static void certificate(void)
{
	uint8_t bytes[SEV_CERTIFICATE_BYTES];
	struct certificate_problem problem;
	struct json_object *row;

	fill(bytes);
	certificate_judge(bytes, &problem);
	EXPECT_TEXT(problem.text, "");
	row = certificate_json(bytes);
	EXPECT_NUMBER(json_get_u64(row, "version"), 1);
	EXPECT_TEXT(json_get_text(row, "key_usage"), "pdh");
	EXPECT_TEXT(json_get_text(row, "key_algorithm"), "ecdh-sha256");
	EXPECT_TEXT(json_get_text(row, "key_curve"), "p-384");
	EXPECT_TEXT(json_get_text(row, "signature1_usage"), "pek");
	EXPECT_TEXT(json_get_text(row, "signature1_algorithm"), "ecdsa-sha256");
	EXPECT_TEXT(json_get_text(row, "signature2_usage"), "invalid");
	EXPECT_NUMBER(strlen(json_get_text(row, "key_x")), 144);
	json_object_put(row);
}

/* Each byte that firmware looks at, wrong in turn. */
static void wrong_certificates(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *problem;
	} rows[] = {
		{ 0, 2, "has version 2, not 1" },
		{ 8, 0x02, "has the key usage 0x1002 (pek), not 0x1003 (pdh)" },
		{ 0xc, 2, "has the key algorithm 0x2 (ecdsa-sha256), not ecdh" },
		{ 0x10, 9, "has the curve 9, not 1 (p-256) or 2 (p-384)" },
		{ 0x14, 0, "has no public key: all its bytes are zero" },
	};
	uint8_t bytes[SEV_CERTIFICATE_BYTES];
	struct certificate_problem problem;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fill(bytes);
		bytes[rows[i].at] = rows[i].value;
		certificate_judge(bytes, &problem);
		EXPECT_TEXT(problem.text, rows[i].problem);
	}
}

static void session(void)
{
	uint8_t bytes[SEV_SESSION_BYTES] = {};
	struct certificate_problem problem;
	struct json_object *row;

	session_judge(bytes, &problem);
	EXPECT_TEXT(problem.text, "is all zeroes");
	bytes[96] = 0x5a;
	session_judge(bytes, &problem);
	EXPECT_TEXT(problem.text, "");
	row = session_json(bytes);
	EXPECT(!strncmp(json_get_text(row, "policy_mac"), "5a00", 4));
	EXPECT_NUMBER(strlen(json_get_text(row, "nonce")), 32);
	json_object_put(row);
}

int main(void)
{
	static const struct test tests[] = {
		{ "base64, and what is none", base64 },
		{ "lengths are exact, names of files are seen", exact_lengths },
		{ "a certificate's fields in words", certificate },
		{ "each field that firmware looks at", wrong_certificates },
		{ "a session", session },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
