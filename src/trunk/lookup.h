/* lookup.h: one question about a name, on its way through lookup.c; for the files that ask. */
#ifndef OFFHOOK_TRUNK_LOOKUP_H
#define OFFHOOK_TRUNK_LOOKUP_H

#include "trunk/names.h"

#include <ares.h>
#include <pthread.h>

enum { SERVICES = 6 };

struct names { /* control thread, but the thread's own: channel, pending */
    struct loop *control, *loop;
    pthread_t thread;
    ares_channel channel;
    struct loop_task end;
    bool ending;      /* the thread's */
    unsigned pending; /* the thread's: questions */
};

/* A name whose SRV is asked for. */
struct service {
    char name[256];
    const char *transport;
    unsigned order;
};

/* A host whose addresses are asked for. */
struct place {
    char host[256];
    const char *transport;
    unsigned port, priority, weight;
};

struct question { /* the thread's, once it was posted */
    struct loop_task task;
    struct names *names;
    names_h *done;
    void *arg;
    char host[256];
    const char *transport; /* of the URI; NULL: none */
    unsigned port;         /* likewise; 0: none */
    struct service services[SERVICES];
    unsigned service_count, service;
    struct place places[NAMES_PLACES];
    unsigned place_count, place;
    struct names_answer answer;
    bool has_ttl;
};

/* "udp", "tcp", "tls": the one that the text is; NULL: none. */
const char *lookup_transport(const char *text, size_t length);
/* The thread, with a question that was posted to it. */
void lookup_begin(void *question);

#endif
