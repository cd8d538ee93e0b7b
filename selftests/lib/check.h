/* SPDX-License-Identifier: GPL-2.0-only */
/* A condition of a test: one that does not hold is printed, and the test goes on. */
#ifndef SEVADM_CHECK_H
#define SEVADM_CHECK_H

#include <errno.h>
#include <stdbool.h>

#include "kselftest.h"

#define check(condition) ({								\
	bool _holds = (condition);							\
											\
	if (!_holds)									\
		ksft_print_msg("%s:%d: not true: %s (errno %d)\n", __func__, __LINE__,	\
			       #condition, errno);					\
	_holds;										\
})

#endif /* SEVADM_CHECK_H */
