// SPDX-License-Identifier: GPL-2.0-only
/*
 * What people type: numbers, names and a policy without a line around them.
 *
 * Each of these has to be all that was typed. In a log, and beside other words, they say nothing:
 * any driver's ret=-110 would be a dead security processor.
 */
#include "explain/typed.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define NUMBER	"(-?[0-9]+|0x[0-9a-fA-F]+|-?[A-Z][A-Z0-9_]+)"
#define QUOTED	"( *'[^']*')?"
#define POLICY	"( *<?policy(=|>) *[0-9a-fA-Fx]+(</policy>)?)?"

/**
 * struct shape - one form
 * @pattern: POSIX extended regular expression; all of the line
 * @err_group: group of the errno, 0: none; the other groups have the same meaning
 */
static const struct shape {
	const char *pattern;
	unsigned char err_group;
	unsigned char fw_group;
} shapes[] = {
	/* ret=-16 fw_error=0 ''; errno=EBUSY; rc=-5, fw_err=14 */
	{ "(ret|errno|rc)=" NUMBER "([, ]+fw_err(or)?='?" NUMBER QUOTED ")?" POLICY, 2, 5 },
	/* -16 0; EBUSY; 5 WBINVD_REQUIRED */
	{ "(-?[0-9]+|-?E[A-Z0-9]+)([[:space:]]+" NUMBER ")?", 1, 3 },
	/* 0x13; INVALID_CONFIG */
	{ "(0x[0-9a-fA-F]+|[A-Z][A-Z0-9]*_[A-Z0-9_]+)", 0, 1 },
	/* fw_error=23; error 0xe; HWSEV_RET_PLATFORM error: SEV_RET_HWSEV_RET_PLATFORM */
	{ "([A-Z_]+ )?(fw_err(or)?|[Ee]rror|[Ss]tatus)( code)?[:=( ]+'?" NUMBER "\\)?" QUOTED POLICY,
	  0, 5 },
	/* Error: Device or resource busy (os error 16) */
	{ "([Ee]rror: )?([A-Z][A-Za-z /()-]*[a-z)])( \\(os error [0-9]+\\))?", 2, 0 },
	{ "<?policy(=|>) *[0-9a-fA-Fx]+(</policy>)?", 0, 0 },
};

static const regex_t *compile(size_t i)
{
	static struct {
		regex_t regex;
		bool done;
	} compiled[ARRAY_SIZE(shapes)];
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "^[[:space:]]*%s[[:space:]]*$", shapes[i].pattern);
	if (!compiled[i].done && regcomp(&compiled[i].regex, pattern, REG_EXTENDED))
		abort();
	compiled[i].done = true;
	return &compiled[i].regex;
}

static struct message_value value_of(const char *line, const regmatch_t *groups,
				     unsigned char group)
{
	if (!group || groups[group].rm_so < 0)
		return (struct message_value) {};
	return (struct message_value) {
		line + groups[group].rm_so, (size_t)(groups[group].rm_eo - groups[group].rm_so)
	};
}

bool typed_parse(const char *line, struct typed *typed)
{
	regmatch_t groups[10];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (regexec(compile(i), line, ARRAY_SIZE(groups), groups, 0))
			continue;
		typed->err = value_of(line, groups, shapes[i].err_group);
		typed->fw = value_of(line, groups, shapes[i].fw_group);
		return true;
	}
	return false;
}
