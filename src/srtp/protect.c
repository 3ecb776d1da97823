/* protect.c: the sender (RFC 3711, 3.1 and 3.4; RFC 7714, 8 and 9). Our own packets carry no MKI.
 */
#include "srtp/private.h"

#include <string.h>

/* The index of the next packet. False: it, or a later one, went out. A new source begins anew. */
static bool count(struct srtp *srtp, uint32_t ssrc, uint16_t number, uint64_t *index)
{
    if (!srtp->sent.any || srtp->sent.ssrc != ssrc) {
        *index = number;
    } else {
        *index = index_near(srtp->sent.highest, number);
        if (*index <= srtp->sent.highest)
            return false;
    }
    srtp->sent.any = true;
    srtp->sent.ssrc = ssrc;
    srtp->sent.highest = *index;
    return true;
}

size_t srtp_protect(struct srtp *srtp, uint8_t *packet, size_t size)
{
    size_t header = packet_header(packet, size);
    uint8_t iv[16], rolled[INDEX], sum[SHA_DIGEST_LENGTH], *body = packet + header;
    struct sealed sealed = {.aad = packet,
                            .aad_size = header,
                            .in = body,
                            .out = body,
                            .size = size - header,
                            .tag = packet + size};
    uint64_t index;

    if (!header || size + SRTP_OVERHEAD > SRTP_PACKET ||
        !count(srtp, packet_word(packet + 8), packet_number(packet), &index))
        return 0;
    iv_of_packet(srtp, packet_word(packet + 8), index, iv);
    if (srtp->suite->gcm)
        return gcm_seal(&srtp->rtp, iv, &sealed) ? size + srtp->suite->tag : 0;
    if (!cipher_run(&srtp->rtp, iv, body, body, size - header))
        return 0;
    packet_put_word(rolled, (uint32_t)(index >> 16));
    hmac_run(&srtp->rtp, packet, size, rolled, sum);
    memcpy(packet + size, sum, srtp->suite->tag);
    return size + srtp->suite->tag;
}

size_t srtp_protect_report(struct srtp *srtp, uint8_t *packet, size_t size)
{
    uint8_t iv[16], sum[SHA_DIGEST_LENGTH], word[INDEX], *body = packet + RTCP_HEADER;
    struct sealed sealed = {.aad = packet,
                            .aad_size = RTCP_HEADER,
                            .more = word,
                            .in = body,
                            .out = body,
                            .size = size - RTCP_HEADER,
                            .tag = packet + size};

    if (size < RTCP_HEADER || size + SRTP_OVERHEAD > SRTP_PACKET || srtp->sent.report >> 31)
        return 0;
    iv_of_report(srtp, packet_word(packet + 4), srtp->sent.report, iv);
    packet_put_word(word, srtp->sent.report++ | UINT32_C(1) << 31);
    if (srtp->suite->gcm) {
        if (!gcm_seal(&srtp->rtcp, iv, &sealed))
            return 0;
        memcpy(packet + size + srtp->suite->report_tag, word, INDEX);
    } else {
        if (!cipher_run(&srtp->rtcp, iv, body, body, size - RTCP_HEADER))
            return 0;
        hmac_run(&srtp->rtcp, packet, size, word, sum);
        memcpy(packet + size, word, INDEX);
        memcpy(packet + size + INDEX, sum, srtp->suite->report_tag);
    }
    return size + srtp->suite->report_tag + INDEX;
}
