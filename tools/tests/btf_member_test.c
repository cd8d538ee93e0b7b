// SPDX-License-Identifier: GPL-2.0-only
/* Members of structures, by types that are made up: struct outer of three floors. */
#include <bpf/btf.h>

#include "cli/output.h"
#include "kernel/btf_member.h"
#include "test.h"

/*
 * struct outer {
 *	int first;
 *	struct { int hidden; union { int either; struct inner or; }; };
 *	struct inner named;
 *	alias again;			(a typedef of struct inner)
 *	int a:3, b:5;
 * };
 * struct inner { int number; int first; };
 */
static struct btf *types;
static int type_int, type_inner, type_outer;

static void make_types(void)
{
	int both, hidden, alias;

	types = btf__new_empty();
	if (!types)
		ksft_exit_fail_msg("no BTF\n");
	type_int = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
	type_inner = btf__add_struct(types, "inner", 8);
	btf__add_field(types, "number", type_int, 0, 0);
	btf__add_field(types, "first", type_int, 32, 0);
	alias = btf__add_typedef(types, "alias", type_inner);
	both = btf__add_union(types, NULL, 8);
	btf__add_field(types, "either", type_int, 0, 0);
	btf__add_field(types, "or", type_inner, 0, 0);
	hidden = btf__add_struct(types, NULL, 12);
	btf__add_field(types, "hidden", type_int, 0, 0);
	btf__add_field(types, NULL, both, 32, 0);
	type_outer = btf__add_struct(types, "outer", 40);
	btf__add_field(types, "first", type_int, 0, 0);
	btf__add_field(types, NULL, hidden, 32, 0);
	btf__add_field(types, "named", type_inner, 128, 0);
	btf__add_field(types, "again", alias, 192, 0);
	btf__add_field(types, "a", type_int, 256, 3);
	btf__add_field(types, "b", type_int, 259, 5);
}

static void members(void)
{
	static const struct {
		const char *path;
		int *type;
		unsigned int bits;
	} rows[] = {
		{ "first", &type_int, 0 }, { "named", &type_inner, 128 },
		/* Of one within the other. */
		{ "named.number", &type_int, 128 }, { "named.first", &type_int, 160 },
		{ "again.number", &type_int, 192 }, { "again.first", &type_int, 224 },
		/* Members of what has no name are the structure's own. */
		{ "hidden", &type_int, 32 }, { "either", &type_int, 64 }, { "or", &type_inner, 64 },
		{ "or.number", &type_int, 64 }, { "or.first", &type_int, 96 },
		/* Bit fields are where they are. */
		{ "a", &type_int, 256 }, { "b", &type_int, 259 },
		/* There is none. */
		{ "firs" }, { "first." }, { "first.number" }, { "number" }, { "named.hidden" },
		{ "named.number.first" }, { ".first" }, { "outer" },
	};
	unsigned int bits;
	size_t i;
	int type;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bits = 4711;
		type = btf_member_find(types, type_outer, rows[i].path, &bits);
		EXPECT_NUMBER(type, rows[i].type ? *rows[i].type : -1);
		EXPECT(type < 0 || bits == rows[i].bits);
	}
	EXPECT_NUMBER(btf_member_find(types, type_int, "first", &bits), -1);
	EXPECT_NUMBER(btf_member_find(types, 4711, "first", &bits), -1);
}

int main(void)
{
	static const struct test tests[] = {
		{ "members", members },
	};

	make_types();
	run_each(tests, ARRAY_SIZE(tests));
	btf__free(types);
	ksft_finished();
}
