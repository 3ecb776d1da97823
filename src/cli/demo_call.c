/* demo_call.c: the script of the reference call: a forwarded call, mute, earmuff, the
 * conversation and its events, and the end. */
#include "cli/demo.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool both_answered(void *arg)
{
    const struct demo *demo = arg;

    return demo->caller.ended || demo->callee.ended ||
           (demo->caller.answered && demo->callee.answered);
}

static bool both_told(void *arg)
{
    const struct demo *demo = arg;

    return demo_hook_find(demo, "inbound", "answered") &&
           demo_hook_find(demo, "outbound", "answered");
}

static bool connect_them(struct demo *demo)
{
    int err;

    demo_title(demo, "The call");
    demo_say(demo, DEMO_PLAIN, "caller", "calls %s", DEMO_NUMBER);
    err = demo_phones_call(demo);
    if (err)
        return demo_check(demo, false, "caller", "cannot call: %s", strerror(err));
    demo_wait(demo, both_answered, demo, DEMO_PATIENCE);
    if (!demo_daemon_alive(demo))
        return demo_check(demo, false, "daemon", "has died");
    if (!demo->caller.answered || !demo->callee.answered)
        return demo_check(demo, false, "call", "was not connected");
    demo_wait(demo, both_told, demo, DEMO_PATIENCE);
    return demo_check(demo, both_told(demo), "call", "is up, and the application knows");
}

static int64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Checks a reply's status. */
static void check_reply(struct demo *demo, int err, const struct client_reply *reply, int status,
                        const char *shown)
{
    if (err)
        demo_check(demo, false, "REST", "%s: %s", shown, reply->reason);
    else if (reply->status == status)
        demo_check(demo, true, "REST", "%s → %d", shown, status);
    else
        demo_check(demo, false, "REST", "%s → %d, not %d: %s", shown, reply->status, status,
                   reply->reason);
}

/* Steers a leg; returns the moment of the reply (wall [ns]), 0 when it was refused. */
static int64_t steer(struct demo *demo, struct demo_side *side, const char *action)
{
    json_t *body = json_pack("{ss}", "action", action);
    struct client_reply reply;
    char path[128], shown[128];
    int64_t at;
    int err;

    snprintf(path, sizeof path, "/v1/calls/%s", side->uuid);
    snprintf(shown, sizeof shown, "PUT /v1/calls/…%s {\"action\":\"%s\"}", demo_short(side->uuid),
             action);
    err = client_ask(demo->client, "PUT", path, body, &reply);
    at = wall_ns();
    check_reply(demo, err, &reply, 204, shown);
    json_decref(body);
    client_reply_free(&reply);
    return !err && reply.status == 204 ? at : 0;
}

static void mute_and_earmuff(struct demo *demo)
{
    struct demo_side *caller = &demo->caller, *callee = &demo->callee;
    int64_t at;

    demo_title(demo, "Mute the caller");
    phone_port_trace(line_port(callee->line));
    at = steer(demo, caller, "mute");
    demo_falls_silent(demo, callee, caller->tone, at, "the caller is muted");
    demo_hears(demo, caller, callee->tone, "a mute closes the mouth, not the ears");
    steer(demo, caller, "unmute");
    demo_hears(demo, callee, caller->tone, "the caller is back");

    demo_title(demo, "Earmuff the callee");
    phone_port_trace(line_port(callee->line));
    at = steer(demo, callee, "earmuff");
    demo_falls_silent(demo, callee, caller->tone, at, "it wears earmuffs");
    demo_hears(demo, caller, callee->tone, "earmuffs close the ears, not the mouth");
    steer(demo, callee, "unearmuff");
    demo_hears(demo, callee, caller->tone, "the earmuffs are off");
}

/* GET of the conversation, or of what is below it; checks the status and hands the
 * JSON over. */
static json_t *get(struct demo *demo, const char *below, int status)
{
    struct client_reply reply;
    char path[128], shown[128];
    int err;

    snprintf(path, sizeof path, "/beta/conversations/%s%s", demo->conversation, below);
    snprintf(shown, sizeof shown, "GET /beta/conversations/CON-…%s%s",
             demo_short(demo->conversation), below);
    err = client_ask(demo->client, "GET", path, NULL, &reply);
    check_reply(demo, err, &reply, status, shown);
    return reply.json;
}

static unsigned print_members(struct demo *demo, const json_t *conversation)
{
    const json_t *member;
    unsigned joined = 0;
    size_t i;

    json_array_foreach (json_object_get(conversation, "members"), i, member) {
        const json_t *channel = json_object_get(member, "channel");
        const char *state = json_string_value(json_object_get(member, "state"));
        const char *from =
            json_string_value(json_object_get(json_object_get(channel, "from"), "number"));
        const char *to =
            json_string_value(json_object_get(json_object_get(channel, "to"), "number"));
        const char *id = json_string_value(json_object_get(member, "member_id"));

        joined += state && strcmp(state, "JOINED") == 0;
        demo_say(demo, DEMO_PLAIN, "member", "MEM-…%s  %-8s %s → %s", demo_short(id ? id : "?"),
                 state ? state : "?", from ? from : "?", to ? to : "?");
    }
    return joined;
}

/* In one line or more: 1 member:joined · 2 sip:ringing · … */
static bool print_events(struct demo *demo, const json_t *events)
{
    char text[160] = "";
    bool in_order = json_array_size(events) > 0;
    const json_t *event;
    size_t i, at = 0;

    json_array_foreach (events, i, event) {
        const char *type = json_string_value(json_object_get(event, "type"));
        json_int_t id = json_integer_value(json_object_get(event, "id"));

        in_order = in_order && id == (json_int_t)i + 1 && type;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%d %s", at ? " · " : "", (int)id,
                               type ? type : "?");
        if (at > 64 || i + 1 == json_array_size(events)) {
            demo_say(demo, DEMO_PLAIN, "event", "%s", text);
            at = 0;
        }
    }
    return in_order;
}

static void look(struct demo *demo)
{
    json_t *conversation, *events;
    json_int_t sequence;
    unsigned joined;
    bool in_order;

    demo_title(demo, "The conversation");
    conversation = get(demo, "", 200);
    joined = print_members(demo, conversation);
    events = get(demo, "/events", 200);
    in_order = print_events(demo, events);
    sequence = json_integer_value(json_object_get(conversation, "sequence_number"));
    demo_check(demo, joined == 2 && in_order && sequence == (json_int_t)json_array_size(events),
               "events", "%u of 2 members joined; %zu events, numbered in order", joined,
               json_array_size(events));
    json_decref(conversation);
    json_decref(events);
}

static bool both_over(void *arg)
{
    const struct demo *demo = arg;

    return demo->caller.ended && demo->callee.ended &&
           demo_hook_find(demo, "inbound", "completed") &&
           demo_hook_find(demo, "outbound", "completed");
}

static void hang_up(struct demo *demo)
{
    bool remote;

    demo_title(demo, "The end");
    line_hangup(demo->caller.line);
    demo_wait(demo, both_over, demo, DEMO_PATIENCE);
    remote = demo->callee.ended && demo->callee.remote;
    demo_check(demo, remote, "callee", remote ? "was hung up on in turn" : "was not hung up on");
    json_decref(get(demo, "", 404)); /* it went with its last leg */
}

/* The webhooks of a leg, in order, must be these words. */
static void check_hooks(struct demo *demo, const char *direction, const char *wanted)
{
    char got[256] = "";
    size_t at = 0;

    list_each (node, &demo->hooks) {
        const struct demo_hook *hook = list_entry(node, struct demo_hook, node);
        const char *word = hook->answer ? "answer?" : demo_field(hook, "status");
        const char *way = hook->answer ? "inbound" : demo_field(hook, "direction");

        if (strcmp(way, direction) == 0 && at < sizeof got)
            at += (size_t)snprintf(got + at, sizeof got - at, "%s%s", at ? ", " : "", word);
    }
    if (strcmp(got, wanted) == 0)
        demo_check(demo, true, "webhooks", "of the %s leg: %s", direction, got);
    else
        demo_check(demo, false, "webhooks", "of the %s leg: %s; not %s", direction, got, wanted);
}

bool demo_call(struct demo *demo)
{
    if (!connect_them(demo))
        return false;
    demo_title(demo, "What they hear");
    demo_hears(demo, &demo->callee, demo->caller.tone, "the caller, and not itself");
    demo_hears(demo, &demo->caller, demo->callee.tone, "the callee, and not itself");
    mute_and_earmuff(demo);
    look(demo);
    hang_up(demo);
    check_hooks(demo, "inbound", "started, ringing, answer?, answered, completed");
    check_hooks(demo, "outbound", "started, ringing, answered, completed");
    return !demo_broken(demo);
}
