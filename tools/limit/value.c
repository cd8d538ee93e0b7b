// SPDX-License-Identifier: GPL-2.0-only
/* Values of limits as people write them. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "limit/value.h"

#define WHOLE_PERCENT	10000	/* hundredths of a percent */

static const char suffixes[] = "KMGT";

static const char not_bytes[] =
	"is neither a number of bytes (with or without K, M, G or T), nor a share of RAM (10%), nor max";
static const char not_count[] =
	"is neither a number of ASIDs, nor a share of the pool (50%), nor max";

/* Digits up to a character that is none; false: there are none, or they say too much. */
static bool take_number(const char **text, uint64_t *number)
{
	const char *digit = *text;

	for (*number = 0; isdigit((unsigned char)*digit); digit++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *digit - '0', number))
			return false;
	if (digit == *text)
		return false;
	*text = digit;
	return true;
}

/* @text: after the whole percents; at most two digits more, then the sign. */
static bool take_percent(const char *text, uint64_t *number)
{
	unsigned int unit = WHOLE_PERCENT / 100;

	if (__builtin_mul_overflow(*number, unit, number))
		return false;
	if (*text == '.') {
		if (!isdigit((unsigned char)*++text))
			return false;
		while (isdigit((unsigned char)*text)) {
			unit /= 10;
			if (!unit)
				return false;
			*number += (uint64_t)(*text++ - '0') * unit;
		}
	}
	return !strcmp(text, "%") && *number <= WHOLE_PERCENT;
}

const char *limit_value_parse(const char *text, bool bytes, struct limit_value *value)
{
	const char *wrong = bytes ? not_bytes : not_count, *suffix, *rest = text;
	unsigned int shift = 0;

	*value = (struct limit_value) { .number = LIMIT_NONE };
	if (!strcmp(text, "max"))
		return NULL;
	if (!isdigit((unsigned char)*text))
		return wrong;
	if (!take_number(&rest, &value->number))
		return "is too large: write max where there shall be no limit";
	if (*rest && (*rest == '.' || !strcmp(rest, "%"))) {
		value->is_percent = true;
		return take_percent(rest, &value->number) ? NULL :
		       "is not a share from 0% to 100%, with at most two decimals";
	}
	suffix = *rest ? strchr(suffixes, *rest) : NULL;
	if (suffix && bytes && !rest[1])
		shift = 10 * (suffix - suffixes + 1);
	else if (*rest)
		return wrong;
	if (value->number > LIMIT_NONE >> shift || value->number == LIMIT_NONE)
		return "is too large: write max where there shall be no limit";
	value->number <<= shift;
	return NULL;
}

uint64_t limit_value_resolve(const struct limit_value *value, uint64_t whole)
{
	if (!value->is_percent)
		return value->number;
	return (unsigned __int128)whole * value->number / WHOLE_PERCENT;
}

void limit_value_write(uint64_t number, bool bytes, char *text, size_t size)
{
	char suffix[2] = "";
	size_t i;

	if (number == LIMIT_NONE) {
		snprintf(text, size, "max");
		return;
	}
	for (i = 0; bytes && suffixes[i] && number && !(number & 1023); i++) {
		number >>= 10;
		suffix[0] = suffixes[i];
	}
	snprintf(text, size, "%" PRIu64 "%s", number, suffix);
}
