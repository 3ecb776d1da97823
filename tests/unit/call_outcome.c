/* call_outcome.c: how a connect ends: the questions of eventType synchronous; who calls, and how
 * long it rings. */
#include "call_dial.h"

#define SYNC(more) DIAL(",\"eventType\":\"synchronous\"" more)

/* eventType synchronous */

static const char *asked_status(unsigned which)
{
    json_t *fields = json_object_get(json_array_get(paper.asked, which), "fields");

    return json_string_value(json_object_get(fields, "status"));
}

static void test_a_failure_is_asked_and_the_reply_is_the_flow(void **state)
{
    static const struct {
        int status;
        const char *told;
    } rows[] = {{486, "busy"},       {603, "rejected"}, {404, "failed"},
                {480, "unanswered"}, {408, "timeout"},  {487, "cancelled"}};
    struct house *house = *state;

    paper.reply = "[" TAIL "]";
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_array_clear(paper.asked);
        json_array_clear(paper.told);
        begin(house,
              "[" SYNC(",\"eventUrl\":[\"http://x.example/sync\"]") "," CONNECT("15550100004") "]");
        scene.out->timed_out = rows[i].status == 408;
        over(house, scene.out, rows[i].status, true);
        assert_int_equal(json_array_size(paper.asked), 1);
        assert_string_equal(asked_status(0), rows[i].told);
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(paper.asked, 0), "url")),
            "http://x.example/sync");
        assert_null(told_status("outbound", rows[i].told)); /* not told as well */
        assert_int_equal(scene.in->answered, 1);            /* by the stream */
        paper_load(true);
        settle(house);
        assert_int_equal(scene.caller->plays, 1);
        end(house);
    }
}

static void test_without_a_reply_the_flow_goes_on(void **state)
{
    struct house *house = *state;

    paper.hold_answers = false;
    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    paper.hold_answers = true;
    over(house, scene.out, 486, true);
    assert_int_equal(paper.dialled_count, 1); /* it waits for the reply */
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 2);
    assert_string_equal(asked_status(0), "busy");
    scene.out = paper.dialled[1];
    over(house, scene.out, 404, true); /* not synchronous: told */
    assert_int_equal(json_array_size(paper.asked), 1);
    assert_non_null(told_status("outbound", "failed"));
    assert_int_equal(scene.in->hung_up, 404);
    end(house);
}

static void test_an_empty_reply_is_none(void **state)
{
    struct house *house = *state;

    paper.reply = "[]";
    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    over(house, scene.out, 486, true);
    assert_int_equal(paper.dialled_count, 2);
    scene.out = paper.dialled[1];
    end(house);
}

static void test_nothing_follows_and_the_caller_hears_why(void **state)
{
    struct house *house = *state;

    begin(house, "[" SYNC("") "]");
    over(house, scene.out, 486, true);
    assert_int_equal(scene.in->hung_up, 486);
    end(house);
}

static void test_who_answered_is_told_and_waited_for(void **state)
{
    struct house *house = *state;

    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    callee_answers(house, 0);
    assert_int_equal(paper.dialled_count, 1); /* no third party beside it */
    hang_up(house, scene.out);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_non_null(told_status("outbound", "completed"));
    assert_int_equal(paper.dialled_count, 2);
    scene.out = paper.dialled[1];
    end(house);
}

static void test_the_caller_leaves_while_it_is_asked(void **state)
{
    struct house *house = *state;

    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    paper.hold_answers = true;
    paper.reply = "[" TAIL "]";
    over(house, scene.out, 486, true);
    over(house, scene.in, 487, true);
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 1);
    assert_string_equal(paper.sound, "");
    end(house);
}

static void test_another_flow_while_it_is_asked(void **state)
{
    struct house *house = *state;
    json_t *flow = json_loads("[" JOIN("room") "]", 0, NULL);
    struct call *call;

    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    call = call_at(house, conversation_of_first(house), 0);
    paper.hold_answers = true;
    paper.reply = "[" TAIL "]";
    over(house, scene.out, 486, true);
    assert_int_equal(call_transfer(call, flow), 0);
    settle(house);
    assert_int_equal(scene.in->answered, 1);
    paper_answer();
    settle(house);
    assert_string_equal(paper.sound, ""); /* the reply came too late */
    assert_int_equal(paper.dialled_count, 1);
    assert_int_equal(scene.in->hung_up, 0);
    json_decref(flow);
    end(house);
}

/* Between its end and the question. */
static void test_whom_nobody_asks_about_is_told(void **state)
{
    struct house *house = *state;
    json_t *flow = json_loads("[" JOIN("room") "]", 0, NULL);
    struct call *call;

    begin(house, "[" SYNC("") "]");
    call = call_at(house, conversation_of_first(house), 0);
    scene.out->over = true;
    scene.out->handlers->ended(486, "x", true, 0, scene.out->arg);
    assert_int_equal(call_transfer(call, flow), 0);
    settle(house);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_non_null(told_status("outbound", "busy"));
    end(house);
    json_array_clear(paper.told);
    begin(house, "[" SYNC("") "]");
    scene.out->over = true;
    scene.out->handlers->ended(486, "x", true, 0, scene.out->arg);
    over(house, scene.in, 487, true);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_non_null(told_status("outbound", "busy"));
    json_decref(flow);
    end(house);
}

static void test_a_reply_that_is_no_ncco_ends_the_call(void **state)
{
    struct house *house = *state;

    paper.reply = "[{\"action\":\"fly\"}]";
    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    over(house, scene.out, 486, true);
    assert_error(0, "Syntax error in NCCO.");
    assert_int_not_equal(scene.in->hung_up, 0);
    assert_int_equal(paper.dialled_count, 1);
    end(house);
}

static void test_its_row_says_how_it_ended(void **state)
{
    struct house *house = *state;
    const char *id;
    json_t *rows = NULL;

    begin(house, "[" SYNC("") "]");
    over(house, scene.out, 486, true);
    id = json_string_value(json_object_get(told_status("outbound", "started"), "uuid"));
    rows = row_of_leg(house, id);
    assert_string_equal(json_string_value(json_object_get(rows, "status")), "busy");
    json_decref(rows);
    end(house);
}

/* from */

static void test_who_calls(void **state)
{
    static const struct {
        const char *more, *from;
    } rows[] = {{"", ""},
                {",\"from\":\"15550100002\"", "15550100002"},
                {",\"from\":\"+1 555 010 0002\"", "15550100002"},
                {",\"from\":\"15550199999\"", ""},
                {",\"randomFromNumber\":true", "15550100002"},
                {",\"randomFromNumber\":false", ""}};
    struct house *house = *state;
    char ncco[400];

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(ncco, sizeof ncco, "[{\"action\":\"connect\",\"endpoint\":" PHONE("") "%s}]",
                 rows[i].more);
        begin(house, ncco);
        assert_string_equal(scene.out->from, rows[i].from);
        end(house);
    }
}

static void test_a_random_number_where_there_is_none(void **state)
{
    struct house *house = *state;
    struct call *call;
    json_t *flow = json_loads("[" DIAL(",\"randomFromNumber\":true") "," STREAM "]", 0, NULL);
    struct dialog *out;

    house->application.number_count = 0;
    assert_int_equal(bridge_configure(house->bridge, &house->conf), 0);
    call = create(house, "[" STREAM "]");
    out = paper.dialled[0];
    callee_answers(house, 0);
    paper_load(true);
    assert_int_equal(call_transfer(call, flow), 0);
    json_decref(flow);
    settle(house);
    assert_error(0, "connect: randomFromNumber: the application has none");
    paper_load(true); /* and the flow goes on */
    hang_up(house, out);
}

static void test_how_long_it_rings(void **state)
{
    struct house *house = *state;

    begin(house, "[" DIAL("") "]");
    assert_int_equal(scene.out->ring_timeout, 60);
    end(house);
    begin(house, "[" DIAL(",\"timeout\":7200") "]");
    assert_int_equal(scene.out->ring_timeout, 7200);
    end(house);
    begin(house, "[" DIAL(",\"timeout\":\"20\"") "]");
    assert_int_equal(scene.out->ring_timeout, 20);
    end(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIALS(test_a_failure_is_asked_and_the_reply_is_the_flow),
        DIALS(test_without_a_reply_the_flow_goes_on),
        DIALS(test_an_empty_reply_is_none),
        DIALS(test_nothing_follows_and_the_caller_hears_why),
        DIALS(test_who_answered_is_told_and_waited_for),
        DIALS(test_the_caller_leaves_while_it_is_asked),
        DIALS(test_another_flow_while_it_is_asked),
        DIALS(test_whom_nobody_asks_about_is_told),
        DIALS(test_a_reply_that_is_no_ncco_ends_the_call),
        DIALS(test_its_row_says_how_it_ended),
        DIALS(test_who_calls),
        DIALS(test_a_random_number_where_there_is_none),
        DIALS(test_how_long_it_rings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
