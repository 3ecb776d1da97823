/* choose.c: which line of a peer's SDP we take, which codec and telephone-event of it, in packets
 * of which length; and what is wrong when there is none. */
#include "offer/crypto.h"
#include "offer/fmtp.h"
#include "offer/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PTIME = 20, PTIME_LEAST = 10, PTIME_MOST = 100 }; /* [ms] */

/* Appends the text, or what there is room for. */
static void add(char reason[OFFER_REASON], const char *text)
{
    size_t at = strlen(reason);

    snprintf(reason + at, OFFER_REASON - at, "%s", text);
}

/* Appends " word" while there is room. */
static void add_word(char reason[OFFER_REASON], const char *word)
{
    size_t at = strlen(reason);

    if (at + strlen(word) + 2 > OFFER_REASON)
        return;
    reason[at++] = ' ';
    for (; *word; word++)
        reason[at++] = description_plain(*word);
    reason[at] = '\0';
}

bool description_same(const sdp_rtpmap_t *map, const struct codec_format *format)
{
    int codec = codec_find(map->rm_encoding);
    bool mono = !map->rm_params || atoi(map->rm_params) == 1;

    /* Opus is always told as of two channels, whatever it carries (RFC 7587, 7) */
    return codec >= 0 && (enum codec)codec == format->codec &&
           map->rm_rate == codec_clock(format) && (mono || format->codec == CODEC_OPUS);
}

bool description_is_event(const sdp_rtpmap_t *map)
{
    return !strcasecmp(map->rm_encoding, "telephone-event");
}

/* Which of our formats the map names; count: none. */
static unsigned format_of(const struct offer_ability *can, const sdp_rtpmap_t *map)
{
    unsigned i = 0;

    while (i < can->count && !description_same(map, &can->formats[i]))
        i++;
    return i;
}

/* What the peer would have, of what we have: by the order of its list. */
static const sdp_rtpmap_t *find_theirs(const struct offer_ability *can, const sdp_media_t *media,
                                       unsigned *format)
{
    for (const sdp_rtpmap_t *map = media->m_rtpmaps; map; map = map->rm_next) {
        *format = format_of(can, map);
        if (*format < can->count)
            return map;
    }
    return NULL;
}

/* The same by the order of ours. */
static const sdp_rtpmap_t *find_ours(const struct offer_ability *can, const sdp_media_t *media,
                                     unsigned *format)
{
    for (*format = 0; *format < can->count; ++*format)
        for (const sdp_rtpmap_t *map = media->m_rtpmaps; map; map = map->rm_next)
            if (description_same(map, &can->formats[*format]))
                return map;
    return NULL;
}

/* How a peer's line may be, the best first. */
struct wish {
    const enum offer_profile *profiles;
    unsigned count;
    bool answering;
};

static struct wish wish_of(const struct offer_ability *can, const struct offer_local *local,
                           bool answering)
{
    static const enum offer_profile all[] = {OFFER_SAVP, OFFER_AVP_CRYPTO, OFFER_AVP};
    enum offer_security security = local->keys ? can->security : OFFER_PLAIN;

    if (security == OFFER_PLAIN)
        return (struct wish){all + 2, 1, answering};
    if (answering)
        return (struct wish){all, security == OFFER_SECURE ? 1 : 3, true};
    if (local->profile == OFFER_SAVP)
        return (struct wish){all, 1, false};
    if (local->profile == OFFER_AVP_CRYPTO) /* who passes over a=crypto has answered RTP/AVP */
        return (struct wish){all + 1, security == OFFER_SECURE ? 1 : 2, false};
    return (struct wish){all + 2, 1, false};
}

static bool is_open(const sdp_media_t *media)
{
    return media->m_type == sdp_media_audio && media->m_port;
}

static bool has_proto(const sdp_media_t *media, enum offer_profile profile)
{
    return is_open(media) &&
           media->m_proto == (profile == OFFER_SAVP ? sdp_proto_srtp : sdp_proto_rtp);
}

/* Is the line so, with a key when there has to be one? */
static bool is_so(const struct wish *wish, const sdp_media_t *media, enum offer_profile profile,
                  struct crypto *crypto)
{
    crypto->key.suite = SRTP_NONE;
    if (!has_proto(media, profile) || profile == OFFER_AVP)
        return has_proto(media, profile);
    return wish->answering ? crypto_choose(media, crypto) : crypto_accept(media, crypto);
}

static bool is_usable(const struct wish *wish, const sdp_media_t *media)
{
    struct crypto crypto;
    bool usable = false;

    for (unsigned i = 0; i < wish->count && !usable; i++)
        usable = is_so(wish, media, wish->profiles[i], &crypto);
    srtp_key_wipe(&crypto.key);
    return usable;
}

/* A codec that we have at several rates is told once. */
static bool is_first(const struct offer_ability *can, unsigned format)
{
    for (unsigned i = 0; i < format; i++)
        if (can->formats[i].codec == can->formats[format].codec)
            return false;
    return true;
}

static void list_codecs(const struct description *description, const struct offer_ability *can,
                        const struct wish *wish, char reason[OFFER_REASON])
{
    char number[8];

    snprintf(reason, OFFER_REASON, "offered");
    for (const sdp_media_t *media = description->session->sdp_media; media; media = media->m_next)
        for (const sdp_rtpmap_t *map = is_usable(wish, media) ? media->m_rtpmaps : NULL; map;
             map = map->rm_next) {
            /* both lists must fit: ours ends the line */
            if (strlen(reason) > OFFER_REASON - 64 || strlen(map->rm_encoding) > 31 ||
                description_is_event(map))
                continue;
            snprintf(number, sizeof number, "%u", map->rm_pt);
            add_word(reason, map->rm_encoding[0] ? map->rm_encoding : number);
        }
    add(reason, ", supported");
    for (unsigned i = 0; i < can->count; i++)
        if (is_first(can, i))
            add_word(reason, codec_name(can->formats[i].codec));
}

static bool wants(const struct wish *wish, enum offer_profile profile)
{
    for (unsigned i = 0; i < wish->count; i++)
        if (wish->profiles[i] == profile)
            return true;
    return false;
}

static void list_profiles(const struct wish *wish, const sdp_media_t *media,
                          char reason[OFFER_REASON])
{
    bool keyless = media->m_proto == sdp_proto_srtp && wants(wish, OFFER_SAVP);

    snprintf(reason, OFFER_REASON, "offered");
    add_word(reason, strlen(media->m_proto_name) < 64 ? media->m_proto_name : "unknown");
    if (keyless)
        add(reason, " without a usable a=crypto");
    add(reason, ", supported");
    if (wants(wish, OFFER_AVP))
        add_word(reason, "RTP/AVP");
    if (wants(wish, OFFER_SAVP))
        add_word(reason, "RTP/SAVP");
    for (unsigned suite = SRTP_GCM_128; keyless && suite < SRTP_SUITES; suite++)
        add_word(reason, srtp_suite_name((enum srtp_suite)suite));
}

/* Why no line could be chosen. */
static int explain(const struct description *description, const struct offer_ability *can,
                   const struct wish *wish, char reason[OFFER_REASON])
{
    const sdp_media_t *other = NULL;
    bool off = false;

    for (const sdp_media_t *media = description->session->sdp_media; media; media = media->m_next) {
        if (is_usable(wish, media)) {
            list_codecs(description, can, wish, reason);
            return ENOTSUP;
        }
        if (is_open(media) && !other)
            other = media;
        else if (media->m_type == sdp_media_audio)
            off = true;
    }
    if (other) {
        list_profiles(wish, other, reason);
    } else {
        snprintf(reason, OFFER_REASON, "%s", off ? "audio line has port 0" : "no audio line");
    }
    return ENOTSUP;
}

/* The most that a format allows of at most that many [ms]. */
static unsigned ptime_within(const struct codec_format *format, unsigned most)
{
    unsigned ptime = codec_ptime(format, most);

    for (unsigned ms = most; ptime > most && ms >= PTIME_LEAST; ms--)
        ptime = codec_ptime(format, ms);
    return ptime;
}

/* [ms] of the packets we send: what the peer asks for, else what we would have of it. */
static unsigned read_ptime(const sdp_media_t *media, const struct offer_ability *can,
                           const struct codec_format *format)
{
    const char *value = description_attribute(media, "ptime");
    const char *most = description_attribute(media, "maxptime");
    unsigned own = can->ptime ? can->ptime : PTIME;
    unsigned long ptime = value ? strtoul(value, NULL, 10) : own;
    unsigned long limit = most ? strtoul(most, NULL, 10) : PTIME_MOST;

    if (ptime < PTIME_LEAST || ptime > PTIME_MOST)
        ptime = own;
    if (limit >= PTIME_LEAST && limit < ptime)
        return ptime_within(format, (unsigned)limit);
    return codec_ptime(format, (unsigned)ptime);
}

/* Durations and timestamps are to count alike (RFC 4733, 2.1); many count at 8000 Hz always. */
static void choose_event(const sdp_media_t *media, struct offer_agreed *agreed)
{
    unsigned clock = codec_clock(&agreed->format);

    for (const sdp_rtpmap_t *map = media->m_rtpmaps; map; map = map->rm_next) {
        bool better =
            !agreed->event_clock || (agreed->event_clock != clock && map->rm_rate == clock);

        if (!description_is_event(map) || (map->rm_rate != clock && map->rm_rate != 8000) ||
            !better)
            continue;
        agreed->event_payload_type = (uint8_t)map->rm_pt;
        agreed->event_clock = (unsigned)map->rm_rate;
    }
}

/* The first line of that profile with a codec of ours. */
static const sdp_rtpmap_t *find_line(struct description *description,
                                     const struct offer_ability *can, const struct wish *wish,
                                     enum offer_profile profile)
{
    const sdp_rtpmap_t *map = NULL;
    const sdp_media_t *media = description->session->sdp_media;

    for (; media && !map; media = media->m_next) {
        if (!is_so(wish, media, profile, &description->crypto))
            continue;
        map = wish->answering && can->prefer_ours ? find_ours(can, media, &description->format)
                                                  : find_theirs(can, media, &description->format);
        description->audio = media;
    }
    return map;
}

static void choose_keys(const struct description *description, const struct offer_local *local,
                        struct offer_agreed *agreed)
{
    if (description->crypto.key.suite == SRTP_NONE)
        return;
    agreed->receive_key = description->crypto.key;
    agreed->send_key = local->keys->of[agreed->receive_key.suite];
}

int description_choose(struct description *description, const struct offer_ability *can,
                       const struct offer_local *local, bool answering, struct offer_agreed *agreed,
                       char reason[OFFER_REASON])
{
    struct wish wish = wish_of(can, local, answering);
    const sdp_rtpmap_t *map = NULL;
    const sdp_media_t *media;

    memset(agreed, 0, sizeof *agreed);
    for (unsigned i = 0; i < wish.count && !map; i++) {
        agreed->profile = wish.profiles[i];
        map = find_line(description, can, &wish, agreed->profile);
    }
    if (!map)
        return explain(description, can, &wish, reason);
    choose_keys(description, local, agreed);
    media = description->audio;
    agreed->format = can->formats[description->format];
    fmtp_shape(&agreed->format, map->rm_fmtp);
    agreed->payload_type = (uint8_t)map->rm_pt;
    if (!can->no_events)
        choose_event(media, agreed);
    agreed->ptime = read_ptime(media, can, &agreed->format);
    return 0;
}
