/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RMP, counted by the module while its entries change.
 */
#ifndef SEVADM_PRIVATE_RECOUNT_H
#define SEVADM_PRIVATE_RECOUNT_H

#include <stdbool.h>

#define RECOUNTED_GUESTS	3
#define RECOUNTS		4

/*
 * The module is loaded while guests' pages become private and are given back without a pause, and
 * has what the RMP has. Prints what is wrong, and leaves no guest.
 */
bool private_recount(void);

#endif /* SEVADM_PRIVATE_RECOUNT_H */
