// SPDX-License-Identifier: GPL-2.0-only
/* The version of the program: what the file VERSION says. */
#include "cli/version.h"

const char sevadm_version[] = SEVADM_VERSION;
