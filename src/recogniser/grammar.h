/* grammar.h: hints as a grammar (JSGF) of what may be said: one of them, whole. One thread. */
#ifndef OFFHOOK_RECOGNISER_GRAMMAR_H
#define OFFHOOK_RECOGNISER_GRAMMAR_H

#include <stdbool.h>

enum { GRAMMAR_PHRASES_MAX = 500 }; /* more hints are left out */

/* Does the dictionary have the word, in small letters? */
typedef bool grammar_knows_h(const char *word, void *arg);

struct grammar;

/* Digits are words ("42": "four two"); a word that the dictionary lacks is left out of its
 * hint, and *unknown counts it. The hints must outlive the grammar. 0 or ENOMEM. */
int grammar_alloc(struct grammar **grammar, char *const *hints, unsigned count,
                  grammar_knows_h *knows, void *arg, unsigned *unknown);
/* NULL when none of the hints has a word that is known. */
const char *grammar_text(const struct grammar *grammar);
/* The hint, as it was given, for what was recognised; NULL: none of them. */
const char *grammar_hint(const struct grammar *grammar, const char *recognised);

#endif
