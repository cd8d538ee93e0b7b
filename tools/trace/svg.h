/* SPDX-License-Identifier: GPL-2.0-only */
/* A timeline as a picture: one SVG file that needs nothing else. */
#ifndef SEVADM_SVG_H
#define SEVADM_SVG_H

#include <stdio.h>

#include "trace/recording.h"
#include "trace/timeline.h"

/** svg_write() - write the picture as an element, as it is part of a page of HTML, too */
void svg_write(FILE *file, const struct loaded *loaded, const struct timeline *timeline);

/** svg_draw() - write the picture; returns an exit code */
int svg_draw(const char *path, const struct loaded *loaded, const struct timeline *timeline);

#endif
