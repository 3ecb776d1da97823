/* player.c: one playing. Lives inside what it belongs to; player_start() and
 * player_reset() pair up. */
#include "player/player.h"

#include "audio/frame.h"
#include "base/mem.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { CHUNK = 960 }; /* [samples] worked on at once */

static atomic_size_t starved; /* player_starved() */

#define LOUDEST 12.0 /* [dB] at level 1 */
#define SOFTEST 24.0 /* [dB] below at level -1 */

static int gain_of_level(double level)
{
    if (isnan(level))
        level = 0;
    level = fmin(1, fmax(-1, level));
    return frame_gain_of(level > 0 ? level * LOUDEST : level * SOFTEST);
}

void player_start(struct player *player, struct sound *sound, unsigned loops, double level)
{
    *player = (struct player){
        .sound = mem_ref(sound),
        .loops = loops,
        .gain = gain_of_level(level),
    };
}

/* What a player has before it. */
enum ahead { AHEAD_SOUND, AHEAD_NOTHING_YET, AHEAD_END };

/* Goes back to the start when there is a loop left. */
static enum ahead look_ahead(struct player *player, size_t *left)
{
    const struct sound *sound = player->sound;
    enum sound_state state = sound ? sound_state(sound) : SOUND_CUT;
    size_t length = sound ? sound_length(sound) : 0;

    *left = length - player->at;
    if (player->at < length)
        return AHEAD_SOUND;
    if (state == SOUND_GROWING)
        return AHEAD_NOTHING_YET;
    if (state == SOUND_CUT || player->loops == 1 || length == 0)
        return AHEAD_END;
    if (player->loops > 0)
        player->loops--;
    player->at = 0;
    *left = length;
    return AHEAD_SOUND;
}

static void starve(struct player *player, size_t count)
{
    player->starved += count;
    atomic_fetch_add_explicit(&starved, count, memory_order_relaxed);
}

size_t player_starved(void)
{
    return atomic_load_explicit(&starved, memory_order_relaxed);
}

/* Adds up to n samples of the `left` ones; their number. */
static size_t mix_part(struct player *player, size_t left, int16_t *frame, size_t n, int from,
                       int to)
{
    int16_t part[CHUNK];
    size_t count = n < left ? n : left;

    count = count < CHUNK ? count : CHUNK;
    memcpy(part, player->sound->samples + player->at, count * sizeof *part);
    to = from + (int)((long)(to - from) * (long)count / (long)n);
    frame_gain(part, count, from, to);
    frame_mix(frame, part, count);
    player->at += count;
    return count;
}

bool player_mix(struct player *player, int16_t *frame, size_t count)
{
    int gain = player->gain, last = player->stopping ? 0 : gain;
    enum ahead ahead = AHEAD_END;
    size_t left;

    while (!player->ended && (ahead = look_ahead(player, &left)) == AHEAD_SOUND && count > 0) {
        size_t done = mix_part(player, left, frame, count, gain, last);

        gain += (int)((long)(last - gain) * (long)done / (long)count);
        frame += done;
        count -= done;
    }
    if (ahead == AHEAD_NOTHING_YET && count > 0)
        starve(player, count);
    if (ahead == AHEAD_END || player->stopping)
        player->ended = true;
    return !player->ended;
}

void player_stop(struct player *player)
{
    player->stopping = true;
}

void player_reset(struct player *player)
{
    mem_unref(player->sound);
    *player = (struct player){0};
}
