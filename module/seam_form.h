/* SPDX-License-Identifier: GPL-2.0-only */
/* The forms in which kernels have the functions of seams: by which name, with which prototype. */
#ifndef SEVADM_SEAM_FORM_H
#define SEVADM_SEAM_FORM_H

#include <linux/types.h>

#include "seam_table.h"

int sevadm_seam_form_find(enum sevadm_seam_id id, const char *module, const char **name,
			  unsigned long *location);
bool sevadm_seam_form_has_name(enum sevadm_seam_id id, const char *name);
bool sevadm_seam_form_is_known(enum sevadm_seam_id id);

#endif /* SEVADM_SEAM_FORM_H */
