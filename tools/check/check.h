/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm check: what each of its commands is done by. */
#ifndef SEVADM_CHECK_H
#define SEVADM_CHECK_H

#include "cli/command.h"

extern const struct option_row check_host_options[];
int check_host(int argc, char **argv);

extern const struct option_row check_domain_options[];
int check_domain(int argc, char **argv);

extern const struct option_row check_kubevirt_options[];
int check_kubevirt(int argc, char **argv);

extern const struct option_row check_qemu_options[];
int check_qemu(int argc, char **argv);

/* kata, nova, proxmox and incus: settings.h */
extern const struct option_row check_settings_options[];
int check_kata(int argc, char **argv);
int check_nova(int argc, char **argv);
int check_proxmox(int argc, char **argv);
int check_incus(int argc, char **argv);

/* policy.c at the root: the same as sevadm policy check */
extern const struct option_row policy_check_options[];
int policy_check(int argc, char **argv);

extern const struct option_row check_ledger_options[];
int check_ledger(int argc, char **argv);

extern const struct option_row check_rules_options[];
int check_rules(int argc, char **argv);

#endif
