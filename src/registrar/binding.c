/* binding.c: one contact: made of a REGISTER, kept as a row, and read again. */
#include "registrar/private.h"
#include "base/clock.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void binding_free(struct binding *binding)
{
    if (!binding)
        return;
    mem_unref(binding->uri);
    mem_unref(binding->dial);
    mem_unref(binding->route);
    mem_unref(binding->by);
    mem_unref(binding->agent);
    mem_unref(binding->call_id);
    mem_unref(binding->instance);
    free(binding);
}

static bool is_whole(const struct binding *binding)
{
    return binding->uri && binding->dial && binding->route && binding->by && binding->agent &&
           binding->call_id && binding->instance;
}

struct binding *binding_make(const struct ua_registering *request, const struct ua_contact *contact)
{
    struct binding *binding = calloc(1, sizeof *binding);

    if (!binding)
        return NULL;
    id_uuid(binding->id);
    binding->uri = mem_strdup(contact->uri);
    binding->dial = mem_strdup(contact->dial);
    binding->route = mem_strdup(request->route);
    binding->by = mem_strdup(request->by);
    binding->agent = mem_printf("%.100s", request->agent);
    binding->call_id = mem_strdup(request->call_id);
    binding->instance = mem_strdup(contact->instance);
    addr_format(binding->source, &request->source);
    binding->q = contact->q;
    binding->cseq = request->cseq;
    binding->since = clock_wall_ms();
    if (is_whole(binding))
        return binding;
    binding_free(binding);
    return NULL;
}

/* A phone that names itself is known by that (RFC 5626), another one by its URI. */
bool binding_is(const struct binding *binding, const struct ua_contact *contact)
{
    if (*binding->instance && *contact->instance)
        return !strcmp(binding->instance, contact->instance);
    return !strcmp(binding->uri, contact->uri);
}

int binding_save(const struct binding *binding, struct store *store)
{
    json_t *data = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:I}", "uri", binding->uri,
                             "dial", binding->dial, "route", binding->route, "by", binding->by,
                             "agent", binding->agent, "call_id", binding->call_id, "instance",
                             binding->instance, "source", binding->source, "q", (int)binding->q,
                             "cseq", (json_int_t)binding->cseq);
    char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;
    struct store_registration row = {
        .id = binding->id,
        .application = binding->phones->application,
        .user = binding->phones->user,
        .data = text,
        .created = binding->since,
        .expires = binding->expires,
    };
    int err = text ? store_registration_put(store, &row) : ENOMEM;

    free(text);
    json_decref(data);
    return err;
}

static char *text_of(const json_t *data, const char *name)
{
    const char *text = json_string_value(json_object_get(data, name));

    return mem_strdup(text ? text : "");
}

struct binding *binding_read(const struct store_registration *row)
{
    json_t *data = row->data ? json_loads(row->data, 0, NULL) : NULL;
    struct binding *binding = calloc(1, sizeof *binding);
    const char *source = json_string_value(json_object_get(data, "source"));

    if (!binding || !data || strlen(row->id) >= sizeof binding->id) {
        free(binding);
        json_decref(data);
        return NULL;
    }
    memcpy(binding->id, row->id, strlen(row->id) + 1);
    binding->uri = text_of(data, "uri");
    binding->dial = text_of(data, "dial");
    binding->route = text_of(data, "route");
    binding->by = text_of(data, "by");
    binding->agent = text_of(data, "agent");
    binding->call_id = text_of(data, "call_id");
    binding->instance = text_of(data, "instance");
    if (source && strlen(source) < sizeof binding->source)
        memcpy(binding->source, source, strlen(source) + 1);
    binding->q = (unsigned)json_integer_value(json_object_get(data, "q"));
    binding->cseq = (unsigned)json_integer_value(json_object_get(data, "cseq"));
    binding->since = row->created;
    binding->expires = row->expires;
    json_decref(data);
    if (is_whole(binding) && *binding->dial)
        return binding;
    binding_free(binding);
    return NULL;
}

void binding_show(const struct binding *binding, struct registrar_contact *contact)
{
    *contact = (struct registrar_contact){
        .application = binding->phones->application,
        .user = binding->phones->user,
        .uri = binding->uri,
        .dial = binding->dial,
        .route = binding->route,
        .by = binding->by,
        .source = binding->source,
        .agent = binding->agent,
        .q = binding->q,
        .since = binding->since,
        .expires = binding->expires,
    };
}
