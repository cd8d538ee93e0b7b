/* SPDX-License-Identifier: GPL-2.0-only */
/* Forecasts as other checks show them. */
#ifndef SEVADM_MEMLOCK_H
#define SEVADM_MEMLOCK_H

#include <json-c/json.h>

#include "memlock/model.h"

/** define MEMLOCK_LIBVIRT_DEFAULT - LimitMEMLOCK= of libvirt's units, where the host is not known */
#define MEMLOCK_LIBVIRT_DEFAULT	((uint64_t)64 << 20)

/** memlock_json() - {need_bytes,limit_bytes,outcome,hard_limit_bytes,ceilings} */
struct json_object *memlock_json(const struct vm_shape *shape,
				 const struct memlock_forecast *forecast);

#endif
