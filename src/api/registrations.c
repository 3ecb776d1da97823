/* registrations.c: where the phones of an application's users are. Its administrators' business:
 * no user's token will do. */
#include "api/metrics.h"
#include "api/private.h"
#include "base/mem.h"
#include "registrar/guard.h"
#include "registrar/registrar.h"

#include <inttypes.h>

#include <string.h>

struct listing {
    struct api_request *request;
    struct application *application;
    json_t *list;
};

static void add(const struct registrar_contact *contact, void *arg)
{
    struct listing *listing = arg;
    const struct user *user = user_find(listing->application, contact->user);
    json_t *row;

    if (!user)
        return;
    row = json_pack("{s:{s:s,s:s},s:s,s:s,s:s,s:f}", "user", "id", user_id(user), "name",
                    user_name(user), "contact", contact->uri, "source", contact->source, "agent",
                    contact->agent, "q", contact->q / 1000.0);
    if (*contact->route)
        json_object_set_new(row, "path", json_string(contact->route));
    json_set_time(row, "registered", contact->since);
    json_set_time(row, "expires", contact->expires);
    json_array_append_new(listing->list, row);
}

static void registrations_list(struct api_request *request)
{
    struct listing listing = {request, api_application(request), json_array()};

    if (request->sub || !listing.application) {
        json_decref(listing.list);
        api_refuse(request, API_FORBIDDEN, NULL);
        return;
    }
    if (request->api->conf.registrar)
        registrar_each(request->api->conf.registrar, request->application, add, &listing);
    api_answer(request, 200,
               json_pack("{s:i,s:{s:o}}", "count", (int)json_array_size(listing.list), "_embedded",
                         "registrations", listing.list));
}

static const struct shape user_shape[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED, .help = "Of the user."},
    {"name", SHAPE_STRING, SHAPE_REQUIRED, .help = "Of the user."},
    {.name = NULL},
};
static const struct shape row_shape[] = {
    {"user", SHAPE_OBJECT, SHAPE_REQUIRED, .members = user_shape, .help = "Whose phone it is."},
    {"contact", SHAPE_STRING, SHAPE_REQUIRED, .help = "As the phone has it."},
    {"source", SHAPE_STRING, SHAPE_REQUIRED, .help = "Where it registered from, and is called."},
    {"path", SHAPE_STRING, .help = "Proxies on the way there."},
    {"agent", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "What it is."},
    {"q", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "How much it would like to be called: 0 to 1."},
    {"registered", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME, .help = "At first."},
    {"expires", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME, .help = "Unless it is back."},
    {.name = NULL},
};
static const struct shape item[] = {
    {"", SHAPE_OBJECT, .members = row_shape},
    {.name = NULL},
};
static const struct shape embedded[] = {
    {"registrations", SHAPE_ARRAY, SHAPE_REQUIRED, .members = item, .help = "All of them."},
    {.name = NULL},
};
static const struct shape reply[] = {
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of all."},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded, .help = "The list."},
    {.name = NULL},
};

const struct api_route routes_registrations[] = {
    {"GET", "/v1/registrations", "listRegistrations",
     "The phones that users of the application have registered.", API_V1, AUTH_TOKEN, 200,
     .reply = reply, .run = registrations_list},
    {.method = NULL},
};

/* Metrics. */

static void write_refused(FILE *out, const struct calls_refused *refused)
{
    metrics_head(out, "dials_refused_total", "counter",
                 "Legs that applications were not let dial, by what was in the way.");
    fprintf(out,
            "offhook_dials_refused_total{limit=\"number\"} %" PRIu64 "\n"
            "offhook_dials_refused_total{limit=\"max_calls\"} %" PRIu64 "\n"
            "offhook_dials_refused_total{limit=\"calls_per_minute\"} %" PRIu64 "\n",
            refused->number, refused->calls, refused->rate);
}

static void write_passwords(FILE *out, const struct guard_counts *counts)
{
    metrics_head(out, "sip_passwords_total", "counter", "Proofs of who registers or calls.");
    fprintf(out,
            "offhook_sip_passwords_total{result=\"right\"} %" PRIu64 "\n"
            "offhook_sip_passwords_total{result=\"wrong\"} %" PRIu64 "\n",
            counts->right, counts->wrong);
    metrics_counter(out, "sip_sources_silenced_total",
                    "Times that a source was not answered any more for guessing.",
                    (double)counts->silenced);
}

void metrics_registrar(FILE *out, const struct api_conf *conf)
{
    struct calls_refused refused = calls_refused(conf->calls);

    write_refused(out, &refused);
    if (conf->guard) {
        struct guard_counts counts;

        guard_counts(conf->guard, &counts);
        write_passwords(out, &counts);
    }
    if (conf->registrar) {
        struct registrar_counts counts;

        registrar_counts(conf->registrar, &counts);
        metrics_gauge(out, "registrations", "Contacts of users' phones.", counts.contacts);
        metrics_counter(out, "registers_total", "REGISTERs that were taken.", (double)counts.taken);
    }
}
