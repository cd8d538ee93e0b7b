/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm report: what is handed on of a host, and the page that shows it. */
#ifndef SEVADM_HOST_REPORT_H
#define SEVADM_HOST_REPORT_H

#include <stdio.h>

#include <json-c/json.h>

/**
 * host_report_write_html() - write the page
 * @facts: what `sevadm -j report` prints; the page holds it, too
 * @picture: an SVG element with the launches, or NULL
 */
void host_report_write_html(FILE *file, struct json_object *facts, const char *picture);

/**
 * host_report_hide_names() - take everything out that names a tenant or the host
 * @facts: names, aliases, UUIDs, commands and cgroups of VMs, of events and of limits; cgroups of
 *	limits become numbers, the same wherever one is named
 */
void host_report_hide_names(struct json_object *facts);

#endif
