// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of explain, row by row: what each message is taken to say, and which causes each
 * number of the firmware and each errno has in each context, on a host of which nothing is known.
 * Both are in data/explain/tables.golden, to be read as a difference: UPDATE=1 writes it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "explain/explain.h"
#include "explain/message.h"
#include "test.h"

#define GOLDEN	TESTS_FOLDER "/data/explain/tables.golden"

/* A line with this message: each conversion has a number or word of its own. */
static void make_line(const char *text, char *line, size_t size)
{
	unsigned int nr = 0;
	size_t length = 0;

	for (; *text && length + 32 < size; text++) {
		if (text[0] != '%' || !strchr("dxs", text[1])) {
			line[length++] = *text;
			continue;
		}
		nr++;
		if (text[1] == 's')
			length += sprintf(line + length, "word%u", nr);
		else
			length += sprintf(line + length, text[1] == 'd' ? "%u" : "0x%x", 10 + nr);
		text++;
	}
	line[length] = '\0';
}

static void print_symptom(const char *text, const struct symptom *symptom)
{
	printf("%s\n\t", text);
	if (symptom->topic)
		printf(" topic %s", symptom->topic);
	if (symptom->context)
		printf(" context 0x%x", symptom->context);
	if (symptom->err)
		printf(" errno %d", symptom->err);
	if (symptom->fw_known)
		printf(" status %u", symptom->fw_error);
	if (symptom->has_pages)
		printf(" pages %llu limit %llu", (unsigned long long)symptom->pages,
		       (unsigned long long)symptom->limit);
	if (symptom->message)
		printf(" flags %u%s", symptom->message->flags,
		       strcmp(symptom->message->text, text) ? " (another row)" : "");
	putchar('\n');
}

static void print_messages(void)
{
	const struct message_table *table;
	const struct message *message;
	struct symptom symptom;
	char line[1024];

	for (table = message_tables; table->messages; table++)
		for (message = table->messages; message->text; message++) {
			make_line(message->text, line, sizeof(line) - 64);
			if (!symptom_parse(line, &symptom)) {
				/* The text alone could be anybody's. */
				memmove(line + strlen(table->marks[0]) + 2, line, strlen(line) + 1);
				memcpy(line, table->marks[0], strlen(table->marks[0]));
				memcpy(line + strlen(table->marks[0]), ": ", 2);
				memset(&symptom, 0, sizeof(symptom));
				if (!symptom_parse(line, &symptom))
					memset(&symptom, 0, sizeof(symptom));
			}
			print_symptom(message->text, &symptom);
		}
}

/* The causes of a symptom, the most likely first. */
static void list_causes(const struct symptom *symptom, char *text, size_t size)
{
	struct explanation list[CAUSES_MAX];
	struct facts facts;
	size_t nr, i, length = 0;

	facts_none(&facts);
	nr = explain_symptom(symptom, &facts, list);
	*text = '\0';
	for (i = 0; i < nr && length + 100 < size; i++)
		length += snprintf(text + length, size - length, "\t%s%.60s\n",
				   list[i].verdict == VERDICT_PROVEN ? "proven: " :
				   list[i].verdict == VERDICT_CONTRADICTED ? "no: " : "",
				   list[i].cause->cause);
}

#define CONTEXTS	28

/*
 * Contexts that have the same causes stand together. What a context says of any number is left out,
 * if @other has a number that no row has.
 */
static void print_number(const char *what, const struct symptom *symptom,
			 const struct symptom *other)
{
	static char texts[CONTEXTS][CAUSES_MAX * 100], usual[CAUSES_MAX * 100];
	struct symptom copy = *symptom, unknown = other ? *other : *symptom;
	bool done[CONTEXTS] = {};
	int i, j;

	for (i = 0; i < CONTEXTS; i++) {
		unknown.context = copy.context = i ? 1U << (i - 1) : 0;
		list_causes(&copy, texts[i], sizeof(texts[i]));
		list_causes(&unknown, usual, sizeof(usual));
		done[i] = !*texts[i] || (other && !strcmp(texts[i], usual));
	}
	for (i = 0; i < CONTEXTS; i++) {
		if (done[i])
			continue;
		printf("%s in", what);
		for (j = i; j < CONTEXTS; j++)
			if (!done[j] && !strcmp(texts[i], texts[j])) {
				printf(" %d", j - 1);
				done[j] = j > i;
			}
		printf("\n%s", texts[i]);
	}
}

static void print_numbers(void)
{
	static const int numbers[] = {
		EPERM, ENOENT, EINTR, EIO, E2BIG, EAGAIN, ENOMEM, EACCES, EFAULT, EBUSY, ENODEV,
		EINVAL, ENOTTY, ENOSPC, ETIME, EOPNOTSUPP, ENOBUFS, ETIMEDOUT,
	};
	/* Of no table. */
	const struct symptom no_status = { .err = EIO, .fw_known = true, .fw_error = 0x3f };
	const struct symptom no_error = { .err = 200 };
	struct symptom symptom;
	uint32_t status;
	char what[32];
	size_t i;

	print_number("any status", &no_status, NULL);
	print_number("any errno", &no_error, NULL);
	for (status = 0; status <= 0x9003; status++) {
		/* Beyond these there are no rows, but those of the boot loader. */
		if (status == 0x40)
			status = 0x8003;
		else if (status == 0x8005)
			status = 0x9000;
		symptom = (struct symptom) { .err = EIO, .fw_known = true, .fw_error = status };
		snprintf(what, sizeof(what), "status 0x%x", status);
		print_number(what, &symptom, &no_status);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		symptom = (struct symptom) { .err = numbers[i] };
		snprintf(what, sizeof(what), "errno %d", numbers[i]);
		print_number(what, &symptom, &no_error);
	}
}

/* All text of a file, which the caller frees; "" if there is none. */
static char *read_golden(void)
{
	FILE *file = fopen(GOLDEN, "r");
	char *text = calloc(1, 1 << 20);

	if (!text)
		abort();
	if (file) {
		text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
		fclose(file);
	}
	return text;
}

static void tables_say_what_they_did(void)
{
	char *golden = read_golden(), *want = golden, *have;
	size_t length, other;
	FILE *file;

	capture_begin();
	printf("# What its test prints, with UPDATE=1. Contexts are bits of enum symptom_context, -1: none.\n");
	print_messages();
	print_numbers();
	capture_end();
	have = captured;
	if (getenv("UPDATE")) {
		file = fopen(GOLDEN, "w");
		EXPECT(file && fputs(have, file) >= 0);
		if (file)
			fclose(file);
	}
	for (; *want || *have; want += length + !!want[length], have += other + !!have[other]) {
		length = strcspn(want, "\n");
		other = strcspn(have, "\n");
		if (length != other || memcmp(want, have, length)) {
			ksft_print_msg("not \"%.*s\", but \"%.*s\"\n", (int)length, want, (int)other, have);
			test_failed = true;
			break;
		}
	}
	free(golden);
}

int main(void)
{
	static const struct test tests[] = {
		{ "messages, statuses and errnos say what they did", tables_say_what_they_did },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
