/* applications.c: /v2/applications, asked with the key and secret of the server. Those of the
 * configuration file are shown and cannot be changed. The private key of a pair that we made
 * is in one reply and nowhere else: this route takes no Idempotency-Key. */
#include "api/private.h"
#include "base/mem.h"
#include "http/jwt_pair.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { PAGE_DEFAULT = 10, PAGE_MOST = 100, NAME_MOST = 200, URL_MOST = 2048, KEY_MOST = 8192 };

static const char *const methods[] = {"GET", "POST", NULL};
static const char *const regions[] = {"na-east",  "na-west",        "eu-east", "eu-west",
                                      "apac-sng", "apac-australia", NULL};

static const struct shape page_query[] = {
    {"page_size", SHAPE_INTEGER, .low = 1, .high = PAGE_MOST, .help = "Applications a page."},
    {"page", SHAPE_INTEGER, .low = 1, .high = 1000000, .help = "Which page, from 1."},
    {0},
};

#define HOOK(longest)                                                                            \
    {"address", SHAPE_STRING, SHAPE_EMPTY, .high = URL_MOST, .help = "The URL that is asked."},  \
        {"http_method", SHAPE_STRING, SHAPE_ANY_CASE, .words = methods, .help = "GET or POST."}, \
        {"connection_timeout", SHAPE_INTEGER, .low = 300, .high = 1000,                          \
         .help = "Longest time to connect [ms]."},                                               \
        {"connect_timeout", SHAPE_INTEGER, .low = 300, .high = 1000,                             \
         .help = "The same under its newer name."},                                              \
        {"socket_timeout", SHAPE_INTEGER, .low = 1000, .high = longest,                          \
         .help = "Longest wait for the reply [ms]."},                                            \
    {                                                                                            \
        0                                                                                        \
    }

static const struct shape answer_hook[] = {HOOK(5000)};
static const struct shape event_hook[] = {HOOK(10000)};

static const struct shape voice_hooks[] = {
    {"answer_url", SHAPE_OBJECT, SHAPE_OPEN, .members = answer_hook,
     .help = "Asked for an NCCO when a call comes in."},
    {"fallback_answer_url", SHAPE_OBJECT, SHAPE_OPEN, .members = answer_hook,
     .help = "Asked when answer_url fails."},
    {"event_url", SHAPE_OBJECT, SHAPE_OPEN, .members = event_hook, .help = "Told of each call."},
    {0},
};
static const struct shape rtc_hooks[] = {
    {"event_url", SHAPE_OBJECT, SHAPE_OPEN, .members = event_hook,
     .help = "Told of each event of a conversation."},
    {0},
};
static const struct shape voice[] = {
    {"webhooks", SHAPE_OBJECT, SHAPE_OPEN, .members = voice_hooks, .help = "Where it is told."},
    {"signed_callbacks", SHAPE_BOOL, .help = "Webhooks carry a signed token."},
    {"conversations_ttl", SHAPE_INTEGER, .low = 0, .high = 744,
     .help = "Hours a conversation stays active; 0: for ever."},
    {"leg_persistence_time", SHAPE_INTEGER, .low = 1, .high = 31,
     .help = "Days an ended leg can be read."},
    {"region", SHAPE_STRING, .words = regions, .help = "Kept, without effect."},
    {0},
};
static const struct shape rtc[] = {
    {"webhooks", SHAPE_OBJECT, SHAPE_OPEN, .members = rtc_hooks, .help = "Where it is told."},
    {"signed_callbacks", SHAPE_BOOL, .help = "Webhooks carry a signed token."},
    {0},
};
static const struct shape capabilities[] = {
    {"voice", SHAPE_OBJECT, SHAPE_OPEN, .members = voice, .help = "It takes and makes calls."},
    {"rtc", SHAPE_OBJECT, SHAPE_OPEN, .members = rtc, .help = "It is told of conversations."},
    {"messages", SHAPE_OBJECT, SHAPE_OPEN, .help = "Kept, without effect."},
    {"vbc", SHAPE_OBJECT, SHAPE_OPEN, .help = "Kept, without effect."},
    {0},
};
static const struct shape keys[] = {
    {"public_key", SHAPE_STRING, .high = KEY_MOST,
     .help = "PEM; absent: a pair is made, and the private key is in the reply."},
    {0},
};
static const struct shape keys_reply[] = {
    {"public_key", SHAPE_STRING, SHAPE_EMPTY, .help = "PEM."},
    {"private_key", SHAPE_STRING, .help = "PEM; once, of a pair made here."},
    {0},
};
static const struct shape privacy[] = {
    {"improve_ai", SHAPE_BOOL, .help = "Kept, without effect."},
    {0},
};
static const struct shape body[] = {
    {"name", SHAPE_STRING, SHAPE_REQUIRED, .low = 1, .high = NAME_MOST, .help = "A name."},
    {"keys", SHAPE_OBJECT, SHAPE_OPEN, .members = keys, .help = "Its public key."},
    {"capabilities", SHAPE_OBJECT, SHAPE_OPEN, .members = capabilities, .help = "What it does."},
    {"privacy", SHAPE_OBJECT, SHAPE_OPEN, .members = privacy, .help = "Kept, without effect."},
    {0},
};

#define APPLICATION_REPLY                                                                    \
    {"id", SHAPE_STRING, SHAPE_REQUIRED, .help = "A UUID."},                                 \
        {"name", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "Its name."},           \
        {"keys", SHAPE_OBJECT, SHAPE_REQUIRED, .members = keys_reply, .help = "Its keys."},  \
        {"capabilities", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .members = capabilities, \
         .help = "What it does."},                                                           \
        {"privacy", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .members = privacy,           \
         .help = "As it was given."},                                                        \
    {                                                                                        \
        "_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links,                 \
                                                .help = "Where it is."                       \
    }
static const struct shape application_reply[] = {APPLICATION_REPLY, {0}};
static const struct shape application_item[] = {
    {"application", SHAPE_OBJECT, .members = application_reply}, {0}};
static const struct shape embedded[] = {
    {"applications", SHAPE_ARRAY, SHAPE_REQUIRED, .members = application_item,
     .help = "In order of their ids."},
    {0},
};
static const struct shape list_reply[] = {
    {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "As asked."},
    {"page", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "As asked."},
    {"total_items", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of all pages."},
    {"total_pages", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "At least 1."},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded, .help = "The page."},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_numbered_links,
     .help = "Other pages."},
    {0},
};

/* Checking, beyond the shapes. */

static bool is_public_key(const char *pem)
{
    struct jwt_key *key = NULL;
    bool is = jwt_key_public(&key, pem) == 0;

    mem_unref(key);
    return is;
}

static void check_hooks(struct api_request *request, const char *capability)
{
    json_t *hooks = json_object_get(
        json_object_get(api_member(request, "capabilities"), capability), "webhooks");
    const char *name;
    json_t *hook;

    json_object_foreach (hooks, name, hook) {
        const char *url = json_string_value(json_object_get(hook, "address"));
        char *path;

        if (!url || !*url || fetch_is_url(url))
            continue;
        path = mem_printf("capabilities.%s.webhooks.%s.address", capability, name);
        api_fault(request, path ? path : "address", "must be a valid uri");
        mem_unref(path);
    }
}

static bool check(struct api_request *request)
{
    const char *pem = json_string_value(json_object_get(api_member(request, "keys"), "public_key"));

    if (pem && !is_public_key(pem))
        api_fault(request, "keys.public_key", "must be a PEM RSA public key of 2048 bits or more");
    check_hooks(request, "voice");
    check_hooks(request, "rtc");
    return true;
}

/* Writing. */

static json_t *application_json(const struct api_request *request, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    json_t *data = json_object_get(row, "data"),
           *capability = json_object_get(data, "capabilities");
    json_t *privacy_of = json_object_get(data, "privacy");
    char *link = api_href(request, "applications/%s", id);
    json_t *public_key = json_object_get(json_object_get(data, "keys"), "public_key");
    json_t *json = json_pack("{s:s,s:O,s:{},s:o,s:o,s:{s:{s:s}}}", "id", id, "name",
                             json_object_get(row, "name"), "keys", "capabilities",
                             capability ? json_incref(capability) : json_object(), "privacy",
                             privacy_of ? json_incref(privacy_of) : json_object(), "_links", "self",
                             "href", link ? link : "");

    if (public_key)
        json_object_set(json_object_get(json, "keys"), "public_key", public_key);
    mem_unref(link);
    return json;
}

static json_t *row_json(const struct api_request *request, const struct application *application)
{
    json_t *row = application_row(application), *json = application_json(request, row);

    json_decref(row);
    return json;
}

/* Listing. */

struct listing {
    const struct api_request *request;
    int64_t size, page, seen;
    json_t *items;
};

static bool add(struct application *application, void *arg)
{
    struct listing *listing = arg;
    int64_t at = listing->seen++;

    if (at >= (listing->page - 1) * listing->size && at < listing->page * listing->size)
        json_array_append_new(listing->items, row_json(listing->request, application));
    return false;
}

static void link_page(json_t *links, const char *name, const struct listing *listing, int64_t page)
{
    char *text = api_href(listing->request, "applications?page_size=%lld&page=%lld",
                          (long long)listing->size, (long long)page);

    json_object_set_new(links, name, json_pack("{s:s}", "href", text ? text : ""));
    mem_unref(text);
}

static void applications_list(struct api_request *request)
{
    struct listing listing = {
        .request = request,
        .size = api_query_number(request, "page_size", PAGE_DEFAULT),
        .page = api_query_number(request, "page", 1),
        .items = json_array(),
    };
    json_t *links = json_object();
    int64_t pages;

    application_each(request->api->conf.bridge, add, &listing);
    pages = listing.seen ? (listing.seen + listing.size - 1) / listing.size : 1;
    link_page(links, "self", &listing, listing.page);
    link_page(links, "first", &listing, 1);
    link_page(links, "last", &listing, pages);
    if (listing.page < pages)
        link_page(links, "next", &listing, listing.page + 1);
    if (listing.page > 1)
        link_page(links, "prev", &listing, listing.page - 1 < pages ? listing.page - 1 : pages);
    api_answer(request, 200,
               json_pack("{s:I,s:I,s:I,s:I,s:{s:o},s:o}", "page_size", (json_int_t)listing.size,
                         "page", (json_int_t)listing.page, "total_items", (json_int_t)listing.seen,
                         "total_pages", (json_int_t)pages, "_embedded", "applications",
                         listing.items, "_links", links));
}

/* Making and changing. */

/* Timeouts under their older name, methods in capitals, as replies have them. */
static void normalize(json_t *capabilities_given)
{
    const char *capability, *name;
    json_t *object, *hook;

    json_object_foreach (capabilities_given, capability, object) {
        json_object_foreach (json_object_get(object, "webhooks"), name, hook) {
            const char *method = json_string_value(json_object_get(hook, "http_method"));
            json_t *newer = json_object_get(hook, "connect_timeout");

            if (newer && !json_object_get(hook, "connection_timeout"))
                json_object_set(hook, "connection_timeout", newer);
            json_object_del(hook, "connect_timeout");
            if (method)
                json_object_set_new(hook, "http_method",
                                    json_string(strcasecmp(method, "POST") ? "GET" : "POST"));
        }
    }
}

static json_t *data_of(const struct api_request *request, const char *public_key)
{
    json_t *given = api_member(request, "capabilities"), *privacy_given;
    json_t *data = json_pack("{s:{s:s}}", "keys", "public_key", public_key ? public_key : "");

    json_object_set_new(data, "capabilities", given ? json_deep_copy(given) : json_object());
    normalize(json_object_get(data, "capabilities"));
    privacy_given = api_member(request, "privacy");
    if (privacy_given)
        json_object_set(data, "privacy", privacy_given);
    return data;
}

/* id NULL: a new one. private_key: for the reply, or NULL. */
static void put(struct api_request *request, const char *id, const char *public_key,
                const char *private_key)
{
    json_t *data = data_of(request, public_key), *json;
    struct application *application;
    int err = application_put(request->api->conf.bridge, id, api_text(request, "name"), data,
                              &application);

    json_decref(data);
    if (err == EPERM) {
        api_refuse(request, API_CONFIGURED, NULL);
    } else if (err) {
        api_refuse_errno(request, err, NULL);
    } else {
        json = row_json(request, application);
        if (private_key)
            json_object_set_new(json_object_get(json, "keys"), "private_key",
                                json_string(private_key));
        api_answer_done(request, json);
    }
}

static void on_pair(int err, char *private_key, char *public_key, void *arg)
{
    struct api_request *request = arg;

    if (err)
        api_refuse_errno(request, err, NULL);
    else
        put(request, NULL, public_key, private_key);
}

static void applications_create(struct api_request *request)
{
    const char *pem = json_string_value(json_object_get(api_member(request, "keys"), "public_key"));
    int err;

    if (pem) {
        put(request, NULL, pem, NULL);
        return;
    }
    err = jwt_key_pair_start(request->api->pairs, on_pair, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

static struct application *find(struct api_request *request)
{
    struct application *application = application_find(request->api->conf.bridge, request->ids[0]);
    char *detail;

    if (application)
        return application;
    detail = mem_printf("ID '%s' does not exist, or you do not have access", request->ids[0]);
    api_refuse(request, API_NO_APPLICATION, detail);
    mem_unref(detail);
    return NULL;
}

static void applications_get(struct api_request *request)
{
    const struct application *application = find(request);

    if (application)
        api_answer_done(request, row_json(request, application));
}

/* Without keys it keeps the one it has. */
static void applications_update(struct api_request *request)
{
    const char *pem = json_string_value(json_object_get(api_member(request, "keys"), "public_key"));
    const struct application *application = find(request);
    char *kept;

    if (!application)
        return;
    kept = mem_strdup(pem ? pem : application_conf(application)->public_key);
    put(request, request->ids[0], kept, NULL);
    mem_unref(kept);
}

static void applications_delete(struct api_request *request)
{
    struct application *application = find(request);
    int err;

    if (!application)
        return;
    err = application_drop(application);
    if (err == EPERM)
        api_refuse(request, API_CONFIGURED, NULL);
    else if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer_done(request, NULL);
}

static const enum api_error one_errors[] = {API_NO_APPLICATION, API_ERRORS};
static const enum api_error change_errors[] = {API_NO_APPLICATION, API_CONFIGURED, API_ERRORS};

#define APPLICATION(m, p, n, s)                                                    \
    .method = m, .pattern = p, .name = n, .summary = s, .family = API_APPLICATION, \
    .auth = AUTH_SECRET

const struct api_route routes_applications[] = {
    {APPLICATION("GET", "/v2/applications", "listApplications", "All applications."),
     .success = 200, .query = page_query, .reply = list_reply, .run = applications_list},
    {APPLICATION("POST", "/v2/applications", "createApplication", "Makes an application."),
     .success = 201, .body = body, .reply = application_reply, .check = check,
     .run = applications_create},
    {APPLICATION("GET", "/v2/applications/{id}", "getApplication", "One application."),
     .success = 200, .reply = application_reply, .errors = one_errors, .run = applications_get},
    {APPLICATION("PUT", "/v2/applications/{id}", "updateApplication", "Changes an application."),
     .success = 200, .body = body, .reply = application_reply, .errors = change_errors,
     .check = check, .run = applications_update},
    {APPLICATION("DELETE", "/v2/applications/{id}", "deleteApplication",
                 "Deletes an application with all it has; its legs hang up."),
     .success = 204, .errors = change_errors, .run = applications_delete},
    {0},
};
