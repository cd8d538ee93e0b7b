/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resources that limits are about, their units inside and outside of the module, and their ASID
 * pools.
 */
#ifndef SEVADM_RESOURCE_H
#define SEVADM_RESOURCE_H

#include <linux/mm.h>
#include <linux/types.h>

#include <uapi/linux/sevadm.h>

/**
 * sevadm_resource_is_memory() - Return true if the resource is memory, counted in pages; others are
 * ASIDs.
 * @resource: enum sevadm_resource
 */
static inline bool sevadm_resource_is_memory(u32 resource)
{
	return resource == SEVADM_RESOURCE_PIN || resource == SEVADM_RESOURCE_PRIVATE;
}

/**
 * sevadm_resource_of_pool() - return the enum sevadm_resource that an enum sevadm_pool is counted
 * as
 * @pool: enum sevadm_pool
 */
static inline u32 sevadm_resource_of_pool(u32 pool)
{
	return pool == SEVADM_POOL_SEV ? SEVADM_RESOURCE_ASID_SEV :
	       pool == SEVADM_POOL_SEV_ES ? SEVADM_RESOURCE_ASID_SEV_ES :
					    SEVADM_RESOURCE_ASID_SEV_SNP;
}

/** sevadm_pool_of_resource() - return the enum sevadm_pool of a resource that is not memory */
static inline u32 sevadm_pool_of_resource(u32 resource)
{
	return resource == SEVADM_RESOURCE_ASID_SEV ? SEVADM_POOL_SEV :
	       resource == SEVADM_RESOURCE_ASID_SEV_ES ? SEVADM_POOL_SEV_ES : SEVADM_POOL_SEV_SNP;
}

/**
 * sevadm_resource_to_user() - convert an amount for user space
 * @resource: enum sevadm_resource
 * @amount: pages or ASIDs; U64_MAX: no limit
 *
 * Return: bytes or ASIDs; SEVADM_LIMIT_MAX: no limit.
 */
static inline u64 sevadm_resource_to_user(u32 resource, u64 amount)
{
	return sevadm_resource_is_memory(resource) && amount != SEVADM_LIMIT_MAX ?
	       amount << PAGE_SHIFT : amount;
}

/**
 * sevadm_resource_from_user() - convert an amount that user space gives
 * @resource: enum sevadm_resource
 * @value: bytes or ASIDs; SEVADM_LIMIT_MAX: no limit
 *
 * Return: whole pages, rounded down: a limit is never exceeded by a part of one; or ASIDs.
 */
static inline u64 sevadm_resource_from_user(u32 resource, u64 value)
{
	return sevadm_resource_is_memory(resource) && value != SEVADM_LIMIT_MAX ?
	       value >> PAGE_SHIFT : value;
}

#endif /* SEVADM_RESOURCE_H */
