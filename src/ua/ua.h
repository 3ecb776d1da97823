/* ua.h: the SIP user agent: endpoints that listen, and dialogs (RFC 3261). Knows
 * SDP only as text to carry. Control thread; built on Sofia-SIP's NUA with its
 * media off, one NUA an address we listen on.
 *
 * A dialog is made by the peer (incoming) or by us (dialog_invite). Its owner
 * gets callbacks until `ended`, which comes exactly once and last; after it the
 * owner drops its reference. A dialog whose owner is gone still finishes its BYE. */
#ifndef OFFHOOK_UA_UA_H
#define OFFHOOK_UA_UA_H

#include "base/list.h"
#include "base/loop.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct ua;
struct dialog;

struct ua_listen {
    char transport[8]; /* "udp", "tcp", "tls" */
    char host[64];     /* numeric */
    unsigned port;     /* 0: any free one */
};

/* Whose certificate is asked for of those who connect to us. */
enum ua_tls_clients {
    UA_TLS_ANY,   /* nobody's */
    UA_TLS_ASKED, /* everybody's; one that is not good ends the connection, none does not */
    UA_TLS_NEEDED /* everybody's, who has none is turned away */
};

struct ua_tls {
    const char *certificate, *key, *ca; /* PEM files; ca "" or NULL: the system's */
    bool verify;                        /* whom we connect to, against the name we ask for */
    enum ua_tls_clients clients;
};

enum { UA_REASON = 400 };
/* Are the files good? EINVAL: reason says which one is not, and why: it cannot be read, is no PEM,
 * has expired, or the key is another one's. */
int ua_tls_check(const struct ua_tls *tls, char reason[UA_REASON]);

struct ua_conf {
    struct ua_listen *listen;
    unsigned listen_count;
    const char *advertise; /* host in Contact and Via behind a static NAT; "" or NULL: as bound */
    const char *domain;    /* host of our From, realm of our challenges; "" or NULL: the local
                              address, and "offhook" */
    const char *digest;    /* the one algorithm of our challenges, "MD5" or "SHA-256"; "" or NULL:
                              both, which phones that know MD5 alone may give up at (RFC 8760) */
    struct ua_tls tls;     /* of listeners with "tls" */
    const char *user_agent;
    unsigned min_se; /* [s] the shortest session interval we take; 0: 90, the least that RFC 4028
                        allows, and what all but a test says */
    bool believe_contacts; /* requests go where a Contact says, although it is a private address
                              and the peer seems to be behind a NAT */
};

/* One header field, as sent or received. */
struct ua_header {
    const char *name, *value;
};

/* Take it; no answer at all; 503; take it from who proves to know a user's password (RFC 8760). */
enum ua_verdict { UA_ALLOW, UA_IGNORE, UA_BUSY, UA_CHALLENGE };

/* A phone wants to be reached (RFC 3261 §10.3), and has proved to know a password. */
enum { UA_CONTACTS = 16, UA_CONTACT_TEXT = 6144 };
struct ua_contact {
    const char *uri; /* as it was written */
    /* What to dial, by ua_registering's route and `by`: its host is the one that the request came
     * from, whatever the phone believes its address to be (RFC 3581; NAT), so nobody can have us
     * call another host. With a route it is `uri`. */
    const char *dial;
    const char *instance; /* +sip.instance; "": none */
    int expires;          /* [s]; -1: not told */
    unsigned q;           /* thousandths */
    /* [s] that the way there lasts without a word: of a connection, which is closed when it is
     * silent, or a NAT's. 0: it has no end. */
    unsigned lasts;
};
struct ua_registering { /* valid during the call */
    const char *user;   /* who met our challenge */
    const char *to_user, *to_host;
    const char *call_id, *agent;
    unsigned cseq;
    const struct ua_contact *contacts;
    unsigned contact_count; /* 0, and not `all`: a question */
    bool all;               /* Contact: * */
    int expires;            /* of the header [s]; -1: none */
    const char *route;      /* Path (RFC 3327), for dialog_target; "": none */
    const char *by;         /* the address of ours it came to, for dialog_target */
    struct sockaddr_storage source;
};
struct ua_registered {
    int status;                     /* 200, or why not */
    unsigned min_expires;           /* [s] with 423 */
    char contacts[UA_CONTACT_TEXT]; /* value of Contact with 200; "": none are left */
};

struct ua_handlers {
    /* Before anything is answered or even parsed, for each request outside a dialog: is the
     * source one of ours? Also asked for OPTIONS. UA_IGNORE: not one byte goes back. Once
     * a call: repeated INVITEs of a live one are not asked about. NULL: all may come. */
    enum ua_verdict (*source)(const struct sockaddr_storage *from, const char *method, void *arg);
    /* UA_CHALLENGE: the password of a user who may come from there, into `password`. False:
     * there is none, which the peer is told exactly as if its password were wrong. */
    bool (*secret)(const struct sockaddr_storage *from, const char *user, char *password,
                   size_t size, void *arg);
    /* How a challenge was met; for counting, and for slowing down who guesses. */
    void (*tried)(const struct sockaddr_storage *from, const char *user, bool right, void *arg);
    /* A new call; 100 was sent. The handler keeps the dialog with mem_ref() and calls
     * dialog_handle() and then one of ring/answer/reject, now or later; not kept: 500. */
    void (*incoming)(struct dialog *dialog, void *arg);
    /* REGISTER; fills `answer` before it returns. NULL: no method of ours. */
    void (*registering)(const struct ua_registering *request, struct ua_registered *answer,
                        void *arg);
    void *arg;
};

/* `root` is the su_root_t of the control thread. */
int ua_start(struct ua **ua, void *root, const struct ua_conf *conf,
             const struct ua_handlers *handlers);
/* Other files for connections to come; with an error, as of ua_tls_check(), those of before stay.
 * 0 when no listener has TLS. */
int ua_tls_reload(struct ua *ua, const struct ua_tls *tls, char reason[UA_REASON]);
/* Draining: new calls and OPTIONS get 503 with Retry-After. */
void ua_drain(struct ua *ua, bool on);
/* Ends what is left (BYE, CANCEL), then calls done. Afterwards mem_unref(). */
void ua_stop(struct ua *ua, loop_h *done, void *arg);
/* "udp:127.0.0.1:5060,tcp:127.0.0.1:5060" as really bound. */
const char *ua_address(const struct ua *ua);
unsigned ua_port(const struct ua *ua, const char *transport); /* 0: not listening */

struct dialog_refer;
struct dialog_handlers {
    /* Outbound: 1xx, or the refusal of our dialog_reinvite(). sdp: early media of this branch
     * (To-tag `branch`), or NULL. */
    void (*progress)(int status, const char *sdp, const char *branch, void *arg);
    /* Outbound: 2xx; sdp as the answer (or an offer, when we sent none). The owner
     * calls dialog_ack() when the news of it is safe, within 500 ms. */
    void (*answered)(const char *sdp, void *arg);
    /* Inbound: ACK came; sdp when it carries the answer to our late offer. Also PRACK, when it is
     * that which answers. */
    void (*acked)(const char *sdp, void *arg);
    /* re-INVITE or UPDATE with an offer (sdp), or without (NULL: make one). The owner
     * answers with dialog_reoffer_answer() or _reject(), now or later. */
    void (*reoffer)(const char *sdp, void *arg);
    /* Our session as last described, to be said again by a re-INVITE that only refreshes it, for
     * peers that take no UPDATE (RFC 4028 §7.4), and what it was answered with. NULL: who takes no
     * UPDATE is not refreshed. */
    const char *(*session)(void *arg);
    void (*refreshed)(const char *sdp, void *arg);
    /* 0: it was taken up (202), and dialog_refer_told() follows, later; or the SIP status that
     * refuses it. NULL: 403. */
    int (*refer)(const struct dialog_refer *refer, void *arg);
    /* What comes of our dialog_refer(): the refusal of REFER, or what the peer tells of the call
     * that it makes; 200 or more comes last. */
    void (*referred)(int status, void *arg);
    /* INFO with a body of one of `info_types` ("a/b, c/d"; NULL: of any), which is answered
     * 200, or 400 when an errno is returned. Other types are answered 415 with the list as
     * Accept, and an INFO without a body 200, before the owner hears of it. */
    int (*info)(const char *content_type, const char *body, void *arg);
    const char *info_types;
    /* The final response to our dialog_info(). */
    void (*informed)(int status, void *arg);
    /* Over; comes from the root, never from within a function of this header.
     * status: the final SIP status of the INVITE (200 after an answered call;
     * 487 cancelled; 408 no answer or transport failure, or after an answered call: its
     * session was not refreshed …); phrase: its text;
     * remote: the peer ended it; q850: cause of a Reason header, 0: none. */
    void (*ended)(int status, const char *phrase, bool remote, int q850, void *arg);
};

/* What we prove with to who challenges us (401, 407): RFC 2617, and SHA-256 of RFC 8760 where it is
 * offered. Sent to no other host than the one that was asked. */
struct ua_credentials {
    const char *user, *password; /* user NULL or "": none */
    const char *realm;           /* the only one to answer; NULL or "": any */
};

/* A REFER of the peer's: whom it wants us to call instead of it (RFC 3515). Texts live as long as
 * the call that tells of it. */
struct dialog_refer {
    const char *uri;         /* without headers; sip, sips or tel */
    const char *user, *host; /* decoded; of tel: the number, and "" */
    const char *referred_by; /* URI or "" */
    const char *replaces;    /* value of Replaces (RFC 3891), or NULL */
    struct dialog *with;     /* which is a dialog of ours, up or not; NULL: somebody else's */
};

/* How a dialog is held. */
enum ua_rel100 { UA_REL100_OFF, UA_REL100_SUPPORTED, UA_REL100_REQUIRED };
struct dialog_terms {
    unsigned session; /* [s] interval of the session timer that we ask for, at least 90; 0: only
                         what the peer asks for (RFC 4028) */
    enum ua_rel100 rel100; /* of 180 and 183 (RFC 3262). Off: when the peer requires it */
};

/* Takes an incoming dialog, or any dialog again by a new owner. NULL handlers: the
 * owner is gone; the dialog is ended and cleans up by itself. */
void dialog_handle(struct dialog *dialog, const struct dialog_handlers *handlers, void *arg);

/* Where the peer's INVITE, or the last response to ours, came from; family 0: nothing came. */
void dialog_source(const struct dialog *dialog, struct sockaddr_storage *source);

/* What the peer's INVITE said (incoming); valid as long as the dialog is. */
struct dialog_invite {
    const char *from_user, *from_host, *from_display; /* decoded; never NULL */
    const char *to_user, *to_host;                    /* of the request URI */
    const char *call_id;
    const char *user; /* who met our challenge; NULL: was not asked */
    const char *sdp;  /* NULL: late offer */
    struct sockaddr_storage source;
    struct dialog *replaces; /* the dialog, which is up, whose place it takes (RFC 3891), while
                                `incoming` is told; NULL: none */
    const struct ua_header *headers; /* X-… and User-to-User, as sent */
    unsigned header_count;
    /* What may be believed of who is trusted only: users of P-Asserted-Identity,
     * P-Preferred-Identity, Remote-Party-ID and the topmost Diversion, decoded; "": none. */
    const char *asserted, *preferred, *remote_party, *diverted;
    const char *to_header; /* user of To, decoded; "": none */
    bool wants_privacy;    /* Privacy other than none, or privacy=full */
};
const struct dialog_invite *dialog_invite_of(const struct dialog *dialog);

/* Incoming: before dialog_ring() and dialog_answer(); without it all zero. ENOTSUP: the peer lacks
 * what they require, and the dialog was refused with 421. */
int dialog_hold_to(struct dialog *dialog, const struct dialog_terms *terms);
/* Incoming, without an offer: may ours go out with 183, to be answered by PRACK? That comes as
 * `acked`, and the 200 has no SDP then. */
bool dialog_offers_early(const struct dialog *dialog);

/* Incoming: 180 (sdp NULL) or 183 with sdp. May be repeated. */
int dialog_ring(struct dialog *dialog, const char *sdp);
/* Incoming: 200 with the answer, or with an offer when the INVITE had none; NULL when PRACK has
 * answered that before. */
int dialog_answer(struct dialog *dialog, const char *sdp);
/* Incoming, before the answer: a final refusal. warning: text of a 399 or 305 Warning
 * (RFC 3261 §20.43), or NULL. phrase NULL: the usual one. EALREADY: answered or over. */
int dialog_reject(struct dialog *dialog, int status, const char *phrase, int warn_code,
                  const char *warning);

struct dialog_target {
    const char *uri;          /* request URI: sip:15550100003@127.0.0.1:5080;transport=tcp */
    const char *from_user;    /* "" : anonymous */
    const char *from_display; /* or NULL */
    const char *from_host;    /* NULL: ua's domain */
    const char *route;        /* outbound proxy URI or NULL; several, joined by ", ": preloaded */
    const char *by;           /* "udp:127.0.0.1:5060": an address of ours to send from; NULL, or
                                 none of ours any more: the first that fits the URI */
    const char *next_hop;     /* URI of an address it is sent to instead of what its URI names; not
                                 written into it. NULL: none. Not with a route */
    struct ua_credentials credentials;
    const struct ua_header *headers;
    unsigned header_count;
    const char *sdp;
    struct dialog_terms terms;
    unsigned ring_timeout;    /* [s]: CANCEL after it and end with 408 "Ring timeout"; 0: none */
    unsigned ring_timeout_ms; /* instead of it [ms], when it is less; 0: none */
};
/* Calls. The dialog is the caller's reference, to be dropped after `ended`. EINVAL: the URI
 * is none, or a header has a bad name, one of the stack's own, or a line break.
 * EPROTONOSUPPORT: we listen on no address of that transport and family. */
int dialog_invite(struct ua *ua, const struct dialog_target *target,
                  const struct dialog_handlers *handlers, void *arg, struct dialog **dialog);
int dialog_ack(struct dialog *dialog, const char *sdp);

/* By which a call there would go: AF_INET or AF_INET6; of a name, what we listen on first.
 * AF_UNSPEC: dialog_invite() would fail. route as in dialog_target. */
int ua_family(struct ua *ua, const char *uri, const char *route);

int dialog_reoffer_answer(struct dialog *dialog, const char *sdp);
int dialog_reoffer_reject(struct dialog *dialog, int status, const char *phrase, int warn_code,
                          const char *warning);
/* Our own re-INVITE with a new offer, or NULL for the peer to make one; `answered` carries
 * the reply, to be followed by dialog_ack(). A refusal (488 …) comes as `progress` with its
 * status, and the call stays as it was; 491 does when the peer's own change came first, or five
 * tries were in vain (RFC 3261 §14.1). EBUSY: another change is under way. ENOMEM. */
int dialog_reinvite(struct dialog *dialog, const char *sdp);

/* REFER: the peer is to call that SIP or tel URI instead of us (RFC 3515). `referred` follows,
 * unless the dialog ends first. ENOTCONN: it is not up; EINVAL: no such URI; EBUSY: one is under
 * way. */
int dialog_refer(struct dialog *dialog, const char *uri);
/* What comes of the peer's REFER, by NOTIFY: 100 … 199 as often as there is news, the last one is
 * final. No effect when it is told already, or the dialog ends. */
void dialog_refer_told(struct dialog *dialog, int status);
/* Whose it is: NULL handlers: nobody's. */
const struct dialog_handlers *dialog_owner(const struct dialog *dialog, void **arg);

/* INFO within the dialog, once it is up: ENOTCONN before and after. `informed` follows,
 * unless the dialog ends first; EBUSY until then. */
int dialog_info(struct dialog *dialog, const char *content_type, const char *body);

/* Ends it by its state: CANCEL, BYE, or `status` (0: 480) to an unanswered incoming
 * call. `ended` follows (remote false). */
void dialog_hangup(struct dialog *dialog, int status, int q850);

/* CANCEL of a call that another phone of the same user has answered: with a Reason (RFC 3326) that
 * keeps it out of its list of missed calls. Once answered: as dialog_hangup(). */
void dialog_taken_elsewhere(struct dialog *dialog);

/* True when our own ring_timeout ended it. */
bool dialog_timed_out(const struct dialog *dialog);
/* What else the final response that refused our call said; valid as long as the dialog is. */
struct dialog_refusal {
    unsigned retry_after; /* [s]; 0: not told */
    const char *warning;  /* text of a Warning, or "" */
    const char *sdp;      /* what it could do, or NULL */
    const char *contacts; /* of a 3xx: SIP URIs with a space between them, the likeliest first */
};
const struct dialog_refusal *dialog_refusal_of(const struct dialog *dialog);
/* Why no answer came: ECONNREFUSED, EHOSTUNREACH …; 0: a SIP answer came. */
int dialog_transport_error(const struct dialog *dialog);

/* A registration with a registrar of somebody else's (RFC 3261 §10.2): kept up by refreshing,
 * tried again after a failure with growing pauses, removed by registration_end(). */
struct registration;
struct ua_account {
    const char *registrar;    /* URI of the domain: sip:carrier.example;transport=tcp */
    const char *aor;          /* sip:user@carrier.example */
    const char *contact_user; /* of our Contact; NULL: the user of aor */
    const char *route;        /* outbound proxy URI or NULL */
    struct ua_credentials credentials;
    unsigned expires; /* [s] asked for */
};
enum registration_state { REGISTRATION_TRYING, REGISTRATION_UP, REGISTRATION_FAILED };
struct registration_news {
    enum registration_state state;
    int status;                      /* of the last response; 0: none came */
    const char *phrase;              /* or what went wrong on the way */
    unsigned expires;                /* [s] that were granted; UP */
    unsigned retry;                  /* [s] until the next attempt; FAILED */
    struct sockaddr_storage seen_as; /* how the registrar sees us (received, rport of Via);
                                        ss_family 0: not told */
};
struct registration_handlers {
    void (*changed)(const struct registration_news *news, void *arg);
};
/* Texts are copied. Errors as dialog_invite(). The registration is the caller's reference, to be
 * given up with registration_end(), after which nothing is told. */
int ua_register(struct ua *ua, const struct ua_account *account,
                const struct registration_handlers *handlers, void *arg,
                struct registration **registration);
void registration_end(struct registration *registration);

/* OPTIONS outside a dialog, once. `done` comes exactly once, later: status 0 and an errno when no
 * response came (ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, EPROTO: TLS failed). */
struct ua_echo {
    int status, err;
    const char *phrase, *server, *allow; /* server, allow: header values, or "" */
    unsigned ms;                         /* until it came */
    struct sockaddr_storage seen_as;     /* as in registration_news */
};
struct ua_ping {
    const char *uri, *route, *from_user, *from_host; /* as in dialog_target */
    struct ua_credentials credentials;
    unsigned timeout; /* [ms] */
};
typedef void ua_ping_h(const struct ua_echo *echo, void *arg);
int ua_ping(struct ua *ua, const struct ua_ping *ping, ua_ping_h *done, void *arg);

/* Dialogs alive, for leak checks and /metrics. */
unsigned ua_dialogs(const struct ua *ua);

#endif
