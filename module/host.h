/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's firmware, and what existed before the module came. */
#ifndef SEVADM_HOST_H
#define SEVADM_HOST_H

#include <linux/types.h>

/**
 * struct sevadm_firmware - what PLATFORM_STATUS answered last
 * @known: it was answered at least once
 * @api_major: major version of the SEV API
 * @api_minor: minor version
 * @build: build id
 * @state: PSTATE: 0 uninit, 1 init, 2 working (SEV API specification, "Platform State Machine")
 * @guests: number of guest contexts
 */
struct sevadm_firmware {
	bool known;
	u8 api_major;
	u8 api_minor;
	u8 build;
	u8 state;
	u32 guests;
};

struct sev_user_data_status;

void sevadm_firmware_heard(const struct sev_user_data_status *status);
void sevadm_firmware_get(struct sevadm_firmware *firmware);

int sevadm_host_init(void);
void sevadm_host_uninit(void);

#endif /* SEVADM_HOST_H */
