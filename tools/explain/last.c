// SPDX-License-Identifier: GPL-2.0-only
/* The last failure that the module's trace holds: nobody has to find its line in a log. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "explain/last.h"
#include "host/libvirt_log.h"
#include "host/vm_name.h"
#include "kernel/device.h"
#include "report/moment.h"
#include "sev/names.h"
#include "trace/event.h"

/* Not an exit code: what ends the reading of a ring that is filled meanwhile. */
#define AT_END (-1)

/* AMD SEV-SNP ABI (56860) */
#define SNP_PLATFORM_STATUS	0x83

/* Where nothing is reserved, the module leaves the refusal to KVM. */
static bool is_full_pool(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_LIMIT && !event->ret && event->knob == SEVADM_KNOB_POOL;
}

static bool is_refusal(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_LIMIT && (event->ret < 0 || is_full_pool(event));
}

/*
 * sevadm asks for the TCB, each time that somebody looks at the host: where the firmware is dead
 * and ccp refuses to ask it, that would be the last failure for ever. That it has died meanwhile is
 * one.
 */
static bool is_own_question(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_PSP && event->command == SNP_PLATFORM_STATUS &&
	       event->ret == -EBUSY && !strncmp(event->comm, "sevadm", sizeof(event->comm));
}

static bool is_failure(const struct sevadm_event *event)
{
	return !is_own_question(event) && event_is_error(event) &&
	       (event->type == SEVADM_EVENT_PSP || event->type == SEVADM_EVENT_KVM ||
		event->type == SEVADM_EVENT_PIN || is_refusal(event));
}

/* What a process of long life met earlier is not why it fails now. */
static bool belongs_to(const struct last *last, const struct sevadm_event *event)
{
	return last->nr && last->events[0].pid == event->pid &&
	       event->time_ns <= last->events[last->nr - 1].time_ns + OLD_NS;
}

static void keep(struct last *last, const struct sevadm_event *event)
{
	if (!belongs_to(last, event))
		last->nr = 0;
	if (last->nr == LAST_EVENTS) {
		memmove(last->events, last->events + 1,
			(LAST_EVENTS - 1) * sizeof(last->events[0]));
		last->nr--;
	}
	last->events[last->nr++] = *event;
}

void last_add(struct last *last, const struct sevadm_event *event)
{
	bool failed = is_failure(event);

	if (is_full_pool(event)) {
		last->full = *event;
		last->is_full = true;
	} else if (last->is_full && event->type == SEVADM_EVENT_KVM &&
		   event->pid == last->full.pid) {
		/* KVM answers: that the pool was full counts only if it had no ASID either. */
		if (failed)
			keep(last, &last->full);
		last->is_full = false;
	}
	if (failed)
		keep(last, event);
}

/* The trace has the time since boot. */
static int64_t since_1970(uint64_t boot_ns)
{
	return (int64_t)boot_ns + moment_of_boot();
}

/* That a pool is full is no limit's doing. */
static bool is_of_asid(const struct sevadm_event *event)
{
	return event->knob != SEVADM_KNOB_POOL && (event->resource == SEVADM_RESOURCE_ASID_SEV ||
						   event->resource == SEVADM_RESOURCE_ASID_SEV_ES ||
						   event->resource == SEVADM_RESOURCE_ASID_SEV_SNP);
}

bool refusal_of(const struct sevadm_event *event, struct refusal *refusal)
{
	if (!is_refusal(event) || (event->resource != SEVADM_RESOURCE_PIN && !is_of_asid(event)))
		return false;
	*refusal = (struct refusal) {
		.time_ns = since_1970(event->time_ns),
		.pid = event->pid,
		.asid = event->resource != SEVADM_RESOURCE_PIN,
		.bytes = event->resource == SEVADM_RESOURCE_PIN ? event->amount : 0,
	};
	return true;
}

struct reader {
	struct last *last;
	struct refusals *refusals;
	uint64_t end;
};

static int take_event(const struct sevadm_event *event, void *context)
{
	struct reader *reader = context;
	struct refusal refusal;

	if (event->seq >= reader->end)
		return AT_END;
	if (reader->last)
		last_add(reader->last, event);
	if (reader->refusals && refusal_of(event, &refusal))
		refusals_add(reader->refusals, &refusal);
	return EXIT_OK;
}

/* All that the ring holds now, and nothing that comes meanwhile. */
static int read_ring(struct reader *reader)
{
	int fd, ret;

	ret = device_open(&fd);
	if (ret)
		return ret;
	ret = device_seek(fd, SEVADM_SEEK_NEWEST, &reader->end);
	if (!ret)
		ret = device_seek(fd, SEVADM_SEEK_OLDEST, NULL);
	if (!ret)
		ret = device_read(fd, take_event, reader);
	close(fd);
	return ret == AT_END ? EXIT_OK : ret;
}

int last_read(struct last *last)
{
	struct reader reader = { .last = last };

	return read_ring(&reader);
}

int last_read_refusals(struct refusals *refusals)
{
	struct reader reader = { .refusals = refusals };

	return read_ring(&reader);
}

bool last_is_older(const struct last *last, int64_t age_ns)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return last->nr && now.tv_sec * 1000000000LL + now.tv_nsec >
			   (int64_t)last->events[last->nr - 1].time_ns + age_ns;
}

void last_find_name(struct last *last, const char *root)
{
	const struct sevadm_event *event;
	struct vm_name name;

	if (!last->nr)
		return;
	event = &last->events[last->nr - 1];
	if (event->pid && vm_name_of(root, event->pid, event->time_ns, &name))
		snprintf(last->name, sizeof(last->name), "%s", name.name);
	else
		last->by_log = libvirt_failed_start(root, since_1970(event->time_ns), last->name,
						    sizeof(last->name));
}

/* As ccp says it. */
static void take_command(struct log *log, const struct sevadm_event *event)
{
	char line[96] = "";

	if (event->ret == -ETIMEDOUT)
		snprintf(line, sizeof(line), "ccp: sev command 0x%x timed out, disabling PSP",
			 event->command);
	else if (event->known & SEVADM_KNOWN_FW_ERROR && event->fw_error)
		snprintf(line, sizeof(line), "ccp: sev command 0x%x failed (0x%x)", event->command,
			 event->fw_error);
	if (*line)
		log_take_typed(log, line);
}

/* As kvm_amd says it. */
static void take_pin(struct log *log, const struct sevadm_event *event)
{
	const uint64_t page = getpagesize();
	char line[160];

	if (event->refusal != SEVADM_REFUSAL_MEMLOCK)
		return;
	snprintf(line, sizeof(line),
		 "SEV: %" PRIu64 " locked pages exceed the lock limit of %" PRIu64 ".",
		 (uint64_t)(event->pinned_bytes + event->bytes) / page,
		 (uint64_t)event->limit_bytes / page);
	log_take_typed(log, line);
}

/*
 * As QEMU says it. Its lines for some commands do not name them; for commands that it does not know
 * there are the numbers.
 */
static void take_kvm(struct log *log, const struct sevadm_event *event)
{
	const char *name = kvm_command_name(event->command);
	__u32 status = event->known & SEVADM_KNOWN_FW_ERROR ? event->fw_error : 0;
	char line[96], numbers[64], words[160];

	snprintf(numbers, sizeof(numbers), "ret=%d fw_error=%u", event->ret, status);
	snprintf(line, sizeof(line), "%s %s", name, numbers);
	if (!strcmp(name, "INIT") || !strcmp(name, "ES_INIT") || !strcmp(name, "INIT2"))
		snprintf(words, sizeof(words), "failed to initialize %s", numbers);
	else if (!strcmp(name, "REGISTER_REGION"))
		snprintf(words, sizeof(words), "failed to register region (-) error '%s'",
			 strerror(-event->ret));
	else
		snprintf(words, sizeof(words), "%s", line);
	if (!log_take_as(log, line, words))
		log_take_as(log, line, numbers);
}

void last_take(const struct last *last, struct log *log)
{
	bool refused = false, unexplained;
	size_t i;

	for (i = 0; i < last->nr; i++)
		refused |= is_refusal(&last->events[i]);
	for (i = 0; i < last->nr && !refused; i++)
		if (last->events[i].type == SEVADM_EVENT_PIN)
			take_pin(log, &last->events[i]);
	/* That memory was not pinned says why KVM failed. */
	unexplained = !log->nr;
	for (i = 0; i < last->nr && !refused && unexplained; i++)
		if (last->events[i].type == SEVADM_EVENT_KVM)
			take_kvm(log, &last->events[i]);
	/* A command that KVM had not asked for. */
	for (i = 0; i < last->nr && !refused && !log->nr; i++)
		if (last->events[i].type == SEVADM_EVENT_PSP)
			take_command(log, &last->events[i]);
}

void last_print_when(const struct last *last)
{
	struct json_object *time = json_u64(last->events[last->nr - 1].time_ns);
	char since[64], name[sizeof(last->name)];

	format_since(time, since, sizeof(since));
	json_object_put(time);
	snprintf(name, sizeof(name), "%s", last->name);
	output_make_printable(name);
	fputs(since, stdout);
	if (last->by_log)
		printf(", when libvirt could not start %s (/var/log/libvirt/qemu/%s.log)", name, name);
	else if (*name)
		printf(", of %s", name);
}

void last_print(const struct last *last)
{
	char *sentence;
	size_t i;

	fputs("the last failure in the trace, ", stdout);
	last_print_when(last);
	puts(":");
	for (i = 0; i < last->nr; i++) {
		sentence = event_sentence(&last->events[i], NULL);
		if (sentence)
			printf("  %s\n", sentence);
		free(sentence);
	}
}

static void add_text(struct json_object *row, const char *key, const char *text)
{
	json_object_object_add(row, key, text ? json_object_new_string(text) : NULL);
}

static struct json_object *limit_cause(const struct sevadm_event *event)
{
	const char *cause = "a limit of sevadm's is met", *check = "sevadm limit list",
		   *remedy = "end a VM that counts for it, or raise it with sevadm limit set";
	struct json_object *row = json_object_new_object();

	if (event->knob == SEVADM_KNOB_MIN) {
		cause = "the ASIDs that are free are guaranteed or leased to others";
		remedy = "end a VM of this tenant, or lower the guarantees of others with sevadm limit set";
	} else if (event->knob == SEVADM_KNOB_POOL) {
		cause = "the pool has no ASID left";
		check = "sevadm asid list: who holds them";
		remedy = "end a VM of that pool";
	}
	add_text(row, "cause", cause);
	add_text(row, "verdict", "proven");
	add_text(row, "by", "the trace");
	add_text(row, "follows_from", NULL);
	add_text(row, "check", check);
	add_text(row, "remedy", remedy);
	add_text(row, "source", "sevadm trace show --event limit");
	add_text(row, "link", NULL);
	return row;
}

void last_add_limits(const struct last *last, struct json_object *rows)
{
	static const char *const unknown[] = {
		"component", "topic", "what", "ret", "errno_name", "fw_error", "fw_error_name",
		"fw_error_meaning",
	};
	struct json_object *row, *causes;
	char *sentence;
	size_t i, k;

	/* A launcher may have asked more than once: the last refusal stands for all. */
	for (i = last->nr; i > 0 && !is_refusal(&last->events[i - 1]); i--)
		;
	if (!i)
		return;
	sentence = event_sentence(&last->events[i - 1], NULL);
	if (!sentence)
		return;
	row = json_object_new_object();
	causes = json_object_new_array();
	json_object_array_add(causes, limit_cause(&last->events[i - 1]));
	add_text(row, "line", sentence);
	for (k = 0; k < ARRAY_SIZE(unknown); k++)
		add_text(row, unknown[k], NULL);
	json_object_object_add(row, "causes", causes);
	json_object_array_add(rows, row);
	free(sentence);
}
