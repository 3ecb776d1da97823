/* registrar.h: at which phones a user can be reached (RFC 3261 §10.3): the contacts that each
 * user's phones have registered, kept over a restart and until they expire. Knows users by their
 * ids only; that somebody may speak for a user is known before. Control thread. */
#ifndef OFFHOOK_REGISTRAR_REGISTRAR_H
#define OFFHOOK_REGISTRAR_REGISTRAR_H

#include "base/loop.h"
#include "store/store.h"
#include "ua/ua.h"

#include <stdbool.h>
#include <stdint.h>

struct registrar;

enum {
    REGISTRAR_CONTACTS = 10,  /* of a user; one more takes the place of the next to expire */
    REGISTRAR_SHORTEST = 60,  /* [s]: 423 below */
    REGISTRAR_LONGEST = 3600, /* [s]: what is longer is granted so long */
    REGISTRAR_USUAL = 3600    /* [s]: nothing was asked for */
};

/* Reads what the store holds. Released with mem_unref(), before the loop and the store. */
int registrar_alloc(struct registrar **registrar, struct loop *loop, struct store *store);

/* A REGISTER of the user's. Statuses: 200; 400 (`*` with other contacts); 423; 500 (older than
 * what is known by the same Call-ID, §10.3; or no memory: nothing is changed). */
void registrar_take(struct registrar *registrar, const char *application, const char *user,
                    const struct ua_registering *request, struct ua_registered *answer);
/* All of a user's are gone. */
void registrar_forget(struct registrar *registrar, const char *user);

/* A contact; texts live until the registrar changes. */
struct registrar_contact {
    const char *application, *user; /* ids */
    const char *uri;                /* as the phone has it */
    const char *dial, *route, *by;  /* as ua_contact and ua_registering have it */
    const char *source, *agent;     /* "192.0.2.1:5060"; "" */
    unsigned q;                     /* thousandths */
    int64_t since, expires;         /* wall [ms] */
};
/* The contacts of a user, greatest q first, then the youngest; at most REGISTRAR_CONTACTS.
 * Returns how many. */
unsigned registrar_find(const struct registrar *registrar, const char *user,
                        struct registrar_contact found[REGISTRAR_CONTACTS]);
/* All of an application; NULL: of all. */
void registrar_each(const struct registrar *registrar, const char *application,
                    void (*each)(const struct registrar_contact *contact, void *arg), void *arg);
/* Has a phone registered from this very address and port? */
bool registrar_knows(const struct registrar *registrar, const struct sockaddr_storage *source);

struct registrar_counts {
    unsigned contacts, users;
    uint64_t taken, refused, expired;
};
void registrar_counts(const struct registrar *registrar, struct registrar_counts *counts);

#endif
