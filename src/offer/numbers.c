/* numbers.c: see numbers.h. A number that once meant a codec means it for the whole dialog
 * (RFC 3264, 8.3.2), so what was used before is kept, or left alone. */
#include "offer/numbers.h"

#include <string.h>

enum {
    EVENT = 101, /* telephone-event/8000, unless it was elsewhere before */
    DYNAMIC = 96,
    MORE = 35, /* when those are used up (RFC 3551, 3) */
    MORE_END = 63,
    TYPES = 128
};

/* The audio line of a description that counts. */
static const sdp_rtpmap_t *maps_of(const struct description *before)
{
    const sdp_media_t *media = before ? before->session->sdp_media : NULL;

    while (media && (media->m_type != sdp_media_audio || !media->m_port))
        media = media->m_next;
    return media ? media->m_rtpmaps : NULL;
}

static uint8_t take_free(bool used[TYPES])
{
    unsigned type = DYNAMIC;

    while (type < TYPES && used[type])
        type++;
    if (type == TYPES)
        for (type = MORE; type < MORE_END && used[type]; type++)
            ;
    used[type] = true;
    return (uint8_t)type;
}

static uint8_t format_number(const struct codec_format *format, const sdp_rtpmap_t *maps,
                             bool used[TYPES])
{
    unsigned type = codec_static_type(format);

    for (; maps; maps = maps->rm_next)
        if (description_same(maps, format))
            return (uint8_t)maps->rm_pt;
    return type != CODEC_NO_TYPE && !used[type] ? (uint8_t)type : take_free(used);
}

static void add_event(struct numbers *numbers, unsigned clock, const sdp_rtpmap_t *maps,
                      bool used[TYPES])
{
    uint8_t type = 0;

    if (numbers_event(numbers, clock))
        return;
    for (; maps && !type; maps = maps->rm_next)
        if (description_is_event(maps) && maps->rm_rate == clock)
            type = (uint8_t)maps->rm_pt;
    if (!type && clock == 8000 && !used[EVENT])
        type = EVENT;
    if (!type)
        type = take_free(used);
    used[type] = true;
    numbers->events[numbers->event_count].clock = clock;
    numbers->events[numbers->event_count++].type = type;
}

void numbers_make(struct numbers *numbers, const struct offer_ability *can,
                  const struct description *before)
{
    const sdp_rtpmap_t *maps = maps_of(before);
    bool used[TYPES] = {false}, kept;

    memset(numbers, 0, sizeof *numbers);
    for (const sdp_rtpmap_t *map = maps; map; map = map->rm_next)
        used[map->rm_pt] = true;
    kept = used[EVENT];
    used[EVENT] = true;
    for (unsigned i = 0; i < can->count; i++)
        numbers->format[i] = format_number(&can->formats[i], maps, used);
    used[EVENT] = kept;
    if (can->no_events)
        return;
    add_event(numbers, 8000, maps, used);
    for (unsigned i = 0; i < can->count; i++)
        add_event(numbers, codec_clock(&can->formats[i]), maps, used);
}

uint8_t numbers_event(const struct numbers *numbers, unsigned clock)
{
    for (unsigned i = 0; i < numbers->event_count; i++)
        if (numbers->events[i].clock == clock)
            return numbers->events[i].type;
    return 0;
}
