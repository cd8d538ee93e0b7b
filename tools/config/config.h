/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm config: the limits of a file become those of the module. */
#ifndef SEVADM_CONFIG_H
#define SEVADM_CONFIG_H

#include <stdbool.h>

#include "limit/limit.h"

/**
 * config_load() - read a file, and turn its shares into numbers
 * @path: the file; "-": standard input
 * @list: gets its limits
 *
 * Return: an exit code, and reports all that is wrong with it.
 */
int config_load(const char *path, struct limit_list *list);

/**
 * config_apply_list() - make the limits that can hold now the only ones, and print what changed
 * @list: from config_load()
 * @path: the file, for messages
 * @dry: print only
 * @quiet: print nothing if nothing changes
 *
 * Return: an exit code, and reports what is wrong.
 */
int config_apply_list(const struct limit_list *list, const char *path, bool dry, bool quiet);

/* The command "watch". */
int config_watch(int argc, char **argv);

/* The one argument of all commands; sets @path. Returns an exit code. */
int config_take_file(const char *command, int argc, char **argv, const char **path);

/* What messages call the file. */
const char *config_name(const char *path);

#endif
