// SPDX-License-Identifier: GPL-2.0-only
/* What the module says about the host and about itself. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/sevadm.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "kernel/client.h"
#include "limit/kernel.h"
#include "sev/names.h"
#include "status.h"

/* The reason says in words what the errno says. */
static const struct column seam_columns[] = {
	{ "name", "SEAM" },
	{ "module", "MODULE" },
	{ "attached", "ATTACHED" },
	{ "required", "REQUIRED" },
	{ "hits", "HITS" },
	{ "reason", "REASON" },
};

static struct json_object *get(struct json_object *row, const char *key)
{
	return json_object_object_get(row, key);
}

/* Gives @row[@from] to @to, under another key. */
static void copy(struct json_object *to, const char *key, struct json_object *row, const char *from)
{
	json_object_object_add(to, key, json_object_get(get(row, from)));
}

/* A pool that kvm_amd does not use has no ASIDs, whatever the processor has. */
static bool pool_disabled(const char *pool)
{
	char path[64], state = 'Y';
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/kvm_amd/parameters/%s", pool);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fread(&state, 1, 1, file) != 1)
		state = 'Y';
	fclose(file);
	return state == 'N' || state == '0';
}

static void take_all(struct json_object *pool)
{
	json_object_object_add(pool, "capacity", json_u64(0));
	json_object_object_add(pool, "free", json_u64(0));
}

/* Where SEV-SNP guests have ASIDs of their own, nobody is left who could take those of SEV-ES. */
static void refuse_es(struct json_object *pools)
{
	struct json_object *es = get(pools, "sev_es");
	bool divided = get(pools, "sev_snp");

	if (!json_get_u64(es, "capacity") || !host_es_refused(host_vm_types()))
		return;
	if (divided)
		take_all(es);
	json_object_object_add(es, "reason", json_object_new_string(divided ?
			       "the firmware refuses SEV-ES guests while SEV-SNP is initialised" :
			       "the firmware refuses SEV-ES guests while SEV-SNP is initialised: only SEV-SNP guests take these ASIDs"));
}

static void complete_pool(struct json_object *pool, uint64_t unaccounted)
{
	int64_t drift = json_get_u64(pool, "charged") - json_get_u64(pool, "used");

	if (pool_disabled(json_get_text(pool, "pool")))
		take_all(pool);
	json_object_object_add(pool, "drift", unaccounted ? NULL : json_object_new_int64(drift));
}

static struct json_object *make_pools(struct json_object *status)
{
	struct json_object *pools = json_object_new_object(), *list = get(status, "pools"), *pool;
	char name[16];
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		pool = json_object_get(json_object_array_get_idx(list, i));
		complete_pool(pool, json_get_u64(status, "unaccounted_vms"));
		snprintf(name, sizeof(name), "%s", json_get_text(pool, "pool"));
		json_object_object_del(pool, "pool");
		json_object_object_add(pools, name, pool);
	}
	refuse_es(pools);
	return pools;
}

/* Takes over @seams. */
static struct json_object *make_module(struct json_object *status, struct json_object *seams)
{
	struct json_object *module = json_object_new_object();

	copy(module, "version", status, "version");
	copy(module, "state", status, "state");
	json_object_object_add(module, "seams", seams);
	return module;
}

bool status_is_near(struct json_object *limit, const char *knob)
{
	return !json_is_null(limit, knob) && json_get_u64(limit, "current") &&
	       json_get_u64(limit, "current") >= json_get_u64(limit, knob) - json_get_u64(limit, knob) / 10;
}

static struct json_object *limits_near(struct json_object *limits)
{
	struct json_object *near = json_object_new_array(), *limit;
	size_t i;

	for (i = 0; i < json_object_array_length(limits); i++) {
		limit = json_object_array_get_idx(limits, i);
		if (status_is_near(limit, "high") || status_is_near(limit, "max"))
			json_object_array_add(near, json_object_get(limit));
	}
	return near;
}

/* The host's maximum of a resource. */
static uint64_t host_max(struct json_object *limits, enum limit_resource resource)
{
	struct json_object *limit;
	size_t i;

	for (i = 0; i < json_object_array_length(limits); i++) {
		limit = json_object_array_get_idx(limits, i);
		if (!strcmp(json_get_text(limit, "subject"), limit_subjects[LIMIT_HOST]) &&
		    !strcmp(json_get_text(limit, "resource"), limit_resources[resource].name) &&
		    !json_is_null(limit, "max"))
			return json_get_u64(limit, "max");
	}
	return LIMIT_NONE;
}

static struct json_object *make_status(struct json_object *status, struct json_object *seams,
				       struct json_object *limits)
{
	struct json_object *result = json_object_new_object();
	struct json_object *pinned = json_object_new_object();
	struct json_object *private = json_object_new_object();
	struct json_object *firmware = json_object_new_object();

	copy(pinned, "current_bytes", status, "pinned_bytes");
	copy(pinned, "peak_bytes", status, "pinned_peak_bytes");
	json_add_limit(pinned, "max_bytes", true, host_max(limits, LIMIT_PIN));
	copy(private, "current_bytes", status, "private_bytes");
	copy(private, "peak_bytes", status, "private_peak_bytes");
	json_add_limit(private, "max_bytes", true, host_max(limits, LIMIT_PRIVATE));
	copy(private, "conversions", status, "conversions");
	copy(private, "reclaims", status, "reclaims");
	copy(private, "firmware_bytes", status, "rmp_firmware_bytes");
	copy(private, "leaked_bytes", status, "leaked_bytes");

	copy(firmware, "api_major", status, "api_major");
	copy(firmware, "api_minor", status, "api_minor");
	copy(firmware, "build", status, "build");
	copy(firmware, "state", status, "firmware_state");

	json_object_object_add(result, "pools", make_pools(status));
	json_object_object_add(result, "pinned", pinned);
	json_object_object_add(result, "private", private);
	copy(result, "vms", status, "vms");
	copy(result, "unaccounted_vms", status, "unaccounted_vms");
	json_object_object_add(result, "module", make_module(status, seams));
	json_object_object_add(result, "firmware", firmware);
	copy(result, "events", status, "events");
	copy(result, "ring_events", status, "ring_events");
	json_object_object_add(result, "limits_near", limits_near(limits));
	return result;
}

static void add_tcb(struct json_object *firmware, const char *key, uint64_t tcb)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%016" PRIx64, tcb);
	json_object_object_add(firmware, key, json_object_new_string(text));
}

void status_add_tcb(struct json_object *status)
{
	struct json_object *firmware = get(status, "firmware");
	uint64_t current, reported;

	/* The RMP is there to be counted where SNP is initialised. */
	if (json_is_null(get(status, "private"), "current_bytes") || !snp_tcb(&current, &reported))
		return;
	add_tcb(firmware, "tcb_current", current);
	add_tcb(firmware, "tcb_reported", reported);
}

static int ask(struct json_object **status, struct json_object **seams)
{
	int ret;

	ret = client_do(SEVADM_CMD_STATUS_GET, NULL, 0, &status_attributes, status);
	if (ret)
		return ret;
	ret = client_dump(SEVADM_CMD_SEAM_GET, &seam_attributes, seams);
	if (ret)
		json_object_put(*status);
	return ret;
}

int status_get_module(struct json_object **module)
{
	struct json_object *status, *seams;
	int ret;

	ret = ask(&status, &seams);
	if (ret)
		return ret;
	*module = make_module(status, seams);
	json_object_put(status);
	return EXIT_OK;
}

/* A function that this kernel does not have, and that the module can do without. */
static bool is_absent(struct json_object *seam)
{
	return !json_object_get_boolean(get(seam, "required")) &&
	       json_object_get_int(get(seam, "error")) == ENOENT;
}

/* *@there: of those that this kernel has. */
static size_t count_attached(struct json_object *seams, size_t *there)
{
	struct json_object *seam;
	size_t nr = 0, i;

	*there = 0;
	for (i = 0; i < json_object_array_length(seams); i++) {
		seam = json_object_array_get_idx(seams, i);
		nr += json_object_get_boolean(get(seam, "attached"));
		*there += !is_absent(seam);
	}
	return nr;
}

void status_print_seams(struct json_object *module, int all)
{
	struct json_object *seams = get(module, "seams"), *shown = json_object_new_array(), *seam;
	size_t there, attached = count_attached(seams, &there), i;

	printf("module    %s, %s: %zu of %zu seams attached\n", json_get_text(module, "version"),
	       json_get_text(module, "state"), attached, there);
	for (i = 0; i < json_object_array_length(seams); i++) {
		seam = json_object_array_get_idx(seams, i);
		if (all || (!json_object_get_boolean(get(seam, "attached")) && !is_absent(seam)))
			json_object_array_add(shown, json_object_get(seam));
	}
	if (json_object_array_length(shown)) {
		putchar('\n');
		output_table(shown, seam_columns, ARRAY_SIZE(seam_columns));
		putchar('\n');
	}
	json_object_put(shown);
}

int status_get(struct json_object **status)
{
	struct json_object *answer, *seams, *limits;
	int ret;

	ret = limits_try_get(&limits);
	if (ret)
		return ret;
	ret = ask(&answer, &seams);
	if (!ret) {
		*status = make_status(answer, seams, limits);
		json_object_put(answer);
	}
	json_object_put(limits);
	return ret;
}
