// SPDX-License-Identifier: GPL-2.0-only
/* Messages: which row of the tables a line is. */
#include "explain/message.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What %s stands for is a path, a name or a reason; and this bounds the time that a line takes. */
#define WORD_MAX	200
#define STEPS_MAX	20000

/* A line with one of these words is about encrypted guests. */
static const char *const own_words[] = {
	"SEV", "SNP", "RMP", "GHCB", "VMPCK", "vmgexit", "#VC", "PFN", "LAUNCH_", "/dev/sev", "sev_",
	"sev-", "SVSM", "VMSA", "VerifyBlob", "guest_memfd", "memory encryption", "launch security",
	"launch secret", "launchSecurity", "lock limit", "locked memory", "memlock", "MEMLOCK",
	"encrypted memory", "unencrypted", "private guest memory", "fw_err", "IdBlock", "KernelHashes",
	"memory attribute private", "not resettable", "legacy command", "firmware commands",
	"to INIT error", "sev command", "IGVM", "igvm", "register region", "cbitpos check",
	"reduced_phys_bits", "confidential guest", "memory encryption object", "PSC", "PVALIDATE",
	"KnownSevError", "attestation report", "IOMMU_PLATFORM", "iommu_platform",
	"TCB versions", "Insufficient devices.kubevirt.io/sev", "Memory encryption", "mem_encryption",
	NULL
};

static const char *const kernel_marks[] = {
	"kvm", "KVM", "ccp", "SEV", "AMD-Vi", "SVM", "tsm", "snp", "Kernel panic", NULL
};

static const char *const guest_marks[] = {
	"SEV", "SNP", "sev", "software IO TLB", "swiotlb", "Memory Encryption", "encryption", NULL
};

static const char *const qemu_marks[] = {
	"qemu", "QEMU", "kvm:", "/kvm", "KVM:", "kvm run failed", "virtio",
	"vfio", NULL
};

static const char *const libvirt_marks[] = {
	"libvirt", "virtqemud", "virsh", "virt-install", "virt-launcher", "virError", "internal error",
	"unsupported configuration", "operation failed", "XML error", "error: ", "error :", "qemu",
	NULL
};

static const char *const kubevirt_marks[] = {
	"kubevirt", "admission webhook", "virt-", "launchSecurity", "nodes are available", NULL
};

static const char *const tool_marks[] = {
	"ERROR", "FAIL", "Error", "get_report", "store_certs", "firmware error", "Firmware::open",
	"SecVirtPrepare", "MemoryFault", "Unsuccessful", "nova", "VCEK", "VEK", "VLEK", NULL
};

const struct message_table message_tables[] = {
	{ "kernel", kernel_messages, kernel_marks },
	{ "guest", guest_messages, guest_marks },
	{ "qemu", qemu_messages, qemu_marks },
	{ "libvirt", libvirt_messages, libvirt_marks },
	{ "kubevirt", kubevirt_messages, kubevirt_marks },
	{ "tools", tool_messages, tool_marks },
	{}
};

/* More rows than all tables have. */
#define ROWS_MAX	1024

/**
 * struct prepared - a row made ready, once: a log has many lines
 * @text: without a leading "%s: "
 * @key: a piece of text without blanks and conversions, which every such line has
 * @weight: characters of text but blanks: the more a row has in common with a line, the better it
 *	fits
 * @own: its text speaks of encrypted guests by itself
 */
struct prepared {
	const struct message *message;
	const struct message_table *table;
	const char *text;
	char *key;
	size_t weight;
	bool own;
};

static struct prepared prepared[ROWS_MAX];
static size_t nr_prepared;

static bool has_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

static bool is_conversion(const char *at)
{
	return at[0] == '%' && (at[1] == 'd' || at[1] == 'x' || at[1] == 's');
}

/* The longest run of the text between blanks and conversions. */
static void find_key(struct prepared *row)
{
	const char *at = row->text, *best = at;
	size_t length, most = 0;

	while (*at) {
		if (is_conversion(at)) {
			at += 2;
			continue;
		}
		if (*at == ' ') {
			at++;
			continue;
		}
		for (length = 0; at[length] && at[length] != ' ' && !is_conversion(at + length); )
			length++;
		if (length > most) {
			most = length;
			best = at;
		}
		row->weight += length;
		at += length;
	}
	row->key = strndup(best, most);
	if (!row->key)
		abort();
}

static void prepare(void)
{
	const struct message_table *table;
	const struct message *message;
	struct prepared *row;

	for (table = message_tables; table->messages; table++) {
		for (message = table->messages; message->text; message++) {
			if (nr_prepared == ROWS_MAX)
				abort();
			row = &prepared[nr_prepared++];
			row->message = message;
			row->table = table;
			row->text = message->text;
			if (!strncmp(row->text, "%s: ", 4))
				row->text += 4;
			row->own = has_word(row->text, own_words);
			find_key(row);
		}
	}
}

static size_t number_length(const char *line, char kind)
{
	const char *at = line;

	if (kind == 'd') {
		at += *at == '-';
		at += strspn(at, "0123456789");
		return at > line && isdigit((unsigned char)at[-1]) ? (size_t)(at - line) : 0;
	}
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
		at += 2;
	return (size_t)(at - line) + strspn(at, "0123456789abcdefABCDEF");
}

/* Returns true: @line goes on as @text says. Each conversion takes a place of @values. */
static bool match_here(const char *text, const char *line, struct message_value *values,
		       size_t nr, unsigned int *steps)
{
	size_t length;

	for (; *text; text++) {
		if (++*steps > STEPS_MAX)
			return false;
		if (*text == ' ') {
			if (!isspace((unsigned char)*line))
				return false;
			while (isspace((unsigned char)*line))
				line++;
			continue;
		}
		if (!is_conversion(text)) {
			if (*text != *line)
				return false;
			line++;
			continue;
		}
		if (nr == MESSAGE_VALUES_MAX)
			return false;
		values[nr].at = line;
		if (text[1] != 's') {
			values[nr].length = number_length(line, text[1]);
			if (!values[nr].length)
				return false;
			line += values[nr++].length;
			text++;
			continue;
		}
		for (length = 0; length < WORD_MAX; length++) {
			values[nr].length = length;
			if (match_here(text + 2, line + length, values, nr + 1, steps))
				return true;
			if (!line[length])
				return false;
		}
		return false;
	}
	return true;
}

static bool match(const struct prepared *row, const char *line, struct message_value *values)
{
	unsigned int steps = 0;
	const char *at;

	for (at = line; *at; at++) {
		if (!is_conversion(row->text) && *at != *row->text)
			continue;
		if (match_here(row->text, at, values, 0, &steps))
			return true;
	}
	return false;
}

const struct message *message_find(const char *line,
				   struct message_value values[MESSAGE_VALUES_MAX])
{
	struct message_value found[MESSAGE_VALUES_MAX];
	const struct prepared *best = NULL, *row;
	size_t i;

	if (!nr_prepared)
		prepare();
	for (i = 0; i < nr_prepared; i++) {
		row = &prepared[i];
		if ((best && row->weight <= best->weight) || !strstr(line, row->key))
			continue;
		if (!row->own && !has_word(line, row->table->marks))
			continue;
		memset(found, 0, sizeof(found));
		if (!match(row, line, found))
			continue;
		best = row;
		memcpy(values, found, sizeof(found));
	}
	return best ? best->message : NULL;
}

const char *message_component(const struct message *message)
{
	const struct message_table *table;
	const struct message *row;

	for (table = message_tables; table->messages; table++)
		for (row = table->messages; row->text; row++)
			if (row == message)
				return table->component;
	return "";
}
