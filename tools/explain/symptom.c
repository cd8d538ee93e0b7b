// SPDX-License-Identifier: GPL-2.0-only
/* Symptoms: what one line says, by the tables of messages. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/message.h"
#include "explain/typed.h"
#include "sev/names.h"
#include "sev/policy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	unsigned int context;
	const char *name;
} context_names[] = {
	{ CONTEXT_NONE, "numbers without a context" },
	{ CONTEXT_INIT, "KVM could not make a SEV VM" },
	{ CONTEXT_START, "LAUNCH_START was refused" },
	{ CONTEXT_SNP_START, "SNP_LAUNCH_START was refused" },
	{ CONTEXT_LAUNCH, "a launch command was refused" },
	{ CONTEXT_REGISTER, "QEMU could not have guest memory pinned" },
	{ CONTEXT_PIN_LIMIT, "KVM would not pin more than RLIMIT_MEMLOCK" },
	{ CONTEXT_PIN_FAILURE, "KVM could not pin all pages" },
	{ CONTEXT_MLOCKALL, "QEMU could not lock its memory" },
	{ CONTEXT_OOM_CGROUP, "QEMU was killed for its memory cgroup" },
	{ CONTEXT_OOM_HOST, "QEMU was killed for want of memory" },
	{ CONTEXT_PSP_INIT, "the firmware could not be initialised" },
	{ CONTEXT_PSP_TIMEOUT, "the security processor did not answer" },
	{ CONTEXT_PSP_BUFFERS, "ccp had no command buffer left" },
	{ CONTEXT_PSP_COMMAND, "a firmware command failed" },
	{ CONTEXT_BIOS_OFF, "memory encryption is off" },
	{ CONTEXT_SEV_DISABLED, "kvm_amd offers no plain SEV" },
	{ CONTEXT_SEV_UNUSABLE, "kvm_amd offers no plain SEV" },
	{ CONTEXT_ES_DISABLED, "kvm_amd offers no SEV-ES or SEV-SNP" },
	{ CONTEXT_ES_UNUSABLE, "kvm_amd offers no SEV-ES" },
	{ CONTEXT_SNP_DISABLED, "kvm_amd offers no SEV-SNP" },
	{ CONTEXT_LAUNCH_ES, "a SEV-ES guest's registers were not taken" },
	{ CONTEXT_SNP_UPDATE, "SNP_LAUNCH_UPDATE was refused" },
	{ CONTEXT_SNP_FINISH, "SNP_LAUNCH_FINISH was refused" },
	{ CONTEXT_REQUEST, "a guest's request to the firmware failed" },
	{ CONTEXT_SNP_INIT, "SNP could not be initialised" },
	{ CONTEXT_SECRET, "the launch secret was refused" },
};

const char *context_name(unsigned int context)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(context_names); i++)
		if (context_names[i].context == context)
			return context_names[i].name;
	return context_names[0].name;
}

/* NO_FW_CALL is the kernel's: it did not ask. */
bool firmware_refused(const struct symptom *symptom)
{
	return symptom->fw_known && symptom->fw_error && symptom->fw_error != FW_NO_FW_CALL;
}

/* ---- the values in a line -------------------------------------------------------------------- */

static bool value_text(const struct message_value *value, char *text, size_t size)
{
	if (!value->length || value->length >= size)
		return false;
	memcpy(text, value->at, value->length);
	text[value->length] = '\0';
	return true;
}

/* A number of either sign, a name (EBUSY), or libc's words for it. */
static int errno_of(const char *text)
{
	const char *name, *unsigned_text = text + (*text == '-');
	char *end;
	long number = strtol(unsigned_text, &end, 10);
	int i;

	if (end != unsigned_text && !*end)
		return number > 0 && number < 4096 ? (int)number : 0;
	for (i = 1; i < 134; i++) {
		name = strerrorname_np(i);
		if ((name && !strcmp(name, unsigned_text)) || !strcasecmp(strerror(i), text))
			return i;
	}
	return 0;
}

/*
 * QEMU prints the status as a signed number: NO_FW_CALL is -1. The upper half of what a guest's
 * request returns is the hypervisor's own answer.
 */
static void take_fw_error(const char *text, struct symptom *symptom)
{
	unsigned long long number;
	char *end;

	if (*text == '-') {
		symptom->fw_known = true;
		symptom->fw_error = (uint32_t)strtoll(text, NULL, 10);
		return;
	}
	number = strtoull(text, &end, 0);
	if (!*end && number > UINT32_MAX) {
		symptom->topic = number >> 32 == 2 ? "guest-rate" : "guest-certificates";
		return;
	}
	symptom->fw_known = fw_error_number(text) >= 0;
	symptom->fw_error = symptom->fw_known ? (uint32_t)fw_error_number(text) : 0;
}

static uint64_t pages_of(const struct message_value values[MESSAGE_VALUES_MAX], unsigned char at)
{
	char text[32];

	return value_text(&values[at - 1], text, sizeof(text)) ? strtoull(text, NULL, 10) : 0;
}

static void take_message(const struct message *message,
			 const struct message_value values[MESSAGE_VALUES_MAX],
			 struct symptom *symptom)
{
	/* A leading "%s: " is the program's or function's name, which the search leaves out. */
	const unsigned char less = !strncmp(message->text, "%s: ", 4);
	char text[64];

	symptom->message = message;
	symptom->topic = message->topic;
	symptom->context = message->context;
	symptom->err = message->err;
	if (message->err_at > less &&
	    value_text(&values[message->err_at - less - 1], text, sizeof(text)))
		symptom->err = errno_of(text);
	if (message->fw_at > less &&
	    value_text(&values[message->fw_at - less - 1], text, sizeof(text)))
		take_fw_error(text, symptom);
	if (message->pages_at && message->limit_at) {
		symptom->pages = pages_of(values, message->pages_at);
		symptom->limit = pages_of(values, message->limit_at);
		symptom->has_pages = true;
	}
}

/* ---- the policy, which may stand in the line of a failure or before it ----------------------- */

bool symptom_policy(const char *line, uint64_t *policy)
{
	static const char *const heads[] = { "policy=", "<policy>", "\"policy\":" };
	const char *at;
	char text[32];
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		at = strstr(line, heads[i]);
		if (!at)
			continue;
		at += strlen(heads[i]);
		at += strspn(at, " ");
		length = strspn(at, "0123456789abcdefABCDEFxX");
		if (!length || length >= sizeof(text))
			continue;
		memcpy(text, at, length);
		text[length] = '\0';
		if (!policy_parse(text, policy))
			return true;
	}
	return false;
}

/* ---- the OOM killer -------------------------------------------------------------------------- */

/* Threads of QEMU are called "CPU 0/KVM"; Proxmox and RHEL call the program kvm and qemu-kvm. */
static bool names_a_vm(const char *line)
{
	return strstr(line, "(qemu") || strstr(line, "(kvm)") || strstr(line, "/KVM)") ||
	       strstr(line, "task=qemu") || strstr(line, "task=kvm") || strstr(line, "/KVM,");
}

static unsigned int oom_context(const char *line)
{
	if (!names_a_vm(line))
		return CONTEXT_NONE;
	if (strstr(line, "emory cgroup out of memory: Kill") ||
	    (strstr(line, "oom-kill:") && strstr(line, "CONSTRAINT_MEMCG")))
		return CONTEXT_OOM_CGROUP;
	if (strstr(line, "ut of memory: Kill") || strstr(line, "oom-kill:"))
		return CONTEXT_OOM_HOST;
	return CONTEXT_NONE;
}

bool symptom_parse(const char *line, struct symptom *symptom)
{
	struct message_value values[MESSAGE_VALUES_MAX];
	const struct message *message;

	memset(symptom, 0, sizeof(*symptom));
	symptom->context = oom_context(line);
	if (symptom->context)
		return true;
	message = message_find(line, values);
	if (!message)
		return false;
	take_message(message, values, symptom);
	symptom->has_policy = symptom_policy(line, &symptom->policy);
	return true;
}

bool symptom_parse_typed(const char *line, struct symptom *symptom)
{
	struct typed typed;
	char text[64];

	if (symptom_parse(line, symptom))
		return true;
	memset(symptom, 0, sizeof(*symptom));
	if (!typed_parse(line, &typed))
		return false;
	if (value_text(&typed.err, text, sizeof(text)))
		symptom->err = errno_of(text);
	if (value_text(&typed.fw, text, sizeof(text)))
		take_fw_error(text, symptom);
	symptom->has_policy = symptom_policy(line, &symptom->policy);
	/* A word such as "error: SOMETHING" that is no status is nothing known. */
	return symptom->err || symptom->fw_known || symptom->has_policy;
}
