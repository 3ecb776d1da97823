/* legs_steer.c: PUT /legs/{id}: one row an action; the same acts as those of calls and events. */
#include "api/legs.h"

#include <string.h>

static bool hang_up(struct member *member)
{
    leg_hangup(member_leg(member), NULL);
    return true;
}

static bool mute(struct member *member)
{
    member_mute(member, true, NULL);
    return true;
}

static bool unmute(struct member *member)
{
    member_mute(member, false, NULL);
    return true;
}

static bool earmuff(struct member *member)
{
    member_earmuff(member, true, NULL);
    return true;
}

static bool unearmuff(struct member *member)
{
    member_earmuff(member, false, NULL);
    return true;
}

/* Only a caller who waits can be answered. */
static bool answer(struct member *member)
{
    struct leg *leg = member_leg(member);

    if (leg_direction_of(leg) != LEG_INBOUND || leg_answered(leg))
        return false;
    leg_answer(leg);
    return true;
}

static const struct action {
    const char *name, *message;
    bool (*run)(struct member *member); /* false: it cannot be done with this leg */
} actions[] = {
    {"hangup", "Leg hung up", hang_up},          {"mute", "Leg muted", mute},
    {"unmute", "Leg unmuted", unmute},           {"earmuff", "Leg earmuffed", earmuff},
    {"unearmuff", "Leg unearmuffed", unearmuff}, {"answer", "Leg answered", answer},
};

static const char *const names[] = {"hangup",    "mute",   "unmute", "earmuff",
                                    "unearmuff", "answer", NULL};
const struct shape legs_steer_body[] = {
    {"action", SHAPE_STRING, SHAPE_REQUIRED, .words = names, .help = "What is to be done."},
    {"uuid", SHAPE_STRING, .high = 100, .help = "The leg once more; not looked at."},
    {0},
};

static const struct action *find_action(const char *name)
{
    const struct action *action = actions;

    while (strcmp(action->name, name) != 0)
        action++;
    return action;
}

void legs_steer(struct api_request *request)
{
    const struct action *action = find_action(api_text(request, "action"));
    struct member *member = legs_find(request);

    if (!member)
        return;
    if (!action->run(member))
        api_refuse(request, API_LEG_INVALID_ACTION, NULL);
    else
        api_answer_done(request, json_pack("{s:s,s:s}", request->family == API_BETA ? "uuid" : "id",
                                           request->ids[0], "message", action->message));
}
