/* log.c: lines to stderr, each one write(2), so that lines never mix. */
#include "base/log.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const words[] = {"error", "warning", "info", "debug"};
static atomic_int threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load_explicit(&threshold, memory_order_relaxed);
}

bool log_parse_level(const char *word, enum log_level *level)
{
    for (int i = 0; i <= LOG_DEBUG; i++) {
        if (strcmp(word, words[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_write(enum log_level level, const char *room, const char *format, ...)
{
    char line[2048];
    char when[CLOCK_ISO];
    int head, body;
    va_list ap;

    if (level > log_get_level())
        return;
    clock_iso(when, clock_wall_ms());
    head = snprintf(line, sizeof line, "%s %s %s: ", when, words[level], room);
    va_start(ap, format);
    body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, ap);
    va_end(ap);
    if (body < 0)
        return;
    if (body > (int)sizeof line - head - 2)
        body = (int)sizeof line - head - 2;
    for (char *c = line + head; c < line + head + body; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '.';
    }
    line[head + body] = '\n';
    if (write(STDERR_FILENO, line, (size_t)head + (size_t)body + 1) < 0)
        return; /* nowhere left to say it */
}
