/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module answers over netlink: one table for each of its attribute sets. All commands read
 * an answer by the same table, so that a thing has the same key everywhere; what the device answers
 * is read by the tables of VMs and ASIDs, too (kernel/device_rows.c). The keys are those of
 * Documentation/sevadm.schema.json where a command prints the answer as it is.
 */
#ifndef SEVADM_ATTRIBUTES_H
#define SEVADM_ATTRIBUTES_H

#include <stddef.h>
#include <stdint.h>

enum attribute_kind {
	ATTRIBUTE_U32,
	ATTRIBUTE_U64,
	ATTRIBUTE_STRING,
	ATTRIBUTE_FLAG,
	/* a u32 that @attribute.name names */
	ATTRIBUTE_NAME,
	/* nests of @attribute.nest, one for each element of the array */
	ATTRIBUTE_NESTS,
	/* one nest of @attribute.nest */
	ATTRIBUTE_NEST,
};

struct attribute_table;

/**
 * struct attribute - how one netlink attribute becomes a value of a JSON object
 * @type: number of the attribute
 * @kind: what it holds; an absent attribute is null, or false for a flag
 * @key: its key
 * @name: for ATTRIBUTE_NAME
 * @nest: for ATTRIBUTE_NESTS and ATTRIBUTE_NEST
 * @member: offset of the same value in the struct that the device answers with; 0: it has none
 * @known: SEVADM_KNOWN_* bit of a member that may be unknown; 0: it is always known
 */
struct attribute {
	uint16_t type;
	enum attribute_kind kind;
	const char *key;
	const char *(*name)(uint32_t number);
	const struct attribute_table *nest;
	size_t member;
	uint32_t known;
};

/**
 * struct attribute_table - the attributes of one set
 * @rows: one for each attribute of an answer; the first one names the thing that is asked for
 * @nr: how many there are
 */
struct attribute_table {
	const struct attribute *rows;
	size_t nr;
};

extern const struct attribute_table status_attributes;
extern const struct attribute_table seam_attributes;
extern const struct attribute_table vm_attributes;
extern const struct attribute_table asid_attributes;
extern const struct attribute_table limit_attributes;
extern const struct attribute_table stats_attributes;
extern const struct attribute_table adopt_attributes;

#endif
