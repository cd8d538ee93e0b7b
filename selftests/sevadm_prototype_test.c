// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prototypes of the module's seams (module/seam_table.h) are those of the running kernel's
 * functions, as its BTF has them: a kernel that changes one fails here before it harms a host.
 * Where the table has several forms of a function, the kernel has one of them.
 *
 * Compared are the number of parameters, and of each one and of what is returned the size, the
 * signedness, how many pointers it is away and which structure or enumeration it is.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../module/seam_table.h"
#include "kselftest.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define PARAMETERS_MAX	8
#define NAME_MAX_BYTES	64
#define PROBLEM_BYTES	256

/* ---- the table ------------------------------------------------------------------------------ */

struct seam {
	const char *module, *symbol;
	bool required;
	const char *type, *parameters;	/* as C has them */
};

/* Stringified twice, as the table's words may be macros. */
#define TEXT(...)	TEXT_AGAIN(__VA_ARGS__)
#define TEXT_AGAIN(...)	#__VA_ARGS__
#define SEAM(_module, _symbol, _required, declared, _type, ...)				\
	{ TEXT(_module), TEXT(_symbol), _required, TEXT(_type), TEXT(__VA_ARGS__) },

static const struct seam seams[] = { SEVADM_SEAMS(SEAM) };

/* The form's module is the row's, and is required as the row is. */
static const struct form {
	size_t row;
	struct seam seam;
} forms[] = {
#define FORM(_symbol, _name, declared, _type, ...)					\
	{ SEAM_##_symbol, { NULL, TEXT(_name), false, TEXT(_type), TEXT(__VA_ARGS__) } },
	SEVADM_SEAM_FORMS(FORM)
};

/* Must each be refused as a form of the row, whose wrapper it would take. */
static const struct {
	struct form form;
	const char *what;
} wrong_forms[] = {
	{ { SEAM_sev_pin_page, { NULL, "sev_pin_page", false, "struct page *",
	    "(unsigned long addr, struct kvm *kvm, unsigned int flags)" } }, "swapped arguments" },
	{ { SEAM_snp_leak_pages, { NULL, "__snp_leak_pages", false, "void",
	    "(u64 pfn, unsigned int npages, bool dump_rmp)" } }, "an argument more" },
	{ { SEAM_sev_vm_destroy, { NULL, "sev_vm_destroy", false, "int", "(struct kvm *kvm)" } },
	  "another result" },
	{ { SEAM_misc_cg_uncharge, { NULL, "misc_cg_uncharge", false, "void",
	    "(enum misc_res_type type, struct misc_cg *cg, u32 amount)" } }, "another size" },
};

/* Must each be refused: what this test is worth. They are wrong variants of real rows. */
static const struct wrong {
	struct seam seam;
	const char *what;
} wrong[] = {
	{ { "ccp", "sev_guest_df_flush", true, "int", "(int *error, int more)" },
	  "a parameter too many" },
	{ { "ccp", "sev_guest_activate", true, "int", "(struct sev_data_activate *data)" },
	  "a parameter too few" },
	{ { "ccp", "sev_guest_activate", true, "int",
	    "(struct sev_data_deactivate *data, int *error)" }, "another structure" },
	{ { "ccp", "sev_guest_df_flush", true, "int", "(int **error)" }, "a pointer too many" },
	{ { "ccp", "sev_guest_df_flush", true, "int", "(long *error)" }, "another size behind" },
	{ { "kvm_amd", "sev_vm_move_enc_context_from", true, "int",
	    "(struct kvm *kvm, unsigned long source_fd)" }, "another size" },
	{ { "kvm_amd", "sev_vm_move_enc_context_from", true, "int",
	    "(struct kvm *kvm, int source_fd)" }, "another signedness" },
	{ { "vmlinux", "misc_cg_uncharge", true, "void",
	    "(enum misc_res_types type, struct misc_cg *cg, unsigned long amount)" },
	  "another enumeration" },
	{ { "kvm_amd", "sev_vm_destroy", true, "int", "(struct kvm *kvm)" }, "another result" },
	{ { "kvm_amd", "sev_pin_memory", true, "struct page *",
	    "(struct kvm *kvm, unsigned long uaddr, unsigned long ulen, unsigned long *n, "
	    "unsigned int flags)" }, "a pointer less returned" },
	{ { "kvm_amd", "sev_no_such_function", true, "int", "(void)" }, "no such function" },
};

/* ---- one type ------------------------------------------------------------------------------- */

struct shape {
	enum { SHAPE_VOID, SHAPE_NUMBER, SHAPE_STRUCT, SHAPE_ENUM } kind;
	int pointers;
	unsigned int size;	/* of a number */
	bool is_signed;
	char name[NAME_MAX_BYTES];	/* of a structure or enumeration */
};

/* The same to the calling convention. */
static bool same_size(const struct shape *a, const struct shape *b)
{
	return a->kind == b->kind && a->pointers == b->pointers && a->size == b->size &&
	       !strcmp(a->name, b->name);
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
	return same_size(a, b) && a->is_signed == b->is_signed;
}

static void print_shape(char *text, size_t size, const struct shape *shape)
{
	int used = 0;

	switch (shape->kind) {
	case SHAPE_VOID:
		used = snprintf(text, size, "void");
		break;
	case SHAPE_NUMBER:
		used = snprintf(text, size, "%s%u", shape->is_signed ? "s" : "u", 8 * shape->size);
		break;
	case SHAPE_STRUCT:
		used = snprintf(text, size, "struct %s", shape->name);
		break;
	case SHAPE_ENUM:
		used = snprintf(text, size, "enum %s", shape->name);
		break;
	}
	snprintf(text + used, size - used, "%s%.*s", shape->pointers ? " " : "", shape->pointers,
		 "********");
}

static const struct {
	const char *words;
	unsigned int size;
	bool is_signed;
} numbers[] = {
	{ "int", sizeof(int), true },
	{ "unsigned int", sizeof(int), false },
	{ "long", sizeof(long), true },
	{ "unsigned long", sizeof(long), false },
	{ "u32", 4, false },
	{ "_Bool", 1, false },
	{ "u64", 8, false },
};

/* A type as C has it, without a variable's name. False: a form that this test does not know. */
static bool parse_type(const char *text, struct shape *shape)
{
	char words[NAME_MAX_BYTES * 2] = "";
	const char *word = text;
	size_t length, i;

	*shape = (struct shape) { 0 };
	for (; *word; word += length) {
		length = *word == '*' ? 1 : strcspn(word, " *");
		shape->pointers += *word == '*';
		if (*word == ' ' || *word == '*' || !strncmp(word, "__user", length) ||
		    !strncmp(word, "const", length)) {
			length = length ? length : 1;
			continue;
		}
		if (strlen(words) + length + 2 > sizeof(words))
			return false;
		if (*words)
			strcat(words, " ");
		strncat(words, word, length);
	}
	if (sscanf(words, "struct %63s", shape->name) == 1) {
		shape->kind = SHAPE_STRUCT;
		return true;
	}
	if (sscanf(words, "enum %63s", shape->name) == 1) {
		shape->kind = SHAPE_ENUM;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(words, numbers[i].words))
			continue;
		shape->kind = SHAPE_NUMBER;
		shape->size = numbers[i].size;
		shape->is_signed = numbers[i].is_signed;
		return true;
	}
	return !strcmp(words, "void");
}

/* "(TYPE NAME, ...)": the number of parameters; -1: a form that this test does not know. */
static int parse_parameters(const char *text, struct shape *shapes)
{
	char copy[512], *rest = copy, *parameter;
	int count = 0;
	size_t end;

	snprintf(copy, sizeof(copy), "%s", text + 1);
	end = strlen(copy);
	if (*text != '(' || !end || copy[end - 1] != ')')
		return -1;
	copy[end - 1] = '\0';
	if (!strcmp(copy, "void"))
		return 0;
	while ((parameter = strsep(&rest, ","))) {
		/* The name is the last word. */
		end = strlen(parameter);
		while (end && (isalnum((unsigned char)parameter[end - 1]) ||
			       parameter[end - 1] == '_'))
			parameter[--end] = '\0';
		if (count == PARAMETERS_MAX || !parse_type(parameter, &shapes[count++]))
			return -1;
	}
	return count;
}

static bool shape_of(const struct btf *btf, __u32 id, struct shape *shape)
{
	const struct btf_type *type;

	*shape = (struct shape) { 0 };
	for (; id; id = type->type) {
		type = btf__type_by_id(btf, id);
		if (!type)
			return false;
		if (btf_is_ptr(type))
			shape->pointers++;
		else if (!btf_is_mod(type) && !btf_is_typedef(type) && !btf_is_type_tag(type))
			break;
	}
	if (!id)
		return true;
	if (btf_is_int(type)) {
		shape->kind = SHAPE_NUMBER;
		shape->size = type->size;
		shape->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
		return true;
	}
	shape->kind = btf_is_any_enum(type) ? SHAPE_ENUM : SHAPE_STRUCT;
	snprintf(shape->name, sizeof(shape->name), "%s",
		 btf__name_by_offset(btf, type->name_off));
	return btf_is_any_enum(type) || btf_is_struct(type) || btf_is_fwd(type);
}

/* ---- one seam ------------------------------------------------------------------------------- */

static struct btf *load_btf(const char *module)
{
	static struct btf *vmlinux;
	char path[128];

	if (!vmlinux)
		vmlinux = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	if (!vmlinux || !strcmp(module, "vmlinux"))
		return vmlinux;
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	return btf__parse_split(path, vmlinux);
}

static bool compare_shape(int parameter, const struct shape *want, const struct shape *have,
			  char *problem)
{
	char left[PROBLEM_BYTES / 3], right[PROBLEM_BYTES / 3];

	if (same_shape(want, have))
		return true;
	print_shape(left, sizeof(left), want);
	print_shape(right, sizeof(right), have);
	snprintf(problem, PROBLEM_BYTES, "parameter %d (0: the result) is %s in the table, %s in the kernel",
		 parameter + 1, left, right);
	return false;
}

static bool compare_prototype(const struct seam *seam, const struct btf *btf,
			      const struct btf_type *prototype, char *problem)
{
	const struct btf_param *parameters = btf_params(prototype);
	struct shape want[PARAMETERS_MAX], result, have;
	int count = parse_parameters(seam->parameters, want), i;

	if (count < 0 || !parse_type(seam->type, &result)) {
		snprintf(problem, PROBLEM_BYTES, "its form is not understood: %s %s", seam->type,
			 seam->parameters);
		return false;
	}
	if (count != btf_vlen(prototype)) {
		snprintf(problem, PROBLEM_BYTES, "%d parameters in the table, %d in the kernel",
			 count, btf_vlen(prototype));
		return false;
	}
	if (!shape_of(btf, prototype->type, &have) ||
	    !compare_shape(-1, &result, &have, problem))
		return false;
	for (i = 0; i < count; i++) {
		if (!shape_of(btf, parameters[i].type, &have)) {
			snprintf(problem, PROBLEM_BYTES, "parameter %d is of an unknown kind", i + 1);
			return false;
		}
		if (!compare_shape(i, &want[i], &have, problem))
			return false;
	}
	return true;
}

/* *@there: the kernel has the function. */
static bool check_seam(const struct seam *seam, const char *module, bool *there, char *problem)
{
	struct btf *btf = load_btf(module);
	const struct btf_type *function;
	bool good;
	int id;

	*problem = '\0';
	*there = false;
	if (!btf) {
		snprintf(problem, PROBLEM_BYTES, "no BTF of %s: %s", module, strerror(errno));
		return false;
	}
	id = btf__find_by_name_kind(btf, seam->symbol, BTF_KIND_FUNC);
	*there = id > 0;
	function = id > 0 ? btf__type_by_id(btf, id) : NULL;
	good = function && compare_prototype(seam, btf, btf__type_by_id(btf, function->type),
					     problem);
	if (!function)
		snprintf(problem, PROBLEM_BYTES, "%s has no such function", module);
	if (strcmp(module, "vmlinux"))
		btf__free(btf);
	return good;
}

/* As the row has it, or as one of its forms. */
static bool check_row(size_t row, char *problem)
{
	const struct seam *seam = &seams[row];
	char other[PROBLEM_BYTES];
	bool there, any;
	size_t i;

	if (check_seam(seam, seam->module, &there, problem))
		return true;
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		if (forms[i].row != row)
			continue;
		if (check_seam(&forms[i].seam, seam->module, &any, other))
			return true;
		if (any && !there)
			memcpy(problem, other, sizeof(other));
		there |= any;
	}
	ksft_print_msg("%s: %s\n", seam->symbol, problem);
	/* What the module can do without, a kernel may lack, but not have otherwise. */
	return !there && !seam->required;
}

/* A form takes the row's wrapper. */
static bool fits_row(const struct form *form)
{
	struct shape want[PARAMETERS_MAX], have[PARAMETERS_MAX], want_result, have_result;
	const struct seam *row = &seams[form->row];
	int count = parse_parameters(row->parameters, want), i;

	if (count < 0 || parse_parameters(form->seam.parameters, have) != count ||
	    !parse_type(row->type, &want_result) || !parse_type(form->seam.type, &have_result) ||
	    !same_size(&want_result, &have_result))
		return false;
	for (i = 0; i < count; i++)
		if (!same_size(&want[i], &have[i]))
			return false;
	return true;
}

int main(void)
{
	char problem[PROBLEM_BYTES];
	bool there, good;
	size_t i;

	ksft_print_header();
	if (!load_btf("vmlinux"))
		ksft_exit_skip("no BTF: the kernel needs CONFIG_DEBUG_INFO_BTF\n");
	if (access("/sys/kernel/btf/kvm_amd", R_OK))
		ksft_exit_skip("no BTF of kvm_amd: it is not loaded\n");
	libbpf_set_print(NULL);

	ksft_set_plan(ARRAY_SIZE(seams) + ARRAY_SIZE(forms) + ARRAY_SIZE(wrong_forms) +
		      ARRAY_SIZE(wrong));
	for (i = 0; i < ARRAY_SIZE(seams); i++)
		ksft_test_result(check_row(i, problem), "%s:%s\n", seams[i].module,
				 seams[i].symbol);
	for (i = 0; i < ARRAY_SIZE(forms); i++)
		ksft_test_result(fits_row(&forms[i]), "%s %s can take the wrapper of %s\n",
				 forms[i].seam.symbol, forms[i].seam.parameters,
				 seams[forms[i].row].symbol);
	for (i = 0; i < ARRAY_SIZE(wrong_forms); i++)
		ksft_test_result(!fits_row(&wrong_forms[i].form), "a form with %s is noticed\n",
				 wrong_forms[i].what);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		good = check_seam(&wrong[i].seam, wrong[i].seam.module, &there, problem);
		if (!good)
			ksft_print_msg("%s: %s\n", wrong[i].seam.symbol, problem);
		ksft_test_result(!good, "%s is noticed\n", wrong[i].what);
	}
	ksft_finished();
}
