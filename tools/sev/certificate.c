// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificates and sessions of SEV launches: base64, the places of their fields, and what they say.
 */
#include "sev/certificate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

/* ---- base64 ---------------------------------------------------------------------------------- */

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

int base64_decode(const char *text, uint8_t *bytes, size_t room, size_t *nr, size_t *bad)
{
	unsigned int bits = 0, group = 0, padding = 0;
	const char *at;

	*nr = 0;
	for (at = text; *at; at++) {
		*bad = (size_t)(at - text);
		if (isspace((unsigned char)*at))
			continue;
		if (*at == '=' && ((group & 3) + padding == 2 || (group & 3) + padding == 3) &&
		    padding < 2) {
			padding++;
			continue;
		}
		if (padding || digit(*at) < 0)
			return -1;
		bits = bits << 6 | (unsigned int)digit(*at);
		if (group++ & 3) {
			if (*nr < room)
				bytes[*nr] = (uint8_t)(bits >> (6 - 2 * ((group - 1) & 3)));
			++*nr;
		}
	}
	*bad = (size_t)(at - text);
	return ((group & 3) + padding) & 3 || (!padding && group & 3) ? -1 : 0;
}

int base64_exact(const char *text, uint8_t *bytes, size_t size,
		 struct certificate_problem *problem)
{
	size_t nr, bad;

	problem->text[0] = '\0';
	if (base64_decode(text, bytes, size, &nr, &bad)) {
		snprintf(problem->text, sizeof(problem->text),
			 "%s at character %zu%s",
			 text[bad] ? "is not base64" : "is base64 that was cut off", bad + 1,
			 *text == '/' || strchr(text, '.') ?
			 ": it looks like the name of a file, whose content is wanted here" : "");
		return -1;
	}
	if (nr != size) {
		snprintf(problem->text, sizeof(problem->text), "is %zu bytes, not %zu%s", nr, size,
			 nr < size && *text == '/' ?
			 ": it looks like the name of a file, whose content is wanted here" : "");
		return -1;
	}
	return 0;
}

/* ---- fields ---------------------------------------------------------------------------------- */

struct word {
	uint32_t value;
	const char *name;
};

static const struct word usages[] = {
	{ 0x0000, "ark" }, { 0x0013, "ask" }, { 0x1000, "invalid" }, { 0x1001, "oca" },
	{ 0x1002, "pek" }, { 0x1003, "pdh" }, { 0x1004, "cek" }, {}
};

static const struct word algorithms[] = {
	{ 0x000, "none" },
	{ 0x001, "rsa-sha256" }, { 0x002, "ecdsa-sha256" }, { 0x003, "ecdh-sha256" },
	{ 0x101, "rsa-sha384" }, { 0x102, "ecdsa-sha384" }, { 0x103, "ecdh-sha384" }, {}
};

static const struct word curves[] = { { 1, "p-256" }, { 2, "p-384" }, {} };

/* enum field_kind: FIELD_NUMBER is little-endian, FIELD_HEX is shown as bytes */
enum field_kind { FIELD_NUMBER, FIELD_WORD, FIELD_HEX };

/* struct field - a row of a structure: its key, place, and words if it is one of them */
struct field {
	const char *name;
	size_t at, size;
	enum field_kind kind;
	const struct word *words;
};

static const struct field certificate_fields[] = {
	{ "version", 0x000, 4, FIELD_NUMBER },
	{ "api_major", 0x004, 1, FIELD_NUMBER },
	{ "api_minor", 0x005, 1, FIELD_NUMBER },
	{ "key_usage", 0x008, 4, FIELD_WORD, usages },
	{ "key_algorithm", 0x00c, 4, FIELD_WORD, algorithms },
	{ "key_curve", 0x010, 4, FIELD_WORD, curves },
	{ "key_x", 0x014, 72, FIELD_HEX },
	{ "key_y", 0x05c, 72, FIELD_HEX },
	{ "signature1_usage", 0x414, 4, FIELD_WORD, usages },
	{ "signature1_algorithm", 0x418, 4, FIELD_WORD, algorithms },
	{ "signature2_usage", 0x61c, 4, FIELD_WORD, usages },
	{ "signature2_algorithm", 0x620, 4, FIELD_WORD, algorithms },
	{}
};

static const struct field session_fields[] = {
	{ "nonce", 0, 16, FIELD_HEX },
	{ "wrap_tk", 16, 32, FIELD_HEX },
	{ "wrap_iv", 48, 16, FIELD_HEX },
	{ "wrap_mac", 64, 32, FIELD_HEX },
	{ "policy_mac", 96, 32, FIELD_HEX },
	{}
};

static uint32_t number(const uint8_t *bytes, size_t at, size_t size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | bytes[at + size];
	return value;
}

static const char *word_of(const struct word *words, uint32_t value)
{
	for (; words->name; words++)
		if (words->value == value)
			return words->name;
	return NULL;
}

static struct json_object *hex(const uint8_t *bytes, size_t size)
{
	char text[2 * 72 + 1];
	size_t i;

	for (i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	return json_object_new_string(text);
}

static struct json_object *value_of(const struct field *field, const uint8_t *bytes)
{
	uint32_t value;
	const char *word;
	char text[16];

	if (field->kind == FIELD_HEX)
		return hex(bytes + field->at, field->size);
	value = number(bytes, field->at, field->size);
	if (field->kind == FIELD_NUMBER)
		return json_u64(value);
	word = word_of(field->words, value);
	snprintf(text, sizeof(text), "0x%x", value);
	return json_object_new_string(word ?: text);
}

static struct json_object *decode(const struct field *fields, const uint8_t *bytes)
{
	struct json_object *row = json_object_new_object();

	for (; fields->name; fields++)
		json_object_object_add(row, fields->name, value_of(fields, bytes));
	return row;
}

struct json_object *certificate_json(const uint8_t *bytes)
{
	return decode(certificate_fields, bytes);
}

struct json_object *session_json(const uint8_t *bytes)
{
	return decode(session_fields, bytes);
}

/* ---- what firmware wants --------------------------------------------------------------------- */

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size--)
		if (bytes[size])
			return false;
	return true;
}

void certificate_judge(const uint8_t *bytes, struct certificate_problem *problem)
{
	const uint32_t version = number(bytes, 0, 4), usage = number(bytes, 8, 4);
	const uint32_t algorithm = number(bytes, 0xc, 4), curve = number(bytes, 0x10, 4);
	char *text = problem->text;
	size_t size = sizeof(problem->text);

	*text = '\0';
	if (version != 1)
		snprintf(text, size, "has version %u, not 1", version);
	else if (usage != 0x1003)
		snprintf(text, size, "has the key usage 0x%x (%s), not 0x1003 (pdh)", usage,
			 word_of(usages, usage) ?: "unknown");
	else if (algorithm != 0x003 && algorithm != 0x103)
		snprintf(text, size, "has the key algorithm 0x%x (%s), not ecdh", algorithm,
			 word_of(algorithms, algorithm) ?: "unknown");
	else if (!word_of(curves, curve))
		snprintf(text, size, "has the curve %u, not 1 (p-256) or 2 (p-384)", curve);
	else if (is_zero(bytes + 0x14, 2 * 72))
		snprintf(text, size, "has no public key: all its bytes are zero");
}

void session_judge(const uint8_t *bytes, struct certificate_problem *problem)
{
	problem->text[0] = '\0';
	if (is_zero(bytes, SEV_SESSION_BYTES))
		snprintf(problem->text, sizeof(problem->text), "is all zeroes");
}
