/* srtp.h: SRTP and SRTCP with keys told in SDP: the transforms of RFC 3711 (AES-CM with HMAC-SHA1),
 * RFC 6188 (the same with 256 bits) and RFC 7714 (AES-GCM), and the keys as a=crypto writes them
 * (RFC 4568). One master key, no re-keying within it (KDR 0).
 *
 * Keys and contexts are made on the control thread; a context is then used by one thread, which for
 * a stream is its media worker. protect and open neither allocate, lock nor wait. */
#ifndef OFFHOOK_SRTP_SRTP_H
#define OFFHOOK_SRTP_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which an answer of ours takes them. */
enum srtp_suite {
    SRTP_NONE, /* not protected */
    SRTP_GCM_128,
    SRTP_GCM_256,
    SRTP_CM_128_80,
    SRTP_CM_256_80,
    SRTP_CM_128_32,
    SRTP_CM_256_32
};

enum {
    SRTP_SUITES = SRTP_CM_256_32 + 1,
    SRTP_KEY = 46,      /* [bytes] of the longest master key with its salt */
    SRTP_MKI = 4,       /* [bytes] of the longest master key identifier */
    SRTP_OVERHEAD = 20, /* [bytes] that protecting adds at most */
    SRTP_PACKET = 2048, /* [bytes] of the largest packet that is protected or opened */
    SRTP_TEXT = 128     /* [bytes] of a written key, NUL included */
};

/* How one side protects what it sends. */
struct srtp_key {
    enum srtp_suite suite;
    uint8_t bytes[SRTP_KEY]; /* master key, behind it the master salt */
    uint8_t mki[SRTP_MKI];   /* that its packets carry */
    uint8_t mki_size;        /* [bytes]; 0: none */
};

const char *srtp_suite_name(enum srtp_suite suite); /* "AEAD_AES_128_GCM" */

/* A new one, from getrandom(). */
void srtp_key_make(struct srtp_key *key, enum srtp_suite suite);
bool srtp_key_same(const struct srtp_key *one, const struct srtp_key *other);
void srtp_key_wipe(struct srtp_key *key);

/* The value of an a=crypto behind its tag: "SUITE inline:KEY". Written without parameters. */
void srtp_key_write(const struct srtp_key *key, char out[SRTP_TEXT]);
/* Reads one: suite, one key with its salt, perhaps a lifetime and an MKI, perhaps parameters of the
 * session: one that would weaken it, and one that we do not know and that has no '-' before it,
 * makes it unfit. False: not of ours, and key is wiped. */
bool srtp_key_read(struct srtp_key *key, const char *text);

/* What one direction needs. ENOMEM, or EINVAL without a suite. Released with mem_unref(),
 * which wipes it. */
struct srtp;
int srtp_alloc(struct srtp **srtp, const struct srtp_key *key);
bool srtp_has_key(const struct srtp *srtp, const struct srtp_key *key);

/* Receiver, before its first packet: it takes the place of another key in the midst of streams.
 * Their rollover counters go on (RFC 3711, 3.3.1), or begin anew, as many do it: what
 * authenticates first is right. */
void srtp_follow(struct srtp *srtp, const struct srtp *before);

/* Sender. In place, with SRTP_OVERHEAD bytes of room behind; returns the new size [bytes], or 0 for
 * what may not be sent: no packet, too large, or a number that was sent already, with which the
 * cipher would give the sound away. */
size_t srtp_protect(struct srtp *srtp, uint8_t *packet, size_t size);
size_t srtp_protect_report(struct srtp *srtp, uint8_t *packet, size_t size);
/* Did the sequence numbers of what is sent wrap: would another sender of the same source have to
 * know a rollover counter? */
bool srtp_rolled(const struct srtp *srtp);

/* Receiver. In place. 0; EINVAL: no packet; EBADMSG: it does not authenticate; EALREADY: it came
 * before, or is too old to tell (64 packets). With an error packet is as it was. */
int srtp_open(struct srtp *srtp, uint8_t *packet, size_t *size);
int srtp_open_report(struct srtp *srtp, uint8_t *packet, size_t *size);

#endif
