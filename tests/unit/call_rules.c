/* call_rules.c: rules that hold for every action: what is said of a bad one, who hangs up while it
 * runs, what a transfer by REST leaves of it; and bargeIn. */
#include "call_script.h"

#define DIAL(number, more) \
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" number "\"}]" more "}"
#define SYNC ",\"eventType\":\"synchronous\""
#define A "15550100003"
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

/* Prompts. */

static void rest_plays(struct house *house, unsigned loop)
{
    struct audio_target target = {.to = call_member(last_call(house))};
    struct audio_play play = {.url = URL, .loop = loop};
    const char *reason;
    char id[ID_UUID];
    int64_t event;

    target.conversation = member_conversation(target.to);
    assert_int_equal(audio_play(&target, &play, id, &event, &reason), 0);
    paper_load(true);
    settle(house);
}

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

/* What REST plays in the place of the last action is heard before the call ends. */
static void test_a_stream_of_rest_at_the_end(void **state)
{
    static const char *const flows[] = {"[" TALK("one") "]", "[" TALK_BARGE("one") "," STREAM "]"};
    struct house *house = *state;

    for (int i = 0; i < 2; i++) {
        struct dialog *in = ring_in(house, flows[i]);
        struct media_port *port = paper.port;
        uint32_t first;

        spoken(house, true);
        if (i)
            paper_load(true);
        first = port->play;
        rest_plays(house, 1);
        assert_int_not_equal(port->play, first);
        assert_int_equal(in->hung_up, 0);
        rest_plays(house, 1); /* another in its place */
        assert_int_equal(in->hung_up, 0);
        played(house, port);
        assert_int_not_equal(in->hung_up, 0);
        leave(house, in);
        in = ring_in(house, flows[i]);
        spoken(house, true);
        if (i)
            paper_load(true);
        rest_plays(house, 0);
        pass(house, 600000);
        assert_int_equal(in->hung_up, 0);
        transfer(house, "[" WAIT "]");
        assert_int_equal(paper.port->play, 0);
        assert_int_equal(in->hung_up, 0);
        leave(house, in);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT(test_each_error_names_action_and_option),
        SCRIPT(test_who_hangs_up_ends_each_action),
        SCRIPT(test_rest_hangs_up_in_each_action),
        SCRIPT(test_a_transfer_ends_each_action),
        SCRIPT(test_barge_in_stays_until_an_input),
        SCRIPT(test_barge_in_before_an_asynchronous_input),
        SCRIPT(test_a_stream_of_rest_at_the_end),
        SCRIPT(test_a_stream_without_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
