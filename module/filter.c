// SPDX-License-Identifier: GPL-2.0-only
/* Which events a reader wants: SEVADM_IOC_EVENT_FILTER. */
#include <linux/err.h>
#include <linux/slab.h>

#include "filter.h"
#include "record.h"

#define FLAGS_KNOWN	SEVADM_FILTER_FAILED
#define TYPES_KNOWN	GENMASK(SEVADM_EVENT_LIMIT, SEVADM_EVENT_LOST)

static bool is_command(const struct sevadm_event_command *command)
{
	return command->type == SEVADM_EVENT_PSP || command->type == SEVADM_EVENT_KVM;
}

static bool is_valid(const struct sevadm_event_filter *wanted)
{
	u32 i;

	if (wanted->flags & ~FLAGS_KNOWN || wanted->types & ~TYPES_KNOWN ||
	    wanted->nr_commands > SEVADM_FILTER_COMMANDS || wanted->reserved)
		return false;
	for (i = 0; i < wanted->nr_commands; i++)
		if (!is_command(&wanted->commands[i]))
			return false;
	return !memchr_inv(&wanted->commands[i], 0, sizeof(wanted->commands) -
			   i * sizeof(wanted->commands[0]));
}

static bool wants_all(const struct sevadm_event_filter *wanted)
{
	return !wanted->flags && !wanted->types && !wanted->nr_commands && !wanted->vm &&
	       !wanted->pid && !wanted->longer_ns;
}

/**
 * sevadm_filter_make() - make the filter that user space asks for
 * @wanted: as it came
 *
 * Context: may sleep.
 * Return: the filter, to be freed by kfree(); NULL: all events are wanted; ERR_PTR: -EINVAL,
 * -ENOMEM.
 */
struct sevadm_filter *sevadm_filter_make(const struct sevadm_event_filter *wanted)
{
	struct sevadm_filter *filter;

	if (!is_valid(wanted))
		return ERR_PTR(-EINVAL);
	if (wants_all(wanted))
		return NULL;
	filter = kzalloc(sizeof(*filter), GFP_KERNEL_ACCOUNT);
	if (!filter)
		return ERR_PTR(-ENOMEM);
	filter->wanted = *wanted;
	return filter;
}

static bool is_of_vm(const struct sevadm_event *event, u64 vm)
{
	return (event->known & SEVADM_KNOWN_VM && event->vm == vm) ||
	       (event->known & SEVADM_KNOWN_PEER_VM && event->peer_vm == vm);
}

static bool is_of_commands(const struct sevadm_event *event,
			   const struct sevadm_event_command *commands, u32 nr)
{
	u32 type, i;

	switch (event->type) {
	case SEVADM_EVENT_PSP:
		type = SEVADM_EVENT_PSP;
		break;
	case SEVADM_EVENT_KVM:
	case SEVADM_EVENT_PIN:
	case SEVADM_EVENT_UNPIN:
		type = SEVADM_EVENT_KVM;
		break;
	default:
		return false;
	}
	for (i = 0; i < nr; i++)
		if (commands[i].command == event->command && commands[i].type == type)
			return true;
	return false;
}

/* Adds the two times: one that is not known is 0. */
static bool took_longer(const struct sevadm_event *event, u64 ns)
{
	return event->duration_ns + event->wait_ns > ns;
}

/**
 * sevadm_filter_meets() - return true if an event meets all conditions
 * @wanted: the conditions, found valid
 * @event: any but SEVADM_EVENT_LOST
 *
 * Context: does not sleep; constant time.
 */
bool sevadm_filter_meets(const struct sevadm_event_filter *wanted,
			 const struct sevadm_event *event)
{
	return (!wanted->types || wanted->types & BIT(event->type)) &&
	       (!wanted->vm || is_of_vm(event, wanted->vm)) &&
	       (!wanted->pid || event->pid == wanted->pid) &&
	       (!(wanted->flags & SEVADM_FILTER_FAILED) || sevadm_event_failed(event)) &&
	       (!wanted->longer_ns || took_longer(event, wanted->longer_ns)) &&
	       (!wanted->nr_commands ||
		is_of_commands(event, wanted->commands, wanted->nr_commands));
}
