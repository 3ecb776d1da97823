/* read.c: see read.h. The syntax is Sofia's; what follows from it is ours: which
 * line, which codec, which addresses, which direction. */
#include "offer/read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PTIME = 20, PTIME_LEAST = 10, PTIME_MOST = 100 }; /* [ms] */

/* Nothing a quoted string of a header would mind. */
static char plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?';
}

static bool is_token(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && (unsigned char)c < 0x80 &&
           !strchr("\"(),/:;<=>?@[\\]", c);
}

/* True for `TYPE PORT PROTO FORMAT …` of tokens. Sofia's parser never comes back from a
 * format that does not begin with one. */
static bool is_media_line(const char *line, size_t size)
{
    unsigned spaces = 0;

    for (size_t i = 0; i < size; i++)
        if (line[i] == ' ')
            spaces++;
        else if (!is_token(line[i]) && (line[i] != '/' || spaces > 2))
            return false;
    return size > 0;
}

/* Copies line by line without white space at either end. False: a bad m= line. */
static bool tidy(char copy[OFFER_LONGEST + 1], const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\r\n"), first = strspn(text, " \t"), last = size;

        while (last > first && (text[last - 1] == ' ' || text[last - 1] == '\t'))
            last--;
        if (first < last) {
            memcpy(copy, text + first, last - first);
            if (!strncmp(copy, "m=", 2) && !is_media_line(copy + 2, last - first - 2))
                return false;
            copy += last - first;
        }
        text += size;
        if (*text)
            *copy++ = *text++;
    }
    *copy = '\0';
    return true;
}

int description_read(struct description *description, const char *text, char reason[OFFER_REASON])
{
    size_t size = strnlen(text, OFFER_LONGEST + 1);
    char copy[OFFER_LONGEST + 1];

    memset(description, 0, sizeof *description);
    if (!size || size > OFFER_LONGEST) {
        snprintf(reason, OFFER_REASON, size ? "SDP of more than %d bytes" : "empty SDP",
                 OFFER_LONGEST);
        return EINVAL;
    }
    if (!tidy(copy, text)) {
        snprintf(reason, OFFER_REASON, "bad SDP: bad m= line");
        return EINVAL;
    }
    description->parser = sdp_parse(NULL, copy, -1, 0);
    description->session = sdp_session(description->parser);
    if (description->session && description->session->sdp_origin)
        return 0;
    snprintf(reason, OFFER_REASON, "bad SDP: %s",
             description->session ? "no o= line" : sdp_parsing_error(description->parser));
    for (char *c = reason; *c; c++)
        *c = plain(*c);
    description_close(description);
    return EINVAL;
}

void description_close(struct description *description)
{
    sdp_parser_free(description->parser);
    memset(description, 0, sizeof *description);
}

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
        reason[at++] = plain(*word);
    reason[at] = '\0';
}

static bool is_event(const sdp_rtpmap_t *map)
{
    return !strcasecmp(map->rm_encoding, "telephone-event");
}

/* Which of our codecs the map names; -1: none. */
static int codec_of(const struct offer_ability *can, const sdp_rtpmap_t *map)
{
    int codec = codec_find(map->rm_encoding);

    if (codec < 0 || map->rm_rate != 8000 || (map->rm_params && atoi(map->rm_params) != 1))
        return -1;
    for (unsigned i = 0; i < can->count; i++)
        if (can->formats[i].codec == (enum codec)codec)
            return codec;
    return -1;
}

static const sdp_rtpmap_t *find_codec(const struct offer_ability *can, const sdp_media_t *media,
                                      enum codec *codec)
{
    for (const sdp_rtpmap_t *map = media->m_rtpmaps; map; map = map->rm_next) {
        int found = codec_of(can, map);

        if (found >= 0) {
            *codec = (enum codec)found;
            return map;
        }
    }
    return NULL;
}

static bool is_audio(const sdp_media_t *media)
{
    return media->m_type == sdp_media_audio && media->m_port && media->m_proto == sdp_proto_rtp;
}

static void list_codecs(const struct description *description, const struct offer_ability *can,
                        char reason[OFFER_REASON])
{
    char number[8];

    snprintf(reason, OFFER_REASON, "offered");
    for (const sdp_media_t *media = description->session->sdp_media; media; media = media->m_next)
        for (const sdp_rtpmap_t *map = is_audio(media) ? media->m_rtpmaps : NULL; map;
             map = map->rm_next) {
            /* both lists must fit: ours ends the line */
            if (strlen(reason) > OFFER_REASON - 64 || strlen(map->rm_encoding) > 31 ||
                is_event(map))
                continue;
            snprintf(number, sizeof number, "%u", map->rm_pt);
            add_word(reason, map->rm_encoding[0] ? map->rm_encoding : number);
        }
    add(reason, ", supported");
    for (unsigned i = 0; i < can->count; i++)
        add_word(reason, codec_name(can->formats[i].codec));
}

/* Why no line could be chosen. */
static int explain(const struct description *description, const struct offer_ability *can,
                   char reason[OFFER_REASON])
{
    const sdp_media_t *other = NULL;
    bool off = false;

    for (const sdp_media_t *media = description->session->sdp_media; media; media = media->m_next) {
        if (is_audio(media)) {
            list_codecs(description, can, reason);
            return ENOTSUP;
        }
        if (media->m_type == sdp_media_audio && media->m_port && !other)
            other = media;
        else if (media->m_type == sdp_media_audio)
            off = true;
    }
    if (other) {
        snprintf(reason, OFFER_REASON, "offered");
        add_word(reason, strlen(other->m_proto_name) < 64 ? other->m_proto_name : "unknown");
        add(reason, ", supported RTP/AVP");
    } else {
        snprintf(reason, OFFER_REASON, "%s", off ? "audio line has port 0" : "no audio line");
    }
    return ENOTSUP;
}

static int read_address(const char *host, unsigned port, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return 0;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return 0;
    }
    return EINVAL;
}

static bool is_any(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* One peer, never a group: RTP to a group would be a gift to the whole network. */
static bool is_group(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        uint32_t host = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);

        return host >= 0xe0000000;
    }
    return IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static const char *attribute(const sdp_media_t *media, const char *name)
{
    const sdp_attribute_t *found = sdp_attribute_find(media->m_attributes, name);

    return found ? found->a_value : NULL;
}

/* a=rtcp:PORT [IN IP4 ADDRESS] (RFC 3605). What cannot be read counts as not told. */
static void read_rtcp(const sdp_media_t *media, struct offer_agreed *agreed)
{
    const char *value = attribute(media, "rtcp");
    char family[4], host[64];
    unsigned port;
    int fields;

    agreed->remote_rtcp = (struct sockaddr_storage){.ss_family = agreed->remote.ss_family};
    if (!value)
        return;
    fields = sscanf(value, "%5u IN %3s %63s", &port, family, host);
    if (fields < 1 || !port || port > 65535)
        return;
    if (fields == 3) {
        struct sockaddr_storage told;

        if (!read_address(host, port, &told) && told.ss_family == agreed->remote.ss_family &&
            !is_group(&told) && !is_any(&told))
            agreed->remote_rtcp = told;
        return;
    }
    agreed->remote_rtcp = agreed->remote;
    if (agreed->remote.ss_family == AF_INET)
        ((struct sockaddr_in *)&agreed->remote_rtcp)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)&agreed->remote_rtcp)->sin6_port = htons((uint16_t)port);
}

static unsigned read_ptime(const sdp_media_t *media)
{
    const char *value = attribute(media, "ptime"), *most = attribute(media, "maxptime");
    unsigned long ptime = value ? strtoul(value, NULL, 10) : PTIME;
    unsigned long limit = most ? strtoul(most, NULL, 10) : PTIME_MOST;

    if (ptime < PTIME_LEAST || ptime > PTIME_MOST)
        ptime = PTIME;
    return (unsigned)(limit >= PTIME_LEAST && limit < ptime ? limit : ptime);
}

static int read_remote(const struct description *description, const struct offer_local *local,
                       struct offer_agreed *agreed, char reason[OFFER_REASON])
{
    const sdp_media_t *media = description->audio;
    const sdp_connection_t *at =
        media->m_connections ? media->m_connections : description->session->sdp_connection;
    bool v6 = strchr(local->address, ':') != NULL;

    if (!at || !at->c_address || media->m_port > 65535 ||
        read_address(at->c_address, (unsigned)media->m_port, &agreed->remote)) {
        snprintf(reason, OFFER_REASON,
                 !at ? "no c= line for the audio" : "audio address or port is no number");
        return EINVAL;
    }
    if (is_group(&agreed->remote)) {
        snprintf(reason, OFFER_REASON, "audio address is a group, supported a single host");
        return ENOTSUP;
    }
    if (!is_any(&agreed->remote) && (agreed->remote.ss_family == AF_INET6) != v6) {
        snprintf(reason, OFFER_REASON, "offered IPv%d, supported IPv%d", v6 ? 4 : 6, v6 ? 6 : 4);
        return ENOTSUP;
    }
    read_rtcp(media, agreed);
    return 0;
}

int description_choose(struct description *description, const struct offer_ability *can,
                       const struct offer_local *local, struct offer_agreed *agreed,
                       char reason[OFFER_REASON])
{
    const sdp_rtpmap_t *map = NULL;
    const sdp_media_t *media;

    memset(agreed, 0, sizeof *agreed);
    for (media = description->session->sdp_media; media; media = media->m_next) {
        map = is_audio(media) ? find_codec(can, media, &agreed->format.codec) : NULL;
        if (map)
            break;
    }
    if (!map)
        return explain(description, can, reason);
    description->audio = media;
    agreed->payload_type = (uint8_t)map->rm_pt;
    for (map = media->m_rtpmaps; map && !agreed->event_payload_type; map = map->rm_next)
        if (is_event(map) && map->rm_rate == 8000 && !can->no_events)
            agreed->event_payload_type = (uint8_t)map->rm_pt;
    agreed->ptime = read_ptime(media);
    return read_remote(description, local, agreed, reason);
}

void description_direct(const struct description *description, bool hold,
                        struct offer_agreed *agreed)
{
    unsigned mode = description->audio->m_mode;
    bool hears = (mode & sdp_recvonly) && !is_any(&agreed->remote);

    agreed->send = hears;
    agreed->receive = (mode & sdp_sendonly) && !hold;
    agreed->held = !hears;
}
