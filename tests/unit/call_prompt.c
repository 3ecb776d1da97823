/* call_prompt.c: talk and stream of a flow: what is asked for, how long the flow waits, and who
 * may end it. */
#include "call_script.h"

static int rest_play(struct house *house, unsigned loop)
{
    struct audio_target target = {.conversation = conversation_of_first(house)};
    struct audio_play play = {.url = URL, .loop = loop};
    const char *reason;
    char id[ID_UUID];
    int64_t event;

    target.to = member_at(target.conversation, 0);
    return audio_play(&target, &play, id, &event, &reason);
}

static void test_a_talk_and_the_end(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TALK("Hello") "]");
    struct media_port *port = paper.port;

    assert_int_equal(in->answered, 1);
    assert_string_equal(script.text, "Hello");
    assert_string_equal(script.language, "en-US");
    assert_string_equal(script.voice, "-");
    assert_int_equal(script.style, 0);
    assert_false(script.ssml);
    assert_int_equal(port->play, 0);
    spoken(house, true);
    assert_int_not_equal(port->play, 0);
    assert_int_equal(port->loops, 1);
    assert_true(port->level == 0);
    assert_int_equal(in->hung_up, 0);
    assert_string_equal(acts(house, first_conversation()), "say");
    played(house, port);
    assert_string_equal(acts(house, first_conversation()), "say, say:done");
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_the_options_of_a_talk(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"talk\",\"text\":\"<speak>Hi</speak>\","
                                       "\"language\":\"en-GB\",\"style\":\"3\",\"level\":-0.5,"
                                       "\"loop\":3,\"premium\":true}]");

    assert_true(script.ssml);
    assert_string_equal(script.language, "en-GB");
    assert_int_equal(script.style, 3);
    spoken(house, true);
    assert_int_equal(paper.port->loops, 3);
    assert_true(paper.port->level == -0.5);
    over(house, in, 200, true);
    mem_unref(in);
    in = ring_in(house, "[{\"action\":\"talk\",\"text\":\"<i>\",\"voiceName\":\"Amy\"}]");
    assert_false(script.ssml);
    assert_string_equal(script.voice, "Amy");
    assert_string_equal(script.language, "-");
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_the_options_of_a_stream(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"stream\",\"streamUrl\":\"" URL "\","
                                       "\"level\":\"0.5\",\"loop\":0}," JOIN("s") "]");
    struct media_port *port = paper.port;
    struct conversation *room;
    int64_t event;
    struct audio_target target = {.conversation = conversation_of_first(house)};

    paper_load(true);
    assert_int_equal(port->loops, 0);
    assert_true(port->level == 0.5);
    pass(house, 3600000);
    assert_string_equal(acts(house, first_conversation()), "play");
    target.to = member_at(target.conversation, 0);
    assert_int_equal(audio_play_stop(&target, NULL, &event), 0); /* DELETE …/stream */
    settle(house);
    assert_int_equal(port->play, 0);
    assert_int_equal(conversation_open(house->bridge, demo(house), "s", false, &room), 0);
    assert_int_equal(conversation_members(room), 1);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_what_cannot_be_heard_is_skipped(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" STREAM "," TALK("a") "," WAIT "]");

    paper_load(false);
    settle(house);
    assert_int_equal(told_errors("stream: http://x.example/a.wav: HTTP 404"), 1);
    spoken(house, false);
    assert_int_equal(told_errors("talk: no voice"), 1);
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_a_text_that_finds_no_place_comes_back(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    script.full = 5;
    in = ring_in(house, "[" TALK("late") "," WAIT "]");
    assert_int_equal(script.texts, 0);
    for (int i = 0; i < 5; i++)
        pass(house, 100);
    assert_int_equal(script.texts, 1);
    assert_int_equal(told_errors(""), 0);
    spoken(house, true);
    over(house, in, 200, true);
    mem_unref(in);
    script.full = 1000;
    in = ring_in(house, "[" TALK("never") "]");
    pass(house, 50);
    over(house, in, 200, true);
    mem_unref(in);
    in = ring_in(house, "[" TALK("never") "]");
    for (int i = 0; i < 310; i++)
        pass(house, 100);
    assert_int_equal(told_errors("talk: too many texts wait"), 1);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_one_of_rest_takes_its_place(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TALK("one") "," TALK("two") "]");
    struct media_port *port = paper.port;
    uint32_t rest;

    spoken(house, true);
    assert_int_equal(rest_play(house, 1), 0);
    paper_load(true);
    settle(house);
    rest = port->play;
    assert_string_equal(script.text, "two"); /* the flow has gone on */
    spoken(house, true);
    assert_int_equal(port->play, rest); /* and is heard behind */
    played(house, port);
    assert_int_not_equal(port->play, 0);
    assert_string_equal(acts(house, first_conversation()), "say, play, say:done, say, play:done");
    played(house, port);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_what_rest_plays_for_ever_gives_way(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" STREAM "," WAIT "," TALK("now") "]");
    struct media_port *port = paper.port;

    paper_load(true);
    played(house, port);
    assert_int_equal(rest_play(house, 0), 0);
    paper_load(true);
    assert_int_equal(port->loops, 0);
    pass(house, 60001);
    spoken(house, true);
    assert_int_equal(port->loops, 1);
    assert_string_equal(acts(house, first_conversation()), "play, play:done, play, say, play:done");
    over(house, in, 200, true);
    mem_unref(in);
}

/* One sound cannot be had, and the caller leaves: its port is closed a moment later. */
static void fail_and_leave(void *arg)
{
    struct dialog *in = arg;

    paper_load(false);
    in->over = true;
    in->handlers->ended(200, "x", true, 0, in->arg);
}

/* What was not begun when the caller left is not told as what could not be heard. */
static void test_nothing_is_begun_for_whom_has_left(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[" TALK_BARGE("one") "," STREAM "," STREAM "," TALK("two") "]");

    spoken(house, true);
    assert_int_equal(loop_post(paper.loop, fail_and_leave, in), 0);
    settle(house);
    assert_non_null(told_status("inbound", "completed"));
    assert_true(told_errors("") <= 1);
    mem_unref(in);
}

static void test_a_key_ends_all_prompts(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TALK_BARGE("one") "," STREAM "," INPUT "," WAIT "]");
    struct media_port *port = paper.port;

    assert_string_equal(first_call(house)->action->name, "input"); /* it has started already */
    spoken(house, true);
    paper_load(true);
    assert_int_equal(port->play, 1);
    pass(house, 60000); /* its time does not run */
    assert_int_equal(asked_count(), 0);
    press(house, port, "7");
    assert_int_equal(port->play, 0);
    assert_string_equal(acts(house, first_conversation()), "say, play, play:done, say:done");
    pass(house, 2900);
    assert_int_equal(asked_count(), 0);
    pass(house, 200);
    assert_string_equal(asked_text(0), "{\"speech\":{\"results\":[]},"
                                       "\"dtmf\":{\"digits\":\"7\",\"timed_out\":true}}");
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_prompts_queue_and_then_time_runs(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TALK_BARGE("one") "," TALK("two") "," INPUT "]");
    struct media_port *port = paper.port;

    spoken(house, true);
    spoken(house, true);
    assert_int_equal(port->play, 1);
    played(house, port);
    assert_int_equal(port->play, 2);
    pass(house, 10000);
    assert_int_equal(asked_count(), 0);
    played(house, port);
    pass(house, 2900);
    assert_int_equal(asked_count(), 0);
    pass(house, 200);
    assert_int_equal(asked_count(), 1);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_an_input_ends_barge_in(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[" TALK_BARGE("one") "," INPUT "," TALK("two") "," TALK("three") "]");
    struct media_port *port = paper.port;

    spoken(house, true);
    press(house, port, "1234");
    assert_string_equal(script.text, "two");
    spoken(house, true);
    press(house, port, "5");
    assert_int_not_equal(port->play, 0); /* no key ends it */
    assert_int_equal(script.texts, 2);
    played(house, port);
    assert_int_equal(script.texts, 3);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_keys_for_an_input_that_comes_later(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.hold_answers = false;
    in = ring_in(house, "[" TALK_BARGE("one") "," WAIT "," INPUT "," WAIT "]");
    spoken(house, true);
    press(house, paper.port, "12");
    assert_int_equal(paper.port->play, 0);
    press(house, paper.port, "3");
    pass(house, 60001);
    press(house, paper.port, "4");
    assert_string_equal(asked_text(0), "{\"speech\":{\"results\":[]},"
                                       "\"dtmf\":{\"digits\":\"1234\",\"timed_out\":false}}");
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_what_ends_an_ncco_is_heard_to_its_end(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TALK_BARGE("bye") "]");

    spoken(house, true);
    pass(house, 100000);
    assert_int_equal(in->hung_up, 0);
    played(house, paper.port);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_a_hangup_and_a_late_sound(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TALK("one") "," TALK("two") "]");

    over(house, in, 200, true);
    spoken(house, true);
    assert_int_equal(script.texts, 1);
    assert_string_equal(acts(house, first_conversation()), "say, say:done");
    mem_unref(in);
    in = ring_in(house, "[" TALK("one") "," TALK("two") "]");
    spoken(house, true);
    over(house, in, 200, true);
    assert_int_equal(script.texts, 2);
    assert_int_equal(asked_count(), 0);
    mem_unref(in);
}

static void test_another_flow_stops_it(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" WAIT "]", 0, NULL);
    struct dialog *in = ring_in(house, "[" TALK_BARGE("one") "," STREAM "," WAIT "]");
    struct media_port *port = paper.port;

    spoken(house, true);
    paper_load(true);
    assert_int_equal(call_transfer(first_call(house), ncco), 0);
    settle(house);
    assert_int_equal(port->play, 0);
    assert_string_equal(acts(house, first_conversation()), "say, play, play:done, say:done");
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    json_decref(ncco);
    mem_unref(in);
}

/* However many are there, all are stopped; two have begun. */
static void test_a_thousand_prompts(void **state)
{
    struct house *house = *state;
    json_t *flow = json_array();
    struct dialog *in;
    char *text;

    for (int i = 0; i < 1000; i++)
        json_array_append_new(flow, json_loads(TALK_BARGE("again"), 0, NULL));
    json_array_append_new(flow, json_loads(INPUT, 0, NULL));
    json_array_append_new(flow, json_loads(WAIT, 0, NULL));
    text = json_dumps(flow, JSON_COMPACT);
    in = ring_in(house, text);
    assert_int_equal(script.texts, 2);
    for (int i = 0; i < 3; i++) {
        spoken(house, true);
        played(house, paper.port);
    }
    assert_int_equal(script.texts, 5);
    over(house, in, 200, true);
    mem_unref(in);
    in = ring_in(house, text);
    press(house, paper.port, "1234");
    assert_string_equal(asked_text(0), "{\"speech\":{\"results\":[]},"
                                       "\"dtmf\":{\"digits\":\"1234\",\"timed_out\":false}}");
    assert_int_equal(script.texts, 7);
    over(house, in, 200, true);
    mem_unref(in);
    json_decref(flow);
    free(text);
}

/* They are skipped one by one, without a stack that grows. */
static void test_a_thousand_that_cannot_be_heard(void **state)
{
    struct house *house = *state;
    json_t *flow = json_array();
    struct dialog *in;
    char *text;

    for (int i = 0; i < 1000; i++)
        json_array_append_new(flow,
                              json_loads("{\"action\":\"stream\",\"bargeIn\":true,\"streamUrl\":"
                                         "\"http://x.example/a.wav\"}",
                                         0, NULL));
    text = json_dumps(flow, JSON_COMPACT);
    paper.no_sounds = true;
    in = ring_in(house, text);
    assert_int_equal(told_errors("stream: "), 1000);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
    json_decref(flow);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT(test_a_talk_and_the_end),
        SCRIPT(test_the_options_of_a_talk),
        SCRIPT(test_the_options_of_a_stream),
        SCRIPT(test_what_cannot_be_heard_is_skipped),
        SCRIPT(test_a_text_that_finds_no_place_comes_back),
        SCRIPT(test_one_of_rest_takes_its_place),
        SCRIPT(test_what_rest_plays_for_ever_gives_way),
        SCRIPT(test_nothing_is_begun_for_whom_has_left),
        SCRIPT(test_a_key_ends_all_prompts),
        SCRIPT(test_prompts_queue_and_then_time_runs),
        SCRIPT(test_an_input_ends_barge_in),
        SCRIPT(test_keys_for_an_input_that_comes_later),
        SCRIPT(test_what_ends_an_ncco_is_heard_to_its_end),
        SCRIPT(test_a_hangup_and_a_late_sound),
        SCRIPT(test_another_flow_stops_it),
        SCRIPT(test_a_thousand_prompts),
        SCRIPT(test_a_thousand_that_cannot_be_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
