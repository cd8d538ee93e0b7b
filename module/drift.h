/* SPDX-License-Identifier: GPL-2.0-only */
/* Charges of ASIDs that the misc cgroup keeps though nothing uses them. */
#ifndef SEVADM_DRIFT_H
#define SEVADM_DRIFT_H

struct sevadm_vm;

void sevadm_drift_report(const struct sevadm_vm *vm);

#endif /* SEVADM_DRIFT_H */
