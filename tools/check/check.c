// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check: what keeps guests from starting, found before they are started. The commands. */
#include "check/check.h"

const struct command check_commands[] = {
	{ "host", NULL, "whether this host can run SEV guests, and which ones",
	  check_host_options, check_host },
	{}
};
