/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of lib/beside.h: the functions, and each kind of thing to attach. */
#ifndef SEVADM_BESIDE_KINDS_H
#define SEVADM_BESIDE_KINDS_H

#include "beside.h"

extern const struct beside_function *beside_list;
extern size_t beside_nr;

extern const struct beside beside_fentry, beside_fexit;

#endif /* SEVADM_BESIDE_KINDS_H */
