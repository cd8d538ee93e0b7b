/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of the kernel's structures, by its BTF. */
#ifndef SEVADM_BTF_MEMBER_H
#define SEVADM_BTF_MEMBER_H

struct btf;

/**
 * btf_member_find() - find a member of a structure
 * @btf: the types
 * @type: id of the structure
 * @path: its name, or names of one within the other with a dot between them. Members of an
 *	anonymous member count as the structure's own
 * @bits: set to its offset, in bits
 *
 * Return: id of the member's type; -1: there is no such member.
 */
int btf_member_find(const struct btf *btf, int type, const char *path, unsigned int *bits);

#endif /* SEVADM_BTF_MEMBER_H */
