// SPDX-License-Identifier: GPL-2.0-only
/* Timelines: where the time of each VM's launch went. */
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "sev/names.h"
#include "trace/event.h"
#include "trace/timeline.h"

const char *slice_kind_name(enum slice_kind kind)
{
	static const char *const names[] = {
		[SLICE_PINNING] = "pinning", [SLICE_FIRMWARE] = "firmware",
		[SLICE_WAITING] = "waiting", [SLICE_KVM] = "kvm", [SLICE_OUTSIDE] = "outside",
	};

	return names[kind];
}

const char *slice_name(const struct slice *slice)
{
	static const char *const names[] = {
		[SLICE_PINNING] = "pinning memory", [SLICE_WAITING] = "waiting for the firmware",
		[SLICE_KVM] = "KVM itself", [SLICE_OUTSIDE] = "outside of SEV's calls",
	};

	return slice->kind == SLICE_FIRMWARE ? psp_command_name(slice->command) :
	       names[slice->kind];
}

static uint64_t wait_of(const struct sevadm_event *event)
{
	return event->known & SEVADM_KNOWN_WAIT ? event->wait_ns : 0;
}

uint64_t event_start(const struct sevadm_event *event)
{
	uint64_t took = event->duration_ns + wait_of(event);

	return took < event->time_ns ? event->time_ns - took : 0;
}

/* ---- VMs ------------------------------------------------------------------------------------- */

static bool takes_time(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_PSP || event->type == SEVADM_EVENT_PIN ||
	       (event->type == SEVADM_EVENT_KVM && !event_is_conversion(event));
}

bool timeline_has(const struct vm_timeline *vm, const struct sevadm_event *event)
{
	bool has_vm = event->known & SEVADM_KNOWN_VM;

	return takes_time(event) && vm->has_vm == has_vm && (!has_vm || vm->vm == event->vm);
}

static struct vm_timeline *timeline_of(const struct timeline *timeline,
				       const struct sevadm_event *event)
{
	size_t i;

	/* The VM of the moment is among the youngest. */
	for (i = timeline->nr; i > 0; i--)
		if (timeline_has(timeline->vms[i - 1], event))
			return timeline->vms[i - 1];
	return NULL;
}

static struct vm_timeline *add_vm(struct timeline *timeline, const struct sevadm_event *event)
{
	struct vm_timeline **vms, *vm = calloc(1, sizeof(*vm));

	vms = reallocarray(timeline->vms, timeline->nr + 1, sizeof(*vms));
	if (!vms || !vm) {
		free(vm);
		return NULL;
	}
	timeline->vms = vms;
	timeline->vms[timeline->nr++] = vm;
	vm->has_vm = event->known & SEVADM_KNOWN_VM;
	vm->vm = event->vm;
	vm->pid = event->pid;
	memcpy(vm->comm, event->comm, sizeof(event->comm));
	vm->start_ns = event_start(event);
	return vm;
}

/* KVM_SEV_LAUNCH_FINISH, RECEIVE_FINISH and SNP_LAUNCH_FINISH: the guest may run. */
static bool finishes_launch(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_KVM && !event->ret &&
	       (event->command == 7 || event->command == 15 || event->command == 102);
}

/* Return true if it may still be part of a launch; the ends of VMs are not. */
static bool may_launch(const struct sevadm_event *event)
{
	if (event->type == SEVADM_EVENT_KVM)
		return event->command != SEVADM_KVM_DESTROY &&
		       event->command != SEVADM_KVM_UNREGISTER_REGION;
	return event->type == SEVADM_EVENT_PIN;
}

/* The VM has other events, too: it was initialised before it had pages. */
static void count_pages(struct timeline *timeline, const struct sevadm_event *event)
{
	size_t i;

	for (i = 0; i < timeline->nr; i++) {
		if (!timeline->vms[i]->has_vm || timeline->vms[i]->vm != event->vm)
			continue;
		if (event->command == SEVADM_KVM_MAKE_PRIVATE)
			timeline->vms[i]->made_private += event->count;
		else
			timeline->vms[i]->made_shared += event->count;
	}
}

static bool find_vms(const struct sevadm_event *events, size_t nr, struct timeline *timeline)
{
	struct vm_timeline *vm;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (event_is_conversion(&events[i]))
			count_pages(timeline, &events[i]);
		if (!takes_time(&events[i]))
			continue;
		vm = timeline_of(timeline, &events[i]);
		if (!vm && timeline->nr == VMS_MAX) {
			timeline->left_out++;
			continue;
		}
		vm = vm ?: add_vm(timeline, &events[i]);
		if (!vm)
			return false;
		vm->events++;
		vm->failures += event_is_error(&events[i]);
		if (event_start(&events[i]) < vm->start_ns)
			vm->start_ns = event_start(&events[i]);
		if (events[i].time_ns > vm->end_ns)
			vm->end_ns = events[i].time_ns;
		if (!vm->finished && (may_launch(&events[i]) || !vm->launch_end_ns) &&
		    events[i].time_ns > vm->launch_end_ns)
			vm->launch_end_ns = events[i].time_ns;
		vm->finished = vm->finished || finishes_launch(&events[i]);
	}
	for (i = 0; i < timeline->nr; i++) {
		vm = timeline->vms[i];
		if (!vm->has_vm)
			vm->launch_end_ns = vm->end_ns;
		if (!i || vm->start_ns < timeline->start_ns)
			timeline->start_ns = vm->start_ns;
		if (vm->end_ns > timeline->end_ns)
			timeline->end_ns = vm->end_ns;
	}
	return true;
}

/* ---- time ------------------------------------------------------------------------------------ */

static struct slice *slice_of(struct phase *phase, enum slice_kind kind, uint32_t command)
{
	size_t i;

	for (i = 0; i < phase->nr; i++)
		if (phase->slices[i].kind == kind && phase->slices[i].command == command)
			return &phase->slices[i];
	/*
	 * A hostile recording may have more commands than there are: the last row takes the rest.
	 */
	if (phase->nr == SLICES_MAX)
		return &phase->slices[SLICES_MAX - 1];
	phase->slices[phase->nr] = (struct slice) { .kind = kind, .command = command };
	return &phase->slices[phase->nr++];
}

static void spend(struct phase *phase, enum slice_kind kind, uint32_t command, uint64_t ns,
		  const struct sevadm_event *event)
{
	struct slice *slice = slice_of(phase, kind, command);

	slice->count++;
	slice->failures += event_is_error(event);
	slice->ns += ns;
	if (ns > slice->max_ns)
		slice->max_ns = ns;
	if (event->known & SEVADM_KNOWN_BYTES && !event->ret)
		slice->bytes += event->bytes;
}

static bool remember_nested(struct vm_timeline *vm, const struct sevadm_event *event)
{
	uint64_t before = vm->nr_nested ? vm->nested[vm->nr_nested - 1].total_ns : 0;
	struct nested *nested;

	if (!(vm->nr_nested & (vm->nr_nested - 1))) {
		nested = reallocarray(vm->nested, vm->nr_nested ? 2 * vm->nr_nested : 1,
				      sizeof(*nested));
		if (!nested)
			return false;
		vm->nested = nested;
	}
	vm->nested[vm->nr_nested++] = (struct nested) {
		.end_ns = event->time_ns,
		.total_ns = before + event->duration_ns + wait_of(event),
	};
	return true;
}

/* Return what happened within the VM's calls since @start_ns: all of it ended before the call. */
static uint64_t nested_since(const struct vm_timeline *vm, uint64_t start_ns)
{
	size_t low = 0, high = vm->nr_nested, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (vm->nested[middle].end_ns <= start_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (!vm->nr_nested)
		return 0;
	return vm->nested[vm->nr_nested - 1].total_ns - (low ? vm->nested[low - 1].total_ns : 0);
}

static bool spend_event(struct vm_timeline *vm, const struct sevadm_event *event)
{
	struct phase *phase = event->time_ns <= vm->launch_end_ns ? &vm->launch : &vm->after;
	uint64_t inside;

	switch (event->type) {
	case SEVADM_EVENT_PIN:
		spend(phase, SLICE_PINNING, 0, event->duration_ns, event);
		return remember_nested(vm, event);
	case SEVADM_EVENT_PSP:
		spend(phase, SLICE_FIRMWARE, event->command, event->duration_ns, event);
		if (wait_of(event))
			spend(phase, SLICE_WAITING, 0, wait_of(event), event);
		return remember_nested(vm, event);
	default:
		inside = nested_since(vm, event_start(event));
		spend(phase, SLICE_KVM, 0,
		      inside < event->duration_ns ? event->duration_ns - inside : 0, event);
		if (phase == &vm->launch)
			vm->kvm_ns += event->duration_ns;
		return true;
	}
}

/* The rest of the launch: between the calls, or all that no event accounts for. */
static void spend_outside(struct vm_timeline *vm)
{
	uint64_t spent = 0, whole = vm->launch_end_ns - vm->start_ns;
	struct slice *slice;
	size_t i;

	if (!vm->has_vm)
		return;
	for (i = 0; i < vm->launch.nr; i++)
		spent += vm->launch.slices[i].ns;
	slice = slice_of(&vm->launch, SLICE_OUTSIDE, 0);
	slice->ns = spent < whole ? whole - spent : 0;
}

bool timeline_build(const struct sevadm_event *events, size_t nr, struct timeline *timeline)
{
	struct vm_timeline *vm;
	size_t i;

	*timeline = (struct timeline) {};
	if (!find_vms(events, nr, timeline))
		return false;
	for (i = 0; i < nr; i++) {
		vm = timeline_of(timeline, &events[i]);
		if (vm && !spend_event(vm, &events[i]))
			return false;
	}
	for (i = 0; i < timeline->nr; i++)
		spend_outside(timeline->vms[i]);
	return true;
}

void timeline_free(struct timeline *timeline)
{
	size_t i;

	for (i = 0; i < timeline->nr; i++) {
		free(timeline->vms[i]->nested);
		free(timeline->vms[i]);
	}
	free(timeline->vms);
	*timeline = (struct timeline) {};
}
