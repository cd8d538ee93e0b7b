/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs that are written as plain settings (kata, Nova, Proxmox, Incus): a reader makes a list of
 * keys and values of a file, and a table of rules judges it.
 */
#ifndef SEVADM_CHECK_SETTINGS_H
#define SEVADM_CHECK_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/sevadm.h>

#include "check/rules.h"
#include "report/findings.h"

/** struct setting - one key of a file; @line from 1 */
struct setting {
	char *key, *value;
	unsigned int line;
};

/**
 * struct settings - what the rules see
 * @type: of an encrypted guest; what the reader's kind->type() said
 * @last: the line that was read last, for readers
 */
struct settings {
	struct target *target;
	struct setting *rows;
	size_t nr;
	enum sevadm_vm_type type;
	unsigned int last;
};

/** enum settings_state - what a file is */
enum settings_state {
	SETTINGS_ENCRYPTED,
	SETTINGS_PLAIN,		/* a VM without encryption */
	SETTINGS_OTHER,		/* one of another maker's technology */
	SETTINGS_NONE,		/* nothing of this kind */
};

/**
 * struct settings_rule - one rule: a row of a kind's table
 * @state: of the files that it is about; most rows are about encrypted VMs
 */
struct settings_rule {
	struct rule rule;
	void (*check)(const struct settings *settings, const struct rule *rule);
	enum settings_state state;
};

/**
 * struct settings_kind - one kind of file
 * @check: its command: sevadm check WORD
 * @what: what it holds, for when there is none
 * @endings: of the files that count in folders
 * @read: fills @settings; false: @error says why not
 * @state: what was read; sets settings->type of an encrypted guest
 * @rules: its table
 * @nr: how many rules
 */
struct settings_kind {
	const char *check, *what;
	const char *const *endings;
	bool (*read)(struct settings *settings, char *bytes, size_t size);
	enum settings_state (*state)(struct settings *settings);
	const struct settings_rule *rules;
	unsigned int nr;
};

/** settings_add() - add a key; both texts are copied */
void settings_add(struct settings *settings, const char *key, const char *value, unsigned int line);

/** settings_find() - the last row of this key, NULL: none */
const struct setting *settings_find(const struct settings *settings, const char *key);

/** settings_text() - its value, NULL: none */
const char *settings_text(const struct settings *settings, const char *key);

/** settings_is_on() - true: its value is true, yes, on or 1 in any case */
bool settings_is_on(const struct settings *settings, const char *key);

/** text_is_on() - the same of a text, which may be NULL */
bool text_is_on(const char *text);

/** settings_policy() - judge a policy by the rules of its type, as warnings and errors of @rule */
void settings_policy(const struct settings *settings, const struct rule *rule, const char *key);

/** settings_blob() - report a value that is not @size bytes in base64 */
void settings_blob(const struct settings *settings, const struct rule *rule, const char *key,
		   size_t size);

/** settings_pair() - report one of two keys without the other */
void settings_pair(const struct settings *settings, const struct rule *rule, const char *one,
		   const char *other);

/** settings_lines() - read "KEY SEPARATOR VALUE" lines; '#' begins a comment */
bool settings_lines(struct settings *settings, char *bytes, char separator);

/**
 * settings_judge() - read and judge the bytes of a file; false: there is nothing of the kind in it
 */
bool settings_judge(const struct settings_kind *kind, struct target *target, char *bytes,
		    size_t size);

/** settings_check() - the command of a kind; an exit code */
int settings_check(const struct settings_kind *kind, int argc, char **argv);

/** settings_rule_at() - the rule in row @i of a kind, NULL after the last */
const struct rule *settings_rule_at(const struct settings_kind *kind, unsigned int i);

extern const struct settings_kind kata_kind, nova_kind, proxmox_kind, incus_kind;

/* The command of a kind, and the rules that sevadm check rules lists: the end of its file. */
#define SETTINGS_COMMAND(word)							\
	int check_##word(int argc, char **argv)					\
	{									\
		return settings_check(&word##_kind, argc, argv);		\
	}									\
	const struct rule *word##_rule_at(unsigned int i)			\
	{									\
		return settings_rule_at(&word##_kind, i);			\
	}

#endif
