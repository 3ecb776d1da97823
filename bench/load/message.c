/* message.c: lines, header names, parameters. */
#include "bench/load/message.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct text trim(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && strchr(" \t\r\n", to[-1]))
        to--;
    return (struct text){from, (size_t)(to - from)};
}

static const char *line_end(const char *at, const char *end)
{
    const char *found = memchr(at, '\n', (size_t)(end - at));

    return found ? found : end;
}

bool text_is(struct text text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.at, word, text.size) == 0;
}

struct text message_header(const struct message *message, const char *name, const char *compact,
                           unsigned nth)
{
    const char *end = message->head.at + message->head.size;
    const char *line = message->head.at;

    while (line < end) {
        const char *stop = line_end(line, end);
        const char *colon = memchr(line, ':', (size_t)(stop - line));

        if (colon) {
            struct text field = trim(line, colon);

            if ((text_is(field, name) || (compact && text_is(field, compact))) && nth-- == 0)
                return trim(colon + 1, stop);
        }
        line = stop < end ? stop + 1 : end;
    }
    return (struct text){"", 0};
}

static struct text word(struct text text, unsigned nth)
{
    const char *at = text.at, *end = text.at + text.size;

    for (;; nth--) {
        const char *space = memchr(at, ' ', (size_t)(end - at));

        if (nth == 0)
            return trim(at, space ? space : end);
        if (!space)
            return (struct text){"", 0};
        at = space + 1;
    }
}

bool message_read(struct message *message, const char *packet, size_t size)
{
    const char *end = packet + size;
    const char *stop = line_end(packet, end);
    const char *blank = memmem(packet, size, "\r\n\r\n", 4);
    struct text first = trim(packet, stop);

    if (!blank || stop >= blank + 2)
        return false;
    message->head = (struct text){stop + 1, (size_t)(blank + 2 - stop - 1)};
    message->body = (struct text){blank + 4, (size_t)(end - blank - 4)};
    message->status = 0;
    message->method = word(first, 0);
    if (text_is(message->method, "SIP/2.0")) {
        message->status = atoi(word(first, 1).at);
        message->method = word(message_header(message, "CSeq", NULL, 0), 1);
        return message->status >= 100 && message->status < 700;
    }
    return text_is(word(first, 2), "SIP/2.0");
}

struct text text_uri(struct text header)
{
    const char *end = header.at + header.size;
    const char *open = memchr(header.at, '<', header.size);
    const char *close = open ? memchr(open, '>', (size_t)(end - open)) : NULL;

    if (close)
        return trim(open + 1, close);
    const char *semicolon = memchr(header.at, ';', header.size);
    return trim(header.at, semicolon ? semicolon : end);
}

struct text text_parameter(struct text header, const char *name)
{
    const char *end = header.at + header.size;
    const char *at = memchr(header.at, '>', header.size);
    size_t size = strlen(name);

    for (at = at ? at : header.at; at < end; at++) {
        struct text found;

        at = memchr(at, ';', (size_t)(end - at));
        if (!at)
            break;
        if ((size_t)(end - at) <= size + 1 || strncasecmp(at + 1, name, size) != 0 ||
            at[size + 1] != '=')
            continue;
        found.at = at + size + 2;
        for (at = found.at; at < end && !strchr(";, ", *at);)
            at++;
        found.size = (size_t)(at - found.at);
        return found;
    }
    return (struct text){"", 0};
}

/* The rest of the first line of a body that starts so. */
static struct text sdp_line(struct text body, const char *start)
{
    const char *end = body.at + body.size;

    for (const char *line = body.at; line < end;) {
        const char *stop = line_end(line, end);

        if ((size_t)(stop - line) > strlen(start) && memcmp(line, start, strlen(start)) == 0)
            return trim(line + strlen(start), stop);
        line = stop < end ? stop + 1 : end;
    }
    return (struct text){"", 0};
}

bool message_media(const struct message *message, struct sockaddr_in *media)
{
    struct text address = sdp_line(message->body, "c=IN IP4 ");
    struct text port = sdp_line(message->body, "m=audio ");
    char number[INET_ADDRSTRLEN];

    if (!port.size || address.size >= sizeof number)
        return false;
    snprintf(number, sizeof number, "%.*s", (int)address.size, address.at);
    *media = (struct sockaddr_in){.sin_family = AF_INET};
    media->sin_port = htons((uint16_t)strtoul(port.at, NULL, 10));
    return inet_pton(AF_INET, number, &media->sin_addr) == 1 && media->sin_port != 0;
}
