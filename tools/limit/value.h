/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of limits as people write them: 64G, 10%, 4, max. */
#ifndef SEVADM_LIMIT_VALUE_H
#define SEVADM_LIMIT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

/** define LIMIT_NONE - the number that stands for "max": no limit */
#define LIMIT_NONE SEVADM_LIMIT_MAX

/**
 * struct limit_value - a value that was understood
 * @number: the number; with @is_percent hundredths of a percent
 * @is_percent: a share of RAM or of a pool, see limit_value_resolve()
 */
struct limit_value {
	uint64_t number;
	bool is_percent;
};

/**
 * limit_value_parse() - understand what was written
 * @text: "max", a share ("12.5%"), or a number; with @bytes with or without K, M, G or T
 * @bytes: what the value measures: bytes, or ASIDs
 * @value: the result
 *
 * Return: NULL, or what is wrong and what would be right, in words that follow the value.
 */
const char *limit_value_parse(const char *text, bool bytes, struct limit_value *value);

/**
 * limit_value_resolve() - return the number that a value stands for
 * @value: from limit_value_parse()
 * @whole: what a percentage is of
 *
 * Return: the number, rounded down.
 */
uint64_t limit_value_resolve(const struct limit_value *value, uint64_t whole);

/**
 * limit_value_write() - write what limit_value_parse() reads as the same number
 * @number: the number, or LIMIT_NONE
 * @bytes: whether it may have a suffix; the largest that loses nothing is taken
 * @text: gets it
 * @size: of @text
 */
void limit_value_write(uint64_t number, bool bytes, char *text, size_t size);

#endif
