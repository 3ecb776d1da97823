/* registrar.c: see registrar.h. A REGISTER is checked as a whole first: it changes everything it
 * asks for, or nothing. */
#include "registrar/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_expiry(void *arg);

static void drop(struct registrar *registrar, struct binding *binding)
{
    store_registration_drop(registrar->store, binding->id);
    list_remove(&binding->node);
    binding->phones->count--;
    registrar->counts.contacts--;
    binding_free(binding);
}

/* A user without a binding is forgotten. */
static void tidy(struct registrar *registrar, struct phones *phones)
{
    if (phones->count)
        return;
    HASH_DEL(registrar->users, phones);
    free(phones);
}

static void wait_for(struct registrar *registrar, int64_t expires)
{
    int64_t left = expires - clock_wall_ms();

    if (registrar->next && registrar->next <= expires)
        return;
    registrar->next = expires;
    if (loop_start(registrar->loop, &registrar->expiry, left > 0 ? left : 0, on_expiry, registrar))
        log_error("registrar", "no memory for the timer of expiry");
}

static void expire(struct registrar *registrar, struct phones *phones, int64_t now)
{
    list_each (node, &phones->bindings) {
        struct binding *binding = list_entry(node, struct binding, node);

        if (binding->expires > now) {
            wait_for(registrar, binding->expires);
            continue;
        }
        log_info("registrar", "expired user=%s source=%s", phones->user, binding->source);
        registrar->counts.expired++;
        drop(registrar, binding);
    }
    tidy(registrar, phones);
}

static void on_expiry(void *arg)
{
    struct registrar *registrar = arg;
    struct phones *phones, *next;
    int64_t now = clock_wall_ms();

    MAGIC_CHECK(registrar, REGISTRAR_MAGIC);
    registrar->next = 0;
    HASH_ITER (hh, registrar->users, phones, next)
        expire(registrar, phones, now);
}

static struct phones *phones_of(struct registrar *registrar, const char *application,
                                const char *user)
{
    struct phones *phones = NULL;

    HASH_FIND_STR(registrar->users, user, phones);
    if (phones || strlen(user) >= ID_PREFIXED || strlen(application) >= ID_UUID)
        return phones;
    phones = calloc(1, sizeof *phones);
    if (!phones)
        return NULL;
    snprintf(phones->user, sizeof phones->user, "%s", user);
    snprintf(phones->application, sizeof phones->application, "%s", application);
    list_init(&phones->bindings);
    HASH_ADD_STR(registrar->users, user, phones);
    if (phones->hh.tbl)
        return phones;
    free(phones);
    return NULL;
}

static void enlist(struct registrar *registrar, struct phones *phones, struct binding *binding)
{
    binding->phones = phones;
    list_append(&phones->bindings, &binding->node);
    phones->count++;
    registrar->counts.contacts++;
    wait_for(registrar, binding->expires);
}

static void on_row(const struct store_registration *row, void *arg)
{
    struct registrar *registrar = arg;
    struct binding *binding = binding_read(row);
    struct phones *phones = binding ? phones_of(registrar, row->application, row->user) : NULL;

    if (phones) {
        enlist(registrar, phones, binding);
        return;
    }
    log_error("registrar", "a stored registration cannot be taken up id=%s", row->id);
    binding_free(binding);
}

static void destroy(void *obj)
{
    struct registrar *registrar = obj;
    struct phones *phones, *next;

    loop_cancel(registrar->loop, &registrar->expiry);
    HASH_ITER (hh, registrar->users, phones, next) {
        list_each (node, &phones->bindings) {
            list_remove(node);
            binding_free(list_entry(node, struct binding, node));
        }
        HASH_DEL(registrar->users, phones);
        free(phones);
    }
    registrar->magic = 0;
}

int registrar_alloc(struct registrar **registrarp, struct loop *loop, struct store *store)
{
    struct registrar *registrar = mem_alloc(sizeof *registrar, destroy);
    int err;

    if (!registrar)
        return ENOMEM;
    registrar->magic = REGISTRAR_MAGIC;
    registrar->loop = loop;
    registrar->store = store;
    err = store_each_registration(store, on_row, registrar);
    if (err)
        mem_unref(registrar);
    else
        *registrarp = registrar;
    return err;
}

static struct binding *find(const struct phones *phones, const struct ua_contact *contact)
{
    list_each (node, &phones->bindings) {
        struct binding *binding = list_entry(node, struct binding, node);

        if (binding_is(binding, contact))
            return binding;
    }
    return NULL;
}

static int wanted(const struct ua_registering *request, const struct ua_contact *contact)
{
    int seconds = contact->expires >= 0   ? contact->expires
                  : request->expires >= 0 ? request->expires
                                          : REGISTRAR_USUAL;

    if (seconds > REGISTRAR_LONGEST)
        seconds = REGISTRAR_LONGEST;
    /* a phone is back before its way is closed */
    return contact->lasts && seconds > (int)contact->lasts ? (int)contact->lasts : seconds;
}

/* It came later than what is known of the same phone. */
static bool is_late(const struct binding *binding, const struct ua_registering *request)
{
    return !strcmp(binding->call_id, request->call_id) && request->cseq <= binding->cseq;
}

static int check(const struct phones *phones, const struct ua_registering *request)
{
    if (request->all && (request->contact_count || request->expires != 0))
        return 400;
    for (unsigned i = 0; i < request->contact_count; i++) {
        const struct binding *known = find(phones, &request->contacts[i]);
        int seconds = wanted(request, &request->contacts[i]);

        if (seconds && seconds < REGISTRAR_SHORTEST)
            return 423;
        if (known && is_late(known, request))
            return 500;
    }
    if (!request->all)
        return 200;
    list_each (node, &phones->bindings) {
        if (is_late(list_entry(node, struct binding, node), request))
            return 500;
    }
    return 200;
}

static void make_room(struct registrar *registrar, struct phones *phones)
{
    struct binding *first = NULL;

    if (phones->count < REGISTRAR_CONTACTS)
        return;
    list_each (node, &phones->bindings) {
        struct binding *binding = list_entry(node, struct binding, node);

        if (!first || binding->expires < first->expires)
            first = binding;
    }
    log_info("registrar", "too many contacts user=%s, forgotten source=%s", phones->user,
             first->source);
    drop(registrar, first);
}

/* What a phone says of a contact it has said something of before takes the place of that. */
static int put(struct registrar *registrar, struct phones *phones,
               const struct ua_registering *request, const struct ua_contact *contact)
{
    struct binding *known = find(phones, contact), *fresh;
    int seconds = wanted(request, contact), err;

    if (!seconds) {
        if (known)
            drop(registrar, known);
        return 0;
    }
    fresh = binding_make(request, contact);
    if (!fresh)
        return ENOMEM;
    if (known) {
        memcpy(fresh->id, known->id, sizeof fresh->id);
        fresh->since = known->since;
        list_remove(&known->node);
        phones->count--;
        registrar->counts.contacts--;
        binding_free(known);
    }
    make_room(registrar, phones);
    fresh->expires = clock_wall_ms() + (int64_t)seconds * 1000;
    enlist(registrar, phones, fresh);
    err = binding_save(fresh, registrar->store);
    if (err)
        log_error("registrar", "not stored user=%s: %s", phones->user, strerror(err));
    return 0;
}

static int apply(struct registrar *registrar, struct phones *phones,
                 const struct ua_registering *request)
{
    int err = 0;

    store_together(registrar->store);
    if (request->all) {
        list_each (node, &phones->bindings)
            drop(registrar, list_entry(node, struct binding, node));
    }
    for (unsigned i = 0; i < request->contact_count && !err; i++)
        err = put(registrar, phones, request, &request->contacts[i]);
    store_together_end(registrar->store);
    return err ? 500 : 200;
}

/* <uri>;expires=N;q=0.5, … */
static void write_contacts(const struct phones *phones, char *out, size_t size)
{
    int64_t now = clock_wall_ms();
    size_t used = 0;

    *out = '\0';
    list_each (node, &phones->bindings) {
        const struct binding *binding = list_entry(node, struct binding, node);
        int64_t left = (binding->expires - now + 999) / 1000;
        char q[16] = "";
        int written;

        if (binding->q < 1000)
            snprintf(q, sizeof q, ";q=0.%03u", binding->q);
        written = snprintf(out + used, size - used, "%s<%s>;expires=%lld%s", used ? ", " : "",
                           binding->uri, (long long)(left > 0 ? left : 0), q);
        assert(written > 0 && (size_t)written < size - used); /* ten of them have room */
        used += (size_t)written;
    }
}

static void note(const struct phones *phones, const struct ua_registering *request, int status)
{
    char source[ADDR_TEXT];

    addr_format(source, &request->source);
    if (status != 200)
        log_info("registrar", "refused user=%s source=%s status=%d", phones->user, source, status);
    else if (request->contact_count || request->all)
        log_info("registrar", "registered user=%s source=%s contacts=%u agent=%.60s", phones->user,
                 source, phones->count, request->agent);
}

void registrar_take(struct registrar *registrar, const char *application, const char *user,
                    const struct ua_registering *request, struct ua_registered *answer)
{
    struct phones *phones;

    MAGIC_CHECK(registrar, REGISTRAR_MAGIC);
    phones = phones_of(registrar, application, user);
    answer->contacts[0] = '\0';
    answer->min_expires = REGISTRAR_SHORTEST;
    answer->status = phones ? check(phones, request) : 500;
    if (answer->status == 200)
        answer->status = apply(registrar, phones, request);
    if (answer->status == 200)
        registrar->counts.taken++;
    else
        registrar->counts.refused++;
    if (!phones)
        return;
    if (answer->status == 200)
        write_contacts(phones, answer->contacts, sizeof answer->contacts);
    note(phones, request, answer->status);
    tidy(registrar, phones);
}

void registrar_forget(struct registrar *registrar, const char *user)
{
    struct phones *phones = NULL;

    HASH_FIND_STR(registrar->users, user, phones);
    if (!phones)
        return;
    list_each (node, &phones->bindings)
        drop(registrar, list_entry(node, struct binding, node));
    tidy(registrar, phones);
}
