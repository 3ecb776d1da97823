/* knock.c: who waits to be let in: an inbound call to an application that has nothing but an
 * rtc event_url, or an app channel that REST announces.
 *
 *   knocking ──accepted──> a member; a caller is answered
 *      └──refused, caller hung up, nobody came in time──> app:knocking:cancel, gone
 *
 * The list of the calls holds a knock's only reference. A knock with a leg owns it, with the
 * call that its statuses are told by, until a member takes both. */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KNOCK_MAGIC = 0x6b6e6f31, WAIT_MS = 60000, KNOCKS = 1000, NAME = ID_UUID + 16 };

struct knock {
    unsigned magic; /* control thread */
    struct list node;
    struct calls *calls;
    struct application *application; /* our reference */
    struct user *user;               /* our reference: who knocks */
    struct leg *leg;                 /* our reference; NULL: none */
    struct call *call;               /* the leg's; our reference until it is accepted */
    json_t *channel;
    struct timer timer;
    char id[ID_UUID];
};

static void destroy(void *obj)
{
    struct knock *knock = obj;

    list_remove(&knock->node);
    loop_cancel(bridge_loop(knock->calls->bridge), &knock->timer);
    json_decref(knock->channel);
    mem_unref(knock->user);
    mem_unref(knock->leg);
    mem_unref(knock->call);
    mem_unref(knock->application);
    knock->magic = 0;
}

const char *knock_id(const struct knock *knock)
{
    return knock->id;
}

struct knock *knock_find(struct calls *calls, const struct application *application, const char *id)
{
    list_each (node, &calls->knocks) {
        struct knock *knock = list_entry(node, struct knock, node);

        if (knock->application == application &&
            (!strcmp(knock->id, id) || (knock->leg && !strcmp(leg_id(knock->leg), id))))
            return knock;
    }
    return NULL;
}

static void tell(struct knock *knock, const char *type, json_t *body)
{
    char from[NAME];

    snprintf(from, sizeof from, "knocker:%s", knock->id);
    application_tell(knock->calls->bridge, knock->application, type, from, body);
}

static void tell_knocking(struct knock *knock)
{
    tell(knock, "app:knocking",
         json_pack("{s:{s:s,s:s},s:O,s:{}}", "user", "id", user_id(knock->user), "name",
                   user_name(knock->user), "channel", knock->channel, "properties"));
    if (knock->leg)
        tell(knock, "sip:ringing",
             json_pack("{s:s,s:O}", "direction", "inbound", "channel", knock->channel));
}

static void tell_cancel(struct knock *knock, const char *code, const char *text)
{
    char at[CLOCK_ISO];

    clock_iso(at, clock_wall_ms());
    tell(knock, "app:knocking:cancel",
         json_pack("{s:{s:s},s:{s:s,s:s},s:{s:s},s:O}", "user", "id", user_id(knock->user),
                   "reason", "code", code, "text", text, "timestamp", "left", at, "channel",
                   knock->channel));
}

/* The leg's last status. */
static void on_status(struct leg *leg, const struct leg_news *news, void *arg)
{
    struct knock *knock = arg;
    struct store *store = bridge_store(knock->calls->bridge);
    char code[16];

    (void)leg;
    MAGIC_CHECK(knock, KNOCK_MAGIC);
    if (!leg_status_final(news->status))
        return;
    snprintf(code, sizeof code, "%d", news->sip_code);
    store_together(store);
    notice_final(knock->call, news);
    tell_cancel(knock, code, news->phrase ? news->phrase : "");
    store_together_end(store);
    mem_unref(knock);
}

void knock_refuse(struct knock *knock)
{
    MAGIC_CHECK(knock, KNOCK_MAGIC);
    if (knock->leg) {
        leg_hangup(knock->leg, leg_cause_sip(480)); /* its last status ends the knock */
        return;
    }
    tell_cancel(knock, "480", "Temporarily Unavailable");
    mem_unref(knock);
}

void knock_refuse_all(struct calls *calls, const char *application)
{
    list_each (node, &calls->knocks) {
        struct knock *knock = list_entry(node, struct knock, node);

        if (!application || !strcmp(application_id(knock->application), application))
            knock_refuse(knock);
    }
}

static void on_timeout(void *arg)
{
    knock_refuse(arg);
}

static unsigned waiting(const struct calls *calls)
{
    unsigned count = 0;

    list_each (node, &calls->knocks)
        count++;
    return count;
}

static int alloc(struct calls *calls, struct application *application, struct user *user,
                 struct knock **knockp)
{
    struct knock *knock;
    int err = 0;

    if (waiting(calls) >= KNOCKS)
        return EAGAIN;
    knock = mem_alloc(sizeof *knock, destroy);
    if (!knock)
        return ENOMEM;
    knock->magic = KNOCK_MAGIC;
    knock->calls = calls;
    knock->application = mem_ref(application);
    id_uuid(knock->id);
    if (user)
        knock->user = mem_ref(user);
    else
        err = user_make_system(application, NULL, &knock->user);
    if (!err)
        err = loop_start(bridge_loop(calls->bridge), &knock->timer, WAIT_MS, on_timeout, knock);
    if (err) {
        mem_unref(knock);
        return err;
    }
    list_append(&calls->knocks, &knock->node);
    *knockp = knock;
    return 0;
}

int knock_make(struct calls *calls, struct application *application, struct user *user,
               const json_t *channel, struct knock **knockp)
{
    struct knock *knock;
    int err = alloc(calls, application, user, &knock);

    if (err)
        return err;
    knock->channel = json_deep_copy(channel);
    if (!knock->channel) {
        mem_unref(knock);
        return ENOMEM;
    }
    tell_knocking(knock);
    *knockp = knock;
    return 0;
}

static json_t *channel_of(const struct leg *leg)
{
    return json_pack("{s:s,s:s,s:o,s:o,s:{},s:[{s:s,s:s}],s:[s]}", "type", "phone", "id",
                     leg_id(leg), "from", endpoint_json(leg_from(leg)), "to",
                     endpoint_json(leg_to(leg)), "headers", "legs", "leg_id", leg_id(leg), "status",
                     "ringing", "leg_ids", leg_id(leg));
}

static void ring(struct call *call)
{
    leg_ring(call->leg);
}

/* The knock takes the leg's reference when it can be made. */
static int make_with_leg(struct calls *calls, struct application *application, struct leg *leg,
                         struct knock **knockp)
{
    static const struct leg_handlers handlers = {.status = on_status};
    struct knock *knock;
    int err = alloc(calls, application, NULL, &knock);

    if (err)
        return err;
    knock->channel = channel_of(leg);
    err = knock->channel ? call_alloc(calls, application, leg, &knock->call) : ENOMEM;
    if (err) {
        mem_unref(knock);
        return err;
    }
    knock->leg = leg;
    leg_own(leg, &handlers, knock);
    *knockp = knock;
    return 0;
}

void knock_incoming(struct calls *calls, struct application *application, struct dialog *dialog)
{
    struct store *store = bridge_store(calls->bridge);
    struct knock *knock;
    struct leg *leg;

    if (leg_incoming(bridge_plane(calls->bridge), dialog, &leg))
        return;
    if (make_with_leg(calls, application, leg, &knock)) {
        leg_hangup(leg, leg_cause_sip(500));
        mem_unref(leg);
        return;
    }
    store_together(store);
    notice_started(knock->call, leg_created(leg));
    notice_ringing(knock->call, leg_created(leg));
    tell_knocking(knock);
    store_together_end(store);
    call_after_commit(knock->call, ring);
    log_info("ncco", "knocking id=%s leg=%s", knock->id, leg_id(leg));
}

int knock_accept(struct knock *knock, struct conversation *conversation,
                 const struct member_asked *asked, struct member **memberp)
{
    struct member_asked full = *asked;
    struct call *call = knock->call;
    int err;

    MAGIC_CHECK(knock, KNOCK_MAGIC);
    if (knock->leg && leg_ending(knock->leg))
        return ENOENT;
    full.join = true;
    full.knocking_id = knock->id;
    full.leg = mem_ref(knock->leg);
    full.legs_told = knock->leg != NULL;
    if (!full.channel)
        full.channel = knock->channel;
    err = member_add(conversation, &full, memberp);
    if (err) {
        mem_unref(knock->leg); /* the one it would have taken */
        return err;
    }
    if (call) {
        call->member = *memberp;
        member_keep(call->member, call);
        knock->call = NULL;
        call_answer_soon(call);
    }
    mem_unref(knock);
    return 0;
}
