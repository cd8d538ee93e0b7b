/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is handed to KVM by a descriptor that nobody else can exchange. */
#ifndef SEVADM_SOLE_FILE_H
#define SEVADM_SOLE_FILE_H

struct file;
struct sevadm_sole_file;

/* The descriptor of the file. */
#define SEVADM_SOLE_FD	0

struct sevadm_sole_file *sevadm_sole_file_enter(struct file *file);
void sevadm_sole_file_leave(struct sevadm_sole_file *sole);

#endif /* SEVADM_SOLE_FILE_H */
