/* ua_kit.h: user agents in one process, their dialogs' news written down, and a raw
 * UDP peer, for the tests of src/ua. */
#ifndef OFFHOOK_TESTS_UA_KIT_H
#define OFFHOOK_TESTS_UA_KIT_H

#include "base/clock.h"
#include "base/loop.h"
#include "ua/root.h"
#include "ua/ua.h"

#define KIT_SDP                                                                 \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
    "m=audio 40000 RTP/AVP 0\r\n"
#define KIT_SDP_2                                                               \
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
    "m=audio 40002 RTP/AVP 8\r\n"

/* One side of a call and all it was told. */
struct side {
    struct dialog *dialog;
    int progress, answered, acked, reoffers, infos, ended; /* how often */
    int progress_status, status, q850;
    int informed, informed_status, info_err; /* err: what info returns */
    int refreshed;
    int referred, referred_status;
    int refers, refer_status; /* status: what refuses it; 0: taken up */
    char refer[512];          /* uri, user, host, referred_by, replaces */
    const struct dialog *refer_with;
    const char *session; /* what it says when it is asked for its SDP; NULL: KIT_SDP */
    bool remote;
    char phrase[64], sdp[2048], branch[64], type[64], body[256];
};

extern const struct dialog_handlers side_handlers;

struct phone {
    struct ua *ua;
    struct side incoming[64]; /* calls that came */
    unsigned calls;
    enum ua_verdict verdict;
    int asked;            /* source() */
    const char *password; /* of the user "alice", asked for with UA_CHALLENGE */
    int right, wrong;     /* tried() */
    char tried_user[64];
    bool stopped, keep, auto_answer;
    const struct dialog *replaced; /* by the last call that came */
    struct dialog_terms terms;     /* of calls that come and go */
};

extern unsigned kit_min_se; /* of phones that start from now on; 0: the usual */
extern struct ua_root *kit_root;
extern struct loop *kit_loop;

void kit_start(void);
void kit_stop(void);

/* `transports`: "udp", "tcp", "udp,tcp". v6: on ::1. */
void phone_start(struct phone *phone, const char *transports, bool v6);
void phone_stop(struct phone *phone);

/* sip:callee@127.0.0.1:PORT;transport=… of it, in a static buffer */
const char *phone_uri(const struct phone *phone, const char *transport);
int phone_call(struct phone *phone, struct side *side, const char *uri, const char *sdp);
int phone_call_as(struct phone *phone, struct side *side, const char *uri, const char *user,
                  const char *password);

/* Runs the root until `condition` or fails the test. */
#define until(condition)                             \
    do {                                             \
        int64_t deadline = clock_mono_ms() + 20000;  \
        while (!(condition)) {                       \
            assert_true(clock_mono_ms() < deadline); \
            ua_root_step(kit_root, 20);              \
        }                                            \
    } while (0)

/* Lets the root run for `ms`, for what must not happen. */
void kit_idle(int ms);

/* A raw UDP socket on loopback; its port in *port. Steps the root while it waits. */
int raw_open(unsigned *port);
void raw_send(int fd, unsigned port, const char *text, size_t size);
/* Size of the next datagram within `ms`; 0: none came. */
size_t raw_receive(int fd, char *text, size_t room, int ms);

#endif
