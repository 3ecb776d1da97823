/* header.c: header fields in and out. What comes in is copied once, as text that is
 * safe to show; what goes out is checked, so that no value can bring a line of its own. */
#include "ua/private.h"
#include "base/mem.h"

#include <sofia-sip/url.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADERS = 64, HEADER_VALUE = 2048 }; /* kept of one INVITE; [bytes] of one sent */

const char *header_sdp(const sip_t *sip)
{
    const char *type;

    if (!sip || !sip->sip_payload || !sip->sip_payload->pl_data || !sip->sip_payload->pl_len)
        return NULL;
    type = sip->sip_content_type ? sip->sip_content_type->c_type : "application/sdp";
    return strcasecmp(type, "application/sdp") ? NULL : sip->sip_payload->pl_data;
}

bool header_body_is_foreign(const sip_t *sip)
{
    return sip->sip_payload && sip->sip_payload->pl_len && !header_sdp(sip);
}

bool header_takes_sdp(const sip_t *sip)
{
    if (!sip->sip_accept)
        return true;
    for (const sip_accept_t *at = sip->sip_accept; at; at = at->ac_next)
        if (at->ac_type &&
            (!strcmp(at->ac_type, "*/*") || !strcasecmp(at->ac_type, "application/*") ||
             !strcasecmp(at->ac_type, "application/sdp")))
            return true;
    return false;
}

int header_q850(const sip_t *sip)
{
    for (const sip_reason_t *at = sip ? sip->sip_reason : NULL; at; at = at->re_next)
        if (at->re_protocol && at->re_cause && !strcasecmp(at->re_protocol, "Q.850")) {
            int cause = atoi(at->re_cause);

            return cause > 0 && cause < 128 ? cause : 0;
        }
    return 0;
}

const char *header_reason(char out[32], int q850)
{
    if (q850 <= 0 || q850 > 127)
        return NULL;
    snprintf(out, 32, "Q.850;cause=%d", q850);
    return out;
}

const char *header_warning(char *out, size_t size, const char *host, int code, const char *text)
{
    char quoted[300], *to = quoted;

    if (!text)
        return NULL;
    for (; *text && to < quoted + sizeof quoted - 1; text++)
        *to++ = (unsigned char)*text < ' ' || *text == '"' || *text == '\\' ? '?' : *text;
    *to = '\0';
    snprintf(out, size, strchr(host, ':') ? "%03d [%s] \"%s\"" : "%03d %s \"%s\"",
             code >= 300 && code < 400 ? code : 399, host, quoted);
    return out;
}

bool header_is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* Fields that are the stack's own business. */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {
        "Via",
        "v",
        "From",
        "f",
        "To",
        "t",
        "Call-ID",
        "i",
        "CSeq",
        "Contact",
        "m",
        "Route",
        "Record-Route",
        "Require",
        "Max-Forwards",
        "Content-Type",
        "c",
        "Content-Length",
        "l",
        "Allow",
        "Supported",
        "k",
        "RSeq",
        "RAck",
        "Content-Encoding",
        "e",
        "Session-Expires",
        "x",
        "Min-SE",
        "Proxy-Require",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(names[i], name))
            return true;
    return false;
}

static bool is_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-.!%*_+`'~");

    return size && size <= 128 && !name[size] && !is_reserved(name);
}

int header_lines(char **lines, const struct ua_header *headers, unsigned count)
{
    size_t size = 1, at = 0;

    *lines = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (!is_name(headers[i].name) || !header_is_plain(headers[i].value) ||
            strlen(headers[i].value) > HEADER_VALUE)
            return EINVAL;
        size += strlen(headers[i].name) + strlen(headers[i].value) + 4;
    }
    if (!count)
        return 0;
    *lines = mem_alloc(size, NULL);
    if (!*lines)
        return ENOMEM;
    for (unsigned i = 0; i < count; i++)
        at += (size_t)sprintf(*lines + at, "%s: %s\r\n", headers[i].name, headers[i].value);
    return 0;
}

/* Bytes of the UTF-8 character at text; 0: none begins here. */
static size_t utf8(const unsigned char *text)
{
    size_t more = *text < 0x80 ? 0 : *text < 0xc2 ? 9 : *text < 0xe0 ? 1 : *text < 0xf0 ? 2 : 3;

    if (more == 9 || *text > 0xf4 || (*text == 0xe0 && text[1] < 0xa0) ||
        (*text == 0xed && text[1] > 0x9f) || (*text == 0xf0 && text[1] < 0x90) ||
        (*text == 0xf4 && text[1] > 0x8f))
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return more + 1;
}

/* Copies text to *at, what is no printable UTF-8 as '?', and moves *at behind it. */
static const char *keep(char **at, const char *text)
{
    char *kept = *at, *to = *at;

    while (text && *text) {
        size_t size = utf8((const unsigned char *)text);

        if (!size || (unsigned char)*text < ' ' || *text == 0x7f) {
            *to++ = '?';
            text++;
            continue;
        }
        while (size--)
            *to++ = *text++;
    }
    *to++ = '\0';
    *at = to;
    return kept;
}

/* The user part with its %XX undone. */
static const char *keep_user(char **at, const char *user)
{
    char plain[256];

    if (!user || strlen(user) >= sizeof plain)
        return keep(at, "");
    url_unescape(plain, user);
    return keep(at, plain);
}

/* A display name without its quotes. */
static const char *keep_display(char **at, const char *display)
{
    char plain[256];
    size_t size = 0;

    if (display && *display == '"') {
        for (display++; *display && *display != '"' && size < sizeof plain - 1; display++) {
            if (*display == '\\' && display[1])
                display++;
            plain[size++] = *display;
        }
        plain[size] = '\0';
        display = plain;
    }
    return keep(at, display);
}

static bool is_kept(const sip_unknown_t *header)
{
    return header->un_name && header->un_value &&
           (!strncasecmp(header->un_name, "X-", 2) || !strcasecmp(header->un_name, "User-to-User"));
}

static size_t length(const char *text)
{
    return (text ? strlen(text) : 0) + 1;
}

int header_keep(struct dialog *dialog, const sip_t *sip, const struct sockaddr_storage *source)
{
    struct dialog_invite *invite = &dialog->invite;
    const url_t *from = sip->sip_from->a_url, *to = sip->sip_request->rq_url;
    const char *sdp = header_sdp(sip), *display = sip->sip_from->a_display;
    const char *call_id = invite->call_id;
    size_t size, sdp_size = sdp ? sip->sip_payload->pl_len : 0;
    struct ua_header *headers;
    unsigned count = 0;
    char *block, *at;

    size = length(from->url_user) + length(from->url_host) + length(display) +
           length(to->url_user) + length(to->url_host) + length(call_id) + sdp_size + 1;
    for (const sip_unknown_t *un = sip->sip_unknown; un && count < HEADERS; un = un->un_next)
        if (is_kept(un)) {
            count++;
            size += length(un->un_name) + length(un->un_value);
        }
    block = mem_alloc(count * sizeof *headers + size, NULL);
    if (!block)
        return ENOMEM;
    headers = (struct ua_header *)(void *)block;
    at = block + count * sizeof *headers;
    invite->from_user = keep_user(&at, from->url_user);
    invite->from_host = keep(&at, from->url_host);
    invite->from_display = keep_display(&at, display);
    invite->to_user = keep_user(&at, to->url_user);
    invite->to_host = keep(&at, to->url_host);
    invite->headers = headers;
    for (const sip_unknown_t *un = sip->sip_unknown; un && invite->header_count < count;
         un = un->un_next)
        if (is_kept(un)) {
            headers[invite->header_count].name = keep(&at, un->un_name);
            headers[invite->header_count++].value = keep(&at, un->un_value);
        }
    if (sdp) {
        memcpy(at, sdp, sdp_size);
        invite->sdp = at;
    }
    invite->source = *source;
    dialog->invited = block;
    return 0;
}
