/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that ftrace redirects. */
#ifndef SEVADM_REDIRECT_H
#define SEVADM_REDIRECT_H

#include <linux/types.h>

struct ftrace_ops;

int sevadm_redirect(struct ftrace_ops *ops, unsigned long *locations, unsigned int nr);
int sevadm_redirect_end(struct ftrace_ops *ops);
bool sevadm_redirect_is_stuck(void);
int sevadm_redirect_trial(unsigned long location);
bool sevadm_redirect_in_place(unsigned long location);
const char *sevadm_redirect_why_not(int error);
void sevadm_redirect_uninit(void);

#endif /* SEVADM_REDIRECT_H */
