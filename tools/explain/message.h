/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages: every line about encrypted guests that today's stack prints, one row a message, in one
 * table for each component. A row's text is the format as the source has it, where %d stands for a
 * decimal number, %x for one in hexadecimal, and %s for anything.
 */
#ifndef SEVADM_EXPLAIN_MESSAGE_H
#define SEVADM_EXPLAIN_MESSAGE_H

#include <stddef.h>

/* It only says that something before it failed: the line that says what counts. */
#define MESSAGE_FOLLOWS		(1U << 0)
/* Other VMs and machines print it, too: in a log it counts beside a line about SEV only. */
#define MESSAGE_NEEDS_SEV	(1U << 1)

/* It says what a machine is: in a whole journal it counts beside a failure only. */
#define MESSAGE_QUIET		(1U << 2)
/* Kernels say it for other reasons, too: in a log it counts where the host has an RMP. */
#define MESSAGE_NEEDS_SNP	(1U << 3)

/* More than any message has. */
#define MESSAGE_VALUES_MAX	16

/**
 * struct message - one message
 * @text: as the source has it; NULL ends a table
 * @source: file and function
 * @versions: in which it was seen; empty: in none of Debian's
 * @topic: whose causes it has (topics_*.c); NULL: those of its numbers in @context
 * @context: an enum symptom_context
 * @err: the errno it means where it does not say one
 * @err_at: which conversion of @text is the errno, from 1; 0: none. The same for the others
 * @flags: MESSAGE_…
 */
struct message {
	const char *text;
	const char *source;
	const char *versions;
	const char *topic;
	unsigned int context;
	int err;
	unsigned char err_at;
	unsigned char fw_at;
	unsigned char pages_at;
	unsigned char limit_at;
	unsigned char flags;
};

/** struct message_value - what stands in a line for a conversion */
struct message_value {
	const char *at;
	size_t length;
};

/**
 * struct message_table - the messages of one component
 * @component: its word in the output
 * @marks: what shows that a line is the component's, NULL ends; for texts that others print, too
 */
struct message_table {
	const char *component;
	const struct message *messages;
	const char *const *marks;
};

/* The tables; a row without messages ends it. */
extern const struct message_table message_tables[];

/**
 * message_find() - find the message that @line is
 * @values: filled in with what stands for the conversions of its text; what is left is empty
 *
 * Return: the row that has the most text in common with the line, NULL: no message is known.
 */
const struct message *message_find(const char *line,
				   struct message_value values[MESSAGE_VALUES_MAX]);

/** message_component() - return the component that prints @message */
const char *message_component(const struct message *message);

extern const struct message kernel_messages[];
extern const struct message guest_messages[];
extern const struct message qemu_messages[];
extern const struct message libvirt_messages[];
extern const struct message kubevirt_messages[];
extern const struct message tool_messages[];

#endif
