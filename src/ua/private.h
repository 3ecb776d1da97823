/* private.h: what the files of ua/ share: the structs, and who handles which event.
 *
 * A dialog hangs in its ua's table with one reference from its making until it is
 * released; the owner has its own. `tell` (dialog.c) makes `ended` come once; `release`
 * lets go of Sofia's handle, when its BYE or CANCEL has run its course. */
#ifndef OFFHOOK_UA_PRIVATE_H
#define OFFHOOK_UA_PRIVATE_H

#define SU_ROOT_MAGIC_T struct ua_root
#define SU_TIMER_ARG_T void
#define NUA_MAGIC_T struct endpoint
#define NUA_HMAGIC_T struct dialog

#include "ua/credentials.h"
#include "ua/gate.h"
#include "ua/ua.h"

#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_wait.h>
#include <uthash.h>

enum {
    UA_MAGIC = 0x0ff7a001,
    DIALOG_MAGIC = 0x0ff7a002,
    REGISTRATION_MAGIC = 0x0ff7a003,
    PING_MAGIC = 0x0ff7a004
};
enum { UA_ENDPOINTS = 16, UA_BUSY_CALLS = 64 };

/* One NUA listening on one address. */
struct endpoint {
    struct ua *ua;
    nua_t *nua;
    struct gate *gate;
    char transport[8], host[64];
    unsigned port;
    bool down;
};

struct ua { /* control thread */
    unsigned magic;
    su_root_t *root;
    struct ua_handlers handlers;
    struct endpoint endpoints[UA_ENDPOINTS];
    unsigned endpoint_count;
    char *advertise, *domain, *user_agent, *address;
    char *digest;           /* NULL: both */
    struct dialog *dialogs; /* hash by Call-ID; one may be there twice: a call to ourselves */
    unsigned long busy[UA_BUSY_CALLS]; /* hashes of Call-IDs found UA_BUSY, the last ones */
    unsigned busy_next;
    struct list registrations, pings; /* that have a request to finish */
    struct challenger *challenger;    /* asks callers for a password */
    bool draining, stopping, shutting;
    su_timer_t *stop_timer;
    loop_h *stopped;
    void *stopped_arg;
};

enum dialog_state {
    DIALOG_INCOMING, /* INVITE came; no final response yet */
    DIALOG_ACCEPTED, /* we sent 200; no ACK yet */
    DIALOG_CALLING,  /* we sent INVITE */
    DIALOG_ANSWERED, /* 200 came; we sent no ACK yet */
    DIALOG_UP,
    DIALOG_ENDING /* BYE, CANCEL or refusal under way */
};

/* The request of the peer that waits for our dialog_reoffer_answer(). */
enum dialog_asked { DIALOG_NOTHING, DIALOG_REINVITE, DIALOG_UPDATE };

struct dialog { /* control thread */
    unsigned magic;
    struct ua *ua;
    struct endpoint *endpoint;
    nua_handle_t *handle; /* NULL: released */
    UT_hash_handle hh;
    enum dialog_state state;
    const struct dialog_handlers *handlers;
    void *arg;
    struct dialog_invite invite;
    char *text;     /* Call-ID */
    char *invited;  /* what the rest of invite points into */
    char *identity; /* likewise: identity.c */
    char *user;     /* who met our challenge */
    struct dialog_refusal refusal;
    char *refused; /* what it points into */
    su_timer_t *timer;
    unsigned timer_stage;
    int end_status, end_q850; /* what `ended` will say */
    char end_phrase[64];
    bool end_remote, told, timed_out, incoming;
    bool bye_at_ack; /* hung up before the ACK to our 200 */
    bool reinviting; /* our re-INVITE waits for its answer */
    bool informing;  /* our INFO does */
    enum dialog_asked asked;
    nua_saved_event_t update[1];
    struct credentials *credentials; /* NULL: none */
    int transport_error, bye_q850;
    bool taken_elsewhere; /* what its CANCEL tells */
};

/* dialog.c */
int dialog_alloc(struct dialog **dialog, struct endpoint *endpoint, const char *call_id);
void dialog_end_as(struct dialog *dialog, int status, const char *phrase, bool remote, int q850);
void dialog_tell(struct dialog *dialog);
void dialog_release(struct dialog *dialog);
void dialog_timer(struct dialog *dialog, unsigned ms, unsigned stage);
void dialog_bye(struct dialog *dialog);

/* Stages of the dialog's one timer. */
enum { TIMER_RING = 1, TIMER_LINGER, TIMER_GIVE_UP };

/* registering.c */
void registering_request(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip);

/* incoming.c */
void incoming_invite(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip);
void incoming_ack(struct dialog *dialog, const sip_t *sip);

/* A request outside a dialog, as text, on a home of its own: su_home_init() it first, and
 * su_home_deinit() it and mem_unref() its lines when it was sent. */
struct outgoing {
    su_home_t home[1];
    char *from, *to, *route, *lines;
    const char *hop; /* instead of a route */
    struct endpoint *endpoint;
};

/* outgoing.c */
int outgoing_prepare(struct outgoing *request, struct ua *ua, const struct dialog_target *target);
/* A URI that can be dialled; NULL: it cannot. */
url_t *outgoing_uri(su_home_t *home, const char *text);
/* Why no answer came, or 0 if one did. Only while its event is dealt with. */
int outgoing_failure(struct endpoint *endpoint, int status, const char *phrase);
void outgoing_ack(struct dialog *dialog, const char *sdp);
void outgoing_response(struct dialog *dialog, int status, const char *phrase, const sip_t *sip);

/* reoffer.c */
void reoffer_invite(struct dialog *dialog, const sip_t *sip);
void reoffer_update(struct dialog *dialog, const sip_t *sip);
void reoffer_response(struct dialog *dialog, int status, const sip_t *sip);
void reoffer_drop(struct dialog *dialog);

/* ping.c */
void ping_options(struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                  const sip_t *sip);

/* ping_out.c, registration.c: events of their handles, whose magic is not a dialog */
void ping_event(void *ping, nua_event_t event, int status, const char *phrase, const sip_t *sip);
void registration_event(void *registration, nua_event_t event, int status, const char *phrase,
                        const sip_t *sip);
/* What a response's Via says of where we are. */
void ping_seen_as(struct sockaddr_storage *address, const sip_t *sip);
/* The ua stops: registrations are taken back; and is over: what is left of both goes. */
void registration_stop_all(struct ua *ua);
void registration_drop_all(struct ua *ua);
void ping_drop_all(struct ua *ua);

/* challenge.c: may this request outside a dialog be dealt with? False: it was answered with a
 * challenge, and only its handle is left to be destroyed. *user: who proved to be who he says,
 * good until the next request; NULL: nobody was asked. In the event of the request only. */
bool challenge_check(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip,
                     const struct sockaddr_storage *source, const char **user);
int challenge_alloc(struct challenger **challenger);

/* info.c */
void info_request(struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                  const sip_t *sip);
void info_response(struct dialog *dialog, int status);

/* ua.c */
bool ua_was_busy(struct ua *ua, const char *call_id);
void ua_dialog_gone(struct ua *ua); /* or registration, or ping */
/* Where the request came from whose event is being dealt with. */
void ua_source_of(const struct endpoint *endpoint, struct sockaddr_storage *source);
bool ua_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* refusal.c: sip NULL: there is no response. */
void refusal_keep(struct dialog *dialog, const sip_t *sip);

/* identity.c: fills its part of dialog->invite. 0 or ENOMEM. */
int identity_keep(struct dialog *dialog, const sip_t *sip);

/* header.c */
const char *header_sdp(const sip_t *sip); /* NULL: none */
/* Is there a body that is not SDP? */
bool header_body_is_foreign(const sip_t *sip);
int header_q850(const sip_t *sip);
const char *header_reason(char out[32], int q850); /* NULL for 0 */
/* The value of a Warning; NULL for no text. */
const char *header_warning(char *out, size_t size, const char *host, int code, const char *text);
/* Lines for SIPTAG_HEADER_STR, to be freed with mem_unref(); *lines NULL for no headers. */
int header_lines(char **lines, const struct ua_header *headers, unsigned count);
bool header_is_plain(const char *text); /* no control characters */
/* Fills dialog->invite from the peer's INVITE. 0 or ENOMEM. */
int header_keep(struct dialog *dialog, const sip_t *sip, const struct sockaddr_storage *source);

#endif
