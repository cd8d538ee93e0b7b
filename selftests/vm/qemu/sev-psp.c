// SPDX-License-Identifier: GPL-2.0-only
/*
 * An AMD security processor that manages SEV guests, as a PCI device: mailbox registers, command
 * timing, injected faults and a log. Its presence makes the machine a SEV host: CPUID is answered
 * here too, so that the ranges agree.
 *
 *  -device sev-psp[,PROPERTY=VALUE...]      at most one; needs -accel tcg and a -cpu with svm
 *
 *  min-sev-asid=N   SEV guests use ASIDs N..max-asid, SEV-ES guests 1..N-1        (100)
 *  max-asid=N       highest ASID of an encrypted guest                            (509)
 *  es=on|off        SEV-ES is offered                                             (on)
 *  api-major=N api-minor=N build=N   what PLATFORM_STATUS answers                 (1.55, 22)
 *  snp=on|off       SEV-SNP is offered: needs memory above 4 GiB, whose top is the RMP, and for
 *                   Linux a -device amd-iommu                                     (off)
 *  rmp-size=N       bytes of the RMP; 0: none; default: what covers memory, in 2 MiB steps
 *  rmpread=on|off   the processors have the instruction RMPREAD                   (off)
 *  x86-shutdown=on|off      SNP_SHUTDOWN_EX can turn SNP off in the processors    (on)
 *  ciphertext-hiding=on|off offered, which splits the ASIDs below min-sev-asid    (off)
 *  tcb=N            what SNP_PLATFORM_STATUS answers; with 0x1b and more in bits 55:48 the firmware
 *                   refuses SEV-ES guests while SNP is on           (0xd516000000000004)
 *  delay=RULES      COMMAND:TIME           completes after TIME (ns, us, ms or s) of virtual time
 *  fault=RULES      COMMAND:STATUS[:K]     its K-th occurrence, or each one, is not executed
 *                                          but answers STATUS
 *  hang=RULES       COMMAND[:K]            never completes
 *  log=FILE         a line for each command, when it completes: number, id, name, handle, ASID,
 *                   status, type of the SNP page or message; "-" where there is none, HANG for the
 *                   status of what never completes
 *
 * RULES is one rule, or several with ";" between them. COMMAND is a name (LAUNCH_START), an id
 * (0x30) or, in delay, "*" for all that have no rule of their own. STATUS is a name
 * (RESOURCE_LIMIT) or a number. K counts from 1 and from the start of the machine.
 *
 * Whoever runs on the machine can have one command fail by a vendor-specific capability of PCI
 * configuration space, 8 bytes long: the command's id in bytes 6 and 7, the status in 4 and 5. They
 * read zero once it has failed.
 *
 * With SNP, a second such capability, 16 bytes long, answers how many pages of 4 KiB the RMP says are
 * in a state and belong to an ASID: the ASID in bytes 4 and 5 (0xffff: any) and the state in byte 6
 * (as sev-rmp.h has them) ask, bytes 8 to 11 answer. QOM property "rmp" lists all that are not 0.
 *
 * Registers: the PSP's layout that Linux's drivers/crypto/ccp calls sevv2 and pspv4.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/boards.h"
#include "hw/i386/x86.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_device.h"
#include "hw/qdev-properties.h"
#include "exec/address-spaces.h"
#include "system/tcg.h"
#include "e820_memory_layout.h"
#include "hw/i386/sev-firmware.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/sev-rmp.h"
#include "hw/i386/sev-status.h"

#define TYPE_SEV_PSP		"sev-psp"
OBJECT_DECLARE_SIMPLE_TYPE(SevPspState, SEV_PSP)

#define PCI_DEVICE_ID_AMD_PSP	0x14ca

#define PSP_BAR			2
#define PSP_BAR_SIZE		MiB

#define REG_FEATURE		0x109fc
#define REG_INT_ENABLE		0x10690
#define REG_INT_STATUS		0x10694
#define REG_CMD_RESPONSE	0x10980
#define REG_CMD_ADDR_LOW	0x109e0
#define REG_CMD_ADDR_HIGH	0x109e4

#define FEATURE_SEV		BIT(0)
#define INT_SEV_DONE		BIT(1)
#define CMD_INTERRUPT		BIT(0)
#define CMD_ID_SHIFT		16
#define RESPONSE_DONE		BIT(31)

#define FAULT_LENGTH		8	/* of the capability */
#define FAULT_RULE		4	/* in it: command << 16 | status */

#define CPUID_XLEVEL_SEV	0x8000001f
#define CPUID_SEV		BIT(1)
#define CPUID_SEV_ES		BIT(3)
#define CPUID_SNP		(BIT(4) | BIT(5) | BIT(10))	/* SNP, VMPLs, coherency */
#define CPUID_RMPREAD		BIT(21)
#define CPUID_VMPLS		(4 << 12)
#define REDUCED_PHYS_BITS	1

#define IOMMU_FEATURE_SNP	BIT_ULL(63)

#define COUNT_LENGTH		16	/* of the capability */
#define COUNT_ASID		4	/* in it */
#define COUNT_STATE		6
#define COUNT_ANSWER		8

#define RMP_SIZE_DEFAULT	UINT64_MAX
#define TCB_DEFAULT		0xd516000000000004	/* microcode, SNP, TEE, boot loader */

#define ANY_COMMAND		(SEV_COMMAND_MAX + 1)

typedef struct SevRule {
	uint16_t command;
	uint16_t status;	/* fault */
	int64_t time;		/* delay */
	uint64_t occurrence;	/* fault, hang: 0 for every one */
} SevRule;

typedef struct SevRuleKind {
	const char *property;
	const char *form;
	bool any;		/* "*" is a command */
	bool (*parse)(char **field, int fields, SevRule *rule);
} SevRuleKind;

struct SevPspState {
	PCIDevice parent;
	MemoryRegion bar;
	SevFirmwareConfig config;
	SevFirmware *firmware;

	char *delay_text, *fault_text, *hang_text, *log_path;
	GArray *delays, *faults, *hangs;	/* of SevRule */
	GHashTable *occurrences;		/* command id: how many came so far */
	uint64_t sequence;
	FILE *log;

	uint64_t rmp_size;
	hwaddr rmp_base;
	uint8_t fault_cap, count_cap;		/* offsets in configuration space */
	QEMUTimer *timer;
	bool busy;
	uint16_t command;
	uint32_t int_enable, int_status;
	uint32_t response;
	uint64_t address;
};

static SevPspState *the_psp;

/* What the machine's processors say of it. */

void sev_host_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	if (!the_psp)
		return;
	*eax = CPUID_SEV | (the_psp->config.es ? CPUID_SEV_ES : 0);
	*ebx = SEV_CBIT | REDUCED_PHYS_BITS << 6;
	if (the_psp->config.snp) {
		*eax |= CPUID_SNP | (the_psp->config.rmpread ? CPUID_RMPREAD : 0);
		*ebx |= CPUID_VMPLS;
	}
	*ecx = the_psp->config.max_asid;
	*edx = the_psp->config.min_sev_asid;
}

const SevFirmwareConfig *sev_host_config(void)
{
	return the_psp ? &the_psp->config : NULL;
}

/* The IOMMU asks when it is reset and when its tables are made: it is there. */
uint64_t sev_host_iommu_features(void)
{
	return the_psp && the_psp->config.snp ? IOMMU_FEATURE_SNP : 0;
}

bool sev_host_asid_valid(uint32_t asid, bool es)
{
	return the_psp && asid <= the_psp->config.max_asid &&
	       (!es || asid < the_psp->config.min_sev_asid);
}

/* Rules */

static bool parse_occurrence(const char *text, uint64_t *occurrence)
{
	return !qemu_strtou64(text, NULL, 10, occurrence) && *occurrence;
}

static bool parse_delay(char **field, int fields, SevRule *rule)
{
	static const struct { const char *unit; int64_t ns; } units[] = {
		{ "ns", 1 }, { "us", SCALE_US }, { "ms", SCALE_MS },
		{ "s", NANOSECONDS_PER_SECOND },
	};
	const char *unit;
	uint64_t value;

	if (fields != 2 || qemu_strtou64(field[1], &unit, 10, &value))
		return false;
	for (int i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcmp(unit, units[i].unit) && value <= INT64_MAX / 4 / units[i].ns) {
			rule->time = value * units[i].ns;
			return true;
		}
	}
	return false;
}

static bool parse_fault(char **field, int fields, SevRule *rule)
{
	return fields >= 2 && fields <= 3 && sev_status_parse(field[1], &rule->status) &&
	       (fields == 2 || parse_occurrence(field[2], &rule->occurrence));
}

static bool parse_hang(char **field, int fields, SevRule *rule)
{
	return fields >= 1 && fields <= 2 &&
	       (fields == 1 || parse_occurrence(field[1], &rule->occurrence));
}

static const SevRuleKind delay_rules = {
	"delay", "COMMAND:TIME with a unit of ns, us, ms or s", true, parse_delay,
};

static const SevRuleKind fault_rules = {
	"fault", "COMMAND:STATUS[:K] with a status of the firmware and K from 1", false,
	parse_fault,
};

static const SevRuleKind hang_rules = {
	"hang", "COMMAND[:K] with K from 1", false, parse_hang,
};

static GArray *parse_rules(const SevRuleKind *kind, const char *text, Error **errp)
{
	g_autoptr(GArray) rules = g_array_new(false, true, sizeof(SevRule));
	g_auto(GStrv) words = g_strsplit(text ?: "", ";", -1);

	for (int i = 0; words[i]; i++) {
		g_auto(GStrv) field = g_strsplit(words[i], ":", -1);
		int fields = g_strv_length(field);
		SevRule rule = { .command = ANY_COMMAND };

		if (!*words[i])
			continue;
		if (!(kind->any && !strcmp(field[0], "*")) &&
		    !sev_command_parse(field[0], &rule.command)) {
			error_setg(errp, "%s: '%s' in '%s' is neither a SEV command nor an id",
				   kind->property, field[0], words[i]);
			return NULL;
		}
		if (!kind->parse(field, fields, &rule)) {
			error_setg(errp, "%s: '%s' is not of the form %s", kind->property,
				   words[i], kind->form);
			return NULL;
		}
		g_array_append_val(rules, rule);
	}
	return g_steal_pointer(&rules);
}

static const SevRule *find_rule(const GArray *rules, uint16_t command, uint64_t occurrence)
{
	const SevRule *any = NULL;

	for (int i = 0; i < rules->len; i++) {
		const SevRule *rule = &g_array_index(rules, SevRule, i);

		if (rule->command == ANY_COMMAND) {
			any = rule;
		} else if (rule->command == command &&
			   (!rule->occurrence || rule->occurrence == occurrence)) {
			return rule;
		}
	}
	return any;
}

/* Commands */

static void log_command(SevPspState *s, const char *status, const SevSubject *subject)
{
	const char *name = sev_command_name(s->command);
	char handle[16] = "-", asid[16] = "-", kind[16] = "-";

	if (!s->log)
		return;
	if (subject->handle)
		snprintf(handle, sizeof(handle), "%" PRIu32, subject->handle);
	if (subject->asid)
		snprintf(asid, sizeof(asid), "%" PRIu32, subject->asid);
	if (subject->kind)
		snprintf(kind, sizeof(kind), "%" PRIu32, subject->kind);
	fprintf(s->log, "%" PRIu64 " 0x%02x %s %s %s %s %s\n", s->sequence, s->command, name ?: "-",
		handle, asid, status, kind);
	fflush(s->log);
}

static void complete_command(SevPspState *s, uint16_t status)
{
	bool interrupt = s->response & CMD_INTERRUPT;

	s->busy = false;
	s->response = RESPONSE_DONE | status;
	if (!interrupt)
		return;
	s->int_status |= INT_SEV_DONE;
	if (s->int_enable & INT_SEV_DONE && msi_enabled(&s->parent))
		msi_notify(&s->parent, 0);
}

/* The status that this command is to fail with, or SEV_NO_FAULT. */
static int take_fault(SevPspState *s, uint64_t occurrence)
{
	const SevRule *rule = find_rule(s->faults, s->command, occurrence);
	uint8_t *armed = s->parent.config + s->fault_cap + FAULT_RULE;
	uint32_t value = pci_get_long(armed);

	if (s->command && value >> CMD_ID_SHIFT == s->command) {
		pci_set_long(armed, 0);
		return value & MAKE_64BIT_MASK(0, CMD_ID_SHIFT);
	}
	return rule ? rule->status : SEV_NO_FAULT;
}

static void execute_command(void *opaque)
{
	SevPspState *s = opaque;
	void *key = GUINT_TO_POINTER(s->command);
	uintptr_t occurrence = (uintptr_t)g_hash_table_lookup(s->occurrences, key) + 1;
	int fault = take_fault(s, occurrence);
	char number[8];
	SevSubject subject = {};
	uint16_t status;

	g_hash_table_insert(s->occurrences, key, (void *)occurrence);
	s->sequence++;
	if (find_rule(s->hangs, s->command, occurrence)) {
		sev_firmware_execute(s->firmware, s->command, s->address, SEV_SUCCESS, &subject);
		log_command(s, "HANG", &subject);
		return;
	}
	status = sev_firmware_execute(s->firmware, s->command, s->address, fault, &subject);
	snprintf(number, sizeof(number), "0x%x", status);
	log_command(s, sev_status_name(status) ?: number, &subject);
	complete_command(s, status);
}

static void receive_command(SevPspState *s, uint32_t value)
{
	const SevRule *delay;

	if (s->busy) {
		qemu_log_mask(LOG_GUEST_ERROR, "sev-psp: command 0x%x while 0x%x is running\n",
			      value >> CMD_ID_SHIFT, s->command);
		return;
	}
	s->busy = true;
	s->command = value >> CMD_ID_SHIFT & SEV_COMMAND_MAX;
	s->response = value & ~RESPONSE_DONE;
	delay = find_rule(s->delays, s->command, 0);
	if (delay && delay->time)
		timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + delay->time);
	else
		execute_command(s);
}

/* Registers */

static uint64_t psp_read(void *opaque, hwaddr addr, unsigned int size)
{
	SevPspState *s = opaque;

	switch (addr) {
	case REG_FEATURE:
		return FEATURE_SEV;
	case REG_INT_ENABLE:
		return s->int_enable;
	case REG_INT_STATUS:
		return s->int_status;
	case REG_CMD_RESPONSE:
		return s->response;
	case REG_CMD_ADDR_LOW:
		return (uint32_t)s->address;
	case REG_CMD_ADDR_HIGH:
		return s->address >> 32;
	}
	return 0;
}

static void psp_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
	SevPspState *s = opaque;

	switch (addr) {
	case REG_INT_ENABLE:
		s->int_enable = value;
		break;
	case REG_INT_STATUS:
		s->int_status &= ~value;
		break;
	case REG_CMD_RESPONSE:
		receive_command(s, value);
		break;
	case REG_CMD_ADDR_LOW:
		s->address = deposit64(s->address, 0, 32, value);
		break;
	case REG_CMD_ADDR_HIGH:
		s->address = deposit64(s->address, 32, 32, value);
		break;
	}
}

static const MemoryRegionOps psp_ops = {
	.read = psp_read,
	.write = psp_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* The RMP's counters */

static uint32_t psp_config_read(PCIDevice *pci, uint32_t address, int len)
{
	SevPspState *s = SEV_PSP(pci);
	uint8_t *cap = pci->config + s->count_cap;

	if (s->count_cap && ranges_overlap(address, len, s->count_cap + COUNT_ANSWER, 4))
		pci_set_long(cap + COUNT_ANSWER, sev_rmp_count(pci_get_word(cap + COUNT_ASID),
							       pci_get_byte(cap + COUNT_STATE)));
	return pci_default_read_config(pci, address, len);
}

static bool add_count_capability(SevPspState *s, Error **errp)
{
	int offset = pci_add_capability(&s->parent, PCI_CAP_ID_VNDR, 0, COUNT_LENGTH, errp);

	if (offset < 0)
		return false;
	s->count_cap = offset;
	pci_set_byte(s->parent.config + offset + PCI_CAP_FLAGS, COUNT_LENGTH);
	pci_set_word(s->parent.wmask + offset + COUNT_ASID, UINT16_MAX);
	pci_set_byte(s->parent.wmask + offset + COUNT_STATE, UINT8_MAX);
	return true;
}

static char *psp_get_rmp(Object *obj, Error **errp)
{
	return sev_rmp_describe();
}

static char *psp_get_vcek(Object *obj, Error **errp)
{
	return sev_vcek_public(SEV_PSP(obj)->firmware);
}

/*
 * The BIOS's part: the top of memory becomes the RMP, and reserved. Not below 4 GiB, where QEMU puts
 * the initial ramdisk and ACPI's tables.
 */
static bool place_rmp(SevPspState *s, Error **errp)
{
	X86MachineState *machine = X86_MACHINE(qdev_get_machine());
	hwaddr top = 4 * GiB + machine->above_4g_mem_size;
	uint64_t size = s->rmp_size;

	s->config.low_memory_end = machine->below_4g_mem_size;
	s->config.high_memory_end = top;
	if (size == RMP_SIZE_DEFAULT)
		size = ROUND_UP(RMP_COUNTERS_SIZE + top / RMP_4K_SIZE * RMP_ENTRY_SIZE,
				RMP_2M_SIZE);
	if (!QEMU_IS_ALIGNED(size, MiB)) {
		error_setg(errp, "rmp-size must be whole MiB");
		return false;
	}
	if (size > machine->above_4g_mem_size) {
		error_setg(errp, "snp=on needs %" PRIu64 " MiB of memory above 4 GiB for its RMP",
			   size / MiB);
		return false;
	}
	s->rmp_size = size;
	if (size) {
		s->rmp_base = (top - size) & ~(RMP_2M_SIZE - 1);
		e820_add_entry(s->rmp_base, size, E820_RESERVED);
	}
	return true;
}

/* The device */

static bool check_machine(Error **errp)
{
	if (the_psp) {
		error_setg(errp, "a machine has one sev-psp at most");
		return false;
	}
	if (!tcg_enabled()) {
		error_setg(errp, "sev-psp emulates a host and needs -accel tcg");
		return false;
	}
	if (!(X86_CPU(first_cpu)->env.features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM)) {
		error_setg(errp, "sev-psp needs a CPU with SVM, such as -cpu EPYC-Rome,+svm");
		return false;
	}
	return true;
}

static bool check_properties(SevPspState *s, Error **errp)
{
	if (!s->config.max_asid || s->config.max_asid > UINT16_MAX) {
		error_setg(errp, "max-asid must be from 1 to %d", UINT16_MAX);
		return false;
	}
	if (!s->config.min_sev_asid || s->config.min_sev_asid > s->config.max_asid + 1) {
		error_setg(errp, "min-sev-asid must be from 1 to max-asid + 1, %" PRIu32,
			   s->config.max_asid + 1);
		return false;
	}
	if (s->config.snp && !place_rmp(s, errp))
		return false;
	s->delays = parse_rules(&delay_rules, s->delay_text, errp);
	if (!s->delays)
		return false;
	s->faults = parse_rules(&fault_rules, s->fault_text, errp);
	if (!s->faults)
		return false;
	s->hangs = parse_rules(&hang_rules, s->hang_text, errp);
	return s->hangs;
}

static void psp_unrealize(SevPspState *s)
{
	g_clear_pointer(&s->delays, g_array_unref);
	g_clear_pointer(&s->faults, g_array_unref);
	g_clear_pointer(&s->hangs, g_array_unref);
	g_clear_pointer(&s->occurrences, g_hash_table_unref);
	g_clear_pointer(&s->firmware, sev_firmware_free);
	g_clear_pointer(&s->log, fclose);
	g_clear_pointer(&s->timer, timer_free);
}

static void psp_exit(PCIDevice *pci)
{
	psp_unrealize(SEV_PSP(pci));
	msi_uninit(pci);
	the_psp = NULL;
}

static bool add_fault_capability(SevPspState *s, Error **errp)
{
	int offset = pci_add_capability(&s->parent, PCI_CAP_ID_VNDR, 0, FAULT_LENGTH, errp);

	if (offset < 0)
		return false;
	s->fault_cap = offset;
	pci_set_byte(s->parent.config + offset + PCI_CAP_FLAGS, FAULT_LENGTH);
	pci_set_long(s->parent.wmask + offset + FAULT_RULE, UINT32_MAX);
	return true;
}

static void psp_realize(PCIDevice *pci, Error **errp)
{
	SevPspState *s = SEV_PSP(pci);
	CPUState *cpu;

	if (!check_machine(errp) || !check_properties(s, errp) ||
	    (s->config.snp && !add_count_capability(s, errp)) || !add_fault_capability(s, errp) ||
	    msi_init(pci, 0, 1, true, false, errp)) {
		psp_unrealize(s);
		return;
	}
	if (s->log_path) {
		s->log = fopen(s->log_path, "we");
		if (!s->log) {
			error_setg_file_open(errp, errno, s->log_path);
			msi_uninit(pci);
			psp_unrealize(s);
			return;
		}
	}
	s->occurrences = g_hash_table_new(NULL, NULL);
	s->config.family_model_stepping = X86_CPU(first_cpu)->env.cpuid_version;
	/* An IOMMU has no say in what the PSP reads and writes. */
	s->firmware = sev_firmware_new(&s->config, s->config.snp ? &address_space_memory :
							       pci_get_address_space(pci));
	sev_rmp_limit_asids(s->config.max_asid);
	s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, execute_command, s);
	memory_region_init_io(&s->bar, OBJECT(s), &psp_ops, s, TYPE_SEV_PSP, PSP_BAR_SIZE);
	pci_register_bar(pci, PSP_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->bar);

	the_psp = s;
	CPU_FOREACH(cpu) {
		CPUX86State *env = &X86_CPU(cpu)->env;

		env->cpuid_xlevel = MAX(env->cpuid_xlevel, CPUID_XLEVEL_SEV);
	}
}

static void psp_reset(DeviceState *dev)
{
	SevPspState *s = SEV_PSP(dev);

	timer_del(s->timer);
	pci_set_long(s->parent.config + s->fault_cap + FAULT_RULE, 0);
	s->busy = false;
	s->int_enable = 0;
	s->int_status = 0;
	s->response = 0;
	s->address = 0;
	sev_host_reset_processors();
	if (s->config.snp)
		sev_rmp_move(s->rmp_base, s->rmp_base ? s->rmp_base + s->rmp_size - 1 : 0);
	sev_firmware_reset(s->firmware);
}

static const Property psp_properties[] = {
	DEFINE_PROP_UINT32("min-sev-asid", SevPspState, config.min_sev_asid, 100),
	DEFINE_PROP_UINT32("max-asid", SevPspState, config.max_asid, 509),
	DEFINE_PROP_BOOL("es", SevPspState, config.es, true),
	DEFINE_PROP_UINT8("api-major", SevPspState, config.api_major, 1),
	DEFINE_PROP_UINT8("api-minor", SevPspState, config.api_minor, 55),
	DEFINE_PROP_UINT8("build", SevPspState, config.build, 22),
	DEFINE_PROP_BOOL("snp", SevPspState, config.snp, false),
	DEFINE_PROP_SIZE("rmp-size", SevPspState, rmp_size, RMP_SIZE_DEFAULT),
	DEFINE_PROP_BOOL("rmpread", SevPspState, config.rmpread, false),
	DEFINE_PROP_BOOL("x86-shutdown", SevPspState, config.x86_shutdown, true),
	DEFINE_PROP_BOOL("ciphertext-hiding", SevPspState, config.hiding, false),
	DEFINE_PROP_UINT64("tcb", SevPspState, config.tcb, TCB_DEFAULT),
	DEFINE_PROP_STRING("delay", SevPspState, delay_text),
	DEFINE_PROP_STRING("fault", SevPspState, fault_text),
	DEFINE_PROP_STRING("hang", SevPspState, hang_text),
	DEFINE_PROP_STRING("log", SevPspState, log_path),
};

static void psp_class_init(ObjectClass *klass, void *data)
{
	PCIDeviceClass *pci = PCI_DEVICE_CLASS(klass);
	DeviceClass *dev = DEVICE_CLASS(klass);

	pci->realize = psp_realize;
	pci->exit = psp_exit;
	pci->config_read = psp_config_read;
	pci->vendor_id = PCI_VENDOR_ID_AMD;
	pci->device_id = PCI_DEVICE_ID_AMD_PSP;
	pci->class_id = PCI_CLASS_CRYPT_OTHER;
	dev->desc = "AMD security processor of a SEV host";
	dev->hotpluggable = false;
	set_bit(DEVICE_CATEGORY_MISC, dev->categories);
	device_class_set_props(dev, psp_properties);
	object_class_property_add_str(klass, "rmp", psp_get_rmp, NULL);
	object_class_property_add_str(klass, "vcek", psp_get_vcek, NULL);
	device_class_set_legacy_reset(dev, psp_reset);
}

static const TypeInfo psp_info = {
	.name = TYPE_SEV_PSP,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(SevPspState),
	.class_init = psp_class_init,
	.interfaces = (InterfaceInfo[]) {
		{ INTERFACE_CONVENTIONAL_PCI_DEVICE },
		{ },
	},
};

static void psp_register_types(void)
{
	type_register_static(&psp_info);
}

type_init(psp_register_types)
