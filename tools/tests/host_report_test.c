// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of sevadm report: whatever VMs are called, it stays a page; and names are in it on
 * request only.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "host_report.h"
#include "netlink.h"
#include "quoted_json.h"
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
	"'findings':[{'finding':'pool-near','severity':'warning','message':'a <b> & \\\"c\\\"\\u0001\\u001f\\t\\nd','fix':'do'}]},"
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
	struct json_object *facts = quoted_json(facts_text);
	char *text = page(facts, "<svg></svg>");

	EXPECT_NUMBER(count(text, "<script>"), 1);
	EXPECT_NUMBER(count(text, "</script>"), 2);
	EXPECT(strstr(text, "secret&lt;/script&gt;&lt;script&gt;alert(1)"));
	EXPECT(strstr(text, "a &lt;b&gt; &amp; &quot;c&quot;??\t\nd"));
	EXPECT(!strchr(text, '\x1b'));
	EXPECT(strstr(text, "<svg></svg>"));
	EXPECT(strstr(text, "<td>BUSY 1</td>"));
	free(text);
	json_object_put(facts);
}

static void the_facts_are_in_it(void)
{
	static const char begin[] = "<script type=\"application/json\" id=\"facts\">\n";
	struct json_object *facts = quoted_json(facts_text), *read;
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
	struct json_object *facts = quoted_json(facts_text);
	char *text = page(facts, NULL);

	EXPECT_NUMBER(count(text, "http:") + count(text, "https:") + count(text, "src=") + count(text, "url("), 0);
	EXPECT_NUMBER(count(text, "@import") + count(text, "<link") + count(text, "<img"), 0);
	EXPECT(strstr(text, "default-src 'none'"));
	free(text);
	json_object_put(facts);
}

static void names_are_hidden(void)
{
	struct json_object *facts = quoted_json(facts_text);
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
	struct json_object *facts = quoted_json(facts_text);
	char *text = page(facts, NULL);

	EXPECT(strstr(text, "<td class=\"r-number\" data-v=\"4096\">4.0 KiB</td>"));
	EXPECT(strstr(text, "<td class=\"r-number\" data-v=\"1048576\">1.0 MiB</td>"));
	EXPECT(strstr(text, "<td class=\"r-number\" data-v=\"4\">4</td>"));
	EXPECT(strstr(text, "width:50.00%"));
	free(text);
	json_object_put(facts);
}

/* ---- the command ----------------------------------------------------------------------------- */

#define SECOND		1000000000ULL
#define EVENTS_MAX	20000

static char folder[] = "/tmp/sevadm-report-XXXXXX";

/**
 * struct host - how the module answers
 * @fd: of its device; @open_error, @filter_error: errno of opening it, and of choosing events
 * @first, @last: numbers of the events in the ring, which came a millisecond apart
 * @lost: after that many were lost
 * @refuse: the question that it refuses
 * @old: it has no limits and no statistics
 */
static struct {
	int fd, open_error, filter_error;
	uint64_t first, last, lost;
	unsigned int refuse;
	bool old;
} host;

int open(const char *path, int flags, ...)
{
	if (strcmp(path, SEVADM_DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	errno = host.open_error;
	host.fd = host.open_error ? -1 : dup(STDIN_FILENO);
	return host.fd;
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (fd != host.fd)
		return syscall(SYS_ioctl, fd, request, argument);
	EXPECT(request == SEVADM_IOC_EVENT_FILTER);
	errno = host.filter_error;
	return host.filter_error ? -1 : 0;
}

/* Event N is of the first second's Nth millisecond, and of VM 7, but each fourth. */
static void make_event(struct sevadm_event *event, uint64_t seq)
{
	*event = (struct sevadm_event) {
		.size = sizeof(*event), .type = SEVADM_EVENT_KVM, .seq = seq,
		.time_ns = seq * SECOND / 1000, .known = SEVADM_KNOWN_VM, .vm = seq % 4 ? 7 : 9,
		.command = 0, .duration_ns = 1000, .comm = "secret",
	};
}

ssize_t read(int fd, void *to, size_t size)
{
	struct sevadm_event *events = to;
	size_t nr = 0;

	if (fd != host.fd)
		return syscall(SYS_read, fd, to, size);
	if (host.lost) {
		events[nr++] = (struct sevadm_event) {
			.size = sizeof(*events), .type = SEVADM_EVENT_LOST, .count = host.lost,
		};
		host.lost = 0;
	}
	for (; host.first <= host.last && (nr + 1) * sizeof(*events) <= size; nr++)
		make_event(&events[nr], host.first++);
	errno = EAGAIN;
	return nr ? (ssize_t)(nr * sizeof(*events)) : -1;
}

/* Its number is another file's from then on. */
int close(int fd)
{
	if (fd == host.fd)
		host.fd = -1;
	return syscall(SYS_close, fd);
}

/* A hundred seconds after the start. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_BOOTTIME)
		return syscall(SYS_clock_gettime, clock, now);
	*now = (struct timespec) { .tv_sec = 100, .tv_nsec = 500000000 };
	return 0;
}

int access(const char *path, int mode)
{
	return strcmp(path, "/sys/module/sevadm") ? faccessat(AT_FDCWD, path, mode, 0) : 0;
}

uid_t geteuid(void)
{
	return 0;
}

static struct datagram *begin_row(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();

	answer_genl(to, request, NLM_F_MULTI, ((struct genlmsghdr *)NLMSG_DATA(request))->cmd);
	return to;
}

static void answer_vms(const struct nlmsghdr *request)
{
	unsigned int i;

	for (i = 7; i <= 9; i += 2) {
		struct datagram *to = begin_row(request);

		put_u64(to, SEVADM_A_VM_ID, i);
		put_u32(to, SEVADM_A_VM_PID, 4194305);
		put_attribute(to, SEVADM_A_VM_COMM, "secret", 7);
		put_u32(to, SEVADM_A_VM_TYPE, SEVADM_VM_TYPE_SEV);
		put_u32(to, SEVADM_A_VM_POOL, SEVADM_POOL_SEV);
		end_message(to);
	}
}

static void answer_asids(const struct nlmsghdr *request)
{
	unsigned int i;

	for (i = 7; i <= 10; i++) {
		struct datagram *to = begin_row(request);

		put_u32(to, SEVADM_A_ASID_ASID, i);
		put_u32(to, SEVADM_A_ASID_POOL, SEVADM_POOL_SEV);
		put_u32(to, SEVADM_A_ASID_STATE, i == 8 ? SEVADM_ASID_STATE_FREE :
			i == 10 ? SEVADM_ASID_STATE_RECLAIM : SEVADM_ASID_STATE_USED);
		if (i == 7 || i == 9)
			put_u64(to, SEVADM_A_ASID_VM, i);
		end_message(to);
	}
}

static void answer_stats(const struct nlmsghdr *request)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct datagram *to = begin_row(request);

		put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_PSP);
		put_u32(to, SEVADM_A_STATS_COMMAND, 0x30);
		if (i)
			put_u64(to, SEVADM_A_STATS_VM, 5 + 2 * i);
		put_u64(to, SEVADM_A_STATS_COUNT, 70 + i);
		put_u64(to, SEVADM_A_STATS_FAILURES, 1);
		end_message(to);
	}
}

static void take_request(const struct nlmsghdr *request)
{
	unsigned int command = ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd;
	struct datagram *to;

	if (host.refuse == command) {
		answer_error(request, EIO, NULL, NO_OFFSET);
		return;
	}
	if (host.old && (command == SEVADM_CMD_LIMIT_GET || command == SEVADM_CMD_STATS_GET)) {
		answer_error(request, EOPNOTSUPP, NULL, NO_OFFSET);
		return;
	}
	switch (command) {
	case SEVADM_CMD_STATUS_GET:
		to = next_datagram();
		answer_genl(to, request, 0, command);
		put_u32(to, SEVADM_A_STATUS_STATE, SEVADM_MODULE_STATE_DEGRADED);
		end_message(to);
		answer_error(request, 0, NULL, NO_OFFSET);
		return;
	case SEVADM_CMD_VM_GET:
		answer_vms(request);
		break;
	case SEVADM_CMD_ASID_GET:
		answer_asids(request);
		break;
	case SEVADM_CMD_STATS_GET:
		answer_stats(request);
		break;
	case SEVADM_CMD_LIMIT_GET:
		to = begin_row(request);
		put_u32(to, SEVADM_A_LIMIT_SUBJECT, 0);
		put_u32(to, SEVADM_A_LIMIT_RESOURCE, 0);
		put_u64(to, SEVADM_A_LIMIT_MAX_VALUE, 4096);
		end_message(to);
		break;
	}
	answer_done(request);
}

static void begin(uint64_t events)
{
	memset(&host, 0, sizeof(host));
	host.fd = -1;
	host.first = 1;
	host.last = events;
	output_json = true;
}

static int report(const char *words)
{
	char copy[256], *argv[16] = { (char *)"report" }, *word, *rest;
	int argc = 1, ret;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	capture_begin();
	ret = do_report(argc, argv);
	capture_end();
	return ret;
}

/* What is at a path of keys, as text. */
static const char *fact(struct json_object *facts, const char *path)
{
	char copy[128], *key, *rest;

	snprintf(copy, sizeof(copy), "%s", path);
	for (key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest))
		facts = json_object_object_get(facts, key);
	return json_object_to_json_string_ext(facts, JSON_C_TO_STRING_PLAIN);
}

static size_t length(struct json_object *facts, const char *first, const char *second)
{
	facts = json_object_object_get(facts, first);
	if (second)
		facts = json_object_object_get(facts, second);
	return json_object_array_length(facts);
}

static struct json_object *event_at(struct json_object *facts, size_t i)
{
	facts = json_object_object_get(json_object_object_get(facts, "trace"), "events");
	return json_object_array_get_idx(facts, i);
}

static void all_is_gathered(void)
{
	struct json_object *facts;

	begin(8);
	host.lost = 3;
	EXPECT_NUMBER(report(""), EXIT_OK);
	EXPECT_TEXT(captured_errors, "");
	facts = json_tokener_parse(captured);
	EXPECT_TEXT(fact(facts, "format"), "\"sevadm-report\"");
	EXPECT_TEXT(fact(facts, "version"), "1");
	EXPECT_NUMBER(strlen(fact(facts, "time")), 22);
	EXPECT(fact(facts, "time")[11] == 'T' && fact(facts, "time")[20] == 'Z');
	EXPECT_TEXT(fact(facts, "hostname"), "null");
	EXPECT_TEXT(fact(facts, "vm"), "null");
	EXPECT_TEXT(fact(facts, "since_ns"), "null");
	EXPECT_NUMBER(length(facts, "vms", NULL), 2);
	/* Those that are free are left out. */
	EXPECT_NUMBER(length(facts, "asids", NULL), 3);
	EXPECT_NUMBER(length(facts, "limits", NULL), 1);
	EXPECT_NUMBER(length(facts, "trace", "events"), 8);
	EXPECT_TEXT(fact(facts, "trace.lost"), "3");
	EXPECT_TEXT(fact(facts, "trace.left_out"), "0");
	EXPECT_NUMBER(json_get_u64(event_at(facts, 0), "seq"), 1);
	EXPECT_NUMBER(json_get_u64(event_at(facts, 7), "seq"), 8);
	/* Of all VMs together. */
	EXPECT_NUMBER(length(facts, "commands", NULL), 1);
	EXPECT(strstr(fact(facts, "commands"), "\"count\":70,"));
	EXPECT_NUMBER(length(facts, "status", "busiest"), 2);
	EXPECT_TEXT(fact(facts, "status.module.state"), "\"degraded\"");
	EXPECT(length(facts, "host", "findings"));
	EXPECT(strstr(fact(facts, "host.findings"), "{\"rule\":\"dev-kvm\",\"severity\":\"error\",\"message\":\""));
	EXPECT(strstr(fact(facts, "host.facts"), "\"hostname\":"));
	EXPECT(!strstr(captured, "secret"));
	json_object_put(facts);

	begin(8);
	EXPECT_NUMBER(report("--names"), EXIT_OK);
	facts = json_tokener_parse(captured);
	EXPECT(strcmp(fact(facts, "hostname"), "null"));
	EXPECT(strstr(fact(facts, "vms"), "secret") && strstr(fact(facts, "trace.events"), "secret"));
	json_object_put(facts);
}

static void one_vm_is_chosen(void)
{
	struct json_object *facts;

	begin(8);
	EXPECT_NUMBER(report("--vm 9"), EXIT_OK);
	facts = json_tokener_parse(captured);
	EXPECT_TEXT(fact(facts, "vm"), "9");
	EXPECT_NUMBER(length(facts, "vms", NULL), 1);
	EXPECT(strstr(fact(facts, "vms"), "{\"id\":9,"));
	EXPECT_NUMBER(length(facts, "asids", NULL), 1);
	EXPECT(strstr(fact(facts, "asids"), "{\"asid\":9,"));
	EXPECT_NUMBER(length(facts, "trace", "events"), 2);
	EXPECT_NUMBER(length(facts, "commands", NULL), 1);
	EXPECT(strstr(fact(facts, "commands"), "\"count\":72,"));
	json_object_put(facts);
}

/* Of more events than a page takes the newest are kept, the oldest first. */
static void ring_is_long(void)
{
	struct json_object *facts;

	begin(EVENTS_MAX + 5);
	EXPECT_NUMBER(report(""), EXIT_OK);
	facts = json_tokener_parse(captured);
	EXPECT_NUMBER(length(facts, "trace", "events"), EVENTS_MAX);
	EXPECT_NUMBER(json_get_u64(event_at(facts, 0), "seq"), 6);
	EXPECT_NUMBER(json_get_u64(event_at(facts, EVENTS_MAX / 2), "seq"), EVENTS_MAX / 2 + 6);
	EXPECT_NUMBER(json_get_u64(event_at(facts, EVENTS_MAX - 1), "seq"), EVENTS_MAX + 5);
	EXPECT_TEXT(fact(facts, "trace.left_out"), "5");
	json_object_put(facts);
}

static void only_what_is_young(void)
{
	static const struct {
		const char *words;
		uint64_t events, nr;
	} rows[] = {
		/* It is 100.5 s: event 1500 came 99 seconds ago. */
		{ "--since 99s", 1600, 101 }, { "--since 98.95s", 1600, 51 },
		{ "--since 200s", 100, 100 }, { "--since 100500ms", 100, 100 },
	};
	struct json_object *facts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(rows[i].events);
		EXPECT_NUMBER(report(rows[i].words), EXIT_OK);
		facts = json_tokener_parse(captured);
		EXPECT_NUMBER(length(facts, "trace", "events"), rows[i].nr);
		EXPECT_TEXT(fact(facts, "trace.left_out"), "0");
		EXPECT(strcmp(fact(facts, "since_ns"), "null"));
		json_object_put(facts);
	}
}

static char *read_page(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[size] = '\0';
	return text;
}

static void page_is_written(void)
{
	char path[64], words[128];
	struct stat status;

	snprintf(path, sizeof(path), "%s/page.html", folder);
	snprintf(words, sizeof(words), "--output %s", path);
	begin(8);
	output_json = false;
	EXPECT_NUMBER(report(words), EXIT_OK);
	EXPECT_TEXT(captured, "");
	EXPECT(!stat(path, &status));
	EXPECT_NUMBER(status.st_mode & 0777, 0600);
	EXPECT(strstr(read_page(path), "<svg"));
	EXPECT(!strstr(read_page(path), "secret"));
	begin(8);
	snprintf(words, sizeof(words), "--names -o %s", path);
	EXPECT_NUMBER(report(words), EXIT_OK);
	EXPECT(!strncmp(captured, "{\"format\":\"sevadm-report\",", 26));
	EXPECT(strstr(read_page(path), "secret"));
	/* Without a launch there is no picture of one. */
	begin(0);
	EXPECT_NUMBER(report(words), EXIT_OK);
	EXPECT(strstr(read_page(path), "<html") && !strstr(read_page(path), "<svg"));
	begin(8);
	EXPECT_NUMBER(report("--output /no/such/folder/page"), EXIT_USAGE);
	EXPECT(strstr(captured_errors, "/no/such/folder/page"));
	EXPECT(!strstr(captured, "sevadm-report"));
}

static void nothing_is_half_done(void)
{
	static const unsigned int questions[] = {
		SEVADM_CMD_VM_GET, SEVADM_CMD_ASID_GET, SEVADM_CMD_LIMIT_GET, SEVADM_CMD_STATUS_GET,
		SEVADM_CMD_STATS_GET,
	};
	struct json_object *facts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		begin(8);
		host.refuse = questions[i];
		EXPECT_NUMBER(report(""), EXIT_REFUSED);
		EXPECT(strstr(captured_errors, "the kernel refused: Input/output error"));
		EXPECT(!strstr(captured, "sevadm-report"));
	}
	begin(8);
	host.open_error = EACCES;
	EXPECT_NUMBER(report(""), EXIT_REFUSED);
	begin(8);
	host.filter_error = EINVAL;
	EXPECT_NUMBER(report(""), EXIT_REFUSED);
	/* An older module has less to say. */
	begin(8);
	host.old = true;
	EXPECT_NUMBER(report(""), EXIT_OK);
	facts = json_tokener_parse(captured);
	EXPECT_NUMBER(length(facts, "limits", NULL), 0);
	EXPECT_NUMBER(length(facts, "commands", NULL), 0);
	json_object_put(facts);

	begin(8);
	EXPECT_NUMBER(report("words"), EXIT_USAGE);
	EXPECT_NUMBER(report("--none"), EXIT_USAGE);
	EXPECT_NUMBER(report("--since yesterday"), EXIT_USAGE);
	output_json = false;
	EXPECT_NUMBER(report(""), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: report needs --output FILE, or --json\n");
}

int main(void)
{
	static const struct test tests[] = {
		{ "hostile names are text", hostile_names_are_text },
		{ "the facts are in it", the_facts_are_in_it },
		{ "it needs no network", it_needs_no_network },
		{ "names are hidden", names_are_hidden },
		{ "numbers sort as numbers", numbers_sort_as_numbers },
		{ "all is gathered", all_is_gathered },
		{ "one VM is chosen", one_vm_is_chosen },
		{ "a long ring", ring_is_long },
		{ "only what is young", only_what_is_young },
		{ "a page is written", page_is_written },
		{ "nothing is half done", nothing_is_half_done },
	};

	folder_make(folder);
	/* A host without anything, whoever runs this. */
	setenv("SEVADM_SYSROOT", folder, true);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}
