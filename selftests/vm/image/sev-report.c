// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the owner of a SEV-SNP guest does with its attestation report (AMD's document 56860, table
 * ATTESTATION_REPORT), by other software than the emulated firmware's: checks by whom it is signed,
 * and computes the launch digest that it has to have.
 *
 *   sev-report show REPORT                  its fields, a line each
 *   sev-report verify DIR REPORT            it is signed by the chip of DIR/vcek.pem, whose certificate
 *                                           says the same chip and TCB, and leads through DIR/ask.pem
 *                                           to DIR/ark.pem
 *   sev-report digest FIRMWARE PROCESSORS   the launch digest of a guest that QEMU starts with this
 *                                           OVMF, as an EPYC-Milan
 */
#include <err.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#define DIGEST		48
#define NUMBER		72	/* of a signature, little-endian */

struct __attribute__((packed)) report {
	uint32_t version, svn;
	uint64_t policy;
	uint8_t family_id[16], image_id[16];
	uint32_t vmpl, algo;
	uint64_t current_tcb, platform;
	uint32_t flags, reserved;
	uint8_t data[64], measurement[DIGEST], host_data[32];
	uint8_t id_key_digest[DIGEST], author_key_digest[DIGEST];
	uint8_t report_id[32], agent_report_id[32];
	uint64_t reported_tcb;
	uint8_t reserved2[24], chip_id[64], reserved3[0x2a0 - 0x1e0];
	uint8_t r[NUMBER], s[NUMBER], reserved4[512 - 2 * NUMBER];
};

_Static_assert(offsetof(struct report, chip_id) == 0x1a0, "the specification's layout");
_Static_assert(sizeof(struct report) == 0x4a0, "the specification's size");

static uint8_t *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!file || fseek(file, 0, SEEK_END))
		err(1, "%s", path);
	size = ftell(file);
	rewind(file);
	data = size < 0 ? NULL : malloc(size + 1);
	if (!data || fread(data, 1, size, file) != (size_t)size)
		err(1, "%s", path);
	fclose(file);
	*len = size;
	return data;
}

static struct report *read_report(const char *path)
{
	size_t len;
	uint8_t *data = read_file(path, &len);

	if (len != sizeof(struct report))
		errx(1, "%s: %zu bytes are no report", path, len);
	return (struct report *)data;
}

static void print_hex(const char *name, const uint8_t *data, size_t len)
{
	printf("%s ", name);
	while (len--)
		printf("%02x", *data++);
	putchar('\n');
}

static int show(char **args)
{
	const struct report *report = read_report(args[0]);

	printf("version %u\nvmpl %u\npolicy 0x%llx\nreported-tcb 0x%016llx\n", report->version,
	       report->vmpl, (unsigned long long)report->policy,
	       (unsigned long long)report->reported_tcb);
	printf("data %.64s\n", report->data);
	print_hex("measurement", report->measurement, sizeof(report->measurement));
	print_hex("chip-id", report->chip_id, sizeof(report->chip_id));
	return 0;
}

/* ---- who signed it ------------------------------------------------------------------------ */

static X509 *read_certificate(const char *dir, const char *name)
{
	char path[4096];
	FILE *file;
	X509 *x;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (!file)
		err(1, "%s", path);
	x = PEM_read_X509(file, NULL, NULL, NULL);
	if (!x)
		errx(1, "%s is no certificate", path);
	fclose(file);
	return x;
}

/* Exit unless the root leads to the chip, at whatever time: an emulated host's clock is anyone's. */
static void check_chain(X509 *root, X509 *middle, X509 *chip)
{
	struct stack_st_X509 *others = sk_X509_new_null();
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();

	if (!c || !others || !store || !X509_STORE_add_cert(store, root) ||
	    !sk_X509_push(others, middle) || !X509_STORE_CTX_init(c, store, chip, others))
		errx(1, "no memory");
	X509_STORE_CTX_set_flags(c, X509_V_FLAG_NO_CHECK_TIME);
	if (X509_verify_cert(c) != 1)
		errx(1, "the chain: %s",
		     X509_verify_cert_error_string(X509_STORE_CTX_get_error(c)));
}

/* The value of the certificate's extension .SUFFIX of AMD's, without the header of its DER type. */
static const uint8_t *extension(X509 *chip, const char *suffix, int skip, int *len)
{
	const ASN1_OCTET_STRING *value = NULL;
	char name[64];
	int at;

	snprintf(name, sizeof(name), "1.3.6.1.4.1.3704.1.%s", suffix);
	at = X509_get_ext_by_OBJ(chip, OBJ_txt2obj(name, 1), -1);
	if (at >= 0)
		value = X509_EXTENSION_get_data(X509_get_ext(chip, at));
	if (!value || ASN1_STRING_length(value) <= skip)
		errx(1, "the chip's certificate lacks %s", name);
	*len = ASN1_STRING_length(value) - skip;
	return ASN1_STRING_get0_data(value) + skip;
}

/* Exit unless the certificate is about the chip and the TCB of the report. */
static void check_chip(X509 *chip, const struct report *report)
{
	static const struct { const char *suffix; int shift; } parts[] = {
		{ "3.1", 0 }, { "3.2", 8 }, { "3.3", 48 }, { "3.8", 56 },
	};
	const uint8_t *value;
	int len;

	value = extension(chip, "4", 0, &len);
	if (len != sizeof(report->chip_id) || memcmp(value, report->chip_id, len))
		errx(1, "the report is another chip's");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		value = extension(chip, parts[i].suffix, 2, &len);
		/* An integer, which has a zero before its highest bit. */
		if (value[len - 1] != (report->reported_tcb >> parts[i].shift & 0xff))
			errx(1, "the report is of another TCB");
	}
}

static void check_signature(X509 *chip, const struct report *report)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(X509_get0_pubkey(chip), NULL);
	uint8_t digest[DIGEST], *der = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int len;

	if (!c || !sig || !ECDSA_SIG_set0(sig, BN_lebin2bn(report->r, NUMBER, NULL),
					  BN_lebin2bn(report->s, NUMBER, NULL)))
		errx(1, "no memory");
	len = i2d_ECDSA_SIG(sig, &der);
	if (len <= 0 ||
	    !EVP_Digest(report, offsetof(struct report, r), digest, NULL, EVP_sha384(), NULL) ||
	    EVP_PKEY_verify_init(c) != 1 || EVP_PKEY_verify(c, der, len, digest, DIGEST) != 1)
		errx(1, "the signature is wrong");
}

static int verify(char **args)
{
	X509 *middle = read_certificate(args[0], "ask.pem");
	X509 *chip = read_certificate(args[0], "vcek.pem");
	X509 *root = read_certificate(args[0], "ark.pem");
	const struct report *report = read_report(args[1]);

	check_chain(root, middle, chip);
	check_chip(chip, report);
	check_signature(chip, report);
	return 0;
}

/* ---- what was launched ---------------------------------------------------------------------- */

#define PAGE		4096
#define TOP		0x100000000ULL	/* where the firmware's image ends */
#define VMSA_AT		0xfffffffff000ULL
#define MILAN		0x00a00f11	/* CPUID's family, model and stepping */
#define BOOT_RIP	0xfffffff0
#define GUID		16

enum page_type { NORMAL = 1, VMSA, ZERO, UNMEASURED, SECRETS, CPUID };

static uint8_t launch[DIGEST];

static void add_page(enum page_type type, uint64_t gpa, const uint8_t *contents)
{
	struct __attribute__((packed)) {
		uint8_t before[DIGEST], contents[DIGEST];
		uint16_t size;
		uint8_t type, imi, vmpl[3], reserved;
		uint64_t gpa;
	} info = { .size = sizeof(info), .type = type, .gpa = gpa };

	memcpy(info.before, launch, DIGEST);
	if ((contents && !EVP_Digest(contents, PAGE, info.contents, NULL, EVP_sha384(), NULL)) ||
	    !EVP_Digest(&info, sizeof(info), launch, NULL, EVP_sha384(), NULL))
		errx(1, "no SHA-384");
}

static uint32_t number(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/*
 * OVMF's table ends 32 bytes before the image, and is read from there to its beginning: an entry is
 * its value, its size (2 bytes) and its GUID; the last, with which it begins, has the table's size.
 */
static const uint8_t *find_entry(const uint8_t *image, size_t size, const uint8_t *guid)
{
	const uint8_t *at = image + size - 32, *end;
	size_t len;

	if (size < PAGE)
		errx(1, "the firmware is too short");
	len = at[-GUID - 2] | at[-GUID - 1] << 8;
	end = at - len;
	if (len > size - 32)
		errx(1, "the firmware has no table");
	for (at -= GUID + 2; at - end > GUID + 2; at -= len) {
		len = at[-GUID - 2] | at[-GUID - 1] << 8;
		if (len < GUID + 2 || (size_t)(at - end) < len)
			break;
		if (!memcmp(at - GUID, guid, GUID))
			return at - len;
	}
	errx(1, "the firmware's table lacks an entry");
}

static const uint8_t metadata_guid[GUID] = {
	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc,
};

static const uint8_t reset_guid[GUID] = {
	0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e,
};

/* The pages that the firmware wants beside its image. */
static void add_metadata(const uint8_t *image, size_t size)
{
	/* OVMF's number of a section: what QEMU makes its pages. 4 is an SVSM's calling area. */
	static const enum page_type types[] = { [1] = ZERO, [2] = SECRETS, [3] = CPUID, [4] = ZERO };
	uint32_t offset = number(find_entry(image, size, metadata_guid)), count;
	const uint8_t *at = image + size - offset;

	if (offset > size || offset < 16 || memcmp(at, "ASEV", 4))
		errx(1, "the firmware has no metadata");
	count = number(at + 12);
	if (count > (offset - 16) / 12)
		errx(1, "the firmware's metadata are cut off");
	for (at += 16; count--; at += 12) {
		uint32_t gpa = number(at), end = gpa + number(at + 4), type = number(at + 8);

		if (type >= sizeof(types) / sizeof(types[0]) || !types[type])
			errx(1, "a section of the unknown type %u", type);
		for (; gpa < end; gpa += PAGE)
			add_page(types[type], gpa, NULL);
	}
}

/* A processor as KVM and QEMU start it: APM volume 2, tables 14-1 and B-4. */
static void add_processor(uint32_t rip)
{
	static const struct { uint16_t at, attributes; uint32_t limit; } segments[] = {
		{ 0x00, 0x93, 0xffff }, { 0x10, 0x9b, 0xffff }, { 0x20, 0x93, 0xffff },
		{ 0x30, 0x93, 0xffff }, { 0x40, 0x93, 0xffff }, { 0x50, 0x93, 0xffff },
		{ 0x60, 0, 0xffff }, { 0x70, 0x82, 0xffff }, { 0x80, 0, 0xffff },
		{ 0x90, 0x8b, 0xffff },
	};
	const struct { uint16_t at, size; uint64_t value; } values[] = {
		{ 0x10, 2, 0xf000 },			/* CS selector and base */
		{ 0x18, 8, rip & 0xffff0000 },
		{ 0xd0, 8, 0x1000 },			/* EFER: SVME, of KVM */
		{ 0x148, 8, 0x40 },			/* CR4: MCE, of KVM */
		{ 0x158, 8, 0x10 },			/* CR0 */
		{ 0x160, 8, 0x400 },			/* DR7 */
		{ 0x168, 8, 0xffff0ff0 },		/* DR6 */
		{ 0x170, 8, 2 },			/* RFLAGS */
		{ 0x178, 8, rip & 0xffff },
		{ 0x268, 8, 0x7040600070406 },		/* PAT */
		{ 0x310, 8, MILAN },			/* RDX */
		{ 0x3b0, 8, 1 },			/* SEV features: SNP */
		{ 0x3e8, 8, 1 },			/* XCR0 */
		{ 0x408, 4, 0x1f80 },			/* MXCSR */
		{ 0x410, 2, 0x37f },			/* FCW */
	};
	uint8_t page[PAGE] = {};

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		memcpy(page + segments[i].at + 2, &segments[i].attributes, 2);
		memcpy(page + segments[i].at + 4, &segments[i].limit, 4);
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		memcpy(page + values[i].at, &values[i].value, values[i].size);
	add_page(VMSA, VMSA_AT, page);
}

static int digest(char **args)
{
	size_t size;
	uint8_t *image = read_file(args[0], &size);
	int processors = atoi(args[1]);

	if (size % PAGE || size > TOP / 2 || processors < 1)
		errx(1, "no such guest");
	for (size_t at = 0; at < size; at += PAGE)
		add_page(NORMAL, TOP - size + at, image + at);
	add_metadata(image, size);
	for (int i = 0; i < processors; i++)
		add_processor(i ? number(find_entry(image, size, reset_guid)) : BOOT_RIP);
	print_hex("measurement", launch, sizeof(launch));
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args);
} commands[] = {
	{ "show", 1, show },
	{ "verify", 2, verify },
	{ "digest", 2, digest },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (argc == 2 + commands[i].args && !strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	}
	errx(2, "Usage: sev-report show REPORT | verify DIR REPORT | digest FIRMWARE PROCESSORS");
}
