/* secret.h: comparing what must not be guessed. */
#ifndef OFFHOOK_HTTP_SECRET_H
#define OFFHOOK_HTTP_SECRET_H

#include <stdbool.h>

/* Whether both texts are the same, in a time that tells nothing of where they differ or
 * (only, in steps of 64 bytes, of the length). NULL equals nothing. Any thread. */
bool secret_equal(const char *ours, const char *theirs);

#endif
