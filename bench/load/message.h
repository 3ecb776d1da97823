/* message.h: reading a SIP message (RFC 3261, 7): enough for a caller that trusts the
 * server it measures, and never reads beyond the packet. */
#ifndef OFFHOOK_BENCH_MESSAGE_H
#define OFFHOOK_BENCH_MESSAGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* A piece of the packet; not terminated. */
struct text {
    const char *at;
    size_t size;
};

struct message {
    int status;         /* 0: a request */
    struct text method; /* of the request, or of the response's CSeq */
    struct text head, body;
};

/* Takes apart a packet, which must outlive the message. False: not SIP. */
bool message_read(struct message *message, const char *packet, size_t size);

/* The value of the nth (from 0) header of that name, or of its compact name; empty
 * when there is none. */
struct text message_header(const struct message *message, const char *name, const char *compact,
                           unsigned nth);

bool text_is(struct text text, const char *word);

/* The value of ";name=" of a header; the URI inside < >, or the whole address without
 * its parameters. */
struct text text_parameter(struct text header, const char *name);
struct text text_uri(struct text header);

/* The audio address of an SDP body. False: it has none, or refuses the stream. */
bool message_media(const struct message *message, struct sockaddr_in *media);

#endif
