// SPDX-License-Identifier: GPL-2.0-only
/* Forecasts as JSON. */
#include "cli/output.h"
#include "memlock/forecast_json.h"

const char *const ceiling_keys[CEILING_NR] = {
	[CEILING_PINNED] = "pinned",
	[CEILING_CHARGED] = "charged",
	[CEILING_MAPPED] = "mapped",
};

struct json_object *memlock_figures_of(const struct memlock_host *host)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "qemu_version", json_text(host->figures->name));
	json_object_object_add(object, "host_qemu_version",
			       json_known_string(host->qemu, host->qemu_name));
	json_object_object_add(object, "match",
			       json_object_new_string(memlock_match_names[host->match]));
	json_object_object_add(object, "source", json_text(host->figures->source));
	return object;
}

struct json_object *memlock_json(const struct vm_shape *shape,
				 const struct memlock_forecast *forecast,
				 const struct memlock_host *host)
{
	const uint64_t limit = memlock_recommend(shape);
	struct json_object *object = json_object_new_object(), *ceilings, *one;
	enum ceiling i;

	json_object_object_add(object, "need_bytes", json_u64(forecast->need[forecast->ceiling]));
	json_add_limit(object, "limit_bytes", true, forecast->limit[forecast->ceiling]);
	json_object_object_add(object, "outcome",
			       json_object_new_string(memlock_outcome_names[forecast->outcome]));
	json_object_object_add(object, "while_running",
			       json_object_new_boolean(forecast->while_running));
	json_object_object_add(object, "hard_limit_bytes", json_known_u64(limit, limit));
	ceilings = json_object_new_object();
	for (i = 0; i < CEILING_NR; i++) {
		one = json_object_new_object();
		json_object_object_add(one, "need_bytes", json_u64(forecast->need[i]));
		json_add_limit(one, "limit_bytes", true, forecast->limit[i]);
		json_object_object_add(one, "set_by", json_object_new_string(forecast->setter[i]));
		json_object_object_add(ceilings, ceiling_keys[i], one);
	}
	json_object_object_add(object, "ceilings", ceilings);
	json_object_object_add(object, "figures", memlock_figures_of(host));
	return object;
}
