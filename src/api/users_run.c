/* users_run.c: what is done with users. System users, made for a call, can be seen by those
 * who know their id; they are nobody's to change. */
#include "api/users.h"
#include "registrar/registrar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_LOW = 3, DIGITS_HIGH = 15 };

/* A text or a whole number, of which both are digits. */
static bool is_number(const json_t *value)
{
    const char *text = json_string_value(value);
    char written[24], digits[64];

    if (json_is_integer(value)) {
        snprintf(written, sizeof written, "%lld", (long long)json_integer_value(value));
        text = written;
    }
    return text && *text != '-' && conf_digits(text, digits, sizeof digits) &&
           strlen(digits) >= DIGITS_LOW && strlen(digits) <= DIGITS_HIGH;
}

bool users_body_check(struct api_request *request)
{
    const json_t *numbers = json_object_get(api_member(request, "channels"), "pstn"), *end;
    char name[64];
    size_t i;

    json_array_foreach (numbers, i, end) {
        snprintf(name, sizeof name, "channels.pstn[%zu].number", i);
        if (!is_number(json_object_get(end, "number")))
            api_fault(request, name, "must be a valid phone number");
    }
    return true;
}

static void on_list(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;

    if (err) {
        json_decref(rows);
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    people_answer_list(request, request->family == API_BETA ? LIST_BARE : LIST_CURSOR, "users",
                       rows, count, user_item);
}

void users_list(struct api_request *request)
{
    const struct people_query *query = request->input;
    struct store_users_query ask = {
        .application = request->application,
        .name = request->family == API_V1 ? api_query(request, "name") : NULL,
        .page = query->page.store,
    };
    int err = store_ask_users(request->api->conf.store, &ask, on_list, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

static json_t *as_written(const struct api_request *request, const struct user *user)
{
    json_t *row = user_row(user), *object = user_json(request, row);

    json_decref(row);
    return object;
}

/* What changed is answered: {id, href}, or all of it. */
static void answer_changed(struct api_request *request, const struct user *user)
{
    api_answer_done(request, api_is_old(request) ? json_id_href(request, "users", user_id(user))
                                                 : as_written(request, user));
}

void users_get(struct api_request *request)
{
    struct user *user = api_user(request, request->ids[0]);

    if (user)
        api_answer_done(request, as_written(request, user));
}

static struct user_facts facts_of(const struct api_request *request)
{
    return (struct user_facts){
        .name = api_member(request, "name"),
        .display_name = api_member(request, "display_name"),
        .image_url = api_member(request, "image_url"),
        .properties = api_member(request, "properties"),
        .channels = api_member(request, "channels"),
    };
}

static void refuse(struct api_request *request, int err)
{
    if (err == EADDRINUSE) {
        api_fault(request, "channels.sip", "has a username that is another user's");
        api_refuse_faults(request);
    } else if (err == EEXIST) {
        api_refuse(request, API_DUPLICATE_USER, NULL);
    } else {
        api_refuse_errno(request, err, NULL);
    }
}

void users_create(struct api_request *request)
{
    struct user_facts facts = facts_of(request);
    struct application *application = api_application(request);
    struct user *user;
    int err;

    if (!application) {
        api_refuse(request, API_UNAUTHORIZED, NULL);
        return;
    }
    err = user_make(application, &facts, &user);
    if (err)
        refuse(request, err);
    else
        answer_changed(request, user);
}

/* NULL: it refused. */
static struct user *user_to_change(struct api_request *request)
{
    struct user *user = api_user(request, request->ids[0]);
    json_t *row;
    bool system;

    if (!user)
        return NULL;
    row = user_row(user);
    system = json_is_true(json_object_get(row, "system"));
    json_decref(row);
    if (!system)
        return user;
    api_refuse(request, API_NO_USER, NULL);
    return NULL;
}

/* Its phones have to prove themselves anew. */
static void forget_phones(const struct api_request *request, const struct user *user)
{
    if (request->api->conf.registrar)
        registrar_forget(request->api->conf.registrar, user_id(user));
}

void users_update(struct api_request *request)
{
    struct user_facts facts = facts_of(request);
    struct user *user = user_to_change(request);
    const json_t *sip = json_object_get(facts.channels, "sip");
    bool same;
    int err;

    if (!user)
        return;
    same = !facts.channels || (!sip && !json_object_get(user_channels(user), "sip")) ||
           json_equal(sip, json_object_get(user_channels(user), "sip"));
    err = user_update(user, &facts);
    if (!err && !same)
        forget_phones(request, user);
    if (err)
        refuse(request, err);
    else
        answer_changed(request, user);
}

void users_delete(struct api_request *request)
{
    struct user *user = user_to_change(request);

    if (!user)
        return;
    forget_phones(request, user);
    user_delete(user);
    api_answer_done(request, api_is_old(request) ? json_object() : NULL);
}

void users_sessions(struct api_request *request)
{
    if (api_user(request, request->ids[0]))
        people_answer_list(request, request->family == API_BETA ? LIST_BARE : LIST_CURSOR,
                           "sessions", json_array(), 0, user_item);
}
