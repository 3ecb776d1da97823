/* link.h: one conversation that is mixed in several places, each by a thread of its own. Each
 * part sums its own members, publishes that sum, and adds, a little later, what the others
 * published for the same frame: then its mixer has the sum of all. Nobody waits: what is not there
 * yet is silence, and counted.
 *
 * Some are published apart from the sum, each with its voice: whom somebody in another part may
 * not hear, and who is recorded on a channel of its own. The other part makes them guests of its
 * mixer (mixer_put_guest()), or adds them to the sum.
 *
 * Made and released on any thread; mixer_link_open() before the first use of a part. Besides, each
 * call that names a part belongs to that part's thread. */
#ifndef OFFHOOK_MIXER_LINK_H
#define OFFHOOK_MIXER_LINK_H

#include "mixer/mixer.h"

struct mixer_link;

enum {
    LINK_PARTS = 16, /* of a conversation */
    LINK_VOICES = 32 /* published apart by one part in a frame */
};

/* mem_unref() when no part is used any more. ENOMEM. */
int mixer_link_alloc(struct mixer_link **link);
int mixer_link_open(struct mixer_link *link, unsigned part);

/* Whether a part is there; the others hear of it with the next frame. */
void mixer_link_set(struct mixer_link *link, unsigned part, bool on);
/* Other parts that are there. */
unsigned mixer_link_others(const struct mixer_link *link, unsigned part);

/* The two highest rates [Hz] of a part's streams, and the second highest of all parts together. */
void mixer_link_tell_rates(struct mixer_link *link, unsigned part, unsigned best, unsigned second);
unsigned mixer_link_rate(const struct mixer_link *link);

/* Whether a part wants the voices of all others apart; and whether one of the others does. */
void mixer_link_ask(struct mixer_link *link, unsigned part, bool on);
bool mixer_link_asked(const struct mixer_link *link, unsigned part);

/* Counts those who came, in all parts: rules may wait for one of them. */
void mixer_link_came(struct mixer_link *link);
unsigned mixer_link_comers(const struct mixer_link *link);

/* Whether a member is published apart, as `who`, which is no other's. Of more than LINK_VOICES who
 * speak at once those who may be apart stay in the sum, and those who must are not heard in other
 * parts. */
enum mixer_apart { MIXER_TOGETHER, MIXER_MAY, MIXER_MUST };
void mixer_set_apart(struct mixer_member *member, enum mixer_apart apart, uint64_t who);

/* Between mixer_sum() and the first get: publishes the sum and the voices. */
void mixer_publish(const struct mixer *mixer, struct mixer_link *link, unsigned part,
                   uint64_t frame);

/* A voice of another part; `frame` is borrowed. */
typedef void mixer_voice_h(uint64_t who, const int16_t *frame, void *arg);

/* After that: adds what the others published for the frame, and gives the voices. Returns how many
 * parts were late or at another rate. */
unsigned mixer_gather(struct mixer *mixer, struct mixer_link *link, unsigned part, uint64_t frame,
                      mixer_voice_h *voice, void *arg);

/* Adds a voice of another part: of nobody in particular, or of a guest, which is a member that only
 * speaks. */
void mixer_add_voice(struct mixer *mixer, const int16_t *frame);
void mixer_put_guest(struct mixer_member *guest, const int16_t *frame);

#endif
