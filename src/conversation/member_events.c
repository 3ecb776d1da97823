/* member_events.c: members as they are written: the bodies of their events, and their row. */
#include "conversation/private.h"
#include "base/clock.h"

json_t *initiator_json(const struct initiator *initiator)
{
    json_t *object;

    if (!initiator || !initiator->user)
        return json_pack("{s:b}", "isSystem", 1);
    object = json_pack("{s:b,s:s}", "isSystem", 0, "user_id", initiator->user->id);
    if (initiator->member)
        json_object_set_new(object, "member_id", json_string(initiator->member->id));
    return object;
}

static void set_time(json_t *object, const char *name, int64_t at)
{
    if (at)
        json_object_set_new(object, name, iso_time(at));
}

static json_t *media_json(const struct member *member)
{
    return json_pack("{s:b,s:{s:b,s:b,s:b}}", "audio", member->audio, "audio_settings", "enabled",
                     member->audio, "earmuffed", member->earmuffed, "muted", member->muted);
}

json_t *member_data(const struct member *member)
{
    json_t *data = json_object(), *timestamp = json_object();

    set_time(timestamp, "invited", member->invited);
    set_time(timestamp, "joined", member->joined);
    set_time(timestamp, "left", member->left);
    if (member->channel)
        json_object_set(data, "channel", member->channel);
    json_object_set_new(data, "timestamp", timestamp);
    if (member->initiator)
        json_object_set_new(data, "initiator", json_deep_copy(member->initiator));
    json_object_set_new(data, "media", media_json(member));
    json_object_set_new(data, "invited_by_us", json_boolean(member->by_us));
    if (member->invited_by)
        json_object_set_new(data, "invited_by", json_string(member->invited_by));
    if (member->knocking_id)
        json_object_set_new(data, "knocking_id", json_string(member->knocking_id));
    return data;
}

json_t *member_row(const struct member *member)
{
    int64_t created = member->invited ? member->invited : member->joined;
    json_t *data = member_data(member), *channel = json_object_get(data, "channel");

    if (channel) /* a copy: the text is made on another thread, or later */
        json_object_set_new(data, "channel", json_deep_copy(channel));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:o,s:o}", "id", member->id, "conversation",
                     member->conversation->id, "application", member->conversation->application->id,
                     "user", member->user->id, "state", member_state_text(member->state), "created",
                     (json_int_t)created, "data", data, "user_row", user_row(member->user));
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

void member_invited_event(struct member *member, const struct member *inviting, int64_t at)
{
    const struct conversation *conversation = member->conversation;
    json_t *body = json_pack(
        "{s:s,s:{s:s,s:s,s:s,s:s},s:s,s:s,s:{s:s,s:s,s:s,s:s,s:o},s:o,s:{s:o},s:O}", "cname",
        conversation->name, "conversation", "conversation_id", conversation->id, "name",
        conversation->name, "display_name", text_or(conversation->display_name, ""), "image_url",
        text_or(conversation->image_url, ""), "invited_by",
        inviting ? inviting->user->name : member->user->name, "member_id", member->id, "user",
        "member_id", member->id, "user_id", member->user->id, "id", member->user->id, "name",
        member->user->name, "media", media_json(member), "media", media_json(member), "timestamp",
        "invited", iso_time(member->invited), "initiator", member->initiator);

    if (inviting)
        json_object_set_new(body, "invited_by_member", json_string(inviting->id));
    if (member->channel) {
        json_t *channel = json_copy(member->channel);

        if (member->leg)
            json_object_set_new(channel, "legs",
                                json_pack("[{s:s,s:s}]", "leg_id", member->leg_id, "status",
                                          leg_status_text(leg_status_of(member->leg))));
        json_object_set_new(body, "channel", channel);
    }
    conversation_event(member->conversation, "member:invited", inviting ? inviting : member, NULL,
                       body, at);
}

static json_t *body_of(const struct member *member)
{
    json_t *body = json_pack("{s:{s:s}}", "user", "id", member->user->id);

    if (member->channel)
        json_object_set(body, "channel", member->channel);
    return body;
}

void member_joined_event(struct member *member, int64_t at)
{
    json_t *timestamp = json_object(), *body = body_of(member);

    set_time(timestamp, "invited", member->invited);
    set_time(timestamp, "joined", member->joined);
    json_object_set_new(body, "timestamp", timestamp);
    if (!member->user->system) {
        json_object_set_new(body, "member_id", json_string(member->id));
        json_object_set_new(json_object_get(body, "user"), "name", json_string(member->user->name));
        json_object_set_new(body, "initiator", json_deep_copy(member->initiator));
    }
    conversation_event(member->conversation, "member:joined", member, NULL, body, at);
}

void member_left_event(struct member *member, int64_t at, const char *code, const char *text)
{
    json_t *timestamp = json_object(), *body = body_of(member);

    set_time(timestamp, "joined", member->joined);
    set_time(timestamp, "left", at);
    json_object_set_new(body, "timestamp", timestamp);
    if (!member->user->system) {
        json_object_set_new(body, "member_id", json_string(member->id));
        json_object_set_new(json_object_get(body, "user"), "name", json_string(member->user->name));
        json_object_set_new(body, "initiator", json_deep_copy(member->initiator));
    }
    if (code || text)
        json_object_set_new(
            body, "reason",
            json_pack("{s:s,s:s}", "code", text_or(code, ""), "text", text_or(text, "")));
    conversation_event(member->conversation, "member:left", member, NULL, body, at);
}

void member_media_event(struct member *member, int64_t at)
{
    json_t *body = json_pack("{s:b,s:o}", "audio", member->audio, "media", media_json(member));

    if (member->channel)
        json_object_set(body, "channel", member->channel);
    conversation_event(member->conversation, "member:media", member, NULL, body, at);
}
