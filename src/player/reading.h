/* reading.h: one pass over recorded sound, which grows meanwhile (sound.h). Takes long: never on
 * a media worker. Released with mem_unref(); what has not come to its end is cut by that. */
#ifndef OFFHOOK_PLAYER_READING_H
#define OFFHOOK_PLAYER_READING_H

#include "player/sound.h"

struct reading;

/* Opens what sound_read_file() and sound_read_memory() read, with their errors. The bytes in memory
 * are borrowed until the reading is released. */
int reading_open_file(struct reading **reading, const char *path, unsigned rate,
                      const char **reason);
int reading_open_memory(struct reading **reading, const void *data, size_t size, unsigned rate,
                        const char **reason);
/* The sound, growing until the end. Borrowed. */
struct sound *reading_sound(const struct reading *reading);
/* Reads on until the sound is some `samples` longer. EAGAIN: there is more; 0: the sound is whole;
 * EINVAL or ENOMEM and the reason: it is cut. Not to be called again but after EAGAIN. */
int reading_go_on(struct reading *reading, size_t samples, const char **reason);
/* What an error of sound_add() or convert.h is to people. Never freed. */
const char *reading_reason(int err);

#endif
