/* types.c: what a payload type means. A peer should send with the numbers of our SDP, and we with
 * those of its own; one that sends with its own is understood where that is not ambiguous. */
#include "stream/private.h"

enum { TYPE_PCMU = 0, TYPE_PCMA = 8, TYPE_COMFORT_NOISE = 13, EVENT_CLOCK = 8000 };

static bool is_event(uint8_t type, uint8_t event)
{
    return event && type == event;
}

enum packet_kind stream_kind(const struct stream_params *params, uint8_t type)
{
    if (type ==
        (params->receive_payload_type ? params->receive_payload_type : params->payload_type))
        return PACKET_SOUND;
    if (is_event(type, params->receive_event_type ? params->receive_event_type
                                                  : params->event_payload_type))
        return PACKET_EVENT;
    if (type == params->payload_type)
        return PACKET_SOUND;
    if (is_event(type, params->event_payload_type))
        return PACKET_EVENT;
    if (type == TYPE_PCMU)
        return PACKET_PCMU;
    if (type == TYPE_PCMA)
        return PACKET_PCMA;
    return type == TYPE_COMFORT_NOISE ? PACKET_NOISE : PACKET_FOREIGN;
}

unsigned stream_event_units(const struct stream_params *params)
{
    return (params->event_clock ? params->event_clock : EVENT_CLOCK) / 1000;
}
