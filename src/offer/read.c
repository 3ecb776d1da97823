/* read.c: see read.h. The syntax is Sofia's; what follows from it is ours: which addresses,
 * which direction. */
#include "offer/read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char description_plain(char c)
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
        *c = description_plain(*c);
    description_close(description);
    return EINVAL;
}

void description_close(struct description *description)
{
    sdp_parser_free(description->parser);
    memset(description, 0, sizeof *description);
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

const char *description_attribute(const sdp_media_t *media, const char *name)
{
    const sdp_attribute_t *found = sdp_attribute_find(media->m_attributes, name);

    return found ? found->a_value : NULL;
}

/* a=rtcp:PORT [IN IP4 ADDRESS] (RFC 3605). What cannot be read counts as not told. */
static void read_rtcp(const sdp_media_t *media, struct offer_agreed *agreed)
{
    const char *value = description_attribute(media, "rtcp");
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

int description_remote(const struct description *description, const struct offer_local *local,
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

void description_direct(const struct description *description, bool hold,
                        struct offer_agreed *agreed)
{
    unsigned mode = description->audio->m_mode;
    bool hears = (mode & sdp_recvonly) && !is_any(&agreed->remote);

    agreed->send = hears;
    agreed->receive = (mode & sdp_sendonly) && !hold;
    agreed->held = !hears;
}
