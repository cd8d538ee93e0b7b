/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEVADM_CMD_ADOPT with nothing of the tool in between: where kvm_amd keeps what it knows of VMs.
 */
#ifndef SEVADM_ADOPT_REQUEST_H
#define SEVADM_ADOPT_REQUEST_H

#include <stdbool.h>

#include "genl.h"

/* Look it up in the kernel's BTF. False: it is not there. */
bool adopt_request_prepare(void);
/* Into a request; allocates no memory. False: it was not looked up. */
bool adopt_request_put(struct genl_message *request);

#endif /* SEVADM_ADOPT_REQUEST_H */
