/* report.h: RTCP packets as bytes (RFC 3550, 6): one compound packet of ours is written, those of
 * others are read. Pure: no socket, no clock, no state. */
#ifndef OFFHOOK_STREAM_REPORT_H
#define OFFHOOK_STREAM_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPORT_MAX = 128,     /* [bytes] of what is written */
    REPORT_NAME = 17,     /* [bytes] of a CNAME of ours with its NUL */
    REPORT_TAKEN = 1500,  /* [bytes] of what is read, at most */
    REPORT_SECOND = 65536 /* units of a second in last_sender and delay */
};

/* How one source is heard: a report block (6.4.1). */
struct report_heard {
    uint32_t ssrc;        /* of the source */
    uint8_t fraction;     /* [1/256] lost since the last report */
    int32_t lost;         /* since the beginning; copies count against it */
    uint32_t highest;     /* sequence number, wraps above its 16 bits */
    uint32_t jitter;      /* [units of the RTP clock] */
    uint32_t last_sender; /* middle of the NTP time of the source's last report; 0: none came */
    uint32_t delay;       /* [1/65536 s] since that came */
};

/* What goes out at once: SR or RR, CNAME, and BYE at the end. */
struct report {
    uint32_t ssrc; /* ours */
    bool sender;   /* we have sent of late: */
    uint64_t ntp;  /* now */
    uint32_t timestamp, packets, bytes;
    const struct report_heard *heard; /* NULL: nobody */
    const char *name;                 /* CNAME, shorter than REPORT_NAME */
    bool bye;
};

/* Returns the size. */
size_t report_write(const struct report *report, uint8_t bytes[REPORT_MAX]);

struct report_reader {
    void (*sender)(uint32_t ssrc, uint64_t ntp, void *arg);
    void (*block)(uint32_t from, const struct report_heard *block, void *arg);
    void (*bye)(uint32_t ssrc, void *arg);
};

/* Reads a compound packet, or a part of one (RFC 5506), and tells what is in it in order; what
 * we do not know is passed over. False: it is no RTCP, and nothing of it was told. */
bool report_read(const uint8_t *bytes, size_t size, const struct report_reader *reader, void *arg);

#endif
