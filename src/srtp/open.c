/* open.c: the receiver (RFC 3711, 3.3 and 3.4; RFC 7714, 8 and 9). First comes what costs nothing,
 * the length, the window of replays; then the authentication; a packet changes what we
 * know only when it is authentic. */
#include "srtp/private.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <string.h>

/* Where the parts of a packet are. */
struct parts {
    size_t clear, sealed; /* [bytes] in clear, and from there on of what is encrypted */
    uint8_t *tag;
    const uint8_t *mki, *word;
};

static bool is_our_mki(const struct srtp *srtp, const struct parts *parts)
{
    return !memcmp(parts->mki, srtp->key.mki, srtp->key.mki_size);
}

static bool open_gcm(struct session *session, uint8_t *packet, const struct parts *parts,
                     const uint8_t iv[16])
{
    uint8_t plain[SRTP_PACKET];
    struct sealed sealed = {.aad = packet,
                            .aad_size = parts->clear,
                            .more = parts->word,
                            .in = packet + parts->clear,
                            .out = plain,
                            .size = parts->sealed,
                            .tag = parts->tag};

    if (!gcm_open(session, iv, &sealed))
        return false;
    memcpy(packet + parts->clear, plain, parts->sealed);
    return true;
}

/* HMAC over the packet, and the word, which may be behind it. */
static bool open_cm(struct session *session, uint8_t *packet, const struct parts *parts,
                    const uint8_t iv[16], const uint8_t *word, size_t tag)
{
    uint8_t sum[SHA_DIGEST_LENGTH], *body = packet + parts->clear;

    hmac_run(session, packet, parts->clear + parts->sealed, word, sum);
    return !CRYPTO_memcmp(sum, parts->tag, tag) &&
           cipher_run(session, iv, body, body, parts->sealed);
}

static bool open_as(struct srtp *srtp, uint8_t *packet, const struct parts *parts, uint64_t index)
{
    uint8_t iv[16], rolled[INDEX];

    iv_of_packet(srtp, packet_word(packet + 8), index, iv);
    if (srtp->suite->gcm)
        return open_gcm(&srtp->rtp, packet, parts, iv);
    packet_put_word(rolled, (uint32_t)(index >> 16));
    return open_cm(&srtp->rtp, packet, parts, iv, rolled, srtp->suite->tag);
}

static bool split(const struct srtp *srtp, uint8_t *packet, size_t size, struct parts *parts)
{
    size_t tag = srtp->suite->tag, mki = srtp->key.mki_size;

    *parts = (struct parts){.clear = packet_header(packet, size)};
    if (!parts->clear || size > SRTP_PACKET || size < parts->clear + mki + tag)
        return false;
    parts->sealed = size - parts->clear - mki - tag;
    parts->tag = packet + parts->clear + parts->sealed + (srtp->suite->gcm ? 0 : mki);
    parts->mki = packet + parts->clear + parts->sealed + (srtp->suite->gcm ? tag : 0);
    return true;
}

/* What the index of a packet may be: of a source that we hear for the first time the numbers may
 * have wrapped before; of one under a new key they may count from the start. */
static unsigned guess(const struct source *source, uint16_t number, uint64_t index[2])
{
    if (!source) {
        index[0] = number;
        index[1] = UINT64_C(1) << 16 | number;
        return 2;
    }
    index[0] = index_near(source->highest, number);
    index[1] = number;
    return source->doubtful && index[1] != index[0] ? 2 : 1;
}

int srtp_open(struct srtp *srtp, uint8_t *packet, size_t *size)
{
    struct source *source;
    struct parts parts;
    uint64_t index[2];
    unsigned count;
    uint32_t ssrc;

    if (!split(srtp, packet, *size, &parts))
        return EINVAL;
    ssrc = packet_word(packet + 8);
    source = sources_find(&srtp->heard, ssrc);
    if (!is_our_mki(srtp, &parts) || (!source && srtp->heard.count == SOURCES))
        return EBADMSG;
    count = guess(source, packet_number(packet), index);
    if (source && !source->doubtful && source_has(source, index[0]))
        return EALREADY;
    for (unsigned i = 0; i < count; i++) {
        if (open_as(srtp, packet, &parts, index[i])) {
            sources_note(&srtp->heard, source, ssrc, index[i]);
            *size = parts.clear + parts.sealed;
            return 0;
        }
    }
    return EBADMSG;
}

static bool split_report(const struct srtp *srtp, uint8_t *packet, size_t size, struct parts *parts)
{
    size_t tag = srtp->suite->report_tag, mki = srtp->key.mki_size;
    uint8_t *behind;

    if (size > SRTP_PACKET || size < RTCP_HEADER + tag + INDEX + mki || packet[0] >> 6 != 2)
        return false;
    *parts = (struct parts){.clear = RTCP_HEADER, .sealed = size - RTCP_HEADER - tag - INDEX - mki};
    behind = packet + parts->clear + parts->sealed;
    parts->tag = srtp->suite->gcm ? behind : behind + INDEX + mki;
    parts->word = srtp->suite->gcm ? behind + tag : behind;
    parts->mki = parts->word + INDEX;
    return true;
}

int srtp_open_report(struct srtp *srtp, uint8_t *packet, size_t *size)
{
    struct source *source;
    struct parts parts;
    uint32_t ssrc, word;
    uint8_t iv[16];
    bool good;

    if (!split_report(srtp, packet, *size, &parts))
        return EINVAL;
    ssrc = packet_word(packet + 4);
    word = packet_word(parts.word);
    source = sources_find(&srtp->reporting, ssrc);
    if (!(word >> 31) || !is_our_mki(srtp, &parts) ||
        (!source && srtp->reporting.count == SOURCES)) /* nobody agreed on reports in clear */
        return EBADMSG;
    word &= UINT32_MAX >> 1;
    if (source && source_has(source, word))
        return EALREADY;
    iv_of_report(srtp, ssrc, word, iv);
    good = srtp->suite->gcm
               ? open_gcm(&srtp->rtcp, packet, &parts, iv)
               : open_cm(&srtp->rtcp, packet, &parts, iv, parts.word, srtp->suite->report_tag);
    if (!good)
        return EBADMSG;
    sources_note(&srtp->reporting, source, ssrc, word);
    *size = parts.clear + parts.sealed;
    return 0;
}
