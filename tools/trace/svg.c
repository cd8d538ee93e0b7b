// SPDX-License-Identifier: GPL-2.0-only
/* A timeline as a picture: a lane for each VM, its launch from left to right. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "sev/names.h"
#include "trace/event.h"
#include "trace/svg.h"

#define WIDTH		1240
#define CHART_X		250
#define CHART_WIDTH	(WIDTH - CHART_X - 30)
#define HEAD		104
#define LANE		52
#define BAR		24
#define FOOT		48
/* Narrower than this nothing can be seen: such bars are widened, and those they hide left out. */
#define MIN_WIDTH	0.8
/* More do not fit on any screen: --vm chooses. */
#define LANES_MAX	256

/* Colours that differ for people who confuse red and green, too. */
static const struct style {
	const char *class;
	const char *label;
	const char *colour;
} styles[] = {
	{ "pin", "pinning memory", "#3b76af" },
	{ "wait", "waiting for the firmware", "#f0a202" },
	{ "start", "LAUNCH_START, ACTIVATE", "#8c6bb1" },
	{ "data", "LAUNCH_UPDATE", "#2a9d8f" },
	{ "measure", "LAUNCH_MEASURE, FINISH", "#d1495b" },
	{ "other", "other firmware commands", "#7a5c45" },
	{ "kvm", "KVM itself", "#b8c0cc" },
	{ "out", "outside of SEV's calls", "#e9ecf1" },
};

enum { PIN, WAIT, START, DATA, MEASURE, OTHER, KVM, OUT, STYLES_NR };

static const struct {
	uint32_t command;
	int style;
} command_styles[] = {
	{ 0x30, START }, { 0x21, START }, { 0xa0, START }, { 0x91, START }, { 0x93, START },
	{ 0x31, DATA }, { 0x32, DATA }, { 0xa1, DATA }, { 0x33, MEASURE }, { 0x35, MEASURE },
	{ 0xa2, MEASURE },
};

struct drawing {
	FILE *file;
	uint64_t start_ns, end_ns;
	bool used[STYLES_NR];
};

/* Text of any origin as XML text. */
static void put_text(FILE *file, const char *text)
{
	struct json_object *clean = json_text(text);
	char *copy = strdup(json_object_get_string(clean) ?: ""), *at;

	json_object_put(clean);
	output_make_printable(copy ?: (char []) { "" });
	for (at = copy; at && *at; at++) {
		/* U+FFFE and U+FFFF are no characters of XML 1.0 (2.2). */
		if (!strncmp(at, "\xef\xbf\xbe", 3) || !strncmp(at, "\xef\xbf\xbf", 3)) {
			fputc('?', file);
			at += 2;
			continue;
		}
		switch (*at) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			fputc(*at, file);
		}
	}
	free(copy);
}

static const char *ns_text(uint64_t ns, char text[32])
{
	struct json_object *value = json_u64(ns);

	format_ns(value, text, 32);
	json_object_put(value);
	return text;
}

static double x_of(const struct drawing *drawing, uint64_t ns)
{
	double whole = drawing->end_ns - drawing->start_ns;

	return CHART_X + (whole ? (ns - drawing->start_ns) / whole * CHART_WIDTH : 0);
}

static int style_of(const struct sevadm_event *event)
{
	size_t i;

	if (event->type == SEVADM_EVENT_PIN)
		return PIN;
	if (event->type == SEVADM_EVENT_KVM)
		return KVM;
	for (i = 0; i < ARRAY_SIZE(command_styles); i++)
		if (command_styles[i].command == event->command)
			return command_styles[i].style;
	return OTHER;
}

static const char *name_of(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_PSP ? psp_command_name(event->command) :
	       kvm_command_name(event->command);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* @right: how far bars of each style have come: what is hidden behind them is left out. */
static void put_bar(struct drawing *drawing, const struct sevadm_event *event, int style,
		    uint64_t from, uint64_t to, double y, double right[STYLES_NR])
{
	double x = x_of(drawing, from), end = x_of(drawing, to);
	bool failed = event_is_error(event);
	char text[32];

	if (end < x + MIN_WIDTH)
		end = x + MIN_WIDTH;
	if (end <= right[style] && !failed)
		return;
	right[style] = end;
	drawing->used[style] = true;
	fprintf(drawing->file,
		"<rect class=\"%s%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\"><title>",
		styles[style].class, failed ? " failed" : "", x, y, end - x, BAR);
	put_text(drawing->file, style == WAIT ? "waited for the firmware before " : "");
	put_text(drawing->file, name_of(event));
	fprintf(drawing->file, ": %s", ns_text(to - from, text));
	if (failed && event->known & SEVADM_KNOWN_FW_ERROR && event->fw_error)
		fprintf(drawing->file, ", %s", fw_error_name(event->fw_error));
	else if (failed)
		fprintf(drawing->file, ", failed");
	fputs("</title></rect>\n", drawing->file);
}

/* KVM's calls lie behind what happened within them. */
static void put_bars(struct drawing *drawing, const struct loaded *loaded,
		     const struct vm_timeline *vm, double y)
{
	double right[STYLES_NR] = {};
	const struct sevadm_event *event;
	bool behind;
	int pass;
	size_t i;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < loaded->nr; i++) {
			event = &loaded->events[i];
			behind = event->type == SEVADM_EVENT_KVM;
			if (behind == pass || event->time_ns > drawing->end_ns ||
			    event_start(event) < drawing->start_ns ||
			    !timeline_has(vm, event))
				continue;
			if (event->known & SEVADM_KNOWN_WAIT && event->wait_ns)
				put_bar(drawing, event, WAIT, event_start(event),
					event->time_ns - event->duration_ns, y, right);
			put_bar(drawing, event, style_of(event),
				event->time_ns - event->duration_ns, event->time_ns, y, right);
		}
}

static uint64_t kind_ns(const struct phase *phase, enum slice_kind kind)
{
	uint64_t ns = 0;
	size_t i;

	for (i = 0; i < phase->nr; i++)
		if (phase->slices[i].kind == kind)
			ns += phase->slices[i].ns;
	return ns;
}

static void put_share(FILE *file, const char *word, uint64_t part, uint64_t whole)
{
	if (whole && part * 200 >= whole)
		fprintf(file, " · %s %.0f %%", word, 100.0 * part / whole);
}

static void put_lane(struct drawing *drawing, const struct loaded *loaded,
		     const struct vm_timeline *vm, double y)
{
	uint64_t whole = vm->launch_end_ns - vm->start_ns;
	double x = x_of(drawing, vm->start_ns);
	FILE *file = drawing->file;
	char text[32];

	fprintf(file, "<g>\n<text class=\"name\" x=\"20\" y=\"%.1f\">", y + 11);
	if (vm->has_vm) {
		fprintf(file, "VM %" PRIu64 " ", vm->vm);
		put_text(file, vm->comm);
		fprintf(file, "</text>\n<text class=\"small\" x=\"20\" y=\"%.1f\">%s", y + 27,
			ns_text(whole, text));
		put_share(file, "pin", kind_ns(&vm->launch, SLICE_PINNING), whole);
		put_share(file, "fw", kind_ns(&vm->launch, SLICE_FIRMWARE), whole);
		put_share(file, "wait", kind_ns(&vm->launch, SLICE_WAITING), whole);
		if (!vm->finished)
			fputs(" · not finished", file);
		fputs("</text>\n", file);
		drawing->used[OUT] = true;
		fprintf(file, "<rect class=\"out\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\"/>\n",
			x, y, x_of(drawing, vm->launch_end_ns) - x, BAR);
	} else {
		fputs("of no VM</text>\n", file);
	}
	put_bars(drawing, loaded, vm, y);
	fputs("</g>\n", file);
}

/* ---- around them ----------------------------------------------------------------------------- */

static void put_head(FILE *file, const struct loaded *loaded, double height)
{
	struct json_object *header = loaded->header;
	size_t i;

	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" "
		"height=\"%.0f\" role=\"img\">\n<title>SEV launches on ", WIDTH, height, WIDTH,
		height);
	put_text(file, json_get_text(header, "hostname") ?: "an unknown host");
	fputs("</title>\n<style>\n"
	      "svg{background:#fff;font:13px system-ui,sans-serif;fill:#1f2733}\n"
	      ".head{font-size:20px;font-weight:600}.name{font-weight:600}\n"
	      ".small{font-size:11.5px;fill:#5b6675}.grid{stroke:#d9dee6;stroke-width:1}\n"
	      ".failed{stroke:#c1121f;stroke-width:2}\n", file);
	for (i = 0; i < STYLES_NR; i++)
		fprintf(file, ".%s{fill:%s}\n", styles[i].class, styles[i].colour);
	fputs("@media(prefers-color-scheme:dark){svg{background:#151a21;fill:#e6eaf0}\n"
	      ".small{fill:#9aa6b5}.grid{stroke:#2c3541}.out{fill:#232b36}.kvm{fill:#566273}}\n"
	      "</style>\n", file);
	fprintf(file, "<text class=\"head\" x=\"20\" y=\"36\">Where the time of SEV launches went</text>\n"
		"<text class=\"small\" x=\"20\" y=\"56\">");
	put_text(file, json_get_text(header, "hostname") ?: "an unknown host");
	fputs(", kernel ", file);
	put_text(file, json_get_text(header, "kernel") ?: "unknown");
	fputs(", ", file);
	put_text(file, json_get_text(header, "time") ?: "at an unknown time");
	fprintf(file, ": %zu event%s, %" PRIu64 " lost%s</text>\n", loaded->nr,
		plural(loaded->nr), loaded->lost,
		loaded->complete ? "" : "; the recording is not complete");
}

/* About as wide as DejaVu Sans draws it, which is a wide one; capitals take more. */
static double text_width(const char *text)
{
	double width = 0;

	for (; *text; text++)
		width += isupper((unsigned char)*text) || *text == '_' ? 7.5 : 6.3;
	return width;
}

/* Each font has widths of its own: labels are made as wide as there is room for them. */
static void put_legend(const struct drawing *drawing)
{
	double x = 20;
	size_t i;

	for (i = 0; i < STYLES_NR; i++) {
		if (!drawing->used[i])
			continue;
		fprintf(drawing->file,
			"<rect class=\"%s\" x=\"%.1f\" y=\"71\" width=\"12\" height=\"12\" rx=\"2\"/>"
			"<text class=\"small\" x=\"%.1f\" y=\"81\" textLength=\"%.1f\" "
			"lengthAdjust=\"spacingAndGlyphs\">%s</text>\n", styles[i].class, x,
			x + 17, text_width(styles[i].label), styles[i].label);
		x += 17 + text_width(styles[i].label) + 9;
	}
}

/* Steps of 1, 2 or 5 times a power of ten: twelve at most. */
static void put_axis(const struct drawing *drawing, double bottom)
{
	static const double factors[] = { 2, 2.5, 2 };
	double whole = drawing->end_ns - drawing->start_ns, step, at;
	size_t i = 0;
	char text[32];

	if (whole < 1)
		return;
	for (step = 1; whole / step > 12; step *= factors[i++ % ARRAY_SIZE(factors)])
		;
	for (at = 0; at <= whole; at += step) {
		double x = CHART_X + at / whole * CHART_WIDTH;

		fprintf(drawing->file,
			"<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\"/>"
			"<text class=\"small\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
			x, HEAD - 8, x, bottom, x, bottom + 16,
			at ? ns_text(at, text) : "0");
	}
}

/* The launches; of a recording without one, all of it. */
static void find_range(struct drawing *drawing, const struct timeline *timeline)
{
	bool launches = false;
	size_t i;

	for (i = 0; i < timeline->nr; i++) {
		const struct vm_timeline *vm = timeline->vms[i];

		if (!vm->has_vm)
			continue;
		if (!launches || vm->start_ns < drawing->start_ns)
			drawing->start_ns = vm->start_ns;
		if (vm->launch_end_ns > drawing->end_ns)
			drawing->end_ns = vm->launch_end_ns;
		launches = true;
	}
	if (!launches) {
		drawing->start_ns = timeline->start_ns;
		drawing->end_ns = timeline->end_ns;
	}
}

void svg_write(FILE *file, const struct loaded *loaded, const struct timeline *timeline)
{
	size_t lanes = timeline->nr < LANES_MAX ? timeline->nr : LANES_MAX, i;
	double height = HEAD + FOOT + LANE * (lanes ?: 1);
	struct drawing drawing = { .file = file };

	find_range(&drawing, timeline);
	put_head(file, loaded, height);
	put_axis(&drawing, height - FOOT);
	for (i = 0; i < lanes; i++)
		put_lane(&drawing, loaded, timeline->vms[i], HEAD + LANE * i);
	put_legend(&drawing);
	fputs("</svg>\n", file);
}

int svg_draw(const char *path, const struct loaded *loaded, const struct timeline *timeline)
{
	FILE *file = fopen(path, "we");
	bool failed;

	if (!file)
		return fail(EXIT_REFUSED, "cannot create %s: %m", path);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", file);
	svg_write(file, loaded, timeline);
	failed = ferror(file);
	if (fclose(file) || failed)
		return fail(EXIT_REFUSED, "cannot write %s: %m", path);
	return EXIT_OK;
}
