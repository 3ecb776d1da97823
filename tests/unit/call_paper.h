/* call_paper.h: the real leg, conversation, ncco and store rooms between a SIP, a media,
 * a sound and a webhook room made of paper: what those are told is written down, and the
 * test says what they answer. */
#ifndef OFFHOOK_TESTS_CALL_PAPER_H
#define OFFHOOK_TESTS_CALL_PAPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/call.h"

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define SDP                                                                     \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
    "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"                    \
    "a=rtpmap:101 telephone-event/8000\r\n"
#define CONNECT(n) \
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" n "\"}]}"
#define JOIN(name) "{\"action\":\"conversation\",\"name\":\"" name "\"}"
#define STREAM "{\"action\":\"stream\",\"streamUrl\":[\"http://x.example/a.wav\"]}"

/* SIP of paper. */

struct dialog {
    struct dialog_invite invite;
    const struct dialog_handlers *handlers;
    void *arg;
    char uri[160], from[64], header[128]; /* header: the first one sent, "Name: value" */
    int rung, answered, acked, rejected, hung_up, reoffered;
    unsigned ring_timeout;
    bool dialled, timed_out, over;
    bool no_info;             /* it is not up yet */
    char info[64], sdp[1000]; /* the last ones sent */
    unsigned infos;
    int refer_told; /* the last news of its REFER */
    int transport_error;
};

struct media_port {
    const struct media_events *events;
    void *arg;
    struct media_room *room;
    unsigned connects;
    bool muted, earmuffed, detects, inband, takes_events;
    char dialled[64];
    struct detect_conf detect; /* the last one */
    uint32_t play;             /* id of what plays; 0: nothing */
    uint32_t plays;
    unsigned loops; /* of the last one */
    double level;
    bool watched;
    char keys[40];        /* that were sent, all */
    media_stats_h *asked; /* how its sound is; NULL: nobody did */
    void *asked_arg;
};
/* Answers who asked. */
void paper_stats(struct media_port *port);

/* A WebSocket of paper. */
struct socket_line {
    const struct socket_events *events;
    void *arg;
    char url[160], first[700], authorization[100];
    unsigned rate, timeout, begun, closed_with; /* closed_with: the code; 0: not by us */
    char digits[40];                            /* told, all */
};
void paper_socket_opens(struct socket_line *line);
void paper_socket_ends(struct socket_line *line, enum socket_end_kind kind);

struct paper_audible {
    struct media_port *listener, *speaker;
    bool on;
};

extern struct paper {
    struct dialog *dialled[16];
    unsigned dialled_count;
    bool refuse_dials;            /* dialog_invite() fails */
    const char *source;           /* of calls that come in, a numeric address; NULL: none */
    struct media_port *port;      /* the last one opened */
    struct media_port *ports[64]; /* all of them, also those that are closed */
    unsigned port_count;
    unsigned ports_open;
    struct socket_line *socket;       /* the last one; it lives as long as its leg wants */
    bool no_port;                     /* none opens */
    int no_sound;                     /* errno of what is to flow; 0: it does */
    struct stream_params flows;       /* the last that does */
    const char *bearer;               /* what signs; NULL: there is no secret */
    struct paper_audible audible[64]; /* in order */
    unsigned audible_count;
    json_t *told;        /* fields of all webhooks, in order */
    char url[200];       /* of the last one */
    const char *answers; /* the NCCO the application gives; NULL: HTTP 500 */
    char asked_url[200]; /* "GET URL" of the last answer webhook */
    json_t *asked;       /* questions for a reply of the flow: {url, method, fields}, in order */
    const char *reply;   /* the NCCO that is replied; NULL: none */
    bool hold_answers;   /* the application thinks until paper_answer() */
    bool deaf;           /* the webhook room takes no question and no lane */
    bool instant_loads;  /* the sound comes at once */
    char sound[100];     /* that was asked for last */
    bool no_sounds;      /* loader_load() fails at once */
    bool shortage;       /* allocations may fail: */
    unsigned *countdown; /* the n-th from now on; NULL: none */
    struct loop *loop;
    char text[16384]; /* of told_text() and events_text() */
} paper;

/* Gives what was held back: the answer; of the sounds the one that was asked for first. */
void paper_answer(void);
void paper_load(bool works);

/* The house. */

struct house {
    struct store *store;
    struct trunks *trunks;
    struct bridge *bridge;
    struct calls *calls;
    struct conf_application application;
    struct conf_trunk trunk;
    struct conf conf;
    size_t alive;
    char url[128]; /* of the store */
};

int set_up(void **state);
int tear_down(void **state);
/* With a store that outlives a run. */
int set_up_on_disk(void **state);
void restart(struct house *house);
/* As after kill -9: the store of the next run is what is on disk while `up` are up. */
void restart_killed(struct house *house, struct dialog *const *up, unsigned count);

/* Runs until nothing is left to do and all writes are durable. */
void wait_for_hang_up(const struct dialog *dialog);
void settle(struct house *house);

/* A call comes in to number 15550100002, and the NCCO answers it. The test's reference. */
struct dialog *ring_in(struct house *house, const char *ncco);
/* From then on sounds are played; before the first call. */
void play_on(struct house *house);
struct dialog *ring_in_as(struct house *house, const char *from, const char *sdp, const char *ncco);
void over(struct house *house, struct dialog *dialog, int status, bool remote);
void callee_answers(struct house *house, unsigned which);

/* "inbound started, inbound ringing, …" */
const char *told_text(void);
const char *events_text(struct house *house, const char *id);
/* Rows of the store's events of a conversation: decref. */
json_t *events_of(struct house *house, const char *id);
/* The row of a leg: decref. */
json_t *row_of_leg(struct house *house, const char *id);
/* The n-th webhook with that status, or NULL. */
json_t *told_status(const char *direction, const char *status);

struct application *demo(struct house *house);
struct conversation *conversation_of_first(struct house *house);
struct member *member_at(struct conversation *conversation, unsigned place);
struct call *call_at(struct house *house, struct conversation *conversation, unsigned place);
struct call *create(struct house *house, const char *ncco);

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
