/* SPDX-License-Identifier: GPL-2.0-only */
/* Logs: the lines of one that say something, and what they say about each other. */
#ifndef SEVADM_EXPLAIN_LOG_H
#define SEVADM_EXPLAIN_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "explain/explain.h"

/* The newest; more would not help anybody: repetitions of the same line are reported once. */
#define READINGS_MAX	64

/**
 * struct reading - one line that says something
 * @line: owned by the log
 * @number: of the line, from 1
 * @boot: how many kernels have started before it in this log
 * @seen: contexts that lines of the same boot speak of
 * @by: the line that says why, NULL: none; its first cause comes first
 * @left_out: other lines have said it all
 */
struct reading {
	struct symptom symptom;
	char *line;
	size_t number;
	unsigned int boot;
	unsigned int seen;
	const struct reading *by;
	bool left_out;
};

/** struct log - what was read; zeroes begin it */
struct log {
	struct reading readings[READINGS_MAX];
	size_t nr;
	size_t lines;
	unsigned int boot;
	bool about_sev;
	bool has_rmp;
	bool has_policy;
	uint64_t policy;
};

/** log_read() - take the lines of @file that say something */
void log_read(struct log *log, FILE *file);

/** log_take_typed() - take one line that was typed, which may be numbers alone */
void log_take_typed(struct log *log, const char *line);

/**
 * log_take_as() - take a line that was made of what the trace has
 * @line: what is shown
 * @meaning: a line that is known, and means the same
 *
 * Return: false if @meaning is not known, either.
 */
bool log_take_as(struct log *log, const char *line, const char *meaning);

/**
 * log_link() - find which line explains which, and which say nothing new
 *
 * To be called once, when all was read.
 */
void log_link(struct log *log);

/** log_free() - free the lines */
void log_free(struct log *log);

#endif
