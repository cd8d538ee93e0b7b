// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_amd's own view, as the oracle reads it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "json.h"
#include "run.h"
#include "view.h"

#define PAGE_BYTES	4096LL

static FILE *to_oracle, *from_oracle;

static bool start_oracle(void)
{
	char *helper = run_helper("oracle");
	const char *const argv[] = { helper ? helper : "oracle", "--follow", NULL };
	bool started = run_talk(argv, &to_oracle, &from_oracle);

	free(helper);
	return started;
}

void view_oracle_forget(void)
{
	if (!to_oracle)
		return;
	/* It ends with its input. */
	fclose(to_oracle);
	while (fgetc(from_oracle) != EOF)
		;
	fclose(from_oracle);
	to_oracle = NULL;
	from_oracle = NULL;
}

char *view_oracle_line(void)
{
	char *line = NULL;
	size_t size = 0;

	if (!to_oracle && !start_oracle())
		return NULL;
	if (fputc('\n', to_oracle) != EOF && !fflush(to_oracle) &&
	    getline(&line, &size, from_oracle) > 0)
		return line;
	free(line);
	view_oracle_forget();
	return NULL;
}

static void take_asids(struct view *view, struct json_object *list, int state)
{
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		int64_t asid = json_object_get_int64(json_object_array_get_idx(list, i));

		if (asid >= 0 && asid < VIEW_ASIDS)
			view->asids[asid].state = state;
	}
}

/*
 * The firmware's name of a guest is a number above zero: KVM's zero means none. A mirror has its
 * owner's guest; KVM's copy of the handle is as old as the mirror, and never looked up again.
 */
static long long true_handle(struct json_object *vms, struct json_object *vm)
{
	long long owner = json_number(vm, "mirror_of"), handle;

	if (owner != VIEW_NONE)
		vm = json_object_array_get_idx(vms, owner);
	handle = json_number(vm, "handle");
	return handle ? handle : VIEW_NONE;
}

static void take_vm(struct view *view, struct json_object *vms, size_t index)
{
	struct json_object *json = json_object_array_get_idx(vms, index);
	struct json_object *regions = json_at(json, "regions");
	struct view_vm *vm = &view->vms[index];
	long long asid = json_number(json, "asid");
	size_t i;

	*vm = (struct view_vm) {
		.id = index,
		.pid = json_number(json, "pid"),
		.asid = asid,
		.handle = true_handle(vms, json),
		.pinned_bytes = json_number(json, "pages_locked") * PAGE_BYTES,
		.regions = json_object_array_length(regions),
		.mirror_of = json_number(json, "mirror_of"),
		.es = json_object_get_boolean(json_at(json, "es_active")),
		.pool = asid > 0 && asid < VIEW_ASIDS ? view->asids[asid].pool : SEVADM_POOL_SEV,
	};
	for (i = 0; i < json_object_array_length(regions); i++)
		vm->region_bytes += PAGE_BYTES *
			json_number(json_object_array_get_idx(regions, i), "npages");
}

/* Where no ASID can be of both SEV-ES and SEV-SNP guests, these have a pool of their own. */
static int pool_of(struct json_object *json, const struct view *view, long long asid)
{
	struct json_object *es = json_at(json, "sev_es_asids"), *snp = json_at(json, "snp_asids");
	long long first = json_object_get_int64(json_object_array_get_idx(snp, 0));
	long long last = json_object_get_int64(json_object_array_get_idx(snp, 1));

	if (asid >= view->min_sev_asid)
		return SEVADM_POOL_SEV;
	return asid >= first && asid <= last &&
	       last < json_object_get_int64(json_object_array_get_idx(es, 0)) ?
	       SEVADM_POOL_SEV_SNP : SEVADM_POOL_SEV_ES;
}

bool view_of_oracle(struct view *view, const char *line)
{
	struct json_object *json = json_tokener_parse(line), *vms;
	long long asid;
	size_t i;

	*view = (struct view) { 0 };
	if (!json) {
		printf("# oracle: no JSON: %s\n", line);
		return false;
	}
	view->min_sev_asid = json_number(json, "min_sev_asid");
	view->max_asid = json_number(json, "max_sev_asid");
	for (asid = 1; asid < VIEW_ASIDS; asid++)
		view->asids[asid] = (struct view_asid) {
			.listed = asid <= view->max_asid,
			.state = SEVADM_ASID_STATE_FREE,
			.pool = pool_of(json, view, asid),
		};
	take_asids(view, json_at(json, "used"), SEVADM_ASID_STATE_USED);
	take_asids(view, json_at(json, "reclaim"), SEVADM_ASID_STATE_RECLAIM);

	vms = json_at(json, "vms");
	view->vm_count = json_object_array_length(vms);
	view->vms = calloc(view->vm_count + 1, sizeof(*view->vms));
	for (i = 0; view->vms && i < view->vm_count; i++)
		take_vm(view, vms, i);
	json_object_put(json);
	return view->vms;
}
