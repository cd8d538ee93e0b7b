// SPDX-License-Identifier: GPL-2.0-only
/* Members of the kernel's structures, by its BTF. */
#include <stddef.h>
#include <string.h>

#include <bpf/btf.h>

#include "kernel/btf_member.h"

/* Finds the member called by the @length bytes at @name, and adds its offset to @bits. */
static const struct btf_member *find_member(const struct btf *btf, unsigned int type_id,
					    const char *name, size_t length, unsigned int *bits)
{
	const struct btf_type *type = btf__type_by_id(btf, btf__resolve_type(btf, type_id));
	const struct btf_member *member, *inner;
	const char *found;
	int i;

	if (!type || !btf_is_composite(type))
		return NULL;
	for (i = 0; i < btf_vlen(type); i++) {
		member = btf_members(type) + i;
		found = btf__name_by_offset(btf, member->name_off);
		if (strlen(found) == length && !memcmp(found, name, length)) {
			*bits += btf_member_bit_offset(type, i);
			return member;
		}
		if (*found)
			continue;
		inner = find_member(btf, member->type, name, length, bits);
		if (inner) {
			*bits += btf_member_bit_offset(type, i);
			return inner;
		}
	}
	return NULL;
}

int btf_member_find(const struct btf *btf, int type, const char *path, unsigned int *bits)
{
	const struct btf_member *member;
	size_t length;

	*bits = 0;
	for (;; path += length + 1) {
		length = strcspn(path, ".");
		member = find_member(btf, type, path, length, bits);
		if (!member)
			return -1;
		type = member->type;
		if (!path[length])
			return type;
	}
}
