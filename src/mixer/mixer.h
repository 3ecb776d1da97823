/* mixer.h: who hears whom, as arithmetic. A mixer holds the members of one
 * conversation; each 20 ms tick every member puts in one frame (or none), the
 * mixer sums, and every member takes out the sum of all whom it may hear.
 *
 * Knows neither conversations nor threads nor time: used by one thread at a
 * time, the media worker that owns it. Nothing here allocates but mixer_alloc(),
 * mixer_add() and mixer_audible(). A change of audibility (mute, earmuff, pair) is a ramp over
 * one frame, never a step, so nobody hears a click. */
#ifndef OFFHOOK_MIXER_MIXER_H
#define OFFHOOK_MIXER_MIXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mixer;
struct mixer_member;

/* A mixer of `rate` [Hz] (8000, 16000, 48000); frames are rate/50 samples.
 * Released with mem_unref() when it has no members. 0 or ENOMEM. */
int mixer_alloc(struct mixer **mixer, unsigned rate);
size_t mixer_count(const struct mixer *mixer);
size_t mixer_frame(const struct mixer *mixer); /* [samples] */

/* Joins; the first frame it puts and the first one it gets fade in. The member belongs to the mixer
 * until mixer_remove(), which fades nothing: its sound ends with its last frame. */
int mixer_add(struct mixer *mixer, struct mixer_member **member);
void mixer_remove(struct mixer_member *member);

/* A muted member is heard by nobody; an earmuffed one hears nobody. */
void mixer_mute(struct mixer_member *member, bool on);
void mixer_earmuff(struct mixer_member *member, bool on);

/* Pair rule: may `listener` hear `speaker`? Everyone hears everyone until told;
 * forgotten when either leaves. A rule costs only its listener anything. 0 or ENOMEM. */
int mixer_audible(struct mixer_member *listener, struct mixer_member *speaker, bool on);

/* It hears everybody and everybody hears it, and nothing of that is on its way to change. */
bool mixer_open(const struct mixer_member *member);

/* One tick: put for each member that has sound (frame [samples] = mixer_frame(),
 * copied; no put: silence), then mixer_sum() once, then get for each listener. */
void mixer_put(struct mixer_member *member, const int16_t *frame);
void mixer_sum(struct mixer *mixer);
void mixer_get(struct mixer_member *member, int16_t *frame);

/* Between mixer_sum() and the next put: all who speak, clipped; false: nobody does, and
 * `frame` is untouched. And what a member says, as others hear it (borrowed); NULL: nothing. */
bool mixer_all(const struct mixer *mixer, int16_t *frame);
const int16_t *mixer_voice(const struct mixer_member *member);

#endif
