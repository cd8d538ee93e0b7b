/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm top: the screen. */
#ifndef SEVADM_TOP_H
#define SEVADM_TOP_H

#include "top_rows.h"

/**
 * struct top_source - where looks come from
 * @look: fills a sample; returns an exit code, and reports
 * @trace: the last @nr events of a VM as rows, the caller's; NULL: there are none
 */
struct top_source {
	int (*look)(struct top_sample *sample);
	struct json_object *(*trace)(uint64_t vm, size_t nr);
};

/**
 * top_watch() - show it on the terminal until q is pressed, or until TERM, HUP or INT
 * @milliseconds: between two looks
 *
 * The terminal is afterwards as it was before.
 *
 * Return: an exit code.
 */
int top_watch(const struct top_source *source, int milliseconds);

#endif
