/* channel.c: the channel object, as the bodies of events and members carry it. The key
 * order of an inbound and an outbound one differs, as in the recorded API. */
#include "conversation/private.h"

json_t *endpoint_json(const struct endpoint *end)
{
    return json_pack("{s:s,s:s}", "type", endpoint_type_text(end->type), endpoint_key(end->type),
                     end->address);
}

static json_t *outbound_end(const struct endpoint *end)
{
    return json_pack("{s:s,s:s}", endpoint_key(end->type), end->address, "type",
                     endpoint_type_text(end->type));
}

json_t *channel_inbound(const struct leg *leg)
{
    return json_pack("{s:s,s:s,s:o,s:o,s:[s]}", "type", "phone", "id", leg_id(leg), "from",
                     endpoint_json(leg_from(leg)), "to", endpoint_json(leg_to(leg)), "leg_ids",
                     leg_id(leg));
}

json_t *channel_outbound(const struct leg *leg, const struct member_invitation *invitation)
{
    return json_pack("{s:s,s:s,s:o,s:[s],s:o,s:b,s:b,s:I,s:I,s:I}", "type",
                     endpoint_type_text(leg_to(leg)->type), "id", leg_id(leg), "from",
                     outbound_end(leg_from(leg)), "leg_ids", leg_id(leg), "to",
                     outbound_end(leg_to(leg)), "cpa", 0, "preanswer", 0, "ring_timeout",
                     (json_int_t)invitation->ring_timeout, "cpa_time", (json_int_t)5000,
                     "max_length", (json_int_t)invitation->max_length);
}

static void put_over(json_t *channel, json_t *facts)
{
    json_t *value;
    const char *name;

    json_object_foreach (facts, name, value)
        json_object_set(channel, name, value);
    json_decref(facts);
}

json_t *channel_asked(const json_t *asked, const struct leg *leg,
                      const struct member_invitation *invitation)
{
    json_t *channel = asked ? json_deep_copy(asked) : NULL;

    if (!leg) { /* what it says of legs is not ours */
        json_object_del(channel, "leg_ids");
        json_object_del(channel, "legs");
        return channel;
    }
    if (!channel)
        channel = json_object();
    put_over(channel, leg_direction_of(leg) == LEG_OUTBOUND ? channel_outbound(leg, invitation)
                                                            : channel_inbound(leg));
    return channel;
}
