/* members_add.c: POST of a member: by what its channel is
 *
 *   a knocking caller, or a leg that is up ──> becomes the member's
 *   phone, sip, websocket                  ──> is dialled; joins when it answers
 *   app, none                              ──> a member of text */
#include "api/members.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

struct adding {
    struct api_request *request;
    struct conversation *conversation;
    json_t *channel;        /* ours; NULL: none */
    const json_t *settings; /* of audio; or NULL */
    struct member_asked asked;
};

static bool is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

static bool is_join(const struct api_request *request)
{
    return is(api_text(request, "action"), "join") || is(api_text(request, "state"), "joined");
}

static bool dials(const char *type)
{
    return is(type, "phone") || is(type, "sip") || is(type, "websocket");
}

/* HTTP thread. */

static void check_channel(struct api_request *request)
{
    const json_t *channel = api_member(request, "channel"), *to = json_object_get(channel, "to");
    const char *type = json_string_value(json_object_get(channel, "type"));
    const char *to_type = json_string_value(json_object_get(to, "type"));
    const char *number = json_string_value(json_object_get(to, "number"));
    const char *uri = json_string_value(json_object_get(to, "uri"));
    char digits[32];

    if (!dials(type) || !to)
        return;
    if (to_type && !is(to_type, type))
        api_fault(request, "channel.to.type", "must be [%s]", type);
    else if (!is(type, "phone") && !uri)
        api_fault(request, "channel.to.uri", "is required");
    else if (is(type, "phone") && !number)
        api_fault(request, "channel.to.number", "is required");
    else if (is(type, "phone") && (!conf_digits(number, digits, sizeof digits) ||
                                   strlen(digits) < 3 || strlen(digits) > 15))
        api_fault(request, "channel.to.number", "must be a valid phone number");
}

bool members_add_check(struct api_request *request)
{
    const json_t *user = api_member(request, "user");

    if (api_is_old(request) && !api_text(request, "user_id") && !api_text(request, "user_name"))
        api_fault(request, "user_id", "is required");
    if (user && !json_object_get(user, "id") && !json_object_get(user, "name"))
        api_fault(request, "user.id", "is required");
    check_channel(request);
    return true;
}

bool members_change_check(struct api_request *request)
{
    if (api_member(request, "reason") && !is(api_text(request, "state"), "left"))
        api_fault(request, "reason", "is not allowed");
    return true;
}

/* Control. */

/* NULL: it refused. */
static struct user *asked_user(struct api_request *request)
{
    const json_t *named = api_member(request, "user");
    const char *id =
        named ? json_string_value(json_object_get(named, "id")) : api_text(request, "user_id");
    const char *name =
        named ? json_string_value(json_object_get(named, "name")) : api_text(request, "user_name");
    struct application *application = api_application(request);
    struct user *user = NULL;

    if (application && id)
        user = user_find(application, id);
    else if (application)
        user = user_named(application, name);
    if (!user)
        api_refuse(request, API_NO_USER, NULL);
    return user;
}

/* A client joins for itself, and may invite others where it is in. */
static bool may_add(struct api_request *request, const struct adding *adding)
{
    const struct initiator *by = &adding->asked.initiator;

    if (!by->user || by->user == adding->asked.user)
        return true;
    if (!adding->asked.join && by->member && member_state_of(by->member) == MEMBER_JOINED)
        return true;
    api_refuse(request, API_FORBIDDEN, NULL);
    return false;
}

static bool read_asked(struct api_request *request, struct adding *adding)
{
    struct member_asked *asked = &adding->asked;
    struct member *from;
    json_t *media = api_member(request, "media");

    *adding = (struct adding){.request = request, .conversation = api_conversation(request)};
    if (!adding->conversation)
        return false;
    asked->join = is_join(request);
    asked->user = asked_user(request);
    if (!asked->user || !members_initiator(request, adding->conversation, &asked->initiator) ||
        !members_from(request, adding->conversation, &from) || !may_add(request, adding))
        return false;
    asked->inviting = from ? from : asked->join ? NULL : asked->initiator.member;
    asked->media = media;
    adding->settings = json_object_get(media, "audio_settings");
    adding->channel = json_copy(api_member(request, "channel"));
    asked->channel = adding->channel;
    return true;
}

static void finish(struct adding *adding, struct member *member)
{
    struct member_rules rules;
    int err = 0;

    if (members_rules(adding->channel, &rules) && member_leg(member))
        err = member_move(member, adding->conversation, &rules, NULL);
    if (err)
        members_refuse(adding->request, err, NULL);
    else
        members_answer(adding->request, member);
}

static void let_in(struct adding *adding, struct knock *knock)
{
    struct member *member;
    int err;

    if (!adding->asked.join) {
        api_refuse(adding->request, API_INVALID_ACTION, "Who knocks can only join.");
        return;
    }
    err = knock_accept(knock, adding->conversation, &adding->asked, &member);
    if (err == ENOENT)
        api_refuse(adding->request, API_NO_KNOCK, NULL);
    else if (err)
        members_refuse(adding->request, err, NULL);
    else
        finish(adding, member);
}

/* A leg that is up leaves where it is. */
static void enter(struct adding *adding, struct member *member)
{
    const struct initiator *by = &adding->asked.initiator;
    struct member_rules rules;
    struct member *moved;
    int err;

    members_rules(adding->channel, &rules);
    rules.user = adding->asked.user;
    if (by->user && member_user(member) != by->user) {
        api_refuse(adding->request, API_FORBIDDEN, NULL);
        return;
    }
    if (!adding->asked.join || member_conversation(member) == adding->conversation) {
        api_refuse(adding->request, adding->asked.join ? API_ALREADY_JOINED : API_INVALID_ACTION,
                   NULL);
        return;
    }
    err = call_enter(member, adding->conversation, &rules, &moved);
    if (err == ENOENT) {
        api_refuse(adding->request, API_NO_LEG, NULL);
    } else if (err) {
        members_refuse(adding->request, err, NULL);
    } else {
        member_set_audio(moved, adding->settings);
        members_answer(adding->request, moved);
    }
}

/* What a user's own channel of this type is dialled by. NULL: it is none. */
static json_t *end_of(const json_t *own, const char *type)
{
    bool sip = is(type, "sip");
    json_t *value = json_object_get(own, sip ? "uri" : "number"), *end = NULL;

    if (is(type, "websocket"))
        end = json_object_get(own, "uri") ? json_deep_copy(own) : NULL;
    else if (json_is_integer(value))
        end = json_pack("{s:o}", "number",
                        json_sprintf("%lld", (long long)json_integer_value(value)));
    else if (json_is_string(value))
        end = json_pack("{s:O}", sip ? "uri" : "number", value);
    if (end)
        json_object_set_new(end, "type", json_string(type));
    return end;
}

/* The user's own address of that type, where the channel names none. False: it has none. */
static bool complete(struct adding *adding, const char *type)
{
    json_t *row, *own, *to;

    if (json_object_get(adding->channel, "to"))
        return true;
    row = user_row(adding->asked.user);
    own = json_object_get(json_object_get(json_object_get(row, "data"), "channels"),
                          is(type, "phone") ? "pstn" : type);
    to = end_of(json_array_get(own, 0), type);
    json_decref(row);
    if (to)
        json_object_set_new(adding->channel, "to", to);
    return to != NULL;
}

static void dial(struct adding *adding, const char *type)
{
    struct call_invitation invitation;
    const char *reason = NULL;
    struct member *member;
    int err;

    if (adding->request->api->draining) {
        api_refuse(adding->request, API_UNAVAILABLE, "The service is about to stop.");
        return;
    }
    if (!complete(adding, type)) {
        api_refuse(adding->request, API_INVALID_CHANNEL,
                   "The channel has no `to`, and the user no such channel.");
        return;
    }
    invitation =
        (struct call_invitation){.conversation = adding->conversation, .asked = adding->asked};
    err = call_invite(adding->request->api->conf.calls, &invitation, &member, &reason);
    if (err)
        members_refuse(adding->request, err, reason);
    else
        finish(adding, member);
}

/* Who was invited, and joins. */
static void join_invited(struct adding *adding, struct member *member)
{
    struct initiator by = adding->asked.initiator;
    int err;

    if (by.user)
        by.member = member;
    err = member_join(member, &by);
    if (err)
        members_refuse(adding->request, err, NULL);
    else
        members_answer(adding->request, member);
}

struct text_member {
    const struct user *user;
    struct member *found;
};

static bool find_text_member(struct member *member, void *arg)
{
    struct text_member *wanted = arg;

    if (member_leg(member) || member_user(member) != wanted->user)
        return false;
    wanted->found = member;
    return true;
}

static void add_text(struct adding *adding)
{
    struct text_member there = {adding->asked.user, NULL};
    struct member *member;
    int err = member_add(adding->conversation, &adding->asked, &member);

    if (!err) {
        members_answer(adding->request, member);
        return;
    }
    if (err == EEXIST)
        conversation_each(adding->conversation, find_text_member, &there);
    if (there.found && adding->asked.join)
        join_invited(adding, there.found); /* or has joined already */
    else if (there.found && member_state_of(there.found) == MEMBER_JOINED)
        members_refuse(adding->request, EALREADY, NULL);
    else
        members_refuse(adding->request, err, NULL);
}

/* One of a name, that was invited earlier. */
static void join_named(struct adding *adding, const char *id)
{
    struct member *member = api_member_of(adding->request, adding->conversation, id);

    if (!member)
        return;
    if (member_user(member) != adding->asked.user)
        api_refuse(adding->request, API_NO_MEMBER, NULL);
    else
        join_invited(adding, member);
}

static void add(struct adding *adding)
{
    struct api_request *request = adding->request;
    const struct api_conf *conf = &request->api->conf;
    struct application *application = api_application(request);
    const char *type = json_string_value(json_object_get(adding->channel, "type"));
    const char *id = json_string_value(json_object_get(adding->channel, "id"));
    const char *knocking = api_text(request, "knocking_id");
    const char *named = adding->asked.join ? api_text(request, "member_id") : NULL;
    struct member *up = id ? member_of_leg(conf->bridge, id) : NULL;
    struct knock *knock = NULL;

    if (!knocking)
        knocking = json_string_value(json_object_get(adding->channel, "knocking_id"));
    if (knocking)
        knock = knock_find(conf->calls, application, knocking);
    else if (id)
        knock = knock_find(conf->calls, application, id);
    if (up && conversation_application(member_conversation(up)) != application)
        up = NULL;
    if (knock)
        let_in(adding, knock);
    else if (knocking)
        api_refuse(request, API_NO_KNOCK, NULL);
    else if (up)
        enter(adding, up);
    else if (named)
        join_named(adding, named);
    else if (dials(type) && id)
        api_refuse(request, API_NO_LEG, NULL);
    else if (dials(type))
        dial(adding, type);
    else if (!type || is(type, "app"))
        add_text(adding);
    else
        api_refuse(request, API_INVALID_CHANNEL, "Channels of this type are not served.");
}

void members_add(struct api_request *request)
{
    struct adding adding;

    if (!read_asked(request, &adding))
        return;
    add(&adding);
    json_decref(adding.channel);
}
