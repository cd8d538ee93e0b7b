/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of host_facts_gather(): each finds out one kind of facts. */
#ifndef SEVADM_HOST_GATHER_H
#define SEVADM_HOST_GATHER_H

#include "host/facts.h"

void gather_cpu(const char *root, struct host_facts *facts);
void gather_modules(const char *root, struct host_facts *facts);
void gather_devices(const char *root, struct host_facts *facts);
void gather_snp(const char *root, struct host_facts *facts);

/**
 * rmp_said() - true: the kernel's @line says that the RMP table has @bytes; 0: the BIOS gave none
 */
bool rmp_said(const char *line, uint64_t *bytes);
void gather_misc(const char *root, struct host_facts *facts);
void gather_limits(const char *root, struct host_facts *facts);
void gather_programs(const char *root, struct host_facts *facts);

#endif
