/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm check: what each of its commands is done by. */
#ifndef SEVADM_CHECK_H
#define SEVADM_CHECK_H

#include "command.h"

extern const struct option_row check_host_options[];
int check_host(int argc, char **argv);

#endif
