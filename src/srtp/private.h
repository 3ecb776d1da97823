/* private.h: a context inside; for the files of this room only. */
#ifndef OFFHOOK_SRTP_PRIVATE_H
#define OFFHOOK_SRTP_PRIVATE_H

#define OPENSSL_SUPPRESS_DEPRECATED /* SHA_CTX: HMAC by EVP allocates for each packet */

#include "srtp/srtp.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

enum {
    SALT = 14,    /* [bytes] of the salt of AES-CM; of AES-GCM 12 */
    SOURCES = 64, /* that one key is used for in a call */
    RTP_HEADER = 12,
    RTCP_HEADER = 8,
    TAG_MAX = 16,
    INDEX = 4 /* [bytes] behind a report: E and its index */
};

struct suite {
    const char *name;
    uint8_t key, salt; /* [bytes] of the master key and its salt */
    uint8_t tag;       /* [bytes] of authentication of a packet of RTP */
    uint8_t report_tag;
    bool gcm;
};
extern const struct suite srtp_suites[SRTP_SUITES];

/* The keys of one kind of packet (RFC 3711, 4.3). */
struct session {
    EVP_CIPHER_CTX *cipher;
    uint8_t salt[SALT];
    SHA_CTX inner, outer; /* of HMAC, behind their pads; AES-CM */
};

/* A source as far as it was heard (RFC 3711, 3.3.1 and 3.3.2). */
struct source {
    uint32_t ssrc;
    bool doubtful;    /* of an earlier key: its rollover counter may be another now */
    uint64_t highest; /* index; of RTP with the rollover counter before the number */
    uint64_t seen;    /* bit n: highest less n came */
};

struct sources {
    struct source source[SOURCES];
    unsigned count, last; /* last: where the last packet was of */
};

struct srtp {
    unsigned magic; /* the thread that uses it */
    const struct suite *suite;
    struct srtp_key key;
    struct session rtp, rtcp;
    struct sources heard, reporting; /* receiver */
    struct {
        bool any;
        uint32_t ssrc;
        uint64_t highest; /* index of RTP */
        uint32_t report;  /* index of the next report */
    } sent;
};

/* cipher.c. `aad` [bytes] of the packet are sent in clear, up to `size` it is encrypted; `iv` by
 * iv_of_*(). AES-CM. */
void iv_of_packet(const struct srtp *srtp, uint32_t ssrc, uint64_t index, uint8_t iv[16]);
void iv_of_report(const struct srtp *srtp, uint32_t ssrc, uint32_t index, uint8_t iv[16]);
bool cipher_run(struct session *session, const uint8_t iv[16], const uint8_t *in, uint8_t *out,
                size_t size);
/* HMAC-SHA1 over the bytes and the word behind them. */
void hmac_run(const struct session *session, const uint8_t *bytes, size_t size, const uint8_t *word,
              uint8_t out[SHA_DIGEST_LENGTH]);

/* AES-GCM; `more` (INDEX bytes, or NULL) is authenticated behind aad. */
struct sealed {
    const uint8_t *aad;
    size_t aad_size;
    const uint8_t *more;
    const uint8_t *in;
    uint8_t *out;
    size_t size; /* [bytes] of in, and of out */
    uint8_t *tag;
};
bool gcm_seal(struct session *session, const uint8_t iv[16], const struct sealed *sealed);
bool gcm_open(struct session *session, const uint8_t iv[16], const struct sealed *sealed);

/* packet.c: [bytes] of a packet of RTP that stay in clear; 0: it is none. */
size_t packet_header(const uint8_t *packet, size_t size);
uint32_t packet_word(const uint8_t *at);
void packet_put_word(uint8_t *at, uint32_t word);
uint16_t packet_number(const uint8_t *packet);

/* replay.c */
struct source *sources_find(struct sources *sources, uint32_t ssrc); /* NULL: new */
bool source_has(const struct source *source, uint64_t index);
/* It is authentic. False: there is no room for one more source. */
bool sources_note(struct sources *sources, struct source *source, uint32_t ssrc, uint64_t index);
/* The index that a number most likely has (RFC 3711, appendix A). */
uint64_t index_near(uint64_t highest, uint16_t number);

#endif
