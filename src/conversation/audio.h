/* audio.h: acts on the sound of a member or of everybody: play, say, digits, record,
 * ring-back. Each is one event audio:* in the log and one change of sound, whichever door it
 * came through (an event, a leg, a call); its end is told by audio:*:done, once, when it has
 * ended for the last of those it was for: by itself, by a stop, by another act in its place,
 * or because they left. Control thread.
 *
 * A leg hears one act at a time, play, say or ring-back; a new one takes the place of the
 * running one and of those that wait, or is queued behind them. */
#ifndef OFFHOOK_CONVERSATION_AUDIO_H
#define OFFHOOK_CONVERSATION_AUDIO_H

#include "base/id.h"
#include "conversation/conversation.h"
#include "player/loader.h"

struct speech;
struct recorder;

/* A recording whose file is finished. All borrowed. */
struct audio_recorded {
    struct application *application;
    const char *conversation_id, *recording_id;
    const char *url;              /* of the file */
    const char *path;             /* the file itself; it stays while it is kept */
    const char *webhook, *method; /* who is told of it; "": the application; NULL: nobody */
    int64_t started, ended, size; /* wall [ms], [bytes] */
    int64_t kept;                 /* [s] from its end; 0: as all are */
    unsigned channels;
    bool tell_channels;          /* they were asked for by number */
    const json_t *transcription; /* as audio_record has it; NULL: it is not asked for */
    bool told;                   /* by the last run, but for the transcription */
};

/* What the acts stand on. */
struct audio_plane {
    struct loader *loader;
    struct speech *speech;
    struct recorder *recorder;
    const char *recordings; /* folder; copied */
    int64_t kept;           /* [s] a recording without a time of its own is; 0: 30 days */
    /* A recording is finished, whichever way it ended and also when that was a crash of the
     * last run; within store_together() with its event, once for each that has a file. One whose
     * transcription the last run did not get to: once more, with `told`. */
    void (*recorded)(const struct audio_recorded *recorded, void *arg);
    /* A recording of a member ends while that stays: it was stopped, its time is over, or it
     * cannot be written. */
    void (*record_ended)(struct member *member, const char *recording_id, void *arg);
    void *arg;
};
/* Before the first act; finishes the recordings that a crash of the last run left. The plane's
 * rooms are stopped before the bridge goes, the recorder while the store still takes events. */
int bridge_audio(struct bridge *bridge, const struct audio_plane *plane);
/* Where URLs of recordings begin when who asks names no `url`: "http://host:port"; copied.
 * ENOMEM: it is as before. */
int audio_origin(struct bridge *bridge, const char *origin);
const char *audio_origin_of(const struct bridge *bridge); /* "": not told yet */

/* To whom: one member, or (NULL) all that are joined now and have a leg that is answered.
 * from: who asked, as the event tells it; NULL: the target itself or "". */
struct audio_target {
    struct conversation *conversation;
    struct member *to;
    const struct member *from;
};
/* Can it hear and be heard? */
bool audio_has(const struct member *member);

/* A play or a say is over, in whatever way: called once, on the loop, never within a call of
 * this header. reason: why it could not be heard; NULL: it was, or was ended. */
typedef void audio_over_h(const char *reason, void *arg);

struct audio_play {
    const char *url;    /* http(s), or sound:NAME */
    unsigned loop;      /* 0: until stopped */
    double level;       /* -1 … 1 */
    bool queue;         /* behind what plays already; else instead of it */
    bool ends_endless;  /* with queue: what would play for ever ends */
    audio_over_h *over; /* or NULL */
    void *arg;
};
struct audio_say {
    const char *text, *language, *voice_name; /* the last two may be NULL */
    unsigned style, loop;
    double level;
    bool premium, ssml;
    bool queue, ends_endless; /* as of a play */
    audio_over_h *over;
    void *arg;
};
struct audio_record {
    const char *format; /* wav, mp3, ogg; NULL: wav */
    /* Two channels: of a member what it says left, what it hears right; of a conversation who
     * came first left, the others right. More of them: a voice each, see record.h. */
    bool split;
    unsigned channels;  /* of a split one; 0: 2. 1: mixed all the same */
    bool tell_channels; /* the news of the file has their number */
    bool beep_start, beep_stop, streamed;
    unsigned timeout;    /* [s]; 0: until stopped, at most 2 h */
    unsigned validity;   /* [min] the file is kept, as told in the event; or */
    int64_t kept;        /* [s]; both 0: as all are */
    const char *url;     /* origin of destination_url: "http://host:port"; NULL: as told */
    const char *webhook; /* URL that is told of the file; "": the application's; NULL: none */
    const char *method;  /* of it; NULL: POST */
    const json_t *transcription; /* kept, and handed on with the news; NULL: none */
};

/* All: 0 and the id of the act (play_id, say_id, recording_id) and of its event; ENODEV: nobody
 * there has audio; EINVAL: bad sound name, language or SSML, with a reason (static); ENOTSUP: a
 * format that cannot be written; EAGAIN: too many wait; ENOSPC: the store takes no event, and
 * nothing was done. What fails later (a URL that answers 404) ends the act: its done event
 * carries `reason`. */
int audio_play(const struct audio_target *target, const struct audio_play *play, char id[ID_UUID],
               int64_t *event, const char **reason);
int audio_say(const struct audio_target *target, const struct audio_say *say, char id[ID_UUID],
              int64_t *event, const char **reason);
int audio_record(const struct audio_target *target, const struct audio_record *record,
                 char id[ID_UUID], int64_t *event, const char **reason);
/* Digits 0-9 A-D * # and p (a pause), sent as the leg's trunk has it; in: as if the target had
 * pressed them, an event each. EINVAL: other characters; ENOTSUP: no peer takes them in a
 * way that is open; ENOSPC: too many wait, or the store takes no event. */
int audio_digits(const struct audio_target *target, const char *digits, bool in, int64_t *event,
                 const char **reason);
/* Ring-back tone until stopped. event 0: it was so already. */
int audio_ringing(const struct audio_target *target, bool on, int64_t *event);

/* What the member hears while no act sounds at its leg: music on hold, a ring-back tone. It
 * loops, in place of the one before, comes back after each act, and ends when the member leaves;
 * the log of events knows nothing of it. An unanswered caller hears it after leg_early().
 * `loaded` (or NULL) is called as of an act, once the sound is there or is not waited for any
 * more. EINVAL: no sound has such a name; ENODEV: the member has no leg; ENOMEM; what there was
 * goes on then, and `loaded` is not called. */
int audio_music(struct member *member, const char *url, audio_over_h *loaded, void *arg);
void audio_music_stop(const struct member *member);

/* Stops the act with that id; id NULL: every act of its kind on the target. ENOENT. */
int audio_play_stop(const struct audio_target *target, const char *id, int64_t *event);
int audio_say_stop(const struct audio_target *target, const char *id, int64_t *event);
int audio_record_stop(const struct audio_target *target, const char *id, int64_t *event);
/* Ends a play or say of the member without a stop being told: its door has closed. Nothing
 * happens when it is over. */
void audio_end(const struct member *member, const char *id);
/* Waits for the end of the act that the member hears, or will hear last. over: as of a play.
 * ENOENT: none sounds or waits; EBUSY: somebody waits for it already. */
int audio_await(const struct member *member, audio_over_h *over, void *arg);

/* The transcription of a recording is told, or the news that there is none: within
 * store_together() with that. */
void audio_transcribed(struct bridge *bridge, const char *recording_id);

/* Does a recording of just this target run? */
bool audio_records(const struct audio_target *target);

/* The path of a recording's file, or NULL: there is none, or its time is over; mem. `id` is the
 * last part of its URL, `kept` [s] as of the plane. Any thread: it looks at the folder only. */
char *audio_file(const char *recordings, const char *application, const char *id, int64_t kept);

#endif
