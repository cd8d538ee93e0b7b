// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm completion: what can follow the words that are typed already. The shells' scripts are a
 * few lines that ask this program, which knows the tables, and the VMs and cgroups that are there
 * now.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "asid.h"
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/cgroup.h"
#include "limit/limit.h"
#include "sev/names.h"
#include "vm.h"

/* Command numbers of the firmware are below. */
#define COMMANDS_MAX 0x200

/* One candidate a line; what it means follows a tab. */
static void offer(const char *current, const char *word, const char *meaning)
{
	char *copy;

	if (strncmp(word, current, strlen(current)) || strpbrk(word, "\t\n"))
		return;
	copy = strdup(meaning ?: "");
	if (!copy)
		return;
	output_make_printable(copy);
	printf("%s\t%s\n", word, copy);
	free(copy);
}

/* ---- live values ----------------------------------------------------------------------------- */

static void offer_vms(const char *current)
{
	struct json_object *vms, *vm;
	char meaning[128];
	size_t i;

	if (vms_get(&vms))
		return;
	for (i = 0; i < json_object_array_length(vms); i++) {
		vm = json_object_array_get_idx(vms, i);
		snprintf(meaning, sizeof(meaning), "%s, ASID %s, process %s",
			 output_text(vm, "type", NULL), output_text(vm, "asid", NULL),
			 output_text(vm, "pid", NULL));
		if (!json_is_null(vm, "name"))
			offer(current, json_get_text(vm, "name"), meaning);
		offer(current, json_get_text(vm, "id"),
		      json_is_null(vm, "name") ? meaning : json_get_text(vm, "name"));
	}
	json_object_put(vms);
}

/* @key: of each VM; those that have the same are named once. */
static void offer_of_vms(const char *current, const char *key)
{
	struct json_object *vms, *seen = json_object_new_object(), *vm;
	const char *text;
	size_t i;

	if (!vms_get(&vms)) {
		for (i = 0; i < json_object_array_length(vms); i++) {
			vm = json_object_array_get_idx(vms, i);
			text = json_get_text(vm, key);
			if (!text || json_object_object_get_ex(seen, text, NULL))
				continue;
			json_object_object_add(seen, text, NULL);
			offer(current, text, json_is_null(vm, "name") ?
			      json_get_text(vm, "comm") : json_get_text(vm, "name"));
		}
		json_object_put(vms);
	}
	json_object_put(seen);
}

static void offer_pids(const char *current)
{
	offer_of_vms(current, "pid");
}

static void offer_users(const char *current)
{
	offer_of_vms(current, "uid");
}

static void offer_asids(const char *current)
{
	struct json_object *asids, *asid;
	size_t i;

	if (asids_get(&asids))
		return;
	for (i = 0; i < json_object_array_length(asids); i++) {
		asid = json_object_array_get_idx(asids, i);
		if (strcmp(json_get_text(asid, "state"), asid_state_name(SEVADM_ASID_STATE_FREE)))
			offer(current, json_get_text(asid, "asid"),
			      json_is_null(asid, "name") ? json_get_text(asid, "state") :
							   json_get_text(asid, "name"));
	}
	json_object_put(asids);
}

/* The cgroups in the one whose path is typed already. */
static void offer_cgroups(const char *current)
{
	const char *mount = cgroup_mount(), *last = strrchr(current, '/');
	int length = last ? last - current + 1 : 0;
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/%.*s", mount ?: "", length, current);
	folder = mount ? opendir(path) : NULL;
	while (folder && (entry = readdir(folder))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.*s%s", length ?: 1, length ? current : "/",
			 entry->d_name);
		offer(current, path, "cgroup");
	}
	if (folder)
		closedir(folder);
}

/* ---- values of the tables -------------------------------------------------------------------- */

static void offer_commands_of_psp_and_kvm(const char *current)
{
	const char *name;
	uint32_t id;

	for (id = 0; id < COMMANDS_MAX; id++) {
		name = psp_command_name(id);
		if (strncmp(name, "0x", 2))
			offer(current, name, "firmware");
		name = kvm_command_name(id);
		if (strncmp(name, "0x", 2) && psp_command_id(name) < 0)
			offer(current, name, "KVM");
	}
}

static void offer_subjects(const char *current)
{
	size_t i;

	for (i = 0; i < LIMIT_SUBJECTS; i++)
		offer(current, limit_subjects[i], "whom the limit is for");
}

static void offer_knobs(const char *current)
{
	char word[64];
	size_t i, j;

	for (i = 0; i < LIMIT_RESOURCES; i++)
		for (j = 0; j < LIMIT_KNOBS; j++) {
			snprintf(word, sizeof(word), "%s.%s=", limit_resources[i].name, limit_knobs[j]);
			/* Memory cannot be guaranteed. */
			if (!limit_resources[i].bytes || j != LIMIT_MIN)
				offer(current, word, limit_resources[i].bytes ? "bytes" : "ASIDs");
		}
}

static void offer_resources(const char *current)
{
	size_t i;

	for (i = 0; i < LIMIT_RESOURCES; i++)
		offer(current, limit_resources[i].name, NULL);
}

static void offer_objects(const char *current)
{
	const struct object *object;

	for (object = objects; object->name; object++)
		offer(current, object->name, object->summary);
}

static void offer_ring(const char *current)
{
	offer(current, "ring_events=", "how many events the ring holds");
}

/*
 * What help calls an argument, and what it can be. Files are left to the shell, which has nothing
 * else.
 */
static const struct {
	const char *argument;
	void (*offer)(const char *current);
} values[] = {
	{ "ID|NAME", offer_vms },
	{ "ASID", offer_asids },
	{ "PID", offer_pids },
	{ "USER", offer_users },
	{ "PATH", offer_cgroups },
	{ "NAME", offer_commands_of_psp_and_kvm },
	{ "OBJECT", offer_objects },
	{ "ring_events=NUMBER", offer_ring },
};

/* @argument: "[FILE]", "ID|NAME", "VALUE..." */
static void offer_value(const char *argument, const char *current)
{
	size_t i, length;

	if (!argument)
		return;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		length = strlen(values[i].argument);
		if (!strncmp(argument + (*argument == '['), values[i].argument, length))
			values[i].offer(current);
	}
}

/* ---- what is typed --------------------------------------------------------------------------- */

/**
 * struct typed - the words that are typed already
 * @object: the first of them that is no option, and @command the next: NULL: not typed yet
 * @words: how many words follow these two, options and their arguments left out
 * @last: the one of them that was typed last
 * @open: the option whose argument comes now
 */
struct typed {
	const struct object *object;
	const struct command *command;
	const struct option_row *options, *open;
	unsigned int words;
	const char *last;
	bool lost;
};

static const struct option_row *find_row(const struct option_row *row, const char *word)
{
	for (; row && row->name; row++)
		if (!strcmp(row->name, word))
			return row;
	return NULL;
}

static void take_word(struct typed *typed, const char *word)
{
	const struct object *object;
	const struct command *command;

	if (!typed->object) {
		for (object = objects; object->name && strcmp(object->name, word); object++)
			;
		typed->object = object->name ? object : NULL;
		typed->lost = !object->name;
		typed->options = object->options;
	} else if (!typed->command && typed->object->commands) {
		for (command = typed->object->commands;
		     command->name && strcmp(command->name, word); command++)
			;
		typed->command = command->name ? command : NULL;
		typed->lost = !command->name;
		typed->options = command->options;
	} else {
		typed->words++;
		typed->last = word;
	}
}

static void take(struct typed *typed, const char *word)
{
	const struct option_row *row;

	if (typed->open) {
		typed->open = NULL;
		return;
	}
	if (strncmp(word, "--", 2)) {
		if (word[0] != '-')
			take_word(typed, word);
		return;
	}
	/* Without a word, the first command is meant. */
	if (typed->object && typed->object->commands && !typed->command)
		typed->options = typed->object->commands->options;
	row = find_row(typed->options, word + 2);
	typed->open = row && row->argument ? row : NULL;
	/* Behind "--" comes another program's command line. */
	typed->lost |= !word[2];
}

static void offer_options(const struct option_row *row, const char *current)
{
	char word[64];

	for (; row && row->name; row++) {
		snprintf(word, sizeof(word), "--%s", row->name);
		offer(current, word, row->summary);
	}
}

static void offer_argument(const struct option_row *row, const char *current)
{
	const char *const *word;

	for (word = row->words; word && *word; word++)
		offer(current, *word, NULL);
	if (!row->words)
		offer_value(row->argument, current);
}

/* "SUBJECT ...": host, user UID, cgroup PATH; then what is limited. */
static bool offer_subject(const struct typed *typed, const char *current)
{
	const char *arguments = typed->command ? typed->command->arguments : NULL;

	if (!arguments || strncmp(arguments, "SUBJECT", strlen("SUBJECT")))
		return false;
	if (!typed->words)
		offer_subjects(current);
	else if (typed->words == 1 && !strcmp(typed->last, limit_subjects[LIMIT_USER]))
		offer_users(current);
	else if (typed->words == 1 && !strcmp(typed->last, limit_subjects[LIMIT_CGROUP]))
		offer_cgroups(current);
	else if (strstr(arguments, "KNOB"))
		offer_knobs(current);
	else
		offer_resources(current);
	return true;
}

static void offer_next(const struct typed *typed, const char *current)
{
	const struct object *object = typed->object;
	const struct option_row *options = typed->options;
	const struct command *command;

	if (typed->lost)
		return;
	if (typed->open) {
		offer_argument(typed->open, current);
		return;
	}
	if (current[0] == '-') {
		if (object && object->commands && !typed->command)
			options = object->commands->options;
		offer_options(options, current);
		offer_options(global_options, current);
		return;
	}
	if (!object) {
		offer_objects(current);
		return;
	}
	for (command = object->commands; command && command->name && !typed->command; command++)
		offer(current, command->name, command->summary);
	if (offer_subject(typed, current) || typed->words)
		return;
	if (typed->command || !object->commands)
		offer_value(typed->command ? typed->command->arguments : object->arguments,
			    current);
}

/* The last word is the one that is being typed; it may be empty. */
static int completion_words(int argc, char **argv)
{
	struct typed typed = {};
	int i;

	if (argc && !strcmp(argv[0], "--")) {
		argc--;
		argv++;
	}
	for (i = 0; i + 1 < argc; i++)
		take(&typed, argv[i]);
	offer_next(&typed, argc ? argv[argc - 1] : "");
	return EXIT_OK;
}

/* ---- the scripts ----------------------------------------------------------------------------- */

static const char bash_script[] =
	"# bash completion for sevadm, made by \"sevadm completion bash\"\n"
	"_sevadm()\n{\n"
	"\tlocal IFS=$'\\n' word\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS=$'\\t' read -r word _; do\n"
	"\t\t[[ $word != *= ]] || compopt -o nospace 2>/dev/null\n"
	"\t\tCOMPREPLY+=(\"$(printf %q \"$word\")\")\n"
	"\tdone < <(\"${COMP_WORDS[0]}\" completion words -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
	"}\n"
	"complete -o default -F _sevadm sevadm\n";

static const char zsh_script[] =
	"#compdef sevadm\n"
	"# zsh completion for sevadm, made by \"sevadm completion zsh\"\n"
	"_sevadm() {\n"
	"\tlocal line word\n"
	"\tlocal -a found knobs\n"
	"\tfor line in \"${(@f)$(\"${(Q)words[1]}\" completion words -- \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
	"\t\tword=${line%%$'\\t'*}\n"
	"\t\t[[ -n $word ]] || continue\n"
	"\t\tif [[ $word == *= ]]; then\n"
	"\t\t\tknobs+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
	"\t\telse\n"
	"\t\t\tfound+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif (( ! $#found && ! $#knobs )); then\n"
	"\t\t_files\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t(( ! $#found )) || _describe -V sevadm found\n"
	"\t(( ! $#knobs )) || _describe -V sevadm knobs -S ''\n"
	"}\n"
	"# Loaded by itself from $fpath, or by source.\n"
	"if [[ ${funcstack[1]} == _sevadm ]]; then\n"
	"\t_sevadm \"$@\"\n"
	"else\n"
	"\tcompdef _sevadm sevadm\n"
	"fi\n";

static const char fish_script[] =
	"# fish completion for sevadm, made by \"sevadm completion fish\"\n"
	"function __sevadm_words\n"
	"\tset -l typed (commandline -opc) (commandline -ct)\n"
	"\t$typed[1] completion words -- $typed[2..-1] 2>/dev/null\n"
	"end\n"
	"complete -c sevadm -n 'test -n \"$(__sevadm_words)\"' -f\n"
	"complete -c sevadm -a '(__sevadm_words)'\n";

static int print_script(const char *shell, const char *script, int argc)
{
	if (argc)
		return fail(EXIT_USAGE, "completion %s takes no arguments", shell);
	fputs(script, stdout);
	return EXIT_OK;
}

static int completion_bash(int argc, char **argv)
{
	(void)argv;
	return print_script("bash", bash_script, argc);
}

static int completion_zsh(int argc, char **argv)
{
	(void)argv;
	return print_script("zsh", zsh_script, argc);
}

static int completion_fish(int argc, char **argv)
{
	(void)argv;
	return print_script("fish", fish_script, argc);
}

const struct command completion_commands[] = {
	{ "bash", NULL, "print the script: source <(sevadm completion bash)", NULL,
	  completion_bash },
	{ "zsh", NULL, "print the script: source <(sevadm completion zsh)", NULL, completion_zsh },
	{ "fish", NULL, "print the script: sevadm completion fish | source", NULL, completion_fish },
	{ "words", "-- WORD...", "what can follow these words: for the scripts", NULL,
	  completion_words },
	{}
};
