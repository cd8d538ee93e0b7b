/* SPDX-License-Identifier: GPL-2.0-only */
/* A bar of characters: how much of something is used, and by what. */
#ifndef SEVADM_BAR_H
#define SEVADM_BAR_H

#include <stddef.h>
#include <stdint.h>

#define BAR_MAX 80

/** struct bar_part - so much, as so many characters */
struct bar_part {
	char mark;
	uint64_t amount;
};

/**
 * bar_draw() - draw a bar
 * @text: gets @width characters and a NUL; room for BAR_MAX + 1
 * @width: up to BAR_MAX
 * @whole: what all of the bar stands for
 * @parts: what is in it, from left to right; the rest is '.'
 * @nr: how many
 *
 * What is there at all is drawn, however little it is; what is more than the whole is not.
 */
void bar_draw(char *text, size_t width, uint64_t whole, const struct bar_part *parts, size_t nr);

/** bar_mark() - put @mark where @at of @whole ends, if that is within the bar */
void bar_mark(char *text, size_t width, uint64_t whole, uint64_t at, char mark);

#endif
