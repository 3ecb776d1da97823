/* calls_quality.c: GET /v1/calls/{uuid}/quality: how the sound of a call is while it is up, and how
 * it was when it has ended. */
#include "api/legs.h"
#include "base/mem.h"

static const struct shape packets_shape[] = {
    {"received", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"sent", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"lost", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "They never came."},
    {"late", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "They came too late to be heard."},
    {"duplicate", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"reordered", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"invalid", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "No RTP, or of another payload type."},
    {"strange", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "From somebody else."},
    {0},
};
static const struct shape frames_shape[] = {
    {"heard", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "As they were sent."},
    {"concealed", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Made up in place of lost ones."},
    {"recovered", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Told by FEC."},
    {"comfort_noise", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"adjusted", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Dropped or made up for the clock."},
    {"bursts", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Two or more concealed in a row."},
    {0},
};
static const struct shape jitter_shape[] = {
    {"now", SHAPE_NUMBER, SHAPE_REQUIRED},
    {"min", SHAPE_NUMBER, SHAPE_REQUIRED},
    {"max", SHAPE_NUMBER, SHAPE_REQUIRED},
    {0},
};
static const struct shape peer_shape[] = {
    {"loss", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "[%] of what we send."},
    {"jitter", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "[ms]"},
    {0},
};
static const struct shape class_shape[] = {
    {"up_to", SHAPE_INTEGER, SHAPE_REQUIRED | SHAPE_NULL, .help = "[ms]; null: longer ones."},
    {"frames", SHAPE_INTEGER, SHAPE_REQUIRED},
    {0},
};
static const struct shape classes_shape[] = {{"", SHAPE_OBJECT, .members = class_shape}, {0}};
static const struct shape delay_shape[] = {
    {"frames", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "That went out to others."},
    {"p50", SHAPE_NUMBER, .help = "[ms] that half of them took at most."},
    {"p95", SHAPE_NUMBER, .help = "[ms]"},
    {"p99", SHAPE_NUMBER, .help = "[ms]"},
    {"histogram", SHAPE_ARRAY, SHAPE_REQUIRED, .members = classes_shape},
    {0},
};
static const struct shape quality_shape[] = {
    {"mos", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "1 to 4.5 (ITU-T G.107); 0: nothing came."},
    {"r_factor", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "0 to 93.2."},
    {"packets", SHAPE_OBJECT, SHAPE_REQUIRED, .members = packets_shape},
    {"loss", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "[%] of packets that never came."},
    {"frames", SHAPE_OBJECT, SHAPE_REQUIRED, .members = frames_shape, .help = "Of 20 ms."},
    {"jitter", SHAPE_OBJECT, SHAPE_REQUIRED, .members = jitter_shape, .help = "[ms], RFC 3550."},
    {"jitter_buffer", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "[ms] that wait to be heard."},
    {"round_trip", SHAPE_NUMBER, SHAPE_REQUIRED, .help = "[ms], by RTCP; 0: not known."},
    {"peer", SHAPE_OBJECT, SHAPE_REQUIRED, .members = peer_shape, .help = "What it reports."},
    {"bridge_delay", SHAPE_OBJECT, SHAPE_REQUIRED, .members = delay_shape,
     .help = "From arrival to the way out to the others."},
    {0},
};
static const struct shape problem_shape[] = {
    {"name", SHAPE_STRING, SHAPE_REQUIRED, .help = "As media:problem tells it."},
    {"since", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME},
    {0},
};
const struct shape calls_quality_reply[] = {
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links, .help = "Itself."},
    {"uuid", SHAPE_STRING, SHAPE_REQUIRED},
    {"status", SHAPE_STRING, SHAPE_REQUIRED},
    {"quality", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_NULL, .members = quality_shape,
     .help = "null: there was no sound."},
    {"problem", SHAPE_OBJECT, .members = problem_shape, .help = "What is wrong now."},
    {0},
};

/* Takes quality (NULL: none). */
static json_t *reply_json(const struct api_request *request, const char *status, json_t *quality)
{
    const char *uuid = request->ids[0];
    char *href = api_href(request, "calls/%s/quality", uuid);
    json_t *reply =
        json_pack("{s:{s:{s:s}},s:s,s:s,s:o}", "_links", "self", "href", href ? href : "", "uuid",
                  uuid, "status", status, "quality", quality ? quality : json_null());

    mem_unref(href);
    return reply;
}

static void on_row(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = api_one_row(request, err, rows, API_NO_CALL), *quality;

    (void)count;
    if (row) {
        quality = json_object_get(json_object_get(row, "detail"), "quality");
        api_answer(request, 200,
                   reply_json(request, api_row_text(row, "status"),
                              json_is_object(quality) ? json_deep_copy(quality) : NULL));
    }
    json_decref(rows);
}

/* One that has ended, or has no sound. */
static void ask_row(struct api_request *request)
{
    struct store_legs_query query = {
        .application = request->application, .id = request->ids[0], .page.limit = 1};
    int err = store_ask_legs(request->api->conf.store, &query, on_row, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

static struct leg *find_leg(struct api_request *request)
{
    struct application *application = api_application(request);
    struct member *member = member_of_leg(request->api->conf.bridge, request->ids[0]);

    if (!member || conversation_application(member_conversation(member)) != application)
        return NULL;
    return member_leg(member);
}

static void set_problem(json_t *reply, const struct leg *leg)
{
    enum stream_problem problem;
    json_t *json;
    int64_t since;

    if (!leg_troubled(leg, &problem, &since))
        return;
    json = json_pack("{s:s}", "name", leg_problem_text(problem));
    json_set_time(json, "since", since);
    json_object_set_new(reply, "problem", json);
}

static void on_stats(const struct stream_stats *stats, void *arg)
{
    struct api_request *request = arg;
    const struct leg *leg = find_leg(request);
    json_t *reply;

    if (!leg) { /* it has ended meanwhile */
        ask_row(request);
        return;
    }
    reply = reply_json(request, leg_status_text(leg_status_of(leg)), quality_report(stats));
    set_problem(reply, leg);
    api_answer(request, 200, reply);
}

void calls_quality(struct api_request *request)
{
    struct leg *leg = find_leg(request);

    if (!leg || leg_quality(leg, on_stats, request))
        ask_row(request);
}
