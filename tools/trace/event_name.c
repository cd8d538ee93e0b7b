// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of the VMs that events are about. KVM knows none: the process is asked while it is
 * there, and what it said is kept for the events after its end.
 */
#include "trace/event_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "host/vm_name.h"

/* VMs whose numbers differ by this share a slot, and are asked for in turns. */
#define SLOTS		1024

/* Of the clock of events: what an event so much later is about may have a better name by then. */
#define AGAIN_NS	100000000ULL

/**
 * struct slot - one VM
 * @vm: its number; 0: none yet
 * @pid: the process that was asked last, for an event of @asked_ns: once @name is known, the one
 *	that said it
 * @final: nothing better will come
 */
struct slot {
	uint64_t vm, asked_ns;
	uint32_t pid;
	bool final;
	char name[256];
};

struct event_names {
	struct slot slots[SLOTS];
};

struct event_names *event_names_new(void)
{
	return calloc(1, sizeof(struct event_names));
}

void event_names_free(struct event_names *names)
{
	free(names);
}

/*
 * libvirt writes its state down after QEMU has begun: until then, QEMU's command line is all there
 * is. Kernel threads, which end VMs, know no name.
 */
static void ask(struct slot *slot, const char *root, const struct sevadm_event *event)
{
	struct vm_name name;

	slot->pid = event->pid;
	slot->asked_ns = event->time_ns;
	if (!vm_name_of(root, event->pid, event->time_ns, &name))
		return;
	snprintf(slot->name, sizeof(slot->name), "%s", name.name);
	slot->final = strcmp(name.manager, "qemu");
}

/* Another process names no VM that has a name; one that was just asked knows nothing new. */
static bool may_ask(const struct slot *slot, const struct sevadm_event *event)
{
	if (slot->final || !event->pid)
		return false;
	if (slot->pid != event->pid)
		return !*slot->name;
	return event->time_ns > slot->asked_ns + AGAIN_NS;
}

const char *event_name(struct event_names *names, const char *root,
		       const struct sevadm_event *event)
{
	struct slot *slot;

	if (!names || !(event->known & SEVADM_KNOWN_VM) || !event->vm)
		return NULL;
	slot = &names->slots[event->vm % SLOTS];
	if (slot->vm != event->vm)
		*slot = (struct slot) { .vm = event->vm };
	if (may_ask(slot, event))
		ask(slot, root, event);
	return *slot->name ? slot->name : NULL;
}

void event_name_add(struct json_object *row, const char *name)
{
	if (json_object_object_get_ex(row, "vm", NULL))
		json_object_object_add(row, "name", name ? json_text(name) : NULL);
}
