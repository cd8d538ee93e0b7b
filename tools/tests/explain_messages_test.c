// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of messages against the sources: each message about encrypted guests that the packaged
 * sources of Debian print has a row, or a reason why it has none. data/explain/messages.tsv is the
 * recorded list; `make check-messages` makes it again from the newest packages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "explain/explain.h"
#include "explain/message.h"
#include "test.h"

#define FIELDS_MAX 5

/* How a line of a component begins: what shows whose it is. */
static const struct {
	const char *component;
	const char *head;
} heads[] = {
	{ "kernel", "host kernel: kvm_amd: ccp 0000:01:00.5: AMD-Vi: " },
	{ "guest", "guest kernel: SEV: software IO TLB: " },
	{ "ovmf", "" },
	{ "qemu", "qemu-system-x86_64: -accel kvm: " },
	{ "libvirt", "libvirtd[7]: error : internal error: " },
};

struct left_out {
	char *text, *reason;
	bool used;
};

static struct left_out left_out[512];
static size_t nr_left_out;

static const char *data_file(void)
{
	return getenv("MESSAGES") ?: TESTS_FOLDER "/data/explain/messages.tsv";
}

static FILE *open_data(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		ksft_exit_fail_msg("cannot open %s\n", path);
	return file;
}

/* Returns the number of fields, which tabs separate; 0 for a remark. */
static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t nr = 0;

	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '#' || !line[0])
		return 0;
	while (nr < FIELDS_MAX && (fields[nr] = strsep(&line, "\t")))
		nr++;
	return nr;
}

static void read_left_out(void)
{
	FILE *file = open_data(TESTS_FOLDER "/data/explain/left-out.tsv");
	char line[1024], *fields[FIELDS_MAX];
	size_t nr;

	while (fgets(line, sizeof(line), file)) {
		nr = split(line, fields);
		if (!nr)
			continue;
		if (nr != 2 || !fields[1][0] || nr_left_out == ARRAY_SIZE(left_out))
			ksft_exit_fail_msg("\"%s\" has no reason\n", fields[0]);
		left_out[nr_left_out].text = strdup(fields[0]);
		left_out[nr_left_out++].reason = strdup(fields[1]);
	}
	fclose(file);
}

static struct left_out *find_left_out(const char *text)
{
	size_t i;

	for (i = 0; i < nr_left_out; i++)
		if (!strcmp(left_out[i].text, text))
			return &left_out[i];
	return NULL;
}

/* A line that the text makes, with a word or number for each conversion. */
static void make_line(const char *component, const char *function, const char *text, char *line,
		      size_t size)
{
	const char *head = "";
	size_t length, i;

	for (i = 0; i < ARRAY_SIZE(heads); i++)
		if (!strcmp(heads[i].component, component))
			head = heads[i].head;
	length = (size_t)snprintf(line, size, "%s", head);
	if (!strncmp(text, "%s: ", 4)) {
		length += (size_t)snprintf(line + length, size - length, "%s", function);
		text += 2;
	}
	while (*text && length + 8 < size) {
		if (text[0] == '%' && strchr("dxs", text[1])) {
			length += (size_t)snprintf(line + length, size - length, "%s",
						   text[1] == 'd' ? "7" : text[1] == 'x' ? "0x7" : "word");
			text += 2;
		} else {
			line[length++] = *text++;
		}
	}
	line[length] = '\0';
}

/* How many messages a component's sources have, by what becomes of them. */
struct count {
	char component[16];
	size_t known, left_out;
};

static struct count *count_of(const char *component, struct count counts[ARRAY_SIZE(heads)])
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		if (!counts[i].component[0])
			snprintf(counts[i].component, sizeof(counts[i].component), "%s", component);
		if (!strcmp(counts[i].component, component))
			return &counts[i];
	}
	ksft_exit_fail_msg("\"%s\" is no component\n", component);
	return NULL;
}

static void print_counts(const struct count counts[ARRAY_SIZE(heads)])
{
	size_t i, known = 0, reasons = 0;

	for (i = 0; i < ARRAY_SIZE(heads) && counts[i].component[0]; i++) {
		ksft_print_msg("sources of %s: %zu messages have a row, %zu a reason\n",
			       counts[i].component, counts[i].known, counts[i].left_out);
		known += counts[i].known;
		reasons += counts[i].left_out;
	}
	ksft_print_msg("%zu messages of the sources have a row, %zu a reason\n", known, reasons);
	/* An archive may lack a package at the moment; the recorded list lacks none. */
	EXPECT(known > (getenv("MESSAGES") ? 100 : 250));
}

static void each_message_is_known(void)
{
	struct message_value values[MESSAGE_VALUES_MAX];
	char line[1024], copy[1024], *fields[FIELDS_MAX];
	FILE *file = open_data(data_file());
	struct count counts[ARRAY_SIZE(heads)] = {}, *count;
	struct left_out *reason;
	bool has_row;

	read_left_out();
	while (fgets(copy, sizeof(copy), file)) {
		if (split(copy, fields) != FIELDS_MAX)
			continue;
		make_line(fields[0], fields[3], fields[4], line, sizeof(line));
		has_row = message_find(line, values);
		reason = find_left_out(fields[4]);
		if (reason)
			reason->used = true;
		if (has_row && reason)
			ksft_print_msg("\"%s\" has a row and a reason to have none\n", fields[4]);
		if (!has_row && !reason)
			ksft_print_msg("no row for %s %s: %s %s(): %s\n", fields[0], fields[1],
				       fields[2], fields[3], fields[4]);
		if (has_row == !!reason)
			test_failed = true;
		/* make check-messages has the whole list to be read. */
		if (!has_row && reason && getenv("MESSAGES"))
			ksft_print_msg("left out: %s: %s: %s\n", fields[0], fields[4], reason->reason);
		count = count_of(fields[0], counts);
		count->known += has_row;
		count->left_out += !has_row;
	}
	fclose(file);
	print_counts(counts);
}

static void each_reason_is_needed(void)
{
	size_t i;

	for (i = 0; i < nr_left_out; i++)
		if (!left_out[i].used && !getenv("MESSAGES")) {
			ksft_print_msg("no source prints \"%s\"\n", left_out[i].text);
			test_failed = true;
		}
	EXPECT(nr_left_out);
}

static bool has_cause(const char *topic, const struct cause *table, bool used[], size_t *at)
{
	bool found = false;

	for (; table->cause; table++, (*at)++)
		if (!strcmp(table->topic, topic))
			used[*at] = found = true;
	return found;
}

/* Each row has causes, and each cause a row, a remedy and a link. */
static void each_row_has_causes(void)
{
	static const struct cause *const topics[] = { host_topics, vm_topics, guest_topics };
	const struct message_table *table;
	const struct message *row;
	bool used[1024] = {};
	const struct cause *cause;
	size_t at, i, nr, total = 0;

	for (table = message_tables; table->messages; table++) {
		for (row = table->messages, nr = 0; row->text; row++, nr++) {
			EXPECT(row->source && row->source[0] && row->versions);
			EXPECT(!row->topic == !!row->context);
			if (!row->topic)
				continue;
			at = 0;
			if (!(has_cause(row->topic, host_topics, used, &at) |
			      has_cause(row->topic, vm_topics, used, &at) |
			      has_cause(row->topic, guest_topics, used, &at))) {
				ksft_print_msg("no cause for \"%s\"\n", row->topic);
				test_failed = true;
			}
		}
		ksft_print_msg("table of %s: %zu messages\n", table->component, nr);
		total += nr;
	}
	ksft_print_msg("all tables: %zu messages\n", total);
	EXPECT(total > 400);
	for (i = 0, at = 0; i < ARRAY_SIZE(topics); i++)
		for (cause = topics[i]; cause->cause; cause++, at++) {
			/* What the upper half of a guest's status means has no text of its own. */
			if (!used[at] && strcmp(cause->topic, "guest-rate")) {
				ksft_print_msg("no message has the cause \"%s\"\n", cause->topic);
				test_failed = true;
			}
			/* Its message alone says that it is one. */
			EXPECT(!cause->err && !cause->contexts && cause->fw_error == FW_ANY);
			EXPECT(cause->check[0] && cause->remedy[0]);
			EXPECT(!strncmp(cause->link, "https://", 8));
		}
}

/* A message is found by its own row, or by one that says more. */
static void each_row_finds_itself(void)
{
	struct message_value values[MESSAGE_VALUES_MAX];
	const struct message_table *table;
	const struct message *row, *found;
	char line[1024];

	for (table = message_tables; table->messages; table++)
		for (row = table->messages; row->text; row++) {
			make_line(table->component, "function", row->text, line, sizeof(line));
			found = message_find(line, values);
			if (found == row || (found && strlen(found->text) >= strlen(row->text)))
				continue;
			ksft_print_msg("\"%s\" is taken for \"%s\"\n", line, found ? found->text : "-");
			test_failed = true;
		}
}

#define A_199	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii" \
		"jjjjjjjjjjaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhh" \
		"iiiiiiiiiijjjjjjjjj"

/* What stands in a line for the conversions of its message, with bars between. */
static void values_of_conversions(void)
{
	static const struct {
		const char *line, *text, *values;
	} rows[] = {
		{ "SEV: INIT failed 0x3, rc -5", "SEV: INIT failed %x, rc %d", "0x3|-5" },
		{ "ccp: SEV: INIT failed 0X3f, rc 5.", "SEV: INIT failed %x, rc %d", "0X3f|5" },
		{ "SEV: INIT failed 0, rc 0", "SEV: INIT failed %x, rc %d", "0|0" },
		{ "SEV: INIT failed aF09, rc 123", "SEV: INIT failed %x, rc %d", "aF09|123" },
		/* Any blanks, but not none. */
		{ "SEV:\tINIT  failed \t 3, rc -5", "SEV: INIT failed %x, rc %d", "3|-5" },
		{ "SEV:INIT failed 3, rc -5", NULL, NULL },
		/* A sign alone is no number, and neither is a word. */
		{ "SEV: INIT failed 3, rc -", NULL, NULL },
		{ "SEV: INIT failed 3, rc --5", NULL, NULL },
		{ "SEV: INIT failed +3, rc 5", NULL, NULL },
		{ "SEV: INIT failed 3, rc five", NULL, NULL },
		{ "SEV: INIT failed 3", NULL, NULL },
		/* Words have any length up to a bound; the last one takes nothing. */
		{ "SEV: INIT_EX failed 0x3, rc -5", "SEV: %s failed %x, rc %d", "INIT_EX|0x3|-5" },
		{ "SEV:  failed 0x3, rc -5", NULL, NULL },
		{ "SEV: " A_199 " failed 0x3, rc -5", "SEV: %s failed %x, rc %d", A_199 "|0x3|-5" },
		{ "SEV: " A_199 "x failed 0x3, rc -5", NULL, NULL },
		/* The shortest that fits. */
		{ "SEV: a failed b failed 0x3, rc -5", "SEV: %s failed %x, rc %d", "a failed b|0x3|-5" },
		/* It may begin anywhere; who says it is left out of a row. */
		{ "qemu: sev_x: LAUNCH_START ret=-5 fw_error=7 'bad'", "%s: LAUNCH_START ret=%d fw_error=%d '%s'",
		  "-5|7|bad" },
		{ "LAUNCH_START ret=-5 fw_error=7 ''", "%s: LAUNCH_START ret=%d fw_error=%d '%s'", "-5|7|" },
		/* The end of a text that is found twice is that of the row that says more. */
		{ "SEV: failed SEV: INIT failed 0x3, rc -5", "SEV: INIT failed %x, rc %d", "0x3|-5" },
	};
	struct message_value values[MESSAGE_VALUES_MAX];
	const struct message *found;
	char text[512];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		found = message_find(rows[i].line, values);
		EXPECT(!found == !rows[i].text);
		if (!found || !rows[i].text) {
			if (!found != !rows[i].text)
				ksft_print_msg("\"%s\" is taken for \"%s\"\n", rows[i].line, found ? found->text : "-");
			continue;
		}
		EXPECT_TEXT(found->text, rows[i].text);
		*text = '\0';
		for (j = 0; j < MESSAGE_VALUES_MAX && values[j].at; j++)
			append(text, sizeof(text), "%s%.*s", j ? "|" : "", (int)values[j].length, values[j].at);
		EXPECT_TEXT(text, rows[i].values);
		for (; j < MESSAGE_VALUES_MAX; j++)
			EXPECT(!values[j].at && !values[j].length);
	}
}

/* A text that others print as well needs a word of its component. */
static void marks_of_components(void)
{
	struct message_value values[MESSAGE_VALUES_MAX];

	EXPECT(!message_find("mlockall: Cannot allocate memory", values));
	EXPECT(message_find("qemu: mlockall: Cannot allocate memory", values));
	EXPECT(!message_find("guest: mlockall: Cannot allocate memory", values));
}

static void components(void)
{
	static const struct message none = { .text = "of no table" };
	const struct message_table *table;
	const struct message *row;

	for (table = message_tables; table->messages; table++)
		for (row = table->messages; row->text; row++)
			EXPECT_TEXT(message_component(row), table->component);
	EXPECT_TEXT(message_component(&none), "");
}

/* Lines that are made to take long: many beginnings of a message, and no end. */
static void hostile_lines_end(void)
{
	struct message_value values[MESSAGE_VALUES_MAX];
	char line[4096];
	size_t i;

	for (i = 0; i + 6 < sizeof(line); i += 6)
		memcpy(line + i, "SEV:  ", 6);
	line[i] = '\0';
	EXPECT(!message_find(line, values));
	memset(line, '\'', sizeof(line) - 1);
	memcpy(line, "SEV failed 'SNP_LAUNCH_START ret=", 33);
	line[sizeof(line) - 1] = '\0';
	EXPECT(!message_find(line, values));
	for (i = 0; i + 7 < sizeof(line); i += 7)
		memcpy(line + i, "failed ", 7);
	line[i] = '\0';
	EXPECT(!message_find(line, values));
	memset(line, 0xff, sizeof(line) - 1);
	EXPECT(!message_find(line, values));
	EXPECT(!message_find("", values));
}

int main(void)
{
	static const struct test tests[] = {
		{ "each message of the sources has a row or a reason", each_message_is_known },
		{ "each reason is needed", each_reason_is_needed },
		{ "each row has causes, and each cause a row", each_row_has_causes },
		{ "each row finds itself", each_row_finds_itself },
		{ "values of conversions", values_of_conversions },
		{ "marks of components", marks_of_components },
		{ "components", components },
		{ "hostile lines end", hostile_lines_end },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
