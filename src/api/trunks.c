/* trunks.c: the trunks of the configuration: how they are, and the doctor. For whoever runs the
 * daemon: with http.api_key and http.api_secret. */
#include "api/trunks.h"
#include "base/mem.h"

static struct trunks *trunks_of(const struct api_request *request)
{
    return bridge_plane(request->api->conf.bridge)->trunks;
}

/* NULL: it was refused. */
static struct trunk *trunk_of(struct api_request *request)
{
    struct trunk *trunk = trunk_find(trunks_of(request), request->ids[0]);

    if (!trunk)
        api_refuse(request, API_NO_TRUNK, NULL);
    return trunk;
}

static void trunks_list(struct api_request *request)
{
    json_t *list = trunks_json(trunks_of(request));

    api_answer(request, 200,
               json_pack("{s:i,s:o}", "count", (int)json_array_size(list), "trunks", list));
}

static void trunks_get(struct api_request *request)
{
    const struct trunk *trunk = trunk_of(request);

    if (trunk)
        api_answer(request, 200, trunk_json(trunk));
}

static void on_report(json_t *report, void *arg)
{
    struct api_request *request = arg;

    if (api_still_open(request))
        api_answer(request, 200, report);
    else
        json_decref(report);
}

static void trunks_check(struct api_request *request)
{
    struct trunk *trunk = trunk_of(request);
    int err = trunk ? trunk_check(trunk, on_report, request) : 0;

    if (err)
        api_refuse_errno(request, err, NULL);
}

static const struct shape ping_shape[] = {
    {"at", SHAPE_STRING, .format = FORMAT_TIME, .help = "When."},
    {"status", SHAPE_INTEGER, .help = "The answer's."},
    {"error", SHAPE_STRING, .help = "Why none came."},
    {"ms", SHAPE_INTEGER, .help = "It took."},
    {.name = NULL},
};
static const struct shape target_shape[] = {
    {"uri", SHAPE_STRING, SHAPE_REQUIRED, .help = "Where it is."},
    {"healthy", SHAPE_BOOL, SHAPE_REQUIRED, .help = "Calls are tried there."},
    {"shut_seconds", SHAPE_INTEGER, .help = "It asked to be left alone for so long."},
    {"ping", SHAPE_OBJECT, .members = ping_shape, .help = "The last OPTIONS."},
    {.name = NULL},
};
static const struct shape target_item[] = {
    {"", SHAPE_OBJECT, .members = target_shape},
    {.name = NULL},
};
static const struct shape proxy_shape[] = {
    {"uri", SHAPE_STRING, SHAPE_REQUIRED, .help = "As it is configured."},
    {"targets", SHAPE_ARRAY, SHAPE_REQUIRED, .members = target_item, .help = "What it stands for."},
    {"dns", SHAPE_OBJECT, SHAPE_OPEN, .help = "What the name servers said of a name."},
    {.name = NULL},
};
static const struct shape proxy_item[] = {
    {"", SHAPE_OBJECT, .members = proxy_shape},
    {.name = NULL},
};
static const char *const states[] = {"up", "degraded", "down", NULL};
#define TRUNK_ROWS                                                                               \
    {"name", SHAPE_STRING, SHAPE_REQUIRED, .help = "In the configuration."},                     \
        {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = states,                                 \
         .help = "down: all its targets are passed over; degraded: some."},                      \
        {"calls", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "At once, both ways."},                 \
        {"capacity", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "0: no limit."},                     \
        {"registration", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN,                              \
         .help = "state: none, trying, registered or failed; and what the registrar said."},     \
        {"proxies", SHAPE_ARRAY, SHAPE_REQUIRED, .members = proxy_item, .help = "In order."},    \
        {"counts", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .help = "Calls since the start."}, \
    {                                                                                            \
        "last_failure", SHAPE_OBJECT, SHAPE_OPEN, .help = "The call that was refused last."      \
    }

static const struct shape trunk_reply[] = {TRUNK_ROWS, {.name = NULL}};
static const struct shape trunk_item[] = {
    {"", SHAPE_OBJECT, .members = trunk_reply},
    {.name = NULL},
};
static const struct shape list_reply[] = {
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of all."},
    {"trunks", SHAPE_ARRAY, SHAPE_REQUIRED, .members = trunk_item, .help = "As configured."},
    {.name = NULL},
};
static const char *const levels[] = {"ok", "warning", "error", NULL};
static const struct shape finding_shape[] = {
    {"level", SHAPE_STRING, SHAPE_REQUIRED, .words = levels, .help = "How bad it is."},
    {"subject", SHAPE_STRING, SHAPE_REQUIRED,
     .help = "ping, dns, registration, nat, call or capacity."},
    {"text", SHAPE_STRING, SHAPE_REQUIRED, .help = "In sentences."},
    {"setting", SHAPE_STRING, .help = "Keys of the configuration to look at."},
    {.name = NULL},
};
static const struct shape finding_item[] = {
    {"", SHAPE_OBJECT, .members = finding_shape},
    {.name = NULL},
};
static const struct shape check_reply[] = {
    {"name", SHAPE_STRING, SHAPE_REQUIRED, .help = "Of the trunk."},
    {"ok", SHAPE_BOOL, SHAPE_REQUIRED, .help = "No finding is an error."},
    {"findings", SHAPE_ARRAY, SHAPE_REQUIRED, .members = finding_item, .help = "What was found."},
    {"trunk", SHAPE_OBJECT, SHAPE_REQUIRED, .members = trunk_reply, .help = "How it is now."},
    {.name = NULL},
};

static const enum api_error of_one[] = {API_NO_TRUNK, API_ERRORS};

const struct api_route routes_trunks[] = {
    {"GET", "/v1/trunks", "listTrunks", "The trunks of the configuration, and how they are.",
     API_V1, AUTH_SECRET, 200, .reply = list_reply, .run = trunks_list},
    {"GET", "/v1/trunks/{name}", "getTrunk", "One trunk.", API_V1, AUTH_SECRET, 200,
     .reply = trunk_reply, .errors = of_one, .run = trunks_get},
    {"POST", "/v1/trunks/{name}/check", "checkTrunk",
     "Asks every proxy of the trunk, and says what is wrong and which setting to look at.", API_V1,
     AUTH_SECRET, 200, .reply = check_reply, .errors = of_one, .run = trunks_check},
    {.method = NULL},
};

/* Metrics. */

static const struct {
    const char *name, *type, *help;
} heads[] = {
    {"trunk_calls", "gauge", "Calls at once by trunk, both ways."},
    {"trunk_targets", "gauge", "Addresses of its proxies."},
    {"trunk_targets_healthy", "gauge", "Those of them that calls are tried at."},
    {"trunk_registered", "gauge", "1 while it is registered; only of trunks that register."},
    {"trunk_calls_inbound_total", "counter", "Calls that came by the trunk."},
    {"trunk_calls_tried_total", "counter", "Calls that were tried there."},
    {"trunk_calls_answered_total", "counter", "Those of them that were answered."},
    {"trunk_calls_failed_total", "counter", "Those of them that were refused or got no answer."},
    {"trunk_calls_over_capacity_total", "counter", "Calls that found it full."},
    {"trunk_calls_over_rate_total", "counter", "Calls that came too fast for it."},
};

struct sheet {
    FILE *out;
    size_t row;
};

static bool value_of(const struct trunk_facts *facts, size_t row, double *value)
{
    const double values[] = {
        facts->calls,
        facts->targets,
        facts->open,
        facts->registered,
        (double)facts->inbound,
        (double)facts->tried,
        (double)facts->answered,
        (double)facts->failed,
        (double)facts->over_capacity,
        (double)facts->over_rate,
    };

    *value = values[row];
    return row != 3 || facts->registers;
}

static void write_one(const struct trunk_facts *facts, void *arg)
{
    const struct sheet *sheet = arg;
    double value;

    if (!value_of(facts, sheet->row, &value))
        return;
    fprintf(sheet->out, "offhook_%s{trunk=\"", heads[sheet->row].name);
    for (const char *c = facts->name; *c; c++) {
        if (*c == '"' || *c == '\\')
            fputc('\\', sheet->out);
        fputc(*c == '\n' ? ' ' : *c, sheet->out);
    }
    fprintf(sheet->out, "\"} %.15g\n", value);
}

void metrics_trunks(FILE *out, const struct api_conf *conf)
{
    struct sheet sheet = {.out = out};

    for (; sheet.row < sizeof heads / sizeof *heads; sheet.row++) {
        metrics_head(out, heads[sheet.row].name, heads[sheet.row].type, heads[sheet.row].help);
        trunks_each(bridge_plane(conf->bridge)->trunks, write_one, &sheet);
    }
}
