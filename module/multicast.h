/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to the multicast group "events" of family "sevadm". */
#ifndef SEVADM_MULTICAST_H
#define SEVADM_MULTICAST_H

struct sevadm_event;

void sevadm_nl_multicast(const struct sevadm_event *event);

#endif /* SEVADM_MULTICAST_H */
