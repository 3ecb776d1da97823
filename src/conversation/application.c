/* application.c: whose everything is: applications of the configuration file and those
 * made over the API, which live in the store.
 *
 *   file ──bridge_configure──┐
 *   API ──application_put────┴─> known ──gone from the file, application_drop──> conf NULL
 *
 * One that has gone is kept by its last conversations and calls, and found no more. */
#include "conversation/private.h"
#include "base/clock.h"
#include "json/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void destroy(void *obj)
{
    struct application *application = obj;

    users_free(application);
    HASH_CLEAR(hh_name, application->by_name);
    mem_unref(application->name);
    json_decref(application->data);
    application->magic = 0;
}

int application_make(struct bridge *bridge, const char *id, struct application **applicationp)
{
    struct application *application = NULL;

    HASH_FIND_STR(bridge->applications, id, application);
    if (!application) {
        if (strlen(id) >= sizeof application->id)
            return EINVAL;
        application = mem_alloc(sizeof *application, destroy);
        if (!application)
            return ENOMEM;
        application->magic = APPLICATION_MAGIC;
        application->bridge = bridge;
        memcpy(application->id, id, strlen(id));
        HASH_ADD_STR(bridge->applications, id, application);
        if (!application->hh.tbl) {
            mem_unref(application);
            return ENOMEM;
        }
    }
    *applicationp = application;
    return 0;
}

/* Off the registry; nobody finds it any more. */
static void forget(struct application *application)
{
    application->conf = NULL;
    HASH_DEL(application->bridge->applications, application);
    mem_unref(application);
}

void applications_free(struct bridge *bridge)
{
    struct application *application, *next;

    HASH_ITER (hh, bridge->applications, application, next)
        forget(application);
}

int bridge_configure(struct bridge *bridge, const struct conf *conf)
{
    struct application *application, *next;

    /* first what can fail: then the old configuration stays as it was */
    for (size_t i = 0; i < conf->application_count; i++) {
        if (application_make(bridge, conf->applications[i].id, &application))
            return ENOMEM;
    }
    bridge->conf = conf;
    HASH_ITER (hh, bridge->applications, application, next)
        application->conf = application->data ? &application->made : NULL;
    for (size_t i = 0; i < conf->application_count; i++) {
        HASH_FIND_STR(bridge->applications, conf->applications[i].id, application);
        assert(application); /* made above */
        application->conf = &conf->applications[i];
    }
    HASH_ITER (hh, bridge->applications, application, next)
        application_touch(application);
    return 0;
}

/* What the API's data says, as the file would have said it. */

static const char *text(const json_t *object, const char *name, const char *otherwise)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value ? value : otherwise;
}

static const json_t *hook(const json_t *capability, const char *name)
{
    return json_object_get(json_object_get(capability, "webhooks"), name);
}

static struct conf_wait wait_of(const json_t *given)
{
    return (struct conf_wait){
        (unsigned)json_integer_value(json_object_get(given, "connection_timeout")),
        (unsigned)json_integer_value(json_object_get(given, "socket_timeout")),
    };
}

static void read_data(struct application *application)
{
    const json_t *data = application->data;
    const json_t *capabilities = json_object_get(data, "capabilities");
    const json_t *voice = json_object_get(capabilities, "voice");
    const json_t *rtc = json_object_get(capabilities, "rtc");
    const json_t *answer = hook(voice, "answer_url"), *event = hook(voice, "event_url");
    const json_t *fallback = hook(voice, "fallback_answer_url"), *told = hook(rtc, "event_url");

    application->made = (struct conf_application){
        .id = application->id,
        .name = application->name,
        .public_key = text(json_object_get(data, "keys"), "public_key", ""),
        .voice =
            {
                .answer_url = text(answer, "address", ""),
                .answer_method = text(answer, "http_method", "GET"),
                .ncco = "",
                .fallback_answer_url = text(fallback, "address", ""),
                .fallback_answer_method = text(fallback, "http_method", "GET"),
                .event_url = text(event, "address", ""),
                .event_method = text(event, "http_method", "POST"),
                .answer_wait = wait_of(answer),
                .fallback_answer_wait = wait_of(fallback),
                .event_wait = wait_of(event),
                .is_signed = json_is_true(json_object_get(voice, "signed_callbacks")),
            },
        .rtc =
            {
                .event_url = text(told, "address", ""),
                .event_method = text(told, "http_method", "POST"),
                .event_wait = wait_of(told),
                .is_signed = json_is_true(json_object_get(rtc, "signed_callbacks")),
            },
        .leg_persistence =
            (unsigned)json_integer_value(json_object_get(voice, "leg_persistence_time")),
        .conversations_ttl =
            (unsigned)json_integer_value(json_object_get(voice, "conversations_ttl")),
    };
}

/* The row's name and data take the place of the old ones. */
static int take(struct application *application, const struct store_application *row,
                const json_t *data)
{
    char *copy = mem_strdup(row->name ? row->name : "");
    json_t *own = json_deep_copy(data);

    if (!copy || !own) {
        mem_unref(copy);
        json_decref(own);
        return ENOMEM;
    }
    mem_unref(application->name);
    json_decref(application->data);
    application->name = copy;
    application->data = own;
    application->created = row->created;
    application->updated = row->updated;
    read_data(application);
    if (!application_is_configured(application))
        application->conf = &application->made;
    return 0;
}

/* Written, then taken: what the store refuses changes nothing. */
static int change(struct application *application, const char *name, const json_t *data)
{
    char *text = json_text(data);
    int64_t now = clock_wall_ms();
    struct store_application row = {
        .id = application->id,
        .name = name ? name : "",
        .data = text,
        .created = application->created ? application->created : now,
        .updated = now,
    };
    int err = text ? store_application_put(application->bridge->store, &row) : ENOMEM;

    if (!err)
        err = take(application, &row, data);
    free(text);
    return err;
}

int application_put(struct bridge *bridge, const char *id, const char *name, const json_t *data,
                    struct application **applicationp)
{
    struct application *application = NULL;
    char fresh[ID_UUID];
    bool is_new;
    int err;

    MAGIC_CHECK(bridge, BRIDGE_MAGIC);
    if (id)
        HASH_FIND_STR(bridge->applications, id, application);
    if (application && application_is_configured(application))
        return EPERM;
    is_new = !application;
    if (!id)
        id_uuid(fresh);
    err = application_make(bridge, id ? id : fresh, &application);
    if (err)
        return err;
    err = change(application, name, data);
    if (err && is_new)
        forget(application);
    if (err)
        return err;
    application_touch(application);
    *applicationp = application;
    return 0;
}

int application_revive(struct bridge *bridge, const struct store_application *row)
{
    struct application *application;
    json_t *data = json_loads(row->data ? row->data : "{}", 0, NULL);
    int err = data ? application_make(bridge, row->id, &application) : EINVAL;

    if (!err)
        err = take(application, row, data);
    json_decref(data);
    return err;
}

int application_drop(struct application *application)
{
    struct bridge *bridge = application->bridge;
    struct conversation *conversation, *next;

    MAGIC_CHECK(application, APPLICATION_MAGIC);
    if (application_is_configured(application))
        return EPERM;
    mem_ref(application);
    HASH_ITER (hh, bridge->conversations, conversation, next) {
        if (conversation->application == application)
            conversation_delete(conversation);
    }
    users_free(application);
    numbers_unlink(bridge, application);
    store_application_drop(bridge->store, application->id);
    forget(application);
    application_touch(application);
    mem_unref(application);
    return 0;
}

/* Asking. */

bool application_is_configured(const struct application *application)
{
    return application->conf && application->conf != &application->made;
}

struct application *application_find(struct bridge *bridge, const char *id)
{
    struct application *application = NULL;

    HASH_FIND_STR(bridge->applications, id, application);
    return application && application->conf ? application : NULL;
}

struct application *application_of_number(struct bridge *bridge, const char *digits)
{
    struct application *application = number_owner(bridge, digits);
    const struct conf_application *conf =
        application ? NULL : conf_application_of(bridge->conf, digits);

    return conf ? application_find(bridge, conf->id) : application;
}

const char *application_id(const struct application *application)
{
    return application->id;
}

const struct conf_application *application_conf(const struct application *application)
{
    return application->conf;
}

bool application_owns(const struct application *application, const char *digits)
{
    return application->conf && (number_owner(application->bridge, digits) == application ||
                                 conf_application_has(application->conf, digits));
}

static bool wins(unsigned *seen)
{
    uint32_t dice;

    id_random(&dice, sizeof dice);
    return dice % ++*seen == 0;
}

/* Each that is seen takes the place of the one before it by a chance that makes all equal. */
const char *application_any_number(const struct application *application)
{
    const struct conf_application *conf = application->conf;
    struct number *number, *next;
    const char *found = NULL;
    unsigned seen = 0;

    for (size_t i = 0; conf && i < conf->number_count; i++) {
        if (!strchr(conf->numbers[i], '*') && wins(&seen))
            found = conf->numbers[i];
    }
    HASH_ITER (hh, application->bridge->numbers, number, next) {
        if (number->application == application && wins(&seen))
            found = number->msisdn;
    }
    return found;
}

const char *application_number(const struct application *application)
{
    const struct conf_application *conf = application->conf;
    struct number *number, *next;

    for (size_t i = 0; conf && i < conf->number_count; i++) {
        if (!strchr(conf->numbers[i], '*'))
            return conf->numbers[i];
    }
    HASH_ITER (hh, application->bridge->numbers, number, next) {
        if (number->application == application)
            return number->msisdn;
    }
    return NULL;
}

static json_t *configured_hook(const char *address, const char *method, struct conf_wait wait)
{
    json_t *made = json_pack("{s:s,s:s}", "address", address, "http_method", method);

    if (wait.connect)
        json_object_set_new(made, "connection_timeout", json_integer(wait.connect));
    if (wait.reply)
        json_object_set_new(made, "socket_timeout", json_integer(wait.reply));
    return made;
}

/* Of one in the file there is no data: it is written as the API would have it. */
static json_t *configured_data(const struct conf_application *conf)
{
    json_t *hooks = json_object(), *capabilities = json_object();
    const struct conf_hook {
        const char *name, *address, *method;
        struct conf_wait wait;
    } list[] = {
        {"answer_url", conf->voice.answer_url, conf->voice.answer_method, conf->voice.answer_wait},
        {"fallback_answer_url", conf->voice.fallback_answer_url,
         conf->voice.fallback_answer_method ? conf->voice.fallback_answer_method : "GET",
         conf->voice.fallback_answer_wait},
        {"event_url", conf->voice.event_url, conf->voice.event_method, conf->voice.event_wait},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (list[i].address && *list[i].address)
            json_object_set_new(hooks, list[i].name,
                                configured_hook(list[i].address,
                                                list[i].method ? list[i].method : "POST",
                                                list[i].wait));
    }
    json_object_set_new(
        capabilities, "voice",
        json_pack("{s:o,s:b}", "webhooks", hooks, "signed_callbacks", conf->voice.is_signed));
    if (conf->rtc.event_url && *conf->rtc.event_url)
        json_object_set_new(
            capabilities, "rtc",
            json_pack("{s:{s:o},s:b}", "webhooks", "event_url",
                      configured_hook(conf->rtc.event_url,
                                      conf->rtc.event_method ? conf->rtc.event_method : "POST",
                                      conf->rtc.event_wait),
                      "signed_callbacks", conf->rtc.is_signed));
    return json_pack("{s:{s:s},s:o}", "keys", "public_key",
                     conf->public_key ? conf->public_key : "", "capabilities", capabilities);
}

json_t *application_row(const struct application *application)
{
    const struct conf_application *conf = application->conf;
    bool configured = application_is_configured(application);
    const char *name = configured ? conf->name : application->name;

    return json_pack("{s:s,s:s,s:o,s:I,s:I,s:b}", "id", application->id, "name", name ? name : "",
                     "data", configured ? configured_data(conf) : json_deep_copy(application->data),
                     "created", (json_int_t)application->created, "updated",
                     (json_int_t)application->updated, "configured", configured);
}

static int by_id(struct application *a, struct application *b)
{
    return strcmp(a->id, b->id);
}

void application_each(struct bridge *bridge,
                      bool (*each)(struct application *application, void *arg), void *arg)
{
    struct application *application, *next;

    HASH_SRT(hh, bridge->applications, by_id);
    HASH_ITER (hh, bridge->applications, application, next) {
        if (application->conf && each(application, arg))
            return;
    }
}
