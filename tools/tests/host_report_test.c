// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of sevadm report: whatever VMs are called, it stays a page; and names are in it on
 * request only.
 */
#include <stdlib.h>

#include "cli/output.h"
#include "host_report.h"
#include "test.h"

/* Each name of a tenant or of the host has "secret" in it. */
static const char facts_text[] =
	"{'format':'sevadm-report','version':1,'sevadm':'0.1.0','time':'2026-01-01T00:00:00Z','hostname':'secret-host',"
	"'kernel':'6.12','vm':null,'since_ns':null,"
	"'status':{'pools':{'sev':{'capacity':8,'used':4,'reclaim':2,'reserved':0,'free':2,'peak':5}},"
	"'pinned':{'current_bytes':4096,'peak_bytes':8192,'max_bytes':null},"
	"'module':{'state':'attached','seams':[{'name':'sev_vm_destroy','attached':true}]},"
	"'firmware':{'api_major':1,'api_minor':55,'build':24},"
	"'limits_near':[{'subject':'cgroup /secret','resource':'pin','max':4096,'current':4096}],"
	"'busiest':[{'id':3,'name':'secret</script><script>alert(1)'}],"
	"'findings':[{'finding':'pool-near','severity':'warning','message':'a <b> & c','fix':'do'}]},"
	"'vms':[{'id':3,'name':'secret</script><script>alert(1)','alias':'secret','uuid':'secret','comm':'secret\\u001b[2J',"
	"'cgroup':'/secret','type':'sev','asid':5,'pinned_bytes':4096}],"
	"'asids':[{'asid':5,'pool':'sev','state':'used','vm':3,'name':'secret'}],"
	"'limits':[{'subject':'cgroup /secret','resource':'pin','current':4096,'max':1048576},"
	"{'subject':'cgroup /secret/other','resource':'asid.sev','current':1,'max':4},"
	"{'subject':'user 7','resource':'pin','current':0,'max':4096}],"
	"'commands':[{'event':'psp','command':'LAUNCH_START','count':3,'failures':1,'statuses':{'BUSY':1},"
	"'psp':{'mean_ns':5,'max_ns':9},'wait':{'max_ns':7}}],"
	"'trace':{'lost':1,'left_out':2,'events':[{'seq':1,'time_ns':5,'event':'limit','comm':'secret',"
	"'subject':'cgroup /secret','vm':3}]},"
	"'host':{'findings':[],'facts':{'hostname':'secret-host','kernel_command_line':'secret=1','memory_bytes':5,'unknown':{}}}}";

static struct json_object *make_facts(void)
{
	char *copy = strdup(facts_text), *c;
	struct json_object *facts;

	for (c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	facts = json_tokener_parse(copy);
	free(copy);
	if (!facts)
		abort();
	return facts;
}

/* The caller frees it. */
static char *page(struct json_object *facts, const char *picture)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	host_report_write_html(file, facts, picture);
	fclose(file);
	return text;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text++)
		nr++;
	return nr;
}

static void hostile_names_are_text(void)
{
	struct json_object *facts = make_facts();
	char *text = page(facts, "<svg></svg>");

	EXPECT_NUMBER(count(text, "<script>"), 1);
	EXPECT_NUMBER(count(text, "</script>"), 2);
	EXPECT(strstr(text, "secret&lt;/script&gt;&lt;script&gt;alert(1)"));
	EXPECT(strstr(text, "a &lt;b&gt; &amp; c"));
	EXPECT(!strchr(text, '\x1b'));
	EXPECT(strstr(text, "<svg></svg>"));
	EXPECT(strstr(text, "<td>BUSY 1</td>"));
	free(text);
	json_object_put(facts);
}

static void the_facts_are_in_it(void)
{
	static const char begin[] = "<script type=\"application/json\" id=\"facts\">\n";
	struct json_object *facts = make_facts(), *read;
	char *text = page(facts, NULL), *json = strstr(text, begin), *end;

	EXPECT(json);
	if (json) {
		json += strlen(begin);
		end = strstr(json, "</script>");
		*end = '\0';
		read = json_tokener_parse(json);
		EXPECT(read && json_object_equal(read, facts));
		json_object_put(read);
	}
	free(text);
	json_object_put(facts);
}

/* Nothing that a browser would ask a network for. */
static void it_needs_no_network(void)
{
	struct json_object *facts = make_facts();
	char *text = page(facts, NULL);

	EXPECT_NUMBER(count(text, "http:") + count(text, "https:") + count(text, "src=") + count(text, "url("), 0);
	EXPECT_NUMBER(count(text, "@import") + count(text, "<link") + count(text, "<img"), 0);
	EXPECT(strstr(text, "default-src 'none'"));
	free(text);
	json_object_put(facts);
}

static void names_are_hidden(void)
{
	struct json_object *facts = make_facts();
	char *text;

	host_report_hide_names(facts);
	text = page(facts, NULL);
	EXPECT_NUMBER(count(text, "secret"), 0);
	/*
	 * The same cgroup has the same number wherever it is named; a user's is a number already.
	 */
	EXPECT_NUMBER(count(text, "<td>cgroup 1</td>"), 2);
	EXPECT_NUMBER(count(text, "<td>cgroup 2</td>"), 1);
	EXPECT(strstr(text, "<td>user 7</td>"));
	/* Names of sevadm's own stay. */
	EXPECT(strstr(text, "sev_vm_destroy"));
	free(text);
	json_object_put(facts);
}

static void numbers_sort_as_numbers(void)
{
	struct json_object *facts = make_facts();
	char *text = page(facts, NULL);

	EXPECT(strstr(text, "<td class=\"r-number\" data-v=\"4096\">4.0 KiB</td>"));
	EXPECT(strstr(text, "<td class=\"r-number\" data-v=\"1048576\">1.0 MiB</td>"));
	EXPECT(strstr(text, "<td class=\"r-number\" data-v=\"4\">4</td>"));
	EXPECT(strstr(text, "width:50.00%"));
	free(text);
	json_object_put(facts);
}

int main(void)
{
	static const struct test tests[] = {
		{ "hostile names are text", hostile_names_are_text },
		{ "the facts are in it", the_facts_are_in_it },
		{ "it needs no network", it_needs_no_network },
		{ "names are hidden", names_are_hidden },
		{ "numbers sort as numbers", numbers_sort_as_numbers },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
