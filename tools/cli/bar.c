// SPDX-License-Identifier: GPL-2.0-only
/* A bar of characters: how much of something is used, and by what. */
#include <string.h>

#include "cli/bar.h"

/* Return characters, rounded down; 128 bits, as bytes times characters may be more than 64 have. */
static size_t scaled(uint64_t amount, uint64_t whole, size_t width)
{
	return whole ? (size_t)((unsigned __int128)(amount < whole ? amount : whole) * width /
				whole) : 0;
}

void bar_draw(char *text, size_t width, uint64_t whole, const struct bar_part *parts, size_t nr)
{
	uint64_t sum = 0;
	size_t at = 0, end, i;

	if (width > BAR_MAX)
		width = BAR_MAX;
	memset(text, '.', width);
	text[width] = '\0';
	for (i = 0; i < nr; i++) {
		sum = sum + parts[i].amount < sum ? UINT64_MAX : sum + parts[i].amount;
		end = scaled(sum, whole, width);
		if (end <= at && parts[i].amount && whole)
			end = at + 1;
		for (; at < end && at < width; at++)
			text[at] = parts[i].mark;
	}
}

void bar_mark(char *text, size_t width, uint64_t whole, uint64_t at, char mark)
{
	size_t end = scaled(at, whole, width);

	if (whole && at <= whole && width <= BAR_MAX && width)
		text[end ? end - 1 : 0] = mark;
}
