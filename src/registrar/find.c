/* find.c: who is registered where, for who asks. */
#include "registrar/private.h"
#include "base/clock.h"

#include <string.h>

static bool goes_before(const struct registrar_contact *a, const struct registrar_contact *b)
{
    return a->q != b->q ? a->q > b->q : a->since > b->since;
}

unsigned registrar_find(const struct registrar *registrar, const char *user,
                        struct registrar_contact found[REGISTRAR_CONTACTS])
{
    struct phones *phones = NULL;
    unsigned count = 0;
    int64_t now = clock_wall_ms();

    HASH_FIND_STR(registrar->users, user, phones);
    if (!phones)
        return 0;
    list_each (node, &phones->bindings) {
        const struct binding *binding = list_entry(node, struct binding, node);
        struct registrar_contact contact;
        unsigned at = count;

        if (binding->expires <= now)
            continue;
        binding_show(binding, &contact);
        for (; at && goes_before(&contact, &found[at - 1]); at--)
            found[at] = found[at - 1];
        found[at] = contact;
        count++;
    }
    return count;
}

void registrar_each(const struct registrar *registrar, const char *application,
                    void (*each)(const struct registrar_contact *contact, void *arg), void *arg)
{
    struct phones *phones, *next;

    HASH_ITER (hh, registrar->users, phones, next) {
        if (application && strcmp(phones->application, application) != 0)
            continue;
        list_each (node, &phones->bindings) {
            struct registrar_contact contact;

            binding_show(list_entry(node, struct binding, node), &contact);
            each(&contact, arg);
        }
    }
}

bool registrar_knows(const struct registrar *registrar, const struct sockaddr_storage *source)
{
    struct phones *phones, *next;
    char text[ADDR_TEXT];

    addr_format(text, source);
    HASH_ITER (hh, registrar->users, phones, next) {
        list_each (node, &phones->bindings) {
            if (!strcmp(list_entry(node, struct binding, node)->source, text))
                return true;
        }
    }
    return false;
}

void registrar_counts(const struct registrar *registrar, struct registrar_counts *counts)
{
    *counts = registrar->counts;
    counts->users = HASH_COUNT(registrar->users);
}
