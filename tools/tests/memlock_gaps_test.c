// SPDX-License-Identifier: GPL-2.0-only
/* What a domain asks for that a host's QEMU does not have. */
#include <string.h>

#include "cli/output.h"
#include "memlock/figures.h"
#include "memlock/gaps.h"
#include "report/findings.h"
#include "report/xml.h"
#include "test.h"

static unsigned int gaps_of(const char *text, bool here)
{
	struct memlock_host host = { .qemu = MEMLOCK_QEMU(10, 0), .qemu_name = "10.0.2" };
	struct report report = {};
	struct target *target = report_target(&report, "guest", TARGET_OBJECT);
	struct xml_error error;
	xmlDoc *doc = xml_read(text, strlen(text), &error);
	unsigned int nr;

	host.figures = memlock_figures_shipped(host.qemu, &host.match);
	EXPECT(doc);
	memlock_gaps(target, xmlDocGetRootElement(doc), &host, here);
	nr = target->nr;
	xmlFreeDoc(doc);
	report_free(&report);
	return nr;
}

static void finds_gaps(void)
{
	static const char missing[] =
		"<domain><os><loader>/nowhere/OVMF.fd</loader></os></domain>";

	EXPECT(gaps_of(missing, true) == 1 && !gaps_of(missing, false));
	EXPECT(!gaps_of("<domain><os><loader>/dev/null</loader></os></domain>", true));
	EXPECT(!gaps_of("<domain/>", true));
}

/* What is said of a domain on a host with a QEMU, one line for each finding; "" if nothing. */
static const char *gaps_on(const struct memlock_host *host, const char *text)
{
	static char said[512];
	struct report report = {};
	struct target *target = report_target(&report, "guest", TARGET_OBJECT);
	struct xml_error error;
	xmlDoc *doc = xml_read(text, strlen(text), &error);
	size_t i;

	EXPECT(doc);
	memlock_gaps(target, xmlDocGetRootElement(doc), host, true);
	said[0] = '\0';
	for (i = 0; i < target->nr; i++)
		append(said, sizeof(said), "%s %s %u: %s\n", target->findings[i].rule->id,
		       target->findings[i].severity == SEVERITY_ERROR ? "error" : "warning", target->findings[i].line, target->findings[i].message);
	xmlFreeDoc(doc);
	report_free(&report);
	return said;
}

/* QEMU 10.0 has pc-q35-2.4 to pc-q35-10.0. */
static void knows_machine_types(void)
{
	static const struct {
		const char *machine, *says;
	} rows[] = {
		{ "q35", "" }, { "pc", "" }, { "microvm", "" }, { "pc-q35-noble", "" },
		{ "pc-q35-10.0", "" }, { "pc-q35-9.2", "" }, { "pc-q35-2.4", "" }, { "pc-i440fx-2.4", "" },
		{ "pc-q35-10.1", "memlock-machine error 2: QEMU 10.0.2 has no pc-q35-10.1, which came later\n" },
		{ "pc-i440fx-11.0", "memlock-machine error 2: QEMU 10.0.2 has no pc-i440fx-11.0, which came later\n" },
		{ "pc-q35-2.3", "memlock-machine error 2: QEMU 10.0.2 has no pc-q35-2.3 any more\n" },
		{ "pc-i440fx-1.7", "memlock-machine error 2: QEMU 10.0.2 has no pc-i440fx-1.7 any more\n" },
	};
	struct memlock_host host = { .qemu = MEMLOCK_QEMU(10, 0), .qemu_name = "10.0.2" };
	char text[256];
	size_t i;

	host.figures = memlock_figures_shipped(host.qemu, &host.match);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "<domain><os>\n<type machine='%s'>hvm</type></os></domain>",
			 rows[i].machine);
		EXPECT_TEXT(gaps_on(&host, text), rows[i].says);
	}
	/* Which are the oldest of another one is not known, nor anything of an unknown one. */
	host.qemu = MEMLOCK_QEMU(9, 9);
	EXPECT_TEXT(gaps_on(&host, "<domain><os><type machine='pc-q35-2.3'>hvm</type></os></domain>"), "");
	host.qemu = 0;
	EXPECT_TEXT(gaps_on(&host, "<domain><os><type machine='pc-q35-99.0'>hvm</type></os></domain>"), "");
	host.qemu = MEMLOCK_QEMU(10, 0);
	EXPECT_TEXT(gaps_on(&host, "<domain><os><type>hvm</type></os></domain>"), "");
}

/* What a QEMU of this version lacks may be in a package; what this host's lacks, it lacks. */
static void knows_video_models(void)
{
	static const char text[] =
		"<domain><devices>\n<video><model type='qxl'/></video>\n<video><model type='vga'/></video>\n"
		"<video><model/></video>\n<video/>\n<video><model type='cirrus'/></video></devices></domain>";
	static const struct memlock_figures figures = { .name = "10.0", .lacks = "cirrus qxl" };
	static const struct {
		enum memlock_match match;
		const char *says;
	} rows[] = {
		{ MATCH_CALIBRATED, "memlock-video error 2: this QEMU 10.0 has no qxl\n"
				    "memlock-video error 6: this QEMU 10.0 has no cirrus\n" },
		{ MATCH_VERSION,
		  "memlock-video warning 2: QEMU 10.0 has no qxl where a package of its own is not installed\n"
		  "memlock-video warning 6: QEMU 10.0 has no cirrus where a package of its own is not installed\n" },
		{ MATCH_NEAREST, "" }, { MATCH_ASSUMED, "" },
	};
	struct memlock_host host = { .figures = &figures };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host.match = rows[i].match;
		EXPECT_TEXT(gaps_on(&host, text), rows[i].says);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "finds gaps", finds_gaps },
		{ "knows machine types", knows_machine_types },
		{ "knows video models", knows_video_models },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
