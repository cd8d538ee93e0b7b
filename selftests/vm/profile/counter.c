// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU (docs/devel/tcg-plugins): counts how often each instruction of the guest's
 * kernel runs between two marks, which sevlaunch --mark sets. The first pair of marks is left out:
 * there, things are done for the first time. At the end it writes "ADDRESS COUNT" a line, in
 * hexadecimal and decimal, into the file that its argument out= names. The first line has address 0
 * and the number of pairs counted.
 *
 * For one virtual processor that runs in one thread (sevhost --icount): nothing is locked.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

/* Addresses of the kernel have the uppermost bit. */
#define IS_KERNEL(address)	((address) >> 63)

/* A NOP with a displacement that no compiler chooses; its last byte is '1' or '0'. */
#define MARK_BYTES		7
static const uint8_t mark[MARK_BYTES - 1] = { 0x0f, 0x1f, 0x80, 'S', 'E', 'V' };

/* What QEMU translates at once; it runs from its first instruction to its last. */
struct block {
	struct block *next;
	struct qemu_plugin_scoreboard *runs;
	uint64_t runs_before, counted;
	size_t nr;
	uint64_t addresses[];
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct block *blocks;
static const char *out;
static bool counting;
static uint64_t pairs;

static uint64_t runs_of(const struct block *block)
{
	return qemu_plugin_u64_sum(qemu_plugin_scoreboard_u64(block->runs));
}

static void begin(unsigned int vcpu, void *unused)
{
	struct block *block;

	(void)vcpu;
	(void)unused;
	for (block = blocks; block; block = block->next)
		block->runs_before = runs_of(block);
	counting = true;
}

static void end(unsigned int vcpu, void *unused)
{
	struct block *block;

	(void)vcpu;
	(void)unused;
	if (counting && pairs++)
		for (block = blocks; block; block = block->next)
			block->counted += runs_of(block) - block->runs_before;
	counting = false;
}

static void look_for_mark(struct qemu_plugin_insn *insn)
{
	uint8_t bytes[MARK_BYTES];

	if (qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) < sizeof(bytes) ||
	    memcmp(bytes, mark, sizeof(mark)))
		return;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, bytes[MARK_BYTES - 1] == '1' ? begin : end,
					       QEMU_PLUGIN_CB_NO_REGS, NULL);
}

static void count(struct qemu_plugin_tb *tb)
{
	size_t nr = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_scoreboard *runs = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	struct block *block = calloc(1, sizeof(*block) + nr * sizeof(block->addresses[0]));

	if (!block)
		abort();
	block->runs = runs;
	block->nr = nr;
	for (i = 0; i < nr; i++)
		block->addresses[i] = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i));
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, QEMU_PLUGIN_INLINE_ADD_U64,
							  qemu_plugin_scoreboard_u64(runs), 1);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i;

	(void)id;
	if (IS_KERNEL(qemu_plugin_tb_vaddr(tb))) {
		count(tb);
		return;
	}
	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		look_for_mark(qemu_plugin_tb_get_insn(tb, i));
}

static void write_counts(qemu_plugin_id_t id, void *unused)
{
	FILE *file = fopen(out, "w");
	const struct block *block;
	size_t i;

	(void)id;
	(void)unused;
	if (!file)
		abort();
	fprintf(file, "%016x %" PRIu64 "\n", 0, pairs ? pairs - 1 : 0);
	for (block = blocks; block; block = block->next)
		for (i = 0; block->counted && i < block->nr; i++)
			fprintf(file, "%016" PRIx64 " %" PRIu64 "\n", block->addresses[i],
				block->counted);
	if (fclose(file))
		abort();
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = strdup(argv[0] + 4);
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, write_counts, NULL);
	return 0;
}
