/* link.c: what parts of a conversation tell each other. A part writes two publications in turn,
 * and each of them tells at its end which frame it is of, 0 while it is written: who reads looks
 * before and after, and drops what changed meanwhile. So nobody locks or waits. Sound is written
 * and read word by word as atomics: a reader that is late by two frames reads while the next one is
 * written, which is then no race, only of no use. */
#include "mixer/link.h"

#include "audio/frame.h"
#include "base/mem.h"
#include "mixer/member.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 960,             /* [samples] of a frame */
    SUM_WORDS = MOST / 2,   /* two samples of 32 bits in each */
    VOICE_WORDS = MOST / 4, /* four of 16 */
    TURNS = 2,              /* publications that are written in turn */
    LINE = 64,              /* [bytes] that threads share or do not */
    NARROW = 8000           /* [Hz] */
};

struct voice {
    _Atomic uint64_t who;
    _Atomic uint64_t words[VOICE_WORDS];
};

struct publication {
    _Alignas(LINE) _Atomic uint64_t mark; /* the frame and one; 0: being written */
    _Atomic uint32_t samples, voices;     /* of a frame; how many */
    _Atomic bool sound;                   /* there is a sum */
    _Atomic uint64_t sum[SUM_WORDS];
    struct voice voice[LINK_VOICES];
};

struct slot {
    struct publication publication[TURNS];
    _Alignas(LINE) atomic_uint best, second; /* [Hz] */
    atomic_bool asks;
};

struct mixer_link {
    atomic_uint there; /* parts, a bit each */
    atomic_uint comers;
    _Atomic(struct slot *) slots[LINK_PARTS];
};

static void destroy(void *obj)
{
    struct mixer_link *link = obj;

    for (int i = 0; i < LINK_PARTS; i++)
        free(atomic_load(&link->slots[i]));
}

int mixer_link_alloc(struct mixer_link **linkp)
{
    *linkp = mem_alloc(sizeof **linkp, destroy);
    return *linkp ? 0 : ENOMEM;
}

int mixer_link_open(struct mixer_link *link, unsigned part)
{
    struct slot *slot;

    assert(part < LINK_PARTS);
    if (atomic_load(&link->slots[part]))
        return 0;
    slot = aligned_alloc(LINE, sizeof *slot);
    if (!slot)
        return ENOMEM;
    memset(slot, 0, sizeof *slot);
    atomic_store_explicit(&link->slots[part], slot, memory_order_release);
    return 0;
}

static struct slot *slot_of(const struct mixer_link *link, unsigned part)
{
    return atomic_load_explicit(&link->slots[part], memory_order_acquire);
}

void mixer_link_set(struct mixer_link *link, unsigned part, bool on)
{
    if (on)
        atomic_fetch_or(&link->there, 1U << part);
    else
        atomic_fetch_and(&link->there, ~(1U << part));
}

static bool is_there(const struct mixer_link *link, unsigned part)
{
    return atomic_load_explicit(&link->there, memory_order_acquire) >> part & 1;
}

unsigned mixer_link_others(const struct mixer_link *link, unsigned part)
{
    unsigned there = atomic_load_explicit(&link->there, memory_order_acquire);

    return (unsigned)__builtin_popcount(there & ~(1U << part));
}

void mixer_link_tell_rates(struct mixer_link *link, unsigned part, unsigned best, unsigned second)
{
    atomic_store(&slot_of(link, part)->best, best);
    atomic_store(&slot_of(link, part)->second, second);
}

static void rank(unsigned rate, unsigned *best, unsigned *second)
{
    if (rate > *best) {
        *second = *best;
        *best = rate;
    } else if (rate > *second) {
        *second = rate;
    }
}

unsigned mixer_link_rate(const struct mixer_link *link)
{
    unsigned best = NARROW, second = NARROW;

    for (unsigned i = 0; i < LINK_PARTS; i++) {
        if (!is_there(link, i))
            continue;
        rank(atomic_load(&slot_of(link, i)->best), &best, &second);
        rank(atomic_load(&slot_of(link, i)->second), &best, &second);
    }
    return second;
}

void mixer_link_ask(struct mixer_link *link, unsigned part, bool on)
{
    atomic_store_explicit(&slot_of(link, part)->asks, on, memory_order_relaxed);
}

bool mixer_link_asked(const struct mixer_link *link, unsigned part)
{
    for (unsigned i = 0; i < LINK_PARTS; i++)
        if (i != part && is_there(link, i) &&
            atomic_load_explicit(&slot_of(link, i)->asks, memory_order_relaxed))
            return true;
    return false;
}

void mixer_link_came(struct mixer_link *link)
{
    atomic_fetch_add(&link->comers, 1);
}

unsigned mixer_link_comers(const struct mixer_link *link)
{
    return atomic_load(&link->comers);
}

/* Each word that is written tells whoever reads it that the mark was taken away before. */
static void write_words(_Atomic uint64_t *to, const void *from, size_t bytes)
{
    const char *at = from;

    for (size_t i = 0; i < bytes / sizeof(uint64_t); i++) {
        uint64_t word;

        memcpy(&word, at + i * sizeof word, sizeof word);
        atomic_store_explicit(&to[i], word, memory_order_release);
    }
}

static void read_words(void *to, const _Atomic uint64_t *from, size_t bytes)
{
    char *at = to;

    for (size_t i = 0; i < bytes / sizeof(uint64_t); i++) {
        uint64_t word = atomic_load_explicit(&from[i], memory_order_acquire);

        memcpy(at + i * sizeof word, &word, sizeof word);
    }
}

void mixer_set_apart(struct mixer_member *member, enum mixer_apart apart, uint64_t who)
{
    member->apart = (uint8_t)apart;
    member->who = who;
}

static void write_voice(struct voice *voice, const struct mixer_member *member)
{
    size_t bytes = member->mixer->frame * sizeof *member->own;

    atomic_store_explicit(&voice->who, member->who, memory_order_release);
    write_words(voice->words, member->own, bytes);
}

/* Takes out of `sum` and writes those who are apart. Returns how many are left in it. */
static unsigned write_voices(const struct mixer *mixer, struct publication *publication,
                             int32_t *sum)
{
    unsigned voices = 0, together = 0;

    list_each (node, &mixer->members) {
        const struct mixer_member *member = list_entry(node, struct mixer_member, node);
        bool room = voices < LINK_VOICES;

        if (!member->summed)
            continue;
        if (member->apart == MIXER_TOGETHER || (member->apart == MIXER_MAY && !room)) {
            together++;
            continue;
        }
        frame_subtract(sum, member->own, mixer->frame);
        if (room)
            write_voice(&publication->voice[voices++], member);
    }
    atomic_store_explicit(&publication->voices, voices, memory_order_release);
    return together;
}

void mixer_publish(const struct mixer *mixer, struct mixer_link *link, unsigned part,
                   uint64_t frame)
{
    struct publication *publication = &slot_of(link, part)->publication[frame % TURNS];
    size_t bytes = mixer->frame * sizeof *mixer->work;
    unsigned together;

    atomic_store_explicit(&publication->mark, 0, memory_order_relaxed);
    memcpy(mixer->work, mixer->total, bytes);
    together = write_voices(mixer, publication, mixer->work);
    if (together)
        write_words(publication->sum, mixer->work, bytes);
    atomic_store_explicit(&publication->sound, together > 0, memory_order_release);
    atomic_store_explicit(&publication->samples, (uint32_t)mixer->frame, memory_order_release);
    atomic_store_explicit(&publication->mark, frame + 1, memory_order_release);
}

/* What was read of a publication. */
struct copy {
    bool sound;
    unsigned voices;
    uint64_t who[LINK_VOICES];
    int32_t sum[MOST];
    int16_t voice[LINK_VOICES][MOST];
};

static void copy_sound(struct copy *copy, const struct publication *publication, size_t samples)
{
    copy->sound = atomic_load_explicit(&publication->sound, memory_order_acquire);
    copy->voices = atomic_load_explicit(&publication->voices, memory_order_acquire);
    if (copy->voices > LINK_VOICES)
        copy->voices = LINK_VOICES;
    if (copy->sound)
        read_words(copy->sum, publication->sum, samples * sizeof *copy->sum);
    for (unsigned i = 0; i < copy->voices; i++) {
        copy->who[i] = atomic_load_explicit(&publication->voice[i].who, memory_order_acquire);
        read_words(copy->voice[i], publication->voice[i].words, samples * sizeof(int16_t));
    }
}

/* False: it is not of that frame (any more), or of another rate. */
static bool take(struct copy *copy, const struct publication *publication, uint64_t frame,
                 size_t samples)
{
    if (atomic_load_explicit(&publication->mark, memory_order_acquire) != frame + 1 ||
        atomic_load_explicit(&publication->samples, memory_order_acquire) != samples)
        return false;
    copy_sound(copy, publication, samples);
    return atomic_load_explicit(&publication->mark, memory_order_relaxed) == frame + 1;
}

static void add_sum(struct mixer *mixer, const int32_t *restrict sum)
{
    int32_t *restrict total = mixer->total;

    for (size_t i = 0; i < mixer->frame; i++)
        total[i] += sum[i];
    mixer->distant = true;
    mixer->clipped = false;
}

unsigned mixer_gather(struct mixer *mixer, struct mixer_link *link, unsigned part, uint64_t frame,
                      mixer_voice_h *voice, void *arg)
{
    unsigned late = 0;
    struct copy copy;

    for (unsigned i = 0; i < LINK_PARTS; i++) {
        if (i == part || !is_there(link, i))
            continue;
        if (!take(&copy, &slot_of(link, i)->publication[frame % TURNS], frame, mixer->frame)) {
            late++;
            continue;
        }
        if (copy.sound)
            add_sum(mixer, copy.sum);
        for (unsigned k = 0; k < copy.voices; k++)
            voice(copy.who[k], copy.voice[k], arg);
    }
    return late;
}

void mixer_add_voice(struct mixer *mixer, const int16_t *frame)
{
    frame_add(mixer->total, frame, mixer->frame);
    mixer->distant = true;
    mixer->clipped = false;
}

/* Its own part has let it fade in; before its first frame nothing of it was heard here. */
void mixer_put_guest(struct mixer_member *guest, const int16_t *frame)
{
    struct mixer *mixer = guest->mixer;

    memcpy(guest->own, frame, mixer->frame * sizeof *frame);
    frame_add(mixer->total, guest->own, mixer->frame);
    guest->voice.now = guest->voice.to;
    guest->summed = true;
    mixer->clipped = false;
}
