// SPDX-License-Identifier: GPL-2.0-only
/* Which events are wanted: the same options for every command that shows some. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/device.h"
#include "sev/names.h"
#include "trace/event.h"
#include "trace/filter.h"
#include "vm.h"

int filter_set_vm(void *options, const char *text)
{
	struct filter *filter = options;

	filter->has_vm = true;
	return vm_parse(text, &filter->vm);
}

int filter_set_pid(void *options, const char *text)
{
	struct filter *filter = options;

	filter->has_pid = true;
	return number_parse("process", text, UINT32_MAX, &filter->pid);
}

int filter_set_event(void *options, const char *text)
{
	struct filter *filter = options;
	int type = event_type_number(text);

	if (type < 0)
		return command_unknown("type of event", text, event_types, sizeof(*event_types));
	filter->types |= 1U << type;
	return EXIT_OK;
}

static void add_command(struct filter *filter, enum sevadm_event_type type, int command)
{
	if (command < 0)
		return;
	filter->commands[filter->nr_commands].type = type;
	filter->commands[filter->nr_commands++].command = command;
}

/* The firmware and KVM have some names in common: then either is meant. */
int filter_set_command(void *options, const char *text)
{
	int psp = psp_command_id(text), kvm = kvm_command_id(text);
	struct filter *filter = options;

	if (psp < 0 && kvm < 0)
		return fail(EXIT_USAGE, "neither the firmware nor KVM has a command \"%s\"", text);
	if (filter->nr_commands + 2 > ARRAY_SIZE(filter->commands))
		return fail(EXIT_USAGE, "too many commands: leave --command out and choose among what is shown");
	add_command(filter, SEVADM_EVENT_PSP, psp);
	add_command(filter, SEVADM_EVENT_KVM, kvm);
	return EXIT_OK;
}

int time_parse(const char *what, const char *text, unsigned long long *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 6e10 } };
	/* strtod() also knows signs, exponents and hexadecimal digits. */
	size_t digits = strspn(text, "0123456789."), i;
	char *end;
	double value = strtod(text, &end);

	for (i = 0; digits && end == text + digits && i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].unit) && value * units[i].ns < 1e18) {
			*ns = value * units[i].ns;
			return EXIT_OK;
		}
	return fail(EXIT_USAGE, "%s \"%s\" is not a duration: write a number with ns, us, ms, s or min, such as 5ms",
		    what, text);
}

int filter_set_longer(void *options, const char *text)
{
	return time_parse("length", text, &((struct filter *)options)->longer_ns);
}

static bool wants_command(const struct filter *filter, const struct sevadm_event *event)
{
	uint32_t type = event->type;
	unsigned int i;

	if (type == SEVADM_EVENT_PIN || type == SEVADM_EVENT_UNPIN)
		type = SEVADM_EVENT_KVM;
	for (i = 0; i < filter->nr_commands; i++)
		if (filter->commands[i].type == type &&
		    filter->commands[i].command == event->command)
			return true;
	return false;
}

static bool wants_vm(const struct filter *filter, const struct sevadm_event *event)
{
	return (event->known & SEVADM_KNOWN_VM && event->vm == filter->vm) ||
	       (event->known & SEVADM_KNOWN_PEER_VM && event->peer_vm == filter->vm);
}

/* A command that queued for long held its guest up no less than one that ran for long. */
static bool takes_longer(const struct filter *filter, const struct sevadm_event *event)
{
	uint64_t wait = event->known & SEVADM_KNOWN_WAIT ? event->wait_ns : 0;

	return event->duration_ns + wait > filter->longer_ns;
}

/* Lost events may have been any: they always pass. */
bool filter_wants(const struct filter *filter, const struct sevadm_event *event)
{
	if (event->type == SEVADM_EVENT_LOST)
		return true;
	if (filter->types && (event->type >= 32 || !(filter->types & 1U << event->type)))
		return false;
	return (!filter->has_vm || wants_vm(filter, event)) &&
	       (!filter->has_pid || event->pid == filter->pid) &&
	       (!filter->nr_commands || wants_command(filter, event)) &&
	       (!filter->errors || event_is_error(event)) &&
	       (!filter->longer_ns || takes_longer(filter, event));
}

int filter_apply(const struct filter *filter, int fd)
{
	struct sevadm_event_filter wanted = {
		.size = sizeof(wanted),
		.flags = filter->errors ? SEVADM_FILTER_FAILED : 0,
		.vm = filter->has_vm ? filter->vm : 0,
		.pid = filter->has_pid ? filter->pid : 0,
		.types = filter->types,
		.longer_ns = filter->longer_ns,
		.nr_commands = filter->nr_commands,
	};

	memcpy(wanted.commands, filter->commands, sizeof(wanted.commands));
	return device_filter(fd, &wanted);
}
