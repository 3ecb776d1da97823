/* playout.h: from packets to sound: what came waits in a ring until its time, is decoded then,
 * and goes through a short queue of samples, so packets of any length, order and phase give one
 * frame of 20 ms a tick.
 *
 * It starts with no delay at all: what has come is heard at the next tick. A packet that just
 * missed its tick moves the play-out back to it; more of them have sound stretched, until as
 * many as come in time as should; what for seconds was in hand and never needed is cut out.
 * Stretching and cutting goes by pitch periods (scale.h), and keeps the clocks of both sides in
 * step. Pure; used by one thread. */
#ifndef OFFHOOK_STREAM_PLAYOUT_H
#define OFFHOOK_STREAM_PLAYOUT_H

#include "audio/noise.h"
#include "audio/resample.h"
#include "codec/codec.h"
#include "stream/jitter.h"
#include "stream/slack.h"

enum {
    PLAYOUT_DEEPEST = 240, /* [ms] a packet may wait for its turn as a rule */
    PLAYOUT_TRENDS = 8     /* windows of 2 s */
};

enum playout_sound {
    PLAYOUT_SOUND,     /* a frame as it was sent */
    PLAYOUT_RECOVERED, /* some of it was lost, and told by what came after it */
    PLAYOUT_LOST,      /* some of it was lost, and is concealed */
    PLAYOUT_COMFORT,   /* the peer makes a pause: noise as it asks for, or as its codec makes */
    PLAYOUT_SILENT     /* nothing there for long, or never begun; the frame is untouched */
};

/* What the peer sends: as agreed, or G.711 without asking. */
enum playout_law { PLAYOUT_AGREED, PLAYOUT_PCMU, PLAYOUT_PCMA };

/* Kept by the owner while playouts come and go. */
struct playout_counts {
    uint64_t late; /* packets */
    uint64_t frames_in, concealed, recovered, comfort, adjusted, bursts;
};

struct playout_packet {
    const uint8_t *payload;
    size_t size;
    uint32_t timestamp, arrival; /* [us] for the latter, of any clock */
    uint16_t sequence;
    enum playout_law law;
    bool restart; /* sequence numbers jumped */
};

/* What came in one window of 2 s: by how much packets were ahead of their last tick [us]. */
struct playout_watch {
    unsigned age;        /* [frames] */
    unsigned packets;    /* in it */
    int32_t least, most; /* slack */
    int32_t sum;         /* of all */
    int32_t spare;       /* [samples] that were queued at each tick and never needed */
};

struct playout {
    struct codec_format format;
    unsigned rate, clock; /* [Hz]: of samples, and of timestamps now */
    struct decoder *decoder, *other;
    struct resample *lift;         /* from the other's 8000 Hz; NULL: same rate */
    struct playout_counts *counts; /* the owner's */

    struct jitter jitter;
    int16_t *samples;           /* the queue: what was heard last, then what is next */
    size_t capacity, head, end; /* [samples] */

    bool running;
    uint32_t play; /* timestamp: next to be decoded */
    uint32_t newest;
    uint16_t newest_sequence;
    bool decoded;            /* a packet, since it began */
    uint16_t sequence;       /* of the last that was */
    uint32_t heard;          /* its arrival */
    bool pause;              /* it announced one */
    enum playout_sound kind; /* of the samples queued last */

    struct noise noise;  /* of the peer's pause, */
    bool noisy;          /* which is on */
    uint32_t noise_from; /* timestamp */

    uint32_t hole;      /* where the present gap began */
    unsigned gap;       /* [samples] without packets, up to now */
    unsigned dry;       /* [frames] the same */
    unsigned concealed; /* [samples] of it, not counted yet */
    unsigned behind;    /* ticks in a row with nothing but late packets */
    bool belated;       /* one came since the last tick */

    bool ticked, lagged;         /* now, lag are known */
    uint32_t now;                /* [us] of the last tick */
    int32_t lag;                 /* [us] packets wait for their tick, on average */
    unsigned late, late_age;     /* ticks with late packets, of late; [frames] since the first */
    int32_t worst, second_worst; /* [us] they were late */

    int32_t owe;                              /* [samples] to be put in; < 0: cut out */
    unsigned patience;                        /* [frames] without a good place for it */
    unsigned adjusted;                        /* [samples] towards the next frame that is counted */
    unsigned sound, recovered, comfort, lost; /* the same */
    struct playout_watch watch;
    int32_t trend[PLAYOUT_TRENDS]; /* [us] least slack of the last windows, newest first */
    unsigned trends;
    unsigned calm;        /* windows since a packet was late, */
    unsigned wait;        /* and how many it takes until delay is given back */
    bool known;           /* nothing changed since */
    int32_t mean;         /* slack of a window [us] */
    int32_t spread, wary; /* [us] packets came later than the mean: in seconds, in half a minute */
    unsigned losses, loss_age; /* of late; [frames] since the first of them */
    bool behind_one;           /* a packet more is waited for: it tells what was lost before it */
    unsigned mute;             /* holes in a row of which the packet behind told nothing */
};

/* What a playout of this format needs [bytes], to be placed in memory of the owner, which also
 * gives the decoders: `other` is one for PCMU, or NULL when the format is G.711 itself. With
 * another rate than 8000 Hz `lift` resamples what it decodes. */
size_t playout_memory(const struct codec_format *format);
void playout_init(struct playout *playout, const struct codec_format *format, void *memory,
                  struct decoder *decoder, struct decoder *other, struct resample *lift);
/* From now on it counts there. */
void playout_count(struct playout *playout, struct playout_counts *counts);

/* Forgets what is in hand and what was learned of the network. */
void playout_reset(struct playout *playout);
/* Another source: forgets what is in hand. */
void playout_restart(struct playout *playout);

/* Sound went elsewhere meanwhile, `last` as the last of it: what is heard next begins at `play`. */
void playout_resume(struct playout *playout, const struct playout_packet *last, uint32_t play);

/* Is there sound to play, that nothing is missing before; and takes out what is queued of a frame
 * that is not whole: its samples. */
bool playout_holds(struct playout *playout);
size_t playout_rest(struct playout *playout, int16_t *samples);

/* Is it a payload there is sound in? */
bool playout_knows(const struct playout *playout, const uint8_t *payload, size_t size,
                   enum playout_law law);

/* [units of timestamps] of sound in a payload as agreed; 0: it is none. */
uint32_t playout_length(const struct playout *playout, const uint8_t *payload, size_t size);

/* False: too late to be heard, or no payload of the format. */
bool playout_put(struct playout *playout, const struct playout_packet *packet);

/* Takes a packet of comfort noise: until sound of a later timestamp there is a pause, and noise. */
void playout_noise(struct playout *playout, const struct playout_packet *packet);

/* The next frame, 20 ms at the format's rate, at `now` [us]. */
enum playout_sound playout_get(struct playout *playout, uint32_t now, int16_t *frame);

/* Frames of the present gap that are concealed; counted when it is known what it was. */
unsigned playout_concealed(const struct playout *playout);

/* How early packets are there. False: it is not settled yet. */
bool playout_slack(const struct playout *playout, struct slack *slack);

/* From the last tick to the next it takes so much longer [us], once; < 0: shorter. */
void playout_shift(struct playout *playout, int32_t by);

/* What waits to be heard [us]. */
int32_t playout_depth(const struct playout *playout);

#endif
