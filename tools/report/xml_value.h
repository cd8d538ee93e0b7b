/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and sizes in XML, as libvirt reads them. */
#ifndef SEVADM_REPORT_XML_VALUE_H
#define SEVADM_REPORT_XML_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <libxml/tree.h>

/** xml_number() - a number in decimal, 0x or 0 notation */
bool xml_number(const xmlNode *node, uint64_t *number);

/** xml_bytes() - a size with its unit attribute, KiB without one */
bool xml_bytes(const xmlNode *node, uint64_t *bytes);

#endif
