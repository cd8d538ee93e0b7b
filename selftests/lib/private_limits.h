/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on private memory; limits_open() comes first. Each prints what is wrong, and leaves no
 * guest and no limit.
 */
#ifndef SEVADM_PRIVATE_LIMITS_H
#define SEVADM_PRIVATE_LIMITS_H

#include <stdbool.h>

#include "sev_vm.h"

#define CONTENDERS	32		/* processes, of whose guests as many fit: */
#define CONTEST_FITTING	13

/* One guest too many is refused; its memory is bound before it is a guest, or afterwards. */
bool private_limit_refuses(const struct sev_host *host, bool memory_first);
/* As many processes that start a guest at the same time succeed as fit, and never more. */
bool private_limit_contest(void);
/* A VM that takes over a guest's context, by @take, brings no memory that nobody is charged for. */
bool private_limit_taken(const struct sev_host *host,
			 struct sev_outcome (*take)(struct sev_vm *vm,
						    const struct sev_vm *source));

#endif /* SEVADM_PRIVATE_LIMITS_H */
