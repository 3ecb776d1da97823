/* members_change.c: making members join, leave, hear and speak otherwise; and what all
 * handlers of members share. */
#include "api/members.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

void members_refuse(struct api_request *request, int err, const char *detail)
{
    static const struct {
        int err;
        enum api_error error;
        const char *detail;
    } rows[] = {
        {EEXIST, API_ALREADY_MEMBER, NULL},
        {EALREADY, API_ALREADY_JOINED, NULL},
        {EUSERS, API_TOO_MANY_MEMBERS, NULL},
        {EPERM, API_INVALID_ACTION, "The conversation is inactive."},
        {EINVAL, API_INVALID_CHANNEL, NULL},
        {ENOENT, API_INVALID_CHANNEL, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].err == err) {
            api_refuse(request, rows[i].error, detail ? detail : rows[i].detail);
            return;
        }
    api_refuse_errno(request, err, detail);
}

bool members_from(struct api_request *request, struct conversation *conversation,
                  struct member **from)
{
    const char *id = api_text(request, "from");

    *from = NULL;
    if (!id)
        id = api_text(request, "member_id_inviting");
    if (!id)
        id = api_query(request, "from");
    if (!id)
        return true;
    *from = api_member_of(request, conversation, id);
    return *from && api_may_act(request, *from, API_FORBIDDEN);
}

bool members_initiator(struct api_request *request, struct conversation *conversation,
                       struct initiator *initiator)
{
    struct user *actor;

    *initiator = (struct initiator){NULL, NULL};
    if (!api_actor(request, &actor))
        return false;
    if (actor) {
        initiator->user = actor;
        initiator->member = member_of_user(conversation, actor);
    }
    return true;
}

void members_answer(struct api_request *request, const struct member *member)
{
    json_t *row = member_row(member), *reply = member_json(request, row);

    json_decref(row);
    api_answer_done(request, reply);
}

bool members_rules(const json_t *channel, struct member_rules *rules)
{
    *rules = (struct member_rules){
        .can_hear = json_object_get(channel, "can_hear"),
        .can_speak = json_object_get(channel, "can_speak"),
    };
    return rules->can_hear || rules->can_speak;
}

/* The member, held, so that it can be shown when it has left. NULL: answered. */
static struct member *to_change(struct api_request *request, struct conversation *conversation)
{
    struct member *member = member_find(conversation, request->ids[1]), *from;

    if (!member) {
        members_ask_row(request);
        return NULL;
    }
    if (!api_may_act(request, member, API_FORBIDDEN) || !members_from(request, conversation, &from))
        return NULL;
    if (member_state_of(member) == MEMBER_LEFT) {
        api_refuse(request, API_INVALID_MEMBER_STATE, "The member has left.");
        return NULL;
    }
    return mem_ref(member);
}

/* The same with who changes it: a client acts as its own members only. */
static struct member *to_change_as(struct api_request *request, struct initiator *initiator)
{
    struct conversation *conversation = api_conversation(request);
    struct member *member = conversation ? to_change(request, conversation) : NULL;

    if (!member)
        return NULL;
    if (!members_initiator(request, conversation, initiator))
        return mem_unref(member);
    if (initiator->user)
        initiator->member = member;
    return member;
}

void members_delete(struct api_request *request)
{
    struct initiator initiator;
    struct member *member = to_change_as(request, &initiator);

    if (!member)
        return;
    member_leave(member, &initiator, api_query(request, "reason_code"),
                 api_query(request, "reason_text"));
    api_answer_done(request, json_object());
    mem_unref(member);
}

/* The word for what is to become of it: "joined", "left", "invited", or NULL. */
static const char *wanted(const struct api_request *request)
{
    const char *action = api_text(request, "action"), *state = api_text(request, "state");

    if (state)
        return state;
    if (!action)
        return NULL;
    return strcmp(action, "join") == 0 ? "joined" : "invited";
}

/* Rules and media of one that stays. */
static int adjust(struct api_request *request, struct member *member)
{
    const json_t *media = api_member(request, "media");
    struct member_rules rules;
    int err = 0;

    if (members_rules(api_member(request, "channel"), &rules) && member_leg(member))
        err = member_move(member, member_conversation(member), &rules, NULL);
    if (!err)
        member_set_audio(member, json_object_get(media, "audio_settings"));
    return err;
}

/* May it become what is wanted? 0, or as member_join(). One that has joined may join again
 * only to change its media or rules. */
static int may_become(const struct api_request *request, const struct member *member,
                      const char *state)
{
    struct member_rules rules;

    if (!state || member_state_of(member) != MEMBER_JOINED)
        return 0;
    if (strcmp(state, "invited") == 0)
        return EALREADY;
    if (strcmp(state, "joined") == 0 && !api_member(request, "media") &&
        !members_rules(api_member(request, "channel"), &rules))
        return EALREADY;
    return 0;
}

static void answer_changed(struct api_request *request, const struct member *member)
{
    char *path;

    if (strcmp(request->route->method, "PATCH") == 0) {
        members_answer(request, member);
        return;
    }
    path = mem_printf("conversations/%s/members", request->ids[0]);
    api_answer_done(request, json_id_href(request, path ? path : "", member_id(member)));
    mem_unref(path);
}

static void change(struct api_request *request, struct member *member,
                   const struct initiator *initiator)
{
    const char *state = wanted(request);
    const json_t *reason = api_member(request, "reason");
    int err = may_become(request, member, state);

    if (!err && state && strcmp(state, "joined") == 0 && member_state_of(member) != MEMBER_JOINED)
        err = member_join(member, initiator);
    if (!err && state && strcmp(state, "left") == 0)
        member_leave(member, initiator, json_string_value(json_object_get(reason, "code")),
                     json_string_value(json_object_get(reason, "text")));
    else if (!err)
        err = adjust(request, member);
    if (err)
        members_refuse(request, err, NULL);
    else
        answer_changed(request, member);
}

void members_change(struct api_request *request)
{
    struct initiator initiator;
    struct member *member = to_change_as(request, &initiator);

    if (!member)
        return;
    change(request, member, &initiator);
    mem_unref(member);
}
