/* leg.h: one call leg: a SIP dialog, or a WebSocket, and a media port, made into one thing with one
 * state (cause.h has its table). The only place where SIP meets sound. Knows neither
 * conversation nor application. Control thread.
 *
 * A leg tells one owner what happens to it, until its final status, which comes once
 * and last. A new leg comes with a reference for its owner (mem_unref); a leg that is
 * still up when the owner lets go (leg_own with NULL) hangs up and cleans up by itself. */
#ifndef OFFHOOK_LEG_LEG_H
#define OFFHOOK_LEG_LEG_H

#include "base/loop.h"
#include "conf/conf.h"
#include "leg/cause.h"
#include "offer/offer.h"
#include "trunk/trunk.h"
#include "ua/ua.h"
#include "worker/worker.h"
#include "ws/ws.h"

struct leg;

/* What came of the sound of legs that have ended, by classes whose upper bounds are below; the
 * last class has none. Legs that nothing was heard of are not in it. */
enum { LEG_MOS = 8, LEG_LOSS = 9, LEG_JITTER = 9 };
extern const double leg_mos_bounds[LEG_MOS - 1], leg_loss_bounds[LEG_LOSS - 1], /* [%] */
    leg_jitter_bounds[LEG_JITTER - 1];                                          /* [ms] */
struct leg_sums {
    uint64_t mos[LEG_MOS], loss[LEG_LOSS], jitter[LEG_JITTER];
    double mos_sum, loss_sum, jitter_sum;
    uint64_t problems[STREAM_PROBLEMS]; /* that were told, of all legs */
};

/* What legs stand on; outlives them all. */
struct leg_plane {
    struct loop *loop;
    struct ua *ua;
    struct sockets *sockets; /* NULL: none can be dialled */
    struct workers *workers;
    struct offer_ability can; /* of legs whose trunk has no codecs of its own */
    struct trunks *trunks;    /* by which legs come and go; NULL: none */
    const char *address;      /* written in SDP */
    const char *address6;     /* likewise, of a leg that speaks IPv6; "" or NULL: none does */
    unsigned limit;           /* legs at once; 0: none */
    unsigned count;           /* legs that have not ended, kept by the leg room */
    struct leg_sums sums;     /* likewise */
};

/* What legs may agree on, as rtp.codecs and rtp.prefer have it. */
void leg_ability(struct offer_ability *can, const struct conf *conf);

enum leg_direction { LEG_INBOUND, LEG_OUTBOUND };
const char *leg_direction_text(enum leg_direction direction); /* "inbound" */

/* One end of a leg, as it is written in channels and webhooks. */
enum endpoint_type { ENDPOINT_PHONE, ENDPOINT_SIP, ENDPOINT_APP, ENDPOINT_WEBSOCKET, ENDPOINT_VBC };
struct endpoint {
    enum endpoint_type type;
    const char *address; /* digits or "Unknown"; a URI; a user's name; an extension */
};
const char *endpoint_type_text(enum endpoint_type type); /* "phone" … */
/* What the address is called in JSON: "number", "uri", "user", "extension". */
const char *endpoint_key(enum endpoint_type type);

struct leg_news {
    enum leg_status status;
    int64_t at;                    /* wall [ms] */
    const struct leg_cause *cause; /* final status only, from here on */
    int sip_code;
    const char *phrase;
    bool remote;                      /* the far party ended it */
    const struct stream_stats *stats; /* NULL: no media was open */
};

/* Why a leg that was answered is not heard. Texts live as long as the call that tells it. */
struct leg_trouble {
    enum stream_problem problem;
    bool on;              /* it begins; false: it is over */
    bool harmless;        /* silence: the peer may well be muted */
    int64_t since;        /* wall [ms] at which it was found */
    const char *text;     /* one sentence: what is seen, and what to look at */
    const char *expected; /* where sound was to come from, "192.0.2.1:4000"; "": not known */
    const char *seen;     /* where something else came from; "": nothing did */
    uint8_t types[STREAM_TYPES];
    unsigned type_count; /* payload types that came and were not agreed */
};
/* "no_packets", "silence", "wrong_payload", "nat_mismatch", "srtp_failure",
 * "unprotected" */
const char *leg_problem_text(enum stream_problem problem);

/* Whom the peer of a leg wants to be called instead of it. Texts live as long as the call that
 * tells it. */
struct leg_refer {
    const char *uri;         /* sip:, sips: or tel:, without headers */
    const char *user, *host; /* decoded; of tel: the number, and "" */
    const char *replaces;    /* the call there that is meant: a value of Replaces, or NULL */
    struct leg *with;        /* that one is a leg of ours; NULL: it is not */
};

struct leg_handlers {
    /* Ringing (outbound), answered, human or machine, final. */
    void (*status)(struct leg *leg, const struct leg_news *news, void *arg);
    /* Outbound: early media can be heard through the leg's port. */
    void (*early)(struct leg *leg, void *arg);
    /* A key was pressed and released: by telephone-event, tones or INFO, by whichever of
     * them it comes first when it comes by two. */
    void (*digit)(struct leg *leg, char digit, unsigned duration_ms, void *arg);
    void (*played)(struct leg *leg, uint32_t play, bool completed, void *arg);
    /* Nothing was received for rtp.silence_timeout of an answered call: the owner
     * decides. A peer that was put on hold, or that holds us, may be silent. */
    void (*silent)(struct leg *leg, void *arg);
    /* The peer put us on hold (it does not want to hear us), or took us off again. */
    void (*held)(struct leg *leg, bool on, void *arg);
    /* 0: it is taken up, and leg_refer_told() follows, later; or the SIP status that refuses it.
     * Only of legs whose trunk has `refer`; NULL: 403. */
    int (*refer)(struct leg *leg, const struct leg_refer *refer, void *arg);
    /* What comes of leg_refer(): SIP statuses, 200 or more comes last. */
    void (*referred)(struct leg *leg, int status, void *arg);
    /* The peer begins or ends to speak, while leg_watch() is on; see worker.h. */
    void (*speaking)(struct leg *leg, bool on, void *arg);
    /* Something is wrong with its sound, or is not any more: at the earliest two seconds after
     * the answer, one at a time. Silence of a leg that is muted is not told. */
    void (*problem)(struct leg *leg, const struct leg_trouble *trouble, void *arg);
    /* Who answered, while leg_detect() is on; see worker.h. The leg has that status, which is
     * told before. */
    void (*detected)(struct leg *leg, enum detect_verdict verdict, void *arg);
};

/* An inbound leg of a dialog just come in. Refuses the dialog itself, and returns an
 * errno, when it cannot be one: EINVAL (400), ENOTSUP (488), EAGAIN (503, no port, or
 * the workers are full, or the limit is reached), ENOMEM (500). */
int leg_incoming(struct leg_plane *plane, struct dialog *dialog, struct leg **leg);
/* The same of a caller who is known: `from` instead of what the INVITE says of him; copied. */
int leg_incoming_from(struct leg_plane *plane, struct dialog *dialog, const struct endpoint *from,
                      struct leg **leg);

/* A phone that a user has registered. */
enum { LEG_PHONES = 10 };
struct leg_phone {
    const char *uri, *route, *by; /* as of a dialog_target */
};

/* A call that came to take the place of a leg that is up (its dialog_invite has `replaces`): the
 * leg goes on with the new peer, and the old one is hung up. Only by the trunk that has the leg, if
 * that has `refer`. With an errno the dialog was refused.
 * leg_of_dialog() NULL: the dialog is no leg's. */
struct leg *leg_of_dialog(const struct dialog *dialog);
int leg_replace(struct leg *leg, struct dialog *dialog);
/* What comes of its peer's REFER: 100 … 199 as often as there is news, then a final status. */
void leg_refer_told(struct leg *leg, int status);
/* Its peer is asked to call a SIP or tel URI instead of us; `referred` tells what comes of it,
 * unless the leg ends first. ENOTCONN: it is not up, or no SIP leg; EINVAL: no such URI; EBUSY: one
 * is under way. */
int leg_refer(struct leg *leg, const char *uri);

struct leg_dial {
    struct endpoint from, to;
    /* Where it is tried, in order; the leg keeps a reference. The next one is tried only while
     * nobody can have been rung, after a transport failure or a status of its trunk's failover_on;
     * after an attempt with a timeout of its own, also when that is over. Each attempt has the
     * codecs, keys, caller and credentials of its trunk. NULL: nobody can be reached, and the leg
     * fails with: */
    struct trunk_route *route;
    const struct leg_cause *failure;
    const char *diverted;  /* digits of who was called first, or NULL */
    const char *id;        /* or NULL: a new one */
    unsigned ring_timeout; /* [s] */
    unsigned length;       /* [s] from the answer; 0: none */
    const struct ua_header *headers;
    unsigned header_count;
    /* Instead of a route: a WebSocket server, whose timeout is ring_timeout; or NULL. The leg is
     * answered when the server has taken it, and hears and is heard from leg_confirm() on. */
    const struct socket_request *socket;
    /* Instead of uris: the phones of one user, LEG_PHONES at most, which ring all at once. The
     * first to answer has the call, the others are told that it has; one that declines for all
     * (6xx) ends it. Whose phones all are unreachable is unavailable (480). */
    const struct leg_phone *phones;
    unsigned phone_count;
};
/* An outbound leg; dials at once, tells at the earliest on the next turn of the loop. */
int leg_dial(struct leg_plane *plane, const struct leg_dial *dial, struct leg **leg);

/* Takes the leg. NULL handlers: let go. */
void leg_own(struct leg *leg, const struct leg_handlers *handlers, void *arg);

/* Inbound: 180; and 183 with sound, when what it tells is safe. No effect once
 * answered. */
void leg_ring(struct leg *leg);
void leg_early(struct leg *leg);
/* Inbound: answered from now on: status is told at once, the 200 goes out with
 * leg_confirm(), when the news of it is safe. */
void leg_answer(struct leg *leg);
/* After `answered`: sends the 200 (inbound) or the ACK (outbound). */
void leg_confirm(struct leg *leg);
bool leg_confirmed(const struct leg *leg); /* it was sent: the peer hears us */
/* [s] from now to a hang-up by us; 0: none. */
void leg_limit(struct leg *leg, unsigned seconds);
/* Ends it: BYE, CANCEL, or `cause` (NULL: 480) to an unanswered caller. */
void leg_hangup(struct leg *leg, const struct leg_cause *cause);

/* Sound; see worker.h. All are safe on a leg without media. */
void leg_join(struct leg *leg, struct media_room *room);
void leg_leave(struct leg *leg);
void leg_mute(struct leg *leg, bool on);
void leg_earmuff(struct leg *leg, bool on);
void leg_audible(struct leg *listener, struct leg *speaker, bool on);
uint32_t leg_play(struct leg *leg, struct sound *sound, unsigned loops, double level);
void leg_stop(struct leg *leg);
/* Sends 0-9 A-D * # and p (a pause of 500 ms) as the leg's trunk has it (conf.h), behind
 * what still waits. ENOTCONN: no media; EINVAL; ENOTSUP: the peer takes them in no way that
 * is open; ENOSPC: more than 1,024 would wait; ENOMEM. */
int leg_send_digits(struct leg *leg, const char *digits);
/* How its sound is now. `done` is called exactly once, later: with its last statistics when it
 * ends meanwhile. ENOTCONN: it has no media; ENOMEM: not called. */
int leg_quality(struct leg *leg, media_stats_h *done, void *arg);
/* What is wrong with its sound, as last told; false: nothing. */
bool leg_troubled(const struct leg *leg, enum stream_problem *problem, int64_t *since);
/* Of a WebSocket: its server is told of a key that somebody else pressed. Others: nothing. */
void leg_hear_digit(struct leg *leg, char digit, unsigned duration_ms);
/* Listens for speech while anybody wants it; each is told by `speaking` what changes. */
enum leg_watcher { LEG_WATCH_EVENTS = 1, LEG_WATCH_FLOW = 2 };
void leg_watch(struct leg *leg, enum leg_watcher who, bool on);
bool leg_speaking(const struct leg *leg); /* as last told */
/* NULL: ends it. ENOTCONN: it has no media; EINVAL, ENOMEM. */
int leg_detect(struct leg *leg, const struct detect_conf *conf);
/* It hears itself (media_port_echo()). */
int leg_echo(struct leg *leg, bool on);
/* What it says and hears. ENOTCONN: it has no media; with an error the caller ends the
 * recording. Ends with the leg. */
int leg_record(struct leg *leg, struct recording *recording);
void leg_record_stop(struct leg *leg);

const char *leg_id(const struct leg *leg);
enum leg_direction leg_direction_of(const struct leg *leg);
enum leg_status leg_status_of(const struct leg *leg);
/* Ended, or about to: nothing new begins on it, its final status may still come. */
bool leg_ending(const struct leg *leg);
const struct endpoint *leg_from(const struct leg *leg);
const struct endpoint *leg_to(const struct leg *leg);
int64_t leg_created(const struct leg *leg);  /* wall [ms] */
int64_t leg_answered(const struct leg *leg); /* 0: not yet */
int64_t leg_ended(const struct leg *leg);
/* By which it goes or came; NULL: none. */
const struct conf_trunk *leg_trunk(const struct leg *leg);
const struct dialog_invite *leg_invite(const struct leg *leg); /* inbound; NULL: outbound */
/* One line for the log and the console. */
void leg_debug(const struct leg *leg, char *out, size_t size);

#endif
