/* SPDX-License-Identifier: GPL-2.0-only */
/* What people type of a failure when they leave the line out. */
#ifndef SEVADM_EXPLAIN_TYPED_H
#define SEVADM_EXPLAIN_TYPED_H

#include <stdbool.h>

#include "explain/message.h"

/** struct typed - where in the text the numbers stand; lengths of 0: not there */
struct typed {
	struct message_value err;
	struct message_value fw;
};

/** typed_parse() - true: the whole of @line is such a form */
bool typed_parse(const char *line, struct typed *typed);

#endif
