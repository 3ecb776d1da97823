/* audio.h: acts on the sound of a member or of everybody: play, say, digits, record,
 * ring-back. Each is one event audio:* in the log and one change of sound, whichever door it
 * came through (an event, a leg, a call); its end is told by audio:*:done. Control thread. */
#ifndef OFFHOOK_CONVERSATION_AUDIO_H
#define OFFHOOK_CONVERSATION_AUDIO_H

#include "base/id.h"
#include "conversation/conversation.h"
#include "player/loader.h"

struct speech;
struct recorder;

/* What the acts stand on; outlives the bridge. Before the first act. */
struct audio_plane {
    struct loader *loader;
    struct speech *speech;
    struct recorder *recorder;
    const char *recordings; /* folder */
};
void bridge_audio(struct bridge *bridge, const struct audio_plane *plane);

/* To whom: one member, or (NULL) all that are joined now and have a leg. from: who asked, as
 * the event tells it; NULL: the target itself or "". */
struct audio_target {
    struct conversation *conversation;
    struct member *to;
    const struct member *from;
};

struct audio_play {
    const char *url; /* http(s), or sound:NAME */
    unsigned loop;   /* 0: until stopped */
    double level;    /* -1 … 1 */
    bool queue;      /* behind what plays already; else instead of it */
};
struct audio_say {
    const char *text, *language, *voice_name; /* the last two may be NULL */
    unsigned style, loop;
    double level;
    bool premium, ssml, queue;
};
struct audio_record {
    const char *format; /* wav, mp3, ogg; NULL: wav */
    bool split, beep_start, beep_stop, streamed;
    unsigned timeout;    /* [s]; 0: until stopped, at most 2 h */
    const char *url;     /* origin of destination_url: "http://host:port" */
    const char *webhook; /* URL that is told of the file; NULL: none */
};

/* All: 0 and the id of the act (play_id, say_id, recording_id) and event (0: none was written);
 * ENODEV: nobody there has audio; EINVAL: bad sound name, language or SSML, with a reason
 * (static); EAGAIN: too many wait. What fails later (a URL that answers 404) ends the act: its
 * done event carries `reason`. */
int audio_play(const struct audio_target *target, const struct audio_play *play, char id[ID_UUID],
               int64_t *event, const char **reason);
int audio_say(const struct audio_target *target, const struct audio_say *say, char id[ID_UUID],
              int64_t *event, const char **reason);
int audio_record(const struct audio_target *target, const struct audio_record *record,
                 char id[ID_UUID], int64_t *event, const char **reason);
/* Digits 0-9 A-D * # and p (a pause), sent as telephone-events; in: as if the target had
 * pressed them. */
int audio_digits(const struct audio_target *target, const char *digits, bool in, int64_t *event,
                 const char **reason);
/* Ring-back tone until stopped. */
int audio_ringing(const struct audio_target *target, bool on, int64_t *event);

/* Stops the act with that id; id NULL: every act of its kind on the target. ENOENT. */
int audio_play_stop(const struct audio_target *target, const char *id, int64_t *event);
int audio_say_stop(const struct audio_target *target, const char *id, int64_t *event);
int audio_record_stop(const struct audio_target *target, const char *id, int64_t *event);

/* The file of a recording or NULL; mem. Any thread: it looks at the folder only. */
char *audio_file(const char *recordings, const char *application, const char *id);

#endif
