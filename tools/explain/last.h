/* SPDX-License-Identifier: GPL-2.0-only */
/* The last failure that the module's trace holds. */
#ifndef SEVADM_EXPLAIN_LAST_H
#define SEVADM_EXPLAIN_LAST_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>
#include <linux/sevadm.h>

#include "explain/log.h"

/*
 * A launch that fails does so in few calls, each of which is refused by KVM, the firmware or a
 * limit.
 */
#define LAST_EVENTS	8

/**
 * struct last - the failures at the end of the trace that are one process's, none OLD_NS later than
 * the one before it; zeroes begin it
 * @nr: how many of @events there are, the oldest first
 * @full: the newest event that said that a pool had no ASID left, and left the refusal to KVM
 * @is_full: there is one, of a process that KVM has not answered yet
 * @name: of the VM, once last_find_name() has found it; ""
 * @by_log: libvirt's log names it, by the time of the failure
 */
struct last {
	struct sevadm_event events[LAST_EVENTS];
	size_t nr;
	struct sevadm_event full;
	bool is_full;
	char name[256];
	bool by_log;
};

/** last_add() - take the next event of the trace: if it is a failure, it is one of the last */
void last_add(struct last *last, const struct sevadm_event *event);

/**
 * last_read() - look for the last failure in the trace
 *
 * Return: an exit code; that there is no failure is no error.
 */
int last_read(struct last *last);

/**
 * last_find_name() - find out which VM failed: its process is seldom there any more
 * @root: "" on a live host; tests have a folder that stands for /
 */
void last_find_name(struct last *last, const char *root);

/** last_is_older() - return true if there is a failure, and it was more than @age_ns ago */
bool last_is_older(const struct last *last, int64_t age_ns);

/**
 * last_take() - have a log say what QEMU and the kernel say of these failures
 *
 * What a limit of sevadm's refused is refused to KVM's caller, too: that alone is none.
 */
void last_take(const struct last *last, struct log *log);

/**
 * refusal_of() - return true if a limit on pinned memory or ASIDs refused something: @refusal
 */
bool refusal_of(const struct sevadm_event *event, struct refusal *refusal);

/** last_read_refusals() - look for all of these in the trace; returns an exit code */
int last_read_refusals(struct refusals *refusals);

/** last_print_when() - say how long ago it was, and of which VM, without an end of the line */
void last_print_when(const struct last *last);

/** last_print() - say what failed, when, and of which VM */
void last_print(const struct last *last);

/**
 * last_add_limits() - add what limits refused to @rows, as an explanation that is proven
 *
 * Its "line" is one that last_print() prints.
 */
void last_add_limits(const struct last *last, struct json_object *rows);

#endif
