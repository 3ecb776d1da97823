/* private.h: what the files of the registrar share. */
#ifndef OFFHOOK_REGISTRAR_PRIVATE_H
#define OFFHOOK_REGISTRAR_PRIVATE_H

#include "registrar/registrar.h"
#include "base/id.h"
#include "base/list.h"
#include "base/mem.h"
#include "net/addr.h"

/* An entry that found no memory for its place has hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { REGISTRAR_MAGIC = 0x72656701 };

struct binding {
    char id[ID_UUID];
    struct phones *phones;
    struct list node;
    char *uri, *dial, *route, *by, *agent, *call_id, *instance;
    char source[ADDR_TEXT];
    unsigned q, cseq;
    int64_t since, expires; /* wall [ms] */
};

/* Of one user; there while it has a binding. */
struct phones {
    char user[ID_PREFIXED], application[ID_UUID];
    struct list bindings;
    unsigned count;
    UT_hash_handle hh;
};

struct registrar { /* control thread */
    unsigned magic;
    struct loop *loop;
    struct store *store;
    struct phones *users; /* hash by id */
    struct timer expiry;  /* of who expires first */
    int64_t next;         /* wall [ms] at which that is; 0: none */
    struct registrar_counts counts;
};

/* binding.c */
/* A copy of what a contact says, of nobody yet; NULL: out of memory. */
struct binding *binding_make(const struct ua_registering *request,
                             const struct ua_contact *contact);
bool binding_is(const struct binding *binding, const struct ua_contact *contact);
void binding_free(struct binding *binding);
int binding_save(const struct binding *binding, struct store *store);
/* Of a row of the store; NULL: it is none, or out of memory. */
struct binding *binding_read(const struct store_registration *row);
void binding_show(const struct binding *binding, struct registrar_contact *contact);

#endif
