/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of limits, sevadm.conf(5). */
#ifndef SEVADM_CONFIG_FILE_H
#define SEVADM_CONFIG_FILE_H

#include <stdio.h>

#include "limit/limit.h"
#include "report/findings.h"

#define CONFIG_FILE "/etc/sevadm.conf"

/**
 * config_parse() - understand the text of a file
 * @text: the text; it is changed
 * @length: of @text, which has a NUL behind it
 * @target: gets what is wrong
 * @list: gets the limits
 *
 * Return: whether all of it was understood.
 */
bool config_parse(char *text, size_t length, struct target *target, struct limit_list *list);

/* The same of the file at @path; "-": standard input. */
bool config_read(const char *path, struct target *target, struct limit_list *list);

/* What config_parse() reads as the same limits; @list is sorted, its values are no percentages. */
void config_write(FILE *file, const struct limit_list *list);

/** config_rule_at() - return rule number @i of config check; NULL: there are fewer */
const struct rule *config_rule_at(unsigned int i);

#endif
