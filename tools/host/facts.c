// SPDX-License-Identifier: GPL-2.0-only
/* Facts about a host: one table row each, and their JSON form in both directions. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"

/* A hundred times what `check host -j` prints. */
#define FILE_MAX (1024 * 1024)

enum fact_kind {
	KIND_TRUTH,
	KIND_NUMBER,
	KIND_BYTES,	/* a size, or "unlimited" */
	KIND_TEXT,
};

static const struct fact_row {
	const char *key;
	enum fact_kind kind;
} rows[HOST_FACT_NR] = {
	[HOST_NAME]			= { "hostname", KIND_TEXT },
	[HOST_TIME]			= { "time", KIND_TEXT },
	[HOST_SEVADM]			= { "sevadm", KIND_TEXT },
	[HOST_KERNEL]			= { "kernel", KIND_TEXT },
	[HOST_COMMAND_LINE]		= { "kernel_command_line", KIND_TEXT },
	/* "none", or the manager's name as systemd-detect-virt(1) gives it */
	[HOST_CONTAINER]		= { "container", KIND_TEXT },
	[HOST_UEFI]			= { "uefi", KIND_TRUTH },
	[HOST_MEMORY_BYTES]		= { "memory_bytes", KIND_BYTES },
	[HOST_HUGEPAGES_2M_FREE]	= { "hugepages_2m_free", KIND_NUMBER },
	[HOST_HUGEPAGES_1G_FREE]	= { "hugepages_1g_free", KIND_NUMBER },

	/* CPUID 0x80000001 ECX bit 2; 0x8000001F EAX bits 0, 1, 3, 4, EBX, ECX, EDX (APM vol. 3) */
	[HOST_CPU_VENDOR]		= { "cpu_vendor", KIND_TEXT },
	[HOST_CPU_NAME]			= { "cpu_name", KIND_TEXT },
	[HOST_CPU_SVM]			= { "cpu_svm", KIND_TRUTH },
	[HOST_CPU_SME]			= { "cpu_sme", KIND_TRUTH },
	[HOST_CPU_SEV]			= { "cpu_sev", KIND_TRUTH },
	[HOST_CPU_SEV_ES]		= { "cpu_sev_es", KIND_TRUTH },
	[HOST_CPU_SEV_SNP]		= { "cpu_sev_snp", KIND_TRUTH },
	[HOST_C_BIT]			= { "c_bit", KIND_NUMBER },
	[HOST_REDUCED_PHYS_BITS]	= { "reduced_phys_bits", KIND_NUMBER },
	[HOST_MAX_ASID]			= { "max_asid", KIND_NUMBER },
	[HOST_MIN_SEV_ASID]		= { "min_sev_asid", KIND_NUMBER },
	/* MSRs: true when every processor that could be read has the bit */
	[HOST_SYSCFG_SMEE]		= { "syscfg_smee", KIND_TRUTH },
	[HOST_SYSCFG_SNPEN]		= { "syscfg_snpen", KIND_TRUTH },
	[HOST_HWCR_SMMLOCK]		= { "hwcr_smmlock", KIND_TRUTH },
	[HOST_SVM_DISABLED]		= { "vm_cr_svmdis", KIND_TRUTH },

	[HOST_CCP]			= { "ccp_loaded", KIND_TRUTH },
	[HOST_KVM_AMD]			= { "kvm_amd_loaded", KIND_TRUTH },
	[HOST_KVM_AMD_INSTALLED]	= { "kvm_amd_installed", KIND_TRUTH },
	/* kvm_amd's parameters: what it offers, which is less than what it was asked for */
	[HOST_SEV]			= { "sev", KIND_TRUTH },
	[HOST_SEV_ES]			= { "sev_es", KIND_TRUTH },
	[HOST_SEV_SNP]			= { "sev_snp", KIND_TRUTH },
	/* modprobe.d and the kernel's command line: what the next load asks for; null: nothing */
	[HOST_CONFIGURED_SEV]		= { "configured_sev", KIND_TRUTH },
	[HOST_CONFIGURED_SEV_ES]	= { "configured_sev_es", KIND_TRUTH },
	[HOST_CONFIGURED_SEV_SNP]	= { "configured_sev_snp", KIND_TRUTH },

	[HOST_DEV_KVM]			= { "dev_kvm", KIND_TRUTH },
	[HOST_DEV_SEV]			= { "dev_sev", KIND_TRUTH },
	[HOST_QEMU_USER]		= { "qemu_user", KIND_TEXT },
	[HOST_DEV_KVM_USABLE]		= { "dev_kvm_usable", KIND_TRUTH },
	[HOST_DEV_SEV_USABLE]		= { "dev_sev_usable", KIND_TRUTH },

	/* PLATFORM_STATUS */
	[HOST_FIRMWARE_API_MAJOR]	= { "firmware_api_major", KIND_NUMBER },
	[HOST_FIRMWARE_API_MINOR]	= { "firmware_api_minor", KIND_NUMBER },
	[HOST_FIRMWARE_BUILD]		= { "firmware_build", KIND_NUMBER },
	[HOST_FIRMWARE_STATE]		= { "firmware_state", KIND_TEXT },
	[HOST_FIRMWARE_GUESTS]		= { "firmware_guests", KIND_NUMBER },
	/* what PLATFORM_STATUS failed with */
	[HOST_FIRMWARE_ERROR]		= { "firmware_error", KIND_TEXT },

	[HOST_MISC_CONTROLLER]		= { "misc_controller", KIND_TRUTH },
	[HOST_MISC_SEV_CAPACITY]	= { "misc_sev_capacity", KIND_NUMBER },
	[HOST_MISC_SEV_CURRENT]		= { "misc_sev_current", KIND_NUMBER },
	[HOST_MISC_SEV_ES_CAPACITY]	= { "misc_sev_es_capacity", KIND_NUMBER },
	[HOST_MISC_SEV_ES_CURRENT]	= { "misc_sev_es_current", KIND_NUMBER },
	[HOST_IOMMU]			= { "iommu", KIND_TRUTH },
	[HOST_SWIOTLB_BYTES]		= { "swiotlb_bytes", KIND_BYTES },

	/* "libvirtd" or "virtqemud": what starts QEMU */
	[HOST_LIBVIRT_DAEMON]		= { "libvirt_daemon", KIND_TEXT },
	[HOST_LIBVIRT_PID]		= { "libvirt_pid", KIND_NUMBER },
	/*
	 * what a guest without <hard_limit> and <locked/> inherits: of the live daemon, or its unit
	 */
	[HOST_MEMLOCK_LIBVIRT_BYTES]	= { "memlock_libvirt_bytes", KIND_BYTES },
	[HOST_MEMLOCK_LIBVIRT_SOURCE]	= { "memlock_libvirt_source", KIND_TEXT },
	[HOST_MEMLOCK_LIBVIRT_UNIT_BYTES] = { "memlock_libvirt_unit_bytes", KIND_BYTES },
	[HOST_MEMLOCK_LIBVIRT_UNIT_SOURCE] = { "memlock_libvirt_unit_source", KIND_TEXT },
	/* user@.service: qemu:///session, and QEMU started by hand */
	[HOST_MEMLOCK_SESSION_BYTES]	= { "memlock_session_bytes", KIND_BYTES },
	[HOST_MEMLOCK_SESSION_SOURCE]	= { "memlock_session_source", KIND_TEXT },
	/* of the process that gathered the facts: of the container, if it runs in one */
	[HOST_MEMLOCK_HERE_BYTES]	= { "memlock_here_bytes", KIND_BYTES },

	[HOST_LIBVIRT_VERSION]		= { "libvirt_version", KIND_TEXT },
	[HOST_LIBVIRT_SEV]		= { "libvirt_sev", KIND_TRUTH },
	[HOST_LIBVIRT_C_BIT]		= { "libvirt_c_bit", KIND_NUMBER },
	[HOST_LIBVIRT_REDUCED_PHYS_BITS] = { "libvirt_reduced_phys_bits", KIND_NUMBER },
	[HOST_LIBVIRT_MAX_GUESTS]	= { "libvirt_max_guests", KIND_NUMBER },
	[HOST_LIBVIRT_MAX_ES_GUESTS]	= { "libvirt_max_es_guests", KIND_NUMBER },
	[HOST_QEMU]			= { "qemu", KIND_TEXT },
	[HOST_QEMU_VERSION]		= { "qemu_version", KIND_TEXT },
	[HOST_QEMU_SEV]			= { "qemu_sev", KIND_TRUTH },
	[HOST_QEMU_C_BIT]		= { "qemu_c_bit", KIND_NUMBER },
	[HOST_QEMU_REDUCED_PHYS_BITS]	= { "qemu_reduced_phys_bits", KIND_NUMBER },
	/* path of a firmware image that its descriptor says is for such guests */
	[HOST_OVMF_SEV]			= { "ovmf_sev", KIND_TEXT },
	[HOST_OVMF_SEV_ES]		= { "ovmf_sev_es", KIND_TEXT },
	[HOST_OVMF_SEV_SNP]		= { "ovmf_sev_snp", KIND_TEXT },

	/*
	 * KVM_CAP_VM_TYPES: a bit for each KVM_X86_…_VM that KVM really offers; 2 SEV, 3 ES,
	 * 4 SNP
	 */
	[HOST_KVM_VM_TYPES]		= { "kvm_vm_types", KIND_NUMBER },
	[HOST_GUEST_MEMFD]		= { "guest_memfd", KIND_TRUTH },
	/* SEV-SNP has the ASIDs from 1 to this, SEV-ES those above; 0: they share them */
	[HOST_CIPHERTEXT_HIDING_ASIDS]	= { "ciphertext_hiding_asids", KIND_NUMBER },
	/* MSRs RMP_BASE and RMP_END; 0: the BIOS has reserved none */
	[HOST_RMP_BYTES]		= { "rmp_bytes", KIND_BYTES },
	[HOST_MEMORY_TOP_BYTES]		= { "memory_top_bytes", KIND_BYTES },
	/* SNP_PLATFORM_STATUS; the versions of the trusted computing base as they are in it */
	[HOST_SNP_API_MAJOR]		= { "snp_api_major", KIND_NUMBER },
	[HOST_SNP_API_MINOR]		= { "snp_api_minor", KIND_NUMBER },
	[HOST_SNP_BUILD]		= { "snp_build", KIND_NUMBER },
	[HOST_SNP_STATE]		= { "snp_state", KIND_TEXT },
	[HOST_SNP_GUESTS]		= { "snp_guests", KIND_NUMBER },
	[HOST_SNP_TCB_CURRENT]		= { "snp_tcb_current", KIND_NUMBER },
	[HOST_SNP_TCB_REPORTED]		= { "snp_tcb_reported", KIND_NUMBER },
	/* /sys/firmware/sev/vulnerabilities, from 7.3 on */
	[HOST_MITIGATIONS_SUPPORTED]	= { "mitigations_supported", KIND_TEXT },
	[HOST_MITIGATIONS_VERIFIED]	= { "mitigations_verified", KIND_TEXT },
	[HOST_CRASH_KERNEL_BYTES]	= { "crash_kernel_bytes", KIND_BYTES },
};

const char *host_root(void)
{
	return getenv("SEVADM_SYSROOT") ?: "";
}

/* ---- one fact ------------------------------------------------------------------------------- */

bool host_is(const struct host_facts *facts, enum host_fact_id id)
{
	return facts->facts[id].known && facts->facts[id].number;
}

bool host_is_not(const struct host_facts *facts, enum host_fact_id id)
{
	return facts->facts[id].known && !facts->facts[id].number;
}

bool host_number(const struct host_facts *facts, enum host_fact_id id, uint64_t *number)
{
	*number = facts->facts[id].number;
	return facts->facts[id].known;
}

const char *host_text(const struct host_facts *facts, enum host_fact_id id)
{
	return facts->facts[id].known ? facts->facts[id].text : NULL;
}

const char *host_why(const struct host_facts *facts, enum host_fact_id id)
{
	return facts->facts[id].why ?: "it was not looked for";
}

const char *host_key(enum host_fact_id id)
{
	return rows[id].key;
}

static struct host_fact *forget(struct host_facts *facts, enum host_fact_id id)
{
	struct host_fact *fact = &facts->facts[id];

	free(fact->text);
	free(fact->why);
	*fact = (struct host_fact) {};
	return fact;
}

void host_set_number(struct host_facts *facts, enum host_fact_id id, uint64_t number)
{
	struct host_fact *fact = forget(facts, id);

	fact->known = true;
	fact->number = number;
}

void host_set_text(struct host_facts *facts, enum host_fact_id id, const char *text)
{
	char *copy = strdup(text);
	struct host_fact *fact = forget(facts, id);

	fact->known = !!copy;
	fact->text = copy;
}

void host_set_unknown(struct host_facts *facts, enum host_fact_id id, const char *format, ...)
{
	struct host_fact *fact = forget(facts, id);
	va_list args;

	va_start(args, format);
	if (vasprintf(&fact->why, format, args) < 0)
		fact->why = NULL;
	va_end(args);
}

void host_facts_free(struct host_facts *facts)
{
	int id;

	for (id = 0; id < HOST_FACT_NR; id++)
		forget(facts, id);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static struct json_object *value_of(const struct host_fact *fact, enum fact_kind kind)
{
	if (!fact->known)
		return NULL;
	switch (kind) {
	case KIND_TRUTH:
		return json_object_new_boolean(fact->number);
	case KIND_TEXT:
		return json_text(fact->text);
	case KIND_BYTES:
		if (fact->number == HOST_UNLIMITED)
			return json_object_new_string("unlimited");
		/* fall through */
	case KIND_NUMBER:
		break;
	}
	return json_u64(fact->number);
}

struct json_object *host_facts_json(const struct host_facts *facts)
{
	struct json_object *object = json_object_new_object(), *unknown = json_object_new_object();
	int id;

	for (id = 0; id < HOST_FACT_NR; id++) {
		const struct host_fact *fact = &facts->facts[id];

		json_object_object_add(object, rows[id].key, value_of(fact, rows[id].kind));
		if (!fact->known)
			json_object_object_add(unknown, rows[id].key,
					       json_text(host_why(facts, id)));
	}
	json_object_object_add(object, "unknown", unknown);
	return object;
}

/* False: the value is of another kind. */
static bool take(struct host_facts *facts, enum host_fact_id id, struct json_object *value)
{
	enum fact_kind kind = rows[id].kind;
	const char *text = json_object_get_string(value);

	if (kind == KIND_TEXT && json_object_is_type(value, json_type_string))
		host_set_text(facts, id, text);
	else if (kind == KIND_BYTES && json_object_is_type(value, json_type_string) &&
		 !strcmp(text, "unlimited"))
		host_set_number(facts, id, HOST_UNLIMITED);
	else if (kind == KIND_TRUTH && json_object_is_type(value, json_type_boolean))
		host_set_number(facts, id, json_object_get_boolean(value));
	else if ((kind == KIND_NUMBER || kind == KIND_BYTES) &&
		 json_object_is_type(value, json_type_int) && text[0] != '-')
		host_set_number(facts, id, json_object_get_uint64(value));
	else
		return false;
	return true;
}

static int take_all(const char *path, struct json_object *object, struct host_facts *facts)
{
	struct json_object *value, *unknown, *why;
	int id;

	unknown = json_object_object_get(object, "unknown");
	for (id = 0; id < HOST_FACT_NR; id++) {
		value = json_object_object_get(object, rows[id].key);
		if (value && !take(facts, id, value))
			return fail(EXIT_USAGE, "%s: \"%s\" has a value of the wrong kind: %s", path,
				    rows[id].key, json_object_to_json_string(value));
		if (value)
			continue;
		why = json_object_is_type(unknown, json_type_object) ?
		      json_object_object_get(unknown, rows[id].key) : NULL;
		host_set_unknown(facts, id, "%s",
				 why ? json_object_get_string(why) : "the file does not say it");
	}
	return EXIT_OK;
}

static int parse(const char *path, const char *text, size_t length, struct host_facts *facts)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object, *inner;
	int ret;

	if (!tokener)
		return fail(EXIT_REFUSED, "out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, length);
	if (!object) {
		ret = fail(EXIT_USAGE, "%s: no JSON at byte %zu: %s", path,
			   json_tokener_get_parse_end(tokener),
			   json_tokener_error_desc(json_tokener_get_error(tokener)));
	} else {
		inner = json_object_is_type(object, json_type_object) ?
			json_object_object_get(object, "facts") : NULL;
		inner = inner ?: object;
		/* Any host has a kernel: what does not say which is something else. */
		if (!json_object_is_type(inner, json_type_object) ||
		    !json_object_object_get(inner, rows[HOST_KERNEL].key))
			ret = fail(EXIT_USAGE,
				   "%s: no facts about a host: save what \"sevadm check host -j\" prints",
				   path);
		else
			ret = take_all(path, inner, facts);
	}
	json_object_put(object);
	json_tokener_free(tokener);
	return ret;
}

int load_host_facts(const char *path, struct host_facts *facts)
{
	size_t length;
	char *text;
	FILE *file;
	int ret;

	*facts = (struct host_facts) {};
	file = fopen(path, "re");
	if (!file)
		return fail(EXIT_USAGE, "cannot open %s: %m", path);
	text = malloc(FILE_MAX + 1);
	if (!text) {
		fclose(file);
		return fail(EXIT_REFUSED, "out of memory");
	}
	length = fread(text, 1, FILE_MAX + 1, file);
	if (ferror(file))
		ret = fail(EXIT_USAGE, "cannot read %s: %m", path);
	else if (length > FILE_MAX)
		ret = fail(EXIT_USAGE, "%s is longer than any host's facts", path);
	else
		ret = parse(path, text, length, facts);
	fclose(file);
	free(text);
	if (ret)
		host_facts_free(facts);
	return ret;
}
