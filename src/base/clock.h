/* clock.h: time. Wall time for what people read, monotonic for what we wait for. */
#ifndef OFFHOOK_BASE_CLOCK_H
#define OFFHOOK_BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_ISO = 25 }; /* bytes of "2024-03-05T10:20:30.123Z" with its NUL */

/* Wall time since 1970 [ms], [ns]. */
int64_t clock_wall_ms(void);
int64_t clock_wall_ns(void);

/* Monotonic time [ms], [ns]. */
int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);

/* What the calling thread has used of a core [ns]. */
int64_t clock_thread_ns(void);

/* Wall time [ms] as ISO 8601, UTC, three fraction digits and Z. */
void clock_iso(char out[CLOCK_ISO], int64_t wall_ms);
/* The same in whole seconds: "2024-03-05T10:21:00Z". */
void clock_iso_seconds(char out[CLOCK_ISO], int64_t wall_ms);

/* The reverse. Takes also a text without a fraction. -1 when it is no such time. */
int64_t clock_parse_iso(const char *text);

#endif
