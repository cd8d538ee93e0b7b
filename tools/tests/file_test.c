// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are read and written: in pieces, and interrupted, as a kernel may; what cannot be
 * written leaves what was there; and in which line XML and YAML are wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "report/atomic_file.h"
#include "report/files.h"
#include "report/xml.h"
#include "report/yaml.h"
#include "test.h"

static char folder[] = "/tmp/sevadm-file-XXXXXX";

/**
 * struct kernel - how it behaves
 * @piece: at most so many bytes at once; 0: all
 * @interrupt: every second call is interrupted
 * @full: so many bytes fit on the disk; 0: all; @rename_error: errno of that
 */
static struct {
	size_t piece, full, written;
	bool interrupt, turn;
	int rename_error;
} kernel;

static bool is_interrupted(void)
{
	kernel.turn = !kernel.turn;
	errno = EINTR;
	return kernel.interrupt && kernel.turn;
}

static size_t piece_of(size_t size)
{
	return kernel.piece && size > kernel.piece ? kernel.piece : size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	ssize_t ret;

	if (is_interrupted())
		return -1;
	if (kernel.full && kernel.written >= kernel.full) {
		errno = ENOSPC;
		return -1;
	}
	ret = syscall(SYS_write, fd, bytes, piece_of(size));
	kernel.written += ret > 0 ? ret : 0;
	return ret;
}

ssize_t read(int fd, void *bytes, size_t size)
{
	if (is_interrupted())
		return -1;
	return syscall(SYS_read, fd, bytes, piece_of(size));
}

int rename(const char *from, const char *to)
{
	errno = kernel.rename_error;
	return kernel.rename_error ? -1 : syscall(SYS_rename, from, to);
}

static void begin(size_t piece, bool interrupt)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.piece = piece;
	kernel.interrupt = interrupt;
}

static const char *at(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* What a file of the folder has in it; NULL: there is none. The caller frees it. */
static char *text_of(const char *name)
{
	const char *why;
	char *text;
	size_t size;

	begin(0, false);
	text = file_read(at(name), &size, &why);
	EXPECT(!text || strlen(text) == size);
	return text;
}

static unsigned int mode_of(const char *name)
{
	struct stat status;

	return stat(at(name), &status) ? 0 : status.st_mode & 07777;
}

static void expect_text(const char *name, const char *expected)
{
	char *text = text_of(name);

	EXPECT_TEXT(text, expected);
	free(text);
}

/* Nothing but what the test has written is there: no file that was to be renamed. */
static unsigned int count_names(void)
{
	char command[PATH_MAX + 32], line[16] = "";
	FILE *pipe;

	begin(0, false);
	snprintf(command, sizeof(command), "ls -A %s | wc -l", folder);
	pipe = popen(command, "r");
	if (!pipe || !fgets(line, sizeof(line), pipe))
		abort();
	pclose(pipe);
	return atoi(line);
}

static const struct {
	size_t piece;
	bool interrupt;
} manners[] = { { 0, false }, { 1, false }, { 3, false }, { 0, true }, { 2, true } };

static void written_as_a_whole(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(manners); i++) {
		begin(manners[i].piece, manners[i].interrupt);
		EXPECT_NUMBER(atomic_file_write(at("page"), "one two\n", 8), EXIT_OK);
		expect_text("page", "one two\n");
		EXPECT_NUMBER(mode_of("page"), 0644);
		begin(manners[i].piece, manners[i].interrupt);
		EXPECT_NUMBER(atomic_file_write_private(at("page"), "three four\n", 11), EXIT_OK);
		expect_text("page", "three four\n");
		EXPECT_NUMBER(mode_of("page"), 0600);
		begin(manners[i].piece, manners[i].interrupt);
		EXPECT_NUMBER(file_write(at("fixed"), "five\n", 5), 0);
		expect_text("fixed", "five\n");
	}
	/* As readable as it was. */
	chmod(at("fixed"), 0640);
	EXPECT_NUMBER(file_write(at("fixed"), "six\n", 4), 0);
	EXPECT_NUMBER(mode_of("fixed"), 0640);
	expect_text("fixed", "six\n");
	EXPECT_NUMBER(count_names(), 2);
}

static void a_full_disk_leaves_what_was_there(void)
{
	capture_begin();
	begin(3, false);
	kernel.full = 6;
	EXPECT_NUMBER(atomic_file_write(at("page"), "seven eight\n", 12), EXIT_USAGE);
	begin(0, false);
	kernel.rename_error = EXDEV;
	EXPECT_NUMBER(atomic_file_write(at("page"), "seven eight\n", 12), EXIT_USAGE);
	capture_end();
	EXPECT(strstr(captured_errors, "/page: No space left on device\n"));
	EXPECT(strstr(captured_errors, "/page: Invalid cross-device link\n"));
	begin(3, false);
	kernel.full = 6;
	EXPECT_NUMBER(file_write(at("fixed"), "seven eight\n", 12), -ENOSPC);
	begin(0, false);
	kernel.rename_error = EXDEV;
	EXPECT_NUMBER(file_write(at("fixed"), "seven eight\n", 12), -EXDEV);
	expect_text("page", "three four\n");
	expect_text("fixed", "six\n");
	EXPECT_NUMBER(count_names(), 2);
}

/* A file is written beside the one that it becomes: 7 bytes more than that one's name. */
static void names_of_any_length(void)
{
	static const struct {
		size_t length;
		int ret;
	} rows[] = {
		{ PATH_MAX - 8, EXIT_OK },
		{ PATH_MAX - 7, EXIT_USAGE }, { PATH_MAX - 1, EXIT_USAGE },
	};
	char path[PATH_MAX];
	size_t length, i;

	begin(0, false);
	length = strlen(strcpy(path, at("long")));
	for (; !mkdir(path, 0755) && length < PATH_MAX - 400; length += 201) {
		memset(path + length, 'd', 201);
		path[length] = '/';
		path[length + 201] = '\0';
	}
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(path + length, 'f', rows[i].length - length);
		path[length] = '/';
		path[rows[i].length] = '\0';
		errno = 0;
		capture_begin();
		EXPECT_NUMBER(atomic_file_write(path, "x", 1), rows[i].ret);
		capture_end();
		EXPECT(!access(path, F_OK) == !rows[i].ret);
		EXPECT(!rows[i].ret || strstr(captured_errors, strerror(ENAMETOOLONG)));
	}
	folder_remove(at("long"));
}

static void read_in_any_manner(void)
{
	const char *why;
	size_t i, size;
	char *text;

	for (i = 0; i < ARRAY_SIZE(manners); i++) {
		begin(manners[i].piece, manners[i].interrupt);
		text = file_read(at("page"), &size, &why);
		EXPECT_TEXT(text, "three four\n");
		EXPECT_NUMBER(size, 11);
		free(text);
	}
}

/* 4 MiB are read, one byte more is not. */
static void large_files(void)
{
	const char *why;
	size_t size;
	char *text;
	int fd = open(at("large"), O_WRONLY | O_CREAT, 0600);

	begin(0, false);
	EXPECT(!ftruncate(fd, FILE_MAX_BYTES));
	text = file_read(at("large"), &size, &why);
	EXPECT(text && size == FILE_MAX_BYTES);
	free(text);
	EXPECT(!ftruncate(fd, FILE_MAX_BYTES + 1));
	text = file_read(at("large"), &size, &why);
	EXPECT(!text);
	EXPECT_TEXT(why, "is larger than 4 MiB, which no VM's description is");
	free(text);
	close(fd);
	EXPECT(!file_read(at("nothing"), &size, &why));
	EXPECT_TEXT(why, "No such file or directory");
	EXPECT(!file_read(folder, &size, &why));
	EXPECT_TEXT(why, "is a folder");
	EXPECT(!file_read("/dev/null", &size, &why));
	EXPECT_TEXT(why, "is not a file");
}

/* An element of so many attributes, in the third line. */
static char *xml_with(unsigned int attributes)
{
	char *text = malloc(128 + 16 * attributes), *end = text;
	unsigned int i;

	end += sprintf(end, "<?xml version='1.0' encoding='UTF-8'?>\n<!-- a='b' -->\n<a");
	for (i = 0; i < attributes; i++)
		end += sprintf(end, " a%u=''", i);
	strcpy(end, "><b c=''/></a>\n");
	return text;
}

static void xml_that_is_wrong(void)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *message;
	} rows[] = {
		{ "", 0, "the file is empty" },
		{ "<a>\n<b>\n</a>\n", 3, "not well-formed XML: Opening and ending tag mismatch" },
		{ "<a/>\n\n<b/>\n", 3, "not well-formed XML: Extra content" },
		{ "\n<!DOCTYPE a [\n<!ENTITY b 'c'>]><a/>", 2, "a DOCTYPE, by which entities come in, is not accepted" },
	};
	static char many[8192], name[301], long_names[512];
	struct xml_error error;
	xmlDoc *doc;
	char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT(!xml_read(rows[i].text, strlen(rows[i].text), &error));
		EXPECT_NUMBER(error.line, rows[i].line);
		EXPECT(!strncmp(error.message, rows[i].message, strlen(rows[i].message)));
	}
	/* A message that is cut ends with the column: 255 bytes are all that there is room for. */
	memset(name, 'n', sizeof(name) - 1);
	snprintf(long_names, sizeof(long_names), "<a>\n<%s></b>\n</a>", name);
	EXPECT(!xml_read(long_names, strlen(long_names), &error));
	EXPECT_NUMBER(error.line, 2);
	EXPECT(!strncmp(error.message, "not well-formed XML: Opening and ending tag mismatch: nnn", 56));
	EXPECT(strstr(error.message, "n (column 307)"));
	EXPECT_NUMBER(strlen(error.message), sizeof(error.message) - 24 - 1 + strlen(" (column 307)"));
	/* Comments and instructions have no attributes; a tag that ends with the file has none. */
	text = xml_with(0);
	doc = xml_read(text, strlen(text), &error);
	EXPECT(doc);
	xmlFreeDoc(doc);
	free(text);
	for (i = 0; i < 2; i++) {
		memset(many, '=', sizeof(many) - 1);
		memcpy(many, i ? "<?p " : "<!--", 4);
		strcpy(many + sizeof(many) - 16, i ? "?><a/>" : "--><a/>");
		doc = xml_read(many, strlen(many), &error);
		EXPECT(doc);
		xmlFreeDoc(doc);
	}
	EXPECT(!xml_read("<a/><", 5, &error));
	EXPECT(strstr(error.message, "not well-formed XML: "));
	text = xml_with(4096);
	doc = xml_read(text, strlen(text), &error);
	EXPECT(doc);
	xmlFreeDoc(doc);
	free(text);
	text = xml_with(4097);
	EXPECT(!xml_read(text, strlen(text), &error));
	EXPECT_NUMBER(error.line, 3);
	EXPECT_TEXT(error.message, "an element has over 4096 attributes");
	free(text);
}

/* Texts without the blanks around them; of nodes that are not there, nothing. */
static void xml_that_is_right(void)
{
	static const char text[] =
		"<a>\n <b x='1' y='' z='&lt;'> one  two\n</b><c/>\n<b> </b><d><e>three</e>four</d></a>";
	struct xml_error error;
	char word[8], *long_text;
	const xmlNode *root, *b;
	xmlDoc *doc = xml_read(text, strlen(text), &error);

	EXPECT(doc);
	if (!doc)
		return;
	EXPECT_TEXT(error.message, "");
	root = xmlDocGetRootElement(doc);
	b = xml_find(root, "b");
	EXPECT_NUMBER(xml_line(b), 2);
	EXPECT_NUMBER(xml_line(xml_find(root, "d/e")), 4);
	EXPECT_NUMBER(xml_line(NULL), 0);
	long_text = xml_long_text(b);
	EXPECT_TEXT(long_text, "one  two");
	free(long_text);
	EXPECT_TEXT(xml_text(b, word, sizeof(word)), "one  tw");
	EXPECT_TEXT(xml_text(xml_find(root, "d"), word, sizeof(word)), "threefo");
	EXPECT_TEXT(xml_text(xml_next(root, b, "b"), word, sizeof(word)), "");
	EXPECT_TEXT(xml_text(xml_find(root, "c"), word, sizeof(word)), "");
	EXPECT_TEXT(xml_text(NULL, word, sizeof(word)), "");
	EXPECT(!xml_long_text(NULL));
	EXPECT(!xml_next(root, xml_next(root, b, "b"), "b") && !xml_next(NULL, NULL, "b"));
	EXPECT(!xml_find(root, "d/f") && !xml_find(root, "e") && !xml_find(NULL, "a"));
	EXPECT(xml_find(root, "") == root);
	EXPECT_TEXT(xml_attribute(b, "x"), "1");
	EXPECT_TEXT(xml_attribute(b, "y"), "");
	EXPECT_TEXT(xml_attribute(b, "z"), "<");
	EXPECT(!xml_attribute(b, "w") && !xml_attribute(NULL, "x"));
	EXPECT(xml_is(b, "x", "1") && !xml_is(b, "x", "") && xml_is(b, "y", "") && !xml_is(b, "w", ""));
	xmlFreeDoc(doc);
}

static void count_document(void *context, yaml_document_t *doc, yaml_node_t *root)
{
	(void)doc;
	(void)root;
	++*(unsigned int *)context;
}

static void yaml_that_is_wrong(void)
{
	static const struct {
		const char *text;
		int ret;
		unsigned int documents, line;
		const char *message;
	} rows[] = {
		{ "a: 1\n---\nb: 2\n", 0, 2, 0, "" },
		{ "a: 1\nb: c: d\n", -1, 0, 2, "not YAML: mapping values are not allowed in this context (column 5)" },
		{ "a: 1\n---\nb: \xff\n", -1, 0, 3, "not YAML: invalid leading UTF-8 octet at byte 12" },
	};
	static char large[(3 << 19) + 2], deep[4096];
	struct yaml_error error;
	unsigned int documents;
	size_t i;

	/* A comment that is as long as may be, and one byte more. */
	memset(large, '#', sizeof(large) - 1);
	EXPECT_NUMBER(yaml_each(large, sizeof(large) - 2, count_document, &documents, &error), 0);
	EXPECT_NUMBER(yaml_each(large, sizeof(large) - 1, count_document, &documents, &error), -1);
	EXPECT_NUMBER(error.line, 0);
	EXPECT_TEXT(error.message, "is larger than 1.5 MiB");
	/* Brackets that are closed again are not open. */
	for (i = 0; i < 1001; i++)
		memcpy(deep + 3 * i, "[],", 3);
	memcpy(deep, "a\n[", 3);
	memcpy(deep + 3 * i, "]", 2);
	EXPECT_NUMBER(yaml_each(deep, strlen(deep), count_document, &documents, &error), 0);
	memset(deep + 3, '[', 1001);
	EXPECT_NUMBER(yaml_each(deep, strlen(deep), count_document, &documents, &error), -1);
	EXPECT_NUMBER(error.line, 2);
	EXPECT_TEXT(error.message, "over 1000 open brackets");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		documents = 0;
		error = (struct yaml_error) {};
		EXPECT_NUMBER(yaml_each(rows[i].text, strlen(rows[i].text), count_document,
					&documents, &error), rows[i].ret);
		EXPECT_NUMBER(documents, rows[i].documents);
		EXPECT_NUMBER(error.line, rows[i].line);
		EXPECT_TEXT(error.message, rows[i].message);
	}
}

static void look_for_aliases(void *context, yaml_document_t *doc, yaml_node_t *root)
{
	(void)root;
	*(bool *)context = yaml_has_aliases(doc);
}

/* An anchor alone is none: what matters is that one value stands in two places. */
static void yaml_with_aliases(void)
{
	static const struct {
		const char *text;
		bool has;
	} rows[] = {
		{ "a: 1\nb: [1, 2, {c: 1}]\n", false }, { "a: &x 1\nb: 2\n", false },
		{ "a: &x 1\nb: *x\n", true }, { "[&x 1, *x]", true }, { "&x a: *x\n", true },
		{ "a: &x [1]\nb: {c: [2, *x]}\n", true }, { "&x a: 1\nb: {*x : 2}\n", true }, { "1", false },
	};
	struct yaml_error error;
	bool has;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		has = !rows[i].has;
		EXPECT_NUMBER(yaml_each(rows[i].text, strlen(rows[i].text), look_for_aliases, &has,
					&error), 0);
		EXPECT_NUMBER(has, rows[i].has);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "written as a whole", written_as_a_whole },
		{ "a full disk leaves what was there", a_full_disk_leaves_what_was_there },
		{ "names of any length", names_of_any_length },
		{ "read in any manner", read_in_any_manner },
		{ "large files", large_files },
		{ "XML that is wrong", xml_that_is_wrong },
		{ "XML that is right", xml_that_is_right },
		{ "YAML that is wrong", yaml_that_is_wrong },
		{ "YAML with aliases", yaml_with_aliases },
	};

	folder_make(folder);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}
