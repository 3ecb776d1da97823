/* call.h: one call of the caller, and the messages it sends. */
#ifndef OFFHOOK_BENCH_CALL_H
#define OFFHOOK_BENCH_CALL_H

#include "bench/load/caller.h"
#include "bench/load/message.h"

enum { CALL_OPUS = 111 }; /* payload type we offer it by */

enum call_state {
    CALL_IDLE,
    CALL_CALLING,
    CALL_PROCEEDING,
    CALL_UP,
    CALL_ENDING,
    CALL_OVER,
    CALL_FAILED
};

struct call {
    struct caller *caller;
    const char *to;
    enum call_state state;
    uint16_t rtp_port;
    bool opus;                   /* is offered; else PCMU */
    char to_tag[64], target[96]; /* of the dialog */
    struct timer timer;
    int64_t interval, deadline; /* [ms] until it is sent again; monotonic */
    int64_t invited, answered;  /* wall [ns] */
};

static inline unsigned call_number(const struct call *call)
{
    return (unsigned)(call - call->caller->calls);
}

/* What happens to a call. */
void call_invite(struct call *call);
void call_bye(struct call *call);
void call_response(struct call *call, const struct message *response, int64_t arrived);
void call_request(struct call *call, const struct message *request);

/* What it writes. */
void send_invite(const struct call *call);
/* An ACK of a 2xx, or of the refusal given. */
void send_ack(const struct call *call, const struct message *refusal);
void send_bye(const struct call *call);
/* Answers a request of the server, in a call or (NULL) outside; SDP when it has some. */
void send_reply(const struct caller *caller, const struct call *call, const struct message *request,
                int status, const char *reason);

#endif
