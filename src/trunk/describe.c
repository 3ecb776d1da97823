/* describe.c: a trunk prints itself: as JSON for REST and the doctor. */
#include "trunk/private.h"
#include "base/clock.h"
#include "net/addr.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static json_t *time_json(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    char text[32];

    if (!wall_ms || !gmtime_r(&seconds, &parts))
        return json_null();
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return json_string(text);
}

/* Texts of peers, which may be anything. */
static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);

    if (text[0])
        json_object_set_new(object, key, value ? value : json_string("?"));
    else
        json_decref(value);
}

static json_t *ping_json(const struct trunk_target *target)
{
    json_t *json = json_pack("{s:o}", "at", time_json(target->asked));

    if (target->err)
        set_text(json, "error", strerror(target->err));
    else
        json_object_set_new(json, "status", json_integer(target->status));
    json_object_set_new(json, "ms", json_integer(target->ms));
    return json;
}

static json_t *target_json(const struct trunk_target *target)
{
    int64_t left = target->shut ? target->shut - clock_mono_ms() : 0;
    json_t *json = json_pack("{s:s,s:b}", "uri", target->hop[0] ? target->hop : target->proxy->uri,
                             "healthy", target_is_open(target));

    if (left > 0)
        json_object_set_new(json, "shut_seconds", json_integer((left + 999) / 1000));
    if (target->asked)
        json_object_set_new(json, "ping", ping_json(target));
    return json;
}

static json_t *proxy_json(const struct trunk_proxy *proxy)
{
    json_t *targets = json_array();
    json_t *json = json_pack("{s:s,s:o}", "uri", proxy->uri, "targets", targets);

    for (unsigned i = 0; i < proxy->count; i++)
        json_array_append_new(targets, target_json(proxy->targets[i]));
    if (names_is_numeric(proxy->uri))
        return json;
    json_object_set_new(json, "dns",
                        json_pack("{s:s,s:i,s:o}", "by", proxy->by_srv ? "srv" : "address", "ttl",
                                  (int)proxy->ttl, "resolved", time_json(proxy->resolved)));
    set_text(json_object_get(json, "dns"), "error", proxy->why);
    return json;
}

static json_t *registration_json(const struct trunk *trunk)
{
    static const char *const words[] = {[REGISTRATION_TRYING] = "trying",
                                        [REGISTRATION_UP] = "registered",
                                        [REGISTRATION_FAILED] = "failed"};
    const struct trunk_registration *own = &trunk->registration;
    char address[ADDR_TEXT];
    json_t *json;

    if (!trunk->conf->is_register)
        return json_pack("{s:s}", "state", "none");
    json = json_pack("{s:s,s:o}", "state", words[own->state], "since", time_json(own->at));
    if (own->status)
        json_object_set_new(json, "status", json_integer(own->status));
    set_text(json, "reason", own->phrase);
    if (own->state == REGISTRATION_UP)
        json_object_set_new(json, "expires", json_integer(own->expires));
    if (own->state == REGISTRATION_FAILED)
        json_object_set_new(json, "retry", json_integer(own->retry));
    if (own->seen_as.ss_family) {
        addr_format(address, &own->seen_as);
        json_object_set_new(json, "seen_as", json_string(address));
    }
    return json;
}

json_t *failure_json(const struct trunk_failure *failure)
{
    json_t *json = json_pack("{s:o,s:i}", "at", time_json(failure->at), "status", failure->status);

    set_text(json, "uri", failure->uri);
    set_text(json, "from", failure->from);
    set_text(json, "reason", failure->phrase);
    set_text(json, "warning", failure->warning);
    set_text(json, "codecs", failure->codecs);
    set_text(json, "their_codecs", failure->theirs);
    if (failure->err)
        set_text(json, "error", strerror(failure->err));
    return json;
}

static json_t *counts_json(const struct trunk *trunk)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "inbound", (json_int_t)trunk->inbound, "tried",
                     (json_int_t)trunk->tried, "answered", (json_int_t)trunk->answered, "failed",
                     (json_int_t)trunk->failed, "over_capacity", (json_int_t)trunk->over_capacity,
                     "over_rate", (json_int_t)trunk->over_rate);
}

unsigned trunk_targets(const struct trunk *trunk, unsigned *open)
{
    unsigned count = 0;

    *open = 0;
    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        for (unsigned k = 0; k < trunk->proxies[i]->count; k++) {
            count++;
            *open += target_is_open(trunk->proxies[i]->targets[k]);
        }
    }
    return count;
}

const char *trunk_state(const struct trunk *trunk)
{
    unsigned open, count = trunk_targets(trunk, &open);

    return open == count ? "up" : open ? "degraded" : "down";
}

json_t *trunk_json(const struct trunk *trunk)
{
    json_t *proxies = json_array();
    json_t *json = json_pack("{s:s,s:s,s:i,s:i,s:o,s:o,s:o}", "name", trunk->conf->name, "state",
                             trunk_state(trunk), "calls", (int)trunk->calls, "capacity",
                             (int)trunk->conf->capacity, "registration", registration_json(trunk),
                             "proxies", proxies, "counts", counts_json(trunk));

    for (unsigned i = 0; i < trunk->proxy_count; i++)
        json_array_append_new(proxies, proxy_json(trunk->proxies[i]));
    if (trunk->failure_count)
        json_object_set_new(
            json, "last_failure",
            failure_json(&trunk->failures[(trunk->failure_count - 1) % TRUNK_FAILURES]));
    return json;
}

json_t *trunks_json(const struct trunks *trunks)
{
    json_t *list = json_array();

    for (unsigned i = 0; trunks && i < trunks->count; i++)
        json_array_append_new(list, trunk_json(trunks->list[i]));
    return list;
}

void trunks_each(struct trunks *trunks, void (*each)(const struct trunk_facts *facts, void *arg),
                 void *arg)
{
    for (unsigned i = 0; trunks && i < trunks->count; i++) {
        const struct trunk *trunk = trunks->list[i];
        struct trunk_facts facts = {
            .name = trunk->conf->name,
            .calls = trunk->calls,
            .registers = trunk->conf->is_register,
            .registered = trunk->conf->is_register && trunk->registration.state == REGISTRATION_UP,
            .inbound = trunk->inbound,
            .tried = trunk->tried,
            .answered = trunk->answered,
            .failed = trunk->failed,
            .over_capacity = trunk->over_capacity,
            .over_rate = trunk->over_rate,
        };

        facts.targets = trunk_targets(trunk, &facts.open);
        each(&facts, arg);
    }
}
