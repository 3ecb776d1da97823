/* log.h: one line an event on stderr, `key=value` pairs after a short text.
 *
 * Called on any thread but the media workers. Never given a secret: tokens,
 * passwords and keys have no place in an argument here. */
#ifndef OFFHOOK_BASE_LOG_H
#define OFFHOOK_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* The least urgent level that is written. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* "error", "warning", "info" or "debug"; false for another word. */
bool log_parse_level(const char *word, enum log_level *level);

/* Writes `2024-03-05T10:20:30.123Z level room: text`. Line breaks and control
 * characters of the text become '.', so a peer cannot forge a line. */
void log_write(enum log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(room, ...) log_write(LOG_ERROR, room, __VA_ARGS__)
#define log_warning(room, ...) log_write(LOG_WARNING, room, __VA_ARGS__)
#define log_info(room, ...) log_write(LOG_INFO, room, __VA_ARGS__)
#define log_debug(room, ...)                         \
    do {                                             \
        if (log_get_level() >= LOG_DEBUG)            \
            log_write(LOG_DEBUG, room, __VA_ARGS__); \
    } while (0)

#endif
