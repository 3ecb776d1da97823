/* secret.h: comparing what must not be guessed. */
#ifndef OFFHOOK_HTTP_SECRET_H
#define OFFHOOK_HTTP_SECRET_H

#include <stdbool.h>

/* Whether both texts are the same. The time it takes tells nothing of where they differ,
 * and of their lengths only how many times 64 bytes. NULL equals nothing. Any thread. */
bool secret_equal(const char *ours, const char *theirs);

#endif
