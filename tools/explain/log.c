// SPDX-License-Identifier: GPL-2.0-only
/* Logs: a failure is known by the line that says why, which is seldom the last one. */
#include "explain/log.h"

#include <stdlib.h>
#include <string.h>

#include "explain/message.h"

/* A line of a log is shorter; what is longer is cut into several. */
#define LINE_MAX_BYTES	4096

/* Somebody has chosen so few lines; more are a journal. */
#define EXCERPT_LINES	60

/* QEMU, the kernel and libvirt say what belongs together within so many lines. */
#define LINES_BEFORE	40
#define LINES_AFTER	8

/* Contexts in which a line gives a number, and another line may say what it is about. */
#define LAUNCH_CODES	(CONTEXT_INIT | CONTEXT_START | CONTEXT_SNP_START | CONTEXT_LAUNCH |	\
			 CONTEXT_LAUNCH_ES | CONTEXT_SNP_UPDATE | CONTEXT_SNP_FINISH |		\
			 CONTEXT_SECRET | CONTEXT_REGISTER)
#define HOST_CODES	(CONTEXT_PSP_INIT | CONTEXT_SNP_INIT | CONTEXT_PSP_COMMAND)

static bool speaks_of_sev(const char *line)
{
	static const char *const words[] = {
		"sev-guest", "sev-snp-guest", "launchSecurity", "launch security", "memory-encryption",
		"confidential-guest", "SEV: Status", "sev_", "LAUNCH_", "SEV guest", "get_report: ",
		"Encrypted Virtualization (SEV) active", NULL
	};
	size_t i;

	/* A host that encrypts its own memory says so, too: "AMD SME". */
	if (strstr(line, "Encryption Features active") && strstr(line, "SEV"))
		return true;

	for (i = 0; words[i]; i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* ---- reading --------------------------------------------------------------------------------- */

/*
 * The newest counts: of lines that say the same, as what is about it is near it, and of more lines
 * than there is room for.
 */
static void drop_earlier(struct log *log, const struct symptom *symptom)
{
	size_t i;

	for (i = 0; i < log->nr; i++)
		if (!memcmp(&log->readings[i].symptom, symptom, sizeof(*symptom)) &&
		    log->readings[i].boot == log->boot)
			break;
	if (i == log->nr && log->nr < READINGS_MAX)
		return;
	if (i == log->nr)
		i = 0;
	free(log->readings[i].line);
	log->nr--;
	memmove(log->readings + i, log->readings + i + 1, (log->nr - i) * sizeof(log->readings[0]));
}

static void take(struct log *log, const char *line, const struct symptom *symptom)
{
	struct reading *reading;

	drop_earlier(log, symptom);
	reading = &log->readings[log->nr];
	memset(reading, 0, sizeof(*reading));
	reading->line = strdup(line);
	if (!reading->line)
		return;
	/* With its padding, as symptoms are compared by bytes. */
	memcpy(&reading->symptom, symptom, sizeof(*symptom));
	reading->number = log->lines;
	reading->boot = log->boot;
	log->nr++;
}

/* QEMU's command line, with its policy, stands before what QEMU says. */
static void note_policy(struct log *log, const char *line, struct symptom *symptom)
{
	uint64_t policy;

	if (symptom_policy(line, &policy) && speaks_of_sev(line)) {
		log->has_policy = true;
		log->policy = policy;
	}
	if (log->has_policy && !symptom->has_policy && symptom->context & LAUNCH_CODES) {
		symptom->has_policy = true;
		symptom->policy = log->policy;
	}
}

/*
 * A fault's first line does not say whose it is: one of those after it does. vCPUs' threads are
 * "CPU 0/KVM".
 */
static void note_process(struct log *log, const char *line)
{
	struct reading *last = log->nr ? &log->readings[log->nr - 1] : NULL;
	const char *topic = last ? last->symptom.topic : NULL;

	if (topic && !strcmp(topic, "rmp-oops") &&
	    (strstr(line, "Comm: qemu") || strstr(line, "Comm: CPU ")))
		last->seen |= CONTEXT_QEMU_FAULTED;
}

void log_read(struct log *log, FILE *file)
{
	char line[LINE_MAX_BYTES];
	struct symptom symptom;
	bool known;

	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		log->lines++;
		log->boot += !!strstr(line, "Linux version ");
		log->about_sev |= speaks_of_sev(line);
		log->has_rmp |= strstr(line, "SEV-SNP: RMP table") || strstr(line, "SEV-SNP: Reserving");
		known = symptom_parse(line, &symptom);
		note_policy(log, line, &symptom);
		note_process(log, line);
		if (known)
			take(log, line, &symptom);
	}
}

bool log_take_as(struct log *log, const char *line, const char *meaning)
{
	struct symptom symptom;
	bool known = symptom_parse_typed(meaning, &symptom);

	log->lines++;
	log->about_sev = log->has_rmp = true;
	if (known)
		take(log, line, &symptom);
	return known;
}

void log_take_typed(struct log *log, const char *line)
{
	log_take_as(log, line, line);
}

/* ---- which line explains which --------------------------------------------------------------- */

enum chain {
	CHAIN_HOST,
	CHAIN_LAUNCH,
	CHAIN_GUEST,
};

static enum chain chain_of(const struct reading *reading)
{
	const struct message *message = reading->symptom.message;
	const char *component = message ? message_component(message) : "";

	if (reading->symptom.context & LAUNCH_CODES)
		return CHAIN_LAUNCH;
	if (!strcmp(component, "kernel") || reading->symptom.context & HOST_CODES)
		return CHAIN_HOST;
	return !strcmp(component, "guest") ? CHAIN_GUEST : CHAIN_LAUNCH;
}

static unsigned int flags_of(const struct reading *reading)
{
	return reading->symptom.message ? reading->symptom.message->flags : 0;
}

/* Legacy INIT is refused with this status when SNP_INIT has failed before. */
static bool follows_snp(const struct reading *reading)
{
	return reading->symptom.context == CONTEXT_PSP_INIT && reading->symptom.fw_known &&
	       reading->symptom.fw_error == 0x01;
}

static bool is_follower(const struct reading *reading)
{
	return flags_of(reading) & MESSAGE_FOLLOWS || follows_snp(reading);
}

static bool is_code(const struct reading *reading)
{
	return !reading->symptom.topic && reading->symptom.context & (LAUNCH_CODES | HOST_CODES);
}

/* What fails before the firmware is asked. */
#define UNASKED		(CONTEXT_PIN_LIMIT | CONTEXT_PIN_FAILURE | CONTEXT_PSP_TIMEOUT |	\
			 CONTEXT_PSP_BUFFERS)

/* Returns true: what @other says is a cause by itself, and not one of the same launch's numbers. */
static bool may_explain(const struct reading *other, const struct reading *reading)
{
	const enum chain chain = chain_of(reading);

	if (other == reading || is_follower(other) || other->boot != reading->boot)
		return false;
	if (other->symptom.context & UNASKED && firmware_refused(&reading->symptom))
		return false;
	/* One status does not explain another, but for what only follows. */
	if (is_code(other) && !is_follower(reading))
		return false;
	switch (chain) {
	case CHAIN_HOST:
		return chain_of(other) == CHAIN_HOST && other->number < reading->number;
	case CHAIN_LAUNCH:
		if (chain_of(other) == CHAIN_GUEST)
			return false;
		break;
	case CHAIN_GUEST:
		if (chain_of(other) == CHAIN_LAUNCH)
			return false;
		break;
	}
	if (other->number < reading->number)
		return reading->number - other->number <= LINES_BEFORE;
	return other->number - reading->number <= LINES_AFTER;
}

static const struct reading *find_reason(const struct log *log, const struct reading *reading)
{
	const struct reading *found = NULL;
	size_t i;

	if (!is_follower(reading) && !is_code(reading))
		return NULL;
	for (i = 0; i < log->nr; i++) {
		if (!may_explain(&log->readings[i], reading))
			continue;
		/* The nearest line before it; else the first one after it. */
		if (log->readings[i].number > reading->number && found)
			break;
		found = &log->readings[i];
	}
	return found;
}

/* A security processor that was given up is at work again after the next boot. */
static unsigned int seen_in_boot(const struct log *log, unsigned int boot)
{
	unsigned int seen = 0;
	size_t i;

	for (i = 0; i < log->nr; i++)
		if (log->readings[i].boot == boot)
			seen |= log->readings[i].symptom.context | log->readings[i].seen;
	return seen;
}

static bool has_failure(const struct log *log)
{
	size_t i;

	for (i = 0; i < log->nr; i++)
		if (!(flags_of(&log->readings[i]) & MESSAGE_QUIET))
			return true;
	return false;
}

static bool says_nothing(const struct log *log, const struct reading *reading, bool failure)
{
	const unsigned int flags = flags_of(reading);
	const bool journal = log->lines > EXCERPT_LINES;

	if (journal && flags & MESSAGE_QUIET && !failure)
		return true;
	/* What only follows has been said by the line that it follows. */
	return flags & MESSAGE_FOLLOWS && (reading->by || journal);
}

void log_link(struct log *log)
{
	struct reading *reading;
	size_t i, kept = 0;
	bool failure;

	/* Lines that are not about SEV explain nothing either. */
	for (i = 0; i < log->nr; i++) {
		reading = &log->readings[i];
		if ((flags_of(reading) & MESSAGE_NEEDS_SEV && !log->about_sev) ||
		    (flags_of(reading) & MESSAGE_NEEDS_SNP && !log->has_rmp))
			free(reading->line);
		else
			log->readings[kept++] = *reading;
	}
	log->nr = kept;
	failure = has_failure(log);
	for (i = 0; i < log->nr; i++) {
		log->readings[i].by = find_reason(log, &log->readings[i]);
		log->readings[i].seen = seen_in_boot(log, log->readings[i].boot);
	}
	for (i = 0; i < log->nr; i++)
		log->readings[i].left_out = says_nothing(log, &log->readings[i], failure);
}

void log_free(struct log *log)
{
	while (log->nr)
		free(log->readings[--log->nr].line);
}
