/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a host refuses to a guest, by facts alone: the same for domains, command lines and KubeVirt.
 */
#ifndef SEVADM_CHECK_GUEST_HOST_H
#define SEVADM_CHECK_GUEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

#include "host/facts.h"

/**
 * host_refuses_type() - why the host runs no guests of this type; NULL: it does, or nobody knows
 */
const char *host_refuses_type(const struct host_facts *host, enum sevadm_vm_type type);

/**
 * host_refuses_policy() - judge the versions that a policy asks for
 * @text: says why the host's firmware refuses the policy
 *
 * Return: true if the firmware is known to be older than the policy's minimum.
 */
bool host_refuses_policy(const struct host_facts *host, enum sevadm_vm_type type, uint64_t policy,
			 char *text, size_t size);

/**
 * host_is_older() - compare a version of the host with the first that will do
 * @fact: a text that begins with MAJOR.MINOR
 *
 * Return: true if the version is known and older.
 */
bool host_is_older(const struct host_facts *host, enum host_fact_id fact, unsigned int major,
		   unsigned int minor);

#endif
