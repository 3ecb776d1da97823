/* call_rules.c: rules that hold for every action: what is said of a bad one, who hangs up while it
 * runs, what a transfer by REST leaves of it; and defaults and limits that are times. */
#include "call_script.h"

#include "base/clock.h"
#include "conversation/audio_private.h"
#include "record/record.h"

#include <unistd.h>

enum { PATIENCE = 20000 /* [ms] */, TOLD_LATE = 600 /* [ms] of silence before it is told */ };

#define until(condition)                                        \
    do {                                                        \
        int64_t until_end = clock_mono_ms() + PATIENCE;         \
        while (!(condition)) {                                  \
            if (clock_mono_ms() > until_end)                    \
                fail_msg("waited in vain for: %s", #condition); \
            loop_wait(paper.loop, 5);                           \
        }                                                       \
    } while (0)

#define DIAL(number, more) \
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" number "\"}]" more "}"
#define SYNC ",\"eventType\":\"synchronous\""
#define A "15550100003"
#define B "15550100004"
#define C "15550100005"
#define EACH "{\"action\":\"input\",\"mode\":\"asynchronous\",\"eventUrl\":\"http://x.example/k\"}"

static void leave(struct house *house, struct dialog *in)
{
    if (!in->over)
        over(house, in, 200, true);
    mem_unref(in);
}

/* The caller who rang last. */
static struct call *last_call(struct house *house)
{
    const char *id = "";
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *status = json_string_value(json_object_get(fields, "status"));
        const char *direction = json_string_value(json_object_get(fields, "direction"));

        if (status && strcmp(status, "started") == 0 && strcmp(direction, "inbound") == 0)
            id = json_string_value(json_object_get(fields, "uuid"));
    }
    return call_find(house->calls, demo(house), id);
}

static void transfer(struct house *house, const char *ncco)
{
    json_t *flow = json_loads(ncco, 0, NULL);

    assert_non_null(flow);
    assert_int_equal(call_transfer(last_call(house), flow), 0);
    settle(house);
    json_decref(flow);
}

static unsigned told_of(const char *name, const char *value)
{
    unsigned count = 0;
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *text = json_string_value(json_object_get(fields, name));

        count += text && strcmp(text, value) == 0;
    }
    return count;
}

static unsigned told_inbound_ends(void)
{
    unsigned count = 0;
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *status = json_string_value(json_object_get(fields, "status"));
        const char *direction = json_string_value(json_object_get(fields, "direction"));

        count += status && direction && strcmp(direction, "inbound") == 0 &&
                 strcmp(status, "completed") == 0;
    }
    return count;
}

/* Texts of errors. */

static void test_each_error_names_action_and_option(void **state)
{
    static const char *const faults[][2] = {
        {"{\"action\":\"talk\"}", "(talk): \"text\" is required"},
        {"{\"action\":\"stream\",\"streamUrl\":[]}", "(stream): \"streamUrl\" must hold"},
        {"{\"action\":\"record\",\"endOnSilence\":2}", "(record): \"endOnSilence\" must be from"},
        {"{\"action\":\"record\",\"channels\":2}", "(record): \"channels\" needs \"split\""},
        {"{\"action\":\"conversation\"}", "(conversation): \"name\" is required"},
        {"{\"action\":\"conversation\",\"name\":\"a\",\"mute\":true,\"canSpeak\":[]}",
         "(conversation): \"mute\" is not allowed together with \"canSpeak\""},
        {DIAL("1", ""), "(connect): \"endpoint.number\" must be"},
        {DIAL(A, ",\"limit\":7201"), "(connect): \"limit\" must be from 1 to 7200"},
        {"{\"action\":\"input\",\"dtmf\":{\"timeOut\":11}}", "(input): \"dtmf.timeOut\" must be"},
        {"{\"action\":\"notify\",\"payload\":{}}", "(notify): \"payload\" must not be empty"},
        {"{\"action\":\"wait\",\"timeout\":\"soon\"}", "(wait): \"timeout\" must be a number"},
        {"{\"action\":\"transfer\"}", "(transfer): \"conversationId\" is required"},
        {"{\"action\":\"pay\"}", "\"pay\" is not an action served here"},
        {"{\"text\":\"a\"}", "\"action\" is required"},
    };
    struct house *house = *state;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char ncco[400], reason[200];
        struct dialog *in;

        snprintf(ncco, sizeof ncco, "[" WAIT ",%s]", faults[i][0]);
        snprintf(reason, sizeof reason,
                 "Syntax error in NCCO. Invalid value type or action. action 2%s%s",
                 faults[i][1][0] == '(' ? " " : ": ", faults[i][1]);
        in = ring_in(house, ncco);
        if (told_errors(reason) != 1)
            fail_msg("%s: not told: %s", ncco, reason);
        assert_int_equal(in->answered, 0); /* nothing of it was run */
        assert_int_not_equal(in->hung_up, 0);
        leave(house, in);
    }
}

/* What becomes of an action that runs. */

enum state { RUNS, SPOKEN, LOADING, LOADED, RINGS, ANSWERED };

static const struct row {
    const char *action;
    enum state state;
} rows[] = {
    {TALK("one"), RUNS},
    {TALK("one"), SPOKEN},
    {TALK_BARGE("one") "," INPUT, SPOKEN},
    {STREAM, LOADING},
    {STREAM, LOADED},
    {INPUT, RUNS},
    {EACH "," WAIT, RUNS},
    {WAIT, RUNS},
    {JOIN("room"), RUNS},
    {"{\"action\":\"conversation\",\"name\":\"other\",\"startOnEnter\":false}", RUNS},
    {DIAL(A, ""), RINGS},
    {DIAL(A, ""), ANSWERED},
    {DIAL(A, SYNC), RINGS},
    {DIAL(A, SYNC), ANSWERED},
};
enum { ROWS = sizeof rows / sizeof *rows };

static struct scene {
    struct dialog *in, *out; /* out: whom the row dials; NULL: nobody */
    struct media_port *port;
    unsigned moves, texts; /* so far */
} scene;

static void ring_out(struct house *house)
{
    scene.out->handlers->progress(180, NULL, "a", scene.out->arg);
    settle(house);
}

/* A caller, with that action in that state; behind it is a conversation that nobody enters. */
static void begin(struct house *house, const struct row *row)
{
    unsigned ports = paper.port_count, dialled = paper.dialled_count;
    char ncco[400];

    snprintf(ncco, sizeof ncco, "[%s," JOIN("after") "]", row->action);
    memset(&scene, 0, sizeof scene);
    scene.in = ring_in(house, ncco);
    scene.port = paper.ports[ports];
    scene.out = paper.dialled_count > dialled ? paper.dialled[dialled] : NULL;
    if (row->state == SPOKEN)
        spoken(house, true);
    else if (row->state == LOADED)
        paper_load(true);
    else if (row->state == RINGS)
        ring_out(house);
    else if (row->state == ANSWERED)
        callee_answers(house, dialled);
    assert_int_equal(scene.port->play != 0, row->state == SPOKEN || row->state == LOADED);
    scene.moves = told_of("type", "transfer");
    scene.texts = script.texts;
}

static void callee_goes(struct house *house)
{
    if (!scene.out)
        return;
    assert_int_not_equal(scene.out->hung_up, 0);
    over(house, scene.out, 200, false);
}

/* What it waited for comes, and its time passes: nothing of it goes on. */
static void check_over(struct house *house, const struct row *row, unsigned moves)
{
    if (row->state == LOADING)
        paper_load(true);
    if (row->state == RUNS && strcmp(row->action, TALK("one")) == 0)
        spoken(house, true);
    pass(house, 50000);
    assert_int_equal(told_of("type", "transfer"), scene.moves + moves);
    assert_int_equal(script.texts, scene.texts);
    assert_int_equal(asked_count(), 0);
    assert_int_equal(told_errors(""), 0);
}

static void test_who_hangs_up_ends_each_action(void **state)
{
    struct house *house = *state;

    for (unsigned i = 0; i < ROWS; i++) {
        begin(house, &rows[i]);
        over(house, scene.in, 200, true);
        assert_null(last_call(house));
        callee_goes(house);
        check_over(house, &rows[i], 0);
        assert_int_equal(told_inbound_ends(), i + 1); /* it is told, once */
        mem_unref(scene.in);
    }
}

static void test_rest_hangs_up_in_each_action(void **state)
{
    struct house *house = *state;

    for (unsigned i = 0; i < ROWS; i++) {
        begin(house, &rows[i]);
        call_hangup(last_call(house));
        assert_int_not_equal(scene.in->hung_up, 0);
        press(house, scene.port, "1234"); /* until its BYE is answered */
        over(house, scene.in, 200, false);
        callee_goes(house);
        check_over(house, &rows[i], 0);
        mem_unref(scene.in);
    }
}

static void test_a_transfer_ends_each_action(void **state)
{
    struct house *house = *state;

    for (unsigned i = 0; i < ROWS; i++) {
        begin(house, &rows[i]);
        transfer(house, "[" WAIT "]");
        assert_int_equal(scene.port->play, 0);
        callee_goes(house);
        press(house, scene.port, "1234");
        check_over(house, &rows[i], 1);
        assert_int_equal(scene.in->hung_up, 0);
        pass(house, 10100); /* the new flow's own time */
        assert_int_not_equal(scene.in->hung_up, 0);
        over(house, scene.in, 200, false);
        mem_unref(scene.in);
    }
}

/* bargeIn. */

static void test_barge_in_stays_until_an_input(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[" TALK_BARGE("one") ",{\"action\":\"talk\",\"text\":\"two\",\"bargeIn\":"
                                             "false},{\"action\":\"stream\",\"streamUrl\":\"" URL
                                             "\",\"bargeIn\":false}," INPUT "," TALK("three") "]");
    struct media_port *port = paper.port;

    assert_string_equal(first_call(house)->action->name, "input");
    spoken(house, true);
    spoken(house, true);
    assert_int_equal(port->play, 1);
    press(house, port, "1");
    assert_int_equal(port->play, 0); /* all of them */
    pass(house, 3100);
    assert_string_equal(script.text, "three");
    spoken(house, true);
    press(house, port, "2");
    assert_int_not_equal(port->play, 0);
    leave(house, in);
}

static void test_barge_in_before_an_asynchronous_input(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(
        house, "[" TALK_BARGE("one") "," WAIT "," EACH "," TALK("two") "," INPUT "," WAIT "]");
    struct media_port *port = paper.port;

    spoken(house, true);
    press(house, port, "12"); /* for the input that comes */
    assert_int_equal(port->play, 0);
    assert_int_equal(json_array_size(paper.told), 3);
    pass(house, 60100);
    assert_int_equal(json_array_size(paper.told), 5);
    assert_string_equal(paper.url, "http://x.example/k");
    spoken(house, true);
    press(house, port, "3");
    assert_int_not_equal(port->play, 0); /* it is met: no key cuts what comes behind it */
    played(house, port);
    pass(house, 3100);
    assert_string_equal(asked_text(0), "{\"speech\":{\"results\":[]},"
                                       "\"dtmf\":{\"digits\":\"\",\"timed_out\":true}}");
    leave(house, in);
}

static void test_a_stream_without_options(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" STREAM "," WAIT "]");

    paper_load(true);
    assert_int_equal(paper.port->loops, 1);
    assert_true(paper.port->level == 0);
    press(house, paper.port, "1");
    assert_int_not_equal(paper.port->play, 0);
    leave(house, in);
}

/* connect. */

static void callee_leaves(struct house *house, unsigned which)
{
    over(house, paper.dialled[which], 200, true);
}

static void test_failover_to_whoever_answers(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[" DIAL(A, SYNC) "," DIAL(B, "") "," DIAL(C, "") "," TALK("after") "]");

    over(house, paper.dialled[0], 486, true);
    assert_string_equal(paper.dialled[1]->uri, "sip:" B "@127.0.0.1:5080");
    paper.dialled[1]->timed_out = true;
    over(house, paper.dialled[1], 408, false);
    assert_int_equal(paper.dialled_count, 3);
    assert_int_equal(in->answered, 0);
    callee_answers(house, 2);
    assert_int_equal(in->answered, 1);
    pass(house, 600000);
    assert_int_equal(script.texts, 0);
    callee_leaves(house, 2);
    assert_string_equal(script.text, "after");
    leave(house, in);
}

/* Who is connected keeps the caller's flow waiting, whatever becomes of a third party. */
static void test_a_third_party_that_is_not_reached(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" DIAL(A, "") "," DIAL(B, "") "," TALK("after") "]");

    callee_answers(house, 0);
    over(house, paper.dialled[1], 486, true);
    pass(house, 600000);
    assert_int_equal(script.texts, 0);
    callee_leaves(house, 0);
    assert_string_equal(script.text, "after");
    leave(house, in);
}

static void test_a_third_party_by_a_synchronous_connect(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[" DIAL(A, "") "," DIAL(B, SYNC) "," DIAL(C, "") "," TALK("after") "]");

    callee_answers(house, 0);
    callee_answers(house, 1);
    assert_int_equal(paper.dialled_count, 2); /* it waits for its leg */
    callee_leaves(house, 0);
    assert_int_equal(paper.dialled_count, 2);
    callee_leaves(house, 1);
    assert_int_equal(paper.dialled_count, 3);
    callee_answers(house, 2);
    assert_int_equal(script.texts, 0);
    callee_leaves(house, 2);
    assert_string_equal(script.text, "after");
    leave(house, in);
}

static void test_a_synchronous_connect_that_rest_cancels(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    struct call *child;

    paper.reply = "[" TALK("cancelled") "]";
    in = ring_in(house, "[" DIAL(A, SYNC) "," DIAL(B, "") "]");
    child = call_at(house, conversation_of_first(house), 1);
    call_hangup(child);
    over(house, paper.dialled[0], 487, false);
    assert_int_equal(asked_count(), 1);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_array_get(paper.asked, 0), "fields"), "status")),
                        "cancelled");
    assert_int_equal(paper.dialled_count, 1);
    assert_string_equal(script.text, "cancelled");
    leave(house, in);
}

static void check_limit(struct house *house, const char *more, int64_t seconds)
{
    unsigned which = paper.dialled_count;
    char ncco[300];
    struct dialog *in;

    snprintf(ncco, sizeof ncco, "[" DIAL(A, "%s") "]", more);
    in = ring_in(house, ncco);
    callee_answers(house, which);
    pass(house, seconds * 1000 - 500);
    assert_int_equal(paper.dialled[which]->hung_up, 0);
    pass(house, 600);
    assert_int_not_equal(paper.dialled[which]->hung_up, 0);
    over(house, paper.dialled[which], 200, false);
    assert_int_not_equal(in->hung_up, 0);
    leave(house, in);
}

static void test_how_long_a_connect_lasts(void **state)
{
    struct house *house = *state;

    check_limit(house, "", 7200);
    check_limit(house, ",\"limit\":\"20\"", 20);
    check_limit(house, ",\"limit\":1", 1);
}

/* The action's own URL; the call's; the application's. */
static void test_where_statuses_of_a_connect_go(void **state)
{
    struct house *house = *state;
    json_t *to = json_loads("{\"type\":\"phone\",\"number\":\"" A "\"}", 0, NULL);
    json_t *flow = json_loads("[" DIAL(B, ",\"eventUrl\":\"http://x.example/own\"") "," DIAL(
                                  C, ",\"eventUrl\":null") "," WAIT "]",
                              0, NULL);
    struct call_request request = {.application = demo(house),
                                   .endpoint = to,
                                   .ncco = flow,
                                   .event_url = "http://x.example/call",
                                   .event_method = "GET",
                                   .length_timer = 7200,
                                   .ringing_timer = 60};
    struct call *call;
    const char *reason;
    struct dialog *in;

    assert_int_equal(call_create(house->calls, &request, &call, &reason), 0);
    callee_answers(house, 0);
    assert_int_equal(paper.dialled_count, 2);
    over(house, paper.dialled[1], 486, true);
    assert_int_equal(paper.dialled_count, 3);
    assert_string_equal(paper.url, "http://x.example/own"); /* the last that was told */
    paper.dialled[2]->handlers->progress(180, NULL, "a", paper.dialled[2]->arg);
    settle(house);
    assert_string_equal(paper.url, "http://x.example/call");
    callee_leaves(house, 0);
    over(house, paper.dialled[2], 487, false);
    in = ring_in(house, "[" DIAL(B, "") "]");
    paper.dialled[3]->handlers->progress(180, NULL, "a", paper.dialled[3]->arg);
    settle(house);
    assert_string_equal(paper.url, "http://x.example/e");
    over(house, in, 487, true);
    over(house, paper.dialled[3], 487, false);
    mem_unref(in);
    json_decref(to);
    json_decref(flow);
}

static void test_keys_that_came_as_numbers(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" A
                       "\",\"dtmfAnswer\":1234}]}]");

    callee_answers(house, 0);
    assert_string_equal(paper.port->keys, "1234");
    leave(house, in);
    over(house, paper.dialled[0], 200, false);
    house->trunk.takes_extensions = true;
    assert_int_equal(bridge_configure(house->bridge, &house->conf), 0);
    in = ring_in(house, "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"vbc\",\"extension\":"
                        "4001}]}]");
    assert_string_equal(paper.dialled[1]->uri, "sip:4001@127.0.0.1:5080");
    over(house, in, 487, true);
    over(house, paper.dialled[1], 487, false);
    mem_unref(in);
}

/* record. */

static struct tape {
    char folder[64];
    struct audio_plane plane;
    unsigned told;
} tape;

static void on_recorded(const struct audio_recorded *recorded, void *arg)
{
    (void)recorded, (void)arg;
    tape.told++;
}

static int tape_up(void **state)
{
    struct house *house;
    int err = set_up(state);

    if (err)
        return err;
    house = *state;
    memset(&script, 0, sizeof script);
    memset(&tape, 0, sizeof tape);
    strcpy(tape.folder, "/tmp/call_rules.XXXXXX");
    assert_non_null(mkdtemp(tape.folder));
    tape.plane = (struct audio_plane){.recordings = tape.folder,
                                      .recorded = on_recorded,
                                      .record_ended = calls_record_ended,
                                      .arg = house->calls};
    assert_int_equal(recorder_start(&tape.plane.recorder, paper.loop), 0);
    return bridge_audio(house->bridge, &tape.plane);
}

static int tape_down(void **state)
{
    char command[100];

    recorder_stop(tape.plane.recorder);
    loop_run(paper.loop);
    snprintf(command, sizeof command, "rm -rf %s", tape.folder);
    assert_int_equal(system(command), 0);
    return script_down(state);
}

#define TAPE(test) cmocka_unit_test_setup_teardown(test, tape_up, tape_down)

static struct dialog *record(struct house *house, const char *more, bool speaks)
{
    char ncco[300];
    struct dialog *in;

    snprintf(ncco, sizeof ncco, "[{\"action\":\"record\",\"format\":\"wav\"%s}," JOIN("after") "]",
             more);
    in = ring_in(house, ncco);
    assert_int_equal(in->answered, 1);
    if (speaks) {
        speak(house, paper.port, true);
        pass(house, 60000); /* no time runs while somebody speaks */
        speak(house, paper.port, false);
    }
    return in;
}

/* It ends by itself after this time, not before; and the flow goes on, or had gone on already. */
static void record_lasts(struct house *house, const char *more, int64_t ms, bool speaks, bool waits)
{
    struct dialog *in = record(house, more, speaks);
    unsigned before = tape.told;
    unsigned moves = told_of("type", "transfer");

    pass(house, ms - 100);
    loop_wait(paper.loop, 5);
    assert_int_equal(tape.told, before);
    pass(house, 200);
    until(tape.told == before + 1);
    assert_int_equal(told_of("type", "transfer"), moves + waits);
    assert_int_equal(in->hung_up, 0);
    leave(house, in);
}

static void test_how_long_a_recording_lasts(void **state)
{
    struct house *house = *state;

    record_lasts(house, "", 7200000, false, false);
    record_lasts(house, ",\"timeOut\":3", 3000, false, false);
    record_lasts(house, ",\"timeOut\":\"7200\"", 7200000, false, false);
    record_lasts(house, ",\"timeout\":5", 5000, false, false);
    record_lasts(house, ",\"timeOut\":4,\"timeout\":9", 4000, false, false);
    record_lasts(house, ",\"timeOut\":4,\"endOnKey\":\"#\"", 4000, false, true);
    record_lasts(house, ",\"endOnSilence\":3", 3000, false, true);
    record_lasts(house, ",\"endOnSilence\":10", 10000, false, true);
    record_lasts(house, ",\"endOnSilence\":\"3.5\"", 3500 - TOLD_LATE, true, true);
}

static void test_a_key_that_ends_a_recording(void **state)
{
    static const char *const keys[][2] = {
        {",\"endOnKey\":\"#\"", "#"}, {",\"endOnKey\":5", "5"}, {",\"endOnKey\":\"0\"", "0"}};
    struct house *house = *state;

    for (unsigned i = 0; i < 3; i++) {
        struct dialog *in = record(house, keys[i][0], false);

        press(house, paper.port, "1*9");
        assert_int_equal(told_of("type", "transfer"), i);
        press(house, paper.port, keys[i][1]);
        assert_int_equal(told_of("type", "transfer"), i + 1);
        until(tape.told == i + 1);
        leave(house, in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT(test_each_error_names_action_and_option),
        SCRIPT(test_who_hangs_up_ends_each_action),
        SCRIPT(test_rest_hangs_up_in_each_action),
        SCRIPT(test_a_transfer_ends_each_action),
        SCRIPT(test_barge_in_stays_until_an_input),
        SCRIPT(test_barge_in_before_an_asynchronous_input),
        SCRIPT(test_a_stream_without_options),
        SCRIPT(test_failover_to_whoever_answers),
        SCRIPT(test_a_third_party_that_is_not_reached),
        SCRIPT(test_a_third_party_by_a_synchronous_connect),
        SCRIPT(test_a_synchronous_connect_that_rest_cancels),
        SCRIPT(test_how_long_a_connect_lasts),
        SCRIPT(test_where_statuses_of_a_connect_go),
        SCRIPT(test_keys_that_came_as_numbers),
        TAPE(test_how_long_a_recording_lasts),
        TAPE(test_a_key_that_ends_a_recording),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
