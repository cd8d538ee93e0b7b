// SPDX-License-Identifier: GPL-2.0-only
/* Shapes: one row per line that QEMU, libvirt, kvm_amd, ccp or the OOM killer prints. */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"
#include "sev/names.h"
#include "sev/policy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define GROUPS_MAX 6

#define NUMBER	"(-?[0-9]+|0x[0-9a-fA-F]+)"
#define POLICY	"policy(=|>) *(0x[0-9a-fA-F]+|[0-9]+)"
#define FW	" fw_err(or)?='?" NUMBER

/**
 * struct shape - one line
 * @pattern: POSIX extended regular expression
 * @context: an enum symptom_context
 * @err: errno it means, where the line does not say one
 * @err_group: group of the errno, 0: none; likewise the others
 */
struct shape {
	const char *pattern;
	unsigned int context;
	int err;
	unsigned char err_group;
	unsigned char fw_group;
	unsigned char pages_group;
	unsigned char limit_group;
};

/* The first that fits counts: the more special line stands above the more general one. */
static const struct shape shapes[] = {
	/* QEMU, target/i386/sev.c */
	{ "failed to initialize ret=" NUMBER "(" FW ")?", CONTEXT_INIT, 0, 1, 4, 0, 0 },
	{ "SNP_LAUNCH_START ret=" NUMBER FW, CONTEXT_SNP_START, 0, 1, 3, 0, 0 },
	{ "LAUNCH_START ret=" NUMBER FW, CONTEXT_START, 0, 1, 3, 0, 0 },
	{ "sev_launch_start.*" FW, CONTEXT_START, 0, 0, 2, 0, 0 },
	{ "LAUNCH_[A-Z_]+ ret=" NUMBER FW, CONTEXT_LAUNCH, 0, 1, 3, 0, 0 },
	{ "failed to register region.* error '([^']*)'", CONTEXT_REGISTER, 0, 1, 0, 0, 0 },
	{ "guest policy requires SEV-ES", CONTEXT_ES_DISABLED, 0, 0, 0, 0, 0 },
	/* QEMU, softmmu/vl.c and os-posix.c */
	{ "mlockall: (.*[^.[:space:]])", CONTEXT_MLOCKALL, 0, 1, 0, 0, 0 },
	{ "locking memory failed", CONTEXT_MLOCKALL, ENOMEM, 0, 0, 0, 0 },
	/* After mlockall(MCL_FUTURE) mmap() says EAGAIN: mm/mmap.c, mlock_future_ok(). */
	{ "cannot set up guest memory '[^']*': (Resource temporarily unavailable)",
	  CONTEXT_MLOCKALL, 0, 1, 0, 0, 0 },
	/* kvm_amd, sev_pin_memory(); the second one from 7.1 on */
	{ "([0-9]+) locked pages exceed the lock limit of ([0-9]+)", CONTEXT_PIN_LIMIT, ENOMEM,
	  0, 0, 1, 2 },
	{ "total pages would exceed the lock limit", CONTEXT_PIN_LIMIT, ENOMEM, 0, 0, 0, 0 },
	{ "Failure locking [0-9]+ pages", CONTEXT_PIN_FAILURE, ENOMEM, 0, 0, 0, 0 },
	/* mm/oom_kill.c */
	{ "[Mm]emory cgroup out of memory: Kill", CONTEXT_OOM_CGROUP, 0, 0, 0, 0, 0 },
	{ "[Oo]ut of memory: Kill.*(qemu|kvm)", CONTEXT_OOM_HOST, 0, 0, 0, 0, 0 },
	{ "oom-kill:.*CONSTRAINT_MEMCG", CONTEXT_OOM_CGROUP, 0, 0, 0, 0, 0 },
	/* ccp, sev-dev.c: up to 6.0, from then on, and of SNP */
	{ "failed to INIT error " NUMBER "(, rc " NUMBER ")?", CONTEXT_PSP_INIT, 0, 3, 1, 0, 0 },
	{ "failed to INIT rc " NUMBER ", error " NUMBER, CONTEXT_PSP_INIT, 0, 1, 2, 0, 0 },
	{ "SEV: INIT(_EX)? failed " NUMBER ", rc " NUMBER, CONTEXT_PSP_INIT, 0, 3, 2, 0, 0 },
	{ "failed to get status\\. Error: " NUMBER, CONTEXT_PSP_INIT, 0, 0, 1, 0, 0 },
	{ "sev command " NUMBER " timed out, disabling PSP", CONTEXT_PSP_TIMEOUT, ETIMEDOUT, 0, 0,
	  0, 0 },
	{ "too many firmware commands (are )?in.progress", CONTEXT_PSP_BUFFERS, EBUSY, 0, 0, 0, 0 },
	{ "sev command " NUMBER " failed \\(" NUMBER "\\)", CONTEXT_PSP_COMMAND, 0, 0, 2, 0, 0 },
	{ "memory encryption not enabled by BIOS", CONTEXT_BIOS_OFF, 0, 0, 0, 0, 0 },
	/* kvm_amd, sev_hardware_setup() */
	{ "SEV-(ES|SNP) (disabled|unusable|not supported)", CONTEXT_ES_DISABLED, 0, 0, 0, 0, 0 },
	{ "SEV-(ES|SNP) enabled \\(ASIDs 1 - 0\\)", CONTEXT_ES_DISABLED, 0, 0, 0, 0, 0 },
	{ "SEV (disabled|unusable|not supported)", CONTEXT_SEV_DISABLED, 0, 0, 0, 0, 0 },
	/* numbers, as people copy them */
	{ "(^|[^a-z])(ret|errno|rc)=(-?[0-9]+|-?E[A-Z0-9]+)([, ]+fw_err(or)?='?"
	  "(-?[0-9]+|0x[0-9a-fA-F]+|[A-Z_]+))?", CONTEXT_NONE, 0, 3, 6, 0, 0 },
	{ "^[[:space:]]*(-?[0-9]+|-?E[A-Z0-9]+)([[:space:]]+"
	  "(-?[0-9]+|0x[0-9a-fA-F]+|[A-Z_]+))?[[:space:]]*$", CONTEXT_NONE, 0, 1, 3, 0, 0 },
	{ "(fw_err(or)?|[Ee]rror|[Ss]tatus)( code)?[:=(]* *"
	  "(0x[0-9a-fA-F]+|[A-Z][A-Z_]{5,})", CONTEXT_NONE, 0, 0, 4, 0, 0 },
	{ "fw_err(or)?='?" NUMBER, CONTEXT_NONE, 0, 0, 2, 0, 0 },
	{ "([Dd]evice or resource busy)", CONTEXT_INIT, 0, 1, 0, 0, 0 },
	{ "(Inappropriate ioctl for device)", CONTEXT_INIT, 0, 1, 0, 0, 0 },
	/* the policy alone, as in a command line or in domain XML */
	{ POLICY, CONTEXT_NONE, 0, 0, 0, 0, 0 },
};

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
	{ CONTEXT_ES_DISABLED, "kvm_amd offers no SEV-ES or SEV-SNP" },
};

const char *context_name(unsigned int context)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(context_names); i++)
		if (context_names[i].context == context)
			return context_names[i].name;
	return context_names[0].name;
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

/* QEMU prints the status as a signed number: NO_FW_CALL is -1. */
static bool fw_error_of(const char *text, uint32_t *fw_error)
{
	int64_t number = *text == '-' ? strtoll(text, NULL, 10) : fw_error_number(text);

	if (number == -1 && *text != '-')
		return false;
	*fw_error = (uint32_t)number;
	return true;
}

static bool group_text(const char *line, const regmatch_t *group, char *text, size_t size)
{
	size_t length = (size_t)(group->rm_eo - group->rm_so);

	if (group->rm_so < 0 || length >= size)
		return false;
	memcpy(text, line + group->rm_so, length);
	text[length] = '\0';
	return true;
}

/* Compiled once: a log has many lines. Only the program's end gives them back. */
static const regex_t *compile(size_t i, const char *pattern)
{
	static struct {
		regex_t regex;
		bool done;
	} compiled[ARRAY_SIZE(shapes) + 1];

	if (!compiled[i].done && regcomp(&compiled[i].regex, pattern, REG_EXTENDED))
		abort();
	compiled[i].done = true;
	return &compiled[i].regex;
}

static void find_policy(const char *line, struct symptom *symptom)
{
	const regex_t *regex = compile(ARRAY_SIZE(shapes), POLICY);
	regmatch_t groups[3];
	char text[32];

	symptom->has_policy = !regexec(regex, line, ARRAY_SIZE(groups), groups, 0) &&
			      group_text(line, &groups[2], text, sizeof(text)) &&
			      !policy_parse(text, &symptom->policy);
}

bool symptom_parse(const char *line, struct symptom *symptom)
{
	regmatch_t groups[GROUPS_MAX + 1];
	const struct shape *shape;
	char text[64];
	size_t i;

	memset(symptom, 0, sizeof(*symptom));
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		if (!regexec(compile(i, shapes[i].pattern), line, ARRAY_SIZE(groups), groups, 0))
			break;
	if (i == ARRAY_SIZE(shapes))
		return false;

	shape = &shapes[i];
	symptom->context = shape->context;
	symptom->err = shape->err;
	if (shape->err_group && group_text(line, &groups[shape->err_group], text, sizeof(text)))
		symptom->err = errno_of(text);
	if (shape->fw_group && group_text(line, &groups[shape->fw_group], text, sizeof(text)))
		symptom->fw_known = fw_error_of(text, &symptom->fw_error);
	if (shape->pages_group && group_text(line, &groups[shape->pages_group], text, sizeof(text)))
		symptom->pages = strtoull(text, NULL, 10);
	if (shape->limit_group && group_text(line, &groups[shape->limit_group], text, sizeof(text)))
		symptom->limit = strtoull(text, NULL, 10);
	symptom->has_pages = shape->pages_group && shape->limit_group;
	find_policy(line, symptom);
	/* A word such as "error: SOMETHING" that is no status is not a known line. */
	return symptom->context || symptom->err || symptom->fw_known || symptom->has_policy;
}
