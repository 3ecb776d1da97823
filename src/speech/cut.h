/* cut.h: where a text may be cut, so that its parts sound one after the other as the whole would.
 * Pure text: any thread. */
#ifndef OFFHOOK_SPEECH_CUT_H
#define OFFHOOK_SPEECH_CUT_H

#include <stddef.h>

/* The first place at `least` [bytes] or behind it where `size` [bytes] of UTF-8 may be cut: behind
 * what ends a clause, and the white space that follows. 0: there is none. */
size_t cut_find(const char *text, size_t size, size_t least);
/* How long [bytes] the nth part of a text should be at least, from 0: the first is short, since
 * somebody waits for it; after it each is longer, since a cut is not for nothing. */
size_t cut_least(unsigned n);

#endif
