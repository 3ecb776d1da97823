/* call_quality.c: how the sound of a call is told: while it is up, when it ends, and when it is
 * not heard, which is told of calls that were answered and for a reason to look at. */
#include "call_paper.h"

#include "base/clock.h"
#include "net/addr.h"

static int64_t shift; /* [ms] */

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void)
{
    return __real_clock_mono_ms() + shift;
}

static void wait_ms(struct house *house, int64_t ms)
{
    shift += ms;
    loop_run(paper.loop);
    settle(house);
}

static void found(struct media_port *port, enum stream_problem problem, bool on)
{
    struct stream_trouble trouble = {.problem = problem, .on = on};

    if (problem == STREAM_WRONG_PAYLOAD) {
        trouble.type_count = 2;
        trouble.types[0] = 18;
        trouble.types[1] = 97;
        assert_int_equal(addr_parse(&trouble.from, "192.0.2.7", 4002), 0);
    }
    port->events->problem(&trouble, port->arg);
}

/* Where the calls of these tests are. */
static struct conversation *room_of(struct house *house)
{
    struct conversation *room;

    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &room), 0);
    return room;
}

static const json_t *body_at(const json_t *events, size_t place)
{
    return json_object_get(json_array_get(events, place), "body");
}

/* media:problem events of the conversation, in order: decref. */
static json_t *problems_of(struct house *house)
{
    json_t *events = events_of(house, conversation_id(room_of(house))), *event;
    json_t *problems = json_array();
    size_t i;

    json_array_foreach (events, i, event)
        if (!strcmp(json_string_value(json_object_get(event, "type")), "media:problem"))
            json_array_append(problems, event);
    json_decref(events);
    return problems;
}

static size_t problem_count(struct house *house)
{
    json_t *problems = problems_of(house);
    size_t count = json_array_size(problems);

    json_decref(problems);
    return count;
}

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text)
        fail_msg("no %s", name);
    return text;
}

static void a_problem_has_its_begin_its_end_and_a_reason(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct media_port *port = paper.port;
    const json_t *body;
    json_t *problems;

    wait_ms(house, 2500);
    found(port, STREAM_WRONG_PAYLOAD, true);
    found(port, STREAM_WRONG_PAYLOAD, false);
    settle(house);
    problems = problems_of(house);
    assert_int_equal(json_array_size(problems), 2);
    body = body_at(problems, 0);
    assert_string_equal(text_in(body, "problem"), "wrong_payload");
    assert_string_equal(text_in(body, "state"), "began");
    assert_string_equal(text_in(body, "severity"), "warning");
    assert_string_equal(text_in(body, "seen"), "192.0.2.7:4002");
    assert_string_equal(text_in(body, "expected"), "127.0.0.1:4000");
    assert_string_equal(text_in(body, "text"),
                        "192.0.2.7:4002 sends payload type 18, 97, agreed was 0 (PCMU): look at "
                        "the codecs of the peer.");
    assert_int_equal(json_array_size(json_object_get(body, "payload_types")), 2);
    assert_null(json_object_get(body, "ended"));
    body = body_at(problems, 1);
    assert_string_equal(text_in(body, "state"), "ended");
    assert_non_null(text_in(body, "ended"));
    assert_string_equal(text_in(body, "since"), text_in(body_at(problems, 0), "since"));
    assert_int_equal(bridge_plane(house->bridge)->sums.problems[STREAM_WRONG_PAYLOAD], 1);
    json_decref(problems);
    over(house, in, 200, true);
    mem_unref(in);
}

/* Who only rings need not send, nor who has just answered. */
static void nothing_is_told_until_a_while_after_the_answer(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct media_port *port = paper.port;

    found(port, STREAM_NO_PACKETS, true);
    assert_int_equal(problem_count(house), 0);
    found(port, STREAM_NO_PACKETS, false);
    wait_ms(house, 2500);
    assert_int_equal(problem_count(house), 0);
    found(port, STREAM_NO_PACKETS, true);
    settle(house);
    assert_int_equal(problem_count(house), 1);
    over(house, in, 200, true);
    mem_unref(in);
}

static void what_lasts_is_told_then(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");

    found(paper.port, STREAM_NO_PACKETS, true);
    wait_ms(house, 2500);
    assert_int_equal(problem_count(house), 1);
    over(house, in, 200, true);
    mem_unref(in);
}

static void silence_of_who_is_muted_is_none(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct media_port *port = paper.port;
    struct member *member = member_at(room_of(house), 0);
    json_t *problems;

    wait_ms(house, 2500);
    member_mute(member, true, NULL);
    found(port, STREAM_SILENCE, true);
    settle(house);
    assert_int_equal(problem_count(house), 0);
    member_mute(member, false, NULL); /* now it should be heard */
    settle(house);
    problems = problems_of(house);
    assert_int_equal(json_array_size(problems), 1);
    assert_string_equal(text_in(body_at(problems, 0), "severity"), "info");
    json_decref(problems);
    over(house, in, 200, true);
    mem_unref(in);
}

static void count(const struct stream_stats *stats, void *arg)
{
    uint64_t *packets = arg;

    *packets += stats->packets_in;
}

static void who_asks_is_answered_once_also_at_the_end(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct leg *leg = member_leg(member_at(room_of(house), 0));
    uint64_t packets = 0;

    assert_int_equal(leg_quality(leg, count, &packets), 0);
    assert_int_equal(leg_quality(leg, count, &packets), ENOMEM); /* of paper */
    paper_stats(paper.port);
    assert_int_equal(packets, 7);
    assert_int_equal(leg_quality(leg, count, &packets), 0);
    over(house, in, 200, true);
    assert_int_equal(packets, 57); /* its last statistics */
    mem_unref(in);
}

static void its_end_tells_how_it_was(void **state)
{
    struct house *house = *state;
    const struct leg_sums *sums = &bridge_plane(house->bridge)->sums;
    const json_t *quality, *fields;
    char id[64], conversation[64];
    struct dialog *in;
    json_t *row, *events;

    house->conf.webhook.is_extended = true;
    in = ring_in(house, "[" JOIN("room") "]");
    snprintf(id, sizeof id, "%s", leg_id(member_leg(member_at(room_of(house), 0))));
    snprintf(conversation, sizeof conversation, "%s", conversation_id(room_of(house)));
    over(house, in, 200, true);
    fields = told_status("inbound", "completed");
    quality = json_object_get(fields, "quality");
    assert_true(json_number_value(json_object_get(quality, "mos")) == 4.1);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(quality, "packets"), "lost")), 2);
    row = row_of_leg(house, id);
    assert_true(json_equal(json_object_get(json_object_get(row, "detail"), "quality"), quality));
    json_decref(row);
    events = events_of(house, conversation);
    quality = json_object_get(body_at(events, json_array_size(events) - 2), "quality");
    assert_true(json_number_value(json_object_get(quality, "mos_score")) == 4.1);
    assert_int_equal(json_integer_value(json_object_get(quality, "packet_cnt")), 50);
    assert_int_equal(json_integer_value(json_object_get(quality, "quality_percentage")), 93);
    json_decref(events);
    assert_int_equal(sums->mos[6], 1);
    assert_int_equal(sums->loss[5], 1); /* 2 of 52 */
    assert_int_equal(sums->jitter[2], 1);
    mem_unref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_problem_has_its_begin_its_end_and_a_reason),
        CASE(nothing_is_told_until_a_while_after_the_answer),
        CASE(what_lasts_is_told_then),
        CASE(silence_of_who_is_muted_is_none),
        CASE(who_asks_is_answered_once_also_at_the_end),
        CASE(its_end_tells_how_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
