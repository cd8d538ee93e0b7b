/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEVADM_CMD_ADOPT with nothing of the tool in between: where kvm_amd keeps what it knows of VMs.
 */
#ifndef SEVADM_ADOPT_REQUEST_H
#define SEVADM_ADOPT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "genl.h"

/* Look it up in the kernel's BTF. False: it is not there. */
bool adopt_request_prepare(void);
/* What an attribute is on this kernel. */
uint32_t adopt_request_value(uint16_t attribute);

/* One attribute that is another number, or is not there. */
struct adopt_change {
	uint16_t attribute;
	uint32_t value;
	bool left_out;
};

/* Into a request, with the change (may be NULL); allocates no memory. False: not looked up. */
bool adopt_request_put(struct genl_message *request, const struct adopt_change *change);

#endif /* SEVADM_ADOPT_REQUEST_H */
