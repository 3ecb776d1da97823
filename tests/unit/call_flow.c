/* call_flow.c: calls from INVITE to the last webhook, with the real leg, conversation,
 * ncco and store rooms between a SIP, a media and a webhook room made of paper: what
 * they are told is written down, and the test says what they answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/call.h"

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define SDP                                                                     \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
    "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"                    \
    "a=rtpmap:101 telephone-event/8000\r\n"

/* ---- SIP of paper ---- */

struct dialog {
    struct dialog_invite invite;
    const struct dialog_handlers *handlers;
    void *arg;
    char uri[128];
    int rung, answered, acked, rejected, hung_up;
    bool dialled, timed_out;
    int transport_error;
};

static struct dialog *dialled[8];
static unsigned dialled_count;

void dialog_handle(struct dialog *dialog, const struct dialog_handlers *handlers, void *arg)
{
    dialog->handlers = handlers;
    dialog->arg = arg;
}

const struct dialog_invite *dialog_invite_of(const struct dialog *dialog)
{
    return &dialog->invite;
}

int dialog_ring(struct dialog *dialog, const char *sdp)
{
    dialog->rung = sdp ? 183 : 180;
    return 0;
}

int dialog_answer(struct dialog *dialog, const char *sdp)
{
    assert_non_null(sdp);
    dialog->answered++;
    return 0;
}

int dialog_reject(struct dialog *dialog, int status, const char *phrase, int code, const char *text)
{
    (void)phrase, (void)code, (void)text;
    dialog->rejected = status;
    return 0;
}

int dialog_invite(struct ua *ua, const struct dialog_target *target,
                  const struct dialog_handlers *handlers, void *arg, struct dialog **dialogp)
{
    struct dialog *dialog = mem_alloc(sizeof *dialog, NULL);

    (void)ua;
    snprintf(dialog->uri, sizeof dialog->uri, "%s", target->uri);
    dialog->handlers = handlers;
    dialog->arg = arg;
    dialog->dialled = true;
    assert_true(dialled_count < 8);
    dialled[dialled_count++] = mem_ref(dialog);
    *dialogp = dialog;
    return 0;
}

int dialog_ack(struct dialog *dialog, const char *sdp)
{
    (void)sdp;
    dialog->acked++;
    return 0;
}

int dialog_reoffer_answer(struct dialog *dialog, const char *sdp)
{
    (void)dialog, (void)sdp;
    return 0;
}

int dialog_reoffer_reject(struct dialog *dialog, int status, const char *phrase, int code,
                          const char *text)
{
    return dialog_reject(dialog, status, phrase, code, text);
}

void dialog_hangup(struct dialog *dialog, int status, int q850)
{
    (void)q850;
    dialog->hung_up = status ? status : 1;
}

bool dialog_timed_out(const struct dialog *dialog)
{
    return dialog->timed_out;
}

int dialog_transport_error(const struct dialog *dialog)
{
    return dialog->transport_error;
}

/* ---- media of paper ---- */

struct media_port {
    const struct media_events *events;
    void *arg;
    struct media_room *room;
};

struct media_room {
    int unused;
};

static unsigned ports_open;
static struct loop *loop;

int media_port_open(struct workers *workers, const struct media_events *events, void *arg,
                    struct media_port **port)
{
    (void)workers;
    *port = calloc(1, sizeof **port);
    (*port)->events = events;
    (*port)->arg = arg;
    ports_open++;
    return 0;
}

uint16_t media_port_number(const struct media_port *port)
{
    (void)port;
    return 10000;
}

void media_port_connect(struct media_port *port, const struct media_params *params)
{
    (void)port, (void)params;
}

int media_room_alloc(struct workers *workers, struct media_room **room)
{
    (void)workers;
    *room = mem_alloc(sizeof **room, NULL);
    return 0;
}

void media_port_join(struct media_port *port, struct media_room *room)
{
    port->room = room;
}

void media_port_leave(struct media_port *port)
{
    port->room = NULL;
}

void media_port_mute(struct media_port *port, bool on)
{
    (void)port, (void)on;
}

void media_port_earmuff(struct media_port *port, bool on)
{
    (void)port, (void)on;
}

void media_port_audible(struct media_port *listener, struct media_port *speaker, bool on)
{
    (void)listener, (void)speaker, (void)on;
}

uint32_t media_port_play(struct media_port *port, struct sound *sound, unsigned loops, double level)
{
    (void)port, (void)sound, (void)loops, (void)level;
    return 1;
}

void media_port_stop(struct media_port *port)
{
    (void)port;
}

int media_port_dial(struct media_port *port, const char *digits)
{
    (void)port, (void)digits;
    return 0;
}

static void port_closed(void *arg)
{
    static const struct media_stats stats = {.packets_in = 50, .bytes_in = 8000};
    struct media_port *port = arg;

    ports_open--;
    port->events->closed(&stats, port->arg);
    free(port);
}

void media_port_close(struct media_port *port)
{
    loop_post(loop, port_closed, port);
}

/* ---- webhooks of paper ---- */

static char log_text[8192];
static json_t *told;        /* all fields, in order */
static const char *answers; /* the NCCO the application gives */

int webhook_emit(struct webhook *webhook, const struct webhook_event *event)
{
    (void)webhook;
    json_array_append_new(told, json_deep_copy(event->fields));
    return 0;
}

int webhook_when_told(struct webhook *webhook, const char *lane, unsigned patience, loop_h *done,
                      void *arg)
{
    (void)webhook, (void)lane, (void)patience;
    return loop_post(loop, done, arg);
}

struct reply {
    webhook_answer_h *answer;
    void *arg;
};

static void give_answer(void *arg)
{
    struct reply *reply = arg;
    json_t *ncco = answers ? json_loads(answers, 0, NULL) : NULL;

    reply->answer(ncco, ncco ? NULL : "answer_url http://x.example/: HTTP 500", reply->arg);
    free(reply);
}

int webhook_ask(struct webhook *webhook, const struct webhook_question *question,
                webhook_answer_h *answer, void *arg)
{
    struct reply *reply = malloc(sizeof *reply);

    (void)webhook;
    assert_string_equal(question->type, "answer");
    *reply = (struct reply){answer, arg};
    return loop_post(loop, give_answer, reply);
}

int loader_load(struct loader *loader, const char *name, loader_h *done, void *arg)
{
    (void)loader, (void)name, (void)done, (void)arg;
    return ENOENT;
}

bool fetch_is_url(const char *text)
{
    return strncmp(text, "http", 4) == 0;
}

/* ---- the house ---- */

static const char *const numbers[] = {"15550100002"};
static const char *const proxies[] = {"sip:127.0.0.1:5080", "sip:127.0.0.1:5081"};
static const char *const prefixes[] = {"1"};

struct house {
    struct store *store;
    struct bridge *bridge;
    struct calls *calls;
    struct conf_application application;
    struct conf_trunk trunk;
    struct conf conf;
    size_t alive;
};

/* Runs until nothing is left to do and all writes are durable. */
static void fenced(void *arg)
{
    *(bool *)arg = true;
}

static void settle(struct house *house)
{
    for (int round = 0; round < 4; round++) {
        bool done = false;

        store_fence(house->store, fenced, &done);
        while (!done)
            loop_wait(loop, 1000);
    }
}

static int set_up(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    struct bridge_conf bridge = {0};
    struct calls_conf calls = {0};
    const char *reason;

    house->alive = mem_alive();
    house->application = (struct conf_application){.id = APP,
                                                   .name = "demo",
                                                   .public_key = "",
                                                   .voice = {.answer_url = "http://x.example/a",
                                                             .answer_method = "GET",
                                                             .ncco = "",
                                                             .fallback_answer_url = "",
                                                             .event_url = "http://x.example/e",
                                                             .event_method = "POST"},
                                                   .numbers = (const char **)(uintptr_t)numbers,
                                                   .number_count = 1};
    house->trunk = (struct conf_trunk){.name = "carrier",
                                       .proxies = (const char **)(uintptr_t)proxies,
                                       .proxy_count = 2,
                                       .prefixes = (const char **)(uintptr_t)prefixes,
                                       .prefix_count = 1,
                                       .from_domain = ""};
    house->conf.applications = &house->application;
    house->conf.application_count = 1;
    house->conf.trunks = &house->trunk;
    house->conf.trunk_count = 1;
    told = json_array();
    assert_int_equal(loop_alloc(&loop), 0);
    assert_int_equal(store_open(&house->store, "sqlite::memory:", loop, &reason), 0);
    bridge.loop = loop;
    bridge.store = house->store;
    bridge.conf = &house->conf;
    bridge.plane = (struct leg_plane){
        .loop = loop, .can = {{OFFER_PCMU, OFFER_PCMA}, 2}, .address = "127.0.0.1"};
    assert_int_equal(bridge_alloc(&house->bridge, &bridge), 0);
    calls.bridge = house->bridge;
    assert_int_equal(calls_alloc(&house->calls, &calls), 0);
    assert_int_equal(calls_recover(house->calls), 0);
    *state = house;
    return 0;
}

static int tear_down(void **state)
{
    struct house *house = *state;
    struct bridge_counts counts;

    settle(house);
    bridge_counts(house->bridge, &counts);
    assert_int_equal(counts.legs, 0);
    assert_int_equal(counts.members, 0);
    assert_int_equal(ports_open, 0);
    while (dialled_count)
        mem_unref(dialled[--dialled_count]);
    mem_unref(house->calls);
    mem_unref(house->bridge);
    store_close(house->store);
    loop_run(loop);
    mem_unref(loop);
    json_decref(told);
    assert_int_equal(mem_alive(), house->alive);
    free(house);
    return 0;
}

static struct dialog *ring_in(struct house *house, const char *ncco)
{
    struct dialog *dialog = mem_alloc(sizeof *dialog, NULL);

    answers = ncco;
    dialog->invite = (struct dialog_invite){.from_user = "+15550100001",
                                            .from_host = "carrier.example",
                                            .from_display = "",
                                            .to_user = "15550100002",
                                            .to_host = "127.0.0.1",
                                            .call_id = "a",
                                            .sdp = SDP};
    call_incoming(house->calls, dialog);
    settle(house);
    return dialog;
}

static void over(struct house *house, struct dialog *dialog, int status, bool remote)
{
    assert_non_null(dialog->handlers);
    dialog->handlers->ended(status, "x", remote, 0, dialog->arg);
    settle(house);
}

/* "inbound started, inbound ringing, …" */
static const char *told_text(void)
{
    size_t i;
    json_t *fields;
    char *to = log_text;

    *to = '\0';
    json_array_foreach (told, i, fields) {
        const char *direction = json_string_value(json_object_get(fields, "direction"));
        const char *status = json_string_value(json_object_get(fields, "status"));
        const char *type = json_string_value(json_object_get(fields, "type"));
        const char *reason = json_string_value(json_object_get(fields, "reason"));

        to +=
            sprintf(to, "%s%s%s%s", i ? ", " : "", direction ? direction : "", direction ? " " : "",
                    status ? status
                    : type ? type
                           : reason);
    }
    return log_text;
}

#define CONNECT(n) \
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" n "\"}]}"

static bool keep_member(struct member *member, void *arg)
{
    *(struct member **)arg = member;
    return true;
}

static struct conversation *conversation_of_first(struct house *house)
{
    const char *id =
        json_string_value(json_object_get(json_array_get(told, 0), "conversation_uuid"));

    return conversation_find(house->bridge, application_find(house->bridge, APP), id);
}

static void got_events(int err, json_t *rows, int64_t count, void *arg)
{
    size_t i;
    json_t *row;
    char *to = arg;

    assert_int_equal(err, 0);
    assert_int_equal(count, (int64_t)json_array_size(rows));
    *to = '\0';
    json_array_foreach (rows, i, row)
        to += sprintf(to, "%s%s", i ? ", " : "", json_string_value(json_object_get(row, "type")));
    json_decref(rows);
}

static const char *events_text(struct house *house, const char *id)
{
    struct store_events_query query = {.application = APP, .conversation = id};

    strcpy(log_text, "?");
    assert_int_equal(store_ask_events(house->store, &query, got_events, log_text), 0);
    settle(house);
    return log_text;
}

static void test_forwarded_call(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out;
    struct conversation *conversation;
    struct member *first = NULL;

    assert_int_equal(in->rung, 180);
    assert_int_equal(in->answered, 0);
    assert_int_equal(dialled_count, 1);
    out = dialled[0];
    assert_string_equal(out->uri, "sip:15550100003@127.0.0.1:5080");
    out->handlers->progress(180, NULL, "a", out->arg);
    settle(house);
    assert_int_equal(in->answered, 0);
    out->handlers->answered(SDP, out->arg);
    assert_int_equal(out->acked, 0); /* not before the news is safe */
    settle(house);
    assert_int_equal(out->acked, 1);
    assert_int_equal(in->answered, 1);
    conversation = conversation_of_first(house);
    assert_non_null(conversation);
    assert_int_equal(conversation_sequence(conversation), 8);
    assert_int_equal(conversation_members(conversation), 2);
    conversation_each(conversation, keep_member, &first);
    assert_int_equal(member_state_of(first), MEMBER_JOINED);
    assert_string_equal(events_text(house, conversation_id(conversation)),
                        "member:joined, sip:ringing, sip:answered, member:joined, member:media, "
                        "sip:answered, member:joined, member:media");
    over(house, in, 200, true);
    assert_int_not_equal(out->hung_up, 0);
    over(house, out, 200, false);
    assert_string_equal(told_text(),
                        "inbound started, inbound ringing, outbound started, outbound ringing, "
                        "outbound answered, inbound answered, inbound completed, "
                        "outbound completed");
    assert_null(conversation_of_first(house));
    mem_unref(in);
}

static void test_busy_callee(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    over(house, dialled[0], 486, true);
    assert_int_equal(in->hung_up, 486);
    over(house, in, 486, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound busy, inbound completed");
    mem_unref(in);
}

static void test_second_proxy_after_503_but_not_after_486(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    over(house, dialled[0], 503, true);
    assert_int_equal(dialled_count, 2);
    assert_string_equal(dialled[1]->uri, "sip:15550100003@127.0.0.1:5081");
    over(house, dialled[1], 486, true);
    assert_int_equal(dialled_count, 2);
    assert_int_equal(in->hung_up, 486);
    over(house, in, 486, false);
    mem_unref(in);
}

static void test_next_connect_after_failure(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," CONNECT("15550100004") "]");

    dialled[0]->timed_out = true;
    over(house, dialled[0], 408, false);
    assert_int_equal(dialled_count, 2);
    dialled[1]->handlers->answered(SDP, dialled[1]->arg);
    settle(house);
    assert_int_equal(in->answered, 1);
    over(house, dialled[1], 200, true);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    assert_string_equal(told_text(),
                        "inbound started, inbound ringing, outbound started, outbound timeout, "
                        "outbound started, outbound answered, inbound answered, "
                        "outbound completed, inbound completed");
    mem_unref(in);
}

static void test_caller_cancels(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    dialled[0]->handlers->progress(180, NULL, "a", dialled[0]->arg);
    over(house, in, 487, true);
    assert_int_not_equal(dialled[0]->hung_up, 0);
    over(house, dialled[0], 487, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound ringing, inbound completed, outbound cancelled");
    mem_unref(in);
}

static void test_bad_ncco(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"fly\"}]");

    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    assert_non_null(strstr(told_text(), "Syntax error in NCCO"));
    assert_non_null(strstr(told_text(), "fly"));
    mem_unref(in);
}

static void test_no_ncco(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, NULL);

    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    assert_non_null(strstr(told_text(), "HTTP 500"));
    mem_unref(in);
}

static void test_unknown_number(void **state)
{
    struct house *house = *state;
    struct dialog *dialog = mem_alloc(sizeof *dialog, NULL);

    dialog->invite.from_user = "1";
    dialog->invite.to_user = "19990000000";
    dialog->invite.from_host = dialog->invite.to_host = dialog->invite.from_display = "";
    call_incoming(house->calls, dialog);
    assert_int_equal(dialog->rejected, 404);
    mem_unref(dialog);
}

static void test_named_conversation_outlives_its_legs(void **state)
{
    struct house *house = *state;
    struct application *app = application_find(house->bridge, APP);
    struct dialog *in = ring_in(house, "[{\"action\":\"conversation\",\"name\":\"room\"}]");
    struct conversation *named;

    assert_int_equal(in->answered, 1);
    assert_int_equal(conversation_open(house->bridge, app, "room", false, &named), 0);
    assert_int_equal(conversation_members(named), 1);
    over(house, in, 200, true);
    assert_int_equal(conversation_members(named), 0);
    assert_ptr_equal(conversation_find(house->bridge, app, conversation_id(named)), named);
    assert_string_equal(told_text(), "inbound started, inbound ringing, inbound answered, "
                                     "transfer, inbound completed");
    assert_string_equal(events_text(house, conversation_id(named)),
                        "member:joined, member:media, sip:hangup, member:left");
    mem_unref(in);
}

static void test_mute_is_one_event(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"conversation\",\"name\":\"m\"}]");
    struct conversation *named;
    struct member *member = NULL;

    conversation_open(house->bridge, application_find(house->bridge, APP), "m", false, &named);
    conversation_each(named, keep_member, &member);
    member_mute(member, true);
    member_mute(member, true);
    member_earmuff(member, true);
    member_mute(member, false);
    assert_string_equal(events_text(house, conversation_id(named)),
                        "member:joined, member:media, audio:mute:on, member:media, "
                        "audio:earmuff:on, member:media, audio:mute:off, member:media");
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_transfer_leaves_the_other_alone(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = dialled[0];
    json_t *ncco = json_loads("[{\"action\":\"conversation\",\"name\":\"t\"}]", 0, NULL);
    struct member *member = NULL;
    struct call *call;

    out->handlers->answered(SDP, out->arg);
    settle(house);
    conversation_each(conversation_of_first(house), keep_member, &member);
    call =
        call_find(house->calls, application_find(house->bridge, APP), leg_id(member_leg(member)));
    assert_non_null(call);
    assert_int_equal(call_transfer(call, ncco), 0);
    settle(house);
    assert_int_not_equal(out->hung_up, 0);
    assert_int_equal(in->hung_up, 0);
    over(house, out, 200, false);
    over(house, in, 200, true);
    json_decref(ncco);
    mem_unref(in);
}

static void test_created_call(void **state)
{
    struct house *house = *state;
    json_t *endpoint = json_loads("{\"type\":\"phone\",\"number\":\"15550100003\"}", 0, NULL);
    json_t *ncco = json_loads("[{\"action\":\"conversation\",\"name\":\"c\"}]", 0, NULL);
    struct call_request request = {
        .application = application_find(house->bridge, APP),
        .endpoint = endpoint,
        .from = "15550100002",
        .ncco = ncco,
        .length_timer = 7200,
        .ringing_timer = 60,
    };
    struct call *call;
    const char *reason = NULL;

    assert_int_equal(call_create(house->calls, &request, &call, &reason), 0);
    settle(house);
    dialled[0]->handlers->progress(180, NULL, "a", dialled[0]->arg);
    dialled[0]->handlers->answered(SDP, dialled[0]->arg);
    settle(house);
    assert_int_equal(dialled[0]->acked, 1);
    over(house, dialled[0], 200, true);
    assert_string_equal(told_text(), "outbound started, outbound ringing, outbound answered, "
                                     "transfer, outbound completed");
    json_decref(endpoint);
    json_decref(ncco);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_forwarded_call),
        CASE(test_busy_callee),
        CASE(test_second_proxy_after_503_but_not_after_486),
        CASE(test_next_connect_after_failure),
        CASE(test_caller_cancels),
        CASE(test_bad_ncco),
        CASE(test_no_ncco),
        CASE(test_unknown_number),
        CASE(test_named_conversation_outlives_its_legs),
        CASE(test_mute_is_one_event),
        CASE(test_transfer_leaves_the_other_alone),
        CASE(test_created_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
