/* SPDX-License-Identifier: GPL-2.0-only */
/* libvirt's logs of domains: what they say of one that did not start. */
#ifndef SEVADM_HOST_LIBVIRT_LOG_H
#define SEVADM_HOST_LIBVIRT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * libvirt_failed_start() - find the domain that libvirt failed to start at some time
 * @root: "" on a live host; tests have a folder that stands for /
 * @time_ns: when something failed, since 1970
 * @name: the domain's name, which is that of its log in /var/log/libvirt/qemu
 *
 * Return: true if exactly one domain was being started at that time and failed. A log names no
 * process, so the time is all there is.
 */
bool libvirt_failed_start(const char *root, uint64_t time_ns, char *name, size_t size);

#endif
