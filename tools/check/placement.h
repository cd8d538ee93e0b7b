/* SPDX-License-Identifier: GPL-2.0-only */
/* Many hosts: which of them can start a guest, and why the others cannot. */
#ifndef SEVADM_CHECK_PLACEMENT_H
#define SEVADM_CHECK_PLACEMENT_H

#include <stddef.h>

#include "host/facts.h"
#include "report/files.h"
#include "report/findings.h"

/**
 * struct host_list - the hosts that guests are judged for
 * @files: what --host was given
 * @facts: of each, once they are loaded; as many as @files has
 */
struct host_list {
	struct file_list files;
	struct host_facts *facts;
};

/** host_list_add() - add what --host FILE names: a file, a glob, or a folder of them */
int host_list_add(void *hosts, const char *text);

/** host_list_load() - read all facts; an exit code, and reports what is wrong */
int host_list_load(struct host_list *hosts);

void host_list_free(struct host_list *hosts);

/** host_list_at() - return the facts of host @i, NULL where none was given */
const struct host_facts *host_list_at(const struct host_list *hosts, size_t i);

/**
 * placement_target() - return the target that a guest, on a host, is judged as
 * @guest: its name, where @path has several; NULL: it is the file
 * @host: NULL: none in particular
 *
 * Where there are many hosts, or guests, the target's JSON has the keys "host" and "domain".
 */
struct target *placement_target(struct report *report, const struct host_list *hosts,
				const char *path, const char *guest, const struct host_facts *host);

/**
 * placement_report() - add a last target with a table of guests and hosts, where there are many
 * hosts
 *
 * Its JSON has "placement": an array of {guest, host, starts, why, rules}.
 */
void placement_report(struct report *report, const struct host_list *hosts);

#endif
