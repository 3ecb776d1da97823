/* call_reach.c: the kinds of endpoints: by which way each is dialled; and whom no way leads to,
 * who is a leg all the same, and fails at once. */
#include "call_paper.h"

#define TO(endpoint) "{\"action\":\"connect\",\"endpoint\":[{" endpoint "}]}"
#define Q(name, value) "\"" name "\":\"" value "\""

static const char *const hosts[] = {"sip:pbx.example:5090;transport=tcp"};
static const char *const none[] = {""};

/* A second trunk, for extensions. */
static struct conf_trunk trunks[2];

static void add_pbx(struct house *house)
{
    trunks[0] = house->trunk;
    trunks[1] = (struct conf_trunk){.name = "pbx",
                                    .proxies = (const char **)(uintptr_t)hosts,
                                    .proxy_count = 1,
                                    .prefixes = (const char **)(uintptr_t)none,
                                    .prefix_count = 0,
                                    .takes_extensions = true,
                                    .srtp = "off",
                                    .from_domain = ""};
    house->conf.trunks = trunks;
    house->conf.trunk_count = 2;
    assert_int_equal(trunks_configure(house->trunks, &house->conf), 0);
    assert_int_equal(bridge_configure(house->bridge, &house->conf), 0);
}

static void add_user(struct house *house, const char *name, const char *channels)
{
    struct user_facts facts = {.name = json_string(name),
                               .channels = json_loads(channels, 0, NULL)};
    struct user *user;

    assert_int_equal(user_make(demo(house), &facts, &user), 0);
    json_decref(facts.name);
    json_decref(facts.channels);
}

/* It is dialled so, once. */
static struct dialog *reaches(struct house *house, const char *connect, const char *uri)
{
    char ncco[2000];
    struct dialog *in, *out;
    unsigned before = paper.dialled_count;

    snprintf(ncco, sizeof ncco, "[%s]", connect);
    json_array_clear(paper.told);
    in = ring_in(house, ncco);
    assert_int_equal(paper.dialled_count, before + 1);
    out = paper.dialled[before];
    assert_string_equal(out->uri, uri);
    assert_null(told_status("outbound", "failed"));
    over(house, in, 487, true);
    over(house, out, 487, false);
    mem_unref(in);
    return out;
}

/* Nobody is dialled: `started`, then this status; then comes the next action. */
static void fails(struct house *house, const char *connect, const char *to, const char *status,
                  const char *detail)
{
    char ncco[2000];
    unsigned before = paper.dialled_count, ports;
    struct dialog *in;
    json_t *fields;

    snprintf(ncco, sizeof ncco, "[%s," CONNECT("15550100003") "]", connect);
    json_array_clear(paper.told);
    ports = paper.ports_open;
    in = ring_in(house, ncco);
    assert_int_equal(paper.dialled_count, before + 1);
    assert_int_equal(paper.ports_open, ports + 2); /* none of the leg that failed */
    fields = told_status("outbound", "started");
    assert_string_equal(json_string_value(json_object_get(fields, "to")), to);
    fields = told_status("outbound", status);
    assert_non_null(fields);
    assert_string_equal(json_string_value(json_object_get(fields, "to")), to);
    assert_string_equal(json_string_value(json_object_get(fields, "detail")), detail);
    over(house, in, 487, true);
    over(house, paper.dialled[before], 487, false);
    mem_unref(in);
}

static void test_a_phone_by_its_trunk(void **state)
{
    struct house *house = *state;

    reaches(house, TO(Q("type", "phone") "," Q("number", "+1 555-010-0003")),
            "sip:15550100003@127.0.0.1:5080");
    fails(house, TO(Q("type", "phone") "," Q("number", "49301234567")), "49301234567", "failed",
          "cannot_route");
}

static void test_a_sip_uri_as_it_is(void **state)
{
    struct house *house = *state;

    reaches(house, TO(Q("type", "sip") "," Q("uri", "sip:desk@pbx.example;transport=tcp")),
            "sip:desk@pbx.example;transport=tcp");
    /* what is for us alone is not sent */
    reaches(house, TO(Q("type", "sip") "," Q("uri", "sip:desk@pbx.example;media=srtp;a=b")),
            "sip:desk@pbx.example;a=b");
    reaches(house, TO(Q("type", "sip") "," Q("uri", "sip:desk@pbx.example;media=srtpx")),
            "sip:desk@pbx.example;media=srtpx");
}

static void test_headers_of_a_sip_endpoint(void **state)
{
    struct house *house = *state;
    const char *with = TO(Q("type", "sip") "," Q("uri", "sip:desk@pbx.example") ",\"headers\":{" Q(
        "Ticket", "42") "}");
    const char *standard =
        TO(Q("type", "sip") "," Q("uri", "sip:desk@pbx.example") ",\"standardHeaders\":{" Q(
            "User-to-User", "56a390f3;encoding=hex") "}");
    const char *shaken = TO(Q("type", "phone") "," Q("number", "15550100003") "," Q(
        "shaken", "eyJh.e30.c2ln;info=<x>"));

    assert_string_equal(reaches(house, with, "sip:desk@pbx.example")->header, "X-Ticket: 42");
    assert_string_equal(reaches(house, standard, "sip:desk@pbx.example")->header,
                        "User-to-User: 56a390f3;encoding=hex");
    assert_string_equal(reaches(house, shaken, "sip:15550100003@127.0.0.1:5080")->header,
                        "Identity: eyJh.e30.c2ln;info=<x>");
}

static void test_a_domain_is_a_trunk(void **state)
{
    struct house *house = *state;

    add_pbx(house);
    reaches(house, TO(Q("type", "sip") "," Q("domain", "pbx") "," Q("user", "desk")),
            "sip:desk@pbx.example:5090;transport=tcp");
    reaches(house, TO(Q("type", "sip") "," Q("domain", "pbx.example") "," Q("user", "desk")),
            "sip:desk@pbx.example:5090;transport=tcp");
    reaches(house, TO(Q("type", "sip") "," Q("domain", "pbx")),
            "sip:pbx.example:5090;transport=tcp");
    fails(house, TO(Q("type", "sip") "," Q("domain", "elsewhere")), "elsewhere", "failed",
          "cannot_route");
}

static void test_an_extension_by_the_trunk_that_takes_them(void **state)
{
    struct house *house = *state;

    fails(house, TO(Q("type", "vbc") "," Q("extension", "4004")), "4004", "failed", "cannot_route");
    add_pbx(house);
    reaches(house, TO(Q("type", "vbc") "," Q("extension", "4004")),
            "sip:4004@pbx.example:5090;transport=tcp");
}

static void test_a_user_by_a_channel_of_its_own(void **state)
{
    struct house *house = *state;

    add_user(house, "ann",
             "{\"sip\":[{\"uri\":\"sip:ann@pbx.example\"}],\"pstn\":[{\"number\":"
             "\"15550100004\"}]}");
    add_user(house, "bob", "{\"pstn\":[{\"number\":\"15550100004\"}]}");
    add_user(house, "carl", "{\"phone\":[{\"number\":15550100005}]}");
    add_user(house, "dan", "{\"viber\":[{\"id\":\"1\"}]}");
    add_user(house, "eve", "{\"pstn\":[{\"number\":\"49301234567\"}]}");
    reaches(house, TO(Q("type", "app") "," Q("user", "ann")), "sip:ann@pbx.example");
    reaches(house, TO(Q("type", "app") "," Q("user", "bob")), "sip:15550100004@127.0.0.1:5080");
    reaches(house, TO(Q("type", "app") "," Q("user", "carl")), "sip:15550100005@127.0.0.1:5080");
    fails(house, TO(Q("type", "app") "," Q("user", "dan")), "dan", "unanswered", "unavailable");
    fails(house, TO(Q("type", "app") "," Q("user", "eve")), "eve", "failed", "cannot_route");
    fails(house, TO(Q("type", "app") "," Q("user", "nobody")), "nobody", "failed", "cannot_route");
}

#define SOCKET(more)                                                    \
    TO(Q("type", "websocket") "," Q("uri", "wss://x.example/ws") "," Q( \
        "content-type", "audio/l16;rate=24000") more)

static struct dialog *ring_socket(struct house *house, const char *connect)
{
    char ncco[2000];

    snprintf(ncco, sizeof ncco, "[%s]", connect);
    paper.socket = NULL;
    json_array_clear(paper.told);
    return ring_in(house, ncco);
}

static void test_a_websocket_is_told_of_itself_and_of_keys(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_socket(
        house, SOCKET(",\"headers\":{\"a\":{\"b\":1},\"event\":\"mine\"},\"authorization\":{" Q(
                   "type", "custom") "," Q("value", "Basic x") "}"));
    struct socket_line *line = mem_ref(paper.socket);

    assert_non_null(line);
    assert_string_equal(line->url, "wss://x.example/ws");
    assert_string_equal(line->authorization, "Basic x");
    assert_string_equal(line->first, "{\"event\":\"websocket:connected\",\"content-type\":"
                                     "\"audio/l16;rate=24000\",\"a\":{\"b\":1}}");
    assert_int_equal(line->rate, 24000);
    assert_int_equal(line->timeout, 60000);
    paper_socket_opens(line);
    settle(house);
    assert_int_equal(line->begun, 1);
    assert_true(in->answered);
    paper.ports[0]->events->digit('5', 100, paper.ports[0]->arg);
    paper.ports[1]->events->played(1, true, paper.ports[1]->arg);
    assert_string_equal(line->digits, "5");
    over(house, in, 200, true);
    assert_int_equal(line->closed_with, 1000);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound answered, inbound answered, inbound completed, "
                                     "outbound completed");
    mem_unref(line);
    mem_unref(in);
}

static void test_a_websocket_that_goes_away_brings_another_flow(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_socket(house, SOCKET(""));
    struct socket_line *line = paper.socket;
    json_t *told;

    paper_socket_opens(line);
    settle(house);
    paper.reply = "[" CONNECT("15550100003") "]";
    paper_socket_ends(line, SOCKET_LOST);
    settle(house);
    told = json_object_get(json_array_get(paper.asked, json_array_size(paper.asked) - 1), "fields");
    assert_string_equal(json_string_value(json_object_get(told, "status")), "disconnected");
    assert_null(json_object_get(told, "direction"));
    assert_int_equal(paper.dialled_count, 1);
    over(house, in, 200, true);
    over(house, paper.dialled[0], 487, false);
    mem_unref(in);
}

static void ends_as(struct house *house, enum socket_end_kind kind, const char *status)
{
    struct dialog *in = ring_socket(house, SOCKET(""));

    paper_socket_ends(paper.socket, kind);
    settle(house);
    assert_non_null(told_status("outbound", status));
    assert_null(told_status("outbound", "answered"));
    wait_for_hang_up(in);
    over(house, in, 480, false);
    mem_unref(in);
}

static void test_a_websocket_that_cannot_be_had(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    ends_as(house, SOCKET_UNREACHED, "failed");
    ends_as(house, SOCKET_REFUSED, "unanswered");
    ends_as(house, SOCKET_TIMEOUT, "unanswered");
    paper.no_port = true;
    in = ring_socket(house, SOCKET(""));
    settle(house);
    assert_non_null(told_status("outbound", "failed"));
    wait_for_hang_up(in);
    over(house, in, 503, false);
    mem_unref(in);
    paper.no_port = false;
}

#define VONAGE SOCKET(",\"authorization\":{" Q("type", "vonage") "}")

static void test_a_websocket_that_wants_our_token(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    fails(house, VONAGE, "wss://x.example/ws", "failed", "cannot_route");
    paper.bearer = "Bearer abc";
    in = ring_socket(house, VONAGE);
    assert_string_equal(paper.socket->authorization, "Bearer abc");
    over(house, in, 487, true);
    paper.bearer = NULL;
    mem_unref(in);
}

static void test_nobody_at_all_is_reached_and_the_caller_hears_so(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" TO(Q("type", "app") "," Q("user", "nobody")) "]");

    wait_for_hang_up(in);
    assert_int_equal(in->hung_up, 404);
    over(house, in, 404, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound failed, inbound completed");
    mem_unref(in);
}

static const char *refused(struct house *house, const char *endpoint)
{
    static const char *reason;
    json_t *to = json_loads(endpoint, 0, NULL), *flow = json_loads("[" JOIN("x") "]", 0, NULL);
    struct call_request request = {
        .application = demo(house), .endpoint = to, .ncco = flow, .ringing_timer = 60};
    struct call *call;

    reason = NULL;
    assert_int_equal(call_create(house->calls, &request, &call, &reason), ENOENT);
    json_decref(to);
    json_decref(flow);
    return reason;
}

/* Over REST there is somebody who can be told at once. */
static void test_rest_refuses_whom_no_way_leads_to(void **state)
{
    struct house *house = *state;

    assert_string_equal(refused(house, "{\"type\":\"phone\",\"number\":\"49301234567\"}"),
                        "no trunk takes the number 49301234567");
    assert_string_equal(refused(house, "{\"type\":\"vbc\",\"extension\":\"1\"}"),
                        "no trunk takes extensions");
    assert_string_equal(refused(house, "{\"type\":\"app\",\"user\":\"ann\"}"),
                        "there is no user ann");
    assert_string_equal(refused(house, "{\"type\":\"sip\",\"domain\":\"x\"}"),
                        "no trunk has the name or the host x");
    assert_int_equal(json_array_size(paper.told), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_phone_by_its_trunk),
        CASE(test_a_sip_uri_as_it_is),
        CASE(test_headers_of_a_sip_endpoint),
        CASE(test_a_domain_is_a_trunk),
        CASE(test_an_extension_by_the_trunk_that_takes_them),
        CASE(test_a_user_by_a_channel_of_its_own),
        CASE(test_a_websocket_is_told_of_itself_and_of_keys),
        CASE(test_a_websocket_that_goes_away_brings_another_flow),
        CASE(test_a_websocket_that_cannot_be_had),
        CASE(test_a_websocket_that_wants_our_token),
        CASE(test_nobody_at_all_is_reached_and_the_caller_hears_so),
        CASE(test_rest_refuses_whom_no_way_leads_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
