/* audio_private.h: acts on sound, inside; for this room's files only.
 *
 *   act ──< part >── ear (a leg): its first part plays, the others wait their turn
 *
 * An act is for one leg or several: a part each. Its sound is loaded or spoken first; a part
 * whose leg leaves ends; with the last part the act is over, which is told once. An act is
 * held by its parts and by the loading of its sound. */
#ifndef OFFHOOK_CONVERSATION_AUDIO_PRIVATE_H
#define OFFHOOK_CONVERSATION_AUDIO_PRIVATE_H

#include "conversation/audio.h"
#include "conversation/private.h"
#include "record/record.h"

enum { ACT_MAGIC = 0x61637431, RECORD_MAGIC = 0x72656331, REASON = 200 };

struct audio {
    struct audio_plane plane; /* control thread */
    struct bridge *bridge;
    char *recordings, *origin; /* the second may be NULL */
    struct ear *ears;          /* hash by leg id */
    struct list records;       /* running ones */
    struct list waited;        /* acts whose end somebody waits for; our references */
    struct retention *retention;
};

/* A row of what sounds. */
struct act_kind {
    const char *type, *stop, *done; /* events; NULL: not told */
    const char *id;                 /* the body's name for it */
};
extern const struct act_kind act_play, act_say, act_ring, act_beep;

struct act {
    unsigned magic;
    const struct act_kind *kind;
    struct audio *audio;
    char id[ID_UUID], from[ID_PREFIXED], to[ID_PREFIXED];
    struct conversation *conversation; /* our reference */
    struct sound *sound;               /* our reference; NULL: not there yet */
    unsigned loops;
    double level;
    char reason[REASON]; /* why it ended; "": as it should */
    struct list parts;
    audio_over_h *over; /* NULL: nobody waits for its end */
    void *arg;
    struct timer ending; /* its place is kept from the start: no memory is needed at the end */
    struct list waited_node;
};

struct part {
    struct act *act; /* our reference */
    struct ear *ear; /* NULL: it has ended */
    uint32_t play;   /* 0: waits */
    bool confirming; /* waits for the 200 of its leg */
    struct list act_node, ear_node;
};

struct ear {
    struct leg *leg; /* our reference */
    struct audio *audio;
    struct list parts;
    struct music *music; /* while no part sounds; NULL: none */
    UT_hash_handle hh;   /* by the leg's id */
};

/* audio.c: the targets now; mem array of members ended by NULL, or NULL with an errno. */
struct member **audio_members(const struct audio_target *target, int *err);
/* Writes an event of the act: from, to as of the target. */
int64_t audio_event(const struct audio_target *target, const char *type, json_t *body);
/* A member that is still there, or NULL. */
struct member *audio_member(const struct conversation *conversation, const char *id);

/* Ears: made with the first part or music, gone with the last. */
struct ear *ear_get(struct audio *audio, struct leg *leg);
struct part *ear_first(const struct ear *ear);
void ear_check(struct ear *ear);

/* audio_music.c: it sounds if nothing else does; an act sounds now; it is over; something that
 * played has ended, was it the music? */
void music_go(struct ear *ear);
void music_pause(struct ear *ear);
void music_end(struct ear *ear);
bool music_played(struct ear *ear, uint32_t play);

/* audio_act.c: makes one, with a part for each member; in front of nobody yet. */
int act_make(const struct act_kind *kind, const struct audio_target *target, struct act **act);
/* Its parts take their places: behind what is there, or instead of it. */
void act_place(struct act *act, bool queue, bool ends_endless);
/* Its end is to be told to somebody; nobody waits for it any more. ENOMEM. */
int act_await(struct act *act, audio_over_h *over, void *arg);
void act_forget(struct act *act);
/* It has its sound; NULL: and never will. */
void act_sound(struct act *act, struct sound *sound, const char *reason);
/* Ends it; tells nobody. */
void act_drop(struct act *act);
struct ear *ear_find(const struct audio *audio, const struct leg *leg); /* NULL: it hears nothing */
/* Ends a part wherever it is in its ear; what is behind it goes on. The ear may be gone. */
void part_stop(struct part *part);

/* audio_stop.c. Stops acts of a kind; as audio_play_stop(). */
int act_stop(const struct act_kind *kind, const struct audio_target *target, const char *id,
             int64_t *event);
bool act_runs(const struct act_kind *kind, const struct audio_target *target);

/* audio_act.c: what the legs tell */
void act_left(struct audio *audio, const struct leg *leg);
bool act_played(struct audio *audio, const struct leg *leg, uint32_t play);
void acts_free(struct audio *audio);

/* audio_record.c */
struct record {
    unsigned magic;
    struct audio *audio;
    struct application *application;   /* our reference */
    struct conversation *conversation; /* our reference; NULL: it went with the last run */
    char conversation_id[ID_PREFIXED];
    struct leg *leg;                 /* our reference; NULL: all of the conversation */
    struct recording *recording;     /* our reference; NULL: of the last run */
    char id[ID_UUID], file[ID_UUID]; /* what events and the URL call it */
    char from[ID_PREFIXED], to[ID_PREFIXED];
    enum recording_format format;
    unsigned channels;
    char *url, *webhook, *method; /* the second may be NULL */
    json_t *transcription;        /* or NULL */
    int64_t event;                /* 0: it could not be begun */
    int64_t kept;                 /* [s]; 0: as all are */
    bool beep_stop, split, tell_channels, ending, told;
    struct timer limit;
    struct list node;
};
struct record *record_alloc(struct audio *audio, struct application *application); /* or NULL */
/* The file's path, mem, and what else its recording needs. NULL: out of memory. */
char *record_conf(struct record *record, struct recording_conf *conf);
void record_told_ended(const struct record *record); /* to the plane */
void record_left(struct audio *audio, const struct member *member);
void records_free(struct audio *audio);

/* audio_recorded.c: its row is there while it runs */
int record_put(const struct record *record, int64_t at);
recording_done_h record_done;
/* What the last run did not finish. */
int records_recover(struct audio *audio);

/* audio_sound.c: heard, not told */
void audio_beep(const struct audio_target *target);

/* audio_file.c: files that are old enough go, once an hour; recordings is copied. kept [s]. */
enum { RECORDINGS_KEPT = 30 * 86400 /* [s] */ };
void retention_prune(const char *recordings, int64_t kept, int64_t now); /* wall [ms] */
int retention_start(struct retention **retention, const char *recordings, int64_t kept);
void retention_stop(struct retention *retention);

#endif
