// SPDX-License-Identifier: GPL-2.0-only
/* Tracing of the kernel's own, as it would be set up to record SEV commands. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "bpf_function.h"
#include "rivals.h"

#define TRACING		"/sys/kernel/tracing/"
#define DYNDBG		"/proc/dynamic_debug/control"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* The functions that are recorded: ccp's, with its first argument, and KVM's. */
static const struct function {
	const char *module;
	const char *name;
	unsigned int arguments;
} functions[] = {
	{ "ccp", "__sev_do_cmd_locked", 3 },
	{ "kvm_amd", "sev_mem_enc_ioctl", 2 },
};

static bool put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* ---- what is recorded in the buffer of tracefs ----------------------------------------------- */

static bool trace_has_lines(void)
{
	FILE *file = fopen(TRACING "trace", "re");
	bool has = false;
	char line[512];

	while (file && !has && fgets(line, sizeof(line), file))
		has = line[0] != '#' && line[0] != '\n';
	if (file)
		fclose(file);
	return has;
}

static void trace_clear(void)
{
	put(TRACING "trace", O_TRUNC, "\n");
}

/* Makes events at the entry and the return of the functions, by two lines each for @control. */
static bool events_start(const char *control, const char *entry, const char *returned)
{
	char line[256];
	size_t i;

	trace_clear();
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		snprintf(line, sizeof(line), entry, i, functions[i].name);
		if (!put(control, O_APPEND, line))
			return false;
		snprintf(line, sizeof(line), returned, i, functions[i].name);
		if (!put(control, O_APPEND, line))
			return false;
	}
	return put(TRACING "events/rival/enable", 0, "1");
}

static void events_stop(const char *control)
{
	put(TRACING "events/rival/enable", 0, "0");
	put(control, O_TRUNC, "\n");
}

static bool kprobes_start(void)
{
	return events_start(TRACING "kprobe_events", "p:rival/in%zu %s first=%%di:u32\n",
			    "r:rival/out%zu %s ret=$retval:s32\n");
}

static void kprobes_stop(void)
{
	events_stop(TRACING "kprobe_events");
}

static bool fprobes_start(void)
{
	return events_start(TRACING "dynamic_events", "f:rival/in%zu %s first=$arg1:u32\n",
			    "f:rival/out%zu %s%%return ret=$retval:s32\n");
}

static void fprobes_stop(void)
{
	events_stop(TRACING "dynamic_events");
}

static bool graph_start(void)
{
	size_t i;

	trace_clear();
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!put(TRACING "set_ftrace_filter", i ? O_APPEND : O_TRUNC, functions[i].name))
			return false;
	return put(TRACING "current_tracer", 0, "function_graph");
}

static void graph_stop(void)
{
	put(TRACING "current_tracer", 0, "nop");
	put(TRACING "set_ftrace_filter", O_TRUNC, "\n");
}

/* ---- BPF ------------------------------------------------------------------------------------- */

/* What a program passes on: as much as bpftrace's printf() of the same. */
struct record {
	__u64 task;
	__u64 duration_ns;
	__u64 ret;
	char comm[16];
};

#define STACK(offset)	(-(int)sizeof(struct record) - 16 + (offset))

/* Code of a program: registers by their numbers. */
#define CALL(function) \
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_##function }
#define COPY(to, from) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from }
#define SET(to, number) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = number }
#define ADD(to, number) \
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to, .imm = number }
#define SUBTRACT(from, reg) \
	{ .code = BPF_ALU64 | BPF_SUB | BPF_X, .dst_reg = from, .src_reg = reg }
#define STORE(at, reg) \
	{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = reg, .off = STACK(at) }
#define LOAD(to, from, offset) \
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = to, .src_reg = from, .off = offset }
#define LOAD_MAP(to, fd) \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = to, .src_reg = BPF_PSEUDO_MAP_FD, \
	  .imm = fd }, { 0 }
#define STACK_ADDRESS(to, at) \
	COPY(to, 10), ADD(to, STACK(at))
#define SKIP_IF_ZERO(reg, nr) \
	{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = reg, .off = nr }
#define EXIT \
	SET(0, 0), { .code = BPF_JMP | BPF_EXIT }

#define AT_KEY		((int)sizeof(struct record))
#define AT_VALUE	((int)sizeof(struct record) + 8)

static int begun = -1, ring = -1;	/* maps: when each task has begun; what is passed on */
static int links[2 * ARRAY_SIZE(functions)];

/* begun[task] = now */
static int load_entry(const struct function *function)
{
	const struct bpf_insn program[] = {
		CALL(get_current_pid_tgid), STORE(AT_KEY, 0),
		CALL(ktime_get_boot_ns), STORE(AT_VALUE, 0),
		LOAD_MAP(1, begun), STACK_ADDRESS(2, AT_KEY), STACK_ADDRESS(3, AT_VALUE), SET(4, 0),
		CALL(map_update_elem), EXIT,
	};

	return bpf_function_load(function->module, function->name, BPF_TRACE_FENTRY, program,
				 ARRAY_SIZE(program));
}

/* Passes a record on, unless begun[task] is not known. */
static int load_exit(const struct function *function)
{
	const struct bpf_insn program[] = {
		COPY(6, 1),
		CALL(get_current_pid_tgid), STORE(AT_KEY, 0), STORE(0, 0),
		LOAD_MAP(1, begun), STACK_ADDRESS(2, AT_KEY), CALL(map_lookup_elem),
		SKIP_IF_ZERO(0, 17),
		LOAD(7, 0, 0), CALL(ktime_get_boot_ns), SUBTRACT(0, 7), STORE(8, 0),
		LOAD(0, 6, 8 * (int)function->arguments), STORE(16, 0),
		STACK_ADDRESS(1, 24), SET(2, 16), CALL(get_current_comm),
		LOAD_MAP(1, ring), STACK_ADDRESS(2, 0), SET(3, sizeof(struct record)),
		SET(4, BPF_RB_NO_WAKEUP), CALL(ringbuf_output),
		EXIT,
	};

	return bpf_function_load(function->module, function->name, BPF_TRACE_FEXIT, program,
				 ARRAY_SIZE(program));
}

static bool attach(int *link, int program, enum bpf_attach_type type)
{
	if (program < 0)
		return false;
	*link = bpf_link_create(program, 0, type, NULL);
	close(program);
	return *link >= 0;
}

static bool bpf_start(void)
{
	size_t i;

	begun = bpf_map_create(BPF_MAP_TYPE_HASH, "begun", 8, 8, 4096, NULL);
	ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 1 << 20, NULL);
	if (begun < 0 || ring < 0)
		return false;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!attach(&links[2 * i], load_entry(&functions[i]), BPF_TRACE_FENTRY) ||
		    !attach(&links[2 * i + 1], load_exit(&functions[i]), BPF_TRACE_FEXIT))
			return false;
	return true;
}

static void bpf_stop(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		if (links[i] > 0)
			close(links[i]);
		links[i] = 0;
	}
	close(begun);
	close(ring);
}

/* The page behind the first one says how far the ring is written. */
static bool bpf_recorded(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	const __u64 *written = mmap(NULL, page, PROT_READ, MAP_SHARED, ring, page);
	bool any;

	if (written == MAP_FAILED)
		return false;
	any = *written;
	munmap((void *)written, page);
	return any;
}

/* ---- ccp's own messages ---------------------------------------------------------------------- */

static bool dyndbg_start(void)
{
	klogctl(5 /* clear */, NULL, 0);
	return put(DYNDBG, 0, "module ccp +p");
}

static void dyndbg_stop(void)
{
	put(DYNDBG, 0, "module ccp -p");
}

static bool dyndbg_recorded(void)
{
	static char log[1 << 16];
	int length = klogctl(3 /* read all */, log, sizeof(log) - 1);

	log[length > 0 ? length : 0] = '\0';
	return strstr(log, "sev command id");
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool (*start)(void);
	void (*stop)(void);
	bool (*recorded)(void);
} rivals[RIVAL_NR] = {
	[RIVAL_KPROBES] = { "kprobe and kretprobe events", kprobes_start, kprobes_stop,
			    trace_has_lines },
	[RIVAL_FPROBES] = { "fprobe events", fprobes_start, fprobes_stop, trace_has_lines },
	[RIVAL_GRAPH] = { "function_graph", graph_start, graph_stop, trace_has_lines },
	[RIVAL_BPF] = { "BPF fentry and fexit, as bpftrace", bpf_start, bpf_stop, bpf_recorded },
	[RIVAL_DYNDBG] = { "dynamic debug of ccp", dyndbg_start, dyndbg_stop, dyndbg_recorded },
};

const char *rival_name(enum rival rival)
{
	return rivals[rival].name;
}

bool rival_start(enum rival rival)
{
	if (rivals[rival].start())
		return true;
	rivals[rival].stop();
	return false;
}

void rival_stop(enum rival rival)
{
	rivals[rival].stop();
}

bool rival_recorded(enum rival rival)
{
	return rivals[rival].recorded();
}
