/* SPDX-License-Identifier: GPL-2.0-only */
/* The character device /dev/sevadm. */
#ifndef SEVADM_DEVICE_H
#define SEVADM_DEVICE_H

int sevadm_device_init(void);
void sevadm_device_uninit(void);

#endif /* SEVADM_DEVICE_H */
