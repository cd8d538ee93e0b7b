// SPDX-License-Identifier: GPL-2.0-only
/* What libvirt, QEMU and firmware images of a host say: stand-ins in a made-up host's folders. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "host/gather.h"
#include "folder.h"
#include "gathered_facts.h"
#include "test.h"

static char root[] = "/tmp/sevadm-programs-XXXXXX";

static void put(const char *path, mode_t mode, const char *text)
{
	folder_put(root, path, mode, text);
}

static void put_away(const char *path)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s%s", root, path);
	unlink(name);
}

static void gather(void)
{
	host_facts_free(&facts);
	facts = (struct host_facts) {};
	host_facts_gather(root, &facts);
}

#define EXPECT_FACT(id, value) do {						\
		uint64_t number = 0;						\
		EXPECT(host_number(&facts, id, &number));			\
		EXPECT_NUMBER(number, value);					\
	} while (0)

/* ---- libvirt -------------------------------------------------------------------------------- */

#define VIRSH	"/usr/bin/virsh"
/* It answers the questions that libvirt's own does, and no other. */
#define VIRSH_SAYS(version, capabilities)					\
	"#!/bin/sh\ncase \"$*\" in\n--version) " version " ;;\n"		\
	"'-q -c qemu:///system domcapabilities --virttype kvm --arch x86_64 --machine q35')\n"	\
	capabilities " ;;\n*) echo \"not understood: $*\"; exit 1 ;;\nesac\n"
#define CAPABILITIES(sev)							\
	"echo '<domainCapabilities><features><gic supported=\"no\"/>" sev	\
	"</features></domainCapabilities>'"

static void libvirt_says_all(void)
{
	put(VIRSH, 0755, VIRSH_SAYS("echo 9.0.0; echo more",
				    CAPABILITIES("<sev supported=\"yes\"><cbitpos>51</cbitpos>"
						 "<reducedPhysBits>1</reducedPhysBits>"
						 "<maxGuests>410</maxGuests>"
						 "<maxESGuests>99</maxESGuests></sev>")));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_LIBVIRT_VERSION), "9.0.0");
	EXPECT(host_is(&facts, HOST_LIBVIRT_SEV));
	EXPECT_FACT(HOST_LIBVIRT_C_BIT, 51);
	EXPECT_FACT(HOST_LIBVIRT_REDUCED_PHYS_BITS, 1);
	EXPECT_FACT(HOST_LIBVIRT_MAX_GUESTS, 410);
	EXPECT_FACT(HOST_LIBVIRT_MAX_ES_GUESTS, 99);
}

static void libvirt_says_less(void)
{
	put(VIRSH, 0755, VIRSH_SAYS("exit 1", CAPABILITIES("<sev supported=\"no\"><cbitpos>47</cbitpos>"
							  "</sev>")));
	gather();
	EXPECT_UNKNOWN(HOST_LIBVIRT_VERSION, "virsh --version failed");
	EXPECT(host_is_not(&facts, HOST_LIBVIRT_SEV));
	EXPECT_FACT(HOST_LIBVIRT_C_BIT, 47);
	EXPECT_UNKNOWN(HOST_LIBVIRT_REDUCED_PHYS_BITS,
		       "domcapabilities has no <reducedPhysBits> in its <sev>");
	EXPECT_UNKNOWN(HOST_LIBVIRT_MAX_ES_GUESTS,
		       "domcapabilities has no <maxESGuests> in its <sev>");

	put(VIRSH, 0755, VIRSH_SAYS("echo 4.0.0", CAPABILITIES("<sev/>")));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_LIBVIRT_VERSION), "4.0.0");
	EXPECT(host_is_not(&facts, HOST_LIBVIRT_SEV));
	EXPECT_UNKNOWN(HOST_LIBVIRT_C_BIT, "domcapabilities has no <cbitpos> in its <sev>");
}

static void libvirt_says_nothing(void)
{
	static const char no_sev[] = "domcapabilities has no <sev>: libvirt is older than 4.5, or has no QEMU for KVM";
	static const char failed[] = "virsh domcapabilities failed: is libvirt's daemon running, and may you use it?";

	put(VIRSH, 0755, VIRSH_SAYS("echo 4.0.0", CAPABILITIES("")));
	gather();
	EXPECT_UNKNOWN(HOST_LIBVIRT_SEV, no_sev);
	EXPECT_UNKNOWN(HOST_LIBVIRT_C_BIT, no_sev);
	EXPECT_UNKNOWN(HOST_LIBVIRT_MAX_ES_GUESTS, no_sev);
	EXPECT_TEXT(host_text(&facts, HOST_LIBVIRT_VERSION), "4.0.0");

	put(VIRSH, 0755, VIRSH_SAYS("echo 4.0.0", "echo '<domainCapabilities><features>'"));
	gather();
	EXPECT_UNKNOWN(HOST_LIBVIRT_SEV, no_sev);

	put(VIRSH, 0755, VIRSH_SAYS("echo 9.0.0", "exit 1"));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_LIBVIRT_VERSION), "9.0.0");
	EXPECT_UNKNOWN(HOST_LIBVIRT_SEV, failed);
	EXPECT_UNKNOWN(HOST_LIBVIRT_MAX_ES_GUESTS, failed);

	/* What may not be run is not there. */
	put(VIRSH, 0644, VIRSH_SAYS("echo 9.0.0", "exit 1"));
	gather();
	EXPECT_UNKNOWN(HOST_LIBVIRT_VERSION, "virsh is not installed");
	EXPECT_UNKNOWN(HOST_LIBVIRT_MAX_ES_GUESTS, "virsh is not installed");
	put("/usr/local/bin/virsh", 0755, VIRSH_SAYS("echo 8.0.0", "exit 1"));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_LIBVIRT_VERSION), "8.0.0");
	put_away(VIRSH);
	put_away("/usr/local/bin/virsh");
}

/* ---- QEMU ----------------------------------------------------------------------------------- */

#define QEMU	"/usr/bin/qemu-system-x86_64"
#define GREETING "echo '{\"QMP\":{\"version\":{\"qemu\":{\"major\":9,\"minor\":2,\"micro\":14}}}}'\n"
/* A command a line, and an answer to each; started as libvirt starts it. */
#define QEMU_SAYS(greeting, answer)						\
	"#!/bin/sh\n[ \"$1\" != --version ] || {\n"				\
	"echo 'QEMU emulator version 7.2.9 (Debian)'; exit; }\n"		\
	"[ \"$*\" = '-machine none,accel=kvm -display none -nodefaults -no-user-config -S -qmp stdio' ] || exit 1\n" \
	greeting								\
	"while read -r line; do case $line in\n"				\
	"'{\"execute\":\"query-sev-capabilities\"}') " answer " ;;\n"		\
	"'{\"execute\":\"qmp_capabilities\"}') echo '{\"return\":{}}' ;;\n"	\
	"'{\"execute\":\"quit\"}') exit ;;\n"					\
	"*) exit 1 ;;\nesac; done\n"

static void qemu_says_all(void)
{
	put(QEMU, 0755, QEMU_SAYS(GREETING, "echo '{\"return\":{\"cbitpos\":51,\"reduced-phys-bits\":6}}'"));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_QEMU), QEMU);
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_VERSION), "9.2.14");
	EXPECT(host_is(&facts, HOST_QEMU_SEV));
	EXPECT_FACT(HOST_QEMU_C_BIT, 51);
	EXPECT_FACT(HOST_QEMU_REDUCED_PHYS_BITS, 6);
}

static void qemu_refuses(void)
{
	put(QEMU, 0755, QEMU_SAYS(GREETING, "echo '{\"error\":{\"desc\":\"SEV is not enabled in KVM\"}}'"));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_VERSION), "9.2.14");
	EXPECT(host_is_not(&facts, HOST_QEMU_SEV));
	EXPECT_UNKNOWN(HOST_QEMU_C_BIT, "QEMU: SEV is not enabled in KVM");
	EXPECT_UNKNOWN(HOST_QEMU_REDUCED_PHYS_BITS, "QEMU: SEV is not enabled in KVM");
}

static void qemu_does_not_answer(void)
{
	static const char silent[] = "QEMU did not answer: it needs /dev/kvm";

	put(QEMU, 0755, QEMU_SAYS("exit 1\n", ":"));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_QEMU), QEMU);
	EXPECT_UNKNOWN(HOST_QEMU_VERSION, silent);
	EXPECT_UNKNOWN(HOST_QEMU_SEV, silent);
	EXPECT_UNKNOWN(HOST_QEMU_REDUCED_PHYS_BITS, silent);

	/* A greeting, and lines that are no answers. */
	put(QEMU, 0755, QEMU_SAYS(GREETING, "echo '{\"event\":\"STOP\"}'; echo nonsense"));
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_VERSION), "9.2.14");
	EXPECT_UNKNOWN(HOST_QEMU_SEV, silent);
}

/* Without asking it more than its version. */
static void qemu_and_its_version(void)
{
	static const char *const others[] = { "/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm",
					      "/usr/local/bin/qemu-system-x86_64" };
	char why[PATH_MAX];
	size_t i;

	host_facts_free(&facts);
	facts = (struct host_facts) {};
	host_facts_gather_qemu(root, &facts);
	EXPECT_TEXT(host_text(&facts, HOST_QEMU), QEMU);
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_VERSION), "7.2.9");

	put(QEMU, 0755, "#!/bin/sh\necho 'an emulator'\n");
	host_facts_gather_qemu(root, &facts);
	snprintf(why, sizeof(why), "%s" QEMU " --version does not say it", root);
	EXPECT_UNKNOWN(HOST_QEMU_VERSION, why);

	put_away(QEMU);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		put(others[i], 0755, "#!/bin/sh\necho 'QEMU emulator version 8.1.0'\n");
		host_facts_gather_qemu(root, &facts);
		EXPECT_TEXT(host_text(&facts, HOST_QEMU), others[i]);
		EXPECT_TEXT(host_text(&facts, HOST_QEMU_VERSION), "8.1.0");
		put_away(others[i]);
	}
	host_facts_gather_qemu(root, &facts);
	EXPECT_UNKNOWN(HOST_QEMU, "no qemu-system-x86_64 or qemu-kvm is installed");
	EXPECT_UNKNOWN(HOST_QEMU_VERSION, "no qemu-system-x86_64 or qemu-kvm is installed");
	gather();
	EXPECT_UNKNOWN(HOST_QEMU_REDUCED_PHYS_BITS, "no qemu-system-x86_64 or qemu-kvm is installed");
}

/* ---- firmware images ------------------------------------------------------------------------ */

static void firmware_is_described(void)
{
	static const char none[] = "no descriptor in /usr/share/qemu/firmware or /etc/qemu/firmware names one";

	gather();
	EXPECT_UNKNOWN(HOST_OVMF_SEV, none);
	EXPECT_UNKNOWN(HOST_OVMF_SEV_SNP, none);

	put("/ovmf/flash.fd", 0644, "");
	put("/ovmf/memory.fd", 0644, "");
	put("/usr/share/qemu/firmware/60-flash.json", 0644,
	    "{\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"/ovmf/flash.fd\"}},"
	    "\"features\":[\"acpi-s3\",\"amd-sev\",\"amd-sev-es\"]}");
	put("/etc/qemu/firmware/50-memory.json", 0644,
	    "{\"mapping\":{\"device\":\"memory\",\"filename\":\"/ovmf/memory.fd\"},"
	    "\"features\":[\"amd-sev-snp\"]}");
	gather();
	EXPECT_TEXT(host_text(&facts, HOST_OVMF_SEV), "/ovmf/flash.fd");
	EXPECT_TEXT(host_text(&facts, HOST_OVMF_SEV_ES), "/ovmf/flash.fd");
	EXPECT_TEXT(host_text(&facts, HOST_OVMF_SEV_SNP), "/ovmf/memory.fd");

	/* No image, no such file, no features, no JSON, and another file. */
	put_away("/ovmf/memory.fd");
	put("/usr/share/qemu/firmware/60-flash.json", 0644,
	    "{\"mapping\":{\"filename\":\"/ovmf/flash.fd\"},\"features\":\"amd-sev\"}");
	put("/usr/share/qemu/firmware/61.json", 0644, "{\"features\":[\"amd-sev\"]}");
	put("/usr/share/qemu/firmware/62.json", 0644, "nonsense");
	put("/usr/share/qemu/firmware/63.text", 0644,
	    "{\"mapping\":{\"filename\":\"/ovmf/flash.fd\"},\"features\":[\"amd-sev\"]}");
	gather();
	EXPECT_UNKNOWN(HOST_OVMF_SEV, none);
	EXPECT_UNKNOWN(HOST_OVMF_SEV_ES, none);
	EXPECT_UNKNOWN(HOST_OVMF_SEV_SNP, none);
}

int main(void)
{
	static const struct test tests[] = {
		{ "libvirt says all", libvirt_says_all },
		{ "libvirt says less", libvirt_says_less },
		{ "libvirt says nothing", libvirt_says_nothing },
		{ "QEMU says all", qemu_says_all },
		{ "QEMU refuses", qemu_refuses },
		{ "QEMU does not answer", qemu_does_not_answer },
		{ "QEMU and its version", qemu_and_its_version },
		{ "firmware is described", firmware_is_described },
	};

	folder_make(root);
	/* As main() does: a program may end before it has read what it is asked. */
	signal(SIGPIPE, SIG_IGN);
	run_each(tests, ARRAY_SIZE(tests));
	host_facts_free(&facts);
	folder_remove(root);
	ksft_finished();
}
