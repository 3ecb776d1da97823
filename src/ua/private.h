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
#include "ua/tls.h"
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
    char contact[300]; /* of dialogs that are no sips:; "": Sofia's own */
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
    struct tls *tls;        /* NULL: no listener has it */
    struct dialog *dialogs; /* hash by Call-ID; one may be there twice: a call to ourselves */
    unsigned long busy[UA_BUSY_CALLS]; /* hashes of Call-IDs found UA_BUSY, the last ones */
    unsigned busy_next;
    struct list registrations, pings; /* that have a request to finish */
    struct challenger *challenger;    /* asks callers for a password */
    bool draining, stopping, shutting, believe_contacts;
    unsigned min_se; /* [s] */
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

/* The session timer (RFC 4028). */
struct session {
    struct dialog_terms terms;
    unsigned interval;                /* [s] agreed; 0: none */
    unsigned least;                   /* [s] the peer's Min-SE */
    bool ours;                        /* we refresh */
    unsigned asked;                   /* [s] by the request at hand; 0: not */
    bool asked_us;                    /* to refresh */
    bool peer_timer;                  /* it supports them, and */
    bool peer_update;                 /* UPDATE */
    bool peer_rel, peer_requires_rel; /* 100rel */
    bool updating;                    /* our UPDATE waits for its answer, or */
    bool reinviting;                  /* our re-INVITE does, which only refreshes */
    int64_t refresh_at;               /* monotonic [ms]; 0: not to be done */
    int64_t expire_at;
    int64_t again_at; /* our own re-INVITE, which met one of the peer's; likewise */
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
    struct request *request; /* our INVITE, while it may have to be sent again; or NULL */
    char *text;              /* Call-ID */
    char *invited;           /* what the rest of invite points into */
    char *identity;          /* likewise: identity.c */
    char *user;              /* who met our challenge */
    struct dialog_refusal refusal;
    char *refused; /* what it points into */
    su_timer_t *timer;
    unsigned timer_stage;
    int end_status, end_q850; /* what `ended` will say */
    char end_phrase[64];
    bool end_remote, told, timed_out, incoming;
    bool bye_at_ack;    /* hung up before the ACK to our 200 */
    bool reinviting;    /* our re-INVITE waits for its answer */
    bool informing;     /* our INFO does */
    bool early;         /* its offer was answered before it was: UPDATE may change that */
    bool offered_early; /* our reliable 183 has an offer, which PRACK is to answer */
    enum dialog_asked asked;
    struct session session;
    char refer_event[64]; /* of the peer's REFER */
    bool referring;       /* whose end is not told yet */
    bool referred;        /* ours, likewise */
    char *change;         /* SDP of our re-INVITE; NULL: it has none */
    unsigned changes;     /* how often it was sent */
    nua_saved_event_t update[1];
    struct credentials *credentials; /* NULL: none */
    int transport_error, bye_q850;
    bool taken_elsewhere;        /* what its CANCEL tells */
    const char *contact;         /* ours, in all it sends; NULL: Sofia's own */
    struct sockaddr_storage hop; /* of TLS: where the INVITE goes; family 0: Sofia finds it */
};

/* Our Contact in a request or response of the dialog. */
#define CONTACT_TAG(dialog) TAG_IF((dialog)->contact, SIPTAG_CONTACT_STR((dialog)->contact))

/* dialog.c */
int dialog_alloc(struct dialog **dialog, struct endpoint *endpoint, const char *call_id);
void dialog_end_as(struct dialog *dialog, int status, const char *phrase, bool remote, int q850);
void dialog_tell(struct dialog *dialog);
void dialog_release(struct dialog *dialog);
void dialog_timer(struct dialog *dialog, unsigned ms, unsigned stage);
void dialog_bye(struct dialog *dialog);
/* Ends a call that is up for a reason of its own: BYE, and `ended` with that status. */
void dialog_fail(struct dialog *dialog, int status, const char *phrase, int q850);
/* Does so when a request in a call was answered 408 or 481 (RFC 3261 §12.2.1.2). */
bool dialog_lost(struct dialog *dialog, int status);

/* Stages of the dialog's one timer. */
enum { TIMER_RING = 1, TIMER_TLS, TIMER_LINGER, TIMER_GIVE_UP, TIMER_SESSION };

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
    const char *hop;            /* instead of a route */
    struct sockaddr_storage at; /* of TLS: its address; family 0: not known */
    bool sips;                  /* what is called is */
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
void reoffer_drop(struct dialog *dialog);

/* change.c */
void change_response(struct dialog *dialog, int status, const sip_t *sip);
void change_again(struct dialog *dialog); /* again_at has come */
/* The peer's change comes before ours, which waits. */
void change_give_way(struct dialog *dialog);

/* session.c. The fields that a request or response of ours has; to be kept until it was sent. */
struct session_fields {
    char expires[48], min[16];
    sip_unknown_t supported[1];
    bool required; /* the peer must refresh */
};
#define SESSION_TAGS(f)                                                    \
    SIPTAG_UNKNOWN((f)->supported),                                        \
        TAG_IF((f)->expires[0], SIPTAG_SESSION_EXPIRES_STR((f)->expires)), \
        TAG_IF((f)->min[0], SIPTAG_MIN_SE_STR((f)->min)),                  \
        TAG_IF((f)->required, SIPTAG_REQUIRE_STR("timer"))
/* Of our INVITE or UPDATE, and of our 2xx to the peer's. */
void session_request(const struct dialog *dialog, struct session_fields *fields);
void session_accept(struct dialog *dialog, struct session_fields *fields);
/* A request of the peer's. False: its interval is too short, 422. */
bool session_asked(struct dialog *dialog, const sip_t *sip);
/* A 2xx of the peer's to a request of ours. */
void session_told(struct dialog *dialog, const sip_t *sip);
void session_timer(struct dialog *dialog); /* TIMER_SESSION rang */
void session_schedule(struct dialog *dialog);
void session_updated(struct dialog *dialog, int status, const sip_t *sip);
/* The final response to the re-INVITE that refreshes. */
void session_reinvited(struct dialog *dialog, int status, const sip_t *sip);
void session_short(struct dialog *dialog); /* answers the request at hand with 422 */
/* [ms] until a request that met one of the peer's (491) is sent again, RFC 3261 §14.1. */
unsigned session_glare(const struct dialog *dialog);

/* refer.c */
void refer_request(struct dialog *dialog, const sip_t *sip, tagi_t *tags);
void refer_response(struct dialog *dialog, int status);
void refer_notify(struct dialog *dialog, const sip_t *sip);
/* What an INVITE is to take the place of, into dialog->invite; or a SIP status: it cannot. */
int refer_replaces(struct dialog *dialog, const sip_t *sip);

/* reliable.c */
bool reliable_wanted(const struct dialog *dialog); /* our provisional responses are to be so */
void reliable_asked(struct dialog *dialog, const sip_t *sip);
void reliable_sent(struct dialog *dialog, bool sdp);
void reliable_prack(struct dialog *dialog, int status, const sip_t *sip);
void reliable_received(struct dialog *dialog, int status, const sip_t *sip);

/* extension.c */
void extension_hide(sip_t *sip);
/* Gives a response within a call another status for Sofia; and back. */
void extension_mask(su_home_t *home, sip_t *sip);
int extension_unmask(int status, const char **phrase, const sip_t *sip);
bool extension_required(const sip_t *sip, const char *option);
bool extension_supported(const sip_t *sip, const char *option);
const sip_session_expires_t *extension_session_expires(const sip_t *sip); /* NULL: none */
unsigned extension_min_se(const sip_t *sip);                              /* [s]; 0: none */
/* Our Supported, on `header`. */
const sip_unknown_t *extension_ours(sip_unknown_t *header, bool rel100);

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
/* Where the message of the present event came from; family 0: from nowhere. */
void ua_source(const struct endpoint *endpoint, struct sockaddr_storage *source);
/* What we call ourselves: as advertised, or as bound. */
const char *ua_host(const struct endpoint *endpoint);
bool ua_was_busy(struct ua *ua, const char *call_id);
void ua_dialog_gone(struct ua *ua); /* or registration, or ping */

/* refusal.c: sip NULL: there is no response. */
void refusal_keep(struct dialog *dialog, const sip_t *sip);

/* identity.c: fills its part of dialog->invite. 0 or ENOMEM. */
int identity_keep(struct dialog *dialog, const sip_t *sip);

/* header.c */
const char *header_sdp(const sip_t *sip); /* NULL: none */
/* Is there a body that is not SDP? */
bool header_body_is_foreign(const sip_t *sip);
/* May our answer be SDP, as its Accept has it? */
bool header_takes_sdp(const sip_t *sip);
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
