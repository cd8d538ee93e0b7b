/* SPDX-License-Identifier: GPL-2.0-only */
/* Forecasts as other checks show them. */
#ifndef SEVADM_MEMLOCK_FORECAST_JSON_H
#define SEVADM_MEMLOCK_FORECAST_JSON_H

#include <json-c/json.h>

#include "memlock/model.h"

/* The keys of ceilings. */
extern const char *const ceiling_keys[CEILING_NR];

/** memlock_json() - {need_bytes,limit_bytes,outcome,while_running,hard_limit_bytes,ceilings} */
struct json_object *memlock_json(const struct vm_shape *shape,
				 const struct memlock_forecast *forecast);

#endif
