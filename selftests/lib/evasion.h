/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks of the evasion test, and what all of them need. Each begins without any VM, ends so, and
 * says by check() what is not as it should be.
 */
#ifndef SEVADM_EVASION_H
#define SEVADM_EVASION_H

#include <stdbool.h>
#include <stdint.h>

#include "../kselftest.h"
#include "sev_vm.h"

extern struct sev_host evasion_host;
extern bool evasion_good;

#define check(condition) do {								\
	if (!(condition)) {								\
		ksft_print_msg("%s:%d: not so: %s\n", __func__, __LINE__, #condition);	\
		evasion_good = false;							\
	}										\
} while (0)

/* A VM that is no SEV VM yet. */
bool evasion_new(struct sev_vm *vm);
/* A SEV VM. */
bool evasion_start(struct sev_vm *vm);
/* Sets the maximum of ASIDs of plain SEV. */
bool evasion_max(uint32_t subject, uint64_t id, uint64_t max);
/* Checks that nothing is left of an attack. */
void evasion_check_empty(void);

/* A module that does not see all, or comes late. */
void evasion_seams_that_are_missing(void);
void evasion_creating_thread_has_ended(void);
void evasion_all_processes_have_ended(void);
void evasion_adoption_while_others_come_and_go(void);

/* Commands in a file whose file system is the tenant's. */
bool evasion_has_file_systems(void);
void evasion_file_that_fails_now_and_then(void);
void evasion_file_that_outlives_a_kill(void);

#endif /* SEVADM_EVASION_H */
