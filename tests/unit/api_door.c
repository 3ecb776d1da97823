/* api_door.c: the REST door over real HTTP, with stand-ins for the rooms behind it: what
 * is asked of them, in which order, and what the replies look like. */
#include "api/api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/fetch.h"
#include "http/jwt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define OTHER "11111111-2222-4333-8444-555555555555"
#define CON "CON-6b1e0d0c-5f0f-4e8b-9a11-1f5a0c9d7e01"
#define LEG "8f14e45fceea167a5a36dedd4bea2543"
#define LEG2 "5d41402a-bc4b-4a76-b971-9d911017c592"
#define ENDED "0cc175b9c0f1b6a831c399e269772661"

static struct loop *loop;
static struct fetch *fetch;
static struct api *api;
static struct jwt_key *key, *other_key;
static char *pem, *other_pem;

/* The rooms behind the door. */

struct application {
    const struct conf_application *conf;
};
struct member {
    const char *id, *user, *name, *channel;
    bool invited;
};
struct leg {
    int unused;
};
struct call {
    int unused;
};

static struct conf_application confs[2];
static struct application applications[2];
static struct conf conf;
static struct member members[2];
static struct leg the_leg;
static struct call the_call;
static json_t *channels[2], *properties;
static char done[4096]; /* what was asked of the rooms, a word each */
static enum leg_status status;
static bool healthy, held;
static int create_error;
static struct {
    store_answer_h *answer;
    loop_h *fence;
    void *arg;
} waiting;
static char asked_legs[512];

static void note(const char *format, ...)
{
    size_t n = strlen(done);
    va_list ap;

    va_start(ap, format);
    vsnprintf(done + n, sizeof done - n, format, ap);
    va_end(ap);
}

struct application *application_find(struct bridge *bridge, const char *id)
{
    (void)bridge;
    for (int i = 0; i < 2; i++)
        if (!strcmp(id, confs[i].id))
            return &applications[i];
    return NULL;
}
const struct conf_application *application_conf(const struct application *application)
{
    return application->conf;
}
struct conversation *conversation_find(struct bridge *bridge, const struct application *application,
                                       const char *id)
{
    (void)bridge;
    return application == &applications[0] && !strcmp(id, CON) ? (struct conversation *)&properties
                                                               : NULL;
}
const char *conversation_id(const struct conversation *conversation)
{
    (void)conversation;
    return CON;
}
const char *conversation_name(const struct conversation *conversation)
{
    (void)conversation;
    return "NAM-0c7f3a52-9d1e-4b7c-8f0a-2f6f1a3b4c5d";
}
int64_t conversation_created(const struct conversation *conversation)
{
    (void)conversation;
    return 1709634378999;
}
int64_t conversation_sequence(const struct conversation *conversation)
{
    (void)conversation;
    return 8;
}
json_t *conversation_properties(const struct conversation *conversation)
{
    (void)conversation;
    return properties;
}
void conversation_each(struct conversation *conversation,
                       bool (*each)(struct member *member, void *arg), void *arg)
{
    (void)conversation;
    for (int i = 0; i < 2; i++)
        each(&members[i], arg);
}
const char *member_state_text(enum member_state state)
{
    return state == MEMBER_JOINED ? "JOINED" : "INVITED";
}
const char *member_id(const struct member *member)
{
    return member->id;
}
const char *member_user_id(const struct member *member)
{
    return member->user;
}
const char *member_user_name(const struct member *member)
{
    return member->name;
}
enum member_state member_state_of(const struct member *member)
{
    (void)member;
    return MEMBER_JOINED;
}
json_t *member_channel(const struct member *member)
{
    return channels[member - members];
}
bool member_invited_by_us(const struct member *member)
{
    return member->invited;
}
int64_t member_invited(const struct member *member)
{
    return member->invited ? 1709634379385 : 0;
}
int64_t member_joined(const struct member *member)
{
    return member->invited ? 1709634390270 : 1709634390334;
}
struct conversation *member_conversation(const struct member *member)
{
    (void)member;
    return NULL;
}
struct leg *member_leg(const struct member *member)
{
    (void)member;
    return &the_leg;
}
void member_mute(struct member *member, bool on)
{
    note("%s(%s) ", on ? "mute" : "unmute", member->id);
}
void member_earmuff(struct member *member, bool on)
{
    note("%s(%s) ", on ? "earmuff" : "unearmuff", member->id);
}
const char *leg_id(const struct leg *leg)
{
    (void)leg;
    return LEG2;
}
enum leg_status leg_status_of(const struct leg *leg)
{
    (void)leg;
    return status;
}
bool ncco_check(const json_t *ncco, char reason[NCCO_REASON])
{
    const json_t *action = json_object_get(json_array_get(ncco, 0), "action");

    if (json_is_string(action) && !strcmp(json_string_value(action), "talk"))
        return true;
    snprintf(reason, NCCO_REASON, "action 1: \"action\" is required");
    return false;
}
int call_create(struct calls *calls, const struct call_request *request, struct call **call,
                const char **reason)
{
    char *endpoint = json_dumps(request->endpoint, JSON_COMPACT);
    char *ncco = request->ncco ? json_dumps(request->ncco, JSON_COMPACT) : NULL;

    (void)calls;
    note("create(%s from=%s ncco=%s answer=%s %s event=%s %s timers=%u,%u) ", endpoint,
         request->from ? request->from : "-", ncco ? ncco : "-",
         request->answer_url ? request->answer_url : "-",
         request->answer_method ? request->answer_method : "-",
         request->event_url ? request->event_url : "-",
         request->event_method ? request->event_method : "-", request->length_timer,
         request->ringing_timer);
    free(endpoint);
    free(ncco);
    *reason = "no trunk takes the number";
    *call = &the_call;
    return create_error;
}
struct call *call_find(struct calls *calls, const struct application *application, const char *leg)
{
    (void)calls;
    return application == &applications[0] && !strcmp(leg, LEG) ? &the_call : NULL;
}
struct member *call_member(const struct call *call)
{
    (void)call;
    return &members[0];
}
int call_transfer(struct call *call, json_t *ncco)
{
    (void)call;
    note("transfer(%zu) ", json_array_size(ncco));
    return 0;
}
int call_transfer_url(struct call *call, const char *url)
{
    (void)call;
    note("transfer(%s) ", url);
    return 0;
}
void call_hangup(struct call *call)
{
    (void)call;
    note("hangup ");
}
int store_fence(struct store *store, loop_h *fence, void *arg)
{
    (void)store;
    note("fence ");
    if (held) {
        waiting.fence = fence;
        waiting.arg = arg;
        return 0;
    }
    return loop_post(loop, fence, arg);
}
bool store_healthy(const struct store *store)
{
    (void)store;
    return healthy;
}

static const char leg_row[] =
    "{\"id\":\"" LEG2 "\",\"conversation\":\"" CON
    "\",\"type\":\"phone\",\"direction\":\"outbound\","
    "\"status\":\"answered\",\"from\":{\"type\":\"phone\",\"number\":\"Unknown\"},"
    "\"to\":{\"type\":\"phone\",\"number\":\"15550100003\"},\"live\":true,\"start\":1709634390270,"
    "\"duration\":-1}";
static const char ended_row[] =
    "{\"id\":\"" ENDED "\",\"conversation\":\"" CON "\",\"direction\":\"inbound\","
    "\"status\":\"completed\",\"from\":{\"type\":\"phone\",\"number\":\"15550100001\"},"
    "\"to\":{\"type\":\"phone\",\"number\":\"15550100002\"},\"rate\":\"0.00000000\","
    "\"price\":\"0.00000000\",\"network\":\"\",\"start\":1709634390000,\"end\":1709634690000,"
    "\"duration\":300,\"live\":false}";

int store_ask_legs(struct store *store, const struct store_legs_query *query,
                   store_answer_h *answer, void *arg)
{
    json_t *rows = json_array();
    bool ours = !strcmp(query->application, APP);

    (void)store;
    snprintf(asked_legs, sizeof asked_legs, "%s|%s|%s|%s|%lld|%lld|%d|%lld|%lld",
             query->application, query->id ? query->id : "-",
             query->conversation ? query->conversation : "-", query->status ? query->status : "-",
             (long long)query->created_from, (long long)query->created_to, query->page.descending,
             (long long)query->page.offset, (long long)query->page.limit);
    if (ours && (!query->id || !strcmp(query->id, LEG2)))
        json_array_append_new(rows, json_loads(leg_row, 0, NULL));
    if (ours && (!query->id || !strcmp(query->id, ENDED)))
        json_array_append_new(rows, json_loads(ended_row, 0, NULL));
    answer(0, rows, query->id ? (int64_t)json_array_size(rows) : 23, arg);
    return 0;
}

int store_ask_events(struct store *store, const struct store_events_query *query,
                     store_answer_h *answer, void *arg)
{
    json_t *rows = json_array();

    (void)store;
    note("events(%lld-%lld) ", (long long)query->start_id, (long long)query->end_id);
    json_array_append_new(
        rows,
        json_loads("{\"id\":2,\"type\":\"sip:ringing\",\"from\":\"MEM-1\",\"to\":\"\","
                   "\"body\":{\"channel\":{\"id\":\"" LEG2 "\"}},\"timestamp\":1709634384384}",
                   0, NULL));
    answer(0, rows, 1, arg);
    return 0;
}
void webhook_counts(const struct webhook *webhook, struct webhook_counts *counts)
{
    (void)webhook;
    *counts = (struct webhook_counts){.emitted = 9, .delivered = 7, .waiting = 2};
}
void workers_load(const struct workers *workers, struct workers_load *load)
{
    (void)workers;
    *load = (struct workers_load){.workers = 2, .ports = 4, .fill = 0.25, .packets_in = 12345};
}
void bridge_counts(const struct bridge *bridge, struct bridge_counts *counts)
{
    (void)bridge;
    *counts = (struct bridge_counts){.legs = 3, .conversations = 2};
    counts->ended[LEG_BUSY] = 5;
}
unsigned ua_dialogs(const struct ua *ua)
{
    (void)ua;
    return 3;
}

/* Set-up. */

static char *pem_of(EVP_PKEY *rsa, bool is_private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;
    long size;

    if (is_private)
        PEM_write_bio_PrivateKey(bio, rsa, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_PUBKEY(bio, rsa);
    size = BIO_get_mem_data(bio, &data);
    text = mem_alloc((size_t)size + 1, NULL);
    memcpy(text, data, (size_t)size);
    BIO_free(bio);
    return text;
}

static void make_key(char **public_pem, struct jwt_key **private_key)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    char *text = pem_of(rsa, true);

    *public_pem = pem_of(rsa, false);
    assert_int_equal(jwt_key_private(private_key, text), 0);
    mem_unref(text);
    EVP_PKEY_free(rsa);
}

static int make_world(void **state)
{
    static const char *numbers[] = {"1555020*", "15550100002"};

    (void)state;
    make_key(&pem, &key);
    make_key(&other_pem, &other_key);
    confs[0] = (struct conf_application){
        .id = APP, .name = "demo", .public_key = pem, .numbers = numbers, .number_count = 2};
    confs[1] = (struct conf_application){.id = OTHER, .name = "other", .public_key = other_pem};
    for (int i = 0; i < 2; i++)
        applications[i].conf = &confs[i];
    conf.applications = confs;
    conf.application_count = 2;
    conf.http.listen = (struct conf_listen){"tcp", "127.0.0.1", 0};
    conf.http.public_url = "";
    members[0] = (struct member){"MEM-a1", "USR-b2", "USR-b2", NULL, false};
    members[1] = (struct member){"MEM-c3", "USR-d4", "vapi-user-1", NULL, true};
    channels[0] =
        json_loads("{\"type\":\"phone\",\"id\":\"" LEG "\",\"leg_ids\":[\"" LEG "\"]}", 0, NULL);
    channels[1] = json_loads("{\"type\":\"phone\",\"id\":\"" LEG2 "\",\"cpa\":false}", 0, NULL);
    properties = json_loads("{\"ttl\":172800,\"video\":false}", 0, NULL);
    return 0;
}

static int drop_world(void **state)
{
    (void)state;
    mem_unref(pem);
    mem_unref(other_pem);
    mem_unref(key);
    mem_unref(other_key);
    json_decref(channels[0]);
    json_decref(channels[1]);
    json_decref(properties);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static int start(void **state)
{
    const struct fetch_conf asking = {.per_host = 4};
    struct api_conf serving = {.conf = &conf};

    (void)state;
    done[0] = asked_legs[0] = '\0';
    status = LEG_ANSWERED;
    healthy = true;
    held = false;
    create_error = 0;
    assert_int_equal(loop_alloc(&loop), 0);
    serving.control = loop;
    assert_int_equal(fetch_start(&fetch, &asking), 0);
    assert_int_equal(api_start(&api, &serving), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (api)
        api_stop(api);
    api = NULL;
    fetch_stop(fetch);
    loop_run(loop);
    loop = mem_unref(loop);
    return 0;
}

/* Asking. */

struct outcome {
    bool came;
    int status;
    char type[64], text[65536];
    json_t *json;
};

static void on_reply(const struct fetch_reply *reply, void *arg)
{
    struct outcome *outcome = arg;

    outcome->came = true;
    outcome->status = reply->err ? -reply->err : reply->status;
    snprintf(outcome->type, sizeof outcome->type, "%s", reply->content_type);
    snprintf(outcome->text, sizeof outcome->text, "%s", reply->body);
    outcome->json = json_loads(reply->body, 0, NULL);
}

static char *token_of(const struct jwt_key *with, const char *application, const char *more)
{
    char *text = mem_printf("{\"application_id\":\"%s\",\"iat\":%lld,\"jti\":\"j\"%s}", application,
                            (long long)(clock_wall_ms() / 1000), more);
    json_t *claims = json_loads(text, 0, NULL);
    char *token;

    assert_non_null(claims);
    token = jwt_sign(with, claims);
    json_decref(claims);
    mem_unref(text);
    return token;
}

static struct outcome outcome;

struct ask {
    const char *method, *path, *body, *token, *type;
};

static void send_ask(const struct ask *ask)
{
    char url[1024], bearer[4096];
    const char *headers[] = {"Authorization", bearer, NULL};
    struct fetch_request request = {
        .method = ask->method,
        .url = url,
        .trusted = true,
        .content_type = ask->type   ? ask->type
                        : ask->body ? "application/json"
                                    : NULL,
        .body = ask->body,
        .size = ask->body ? strlen(ask->body) : 0,
        .headers = ask->token ? headers : NULL,
        .connect_timeout = 10000,
        .timeout = 30000,
        .limit = sizeof outcome.text - 1,
    };

    json_decref(outcome.json);
    memset(&outcome, 0, sizeof outcome);
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", api_port(api), ask->path);
    snprintf(bearer, sizeof bearer, "%s", ask->token ? ask->token : "");
    assert_int_equal(fetch_ask(fetch, &request, loop, on_reply, &outcome), 0);
}

static void send_and_wait(const struct ask *ask)
{
    send_ask(ask);
    while (!outcome.came)
        loop_wait(loop, -1);
}

/* As our application. Returns the status. */
static int ask(const char *method, const char *path, const char *body)
{
    char *token = token_of(key, APP, ""), *bearer = mem_printf("Bearer %s", token);
    struct ask all = {method, path, body, bearer, NULL};

    send_and_wait(&all);
    mem_unref(token);
    mem_unref(bearer);
    if (outcome.status != 204)
        assert_non_null(outcome.json);
    return outcome.status;
}

static int ask_as(const char *bearer, const char *method, const char *path)
{
    struct ask all = {method, path, NULL, bearer, NULL};

    send_and_wait(&all);
    return outcome.status;
}

static void assert_json(const char *expected)
{
    json_t *json;
    char *text = mem_strdup(expected), *full = mem_alloc(strlen(expected) + 1024, NULL);
    char *mark, *from = text;
    char port[16];

    /* @ stands for our origin */
    snprintf(port, sizeof port, "%u", api_port(api));
    while ((mark = strchr(from, '@'))) {
        *mark = '\0';
        strcat(full, from);
        strcat(full, "http://127.0.0.1:");
        strcat(full, port);
        from = mark + 1;
    }
    strcat(full, from);
    json = json_loads(full, 0, NULL);
    if (!json)
        fail_msg("no JSON: %s", full);
    if (!json_equal(json, outcome.json))
        fail_msg("expected %s\ngot %s", full, outcome.text);
    json_decref(json);
    mem_unref(full);
    mem_unref(text);
}

static const char *text_at(const char *name)
{
    const char *text = json_string_value(json_object_get(outcome.json, name));

    return text ? text : "(none)";
}

static void assert_fault(const char *name, const char *reason)
{
    json_t *list = json_object_get(outcome.json, "invalid_parameters"), *fault;
    size_t i;

    json_array_foreach (list, i, fault) {
        const char *its = json_string_value(json_object_get(fault, "reason"));

        if (!strcmp(json_string_value(json_object_get(fault, "name")), name) && strstr(its, reason))
            return;
    }
    fail_msg("no fault %s \"%s\" in %s", name, reason, outcome.text);
}

/* The tests. */

static void shows_a_conversation(void **state)
{
    static const char beta[] =
        "{\"uuid\":\"" CON "\",\"name\":\"NAM-0c7f3a52-9d1e-4b7c-8f0a-2f6f1a3b4c5d\","
        "\"timestamp\":{\"created\":\"2024-03-05T10:26:18.999Z\"},\"sequence_number\":8,"
        "\"numbers\":{},\"properties\":{\"ttl\":172800,\"video\":false},\"members\":["
        "{\"member_id\":\"MEM-a1\",\"user_id\":\"USR-b2\",\"name\":\"USR-b2\",\"state\":\"JOINED\","
        "\"timestamp\":{\"joined\":\"2024-03-05T10:26:30.334Z\"},"
        "\"channel\":{\"type\":\"phone\",\"id\":\"" LEG "\",\"leg_ids\":[\"" LEG "\"]},"
        "\"initiator\":{\"joined\":{\"isSystem\":true}}},"
        "{\"member_id\":\"MEM-c3\",\"user_id\":\"USR-d4\",\"name\":\"vapi-user-1\","
        "\"state\":\"JOINED\",\"timestamp\":{\"invited\":\"2024-03-05T10:26:19.385Z\","
        "\"joined\":\"2024-03-05T10:26:30.270Z\"},\"invited_by\":\"USR-d4\","
        "\"channel\":{\"type\":\"phone\",\"id\":\"" LEG2 "\",\"cpa\":false},"
        "\"initiator\":{\"invited\":{\"isSystem\":true}}}],"
        "\"_links\":{\"self\":{\"href\":\"@/beta/conversations/" CON "\"}}}";

    (void)state;
    assert_int_equal(ask("GET", "/beta/conversations/" CON, NULL), 200);
    assert_string_equal(outcome.type, "application/json");
    assert_json(beta);
    assert_ptr_equal(strstr(outcome.text, "{\"uuid\":"), outcome.text);
    assert_string_equal(done, "fence ");
    assert_int_equal(ask("GET", "/v0.1/conversations/" CON, NULL), 200);
    assert_int_equal(ask("GET", "/beta/conversations/CON-no", NULL), 404);
    assert_json("{\"code\":\"conversation:error:not-found\",\"description\":"
                "\"Conversation does not exist, or you do not have access.\"}");
}

static void lists_events(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/beta/conversations/" CON "/events?start_id=2&end_id=7&x=y", NULL),
                     200);
    assert_json("[{\"id\":2,\"type\":\"sip:ringing\",\"from\":\"MEM-1\",\"to\":\"\","
                "\"body\":{\"channel\":{\"id\":\"" LEG2 "\"}},\"state\":\"\","
                "\"timestamp\":\"2024-03-05T10:26:24.384Z\","
                "\"href\":\"@/beta/conversations/" CON "/events/2\"}]");
    assert_string_equal(done, "events(2-7) ");
    assert_int_equal(ask("GET", "/beta/conversations/" CON "/events?start_id=-1", NULL), 400);
    assert_json("{\"code\":\"http:error:validation-fail\","
                "\"description\":\"Input validation failure.\","
                "\"error\":{\"start_id\":\"\\\"start_id\\\" must be a number\"}}");
    assert_int_equal(ask("GET", "/beta/conversations/CON-no/events", NULL), 404);
}

static void shows_calls(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/v1/calls/" LEG2, NULL), 200);
    assert_json("{\"_links\":{\"self\":{\"href\":\"/v1/calls/" LEG2 "\"}},\"uuid\":\"" LEG2 "\","
                "\"conversation_uuid\":\"" CON "\","
                "\"to\":{\"type\":\"phone\",\"number\":\"15550100003\"},"
                "\"from\":{\"type\":\"phone\",\"number\":\"Unknown\"},"
                "\"status\":\"answered\",\"direction\":\"outbound\"}");
    assert_int_equal(ask("GET", "/v1/calls/" ENDED, NULL), 200);
    assert_json("{\"_links\":{\"self\":{\"href\":\"/v1/calls/" ENDED "\"}},\"uuid\":\"" ENDED "\","
                "\"conversation_uuid\":\"" CON "\","
                "\"to\":{\"type\":\"phone\",\"number\":\"15550100002\"},"
                "\"from\":{\"type\":\"phone\",\"number\":\"15550100001\"},"
                "\"status\":\"completed\",\"direction\":\"inbound\",\"rate\":\"0.00000000\","
                "\"price\":\"0.00000000\",\"duration\":\"300\","
                "\"start_time\":\"2024-03-05T10:26:30.000Z\","
                "\"end_time\":\"2024-03-05T10:31:30.000Z\",\"network\":\"\"}");
    assert_int_equal(ask("GET", "/v1/calls/nobody", NULL), 404);
    assert_string_equal(text_at("title"), "Not Found");
    assert_string_equal(text_at("type"), "https://developer.nexmo.com/api-errors#not-found");
    assert_int_equal(strlen(text_at("instance")), 32);
}

static const char *link_to(const char *name)
{
    json_t *links = json_object_get(outcome.json, "_links");
    const char *href = json_string_value(json_object_get(json_object_get(links, name), "href"));

    return href ? strstr(href, "/v1/calls") : "(none)";
}

static void lists_calls(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/v1/calls", NULL), 200);
    assert_string_equal(asked_legs, APP "|-|-|-|0|0|0|0|10");
    assert_int_equal(json_integer_value(json_object_get(outcome.json, "count")), 23);
    assert_int_equal(json_integer_value(json_object_get(outcome.json, "page_size")), 10);
    assert_int_equal(json_integer_value(json_object_get(outcome.json, "record_index")), 0);
    assert_string_equal(link_to("self"), "/v1/calls?page_size=10&record_index=0");
    assert_string_equal(link_to("last"), "/v1/calls?page_size=10&record_index=2");
    assert_string_equal(link_to("next"), "/v1/calls?page_size=10&record_index=1");
    assert_string_equal(link_to("prev"), "(none)");
    assert_int_equal(
        ask("GET",
            "/v1/calls?status=completed&date_start=2024-03-05T10:20:30Z&date_end=2024-03-06&"
            "page_size=5&record_index=4&order=DESC&conversation_uuid=" CON,
            NULL),
        200);
    assert_string_equal(asked_legs, APP "|-|" CON "|completed|1709634030000|1709769599999|1|20|5");
    assert_string_equal(link_to("next"), "(none)");
    assert_string_equal(link_to("prev"),
                        "/v1/calls?status=completed&date_start=2024-03-05T10%3A20%3A30Z&"
                        "date_end=2024-03-06&conversation_uuid=" CON
                        "&order=DESC&page_size=5&record_index=3");
    assert_int_equal(ask("GET",
                         "/v1/calls?status=gone&date_start=yesterday&date_end=2024-03-05T&"
                         "page_size=101&record_index=-1&order=up",
                         NULL),
                     400);
    assert_int_equal(json_integer_value(json_object_get(outcome.json, "type")), 400);
    assert_string_equal(text_at("title"), "Bad Request");
    assert_fault("status", "must be");
    assert_fault("date_start", "must be a valid ISO 8601 date");
    assert_fault("date_end", "must be a valid ISO 8601 date");
    assert_fault("page_size", "must be less than or equal to 100");
    assert_fault("record_index", "must be a number");
    assert_fault("order", "must be one of [asc, desc]");
    assert_int_equal(ask("GET", "/v1/calls?page_size=0", NULL), 400);
}

#define TO "\"to\":[{\"type\":\"phone\",\"number\":\"+15550100003\"}]"
#define FROM "\"from\":{\"type\":\"phone\",\"number\":\"15550100002\"}"
#define NCCO "\"ncco\":[{\"action\":\"talk\"}]"

static void creates_calls(void **state)
{
    (void)state;
    assert_int_equal(ask("POST", "/v1/calls", "{" TO "," FROM "," NCCO "}"), 201);
    assert_json("{\"uuid\":\"" LEG2 "\",\"status\":\"started\",\"direction\":\"outbound\","
                "\"conversation_uuid\":\"" CON "\"}");
    assert_string_equal(done, "create({\"type\":\"phone\",\"number\":\"+15550100003\"} "
                              "from=15550100002 ncco=[{\"action\":\"talk\"}] answer=- - event=- - "
                              "timers=7200,60) fence ");
    done[0] = '\0';
    assert_int_equal(
        ask("POST", "/v1/calls",
            "{\"to\":[{\"type\":\"sip\",\"uri\":\"sip:a@example.com\",\"standard_headers\":{}}],"
            "\"random_from_number\":true,\"answer_url\":[\"https://a.example/\"],"
            "\"answer_method\":\"post\",\"event_url\":\"https://e.example/\","
            "\"event_method\":\"GET\",\"length_timer\":5,\"ringing_timer\":120,\"unknown\":1}"),
        201);
    assert_string_equal(done, "create({\"type\":\"sip\",\"uri\":\"sip:a@example.com\","
                              "\"standard_headers\":{}} from=15550100002 ncco=- "
                              "answer=https://a.example/ POST event=https://e.example/ GET "
                              "timers=5,120) fence ");
    create_error = ENOENT;
    assert_int_equal(ask("POST", "/v1/calls", "{" TO "," FROM "," NCCO "}"), 400);
    assert_fault("to", "no trunk takes the number");
    create_error = EAGAIN;
    assert_int_equal(ask("POST", "/v1/calls", "{" TO "," FROM "," NCCO "}"), 503);
    create_error = ENOMEM;
    assert_int_equal(ask("POST", "/v1/calls", "{" TO "," FROM "," NCCO "}"), 500);
}

static void refuses_bad_calls(void **state)
{
    static const struct {
        const char *body, *name, *reason;
    } cases[] = {
        {"{" FROM "," NCCO "}", "to", "must not be empty"},
        {"{\"to\":[]," FROM "," NCCO "}", "to", "must not be empty"},
        {"{\"to\":{}," FROM "," NCCO "}", "to", "must be an array"},
        {"{\"to\":[1]," FROM "," NCCO "}", "to", "must hold an object"},
        {"{\"to\":[{},{}]," FROM "," NCCO "}", "to", "exactly one"},
        {"{\"to\":[{}]," FROM "," NCCO "}", "to.type", "is required"},
        {"{\"to\":[{\"type\":\"fax\"}]," FROM "," NCCO "}", "to.type", "must be one of"},
        {"{\"to\":[{\"type\":\"phone\"}]," FROM "," NCCO "}", "to.number", "is required"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":\"12x\"}]," FROM "," NCCO "}", "to.number",
         "digits"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":5}]," FROM "," NCCO "}", "to.number", "string"},
        {"{\"to\":[{\"type\":\"sip\"}]," FROM "," NCCO "}", "to.uri", "is required"},
        {"{\"to\":[{\"type\":\"sip\",\"uri\":\"http://x\"}]," FROM "," NCCO "}", "to.uri",
         "SIP URI"},
        {"{\"to\":[{\"type\":\"sip\",\"uri\":\"sip:a@b\\r\\nX: y\"}]," FROM "," NCCO "}", "to.uri",
         "SIP URI"},
        {"{" TO "," NCCO "}", "from", "is required"},
        {"{" TO ",\"random_from_number\":false," NCCO "}", "from", "is required"},
        {"{" TO ",\"random_from_number\":1," NCCO "}", "random_from_number", "boolean"},
        {"{" TO "," FROM ",\"random_from_number\":true," NCCO "}", "from", "together"},
        {"{" TO ",\"from\":{\"type\":\"phone\"}," NCCO "}", "from.number", "digits"},
        {"{" TO ",\"from\":\"1555\"," NCCO "}", "from.type", "is required"},
        {"{" TO "," FROM "}", "ncco", "or answer_url is required"},
        {"{" TO "," FROM "," NCCO ",\"answer_url\":[\"http://x\"]}", "ncco", "together"},
        {"{" TO "," FROM ",\"ncco\":[]}", "ncco", "not empty"},
        {"{" TO "," FROM ",\"ncco\":{}}", "ncco", "must be an array"},
        {"{" TO "," FROM ",\"ncco\":[{}]}", "ncco", "action 1: "},
        {"{" TO "," FROM ",\"answer_url\":[\"x\"]}", "answer_url", "URL"},
        {"{" TO "," FROM ",\"answer_url\":[\"http://x\",\"http://y\"]}", "answer_url",
         "exactly one"},
        {"{" TO "," FROM ",\"answer_url\":7}", "answer_url", "URL"},
        {"{" TO "," FROM "," NCCO ",\"event_url\":[\"ftp://x\"]}", "event_url", "URL"},
        {"{" TO "," FROM "," NCCO ",\"event_method\":\"PUT\"}", "event_method", "[GET, POST]"},
        {"{" TO "," FROM "," NCCO ",\"length_timer\":7201}", "length_timer", "from 1 to 7200"},
        {"{" TO "," FROM "," NCCO ",\"length_timer\":\"9\"}", "length_timer", "integer"},
        {"{" TO "," FROM "," NCCO ",\"ringing_timer\":0}", "ringing_timer", "from 1 to 120"},
        {"{" TO "," FROM "," NCCO ",\"machine_detection\":\"hangup\"}", "machine_detection",
         "not served"},
        {"{", "body", "not valid JSON"},
        {"", "body", "not valid JSON"},
        {"[]", "body", "must be an object"},
        {"<html>", "body", "not valid JSON"},
        {"{\"a\":1,\"a\":2}", "body", "not valid JSON"},
        {"{\"a\":\"\xff\"}", "body", "not valid JSON"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (ask("POST", "/v1/calls", cases[i].body) != 400)
            fail_msg("%s: %d %s", cases[i].body, outcome.status, outcome.text);
        assert_int_equal(json_integer_value(json_object_get(outcome.json, "type")), 400);
        assert_string_equal(text_at("title"), "Bad Request");
        assert_fault(cases[i].name, cases[i].reason);
    }
    assert_string_equal(done, "");
}

static void refuses_monstrous_bodies(void **state)
{
    size_t size = (1 << 20) + 1;
    char *body = mem_alloc(size + 1, NULL);

    (void)state;
    memset(body, ' ', size);
    assert_int_equal(ask("POST", "/v1/calls", body), 413);
    assert_string_equal(text_at("title"), "Content Too Large");
    memset(body, '[', 200000);
    body[200000] = '\0';
    assert_int_equal(ask("POST", "/v1/calls", body), 400);
    assert_fault("body", "nested deeper");
    assert_int_equal(ask("PUT", "/v1/calls/" LEG, body), 400);
    mem_unref(body);
}

static void steers_calls(void **state)
{
    static const char *const words[] = {"mute", "unmute", "earmuff", "unearmuff"};
    char body[64], expected[64];

    (void)state;
    for (int i = 0; i < 4; i++) {
        done[0] = '\0';
        snprintf(body, sizeof body, "{\"action\":\"%s\"}", words[i]);
        snprintf(expected, sizeof expected, "%s(MEM-a1) fence ", words[i]);
        assert_int_equal(ask("PUT", "/v1/calls/" LEG, body), 204);
        assert_string_equal(outcome.text, "");
        assert_string_equal(done, expected);
    }
    done[0] = '\0';
    assert_int_equal(ask("PUT", "/v1/calls/" LEG, "{\"action\":\"hangup\",\"extra\":1}"), 204);
    assert_string_equal(done, "hangup fence ");
    done[0] = '\0';
    assert_int_equal(ask("PUT", "/v1/calls/" LEG,
                         "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\","
                         "\"url\":[\"http://n.example/\"]}}"),
                     204);
    assert_string_equal(done, "transfer(http://n.example/) fence ");
    done[0] = '\0';
    assert_int_equal(ask("PUT", "/v1/calls/" LEG,
                         "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\"," NCCO "}}"),
                     204);
    assert_string_equal(done, "transfer(1) fence ");
}

static void refuses_bad_steering(void **state)
{
    static const struct {
        const char *body, *name, *reason;
    } cases[] = {
        {"{}", "action", "is required"},
        {"{\"action\":\"explode\"}", "action", "must be one of [hangup"},
        {"{\"action\":7}", "action", "must be one of"},
        {"{\"action\":\"transfer\"}", "destination", "is required"},
        {"{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\"}}", "destination",
         "url or an"},
        {"{\"action\":\"transfer\",\"destination\":{\"type\":\"x\"," NCCO "}}", "destination.type",
         "must be ncco"},
        {"{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"url\":[\"x\"]}}", "url",
         "URL"},
        {"{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":[]}}",
         "destination.ncco", "not empty"},
        {"{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":[{}]}}",
         "destination.ncco", "action 1"},
        {"{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"url\":\"http://x\"," NCCO
         "}}",
         "destination", "both"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (ask("PUT", "/v1/calls/" LEG, cases[i].body) != 400)
            fail_msg("%s: %d %s", cases[i].body, outcome.status, outcome.text);
        assert_fault(cases[i].name, cases[i].reason);
    }
    assert_int_equal(ask("PUT", "/v1/calls/" ENDED, "{\"action\":\"hangup\"}"), 400);
    assert_fault("action", "has ended");
    assert_int_equal(ask("PUT", "/v1/calls/nobody", "{\"action\":\"hangup\"}"), 404);
    /* the schema is looked at before the call */
    assert_int_equal(ask("PUT", "/v1/calls/nobody", "{\"action\":\"x\"}"), 400);
    status = LEG_RINGING;
    assert_int_equal(ask("PUT", "/v1/calls/" LEG,
                         "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\"," NCCO "}}"),
                     400);
    assert_fault("action", "not answered");
    assert_string_equal(done, "");
}

static void refuses_tokens(void **state)
{
    char *good = token_of(key, APP, ""), *wrong = token_of(other_key, APP, "");
    char *unknown = token_of(key, "99999999-2222-4333-8444-555555555555", "");
    char *old = token_of(key, APP, ",\"exp\":\"1709634019\"");
    char *none = mem_printf("Bearer %.*s", (int)strcspn(good, "."), good);
    const char *const bad[] = {NULL, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", none, good};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ask_as(bad[i], "GET", "/beta/conversations/" CON), 401);
        assert_string_equal(text_at("code"), "system:error:invalid-token");
        assert_non_null(strstr(text_at("description"), "valid token"));
        assert_int_equal(ask_as(bad[i], "GET", "/v1/calls"), 401);
        assert_string_equal(text_at("title"), "Unauthorized");
        assert_non_null(strstr(text_at("detail"), "valid token"));
    }
    for (int i = 0; i < 3; i++) {
        char *bearer = mem_printf("Bearer %s", i == 0 ? wrong : i == 1 ? unknown : old);

        assert_int_equal(ask_as(bearer, "GET", "/beta/conversations/" CON), 401);
        assert_string_equal(text_at("code"),
                            i == 2 ? "system:error:expired-token" : "system:error:invalid-token");
        mem_unref(bearer);
    }
    mem_unref(good);
    mem_unref(wrong);
    mem_unref(unknown);
    mem_unref(old);
    mem_unref(none);
    assert_string_equal(done, "");
}

static void minds_applications_and_paths(void **state)
{
    char *other = token_of(other_key, OTHER, "");
    char *narrow = token_of(
        key, APP,
        ",\"sub\":\"alice\",\"acl\":{\"paths\":{\"/*/calls/**\":{\"methods\":[\"GET\"]}}}");
    char *other_bearer = mem_printf("bearer %s", other);
    char *narrow_bearer = mem_printf("Bearer %s", narrow);
    struct ask put = {"PUT", "/v1/calls/" LEG, "{\"action\":\"hangup\"}", narrow_bearer, NULL};

    (void)state;
    assert_int_equal(ask_as(other_bearer, "GET", "/beta/conversations/" CON), 404);
    assert_int_equal(ask_as(other_bearer, "GET", "/v1/calls/" LEG2), 404);
    assert_int_equal(ask_as(narrow_bearer, "GET", "/v1/calls"), 200);
    assert_int_equal(ask_as(narrow_bearer, "GET", "/v1/calls/" LEG2), 200);
    assert_int_equal(ask_as(narrow_bearer, "GET", "/beta/conversations/" CON), 403);
    assert_string_equal(text_at("code"), "system:error:permission");
    send_and_wait(&put);
    assert_int_equal(outcome.status, 403);
    put.token = other_bearer;
    send_and_wait(&put);
    assert_int_equal(outcome.status, 404);
    assert_string_equal(done, "");
    mem_unref(other);
    mem_unref(narrow);
    mem_unref(other_bearer);
    mem_unref(narrow_bearer);
}

/* Each request has everything wrong from some step on: the first step tells. */
static void checks_in_order(void **state)
{
    char *token = token_of(key, APP, ""), *bearer = mem_printf("Bearer %s", token);
    struct ask post = {"POST", "/v1/nothing", "{", "Bearer x", "text/plain"};

    (void)state;
    send_and_wait(&post);
    assert_int_equal(outcome.status, 404);
    post.path = "/v1/calls/" LEG;
    send_and_wait(&post);
    assert_int_equal(outcome.status, 405);
    post.path = "/v1/calls";
    send_and_wait(&post);
    assert_int_equal(outcome.status, 401);
    post.token = bearer;
    send_and_wait(&post);
    assert_int_equal(outcome.status, 415);
    assert_string_equal(text_at("title"), "Unsupported Media Type");
    post.type = "application/jsonp";
    send_and_wait(&post);
    assert_int_equal(outcome.status, 415);
    post.type = "Application/JSON; charset=utf-8";
    send_and_wait(&post);
    assert_int_equal(outcome.status, 400);
    mem_unref(bearer);
    mem_unref(token);
}

static void has_an_error_body_for_each_family(void **state)
{
    static const char *const lost[] = {
        "/",          "/nothing",        "/v1",   "/v1/callsx",
        "/v1/calls/", "/v1/calls/a/b/c", "/v2/x", "/beta/conversations/"};

    (void)state;
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        assert_int_equal(ask("GET", lost[i], NULL), 404);
    assert_int_equal(ask("GET", "/beta/nothing", NULL), 404);
    assert_string_equal(text_at("code"), "http:error:not-found");
    assert_string_equal(text_at("title"), "(none)");
    assert_int_equal(ask("GET", "/v0.3/nothing", NULL), 404);
    assert_string_equal(text_at("code"), "http:error:not-found");
    assert_string_equal(text_at("title"), "Not found.");
    assert_string_equal(text_at("type"),
                        "https://developer.nexmo.com/api/conversation#http:error:not-found");
    assert_int_equal(strlen(text_at("instance")), 32);
    assert_int_equal(ask("GET", "/v1/nothing", NULL), 404);
    assert_string_equal(text_at("title"), "Not Found");
    assert_int_equal(ask("DELETE", "/beta/conversations/" CON, NULL), 405);
    assert_json("{\"code\":\"http:error:method-not-allowed\","
                "\"description\":\"Request method not supported.\"}");
    assert_int_equal(ask("OPTIONS", "/v1/calls", NULL), 405);
    assert_string_equal(text_at("type"), "https://developer.nexmo.com/api-errors#wrong-verb");
    assert_int_equal(ask("GET", "/beta/%00", NULL), 400);
    assert_string_equal(text_at("code"), "http:error:validation-fail");
}

static void tells_of_itself(void **state)
{
    (void)state;
    assert_int_equal(ask_as(NULL, "GET", "/healthz"), 200);
    assert_int_equal(ask_as(NULL, "HEAD", "/healthz"), 200);
    assert_int_equal(ask_as(NULL, "GET", "/readyz"), 200);
    healthy = false;
    assert_int_equal(ask_as(NULL, "GET", "/readyz"), 503);
    healthy = true;
    api_drain(api, true);
    assert_int_equal(ask_as(NULL, "GET", "/readyz"), 503);
    assert_int_equal(ask_as(NULL, "GET", "/healthz"), 200);
    assert_int_equal(ask("POST", "/v1/calls", "{" TO "," FROM "," NCCO "}"), 503);
    api_drain(api, false);
    assert_int_equal(ask_as(NULL, "GET", "/readyz"), 200);
    assert_int_equal(ask_as(NULL, "GET", "/metrics"), 200);
    assert_ptr_equal(strstr(outcome.type, "text/plain; version=0.0.4"), outcome.type);
    assert_non_null(strstr(outcome.text, "\noffhook_legs 3\n"));
    assert_non_null(strstr(outcome.text, "\noffhook_legs_ended_total{status=\"busy\"} 5\n"));
    assert_non_null(strstr(outcome.text, "\noffhook_media_fill_ratio 0.25\n"));
    assert_non_null(strstr(outcome.text, "\noffhook_webhooks_waiting 2\n"));
    assert_non_null(strstr(outcome.text, "\noffhook_http_replies_total{status=\"5xx\"} 3\n"));
    assert_string_equal(done, "");
}

static void takes_a_new_configuration(void **state)
{
    struct conf next = conf;
    struct conf_application swapped[1] = {confs[0]};

    (void)state;
    swapped[0].public_key = other_pem;
    next.applications = swapped;
    next.application_count = 1;
    next.http.public_url = "https://api.example.com/";
    assert_int_equal(ask("GET", "/v1/calls", NULL), 200);
    assert_int_equal(api_configure(api, &next), 0);
    assert_int_equal(ask("GET", "/v1/calls", NULL), 401);
    swapped[0].public_key = pem;
    assert_int_equal(api_configure(api, &next), 0);
    assert_int_equal(ask("GET", "/v1/calls", NULL), 200);
    assert_non_null(strstr(outcome.text, "\"https://api.example.com/v1/calls?page_size=10&"));
    swapped[0].public_key = "no key";
    assert_int_equal(api_configure(api, &next), 0);
    assert_int_equal(ask("GET", "/v1/calls", NULL), 401);
}

static void stops_with_a_request_open(void **state)
{
    char *token = token_of(key, APP, ""), *bearer = mem_printf("Bearer %s", token);
    struct ask get = {"GET", "/beta/conversations/" CON, NULL, bearer, NULL};

    (void)state;
    held = true;
    waiting.fence = NULL;
    send_ask(&get);
    while (!waiting.fence)
        loop_wait(loop, -1);
    assert_false(outcome.came);
    api_stop(api);
    api = NULL;
    while (!outcome.came)
        loop_wait(loop, -1);
    assert_int_equal(outcome.status, 503);
    assert_string_equal(text_at("code"), "system:error:unavailable");
    waiting.fence(waiting.arg); /* comes too late, and does no harm */
    mem_unref(bearer);
    mem_unref(token);
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_DOOR(shows_a_conversation),
        WITH_DOOR(lists_events),
        WITH_DOOR(shows_calls),
        WITH_DOOR(lists_calls),
        WITH_DOOR(creates_calls),
        WITH_DOOR(refuses_bad_calls),
        WITH_DOOR(refuses_monstrous_bodies),
        WITH_DOOR(steers_calls),
        WITH_DOOR(refuses_bad_steering),
        WITH_DOOR(refuses_tokens),
        WITH_DOOR(minds_applications_and_paths),
        WITH_DOOR(checks_in_order),
        WITH_DOOR(has_an_error_body_for_each_family),
        WITH_DOOR(tells_of_itself),
        WITH_DOOR(takes_a_new_configuration),
        WITH_DOOR(stops_with_a_request_open),
    };
    int failed = cmocka_run_group_tests(tests, make_world, drop_world);

    json_decref(outcome.json);
    return failed;
}
