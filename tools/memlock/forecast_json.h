/* SPDX-License-Identifier: GPL-2.0-only */
/* Forecasts as other checks show them. */
#ifndef SEVADM_MEMLOCK_FORECAST_JSON_H
#define SEVADM_MEMLOCK_FORECAST_JSON_H

#include <json-c/json.h>

#include "memlock/model.h"

/* The keys of ceilings. */
extern const char *const ceiling_keys[CEILING_NR];

/** memlock_json() - {need_bytes,limit_bytes,outcome,…,hard_limit_bytes,ceilings,figures} */
struct json_object *memlock_json(const struct vm_shape *shape,
				 const struct memlock_forecast *forecast,
				 const struct memlock_host *host);

/** memlock_figures_of() - whose figures were used: {qemu_version,host_qemu_version,match,source} */
struct json_object *memlock_figures_of(const struct memlock_host *host);

#endif
