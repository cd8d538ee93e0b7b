/* SPDX-License-Identifier: GPL-2.0-only */
/* Which events are wanted: the same options for every command that shows some. */
#ifndef SEVADM_FILTER_H
#define SEVADM_FILTER_H

#include <stdbool.h>

#include <linux/sevadm.h>

#include "trace/event.h"

/**
 * struct filter - what an event has to be; zeroes let all pass. The first member of the options of
 * each command with FILTER_ROWS.
 * @types: bits (1 << enum sevadm_event_type); 0: all
 * @vm: of this VM, if @has_vm
 * @pid: of this process, if @has_pid
 * @commands: only events of these commands, if there are some
 * @errors: only what failed
 * @longer_ns: only what took longer, waiting included; 0: all
 */
struct filter {
	unsigned int types;
	unsigned long long vm, pid, longer_ns;
	bool has_vm, has_pid, errors;
	struct sevadm_event_command commands[SEVADM_FILTER_COMMANDS];
	unsigned int nr_commands;
};

int filter_set_vm(void *filter, const char *text);
int filter_set_pid(void *filter, const char *text);
int filter_set_event(void *filter, const char *text);
int filter_set_command(void *filter, const char *text);
int filter_set_longer(void *filter, const char *text);

/* The options of a filter, which is the member "filter" of @type. */
#define FILTER_ROWS(type)							\
	{ "vm", 0, "ID|NAME", "only of this VM", OPTION_CALL(type, filter, filter_set_vm) },	\
	{ "pid", 0, "PID", "only of this process", OPTION_CALL(type, filter, filter_set_pid) },	\
	{ "event", 0, "TYPE", "only this type of event; may be repeated", event_types,	\
	  OPTION_CALL(type, filter, filter_set_event) },			\
	{ "command", 0, "NAME", "only this command of the firmware or KVM; may be repeated", \
	  OPTION_CALL(type, filter, filter_set_command) },			\
	{ "errors", 0, NULL, "only what failed or was refused",			\
	  OPTION_FLAG(type, filter.errors) },					\
	{ "longer", 0, "TIME", "only what took longer, waiting included, such as 5ms", \
	  OPTION_CALL(type, filter, filter_set_longer) }

/** filter_wants() - return true if @event passes; lost events may have been any, and pass */
bool filter_wants(const struct filter *filter, const struct sevadm_event *event);

/**
 * filter_apply() - have the module filter what is read of @fd, from device_open()
 *
 * filter_wants() is still to be asked: an older module has no filters, and none has all conditions.
 *
 * Return: an exit code, and reports what is wrong.
 */
int filter_apply(const struct filter *filter, int fd);

/** time_parse() - "5ms" as nanoseconds; returns an exit code, and reports that @what is wrong */
int time_parse(const char *what, const char *text, unsigned long long *ns);

#endif
