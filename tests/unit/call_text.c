/* call_text.c: what peers and applications write that is not as it should be: nothing is
 * lost for it, and nothing slips through. */
#include "call_paper.h"
#include "leg/text.h"

static void test_bytes_become_text(void **state)
{
    char out[8];

    (void)state;
    assert_string_equal(text_keep(out, sizeof out, "ab"), "ab");
    assert_string_equal(text_keep(out, sizeof out, NULL), "");
    assert_string_equal(text_keep(out, sizeof out, "a\r\nb\x7f"), "a  b ");
    assert_string_equal(text_keep(out, sizeof out, "a\xff"), "a\xef\xbf\xbd");
    assert_string_equal(text_keep(out, sizeof out, "\xc3\xa4\xc3"), "\xc3\xa4\xef\xbf\xbd");
    assert_string_equal(text_keep(out, sizeof out, "\xed\xa0\x80"),
                        "\xef\xbf\xbd\xef\xbf\xbd"); /* a surrogate; the third has no room */
    assert_string_equal(text_keep(out, sizeof out, "\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
    /* cut between characters, not within one */
    assert_string_equal(text_keep(out, sizeof out, "123456\xc3\xa4"), "123456");
    assert_string_equal(text_keep(out, sizeof out, "123\xf0\x9f\x98\x80"), "123\xf0\x9f\x98\x80");
    assert_string_equal(text_keep(out, sizeof out, "1234\xf0\x9f\x98\x80"), "1234");
}

static void test_a_phrase_that_is_no_utf8(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = paper.dialled[0];
    json_t *events, *body = NULL, *event;
    size_t i;
    char id[64];

    snprintf(id, sizeof id, "%s", conversation_id(conversation_of_first(house)));
    out->handlers->ended(486, "Besetzt \xe4", true, 0, out->arg);
    settle(house);
    over(house, in, 486, false);
    events = events_of(house, id);
    json_array_foreach (events, i, event) {
        if (!body && strcmp(json_string_value(json_object_get(event, "type")), "sip:hangup") == 0)
            body = json_object_get(event, "body");
    }
    assert_string_equal(json_string_value(json_object_get(json_object_get(body, "reason"), "text")),
                        "Besetzt \xef\xbf\xbd");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(body, "reason"), "sip_code")), 486);
    json_decref(events);
    mem_unref(in);
}

static void test_a_long_name_of_an_action(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                                       "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}]");

    over(house, in, 503, false);
    assert_non_null(strstr(told_text(), "xxx"));
    mem_unref(in);
}

static void test_a_caller_with_a_name(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in_as(house, "a@b\"<c>\xc3\xa4", SDP, "[]");

    assert_string_equal(json_string_value(json_object_get(json_array_get(paper.told, 0), "from")),
                        "sip:a%40b%22%3Cc%3E%C3%A4@carrier.example");
    over(house, in, 480, false);
    mem_unref(in);
}

static void test_a_caller_with_too_many_digits(void **state)
{
    static const char digits[] = "12345678901234567890123456789012345678901234567890"
                                 "12345678901234567890";
    struct house *house = *state;
    struct dialog *in = ring_in_as(house, digits, SDP, "[]");
    const char *from = json_string_value(json_object_get(json_array_get(paper.told, 0), "from"));

    assert_int_equal(strncmp(from, "sip:1234567890", 14), 0);
    over(house, in, 480, false);
    mem_unref(in);
}

static void test_names_of_conversations(void **state)
{
    struct house *house = *state;
    char reason[NCCO_REASON], name[256] = "";
    struct conversation *conversation;
    struct dialog *in;
    json_t *ncco;

    for (int i = 0; i < 100; i++)
        strcat(name, "\xc3\xa4"); /* 100 characters, 200 bytes */
    ncco = json_pack("[{s:s,s:s}]", "action", "conversation", "name", name);
    assert_true(ncco_check(ncco, reason));
    json_decref(ncco);
    strcat(name, "a");
    ncco = json_pack("[{s:s,s:s}]", "action", "conversation", "name", name);
    assert_false(ncco_check(ncco, reason));
    json_decref(ncco);
    in = ring_in(house, "[" JOIN("a\\\"\\n\\t\\u0001b") "]");
    assert_int_equal(in->answered, 1);
    assert_int_equal(
        conversation_open(house->bridge, demo(house), "a\"\n\t\001b", false, &conversation), 0);
    assert_int_equal(conversation_members(conversation), 1);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_an_endpoint_is_what_its_type_says(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":"
                       "\"15550100003\",\"uri\":\"sip:elsewhere@evil.example\"}]}]");

    assert_string_equal(paper.dialled[0]->uri, "sip:15550100003@127.0.0.1:5080");
    over(house, in, 487, true);
    over(house, paper.dialled[0], 487, false);
    mem_unref(in);
}

static void test_headers_of_a_sip_endpoint(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[{\"action\":\"connect\",\"timeout\":\"1e1\",\"endpoint\":[{\"type\":"
                       "\"sip\",\"uri\":\"sip:a@b.example\",\"headers\":{\"Key\":"
                       "\"one\\r\\nVia: two\"}}]}]");

    assert_string_equal(paper.dialled[0]->header, "X-Key: one  Via: two");
    assert_int_equal(paper.dialled[0]->ring_timeout, 10);
    over(house, in, 487, true);
    over(house, paper.dialled[0], 487, false);
    mem_unref(in);
}

static void test_keys_by_info(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("k") "]");
    struct conversation *conversation;
    json_t *events, *body;

    conversation_open(house->bridge, demo(house), "k", false, &conversation);
    in->handlers->info("application/dtmf-relay", "Signal= 5\r\nDuration=99999999999\r\n", in->arg);
    in->handlers->info("application/dtmf", "#", in->arg);
    in->handlers->info("application/dtmf", "%", in->arg);
    in->handlers->info("application/dtmf-relay", "", in->arg);
    in->handlers->info(NULL, NULL, in->arg);
    events = events_of(house, conversation_id(conversation));
    assert_int_equal(json_array_size(events), 4);
    body = json_object_get(json_array_get(events, 2), "body");
    assert_string_equal(json_string_value(json_object_get(body, "digit")), "5");
    assert_int_equal(json_integer_value(json_object_get(body, "duration")), 60000);
    assert_int_equal(json_integer_value(json_object_get(body, "dtmf_seq")), 1);
    body = json_object_get(json_array_get(events, 3), "body");
    assert_int_equal(json_integer_value(json_object_get(body, "duration")), 160);
    assert_int_equal(json_integer_value(json_object_get(body, "dtmf_seq")), 2);
    json_decref(events);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_a_call_that_can_be_no_leg(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in_as(house, "1", "v=0\r\nnot sdp\r\n", "[]");

    assert_int_equal(in->rejected, 400);
    mem_unref(in);
    in = ring_in_as(house, "1",
                    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                    "m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n",
                    "[]");
    assert_int_equal(in->rejected, 488);
    mem_unref(in);
    assert_int_equal(json_array_size(paper.told), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_become_text),
        CASE(test_a_phrase_that_is_no_utf8),
        CASE(test_a_long_name_of_an_action),
        CASE(test_a_caller_with_a_name),
        CASE(test_a_caller_with_too_many_digits),
        CASE(test_names_of_conversations),
        CASE(test_an_endpoint_is_what_its_type_says),
        CASE(test_headers_of_a_sip_endpoint),
        CASE(test_keys_by_info),
        CASE(test_a_call_that_can_be_no_leg),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
