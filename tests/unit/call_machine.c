/* call_machine.c: who answers, a person or a machine: what is told, and who is hung up on. */
#include "call_paper.h"

#include "ncco/private.h"

#define DIAL(more)                                                                                \
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"15550100003\"}]" more \
    "}"
#define HANGS_UP DIAL(",\"machineDetection\":\"hangup\"")
#define SYNC_HANGS_UP DIAL(",\"machineDetection\":\"hangup\",\"eventType\":\"synchronous\"")
#define BEEP(behavior, more)                                                                \
    DIAL(",\"advancedMachineDetection\":{\"mode\":\"detect_beep\",\"behavior\":\"" behavior \
         "\"" more "}")

static struct media_port *callee;

static struct dialog *dial(struct house *house, const char *ncco)
{
    struct dialog *in = ring_in(house, ncco);

    assert_int_equal(paper.dialled_count, 1);
    callee = paper.port;
    assert_false(callee->detects);
    callee_answers(house, 0);
    return in;
}

static void hears(struct house *house, enum detect_verdict verdict)
{
    callee->events->detected(verdict, DETECT_BY_LENGTH, callee->arg);
    settle(house);
}

static void end(struct house *house, struct dialog *in)
{
    if (!paper.dialled[0]->over)
        over(house, paper.dialled[0], 200, true);
    if (!in->over)
        over(house, in, 200, true);
    mem_unref(in);
}

/* The keys and texts of what was told n-th of machine or human; without ids and times. */
static const char *told(unsigned which)
{
    static const char *const others[] = {"conversation_uuid", "timestamp"};
    static char text[400];
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *id = json_string_value(json_object_get(fields, "call_uuid"));
        json_t *copy;
        char *written;

        if (!id || which--)
            continue;
        assert_string_equal(id, json_string_value(json_object_get(fields, "uuid")));
        copy = json_copy(fields);
        json_object_del(copy, "uuid");
        json_object_del(copy, "call_uuid");
        for (int k = 0; k < 2; k++)
            assert_int_equal(json_object_del(copy, others[k]), 0);
        written = json_dumps(copy, JSON_COMPACT);
        snprintf(text, sizeof text, "%s", written);
        free(written);
        json_decref(copy);
        return text;
    }
    return "";
}

#define TOLD(status) "{\"from\":\"Unknown\",\"status\":\"" status "\",\"to\":\"15550100003\"}"

static void test_nobody_listens_unless_asked_to(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" DIAL("") "]");

    assert_false(callee->detects);
    end(house, in);
}

static void test_a_person_is_told(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" HANGS_UP "]");
    json_t *row;

    assert_true(callee->detects);
    assert_int_equal(callee->detect.mode, DETECT_DEFAULT);
    hears(house, DETECT_HUMAN);
    assert_string_equal(told(0), TOLD("human"));
    assert_string_equal(told(1), "");
    assert_int_equal(paper.dialled[0]->hung_up, 0);
    row = row_of_leg(
        house, json_string_value(json_object_get(told_status("outbound", "started"), "uuid")));
    assert_string_equal(json_string_value(json_object_get(row, "status")), "human");
    json_decref(row);
    over(house, paper.dialled[0], 200, true);
    assert_non_null(told_status("outbound", "completed"));
    end(house, in);
}

static void test_a_machine_is_hung_up_on_and_the_flow_goes_on(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" HANGS_UP "," CONNECT("15550100004") "]");

    /* a connect behind a connect begins at once: a third party */
    assert_int_equal(paper.dialled_count, 2);
    hears(house, DETECT_MACHINE);
    assert_string_equal(told(0), TOLD("machine"));
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    assert_int_equal(in->hung_up, 0);
    over(house, paper.dialled[0], 200, false);
    assert_non_null(told_status("outbound", "completed"));
    over(house, paper.dialled[1], 486, true);
    assert_int_not_equal(in->hung_up, 0);
    end(house, in);
}

static void test_a_machine_may_stay(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" DIAL(",\"machineDetection\":\"continue\"") "]");

    hears(house, DETECT_MACHINE);
    assert_string_equal(told(0), TOLD("machine"));
    assert_int_equal(paper.dialled[0]->hung_up, 0);
    assert_int_equal(in->hung_up, 0);
    end(house, in);
}

static void test_its_beep_is_told(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" BEEP("continue", ",\"beep_timeout\":120") "]");

    assert_int_equal(callee->detect.mode, DETECT_BEEP);
    assert_int_equal(callee->detect.beep_timeout_s, 120);
    hears(house, DETECT_MACHINE);
    hears(house, DETECT_BEEP_START);
    assert_string_equal(told(0), TOLD("machine"));
    assert_string_equal(told(1), "{\"from\":\"Unknown\",\"status\":\"machine\",\"sub_state\":"
                                 "\"beep_start\",\"to\":\"15550100003\"}");
    assert_int_equal(paper.dialled[0]->hung_up, 0);
    end(house, in);
}

static void test_no_beep_is_told(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" BEEP("continue", "") "]");

    assert_int_equal(callee->detect.beep_timeout_s, 45);
    hears(house, DETECT_MACHINE);
    hears(house, DETECT_BEEP_TIMEOUT);
    assert_string_equal(told(1), "{\"from\":\"Unknown\",\"status\":\"machine\",\"sub_state\":"
                                 "\"beep_timeout\",\"to\":\"15550100003\"}");
    end(house, in);
}

static void test_no_beep_is_waited_for_by_one_who_hangs_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" BEEP("hangup", "") "]");

    hears(house, DETECT_MACHINE);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    hears(house, DETECT_BEEP_START); /* it was on its way */
    assert_string_equal(told(1), "");
    end(house, in);
}

static void test_a_synchronous_machine_is_asked(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.reply = "[" JOIN("left") "]";
    in = dial(house, "[" SYNC_HANGS_UP "," CONNECT("15550100004") "]");
    hears(house, DETECT_MACHINE);
    assert_string_equal(told(0), "");
    assert_int_equal(json_array_size(paper.asked), 1);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_array_get(paper.asked, 0), "fields"), "status")),
                        "machine");
    over(house, paper.dialled[0], 200, false);
    assert_non_null(told_status("outbound", "completed"));
    assert_int_equal(paper.dialled_count, 1);
    assert_int_equal(in->hung_up, 0);
    end(house, in);
}

static void test_no_reply_about_a_machine(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" SYNC_HANGS_UP "," CONNECT("15550100004") "]");

    paper.hold_answers = true;
    hears(house, DETECT_MACHINE);
    over(house, paper.dialled[0], 200, false);
    assert_int_equal(paper.dialled_count, 1); /* its reply is waited for */
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 2);
    over(house, paper.dialled[1], 486, true);
    end(house, in);
}

static void test_no_reply_about_a_machine_that_stays(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(
        house,
        "[" DIAL(",\"machineDetection\":\"continue\",\"eventType\":\"synchronous\"") "," CONNECT(
            "15550100004") "]");

    hears(house, DETECT_MACHINE);
    assert_int_equal(json_array_size(paper.asked), 1);
    assert_int_equal(paper.dialled_count, 1);
    over(house, paper.dialled[0], 200, true);
    assert_int_equal(paper.dialled_count, 2);
    over(house, paper.dialled[1], 486, true);
    end(house, in);
}

static void test_a_person_is_never_asked_about(void **state)
{
    struct house *house = *state;
    struct dialog *in = dial(house, "[" SYNC_HANGS_UP "]");

    hears(house, DETECT_HUMAN);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_string_equal(told(0), TOLD("human"));
    end(house, in);
}

static struct call *create_so(struct house *house, struct call_detection detection)
{
    json_t *endpoint = json_loads(
        "{\"type\":\"phone\",\"number\":\"15550100003\",\"dtmfAnswer\":\"9p\"}", 0, NULL);
    json_t *flow = json_loads("[" JOIN("made") "]", 0, NULL);
    struct call_request request = {
        .application = demo(house),
        .endpoint = endpoint,
        .ncco = flow,
        .event_url = "http://x.example/mine",
        .ringing_timer = 60,
        .detection = detection,
    };
    struct call *call = NULL;
    const char *reason = NULL;

    assert_int_equal(call_create(house->calls, &request, &call, &reason), 0);
    settle(house);
    callee = paper.port;
    json_decref(endpoint);
    json_decref(flow);
    return call;
}

static void test_a_call_of_rest(void **state)
{
    struct house *house = *state;

    create_so(house, call_detection_of("hangup", NULL));
    callee_answers(house, 0);
    assert_true(callee->detects);
    assert_string_equal(callee->keys, "9p");
    hears(house, DETECT_MACHINE);
    assert_string_equal(told(0), TOLD("machine"));
    assert_string_equal(paper.url, "http://x.example/mine");
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 200, false);
    assert_non_null(told_status("outbound", "completed"));
}

static void test_a_call_of_rest_that_goes_on(void **state)
{
    struct house *house = *state;
    json_t *advanced = json_loads("{\"mode\":\"detect_beep\"}", 0, NULL);

    /* the advanced one goes first */
    create_so(house, call_detection_of("hangup", advanced));
    json_decref(advanced);
    callee_answers(house, 0);
    assert_int_equal(callee->detect.mode, DETECT_BEEP);
    hears(house, DETECT_MACHINE);
    assert_int_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 200, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nobody_listens_unless_asked_to),
        CASE(test_a_person_is_told),
        CASE(test_a_machine_is_hung_up_on_and_the_flow_goes_on),
        CASE(test_a_machine_may_stay),
        CASE(test_its_beep_is_told),
        CASE(test_no_beep_is_told),
        CASE(test_no_beep_is_waited_for_by_one_who_hangs_up),
        CASE(test_a_synchronous_machine_is_asked),
        CASE(test_no_reply_about_a_machine),
        CASE(test_no_reply_about_a_machine_that_stays),
        CASE(test_a_person_is_never_asked_about),
        CASE(test_a_call_of_rest),
        CASE(test_a_call_of_rest_that_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
