// SPDX-License-Identifier: GPL-2.0-only
/* Programs of BPF at the entry and the exit of functions: each adds one to its counter. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "../kselftest.h"
#include "beside_kinds.h"
#include "bpf_function.h"

static int counters = -1;
static int programs[BESIDE_FUNCTIONS_MAX], links[BESIDE_FUNCTIONS_MAX];

static int load(size_t index, enum bpf_attach_type type)
{
	const struct bpf_insn program[] = {
		/* r1 = &counters[index], which takes two of them; *r1 += 1; return 0 */
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = counters },
		{ .imm = index * sizeof(__u64) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1 },
		{ .code = BPF_STX | BPF_DW | BPF_ATOMIC, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct beside_function *function = &beside_list[index];

	return bpf_function_load(function->module, function->name, type, program,
				 sizeof(program) / sizeof(*program));
}

static void stop(void)
{
	size_t i;

	for (i = 0; i < beside_nr; i++) {
		if (links[i] > 0)
			close(links[i]);
		if (programs[i] > 0)
			close(programs[i]);
		links[i] = 0;
		programs[i] = 0;
	}
	if (counters >= 0)
		close(counters);
	counters = -1;
}

static bool make_counters(void)
{
	counters = bpf_map_create(BPF_MAP_TYPE_ARRAY, "beside", sizeof(__u32),
				  BESIDE_FUNCTIONS_MAX * sizeof(__u64), 1, NULL);
	return counters >= 0;
}

static bool start(enum bpf_attach_type type)
{
	size_t i;

	if (!make_counters())
		return false;
	for (i = 0; i < beside_nr; i++) {
		programs[i] = load(i, type);
		links[i] = programs[i] < 0 ? -1 : bpf_link_create(programs[i], 0, type, NULL);
		if (links[i] < 0) {
			ksft_print_msg("%s: %s\n", beside_list[i].name, strerror(errno));
			stop();
			return false;
		}
	}
	return true;
}

static bool start_fentry(void)
{
	return start(BPF_TRACE_FENTRY);
}

static bool start_fexit(void)
{
	return start(BPF_TRACE_FEXIT);
}

static bool calls(unsigned long long *calls)
{
	__u64 values[BESIDE_FUNCTIONS_MAX];
	__u32 key = 0;
	size_t i;

	if (bpf_map_lookup_elem(counters, &key, values))
		return false;
	for (i = 0; i < beside_nr; i++)
		calls[i] = values[i];
	return true;
}

bool beside_may_modify(size_t function)
{
	bool may;
	int fd;

	if (!make_counters())
		return true;
	fd = load(function, BPF_MODIFY_RETURN);
	may = fd >= 0 || errno != EINVAL;
	if (fd >= 0)
		close(fd);
	stop();
	return may;
}

const struct beside beside_fentry = { "a BPF program at the entry", start_fentry, calls, stop };
const struct beside beside_fexit = { "a BPF program at the exit", start_fexit, calls, stop };
