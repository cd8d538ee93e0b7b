// SPDX-License-Identifier: GPL-2.0-only
/* Events as entries of the journal: which fields they have, and when they are printed instead. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "cli/output.h"
#include "monitor_journal.h"
#include "test.h"
#include "trace/event.h"

/* The last entry: its fields, each behind a newline. */
static char entry[2048];
static int answer;

static int send_to_test(const struct iovec *fields, int nr)
{
	size_t used = 0;
	int i;

	for (i = 0; i < nr; i++)
		used += snprintf(entry + used, sizeof(entry) - used, "\n%.*s", (int)fields[i].iov_len,
				 (char *)fields[i].iov_base);
	snprintf(entry + used, sizeof(entry) - used, "\n");
	return answer;
}

static const struct journal journal = { .send = send_to_test };

static const struct sevadm_event refusal = {
	.type = SEVADM_EVENT_LIMIT, .known = SEVADM_KNOWN_VM, .vm = 3, .pid = 4711, .comm = "qemu\nPRIORITY=0",
	.resource = SEVADM_RESOURCE_PIN, .knob = SEVADM_KNOB_MAX, .usage = 4096, .limit = 8192,
	.amount = 8192, .ret = -ENOMEM,
};

static void the_keys_are_fields(void)
{
	struct json_object *row = event_to_json(&refusal);

	EXPECT(journal_send(&journal, row, "what people read"));
	EXPECT(strstr(entry, "\nMESSAGE=what people read\n"));
	EXPECT(strstr(entry, "\nPRIORITY=4\n"));
	EXPECT(strstr(entry, "\nSYSLOG_IDENTIFIER=sevadm\n"));
	EXPECT(strstr(entry, "\nSEVADM_EVENT=limit\n"));
	EXPECT(strstr(entry, "\nSEVADM_SUBJECT=host\n"));
	EXPECT(strstr(entry, "\nSEVADM_RESOURCE=pin\n"));
	EXPECT(strstr(entry, "\nSEVADM_KNOB=max\n"));
	EXPECT(strstr(entry, "\nSEVADM_VM=3\n"));
	EXPECT(strstr(entry, "\nSEVADM_LIMIT=8192\n"));
	json_object_put(row);
}

/* What is not known is no field. */
static void unknown_values_are_left_out(void)
{
	struct sevadm_event event = refusal;
	struct json_object *row;

	event.known = 0;
	row = event_to_json(&event);
	EXPECT(journal_send(&journal, row, ""));
	EXPECT(!strstr(entry, "SEVADM_VM="));
	json_object_put(row);
}

static const char *priority_of(int ret, __u32 knob)
{
	struct sevadm_event event = refusal;
	struct json_object *row;
	char *found;

	event.ret = ret;
	event.knob = knob;
	row = event_to_json(&event);
	EXPECT(journal_send(&journal, row, ""));
	json_object_put(row);
	found = strstr(entry, "\nPRIORITY=");
	if (!found)
		return "none";
	found += strlen("\nPRIORITY=");
	found[1] = '\0';
	return found;
}

static void priorities(void)
{
	struct json_object *lost = json_tokener_parse("{\"event\":\"lost\",\"count\":null}");

	EXPECT_TEXT(priority_of(-ENOMEM, SEVADM_KNOB_MAX), "4");
	EXPECT_TEXT(priority_of(0, SEVADM_KNOB_HIGH), "5");
	EXPECT(journal_send(&journal, lost, "lost"));
	EXPECT(strstr(entry, "\nPRIORITY=4\n"));
	json_object_put(lost);
}

/* It is printed, then. */
static void no_way_to_the_journal(void)
{
	static const struct journal none;
	struct json_object *row = event_to_json(&refusal);

	EXPECT(!journal_send(&none, row, "text"));
	answer = -ENOSPC;
	EXPECT(!journal_send(&journal, row, "text"));
	answer = 0;
	EXPECT(!journal_send(&journal, row, NULL));
	json_object_put(row);
}

static void only_the_file_decides(void)
{
	struct stat status;
	char stream[64];
	int pipe_of[2];

	if (pipe(pipe_of) || fstat(pipe_of[1], &status))
		abort();
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	EXPECT(journal_takes(pipe_of[1], stream));
	EXPECT(!journal_takes(pipe_of[1], NULL));
	EXPECT(!journal_takes(pipe_of[1], ""));
	EXPECT(!journal_takes(pipe_of[1], "8:1"));
	strcat(stream, "0");
	EXPECT(!journal_takes(pipe_of[1], stream));
	strcpy(stream + strlen(stream) - 1, "x");
	EXPECT(!journal_takes(pipe_of[1], stream));
	EXPECT(!journal_takes(-1, stream));
	close(pipe_of[0]);
	close(pipe_of[1]);
}

/* What libsystemd cannot send it drops without a word. */
static void no_journal_behind_the_file(void)
{
	const bool there = !access("/run/systemd/journal/socket", W_OK);
	int pipe_of[2], kept = dup(STDOUT_FILENO);
	struct journal found, other;
	struct stat status;
	char stream[64];

	fflush(stdout);
	if (kept < 0 || pipe(pipe_of) || fstat(pipe_of[1], &status) ||
	    dup2(pipe_of[1], STDOUT_FILENO) < 0)
		abort();
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	journal_open(&found);
	setenv("JOURNAL_STREAM", "8:1", 1);
	journal_open(&other);
	unsetenv("JOURNAL_STREAM");
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(pipe_of[0]);
	close(pipe_of[1]);
	EXPECT(there || !found.send);
	EXPECT(!other.send);
}

/* A sentence is what the line has, without its columns: what a tenant chose cannot end it. */
static void sentences(void)
{
	const struct sevadm_event psp = {
		.type = SEVADM_EVENT_PSP, .command = 2, .pid = 4711, .comm = "qemu", .ret = -ETIMEDOUT,
	};
	char *text = event_sentence(&refusal, NULL);

	EXPECT_TEXT(text, "refused: host: asked for 8.0 KiB, 4.0 KiB are used, pin.max is 8.0 KiB: end a VM, or raise it with sevadm limit set host pin.max=...; VM 3; process 4711 qemu?PRIORITY=0");
	free(text);
	text = event_sentence(&refusal, "web\n1");
	EXPECT(strstr(text, "; VM 3 web?1; process 4711 qemu?"));
	free(text);
	text = event_sentence(&psp, NULL);
	EXPECT_TEXT(text, "psp SHUTDOWN: ETIMEDOUT, the firmware did not answer; process 4711 qemu");
	free(text);
}

int main(void)
{
	static const struct test tests[] = {
		{ "each key that is known is a field", the_keys_are_fields },
		{ "unknown values are left out", unknown_values_are_left_out },
		{ "how urgent each is", priorities },
		{ "without a way to the journal it is printed", no_way_to_the_journal },
		{ "only where stdout leads decides", only_the_file_decides },
		{ "without a journal it is printed", no_journal_behind_the_file },
		{ "what people read", sentences },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
