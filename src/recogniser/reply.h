/* reply.h: what a server said, as results or an error (doc/engines.md). Any thread. */
#ifndef OFFHOOK_RECOGNISER_REPLY_H
#define OFFHOOK_RECOGNISER_REPLY_H

#include "recogniser/recogniser.h"

#include <jansson.h>

struct reply {
    json_t *root; /* its texts */
    struct recogniser_result results[RECOGNISER_RESULTS_MAX];
    unsigned count;
    bool failed;
    char error[RECOGNISER_ERROR]; /* when failed */
};

/* Reads the body that came with an HTTP status. */
void reply_read(struct reply *reply, int status, const char *body, size_t size);
void reply_free(struct reply *reply);

#endif
