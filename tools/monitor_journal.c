// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as entries of systemd's journal: run as a service, sevadm monitor writes fields instead of
 * lines.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syslog.h>
#include <unistd.h>

#include "cli/output.h"
#include "monitor_exec.h"
#include "monitor_journal.h"

/* Where libsystemd sends entries; without it, it says that all went well. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* More keys than an event has, and the three that each entry has. */
#define FIELDS_MAX 40

struct fields {
	struct iovec values[FIELDS_MAX];
	int nr;
};

bool journal_takes(int file, const char *stream)
{
	unsigned long long device, inode;
	struct stat status;
	int end = 0;

	return stream && sscanf(stream, "%llu:%llu%n", &device, &inode, &end) == 2 && !stream[end] &&
	       !fstat(file, &status) && status.st_dev == device && status.st_ino == inode;
}

void journal_open(struct journal *journal)
{
	void *library;

	*journal = (struct journal) {};
	if (!journal_takes(STDOUT_FILENO, getenv("JOURNAL_STREAM")) || access(JOURNAL_SOCKET, W_OK))
		return;
	/* It stays until the program ends. */
	library = dlopen("libsystemd.so.0", RTLD_NOW);
	if (library)
		*(void **)&journal->send = dlsym(library, "sd_journal_sendv");
}

/* Take over @text; NULL: there was no memory for it. */
static bool add(struct fields *fields, char *text)
{
	if (!text || fields->nr == FIELDS_MAX) {
		free(text);
		return false;
	}
	fields->values[fields->nr++] = (struct iovec) { .iov_base = text, .iov_len = strlen(text) };
	return true;
}

static bool add_format(struct fields *fields, const char *format, const char *value)
{
	char *text;

	return asprintf(&text, format, value) >= 0 && add(fields, text);
}

/*
 * A refusal and a loss are what somebody may have to act on; a soft limit that was passed is worth
 * a look.
 */
static int priority(struct json_object *row)
{
	const char *event = json_get_text(row, "event"), *knob = json_get_text(row, "knob");
	struct json_object *ret = json_object_object_get(row, "ret");

	if (json_object_get_int(ret) < 0 || (event && !strcmp(event, "lost")))
		return LOG_WARNING;
	return knob ? LOG_NOTICE : LOG_INFO;
}

static bool fill(struct fields *fields, struct json_object *row, const char *message)
{
	char level[2] = { '0' + priority(row) };

	if (!add_format(fields, "MESSAGE=%s", message) || !add_format(fields, "PRIORITY=%s", level) ||
	    !add_format(fields, "%s", "SYSLOG_IDENTIFIER=sevadm"))
		return false;
	json_object_object_foreach(row, key, value)
		if (value && !add(fields, exec_variable(key, json_object_get_string(value))))
			return false;
	return true;
}

bool journal_send(const struct journal *journal, struct json_object *row, const char *message)
{
	struct fields fields = {};
	bool sent;

	if (!journal->send || !message)
		return false;
	sent = fill(&fields, row, message) && !journal->send(fields.values, fields.nr);
	while (fields.nr)
		free(fields.values[--fields.nr].iov_base);
	return sent;
}
