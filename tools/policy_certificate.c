// SPDX-License-Identifier: GPL-2.0-only
/* sevadm policy certificate, session: what a guest's owner gives a launch, in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "report/files.h"
#include "sev/certificate.h"

/*
 * struct owner_data - a kind of data: a row of certificate or session
 * @size: of its bytes
 */
struct owner_data {
	const char *name;
	size_t size;
	struct json_object *(*decode)(const uint8_t *bytes);
	void (*judge)(const uint8_t *bytes, struct certificate_problem *problem);
	const struct column *columns;
	size_t nr_columns;
};

/* A file holds the bytes themselves or their base64: its size decides which. */
static int read_data(const struct owner_data *kind, const char *path, uint8_t *bytes,
		     struct certificate_problem *problem)
{
	const char *why;
	char *content;
	size_t size;
	int ret = EXIT_OK;

	content = file_read(path, &size, &why);
	if (!content)
		return fail(EXIT_USAGE, "%s: %s", path, why);
	problem->text[0] = '\0';
	if (size == kind->size)
		memcpy(bytes, content, size);
	else if (strlen(content) != size)
		snprintf(problem->text, sizeof(problem->text),
			 "is %zu bytes of neither the right length (%zu) nor base64", size, kind->size);
	else
		base64_exact(content, bytes, kind->size, problem);
	if (problem->text[0])
		ret = fail(EXIT_USAGE, "%s: the %s %s", path, kind->name, problem->text);
	free(content);
	return ret;
}

static int show(const struct owner_data *kind, int argc, char **argv)
{
	uint8_t bytes[SEV_CERTIFICATE_BYTES];
	struct certificate_problem problem;
	struct json_object *row;
	int ret;

	if (argc != 1)
		return fail(EXIT_USAGE, "policy %s needs one FILE: base64, or its %zu bytes", kind->name,
			    kind->size);
	ret = read_data(kind, argv[0], bytes, &problem);
	if (ret)
		return ret;
	kind->judge(bytes, &problem);
	row = kind->decode(bytes);
	json_object_object_add(row, "problem", json_known_string(problem.text[0], problem.text));
	ret = output_show(row, kind->columns, kind->nr_columns);
	return ret ?: problem.text[0] ? EXIT_REFUSED : EXIT_OK;
}

int policy_certificate(int argc, char **argv)
{
	static const struct column columns[] = {
		{ "version", "Version", NULL },
		{ "api_major", "Firmware API, major", NULL },
		{ "api_minor", "Firmware API, minor", NULL },
		{ "key_usage", "Key is for", NULL },
		{ "key_algorithm", "Key's algorithm", NULL },
		{ "key_curve", "Key's curve", NULL },
		{ "key_x", "Key, x", NULL },
		{ "key_y", "Key, y", NULL },
		{ "signature1_usage", "Signature 1 is by", NULL },
		{ "signature1_algorithm", "Signature 1, algorithm", NULL },
		{ "signature2_usage", "Signature 2 is by", NULL },
		{ "signature2_algorithm", "Signature 2, algorithm", NULL },
		{ "problem", "Problem", NULL },
	};
	static const struct owner_data kind = {
		"certificate", SEV_CERTIFICATE_BYTES, certificate_json, certificate_judge, columns,
		ARRAY_SIZE(columns)
	};

	return show(&kind, argc, argv);
}

int policy_session(int argc, char **argv)
{
	static const struct column columns[] = {
		{ "nonce", "Nonce", NULL },
		{ "wrap_tk", "Transport keys, wrapped", NULL },
		{ "wrap_iv", "Wrapping, IV", NULL },
		{ "wrap_mac", "Wrapping, MAC", NULL },
		{ "policy_mac", "Policy, MAC", NULL },
		{ "problem", "Problem", NULL },
	};
	static const struct owner_data kind = {
		"session", SEV_SESSION_BYTES, session_json, session_judge, columns,
		ARRAY_SIZE(columns)
	};

	return show(&kind, argc, argv);
}
