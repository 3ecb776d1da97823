/* crypto.c: see crypto.h. Of the lines of an offer the one whose suite we like best is taken; an
 * answer has one, with the tag of the line of ours that it takes (RFC 4568, 5.1 and 6). */
#include "offer/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* What we offer, by tag from 1 on. */
static const enum srtp_suite offered[] = {SRTP_GCM_128, SRTP_CM_128_80};
enum { OFFERED = sizeof offered / sizeof *offered, TAG_MOST = 999999999 };

void offer_keys_make(struct offer_keys *keys)
{
    for (unsigned suite = SRTP_NONE; suite < SRTP_SUITES; suite++)
        srtp_key_make(&keys->of[suite], (enum srtp_suite)suite);
}

void offer_keys_wipe(struct offer_keys *keys)
{
    for (unsigned suite = SRTP_NONE; suite < SRTP_SUITES; suite++)
        srtp_key_wipe(&keys->of[suite]);
}

static const sdp_attribute_t *next_line(const sdp_attribute_t *at)
{
    while (at && strcasecmp(at->a_name, "crypto") != 0)
        at = at->a_next;
    return at;
}

/* "1 SUITE inline:…" */
static bool read_line(const char *value, struct crypto *crypto)
{
    char *end;
    unsigned long tag;

    if (!value || *value < '0' || *value > '9')
        return false;
    tag = strtoul(value, &end, 10);
    if (tag > TAG_MOST || (*end != ' ' && *end != '\t'))
        return false;
    crypto->tag = (unsigned)tag;
    return srtp_key_read(&crypto->key, end + 1);
}

bool crypto_choose(const sdp_media_t *media, struct crypto *crypto)
{
    const sdp_attribute_t *at = next_line(media->m_attributes);
    struct crypto found;

    crypto->key.suite = SRTP_NONE;
    for (; at; at = next_line(at->a_next))
        if (read_line(at->a_value, &found) &&
            (crypto->key.suite == SRTP_NONE || found.key.suite < crypto->key.suite))
            *crypto = found;
    srtp_key_wipe(&found.key);
    return crypto->key.suite != SRTP_NONE;
}

bool crypto_accept(const sdp_media_t *media, struct crypto *crypto)
{
    const sdp_attribute_t *at = next_line(media->m_attributes);

    return at && read_line(at->a_value, crypto) && crypto->tag >= 1 && crypto->tag <= OFFERED &&
           crypto->key.suite == offered[crypto->tag - 1] && !next_line(at->a_next);
}

void crypto_write(struct text *text, unsigned tag, const struct srtp_key *key)
{
    char value[SRTP_TEXT];

    srtp_key_write(key, value);
    text_add(text, "a=crypto:%u %s\r\n", tag, value);
}

void crypto_write_offer(struct text *text, const struct offer_keys *keys)
{
    for (unsigned i = 0; i < OFFERED; i++)
        crypto_write(text, i + 1, &keys->of[offered[i]]);
}
