/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be limited, for whom, and how that is written. */
#ifndef SEVADM_LIMIT_H
#define SEVADM_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

#include "limit/value.h"

/** enum limit_knob - enum sevadm_knob, those that can be set */
enum limit_knob {
	LIMIT_MIN = SEVADM_KNOB_MIN,
	LIMIT_HIGH = SEVADM_KNOB_HIGH,
	LIMIT_MAX = SEVADM_KNOB_MAX,
	LIMIT_KNOBS,
};

/** enum limit_resource - enum sevadm_resource */
enum limit_resource {
	LIMIT_PIN = SEVADM_RESOURCE_PIN,
	LIMIT_ASID_SEV = SEVADM_RESOURCE_ASID_SEV,
	LIMIT_ASID_SEV_ES = SEVADM_RESOURCE_ASID_SEV_ES,
	LIMIT_PRIVATE = SEVADM_RESOURCE_PRIVATE,
	LIMIT_ASID_SEV_SNP = SEVADM_RESOURCE_ASID_SEV_SNP,
	LIMIT_RESOURCES,
};

/**
 * struct limit_resource_row - something that can be limited
 * @name: its word: "pin", "asid.sev"
 * @bytes: it is measured in bytes, not in ASIDs
 */
struct limit_resource_row {
	const char *name;
	bool bytes;
};

extern const struct limit_resource_row limit_resources[LIMIT_RESOURCES + 1];
/* Return "bytes" or "asids"; "unknown" of a resource that only a newer module has. */
const char *limit_unit(uint32_t resource);

extern const char *const limit_knobs[LIMIT_KNOBS + 1];

/* limit_in_bytes() - return true if the resource of that word is measured in bytes, not in ASIDs */
bool limit_in_bytes(const char *resource);

/* LIMIT_NONE, or for LIMIT_MIN 0: as if it had never been set. */
uint64_t limit_default(enum limit_knob knob);

/** enum limit_subject_kind - enum sevadm_subject */
enum limit_subject_kind {
	LIMIT_HOST = SEVADM_SUBJECT_HOST,
	LIMIT_USER = SEVADM_SUBJECT_USER,
	LIMIT_CGROUP = SEVADM_SUBJECT_CGROUP,
	LIMIT_SUBJECTS,
};

/**
 * struct limit_subject - who a limit is for
 * @uid: of LIMIT_USER
 * @path: of LIMIT_CGROUP, in the v2 hierarchy, from its root; owned by the holder of the subject
 */
struct limit_subject {
	enum limit_subject_kind kind;
	uint32_t uid;
	char *path;
};

extern const char *const limit_subjects[LIMIT_SUBJECTS + 1];

/**
 * limit_subject_parse() - understand a subject
 * @kind: "host", "user" or "cgroup"
 * @name: what follows it; NULL: nothing
 * @subject: the result
 * @wrong: gets what is wrong and what would be right
 * @size: of @wrong
 *
 * Return: whether it was understood.
 */
bool limit_subject_parse(const char *kind, const char *name, struct limit_subject *subject,
			 char *wrong, size_t size);

/* "host", "user 1000", "cgroup /machine.slice": as limit_subject_parse() reads it, less a blank. */
void limit_subject_write(const struct limit_subject *subject, char *text, size_t size);

/* Order of lists: the host, users by number, cgroups by path. */
int limit_subject_compare(const struct limit_subject *a, const struct limit_subject *b);

/** define LIMIT_SUBJECT_SIZE - room for what limit_subject_write() writes: PATH_MAX and a word */
#define LIMIT_SUBJECT_SIZE (4096 + 16)

/**
 * struct limit - all knobs of one resource of one subject
 * @values: what they are set to; only where @lines is not 0
 * @lines: line of the file that sets each one, or 1; 0: it is not set
 */
struct limit {
	struct limit_subject subject;
	enum limit_resource resource;
	struct limit_value values[LIMIT_KNOBS];
	unsigned int lines[LIMIT_KNOBS];
};

/**
 * struct limit_list - limits; zeroes begin it
 * @rows: in the order they were added, or sorted
 * @tree: the same, for tfind()
 */
struct limit_list {
	struct limit **rows;
	size_t nr, room;
	void *tree;
};

/* The limit of @subject (copied) on @resource, a new one if there is none yet. Never NULL. */
struct limit *limit_list_get(struct limit_list *list, const struct limit_subject *subject,
			     enum limit_resource resource);
/* NULL: there is none. */
struct limit *limit_list_find(const struct limit_list *list, const struct limit_subject *subject,
			      enum limit_resource resource);
/* By subject and resource. */
void limit_list_sort(struct limit_list *list);
void limit_list_free(struct limit_list *list);

/**
 * limit_key_parse() - understand the name of a knob: "pin.max", "asid.sev.min"
 * @wrong: gets what is wrong and what would be right
 */
bool limit_key_parse(const char *key, enum limit_resource *resource, enum limit_knob *knob,
		     char *wrong, size_t size);

/**
 * limit_assign() - set one knob, if that makes sense
 * @limit: whose knob
 * @knob: which one
 * @text: its value
 * @line: of the file
 * @wrong: gets what is wrong and what would be right
 * @size: of @wrong
 */
bool limit_assign(struct limit *limit, enum limit_knob knob, const char *text, unsigned int line,
		  char *wrong, size_t size);

#endif
