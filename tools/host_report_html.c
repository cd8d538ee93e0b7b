// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of a report: one file that opens anywhere without a network, in the light and in the
 * dark, on paper and in a narrow window. All is there without scripts; with them the tables sort.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "host_report.h"

/* More rows make a page that cannot be scrolled; the JSON in the page has the others. */
#define EVENT_ROWS 1000

/* The columns of no table are more. */
#define COLUMNS_MAX 16

/* What is wider than the window is reached by the arrow keys, too. */
#define SCROLL "<div class=\"r-scroll\" tabindex=\"0\">"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
	"script-src 'unsafe-inline'\">\n<title>sevadm report</title>\n<style>\n"
	":root{color-scheme:light dark;--back:#fff;--text:#1f2733;--soft:#5b6675;--line:#d9dee6;--card:#f5f7fa;"
	"--used:#3b76af;--reclaim:#f0a202;--reserved:#8c6bb1;--error:#b3121d;--warning:#8a5a00;--info:#3b76af}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#151a21;--text:#e6eaf0;--soft:#9aa6b5;--line:#2c3541;"
	"--card:#1d242d;--used:#6aa5dc;--error:#ff7b81;--warning:#f4b942;--info:#8bbcec}}\n"
	"body{margin:0 auto;padding:1.2rem;max-width:82rem;background:var(--back);color:var(--text);"
	"font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.8rem 0 .5rem}\n"
	".r-soft{color:var(--soft)}.r-scroll{overflow-x:auto}\n"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
	"th,td{text-align:left;padding:.25rem 1.1rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;"
	"white-space:nowrap}.r-number{text-align:right}td.r-wrap{white-space:normal;min-width:16rem}\n"
	"th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible,.r-scroll:focus-visible{"
	"outline:2px solid var(--used);outline-offset:2px}\n"
	"th[aria-sort=ascending] button::after{content:' \\25b2'}th[aria-sort=descending] button::after{content:' \\25bc'}\n"
	".r-finding{background:var(--card);border-left:4px solid var(--info);padding:.5rem .8rem;margin:.4rem 0}\n"
	".r-error{border-color:var(--error)}.r-warning{border-color:var(--warning)}\n"
	".r-bar{display:flex;height:.9rem;min-width:14rem;background:var(--line);border-radius:.2rem;overflow:hidden}\n"
	".r-bar i{display:block;height:100%}.r-used{background:var(--used)}.r-reclaim{background:var(--reclaim)}"
	".r-reserved{background:var(--reserved)}\n"
	".r-key i{display:inline-block;width:.7rem;height:.7rem;border-radius:.15rem;margin-right:.35rem}"
	".r-pools th:nth-child(n+3),.r-pools td:nth-child(n+3){text-align:right}"
	".r-picture svg{max-width:100%;min-width:44rem;height:auto}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px}\n"
	"@media print{body{max-width:none;padding:0;font-size:10pt}.r-picture svg{min-width:0}"
	"th,td{white-space:normal}.r-scroll{overflow:visible}.r-bar,.r-bar i{print-color-adjust:exact}}\n"
	"</style>\n</head>\n<body>\n";

/*
 * A heading's button sorts by numbers where there are some, else by text; unknown ones come last.
 */
static const char script[] =
	"<script>\n"
	"document.querySelectorAll('table.r-sort').forEach(function(table){\n"
	" table.querySelectorAll('th').forEach(function(th,column){\n"
	"  var button=document.createElement('button');button.type='button';\n"
	"  button.textContent=th.textContent;th.textContent='';th.appendChild(button);\n"
	"  button.addEventListener('click',function(){\n"
	"   var down=th.getAttribute('aria-sort')==='ascending',body=table.tBodies[0];\n"
	"   function key(row){var cell=row.cells[column],v=cell.getAttribute('data-v');\n"
	"    return v===null?cell.textContent:Number(v);}\n"
	"   var rows=Array.from(body.rows).map(function(row,at){return{row:row,key:key(row),at:at};});\n"
	"   rows.sort(function(a,b){var x=a.key,y=b.key,c;\n"
	"    if(typeof x!==typeof y)return typeof x==='number'?-1:1;\n"
	"    c=x<y?-1:x>y?1:0;return (down?-c:c)||a.at-b.at;});\n"
	"   table.querySelectorAll('th').forEach(function(o){o.removeAttribute('aria-sort');});\n"
	"   th.setAttribute('aria-sort',down?'descending':'ascending');\n"
	"   rows.forEach(function(r){body.appendChild(r.row);});\n"
	"  });\n });\n});\n</script>\n";

static const struct column vm_columns[] = {
	{ "id", "VM" }, { "name", "Name" }, { "type", "Type" }, { "asid", "ASID" }, { "state", "State" },
	{ "pid", "Process" }, { "uid", "User" }, { "pinned_bytes", "Pinned", format_bytes },
	{ "pinned_peak_bytes", "At most", format_bytes }, { "private_bytes", "Private", format_bytes },
	{ "regions", "Regions" },
	{ "policy", "Policy", format_hex }, { "mirror_of", "Mirror of" }, { "cgroup", "Cgroup" },
};

static const struct column asid_columns[] = {
	{ "asid", "ASID" }, { "pool", "Pool" }, { "state", "State" }, { "vm", "VM" }, { "name", "Name" },
	{ "pid", "Process" },
};

static const struct column command_columns[] = {
	{ "event", "Interface" }, { "command", "Command" }, { "count", "Count" },
	{ "failures", "Failures" }, { "statuses", "How they failed" }, { "took", "Mean", format_ns },
	{ "longest", "Longest", format_ns }, { "waited", "Longest wait", format_ns },
};

static const struct column limit_columns[] = {
	{ "subject", "Subject" }, { "resource", "Resource" }, { "current", "Used" }, { "peak", "At most" },
	{ "min", "min" }, { "high", "high" }, { "max", "max" },
};

static const struct column event_columns[] = {
	{ "seq", "Number" }, { "time_ns", "Time", format_ns }, { "event", "Event" },
	{ "command", "Command" }, { "vm", "VM" }, { "asid", "ASID" }, { "subject", "Subject" },
	{ "ret", "Result" }, { "fw_error_name", "Firmware" }, { "psp_ns", "In firmware", format_ns },
	{ "wait_ns", "Waited", format_ns }, { "duration_ns", "Took", format_ns },
	{ "bytes", "Bytes", format_bytes },
};

static_assert(ARRAY_SIZE(vm_columns) <= COLUMNS_MAX && ARRAY_SIZE(event_columns) <= COLUMNS_MAX,
	      "a table has more columns than there is room for");

static struct json_object *get(struct json_object *row, const char *key)
{
	return json_object_object_get(row, key);
}

/* Text of any origin. */
static void put(FILE *file, const char *text)
{
	struct json_object *clean = json_text(text);
	const char *at;

	for (at = json_object_get_string(clean); at && *at; at++) {
		if (*at == '&')
			fputs("&amp;", file);
		else if (*at == '<')
			fputs("&lt;", file);
		else if (*at == '>')
			fputs("&gt;", file);
		else if (*at == '"')
			fputs("&quot;", file);
		else if ((unsigned char)*at < ' ' && *at != '\n' && *at != '\t')
			fputc('?', file);
		else
			fputc(*at, file);
	}
	json_object_put(clean);
}

static void put_section(FILE *file, const char *title)
{
	fprintf(file, "<h2>%s</h2>\n", title);
}

/* Limits on pinned memory are in bytes, those on ASIDs are numbers. */
static output_formatter formatter(struct json_object *row, const struct column *column)
{
	const char *resource = json_get_text(row, "resource");

	if (!column->format && resource && strncmp(resource, "asid", 4) &&
	    json_object_is_type(get(row, column->key), json_type_int))
		return format_bytes;
	return column->format;
}

static bool is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

/* Numbers stand below each other, and what is not known among them. */
static bool has_numbers(struct json_object *rows, size_t first, const char *key)
{
	size_t i;

	for (i = first; i < json_object_array_length(rows); i++)
		if (is_number(get(json_object_array_get_idx(rows, i), key)))
			return true;
	return false;
}

static void put_cell(FILE *file, struct json_object *row, const struct column *column, bool numbers)
{
	struct json_object *value = get(row, column->key);

	if (is_number(value))
		fprintf(file, "<td class=\"r-number\" data-v=\"%s\">", json_object_get_string(value));
	else
		fputs(numbers ? "<td class=\"r-number\">" : "<td>", file);
	put(file, output_text(row, column->key, formatter(row, column)));
	fputs("</td>", file);
}

static void put_table(FILE *file, struct json_object *rows, size_t first,
		      const struct column *columns, size_t nr)
{
	bool numbers[COLUMNS_MAX] = {};
	size_t i, j;

	if (json_object_array_length(rows) <= first) {
		fputs("<p class=\"r-soft\">None.</p>\n", file);
		return;
	}
	fputs(SCROLL "<table class=\"r-sort\"><thead><tr>", file);
	for (j = 0; j < nr; j++) {
		numbers[j] = has_numbers(rows, first, columns[j].key);
		fprintf(file, "<th scope=\"col\"%s>%s</th>", numbers[j] ? " class=\"r-number\"" : "",
			columns[j].heading);
	}
	fputs("</tr></thead><tbody>\n", file);
	for (i = first; i < json_object_array_length(rows); i++) {
		fputs("<tr>", file);
		for (j = 0; j < nr; j++)
			put_cell(file, json_object_array_get_idx(rows, i), &columns[j], numbers[j]);
		fputs("</tr>\n", file);
	}
	fputs("</tbody></table></div>\n", file);
}

/* ---- sections -------------------------------------------------------------------------------- */

static void put_title(FILE *file, struct json_object *facts)
{
	struct json_object *status = get(facts, "status"), *firmware = get(status, "firmware");

	fputs("<h1>SEV host", file);
	if (!json_is_null(facts, "hostname")) {
		fputc(' ', file);
		put(file, json_get_text(facts, "hostname"));
	}
	fputs("</h1>\n<p class=\"r-soft\">", file);
	put(file, json_get_text(facts, "time"));
	fputs(" · kernel ", file);
	put(file, json_get_text(facts, "kernel"));
	fputs(" · sevadm ", file);
	put(file, json_get_text(facts, "sevadm"));
	fputs(", module ", file);
	put(file, output_text(get(status, "module"), "state", NULL));
	if (!json_is_null(firmware, "api_major")) {
		fputs(" · firmware ", file);
		put(file, output_text(firmware, "api_major", NULL));
		fputc('.', file);
		put(file, output_text(firmware, "api_minor", NULL));
		fputs(" build ", file);
		put(file, output_text(firmware, "build", NULL));
	}
	if (!json_is_null(facts, "vm")) {
		fputs(" · about VM ", file);
		put(file, json_get_text(facts, "vm"));
	}
	fputs("</p>\n", file);
}

static void put_findings(FILE *file, struct json_object *findings)
{
	struct json_object *finding;
	size_t i;

	for (i = 0; i < json_object_array_length(findings); i++) {
		finding = json_object_array_get_idx(findings, i);
		fputs("<div class=\"r-finding r-", file);
		put(file, json_get_text(finding, "severity"));
		fputs("\"><b>", file);
		put(file, json_get_text(finding, "severity"));
		fputs(":</b> ", file);
		put(file, json_get_text(finding, "message"));
		if (!json_is_null(finding, "fix")) {
			fputs("<br><span class=\"r-soft\">", file);
			put(file, json_get_text(finding, "fix"));
			fputs("</span>", file);
		}
		fputs("</div>\n", file);
	}
	if (!i)
		fputs("<p>Nothing is wrong.</p>\n", file);
}

static void put_part(FILE *file, const char *class, uint64_t part, uint64_t whole)
{
	if (part && whole)
		fprintf(file, "<i class=\"r-%s\" style=\"width:%.2f%%\"></i>", class,
			100.0 * (part < whole ? part : whole) / whole);
}

static void put_pools(FILE *file, struct json_object *pools)
{
	static const char *const keys[] = { "capacity", "used", "reclaim", "reserved", "free", "peak" };
	uint64_t capacity;
	size_t i;

	fputs(SCROLL "<table class=\"r-pools\"><thead><tr><th>Pool</th><th></th><th>ASIDs</th><th class=\"r-key\">"
	      "<i class=\"r-used\"></i>Used</th><th class=\"r-key\"><i class=\"r-reclaim\"></i>To be recycled</th>"
	      "<th class=\"r-key\"><i class=\"r-reserved\"></i>Reserved</th><th>Free</th><th>At most</th>"
	      "</tr></thead><tbody>\n", file);
	json_object_object_foreach(pools, name, pool) {
		capacity = json_get_u64(pool, "capacity");
		fputs("<tr><td>", file);
		put(file, name);
		fputs("</td><td><div class=\"r-bar\">", file);
		put_part(file, "used", json_get_u64(pool, "used"), capacity);
		put_part(file, "reclaim", json_get_u64(pool, "reclaim"), capacity);
		put_part(file, "reserved", json_get_u64(pool, "reserved"), capacity);
		fputs("</div></td>", file);
		for (i = 0; i < ARRAY_SIZE(keys); i++)
			fprintf(file, "<td>%s</td>", output_text(pool, keys[i], NULL));
		fputs("</tr>\n", file);
	}
	fputs("</tbody></table></div>\n", file);
}

static void put_pinned(FILE *file, struct json_object *pinned)
{
	fprintf(file, "<p>Pinned: %s, at most %s", output_text(pinned, "current_bytes", format_bytes),
		output_text(pinned, "peak_bytes", format_bytes));
	if (!json_is_null(pinned, "max_bytes"))
		fprintf(file, ", limit %s", output_text(pinned, "max_bytes", format_bytes));
	fputs(".</p>\n", file);
}

static void copy(struct json_object *to, const char *key, struct json_object *from, const char *of)
{
	json_object_object_add(to, key, json_object_get(get(from, of)));
}

/* "INVALID_GUEST_STATE 2, EBUSY 1"; NULL: nothing failed. */
static struct json_object *failures_text(struct json_object *statuses)
{
	char text[512] = "";
	size_t length;

	json_object_object_foreach(statuses, name, count) {
		length = strlen(text);
		snprintf(text + length, sizeof(text) - length, "%s%s %s", length ? ", " : "", name,
			 json_object_get_string(count));
	}
	return text[0] ? json_text(text) : NULL;
}

/* Rows of one level, as a table has them. */
static struct json_object *flat_commands(struct json_object *commands)
{
	struct json_object *rows = json_object_new_array(), *row, *command, *times;
	size_t i;

	for (i = 0; i < json_object_array_length(commands); i++) {
		command = json_object_array_get_idx(commands, i);
		times = get(command, "psp") ?: get(command, "duration");
		row = json_object_new_object();
		copy(row, "event", command, "event");
		copy(row, "command", command, "command");
		copy(row, "count", command, "count");
		copy(row, "failures", command, "failures");
		copy(row, "took", times, "mean_ns");
		copy(row, "longest", times, "max_ns");
		if (get(command, "wait"))
			copy(row, "waited", get(command, "wait"), "max_ns");
		json_object_object_add(row, "statuses", failures_text(get(command, "statuses")));
		json_object_array_add(rows, row);
	}
	return rows;
}

static void put_commands(FILE *file, struct json_object *commands)
{
	struct json_object *rows = flat_commands(commands);

	put_table(file, rows, 0, command_columns, ARRAY_SIZE(command_columns));
	json_object_put(rows);
}

static void put_events(FILE *file, struct json_object *trace)
{
	struct json_object *events = get(trace, "events");
	size_t nr = json_object_array_length(events), first = nr > EVENT_ROWS ? nr - EVENT_ROWS : 0;

	fprintf(file, "<p class=\"r-soft\">%zu event%s", nr, plural(nr));
	if (first)
		fprintf(file, ", of which the last %d are shown", EVENT_ROWS);
	fprintf(file, "; %" PRIu64 " lost, %" PRIu64 " older ones left out.</p>\n",
		json_get_u64(trace, "lost"), json_get_u64(trace, "left_out"));
	put_table(file, events, first, event_columns, ARRAY_SIZE(event_columns));
}

static void put_host(FILE *file, struct json_object *host)
{
	put_findings(file, get(host, "findings"));
	fputs(SCROLL "<table><tbody>\n", file);
	json_object_object_foreach(get(host, "facts"), key, value) {
		if (!value || json_object_is_type(value, json_type_object))
			continue;
		fputs("<tr><td>", file);
		put(file, key);
		fputs("</td><td class=\"r-wrap\">", file);
		put(file, json_object_get_string(value));
		fputs("</td></tr>\n", file);
	}
	fputs("</tbody></table></div>\n", file);
}

/*
 * "</script>" and "<!--" would end the element: '<' is in strings alone, where it can be escaped.
 */
static void put_json(FILE *file, struct json_object *facts)
{
	const char *text = json_object_to_json_string_ext(facts, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE);

	fputs("<script type=\"application/json\" id=\"facts\">\n", file);
	for (; *text; text++)
		if (*text == '<')
			fputs("\\u003c", file);
		else
			fputc(*text, file);
	fputs("\n</script>\n", file);
}

void host_report_write_html(FILE *file, struct json_object *facts, const char *picture)
{
	struct json_object *status = get(facts, "status");

	fputs(head, file);
	put_title(file, facts);
	put_section(file, "Findings");
	put_findings(file, get(status, "findings"));
	put_section(file, "ASIDs and memory");
	put_pools(file, get(status, "pools"));
	put_pinned(file, get(status, "pinned"));
	put_section(file, "VMs");
	put_table(file, get(facts, "vms"), 0, vm_columns, ARRAY_SIZE(vm_columns));
	put_section(file, "Limits");
	put_table(file, get(facts, "limits"), 0, limit_columns, ARRAY_SIZE(limit_columns));
	put_section(file, "Launches");
	if (picture)
		fprintf(file, "<div class=\"r-picture r-scroll\" tabindex=\"0\">%s</div>\n", picture);
	else
		fputs("<p class=\"r-soft\">The ring holds none.</p>\n", file);
	put_section(file, "Commands since the module was loaded");
	put_commands(file, get(facts, "commands"));
	put_section(file, "ASIDs in use");
	put_table(file, get(facts, "asids"), 0, asid_columns, ARRAY_SIZE(asid_columns));
	put_section(file, "Trace");
	put_events(file, get(facts, "trace"));
	put_section(file, "What check host finds");
	put_host(file, get(facts, "host"));
	put_json(file, facts);
	fputs(script, file);
	fputs("</body>\n</html>\n", file);
}
