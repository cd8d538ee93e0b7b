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

/* A field in each of whose bytes is its own place: no other place, length or order is the same. */
static const char *places(size_t at, size_t size)
{
	static char text[2 * 144 + 1];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < size; i++)
		append(text, sizeof(text), "%02zx", (at + i) * 7 % 251);
	return text;
}

static void each_place(void)
{
	static const struct {
		const char *name;
		size_t at, size;
	} keys[] = {
		{ "key_x", 0x14, 72 }, { "key_y", 0x5c, 72 },
	}, session_rows[] = {
		{ "nonce", 0, 16 }, { "wrap_tk", 16, 32 }, { "wrap_iv", 48, 16 }, { "wrap_mac", 64, 32 },
		{ "policy_mac", 96, 32 },
	}, words[] = {
		{ "key_usage", 0x8, 4 }, { "key_algorithm", 0xc, 4 }, { "key_curve", 0x10, 4 },
		{ "signature1_usage", 0x414, 4 }, { "signature1_algorithm", 0x418, 4 },
		{ "signature2_usage", 0x61c, 4 }, { "signature2_algorithm", 0x620, 4 },
	}, numbers[] = {
		{ "version", 0, 4 }, { "api_major", 4, 1 }, { "api_minor", 5, 1 },
	};
	uint8_t bytes[SEV_CERTIFICATE_BYTES];
	struct json_object *row;
	char text[16];
	size_t i, j;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 % 251);
	row = certificate_json(bytes);
	EXPECT_NUMBER(json_object_object_length(row),
		      ARRAY_SIZE(keys) + ARRAY_SIZE(words) + ARRAY_SIZE(numbers));
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		EXPECT_TEXT(json_get_text(row, keys[i].name), places(keys[i].at, keys[i].size));
	/* The least byte comes first; what is no word is a number. */
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		strcpy(text, "0x");
		for (j = words[i].size; j--;)
			append(text, sizeof(text), "%02zx", (words[i].at + j) * 7 % 251);
		EXPECT_NUMBER(strtoul(json_get_text(row, words[i].name), NULL, 0),
			      strtoul(text, NULL, 0));
	}
	EXPECT_NUMBER(json_get_u64(row, "version"), 0x150e0700);
	EXPECT_NUMBER(json_get_u64(row, "api_major"), 28);
	EXPECT_NUMBER(json_get_u64(row, "api_minor"), 35);
	json_object_put(row);
	row = session_json(bytes);
	EXPECT_NUMBER(json_object_object_length(row), ARRAY_SIZE(session_rows));
	for (i = 0; i < ARRAY_SIZE(session_rows); i++)
		EXPECT_TEXT(json_get_text(row, session_rows[i].name),
			    places(session_rows[i].at, session_rows[i].size));
	json_object_put(row);
}

/* AMD SEV API (55766), tables 107 to 109: the words of keys' usages, algorithms and curves. */
static void each_word(void)
{
	static const struct {
		size_t at;
		unsigned int value;
		const char *key, *word;
	} rows[] = {
		{ 0x8, 0x0, "key_usage", "ark" }, { 0x8, 0x13, "key_usage", "ask" },
		{ 0x8, 0x1000, "key_usage", "invalid" }, { 0x8, 0x1001, "key_usage", "oca" },
		{ 0x8, 0x1002, "key_usage", "pek" }, { 0x8, 0x1003, "key_usage", "pdh" },
		{ 0x8, 0x1004, "key_usage", "cek" }, { 0x8, 0x1005, "key_usage", "0x1005" },
		{ 0xc, 0x0, "key_algorithm", "none" },
		{ 0xc, 0x1, "key_algorithm", "rsa-sha256" }, { 0xc, 0x2, "key_algorithm", "ecdsa-sha256" },
		{ 0xc, 0x3, "key_algorithm", "ecdh-sha256" }, { 0xc, 0x101, "key_algorithm", "rsa-sha384" },
		{ 0xc, 0x102, "key_algorithm", "ecdsa-sha384" }, { 0xc, 0x103, "key_algorithm", "ecdh-sha384" },
		{ 0xc, 0x104, "key_algorithm", "0x104" },
		{ 0x10, 0, "key_curve", "0x0" }, { 0x10, 1, "key_curve", "p-256" }, { 0x10, 2, "key_curve", "p-384" },
		{ 0x10, 3, "key_curve", "0x3" },
		{ 0x418, 0x101, "signature1_algorithm", "rsa-sha384" },
		{ 0x620, 0x2, "signature2_algorithm", "ecdsa-sha256" },
	};
	uint8_t bytes[SEV_CERTIFICATE_BYTES] = {};
	struct json_object *row;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bytes[rows[i].at] = (uint8_t)rows[i].value;
		bytes[rows[i].at + 1] = (uint8_t)(rows[i].value >> 8);
		row = certificate_json(bytes);
		EXPECT_TEXT(json_get_text(row, rows[i].key), rows[i].word);
		json_object_put(row);
	}
}

/* Each byte that firmware looks at, wrong in turn. */
static void wrong_certificates(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *problem;
	} rows[] = {
		{ 0, 2, "has version 2, not 1" }, { 3, 1, "has version 16777217, not 1" },
		{ 8, 0x07, "has the key usage 0x1007 (unknown), not 0x1003 (pdh)" },
		{ 0xd, 1, "" }, { 0xc, 9, "has the key algorithm 0x9 (unknown), not ecdh" },
		{ 0x10, 1, "" }, { 0x10, 0, "has the curve 0, not 1 (p-256) or 2 (p-384)" },
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
		{ "each field is in its place", each_place },
		{ "each word", each_word },
		{ "each field that firmware looks at", wrong_certificates },
		{ "a session", session },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
