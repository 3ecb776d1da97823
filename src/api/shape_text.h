/* shape_text.h: what a text may be: length, words, pattern, format. For shape.c only. */
#ifndef OFFHOOK_API_SHAPE_TEXT_H
#define OFFHOOK_API_SHAPE_TEXT_H

#include "api/shape.h"

#include <stddef.h>

enum { SHAPE_REASON = 512 };

/* False: reason says why not. Any thread; a pattern is compiled when it is first seen, and
 * kept for good: patterns are of tables. */
bool shape_text(const struct shape *shape, const char *text, char reason[SHAPE_REASON]);

#endif
