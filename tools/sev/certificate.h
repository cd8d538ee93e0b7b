/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's owner gives a launch: the Diffie-Hellman certificate and the session, in base64.
 *
 * Sources: AMD SEV API (55766), appendix C.1 "SEV Certificate Format" and "Launch: session data";
 * the kernel's SEV_CERT and LAUNCH_START structures in include/linux/psp-sev.h.
 */
#ifndef SEVADM_CERTIFICATE_H
#define SEVADM_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define SEV_CERTIFICATE_BYTES	2084
#define SEV_SESSION_BYTES	128

/**
 * base64_decode() - RFC 4648 with white space anywhere
 * @text: ends with a zero
 * @bytes: takes @room bytes; what does not fit is counted, not stored
 * @nr: how many bytes @text stands for
 * @bad: set to the place of what is no base64
 *
 * Return: 0, or -1: @bad is set.
 */
int base64_decode(const char *text, uint8_t *bytes, size_t room, size_t *nr, size_t *bad);

/**
 * struct certificate_problem - the first thing that is wrong
 * @text: a phrase that names the field, "" when nothing is
 */
struct certificate_problem {
	char text[192];
};

/** base64_exact() - decode what must be @size bytes; 0, or -1 and @problem */
int base64_exact(const char *text, uint8_t *bytes, size_t size,
		 struct certificate_problem *problem);

/** certificate_judge() - find what keeps SEV firmware from taking a Diffie-Hellman certificate */
void certificate_judge(const uint8_t *bytes, struct certificate_problem *problem);

/** certificate_json() - all fields of a certificate in words */
struct json_object *certificate_json(const uint8_t *bytes);

/** session_json() - all fields of a session */
struct json_object *session_json(const uint8_t *bytes);

/** session_judge() - find what is wrong with a session */
void session_judge(const uint8_t *bytes, struct certificate_problem *problem);

/* The commands of sevadm policy that print them. */
int policy_certificate(int argc, char **argv);
int policy_session(int argc, char **argv);

#endif
