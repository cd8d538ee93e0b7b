/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers: the name of what stops one and waits for it. Probed in compat/Kbuild.include. */
#ifndef SEVADM_COMPAT_TIMER_H
#define SEVADM_COMPAT_TIMER_H

#include <linux/timer.h>

#ifndef SEVADM_HAVE_TIMER_DELETE_SYNC
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

#endif /* SEVADM_COMPAT_TIMER_H */
