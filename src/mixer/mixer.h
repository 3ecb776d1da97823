/* mixer.h: who hears whom, as arithmetic. A mixer holds the members of one
 * conversation; each 20 ms tick every member puts in one frame (or none), the
 * mixer sums, and every member takes out the sum of all whom it may hear.
 *
 * Knows neither conversations nor threads nor time: used by one thread at a
 * time, the media worker that owns it. Nothing here allocates but mixer_alloc(),
 * mixer_add(), mixer_audible() and a change of the rate. A change of audibility (mute, earmuff,
 * pair) is a ramp over one frame, never a step, so nobody hears a click. */
#ifndef OFFHOOK_MIXER_MIXER_H
#define OFFHOOK_MIXER_MIXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mixer;
struct mixer_member;

enum { MIXER_SILENCE = 8 /* a frame with no sample further from 0 is silence */ };

/* A mixer of `rate` [Hz] (8000, 16000, 48000); frames are rate/50 samples.
 * Released with mem_unref() when it has no members. 0 or ENOMEM. */
int mixer_alloc(struct mixer **mixer, unsigned rate);
size_t mixer_count(const struct mixer *mixer);
size_t mixer_frame(const struct mixer *mixer);  /* [samples] */
unsigned mixer_rate(const struct mixer *mixer); /* [Hz] */

/* Another rate, without a click: in the coming tick all sound fades out at the old one, the
 * mixer_begin() after it takes the new one over, and all fades in. An empty mixer changes with
 * the coming mixer_begin(). Without memory it stays at the old rate. */
void mixer_set_rate(struct mixer *mixer, unsigned rate);

/* Opens a tick, before the first put; only a change of the rate needs it. */
void mixer_begin(struct mixer *mixer);

/* What a change of the rate does in this tick to sound that goes beside the mixer. */
void mixer_dip(const struct mixer *mixer, int16_t *frame);

/* Joins; the first frame it puts and the first one it gets fade in. The member belongs to the mixer
 * until mixer_remove(), which fades nothing: its sound ends with its last frame. */
int mixer_add(struct mixer *mixer, struct mixer_member **member);
void mixer_remove(struct mixer_member *member);

/* A muted member is heard by nobody; an earmuffed one hears nobody. */
void mixer_mute(struct mixer_member *member, bool on);
void mixer_earmuff(struct mixer_member *member, bool on);

/* Whether noise is left out of the sum (audio/activity.h): a line is in it from its first loud
 * frame on until 600 ms after the last one, so of many lines few are. At first off: the sum is
 * exact. */
void mixer_gate(struct mixer *mixer, bool on);

/* Pair rule: may `listener` hear `speaker`? Everyone hears everyone until told;
 * forgotten when either leaves. A rule costs only its listener anything. 0 or ENOMEM. */
int mixer_audible(struct mixer_member *listener, struct mixer_member *speaker, bool on);

/* It hears everybody and everybody hears it, and nothing of that is on its way to change. */
bool mixer_open(const struct mixer_member *member);

/* One tick: put for each member that has sound (frame [samples] = mixer_frame(),
 * copied; no put, or MIXER_SILENCE: not in the sum), then mixer_sum() once, then get for each
 * listener. */
void mixer_put(struct mixer_member *member, const int16_t *frame);
void mixer_sum(struct mixer *mixer);
void mixer_get(struct mixer_member *member, int16_t *frame);

/* Between mixer_sum() and the next put: all who speak, clipped (borrowed); NULL: nobody does. And
 * what a member says, as others hear it (borrowed); NULL: nothing. */
const int16_t *mixer_all(struct mixer *mixer);
const int16_t *mixer_voice(const struct mixer_member *member);

/* Then as well: whether what the member gets is mixer_all() to the last bit, and stays so if it
 * says nothing. */
bool mixer_plain(const struct mixer_member *member);

#endif
