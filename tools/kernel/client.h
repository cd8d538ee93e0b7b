/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client of generic netlink family "sevadm": asks, and turns attributes into JSON by tables.
 */
#ifndef SEVADM_CLIENT_H
#define SEVADM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>
#include <linux/sevadm.h>

#include "kernel/attributes.h"

/* Return true if sevadm.ko is loaded; a request would otherwise make the kernel load it. */
bool client_module_loaded(void);

/*
 * Ask for one thing (@id: the attribute that names it, NULL: none) or for all of them. *@result is
 * an object or an array. Returns an exit code, and reports what is wrong.
 */
int client_do(uint8_t command, const struct attribute *id, uint64_t number,
	      const struct attribute_table *table, struct json_object **result);

/**
 * struct client_value - one attribute of a request
 * @row: names the attribute; ATTRIBUTE_U32 or ATTRIBUTE_U64
 * @number: its value
 */
struct client_value {
	const struct attribute *row;
	uint64_t number;
};

/* Ask with @nr attributes; else as client_do(). */
int client_request(uint8_t command, const struct client_value *values, size_t nr,
		   const struct attribute_table *table, struct json_object **result);
int client_dump(uint8_t command, const struct attribute_table *table, struct json_object **result);

/*
 * The same of what is the caller's own, which takes no right: @own is the flag that asks for that.
 */
int client_dump_own(uint8_t command, uint16_t own, const struct attribute_table *table,
		    struct json_object **result);

/* As client_dump(); *@result is NULL if the module is too old for @command. */
int client_try_dump(uint8_t command, const struct attribute_table *table,
		    struct json_object **result);

struct nl_msg;

/**
 * struct client_change - a request that changes something
 * @size: room that its attributes need
 * @fill: puts them; 0 or libnl's error
 * @context: for @fill
 * @refused: gets what the kernel says about the attribute at @offset of the message, 0 if about
 *	none; returns an exit code, and reports. NULL: the words as they are will do
 */
struct client_change {
	size_t size;
	int (*fill)(struct nl_msg *msg, void *context);
	void *context;
	int (*refused)(const char *words, uint32_t offset, void *context);
};

/* Have it done. Returns an exit code, and reports what is wrong. */
int client_change(uint8_t command, const struct client_change *change);

#endif
