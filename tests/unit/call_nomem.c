/* call_nomem.c: the same calls once more with the n-th allocation of the control thread
 * failing, for every n: whatever becomes of the call, nothing crashes and nothing stays. */
#include "call_paper.h"

#include "base/id.h"
#include "base/log.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Thread_local unsigned countdown; /* 0: none fails */

static bool fails(void)
{
    return countdown && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* Ends whatever is up, as a peer would. */
static void end_all(struct house *house, struct dialog *in)
{
    if (in->handlers && !in->rejected)
        over(house, in, 200, true);
    for (unsigned i = 0; i < paper.dialled_count; i++) {
        struct dialog *out = paper.dialled[i];

        if (mem_count(out) > 1)
            over(house, out, 200, true);
    }
}

typedef void scenario_h(struct house *house, struct dialog *in);

/* False: the n-th allocation was never made. */
static bool run_short_of(unsigned n, scenario_h *scenario)
{
    void *state;
    struct house *house;
    struct dialog *in;
    bool reached;

    set_up(&state);
    house = state;
    in = mem_alloc(sizeof *in, NULL);
    in->invite = (struct dialog_invite){.from_user = "15550100001",
                                        .from_host = "h",
                                        .from_display = "",
                                        .to_user = "15550100002",
                                        .to_host = "h",
                                        .call_id = "a",
                                        .sdp = SDP};
    paper.shortage = true;
    paper.countdown = &countdown;
    countdown = n;
    scenario(house, in);
    reached = countdown == 0;
    countdown = 0;
    settle(house);
    end_all(house, in);
    mem_unref(in);
    tear_down(&state);
    return reached;
}

static void forwarded(struct house *house, struct dialog *in)
{
    struct dialog *out;

    paper.answers = "[{\"action\":\"connect\",\"eventUrl\":[\"http://x.example/c\"],\"endpoint\":"
                    "[{\"type\":\"sip\",\"uri\":\"sip:a@b.example\",\"headers\":{\"K\":\"V\"}}]},"
                    "{\"action\":\"conversation\",\"name\":\"n\",\"canHear\":[\"x\"]}]";
    call_incoming(house->calls, in);
    settle(house);
    if (!paper.dialled_count)
        return;
    out = paper.dialled[0];
    if (mem_count(out) == 1)
        return;
    out->handlers->progress(183, SDP, "a", out->arg);
    settle(house);
    out->handlers->answered(SDP, out->arg);
    settle(house);
    if (mem_count(out) > 1)
        over(house, out, 200, true);
}

static void transferred(struct house *house, struct dialog *in)
{
    json_t *ncco;
    struct conversation *a;
    struct member *member;
    unsigned short_of = countdown;

    countdown = 0;
    play_on(house);
    countdown = short_of;
    paper.answers = "[" JOIN("a") "]";
    call_incoming(house->calls, in);
    settle(house);
    if (!in->answered || in->hung_up || json_array_size(paper.told) == 0)
        return;
    if (conversation_open(house->bridge, demo(house), "a", false, &a) ||
        conversation_members(a) == 0)
        return;
    member = member_at(a, 0);
    member_mute(member, true, NULL);
    ncco = json_loads("[" STREAM "," JOIN("b") "]", 0, NULL);
    if (ncco && member_kept(member)) {
        call_transfer(member_kept(member), ncco);
        settle(house);
        paper_load(false);
    }
    json_decref(ncco);
    settle(house);
}

static void created(struct house *house, struct dialog *in)
{
    json_t *endpoint = json_loads("{\"type\":\"phone\",\"number\":\"15550100003\"}", 0, NULL);
    struct call_request request = {
        .application = demo(house),
        .endpoint = endpoint,
        .from = "15550100002",
        .answer_url = "http://x.example/a",
        .event_url = "http://x.example/e",
        .length_timer = 7200,
        .ringing_timer = 60,
    };
    struct call *call = NULL;
    const char *reason = NULL;

    (void)in;
    paper.answers = "[" JOIN("c") "]";
    if (endpoint && call_create(house->calls, &request, &call, &reason))
        assert_non_null(reason);
    settle(house);
    if (call && paper.dialled_count && mem_count(paper.dialled[0]) > 1) {
        paper.dialled[0]->handlers->answered(SDP, paper.dialled[0]->arg);
        settle(house);
    }
    json_decref(endpoint);
}

/* Sounds in the place of each other and behind each other, some stopped; the call itself
 * has all it needs. */
static void sounded(struct house *house, struct dialog *in)
{
    struct audio_plane plane = {.recordings = "/nonexistent"};
    struct audio_play play = {.url = "http://x.example/a.wav", .loop = 1};
    struct audio_target target = {0};
    unsigned short_of = countdown;
    const char *reason;
    char id[ID_UUID];
    int64_t event;

    countdown = 0;
    paper.answers = "[" JOIN("a") "]";
    call_incoming(house->calls, in);
    settle(house);
    assert_int_equal(
        conversation_open(house->bridge, demo(house), "a", false, &target.conversation), 0);
    countdown = short_of;
    if (bridge_audio(house->bridge, &plane))
        return;
    for (int i = 0; i < 3; i++) {
        play.queue = i == 1;
        if (!audio_play(&target, &play, id, &event, &reason) || countdown == 0)
            paper_load(i != 2);
    }
    audio_digits(&target, "1", false, &event, &reason);
    audio_digits(&target, "2", true, &event, &reason);
    audio_play_stop(&target, NULL, &event);
    settle(house);
}

static void play_first(struct house *house)
{
    unsigned short_of = countdown;

    countdown = 0;
    play_on(house);
    countdown = short_of;
}

/* A machine that answers with a flow of its own, and whose end is asked about. */
static void greeted(struct house *house, struct dialog *in)
{
    struct dialog *out;
    struct media_port *port;

    play_first(house);
    paper.answers =
        "[{\"action\":\"connect\",\"eventType\":\"synchronous\",\"machineDetection\":\"continue\","
        "\"ringbackTone\":\"http://x.example/r.wav\",\"endpoint\":[{\"type\":\"phone\",\"number\":"
        "\"15550100003\",\"dtmfAnswer\":\"1\",\"onAnswer\":{\"url\":\"http://x.example/g\"}}]},"
        "{\"action\":\"connect\",\"eventType\":\"synchronous\",\"endpoint\":[{\"type\":\"app\","
        "\"user\":\"nobody\"}]}]";
    call_incoming(house->calls, in);
    settle(house);
    if (!paper.dialled_count)
        return;
    out = paper.dialled[0];
    port = paper.port;
    if (mem_count(out) == 1)
        return;
    out->handlers->progress(180, NULL, "a", out->arg);
    settle(house);
    paper_load(true);
    paper.answers = "[" STREAM "]";
    out->handlers->answered(SDP, out->arg);
    settle(house);
    paper_load(true);
    settle(house);
    if (mem_count(out) > 1 && !out->hung_up) {
        port->events->detected(DETECT_MACHINE, DETECT_BY_LENGTH, port->arg);
        port->events->played(1, true, port->arg);
    }
    settle(house);
    if (mem_count(out) > 1)
        over(house, out, 200, true);
}

/* One waits, another comes with whom it begins, and with whom it ends. */
static void moderated(struct house *house, struct dialog *in)
{
    struct dialog *out;
    unsigned short_of = countdown;

    countdown = 0;
    play_on(house);
    create(house, "[{\"action\":\"conversation\",\"name\":\"room\",\"endOnExit\":true}]");
    out = paper.dialled[0];
    countdown = short_of;
    paper.answers = "[{\"action\":\"conversation\",\"name\":\"room\",\"startOnEnter\":false,"
                    "\"musicOnHoldUrl\":\"http://x.example/a.wav\"}," STREAM "]";
    call_incoming(house->calls, in);
    settle(house);
    paper_load(true);
    out->handlers->answered(SDP, out->arg);
    settle(house);
    over(house, out, 200, true);
    paper_load(true); /* the stream behind it */
    paper_load(true);
}

static void end_playing(struct house *house, struct media_port *port)
{
    uint32_t play = port->play;

    port->play = 0;
    if (play)
        port->events->played(play, true, port->arg);
    settle(house);
}

/* Prompts that a key cuts, an input, a notification, keys that are told, and the end. */
static void prompted(struct house *house, struct dialog *in)
{
    unsigned short_of = countdown;
    struct media_port *port;

    countdown = 0;
    play_on(house);
    paper.answers =
        "[{\"action\":\"input\",\"mode\":\"asynchronous\"},{\"action\":\"stream\",\"bargeIn\":true,"
        "\"streamUrl\":[\"http://x.example/a.wav\"]},{\"action\":\"input\",\"maxDigits\":1},"
        "{\"action\":\"notify\",\"payload\":{\"k\":1},\"eventUrl\":[\"http://x.example/"
        "n\"]}," STREAM "," JOIN("end") "]";
    countdown = short_of;
    call_incoming(house->calls, in);
    settle(house);
    port = paper.port;
    for (int i = 0; i < 2 && in->answered && !in->hung_up && paper.ports_open; i++) {
        paper_load(true);
        settle(house);
        if (i == 0)
            port->events->digit('1', 160, port->arg);
        else
            end_playing(house, port);
        settle(house);
    }
    for (int i = 0; i < 3; i++)
        paper_load(false); /* whoever waits for one is told */
}

/* A user and a conversation for the members API. False: there was no memory for them. */
static bool make_people(struct house *house, struct user **user, struct conversation **room)
{
    const struct user_facts nobody = {.name = NULL};
    const struct conversation_facts plain = {.name = NULL};

    return user_make(demo(house), &nobody, user) == 0 &&
           conversation_make(house->bridge, demo(house), &plain, room) == 0;
}

static void invited(struct house *house, struct dialog *in)
{
    json_t *channel = json_loads("{\"type\":\"phone\",\"from\":{\"number\":\"15550100002\"},"
                                 "\"to\":{\"number\":\"15550100003\"},\"headers\":{\"K\":\"V\"}}",
                                 0, NULL);
    struct call_invitation invitation = {.asked = {.channel = channel}};
    struct conversation *other;
    struct member *member = NULL;
    const char *reason;

    (void)in;
    if (channel && make_people(house, &invitation.asked.user, &invitation.conversation) &&
        call_invite(house->calls, &invitation, &member, &reason) == 0) {
        settle(house);
        if (paper.dialled[0]) /* else its leg has failed at once */
            paper.dialled[0]->handlers->answered(SDP, paper.dialled[0]->arg);
        settle(house);
        if (conversation_members(invitation.conversation) &&
            conversation_open(house->bridge, demo(house), "b", false, &other) == 0)
            call_enter(member_at(invitation.conversation, 0), other, NULL, &member);
    }
    settle(house);
    json_decref(channel);
}

static char knocker[ID_MAX]; /* who knocked last */

static void on_event(const struct bridge_event *event, void *arg)
{
    (void)arg;
    if (strcmp(event->type, "app:knocking") == 0)
        snprintf(knocker, sizeof knocker, "%s", event->from + strlen("knocker:"));
}

static void knocked(struct house *house, struct dialog *in)
{
    const struct bridge_watch watch = {.event = on_event};
    struct member_asked asked = {.join = true};
    struct conversation *room;
    struct member *member;
    struct knock *knock;

    *knocker = '\0';
    house->application.voice.answer_url = "";
    house->application.rtc.event_url = "http://x.example/r";
    bridge_watch(house->bridge, &watch);
    call_incoming(house->calls, in);
    settle(house);
    knock = knock_find(house->calls, demo(house), knocker);
    if (knock && make_people(house, &asked.user, &room) &&
        knock_accept(knock, room, &asked, &member))
        knock_refuse(knock);
    settle(house);
}

static void run_all(scenario_h *scenario)
{
    unsigned n = 1;

    log_set_level(LOG_ERROR);
    while (run_short_of(n, scenario))
        n++;
    assert_true(n > 50);
}

static void test_sounds(void **state)
{
    (void)state;
    run_all(sounded);
}

static void test_a_flow_of_prompts(void **state)
{
    (void)state;
    run_all(prompted);
}

static void test_a_forwarded_call(void **state)
{
    (void)state;
    run_all(forwarded);
}

static void test_a_created_call(void **state)
{
    (void)state;
    run_all(created);
}

static void test_a_transferred_call(void **state)
{
    (void)state;
    run_all(transferred);
}

static void test_a_dialled_member(void **state)
{
    (void)state;
    run_all(invited);
}

static void test_a_caller_that_knocks(void **state)
{
    (void)state;
    run_all(knocked);
}

static void test_a_greeted_callee(void **state)
{
    (void)state;
    run_all(greeted);
}

static void test_a_moderated_conversation(void **state)
{
    (void)state;
    run_all(moderated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_forwarded_call),
        cmocka_unit_test(test_a_transferred_call),
        cmocka_unit_test(test_a_created_call),
        cmocka_unit_test(test_a_dialled_member),
        cmocka_unit_test(test_a_caller_that_knocks),
        cmocka_unit_test(test_sounds),
        cmocka_unit_test(test_a_greeted_callee),
        cmocka_unit_test(test_a_moderated_conversation),
        cmocka_unit_test(test_a_flow_of_prompts),
    };

    json_set_alloc_funcs(__wrap_malloc, free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
