/* private.h: the leg itself; for the files of this room only. */
#ifndef OFFHOOK_LEG_PRIVATE_H
#define OFFHOOK_LEG_PRIVATE_H

#include "leg/leg.h"
#include "base/id.h"
#include "leg/relay.h"
#include "stream/once.h"

#include "base/mem.h"

#include <assert.h>

enum { LEG_MAGIC = 0x6c656731, LEG_HEADERS = 64 /* of the application, at most */ };

struct leg {
    unsigned magic; /* control thread */
    struct leg_plane *plane;
    char id[ID_MAX];
    enum leg_direction direction;
    enum leg_status status;
    struct endpoint from, to; /* our own copies of the texts */
    int64_t created, answered, ended;

    const struct leg_handlers *handlers; /* NULL: nobody owns it */
    void *arg;

    struct dialog *dialog;      /* our reference, until it ended */
    struct fork *fork;          /* or several that ring, until one has answered */
    struct socket_line *socket; /* or this instead, likewise */
    struct media_port *port;    /* until closed */
    bool port_open;             /* `closed` has not come yet */
    bool connected;             /* media flows */
    bool confirmed;             /* 200 or ACK was sent */

    unsigned watchers; /* of enum leg_watcher */
    bool speaking;

    struct offer_ability can;
    struct offer_local local;
    struct offer_keys keys;     /* that local has, unless the sound is to be in clear */
    bool secured, clear_told;   /* the sound is under SRTP; that it is not was told */
    unsigned clear_at;          /* `next` of the attempt that was refused under SRTP */
    char *sdp;                  /* ours, last written; NULL: none was */
    struct offer_agreed agreed; /* inbound: flows from the 200 or the 183 on */
    bool media_strict;          /* as the trunk has it */
    bool late;                  /* our SDP is an offer, theirs comes with the ACK */
    bool settled;               /* that was answered before our 200 */
    uint64_t heard;             /* a sum of the peer's last SDP; 0: none */
    bool same;                  /* it was that of the one before */
    bool held;                  /* the peer wants to hear nothing */
    struct dialog_terms terms;  /* as the trunk has it */
    bool refers;                /* likewise: its peer may hand it on */
    struct timer length;
    unsigned length_limit; /* [s] from the answer; 0: none */

    struct trunk_route *route; /* outbound: our reference; NULL: nobody can be reached */
    unsigned next;             /* attempt of it */
    unsigned redirections;     /* that were followed */
    struct trunk *carrier;     /* that counts it as a call; NULL: none */
    char *diverted;
    char said[TRUNK_WORD]; /* user of From, in the last attempt */
    bool full;             /* no trunk takes one more call */
    struct ua_header *headers;
    unsigned header_count, ring_timeout; /* [s] over all of them; 0: none */
    const struct leg_cause *unreachable; /* outbound without a route: how it ends */
    bool rang;                           /* 1xx came */

    enum conf_dtmf dtmf;
    struct once once;    /* keys that were told */
    char *dialling;      /* keys to be sent by INFO; NULL: none */
    size_t dialled;      /* of them, sent */
    struct timer keying; /* until the next one may go out */
    bool informing;      /* one is under way */
    bool info_refused;   /* the peer takes none */

    struct trouble {
        struct timer settling;       /* from the answer on: nothing is told yet */
        struct stream_trouble found; /* as the stream has it */
        bool told, muted;
        int64_t since;                        /* wall [ms] */
        struct sockaddr_storage agreed, peer; /* by SDP; as latched, or not set */
        struct codec_format format;
        uint8_t payload_type;
    } trouble;
    struct leg_ask *asks; /* how its sound is: not answered yet */

    struct leg_news final;
    char phrase[64];
    struct stream_stats stats;
    bool over, hung_up;              /* the dialog ended; we asked for it */
    bool counted;                    /* in plane->count */
    const struct leg_cause *failure; /* why we hung up on an answer; NULL: we did not */
};

int leg_alloc(struct leg **leg, struct leg_plane *plane, enum leg_direction direction);
int leg_open_port(struct leg *leg, int family); /* AF_UNSPEC: any */
int leg_open_wire(struct leg *leg, struct wire *wire);
/* What was agreed flows. ENOMEM or EINVAL, which was logged: all is as it was, and the cause of the
 * end of a leg that cannot do without. */
int leg_connect(struct leg *leg, const struct offer_agreed *agreed);
const struct leg_cause *leg_media_cause(int err);
int leg_keep_sdp(struct leg *leg, const char *sdp);
int leg_write_offer(struct leg *leg);
/* Reads the answer to the offer we wrote last. Errors as offer_accept(). */
int leg_accept(struct leg *leg, const char *sdp, struct offer_agreed *agreed,
               char reason[OFFER_REASON]);
void leg_tell(struct leg *leg, enum leg_status status, int64_t at);
/* The dialog is over (or never was): closes the port, then tells the final status. */
void leg_finish(struct leg *leg, const struct leg_cause *cause, int sip_code, const char *phrase,
                bool remote);
/* change.c: dialog handlers shared by both directions */
void leg_on_acked(const char *sdp, void *arg);
void leg_on_reoffer(const char *sdp, void *arg);
const char *leg_on_session(void *arg);
void leg_on_refreshed(const char *sdp, void *arg);
#define CHANGE_HANDLERS                                                          \
    .acked = leg_on_acked, .reoffer = leg_on_reoffer, .session = leg_on_session, \
    .refreshed = leg_on_refreshed, .refer = leg_on_refer, .referred = leg_on_referred
/* What flows from now on, and whether that is a hold; errors as leg_connect(). */
int leg_flow(struct leg *leg, const struct offer_agreed *agreed);
/* transfer.c */
int leg_on_refer(const struct dialog_refer *refer, void *arg);
void leg_on_referred(int status, void *arg);
/* Remembers the peer's SDP: is it `same` as the one before? */
void leg_heard_sdp(struct leg *leg, const char *sdp);

/* trouble.c */
void trouble_connect(struct leg *leg, const struct offer_agreed *agreed);
void trouble_answered(struct leg *leg);
void trouble_mute(struct leg *leg, bool on);
void trouble_stop(struct leg *leg); /* the leg is over */
void trouble_latched(const struct sockaddr_storage *from, void *leg);
void trouble_found(const struct stream_trouble *trouble, void *leg);

/* secure.c. agree: as the trunk has it, at each INVITE; insist: under SRTP or not at all; give_way:
 * the next offer is in clear, as it may after that status. */
void secure_agree(struct leg *leg, const struct conf_trunk *trunk);
void secure_insist(struct leg *leg);
void secure_give_way(struct leg *leg);
bool secure_may_give_way(const struct leg *leg, int status);
void secure_answered(struct leg *leg); /* a while ago */
void secure_connect(struct leg *leg, const struct offer_agreed *agreed);
void secure_wipe(struct leg *leg);

/* quality.c: the port closed */
void quality_closed(struct leg *leg);

/* outgoing.c */
extern const struct dialog_handlers leg_outgoing; /* of leg->dialog, with the leg */

/* fork.c: rings the phones; leg->fork is there until one has answered or all have ended. EINVAL,
 * ENOMEM …: none rings. */
int fork_dial(struct leg *leg, const struct leg_phone *phones, unsigned count);
void fork_hangup(struct leg *leg, int status, int q850);

/* socket.c */
int socket_leg_dial(struct leg *leg, const struct leg_dial *dial);

/* ability.c: what may be agreed, keys too, as the trunk has it (NULL: none). */
void leg_agree(struct leg *leg, const struct conf_trunk *trunk);

/* keys.c */
enum key_way { KEY_MEDIA, KEY_INFO };
void keys_agree(struct leg *leg, enum conf_dtmf dtmf); /* before the first SDP */
void keys_connect(struct leg *leg, bool events);       /* what was agreed */
void keys_stop(struct leg *leg);
void keys_told(struct leg *leg, enum key_way way, char digit, unsigned ms);
int keys_on_info(const char *content_type, const char *body, void *arg);
void keys_on_informed(int status, void *arg);
#define KEYS_HANDLERS .info = keys_on_info, .info_types = RELAY_TYPES, .informed = keys_on_informed

#endif
