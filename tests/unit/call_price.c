/* call_price.c: what a call has cost, and what its webhooks say beyond the recorded fields. */
#include "call_paper.h"

#include "ncco/private.h"

static struct conf_tariff table[] = {
    {.prefix = "1555", .rate = 450000, .network = "23409", .direction = ""},
    {.prefix = "1", .rate = 1, .network = "us", .direction = "outbound"},
    {.prefix = "2", .rate = 999999999999, .network = "dear", .direction = ""},
};
static const struct conf priced = {.tariff = table, .tariff_count = 3}, unpriced;

static void check_price(const struct conf *conf, const char *number, const char *direction,
                        int64_t duration, const char *rate, const char *price, const char *network)
{
    struct facts facts = {.direction = direction, .duration = duration};

    facts_price(&facts, conf, number);
    assert_string_equal(facts.rate, rate);
    assert_string_equal(facts.price, price);
    assert_string_equal(facts.network, network);
}

static void test_prices_are_exact(void **state)
{
    (void)state;
    check_price(&priced, "15550100002", "inbound", 300, "0.00450000", "0.02250000", "23409");
    check_price(&priced, "15550100002", "inbound", 0, "0.00450000", "0.00000000", "23409");
    check_price(&priced, "15550100002", "inbound", 1, "0.00450000", "0.00007500", "23409");
    check_price(&priced, "15550100002", "inbound", 7, "0.00450000", "0.00052500", "23409");
    /* a hundred millionth a minute: half a one rounds up */
    check_price(&priced, "1999", "outbound", 29, "0.00000001", "0.00000000", "us");
    check_price(&priced, "1999", "outbound", 30, "0.00000001", "0.00000001", "us");
    check_price(&priced, "1999", "outbound", 89, "0.00000001", "0.00000001", "us");
    check_price(&priced, "1999", "outbound", 90, "0.00000001", "0.00000002", "us");
    /* the dearest, for a year */
    check_price(&priced, "2", "inbound", 31536000, "9999.99999999", "5255999999.99474400", "dear");
    check_price(&priced, "1999", "inbound", 60, "0.00000000", "0.00000000", "");
    check_price(&priced, "Unknown", "outbound", 60, "0.00000000", "0.00000000", "");
    check_price(&priced, NULL, "outbound", 60, "0.00000000", "0.00000000", "");
    check_price(&unpriced, "15550100002", "inbound", 60, "0.00000000", "0.00000000", "");
}

static const char *text_in(const json_t *fields, const char *name)
{
    const char *text = json_string_value(json_object_get(fields, name));

    return text ? text : "(none)";
}

/* price = rate * duration / 60, of the text of the three. */
static void check_identity(const json_t *fields, long long rate)
{
    long long duration = atoll(text_in(fields, "duration")), price = (rate * duration + 30) / 60;
    char text[32];

    snprintf(text, sizeof text, "%lld.%08lld", price / 100000000, price % 100000000);
    assert_string_equal(text_in(fields, "price"), text);
}

static void set_tariff(struct house *house)
{
    house->conf.tariff = table;
    house->conf.tariff_count = 3;
}

/* Who calls decides inbound, who is called outbound. */
static void test_the_far_number_decides(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    const json_t *inbound, *outbound;

    set_tariff(house);
    in = ring_in_as(house, "15550100001", SDP, "[" CONNECT("19990100003") "]");
    callee_answers(house, 0);
    over(house, in, 200, true);
    over(house, paper.dialled[0], 200, false);
    inbound = told_status("inbound", "completed");
    outbound = told_status("outbound", "completed");
    assert_non_null(inbound);
    assert_non_null(outbound);
    assert_string_equal(text_in(inbound, "rate"), "0.00450000");
    assert_string_equal(text_in(inbound, "network"), "23409");
    check_identity(inbound, 450000);
    assert_string_equal(text_in(outbound, "rate"), "0.00000001");
    assert_string_equal(text_in(outbound, "network"), "us");
    check_identity(outbound, 1);
    mem_unref(in);
}

struct rows {
    bool came;
    json_t *list;
};

static void take_rows(int err, json_t *rows, int64_t count, void *arg)
{
    (void)count;
    assert_int_equal(err, 0);
    *(struct rows *)arg = (struct rows){true, rows};
}

/* The rows of /v1/calls: decref. */
static json_t *rows_of(struct house *house)
{
    struct store_legs_query query = {.application = APP};
    struct rows rows = {0};

    assert_int_equal(store_ask_legs(house->store, &query, take_rows, &rows), 0);
    while (!rows.came)
        loop_wait(paper.loop, 1000);
    return rows.list;
}

static void test_the_row_says_the_same(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    const json_t *fields, *row;
    json_t *rows;

    set_tariff(house);
    in = ring_in_as(house, "15550100001", SDP, "[" JOIN("room") "]");
    over(house, in, 200, true);
    fields = told_status("inbound", "completed");
    rows = rows_of(house);
    assert_int_equal(json_array_size(rows), 1);
    row = json_array_get(rows, 0);
    assert_string_equal(text_in(row, "rate"), text_in(fields, "rate"));
    assert_string_equal(text_in(row, "price"), text_in(fields, "price"));
    assert_string_equal(text_in(row, "network"), text_in(fields, "network"));
    json_decref(rows);
    mem_unref(in);
}

static void test_a_killed_run_is_priced_too(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    const json_t *fields;

    set_tariff(house);
    in = ring_in_as(house, "15550100001", SDP, "[" JOIN("room") "]");
    restart_killed(house, &in, 1);
    settle(house);
    fields = told_status("inbound", "completed");
    assert_non_null(fields);
    assert_string_equal(text_in(fields, "rate"), "0.00450000");
    assert_string_equal(text_in(fields, "network"), "23409");
    check_identity(fields, 450000);
    mem_unref(in);
}

/* Nothing new unless it is asked for. */
static void test_extras_are_behind_a_switch(void **state)
{
    static const char *const extras[] = {"disconnected_by", "sip_code", "detail", "headers"};
    struct house *house = *state;
    struct dialog *in;
    const json_t *fields;

    for (int extended = 0; extended < 2; extended++) {
        house->conf.webhook.is_extended = extended;
        json_array_clear(paper.told);
        in = ring_in(house, "[" JOIN("room") "]");
        over(house, in, 200, extended);
        fields = told_status("inbound", "completed");
        assert_non_null(fields);
        for (size_t i = 0; !extended && i < sizeof extras / sizeof *extras; i++)
            assert_null(json_object_get(fields, extras[i]));
        if (extended) {
            assert_string_equal(text_in(fields, "disconnected_by"), "user");
            assert_int_equal(json_integer_value(json_object_get(fields, "sip_code")), 200);
            assert_int_equal(json_object_size(json_object_get(fields, "headers")), 0);
            assert_true(json_is_object(json_object_get(fields, "headers")));
            fields = told_status("inbound", "started");
            assert_true(json_is_object(json_object_get(fields, "headers")));
        }
        mem_unref(in);
    }
}

static void test_why_a_callee_failed_is_told_in_full(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    const json_t *fields;

    house->conf.webhook.is_extended = true;
    in = ring_in(house, "[" CONNECT("15550100003") "]");
    over(house, paper.dialled[0], 603, true);
    fields = told_status("outbound", "rejected");
    assert_non_null(fields);
    assert_string_equal(text_in(fields, "detail"), "declined");
    assert_int_equal(json_integer_value(json_object_get(fields, "sip_code")), 603);
    assert_null(json_object_get(fields, "disconnected_by"));
    over(house, in, 603, false);
    mem_unref(in);
}

static void test_headers_of_the_endpoint_are_echoed(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(
        house, "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\",\"uri\":\"sip:a@b\","
               "\"headers\":{\"location\":\"New York\"}}]}]");
    const json_t *fields;

    callee_answers(house, 0);
    assert_string_equal(paper.dialled[0]->header, "X-location: New York");
    fields = told_status("outbound", "answered");
    assert_string_equal(text_in(json_object_get(fields, "headers"), "location"), "New York");
    assert_true(json_is_null(json_object_get(fields, "rate")));
    assert_null(json_object_get(told_status("inbound", "answered"), "headers"));
    over(house, in, 200, true);
    over(house, paper.dialled[0], 200, false);
    fields = told_status("outbound", "completed");
    assert_string_equal(text_in(json_object_get(fields, "headers"), "location"), "New York");
    mem_unref(in);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, set_up_on_disk, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_are_exact),
        CASE(test_the_far_number_decides),
        CASE(test_the_row_says_the_same),
        DISK(test_a_killed_run_is_priced_too),
        CASE(test_extras_are_behind_a_switch),
        CASE(test_why_a_callee_failed_is_told_in_full),
        CASE(test_headers_of_the_endpoint_are_echoed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
