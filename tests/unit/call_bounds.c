/* call_bounds.c: connects to several, one after the other and together; and defaults and limits of
 * actions that are times. */
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

static void leave(struct house *house, struct dialog *in)
{
    if (!in->over)
        over(house, in, 200, true);
    mem_unref(in);
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

static void test_a_beep_goes_before_what_follows(void **state)
{
    struct house *house = *state;
    struct dialog *in = record(house, ",\"beepStart\":true", false);

    paper_load(true);
    settle(house);
    assert_int_equal(told_of("type", "transfer"), 0);
    assert_int_not_equal(paper.port->play, 0);
    played(house, paper.port);
    assert_int_equal(told_of("type", "transfer"), 1);
    leave(house, in);
    until(tape.told == 1);
    in = record(house, "", false);
    assert_int_equal(paper.port->plays, 0); /* none without being asked for */
    leave(house, in);
    until(tape.told == 2);
}

/* Speech without options. */
static void test_how_long_speech_lasts(void **state)
{
    static const char ncco[] = "[{\"action\":\"input\",\"type\":[\"speech\"]}," WAIT "]";
    struct house *house = *state;
    struct dialog *in;

    house->calls->recorder = tape.plane.recorder;
    house->calls->recogniser = (struct recogniser *)&tape; /* of paper */
    house->calls->recordings = mem_strdup(tape.folder);
    script.has_engine = true;
    in = ring_in(house, ncco);
    pass(house, 9900);
    assert_int_equal(asked_count(), 0);
    pass(house, 200);
    assert_string_equal(asked_text(0),
                        "{\"speech\":{\"timeout_reason\":\"start_timeout\",\"results\":[]},"
                        "\"dtmf\":{\"digits\":null,\"timed_out\":false}}");
    leave(house, in);
    in = ring_in(house, ncco);
    speak(house, paper.port, true);
    pass(house, 59900);
    loop_wait(paper.loop, 5);
    assert_int_equal(script.recognitions, 0);
    pass(house, 200);
    until(script.recognitions == 1);
    assert_string_equal(script.spoken, "en-US");
    assert_int_equal(script.sensitivity, 90);
    assert_string_equal(script.context, "");
    recognised(house, "yes", NULL);
    assert_non_null(strstr(asked_text(1), "\"timeout_reason\":\"max_duration\""));
    assert_null(strstr(asked_text(1), "recording_url"));
    leave(house, in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT(test_failover_to_whoever_answers),
        SCRIPT(test_a_third_party_that_is_not_reached),
        SCRIPT(test_a_third_party_by_a_synchronous_connect),
        SCRIPT(test_a_synchronous_connect_that_rest_cancels),
        SCRIPT(test_how_long_a_connect_lasts),
        SCRIPT(test_where_statuses_of_a_connect_go),
        SCRIPT(test_keys_that_came_as_numbers),
        TAPE(test_how_long_a_recording_lasts),
        TAPE(test_a_key_that_ends_a_recording),
        TAPE(test_a_beep_goes_before_what_follows),
        TAPE(test_how_long_speech_lasts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
