/* player.c: one playing. Lives inside what it belongs to; player_start() and
 * player_reset() pair up. */
#include "player/player.h"

#include "audio/frame.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 960 }; /* [samples] worked on at once */

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

/* At the end of the sound; goes back to its start when there is a loop left. */
static bool ended(struct player *player)
{
    const struct sound *sound = player->sound;
    if (!sound || sound->length == 0)
        return true;
    if (player->at < sound->length)
        return false;
    if (player->loops == 1)
        return true;
    if (player->loops > 0)
        player->loops--;
    player->at = 0;
    return false;
}

static void finish(struct player *player)
{
    player->at = player->sound ? player->sound->length : 0;
    player->loops = 1;
    player->stopping = false;
}

/* Adds up to n samples; their number, 0 at the end. */
static size_t mix_part(struct player *player, int16_t *frame, size_t n, int from, int to)
{
    int16_t part[CHUNK];
    size_t left = player->sound->length - player->at;
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
    while (count > 0 && !ended(player)) {
        size_t done = mix_part(player, frame, count, gain, last);
        gain += (int)((long)(last - gain) * (long)done / (long)count);
        frame += done;
        count -= done;
    }
    if (player->stopping)
        finish(player);
    return !ended(player);
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
